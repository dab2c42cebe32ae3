"""Numbers of the curves: one label's truth and scores in, the points of a curve out.

Every function takes `truth` (0 or 1) and `scores` of shape (n_samples,) and, where weights
count, `weight` of the same shape or None for 1 each. A pooled (micro) curve is that of the
flattened matrices.
"""

from typing import NamedTuple

import numpy as np

# points at which curves of several labels are averaged
GRID = np.linspace(0.0, 1.0, 1001)
_SLACK = 1e-9  # 3 / 10 and GRID[300] are the same recall


class PrecisionRecallCurve(NamedTuple):
    """Precision against recall, from recall 1 down to 0, and the area below the steps."""

    precision: np.ndarray
    recall: np.ndarray
    average_precision: float


class RocCurve(NamedTuple):
    """True against false positive rate, from (0, 0) to (1, 1), and the area below."""

    fpr: np.ndarray
    tpr: np.ndarray
    roc_auc: float


class ThresholdCurve(NamedTuple):
    """Precision, recall and F1 of the decisions ``score > threshold``.

    Row i holds from ``thresholds[i]`` up to, but without, ``thresholds[i + 1]``.
    """

    thresholds: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray


class CalibrationCurve(NamedTuple):
    """Share of positives and mean probability of each bin that is not empty, and its weight."""

    prob_true: np.ndarray
    prob_pred: np.ndarray
    weight: np.ndarray
    calibration_error: float


def ranked_counts(truth, scores, weight=None):
    """Count true and false positives at every distinct score, from the highest down.

    Parameters
    ----------
    truth : ndarray of shape (n_samples,), dtype bool or int
        True labels, 0 or 1.
    scores : ndarray of shape (n_samples,), dtype float
        Scores.
    weight : ndarray of shape (n_samples,), dtype float64, default=None
        Weights above 0.

    Returns
    -------
    scores, tp, fp : ndarrays of shape (n_distinct,), dtype float64
        The distinct scores, descending, and the weight of the positives and of the negatives
        that score at least as much.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = np.asarray(scores, dtype=np.float64)[order]
    positive = np.asarray(truth)[order].astype(np.float64)
    mass = np.ones(len(order)) if weight is None else weight[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    return (
        ranked[last],
        np.cumsum(positive * mass)[last],
        np.cumsum((1.0 - positive) * mass)[last],
    )


def precision_recall(truth, scores, weight=None):
    """Compute the precision-recall curve of one label.

    Parameters
    ----------
    truth, scores, weight : ndarrays of shape (n_samples,)
        As in `ranked_counts`.

    Returns
    -------
    PrecisionRecallCurve
        With the end point (recall 0, precision 1), without the points inside a run of equal
        recall, as ``sklearn.metrics.precision_recall_curve(drop_intermediate=True)``. Empty,
        with nan for the area, where the label has no positive.
    """
    _, tp, fp = ranked_counts(truth, scores, weight)
    if not tp[-1] > 0:
        return PrecisionRecallCurve(np.empty(0), np.empty(0), np.nan)
    precision, recall = tp / (tp + fp), tp / tp[-1]
    area = float(np.sum(np.diff(recall, prepend=0.0) * precision))
    changes = np.diff(tp) != 0
    kept = np.append(True, changes) | np.append(changes, True)
    return PrecisionRecallCurve(
        np.append(precision[kept][::-1], 1.0), np.append(recall[kept][::-1], 0.0), area
    )


def roc(truth, scores, weight=None):
    """Compute the ROC curve of one label.

    Parameters
    ----------
    truth, scores, weight : ndarrays of shape (n_samples,)
        As in `ranked_counts`.

    Returns
    -------
    RocCurve
        With its corners only. Empty, with nan for the area, where the label has no positive
        or no negative.
    """
    _, tp, fp = ranked_counts(truth, scores, weight)
    if not (tp[-1] > 0 and fp[-1] > 0):
        return RocCurve(np.empty(0), np.empty(0), np.nan)
    tp, fp = np.append(0.0, tp), np.append(0.0, fp)
    turns = (np.diff(tp, 2) != 0) | (np.diff(fp, 2) != 0)
    kept = np.concatenate(([True], turns, [True]))
    fpr, tpr = fp / fp[-1], tp / tp[-1]
    return RocCurve(fpr[kept], tpr[kept], float(np.trapezoid(tpr, fpr)))


def mean_precision_recall(curves):
    """Average precision-recall curves at equal recall.

    Parameters
    ----------
    curves : list of PrecisionRecallCurve
        Curves of labels that have a positive.

    Returns
    -------
    PrecisionRecallCurve
        At 1,001 recalls. Its area is the exact mean of the areas: macro average precision.
    """
    total = np.zeros_like(GRID)
    for curve in curves:
        precision, recall = curve.precision[::-1], curve.recall[::-1]
        total += precision[np.searchsorted(recall, GRID - _SLACK, side="left")]
    area = float(np.mean([curve.average_precision for curve in curves]))
    return PrecisionRecallCurve(total[::-1] / len(curves), GRID[::-1], area)


def mean_roc(curves):
    """Average ROC curves at equal false positive rate.

    Parameters
    ----------
    curves : list of RocCurve
        Curves of labels that have a positive and a negative.

    Returns
    -------
    RocCurve
        At 1,001 rates, from (0, 0). Its area is the exact mean of the areas: macro ROC AUC.
    """
    tpr = np.mean([np.interp(GRID, curve.fpr, curve.tpr) for curve in curves], axis=0)
    area = float(np.mean([curve.roc_auc for curve in curves]))
    return RocCurve(np.append(0.0, GRID), np.append(0.0, tpr), area)


def threshold_curve(truth, proba, weight=None):
    """Compute precision, recall and F1 of one label at every threshold.

    Parameters
    ----------
    truth, proba, weight : ndarrays of shape (n_samples,)
        As in `ranked_counts`; scores are probabilities in [0, 1].

    Returns
    -------
    ThresholdCurve
        Thresholds ascend from 0 to 1: every value at which a decision changes, and both ends.
        Precision is nan where nothing is predicted; recall is nan where there is no positive.
    """
    values, tp, fp = ranked_counts(truth, proba, weight)
    positive = tp[-1]
    # above the k-th highest value stand the k values before it
    thresholds = values[::-1]
    tp, fp = np.append(0.0, tp), np.append(0.0, fp)
    hits, predicted = tp[-2::-1], (tp + fp)[-2::-1]
    if thresholds[0] > 0:
        thresholds = np.append(0.0, thresholds)
        hits, predicted = np.append(tp[-1], hits), np.append(tp[-1] + fp[-1], predicted)
    if thresholds[-1] < 1:
        thresholds = np.append(thresholds, 1.0)
        hits, predicted = np.append(hits, 0.0), np.append(predicted, 0.0)
    none = np.full(len(hits), np.nan)
    precision = np.divide(hits, predicted, out=none, where=predicted > 0)
    if not positive > 0:
        return ThresholdCurve(
            thresholds, precision, np.full(len(hits), np.nan), np.zeros(len(hits))
        )
    return ThresholdCurve(thresholds, precision, hits / positive, 2 * hits / (predicted + positive))


def best_f1_threshold(curve):
    """Choose the threshold with the highest F1: the middle of the lowest range that has it.

    Parameters
    ----------
    curve : ThresholdCurve
        The curve of one label or of all labels pooled.

    Returns
    -------
    float
        In [0, 1].
    """
    best = int(np.argmax(curve.f1))
    if best + 1 == len(curve.thresholds):
        return float(curve.thresholds[best])
    low, high = curve.thresholds[best : best + 2]
    middle = low + (high - low) / 2
    return float(middle if middle < high else low)


def at_threshold(curve, threshold):
    """Read a threshold curve at one threshold.

    Parameters
    ----------
    curve : ThresholdCurve
        The curve.
    threshold : float
        In [0, 1].

    Returns
    -------
    precision, recall, f1 : float
        Of the decisions ``score > threshold``.
    """
    row = int(np.searchsorted(curve.thresholds, threshold, side="right")) - 1
    return float(curve.precision[row]), float(curve.recall[row]), float(curve.f1[row])


def calibration(truth, proba, weight=None, *, n_bins=10, strategy="uniform"):
    """Compute the calibration curve (reliability diagram) of one label.

    Parameters
    ----------
    truth, proba, weight : ndarrays of shape (n_samples,)
        As in `ranked_counts`; scores are probabilities in [0, 1].
    n_bins : int, default=10
        Number of bins, at least 1.
    strategy : {"uniform", "quantile"}, default="uniform"
        Bins of equal width (bin b holds ``b / n_bins <= p < (b + 1) / n_bins``), or of about
        the same number of documents.

    Returns
    -------
    CalibrationCurve
        Empty bins are left out. The error is the expected calibration error over these bins.
    """
    proba = np.asarray(proba, dtype=np.float64)
    if strategy == "uniform":
        cells = np.minimum((proba * n_bins).astype(np.intp), n_bins - 1)
    else:
        edges = np.quantile(proba, np.linspace(0, 1, n_bins + 1)[1:-1])
        cells = np.searchsorted(edges, proba)
    mass = np.ones(len(proba)) if weight is None else weight
    total = np.bincount(cells, mass, minlength=n_bins)
    filled = total > 0
    total = total[filled]
    prob_true = np.bincount(cells, mass * truth, minlength=n_bins)[filled] / total
    prob_pred = np.bincount(cells, mass * proba, minlength=n_bins)[filled] / total
    error = float(np.average(np.abs(prob_true - prob_pred), weights=total))
    return CalibrationCurve(prob_true, prob_pred, total, error)
