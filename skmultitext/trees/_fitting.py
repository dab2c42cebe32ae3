"""Fit trees of labels: cluster the labels, then fit the nodes on the rows that reach them."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from joblib import effective_n_jobs
from sklearn.utils import check_random_state
from sklearn.utils.extmath import row_norms

from .._gate.samples import CONSTANT_LOGIT, positive_entries
from .._gate.types import BoolArray, FloatArray, IntArray, RandomState
from .._runtime.compiled import load_kernels, run_kernels
from ..linear._dual_blocks import SINGLE
from ..linear._losses import LOSSES
from ..linear._solvers import LARGE, STEEPEST, fit_labels, refuse_extremes
from ._clustering import branches, cluster, label_features
from ._forest import Forest, NodeFits
from ._level_sigmoids import LevelSigmoids
from ._levels import Level, levels_of, places

__all__ = ["ForestSettings", "fit_forest"]

# Tolerance of the dual solver on few rows, in float64: solutions of equal problems agree
EXACT_TOL = 1e-9

# Relative to the length of the rows: weights below are set to 0 by prune="auto"
AUTO_PRUNE = 0.1

# Of tol="auto" on many rows: solved more exactly, nodes of the squared hinge rank no better
SQUARED_HINGE_TOL = 0.1

# Of the row that stands for the other class where all rows of a node have a child
LEAST_WEIGHT = 1e-9

_PARTS = 16  # of the nodes of a level, for threads: they take different times


@dataclass(frozen=True)
class ForestSettings:
    """The parameters of a fit."""

    loss: str
    C: float
    n_trees: int
    branching_factor: int
    max_leaf: int
    prune: float | Literal["auto"]
    tol: float | Literal["auto"]
    max_iter: int
    n_jobs: int | None
    random_state: RandomState
    own_words: bool = False  # the features were chosen by these rows: see linear._cross_fitting


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
        trees.append(list(levels_of(starts, places(positive, order), places(unknown, order))))
    fit = _choose_fit(X, weight, settings, seed, one_by_one=one_by_one)
    if not LOSSES[settings.loss].is_logistic:
        fit = LevelSigmoids(fit, X, weight, seed, own_words=settings.own_words).fit
    levels = [level for by_tree in zip(*trees, strict=True) for level in by_tree]
    return Forest.join(
        (part for level in levels for part in fit(level)),
        labels[np.concatenate(orders)],
        np.append(0, np.cumsum(np.concatenate([np.diff(level.child_ptr) for level in levels]))),
        n_trees=settings.n_trees,
        **sizes,
    )


def _fit_one_level(X: Any, columns: Any, weight: FloatArray, settings: ForestSettings) -> NodeFits:
    """Fit the labels one-vs-rest, as MultilabelLogisticRegression does."""
    if not columns.shape[1]:  # all labels are constant
        return _nothing(0)
    prune = 0.0 if settings.prune == "auto" else settings.prune
    return _fit_densely(X, columns, weight, settings, settings.random_state, prune, as_logits=True)


def _nothing(n_children: int) -> NodeFits:
    """Return the fit of a node without rows."""
    none, zeros = np.empty(0, np.int64), np.zeros(n_children)
    return NodeFits(
        zeros, zeros.astype(np.int64), np.zeros(1, np.int64), none, none, none, np.empty(0)
    )


def _fit_densely(
    X: Any,
    columns: Any,
    weight: FloatArray,
    settings: ForestSettings,
    random_state: RandomState,
    prune: float,
    *,
    as_logits: bool = False,
) -> NodeFits:
    """Fit one node by the solvers of one-vs-rest, on dense weights."""
    fits = fit_labels(
        X,
        columns,
        CONSTANT_LOGIT,
        loss=settings.loss,
        C=settings.C,
        factors=None,
        sample_weight=weight,
        tol=settings.tol,
        max_iter=settings.max_iter,
        n_jobs=settings.n_jobs,
        random_state=random_state,
        own_words=settings.own_words,
        as_logits=as_logits,
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
) -> Callable[[Level], Iterable[NodeFits]]:
    """Choose how to fit the nodes of a level."""
    squares = row_norms(X, squared=True)
    prune = settings.prune
    if prune == "auto":
        length = np.sqrt(np.average(squares, weights=weight))
        prune = AUTO_PRUNE / length if length > 0 else 0.0
    kernels = load_kernels("trees._node_solver")
    # liblinear's primal solver of the squared hinge does not converge on steep problems
    is_logistic = LOSSES[settings.loss].is_logistic
    steep = is_logistic and (settings.C * weight * squares).max() > STEEPEST
    if one_by_one or kernels is None or steep:
        return lambda level: _fit_one_by_one(X, weight, settings, seed, prune, level)
    tol = settings.tol
    if tol == "auto":
        tol = LOSSES[settings.loss].dual_tol if is_logistic else SQUARED_HINGE_TOL
        tol = EXACT_TOL if X.shape[0] <= LARGE else tol
    real = np.float32 if tol >= SINGLE else np.float64
    csr = (X.indptr, X.indices, X.data.astype(real, copy=False))
    curvature, row_weight = (squares + 1.0).astype(real), weight.astype(real)
    n_threads = effective_n_jobs(settings.n_jobs)

    def fit_level(level: Level) -> Iterable[NodeFits]:
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
                LOSSES[settings.loss].code,
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


def _even_cuts(level: Level, n_parts: int) -> list[int]:
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
    level: Level,
) -> Iterator[NodeFits]:
    """Fit the nodes of a level by the solvers of one-vs-rest."""
    columns_of = level.columns()
    for node, (first, last) in enumerate(pairwise(level.child_ptr)):
        own = level.rows(node)
        if not len(own):  # held out for a sigmoid
            yield _nothing(last - first)
            continue
        columns, near = columns_of(node, own), X[own]
        features = np.unique(near.indices)
        # where all rows have a child, an empty row of almost no weight is the other class
        near = sp.vstack([near[:, features], sp.csr_array((1, len(features)))], format="csr")
        columns = np.vstack([columns, np.zeros((1, last - first), np.int8)])
        own_weight = np.append(weight[own], LEAST_WEIGHT)
        fits = _fit_densely(near, columns, own_weight, settings, seed + node, prune)
        yield fits._replace(features=features[fits.features])
