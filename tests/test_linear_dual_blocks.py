"""Blocks of labels: precision, warm starts and held-out scores of the compiled solver."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

pytest.importorskip("numba", reason="the solver needs numba (extra 'fast')")

from skmultitext.linear._dual_blocks import SINGLE, BlockProblem


def problem(n_samples=300, n_features=40, n_labels=3):
    """Make sparse features, labels with noise, and weights."""
    rng = np.random.RandomState(0)
    X = sp.random(n_samples, n_features, density=0.2, format="csr", random_state=rng)
    scores = X @ rng.randn(n_features, n_labels) + 0.3 * rng.randn(n_samples, n_labels)
    return X, (scores > 0.3).astype(np.int8), rng.uniform(0.5, 2.0, n_samples)


def fit(X, y, weight, *, C=2.0, loss="log_loss", tol=1e-7, start=None, folds=None):
    blocks = BlockProblem(X, weight, loss=loss, tol=tol, max_iter=10_000, seed=0)
    group = np.arange(y.shape[1])
    return blocks.fit(np.zeros(1, bool), y, group, np.full((y.shape[1], 2), C), start, folds)


@pytest.mark.parametrize("loss", ["log_loss", "squared_hinge"])
def test_labels_reach_liblinears_solution(loss):
    X, y, weight = problem(n_labels=16)
    found = fit(X, y, weight, loss=loss, tol=1e-9)
    peer = LogisticRegression(solver="liblinear") if loss == "log_loss" else LinearSVC(dual=False)
    for j in range(16):
        peer.set_params(C=2.0, tol=1e-10, max_iter=10_000).fit(X, y[:, j], weight)
        np.testing.assert_allclose(found.coef[j], peer.coef_[0], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(found.intercept[j], peer.intercept_[0], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loss", ["log_loss", "squared_hinge"])
def test_single_precision_differs_by_its_tolerance(loss):
    X, y, weight = problem()
    exact = fit(X, y, weight, loss=loss, tol=1e-9)
    single = fit(X, y, weight, loss=loss, tol=SINGLE)
    assert (single.coef.dtype, exact.coef.dtype) == (np.float32, np.float64)
    np.testing.assert_allclose(single.coef, exact.coef, atol=5e-3)
    assert (single.coef != exact.coef).any()


@pytest.mark.parametrize("loss", ["log_loss", "squared_hinge"])
def test_a_warm_start_goes_to_the_same_place_in_fewer_epochs(loss):
    X, y, weight = problem()
    first = fit(X, y, weight, loss=loss)
    again = fit(X, y, weight, loss=loss, start=first.duals)
    assert (10 * again.n_iter <= first.n_iter).all()
    np.testing.assert_allclose(again.coef, first.coef, atol=1e-5)
    stronger = fit(X, y, weight, C=2.4, loss=loss)
    from_weaker = fit(X, y, weight, C=2.4, loss=loss, start=first.duals)
    np.testing.assert_allclose(from_weaker.coef, stronger.coef, atol=1e-5)
    assert np.abs(stronger.coef - first.coef).max() > 1e-3


def test_held_out_scores_are_those_of_models_that_did_not_see_the_rows():
    X, y, weight = problem()
    folds = np.random.RandomState(1).randint(0, 3, y.shape).astype(np.int8)
    held_out = fit(X, y, weight, loss="squared_hinge", tol=1e-9, folds=folds).held_out
    for j in range(3):
        for fold in range(3):
            kept, held = folds[:, j] != fold, folds[:, j] == fold
            peer = LinearSVC(C=2.0, dual=False, tol=1e-10, max_iter=10_000)
            peer.fit(X[kept], y[kept, j], weight[kept])
            np.testing.assert_allclose(
                held_out[held, j], peer.decision_function(X[held]), atol=1e-5
            )


def test_labels_are_independent_of_their_neighbours():
    X, y, weight = problem(n_labels=7)
    together = fit(X, y, weight, tol=SINGLE)
    alone = fit(X, y[:, [4]], weight, tol=SINGLE)
    np.testing.assert_array_equal(together.coef[4], alone.coef[0])
