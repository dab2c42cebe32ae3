"""Probabilities and decisions of scikit-learn's own estimators, one column per label."""

import re
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import make_multilabel_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC

from skmultitext import FixedThresholdTagger, MultilabelLogisticRegression
from skmultitext._gate.label_forms import has_one_column
from skmultitext._meta.response import label_scores, positive_scores, response_method

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
        ([np.ones((2, 1))], [np.array(["spam"])], "it is unknown which"),
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


def test_has_one_column():
    for y in ([0, 1], ["a", "b"], np.zeros(3), np.zeros((3, 1)), [[0], [1]], sp.csr_array((3, 1))):
        assert has_one_column(y)
    sets = np.empty(2, dtype=object)
    sets[:] = [["a"], []]
    for y in (np.zeros((3, 2)), [["a"], ["b"]], [set(), {"a"}], sets, None,
              "ab", [], [[], ["a"]]):  # fmt: skip
        assert not has_one_column(y)


def test_method_name_lists_what_is_missing():
    assert response_method(LOGISTIC, ("predict_log_odds", "predict_proba")) == "predict_proba"
    with pytest.raises(AttributeError, match="Named has no a and no b"):
        response_method(Named(), ("a", "b"))


def stack_of(final, **options):
    base = [
        ("forest", RandomForestClassifier(5, random_state=0)),
        ("ours", MultilabelLogisticRegression()),
    ]
    return StackingClassifier(base, final, cv=KFold(3), **options)


FINALS = [
    RandomForestClassifier(n_estimators=15, max_depth=3, random_state=0),
    KNeighborsClassifier(5),
    MultiOutputClassifier(LOGISTIC),
    MLPClassifier((4,), solver="lbfgs", max_iter=50, tol=0.1, random_state=0),
    OneVsRestClassifier(LOGISTIC),
    ClassifierChain(LOGISTIC),
    MultilabelLogisticRegression(),
    make_pipeline(StandardScaler(), OneVsRestClassifier(LOGISTIC)),
    GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [3]}, cv=2),
    FixedThresholdTagger(KNeighborsClassifier(5)),
    OneVsRestClassifier(LinearSVC()),
]
WAYS = [
    {},
    {"stack_method": "predict"},
    {"passthrough": True},
]


@pytest.mark.slow
@pytest.mark.parametrize("final", FINALS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("n_labels", [2, 3])
@pytest.mark.parametrize("options", WAYS, ids=str)
def test_a_stack_is_asked_for_the_scores_of_yes(final, n_labels, options):
    stack = stack_of(final, **options).fit(X, Y[:, :n_labels])
    wanted, method = label_scores(stack.final_estimator_, stack.transform(X), one_label=False)
    for around in (stack, make_pipeline(FunctionTransformer(), stack), FrozenEstimator(stack)):
        around = around if isinstance(around, FrozenEstimator) else around.fit(X, Y[:, :n_labels])
        scores, found = label_scores(around, X, one_label=False)
        assert found == method
        np.testing.assert_allclose(scores, wanted)
    if not isinstance(final, ClassifierChain):
        threshold = 0.5 if method == "predict_proba" else 0
        np.testing.assert_array_equal(scores > threshold, stack.predict(X))


@pytest.mark.parametrize("final", [FINALS[0], FINALS[3], FINALS[6], RidgeClassifier()], ids=str)
def test_a_label_constant_in_the_training_of_a_stack(final):
    y = Y.copy()
    y[:, 0], y[:, 2] = 1, 0
    y[:, 1] = Y[:, 1]
    base = [("forest", RandomForestClassifier(5, random_state=0))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of OneVsRestClassifier
        stack = StackingClassifier(base, final, cv=KFold(3), stack_method="predict").fit(X, y)
    scores, method = label_scores(stack, X, one_label=False)
    middle = 0.5 if method == "predict_proba" else 0
    assert (scores[:, 0] > middle).all()
    assert (scores[:, 2] < middle).all()
    np.testing.assert_array_equal(scores > middle, stack.predict(X))


def test_a_stack_in_a_search_and_of_one_label():
    search = GridSearchCV(stack_of(FINALS[6]), {"passthrough": [True]}, cv=KFold(2)).fit(X, Y)
    scores, _ = label_scores(search, X, one_label=False)
    np.testing.assert_array_equal(scores > 0.5, search.predict(X))
    stack = stack_of(LOGISTIC).fit(X, Y[:, 0])
    scores, _ = label_scores(stack, X, one_label=True)
    np.testing.assert_array_equal(scores[:, 0], stack.predict_proba(X)[:, 1])


class Inverted(MultiOutputClassifier):
    """Gives the probabilities of "no", as scikit-learn's stack does."""

    def predict_proba(self, X):
        return np.array([part[:, 0] for part in super().predict_proba(X)]).T


class NoFirst(KNeighborsClassifier):
    """Lists its classes in falling order."""

    def predict_proba(self, X):
        return [part[:, ::-1] for part in super().predict_proba(X)]

    def fit(self, X, y):
        super().fit(X, y)
        self.classes_ = [codes[::-1] for codes in self.classes_]
        return self

    def predict(self, X):
        return (np.array([part[:, 0] for part in self.predict_proba(X)]) > 0.5).T.astype(int)


def test_scores_that_contradict_predict_are_refused():
    for estimator in (Inverted(LOGISTIC), make_pipeline(StandardScaler(), Inverted(LOGISTIC))):
        estimator.fit(X, Y)
        with pytest.raises(ValueError, match=r"predict_proba of .* contradicts its predict"):
            label_scores(estimator, X, one_label=False)
        label_scores(estimator, X[:1], one_label=False)  # one document tells nothing


def test_columns_follow_classes():
    wanted, _ = label_scores(KNeighborsClassifier(3).fit(X, Y), X, one_label=False)
    tagger = NoFirst(3)
    np.testing.assert_array_equal(label_scores(tagger.fit(X, Y), X, one_label=False)[0], wanted)
