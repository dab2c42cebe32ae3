"""Fitted trees of labels: their weights, and the search for the labels of documents."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import numpy as np
import scipy.sparse as sp
from scipy.special import expit

from .._gate.types import AnyArray, BoolArray, FloatArray, IntArray
from .._runtime.compiled import load_kernels, run_kernels

__all__ = ["Forest", "Found", "NodeFits"]

_ROWS = 4096  # documents that a thread takes at a time, at most
_SCORES = 2**22  # of them and the labels of their leaves, at a time


class NodeFits(NamedTuple):
    """The linear models of the children of nodes, without the weights that were pruned."""

    intercept: AnyArray  # of each child
    n_iter: IntArray
    n_features: IntArray  # of each node
    features: AnyArray  # sorted within a node
    n_weights: AnyArray  # of each feature of a node
    children: AnyArray  # of each weight: the number of the child within its node
    weights: AnyArray


class Found(NamedTuple):
    """The labels that a search found."""

    counts: IntArray  # of each document
    labels: IntArray
    proba: FloatArray  # mean over the trees
    scores: FloatArray  # in the last tree; of use where there is one level


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees of equal depth over the same labels, and the linear models of their edges.

    Nodes are numbered level by level over all trees, the roots first. Node i has the children
    ``child_ptr[i]`` to ``child_ptr[i + 1]``. Child k is node ``n_trees + k`` if there is one, else
    the label ``labels[n_trees + k - n_nodes]``.
    """

    # a model may have more of them than memory: kernels check what they read of these
    MAPPABLE: ClassVar[tuple[str, ...]] = ("features", "weight_ptr", "children", "weights")

    n_trees: int
    depth: int  # steps from a root to a label
    n_features: int
    n_labels: int
    labels: AnyArray  # int32, of the last level, tree by tree
    child_ptr: IntArray  # (n_nodes + 1,)
    intercept: AnyArray  # (n_children,)
    feature_ptr: IntArray  # (n_nodes + 1,), into features
    features: AnyArray  # int32, sorted within a node
    weight_ptr: IntArray  # (len(features) + 1,), into weights
    children: AnyArray  # uint16, the number of the child within its node
    weights: AnyArray  # float32 or float64

    @classmethod
    def join(
        cls,
        fits: Iterable[NodeFits],
        labels: AnyArray,
        child_ptr: IntArray,
        *,
        n_trees: int,
        depth: int,
        n_features: int,
        n_labels: int,
    ) -> tuple["Forest", IntArray]:
        """Join the fits of all nodes, in order; return the passes of each child too."""
        whole = NodeFits(*(np.concatenate(parts) for parts in zip(*fits, strict=True)))
        forest = cls(
            n_trees,
            depth,
            n_features,
            n_labels,
            labels.astype(np.int32),
            child_ptr,
            whole.intercept,
            _pointers(whole.n_features),
            whole.features.astype(np.int32),
            _pointers(whole.n_weights),
            whole.children.astype(np.uint16),
            whole.weights,
        )
        return forest, whole.n_iter

    def search(
        self, X: sp.csr_array, beam_width: int, *, n_best: int = 0, n_threads: int = 1
    ) -> Found:
        """Find the labels at the ends of the beams of documents; X is CSR in canonical format.

        Labels come in increasing order; with `n_best` above 0 only so many, the most probable
        first.
        """
        kernels = load_kernels("trees._beam_kernel")
        if kernels is None:
            return self._search_by_level(X, beam_width, n_best)
        csr = (X.indptr, X.indices, X.data)
        arrays = tuple(
            _read_only(array)
            for array in (
                self.child_ptr,
                self.intercept,
                self.feature_ptr,
                self.features,
                self.weight_ptr,
                self.children,
                self.weights,
            )
        )
        sizes = (self.n_trees, self.depth, self.n_labels, self.n_features)
        beam_width = min(beam_width, len(self.child_ptr))
        size = self._n_at_a_time(X.shape[0], beam_width, n_threads)
        starts = range(0, X.shape[0], size)

        def search_rows(stop: BoolArray, start: int) -> Any:
            rows = (start, min(start + size, X.shape[0]))
            return kernels.search_beams(
                stop, csr, rows, arrays, self.labels, sizes, beam_width, n_best
            )

        parts = run_kernels(search_rows, starts, n_threads=min(n_threads, len(starts)))
        return Found(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def _n_at_a_time(self, n_rows: int, beam_width: int, n_threads: int) -> int:
        """Choose how many documents a thread searches at a time: many share reading a node."""
        scores = self.n_trees * beam_width * int(np.diff(self.child_ptr).max())
        share = -(-n_rows // n_threads)
        return max(1, min(share, _ROWS, _SCORES // max(scores, 1)))

    def _search_by_level(self, X: sp.csr_array, beam_width: int, n_best: int) -> Found:
        """Search without numba: all documents that reach a node are scored at once."""
        n_rows, n_nodes = X.shape[0], len(self.child_ptr) - 1
        rows = np.tile(np.arange(n_rows), self.n_trees)
        nodes = np.repeat(np.arange(self.n_trees), n_rows)
        proba = np.ones(len(rows))
        scores = np.zeros(len(rows))
        for level in range(self.depth):
            if level:
                trees = self._trees_of(nodes)
                order = np.lexsort((nodes, -proba, trees, rows))
                rank = _ranks(rows[order], trees[order])
                kept = np.sort(order[rank < beam_width])
                rows, nodes, proba = rows[kept], nodes[kept], proba[kept]
            rows, nodes, proba, scores = self._step(X, rows, nodes, proba)
        labels = self.labels[nodes - n_nodes].astype(np.int64)
        pairs, first, group = np.unique(
            rows * self.n_labels + labels, return_index=True, return_inverse=True
        )
        total = np.bincount(group, proba, len(pairs)) / self.n_trees
        rows, labels = np.divmod(pairs, self.n_labels)
        scores = scores[first]
        if n_best:
            order = np.lexsort((labels, -total, rows))
            order = order[_ranks(rows[order]) < n_best]
            rows, labels, total, scores = rows[order], labels[order], total[order], scores[order]
        return Found(np.bincount(rows, minlength=n_rows), labels, total, scores)

    def _step(
        self, X: sp.csr_array, rows: IntArray, nodes: IntArray, proba: FloatArray
    ) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
        """Go from nodes to all of their children."""
        order = np.argsort(nodes, kind="stable")
        found, starts = np.unique(nodes[order], return_index=True)
        done = []
        for node, start, end in zip(found, starts, [*starts[1:], len(order)], strict=True):
            own = order[start:end]
            scores = self._scores(X[rows[own]], node)
            ends = np.arange(self.child_ptr[node], self.child_ptr[node + 1]) + self.n_trees
            done.append(
                (
                    np.repeat(rows[own], len(ends)),
                    np.tile(ends, len(own)),
                    (proba[own][:, None] * expit(scores)).ravel(),
                    scores.ravel(),
                )
            )
        return tuple(np.concatenate(parts) for parts in zip(*done, strict=True))  # type: ignore[return-value]

    def _scores(self, X: sp.csr_array, node: int) -> FloatArray:
        """Score documents for the children of a node."""
        a, b = self.feature_ptr[node : node + 2]
        c, d = self.child_ptr[node : node + 2]
        start, end = self.weight_ptr[a], self.weight_ptr[b]
        W = sp.csr_array(
            (
                self.weights[start:end].astype(np.float64),
                self.children[start:end].astype(np.int32),
                self.weight_ptr[a : b + 1] - start,
            ),
            shape=(b - a, d - c),
        )
        W.check_format(full_check=True)  # mapped files are not checked before
        return (X[:, self.features[a:b]] @ W).toarray() + self.intercept[c:d]

    def fault(self, *, whole: bool = True) -> str | None:
        """Say what is wrong with arrays from a file: kernels rely on them.

        With `whole` False only the ends of mappable arrays are read.
        """
        n_nodes, n_children = len(self.child_ptr) - 1, len(self.intercept)
        pointers = [
            ("child_ptr", self.child_ptr, n_children),
            ("feature_ptr", self.feature_ptr, len(self.features)),
            ("weight_ptr", self.weight_ptr, len(self.weights)),
        ]
        for name, pointer, end in pointers:
            rises = len(pointer) and pointer[0] == 0 and pointer[-1] == end
            read = whole or name not in self.MAPPABLE
            if not rises or (read and (pointer[1:] < pointer[:-1]).any()):
                return f"{name} must rise from 0 to {end}"
        lengths = [(self.feature_ptr, n_nodes), (self.weight_ptr, len(self.features))]
        if any(len(pointer) != n + 1 for pointer, n in lengths):
            return "feature_ptr or weight_ptr has a wrong length"
        if n_nodes < self.n_trees or len(self.labels) != n_children - n_nodes + self.n_trees:
            return "there must be one child for each label of each tree"
        last = self.n_trees
        for _ in range(self.depth - 1):
            last = self.n_trees + int(self.child_ptr[last])
            if not self.n_trees < last <= n_nodes:
                return "the levels of nodes do not fit child_ptr"
        if last != n_nodes or len(self.children) != len(self.weights):
            return "the levels of nodes or the children of weights have a wrong length"
        for name, values, size in [
            ("labels", self.labels, self.n_labels),
            ("features", self.features, self.n_features),
        ]:
            read = whole or name not in self.MAPPABLE
            if read and len(values) and not 0 <= values.min() <= values.max() < size:
                return f"{name} must be in [0, {size})"
        if not whole:
            return None
        ends = self.weight_ptr[self.feature_ptr]
        for (start, end), width in zip(pairwise(ends), np.diff(self.child_ptr), strict=True):
            if start < end and self.children[start:end].max() >= width:
                return "a weight belongs to a child that its node does not have"
        return None

    def _trees_of(self, nodes: IntArray) -> IntArray:
        """Find the tree of each node of one level: every tree has as many of them."""
        n = self._n_on_level(int(nodes.min()))
        return (nodes - n[0]) // n[1]

    def _n_on_level(self, node: int) -> tuple[int, int]:
        """Find the first node of the level of a node, and how many nodes each tree has on it."""
        first, last = 0, self.n_trees
        while node >= last:
            first, last = last, self.n_trees + int(self.child_ptr[last])
        return first, (last - first) // self.n_trees


def _read_only(array: AnyArray) -> AnyArray:
    """Return a view as mapped files have: kernels are compiled once for both."""
    view = array.view()
    view.flags.writeable = False
    return view


def _pointers(counts: AnyArray) -> IntArray:
    return np.append(0, np.cumsum(counts, dtype=np.int64))


def _ranks(*keys: IntArray) -> IntArray:
    """Count within each run of equal keys, from 0."""
    n = len(keys[0])
    changed = np.zeros(n, bool)
    for key in keys:
        changed[1:] |= key[1:] != key[:-1]
    starts = np.maximum.accumulate(np.where(changed, np.arange(n), 0))
    return np.arange(n) - starts
