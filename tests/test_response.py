"""Probabilities and decisions of scikit-learn's own estimators, one column per label."""

import re

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import make_multilabel_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skmultitext._response import (
    find_label_names,
    has_one_column,
    label_scores,
    method_name,
    one_label_space,
    positive_scores,
)

X, Y = make_multilabel_classification(n_samples=60, n_classes=3, random_state=0)
LOGISTIC = LogisticRegression()
ESTIMATORS = [
    OneVsRestClassifier(LOGISTIC),
    MultiOutputClassifier(LOGISTIC),
    ClassifierChain(LOGISTIC),
    RandomForestClassifier(n_estimators=5, random_state=0),
    KNeighborsClassifier(),
    DummyClassifier(strategy="prior"),
    make_pipeline(StandardScaler(), KNeighborsClassifier()),
    GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [3]}, cv=2),
]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("n_labels", [2, 3])
def test_probabilities_of_any_estimator_agree_with_its_decisions(estimator, n_labels):
    estimator.fit(X, Y[:, :n_labels])
    scores, method = label_scores(estimator, X, one_label=False)
    assert method == "predict_proba"
    assert scores.shape == (60, n_labels)
    assert scores.dtype == np.float64
    if not isinstance(estimator, ClassifierChain | DummyClassifier):
        np.testing.assert_array_equal(scores > 0.5, estimator.predict(X))


@pytest.mark.parametrize("estimator", [RandomForestClassifier(5, random_state=0), LOGISTIC])
def test_two_columns_of_one_label_are_its_two_classes(estimator):
    codes = np.array(["ham", "spam"])
    estimator.fit(X, codes[Y[:, 0]])
    scores, _ = label_scores(estimator, X, one_label=True)
    np.testing.assert_array_equal(scores[:, 0], estimator.predict_proba(X)[:, 1])


def test_decision_function_where_there_are_no_probabilities():
    estimator = OneVsRestClassifier(LinearSVC()).fit(X, Y)
    scores, method = label_scores(estimator, X, one_label=False)
    assert method == "decision_function"
    np.testing.assert_array_equal(scores > 0, estimator.predict(X))
    binary, _ = label_scores(RidgeClassifier().fit(X, Y[:, 0]), X, one_label=True)
    assert binary.shape == (60, 1)
    with pytest.raises(AttributeError, match=r"OneVsRestClassifier has no predict_proba\. Use a"):
        label_scores(estimator, X, ("predict_proba",), one_label=False)


@pytest.mark.parametrize("estimator", ESTIMATORS[3:6], ids=lambda e: type(e).__name__)
def test_a_label_constant_in_training_gets_0_or_1(estimator):
    y = Y.copy()
    y[:, 0], y[:, 2] = 0, 1
    scores, _ = label_scores(estimator.fit(X, y), X, one_label=False)
    assert (scores[:, 0] == 0).all()  # the last column of its array is the 1.0 of "no"
    assert (scores[:, 2] == 1).all()
    for constant in (0, 1):
        estimator.fit(X, np.full(60, constant))
        scores, _ = label_scores(estimator, X, one_label=True)
        np.testing.assert_array_equal(scores, np.full((60, 1), constant))


def test_float32_stays_and_integers_become_float64():
    assert positive_scores(np.zeros((2, 3), np.float32), one_label=False).dtype == np.float32
    assert positive_scores([[0, 1], [1, 0]], one_label=False).dtype == np.float64
    assert positive_scores([0.5, 1], one_label=True).shape == (2, 1)


@pytest.mark.parametrize(
    ("output", "classes", "message"),
    [
        ([np.ones((2, 1)), np.ones((2, 2))], None, "y_score[0] has one column: label 0 had one"),
        ([np.ones((2, 1))], [np.array(["spam"])], "nothing tells whether that is yes"),
        ([np.ones((2, 3))], None, "y_score[0] has shape (2, 3); pass (n_samples, 2)"),
        ([np.ones((2, 2)), np.ones((3, 2))], None, "arrays of different length, [2, 3]"),
        (np.ones(3), None, "y_score has shape (3,); pass (n_samples, n_labels)"),
        (np.ones((2, 2, 2, 2)), None, "y_score has shape (2, 2, 2, 2)"),
        (sp.csr_array(np.eye(2)), None, "y_score is sparse"),
        ([["a", "b"]], None, "y_score cannot be read as numbers"),
        ([[1], [1, 2]], None, "y_score cannot be read as numbers"),
        (np.ones((2, 2), complex), None, "y_score cannot be read as numbers"),
    ],
)
def test_bad_output_is_named(output, classes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        positive_scores(output, classes, one_label=False)


class Named:
    label_names_ = ["a", "b"]


class Holder:
    def __init__(self, **inner):
        vars(self).update(inner)


def test_label_names_are_found_behind_wrappers():
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    pipeline.steps[-1] = ("tagger", Named())
    for estimator in (
        Named(),
        pipeline,
        Holder(best_estimator_=pipeline),
        Holder(estimator_=Holder(best_estimator_=Named())),
        Holder(final_estimator_=Named()),
        FrozenEstimator(Named()),
    ):
        assert find_label_names(estimator).tolist() == ["a", "b"]
    assert find_label_names(LOGISTIC) is None
    assert find_label_names(make_pipeline(LOGISTIC)) is None


def test_has_one_column():
    for y in ([0, 1], ["a", "b"], np.zeros(3), np.zeros((3, 1)), [[0], [1]]):
        assert has_one_column(y)
    sets = np.empty(2, dtype=object)
    sets[:] = [["a"], []]
    for y in (np.zeros((3, 2)), [["a"], ["b"]], [set(), {"a"}], sets, sp.csr_array((3, 1)), None,
              "ab", [], [[], ["a"]]):  # fmt: skip
        assert not has_one_column(y)


def test_one_label_space_reads_classes():
    assert one_label_space(np.array(["no", "yes"])).encode(["yes", "yes"]).tolist() == [[1], [1]]
    assert one_label_space(np.array([0])) is None


def test_method_name_lists_what_is_missing():
    assert method_name(LOGISTIC, ("predict_log_odds", "predict_proba")) == "predict_proba"
    with pytest.raises(AttributeError, match="Named has no a and no b"):
        method_name(Named(), ("a", "b"))
