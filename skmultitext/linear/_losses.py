"""The losses of the linear taggers. To add a loss, change only this file.

The dual of one label has a variable alpha_i for every row. A visit of a row moves its alpha to
where the dual is lowest, with m the margin ``y (w x + b)`` and a = ``||x||^2 + 1``:

- logistic loss [1]_: alpha in (0, C_i). With ``alpha = C sigma(u)`` the best step is the root of
  ``f(u) = u + m + a (C sigma(u) - alpha)``, which rises with a slope of at least 1 and has its root
  between the old u and -m. Newton's method, kept inside this bracket, finds it with one
  exponential a step; steps in alpha itself would take two logarithms.
- squared hinge loss [2]_: alpha >= 0, and the best step has a closed form.

References
----------
.. [1] H.-F. Yu, F.-L. Huang, C.-J. Lin, "Dual coordinate descent methods for logistic regression
   and maximum entropy models", Machine Learning 85, 2011.
.. [2] C.-J. Hsieh, K.-W. Chang, C.-J. Lin, S. S. Keerthi, S. Sundararajan, "A dual coordinate
   descent method for large-scale linear SVM", ICML 2008.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from .._gate.types import AnyArray, FloatArray

LOG_LOSS, SQUARED_HINGE = 0, 1  # their codes in compiled functions

_MOST_STEPS = 100  # of Newton's method in a visit


class Loss(NamedTuple):
    """What solvers and estimators need to know about a loss, besides `visit`."""

    code: int
    liblinear: Any  # class of scikit-learn's estimator
    parameters: dict[str, Any]  # of that estimator
    is_logistic: bool  # scores are logits; Newton's method and partial_fit minimise it
    dual_tol: float  # at which the dual ends less than 1e-6 (relative) above the lowest objective
    primal_tol: float  # at which solutions of equal problems agree to seven digits


LOSSES = {
    "log_loss": Loss(LOG_LOSS, LogisticRegression, {"solver": "liblinear"}, True, 0.01, 1e-8),
    "squared_hinge": Loss(SQUARED_HINGE, LinearSVC, {}, False, 1e-3, 1e-10),
}


# The functions below are compiled for vectors of labels by `_dual_solver`, and run on arrays too.


def keeps_logits(code: int) -> bool:
    """Whether a visit needs u in addition to alpha."""
    return code == LOG_LOSS


def rests_rows(code: int) -> bool:
    """Whether the loss takes so many epochs that skipping rows for a while pays off."""
    return code == LOG_LOSS


def visit(
    code: int, lanes: Any, u: Any, old: Any, margin: Any, a: Any, C: Any, skip: Any
) -> tuple[Any, Any, Any, Any]:
    """Move alpha of one row from `old` to its best value, where the derivative exceeds `skip`.

    Returns the size of the derivative, the lanes that moved, the new u and the new alpha.
    """
    fresh = old <= 0.0
    new = old
    if code == SQUARED_HINGE:
        slope = margin - 1.0 + 0.5 * (1.0 / C) * old
        slope = np.where(fresh & (slope > 0.0), 0.0, slope)
        size = np.where(slope < 0.0, 0.0 - slope, slope)
        moved = lanes & (size > skip)
        if np.any(moved):
            best = old - slope / (0.5 * (1.0 / C) + a)
            new = np.where(moved, np.where(best > 0.0, best, 0.0), old)
        return size, moved, u, new
    slope = np.where(fresh, 0.0, u + margin)
    size = np.where(slope < 0.0, 0.0 - slope, slope)
    moved = lanes & (fresh | (size > skip))
    if np.any(moved):
        end = margin * -1.0
        low = np.where(fresh, end - a * C, np.where(u < end, u, end))
        high = np.where(fresh, end, np.where(u < end, end, u))
        v = np.where(fresh, end, u)  # at the first visit no u belongs to alpha yet
        best = np.where(fresh, C * expit(v), old)
        searching = moved
        for _ in range(_MOST_STEPS):
            value = v + margin + a * (best - old)
            searching = searching & ((value > skip) | (value < 0.0 - skip))
            if not np.any(searching):
                break
            high = np.where(value > 0.0, v, high)
            low = np.where(value > 0.0, low, v)
            step = v - value / (1.0 + a * best * (1.0 - best / C))
            step = np.where((low < step) & (step < high), step, 0.5 * (low + high))
            v = np.where(searching, step, v)
            best = np.where(searching, C * expit(v), best)
        u, new = np.where(moved, v, u), np.where(moved, best, old)
    return size, moved, u, new


def derivatives(code: int, margins: FloatArray) -> tuple[AnyArray, AnyArray, AnyArray]:
    """Compute the loss at margins, and its first and second derivative."""
    if code == SQUARED_HINGE:
        missing = np.maximum(0.0, 1.0 - margins)
        return missing**2, -2.0 * missing, 2.0 * (missing > 0.0)
    wrong = expit(-margins)
    return np.logaddexp(0.0, -margins), -wrong, wrong * (1.0 - wrong)
