"""Platt's sigmoid, fitted to scores of rows that were held out of the fit.

Folds depend only on the content of the rows, not on their order or repetition, so that a weight of
2 stays equal to repetition.

Rows of TF-IDF have a fixed length, and of a new text only terms of the vocabulary count. Where the
vocabulary comes from these rows, it has the rare terms of held-out rows too: they add nothing to
the score and shrink the rest of the row. `stretch_factors` undoes this: without them held-out
scores are smaller than those of new texts, and the sigmoids too steep.
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


def squared(X: Any) -> sp.csr_array:
    """Square the entries of CSR features, in float64."""
    return sp.csr_array((X.data.astype(np.float64) ** 2, X.indices, X.indptr), shape=X.shape)


def stretch_factors(X: Any, folds: AnyArray, n_folds: int = FOLDS) -> FloatArray:
    """Factors that give held-out rows of CSR features their length, by what other rows know.

    `folds`, (n_samples, n_labels), is -1 for a row that is in no fold of a label. A feature is
    known to a row if it occurs in a row that is not in the same fold. The scores of the rows,
    without the intercept, are to be multiplied by the result, (n_samples, n_labels).
    """
    squares = squared(X)
    entries = sp.csr_array((np.ones(X.nnz, np.float32), X.indices, X.indptr), shape=X.shape).T
    everywhere = np.bincount(X.indices, minlength=X.shape[1])[:, None]
    whole = squares.sum(axis=1)
    factors = np.ones(folds.shape)
    for fold in range(n_folds):
        held = folds == fold
        known = squares @ (entries @ held.astype(np.float32) < everywhere).astype(np.float64)
        rows, labels = np.nonzero(held & (known > 0))
        factors[rows, labels] = np.sqrt(whole[rows] / known[rows, labels])
    return factors


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
