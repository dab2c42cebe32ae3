"""The sixteen-lane vector functions agree with numpy."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="vectors need numba (extra 'fast')")

from numba import njit
from scipy.special import expit

from skmultitext.linear import _lanes
from skmultitext.linear._lanes import (
    WIDTH,
    fill,
    load,
    load_as,
    power_of_two,
    store,
    truncate,
)


@njit
def arithmetic(a, b, out):
    x, y = load(a, 0), load(b, 0)
    x += 1.0
    store(out, 0, (x - y) * 2.0 / (3.0 + y * y))
    store(out, 1, np.where((x < y) | (y <= 0.0), x, np.where((x > 1.0) & (y > 1.0), 7.0, y)))


@njit
def rounding(a, signs, out):
    x = load(a, 0)
    store(out, 0, truncate(x * 10.0))
    store(out, 1, power_of_two(truncate(x)))
    store(out, 2, load_as(x, signs, 1) + fill(a, 0.5))


@njit
def any_above(a, bound):
    return np.any(load(a, 0) > bound)


@njit
def sigmas(a, out):
    for i in range(len(a)):
        store(out, i, expit(load(a, i)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_operations_are_lane_by_lane(dtype):
    rng = np.random.RandomState(0)
    a, b = rng.randn(2, 1, WIDTH).astype(dtype)
    out = np.empty((2, WIDTH), dtype)
    arithmetic(a, b, out)
    x, y = a[0] + dtype(1), b[0]
    np.testing.assert_allclose(out[0], (x - y) * 2 / (3 + y * y), rtol=1e-5)
    wanted = np.where((x < y) | (y <= 0), x, np.where((x > 1) & (y > 1), 7, y))
    np.testing.assert_allclose(out[1], wanted, rtol=1e-6)
    out = np.empty((3, WIDTH), dtype)
    signs = rng.randint(-1, 2, (2, WIDTH)).astype(np.int8)
    rounding(3 * a, signs, out)
    np.testing.assert_array_equal(out[0], np.trunc(3 * a[0] * dtype(10)))
    np.testing.assert_array_equal(out[1], 2.0 ** np.trunc(3 * a[0]))
    np.testing.assert_array_equal(out[2], signs[1] + 0.5)
    assert any_above(a, float(a.max()) - 0.01)
    assert not any_above(a, float(a.max()))


@pytest.mark.parametrize(("dtype", "accuracy"), [(np.float32, 3e-7), (np.float64, 4e-16)])
def test_the_sigmoid_is_as_exact_as_its_type(dtype, accuracy):
    z = np.linspace(-40, 40, 100 * WIDTH).reshape(100, WIDTH).astype(dtype)
    out = np.empty_like(z)
    sigmas(z, out)
    wanted = expit(z.astype(np.float64))
    # relative for small probabilities: the exponent itself is rounded
    np.testing.assert_allclose(out, wanted, rtol=40 * accuracy, atol=0)
    np.testing.assert_allclose(out, wanted, atol=accuracy)


def test_vectors_are_as_wide_as_blocks():
    from skmultitext.linear import _dual_solver

    assert _dual_solver.BLOCK == _lanes.WIDTH
