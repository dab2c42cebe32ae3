"""Scores of probabilities against sums written out by hand."""

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st
from scored_labels import scored_data

from skmultitext import metrics


@given(scored_data())
@settings(max_examples=40, deadline=None)
def test_probability_scores_equal_loops(data):
    y_true, _, y_proba, weight = data
    w = np.ones(len(y_true)) if weight is None else weight
    n_labels = y_true.shape[1]
    eps = np.finfo(float).eps
    loss = square = 0.0
    for i in range(len(y_true)):
        for j in range(n_labels):
            p = min(max(y_proba[i, j], eps), 1 - eps)
            loss -= w[i] * np.log(p if y_true[i, j] else 1 - p)
            square += w[i] * (y_proba[i, j] - y_true[i, j]) ** 2
    size = w.sum() * n_labels
    assert metrics.log_loss(y_true, y_proba, sample_weight=weight) == pytest.approx(loss / size)
    assert metrics.brier_score_loss(y_true, y_proba, sample_weight=weight) == pytest.approx(
        square / size
    )


@given(scored_data(), st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_calibration_error_equals_loops(data, n_bins):
    y_true, _, y_proba, weight = data
    w = np.ones(len(y_true)) if weight is None else weight

    def error(truth, proba, w):
        bins = [min(int(p * n_bins), n_bins - 1) for p in proba]
        total = 0.0
        for b in set(bins):
            inside = np.array(bins) == b
            gap = np.average(proba[inside], weights=w[inside])
            gap -= np.average(truth[inside], weights=w[inside])
            total += w[inside].sum() / w.sum() * abs(gap)
        return total

    per_label = [error(y_true[:, j], y_proba[:, j], w) for j in range(y_true.shape[1])]
    pooled = error(y_true.ravel(), y_proba.ravel(), np.repeat(w, y_true.shape[1]))
    options = {"n_bins": n_bins, "sample_weight": weight}
    ece = metrics.expected_calibration_error
    np.testing.assert_allclose(ece(y_true, y_proba, average=None, **options), per_label, atol=1e-12)
    assert ece(y_true, y_proba, **options) == pytest.approx(np.mean(per_label), abs=1e-12)
    assert ece(y_true, y_proba, average="micro", **options) == pytest.approx(pooled, abs=1e-12)


def test_calibration_error_of_a_calibrated_label_is_0_and_of_a_wrong_one_is_1():
    y_true = np.array([[1, 1], [0, 1], [1, 1], [0, 1]])
    y_proba = np.array([[0.5, 0.0]] * 4)
    assert metrics.expected_calibration_error(y_true, y_proba, average=None).tolist() == [0, 1]


def test_log_loss_charges_wrong_labels_where_scikit_learn_does_not():
    y_true = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 1]])
    careless = np.ones((3, 3))
    careful = np.clip(y_true, 0.01, 0.99)

    with pytest.warns(UserWarning, match="do not sum to one"):
        theirs_careless = sk.log_loss(y_true, careless)
    assert theirs_careless == pytest.approx(0, abs=1e-12)  # "yes" to all is perfect there
    assert metrics.log_loss(y_true, careless) > 10 > metrics.log_loss(y_true, careful)

    # scikit-learn sums over the true labels of a document; an empty document costs nothing
    with pytest.warns(UserWarning, match="do not sum to one"):
        theirs = sk.log_loss(y_true, careful)
    assert theirs == pytest.approx(-(y_true * np.log(careful)).sum() / 3)
    assert metrics.log_loss(y_true, careful) == pytest.approx(-np.log(0.99))


def test_log_loss_stays_finite_at_0_and_1_by_the_precision_of_the_dtype():
    certain = np.array([[1.0], [0.0]])
    assert metrics.log_loss([[0], [1]], certain) == pytest.approx(-np.log(np.finfo(float).eps))
    single = metrics.log_loss([[0], [1]], certain.astype(np.float32))
    assert single == pytest.approx(-np.log(np.finfo(np.float32).eps))
    assert metrics.log_loss([[1], [0]], certain) == 0
