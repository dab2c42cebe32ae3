"""All cut-offs of a label that can be optimal, with their counts, found by sorting.

A cut-off lies between two neighbouring distinct scores; every document above it gets the label.
Among cut-offs with the same true positives, the highest has the fewest false positives, and no
objective of this package prefers a false positive. So the candidates are the cut-offs right below
the distinct scores of the positives, and the one above all scores: their number depends on the
positives, not on the documents.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._gate.samples import has_unknown
from .._gate.types import AnyArray, FloatArray, Indicator, IntArray

__all__ = ["CutOffs", "pooled_cut_offs", "separate_cut_offs", "threshold_between"]

_BLOCK = 1 << 22  # scores per block of labels that is copied to make its columns contiguous


@dataclass(frozen=True, eq=False)
class CutOffs:
    """Candidates of all labels, label by label, from the highest cut-off down."""

    found: FloatArray  # weight of the positives above the cut-off
    given: FloatArray  # weight of all documents above the cut-off
    thresholds: FloatArray
    starts: IntArray  # each label's first candidate, which gives the label to no document

    def spread(self, per_label: FloatArray | float) -> FloatArray | float:
        """Repeat one value per label, or a scalar, for each of its candidates."""
        if np.ndim(per_label) == 0:
            return per_label
        return np.repeat(per_label, np.diff(self.starts, append=len(self.found)))

    def best(self, values: Any, *, last: bool = False) -> IntArray:
        """Find each label's candidate with the highest value; of ties the first, or the last."""
        highest = self.spread(np.maximum.reduceat(values, self.starts))
        places = np.flatnonzero(values == highest)
        bounds = np.searchsorted(places, self.starts)
        if last:
            return places[np.append(bounds[1:], len(places)) - 1]
        return places[bounds]


def separate_cut_offs(
    truth: Indicator, scores: AnyArray, weight: FloatArray | None = None, *, lowest: float = 0.0
) -> CutOffs:
    """Collect the candidates of every label."""
    parts = []
    for j, column, rows, own_weight in _labels(truth, scores, weight):
        if not len(column):  # nothing is known of the label: the highest score gives it to nobody
            parts.append((np.zeros(1), np.zeros(1), scores[:, j].max(keepdims=True)))
            continue
        upper = _distinct_above(column[rows], lowest)
        found, given, below = _counts(column, rows, own_weight, upper, lowest)
        parts.append((found, given, np.append(column.max(), threshold_between(below, upper))))
    found, given, thresholds = (np.concatenate(part) for part in zip(*parts, strict=True))
    lengths = [len(part[0]) for part in parts]
    return CutOffs(found, given, thresholds, np.cumsum([0, *lengths[:-1]]))


def pooled_cut_offs(
    truth: Indicator,
    scores: AnyArray,
    weight: FloatArray | None = None,
    *,
    lowest: float = 0.0,
    add_up: Callable[[int, FloatArray, FloatArray], None],
) -> FloatArray:
    """Collect the candidates of one threshold that all labels share."""
    upper = np.concatenate([column[rows] for _, column, rows, _ in _labels(truth, scores, None)])
    upper = _distinct_above(upper, lowest)
    below = np.full(len(upper), lowest, dtype=scores.dtype)
    highest = scores.min()
    for j, column, rows, own_weight in _labels(truth, scores, weight):
        if not len(column):
            continue
        found, given, label_below = _counts(column, rows, own_weight, upper, lowest)
        np.maximum(below, label_below, out=below)
        highest = max(highest, column.max())
        add_up(j, found, given)
    return np.append(highest, threshold_between(below, upper))


def threshold_between(lower: AnyArray, upper: AnyArray) -> FloatArray:
    """Find thresholds that separate neighbouring scores under the strict rule."""
    lower, upper = np.asarray(lower, np.float64), np.asarray(upper, np.float64)
    middle = lower + (upper - lower) / 2
    return np.where(middle < upper, middle, lower)


def _distinct_above(scores: AnyArray, lowest: float) -> AnyArray:
    """Distinct scores that exceed some threshold, from the highest down."""
    distinct = np.unique(scores)[::-1]
    return distinct[distinct > lowest]


def _counts(
    column: AnyArray, rows: AnyArray, weight: FloatArray | None, upper: AnyArray, lowest: float
) -> tuple[FloatArray, FloatArray, AnyArray]:
    """Sum the weights of positives (at `rows`) and documents above each cut-off, first above none.

    The cut-offs lie right below the scores `upper`; also return the next lower scores.
    """
    ordered, above = _rank(column, weight)
    positives, positives_above = _rank(column[rows], None if weight is None else weight[rows])
    start = np.searchsorted(ordered, upper)
    found = positives_above[np.searchsorted(positives, upper)]
    below = np.where(start > 0, ordered[np.maximum(start, 1) - 1], lowest)
    return np.append(0.0, found), np.append(0.0, above[start]), below


def _rank(scores: AnyArray, weight: FloatArray | None) -> tuple[AnyArray, FloatArray]:
    """Sort scores; sum the weights from each position upwards."""
    if weight is None:
        return np.sort(scores), np.arange(len(scores), -1, -1, dtype=np.float64)
    order = np.argsort(scores)
    return scores[order], np.append(np.cumsum(weight[order][::-1])[::-1], 0.0)


def _labels(
    truth: Any, scores: AnyArray, weight: FloatArray | None
) -> Iterator[tuple[int, AnyArray, AnyArray, FloatArray | None]]:
    """Yield each label, its scores in one piece, the rows of its positives, and the weights.

    The documents of which the label is unknown are left out. Weights are per document, or per
    document and label.
    """
    n_samples, n_labels = scores.shape
    size = max(1, _BLOCK // n_samples)
    all_known = not has_unknown(truth)
    for start in range(0, n_labels, size):
        block = np.ascontiguousarray(scores[:, start : start + size].T)
        for j, column in enumerate(block, start):
            own_weight = weight if weight is None or weight.ndim == 1 else weight[:, j]
            if not all_known:
                part: Any = truth[:, [j]]
                labels = (part.toarray() if sp.issparse(part) else part)[:, 0]
                known = np.flatnonzero(labels >= 0)
                own_weight = None if own_weight is None else own_weight[known]
                yield j, column[known], np.flatnonzero(labels[known]), own_weight
            elif sp.issparse(truth):
                yield j, column, truth.indices[truth.indptr[j] : truth.indptr[j + 1]], own_weight
            else:
                yield j, column, np.flatnonzero(truth[:, j]), own_weight
