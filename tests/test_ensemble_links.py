"""The links of a chain: the optimum of a penalised logistic regression per label."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from skmultitext.ensemble._links import RIDGE, Chain, fit_chain

RNG = np.random.RandomState(0)
TRUTH = (RNG.rand(400, 3) < [0.5, 0.3, 0.1]).astype(np.int8)
TRUTH[:, 1] *= 1 - TRUTH[:, 0]
LOGITS = 2.0 * TRUTH - 1 + RNG.randn(400, 3)
WEIGHT = RNG.randint(1, 4, 400).astype(float)


def test_links_are_the_optimum():
    found = fit_chain(LOGITS, TRUTH, WEIGHT)
    assert found.order.tolist() == [0, 1, 2]
    for j in range(3):
        before = TRUTH[:, :j]

        def loss(params, j=j, before=before):
            z = (1 + params[0]) * LOGITS[:, j] + params[1] + before @ params[2:]
            data = WEIGHT @ (np.logaddexp(0, z) - TRUTH[:, j] * z)
            return data + RIDGE / 2 * (params @ params)

        wanted = minimize(loss, np.zeros(2 + j), tol=1e-12).x
        got = [found.slopes[j] - 1, found.intercept[j], *found.coef[j, :j]]
        np.testing.assert_allclose(got, wanted, atol=1e-4)
    assert found.coef[1, 0] < -1
    assert not np.triu(found.coef).any()


def test_constant_and_unknown_labels_are_left_as_they_are():
    truth = TRUTH.copy()
    truth[:, 0], truth[:, 2] = 1, -1
    found = fit_chain(LOGITS, truth, WEIGHT)
    np.testing.assert_array_equal(found.slopes[[0, 2]], 1)
    np.testing.assert_array_equal(found.coef[[0, 2]], 0)
    np.testing.assert_array_equal(found(LOGITS[:, None])[:, [0, 2]], LOGITS[:, [0, 2]])
    truth = TRUTH.copy()
    truth[:200, 1] = -1
    some = fit_chain(LOGITS, truth, WEIGHT)
    known = fit_chain(LOGITS[200:], truth[200:], WEIGHT[200:])
    np.testing.assert_allclose(some.coef[1, 0], known.coef[1, 0])


def test_decisions_are_passed_on():
    coef = np.array([[0, 0], [-4.0, 0]])
    chain = Chain(np.array([0, 1]), np.array([1.0, 2.0]), coef, np.array([0.0, 0.5]))
    logits = np.array([[[0.1, 1.0]], [[-0.1, 1.0]]])
    np.testing.assert_allclose(chain(logits), [[0.1, -1.5], [-0.1, 2.5]])
    assert expit(chain(logits)[1, 1]) > 0.5
