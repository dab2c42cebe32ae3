"""Dual coordinate descent for L2-regularised linear models, sixteen labels at a time.

The dual of one label has a variable alpha_i for every row, and the weights are
``w = sum_i alpha_i y_i x_i``. Rows are visited in random order; each visit moves the alpha of its
row to where the dual is lowest. With m the margin ``y (w x + b)`` and a = ``||x||^2 + 1``:

- logistic loss [1]_: alpha in (0, C_i). With ``alpha = C sigma(u)`` the best step is the root of
  ``f(u) = u + m + a (C sigma(u) - alpha)``, which rises with a slope of at least 1 and has its root
  between the old u and -m. Newton's method, kept inside this bracket, finds it with one
  exponential a step, where steps in alpha itself take two logarithms.
- squared hinge loss [2]_: alpha >= 0, and the best step has a closed form.

Labels share the visit of a row, one lane of a vector each: a row is read once for all of them, and
the weights of a feature, side by side in one line of the cache, are fetched once. What a label gets
does not depend on the others in its block.

With the logistic loss, after the first epochs most rows stand nearly still, and the few that do not
decide how long it takes. Hence only one epoch in `PERIOD` visits all rows; the others leave out,
label by label, the rows whose derivative was small when last seen, as liblinear shrinks its active
set, but for a while only. Whether a label has converged is seen in the epochs that visit all. The
squared hinge needs too few epochs to gain by it.

Rows are visited by `ADJACENT` neighbours at a time, other ones each epoch: what memory brings for
one serves the next.

Tried, in one thread to the same tolerance, on 43,410 short texts x 28 labels and 8,000 texts of 125
features x 95 labels, each side by side with blocks of 8 float64 in loops left to the compiler: one
label at a time as liblinear does (as fast as liblinear); 16 float32 in such loops (0.98 and 0.55
of the time: none became a vector instruction); vectors as a type, kept (0.30 and 0.20). With the
weights of the next row fetched ahead these took longer. Starting from the base rates saves no
epoch. Resting rows shorten a path of ten C from 0.1 to 100 on the short texts to 0.6 of the time of
whole epochs, at C = 1 and on the long texts they change nothing; neighbours take off another 0.13
on the short texts, on the long ones 0.2 at C = 1 and nothing at C = 100.

References
----------
.. [1] H.-F. Yu, F.-L. Huang, C.-J. Lin, "Dual coordinate descent methods for logistic regression
   and maximum entropy models", Machine Learning 85, 2011.
.. [2] C.-J. Hsieh, K.-W. Chang, C.-J. Lin, S. S. Keerthi, S. Sundararajan, "A dual coordinate
   descent method for large-scale linear SVM", ICML 2008.
"""

import numpy as np

from .._compiled import compiled
from ._lanes import (
    WIDTH,
    bits_of,
    fill,
    load,
    load_as,
    mask_of,
    power_of_two,
    some,
    store,
    truncate,
    where,
)

BLOCK = WIDTH  # labels to a block

ADJACENT = 4  # rows visited one after the other
FIRST = 4  # epochs before any row is left out
PERIOD = 6  # from then on, one epoch in so many visits all rows
STILL = 0.2  # a row rests whose derivative is at most this share of the largest of a whole epoch

_MOST_STEPS = 100


@compiled
def _sigma(u, exact):
    """Compute 1 / (1 + exp(-u)), to float32's or, if `exact`, to float64's precision."""
    x = u * -1.4426950408889634  # exp(-u) is 2 to this power: a whole one times a small one
    x = where(x > 100.0, 100.0, where(x < -100.0, -100.0, x))
    n = truncate(x + where(x < 0.0, -0.5, where(x > 0.0, 0.5, x)))
    r = (x - n) * 0.6931471805599453
    power = r * 0.0
    if exact:
        power = r * (1 / 6227020800) + 1 / 479001600
        power = power * r + 1 / 39916800
        power = power * r + 1 / 3628800
        power = power * r + 1 / 362880
        power = power * r + 1 / 40320
    power = power * r + 1 / 5040
    power = power * r + 1 / 720
    power = power * r + 1 / 120
    power = power * r + 1 / 24
    power = power * r + 1 / 6
    power = power * r + 0.5
    power = power * r + 1.0
    power = power * r + 1.0
    return 1.0 / (1.0 + power * power_of_two(n))


@compiled
def _logistic_step(left, u, old, margin, a, C, accuracy, exact):
    """Find the root of f in the lanes `left` by Newton's method in its bracket; return u, alpha."""
    before = u
    end = margin * -1.0
    fresh = old <= 0.0  # the first visit: no u belongs to alpha yet
    low = where(fresh, end - a * C, where(u < end, u, end))
    high = where(fresh, end, where(u < end, end, u))
    u = where(fresh, end, u)
    alpha = where(fresh, C * _sigma(u, exact), old)
    searching = left
    for _ in range(_MOST_STEPS):
        value = u + margin + a * (alpha - old)
        searching = searching & ((value > accuracy) | (value < -accuracy))
        if not some(searching):
            break
        high = where(value > 0.0, u, high)
        low = where(value > 0.0, low, u)
        step = u - value / (1.0 + a * alpha * (1.0 - alpha / C))
        step = where((low < step) & (step < high), step, 0.5 * (low + high))
        u = where(searching, step, u)
        alpha = where(searching, C * _sigma(u, exact), alpha)
    return where(left, u, before), where(left, alpha, old)


@compiled
def solve_block(indptr, indices, data, curvature, signs, weight, factors, squared_hinge, weights,
                intercept, alpha, logits, tol, max_iter, seed, warm):  # fmt: skip
    """Fit up to `BLOCK` labels, in the precision of `data`.

    Parameters
    ----------
    indptr, indices, data : ndarray
        X in CSR.
    curvature : ndarray of shape (n_samples,), dtype of `data`
        Squared length of each row, plus 1.
    signs : ndarray of shape (n_samples, BLOCK), dtype int8
        1 where the label is given, -1 where not, 0 where the label is to leave the row out.
    weight : ndarray of shape (n_samples,), dtype of `data`
        Weights of the rows, above 0.
    factors : ndarray of shape (2, BLOCK), dtype of `data`
        C of the negatives and of the positives of each label; 0 for a lane without a label.
    squared_hinge : bool
        Whether the loss is the squared hinge instead of the logistic one.
    weights : ndarray of shape (n_features, BLOCK), dtype of `data`
        Weights that belong to `alpha`; changed in place to the solution.
    intercept : ndarray of shape (1, BLOCK), dtype of `data`
        Intercepts, likewise.
    alpha : ndarray of shape (n_samples, BLOCK), dtype of `data`
        Dual variables to start from, likewise: all 0 for a cold start.
    logits : ndarray of shape (n_samples, BLOCK), dtype of `data`
        u of each alpha above 0, likewise; unused for the squared hinge.
    tol : float
        A label has converged once no derivative met in an epoch exceeds this.
    max_iter : int
        Most epochs.
    seed : int
        Seed of the order in which rows are visited.
    warm : bool
        Whether a label may have converged after one epoch.

    Returns
    -------
    n_iter : ndarray of shape (1, BLOCK), dtype of `data`
        Epochs that the label took; `max_iter` + 1 where it did not converge.
    """
    n_samples = len(indptr) - 1
    exact = data.itemsize == 8
    skip = 0.1 * tol
    zero = fill(data, 0.0)
    one = fill(data, 1.0)
    C_no, C_yes = load(factors, 0), load(factors, 1)
    bias = load(intercept, 0)
    active = C_no > 0.0
    n_iter = where(active, fill(data, max_iter + 1.0), 0.0)
    order = np.arange(n_samples // ADJACENT + 2)
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
        whole = squared_hinge or epoch < FIRST or (epoch - FIRST) % PERIOD == 0
        visitors = bits_of(active)
        steepest = zero
        shift = np.int64(random % np.uint64(ADJACENT))
        for chunk in order:
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
                C = where(sign > 0.0, C_yes, C_no) * weight[i]
                margin = sign * score
                old = load(alpha, i)
                fresh = old <= 0.0
                left = active & (sign * sign > 0.0)
                if not whole:
                    left = left & mask_of(~rests)
                if squared_hinge:
                    u = zero
                    derivative = margin - 1.0 + 0.5 * (one / C) * old
                    derivative = where(fresh & (derivative > 0.0), 0.0, derivative)
                else:
                    u = load(logits, i)
                    derivative = where(fresh, 0.0, u + margin)
                size = where(derivative < 0.0, zero - derivative, derivative)
                size = where(left, size, 0.0)
                seen = bits_of(left)
                resting[i] = rests & ~seen | seen & bits_of(size <= still)
                steepest = where(size > steepest, size, steepest)
                if squared_hinge:
                    left = left & (size > skip)
                    if not some(left):
                        continue
                    new = old - derivative / (0.5 * (one / C) + a)
                    new = where(left, where(new > 0.0, new, 0.0), old)
                else:
                    left = left & (fresh | (size > skip))
                    if not some(left):
                        continue
                    u, new = _logistic_step(left, u, old, margin, a, C, skip, exact)
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
            n_iter = where(converged, epoch + 1.0, n_iter)
            active = active & (steepest > tol)
            if not some(active):
                break
    store(intercept, 0, bias)
    took = np.empty((1, BLOCK), data.dtype)
    store(took, 0, n_iter)
    return took


@compiled
def weigh_rows(indptr, indices, data, signs, alpha, weights, intercept):
    """Add ``sum_i alpha_i y_i x_i`` to `weights` and `intercept`, in place, as in `solve_block`."""
    bias = load(intercept, 0)
    for i in range(len(indptr) - 1):
        change = load(alpha, i) * load_as(bias, signs, i)
        bias = bias + change
        for k in range(indptr[i], indptr[i + 1]):
            f = np.int64(indices[k])
            store(weights, f, load(weights, f) + change * data[k])
    store(intercept, 0, bias)


@compiled
def score_rows(indptr, indices, data, weights, intercept, scores):
    """Write ``w x + b`` into `scores`, ndarray of shape (n_samples, BLOCK)."""
    for i in range(len(indptr) - 1):
        score = load(intercept, 0)
        for k in range(indptr[i], indptr[i + 1]):
            score += load(weights, np.int64(indices[k])) * data[k]
        store(scores, i, score)
