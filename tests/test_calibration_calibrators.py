"""The maps from a score to a calibrated logit."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression

from skmultitext.calibration._calibrators import (
    IsotonicCalibrator,
    SigmoidCalibrator,
    fit_isotonic,
    fit_sigmoid,
)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_the_sigmoid_is_the_maximum_of_platts_likelihood(intercept, weighted):
    rng = np.random.RandomState(0)
    z = rng.standard_normal(300) * 4
    positive = rng.random_sample(300) < expit(0.4 * z - 1)
    weight = rng.randint(1, 4, 300).astype(float) if weighted else np.ones(300)
    line = fit_sigmoid(z, positive, weight, intercept=intercept)
    P, N = weight[positive].sum(), weight[~positive].sum()
    target = np.where(positive, (P + 1) / (P + 2), 1 / (N + 2))

    def loss(parameters):
        logits = parameters[0] * z + (parameters[1] if intercept else 0)
        return weight @ (np.logaddexp(0, logits) - target * logits)

    best = minimize(loss, [1.0, 0.0][: 1 + intercept], tol=1e-10)
    found = [line.slope, line.intercept][: 1 + intercept]
    np.testing.assert_allclose(found, best.x, rtol=1e-4)
    assert loss(found) <= best.fun + 1e-9


def test_the_isotonic_curve_is_scikit_learns_within_its_two_added_documents():
    rng = np.random.RandomState(0)
    z = rng.standard_normal(2000) * 3
    positive = rng.random_sample(2000) < expit(z)
    curve = fit_isotonic(z, positive, np.ones(2000))
    proba = expit(curve(z))
    expected = IsotonicRegression().fit_transform(z, positive)
    assert np.abs(proba - expected).max() < 0.02
    assert (proba > 0).all()
    assert (proba < 1).all()
    assert (np.diff(curve(np.sort(z))) > 0).all()
    assert np.isfinite(curve(np.array([-700.0, 700.0]))).all()


def test_a_sigmoid_is_a_line_of_the_logit():
    z = np.array([-1.0, 0.0, 2.0])
    assert SigmoidCalibrator(2.0, -0.5)(z).tolist() == [-2.5, -0.5, 3.5]
    assert SigmoidCalibrator()(z).tolist() == z.tolist()  # no calibrator: the logit is unchanged


def test_temperature_has_no_intercept():
    z = np.array([-1.0, -0.5, 0.5, 1.0] * 20)
    line = fit_sigmoid(z, (z > 0) | (z == -0.5), np.ones(80), intercept=False)
    assert line.intercept == 0
    assert line.slope > 0


def test_steps_are_joined_held_at_their_ends_and_tilted():
    curve = IsotonicCalibrator(np.array([-1.0, 1.0]), np.array([0.2, 0.8]))
    np.testing.assert_allclose(
        expit(curve(np.array([-9.0, -1.0, 0.0, 1.0, 9.0]))), [0.2, 0.2, 0.5, 0.8, 0.8], atol=1e-5
    )
    assert (np.diff(curve(np.array([1.0, 2.0, 3.0, 4.0]))) > 0).all()  # no two logits tie


def test_the_lowest_step_follows_the_rule_of_laplace():
    z = np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0])
    curve = fit_isotonic(z, z > 0, np.array([1.0, 1, 1, 2, 2, 2]))
    assert expit(curve(np.array([-3.0]))) == pytest.approx(1 / 4, abs=1e-5)
    assert expit(curve(np.array([3.0]))) == pytest.approx(6 / 7, abs=1e-5)
