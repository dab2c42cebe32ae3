"""Folds of rows, the models that leave them out, and the sigmoids fitted to their scores."""

from functools import reduce

import numpy as np
import scipy.sparse as sp
from scipy.special import expit

from skmultitext.calibration._calibrators import sigmoid_line, sigmoid_shift
from skmultitext.linear._cross_fitting import stretch_factors
from skmultitext.linear._held_out import (
    FoldCounts,
    Models,
    add_fold_counts,
    add_scores,
    count_folds,
    count_scores,
    fit_sigmoids,
    folds_of,
    models_of,
)
from skmultitext.linear._partitions import make_partition

RNG = np.random.RandomState(0)
X = sp.csr_array(RNG.rand(90, 4))
INDICATOR = RNG.randint(-1, 2, (90, 3)).astype(np.int8)
WEIGHT = RNG.randint(1, 4, 90).astype(float)
FOLDS = folds_of([f"text {i}" for i in range(90)])
PARTS = [
    make_partition(X[a:b], INDICATOR[a:b], WEIGHT[a:b], np.float64, FOLDS[a:b])
    for a, b in [(0, 20), (20, 20), (20, 90)]
]


def test_a_fold_is_that_of_the_text():
    assert folds_of(["a", "b", "a"])[0] == folds_of(["a"])[0]
    assert folds_of(["\ud800"]).dtype == np.int8
    assert np.bincount(folds_of(map(str, range(3000)))).min() > 900
    assert folds_of([]).shape == (0,)


def test_rows_of_the_folds_are_counted():
    counts = reduce(add_fold_counts, [count_folds(part, 0) for part in PARTS])
    for fold in range(3):
        own = INDICATOR[fold == FOLDS]
        np.testing.assert_array_equal(counts.positives[fold], (own == 1).sum(axis=0))
        np.testing.assert_array_equal(counts.negatives[fold], (own == 0).sum(axis=0))


def test_features_are_known_if_they_occur_outside_a_fold():
    texts = sp.csr_array(np.array([[1.0, 0, 2, 0], [1, 3, 0, 0], [0, 3, 0, 0], [0, 0, 0, 5]]))
    folds = np.array([0, 0, 1, 2], np.int8)
    labels = np.array([[1], [-1], [0], [1]], np.int8)  # unknown labels do not matter
    parts = [
        make_partition(texts[a:b], labels[a:b], None, np.float64, folds[a:b])
        for a, b in [(0, 1), (1, 1), (1, 4)]
    ]
    counts = reduce(add_fold_counts, [count_folds(part, 0) for part in parts])
    expected = [[0, 1, 0, 1], [1, 1, 1, 1], [1, 1, 1, 0]]
    np.testing.assert_array_equal(counts.known(), np.array(expected, bool))


def test_scores_are_stretched_as_on_one_machine():
    rng = np.random.RandomState(3)
    words = sp.random_array((90, 150), density=0.03, format="csr", rng=rng)
    indicator = np.where(INDICATOR < 0, 0, INDICATOR)
    parts = [
        make_partition(words[a:b], indicator[a:b], None, np.float64, FOLDS[a:b])
        for a, b in [(0, 40), (40, 90)]
    ]
    models = Models(np.array([0, 1, 0, 0, 0]), np.array([-1, -1, 0, 1, 2]))
    known = reduce(add_fold_counts, [count_folds(part, 0) for part in parts]).known()
    weights = rng.randn(151, 5)
    scores = reduce(add_scores, [count_scores(p, 0, weights, models, known) for p in parts])
    found = scores.histogram.samples(probabilities=False)
    every = words @ weights[:-1]
    z = every[np.arange(90), 2 + FOLDS]
    stretch = stretch_factors(words, FOLDS[:, None])[:, 0]
    assert (stretch > 1.01).sum() > 20
    z = stretch * z + weights[-1, 2 + FOLDS]
    plain = every[:, 1] + weights[-1, 1]  # a label without folds: scores of the model of all rows
    for place, expected in enumerate((z, plain)):
        ours = found[1][found[2][:, place] > 0, place]
        # a histogram joins scores that are close
        np.testing.assert_allclose(ours.min(), expected.min(), atol=0.05)
        np.testing.assert_allclose(ours.max(), expected.max(), atol=0.05)
        mean = np.average(found[1][:, place], weights=found[2][:, place])
        np.testing.assert_allclose(mean, expected.mean(), atol=0.01)


def test_a_label_needs_positives_and_negatives_without_each_fold():
    counts = FoldCounts(
        np.array([[5, 2, 5], [5, 0, 5], [5, 0, 5]]),
        np.array([[5, 5, 9], [5, 5, 0], [5, 5, 1]]),
        np.zeros((3, 0), bool),
    )
    models = models_of(np.array([0, 1, 2]), counts)
    assert models.labels.tolist() == [0, 1, 2, 0, 0, 0, 2, 2, 2]
    assert models.left_out.tolist() == [-1, -1, -1, 0, 1, 2, 0, 1, 2]
    assert models_of(np.array([1, 2]), counts).labels.tolist() == [1, 2, 2, 2, 2]
    assert models_of(np.array([1, 2]), None).left_out.tolist() == [-1, -1]


def test_sigmoids_are_those_of_the_scores():
    models = Models(np.array([0, 2, 0, 0, 0]), np.array([-1, -1, 0, 1, 2]))
    weights = np.random.RandomState(1).randn(5, 5)
    weights[:4, 2:] += 3 * weights[:4, [2]]
    scores = reduce(add_scores, [count_scores(part, 0, weights, models) for part in PARTS])
    assert scores.n_bytes == 3 * scores.histogram.counts.nbytes
    factors = np.array([[1.0, 3.0], [1.0, 1.0], [2.0, 1.0]])
    lines = fit_sigmoids(scores, models, factors)
    every = X @ weights[:4] + weights[4]
    own = INDICATOR[:, 0] >= 0
    z = every[np.arange(90), 2 + FOLDS][own]
    positive = INDICATOR[own, 0] == 1
    weighted = WEIGHT[own] * np.where(positive, 3.0, 1.0)
    line = sigmoid_line(z, positive, weighted)
    expected = line if line[0] > 0 else sigmoid_shift(z, positive, weighted)
    np.testing.assert_allclose(
        expit(lines[0, 0] * z + lines[0, 1]), expit(expected[0] * z + expected[1]), atol=3e-3
    )
    own = INDICATOR[:, 2] >= 0
    z, positive = every[own, 1], INDICATOR[own, 2] == 1
    weighted = WEIGHT[own] * np.where(positive, 1.0, 2.0)
    np.testing.assert_allclose(lines[2], sigmoid_shift(z, positive, weighted), atol=3e-3)
    assert lines[1].tolist() == [1.0, 0.0]
