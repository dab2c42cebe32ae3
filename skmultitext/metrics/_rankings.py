"""The documents of a label ordered by score, from sparse scores in time of what is stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .._gate.types import AnyArray, BoolArray, FloatArray, IntArray
from ._inputs import Scored, entries_at


@dataclass(frozen=True, eq=False)
class Ranking:
    """Entries to rank; with weights an entry may stand for many that have the same score."""

    scores: AnyArray  # (n,)
    positives: IntArray  # places of the true ones
    weight: FloatArray | None  # (n,)
    n_entries: int  # that the ranking stands for

    def is_defined(self, *, need_negative: bool) -> bool:
        """Whether there is a positive and, if needed, a negative."""
        return 0 < len(self.positives) < self.n_entries + (not need_negative)


class SparseRankings:
    """Rankings of sparse scores: entries that are not stored are one tie at 0.

    Labels that the tagger does not know tie below all scores.
    """

    def __init__(self, scored: Scored) -> None:
        self.scored = scored
        stored = scored.values.tocoo()
        known = np.isfinite(stored.data)  # unknown entries are -inf
        rows, columns = (places[known].astype(np.intp) for places in stored.coords)
        true_rows, true_columns, true_scores = scored.positive_scores()
        bottom = min(float(stored.data[known].min(initial=0.0)), 0.0) - 1
        true_scores = np.where(true_columns < scored.values.shape[1], true_scores, bottom)
        bare = (true_scores == 0) | (true_columns >= scored.values.shape[1])
        self.bottom = bottom
        self.rows: IntArray = np.concatenate([rows, true_rows[bare]])
        self.columns: IntArray = np.concatenate([columns, true_columns[bare]])
        self.scores = np.concatenate([stored.data[known], true_scores[bare]])
        self.is_true: BoolArray = np.concatenate(
            [entries_at(scored.truth, rows, columns) > 0, np.ones(bare.sum(), dtype=bool)]
        )
        self.weight = np.ones(len(self.rows))
        if scored.weight is not None:
            self.weight = scored.weight[self.rows]

    def per_label(self) -> Iterator[Ranking]:
        """Yield the documents of each label, where it is known."""
        n_labels = self.scored.truth.shape[1]
        order = np.argsort(self.columns, kind="stable")
        ends = np.cumsum(np.bincount(self.columns, minlength=n_labels)).tolist()
        mass, n_entries = self.scored.known_weight(), self.scored.n_known_documents()
        for j, (start, end) in enumerate(pairwise([0, *ends])):
            part = order[start:end]
            tied = 0.0 if j < self.scored.values.shape[1] else self.bottom
            rest = mass[j] - self.weight[part].sum()
            yield self._ranking(part, [tied], [rest], int(n_entries[j]))

    def pooled(self) -> Ranking:
        """Return all pairs of document and label as one ranking."""
        n_scored, mass = self.scored.values.shape[1], self.scored.known_weight()
        seen = self.columns < n_scored
        rest = [
            mass[:n_scored].sum() - self.weight[seen].sum(),
            mass[n_scored:].sum() - self.weight[~seen].sum(),
        ]
        n_entries = int(self.scored.n_known_documents().sum())
        return self._ranking(np.arange(len(seen)), [0.0, self.bottom], rest, n_entries)

    def _ranking(
        self, part: IntArray, tied: list[float], rest: list[float], n_entries: int
    ) -> Ranking:
        """Rank some entries, and one for the weight of all others at each score of `tied`."""
        scores = np.concatenate([self.scores[part], tied])
        weight = np.concatenate([self.weight[part], np.maximum(rest, 0.0)])
        return Ranking(scores, np.flatnonzero(self.is_true[part]), weight, n_entries)
