r"""Online logistic regression, several labels at a time: AdaGrad on the log loss with L2.

Every label visits the rows once. At a row, each weight w_i of a feature that the row has takes
the step

.. math:: G_i \leftarrow G_i + g_i^2, \qquad
          w_i \leftarrow w_i - \frac{g_i}{\sqrt{G_i} / \eta + 1 / C}

where g_i is the derivative of the row's log loss, ``s (sigma(w x + b) - y) x_i``. This is
FTRL-Proximal (McMahan et al., "Ad click prediction: a view from the trenches", KDD 2013,
algorithm 1) with lambda_1 = 0, beta = 0 and lambda_2 = 1 / C, the L2 penalty of the batch solvers.
The step is the difference of two of its iterates, and leaves the weights of absent features alone.
Without the penalty it is AdaGrad (Duchi, Hazan, Singer, "Adaptive subgradient methods for online
learning and stochastic optimization", JMLR 12, 2011). The intercept is the weight of a feature that
is 1 in every row.

eta = 2 gave, in one pass over two corpora, the log loss and F1 of the batch solver with the same
C; with 0.1 to 1 the weights grow too slowly for rows of length 1.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp
from joblib import effective_n_jobs
from scipy.special import expit

from .._gate.types import AnyArray, BoolArray, FloatArray, Indicator
from .._runtime.compiled import load_kernels, run_kernels

RATE = 2.0


def learn_part(
    X: Any,
    indicator: Indicator,
    coef: FloatArray,
    intercept: FloatArray,
    squares: FloatArray,
    *,
    C: float,
    factors: FloatArray | None,
    sample_weight: FloatArray | None,
    n_jobs: int | None,
) -> None:
    """Learn from one part of the rows, labels in threads.

    `coef`, in Fortran order, `intercept` and the sums of squared derivatives `squares`,
    (n_features + 1, n_labels) with the intercepts last, are changed in place once all is computed.
    `factors`, (n_labels, 2), belong to each label's negatives and positives.
    """
    X = sp.csr_array(X)
    # copy the features of this part: neighbours in memory, and an error changes nothing
    touched, indices = np.unique(X.indices, return_inverse=True)
    near_weights = np.vstack([coef.T[touched], intercept])
    rows = np.append(touched, len(squares) - 1)
    near_squares = squares[rows]
    kernels = load_kernels("linear._adagrad")
    learn_rows = _learn_rows if kernels is None else kernels.learn_rows

    def learn(stop: BoolArray, labels: slice) -> None:
        targets: Any = indicator[:, labels]
        targets = np.ascontiguousarray(targets.toarray() if sp.issparse(targets) else targets)
        scale = np.ones(targets.shape)
        if factors is not None:
            scale = np.where(targets == 1, factors[labels, 1], factors[labels, 0])
        scale[targets < 0] = 0.0  # unknown entries
        if sample_weight is not None:
            scale *= sample_weight[:, None]
        weights, total = near_weights[:, labels].copy(), near_squares[:, labels].copy()
        data = X.indptr, indices, X.data, targets, scale
        learn_rows(stop, *data, weights, total, RATE, 1.0 / C)
        near_weights[:, labels], near_squares[:, labels] = weights, total

    n_labels = len(intercept)
    n_threads = min(effective_n_jobs(n_jobs), n_labels)
    bounds = np.linspace(0, n_labels, n_threads + 1).astype(np.intp)
    run_kernels(learn, list(map(slice, bounds[:-1], bounds[1:])), n_threads=n_threads)
    coef.T[touched] = near_weights[:-1]
    intercept[:] = near_weights[-1]
    squares[rows] = near_squares


def _learn_rows(
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
    """Do in numpy what the compiled kernel `learn_rows` does."""
    for i, (start, end) in enumerate(pairwise(indptr)):
        if stop[0]:
            return
        features = np.append(indices[start:end], len(weights) - 1)
        x = np.append(data[start:end], 1.0)
        near = weights[features]
        error = factors[i] * (expit(x @ near) - targets[i])
        derivative = np.multiply.outer(x, error)
        total = squares[features] + derivative**2
        squares[features] = total
        weights[features] = near - derivative / (np.sqrt(total) / rate + penalty)
