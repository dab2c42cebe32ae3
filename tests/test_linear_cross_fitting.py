"""Folds that depend on what stands in the rows, and the sigmoids fitted on them."""

import numpy as np
import scipy.sparse as sp
from scipy.special import expit

from skmultitext.calibration._calibrators import sigmoid_line, sigmoid_shift
from skmultitext.linear._cross_fitting import (
    FOLDS,
    assign_folds,
    fit_sigmoid,
    row_ids,
    stretch_factors,
)


def test_equal_rows_share_a_number_whatever_their_form_and_order():
    rng = np.random.RandomState(0)
    rows = rng.randint(0, 3, (40, 5)).astype(float)
    X = np.vstack([rows, rows[::-1]])
    ids = row_ids(X)
    np.testing.assert_array_equal(ids[:40], ids[:39:-1])
    assert len(np.unique(ids)) == len(np.unique(X, axis=0))
    np.testing.assert_array_equal(row_ids(sp.csr_matrix(X)), ids)
    order = rng.permutation(80)
    np.testing.assert_array_equal(row_ids(X[order]), ids[order])


def test_folds_are_stratified_and_do_not_change_with_repetition():
    rng = np.random.RandomState(0)
    X, positive = rng.randn(100, 3), rng.rand(100) < 0.2
    folds = assign_folds(row_ids(X), positive)
    for side in (positive, ~positive):
        counts = np.bincount(folds[side], minlength=FOLDS)
        assert counts.max() - counts.min() <= 1
    repeated = np.repeat(np.arange(100), rng.randint(1, 4, 100))
    again = assign_folds(row_ids(X[repeated]), positive[repeated])
    np.testing.assert_array_equal(again, folds[repeated])


def test_two_different_rows_on_each_side_are_the_fewest():
    ids = np.array([0, 0, 1, 2, 3])
    assert assign_folds(ids, np.array([1, 1, 0, 0, 0], bool)).tolist() == [-1] * 5
    assert set(assign_folds(ids, np.array([1, 0, 1, 0, 0], bool)).tolist()) == {0, 1, 2}


def test_scores_that_say_nothing_are_shifted_to_the_prevalence():
    rng = np.random.RandomState(0)
    z, weight = rng.randn(200), np.ones(200)
    positive = rng.rand(200) < expit(2 * z - 1)
    folds = np.zeros(200, np.int8)
    slope, intercept = fit_sigmoid(z, folds, positive, weight, None)
    assert 1.2 < slope < 3.2
    assert -2 < intercept < -0.4
    falling = fit_sigmoid(-z, folds, positive, weight, None)
    np.testing.assert_array_equal(falling, sigmoid_shift(-z, positive, weight))
    without = fit_sigmoid(None, folds - 1, positive, weight, lambda: z / 2)
    np.testing.assert_array_equal(without, sigmoid_shift(z / 2, positive, weight))


def test_the_line_is_where_the_likelihood_of_platts_targets_is_highest():
    rng = np.random.RandomState(0)
    z, weight = rng.randn(300), rng.uniform(0.1, 3, 300)
    positive = rng.rand(300) < expit(z)
    P, N = weight[positive].sum(), weight[~positive].sum()
    target = np.where(positive, (P + 1) / (P + 2), 1 / (N + 2))
    line = sigmoid_line(z, positive, weight)
    error = weight * (expit(line[0] * z + line[1]) - target)
    np.testing.assert_allclose([error @ z, error.sum()], 0, atol=1e-8)
    (slope,) = sigmoid_line(z, positive, weight, intercept=False)
    assert slope > 0
    error = weight * (expit(slope * z) - target)
    np.testing.assert_allclose(error @ z, 0, atol=1e-8)


def test_held_out_rows_get_their_length_from_what_other_folds_know():
    rows = np.array([[0.6, 0.0, 0.8, 0.0], [0.6, 0.8, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
    # of the first label, and of a second that is unknown for the second row
    folds = np.array([[0, 0], [1, -1], [2, 1], [1, 2]], np.int8)
    factors = stretch_factors(sp.csr_array(rows), folds)
    # the first row: only its first feature occurs elsewhere; the last: its only one does not
    expected = [[1 / 0.6, 1 / 0.6], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]
    np.testing.assert_allclose(factors, expected)
    longer = stretch_factors(sp.csr_array(3 * rows), folds)
    np.testing.assert_allclose(longer, expected)
    again = [0, 0, 1, 2, 2, 3]  # repetition changes nothing
    repeated = stretch_factors(sp.csr_array(rows[again]), folds[again])
    np.testing.assert_array_equal(repeated, factors[again])
    assert (stretch_factors(sp.csr_array((4, 3)), folds) == 1).all()
