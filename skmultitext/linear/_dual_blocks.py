"""Fit blocks of labels with the compiled dual solver: layout, warm starts, held-out scores."""

from collections.abc import Sequence
from concurrent.futures import CancelledError
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.extmath import row_norms

from .._gate.types import AnyArray, BoolArray, FloatArray, IntArray
from .._runtime.compiled import load_kernels
from ._losses import LOSSES

# At this tolerance or above, float32 is accurate enough, with half the memory and twice the lanes.
SINGLE = 1e-3


class Duals(NamedTuple):
    """Dual solution of a block of labels, from which another fit may start."""

    group: IntArray  # the labels
    share: AnyArray  # alpha / C_i, (n_samples, BLOCK)
    logits: AnyArray  # u of each alpha, (n_samples, BLOCK)
    loss: str


class BlockFit(NamedTuple):
    """Solution of a block of labels."""

    coef: AnyArray
    intercept: AnyArray
    n_iter: AnyArray
    duals: Duals | None
    held_out: AnyArray | None  # scores of each row by a model that did not see it


def dual_solver() -> ModuleType | None:
    """Load the compiled solver, or return None where numba is not installed."""
    return load_kernels("linear._dual_solver")


class BlockProblem:
    """Data shared by all blocks of labels of one fit; X is CSR in canonical format."""

    def __init__(
        self, X: Any, weight: FloatArray, *, loss: str, tol: float, max_iter: int, seed: int
    ) -> None:
        self.kernels: Any = dual_solver()
        real = np.float32 if tol >= SINGLE else np.float64
        self.data = X.data.astype(real, copy=False)
        self.csr = (X.indptr, X.indices, self.data)
        self.shape = X.shape
        self.curvature = (row_norms(X, squared=True) + 1.0).astype(real)
        self.weight = weight.astype(real)
        self.loss = loss
        self.limits = (tol, max_iter, seed)

    def fit(
        self,
        stop: BoolArray,
        targets: AnyArray,
        group: IntArray,
        factors: FloatArray,
        start: Duals | None = None,
        folds: AnyArray | None = None,
        stretch: FloatArray | None = None,
    ) -> BlockFit:
        """Fit a block of labels, and score held-out rows if there are folds.

        Rows with a target below 0 are unknown, and left out for that label. If `stop`, of shape
        (1,), becomes True, the fit ends early with a `CancelledError`. `factors`, (n_labels, 2),
        holds C of the negatives and the positives of each label. `stretch`, as `folds` of shape
        (n_samples, n_labels), multiplies held-out scores without their intercepts.
        """
        n_labels, size, real = len(group), self.kernels.BLOCK, self.data.dtype
        signs = np.zeros((self.shape[0], size), np.int8)
        signs[:, :n_labels] = np.where(targets < 0, 0, 2 * targets - 1)
        C = np.zeros((2, size), real)
        C[:, :n_labels] = factors.T
        scale = np.where(signs > 0, C[1], C[0]) * self.weight[:, None]
        weights = np.zeros((self.shape[1], size), real)
        intercept = np.zeros((1, size), real)
        if start is None:
            alpha, logits = np.zeros_like(scale), np.zeros_like(scale)
        else:
            alpha, logits = start.share * scale, start.logits.astype(real)
            self.kernels.weigh_rows(stop, *self.csr, signs, alpha, weights, intercept)
        state = [weights, intercept, alpha, logits]
        n_iter = self._solve(stop, signs, C, state, warm=start is not None)
        held_out = None
        if folds is not None:
            held_out = self._score_held_out(stop, signs, C, state, folds, stretch)
        share = np.divide(alpha, scale, out=np.zeros_like(alpha), where=scale > 0)
        return BlockFit(
            weights[:, :n_labels].T,
            intercept[0, :n_labels],
            n_iter[0, :n_labels],
            Duals(group, share, logits, self.loss),
            held_out,
        )

    def _solve(
        self,
        stop: BoolArray,
        signs: AnyArray,
        C: AnyArray,
        state: Sequence[AnyArray],
        *,
        warm: bool,
    ) -> AnyArray:
        """Run the solver on `state`, in place; return the epochs of each label."""
        fixed = (self.curvature, signs, self.weight, C, LOSSES[self.loss].code)
        n_iter = self.kernels.solve_block(stop, *self.csr, *fixed, *state, *self.limits, warm)
        if stop[0]:
            raise CancelledError
        return n_iter

    def _score_held_out(
        self,
        stop: BoolArray,
        signs: AnyArray,
        C: AnyArray,
        state: Sequence[AnyArray],
        folds: AnyArray,
        stretch: FloatArray | None,
    ) -> AnyArray:
        """Score each fold by a model fitted without it, starting from the solution of all rows."""
        held_out = np.empty(folds.shape, self.data.dtype)
        scores = np.empty_like(state[2])
        held = np.zeros(signs.shape, bool)
        for fold in range(folds.max() + 1):
            held[:, : folds.shape[1]] = folds == fold
            weights, intercept, alpha, logits = (array.copy() for array in state)
            self.kernels.weigh_rows(
                stop, *self.csr, np.where(held, -signs, 0), alpha, weights, intercept
            )
            alpha[held] = 0.0
            kept = np.where(held, 0, signs).astype(np.int8)
            self._solve(stop, kept, C, [weights, intercept, alpha, logits], warm=True)
            self.kernels.score_rows(stop, *self.csr, weights, intercept, scores)
            own = slice(folds.shape[1])
            found, bias, here = scores[:, own], intercept[:, own], held[:, own]
            if stretch is not None:
                found = bias + stretch * (found - bias)
            held_out[here] = found[here]
        return held_out
