"""The compiled solver reaches the optimum that scikit-learn's reaches."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from skmultitext import MultilabelLogisticRegression
from skmultitext.linear import _solvers

pytest.importorskip("numba", reason="the solver needs numba (extra 'fast')")


@pytest.fixture(autouse=True)
def every_sparse_problem_is_large(monkeypatch):
    """Let small sparse problems take the compiled solver."""
    monkeypatch.setattr(_solvers, "LARGE", 0)
    monkeypatch.setattr(_solvers, "STEEPEST", np.inf)
    monkeypatch.setattr(_solvers, "DUAL_PASSES", np.inf)


def problem(n_samples=200, n_features=40, n_labels=3, scale=1.0, seed=0):
    """Make sparse features and labels with noise."""
    rng = np.random.RandomState(seed)
    X = sp.random(n_samples, n_features, density=0.2, format="csr", random_state=rng) * scale
    scores = X @ rng.randn(n_features, n_labels) / scale + 0.3 * rng.randn(n_samples, n_labels)
    return X, (scores > 0.3).astype(int)


@pytest.mark.parametrize("C", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("scale", [0.01, 1.0, 30.0])
@pytest.mark.parametrize("n_labels", [1, 3, 9])
def test_parity_with_liblinear(C, scale, n_labels):
    X, y = problem(scale=scale, n_labels=n_labels)
    weight = np.random.RandomState(1).uniform(0.2, 3.0, len(y))
    ours = MultilabelLogisticRegression(C=C, tol=1e-9, max_iter=100_000, random_state=0)
    ours.fit(X, y, sample_weight=weight)
    for j in range(n_labels):
        peer = LogisticRegression(C=C, solver="liblinear", tol=1e-10, max_iter=10_000)
        peer.fit(X, y[:, j], sample_weight=weight)
        np.testing.assert_allclose(ours.coef_[j], peer.coef_[0], rtol=1e-4, atol=1e-6 / scale)
        np.testing.assert_allclose(ours.intercept_[j], peer.intercept_[0], rtol=1e-4, atol=1e-6)


def test_the_gradient_is_zero_at_the_solution():
    X, y = problem(n_labels=2)
    tagger = MultilabelLogisticRegression(C=5.0, tol=1e-10, max_iter=100_000).fit(X, y)
    for j in range(2):
        residual = expit(X @ tagger.coef_[j] + tagger.intercept_[j]) - y[:, j]
        np.testing.assert_allclose(tagger.coef_[j] + 5.0 * X.T @ residual, 0, atol=1e-7)
        np.testing.assert_allclose(tagger.intercept_[j] + 5.0 * residual.sum(), 0, atol=1e-7)


def test_a_label_does_not_depend_on_the_others_nor_on_the_threads():
    X, y = problem(n_labels=11)
    together = MultilabelLogisticRegression(random_state=0, n_jobs=2).fit(X, y)
    for j in (0, 7, 10):
        alone = MultilabelLogisticRegression(random_state=0).fit(X, y[:, [j]])
        np.testing.assert_array_equal(alone.coef_[0], together.coef_[j])
        assert alone.n_iter_[0] == together.n_iter_[j]


def test_class_weight_scales_the_sides_of_a_label():
    X, y = problem(n_labels=1)
    settings = {"tol": 1e-9, "max_iter": 100_000}
    weighted = MultilabelLogisticRegression(class_weight="balanced", **settings).fit(X, y)
    share = y.mean()
    by_hand = MultilabelLogisticRegression(**settings).fit(
        X, y, sample_weight=np.where(y[:, 0], 0.5 / share, 0.5 / (1 - share))
    )
    np.testing.assert_allclose(weighted.coef_, by_hand.coef_, rtol=1e-6, atol=1e-8)


def test_rows_without_a_feature_and_sparse_labels():
    X, y = problem()
    X = sp.vstack([X, sp.csr_matrix((5, X.shape[1]))], format="csr")
    y = np.vstack([y, np.zeros((5, 3), int)])
    dense = MultilabelLogisticRegression(random_state=0).fit(X, y)
    sparse = MultilabelLogisticRegression(random_state=0).fit(X, sp.csr_matrix(y))
    np.testing.assert_array_equal(dense.coef_, sparse.coef_)
