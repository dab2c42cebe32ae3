"""Logistic regression on features, one label at a time."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit
from sklearn.datasets import make_multilabel_classification
from sklearn.linear_model import LogisticRegression

from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger

X, Y = make_multilabel_classification(n_samples=150, random_state=0)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix, sp.csc_array])
def test_every_label_is_scikit_learns_logistic_regression(form):
    tagger = MultilabelLogisticRegression(C=0.3).fit(form(X), Y)
    for j in range(Y.shape[1]):
        # lbfgs leaves the intercept unpenalised: give it the column of ones that ours has
        with_ones = np.column_stack([X, np.ones(len(X))])
        peer = LogisticRegression(C=0.3, fit_intercept=False, tol=1e-10, max_iter=10_000)
        peer.fit(with_ones, Y[:, j])
        np.testing.assert_allclose(tagger.coef_[j], peer.coef_[0, :-1], atol=2e-5)
        np.testing.assert_allclose(tagger.intercept_[j], peer.coef_[0, -1], atol=2e-5)
    np.testing.assert_allclose(
        tagger.predict_proba(form(X)), expit(X @ tagger.coef_.T + tagger.intercept_)
    )


def test_the_gradient_of_the_stated_objective_is_zero_at_the_solution():
    weight = np.random.RandomState(0).uniform(0.1, 3, len(X))
    tagger = MultilabelLogisticRegression(C=2.0).fit(X, Y, sample_weight=weight)
    for j in range(Y.shape[1]):
        residual = weight * (expit(X @ tagger.coef_[j] + tagger.intercept_[j]) - Y[:, j])
        np.testing.assert_allclose(tagger.coef_[j] + 2.0 * X.T @ residual, 0, atol=1e-4)
        np.testing.assert_allclose(tagger.intercept_[j] + 2.0 * residual.sum(), 0, atol=1e-4)


def test_constant_labels_have_no_weights_and_a_certain_intercept():
    labels = np.column_stack([np.zeros(150, int), np.ones(150, int), Y[:, 0]])
    tagger = MultilabelLogisticRegression().fit(X, labels)
    assert tagger.intercept_[:2].tolist() == [-16.0, 16.0]
    assert not tagger.coef_[:2].any()
    assert tagger.n_iter_[:2].tolist() == [0, 0]
    assert tagger.predict(X)[:, :2].tolist() == [[0, 1]] * 150


def test_class_weight_equals_weighing_the_samples_of_a_label():
    tagger = MultilabelLogisticRegression(class_weight={"1": 4.0}).fit(X, Y)
    by_hand = MultilabelLogisticRegression().fit(
        X, Y[:, 1], sample_weight=np.where(Y[:, 1], 4.0, 1.0)
    )
    np.testing.assert_allclose(tagger.coef_[1], by_hand.coef_[0], rtol=1e-6)
    plain = MultilabelLogisticRegression().fit(X, Y)
    np.testing.assert_array_equal(tagger.coef_[0], plain.coef_[0])


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ({"C": 0}, "The 'C' parameter of .* must be a float in the range"),
        ({"C": "1"}, "The 'C' parameter"),
        ({"tol": "small"}, "The 'tol' parameter"),
        ({"max_iter": 0}, "The 'max_iter' parameter"),
        ({"class_weight": "fair"}, "The 'class_weight' parameter"),
        ({"n_jobs": 1.5}, "The 'n_jobs' parameter"),
        ({"n_jobs": 0}, "The 'n_jobs' parameter"),
    ],
)
@pytest.mark.parametrize("tagger_class", [MultilabelLogisticRegression, TfidfLogRegTagger])
def test_wrong_parameters_are_named(tagger_class, parameter, message):
    data = X if tagger_class is MultilabelLogisticRegression else ["text"] * len(X)
    with pytest.raises(ValueError, match=message):
        tagger_class(**parameter).fit(data, Y)
