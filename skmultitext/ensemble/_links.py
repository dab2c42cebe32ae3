"""The links of a chain: a logistic regression of each label on the labels before it."""

from dataclasses import dataclass

import numpy as np

from .._gate.types import AnyArray, FloatArray, IntArray
from ..calibration._calibrators import fit_logistic

__all__ = ["Chain", "fit_chain"]

RIDGE = 10.0


@dataclass(frozen=True, eq=False)
class Chain:
    """Logits of labels, each corrected by the decisions of those before it."""

    order: IntArray  # (n_labels,)
    slopes: FloatArray  # (n_labels,)
    coef: FloatArray  # (n_labels, n_labels)
    intercept: FloatArray  # (n_labels,)

    def __call__(self, logits: FloatArray) -> FloatArray:
        """Correct logits (n_samples, 1, n_labels) of one member; (n_samples, n_labels)."""
        found = self.slopes * logits[:, 0] + self.intercept
        for k, j in enumerate(self.order.tolist()):
            before = self.order[:k]
            found[:, j] += (found[:, before] > 0) @ self.coef[j, before]
        return found


def fit_chain(logits: FloatArray, truth: AnyArray, weight: FloatArray) -> Chain:
    """Fit the links to logits (n_samples, n_labels); an unknown label before a link counts as 0.

    A label without a known positive or negative is left as it is, and so are constant labels.
    """
    n_labels = logits.shape[1]
    positive = (truth == 1).astype(np.float64)
    order = np.argsort(-(weight @ positive), kind="stable")
    slopes, intercept = np.ones(n_labels), np.zeros(n_labels)
    coef = np.zeros((n_labels, n_labels))
    for k, j in enumerate(order.tolist()):
        rows = np.flatnonzero(truth[:, j] >= 0)
        target, before = positive[rows, j], order[:k]
        if not 0 < target.sum() < len(target):
            continue
        own = logits[rows, j]
        design = np.vstack([own, np.ones(len(rows)), positive[np.ix_(rows, before)].T])
        change = fit_logistic(design, target, weight[rows], offset=own, ridge=RIDGE)
        slopes[j] += change[0]
        intercept[j], coef[j, before] = change[1], change[2:]
    return Chain(order, slopes, coef, intercept)
