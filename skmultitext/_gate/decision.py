"""Turn scores into 0/1 decisions; no other module applies thresholds."""

from numbers import Integral
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._runtime.messages import shown
from .hierarchy import LabelHierarchy
from .samples import entry_rows, has_unknown, positive_entries
from .types import AnyArray, BoolArray, FloatArray, IntArray

__all__ = [
    "DecisionMoves",
    "check_decision_rules",
    "decide",
    "decide_sparse",
    "exact_matches",
    "fill_labels",
    "scores_for_shared",
    "top_labels",
    "top_sparse",
]


def decide(
    scores: AnyArray,
    thresholds: FloatArray,
    *,
    max_labels: int | None = None,
    at_least_one: bool = False,
    hierarchy: LabelHierarchy | None = None,
) -> BoolArray:
    """Assign labels with scores above the threshold; apply `max_labels` and `at_least_one`.

    With a hierarchy, in which no score may exceed that of a parent, a label comes with its
    ancestors.
    """
    if hierarchy is not None:
        return _decide_closed(scores, thresholds, max_labels, at_least_one, hierarchy)
    given = scores > thresholds
    if max_labels is not None and max_labels < given.shape[1]:
        rows = np.flatnonzero(given.sum(axis=1) > max_labels)
        kept = top_labels(np.where(given[rows], scores[rows], -np.inf), max_labels)
        given[rows] = False
        given[rows[:, None], kept] = True
    if at_least_one:
        rows = np.flatnonzero(~given.any(axis=1))
        given[rows, scores[rows].argmax(axis=1)] = True
    return given


def decide_sparse(
    scores: sp.csr_array,
    thresholds: FloatArray,
    *,
    max_labels: int | None = None,
    at_least_one: bool = False,
) -> sp.csr_array:
    """Decide as `decide` does, for scores in canonical format; those not stored are 0.

    Thresholds are at least 0.
    """
    given = scores.data > thresholds[scores.indices]
    if max_labels is not None:
        given[given] = _ranks(scores, entry_rows(scores), given) < max_labels
    ends = np.append(0, np.cumsum(given))
    entries = (given[given], scores.indices[given], ends[scores.indptr])
    decided = sp.csr_array(entries, shape=scores.shape)
    if at_least_one and scores.shape[1]:
        rows = np.flatnonzero(np.diff(decided.indptr) == 0)
        best, _ = top_sparse(scores[rows], 1)
        added = (np.ones(len(rows), bool), (rows, best[:, 0]))
        decided = decided + sp.csr_array(added, shape=scores.shape)
    return decided


def _ranks(scores: sp.csr_array, rows: IntArray, mark: BoolArray) -> IntArray:
    """Rank the marked entries of each row, the highest 0; among equal ones the lower column."""
    rows = rows[mark]
    order = np.lexsort((scores.indices[mark], -scores.data[mark], rows))
    ranks = np.empty(len(rows), np.int64)
    ranks[order] = np.arange(len(rows)) - np.searchsorted(rows, rows)
    return ranks


def top_sparse(scores: sp.csr_array, k: int) -> tuple[IntArray, FloatArray]:
    """Find the k highest scores, at least 0, of each row and their labels, highest first.

    Scores that are not stored are 0; of equal ones the lower columns come first.
    """
    rows = entry_rows(scores)
    ranks = _ranks(scores, rows, np.ones(len(rows), bool))
    kept = ranks < k
    rows = rows[kept]
    labels, values = np.full((scores.shape[0], k), -1), np.zeros((scores.shape[0], k))
    labels[rows, ranks[kept]], values[rows, ranks[kept]] = scores.indices[kept], scores.data[kept]
    fill_labels(labels)
    return labels, values


def fill_labels(labels: IntArray) -> None:
    """Replace each -1 by the lowest label that its row does not have, in place."""
    for row in np.flatnonzero((labels < 0).any(axis=1)):
        empty = labels[row] < 0
        others = np.setdiff1d(np.arange(2 * labels.shape[1]), labels[row])
        labels[row, empty] = others[: empty.sum()]


def _decide_closed(
    scores: AnyArray,
    thresholds: FloatArray,
    max_labels: int | None,
    at_least_one: bool,
    hierarchy: LabelHierarchy,
) -> BoolArray:
    given = scores > thresholds
    if not hierarchy.is_closed_by(thresholds):
        hierarchy.close_decisions(given)
    if max_labels is None and not at_least_one:
        return given
    # of equal scores the first column wins: parents first, so that the labels kept stay closed
    order = hierarchy.order
    lowest = np.where(given, -np.inf, np.inf)[:, order]  # decide again, with what is given
    kept = decide(scores[:, order], lowest, max_labels=max_labels, at_least_one=at_least_one)
    given[:, order] = kept
    return given


class DecisionMoves:
    """Decisions of `decide`, without a hierarchy, while one threshold after the other moves."""

    def __init__(
        self,
        scores: AnyArray,
        thresholds: FloatArray,
        *,
        max_labels: int | None = None,
        at_least_one: bool = False,
    ) -> None:
        n_labels = scores.shape[1]
        self._scores = scores
        self._above = scores > thresholds
        self._n_above = self._above.sum(axis=1)
        self._top = scores.argmax(axis=1) if at_least_one else None
        self._most = n_labels if max_labels is None else min(max_labels, n_labels)
        if self._most < n_labels:  # the labels above their thresholds, highest first
            self._ranked = np.empty((len(scores), self._most + 1), dtype=np.intp)
            self._rank(np.arange(len(scores)))

    def _rank(self, rows: IntArray) -> None:
        above = np.where(self._above[rows], self._scores[rows], -np.inf)
        self._ranked[rows] = top_labels(above, self._most + 1)

    def of(self, label: int) -> tuple[BoolArray, IntArray]:
        """Find whose decisions depend on a label's threshold, the other thresholds fixed.

        Also return the label that such a document gets in its place where it does not get this
        one, or -1: both of shape (n_samples,).
        """
        others = self._n_above - self._above[:, label]
        depends, instead = np.ones(len(others), dtype=bool), np.full(len(others), -1)
        if self._top is not None:
            alone = others == 0
            instead[alone] = self._top[alone]
            depends = instead != label
        full = np.flatnonzero(others >= self._most)
        if len(full):
            ranked, score = self._ranked[full], self._scores[full, label]
            is_ranked = (ranked[:, :-1] == label).any(axis=1) & self._above[full, label]
            last = np.where(is_ranked, ranked[:, -1], ranked[:, -2])
            least = self._scores[full, last]
            depends[full] = (score > least) | ((score == least) & (label < last))
            instead[full] = last
        return depends, instead

    def move(self, label: int, threshold: float) -> None:
        """Set a threshold."""
        above = self._scores[:, label] > threshold
        rows = np.flatnonzero(above != self._above[:, label])
        self._above[rows, label] = above[rows]
        self._n_above[rows] += np.where(above[rows], 1, -1)
        if self._most < self._scores.shape[1]:
            self._rank(rows)


def scores_for_shared(
    scores: AnyArray, lowest: float, *, max_labels: int | None = None, at_least_one: bool = False
) -> tuple[AnyArray, BoolArray]:
    """Say `decide` for any threshold, at least `lowest`, that all labels share.

    A label is given where it always is, the second array, or its score in the first one is above
    the threshold.
    """
    n_samples, n_labels = scores.shape
    changed, always = scores, np.zeros(scores.shape, dtype=bool)
    if max_labels is not None and max_labels < n_labels:
        kept = top_labels(scores, max_labels)
        changed = np.full_like(scores, lowest)
        np.put_along_axis(changed, kept, np.take_along_axis(scores, kept, axis=1), axis=1)
    if at_least_one:
        always[np.arange(n_samples), scores.argmax(axis=1)] = True
        changed = np.where(always, lowest, changed)
    return changed, always


def top_labels(scores: AnyArray, k: int) -> IntArray:
    """Find the k labels with the highest scores of each row, highest first."""
    n_samples, n_labels = scores.shape
    lowest = np.partition(scores, n_labels - k, axis=1)[:, [n_labels - k]]
    kept = scores > lowest
    rows, columns = np.nonzero(scores == lowest)  # ties: the first columns win
    starts = np.searchsorted(rows, np.arange(n_samples))
    wanted = k - kept.sum(axis=1)
    within = np.arange(len(rows)) - starts[rows] < wanted[rows]
    kept[rows[within], columns[within]] = True
    found = np.nonzero(kept)[1].reshape(n_samples, k)
    order = np.argsort(-np.take_along_axis(scores, found, axis=1), axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1)


def exact_matches(decisions: Any, truth: Any) -> BoolArray:
    """Mark the documents whose known labels are all right, (n_samples,).

    `truth` may have further columns, of labels that are never given.
    """
    n_labels = decisions.shape[1]
    given = positive_entries(truth)[:, :n_labels].astype(bool)
    if sp.issparse(given) and not sp.issparse(decisions):
        given = given.toarray()
    wrong = given != decisions
    if has_unknown(truth):
        unknown = truth[:, :n_labels] < 0
        if sp.issparse(wrong):
            wrong = wrong > wrong.multiply(unknown)  # wrong and not unknown
        else:
            wrong &= ~(unknown.toarray() if sp.issparse(unknown) else unknown)
    right = np.asarray(wrong.sum(axis=1)).ravel() == 0
    if truth.shape[1] > n_labels:
        right &= ~truth[:, n_labels:].any(axis=1)
    return right


def check_decision_rules(max_labels: Any, at_least_one: Any) -> None:
    """Refuse a `max_labels` that is not a positive integer or an `at_least_one` that is no bool."""
    whole = isinstance(max_labels, Integral) and not isinstance(max_labels, bool)
    if max_labels is not None and not (whole and max_labels >= 1):
        raise ValueError(
            f"max_labels is {shown(max_labels)}; pass an integer of at least 1, or None for any "
            f"number."
        )
    if not isinstance(at_least_one, bool | np.bool_):
        raise ValueError(f"at_least_one is {shown(at_least_one)}; pass True or False.")
