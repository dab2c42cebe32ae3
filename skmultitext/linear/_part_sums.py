"""The compiled kernel of the sums over one partition; `_partitions` has the same in numpy."""

import numpy as np

from .._gate.types import AnyArray, FloatArray, IntArray
from .._runtime.compiled import compiled
from ._losses import SQUARED_HINGE


@compiled
def sum_rows(
    code: int,
    indptr: AnyArray,
    indices: AnyArray,
    data: AnyArray,
    signs: AnyArray,
    row_weight: AnyArray,
    labels: IntArray,
    factors: AnyArray,
    weights: AnyArray,
    losses: FloatArray,
    gradient: AnyArray,
    curvature: AnyArray,
) -> None:
    """Add the losses of all rows and their derivatives to the last three arrays.

    `weights` and the derivatives are (n_columns, n_labels); `curvature` may have no rows, and is
    left out then. Everything but `losses` is in the precision of `data`.
    """
    n_labels = len(labels)
    curved = curvature.shape[0] > 0
    one, zero = data.dtype.type(1.0), data.dtype.type(0.0)
    first = np.zeros(n_labels, data.dtype)
    second = np.zeros(n_labels, data.dtype)
    for i in range(len(indptr) - 1):
        first[:] = zero
        for k in range(indptr[i], indptr[i + 1]):
            x, near = data[k], weights[indices[k]]
            for j in range(n_labels):
                first[j] += x * near[j]
        for j in range(n_labels):
            sign = signs[i, labels[j]]
            if sign == 0:  # unknown
                first[j] = second[j] = zero
                continue
            margin = sign * first[j]
            factor = factors[j, 1 if sign > 0 else 0] * row_weight[i]
            if code == SQUARED_HINGE:
                missing = max(zero, one - margin)
                losses[j] += factor * missing * missing
                first[j] = -sign * factor * (missing + missing)
                second[j] = factor + factor if missing > zero else zero
            else:
                small = np.exp(-abs(margin))
                wrong = (small if margin > zero else one) / (one + small)
                losses[j] += factor * (np.log1p(small) + max(-margin, zero))
                first[j] = -sign * factor * wrong
                second[j] = factor * wrong * (one - wrong)
        for k in range(indptr[i], indptr[i + 1]):
            x, to = data[k], gradient[indices[k]]
            for j in range(n_labels):
                to[j] += x * first[j]
        if curved:
            for k in range(indptr[i], indptr[i + 1]):
                square, to = data[k] * data[k], curvature[indices[k]]
                for j in range(n_labels):
                    to[j] += square * second[j]
