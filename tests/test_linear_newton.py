"""Newton's method on dense features finds what scikit-learn's solvers find."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from skmultitext import MultilabelLogisticRegression
from skmultitext.linear import _solvers
from skmultitext.linear._newton import fit_newton


@pytest.fixture(scope="module")
def data():
    rng = np.random.RandomState(0)
    X = rng.standard_normal((2_200, 12)) * np.logspace(0, -2, 12) + 0.5
    logits = X @ rng.standard_normal((12, 5))
    logits = 2 * (logits - logits.mean(axis=0)) / logits.std(axis=0) - [0, 1, 2, 3, 4]
    y = (rng.random_sample(logits.shape) < 1 / (1 + np.exp(-logits))).astype(np.int8)
    return X, y


@pytest.mark.parametrize("C", [1e-3, 1.0, 1e4])
def test_the_optimum_is_that_of_liblinear(data, C):
    X, y = data
    rng = np.random.RandomState(1)
    weight = rng.randint(1, 4, len(y)).astype(float)
    factors = np.array([[1.0, 2.0]] * y.shape[1])
    coef, intercept, n_iter = fit_newton(X, y, C * factors, weight, 1e-8, 100)
    assert ((n_iter >= 1) & (n_iter <= 30)).all()
    for j, column in enumerate(y.T):
        theirs = LogisticRegression(solver="liblinear", C=C, tol=1e-10, max_iter=10_000)
        theirs.fit(X, column, factors[j][column] * weight)
        np.testing.assert_allclose(coef[j], theirs.coef_[0], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(intercept[j], theirs.intercept_[0], rtol=1e-4, atol=1e-5)


def test_the_gradient_vanishes(data):
    X, y = data
    coef, intercept, _ = fit_newton(X, y, np.ones((5, 2)), np.ones(len(y)), 1e-10, 100)
    probability = 1 / (1 + np.exp(-(X @ coef.T + intercept)))
    gradient = coef.T + X.T @ (probability - y)
    assert abs(gradient).max() < 1e-5
    assert abs(intercept + (probability - y).sum(axis=0)).max() < 1e-5


def test_labels_together_are_labels_alone(data):
    X, y = data
    together = fit_newton(X, y, np.ones((5, 2)), np.ones(len(y)), 1e-8, 100)
    for j in range(5):
        alone = fit_newton(X, y[:, [j]], np.ones((1, 2)), np.ones(len(y)), 1e-8, 100)
        np.testing.assert_allclose(together[0][j], alone[0][0], rtol=1e-6, atol=1e-8)


def test_separable_labels_stay_finite():
    X = np.linspace(-1, 1, 2_100)[:, None]
    y = (X > 0).astype(np.int8)
    coef, intercept, n_iter = fit_newton(X, y, np.full((1, 2), 1e8), np.ones(len(y)), 1e-8, 100)
    assert np.isfinite(coef).all()
    assert np.isfinite(intercept).all()
    assert ((X @ coef.T > 0) == y).all()
    assert n_iter[0] <= 100


def test_many_dense_rows_go_this_way(data, monkeypatch):
    X, y = data
    calls = []
    monkeypatch.setattr(_solvers, "fit_newton", lambda *a: calls.append(a) or fit_newton(*a))
    tagger = MultilabelLogisticRegression().fit(X, y)
    assert len(calls) == 1
    few = MultilabelLogisticRegression().fit(X[:500], y[:500])
    assert len(calls) == 1
    assert (tagger.n_iter_ < 30).all()
    assert few.coef_.shape == tagger.coef_.shape


def test_too_few_steps_are_told(data):
    X, y = data
    with pytest.warns(ConvergenceWarning):
        MultilabelLogisticRegression(max_iter=1).fit(X, y)
