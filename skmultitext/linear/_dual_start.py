"""Where L-BFGS starts on files: after a few passes of the dual solver, part by part.

The duals of a part stand on disk while the weights go on to the next part [1]_. The weights come
close to the optimum soon, where L-BFGS spends half of its rounds far from it, but float32 and parts
that are solved in turn keep them from a small duality gap, which L-BFGS reaches and certifies.
On 100,000 generated texts x 20 labels L-BFGS took 58 rounds, and 49 for the average label; from
here 36 and 14. The passes take as long as two or three of the rounds.

References
----------
.. [1] H.-F. Yu, C.-J. Hsieh, K.-W. Chang, C.-J. Lin, "Large linear classification when data cannot
   fit in memory", KDD 2010.
"""

from collections.abc import Iterable
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import numpy as np

from .._gate.types import AnyArray, BoolArray, FloatArray, IntArray
from .._runtime.compiled import run_kernels
from ._dual_blocks import dual_solver
from ._losses import LOSSES
from ._partitions import Partition

__all__ = ["start_weights"]

PASSES = 4  # over the parts
EPOCHS = 3  # over the rows of a part in each


def start_weights(
    parts: Iterable[Any],
    folder: Path,
    labels: IntArray,
    factors: FloatArray,
    n_features: int,
    *,
    loss: str,
    n_threads: int,
) -> AnyArray | None:
    """Find weights of labels, (n_features + 1, n_labels) with the intercepts last, float32.

    `parts` have a method `read`; `factors`, (n_labels, 2), are C of each label's negatives and
    positives. Return None without numba.
    """
    kernels = dual_solver()
    if kernels is None or not len(labels):
        return None
    width = kernels.BLOCK
    blocks = [slice(first, first + width) for first in range(0, len(labels), width)]
    weights = np.zeros((n_features + 1, len(labels)), np.float32)

    def solve(stop: BoolArray, block: slice) -> None:
        C = np.zeros((2, width), np.float32)
        own = labels[block]
        C[:, : len(own)] = factors[block].T
        state = np.zeros((n_features + 1, width), np.float32)
        for n in range(PASSES):
            for number, stored in enumerate(parts):
                path = folder / f"duals-{block.start}-{number}.npy"
                duals = np.load(path) if n else None
                seed = n * 1_000_003 + number
                duals = _solve_part(kernels, stop, stored.read(), own, C, state, duals, loss, seed)
                if n < PASSES - 1:
                    np.save(path, duals)
                else:
                    path.unlink(missing_ok=True)
        weights[:, block] = state[:, : len(own)]

    run_kernels(solve, blocks, n_threads=min(n_threads, len(blocks)))
    return weights


def _solve_part(
    kernels: Any,
    stop: BoolArray,
    part: Partition,
    labels: IntArray,
    C: AnyArray,
    state: AnyArray,
    duals: AnyArray | None,
    loss: str,
    seed: int,
) -> AnyArray:
    """Improve `state`, the weights, in place, and return the new duals of a part."""
    X, features = part.X, part.columns[:-1]
    n_rows, width = X.shape[0], C.shape[1]
    words = np.ones(len(X.data), bool)
    words[X.indptr[1:] - 1] = False  # the last entry of a row is that of the intercept
    data = X.data[words].astype(np.float32)
    indptr = X.indptr - np.arange(n_rows + 1, dtype=X.indptr.dtype)
    squares = np.append(np.cumsum(data.astype(np.float64) ** 2), 0.0)
    ends = squares[indptr[1:] - 1] * (indptr[1:] > 0)
    curvature = (np.diff(ends, prepend=0.0) + 1.0).astype(np.float32)
    signs = np.zeros((n_rows, width), np.int8)
    signs[:, : len(labels)] = part.signs[:, labels]
    alpha, logits = np.zeros((2, n_rows, width), np.float32) if duals is None else duals
    near, bias = state[features], state[-1:].copy()
    csr = indptr, X.indices[words], data
    fixed = curvature, signs, part.weight.astype(np.float32), C, LOSSES[loss].code
    limits = LOSSES[loss].dual_tol, EPOCHS, seed
    kernels.solve_block(stop, *csr, *fixed, near, bias, alpha, logits, *limits, True)
    if stop[0]:
        raise CancelledError
    state[features], state[-1:] = near, bias
    return np.stack([alpha, logits])
