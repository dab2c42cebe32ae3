"""The documents of a label ordered by score, from sparse scores in time of what is stored."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .._gate.types import AnyArray, BoolArray, FloatArray, IntArray
from ._inputs import Scored, entries_at

_AT_A_TIME = 1 << 18  # entries of labels that are padded to one length and ranked at once


class Masses(NamedTuple):
    """Weights of the documents that rank above a positive, or as high: the last axis has positives.

    Several positives of one score may be one entry.
    """

    above: FloatArray  # with a higher score
    reached: FloatArray  # with a score at least as high
    above_hits: FloatArray  # of `above`, the positives
    hits: FloatArray  # of `reached`, the positives
    gained: FloatArray  # of the positives of the entry; 0: it is none, and the others are 1
    total: Any  # of all documents, without the last axis


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

    def masses(self) -> Masses:
        """Sum the weights at each distinct score of a positive."""
        falling, weight = -self.scores, self.weight
        rising_hits, counts = np.unique(falling[self.positives], return_counts=True)
        if weight is None:
            falling.sort()
            hits = np.cumsum(counts, dtype=np.float64)
            total, mass = float(len(falling)), None
        else:
            order = np.argsort(falling)
            falling = falling[order]
            hit_order = self.positives[np.argsort(-self.scores[self.positives])]
            hits = np.cumsum(weight[hit_order])[np.cumsum(counts) - 1]
            mass = np.concatenate([[0.0], np.cumsum(weight[order])])
            total = weight.sum()
        above: AnyArray = np.searchsorted(falling, rising_hits, side="left")
        reached: AnyArray = np.searchsorted(falling, rising_hits, side="right")
        if mass is not None:
            above, reached = mass[above], mass[reached]
        above_hits = np.concatenate([[0.0], hits[:-1]])
        return Masses(above, reached, above_hits, hits, hits - above_hits, total)


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

    def n_positives(self) -> IntArray:
        """Count the positives of each label, (n_labels,)."""
        return np.bincount(self.columns[self.is_true], minlength=self.scored.truth.shape[1])

    def per_label(self) -> Iterator[tuple[IntArray, Masses]]:
        """Yield some labels that have a positive, and the masses of each, in a row of its own.

        Documents count where the label is known.
        """
        labels = np.flatnonzero(self.n_positives())
        columns, scores, weight, is_true = self._with_rest(labels)
        order = np.lexsort((-scores, columns))
        columns, scores = columns[order], scores[order]
        weight, is_true = weight[order], is_true[order]
        new = np.append(True, (columns[1:] != columns[:-1]) | (scores[1:] != scores[:-1]))
        tie = np.cumsum(new) - 1
        firsts = np.flatnonzero(new)
        lasts = np.append(firsts[1:], len(new)) - 1
        starts = np.searchsorted(columns, labels)
        lengths = np.diff(starts, append=len(columns))
        for chosen in of_like_length(lengths):
            within = np.arange(lengths[chosen].max())
            inside = within < lengths[chosen, None]
            places = np.where(inside, starts[chosen, None] + within, 0)
            mass = np.cumsum(np.where(inside, weight[places], 0.0), axis=1)
            gained = np.where(inside & is_true[places], weight[places], 0.0)
            hits = np.cumsum(gained, axis=1)
            mine = gained > 0
            group = np.where(mine, tie[places], tie[starts[chosen, None]])
            above, reached, above_hits, reached_hits = (
                np.where(mine, _sums_before(sums, ends - starts[chosen, None]), 1.0)
                for sums in (mass, hits)
                for ends in (firsts[group], lasts[group] + 1)
            )
            total = mass[:, -1]
            yield (
                labels[chosen],
                Masses(above, reached, above_hits, reached_hits, gained, total),
            )

    def _with_rest(self, labels: IntArray) -> tuple[IntArray, AnyArray, FloatArray, BoolArray]:
        """Take the entries of some labels, and one of each for the rest of its weight."""
        n_labels = self.scored.truth.shape[1]
        kept = np.isin(self.columns, labels)
        held = np.bincount(self.columns, self.weight, minlength=n_labels)
        rest = np.maximum(self.scored.known_weight() - held, 0.0)[labels]
        tied = np.where(labels < self.scored.values.shape[1], 0.0, self.bottom)
        return (
            np.append(self.columns[kept], labels),
            np.append(self.scores[kept], tied),
            np.append(self.weight[kept], rest),
            np.append(self.is_true[kept], np.zeros(len(labels), dtype=bool)),
        )

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


def _sums_before(sums: FloatArray, places: IntArray) -> FloatArray:
    """Take cumulative sums of the entries before some places of each row."""
    return np.take_along_axis(np.pad(sums, ((0, 0), (1, 0))), places, axis=1)


def of_like_length(lengths: IntArray) -> Iterator[IntArray]:
    """Group places so that rows padded to the longest of a group are at most half empty."""
    order = np.argsort(lengths, kind="stable")
    width = np.ceil(np.log2(lengths[order])).astype(np.int64)
    start = 0
    while start < len(order):
        most = max(1, _AT_A_TIME >> width[start])
        stop = min(start + most, int(np.searchsorted(width, width[start], side="right")))
        yield order[start:stop]
        start = stop
