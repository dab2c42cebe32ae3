"""Sums over partitions are the objective's losses and their derivatives."""

from functools import reduce
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext.linear._partitions import evaluate, make_partition, merge

RNG = np.random.RandomState(0)
X = sp.random(40, 9, density=0.3, format="csr", random_state=RNG)
Y = sp.csr_array(RNG.randint(-1, 2, (40, 3)).astype(np.int8))
WEIGHT = RNG.randint(0, 3, 40).astype(float)
FACTORS = np.array([[1.0, 2.0], [0.5, 3.0], [4.0, 1.0]])


def total(weights, labels, bounds, loss, curved=False):
    parts = [make_partition(X[a:b], Y[a:b], WEIGHT[a:b], np.float64) for a, b in pairwise(bounds)]
    own = FACTORS[labels]
    return reduce(
        merge, [evaluate(p, weights, labels, own, loss=loss, curved=curved) for p in parts]
    )


def losses(weights, labels, loss):
    """The definition, row by row."""
    y = Y.toarray()[:, labels]
    margins = (2 * y - 1) * (X @ weights[:-1] + weights[-1])
    each = np.log1p(np.exp(-margins)) if loss == "log_loss" else np.maximum(0, 1 - margins) ** 2
    factor = np.where(y == 1, FACTORS[labels, 1], np.where(y == 0, FACTORS[labels, 0], 0.0))
    return (factor * WEIGHT[:, None] * each).sum(axis=0)


@pytest.mark.parametrize("loss", ["log_loss", "squared_hinge"])
@pytest.mark.parametrize("bounds", [[0, 40], [0, 7, 7, 40], list(range(41))])
@pytest.mark.parametrize("compiled", [True, False])
def test_losses_and_derivatives(loss, bounds, compiled, monkeypatch):
    if compiled:
        pytest.importorskip("numba", reason="needs numba (extra 'fast')")
    else:
        monkeypatch.setattr("skmultitext.linear._partitions.load_kernels", lambda name: None)
        monkeypatch.setattr("skmultitext.linear._partitions.ENTRIES", 20)
    labels = np.array([0, 2])
    weights = np.random.RandomState(1).randn(10, 2)
    found = total(weights, labels, bounds, loss, curved=True)
    np.testing.assert_allclose(found.losses, losses(weights, labels, loss), rtol=1e-12)
    gradient, curvature = np.zeros((10, 2)), np.zeros((10, 2))
    gradient[found.columns], curvature[found.columns] = found.gradient, found.curvature
    h = 1e-6
    for feature in range(10):
        up, down = weights.copy(), weights.copy()
        up[feature] += h
        down[feature] -= h
        slope = (losses(up, labels, loss) - losses(down, labels, loss)) / (2 * h)
        np.testing.assert_allclose(gradient[feature], slope, rtol=1e-5, atol=1e-6)
        ends = [np.zeros((10, 2)) for _ in range(2)]
        for end, point in zip(ends, (up, down), strict=True):
            part = total(point, labels, bounds, loss)
            end[part.columns] = part.gradient
        second = (ends[0] - ends[1])[feature] / (2 * h)
        np.testing.assert_allclose(curvature[feature], second, rtol=1e-4, atol=1e-5)


def test_only_the_features_of_a_partition_are_sent():
    part = make_partition(X[:2], Y[:2], None, np.float32)
    found = evaluate(part, np.zeros((10, 3)), np.arange(3), FACTORS, loss="log_loss", curved=False)
    assert found.columns.tolist() == [*np.unique(X[:2].indices), 9]
    assert found.gradient.dtype == np.float32
    assert found.n_bytes == found.columns.nbytes + found.gradient.nbytes + found.losses.nbytes


@pytest.mark.parametrize("compiled", [True, False])
def test_a_fold_that_is_left_out_takes_no_part(compiled, monkeypatch):
    if not compiled:
        monkeypatch.setattr("skmultitext.linear._partitions.load_kernels", lambda name: None)
    folds = (np.arange(40) % 3).astype(np.int8)
    part = make_partition(X, Y, WEIGHT, np.float64, folds)
    labels, left_out = np.array([0, 2, 2]), np.array([1, -1, 0])
    weights, own = np.random.RandomState(1).randn(10, 3), FACTORS[labels]
    found = evaluate(part, weights, labels, own, left_out, loss="squared_hinge", curved=True)
    for j, fold in enumerate(left_out):
        kept = np.flatnonzero(folds != fold)
        rest = make_partition(X[kept], Y[kept], WEIGHT[kept], np.float64)
        alone = evaluate(
            rest, weights[:, [j]], labels[[j]], own[[j]], loss="squared_hinge", curved=True
        )
        places = np.searchsorted(found.columns, alone.columns)
        np.testing.assert_allclose(found.losses[j], alone.losses[0], rtol=1e-12)
        np.testing.assert_allclose(found.gradient[places, j], alone.gradient[:, 0], atol=1e-12)
        np.testing.assert_allclose(found.curvature[places, j], alone.curvature[:, 0], atol=1e-12)
