"""Taggers with other thresholds than the estimator they wrap."""

import pickle
from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp
from libraries import pd
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import check_estimator
from wrapped_estimators import ESTIMATORS, name, one_vs_rest, positive_proba

from skmultitext import (
    CalibratedTaggerCV,
    FixedThresholdTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
)
from skmultitext.metrics import get_scorer
from skmultitext.testing import check_text_estimator

NAMES = np.array(["alpha", "beta", "gamma", "delta"])  # not in the order of the alphabet


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_any_estimator_is_decided_at_the_given_thresholds(estimator, four_labels):
    X, y = four_labels
    thresholds = [0.1, 0.3, 0.5, 0.7]
    tagger = FixedThresholdTagger(estimator, threshold=thresholds).fit(X, y)
    proba = positive_proba(clone(estimator).fit(X, y), X)
    np.testing.assert_array_equal(tagger.predict_proba(X), proba)
    assert tagger.predict_proba(X).dtype == np.float64
    np.testing.assert_array_equal(tagger.predict(X), (proba > thresholds).astype(int))
    assert tagger.predict(X).dtype == np.int64
    np.testing.assert_array_equal(tagger.thresholds_, thresholds)
    assert tagger.classes_.shape == (4, 2)
    assert list(tagger.label_names_) == ["0", "1", "2", "3"]
    match = (tagger.predict(X) == y).all(axis=1).mean()
    assert tagger.score(X, y) == pytest.approx(match)


def test_an_estimator_without_probabilities_is_decided_by_its_decision_function(four_labels):
    X, y = four_labels
    estimator = OneVsRestClassifier(LinearSVC(random_state=0))
    fixed = FixedThresholdTagger(estimator).fit(X, y)
    np.testing.assert_array_equal(fixed.predict(X), clone(estimator).fit(X, y).predict(X))
    assert not hasattr(fixed, "predict_proba")
    tuned = TunedThresholdTaggerCV(estimator, cv=3, shrinkage=0).fit(X, y)
    scores = fixed.decision_function(X)
    np.testing.assert_array_equal(tuned.predict(X), (scores > tuned.best_thresholds_).astype(int))
    assert tuned.best_score_ > f1_score(y, np.ones_like(y), average="macro")
    by_name = FixedThresholdTagger(estimator, threshold={"2": -3.0}).fit(X, y)
    assert by_name.thresholds_.tolist() == [0, 0, -3, 0]
    for wrong in ([0.0, 1.0], {"x": 1.0}):
        with pytest.raises(ValueError, match="threshold"):
            FixedThresholdTagger(estimator, threshold=wrong).fit(X, y)
    with pytest.raises(ValueError, match="finite"):
        FixedThresholdTagger(estimator, threshold=float("inf")).fit(X, y)


def test_thresholds_to_try_are_on_the_scale_of_the_scores(four_labels):
    X, y = four_labels
    estimator = OneVsRestClassifier(LinearSVC(random_state=0))  # has no probabilities
    macro = partial(f1_score, average="macro", zero_division=0)
    tagger = TunedThresholdTaggerCV(estimator, objective=macro, thresholds=[-1, 0, 2], cv=3)
    tagger.set_params(shrinkage=0).fit(X, y)
    assert set(tagger.best_thresholds_) <= {-1.0, 0.0, 2.0}
    with pytest.raises(ValueError, match=r"thresholds is \[nan\]; they must be finite"):
        tagger.set_params(thresholds=[np.nan]).fit(X, y)


def test_the_response_method_can_be_chosen(four_labels):
    X, y = four_labels
    by_proba = FixedThresholdTagger(one_vs_rest).fit(X, y)
    by_score = FixedThresholdTagger(one_vs_rest, response_method="decision_function").fit(X, y)
    assert set(by_score.thresholds_) == {0.0}
    np.testing.assert_array_equal(by_proba.predict(X), by_score.predict(X))


@pytest.mark.parametrize("estimator", ESTIMATORS[:6], ids=name)
def test_every_form_of_y_gives_the_same_tagger(estimator, four_labels):
    X, y = four_labels
    names = sorted(NAMES)
    forms = {
        "indicator": y,
        "list": y.tolist(),
        "sparse": sp.csr_matrix(y),
        "sets": [[names[j] for j in np.flatnonzero(row)] for row in y],
        "frame": pd.DataFrame(y, columns=names),
    }
    expected = TunedThresholdTaggerCV(estimator, cv=3).fit(X, y)
    for form, labels in forms.items():
        tagger = TunedThresholdTaggerCV(estimator, cv=3).fit(X, labels)
        np.testing.assert_array_equal(tagger.best_thresholds_, expected.best_thresholds_)
        pred = tagger.predict(X)
        assert sp.issparse(pred) == (form == "sparse")
        pred = pred.toarray() if form == "sparse" else pred
        np.testing.assert_array_equal(pred, expected.predict(X))
        assert tagger.score(X, labels) == expected.score(X, y)
        if form in ("sets", "frame"):
            assert list(tagger.label_names_) == names
            assert tagger.predict_labels(X)[0] == tuple(names[j] for j in np.flatnonzero(pred[0]))


@pytest.mark.parametrize(
    "estimator",
    [MultilabelLogisticRegression(), LogisticRegression(), RandomForestClassifier(random_state=0)],
    ids=name,
)
@pytest.mark.parametrize("codes", [(0, 1), ("no", "yes")])
def test_a_binary_y_is_a_binary_problem(estimator, codes, four_labels):
    X, y = four_labels
    y = np.array(codes)[y[:, 0]]
    for tagger in (
        FixedThresholdTagger(estimator, threshold=0.3),
        TunedThresholdTaggerCV(estimator, cv=3),
    ):
        tagger.fit(X, y)
        proba = tagger.predict_proba(X)
        assert proba.shape == (len(X), 2)
        assert tagger.classes_.tolist() == list(codes)
        expected = np.array(codes)[(proba[:, 1] > tagger.thresholds_).astype(int)]
        np.testing.assert_array_equal(tagger.predict(X), expected)
        column = clone(tagger).fit(X, y[:, None])
        np.testing.assert_array_equal(column.predict(X), tagger.predict(X)[:, None])


def test_rules_belong_to_the_decision(four_labels):
    X, y = four_labels
    tagger = TunedThresholdTaggerCV(one_vs_rest, cv=3, max_labels=1, at_least_one=True).fit(X, y)
    assert (tagger.predict(X).sum(axis=1) == 1).all()
    assert all(len(labels) == 1 for labels in tagger.predict_labels(X))
    loose = TunedThresholdTaggerCV(one_vs_rest, cv=3).fit(X, y)
    assert tagger.best_score_ < loose.best_score_


def test_cv_results_hold_the_spread_over_the_parts(four_labels):
    X, y = four_labels
    tagger = TunedThresholdTaggerCV(one_vs_rest, cv=3, store_cv_results=True).fit(X, y)
    results = tagger.cv_results_
    assert results["thresholds"].shape == (3, 4)
    assert results["scores"].shape == (3,)
    np.testing.assert_allclose(results["std_thresholds"], results["thresholds"].std(axis=0))
    np.testing.assert_allclose(results["mean_thresholds"], results["thresholds"].mean(axis=0))
    np.testing.assert_array_equal(results["support"], y.sum(axis=0))
    assert not hasattr(TunedThresholdTaggerCV(one_vs_rest, cv=3).fit(X, y), "cv_results_")


WRAPPERS = {
    "fixed": FixedThresholdTagger(one_vs_rest),
    "tuned": TunedThresholdTaggerCV(one_vs_rest, cv=2, store_cv_results=True),
    "calibrated": CalibratedTaggerCV(one_vs_rest, cv=2),
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_refit_drops_what_only_the_earlier_fit_has(wrapper, four_labels, tickets):
    X, y = four_labels
    tagger = clone(WRAPPERS[wrapper])
    tagger.fit(pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])]), y)
    assert {"n_features_in_", "feature_names_in_"} <= vars(tagger).keys()
    assert hasattr(tagger, "cv_results_") == (wrapper == "tuned")
    if wrapper == "tuned":
        tagger.set_params(store_cv_results=False)
    tagger.fit(X, y)
    assert not hasattr(tagger, "feature_names_in_")
    tagger.set_params(estimator=TfidfLogRegTagger(random_state=0)).fit(tickets.data, tickets.target)
    fresh = clone(tagger).fit(tickets.data, tickets.target)
    assert vars(tagger).keys() == vars(fresh).keys()
    assert not {"n_features_in_", "feature_names_in_", "cv_results_"} & vars(tagger).keys()


def test_the_taggers_work_with_the_tools_of_scikit_learn(tickets):
    tagger = TunedThresholdTaggerCV(TfidfLogRegTagger(random_state=0), cv=2)
    texts, y = tickets.data, tickets.target
    search = GridSearchCV(
        tagger, {"estimator__C": [1.0, 10.0], "objective": ["f1_macro", "f1_micro"]}, cv=KFold(2)
    ).fit(texts, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    best = search.best_estimator_
    copy = pickle.loads(pickle.dumps(best))
    np.testing.assert_array_equal(copy.predict(texts), best.predict(texts))
    assert np.isfinite(cross_val_score(best, texts, y, scoring="f1_micro", cv=KFold(2))).all()
    assert best.__sklearn_tags__().input_tags.string
    assert not TunedThresholdTaggerCV(one_vs_rest).__sklearn_tags__().input_tags.string


def test_a_constant_label_keeps_its_constant(four_labels):
    X, y = four_labels
    y = np.column_stack([y, np.zeros(len(y), int), np.ones(len(y), int)])
    for estimator in (MultilabelLogisticRegression(), RandomForestClassifier(20, random_state=0)):
        for objective in ("f1_macro", "f1_micro", "youden", "recall_at_precision"):
            params = {"min_precision": 0.5} if objective == "recall_at_precision" else None
            tagger = TunedThresholdTaggerCV(
                estimator, objective=objective, objective_params=params, cv=3
            ).fit(X, y)
            pred = tagger.predict(X)
            assert pred[:, 4].sum() == 0
            assert pred[:, 5].sum() == len(X) or objective == "youden"
            assert np.isfinite(tagger.best_score_)


def check(estimator):
    """Names of the checks of scikit-learn that fail, one failure a line."""
    results = check_estimator(estimator, on_fail=None, on_skip=None)
    return {r["check_name"]: r["status"] for r in results if r["status"] != "passed"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_own_checks_pass():
    assert check(FixedThresholdTagger(MultilabelLogisticRegression())) == {}
    # this one asserts decisions at 0.5, which is what tuning is there to change
    assert check(TunedThresholdTaggerCV(MultilabelLogisticRegression(), cv=3)) == {
        "check_classifier_multioutput": "failed"
    }


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "tagger",
    [
        FixedThresholdTagger(TfidfLogRegTagger()),
        # scores of the squared hinge, equal to 1e-9 with repeated rows, may be tuned another way
        TunedThresholdTaggerCV(TfidfLogRegTagger(loss="log_loss"), cv=3),
    ],
    ids=name,
)
def test_around_a_text_tagger_the_checks_for_text_pass(tagger):
    results = check_text_estimator(tagger, on_fail=None)
    assert [r["check_name"] for r in results if r["status"] != "passed"] == []


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"estimator": StandardScaler()}, "'estimator' parameter of .* must be an object"),
        ({"objective": "f1"}, "'objective' parameter"),
        ({"objective": "fbeta_macro"}, "needs the parameter beta"),
        ({"objective_params": {"gamma": 1}}, "takes no gamma, got gamma=1. No objective has it"),
        ({"objective_params": {"beta": 1}}, "takes no beta.* It belongs to 'fbeta_macro'"),
        ({"objective": get_scorer("f1_micro")}, r"is get_scorer\('f1_micro'\), a scorer, which is"),
        ({"objective": lambda y, p: "high"}, "objective returned 'high'; it must return a number"),
        ({"objective": lambda y, p: float("nan")}, "objective returned nan"),
        ({"objective": f1_score, "thresholds": [0.5, 1.5]}, r"must lie|thresholds in \[0, 1\]"),
        ({"objective": f1_score, "thresholds": [[0.5]]}, "1-D array of numbers to try"),
        ({"objective_params": {"name": "x"}}, "takes no name, got name='x'. No objective has it"),
        (
            {"objective_params": {1: 2}},
            "objective_params has the key 1; name its par",
        ),
        ({"objective_params": {"shared": "yes"}}, "shared is 'yes'; pass True or False"),
        ({"objective": f1_score, "objective_params": {"shared": 2}}, "shared is 2; pass True or F"),
        ({"thresholds": []}, r"thresholds is \[\]; pass a positive integer, or a 1-D array"),
        ({"thresholds": [0.5, 7]}, r"thresholds is \[0\.5, 7\]; probabilities have thresholds in"),
        ({"thresholds": 0}, "'thresholds' parameter"),
        ({"shrinkage": -1}, "'shrinkage' parameter"),
        ({"shrinkage": np.inf}, "'shrinkage' parameter"),
        ({"max_labels": 0}, "'max_labels' parameter"),
        ({"cv": "fitted"}, "'cv' parameter"),
        (
            {
                "objective": "neg_expected_cost",
                "objective_params": {"cost_fp": [1, 1, -1, 1], "cost_fn": 1},
            },
            r"cost_fp of label '2' is -1\.0",
        ),
    ],
)
def test_bad_parameters_are_refused(params, message, four_labels):
    X, y = four_labels
    tagger = TunedThresholdTaggerCV(one_vs_rest, cv=2).set_params(**params)
    with pytest.raises(ValueError, match=message):
        tagger.fit(X, y)
    with pytest.raises(NotFittedError):
        tagger.predict(X)


@pytest.mark.parametrize("tagger", [FixedThresholdTagger, TunedThresholdTaggerCV], ids=str)
def test_a_response_that_the_estimator_lacks_is_refused(tagger, four_labels):
    forest = RandomForestClassifier(5, random_state=0)
    message = "response_method is 'decision_function', which RandomForestClassifier does not have"
    with pytest.raises(ValueError, match=message):
        tagger(forest, response_method="decision_function").fit(*four_labels)


@pytest.mark.parametrize(
    ("threshold", "message"),
    [
        (1.5, r"threshold of label '0' is 1\.5; it must lie in \[0, 1\]"),
        ([0.5, 0.5], r"threshold has shape \(2,\), but there are 4 labels"),
        ({"x": 0.5}, "unknown labels 'x'"),
        (float("nan"), "threshold of label '0' is nan"),
    ],
)
def test_bad_thresholds_are_refused(threshold, message, four_labels):
    with pytest.raises(ValueError, match=message):
        FixedThresholdTagger(one_vs_rest, threshold=threshold).fit(*four_labels)


@pytest.mark.parametrize(
    ("threshold", "message"),
    [
        (True, "threshold is True; pass a number that is finite, an array"),
        ({"1": np.nan}, "threshold of label '1' is nan; it must be finite"),
        ({"1": "auto"}, "threshold of label '1' is 'auto', not a number"),
        ({"1": True}, "threshold of label '1' is True, not a number"),
        ([0, 0, np.inf, 0], "threshold of label '2' is inf; it must be finite"),
        ([0, 0], r"threshold has shape \(2,\), but there are 4 labels"),
        ({"x": 0}, "unknown labels 'x'"),
    ],
)
def test_bad_thresholds_of_scores_are_refused(threshold, message, four_labels):
    tagger = FixedThresholdTagger(one_vs_rest, response_method="decision_function")
    with pytest.raises(ValueError, match=message):
        tagger.set_params(threshold=threshold).fit(*four_labels)
    tagger.set_params(threshold={"1": -2}).fit(*four_labels)
    assert tagger.thresholds_.tolist() == [0, -2, 0, 0]
