"""Histograms of scores for so many labels that most of their bins are empty."""

from typing import Any, Self

import numpy as np
import scipy.sparse as sp

from .._gate.types import AnyArray, BoolArray, FloatArray, IntArray
from ._histograms import ScoreHistogram, average_precision_of_bins, logit_bins
from ._rankings import of_like_length

__all__ = ["SparseHistogram", "make_histogram"]

_LARGEST_DENSE = 2**24  # bins of 8 bytes, of negatives and positives
_PENDING = 2**18  # entries that wait until they are added to the others


class SparseHistogram:
    """Like `ScoreHistogram`, in memory of the bins that are not empty, and of one per label."""

    def __init__(self, n_labels: int, n_bins: int) -> None:
        self.shape = (n_labels, n_bins)
        self._counts = sp.csr_array((2 * n_labels, n_bins))  # negatives, then positives
        self._lowest = np.zeros(n_labels)  # negatives in the first bin that no entry stands for
        self._waiting: list[tuple[IntArray, IntArray, FloatArray]] = []
        self._n_waiting = 0

    def add(
        self,
        truth: BoolArray,
        proba: AnyArray,
        weight: FloatArray | None = None,
        known: BoolArray | None = None,
    ) -> None:
        """Add documents: labels, probabilities and marks of known entries, (n, n_labels) each."""
        rows, columns = np.indices(truth.shape) if known is None else np.nonzero(known)
        rows, columns = rows.ravel(), columns.ravel()
        mass = np.ones(len(rows)) if weight is None else weight[rows]
        self._add(columns, truth[rows, columns], proba[rows, columns], mass)

    def add_sparse(
        self,
        columns: IntArray,
        truth: BoolArray,
        proba: AnyArray,
        weight: FloatArray,
        total: FloatArray,
    ) -> None:
        """Add some entries, and the rest of a total weight of each label as negatives of 0."""
        self._lowest += total - np.bincount(columns, weight, minlength=self.shape[0])
        self._add(columns, truth, proba, weight)

    def _add(
        self, columns: IntArray, truth: BoolArray, proba: AnyArray, weight: FloatArray
    ) -> None:
        n_labels, n_bins = self.shape
        self._waiting.append((columns + n_labels * truth, logit_bins(proba, n_bins), weight))
        self._n_waiting += len(columns)
        if self._n_waiting > max(_PENDING, self._counts.nnz):  # each is added a few times at most
            self._settle()

    def _settle(self) -> sp.csr_array:
        if self._waiting:
            rows, bins, weight = (np.concatenate(x) for x in zip(*self._waiting, strict=True))
            more = sp.csr_array((weight, (rows, bins)), shape=self._counts.shape)
            self._counts = self._counts + more
            self._waiting, self._n_waiting = [], 0
        return self._counts

    def merge(self, other: Self) -> Self:
        """Add the documents of another histogram."""
        self._counts = self._settle() + other._settle()
        self._lowest += other._lowest
        return self

    def average_precision(self, labels: IntArray) -> tuple[Any, Any, Any, Any]:
        """Estimate it of some labels and of all pairs of label and document: see `ScoreHistogram`.

        Returns scores and bounds of their errors of the labels, then both of the pairs.
        """
        n_labels, n_bins = self.shape
        counts = self._settle().tocoo()
        is_positive = counts.coords[0] >= n_labels
        columns = counts.coords[0] - n_labels * is_positive
        first = np.arange(n_labels, dtype=np.int64) * n_bins
        cells = np.append(columns.astype(np.int64) * n_bins + counts.coords[1], first)
        bins, place = np.unique(cells, return_inverse=True)
        masses = np.zeros((2, len(bins)))  # of positives and negatives
        for mass, side in zip(masses, (is_positive, ~is_positive), strict=True):
            mass[place[: counts.nnz][side]] = counts.data[side]
        starts = place[counts.nnz :]
        masses[1, starts] += self._lowest
        in_bins = np.stack([np.bincount(bins % n_bins, mass, n_bins) for mass in masses])
        pooled = average_precision_of_bins(*in_bins)
        lengths = np.diff(starts, append=len(bins))[labels]
        scores, errors = np.zeros((2, len(labels)))
        for chosen in of_like_length(lengths):
            within = np.arange(lengths[chosen].max())
            places = starts[labels[chosen], None] + within
            inside = within < lengths[chosen, None]
            own = np.where(inside, masses[:, np.where(inside, places, 0)], 0.0)
            scores[chosen], errors[chosen] = average_precision_of_bins(*own)
        return scores, errors, *pooled


def make_histogram(n_labels: int, n_bins: int) -> ScoreHistogram | SparseHistogram:
    """Choose a histogram: dense for up to thousands of labels."""
    if 2 * n_labels * n_bins > _LARGEST_DENSE:
        return SparseHistogram(n_labels, n_bins)
    return ScoreHistogram(n_labels, n_bins)
