"""Maps from a label's score to its calibrated logit, each fitted on one label."""

import numpy as np
from scipy.special import logit
from sklearn.isotonic import IsotonicRegression

from .._sigmoid import sigmoid_line

__all__ = ["IsotonicCalibrator", "SigmoidCalibrator", "fit_isotonic", "fit_sigmoid"]

_SLOPE = 1e-6  # far below any probability that matters, far above what a float64 resolves


class SigmoidCalibrator:
    """Logit ``slope * z + intercept``; with intercept 0 the slope is an inverse temperature.

    Parameters
    ----------
    slope, intercept : float
        The line.
    """

    def __init__(self, slope=1.0, intercept=0.0):
        self.slope = slope
        self.intercept = intercept

    def __call__(self, z):
        """Map logits, ndarray of shape (n,)."""
        return self.slope * z + self.intercept


class IsotonicCalibrator:
    """Steps of an isotonic regression, tilted by a hair so that no two logits tie.

    Parameters
    ----------
    z, steps : ndarray of shape (n_steps,), dtype float64
        Corners of the curve: input logits, ascending, and calibrated ones.
    """

    def __init__(self, z, steps):
        self.z = z
        self.steps = steps

    def __call__(self, z):
        """Map logits, ndarray of shape (n,)."""
        proba = np.interp(z, self.z, self.steps)
        return logit(proba) + _SLOPE * z


def fit_sigmoid(z, positive, weight, *, intercept=True):
    """Fit a line by maximum likelihood, with Platt's targets, by Newton's method.

    The targets are ``(P + 1) / (P + 2)`` for a positive and ``1 / (N + 2)`` for a negative,
    which keeps a few documents that are told apart from making the slope infinite.

    Parameters
    ----------
    z : ndarray of shape (n_samples,), dtype float64
        Logits of the estimator.
    positive : ndarray of shape (n_samples,), dtype bool
        Whether the document has the label.
    weight : ndarray of shape (n_samples,), dtype float64
        Weight of each document.
    intercept : bool, default=True
        Whether there is an intercept; without it this is temperature scaling.

    Returns
    -------
    SigmoidCalibrator
    """
    return SigmoidCalibrator(*map(float, sigmoid_line(z, positive, weight, intercept=intercept)))


def fit_isotonic(z, positive, weight):
    """Fit an isotonic regression, with one more negative on top and one more positive below.

    These two keep the highest step below 1 and the lowest above 0, by Laplace's rule: the lowest
    step of n negatives is ``1 / (n + 1)``. Without them one surprise costs an infinite log loss.

    Parameters
    ----------
    z, positive, weight
        As in `fit_sigmoid`.

    Returns
    -------
    IsotonicCalibrator
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
