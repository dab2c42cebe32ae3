"""The curves behind the displays, against scikit-learn and brute force."""

import numpy as np
import pytest
from sklearn import metrics as skm
from sklearn.calibration import calibration_curve

from skmultitext.display import _curves
from skmultitext.display._calibration import calibration
from skmultitext.display._threshold_curve import (
    at_threshold,
    best_f1_threshold,
    threshold_curve,
)
from skmultitext.metrics import expected_calibration_error


def one_label(seed, n=50, decimals=None, weighted=False):
    rng = np.random.default_rng(seed)
    truth = (rng.random(n) < 0.3).astype(np.int8)
    scores = np.clip(0.3 * truth + 0.7 * rng.random(n), 0, 1)
    if decimals is not None:
        scores = scores.round(decimals)  # ties
    return truth, scores, rng.integers(1, 5, n) / 2 if weighted else None


CASES = pytest.mark.parametrize(
    "case",
    [one_label(s, decimals=d, weighted=w) for s, d, w in [(0, None, 0), (1, 1, 0), (2, 1, 1)]],
    ids=["distinct", "ties", "ties and weights"],
)


@CASES
def test_precision_recall_is_scikit_learns(case):
    truth, scores, weight = case
    curve = _curves.precision_recall(*case)
    precision, recall, _ = skm.precision_recall_curve(
        truth, scores, sample_weight=weight, drop_intermediate=True
    )
    np.testing.assert_allclose(curve.precision, precision, rtol=1e-12)
    np.testing.assert_allclose(curve.recall, recall, rtol=1e-12)
    expected = skm.average_precision_score(truth, scores, sample_weight=weight)
    assert curve.average_precision == pytest.approx(expected, rel=1e-12)


@CASES
def test_roc_is_scikit_learns(case):
    truth, scores, weight = case
    curve = _curves.roc(*case)
    fpr, tpr, _ = skm.roc_curve(truth, scores, sample_weight=weight, drop_intermediate=False)
    # every point of theirs lies on our corners' lines; fpr + tpr strictly ascends along both
    corners, way = curve.fpr + curve.tpr, fpr + tpr
    np.testing.assert_allclose(np.interp(way, corners, curve.fpr), fpr, atol=1e-12)
    np.testing.assert_allclose(np.interp(way, corners, curve.tpr), tpr, atol=1e-12)
    assert np.isclose(corners[:, None], way).any(axis=1).all()
    if len(np.unique(scores)) == len(scores):  # without ties there are points between corners
        assert len(corners) < len(way) / 2
    expected = skm.roc_auc_score(truth, scores, sample_weight=weight)
    assert curve.roc_auc == pytest.approx(expected, rel=1e-12)


@CASES
def test_threshold_curve_counts_what_exceeds_the_threshold(case):
    truth, proba, weight = case
    curve = threshold_curve(*case)
    assert curve.thresholds[0] == 0
    assert curve.thresholds[-1] == 1
    assert (np.diff(curve.thresholds) > 0).all()
    between = curve.thresholds[:-1] + np.diff(curve.thresholds) / 2
    for threshold in [*curve.thresholds, *between]:
        decided = (proba > threshold).astype(int)
        options = {"sample_weight": weight, "zero_division": np.nan}
        precision, recall, f1 = at_threshold(curve, threshold)
        expected = skm.precision_score(truth, decided, **options)
        assert precision == pytest.approx(expected, nan_ok=True)
        assert recall == pytest.approx(skm.recall_score(truth, decided, **options))
        assert f1 == pytest.approx(skm.f1_score(truth, decided, **options))


@CASES
def test_the_best_threshold_has_the_best_f1_of_all(case):
    truth, proba, weight = case
    curve = threshold_curve(*case)
    chosen = best_f1_threshold(curve)
    candidates = [0.0, *np.unique(proba), *(np.unique(proba) - 1e-9)]
    best = max(
        skm.f1_score(truth, proba > t, sample_weight=weight, zero_division=0) for t in candidates
    )
    assert skm.f1_score(truth, proba > chosen, sample_weight=weight) == pytest.approx(best)
    assert not np.isin(chosen, proba)  # in the middle of a gap, not on its edge


def test_thresholds_reach_both_ends_where_scores_do():
    curve = threshold_curve(np.array([0, 1, 1]), np.array([0.0, 0.5, 1.0]))
    assert curve.thresholds.tolist() == [0.0, 0.5, 1.0]
    assert curve.recall.tolist() == [1.0, 0.5, 0.0]
    np.testing.assert_array_equal(curve.precision, [1.0, 1.0, np.nan])


def test_a_label_without_positives_has_no_curve():
    truth, scores = np.zeros(5, np.int8), np.linspace(0, 1, 5)
    assert len(_curves.precision_recall(truth, scores).precision) == 0
    assert np.isnan(_curves.precision_recall(truth, scores).average_precision)
    for constant in (truth, 1 - truth):
        assert np.isnan(_curves.roc(constant, scores).roc_auc)


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_calibration_is_scikit_learns(strategy):
    truth, proba, _ = one_label(3, n=300)
    curve = calibration(truth, proba, n_bins=7, strategy=strategy)
    prob_true, prob_pred = calibration_curve(truth, proba, n_bins=7, strategy=strategy)
    np.testing.assert_allclose(curve.prob_true, prob_true)
    np.testing.assert_allclose(curve.prob_pred, prob_pred)
    assert curve.weight.sum() == 300


@pytest.mark.parametrize("weighted", [False, True])
def test_calibration_error_is_the_metric(weighted):
    truth, proba, weight = one_label(4, n=300, decimals=1, weighted=weighted)
    error = calibration(truth, proba, weight, n_bins=10).calibration_error
    expected = expected_calibration_error(truth[:, None], proba[:, None], sample_weight=weight)
    assert error == pytest.approx(expected)


def test_an_integer_weight_is_repetition():
    truth, proba, _ = one_label(5, decimals=1)
    weight = np.arange(len(truth)) % 3 + 1.0
    rows = np.repeat(np.arange(len(truth)), weight.astype(int))
    for function in (
        _curves.precision_recall,
        _curves.roc,
        threshold_curve,
        calibration,
    ):
        weighted, repeated = function(truth, proba, weight), function(truth[rows], proba[rows])
        for ours, theirs in zip(weighted, repeated, strict=True):
            np.testing.assert_allclose(ours, theirs)


def test_mean_curves_average_at_equal_x():
    cases = [one_label(seed, decimals=1) for seed in range(4)]
    truth, scores = (np.column_stack([case[i] for case in cases]) for i in (0, 1))
    curves = [_curves.precision_recall(*case) for case in cases]
    mean = _curves.mean_precision_recall(curves)
    expected = skm.average_precision_score(truth, scores, average="macro")
    assert mean.average_precision == pytest.approx(expected)
    # precision where each curve first reaches a recall, from the highest score down
    for recall in (0.25, 0.5, 1.0):
        firsts = [c.precision[np.flatnonzero(c.recall >= recall - 1e-12)[-1]] for c in curves]
        at = np.flatnonzero(np.isclose(mean.recall, recall))[0]
        assert mean.precision[at] == pytest.approx(np.mean(firsts))
    curves = [_curves.roc(*case) for case in cases]
    mean = _curves.mean_roc(curves)
    assert mean.roc_auc == pytest.approx(skm.roc_auc_score(truth, scores, average="macro"))
    assert np.trapezoid(mean.tpr, mean.fpr) == pytest.approx(mean.roc_auc, abs=2e-3)
    assert (mean.fpr[0], mean.tpr[0], mean.fpr[-1], mean.tpr[-1]) == (0, 0, 1, 1)


def test_the_mean_of_one_curve_has_its_recalls_on_the_grid():
    # 3 of 10 is not GRID[300] in floating point; the curve must not slip by a step there
    truth = np.array([1, 0] * 10)
    curve = _curves.precision_recall(truth, np.linspace(1, 0, 20))
    mean = _curves.mean_precision_recall([curve])
    for k in range(1, 11):
        at = np.flatnonzero(np.isclose(mean.recall, k / 10))[0]
        assert mean.precision[at] == pytest.approx(k / (2 * k - 1))
