"""Count true, predicted and rightly predicted labels, per label and per document."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp


@dataclass(frozen=True, eq=False)
class Counts:
    """Weighted counts per label, or counts per document.

    Attributes
    ----------
    hits, predicted, positive : ndarray of shape (n_labels,) or (n_samples,), dtype float64
        Labels given rightly, given, and true.
    """

    hits: np.ndarray
    predicted: np.ndarray
    positive: np.ndarray

    def pooled(self):
        """All counts summed into one, of shape (1,)."""
        return Counts(*(x.sum(keepdims=True) for x in (self.hits, self.predicted, self.positive)))

    def wrong(self):
        """Count the wrong decisions, given or withheld."""
        return self.predicted + self.positive - 2 * self.hits

    def score(self, kind, zero_division=0.0):
        """Precision, recall, F1 or Jaccard of each count.

        Parameters
        ----------
        kind : {"precision", "recall", "f1", "jaccard"}
            Which score.
        zero_division : float, default=0.0
            The score where its denominator is 0.

        Returns
        -------
        ndarray of shape (n_labels,) or (n_samples,), dtype float64
        """
        hits, predicted, positive = self.hits, self.predicted, self.positive
        numerator, denominator = {
            "precision": (hits, predicted),
            "recall": (hits, positive),
            "f1": (2 * hits, predicted + positive),
            "jaccard": (hits, predicted + positive - hits),
        }[kind]
        score = np.full(len(hits), float(zero_division))
        return np.divide(numerator, denominator, out=score, where=denominator > 0)


def count_labels(scored):
    """Count per label, weighted.

    Parameters
    ----------
    scored : Scored
        True labels and decisions.

    Returns
    -------
    Counts of arrays of shape (n_labels,)
    """
    if _both_sparse(scored):
        weight = np.ones(scored.truth.shape[0]) if scored.weight is None else scored.weight
        return Counts(*(np.asarray(weight @ marks).ravel() for marks in _sparse_marks(scored)))
    totals = np.zeros((3, scored.truth.shape[1]))
    for truth, given, weight in scored.blocks():
        for total, marks in zip(totals, (truth & given, given, truth), strict=True):
            total += _column_sums(marks) if weight is None else weight @ marks
    return Counts(*totals)


def count_documents(scored):
    """Count per document, unweighted.

    Parameters
    ----------
    scored : Scored
        True labels and decisions.

    Returns
    -------
    Counts of arrays of shape (n_samples,)
    """
    if _both_sparse(scored):
        sums = (marks.sum(axis=1, dtype=np.float64) for marks in _sparse_marks(scored))
        return Counts(*(np.asarray(total).ravel() for total in sums))
    parts = [
        [np.count_nonzero(marks, axis=1) for marks in (truth & given, given, truth)]
        for truth, given, _ in scored.blocks()
    ]
    return Counts(*(np.concatenate(part).astype(np.float64) for part in zip(*parts, strict=True)))


def _both_sparse(scored):
    return sp.issparse(scored.truth) and sp.issparse(scored.values)


def _sparse_marks(scored):
    return scored.truth.multiply(scored.values), scored.values, scored.truth


def _column_sums(marks):
    # bytes into 32 bits: numpy sums this several times faster than bool into 64 bits
    return marks.view(np.uint8).sum(axis=0, dtype=np.uint32)
