"""One partition of the rows of a linear model: its share of the objective and of the gradient.

A partition keeps its features and labels and nothing else, so that a lost one is simply made
again. For weights that it is given it returns sums over its rows, which add up over partitions, for
the features that occur in it: see `_lbfgs` for what is done with them.
"""

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from .._gate.types import AnyArray, FloatArray, Indicator, IntArray
from .._runtime.compiled import load_kernels
from ._losses import LOSSES, derivatives

ENTRIES = 2**20  # rows times labels at a time, without numba


class Partition(NamedTuple):
    """Rows of weight above 0, with the features that occur in them."""

    X: Any  # (n_rows, n_columns), CSR, the last column 1 for the intercept
    columns: IntArray  # (n_columns,), numbers of the features, at last n_features
    signs: AnyArray  # (n_rows, n_labels), int8: 1, -1, or 0 where the label is unknown
    weight: AnyArray  # (n_rows,)
    folds: AnyArray  # (n_rows,), int8


class Evaluation(NamedTuple):
    """Sums over the rows of partitions, for some of the labels."""

    columns: IntArray  # the features of the other arrays, sorted
    losses: FloatArray  # (n_labels,)
    gradient: AnyArray  # (n_columns, n_labels), of the losses
    curvature: AnyArray | None  # (n_columns, n_labels), diagonal of their second derivative
    n_bytes: int  # that the partitions have sent


def make_partition(
    X: Any,
    indicator: Indicator,
    weight: FloatArray | None,
    real: Any,
    folds: AnyArray | None = None,
) -> Partition:
    """Keep what `evaluate` needs of CSR features and labels below 0 where unknown.

    Numbers are held, and sent, in the precision `real`. Without `folds` all rows are in fold 0.
    """
    if folds is None:
        folds = np.zeros(X.shape[0], np.int8)
    if weight is None:
        weight = np.ones(X.shape[0])
    kept = np.flatnonzero(weight)
    labels: Any = indicator[kept]
    X = X[kept]
    labels = labels.toarray() if sp.issparse(labels) else labels
    columns, local = np.unique(X.indices, return_inverse=True)
    n_rows, n_columns = X.shape[0], len(columns)
    own = sp.csr_array((X.data.astype(real), local, X.indptr), shape=(n_rows, n_columns))
    return Partition(
        sp.hstack([own, sp.csr_array(np.ones((n_rows, 1), real))], format="csr"),
        np.append(columns, X.shape[1]),
        np.where(labels < 0, 0, 2 * labels - 1).astype(np.int8),
        weight[kept].astype(real),
        folds[kept],
    )


def evaluate(
    partition: Partition,
    weights: AnyArray,
    labels: IntArray,
    factors: FloatArray,
    left_out: IntArray | None = None,
    *,
    loss: str,
    curved: bool,
) -> Evaluation:
    """Sum over the rows; `weights`, (n_features + 1, n_labels), have the intercepts last.

    `labels` are the columns of the labels, of which one may occur more than once, `factors`,
    (n_labels, 2), C of their negatives and positives, and `left_out` the fold that takes no part,
    -1 for none. `curved` computes the curvature too.
    """
    X, columns = partition.X, partition.columns
    shape, real = (len(columns), len(labels)), X.dtype
    near, factors, signs = weights[columns].astype(real), factors.astype(real), partition.signs
    if left_out is not None and left_out.max(initial=-1) >= 0:
        signs = np.where(partition.folds[:, None] == left_out, np.int8(0), signs[:, labels])
        labels = np.arange(len(labels))
    losses, gradient = np.zeros(len(labels)), np.zeros(shape, real)
    curvature = np.zeros(shape if curved else (0, len(labels)), real)
    kernels = load_kernels("linear._part_sums")
    sum_rows = _sum_rows if kernels is None else kernels.sum_rows
    rows = X.indptr, X.indices, X.data, signs, partition.weight
    sum_rows(LOSSES[loss].code, *rows, labels, factors, near, losses, gradient, curvature)
    found = Evaluation(columns, losses, gradient, curvature if curved else None, 0)
    return found._replace(n_bytes=sum(array.nbytes for array in found[:4] if array is not None))


def _sum_rows(
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
    """Do in numpy what the compiled kernel `sum_rows` does, some rows at a time."""
    shape = len(indptr) - 1, len(weights)
    X = sp.csr_array((data, indices, indptr), shape=shape)
    size = max(1, ENTRIES // len(labels))
    for start in range(0, shape[0], size):
        part, y = X[start : start + size], signs[start : start + size, labels]
        factor = np.where(y > 0, factors[:, 1], factors[:, 0])
        factor *= row_weight[start : start + size, None]
        factor[y == 0] = 0.0
        margins = y * (part @ weights)
        value, slope, second = derivatives(code, margins.astype(np.float64))
        losses += (factor * value).sum(axis=0)
        gradient += part.T @ (factor * slope * y).astype(data.dtype)
        if len(curvature):
            squares = sp.csr_array((part.data**2, part.indices, part.indptr), shape=part.shape)
            curvature += squares.T @ (factor * second).astype(data.dtype)


def merge(a: Evaluation, b: Evaluation) -> Evaluation:
    """Add up two sums."""
    place = np.zeros(a.columns[-1] + 1, dtype=np.intp)  # both have the intercept last
    place[a.columns] = place[b.columns] = 1
    columns = np.flatnonzero(place)
    place[columns] = np.arange(len(columns))
    rows = place[a.columns], place[b.columns]
    gradient = _sum(len(columns), *rows, a.gradient, b.gradient)
    curvature = None
    if a.curvature is not None and b.curvature is not None:
        curvature = _sum(len(columns), *rows, a.curvature, b.curvature)
    size = a.n_bytes + b.n_bytes
    return Evaluation(columns, a.losses + b.losses, gradient, curvature, size)


def _sum(n: int, rows_a: IntArray, rows_b: IntArray, a: AnyArray, b: AnyArray) -> AnyArray:
    if len(rows_a) == n:  # all of them, in order
        total = a.copy()
    else:
        total = np.zeros((n, a.shape[1]), a.dtype)
        total[rows_a] = a
    if len(rows_b) == n:
        total += b
    else:
        total[rows_b] += b
    return total
