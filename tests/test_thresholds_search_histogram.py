"""Thresholds from a histogram of scores: as good as those from the scores themselves."""

import numpy as np
import pytest
from scipy.special import expit
from threshold_cases import CASES

from skmultitext import TunedThresholdTaggerCV
from skmultitext._gate.labels import LabelSpace
from skmultitext._meta.wrapping import OutOfFold
from skmultitext.metrics._histograms import ScoreHistogram
from skmultitext.thresholds._objectives import make_objective
from skmultitext.thresholds._search import ExactSearch, best_thresholds, count_decided, label_sides

NAMES = ["a", "b", "c"]


def emotions(n=20_000, seed=0):
    """Labels of 0.1 to 30 % of the documents, and scores that tell them as those of short texts."""
    rng = np.random.default_rng(seed)
    rates = np.array([0.3, 0.03, 0.001])
    truth = (rng.random((n, 3)) < rates).astype(np.int8)
    logits = rng.normal(np.log(rates) - 0.5, 1.2, (n, 3)) + 2 * truth
    return truth, expit(logits)


def in_bins(truth, proba, weight=None):
    """Out-of-fold scores as a histogram."""
    histogram = ScoreHistogram(truth.shape[1])
    histogram.add(truth > 0, proba, weight, truth >= 0)
    return OutOfFold.of_histogram(None, histogram, "predict_proba")


def tuned(pooled, objective, **params):
    """Fitted attributes of a tuned tagger, from out-of-fold scores."""
    space = LabelSpace.of(NAMES)
    tagger = TunedThresholdTaggerCV(None, objective=objective, objective_params=params)
    return tagger._fit_scores(pooled, tagger._make_search(space, "predict_proba"), "predict_proba")


def of_documents(truth, proba, weight=None):
    """Out-of-fold scores of documents."""
    return OutOfFold(None, truth, proba, weight, np.zeros(len(truth), int))


def reached(objective, truth, proba, thresholds, weight=None):
    """Score decisions on documents."""
    counts = count_decided(truth, proba > thresholds, weight)
    return objective.score(*counts, label_sides(objective, truth, weight))


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_the_objective_on_documents_is_within_0_002_of_the_best(name, shared):
    truth, proba = emotions()
    objective = make_objective(name, NAMES, shared=shared, **CASES[name])
    exact = tuned(of_documents(truth, proba), name, shared=shared, **CASES[name])
    binned = tuned(in_bins(truth, proba), name, shared=shared, **CASES[name])
    score = reached(objective, truth, proba, binned["best_thresholds_"])
    assert score == pytest.approx(exact["best_score_"], abs=0.002)
    assert binned["best_score_"] == pytest.approx(score, abs=1e-12)  # no estimate


@pytest.mark.parametrize("name", ["precision_at_recall", "recall_at_precision"])
def test_constraints_hold_on_the_documents(name):
    truth, proba = emotions()
    objective = make_objective(name, NAMES, **CASES[name])
    pooled = in_bins(truth, proba)
    own = best_thresholds(objective, pooled.indicator, pooled.scores, pooled.weight)
    counts = count_decided(truth, proba > pooled.histogram.settle(own))
    assert objective.keeps(*counts, label_sides(objective, truth)).all()


def test_scores_that_tie_in_each_bin_have_the_same_optimum():
    # at the centres of bins nothing is lost, so brute force over documents agrees
    truth, proba = emotions(3000)
    centres = ScoreHistogram(3)._centres(probabilities=True)
    proba = centres[np.searchsorted(centres, proba) % 4096]
    for name, params in CASES.items():
        exact = tuned(of_documents(truth, proba), name, **params)
        binned = tuned(in_bins(truth, proba), name, **params)
        assert binned["best_score_"] == pytest.approx(exact["best_score_"], abs=1e-12)
        same = (proba > binned["best_thresholds_"]) == (proba > exact["best_thresholds_"])
        assert same.all(), name


def test_weights_and_unknown_labels_count():
    truth, proba = emotions(4000)
    rng = np.random.default_rng(1)
    weight = rng.integers(1, 4, len(truth)).astype(float)
    unknown = np.where(rng.random(truth.shape) < 0.3, -1, truth).astype(np.int8)
    exact = tuned(of_documents(unknown, proba, weight), "f1_macro")
    binned = tuned(in_bins(unknown, proba, weight), "f1_macro")
    assert binned["best_score_"] == pytest.approx(exact["best_score_"], abs=0.01)
    repeated = np.repeat(np.arange(len(truth)), weight.astype(int))
    again = tuned(in_bins(unknown[repeated], proba[repeated]), "f1_macro")
    np.testing.assert_array_equal(again["best_thresholds_"], binned["best_thresholds_"])
    for j in range(3):  # a label alone, without the documents where it is unknown
        rows = unknown[:, j] >= 0
        f1 = make_objective("f1_micro", NAMES[:1])
        alone = ExactSearch(f1, {}, 0.0, probabilities=True, label_names=np.array(NAMES[:1]))
        pooled = in_bins(unknown[rows, j : j + 1], proba[rows, j : j + 1], weight[rows])
        own = alone.thresholds(pooled.indicator, pooled.scores, pooled.weight)
        both = in_bins(unknown, proba, weight)
        macro = best_thresholds(
            make_objective("f1_macro", NAMES), both.indicator, both.scores, both.weight
        )
        assert both.histogram.settle(macro)[j] == pooled.histogram.settle(own)[0]


def test_a_label_without_a_positive_is_never_given():
    truth, proba = emotions(2000)
    truth[:, 2] = 0
    thresholds = tuned(in_bins(truth, proba), "f1_micro")["best_thresholds_"]
    assert not (proba[:, 2] > thresholds[2]).any()
    assert (proba[:, 0] > thresholds[0]).any()
