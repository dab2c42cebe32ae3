"""The compiled kernel of online learning; `_online` has its formula, and the same in numpy."""

import numpy as np

from .._gate.types import AnyArray, BoolArray, FloatArray
from .._runtime.compiled import compiled


@compiled
def learn_rows(
    stop: BoolArray,
    indptr: AnyArray,
    indices: AnyArray,
    data: FloatArray,
    targets: AnyArray,
    factors: FloatArray,
    weights: FloatArray,
    squares: FloatArray,
    rate: float,
    penalty: float,
) -> None:
    """Visit the rows once, in their order; `stop` ends the visit early.

    X is CSR without repeated entries. `targets` and the weights `factors` of their entries are
    (n_samples, n_labels). `weights` and `squares`, (n_features + 1, n_labels) with the intercepts
    last, are changed in place.
    """
    n_labels = targets.shape[1]
    score = np.zeros(n_labels)
    last = weights.shape[0] - 1
    for i in range(len(indptr) - 1):
        if stop[0]:
            return
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
