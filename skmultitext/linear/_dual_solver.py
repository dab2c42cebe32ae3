"""Dual coordinate descent for L2-regularised logistic regression, several labels at a time.

The dual of one label has a variable alpha_i in (0, C_i) for every row, and the weights are
``w = sum_i alpha_i y_i x_i`` (Yu, Huang, Lin, "Dual coordinate descent methods for logistic
regression and maximum entropy models", Machine Learning 85, 2011). With ``alpha = C sigma(u)``
the best step for one row is the root of ``f(u) = u + m + a (C sigma(u) - alpha)``, where m is
the margin ``y (w x + b)`` and a is ``||x||^2 + 1``. f increases with a slope of at least 1 and
has its root between the old u and -m; Newton's method, kept inside this bracket, finds it with
one exponential a step, where steps in alpha itself take two logarithms.

Labels share the visit of a row: the weights of a feature for the labels of a block stand side
by side in one line of the cache, so that a row is read once for all of them. What a label gets
does not depend on the others in its block.

Tried and dropped: one label at a time (as fast as liblinear, no faster), steps in alpha instead
of u.
"""

import numpy as np

from .._compiled import compiled

BLOCK = 8  # labels to a block: eight float64 fill a cache line


@compiled
def _best_step(u, margin, a, C, alpha, accuracy):
    """Find the root of f by Newton's method inside its bracket; return u and C sigma(u)."""
    low, high = min(u, -margin), max(u, -margin)
    value = u + margin  # f(u), as alpha is C sigma(u)
    if alpha > 0.0:
        u -= value / (1.0 + a * alpha * (1.0 - alpha / C))
        if not low < u < high:
            u = 0.5 * (low + high)
    else:  # the first visit: no u belongs to alpha yet
        u = -margin
        low = -np.inf
    goal = max(accuracy, 0.01 * abs(value))
    new = C / (1.0 + np.exp(-u))
    for _ in range(100):
        value = u + margin + a * (new - alpha)
        if abs(value) <= goal:
            break
        if value < 0.0:
            low = u
        else:
            high = u
        u -= value / (1.0 + a * new * (1.0 - new / C))
        if not low < u < high and low > -np.inf:
            u = 0.5 * (low + high)
        new = C / (1.0 + np.exp(-u))
    return u, new


@compiled
def solve_block(indptr, indices, data, n_features, targets, weight, factors, tol, max_iter, seed):
    """Fit up to `BLOCK` labels.

    Parameters
    ----------
    indptr, indices, data : ndarray
        X in CSR, data float64.
    n_features : int
        Number of columns of X.
    targets : ndarray of shape (n_samples, BLOCK), dtype int8
        Indicator of the labels.
    weight : ndarray of shape (n_samples,), dtype float64
        Weights of the rows, above 0.
    factors : ndarray of shape (BLOCK, 2), dtype float64
        C of the negatives and of the positives of each label; 0 for a label to leave out.
    tol : float
        A label has converged once no derivative met in an epoch exceeds this.
    max_iter : int
        Most epochs.
    seed : int
        Seed of the order in which rows are visited.

    Returns
    -------
    weights : ndarray of shape (n_features, BLOCK), dtype float64
        Weights of the features.
    intercepts : ndarray of shape (BLOCK,), dtype float64
        Intercepts.
    n_iter : ndarray of shape (BLOCK,), dtype int64
        Epochs that the label took; `max_iter` + 1 where it did not converge.
    """
    n_samples = len(indptr) - 1
    weights = np.zeros((n_features, BLOCK))
    intercepts = np.zeros(BLOCK)
    alpha = np.zeros((n_samples, BLOCK))
    logits = np.zeros((n_samples, BLOCK))  # u of each alpha
    curvature = np.ones(n_samples)
    for i in range(n_samples):
        for k in range(indptr[i], indptr[i + 1]):
            curvature[i] += data[k] * data[k]
    order = np.arange(n_samples)
    active = factors[:, 0] > 0
    n_iter = np.where(active, max_iter + 1, 0)
    steepest = np.zeros(BLOCK)
    score = np.zeros(BLOCK)
    change = np.zeros(BLOCK)
    random = np.uint64(seed) * np.uint64(2685821657736338717) + np.uint64(88172645463325252)
    for epoch in range(max_iter):
        for i in range(n_samples - 1, 0, -1):  # Fisher-Yates, numbers by xorshift64
            random ^= random << np.uint64(13)
            random ^= random >> np.uint64(7)
            random ^= random << np.uint64(17)
            j = np.int64(random % np.uint64(i + 1))
            order[i], order[j] = order[j], order[i]
        steepest[:] = 0.0
        for i in order:
            for j in range(BLOCK):
                score[j] = intercepts[j]
            for k in range(indptr[i], indptr[i + 1]):
                x = data[k]
                for j in range(BLOCK):
                    score[j] += weights[indices[k], j] * x
            moved = False
            for j in range(BLOCK):
                change[j] = 0.0
                if not active[j]:
                    continue
                sign = 2.0 * targets[i, j] - 1.0
                margin = sign * score[j]
                old = alpha[i, j]
                if epoch > 0:
                    derivative = abs(logits[i, j] + margin)
                    steepest[j] = max(steepest[j], derivative)
                    if derivative <= 0.1 * tol:
                        continue
                C = factors[j, targets[i, j]] * weight[i]
                u, new = _best_step(logits[i, j], margin, curvature[i], C, old, 0.1 * tol)
                logits[i, j] = u
                alpha[i, j] = new
                change[j] = (new - old) * sign
                moved = True
            if moved:
                for j in range(BLOCK):
                    intercepts[j] += change[j]
                for k in range(indptr[i], indptr[i + 1]):
                    x = data[k]
                    for j in range(BLOCK):
                        weights[indices[k], j] += change[j] * x
        if epoch > 0:
            for j in range(BLOCK):
                if active[j] and steepest[j] <= tol:
                    active[j] = False
                    n_iter[j] = epoch + 1
        if not active.any():
            break
    return weights, intercepts, n_iter
