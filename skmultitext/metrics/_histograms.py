"""Histograms of scores, from which thresholds and calibrators are fitted to any number of rows."""

from typing import Any, Self

import numpy as np
from scipy.special import expit

from .._gate.types import AnyArray, BoolArray, FloatArray, Indicator, IntArray

__all__ = ["ScoreHistogram", "average_precision_of_bins", "logit_bins"]

_FARTHEST = 16.0  # logits beyond share one bin: such a probability is 0 or 1 to seven digits
_ENDS = (-np.finfo(np.float64).max, np.finfo(np.float64).max)  # of logits, finite
_LABELS_AT_A_TIME = 1000  # limits memory
_FINE = 4096  # bins; with 1024, tuned precision at a required recall lost up to 0.005, not 0.0015


class ScoreHistogram:
    """Weight of each label's negatives and positives in bins of their score.

    `counts` has the shape (2, n_labels, n_bins), negatives first. Bins have equal width in the
    logit, 32 / n_bins: bins of equal width in the probability would put nearly all scores of a rare
    label into one bin.
    """

    def __init__(self, n_labels: int, n_bins: int = _FINE) -> None:
        self.counts = np.zeros((2, n_labels, n_bins))

    def add(
        self,
        truth: BoolArray,
        proba: AnyArray,
        weight: FloatArray | None = None,
        known: BoolArray | None = None,
    ) -> None:
        """Add documents: labels, probabilities and marks of known entries, (n, n_labels) each."""
        _, n_labels, n_bins = self.counts.shape
        cells = logit_bins(proba, n_bins)
        cells += np.arange(n_labels) * n_bins
        cells += truth * (n_labels * n_bins)
        terms: Any = 1.0 if weight is None else np.repeat(weight, n_labels)
        if known is not None:
            terms = terms * known.ravel()
        np.add.at(self.counts.reshape(-1), cells.ravel(), terms)

    def add_sparse(
        self,
        columns: IntArray,
        truth: BoolArray,
        proba: AnyArray,
        weight: FloatArray,
        total: FloatArray,
    ) -> None:
        """Add some entries, and the rest of a total weight of each label as negatives of 0."""
        _, n_labels, n_bins = self.counts.shape
        cells = logit_bins(proba, n_bins) + columns * n_bins + truth * (n_labels * n_bins)
        np.add.at(self.counts.reshape(-1), cells, weight)
        self.counts[0, :, 0] += total - np.bincount(columns, weight, minlength=n_labels)

    def merge(self, other: Self) -> Self:
        """Add the documents of another histogram."""
        self.counts += other.counts
        return self

    def average_precision(self, labels: IntArray) -> tuple[Any, Any, Any, Any]:
        """Estimate the average precision of some labels, and of all pairs of label and document.

        Returns scores and bounds of their errors of the labels, then both of the pairs.
        """
        negative, positive = self.counts
        scores, errors = (x[labels] for x in average_precision_of_bins(positive, negative))
        pooled = average_precision_of_bins(positive.sum(axis=0), negative.sum(axis=0))
        return scores, errors, *pooled

    def samples(self, *, probabilities: bool = True) -> tuple[Indicator, FloatArray, FloatArray]:
        """Return labels, scores and weights, (n, n_labels) each: two samples a bin, at its centre.

        A sample of weight 0 for a label is unknown there. Scores are probabilities or logits.
        """
        occupied, bins = np.nonzero(self.counts.any(axis=1))
        weight = np.ascontiguousarray(self.counts[occupied, :, bins])
        truth = np.where(weight > 0, occupied[:, None], -1).astype(np.int8)
        scores = self._centres(probabilities=probabilities)[bins]
        return truth, np.broadcast_to(scores[:, None], truth.shape), weight

    def settle(self, thresholds: FloatArray, *, probabilities: bool = True) -> FloatArray:
        """Move thresholds that were found for `samples` to the edges of bins.

        There they give a label to the documents in the bins whose centres are above the threshold,
        and to no others.
        """
        n_bins = self.counts.shape[2]
        inner = np.linspace(-_FARTHEST, _FARTHEST, n_bins + 1)[1:-1]
        inner, ends = (expit(inner), (0.0, 1.0)) if probabilities else (inner, _ENDS)
        # a bin holds its lower edge, and a threshold does not give the label to an equal score
        edges = np.concatenate([ends[:1], np.nextafter(inner, -np.inf), ends[1:]])
        centres = self._centres(probabilities=probabilities)
        return edges[np.searchsorted(centres, thresholds, side="right")]

    def _centres(self, *, probabilities: bool) -> FloatArray:
        n_bins = self.counts.shape[2]
        logits = np.arange(0.5, n_bins, dtype=np.float64) * (2 * _FARTHEST / n_bins) - _FARTHEST
        return expit(logits).astype(np.float64) if probabilities else logits


def logit_bins(proba: AnyArray, n_bins: int) -> AnyArray:
    """Find the bin of each probability; bins have equal width in the logit."""
    proba = proba.astype(np.float64, copy=False)
    with np.errstate(divide="ignore"):  # the logits of 0 and 1 are infinite and are clipped
        logits = np.log(proba / (1 - proba))
    np.clip(logits, -_FARTHEST, _FARTHEST, out=logits)
    place = (logits + _FARTHEST) * (n_bins / (2 * _FARTHEST))
    return np.minimum(place.astype(np.intp), n_bins - 1)


def average_precision_of_bins(
    positive: FloatArray, negative: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Estimate average precision from histograms of scores, and bound its error.

    Bins are ordered from the lowest scores up. The estimate treats a bin as one tie. In a bin with
    p positives and q negatives, and T positives and F negatives above it, the sum of the precision
    at the positives is at most p (T + p) / (T + p + F), and at least the integral of
    (T + x) / (T + x + F + q) over x from 0 to p, for any order, ties and weights; the estimate lies
    between these bounds.
    """
    if positive.ndim == 2 and len(positive) > _LABELS_AT_A_TIME:
        starts = range(0, len(positive), _LABELS_AT_A_TIME)
        parts = [slice(start, start + _LABELS_AT_A_TIME) for start in starts]
        found = [average_precision_of_bins(positive[part], negative[part]) for part in parts]
        return tuple(map(np.concatenate, zip(*found, strict=True)))  # type: ignore[return-value]
    p, q = positive[..., ::-1], negative[..., ::-1]
    reached, reached_false = np.cumsum(p, axis=-1), np.cumsum(q, axis=-1)
    above, above_false = reached - p, reached_false - q
    ones = np.ones_like(p)  # for empty bins, which add 0 with any precision
    tied = np.divide(reached, reached + reached_false, out=ones.copy(), where=p > 0)
    best = np.divide(reached, reached + above_false, out=ones.copy(), where=p > 0)
    before = above + reached_false
    growth = np.divide(p, before, out=np.zeros_like(p), where=before > 0)
    worst_sum = p - reached_false * np.log1p(growth)
    total = np.where(reached[..., -1] > 0, reached[..., -1], 1.0)
    score = (p * tied).sum(axis=-1) / total
    error = np.maximum((p * best).sum(axis=-1) / total - score, score - worst_sum.sum(-1) / total)
    return score, np.maximum(error, 0.0)
