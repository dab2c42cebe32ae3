"""Weights of the members for each label, fitted to out-of-fold logits."""

from dataclasses import dataclass

import numpy as np

from .._gate.types import AnyArray, FloatArray
from ..calibration._calibrators import fit_logistic

__all__ = ["WeightedSum", "fit_weights"]

# of the squared changes of a label's weights; 1 and 10 gave less F1 on GoEmotions
RIDGE = 100.0


@dataclass(frozen=True, eq=False)
class WeightedSum:
    """Logits of a label: a weighted sum of those of the members, and an intercept."""

    weights: FloatArray  # (n_members, n_labels)
    intercept: FloatArray  # (n_labels,)

    def __call__(self, logits: FloatArray) -> FloatArray:
        """Combine logits (n_samples, n_members, n_labels) into (n_samples, n_labels)."""
        return np.einsum("nml,ml->nl", logits, self.weights) + self.intercept


def fit_weights(logits: FloatArray, truth: AnyArray, weight: FloatArray) -> WeightedSum:
    """Fit the weights of each label by logistic regression, shrunk towards equal weights.

    A label without a known positive or negative keeps equal weights.
    """
    _, n_members, n_labels = logits.shape
    weights = np.full((n_members, n_labels), 1 / n_members)
    intercept = np.zeros(n_labels)
    for j in range(n_labels):
        rows = np.flatnonzero(truth[:, j] >= 0)
        target = truth[rows, j].astype(np.float64)
        if not 0 < target.sum() < len(target):
            continue
        members = logits[rows, :, j].T
        change = fit_logistic(
            np.vstack([members, np.ones(len(rows))]),
            target,
            weight[rows],
            offset=members.mean(axis=0),
            ridge=RIDGE,
        )
        weights[:, j] += change[:-1]
        intercept[j] = change[-1]
    return WeightedSum(weights, intercept)
