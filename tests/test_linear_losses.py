"""A visit of the dual solver ends at the lowest point of the dual, in numpy as in a kernel."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import entr, expit
from sklearn.linear_model import LogisticRegression

from skmultitext.linear._losses import LOSSES, keeps_logits, visit


def dual(loss, alpha, old, margin, a, C):
    """Dual of one row as a function of its alpha, the margin being that of the old alpha."""
    quadratic = 0.5 * a * (alpha - old) ** 2 + margin * (alpha - old)
    if loss == "log_loss":
        return quadratic - C * (entr(alpha / C) + entr(1 - alpha / C))
    return quadratic - alpha + alpha**2 / (4 * C)


def rows(loss, n=200):
    """Random duals, some of rows not visited yet; u belongs to alpha."""
    rng = np.random.RandomState(0)
    u, margin, C = 2 * rng.randn(n), 2 * rng.randn(n), rng.uniform(0.1, 5.0, n)
    old = C * expit(u) if loss == "log_loss" else np.maximum(0, u)
    old[::5] = 0.0
    return u, old, margin, rng.uniform(1.0, 4.0, n), C


@pytest.mark.parametrize("loss", LOSSES)
def test_a_visit_minimises_the_dual(loss):
    u, old, margin, a, C = rows(loss)
    lanes = np.ones(len(u), bool)
    lanes[3] = False
    code = LOSSES[loss].code
    _, moved, logits, new = visit(code, lanes, u, old, margin, a, C, 1e-12)
    assert moved[lanes].mean() > 0.6
    np.testing.assert_array_equal(new[~moved], old[~moved])
    for i in np.flatnonzero(lanes):
        most = C[i] if loss == "log_loss" else 100.0
        best = minimize_scalar(
            lambda alpha, i=i: dual(loss, alpha, old[i], margin[i], a[i], C[i]),
            bounds=(0.0, most),
            method="bounded",
            options={"xatol": 1e-10},
        )
        assert new[i] == pytest.approx(best.x, abs=2e-5)
    if keeps_logits(code):
        np.testing.assert_allclose(new[moved], (C * expit(logits))[moved])


@pytest.mark.parametrize("loss", LOSSES)
def test_rows_near_their_best_stay(loss):
    u, old, margin, a, C = rows(loss)
    lanes = np.ones(len(u), bool)
    code = LOSSES[loss].code
    sizes, moved, _, _ = visit(code, lanes, u, old, margin, a, C, 1.0)
    np.testing.assert_array_equal(moved[old > 0], sizes[old > 0] > 1.0)
    assert 0 < moved.sum() < len(moved)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", LOSSES)
def test_kernels_visit_as_numpy_does(loss, dtype):
    numba = pytest.importorskip("numba", reason="vectors need numba (extra 'fast')")
    from skmultitext.linear._dual_solver import _visit
    from skmultitext.linear._lanes import WIDTH, load, store

    @numba.njit
    def run(code, given, a, out):
        active = load(given, 3) > 0.0
        size, moved, u, new = _visit(
            code, active, load(given, 0), load(given, 1), load(given, 2), a, load(given, 3), 1e-3
        )
        store(out, 0, size)
        store(out, 1, np.where(moved, load(given, 3) * 0.0 + 1.0, 0.0))
        store(out, 2, u)
        store(out, 3, new)

    u, old, margin, _, C = (array[:WIDTH] for array in rows(loss))
    given, out = np.array([u, old, margin, C], dtype), np.empty((4, WIDTH), dtype)
    run(LOSSES[loss].code, given, dtype(2.0), out)
    wanted = visit(LOSSES[loss].code, C > 0, u, old, margin, 2.0, C, 1e-3)
    for found, value in zip(out, wanted, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-2, atol=2e-3)


def test_the_logistic_losses_are_those_whose_scores_are_logits():
    assert {name for name, loss in LOSSES.items() if loss.is_logistic} == {"log_loss"}
    assert LOSSES["log_loss"].liblinear is LogisticRegression
    assert len({loss.code for loss in LOSSES.values()}) == len(LOSSES)
