"""Labels that imply others: a directed acyclic graph over the labels."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np
import scipy.sparse as sp

from .._runtime.compiled import load_kernels
from .._runtime.messages import did_you_mean, listing, shown
from ..exceptions import LabelError
from .samples import has_unknown, positive_entries
from .types import UNKNOWN, FloatArray, Indicator, IntArray

__all__ = ["LabelHierarchy", "missing_ancestors", "order_of_tree", "read_parents"]

_FORMS = (
    "Pass a dict {child: parent or list of parents}, a list of (child, parent) pairs, or the "
    'separator in names such as "sport/football"'
)


def read_parents(hierarchy: Any, label_names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Read a hierarchy as {child: parents}; the names are needed to split them by a separator."""
    if isinstance(hierarchy, str):
        return _split_names(hierarchy, label_names)
    parents: dict[str, tuple[str, ...]] = {}
    for child, above in _edges(hierarchy):
        for name in (child, *above):
            if not isinstance(name, str) or not name:
                raise LabelError(
                    f"hierarchy holds {shown(name)} of type {type(name).__name__}; labels are "
                    f"named by str. {_FORMS}."
                )
        parents[child] = tuple(dict.fromkeys((*parents.get(child, ()), *above)))
    _refuse_cycles(parents)
    return parents


def _edges(hierarchy: Any) -> Iterable[tuple[Any, tuple[Any, ...]]]:
    """Yield each child with some of its parents."""
    if isinstance(hierarchy, Mapping):
        for child, above in hierarchy.items():
            if isinstance(above, set | frozenset):
                yield child, tuple(sorted(above, key=str))
            elif isinstance(above, list | tuple | np.ndarray):
                yield child, tuple(above)
            else:
                yield child, () if above is None else (above,)
        return
    if not isinstance(hierarchy, Iterable) or isinstance(hierarchy, bytes):
        raise LabelError(f"hierarchy is {shown(hierarchy)}, not a hierarchy. {_FORMS}.")
    for i, edge in enumerate(hierarchy):
        if not isinstance(edge, list | tuple | np.ndarray) or len(edge) != 2:
            raise LabelError(f"hierarchy[{i}] is {shown(edge)}, not a pair. {_FORMS}.")
        child, parent = edge
        yield child, (parent,)


def _split_names(separator: str, label_names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Make "sport" the parent of "sport/football"."""
    if not separator:
        raise LabelError(f"hierarchy is the empty str ''. {_FORMS}.")
    parents: dict[str, tuple[str, ...]] = {}
    for name in label_names:
        while (above := name.rpartition(separator)[0]) and name not in parents:
            parents[name] = (above,)
            name = above
    if not parents:
        raise LabelError(
            f"hierarchy is the separator {shown(separator)}, but no label has it: "
            f"{listing(label_names)}. {_FORMS}."
        )
    return parents


def _refuse_cycles(parents: Mapping[str, Sequence[str]]) -> None:
    """Raise an error that prints a cycle, if there is one."""
    done: set[str] = set()
    for start in parents:
        path: dict[str, Any] = {}  # the labels on the way up, each with its parents left to visit
        name: str | None = start
        while name is not None:
            if name not in path:
                path[name] = iter(parents.get(name, ()))
            above = next(path[name], None)
            if above is None:
                done.add(name)
                del path[name]
                name = next(reversed(path), None)
            elif above in path:
                cycle = [*list(path)[list(path).index(above) :], above]
                raise LabelError(
                    f"hierarchy has a cycle: {' -> '.join(map(shown, cycle))}. A label cannot "
                    f"imply itself; remove one of these edges."
                )
            elif above not in done:
                name = above


class LabelHierarchy:
    """Which labels imply which, by the positions of the labels.

    Parameters
    ----------
    label_names : iterable of str, of length n_labels
        The labels.
    edges : array-like of shape (n_edges, 2), dtype int64
        The positions of each child and of one of its parents; no cycle.

    Attributes
    ----------
    edges : ndarray of shape (n_edges, 2), dtype int64
        The edges, child by child, those of a label after those of its parents.
    order : ndarray of shape (n_labels,)
        The labels, parents before their children.
    ancestors : csr_array of shape (n_labels, n_labels), dtype bool
        For each label (row) itself and the labels that it implies.
    """

    def __init__(self, label_names: Iterable[str], edges: Any) -> None:
        self.label_names = [str(name) for name in label_names]
        n_labels = len(self.label_names)
        above: list[list[int]] = [[] for _ in range(n_labels)]
        for child, parent in np.asarray(edges, dtype=np.int64).reshape(-1, 2).tolist():
            above[child].append(parent)
        self.order = np.array(_top_down(above), dtype=np.int64)
        if len(self.order) < n_labels:
            raise LabelError("hierarchy has a cycle. A label cannot imply itself.")
        self.edges = np.array(
            [(j, p) for j in self.order.tolist() for p in above[j]], dtype=np.int64
        ).reshape(-1, 2)
        self._columns = np.ascontiguousarray(self.edges.T, dtype=np.uint32)  # for compiled code
        closed: list[Any] = [[]] * n_labels  # arrays: sets of a deep hierarchy fill the memory
        for j in self.order.tolist():
            closed[j] = np.unique(np.concatenate([[j], *(closed[p] for p in above[j])]))
        indptr = np.cumsum([0, *map(len, closed)])
        indices = np.concatenate([np.zeros(0, dtype=np.int64), *closed])
        ones = np.ones(len(indices), dtype=bool)
        self.ancestors = sp.csr_array((ones, indices, indptr), shape=(n_labels, n_labels))

    @classmethod
    def of(cls, parents: Mapping[str, Sequence[str]], label_names: Iterable[str]) -> Self:
        """Make the hierarchy of some labels; their ancestors must be among them.

        What `parents` says of other labels is left out.
        """
        names = [str(name) for name in label_names]
        missing = missing_ancestors(parents, names)
        if missing:
            raise LabelError(
                f"hierarchy names the parents {listing(missing)}, which are not among the labels: "
                f"{listing(names)}.{did_you_mean(missing[0], names)} Add their columns to y, for "
                f"instance by skmultitext.hierarchy.close_labels."
            )
        place = {name: j for j, name in enumerate(names)}
        edges = [(j, place[p]) for j, name in enumerate(names) for p in parents.get(name, ())]
        return cls(names, edges)

    def parents(self) -> dict[str, tuple[str, ...]]:
        """Return the parents of each label that has some, by name."""
        found: dict[str, tuple[str, ...]] = {}
        for child, parent in self.edges.tolist():
            name = self.label_names[child]
            found[name] = (*found.get(name, ()), self.label_names[parent])
        return found

    def _to_saved(self) -> dict[str, Any]:
        return {"label_names": np.array(self.label_names, dtype=object), "edges": self.edges}

    @classmethod
    def _from_saved(cls, state: dict[str, Any]) -> Self:
        return cls(state["label_names"], state["edges"])

    def close(self, indicator: Indicator) -> Any:
        """Close an indicator upwards: a positive makes its ancestors positive.

        An unknown entry below a label that is not given is not given either.
        """
        positive = sp.csr_array(positive_entries(indicator).astype(bool))
        closed = (positive @ self.ancestors).astype(bool)
        if not sp.issparse(indicator):
            found = closed.toarray(order="F").view(np.int8)
            if has_unknown(indicator):
                unknown = (indicator < 0) & (found == 0)
                for child, parent in self.edges.tolist():
                    unknown[:, child] &= unknown[:, parent] | (found[:, parent] == 1)
                found[unknown] = UNKNOWN
            return found
        if has_unknown(indicator):
            return sp.csc_array(self.close(sp.csc_array(indicator).toarray()))
        return sp.csc_array(closed).astype(np.int8)

    def is_closed_by(self, thresholds: FloatArray) -> bool:
        """Whether consistent scores above these thresholds are closed: none rises to a parent."""
        children, parents = self.edges.T
        return bool((thresholds[parents] <= thresholds[children]).all())

    def close_decisions(self, given: Any) -> None:
        """Close decisions upwards, bool of shape (n_samples, n_labels), in place."""
        rows, columns = (sp.csr_array(given) @ self.ancestors).nonzero()
        given[rows, columns] = True

    def condition(self, indicator: Indicator) -> Any:
        """Make entries unknown whose label lacks a parent: of a closed indicator, dense."""
        closed: Any = indicator.copy()
        if sp.issparse(closed):
            closed = closed.toarray(order="F")
        reached = np.ones(closed.shape, dtype=bool, order="F")
        for child, parent in self.edges.tolist():
            reached[:, child] &= closed[:, parent] == 1
        closed[~reached] = UNKNOWN
        return closed

    def make_consistent(self, scores: FloatArray) -> FloatArray:
        """Lower scores, in place, to at most those of all ancestors."""
        kernels = load_kernels("_gate.hierarchy_kernels")
        if kernels is not None and scores.flags.c_contiguous:
            kernels.lower_to_parents(scores, *self._columns)
            return scores
        for child, parents in self._by_child():
            scores[:, child] = np.minimum(scores[:, child], scores[:, parents].min(axis=1))
        return scores

    def multiply(self, proba: FloatArray) -> FloatArray:
        """Multiply probabilities given the parents, in place, by the least one of a parent."""
        kernels = load_kernels("_gate.hierarchy_kernels")
        if kernels is not None and proba.flags.c_contiguous:
            kernels.multiply_by_parents(proba, *self._columns)
            return proba
        for child, parents in self._by_child():
            proba[:, child] *= proba[:, parents].min(axis=1)
        return proba

    def _by_child(self) -> Iterator[tuple[int, IntArray]]:
        """Yield each child with its parents, after those of its parents."""
        children, parents = self.edges.T
        starts = np.flatnonzero(np.diff(children, prepend=-1))
        for start, end in pairwise([*starts.tolist(), len(children)]):
            yield int(children[start]), parents[start:end]

    def tree_order(self) -> tuple[list[int], list[int]]:
        """Order the labels depth first, each below one of its parents; also return the depths."""
        children: dict[int, list[int]] = {}
        first_parent: dict[int, int] = {}
        for child, parent in self.edges.tolist():
            first_parent.setdefault(child, parent)
        for child, parent in sorted(first_parent.items()):
            children.setdefault(parent, []).append(child)
        roots = [j for j in range(len(self.label_names)) if j not in first_parent]
        order, depths = [], []
        left = [(j, 0) for j in reversed(roots)]
        while left:
            j, depth = left.pop()
            order.append(j)
            depths.append(depth)
            left.extend((k, depth + 1) for k in reversed(children.get(j, [])))
        return order, depths


def order_of_tree(hierarchy: Any, label_names: Iterable[str]) -> tuple[list[int], list[int]]:
    """Order labels depth first, below their nearest ancestors; also return the depths."""
    names = [str(name) for name in label_names]
    parents, known = read_parents(hierarchy, names), set(names)
    nearest: dict[str, list[str]] = {}
    for name in names:
        found, left = [], list(reversed(parents.get(name, ())))
        while left:
            above = left.pop()
            if above in known:
                found.append(above)
            else:
                left.extend(reversed(parents.get(above, ())))
        nearest[name] = list(dict.fromkeys(found))
    return LabelHierarchy.of(nearest, names).tree_order()


def missing_ancestors(parents: Mapping[str, Sequence[str]], names: Iterable[str]) -> list[str]:
    """Find the ancestors of labels that are not among them, sorted."""
    found = set(names)
    known, left = frozenset(found), list(found)
    while left:
        for above in parents.get(left.pop(), ()):
            if above not in found:
                found.add(above)
                left.append(above)
    return sorted(found - known)


def _top_down(above: Sequence[Sequence[int]]) -> list[int]:
    """Order labels so that parents come before their children."""
    waiting = [len(set(parents)) for parents in above]
    below: dict[int, list[int]] = {}
    for child, parents in enumerate(above):
        for parent in set(parents):
            below.setdefault(parent, []).append(child)
    order = [j for j, n in enumerate(waiting) if not n]
    for j in order:
        for child in below.get(j, ()):
            waiting[child] -= 1
            if not waiting[child]:
                order.append(child)
    return order
