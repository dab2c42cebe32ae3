"""Fit trees of labels: cluster the labels, then fit the nodes on the rows that reach them."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
import scipy.sparse as sp
from joblib import effective_n_jobs
from sklearn.utils import check_random_state
from sklearn.utils.extmath import row_norms

from .._gate.samples import CONSTANT_LOGIT, positive_entries
from .._gate.types import UNKNOWN, AnyArray, BoolArray, FloatArray, IntArray, RandomState
from .._runtime.compiled import load_kernels, run_kernels
from ..linear._dual_blocks import SINGLE
from ..linear._losses import LOSSES
from ..linear._solvers import LARGE, STEEPEST, fit_labels, refuse_extremes
from ._clustering import branches, cluster, label_features
from ._forest import Forest, NodeFits

__all__ = ["ForestSettings", "fit_forest"]

# Tolerance of the dual solver on few rows, in float64: solutions of equal problems agree
EXACT_TOL = 1e-9

# Relative to the length of the rows: weights below are set to 0 by prune="auto"
AUTO_PRUNE = 0.1

# Of the row that stands for the other class where all rows of a node have a child
LEAST_WEIGHT = 1e-9

_PARTS = 16  # of the nodes of a level, for threads: they take different times


@dataclass(frozen=True)
class ForestSettings:
    """The parameters of a fit."""

    C: float
    n_trees: int
    branching_factor: int
    max_leaf: int
    prune: float | Literal["auto"]
    tol: float | Literal["auto"]
    max_iter: int
    n_jobs: int | None
    random_state: RandomState


class _Level(NamedTuple):
    """The nodes of one level of one tree, the rows that reach them, and their children."""

    reach: tuple[IntArray, AnyArray]
    child_ptr: IntArray  # children of each node, numbered from 0 on the next level
    child_of: IntArray  # the child of each place
    positions: tuple[AnyArray, AnyArray]  # places of the given labels of each row
    unknown: tuple[AnyArray, AnyArray]


def fit_forest(
    X: Any,
    indicator: Any,
    labels: IntArray,
    weight: FloatArray,
    settings: ForestSettings,
) -> tuple[Forest, IntArray]:
    """Fit trees over some labels, columns of the indicator; return the passes of each edge too.

    A sparse X is in canonical format. Where the labels fit in one leaf there is one tree of one
    level: one-vs-rest.
    """
    refuse_extremes(X, settings.C, None, weight)
    widths = branches(len(labels), settings.max_leaf, settings.branching_factor)
    columns = indicator[:, labels]
    sizes = {"n_features": X.shape[1], "n_labels": indicator.shape[1], "depth": len(widths) + 1}
    if not widths:  # also without any label
        fits = [_fit_one_level(X, columns, weight, settings)]
        return Forest.join(fits, labels, np.array([0, len(labels)]), n_trees=1, **sizes)
    seed = check_random_state(settings.random_state).randint(2**31 - 2**24)
    one_by_one = not sp.issparse(X) and X.shape[0] <= LARGE  # as one-vs-rest does
    X, columns = sp.csr_array(X), sp.csr_array(columns)
    positive = sp.csr_array(positive_entries(columns))
    positive.eliminate_zeros()
    unknown = sp.csr_array(columns < 0)
    features = label_features(X, positive, weight)
    orders, trees = [], []
    for tree in range(settings.n_trees):
        order, starts = cluster(features, widths, seed + tree)
        orders.append(order)
        trees.append(list(_levels(starts, _places(positive, order), _places(unknown, order))))
    fit = _choose_fit(X, weight, settings, seed, one_by_one=one_by_one)
    levels = [level for by_tree in zip(*trees, strict=True) for level in by_tree]
    return Forest.join(
        (part for level in levels for part in fit(level)),
        labels[np.concatenate(orders)],
        np.append(0, np.cumsum(np.concatenate([np.diff(level.child_ptr) for level in levels]))),
        n_trees=settings.n_trees,
        **sizes,
    )


def _places(marks: sp.csr_array, order: IntArray) -> sp.csr_array:
    """Permute the columns: a label gets the number of its place in the tree."""
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return sp.csr_array((marks.data, place[marks.indices], marks.indptr), shape=marks.shape)


def _levels(
    starts: list[IntArray], positive: sp.csr_array, unknown: sp.csr_array
) -> Iterator[_Level]:
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
        yield _Level(reach, np.searchsorted(below, own), child_of, positions, missing)


def _typed(marks: Any) -> tuple[IntArray, AnyArray]:
    """Return pointers and indices of marks, of the same types always: kernels compile for types."""
    return marks.indptr.astype(np.int64), marks.indices.astype(np.int32)


def _fit_one_level(X: Any, columns: Any, weight: FloatArray, settings: ForestSettings) -> NodeFits:
    """Fit the labels one-vs-rest, as MultilabelLogisticRegression does."""
    if not columns.shape[1]:  # all labels are constant
        none = np.empty(0, np.int64)
        return NodeFits(np.empty(0), none, np.zeros(1, np.int64), none, none, none, np.empty(0))
    prune = 0.0 if settings.prune == "auto" else settings.prune
    return _fit_densely(X, columns, weight, settings, settings.random_state, prune)


def _fit_densely(
    X: Any,
    columns: Any,
    weight: FloatArray,
    settings: ForestSettings,
    random_state: RandomState,
    prune: float,
) -> NodeFits:
    """Fit one node by the solvers of one-vs-rest, on dense weights."""
    fits = fit_labels(
        X,
        columns,
        CONSTANT_LOGIT,
        loss="log_loss",
        C=settings.C,
        factors=None,
        sample_weight=weight,
        tol=settings.tol,
        max_iter=settings.max_iter,
        n_jobs=settings.n_jobs,
        random_state=random_state,
    )
    W = fits.coef.T
    features, children = np.nonzero(np.abs(W) > prune)
    found, counts = np.unique(features, return_counts=True)
    weights = W[features, children]
    return NodeFits(
        fits.intercept, fits.n_iter, np.array([len(found)]), found, counts, children, weights
    )


def _choose_fit(
    X: sp.csr_array, weight: FloatArray, settings: ForestSettings, seed: int, *, one_by_one: bool
) -> Callable[[_Level], Iterable[NodeFits]]:
    """Choose how to fit the nodes of a level."""
    squares = row_norms(X, squared=True)
    prune = settings.prune
    if prune == "auto":
        length = np.sqrt(np.average(squares, weights=weight))
        prune = AUTO_PRUNE / length if length > 0 else 0.0
    kernels = load_kernels("trees._node_solver")
    steepest = (settings.C * weight * squares).max()
    if one_by_one or kernels is None or steepest > STEEPEST:
        return lambda level: _fit_one_by_one(X, weight, settings, seed, prune, level)
    tol = settings.tol
    if tol == "auto":
        tol = EXACT_TOL if X.shape[0] <= LARGE else LOSSES["log_loss"].dual_tol
    real = np.float32 if tol >= SINGLE else np.float64
    csr = (X.indptr, X.indices, X.data.astype(real, copy=False))
    curvature, row_weight = (squares + 1.0).astype(real), weight.astype(real)
    n_threads = effective_n_jobs(settings.n_jobs)

    def fit_level(level: _Level) -> Iterable[NodeFits]:
        def fit_range(stop: BoolArray, first: int, last: int) -> NodeFits:
            fitted = kernels.fit_nodes(
                stop,
                (first, last),
                csr,
                X.shape[1],
                curvature,
                row_weight,
                settings.C,
                level.reach,
                level.child_ptr,
                level.child_of,
                level.positions,
                level.unknown,
                LOSSES["log_loss"].code,
                prune,
                tol,
                settings.max_iter,
                seed,
            )
            if stop[0]:
                raise CancelledError
            return NodeFits(*fitted)

        cuts = _even_cuts(level, n_threads * _PARTS)
        return run_kernels(fit_range, cuts[:-1], cuts[1:], n_threads=n_threads)

    return fit_level


def _even_cuts(level: _Level, n_parts: int) -> list[int]:
    """Cut the nodes of a level into parts of about the same work."""
    work = np.cumsum(np.diff(level.reach[0]) * np.diff(level.child_ptr))
    shares = np.linspace(0, work[-1], n_parts + 1)[1:-1]
    ends = np.searchsorted(work, shares) + 1  # a part ends with the node that fills its share
    return np.unique([0, *ends.tolist(), len(work)]).tolist()


def _fit_one_by_one(
    X: sp.csr_array,
    weight: FloatArray,
    settings: ForestSettings,
    seed: int,
    prune: float,
    level: _Level,
) -> Iterator[NodeFits]:
    """Fit the nodes of a level by the solvers of one-vs-rest."""
    n_children = len(level.child_of) and level.child_of[-1] + 1
    marks = [
        sp.csr_array(
            (np.ones(len(places), np.int8), level.child_of[places], ptr),
            shape=(X.shape[0], n_children),
        ).tocsc()
        for ptr, places in (level.positions, level.unknown)
    ]
    for node, (first, last) in enumerate(pairwise(level.child_ptr)):
        own = level.reach[1][level.reach[0][node] : level.reach[0][node + 1]]
        given, missing = (mark[:, first:last].tocsr()[own].toarray() > 0 for mark in marks)
        columns = np.where(given, 1, np.where(missing, UNKNOWN, 0)).astype(np.int8)
        near = X[own]
        features = np.unique(near.indices)
        # where all rows have a child, an empty row of almost no weight is the other class
        near = sp.vstack([near[:, features], sp.csr_array((1, len(features)))], format="csr")
        columns = np.vstack([columns, np.zeros((1, last - first), np.int8)])
        own_weight = np.append(weight[own], LEAST_WEIGHT)
        fits = _fit_densely(near, columns, own_weight, settings, seed + node, prune)
        yield fits._replace(features=features[fits.features])
