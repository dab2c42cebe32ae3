"""Platt's sigmoid, fitted to scores of rows that were held out of the fit.

Folds depend only on the content of the rows, not on their order or repetition, so that a weight of
2 stays equal to repetition.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._gate.types import AnyArray, BoolArray, FloatArray, IntArray
from ..calibration._calibrators import sigmoid_line, sigmoid_shift

FOLDS = 3

# Minimum number of distinct positive, and of distinct negative, rows of a label for folds.
FEWEST = 2


def row_ids(X: Any) -> IntArray:
    """Assign each distinct row a number, in a pseudo-random order."""
    directions = np.random.RandomState(0).uniform(1.0, 2.0, X.shape[1])
    # a sparse product sums each row by itself: equal rows get identical bits
    products = sp.csr_array(X) @ directions
    mixed = np.modf(products * 1e6)[0]  # separates similar rows, but not equal ones
    return np.unique(mixed, return_inverse=True)[1]


def assign_folds(ids: IntArray, positive: BoolArray) -> AnyArray:
    """Assign the distinct positive rows, and the distinct negative ones, to the folds in turn.

    Returns -1 for all rows if there are too few for folds.
    """
    folds = np.empty(len(ids), np.int8)
    for side in (positive, ~positive):
        present = np.zeros(ids.max() + 1, bool)
        present[ids[side]] = True
        rank = np.cumsum(present) - 1
        if rank[-1] + 1 < FEWEST:
            return np.full(len(ids), -1, np.int8)
        folds[side] = rank[ids[side]] % min(FOLDS, rank[-1] + 1)
    return folds


def fit_sigmoid(
    held_out: AnyArray | None,
    folds: AnyArray,
    positive: BoolArray,
    weight: FloatArray,
    scores: Callable[[], FloatArray],
) -> FloatArray:
    """Fit slope, above 0, and intercept that map a label's held-out scores to its logits.

    Without folds, or if the slope is not positive, the scores are only shifted, so that their mean
    probability equals the label's prevalence, with Platt's smoothing. `scores` computes the scores
    of the model fitted on all rows.
    """
    if held_out is None or folds[0] < 0:
        return sigmoid_shift(scores(), positive, weight)
    held_out = held_out.astype(np.float64)
    line = sigmoid_line(held_out, positive, weight)
    return line if line[0] > 0 else sigmoid_shift(held_out, positive, weight)
