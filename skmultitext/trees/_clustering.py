"""Balanced clustering of labels by the features of their positives, as in Parabel [1]_.

A label is the mean of the rows that have it. Labels are cut in two halves of similar labels again
and again, by spherical 2-means with halves of equal size; several cuts make one level of a tree.

References
----------
.. [1] Y. Prabhu, A. Kag, S. Harsola, R. Agrawal, M. Varma, "Parabel: Partitioned label trees for
   extreme classification with application to dynamic search advertising", WWW 2018, section 3.
"""

from collections.abc import Iterator
from itertools import pairwise
from math import ceil, prod
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._gate.types import AnyArray, FloatArray, IntArray

__all__ = ["branches", "cluster", "label_features"]

MOST_FEATURES = 128  # of a label: the largest hold nearly all of its length
SAMPLE = 2_000  # labels that place the centers; all are assigned in the end
ROUNDS = 8  # of 2-means; few labels move later
DIGITS = 6  # of similarities: below is rounding, which depends on the order of the rows

_CHUNK = 2**24  # products of entries to hold at a time


def branches(n_labels: int, max_leaf: int, branching_factor: int) -> list[int]:
    """Choose the number of children of the nodes on each level above the leaves, root first.

    There are as few levels as possible, with about the same number of children on each.
    """
    left = max(1, ceil(n_labels / max_leaf))
    levels = 0
    while branching_factor**levels < left:
        levels += 1
    chosen = []
    for level in range(levels):
        wide = next(k for k in range(1, left + 1) if k ** (levels - level) >= left)
        chosen.append(wide)
        left = ceil(left / wide)
    return chosen


def label_features(X: sp.csr_array, positive: Any, weight: FloatArray) -> sp.csr_array:
    """Sum the rows of each label, keep the largest entries, and scale to length 1, float32.

    `positive` is an indicator of 0 and 1; a label without positives gets an empty row.
    """
    members = sp.csr_array(positive.T).astype(np.float64)
    members.data *= weight[members.indices]
    entries = np.diff(X.indptr)[members.indices]
    work = np.append(0, np.cumsum(entries))[members.indptr]
    cuts = np.searchsorted(work, np.arange(0, work[-1], _CHUNK), side="right") - 1
    cuts = np.unique([*cuts.tolist(), 0, members.shape[0]])
    parts = [_largest(members[a:b] @ X) for a, b in pairwise(cuts)]
    return sp.vstack(parts, format="csr")


def _largest(sums: sp.csr_array) -> sp.csr_array:
    """Keep the entries of each row that are largest in absolute value, scaled to length 1."""
    sums.sum_duplicates()
    counts = np.diff(sums.indptr)
    rows = np.repeat(np.arange(len(counts)), counts)
    squares = np.bincount(rows, sums.data**2, len(counts))
    lengths = np.sqrt(np.where(squares > 0, squares, 1.0))
    data = np.round(sums.data / lengths[rows], DIGITS)
    if counts.max(initial=0) > MOST_FEATURES:
        order = np.lexsort((-np.abs(data), rows))
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        kept = rank - sums.indptr[rows] < MOST_FEATURES
        rows, indices, data = rows[kept], sums.indices[kept], data[kept]
        squares = np.bincount(rows, data**2, len(counts))
        data = data / np.sqrt(squares)[rows]
    else:
        indices = sums.indices
    indptr = np.append(0, np.cumsum(np.bincount(rows, minlength=len(counts))))
    return sp.csr_array((data.astype(np.float32), indices, indptr), shape=sums.shape)


def cluster(
    features: sp.csr_array, widths: list[int], seed: int
) -> tuple[IntArray, list[AnyArray]]:
    """Order the labels so that each node of a balanced tree has a range of them.

    Returns the order, (n_labels,), and for each level but that of the root the first places of its
    nodes, with the number of labels at the end.
    """
    n_labels = features.shape[0]
    order = np.arange(n_labels)
    starts, levels = [0, n_labels], []
    for depth, width in enumerate(widths):
        found = [0]
        for number, (a, b) in enumerate(pairwise(starts)):
            random = np.random.RandomState([seed, depth, number])
            for part in _split(features, order[a:b], width, random):
                order[found[-1] : found[-1] + len(part)] = part
                found.append(found[-1] + len(part))
        starts = found
        levels.append(np.array(starts))
    assert len(starts) == prod(widths) + 1
    return order, levels


def _split(
    features: sp.csr_array, labels: IntArray, width: int, random: np.random.RandomState
) -> Iterator[IntArray]:
    """Split labels into `width` clusters whose sizes differ by one at most."""
    if width == 1:
        yield labels.copy()
        return
    near = width // 2
    size = len(labels) * near // width
    left = _bisect(features[labels], size, random)
    first, second = labels[left], labels[~left]
    yield from _split(features, first, near, random)
    yield from _split(features, second, width - near, random)


def _bisect(features: sp.csr_array, size: int, random: np.random.RandomState) -> AnyArray:
    """Mark the `size` rows that are nearer to the first of two centers than the others."""
    n_rows = features.shape[0]
    seen, places = np.unique(features.indices, return_inverse=True)
    A = sp.csr_array((features.data, places, features.indptr), shape=(n_rows, len(seen)))
    sample = A if n_rows <= SAMPLE else A[np.sort(random.permutation(n_rows)[:SAMPLE])]
    n_first = max(1, sample.shape[0] * size // n_rows)
    first, second = random.permutation(sample.shape[0])[:2]
    direction = (sample[[first]] - sample[[second]]).toarray().ravel()
    last = np.empty(0, bool)
    for _ in range(ROUNDS):
        nearer = _highest(sample @ direction, n_first)
        if np.array_equal(nearer, last):
            break
        last = nearer
        direction = _center(sample, nearer) - _center(sample, ~nearer)
    return _highest(A @ direction, size)


def _center(rows: sp.csr_array, mark: AnyArray) -> AnyArray:
    center = rows.T @ mark.astype(np.float64)
    length = np.linalg.norm(center)
    return center / length if length > 0 else center


def _highest(scores: AnyArray, size: int) -> AnyArray:
    """Mark the `size` highest scores; of equal ones the first."""
    mark = np.zeros(len(scores), bool)
    mark[np.argsort(-np.round(scores, DIGITS), kind="stable")[:size]] = True
    return mark
