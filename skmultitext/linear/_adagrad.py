"""The compiled kernel of online learning; `_online` has its formula, and the same in numpy."""

import numpy as np

from .._compiled import compiled


@compiled
def learn_rows(indptr, indices, data, targets, factors, weights, squares, rate, penalty):
    """Visit the rows once, in their order.

    Parameters
    ----------
    indptr, indices, data : ndarray
        X in CSR without repeated entries, data float64.
    targets : ndarray of shape (n_samples, n_labels), dtype int8
        Indicator of the labels.
    factors : ndarray of shape (n_samples, n_labels), dtype float64
        Weight of each entry of `targets`.
    weights : ndarray of shape (n_features + 1, n_labels), dtype float64
        Weights of the features, the intercepts last; changed in place.
    squares : ndarray of shape (n_features + 1, n_labels), dtype float64
        Sums of squared derivatives; changed in place.
    rate, penalty : float
        eta and 1 / C.
    """
    n_labels = targets.shape[1]
    score = np.zeros(n_labels)
    last = weights.shape[0] - 1
    for i in range(len(indptr) - 1):
        for j in range(n_labels):
            score[j] = weights[last, j]
        for k in range(indptr[i], indptr[i + 1]):
            for j in range(n_labels):
                score[j] += weights[indices[k], j] * data[k]
        for j in range(n_labels):
            error = 1.0 / (1.0 + np.exp(-score[j])) - targets[i, j]
            error *= factors[i, j]
            score[j] = error
            squares[last, j] += error * error
            weights[last, j] -= error / (np.sqrt(squares[last, j]) / rate + penalty)
        for k in range(indptr[i], indptr[i + 1]):
            feature = indices[k]
            for j in range(n_labels):
                derivative = score[j] * data[k]
                squares[feature, j] += derivative * derivative
                weights[feature, j] -= derivative / (np.sqrt(squares[feature, j]) / rate + penalty)
