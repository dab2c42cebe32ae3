"""One partition of the rows of a linear model: its share of the objective and of the gradient.

A partition keeps its features and labels and nothing else, so that a lost one is simply made
again. For weights that it is given it returns sums over its rows, which add up over partitions, for
the features that occur in it: see `_lbfgs` for what is done with them.
"""

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from .._gate.types import AnyArray, FloatArray, Indicator, IntArray
from ._losses import LOSSES, derivatives


class Partition(NamedTuple):
    """Rows of weight above 0, with the features that occur in them."""

    X: Any  # (n_rows, n_columns), CSR, the last column 1 for the intercept
    columns: IntArray  # (n_columns,), numbers of the features, at last n_features
    signs: AnyArray  # (n_rows, n_labels), int8: 1, -1, or 0 where the label is unknown
    weight: AnyArray  # (n_rows,)


class Evaluation(NamedTuple):
    """Sums over the rows of partitions, for some of the labels."""

    columns: IntArray  # the features of the other arrays, sorted
    losses: FloatArray  # (n_labels,)
    gradient: AnyArray  # (n_columns, n_labels), of the losses
    curvature: AnyArray | None  # (n_columns, n_labels), diagonal of their second derivative
    n_bytes: int  # that the partitions have sent


def make_partition(X: Any, indicator: Indicator, weight: FloatArray | None, real: Any) -> Partition:
    """Keep what `evaluate` needs of CSR features and labels below 0 where unknown.

    Numbers are held, and sent, in the precision `real`.
    """
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
    )


def evaluate(
    partition: Partition,
    weights: AnyArray,
    labels: IntArray,
    factors: FloatArray,
    *,
    loss: str,
    curved: bool,
) -> Evaluation:
    """Sum over the rows; `weights`, (n_features + 1, n_labels), have the intercepts last.

    `labels` are the columns of the labels, `factors`, (n_labels, 2), C of their negatives and
    positives. `curved` computes the curvature too.
    """
    X, columns = partition.X, partition.columns
    real = X.dtype
    signs = partition.signs[:, labels]
    factor = np.where(signs > 0, factors[:, 1], factors[:, 0]) * partition.weight[:, None]
    factor[signs == 0] = 0.0
    margins = signs * (X @ weights[columns].astype(real, copy=False))
    value, slope, second = derivatives(LOSSES[loss].code, margins.astype(np.float64))
    gradient = X.T @ (factor * slope * signs).astype(real)
    curvature = None
    if curved:
        squares = X.copy()
        squares.data **= 2
        curvature = squares.T @ (factor * second).astype(real)
    losses = (factor * value).sum(axis=0)
    sent = (columns, losses, gradient, *(() if curvature is None else (curvature,)))
    return Evaluation(columns, losses, gradient, curvature, sum(array.nbytes for array in sent))


def merge(a: Evaluation, b: Evaluation) -> Evaluation:
    """Add up two sums."""
    columns = np.union1d(a.columns, b.columns)
    gradient = _sum(columns, a, b, a.gradient, b.gradient)
    curvature = None
    if a.curvature is not None and b.curvature is not None:
        curvature = _sum(columns, a, b, a.curvature, b.curvature)
    size = a.n_bytes + b.n_bytes
    return Evaluation(columns, a.losses + b.losses, gradient, curvature, size)


def _sum(columns: IntArray, a: Evaluation, b: Evaluation, x: AnyArray, y: AnyArray) -> AnyArray:
    total = np.zeros((len(columns), x.shape[1]), x.dtype)
    total[np.searchsorted(columns, a.columns)] = x
    total[np.searchsorted(columns, b.columns)] += y
    return total
