"""Average precision from bins: how far it may be off."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamed_labels import make

from skmultitext import metrics
from skmultitext.metrics import StreamingMetrics
from skmultitext.metrics._streaming import average_precision_of_bins, logit_bins


@given(st.integers(0, 10_000), st.sampled_from([1, 2, 8, 64, 1024]), st.booleans(), st.booleans())
@settings(max_examples=80, deadline=None)
def test_average_precision_lies_within_its_stated_error(seed, n_bins, weighted, tied):
    y_true, y_proba, weight = make(seed=seed)
    y_proba = np.round(y_proba, 1) if tied else y_proba
    weight = weight if weighted else None
    result = StreamingMetrics(6, n_bins=n_bins).update(y_true, y_proba, weight).compute()
    for average in ("micro", "macro"):
        exact = metrics.average_precision_score(
            y_true, y_proba, average=average, sample_weight=weight
        )
        estimate = result[f"average_precision_{average}"]
        error = result[f"average_precision_{average}_error"]
        assert abs(estimate - exact) <= error + 1e-12


def test_the_worst_order_within_a_bin_is_within_the_error_and_close_to_it():
    # one bin holds everything; its positives score lowest, then highest
    truth = np.repeat([[1], [0]], 500, axis=0)
    ramp = np.linspace(0.4, 0.6, 1000)[:, None]
    for proba, expected in ((ramp, np.log(2) - 0.5), (ramp[::-1], 0.5)):
        result = StreamingMetrics(1, n_bins=1).update(truth, proba).compute()
        gap = abs(metrics.average_precision_score(truth, proba) - result["average_precision_macro"])
        assert gap == pytest.approx(expected, abs=1e-3)
        assert result["average_precision_macro_error"] == pytest.approx(0.5, abs=1e-9)


def test_positives_alone_in_a_bin_below_negatives_reach_the_error():
    # one by one they have lower precision than as the tie that the bin makes of them
    truth = np.repeat([0, 1], [1000, 100])
    proba = np.concatenate([np.full(1000, 0.9), np.linspace(0.5, 0.5001, 100)])
    result = StreamingMetrics(1).update(truth, proba).compute()
    gap = result["average_precision_macro"] - metrics.average_precision_score(truth, proba)
    assert gap > 0.04
    assert gap <= result["average_precision_macro_error"] < 1.05 * gap


def test_the_error_shrinks_with_the_bins():
    y_true, y_proba, _ = make(20_000)
    errors = [
        StreamingMetrics(6, n_bins=n)
        .update(y_true, y_proba)
        .compute()["average_precision_macro_error"]
        for n in (16, 128, 1024)
    ]
    assert errors[0] > 4 * errors[1] > 16 * errors[2]
    assert errors[2] < 0.02


def test_probabilities_0_and_1_have_a_bin():
    result = StreamingMetrics(1).update([0, 1], [0.0, 1.0]).compute()
    assert result["average_precision_macro"] == 1
    assert result["average_precision_macro_error"] == 0


def test_bins_have_equal_width_in_the_logit():
    logits = np.linspace(-15.99, 15.99, 641)
    proba = 1 / (1 + np.exp(-logits))
    expected = np.floor((logits + 16) / 2).astype(int)
    inner = np.abs(logits % 2) > 1e-6  # off the edges, where rounding decides
    np.testing.assert_array_equal(logit_bins(proba, 16)[inner], expected[inner])
    assert logit_bins(np.array([0.0, 1e-300, 0.5, 1.0]), 16).tolist() == [0, 0, 8, 15]
    assert logit_bins(np.array([[0.0], [1.0]], np.float32), 1).tolist() == [[0], [0]]


@pytest.mark.parametrize("seed", range(5))
def test_a_bin_counts_as_one_tie(seed):
    rng = np.random.default_rng(seed)
    positive, negative = rng.integers(0, 5, (2, 3, 8)).astype(float)
    score, error = average_precision_of_bins(positive, negative)
    assert score.shape == error.shape == (3,)
    for j in range(3):
        truth = np.concatenate([np.ones(int(positive[j].sum())), np.zeros(int(negative[j].sum()))])
        bins = np.concatenate(
            [np.repeat(np.arange(8), counts[j].astype(int)) for counts in (positive, negative)]
        )
        expected = metrics.average_precision_score(truth, bins)
        assert score[j] == pytest.approx(expected)
        for order in (bins + 0.5 * truth, bins - 0.5 * truth):  # the best and the worst inside
            assert abs(metrics.average_precision_score(truth, order) - score[j]) <= error[j] + 1e-12


def test_bins_of_one_kind_each_are_exact():
    score, error = average_precision_of_bins(np.array([0.0, 2, 0, 1]), np.array([3.0, 0, 1, 0]))
    assert score == pytest.approx((1 + 2 * 0.75) / 3, abs=error)
    assert average_precision_of_bins(np.zeros(4), np.ones(4)) == (0, 0)
    assert average_precision_of_bins(np.ones(4), np.zeros(4)) == (1, 0)
