"""Histograms of scores: sums, samples, edges, and how far average precision may be off."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from streamed_labels import make

from skmultitext import metrics
from skmultitext.metrics import StreamingMetrics, _histograms
from skmultitext.metrics._histograms import (
    ScoreHistogram,
    average_precision_of_bins,
    logit_bins,
)


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
    # ranked separately they have lower precision than tied within a bin
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
    inner = np.abs(logits % 2) > 1e-6  # away from the bin edges, where rounding would decide
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


def histogram_of(y_true, y_proba, weight=None, known=None, n_bins=1024):
    """A histogram of documents that come in one batch."""
    histogram = ScoreHistogram(y_true.shape[1], n_bins)
    histogram.add(y_true > 0, y_proba, weight, known)
    return histogram


def test_histograms_of_parts_add_up():
    y_true, y_proba, weight = make()
    weight = np.round(16 * weight)  # sums of whole numbers have no rounding error
    known = np.random.default_rng(0).random(y_true.shape) < 0.7
    whole = histogram_of(y_true, y_proba, weight, known)
    merged = ScoreHistogram(6, 1024)
    for rows in (slice(0, 0), slice(0, 90), slice(90, None)):
        merged.merge(histogram_of(y_true[rows], y_proba[rows], weight[rows], known[rows]))
    np.testing.assert_array_equal(merged.counts, whole.counts)
    for j in range(6):
        for side in (0, 1):
            rows = known[:, j] & (y_true[:, j] == side)
            bins = logit_bins(y_proba[rows, j], 1024)
            expected = np.bincount(bins, weight[rows], minlength=1024)
            np.testing.assert_array_equal(whole.counts[side, j], expected)


@pytest.mark.parametrize("probabilities", [True, False])
def test_samples_hold_every_weight_once_at_the_centre_of_its_bin(probabilities):
    y_true, y_proba, weight = make()
    histogram = histogram_of(y_true, y_proba, weight, n_bins=64)
    truth, scores, weights = histogram.samples(probabilities=probabilities)
    assert truth.shape == scores.shape == weights.shape
    assert len(truth) <= 128
    logits = logit(scores) if probabilities else scores
    np.testing.assert_allclose(logits % 0.5, 0.25, atol=1e-6)
    bins = logit_bins(expit(logits[:, 0]), 64)
    rebuilt = np.zeros((2, 6, 64))
    for i, j in zip(*np.nonzero(truth >= 0), strict=True):
        rebuilt[truth[i, j], j, bins[i]] += weights[i, j]
    np.testing.assert_array_equal(rebuilt, histogram.counts)
    assert (weights[truth >= 0] > 0).all()
    assert (weights[truth < 0] == 0).all()


@pytest.mark.parametrize("probabilities", [True, False])
@pytest.mark.parametrize("tied", [False, True])
def test_settled_thresholds_decide_documents_as_their_bins(probabilities, tied):
    y_true, y_proba, _ = make(500)
    if tied:  # 0, 1 and 0.5 lie at the ends and on an edge
        y_proba = np.round(2 * y_proba) / 2
    histogram = histogram_of(y_true, y_proba, n_bins=64)
    truth, scores, weights = histogram.samples(probabilities=probabilities)
    with np.errstate(divide="ignore"):
        values = y_proba if probabilities else np.clip(logit(y_proba), -40, 40)
    for tried in [*scores[:, 0], *np.random.default_rng(0).choice(values.ravel(), 50)]:
        thresholds = np.full(6, tried)
        settled = histogram.settle(thresholds, probabilities=probabilities)
        if tied and settled[0] in (0, 1):
            continue  # no threshold lies below a probability of 0, or above one of 1
        above, settled_above = scores > thresholds, values > settled
        positives = (settled_above & (y_true > 0)).sum(axis=0)
        np.testing.assert_array_equal((weights * (above & (truth > 0))).sum(axis=0), positives)
        np.testing.assert_array_equal((weights * above).sum(axis=0), settled_above.sum(axis=0))
        before, after = (logits_of(t, probabilities) for t in (tried, settled[0]))
        assert abs(after - before) <= 0.25 + 1e-6 or abs(before) > 15.7


def logits_of(score, probabilities):
    """The logit of a score, finite."""
    return logit(np.clip(score, 1e-12, 1 - 1e-12)) if probabilities else score


def test_average_precision_of_many_labels_is_taken_in_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    positive, negative = rng.integers(0, 5, (2, 7, 16)).astype(float)
    expected = average_precision_of_bins(positive, negative)
    monkeypatch.setattr(_histograms, "_LABELS_AT_A_TIME", 3)
    for found, whole in zip(average_precision_of_bins(positive, negative), expected, strict=True):
        np.testing.assert_array_equal(found, whole)
