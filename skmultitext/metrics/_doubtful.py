"""Entries of the true labels whose value a tagger finds improbable.

The order is that of the odds that an entry is wrong: of the other value, times the rate of such
errors. If errors hit all entries alike, an extra label is as frequent as a missing one for each
entry. If a label loses as many documents as it gains, errors among its negatives are rarer by the
odds of its prevalence. The order uses these odds to the power `_BALANCE`, between the two: with
planted errors of either kind it is better than the order by confidence, or as good.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from scipy.special import logit

from .._gate.types import BoolArray, FloatArray, IntArray
from ._predictions import Predictions

__all__ = ["Doubtful", "doubtful_entries"]

_BALANCE = 0.25
_TINY = 1e-12


class Doubtful(NamedTuple):
    """Entries, the most doubtful first; all arrays have one element for each."""

    rows: IntArray  # positions in `Predictions.decided`
    columns: IntArray
    given: BoolArray  # whether the true labels have the label
    probability: FloatArray  # of the label
    margin: FloatArray  # confidence minus the mean of entries with the same label and value

    @property
    def confidence(self) -> FloatArray:
        """Probability of the value that the true labels have."""
        return np.where(self.given, self.probability, 1.0 - self.probability)


def doubtful_entries(predictions: Predictions, max_confidence: float) -> Doubtful:
    """Find the known entries with a confidence below `max_confidence`."""
    decided, proba = predictions.decided, predictions.proba
    assert proba is not None
    found, n_labels = [], len(decided.names)
    sums, counts = np.zeros((2, n_labels)), np.zeros((2, n_labels))
    start = 0
    for truth, values, _ in replace(decided, values=proba).blocks():
        stop = start + len(truth)
        known: Any = True
        if decided.unknown is not None:
            known = decided.known_entries(slice(start, stop))
        confidence = np.where(truth, values, 1.0 - values)
        for side in (0, 1):
            mine = known & (truth == side)
            sums[side] += np.where(mine, confidence, 0.0).sum(axis=0)
            counts[side] += mine.sum(axis=0)
        rows, columns = np.nonzero(known & (confidence < max_confidence))
        found.append((rows + start, columns, truth[rows, columns], values[rows, columns]))
        start = stop
    rows, columns, given, probability = (np.concatenate(part) for part in zip(*found, strict=True))
    probability = probability.astype(np.float64)
    confidence = np.where(given, probability, 1.0 - probability)
    prevalence = np.clip(counts[1] / np.maximum(counts.sum(axis=0), 1), _TINY, 1 - _TINY)
    odds = -logit(np.clip(confidence, _TINY, 1 - _TINY))
    odds += np.where(given, _BALANCE * logit(prevalence)[columns], 0.0)
    order = np.lexsort((columns, rows, -odds))
    rows, columns, given = rows[order], columns[order], given[order].astype(bool)
    mean = sums / np.maximum(counts, 1)
    margin = confidence[order] - mean[given.astype(int), columns]
    return Doubtful(rows, columns, given, probability[order], margin)
