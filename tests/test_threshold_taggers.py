"""Taggers with other thresholds than the estimator they wrap."""

import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, jaccard_score
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import check_estimator

from skmultitext import (
    FixedThresholdTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
)
from skmultitext.model_selection import (
    MultilabelStratifiedGroupKFold,
    MultilabelStratifiedKFold,
    MultilabelStratifiedShuffleSplit,
)
from skmultitext.testing import check_text_estimator
from skmultitext.thresholds import apply_thresholds, search_thresholds

one_vs_rest = OneVsRestClassifier(LogisticRegression())
ESTIMATORS = [
    MultilabelLogisticRegression(),
    MultilabelLogisticRegression(threshold=0.9),
    one_vs_rest,
    RandomForestClassifier(20, random_state=0),
    ExtraTreesClassifier(20, random_state=0),
    KNeighborsClassifier(),
    MLPClassifier((8,), solver="lbfgs", max_iter=50, tol=0.1, random_state=0),
    MultiOutputClassifier(LogisticRegression()),
    ClassifierChain(LogisticRegression()),
    DummyClassifier(),
    make_pipeline(StandardScaler(), one_vs_rest),
    GridSearchCV(MultilabelLogisticRegression(), {"C": [0.1, 1]}, cv=KFold(2)),
]
NAMES = np.array(["alpha", "beta", "gamma", "delta"])  # not in the order of the alphabet


def name(estimator):
    return type(estimator).__name__


@pytest.fixture(scope="module")
def data():
    X, y = make_multilabel_classification(300, n_classes=4, n_labels=2, random_state=0)
    return X, y


def positive_proba(estimator, X):
    """Probabilities (n, L) of any estimator, read independently of the package."""
    proba = estimator.predict_proba(X)
    return np.column_stack([p[:, 1] for p in proba]) if isinstance(proba, list) else proba


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_any_estimator_is_decided_at_the_given_thresholds(estimator, data):
    X, y = data
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


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_any_estimator_is_tuned_on_pooled_out_of_fold_scores(estimator, data):
    X, y = data
    cv = MultilabelStratifiedKFold(3)
    tagger = TunedThresholdTaggerCV(estimator, cv=3, shrinkage=0).fit(X, y)
    proba = np.empty(y.shape)
    for train, test in cv.split(X, y):
        proba[test] = positive_proba(clone(estimator).fit(X[train], y[train]), X[test])
    thresholds, score = search_thresholds(y, proba, "f1_macro")
    np.testing.assert_array_equal(tagger.best_thresholds_, thresholds)
    np.testing.assert_array_equal(tagger.thresholds_, thresholds)
    assert tagger.best_score_ == pytest.approx(score, abs=1e-12)
    expected = apply_thresholds(positive_proba(clone(estimator).fit(X, y), X), thresholds)
    np.testing.assert_array_equal(tagger.predict(X), expected)


def test_an_estimator_without_probabilities_is_decided_by_its_decision_function(data):
    X, y = data
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


def test_the_response_method_can_be_chosen(data):
    X, y = data
    by_proba = FixedThresholdTagger(one_vs_rest).fit(X, y)
    by_score = FixedThresholdTagger(one_vs_rest, response_method="decision_function").fit(X, y)
    assert set(by_score.thresholds_) == {0.0}
    np.testing.assert_array_equal(by_proba.predict(X), by_score.predict(X))


@pytest.mark.parametrize("estimator", ESTIMATORS[:6], ids=name)
def test_every_form_of_y_gives_the_same_tagger(estimator, data):
    X, y = data
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
def test_a_binary_y_is_a_binary_problem(estimator, codes, data):
    X, y = data
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


def test_label_names_reach_a_tagger_inside(tickets):
    label = tickets.target_names[0]
    inner = make_pipeline(FunctionTransformer(), TfidfLogRegTagger(class_weight={label: 50.0}))
    tagger = TunedThresholdTaggerCV(inner, cv=2, n_jobs=2).fit(tickets.data, tickets.label_sets)
    assert list(tagger.estimator_[-1].label_names_) == list(tagger.label_names_)
    plain = TunedThresholdTaggerCV(TfidfLogRegTagger(), cv=2)
    plain.fit(tickets.data, tickets.label_sets)
    j = list(tagger.label_names_).index(label)
    assert tagger.best_thresholds_[j] > plain.best_thresholds_[j]


@pytest.mark.parametrize(
    ("scoring", "params"),
    [
        ("f1_micro", None),
        ("neg_hamming_loss", None),
        ("youden", None),
        ("fbeta_macro", {"beta": 2}),
        ("precision_at_recall", {"min_recall": 0.8}),
        ("recall_at_precision", {"min_precision": 0.8}),
        ("neg_expected_cost", {"cost_fp": 1, "cost_fn": {"0": 1, "1": 2, "2": 3, "3": 4}}),
        ("f1_macro", {"shared": True}),
    ],
)
def test_every_objective_can_be_the_scoring(scoring, params, data):
    X, y = data
    tagger = TunedThresholdTaggerCV(
        one_vs_rest, scoring=scoring, scoring_params=params, cv=3, shrinkage=0
    ).fit(X, y)
    proba = np.empty(y.shape)
    for train, test in MultilabelStratifiedKFold(3).split(X, y):
        proba[test] = clone(one_vs_rest).fit(X[train], y[train]).predict_proba(X[test])
    thresholds, score = search_thresholds(y, proba, scoring, **(params or {}))
    np.testing.assert_array_equal(tagger.best_thresholds_, thresholds)
    assert tagger.best_score_ == pytest.approx(score, abs=1e-12)
    TunedThresholdTaggerCV(one_vs_rest, scoring=scoring, scoring_params=params, cv=3).fit(X, y)


def test_a_callable_is_searched_on_a_grid(data):
    X, y = data
    macro = partial(f1_score, average="macro", zero_division=0)
    exact = TunedThresholdTaggerCV(one_vs_rest, cv=3, shrinkage=0).fit(X, y)
    grid = TunedThresholdTaggerCV(one_vs_rest, scoring=macro, cv=3, shrinkage=0).fit(X, y)
    # macro-F1 decouples the labels, so that coordinate-wise search on a fine grid is near-exact
    assert exact.best_score_ - 0.01 < grid.best_score_ <= exact.best_score_
    few = [0.2, 0.4, 0.6]
    tagger = TunedThresholdTaggerCV(
        one_vs_rest,
        scoring=jaccard_score,
        scoring_params={"average": "samples", "zero_division": 0},
        thresholds=few,
        shrinkage=0,
        cv="prefit",
        at_least_one=True,
    )
    tagger.estimator = clone(one_vs_rest).fit(X, y)
    tagger.fit(X, y)
    assert set(tagger.best_thresholds_) <= set(few)
    score = jaccard_score(y, tagger.predict(X), average="samples")
    assert tagger.best_score_ == pytest.approx(score)
    for threshold in few:
        rival = FixedThresholdTagger(
            FrozenEstimator(tagger.estimator_), threshold=threshold, at_least_one=True
        ).fit(X, y)
        assert score >= jaccard_score(y, rival.predict(X), average="samples")
    shared = clone(tagger).set_params(
        estimator=tagger.estimator_,
        scoring_params={"average": "samples", "zero_division": 0, "shared": True},
    )
    assert len(set(shared.fit(X, y).best_thresholds_)) == 1


def test_rules_belong_to_the_decision(data):
    X, y = data
    tagger = TunedThresholdTaggerCV(one_vs_rest, cv=3, max_labels=1, at_least_one=True).fit(X, y)
    assert (tagger.predict(X).sum(axis=1) == 1).all()
    assert all(len(labels) == 1 for labels in tagger.predict_labels(X))
    loose = TunedThresholdTaggerCV(one_vs_rest, cv=3).fit(X, y)
    np.testing.assert_array_equal(tagger.best_thresholds_, loose.best_thresholds_)
    assert tagger.best_score_ < loose.best_score_


def test_cv_results_hold_the_spread_over_the_parts(data):
    X, y = data
    tagger = TunedThresholdTaggerCV(one_vs_rest, cv=3, store_cv_results=True).fit(X, y)
    results = tagger.cv_results_
    assert results["thresholds"].shape == (3, 4)
    assert results["scores"].shape == (3,)
    np.testing.assert_allclose(results["std_thresholds"], results["thresholds"].std(axis=0))
    np.testing.assert_allclose(results["mean_thresholds"], results["thresholds"].mean(axis=0))
    np.testing.assert_array_equal(results["support"], y.sum(axis=0))
    assert not hasattr(TunedThresholdTaggerCV(one_vs_rest, cv=3).fit(X, y), "cv_results_")


def test_prefit_uses_the_estimator_as_it_is(data):
    X, y = data
    estimator = clone(one_vs_rest).fit(X[:200], y[:200])
    tagger = TunedThresholdTaggerCV(estimator, cv="prefit", shrinkage=0).fit(X[200:], y[200:])
    assert tagger.estimator_ is estimator
    expected, _ = search_thresholds(y[200:], estimator.predict_proba(X[200:]))
    np.testing.assert_array_equal(tagger.best_thresholds_, expected)
    with pytest.raises(NotFittedError, match="cv='prefit' needs a fitted estimator, but this OneV"):
        TunedThresholdTaggerCV(one_vs_rest, cv="prefit").fit(X, y)
    with pytest.raises(ValueError, match=r"shape \(100, 4\), but there are 3 labels"):
        TunedThresholdTaggerCV(estimator, cv="prefit").fit(X[200:], y[200:, :3])


def test_prefit_matches_labels_by_name(tickets):
    half = len(tickets.data) // 2
    estimator = TfidfLogRegTagger().fit(tickets.data[:half], tickets.label_sets[:half])
    gone = estimator.label_names_[0]
    rest = [[label for label in labels if label != gone] for labels in tickets.label_sets[half:]]
    tagger = TunedThresholdTaggerCV(estimator, cv="prefit").fit(tickets.data[half:], rest)
    np.testing.assert_array_equal(tagger.label_names_, estimator.label_names_)
    assert tagger.predict(tickets.data[half:])[:, 0].sum() == 0
    with pytest.raises(ValueError, match="unknown labels 'new'"):
        clone(tagger).set_params(estimator=estimator).fit(tickets.data[:2], [["new"], []])


def test_a_share_as_cv_validates_once(data):
    X, y = data
    tagger = TunedThresholdTaggerCV(
        one_vs_rest, cv=0.25, refit=False, random_state=0, store_cv_results=True, shrinkage=0
    ).fit(X, y)
    train, test = next(
        MultilabelStratifiedShuffleSplit(1, test_size=0.25, random_state=0).split(X, y)
    )
    fitted = clone(one_vs_rest).fit(X[train], y[train])
    np.testing.assert_array_equal(tagger.predict_proba(X), fitted.predict_proba(X))
    expected, _ = search_thresholds(y[test], fitted.predict_proba(X[test]))
    np.testing.assert_array_equal(tagger.best_thresholds_, expected)
    with pytest.raises(ValueError, match="refit=False needs a single split, but cv gives 3"):
        TunedThresholdTaggerCV(one_vs_rest, cv=3, refit=False).fit(X, y)


def test_splitters_and_lists_of_splits_are_taken(data):
    X, y = data
    cv = KFold(3, shuffle=True, random_state=1)
    expected = TunedThresholdTaggerCV(one_vs_rest, cv=cv).fit(X, y).best_thresholds_
    splits = list(cv.split(X))
    found = TunedThresholdTaggerCV(one_vs_rest, cv=splits, n_jobs=2).fit(X, y).best_thresholds_
    np.testing.assert_array_equal(found, expected)
    seeded = [
        TunedThresholdTaggerCV(one_vs_rest, cv=3, random_state=seed).fit(X, y).best_thresholds_
        for seed in (0, 0, 1)
    ]
    assert (seeded[0] == seeded[1]).all()
    assert (seeded[0] != seeded[2]).any()


class Recorder(DummyClassifier):
    """Remembers how its fit was called."""

    def fit(self, X, y, sample_weight=None, flavour=None):
        super().fit(X, y, sample_weight)
        self.seen_ = {"n": len(X), "weight": sample_weight, "flavour": flavour}
        return self


def test_fit_parameters_reach_the_estimator(data):
    X, y = data
    weight = np.arange(len(X), dtype=float)
    for tagger in (FixedThresholdTagger(Recorder()), TunedThresholdTaggerCV(Recorder(), cv=3)):
        tagger.fit(X, y, sample_weight=weight, flavour="mint")
        seen = tagger.estimator_.seen_
        np.testing.assert_array_equal(seen["weight"], weight)
        assert seen["flavour"] == "mint"
        assert seen["n"] == len(X)


def test_metadata_routing(data):
    X, y = data
    weight = np.arange(len(X), dtype=float)
    groups = np.arange(len(X)) // 2
    with config_context(enable_metadata_routing=True):
        asking = Recorder().set_fit_request(sample_weight=True, flavour=False)
        refusing = Recorder().set_fit_request(sample_weight=False, flavour=False)
        cv = MultilabelStratifiedGroupKFold(3)
        tagger = TunedThresholdTaggerCV(asking, cv=cv).fit(
            X, y, sample_weight=weight, groups=groups
        )
        np.testing.assert_array_equal(tagger.estimator_.seen_["weight"], weight)
        with pytest.raises(TypeError, match="sample_weight"):
            FixedThresholdTagger(refusing).fit(X, y, sample_weight=weight)
        search = GridSearchCV(
            TunedThresholdTaggerCV(asking, cv=2), {"estimator__strategy": ["prior"]}, cv=KFold(2)
        ).fit(X, y, sample_weight=weight)
        np.testing.assert_array_equal(search.best_estimator_.estimator_.seen_["weight"], weight)
    # without routing, groups go to the splitter as in scikit-learn's searches
    TunedThresholdTaggerCV(Recorder(), cv=cv).fit(X, y, groups=groups)


def test_weight_zero_is_removal_and_the_search_is_weighted(data):
    X, y = data
    splits = list(KFold(3).split(X))
    weight = np.random.RandomState(0).randint(0, 3, len(X))
    base = MultilabelLogisticRegression(tol=1e-10)
    weighted = TunedThresholdTaggerCV(base, cv=splits, store_cv_results=True)
    weighted.fit(X, y, sample_weight=weight)
    copies = np.repeat(np.arange(len(X)), weight)
    repeated_splits = [
        (np.flatnonzero(np.isin(copies, train)), np.flatnonzero(np.isin(copies, test)))
        for train, test in splits
    ]
    repeated = TunedThresholdTaggerCV(base, cv=repeated_splits).fit(X[copies], y[copies])
    np.testing.assert_allclose(weighted.best_thresholds_, repeated.best_thresholds_, rtol=1e-5)
    with pytest.raises(ValueError, match="Negative values in data"):
        clone(weighted).fit(X, y, sample_weight=-np.ones(len(X)))


def test_the_taggers_work_with_the_tools_of_scikit_learn(tickets):
    tagger = TunedThresholdTaggerCV(TfidfLogRegTagger(random_state=0), cv=2)
    texts, y = tickets.data, tickets.target
    search = GridSearchCV(
        tagger, {"estimator__C": [1.0, 10.0], "scoring": ["f1_macro", "f1_micro"]}, cv=KFold(2)
    ).fit(texts, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    best = search.best_estimator_
    copy = pickle.loads(pickle.dumps(best))
    np.testing.assert_array_equal(copy.predict(texts), best.predict(texts))
    assert np.isfinite(cross_val_score(best, texts, y, scoring="f1_micro", cv=KFold(2))).all()
    assert best.__sklearn_tags__().input_tags.string
    assert not TunedThresholdTaggerCV(one_vs_rest).__sklearn_tags__().input_tags.string


def test_a_constant_label_keeps_its_constant(data):
    X, y = data
    y = np.column_stack([y, np.zeros(len(y), int), np.ones(len(y), int)])
    for estimator in (MultilabelLogisticRegression(), RandomForestClassifier(20, random_state=0)):
        for scoring in ("f1_macro", "f1_micro", "youden", "recall_at_precision"):
            params = {"min_precision": 0.5} if scoring == "recall_at_precision" else None
            tagger = TunedThresholdTaggerCV(
                estimator, scoring=scoring, scoring_params=params, cv=3
            ).fit(X, y)
            pred = tagger.predict(X)
            assert pred[:, 4].sum() == 0
            assert pred[:, 5].sum() == len(X) or scoring == "youden"
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
    [FixedThresholdTagger(TfidfLogRegTagger()), TunedThresholdTaggerCV(TfidfLogRegTagger(), cv=3)],
    ids=name,
)
def test_around_a_text_tagger_the_checks_for_text_pass(tagger):
    results = check_text_estimator(tagger, on_fail=None)
    assert [r["check_name"] for r in results if r["status"] != "passed"] == []


def test_bad_texts_are_named_by_their_row_before_anything_is_fitted(tickets):
    texts = [*tickets.data]
    texts[401] = None
    inner = FixedThresholdTagger(TfidfLogRegTagger())
    with pytest.raises(ValueError, match=r"X\[401\] is missing"):
        TunedThresholdTaggerCV(inner, cv=2).fit(texts, tickets.target)


def test_weight_zero_is_removal_for_the_splitter_too(data):
    X, y = data
    weight = np.random.RandomState(0).randint(0, 2, len(X))
    base = MultilabelLogisticRegression(tol=1e-10)
    kept = weight > 0
    for cv in (3, 0.3, KFold(3), MultilabelStratifiedGroupKFold(3)):
        params = {"groups": np.arange(len(X)) // 2} if "Group" in name(cv) else {}
        of_kept = {"groups": params["groups"][kept]} if params else {}
        tagger = TunedThresholdTaggerCV(base, cv=cv, random_state=0)
        weighted = clone(tagger).fit(X, y, sample_weight=weight, **params).best_thresholds_
        removed = clone(tagger).fit(X[kept], y[kept], **of_kept).best_thresholds_
        np.testing.assert_allclose(weighted, removed, rtol=1e-5)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"estimator": StandardScaler()}, "'estimator' parameter of .* must be an object"),
        ({"scoring": "f1"}, "'scoring' parameter"),
        ({"scoring": "fbeta_macro"}, "needs the parameter beta"),
        ({"scoring_params": {"gamma": 1}}, "takes no gamma"),
        ({"scoring": lambda y, p: "high"}, "scoring returned 'high'; it must return a number"),
        ({"scoring": lambda y, p: float("nan")}, "scoring returned nan"),
        ({"scoring": f1_score, "thresholds": [0.5, 1.5]}, r"must lie|thresholds in \[0, 1\]"),
        ({"scoring": f1_score, "thresholds": [[0.5]]}, "1-D array of numbers to try"),
        ({"thresholds": 0}, "'thresholds' parameter"),
        ({"shrinkage": -1}, "'shrinkage' parameter"),
        ({"max_labels": 0}, "'max_labels' parameter"),
        ({"cv": "fitted"}, "'cv' parameter"),
        (
            {
                "scoring": "neg_expected_cost",
                "scoring_params": {"cost_fp": [1, 1, -1, 1], "cost_fn": 1},
            },
            r"cost_fp of label '2' is -1\.0",
        ),
    ],
)
def test_bad_parameters_are_refused(params, message, data):
    X, y = data
    tagger = TunedThresholdTaggerCV(one_vs_rest, cv=2).set_params(**params)
    with pytest.raises(ValueError, match=message):
        tagger.fit(X, y)
    with pytest.raises(NotFittedError):
        tagger.predict(X)


@pytest.mark.parametrize(
    ("threshold", "message"),
    [
        (1.5, r"threshold of label '0' is 1\.5; it must lie in \[0, 1\]"),
        ([0.5, 0.5], r"threshold has shape \(2,\), but there are 4 labels"),
        ({"x": 0.5}, "unknown labels 'x'"),
        (float("nan"), "threshold of label '0' is nan"),
    ],
)
def test_bad_thresholds_are_refused(threshold, message, data):
    with pytest.raises(ValueError, match=message):
        FixedThresholdTagger(one_vs_rest, threshold=threshold).fit(*data)


def test_a_failed_fit_leaves_what_was_there(data):
    X, y = data
    tagger = FixedThresholdTagger(one_vs_rest).fit(X, y)
    before = tagger.predict(X)
    with pytest.raises(ValueError, match="inconsistent numbers of samples: X has 300"):
        tagger.fit(X, y[:10])
    np.testing.assert_array_equal(tagger.predict(X), before)


def rare_scores(seed, slope, n=8000, n_labels=95):
    """Labels as of a news corpus, a third with under 10 positives, and the scores of two models.

    The score of a document with a rare label tells little: its model saw a handful.
    """
    rng = np.random.RandomState(seed)
    share = np.maximum(0.4 / np.arange(1, n_labels + 1) ** 1.6, 4 / n)
    truth = (rng.random_sample((n, n_labels)) < share).astype(int)
    truth[:3] = 1
    strength = np.clip(np.log10(share * n) * slope - 0.5, 0, 7)
    logits = np.log(share) + rng.standard_normal(truth.shape) + strength * truth
    return truth, 1 / (1 + np.exp(-logits))


class Scores(DummyClassifier):
    """Gives back the probabilities that it is asked with."""

    def predict_proba(self, X):
        return X


def tuned_f1(scoring, shrinkage, tuning, held_out):
    """Micro- and macro-F1 on held-out documents."""
    truth, proba = tuning
    prefit = Scores().fit(proba, truth)
    tagger = TunedThresholdTaggerCV(prefit, scoring=scoring, shrinkage=shrinkage, cv="prefit")
    pred = tagger.fit(proba, truth).predict(held_out[1])
    return [f1_score(held_out[0], pred, average=a, zero_division=0) for a in ("micro", "macro")]


@pytest.mark.parametrize("slope", [0.5, 1.0, 1.6, 2.2, 3.0])
def test_rare_labels_do_not_ruin_micro_f1(slope):
    # the lower the slope, the less the scores of rare labels tell
    tuning, held_out = rare_scores(0, slope), rare_scores(1, slope)
    assert (tuning[0].sum(axis=0) < 10).mean() > 0.3
    best_micro, best_macro = tuned_f1("f1_micro", 50, tuning, held_out)
    naive_micro, _ = tuned_f1("f1_macro", 0, tuning, held_out)
    micro, macro = tuned_f1("f1_macro", 50, tuning, held_out)
    assert naive_micro < best_micro - 0.3  # else the data would not test anything
    assert micro > best_micro - 0.06
    assert macro > best_macro


def zipf_texts(seed, n=12_000, n_labels=95, share_of_topic=0.35):
    """Texts of Zipfian words, some from the topic words of their labels."""
    rng = np.random.RandomState(seed)
    share = np.maximum(0.4 / np.arange(1, n_labels + 1) ** 1.6, 4 / 8000)
    truth = (rng.random_sample((n, n_labels)) < share).astype(int)
    truth[np.arange(n), rng.choice(n_labels, n, p=share / share.sum())] = 1
    common = 1 / (np.arange(5000) + 2.7)
    topics = rng.randint(100, 5000, (n_labels, 20))
    texts = []
    for row in truth:
        words = rng.choice(5000, 1 + rng.poisson(40), p=common / common.sum())
        of_topic = rng.random_sample(len(words)) < rng.beta(2, 4) * share_of_topic
        labels = rng.choice(np.flatnonzero(row), of_topic.sum())
        words[of_topic] = topics[labels, rng.randint(0, 20, of_topic.sum())]
        texts.append(" ".join(f"w{word}" for word in words))
    return texts, truth


@pytest.mark.slow
@pytest.mark.parametrize("params", [{"C": 10}, {"C": 2, "class_weight": "balanced"}])
def test_rare_labels_of_texts_do_not_ruin_micro_f1(params):
    texts, truth = zipf_texts(0)
    fit, test = slice(0, 8000), slice(8000, None)
    assert (truth[fit].sum(axis=0) < 10).mean() > 0.3

    def f1(scoring, shrinkage):
        tagger = TunedThresholdTaggerCV(
            TfidfLogRegTagger(random_state=0, **params),
            scoring=scoring,
            shrinkage=shrinkage,
            cv=3,
            random_state=0,
        ).fit(texts[fit], truth[fit])
        pred = tagger.predict(texts[test])
        return [f1_score(truth[test], pred, average=a, zero_division=0) for a in ("micro", "macro")]

    best_micro, _ = f1("f1_micro", 50)
    naive_micro, naive_macro = f1("f1_macro", 0)
    micro, macro = f1("f1_macro", 50)
    assert naive_micro < best_micro - 0.3
    assert micro > best_micro - 0.06
    assert macro > naive_macro


@pytest.mark.slow
def test_goemotions_reaches_what_the_issue_asks(goemotions):
    train, test = goemotions["train"], goemotions["test"]
    base = TfidfLogRegTagger(C=2, ngram_range=(1, 2), min_df=10, max_df=0.5, random_state=0)

    def f1(tagger, average):
        pred = tagger.fit(train.data, train.target).predict(test.data)
        return f1_score(test.target, pred, average=average, zero_division=0)

    tuned = partial(TunedThresholdTaggerCV, base, cv=3, random_state=0)
    assert f1(base, "macro") < 0.30
    assert f1(tuned(scoring="f1_macro"), "macro") >= 0.455
    assert f1(tuned(scoring="f1_micro"), "micro") >= 0.550
