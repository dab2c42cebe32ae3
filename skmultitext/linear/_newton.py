"""L2-regularised logistic regression on dense features: Newton's method, labels in step."""

import numpy as np
from scipy.special import expit

# Labels of a block share each product with X. More would not run faster, and take more memory.
BLOCK = 32

_ROWS = 4096  # whose squares are held at a time
_MOST_PRODUCTS = 200  # with X in a step of Newton's method
_HALVINGS = 30


def fit_newton(X, targets, factors, weight, tol, max_iter):
    """Fit a block of labels with truncated Newton steps, all labels sharing each product with X.

    Every label minimises ``||w||^2 / 2 + b^2 / 2 + sum_i s_i log(1 + exp(-z_i (w x_i + b)))``;
    a step is solved by conjugate gradients with the diagonal as preconditioner, to the accuracy
    that keeps convergence superlinear [1]_, and halved until the objective falls enough.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), dtype float64
        Features.
    targets : ndarray of shape (n_samples, n_labels), dtype int8
        Labels, none of them constant.
    factors : ndarray of shape (n_labels, 2), dtype float64
        C times the factors of the weights of negatives and positives.
    weight : ndarray of shape (n_samples,), dtype float64
        Weights of the rows, above 0.
    tol : float
        Stop where the gradient's norm is below ``tol * min(n_positives, n_negatives) /
        n_samples`` times that at zero, as liblinear does, in (0, inf).
    max_iter : int
        Most steps.

    Returns
    -------
    coef : ndarray of shape (n_labels, n_features), dtype float64
    intercept : ndarray of shape (n_labels,), dtype float64
    n_iter : ndarray of shape (n_labels,), dtype int64
        Steps; ``max_iter + 1`` for a label that did not converge.

    References
    ----------
    .. [1] S. G. Nash, "A survey of truncated-Newton methods", J. Comput. Appl. Math. 124, 2000.
    """
    n_samples, n_labels = targets.shape
    weights = np.zeros((X.shape[1] + 1, n_labels))  # the intercept comes last
    n_iter = np.full(n_labels, max_iter + 1)
    active = np.arange(n_labels)
    positive = targets.astype(bool)
    share = np.where(positive, factors[:, 1], factors[:, 0]) * weight[:, None]
    margins = np.zeros(targets.shape)
    rarer = np.minimum(positive.sum(axis=0), (~positive).sum(axis=0))
    limits = None
    for step in range(max_iter + 1):
        probability = expit(margins)
        w = weights[:, active]
        gradient = w + _transposed(X, share * (probability - positive))
        norms = np.linalg.norm(gradient, axis=0)
        if limits is None:
            limits = tol * rarer / n_samples * norms
        left = norms > limits
        n_iter[active[~left]] = step
        if not left.any() or step == max_iter:
            break
        if not left.all():
            active, limits, w, gradient = active[left], limits[left], w[:, left], gradient[:, left]
            positive, share = positive[:, left], share[:, left]
            margins, probability = margins[:, left], probability[:, left]
        direction, products = _newton_direction(
            X, gradient, share * probability * (1 - probability)
        )
        length = _step_lengths(w, gradient, direction, margins, products, share, positive)
        weights[:, active] = w + length * direction
        margins += length * products
        stuck = length == 0  # rounding: no step is better than where it stands
        limits = np.where(stuck, np.inf, limits)
    return weights[:-1].T.copy(), weights[-1], n_iter


def _times(X, vectors):
    return X @ vectors[:-1] + vectors[-1]


def _transposed(X, rows):
    return np.vstack([X.T @ rows, rows.sum(axis=0)])


def _newton_direction(X, gradient, curvature):
    """Solve for the Newton directions of all labels; return them and their products with X."""
    diagonal = np.ones_like(gradient)
    diagonal[-1] += curvature.sum(axis=0)
    for start in range(0, len(X), _ROWS):
        rows = slice(start, start + _ROWS)
        diagonal[:-1] += (X[rows] ** 2).T @ curvature[rows]
    norms = np.linalg.norm(gradient, axis=0)
    first = np.linalg.norm(gradient / np.sqrt(diagonal), axis=0)
    # relative accuracy of the solution: the square root of the gradient's norm, as a share of
    # the curvature's scale, makes the last steps superlinear
    wanted = first * np.minimum(0.1, np.sqrt(norms / diagonal.max(axis=0)))
    direction = np.zeros_like(gradient)
    products = np.zeros_like(curvature)
    residual = -gradient
    scaled = residual / diagonal
    search = scaled
    energy = (residual * scaled).sum(axis=0)
    for _ in range(_MOST_PRODUCTS):
        going = np.sqrt(energy) > wanted
        if not going.any():
            break
        along = _times(X, search)
        curved = search + _transposed(X, curvature * along)
        length = np.where(going, energy / np.maximum((search * curved).sum(axis=0), 1e-300), 0)
        direction += length * search
        products += length * along
        residual = residual - length * curved
        scaled = residual / diagonal
        before, energy = energy, (residual * scaled).sum(axis=0)
        search = scaled + np.where(going, energy / np.maximum(before, 1e-300), 0) * search
    return direction, products


def _step_lengths(w, gradient, direction, margins, products, share, positive):
    """Halve each label's step until its objective falls by a share of what the slope promises."""

    def objective(length, labels):
        moved = w[:, labels] + length[labels] * direction[:, labels]
        z = margins[:, labels] + length[labels] * products[:, labels]
        losses = np.logaddexp(0, np.where(positive[:, labels], -z, z))
        return 0.5 * (moved**2).sum(axis=0) + (share[:, labels] * losses).sum(axis=0)

    length = np.ones(w.shape[1])
    every = np.arange(w.shape[1])
    here = objective(np.zeros(w.shape[1]), every)
    slope = (gradient * direction).sum(axis=0)
    # what rounding may add to a sum of this size does not count as a rise
    slack = 1e-13 * here
    left = every
    for _ in range(_HALVINGS):
        found = objective(length, left)
        left = left[found > here[left] + 1e-4 * length[left] * slope[left] + slack[left]]
        if not left.size:
            return length
        length[left] /= 2
    length[left] = 0
    return length
