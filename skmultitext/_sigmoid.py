"""Platt's sigmoid: the line from a score to the logit of a label."""

import numpy as np
from scipy.special import logit

_MOST_STEPS = 100
_ACCURACY = 1e-10
_ROUNDING = 1e-14  # a loss summed over rows is no more exact


def sigmoid_line(z, positive, weight, *, intercept=True):
    """Fit a line by maximum likelihood, with Platt's targets, by Newton's method.

    The targets are ``(P + 1) / (P + 2)`` for a positive and ``1 / (N + 2)`` for a negative,
    which keeps a few documents that are told apart from making the slope infinite.

    Parameters
    ----------
    z : ndarray of shape (n_samples,), dtype float64
        Scores of documents that the scorer has not seen.
    positive : ndarray of shape (n_samples,), dtype bool
        Whether the document has the label.
    weight : ndarray of shape (n_samples,), dtype float64
        Weight of each document.
    intercept : bool, default=True
        Whether there is an intercept; without it this is temperature scaling.

    Returns
    -------
    ndarray of shape (2,) or, without intercept, (1,), dtype float64
        Slope and intercept.
    """
    P, N = weight[positive].sum(), weight[~positive].sum()
    target = np.where(positive, (P + 1) / (P + 2), 1 / (N + 2))
    design = np.stack([z, np.ones_like(z)] if intercept else [z])
    line = np.zeros(len(design))
    if intercept:
        line[1] = logit((target @ weight) / weight.sum())
    loss, proba = _log_loss(line, design, target, weight)
    for _ in range(_MOST_STEPS):
        # einsum, not a matrix product: BLAS would start threads for these few columns
        gradient = np.einsum("ki,i->k", design, weight * (proba - target))
        hessian = np.einsum("ki,li,i->kl", design, design, weight * proba * (1 - proba))
        hessian[np.diag_indices_from(hessian)] += 1e-10 * max(1.0, np.trace(hessian))
        direction = np.linalg.solve(hessian, gradient)
        if np.abs(direction).max() <= _ACCURACY * max(1.0, np.abs(line).max()):
            break
        step = 1.0
        while step > 1e-8:
            tried = line - step * direction
            tried_loss, tried_proba = _log_loss(tried, design, target, weight)
            if tried_loss <= loss + _ROUNDING * abs(loss):
                break
            step /= 2
        else:
            break
        line, loss, proba = tried, tried_loss, tried_proba
    return line


def _log_loss(line, design, target, weight):
    """Cross-entropy of the line's logits, without overflow, and their probabilities."""
    logits = np.einsum("k,ki->i", line, design)
    small = np.exp(-np.abs(logits))
    losses = np.maximum(logits, 0) + np.log1p(small) - target * logits
    return np.einsum("i,i->", weight, losses), np.where(logits > 0, 1.0, small) / (1.0 + small)
