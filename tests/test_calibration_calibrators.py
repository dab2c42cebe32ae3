"""The maps from a score to a calibrated logit."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression

from skmultitext.calibration._calibrators import fit_isotonic, fit_sigmoid


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
