"""What is searched for: formulas, constraints and costs."""

import numpy as np
import pytest

from skmultitext.thresholds import search_thresholds


def test_a_precision_out_of_reach_silences_the_label():
    thresholds, score = search_thresholds(
        [0, 1, 0], [0.9, 0.5, 0.1], "recall_at_precision", min_precision=0.9
    )
    assert (thresholds[0], score) == (0.9, 0.0)


def test_of_equal_precision_the_higher_recall_is_taken():
    truth, proba = [1, 1, 1, 0], [0.9, 0.8, 0.7, 0.1]
    thresholds, _ = search_thresholds(truth, proba, "precision_at_recall", min_recall=0.3)
    assert thresholds[0] == pytest.approx(0.4)


def test_costs_shift_thresholds():
    # calibrated probabilities: the cut-off belongs at cost_fp / (cost_fp + cost_fn) [Elkan 2001]
    rng = np.random.RandomState(0)
    proba = rng.random_sample((200_000, 1))
    truth = (rng.random_sample(proba.shape) < proba).astype(int)
    thresholds, _ = search_thresholds(truth, proba, "neg_expected_cost", cost_fp=1, cost_fn=4)
    assert thresholds[0] == pytest.approx(0.2, abs=0.02)
    by_name, _ = search_thresholds(
        np.hstack([truth, truth]),
        np.hstack([proba, proba]),
        "neg_expected_cost",
        cost_fp={"rare": 1, "common": 1},
        cost_fn={"common": 1, "rare": 4},
        label_names=["rare", "common"],
    )
    np.testing.assert_allclose(by_name, [0.2, 0.5], atol=0.02)


def test_best_f1_threshold_is_half_the_best_f1():
    # of calibrated probabilities [Lipton et al. 2014]
    rng = np.random.RandomState(1)
    proba = rng.random_sample((200_000, 1)) ** 3
    truth = (rng.random_sample(proba.shape) < proba).astype(int)
    thresholds, score = search_thresholds(truth, proba, "f1_macro")
    assert thresholds[0] == pytest.approx(score / 2, abs=0.01)
