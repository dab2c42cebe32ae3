"""Resample documents, and score the decisions of all resamples at once.

A resample is stored as the number of times that each document was drawn. Most scores of decisions
follow from counts per label: one matrix product gives the counts of all resamples. The other
scores are weighted means over documents, which are another matrix product.
"""

from collections.abc import Iterator, Sequence
from numbers import Integral
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_random_state

from .._gate.parameters import check_number
from .._gate.types import FloatArray, RandomState
from .._runtime.messages import shown
from ._counts import Counts, count_documents
from ._inputs import Scored

_KINDS = ("f1", "precision", "recall", "jaccard")
_BLOCK = 1 << 22  # entries of a block of draws, 32 MB
_ROWS = 1000  # of which quantiles are taken at a time
# scores that `DecisionTally` computes from per-label counts -> kind and average
FROM_COUNTS: dict[str, tuple[str, str | None]] = {
    f"{kind}_{average}": (kind, average)
    for kind in _KINDS
    for average in ("micro", "macro", "weighted")
} | {"f1": ("f1", None)}
FROM_DOCUMENTS = (
    "exact_match",
    "subset_zero_one_loss",
    "hamming_loss",
    "binary_accuracy",
    *(f"{kind}_samples" for kind in _KINDS),
)


def draw_resamples(
    n_samples: int,
    n_resamples: int,
    random_state: RandomState,
    weight: FloatArray | None = None,
    *,
    n_labels: int = 1,
) -> Iterator[FloatArray]:
    """Yield blocks (n_samples, n_columns) of resamples: how often each document was drawn.

    Blocks are small enough for three counts of each label and resample.
    """
    random = check_random_state(random_state)
    size = max(1, _BLOCK // max(n_samples, 3 * n_labels))
    for start in range(0, n_resamples, size):
        draws = np.empty((min(size, n_resamples - start), n_samples))
        for row in draws:
            row[:] = np.bincount(random.randint(n_samples, size=n_samples), minlength=n_samples)
        if weight is not None:
            draws *= weight
        yield np.ascontiguousarray(draws.T)


class DecisionTally:
    """Contribution of each document to the scores of decisions, to be multiplied by draws.

    undefined="raise" counts as "skip", because a single resample may lack a label.
    """

    def __init__(self, scored: Scored, undefined: str = "skip", zero_division: float = 0.0) -> None:
        truth, given = (sp.csr_array(x, dtype=np.float64) for x in (scored.truth, scored.values))
        # one row per count and label, one column per document
        self._marks = sp.hstack([truth.multiply(given), given, truth], format="csc").T.tocsr()
        self._documents = count_documents(scored)
        self._n_known = None if scored.unknown is None else scored.n_known()
        self._n_labels = truth.shape[1]
        self._undefined, self._zero_division = undefined, zero_division

    def scores(self, names: Sequence[str], draws: FloatArray) -> dict[str, FloatArray]:
        """Score each column of draws, (n_columns,); "f1" has shape (n_labels, n_columns)."""
        scores = {}
        if any(name in FROM_COUNTS for name in names):
            counts = Counts(*np.asarray(self._marks @ draws).reshape(3, self._n_labels, -1))
            for name in names:
                if name in FROM_COUNTS:
                    scores[name] = self._of_counts(counts, *FROM_COUNTS[name])
        total = draws.sum(axis=0)
        for name in names:
            if name not in FROM_COUNTS:
                scores[name] = self._of_documents(name, draws, total)
        return scores

    def _of_counts(self, counts: Counts, kind: str, average: str | None) -> FloatArray:
        if average == "micro":
            pooled = Counts(
                *(x.sum(axis=0) for x in (counts.hits, counts.predicted, counts.positive))
            )
            return np.where(pooled.positive > 0, pooled.score(kind, self._zero_division), 0.0)
        flat = Counts(counts.hits.ravel(), counts.predicted.ravel(), counts.positive.ravel())
        scores = flat.score(kind, self._zero_division).reshape(counts.hits.shape)
        present = counts.positive > 0
        if average is None:
            return np.where(present, scores, 0.0 if self._undefined == "zero" else np.nan)
        weights = counts.positive if average == "weighted" else present.astype(np.float64)
        total = weights.sum(axis=0)
        if average == "macro" and self._undefined == "zero":
            total = np.full(len(total), float(self._n_labels))
        sums = np.where(present, scores * weights, 0.0).sum(axis=0)
        return np.divide(sums, total, out=np.zeros(len(total)), where=total > 0)

    def _of_documents(self, name: str, draws: FloatArray, total: FloatArray) -> FloatArray:
        if name.endswith("_samples"):
            rows = self._documents.score(name.removesuffix("_samples"), self._zero_division)
            return rows @ draws / total
        wrong = self._documents.wrong()
        if self._n_known is not None and name in ("hamming_loss", "binary_accuracy"):
            rows = wrong if name == "hamming_loss" else self._n_known - wrong
            return rows @ draws / (self._n_known @ draws)
        rows = {
            "exact_match": lambda: (wrong == 0).astype(np.float64),
            "subset_zero_one_loss": lambda: (wrong > 0).astype(np.float64),
            "hamming_loss": lambda: wrong / self._n_labels,
            "binary_accuracy": lambda: 1 - wrong / self._n_labels,
        }[name]()
        return rows @ draws / total


def resample_decisions(
    names: Sequence[str],
    scored: Scored,
    n_resamples: int,
    random_state: RandomState,
    undefined: str = "skip",
    zero_division: float = 0.0,
) -> dict[str, FloatArray]:
    """Score decisions on resampled documents."""
    tally = DecisionTally(scored, undefined, zero_division)
    n_samples, n_labels = scored.truth.shape
    blocks = [
        tally.scores(names, draws)
        for draws in draw_resamples(
            n_samples, n_resamples, random_state, scored.weight, n_labels=n_labels
        )
    ]
    return {name: np.concatenate([block[name] for block in blocks], axis=-1) for name in names}


def percentile_interval(replicates: FloatArray, confidence_level: float) -> FloatArray:
    """Interval between two quantiles along the last axis; nan where no resample has a score."""
    ends = [(1 - confidence_level) / 2, (1 + confidence_level) / 2]
    rows = replicates.reshape(-1, replicates.shape[-1])
    interval = np.full((len(rows), 2), np.nan)
    n_missing = np.count_nonzero(np.isnan(rows), axis=1)
    complete = np.flatnonzero(n_missing == 0)
    for start in range(0, len(complete), _ROWS):
        own = complete[start : start + _ROWS]
        interval[own] = np.quantile(rows[own], ends, axis=1).T
    for place in np.flatnonzero((n_missing > 0) & (n_missing < rows.shape[1])).tolist():
        interval[place] = np.quantile(rows[place, ~np.isnan(rows[place])], ends)
    return interval.reshape(*replicates.shape[:-1], 2)


def check_bootstrap(n_bootstrap: Any, confidence_level: Any) -> None:
    """Refuse a number of resamples or a level that cannot be used."""
    whole = isinstance(n_bootstrap, Integral) and not isinstance(n_bootstrap, bool)
    if not whole or n_bootstrap < 0 or n_bootstrap == 1:
        raise ValueError(
            f"n_bootstrap must be 0, for no intervals, or an int of at least 2, got "
            f"{shown(n_bootstrap)}. 1000 is usual."
        )
    check_number("confidence_level", confidence_level, "(0, 1)", ", such as 0.95")
