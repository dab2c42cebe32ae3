"""Probabilities for scores: sigmoids fitted on rows that the scorer has not seen.

Folds depend on what stands in the rows alone, neither on their order nor on how often a row
stands there, so that a weight of 2 stays equal to repetition.
"""

import numpy as np
import scipy.sparse as sp

from .._sigmoid import sigmoid_line

FOLDS = 3

# Different rows that a label needs, with it and without, for folds.
FEWEST = 2


def row_ids(X):
    """Give equal rows the same number, in an order that looks random.

    Parameters
    ----------
    X : ndarray or csr of shape (n_samples, n_features), dtype float64
        Features; a sparse X in canonical form.

    Returns
    -------
    ndarray of shape (n_samples,), dtype int64
    """
    directions = np.random.RandomState(0).uniform(1.0, 2.0, X.shape[1])
    # a sparse product adds up each row by itself: equal rows get equal bits
    products = sp.csr_array(X) @ directions
    mixed = np.modf(products * 1e6)[0]  # neighbours part ways, equal rows do not
    return np.unique(mixed, return_inverse=True)[1]


def assign_folds(ids, positive):
    """Deal the different rows with the label, and those without, to the folds in turn.

    Parameters
    ----------
    ids : ndarray of shape (n_samples,), dtype int64
        Numbers of the rows from `row_ids`.
    positive : ndarray of shape (n_samples,), dtype bool
        Whether the row has the label.

    Returns
    -------
    ndarray of shape (n_samples,), dtype int8
        Fold of each row; -1 for all rows if there are too few for folds.
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


def fit_sigmoid(held_out, folds, positive, weight):
    """Fit the line from a label's scores to its logits.

    Parameters
    ----------
    held_out : ndarray of shape (n_samples,)
        Score of each row by a model that did not see its fold.
    folds : ndarray of shape (n_samples,), dtype int8
        Folds of the rows from `assign_folds`.
    positive : ndarray of shape (n_samples,), dtype bool
        Whether the row has the label.
    weight : ndarray of shape (n_samples,), dtype float64
        Weights of the rows.

    Returns
    -------
    ndarray of shape (2,), dtype float64
        Slope, above 0, and intercept: 1 and 0 where there were no folds, or where the score
        falls as the label grows likelier.
    """
    if folds[0] < 0:
        return np.array([1.0, 0.0])
    line = sigmoid_line(held_out.astype(np.float64), positive, weight)
    return line if line[0] > 0 else np.array([1.0, 0.0])
