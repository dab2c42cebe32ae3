"""Dual coordinate descent for L2-regularised linear models, sixteen labels at a time.

The dual of one label has a variable alpha_i for every row, and the weights are
``w = sum_i alpha_i y_i x_i``. Rows are visited in random order; each visit moves the alpha of its
row to where the dual is lowest. `_losses.visit` does that for each loss.

Labels share the visit of a row, one lane of a vector each: a row is read once for all of them, and
the weights of a feature, adjacent in one cache line, are fetched once. The result of a label does
not depend on the others in its block.

With the logistic loss, most rows hardly change after the first epochs, and the few that still do
determine the running time. Hence only one epoch in `PERIOD` visits all rows; the others skip, label
by label, the rows whose derivative was small at their last visit. liblinear's shrinking of the
active set is similar, but permanent. Convergence is checked in the epochs that visit all rows. The
squared hinge needs too few epochs to gain from skipping.

Rows are visited in runs of `ADJACENT` neighbours, different runs in each epoch, so that memory
fetched for one row is used for the next.

Alternatives were timed in one thread, to the same tolerance, on 43,410 short texts x 28 labels and
8,000 texts of 125 features x 95 labels, relative to blocks of 8 float64 in plain loops. One label
at a time, as in liblinear, is as fast as liblinear. Plain loops over 16 float32 take 0.98 and 0.55
of the time, as none is vectorised; the vector type used here takes 0.30 and 0.20. Prefetching the
weights of the next row takes longer. Starting from the base rates saves no epoch. Skipping rows
cuts a path of ten C from 0.1 to 100 on the short texts to 0.6 of the time; at C = 1 and on the long
texts it changes nothing. Runs of neighbours save another 0.13 on the short texts, and on the long
ones 0.2 at C = 1 and nothing at C = 100.
"""

from typing import Any

import numpy as np

from .._gate.types import AnyArray, BoolArray
from .._runtime.compiled import compiled
from . import _losses
from ._lanes import WIDTH, bits_of, fill, load, load_as, mask_of, store

BLOCK = WIDTH  # labels to a block

ADJACENT = 4  # neighbouring rows visited in a run
FIRST = 4  # epochs before any row is skipped
PERIOD = 6  # from then on, one epoch in this many visits all rows
STILL = 0.2  # rows are skipped whose derivative is at most this share of the largest in an epoch

_keeps_logits = compiled(_losses.keeps_logits)
_rests_rows = compiled(_losses.rests_rows)
_visit = compiled(_losses.visit)


@compiled
def solve_block(
    stop: BoolArray,
    indptr: AnyArray,
    indices: AnyArray,
    data: AnyArray,
    curvature: AnyArray,
    signs: AnyArray,
    weight: AnyArray,
    factors: AnyArray,
    loss: int,
    weights: AnyArray,
    intercept: AnyArray,
    alpha: AnyArray,
    logits: AnyArray,
    tol: float,
    max_iter: int,
    seed: int,
    warm: bool,
) -> Any:
    """Fit up to `BLOCK` labels, in the precision of `data`; return the epochs that each took.

    X is CSR. The other arrays are:

    - stop (1,): becomes True if the fit must end early; the result is then invalid;
    - curvature (n_samples,): squared length of each row, plus 1;
    - signs (n_samples, BLOCK), int8: 1 where the label is given, -1 where not, 0 where the label
      leaves the row out;
    - weight (n_samples,): weights of the rows, above 0;
    - factors (2, BLOCK): C of the negatives and positives of each label, 0 for unused lanes;
    - weights (n_features, BLOCK), intercept (1, BLOCK), alpha and logits (n_samples, BLOCK): where
      to start, all 0 for a cold start; changed in place to the solution. `logits` holds u of each
      alpha above 0, for the losses that keep it.

    A label has converged once no derivative met in an epoch exceeds `tol`; one that has not within
    `max_iter` epochs counts one more. With `warm` a label may converge in the first epoch.
    """
    n_samples = len(indptr) - 1
    skip = 0.1 * tol
    zero = fill(data, 0.0)
    keeps, rests_rows = _keeps_logits(loss), _rests_rows(loss)
    C_no, C_yes = load(factors, 0), load(factors, 1)
    bias = load(intercept, 0)
    active = C_no > 0.0
    n_iter = np.where(active, fill(data, max_iter + 1.0), 0.0)
    order: Any = np.arange(n_samples // ADJACENT + 2)
    resting = np.zeros(n_samples, np.uint16)  # a bit for each lane
    still = zero
    random = np.uint64(seed) * np.uint64(2685821657736338717) + np.uint64(88172645463325252)
    for epoch in range(max_iter):
        for i in range(len(order) - 1, 0, -1):  # Fisher-Yates, numbers by xorshift64
            random ^= random << np.uint64(13)
            random ^= random >> np.uint64(7)
            random ^= random << np.uint64(17)
            j = np.int64(random % np.uint64(i + 1))
            order[i], order[j] = order[j], order[i]
        whole = not rests_rows or epoch < FIRST or (epoch - FIRST) % PERIOD == 0
        visitors = bits_of(active)
        steepest = zero
        shift = np.int64(random % np.uint64(ADJACENT))
        for chunk in order:
            if stop[0]:
                return np.empty((1, BLOCK), data.dtype)
            start = chunk * ADJACENT - shift
            for i in range(max(0, start), min(n_samples, start + ADJACENT)):
                rests = resting[i]
                if not whole and visitors & ~rests == 0:
                    continue
                score = bias
                for k in range(indptr[i], indptr[i + 1]):
                    score += load(weights, np.int64(indices[k])) * data[k]
                a = curvature[i]
                sign = load_as(zero, signs, i)
                C = np.where(sign > 0.0, C_yes, C_no) * weight[i]
                margin = sign * score
                old = load(alpha, i)
                left = active & (sign * sign > 0.0)
                if not whole:
                    left = left & mask_of(~rests)
                u = load(logits, i) if keeps else zero
                size, moved, u, new = _visit(loss, left, u, old, margin, a, C, skip)
                size = np.where(left, size, 0.0)
                seen = bits_of(left)
                resting[i] = rests & ~seen | seen & bits_of(size <= still)
                steepest = np.where(size > steepest, size, steepest)
                if not np.any(moved):
                    continue
                if keeps:
                    store(logits, i, u)
                store(alpha, i, new)
                change = (new - old) * sign
                bias = bias + change
                for k in range(indptr[i], indptr[i + 1]):
                    f = np.int64(indices[k])
                    store(weights, f, load(weights, f) + change * data[k])
        if whole:
            still = STILL * steepest
        if whole and (epoch > 0 or warm):
            converged = active & (steepest <= tol)
            n_iter = np.where(converged, epoch + 1.0, n_iter)
            active = active & (steepest > tol)
            if not np.any(active):
                break
    store(intercept, 0, bias)
    took = np.empty((1, BLOCK), data.dtype)
    store(took, 0, n_iter)
    return took


@compiled
def weigh_rows(
    stop: BoolArray,
    indptr: AnyArray,
    indices: AnyArray,
    data: AnyArray,
    signs: AnyArray,
    alpha: AnyArray,
    weights: AnyArray,
    intercept: AnyArray,
) -> None:
    """Add ``sum_i alpha_i y_i x_i`` to `weights` and `intercept`, in place, as in `solve_block`."""
    bias = load(intercept, 0)
    for i in range(len(indptr) - 1):
        if stop[0]:
            return
        change = load(alpha, i) * load_as(bias, signs, i)
        bias = bias + change
        for k in range(indptr[i], indptr[i + 1]):
            f = np.int64(indices[k])
            store(weights, f, load(weights, f) + change * data[k])
    store(intercept, 0, bias)


@compiled
def score_rows(
    stop: BoolArray,
    indptr: AnyArray,
    indices: AnyArray,
    data: AnyArray,
    weights: AnyArray,
    intercept: AnyArray,
    scores: AnyArray,
) -> None:
    """Write ``w x + b`` into `scores`, ndarray of shape (n_samples, BLOCK)."""
    for i in range(len(indptr) - 1):
        if stop[0]:
            return
        score = load(intercept, 0)
        for k in range(indptr[i], indptr[i + 1]):
            score += load(weights, np.int64(indices[k])) * data[k]
        store(scores, i, score)
