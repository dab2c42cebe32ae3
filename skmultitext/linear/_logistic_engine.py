"""Fit one linear model per label on gated arrays: which solver, and the threads."""

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed, effective_n_jobs
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.utils import check_random_state
from sklearn.utils.extmath import row_norms

from .._compiled import run_kernels
from ._cross_fitting import assign_folds, fit_sigmoid, row_ids
from ._dual_blocks import BlockProblem, dual_solver
from ._newton import BLOCK, fit_newton

# Sparse problems with more rows than this stop early at the optimum's doorstep; smaller ones go
# all the way, which costs them next to nothing. Dense ones with more rows share products with X.
LARGE = 2_000

# Where C times the squared length of a row exceeds this, dual coordinate descent crawls.
STEEPEST = 1_000.0

# Where weights or features exceed this, sums overflow, and liblinear never returns.
LARGEST = 1e30

# Passes after which a label goes from the compiled dual solver to liblinear's primal one.
DUAL_PASSES = 500

# Tolerances of the dual solvers that end less than 1e-6 (relative) above the lowest objective.
DUAL_TOL = {"log": 0.01, "squared_hinge": 1e-3}

# Factor of these for candidates: scores move in the fourth digit, and a path takes 0.8 of the time.
COARSER = 3.0

# Tolerances at which solutions of equal problems agree to seven digits.
PRIMAL_TOL = {"log": 1e-8, "squared_hinge": 1e-10}


class LabelFits(NamedTuple):
    """What `fit_labels` finds."""

    coef: np.ndarray
    intercept: np.ndarray
    n_iter: np.ndarray
    sigmoid: np.ndarray | None
    duals: list


def fit_labels(X, indicator, constant, *, loss, C, factors, sample_weight, tol, max_iter, n_jobs,
               random_state, duals=(), keep_duals=False):  # fmt: skip
    """Fit the labels in parallel threads.

    Parameters
    ----------
    X : ndarray or csr of shape (n_samples, n_features), dtype float64
        Features; a sparse X may have unsorted or repeated entries and is not changed.
    indicator : ndarray or csc_array of shape (n_samples, n_labels), dtype int8
        Labels.
    constant : float
        Intercept of a label that is always given; its negative for one that never is.
    loss : {"log", "squared_hinge"}
        Loss; the scores of "squared_hinge" become logits through a cross-fitted sigmoid.
    C : float
        Inverse of the regularisation strength.
    factors : ndarray of shape (n_labels, 2) or None
        Factors of the weights of each label's negatives and positives.
    sample_weight : ndarray of shape (n_samples,) or None
        Weights above 0.
    tol : float, "auto" or "coarse"
        Stopping tolerance; "coarse" where models are only compared.
    max_iter : int
        Most passes.
    n_jobs : int or None
        Threads.
    random_state : int, RandomState instance or None
        Order of the rows in the dual solvers.
    duals : list of Duals
        Where another fit ended; started from if it had as many rows, the same loss and labels.
    keep_duals : bool
        Whether to return the duals: they are as many as rows times labels.

    Returns
    -------
    LabelFits
        ``coef``, ndarray of shape (n_labels, n_features), ``intercept`` and ``n_iter``, of
        shape (n_labels,); ``sigmoid``, of shape (n_labels, 2), the slope and intercept that
        made logits of scores, None for the logistic loss; ``duals`` for the next fit, if kept.

    Raises
    ------
    ValueError
        If numbers are too large or too small for the solver.
    """
    n_labels = indicator.shape[1]
    X = canonical(X)
    positives = np.asarray(indicator.sum(axis=0, dtype=np.int64)).ravel()
    varied = np.flatnonzero((positives > 0) & (positives < X.shape[0]))
    coef = np.zeros((n_labels, X.shape[1]))
    intercept = np.where(positives > 0, constant, -constant)
    n_iter = np.zeros(n_labels, dtype=np.int64)
    sigmoid = np.tile([1.0, 0.0], (n_labels, 1))
    factors = np.ones((n_labels, 2)) if factors is None else factors
    weight = np.ones(X.shape[0]) if sample_weight is None else sample_weight
    ids = row_ids(X) if loss == "squared_hinge" else None
    seed = check_random_state(random_state).randint(2**31 - 1)
    dual = sp.issparse(X) and X.shape[0] > LARGE and not _is_steep(X, C * factors.max() * weight)
    newton = loss == "log" and not sp.issparse(X) and X.shape[0] > LARGE
    _refuse_extremes(X, C, factors, weight, liblinear=not newton)
    if tol in ("auto", "coarse"):
        coarser = COARSER if tol == "coarse" else 1.0
        tol = coarser * DUAL_TOL[loss] if dual else PRIMAL_TOL[loss]

    left, reached = varied, []
    if dual and dual_solver() is not None:
        passes = min(max_iter, DUAL_PASSES)
        problem = BlockProblem(X, weight, loss=loss, tol=tol, max_iter=passes, seed=seed)
        size = dual_solver().BLOCK
        groups = [varied[start : start + size] for start in range(0, len(varied), size)]

        def fit_block(group, start):
            fit, lines = _fit_block(
                problem, indicator, group, C, factors[group], start, ids, weight
            )
            return (fit if keep_duals else fit._replace(duals=None, held_out=None)), lines

        fits = run_kernels(
            fit_block,
            groups,
            _starts(duals, groups, X.shape[0], loss),
            n_threads=effective_n_jobs(n_jobs),
        )
        for group, (fit, lines) in zip(groups, fits, strict=True):
            coef[group], intercept[group], n_iter[group] = fit.coef, fit.intercept, fit.n_iter
            sigmoid[group] = lines
            reached += [fit.duals] if keep_duals else []
        left = varied[n_iter[varied] > passes]
        dual = False
        tol = min(tol, 1e-4)
    elif newton:
        for start in range(0, len(varied), BLOCK):
            group = varied[start : start + BLOCK]
            targets = np.column_stack([_column(indicator, j) for j in group])
            fit = fit_newton(X, targets, C * factors[group], weight, tol, max_iter)
            coef[group], intercept[group], n_iter[group] = fit
        left = varied[n_iter[varied] > max_iter]
    elif dual and random_state is not None:
        # liblinear's dual solver draws from one generator of the process: threads would make
        # the result depend on their race
        n_jobs = 1
    solver = LogisticRegression(solver="liblinear") if loss == "log" else LinearSVC()
    solver.set_params(C=C, dual=dual, tol=tol, max_iter=max_iter, random_state=seed)
    fits = Parallel(n_jobs=n_jobs, prefer="threads", require="sharedmem")(
        delayed(_fit_label)(solver, X, _column(indicator, j), factors[j], weight, ids) for j in left
    )
    for j, fit in zip(left, fits, strict=True):
        coef[j], intercept[j], n_iter[j], sigmoid[j] = fit
    if loss == "log":
        return LabelFits(coef, intercept, n_iter, None, reached)
    slope, offset = sigmoid.T
    coef *= slope[:, None]
    return LabelFits(coef, slope * intercept + offset, n_iter, sigmoid, reached)


def _starts(duals, groups, n_samples, loss):
    """Give each block of labels where it ended last time, or None to start afresh."""
    serve = len(duals) == len(groups) and all(
        np.array_equal(last.group, group) and len(last.share) == n_samples and last.loss == loss
        for last, group in zip(duals, groups, strict=True)
    )
    return duals if serve else [None] * len(groups)


def canonical(X):
    """Bring a sparse X into the form that the solvers want, in a copy of our own if need be.

    liblinear's wrapper would sort the rows in place: the caller's, in every thread. It also
    refuses indices of 64 bits.
    """
    if not sp.issparse(X):
        return X
    if X.indices.dtype != np.int32 and max(X.nnz, *X.shape) < 2**31:
        indices, indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)
        canonical = X.has_canonical_format
        X = type(X)((X.data, indices, indptr), shape=X.shape)
        X.has_canonical_format = canonical
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return X


def _is_steep(X, C):
    """Whether a row is so long, or weighs so much, that dual coordinate descent would crawl."""
    return (C * row_norms(X, squared=True)).max() > STEEPEST


def _refuse_extremes(X, C, factors, weight, *, liblinear):
    """Refuse numbers with which the solvers would not come to an end."""
    with np.errstate(over="ignore", under="ignore"):
        scale = C * np.array([factors.min(), factors.max()]) * weight.max()
    if not (scale[0] >= 1 / LARGEST and scale[1] <= LARGEST):
        raise ValueError(
            f"C={C:g} times class_weight (up to {factors.max():g}) times sample_weight (up to "
            f"{weight.max():g}) is too {'small' if scale[0] < 1 else 'large'} to compute with. "
            f"Bring it into [{1 / LARGEST:g}, {LARGEST:g}] by another C, or divide the "
            f"weights by a number."
        )
    values = X.data if sp.issparse(X) else X
    largest = max(abs(values.max(initial=0.0)), abs(values.min(initial=0.0)))
    if liblinear and largest > LARGEST:
        raise ValueError(
            f"X holds {largest:g}; with a number above {LARGEST:g} liblinear would not come "
            f"to an end. Scale X, as by sklearn.preprocessing.MaxAbsScaler."
        )


def _column(indicator, j):
    """Column j of an indicator as a dense 1-D array."""
    if sp.issparse(indicator):
        return indicator[:, [j]].toarray().ravel()
    return indicator[:, j]


def _fit_block(problem, indicator, group, C, factors, start, ids, weight):
    """Fit a block of labels with the compiled solver; return it and the lines of its sigmoids."""
    targets = np.column_stack([_column(indicator, j) for j in group])
    if ids is None:
        return problem.fit(targets, group, C * factors, start), [1.0, 0.0]
    yes = targets > 0
    folds = np.column_stack([assign_folds(ids, column) for column in yes.T])
    fit = problem.fit(targets, group, C * factors, start, folds)
    columns = zip(fit.held_out.T, folds.T, yes.T, strict=True)
    lines = [
        fit_sigmoid(held_out, fold, positive, np.where(positive, *both[::-1]) * weight)
        for (held_out, fold, positive), both in zip(columns, factors, strict=True)
    ]
    return fit, np.vstack(lines)


def _fit_label(solver, X, y, factors, weight, ids):
    """Fit one label with liblinear; return coef, intercept, n_iter and the line of the sigmoid."""
    factored = factors[y] * weight
    line = [1.0, 0.0]
    with config_context(assume_finite=True):  # X has passed the gate
        fitted = clone(solver).fit(X, y, factored)
        if ids is not None:
            folds = assign_folds(ids, y > 0)
            held_out = np.zeros(len(y))
            for fold in range(folds.max() + 1):
                held, kept = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
                part = clone(solver).fit(X[kept], y[kept], factored[kept])
                held_out[held] = part.decision_function(X[held])
            line = fit_sigmoid(held_out, folds, y > 0, factored)
    return fitted.coef_[0], fitted.intercept_[0], np.max(fitted.n_iter_), line
