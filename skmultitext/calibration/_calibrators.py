"""Calibrators of one label: maps from its score to its calibrated logit, and how to fit them."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression

from .._gate.types import BoolArray, FloatArray

__all__ = [
    "IsotonicCalibrator",
    "SigmoidCalibrator",
    "fit_isotonic",
    "fit_logistic",
    "fit_sigmoid",
    "sigmoid_line",
    "sigmoid_shift",
]

_MOST_STEPS = 100  # of Newton's method
_ACCURACY = 1e-10
_ROUNDING = 1e-14  # relative rounding error of a loss summed over rows
_SLOPE = 1e-6  # too small to matter in a probability, large enough for float64 to resolve


class SigmoidCalibrator:
    """Logit ``slope * z + intercept``; with intercept 0 the slope is an inverse temperature."""

    def __init__(self, slope: float = 1.0, intercept: float = 0.0) -> None:
        self.slope = slope
        self.intercept = intercept

    def __call__(self, z: FloatArray) -> FloatArray:
        """Map logits of shape (n,)."""
        return self.slope * z + self.intercept


class IsotonicCalibrator:
    """Steps of an isotonic regression, tilted slightly so that no two logits tie.

    `z` and `steps` are the corners of the curve: input logits, ascending, and probabilities.
    """

    def __init__(self, z: FloatArray, steps: FloatArray) -> None:
        self.z = z
        self.steps = steps

    def __call__(self, z: FloatArray) -> FloatArray:
        """Map logits of shape (n,)."""
        proba = np.interp(z, self.z, self.steps)
        return logit(proba) + _SLOPE * z


def fit_sigmoid(
    z: FloatArray, positive: BoolArray, weight: FloatArray, *, intercept: bool = True
) -> SigmoidCalibrator:
    """Fit Platt's sigmoid; without intercept this is temperature scaling."""
    return SigmoidCalibrator(*map(float, sigmoid_line(z, positive, weight, intercept=intercept)))


def fit_isotonic(z: FloatArray, positive: BoolArray, weight: FloatArray) -> IsotonicCalibrator:
    """Fit an isotonic regression with a positive added at the lowest z, a negative at the highest.

    These two keep the steps inside (0, 1): a lowest step of n negatives becomes ``1 / (n + 1)``.
    Without them a single misranked document could have an infinite log loss.
    """
    low, high = z.min(), z.max()
    curve = IsotonicRegression(out_of_bounds="clip").fit(
        np.concatenate([z, [low, high]]),
        np.concatenate([positive.astype(np.float64), [1.0, 0.0]]),
        np.concatenate([weight, [1.0, 1.0]]),
    )
    return IsotonicCalibrator(
        np.asarray(curve.X_thresholds_, np.float64), np.asarray(curve.y_thresholds_, np.float64)
    )


def sigmoid_line(
    z: FloatArray, positive: BoolArray, weight: FloatArray, *, intercept: bool = True
) -> FloatArray:
    """Fit slope and intercept by maximum likelihood, with Platt's targets, by Newton's method.

    The targets are ``(P + 1) / (P + 2)`` for a positive and ``1 / (N + 2)`` for a negative, so that
    the slope stays finite where the scores separate the documents. Without intercept the result
    holds the slope only: temperature scaling.
    """
    target = _platt_targets(positive, weight)
    design = np.stack([z, np.ones_like(z)] if intercept else [z])
    start = np.zeros(len(design))
    if intercept:
        start[1] = logit((target @ weight) / weight.sum())
    return fit_logistic(design, target, weight, start)


def fit_logistic(
    design: FloatArray,
    target: FloatArray,
    weight: FloatArray,
    start: FloatArray | None = None,
    *,
    offset: FloatArray | float = 0.0,
    ridge: float = 0.0,
) -> FloatArray:
    """Fit the line in ``expit(line @ design + offset)`` by Newton's method.

    `design` has a row per coefficient. Minimises the cross-entropy plus ``ridge / 2 * |line|**2``.
    """
    line = np.zeros(len(design)) if start is None else start
    loss, proba = _log_loss(line, design, target, weight, offset, ridge)
    for _ in range(_MOST_STEPS):
        # einsum, as BLAS would start threads for a matrix product of these few columns
        gradient = np.einsum("ki,i->k", design, weight * (proba - target)) + ridge * line
        hessian = np.einsum("ki,li->kl", design * (weight * proba * (1 - proba)), design)
        hessian[np.diag_indices_from(hessian)] += ridge + 1e-10 * max(1.0, np.trace(hessian))
        direction = np.linalg.solve(hessian, gradient)
        if np.abs(direction).max() <= _ACCURACY * max(1.0, np.abs(line).max()):
            break
        step = 1.0
        while step > 1e-8:
            tried = line - step * direction
            tried_loss, tried_proba = _log_loss(tried, design, target, weight, offset, ridge)
            if tried_loss <= loss + _ROUNDING * abs(loss):
                break
            step /= 2
        else:
            break
        line, loss, proba = tried, tried_loss, tried_proba
    return line


def sigmoid_shift(z: FloatArray, positive: BoolArray, weight: FloatArray) -> FloatArray:
    """Fit the intercept of a line of slope 1 so that the mean probability is that of the targets.

    Used if no slope can be estimated. With Platt's targets the mean is the smoothed prevalence.
    """
    wanted = (_platt_targets(positive, weight) @ weight) / weight.sum()

    def excess(intercept: float) -> float:
        return (expit(z + intercept) @ weight) / weight.sum() - wanted

    low, high = logit(wanted) - z.max() - 1, logit(wanted) - z.min() + 1
    return np.array([1.0, brentq(excess, low, high, xtol=1e-12)])


def _platt_targets(positive: BoolArray, weight: FloatArray) -> FloatArray:
    P, N = weight[positive].sum(), weight[~positive].sum()
    return np.where(positive, (P + 1) / (P + 2), 1 / (N + 2))


def _log_loss(
    line: FloatArray,
    design: FloatArray,
    target: FloatArray,
    weight: FloatArray,
    offset: FloatArray | float,
    ridge: float,
) -> tuple[float, FloatArray]:
    """Compute the cross-entropy of the line, without overflow, and its probabilities."""
    logits = np.einsum("k,ki->i", line, design) + offset
    small = np.exp(-np.abs(logits))
    losses = np.maximum(logits, 0) + np.log1p(small) - target * logits
    loss = np.einsum("i,i->", weight, losses) + ridge / 2 * np.einsum("k,k->", line, line)
    return loss, np.where(logits > 0, 1.0, small) / (1.0 + small)
