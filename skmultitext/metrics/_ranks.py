"""Rank the true labels of each document among all of its labels."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Ranks:
    """One entry per pair of document and true label.

    Attributes
    ----------
    rows : ndarray of shape (n_positives,), dtype intp
        The document.
    above, reached : ndarray of shape (n_positives,), dtype intp
        How many labels of the document score higher, and at least as high.
    hits : ndarray of shape (n_positives,), dtype intp
        How many true labels of the document score at least as high.
    """

    rows: np.ndarray
    above: np.ndarray
    reached: np.ndarray
    hits: np.ndarray


def rank_positives(scored):
    """Rank the true labels.

    Parameters
    ----------
    scored : Scored
        True labels and scores.

    Returns
    -------
    Ranks
    """
    parts, start = [], 0
    for truth, scores, _ in scored.blocks():
        rows, columns = np.nonzero(truth)
        falling = -scores
        sought = falling[rows, columns]
        falling.sort(axis=1)
        above = _search(falling, rows, sought, side="left")
        reached = _search(falling, rows, sought, side="right")
        parts.append((rows + start, above, reached, _hits(rows, reached)))
        start += len(scores)
    return Ranks(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _search(ascending, rows, sought, side):
    """Do `np.searchsorted` in one row per value, by bisection of all values at once."""
    low = np.zeros(len(rows), dtype=np.intp)
    high = np.full(len(rows), ascending.shape[1], dtype=np.intp)
    while (low < high).any():
        middle = (low + high) // 2
        # a value whose search has ended may stand behind the last column
        probe = ascending[rows, np.minimum(middle, ascending.shape[1] - 1)]
        before = (probe < sought) if side == "left" else (probe <= sought)
        before &= low < high
        low = np.where(before, middle + 1, low)
        high = np.where(before, high, np.minimum(high, middle))
    return low


def _hits(rows, reached):
    """Count, for each positive, the positives of its row whose rank is no worse."""
    order = np.lexsort((reached, rows))
    row, rank = rows[order], reached[order]
    position = np.arange(len(rows))
    new_row = np.concatenate([[True], row[1:] != row[:-1]])[: len(rows)]
    first = np.maximum.accumulate(np.where(new_row, position, 0))
    ends = np.concatenate([(row[1:] != row[:-1]) | (rank[1:] != rank[:-1]), [True]])[: len(rows)]
    # the last of a tie stands for all of it: carry its position back over the tie
    last = np.minimum.accumulate(np.where(ends, position, len(rows))[::-1])[::-1]
    hits = np.empty(len(rows), dtype=np.intp)
    hits[order] = last - first + 1
    return hits
