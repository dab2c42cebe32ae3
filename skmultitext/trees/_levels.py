"""The levels of a tree: which rows reach a node, and which children they have."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from .._gate.types import UNKNOWN, AnyArray, IntArray

__all__ = ["Level", "levels_of", "places"]


class Level(NamedTuple):
    """The nodes of one level of one tree, the rows that reach them, and their children."""

    reach: tuple[IntArray, AnyArray]
    child_ptr: IntArray  # children of each node, numbered from 0 on the next level
    child_of: IntArray  # the child of each place
    positions: tuple[AnyArray, AnyArray]  # places of the given labels of each row
    unknown: tuple[AnyArray, AnyArray]

    def rows(self, node: int) -> AnyArray:
        """Return the rows that reach a node."""
        return self.reach[1][self.reach[0][node] : self.reach[0][node + 1]]

    def columns(self) -> Callable[[int, AnyArray], AnyArray]:
        """Return a function of a node and some rows: the indicator of the children, int8."""
        shape = (len(self.positions[0]) - 1, int(self.child_ptr[-1]))
        given, missing = (
            sp.csr_array((np.ones(len(of), np.int8), self.child_of[of], ptr), shape=shape).tocsc()
            for ptr, of in (self.positions, self.unknown)
        )

        def columns_of(node: int, rows: AnyArray) -> AnyArray:
            own = slice(*self.child_ptr[node : node + 2])
            yes, open_ = (mark[:, own].tocsr()[rows].toarray() > 0 for mark in (given, missing))
            return np.where(yes, 1, np.where(open_, UNKNOWN, 0)).astype(np.int8)

        return columns_of

    def without(self, held: AnyArray, nodes: IntArray) -> "Level":
        """Return the level with the rows of some nodes alone that are not held out."""
        ptr, rows = self.reach
        node_of = np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
        kept = np.isin(node_of, nodes) & ~held[rows]
        counts = np.bincount(node_of[kept], minlength=len(ptr) - 1)
        return self._replace(reach=(np.append(0, np.cumsum(counts)), rows[kept]))


def places(marks: sp.csr_array, order: IntArray) -> sp.csr_array:
    """Permute the columns: a label gets the number of its place in the tree."""
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return sp.csr_array((marks.data, place[marks.indices], marks.indptr), shape=marks.shape)


def levels_of(
    starts: list[IntArray], positive: sp.csr_array, unknown: sp.csr_array
) -> Iterator[Level]:
    """Describe the levels of a tree, from the root to the leaves."""
    n_rows, n_labels = positive.shape
    positions, missing = _typed(positive), _typed(unknown)
    bounds = [np.array([0, n_labels]), *starts, np.arange(n_labels + 1)]
    child_of = np.zeros(n_labels, np.int64)
    for depth, (own, below) in enumerate(pairwise(bounds)):
        reach = np.array([0, n_rows]), np.arange(n_rows, dtype=np.int32)  # all reach the root
        if depth:
            ones = np.ones(positive.nnz, np.int8)
            by_row = (ones, child_of[positive.indices], positive.indptr)
            by_node = sp.csr_array(by_row, shape=(n_rows, len(own) - 1)).tocsc()
            by_node.sum_duplicates()
            reach = _typed(by_node)
        child_of = np.repeat(np.arange(len(below) - 1), np.diff(below))
        yield Level(reach, np.searchsorted(below, own), child_of, positions, missing)


def _typed(marks: Any) -> tuple[IntArray, AnyArray]:
    """Return pointers and indices of marks, of the same types always: kernels compile for types."""
    return marks.indptr.astype(np.int64), marks.indices.astype(np.int32)
