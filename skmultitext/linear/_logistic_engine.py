"""Fit one logistic regression per label on gated arrays: which solver, and the threads."""

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed, effective_n_jobs
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils import check_random_state

from .._compiled import load_kernels, run_kernels

# Sparse problems with more rows than this stop early at the optimum's doorstep; smaller and
# dense ones go all the way, which costs them next to nothing.
LARGE = 2_000


# Where C times the squared length of a row exceeds this, dual coordinate descent crawls.
STEEPEST = 1_000.0

# Passes after which a label goes from the compiled dual solver to liblinear's primal one.
DUAL_PASSES = 200


def dual_solver():
    """Load the compiled solver, or return None where numba is not installed."""
    return load_kernels("linear._dual_solver")


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
    X = canonical(X)
    positives = np.asarray(indicator.sum(axis=0, dtype=np.int64)).ravel()
    varied = np.flatnonzero((positives > 0) & (positives < X.shape[0]))
    coef = np.zeros((n_labels, X.shape[1]))
    intercept = np.where(positives > 0, constant, -constant)
    n_iter = np.zeros(n_labels, dtype=np.int64)
    factors = np.ones((n_labels, 2)) if factors is None else factors
    seed = check_random_state(random_state).randint(2**31 - 1)
    dual = sp.issparse(X) and X.shape[0] > LARGE and not _is_steep(X, C * factors.max())
    if tol == "auto":
        tol = 0.01 if dual else 1e-8

    left = varied
    if dual and dual_solver() is not None:
        passes = min(max_iter, DUAL_PASSES)
        weight = np.ones(X.shape[0]) if sample_weight is None else sample_weight
        size = dual_solver().BLOCK
        groups = [varied[start : start + size] for start in range(0, len(varied), size)]
        fits = run_kernels(
            lambda group: _fit_block(
                X, indicator, group, C * factors[group], weight, tol, passes, seed
            ),
            groups,
            n_threads=effective_n_jobs(n_jobs),
        )
        for group, (weights, intercepts, took) in zip(groups, fits, strict=True):
            coef[group], intercept[group], n_iter[group] = weights, intercepts, took
        left = varied[n_iter[varied] > passes]
        dual = False
        tol = min(tol, 1e-4)
    elif dual and random_state is not None:
        # liblinear's dual solver draws from one generator of the process: threads would make
        # the result depend on their race
        n_jobs = 1
    solver = LogisticRegression(
        C=C, solver="liblinear", dual=dual, tol=tol, max_iter=max_iter, random_state=seed
    )
    fits = Parallel(n_jobs=n_jobs, prefer="threads", require="sharedmem")(
        delayed(_fit_label)(solver, X, _column(indicator, j), factors[j], sample_weight)
        for j in left
    )
    for j, (weights, intercepts, took) in zip(left, fits, strict=True):
        coef[j], intercept[j], n_iter[j] = weights, intercepts, took
    return coef, intercept, n_iter


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
    """Whether a row is so long that dual coordinate descent would crawl."""
    squared_length = np.asarray(X.multiply(X).sum(axis=1))
    return C * squared_length.max() > STEEPEST


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
        fitted = clone(solver).fit(X, y, sample_weight)
    return fitted.coef_[0], fitted.intercept_[0], fitted.n_iter_[0]
