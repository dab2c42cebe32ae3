"""Decisions from scores: the labels of the highest scores."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext._gate.decision import (
    DecisionMoves,
    decide,
    decide_sparse,
    scores_for_shared,
    top_labels,
    top_sparse,
)


@pytest.mark.parametrize("k", [1, 3, 7])
def test_top_labels_are_those_of_a_stable_sort(k):
    scores = np.random.RandomState(0).randint(0, 4, (200, 7)) / 4.0  # full of ties
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(top_labels(scores, k), expected)


def test_at_most_so_many_labels_keeps_the_highest_and_the_lower_columns():
    scores = np.array([[0.9, 0.6, 0.9, 0.9], [0.2, 0.7, 0.1, 0.1], [0.6, 0.6, 0.6, 0.1]])
    given = decide(scores, np.full(4, 0.5), max_labels=2)
    assert given.astype(int).tolist() == [[1, 0, 1, 0], [0, 1, 0, 0], [1, 1, 0, 0]]


def test_sparse_scores_are_decided_like_dense_ones():
    scores = np.array([[0.5, 0.0, 0.9], [0.0, 0.0, 0.0], [0.2, 0.6, 0.4]])
    thresholds = np.array([0.1, 0.6, np.nan])
    given = decide_sparse(sp.csr_array(scores), thresholds)
    np.testing.assert_array_equal(given.toarray(), decide(scores, thresholds))
    assert given.nnz == 2


RULES = [
    {},
    {"at_least_one": True},
    {"max_labels": 1},
    {"max_labels": 2, "at_least_one": True},
    {"max_labels": 9},
]


@pytest.mark.parametrize("rules", RULES, ids=str)
def test_moves_tell_what_decide_would_give(rules):
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 5, (80, 5)) / 4  # full of ties
    thresholds = rng.choice([0.2, 0.5, 0.75, 1.0], 5)
    moves = DecisionMoves(scores, thresholds, **rules)
    for label in [0, 3, 1, 3, 4, 2, 0, 1]:
        depends, instead = moves.of(label)
        forced = [np.where(np.arange(5) == label, t, thresholds) for t in (np.inf, -np.inf)]
        without, given = (decide(scores, t, **rules) for t in forced)
        np.testing.assert_array_equal(depends, (without != given).any(axis=1))
        expected = without.copy()
        rows = np.flatnonzero(depends)
        expected[rows, label] = True
        replaced = rows[instead[rows] >= 0]
        expected[replaced, instead[replaced]] = False
        np.testing.assert_array_equal(expected, given)
        thresholds[label] = rng.choice([0.0, 0.3, 0.6, 1.0])
        moves.move(label, thresholds[label])


@pytest.mark.parametrize("rules", RULES, ids=str)
def test_rules_are_in_the_scores_for_a_shared_threshold(rules):
    scores = np.random.default_rng(1).integers(0, 5, (80, 5)) / 4
    changed, always = scores_for_shared(scores, 0.0, **rules)
    for threshold in (0.0, 0.25, 0.6, 1.0):
        given = always | (changed > threshold)
        np.testing.assert_array_equal(given, decide(scores, np.full(5, threshold), **rules))


@pytest.mark.parametrize("max_labels", [None, 1, 2, 9])
@pytest.mark.parametrize("at_least_one", [False, True])
def test_sparse_scores_are_decided_as_dense_ones(max_labels, at_least_one):
    random = np.random.RandomState(0)
    scores = random.randint(0, 4, (200, 7)) / 4.0 * (random.rand(200, 7) < 0.4)  # full of ties
    scores[3] = 0.0
    thresholds = random.randint(0, 3, 7) / 4.0
    rules = {"max_labels": max_labels, "at_least_one": at_least_one}
    given = decide_sparse(sp.csr_array(scores), thresholds, **rules)
    np.testing.assert_array_equal(given.toarray(), decide(scores, thresholds, **rules))
    assert given.has_canonical_format


@pytest.mark.parametrize("k", [1, 3, 7])
def test_the_top_of_sparse_scores_is_that_of_dense_ones(k):
    random = np.random.RandomState(0)
    scores = random.randint(0, 4, (200, 7)) / 4.0 * (random.rand(200, 7) < 0.4)
    labels, values = top_sparse(sp.csr_array(scores), k)
    np.testing.assert_array_equal(labels, top_labels(scores, k))
    np.testing.assert_array_equal(values, np.take_along_axis(scores, labels, axis=1))
