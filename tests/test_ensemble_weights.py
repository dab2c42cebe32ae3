"""Weights of members: the optimum of a penalised logistic regression per label."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from skmultitext.ensemble._weights import RIDGE, WeightedSum, fit_weights

RNG = np.random.RandomState(0)
LOGITS = 2 * RNG.randn(300, 3, 4)
TRUTH = (RNG.rand(300, 4) < expit(LOGITS @ np.eye(4))[:, 0]).astype(np.int8)
WEIGHT = RNG.randint(1, 4, 300).astype(float)


def loss(params, z, y, weight):
    """The objective of one label, written anew."""
    scores = z @ params[:-1] + params[-1]
    data = weight @ (np.logaddexp(0, scores) - y * scores)
    return data + RIDGE / 2 * (((params[:-1] - 1 / 3) ** 2).sum() + params[-1] ** 2)


def test_weights_are_the_optimum():
    found = fit_weights(LOGITS, TRUTH, WEIGHT)
    for j in range(4):
        args = (LOGITS[:, :, j], TRUTH[:, j], WEIGHT)
        wanted = minimize(loss, np.zeros(4), args, tol=1e-12).x
        got = [*found.weights[:, j], found.intercept[j]]
        np.testing.assert_allclose(got, wanted, atol=1e-4)
    assert (found.weights[0] > found.weights[1:] + 0.2).all()
    expected = sum(found.weights[m] * LOGITS[:, m] for m in range(3)) + found.intercept
    np.testing.assert_allclose(found(LOGITS), expected)


def test_a_weight_of_two_is_a_repetition():
    rows = np.repeat(np.arange(300), WEIGHT.astype(int))
    repeated = fit_weights(LOGITS[rows], TRUTH[rows], np.ones(len(rows)))
    weighted = fit_weights(LOGITS, TRUTH, WEIGHT)
    np.testing.assert_allclose(weighted.weights, repeated.weights, rtol=1e-8)


def test_unknown_entries_and_constant_labels():
    truth = TRUTH.copy()
    truth[:150, 0] = -1  # unknown
    truth[:, 1] = 0
    truth[:, 2] = 1
    truth[:, 3] = -1
    found = fit_weights(LOGITS, truth, WEIGHT)
    known = fit_weights(LOGITS[150:], truth[150:], WEIGHT[150:])
    np.testing.assert_allclose(found.weights[:, 0], known.weights[:, 0])
    np.testing.assert_allclose(found.weights[:, 1:], 1 / 3)
    assert not found.intercept[1:].any()


def test_one_positive_changes_little():
    truth = np.zeros((300, 4), dtype=np.int8)
    truth[7] = 1
    found = fit_weights(LOGITS, truth, np.ones(300))
    assert np.isfinite(found.weights).all()
    assert np.abs(found.weights - 1 / 3).max() < 1


def test_members_of_no_weight_take_no_part():
    votes = WeightedSum(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0.0, 0.5]))
    logits = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    assert votes(logits).tolist() == [[1.0, 4.5]]
