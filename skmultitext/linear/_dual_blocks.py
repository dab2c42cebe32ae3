"""Labels in blocks for the compiled dual solver: arrays in its layout, warm starts, folds."""

from typing import NamedTuple

import numpy as np
from sklearn.utils.extmath import row_norms

from .._compiled import load_kernels

# From this tolerance on, float32 is exact enough: half the memory to move, twice the lanes.
SINGLE = 1e-3


class Duals(NamedTuple):
    """Where a block of labels ended, to start another fit from."""

    group: np.ndarray  # the labels
    share: np.ndarray  # alpha / C_i, (n_samples, BLOCK)
    logits: np.ndarray  # u of each alpha, (n_samples, BLOCK)
    loss: str


class BlockFit(NamedTuple):
    """Solution of a block of labels."""

    coef: np.ndarray
    intercept: np.ndarray
    n_iter: np.ndarray
    duals: Duals
    held_out: np.ndarray | None  # scores of each row by a model that did not see it


def dual_solver():
    """Load the compiled solver, or return None where numba is not installed."""
    return load_kernels("linear._dual_solver")


class BlockProblem:
    """What the blocks of labels of one fit share.

    Parameters
    ----------
    X : csr of shape (n_samples, n_features), dtype float64
        Features in canonical form.
    sample_weight : ndarray of shape (n_samples,) or None
        Weights above 0.
    loss : {"log", "squared_hinge"}
        Loss.
    tol : float
        Stopping tolerance.
    max_iter : int
        Most passes.
    seed : int
        Order of the rows.
    """

    def __init__(self, X, sample_weight, *, loss, tol, max_iter, seed):
        real = np.float32 if tol >= SINGLE else np.float64
        self.data = X.data.astype(real, copy=False)
        self.csr = (X.indptr, X.indices, self.data)
        self.shape = X.shape
        self.curvature = (row_norms(X, squared=True) + 1.0).astype(real)
        weight = np.ones(X.shape[0]) if sample_weight is None else sample_weight
        self.weight = weight.astype(real)
        self.loss = loss
        self.stop = (tol, max_iter, seed)

    def fit(self, targets, group, factors, start=None, folds=None):
        """Fit a block of labels, and score held-out rows.

        Parameters
        ----------
        targets : ndarray of shape (n_samples, n_labels), dtype int8
            Indicator of at most `BLOCK` labels.
        group : ndarray of shape (n_labels,), dtype int64
            Which labels these are.
        factors : ndarray of shape (n_labels, 2), dtype float64
            C of the negatives and the positives of each label.
        start : Duals or None
            Where to start.
        folds : ndarray of shape (n_samples, n_labels), dtype int8, or None
            Fold of each row for each label, from 0.

        Returns
        -------
        BlockFit
        """
        kernels, n_labels, real = dual_solver(), len(group), self.data.dtype
        signs = np.zeros((self.shape[0], kernels.BLOCK), np.int8)
        signs[:, :n_labels] = 2 * targets - 1
        C = np.zeros((2, kernels.BLOCK), real)
        C[:, :n_labels] = factors.T
        scale = np.where(signs > 0, C[1], C[0]) * self.weight[:, None]
        weights = np.zeros((self.shape[1], kernels.BLOCK), real)
        intercept = np.zeros((1, kernels.BLOCK), real)
        if start is None:
            alpha, logits = np.zeros_like(scale), np.zeros_like(scale)
        else:
            alpha, logits = start.share * scale, start.logits.astype(real)
            kernels.weigh_rows(*self.csr, signs, alpha, weights, intercept)
        state = [weights, intercept, alpha, logits]
        n_iter = self._solve(signs, C, state, warm=start is not None)
        held_out = None
        if folds is not None:
            held_out = self._score_held_out(signs, C, state, folds)
        share = np.divide(alpha, scale, out=np.zeros_like(alpha), where=scale > 0)
        return BlockFit(
            weights[:, :n_labels].T,
            intercept[0, :n_labels],
            n_iter[0, :n_labels],
            Duals(group, share, logits, self.loss),
            held_out,
        )

    def _solve(self, signs, C, state, *, warm):
        """Run the solver on `state`, in place."""
        fixed = (self.curvature, signs, self.weight, C, self.loss == "squared_hinge")
        return dual_solver().solve_block(*self.csr, *fixed, *state, *self.stop, warm)

    def _score_held_out(self, signs, C, state, folds):
        """Fit without each fold, starting from the solution less the fold; score the fold."""
        kernels = dual_solver()
        held_out = np.empty(folds.shape, self.data.dtype)
        scores = np.empty_like(state[2])
        held = np.zeros(signs.shape, bool)
        for fold in range(folds.max() + 1):
            held[:, : folds.shape[1]] = folds == fold
            weights, intercept, alpha, logits = (array.copy() for array in state)
            kernels.weigh_rows(*self.csr, np.where(held, -signs, 0), alpha, weights, intercept)
            alpha[held] = 0.0
            kept = np.where(held, 0, signs).astype(np.int8)
            self._solve(kept, C, [weights, intercept, alpha, logits], warm=True)
            kernels.score_rows(*self.csr, weights, intercept, scores)
            here = held[:, : folds.shape[1]]
            held_out[here] = scores[:, : folds.shape[1]][here]
        return held_out
