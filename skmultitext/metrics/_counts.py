"""Count true, predicted and correctly predicted labels, per label and per document."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._gate.types import AnyArray, BoolArray, FloatArray, IntArray
from ._inputs import Scored


@dataclass(frozen=True, eq=False)
class Counts:
    """Counts per label, weighted, or per document."""

    hits: FloatArray  # predicted and true
    predicted: FloatArray
    positive: FloatArray  # true

    def of(self, labels: IntArray) -> "Counts":
        """Take the counts of some labels."""
        return Counts(self.hits[labels], self.predicted[labels], self.positive[labels])

    def pooled(self) -> "Counts":
        """All counts summed into one, of shape (1,)."""
        return Counts(*(x.sum(keepdims=True) for x in (self.hits, self.predicted, self.positive)))

    def wrong(self) -> FloatArray:
        """Count false positives and false negatives."""
        return self.predicted + self.positive - 2 * self.hits

    def score(self, kind: str, zero_division: float = 0.0) -> FloatArray:
        """Precision, recall, F1 or Jaccard of each count."""
        hits, predicted, positive = self.hits, self.predicted, self.positive
        numerator, denominator = {
            "precision": (hits, predicted),
            "recall": (hits, positive),
            "f1": (2 * hits, predicted + positive),
            "jaccard": (hits, predicted + positive - hits),
        }[kind]
        score = np.full(len(hits), float(zero_division))
        return np.divide(numerator, denominator, out=score, where=denominator > 0)


def count_labels(scored: Scored) -> Counts:
    """Count per label, weighted."""
    if _both_sparse(scored):
        weight = np.ones(scored.truth.shape[0]) if scored.weight is None else scored.weight
        return Counts(*(np.asarray(weight @ marks).ravel() for marks in _sparse_marks(scored)))
    totals = np.zeros((3, scored.truth.shape[1]))
    for truth, given, mass in scored.blocks():
        for total, marks in zip(totals, (truth & given, given, truth), strict=True):
            total += _column_sums(marks) if mass is None else mass @ marks
    return Counts(*totals)


def count_documents(scored: Scored) -> Counts:
    """Count per document, unweighted."""
    if _both_sparse(scored):
        sums = (marks.sum(axis=1, dtype=np.float64) for marks in _sparse_marks(scored))
        return Counts(*(np.asarray(total).ravel() for total in sums))
    parts = [
        [np.count_nonzero(marks, axis=1) for marks in (truth & given, given, truth)]
        for truth, given, _ in scored.blocks()
    ]
    return Counts(*(np.concatenate(part).astype(np.float64) for part in zip(*parts, strict=True)))


def _both_sparse(scored: Scored) -> bool:
    return sp.issparse(scored.truth) and sp.issparse(scored.values)


def _sparse_marks(scored: Scored) -> tuple[Any, Any, Any]:
    return scored.truth.multiply(scored.values), scored.values, scored.truth


def _column_sums(marks: BoolArray) -> AnyArray:
    # numpy sums bytes into 32 bits several times faster than bool into 64 bits
    return marks.view(np.uint8).sum(axis=0, dtype=np.uint32)
