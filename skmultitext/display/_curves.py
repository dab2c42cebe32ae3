"""Precision-recall and ROC curves of one label.

The functions take `truth` (0 or 1) and `scores` of shape (n_samples,), and `weight` of the same
shape or None. For the pooled (micro) curve, pass the flattened matrices.
"""

from typing import NamedTuple

import numpy as np

from .._gate.types import AnyArray, FloatArray

# x values at which curves of several labels are averaged
GRID = np.linspace(0.0, 1.0, 1001)
_SLACK = 1e-9  # 3 / 10 and GRID[300] are the same recall


class PrecisionRecallCurve(NamedTuple):
    """Precision and recall, from recall 1 down to 0, and the area below the steps."""

    precision: np.ndarray
    recall: np.ndarray
    average_precision: float


class RocCurve(NamedTuple):
    """False and true positive rate, from (0, 0) to (1, 1), and the area below."""

    fpr: np.ndarray
    tpr: np.ndarray
    roc_auc: float


def ranked_counts(
    truth: AnyArray, scores: AnyArray, weight: FloatArray | None = None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Count true and false positives at every distinct score, from the highest down."""
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


def precision_recall(
    truth: AnyArray, scores: AnyArray, weight: FloatArray | None = None
) -> PrecisionRecallCurve:
    """Compute the precision-recall curve of one label."""
    if not len(truth):  # the label is unknown everywhere
        return PrecisionRecallCurve(np.empty(0), np.empty(0), np.nan)
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


def roc(truth: AnyArray, scores: AnyArray, weight: FloatArray | None = None) -> RocCurve:
    """Compute the ROC curve of one label."""
    if not len(truth):
        return RocCurve(np.empty(0), np.empty(0), np.nan)
    _, tp, fp = ranked_counts(truth, scores, weight)
    if not (tp[-1] > 0 and fp[-1] > 0):
        return RocCurve(np.empty(0), np.empty(0), np.nan)
    tp, fp = np.append(0.0, tp), np.append(0.0, fp)
    turns = (np.diff(tp, 2) != 0) | (np.diff(fp, 2) != 0)
    kept = np.concatenate(([True], turns, [True]))
    fpr, tpr = fp / fp[-1], tp / tp[-1]
    return RocCurve(fpr[kept], tpr[kept], float(np.trapezoid(tpr, fpr)))


def mean_precision_recall(curves: list[PrecisionRecallCurve]) -> PrecisionRecallCurve:
    """Average precision-recall curves at equal recall."""
    total = np.zeros_like(GRID)
    for curve in curves:
        precision, recall = curve.precision[::-1], curve.recall[::-1]
        total += precision[np.searchsorted(recall, GRID - _SLACK, side="left")]
    area = float(np.mean([curve.average_precision for curve in curves]))
    return PrecisionRecallCurve(total[::-1] / len(curves), GRID[::-1], area)


def mean_roc(curves: list[RocCurve]) -> RocCurve:
    """Average ROC curves at equal false positive rate."""
    tpr = np.mean([np.interp(GRID, curve.fpr, curve.tpr) for curve in curves], axis=0)
    area = float(np.mean([curve.roc_auc for curve in curves]))
    return RocCurve(np.append(0.0, GRID), np.append(0.0, tpr), area)
