"""Every cut-off of a label that can be the best one, with its counts, by sorting.

A cut-off lies between two neighbouring distinct scores; a label is given to every document above
it. Among cut-offs that find the same true documents, the highest gives the label to the fewest
wrong ones, and no objective of this package prefers a wrong one. So it is enough to look right
below each distinct score of a true document, and at giving the label to none: as many candidates
as a label has positives, not documents.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

__all__ = ["CutOffs", "pooled_cut_offs", "separate_cut_offs", "threshold_between"]

_BLOCK = 1 << 22  # scores of a block of labels, copied so that each label lies in one piece


@dataclass(frozen=True, eq=False)
class CutOffs:
    """Candidates of all labels, one label behind the other, each from the highest cut-off down.

    Attributes
    ----------
    found : ndarray of shape (n_candidates,), dtype float64
        True positives: weight of the documents above the cut-off that have the label.
    given : ndarray of shape (n_candidates,), dtype float64
        Weight of all documents above the cut-off.
    thresholds : ndarray of shape (n_candidates,), dtype float64
        The threshold of the cut-off.
    starts : ndarray of shape (n_labels,), dtype intp
        Position of each label's first candidate, which gives the label to none.
    """

    found: np.ndarray
    given: np.ndarray
    thresholds: np.ndarray
    starts: np.ndarray

    def spread(self, per_label):
        """Repeat one value per label, or a scalar, for each of its candidates."""
        if np.ndim(per_label) == 0:
            return per_label
        return np.repeat(per_label, np.diff(self.starts, append=len(self.found)))

    def best(self, values, *, last=False):
        """Find each label's candidate of the highest value; of equal ones the first, or last."""
        highest = self.spread(np.maximum.reduceat(values, self.starts))
        places = np.flatnonzero(values == highest)
        bounds = np.searchsorted(places, self.starts)
        if last:
            return places[np.append(bounds[1:], len(places)) - 1]
        return places[bounds]


def separate_cut_offs(truth, scores, weight=None, *, lowest=0.0):
    """Collect the candidates of every label.

    Parameters
    ----------
    truth : ndarray or csc_array of shape (n_samples, n_labels), dtype int8
        True labels.
    scores : ndarray of shape (n_samples, n_labels), dtype float
        Scores, at least `lowest`.
    weight : ndarray of shape (n_samples,), default=None
        Weight of each document, above 0; None for 1 each.
    lowest : float, default=0.0
        The lowest threshold there may be. Scores equal to it exceed no threshold.

    Returns
    -------
    CutOffs
    """
    parts = []
    for column, rows in _labels(truth, scores):
        upper = _distinct_above(column[rows], lowest)
        found, given, below = _counts(column, rows, weight, upper, lowest)
        parts.append((found, given, np.append(column.max(), threshold_between(below, upper))))
    found, given, thresholds = (np.concatenate(part) for part in zip(*parts, strict=True))
    lengths = [len(part[0]) for part in parts]
    return CutOffs(found, given, thresholds, np.cumsum([0, *lengths[:-1]]))


def pooled_cut_offs(truth, scores, weight=None, *, lowest=0.0, add_up):
    """Collect the candidates of one threshold that all labels share.

    Parameters
    ----------
    truth, scores, weight, lowest
        As in `separate_cut_offs`.
    add_up : callable
        Called with each label's number and its `found` and `given` at all candidates; only
        these two are held in memory at a time.

    Returns
    -------
    ndarray of shape (n_candidates,), dtype float64
        The thresholds from the highest down; the first gives no label to any document.
    """
    upper = np.concatenate([column[rows] for column, rows in _labels(truth, scores)])
    upper = _distinct_above(upper, lowest)
    below = np.full(len(upper), lowest, dtype=scores.dtype)
    for j, (column, rows) in enumerate(_labels(truth, scores)):
        found, given, label_below = _counts(column, rows, weight, upper, lowest)
        np.maximum(below, label_below, out=below)
        add_up(j, found, given)
    return np.append(scores.max(), threshold_between(below, upper))


def threshold_between(lower, upper):
    """Find thresholds that separate neighbouring scores under the strict rule.

    Parameters
    ----------
    lower, upper : ndarray of shape (n,), dtype float
        Scores, ``lower < upper``.

    Returns
    -------
    ndarray of shape (n,), dtype float64
        The midpoint, or `lower` where rounding would lift the midpoint to `upper`.
    """
    lower, upper = np.asarray(lower, np.float64), np.asarray(upper, np.float64)
    middle = lower + (upper - lower) / 2
    return np.where(middle < upper, middle, lower)


def _distinct_above(scores, lowest):
    """Distinct scores that exceed some threshold, from the highest down."""
    distinct = np.unique(scores)[::-1]
    return distinct[distinct > lowest]


def _counts(column, rows, weight, upper, lowest):
    """Count one label right below each of the scores `upper`.

    Return the weight of its positives, at `rows`, and of all documents from there upwards, both
    with a first entry for no document at all, and the next lower score, or `lowest`.
    """
    ordered, above = _rank(column, weight)
    positives, positives_above = _rank(column[rows], None if weight is None else weight[rows])
    start = np.searchsorted(ordered, upper)
    found = positives_above[np.searchsorted(positives, upper)]
    below = np.where(start > 0, ordered[np.maximum(start, 1) - 1], lowest)
    return np.append(0.0, found), np.append(0.0, above[start]), below


def _rank(scores, weight):
    """Sort scores; weigh what lies from each place upwards."""
    if weight is None:
        return np.sort(scores), np.arange(len(scores), -1, -1, dtype=np.float64)
    order = np.argsort(scores)
    return scores[order], np.append(np.cumsum(weight[order][::-1])[::-1], 0.0)


def _labels(truth, scores):
    """Yield the scores of each label, in one piece, and the rows of its positives."""
    n_samples, n_labels = scores.shape
    size = max(1, _BLOCK // n_samples)
    for start in range(0, n_labels, size):
        block = np.ascontiguousarray(scores[:, start : start + size].T)
        for j, column in enumerate(block, start):
            if sp.issparse(truth):
                yield column, truth.indices[truth.indptr[j] : truth.indptr[j + 1]]
            else:
                yield column, np.flatnonzero(truth[:, j])
