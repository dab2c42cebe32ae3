"""Platt's sigmoid, from scores that tell much, little or nothing."""

import numpy as np
import pytest
from scipy.special import expit, logit

from skmultitext.calibration._calibrators import sigmoid_line, sigmoid_shift


def scores(n=400, slope=1.5, intercept=-1.0):
    """Scores, and labels drawn from the sigmoid of a line of them."""
    rng = np.random.RandomState(0)
    z = 2 * rng.standard_normal(n)
    return z, rng.random_sample(n) < expit(slope * z + intercept)


def slopes_of_the_likelihood(line, z, positive, weight):
    """What the derivatives of the weighted likelihood are, with Platt's targets."""
    P, N = weight[positive].sum(), weight[~positive].sum()
    target = np.where(positive, (P + 1) / (P + 2), 1 / (N + 2))
    design = np.stack([z, np.ones_like(z)])[: len(line)]
    return design @ (weight * (expit(line @ design) - target))


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_no_other_line_is_likelier(scale, intercept):
    z, positive = scores()
    weight = np.random.RandomState(1).uniform(0.1, 3, len(z))
    line = sigmoid_line(scale * z, positive, weight, intercept=intercept)
    assert line.shape == (1 + intercept,)
    found = slopes_of_the_likelihood(line, scale * z, positive, weight)
    np.testing.assert_allclose(found / [scale, 1.0][: len(line)], 0, atol=1e-5)


def test_it_finds_the_line_that_the_labels_were_drawn_from():
    z, positive = scores(100_000)
    line = sigmoid_line(z, positive, np.ones(len(z)))
    np.testing.assert_allclose(line, [1.5, -1.0], atol=0.05)


def test_scores_that_separate_get_a_finite_slope():
    z = np.array([-2.0, -1.0, 1.0, 2.0])
    line = sigmoid_line(z, z > 0, np.ones(4))
    assert 0 < line[0] < 10
    assert line[1] == pytest.approx(0, abs=1e-9)


def test_scores_that_tell_nothing_get_the_base_rate():
    positive = np.arange(90) < 30
    slope, intercept = sigmoid_line(np.zeros(90), positive, np.ones(90))
    assert slope == pytest.approx(0, abs=1e-9)
    target = (30 * (31 / 32) + 60 / 62) / 90
    assert intercept == pytest.approx(logit(target))


def test_a_weight_is_a_repetition_up_to_platts_targets():
    z, positive = scores(4000)
    weight = np.random.RandomState(2).randint(1, 4, len(z)).astype(float)
    copies = np.repeat(np.arange(len(z)), weight.astype(int))
    repeated = sigmoid_line(z[copies], positive[copies], np.ones(len(copies)))
    np.testing.assert_allclose(sigmoid_line(z, positive, weight), repeated, rtol=1e-8)


def test_huge_scores_do_not_overflow():
    z = np.array([-1e5, -1.0, 0.5, 1e5, 2.0, -3.0])
    positive = np.array([False, True, False, True, True, False])
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(sigmoid_line(z, positive, np.ones(6))).all()


@pytest.mark.parametrize("n_positives", [0, 1, 3, 99, 100])
def test_a_shift_brings_the_mean_to_the_shrunken_prevalence(n_positives):
    rng = np.random.RandomState(0)
    z, positive = 30 * rng.randn(100), np.arange(100) < n_positives
    slope, intercept = sigmoid_shift(z, positive, np.ones(100))
    P, N = n_positives, 100 - n_positives
    mean = (P * (P + 1) / (P + 2) + N / (N + 2)) / 100
    assert slope == 1.0
    np.testing.assert_allclose(expit(z + intercept).mean(), mean, rtol=1e-9)


def test_a_weighted_shift_equals_one_of_repeated_rows():
    rng = np.random.RandomState(0)
    z, positive, weight = rng.randn(50), np.arange(50) < 2, rng.randint(1, 4, 50)
    copies = np.repeat(np.arange(50), weight)
    repeated = sigmoid_shift(z[copies], positive[copies], np.ones(len(copies)))
    np.testing.assert_allclose(sigmoid_shift(z, positive, weight), repeated, rtol=1e-9)
