"""Fit one logistic regression per label on gated arrays: which solver, and the threads."""

import warnings
from functools import cache

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.utils import check_random_state

# Sparse problems with more rows than this stop early at the optimum's doorstep; smaller and
# dense ones go all the way, which costs them next to nothing.
LARGE = 2_000


@cache
def dual_solver():
    """Load the compiled solver, or return None where numba is not installed."""
    try:
        from . import _dual_solver
    except ModuleNotFoundError:
        return None
    return _dual_solver


def fit_labels(X, indicator, constant, *, C, factors, sample_weight, tol, max_iter, n_jobs,
               random_state):  # fmt: skip
    """Fit the labels in parallel threads.

    Parameters
    ----------
    X : ndarray or csr of shape (n_samples, n_features), dtype float64
        Features; a sparse X may have unsorted or repeated entries and is not changed.
    indicator : ndarray or csc_array of shape (n_samples, n_labels), dtype int8
        Labels.
    constant : float
        Intercept of a label that is always given; its negative for one that never is.
    C : float
        Inverse of the regularisation strength.
    factors : ndarray of shape (n_labels, 2) or None
        Factors of the weights of each label's negatives and positives.
    sample_weight : ndarray of shape (n_samples,) or None
        Weights above 0.
    tol : float or "auto"
        Stopping tolerance.
    max_iter : int
        Most passes.
    n_jobs : int or None
        Threads.
    random_state : int, RandomState instance or None
        Order of the rows in the dual solvers.

    Returns
    -------
    coef : ndarray of shape (n_labels, n_features), dtype float64
    intercept : ndarray of shape (n_labels,), dtype float64
    n_iter : ndarray of shape (n_labels,), dtype int64
    """
    n_labels = indicator.shape[1]
    large = sp.issparse(X) and X.shape[0] > LARGE
    if sp.issparse(X) and not X.has_canonical_format:
        # liblinear's wrapper would sort the rows in place: the caller's, in every thread
        X = X.copy()
        X.sum_duplicates()
    positives = np.asarray(indicator.sum(axis=0, dtype=np.int64)).ravel()
    varied = np.flatnonzero((positives > 0) & (positives < X.shape[0]))
    coef = np.zeros((n_labels, X.shape[1]))
    intercept = np.where(positives > 0, constant, -constant)
    n_iter = np.zeros(n_labels, dtype=np.int64)
    seed = check_random_state(random_state).randint(2**31 - 1)
    factors = np.ones((n_labels, 2)) if factors is None else factors

    compiled = large and dual_solver() is not None
    if large and not compiled and random_state is not None:
        # liblinear's dual solver draws from one generator of the process: threads would make
        # the result depend on their race
        n_jobs = 1
    tol = (0.01 if compiled else 0.1 if large else 1e-8) if tol == "auto" else tol
    if compiled:
        weight = np.ones(X.shape[0]) if sample_weight is None else sample_weight
        size = dual_solver().BLOCK
        groups = [varied[start : start + size] for start in range(0, len(varied), size)]
        tasks = [
            delayed(_fit_block)(
                X, indicator, group, C * factors[group], weight, tol, max_iter, seed
            )
            for group in groups
        ]
    else:
        groups = [[j] for j in varied]
        solver = LogisticRegression(
            C=C, solver="liblinear", dual=large, tol=tol, max_iter=max_iter, random_state=seed
        )
        tasks = [
            delayed(_fit_label)(solver, X, _column(indicator, j), factors[j], sample_weight)
            for j in varied
        ]
    fits = Parallel(n_jobs=n_jobs, prefer="threads", require="sharedmem")(tasks)
    for group, (weights, intercepts, passes) in zip(groups, fits, strict=True):
        coef[group], intercept[group], n_iter[group] = weights, intercepts, passes
    if compiled and (n_iter > max_iter).any():
        n_iter = np.minimum(n_iter, max_iter)
        warnings.warn(
            f"The solver did not converge within max_iter={max_iter} passes. Raise max_iter or "
            f"tol, or lower C.",
            ConvergenceWarning,
            stacklevel=4,
        )
    return coef, intercept, n_iter


def _column(indicator, j):
    """Column j of an indicator as a dense 1-D array."""
    if sp.issparse(indicator):
        return indicator[:, [j]].toarray().ravel()
    return indicator[:, j]


def _fit_block(X, indicator, group, factors, weight, tol, max_iter, seed):
    """Fit a block of labels with the compiled solver."""
    kernels = dual_solver()
    targets = np.zeros((X.shape[0], kernels.BLOCK), dtype=np.int8)
    for place, j in enumerate(group):
        targets[:, place] = _column(indicator, j)
    padded = np.zeros((kernels.BLOCK, 2))
    padded[: len(group)] = factors
    weights, intercepts, n_iter = kernels.solve_block(
        X.indptr, X.indices, X.data, X.shape[1], targets, weight, padded, tol, max_iter, seed
    )
    n = len(group)
    return weights[:, :n].T, intercepts[:n], n_iter[:n]


def _fit_label(solver, X, y, factors, sample_weight):
    """Fit one label with liblinear."""
    sample_weight = factors[y] if sample_weight is None else factors[y] * sample_weight
    with config_context(assume_finite=True):  # X has passed the gate
        fitted = LogisticRegression(**solver.get_params()).fit(X, y, sample_weight)
    return fitted.coef_, fitted.intercept_, fitted.n_iter_
