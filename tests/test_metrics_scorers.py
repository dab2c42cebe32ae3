"""Scorers in scikit-learn's searches, with its own estimators and with ours."""

import pickle
import re
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn
from libraries import pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import make_multilabel_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier, StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, PredefinedSplit, cross_validate
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from skmultitext import MultilabelLogisticRegression, metrics
from skmultitext._gate.labels import LabelSpace
from skmultitext.exceptions import AbsentLabelWarning, LabelError, UnknownLabelWarning
from skmultitext.metrics import SCORERS, get_scorer
from skmultitext.report import multilabel_report

X, Y = make_multilabel_classification(
    n_samples=80, n_classes=3, n_labels=2, allow_unlabeled=True, random_state=3
)
NAMES = np.array(["alpha", "beta", "gamma"])
SETS = [NAMES[row == 1].tolist() for row in Y]
ESTIMATORS = [
    OneVsRestClassifier(LogisticRegression()),
    MultiOutputClassifier(LogisticRegression()),
    ClassifierChain(LogisticRegression()),
    RandomForestClassifier(n_estimators=5, random_state=0),
    KNeighborsClassifier(),
    DummyClassifier(strategy="prior"),
    make_pipeline(StandardScaler(), KNeighborsClassifier()),
]


class NeighbourTagger(ClassifierMixin, BaseEstimator):
    """The smallest thing that keeps the contract of a tagger: y in every form, names kept."""

    def __init__(self, n_neighbors=5):
        self.n_neighbors = n_neighbors

    def fit(self, X, y, sample_weight=None):
        self.space_, indicator = LabelSpace.learn(y)
        indicator = indicator.toarray() if sp.issparse(indicator) else np.array(indicator)
        self.label_names_, self.classes_ = self.space_.label_names, self.space_.classes
        # a constant first column: neighbours then give a list also where there is one label
        padded = np.column_stack([np.zeros(len(indicator), np.int8), indicator])
        self.neighbours_ = KNeighborsClassifier(self.n_neighbors).fit(X, padded)
        return self

    def _scores(self, X):
        lists = self.neighbours_.predict_proba(X)[1:]
        classes = self.neighbours_.classes_[1:]
        return np.column_stack(
            [
                p[:, 1] if p.shape[1] == 2 else np.full(len(p), float(seen[0]))
                for p, seen in zip(lists, classes, strict=True)
            ]
        )

    def predict_proba(self, X):
        scores = self._scores(X)
        return np.hstack([1 - scores, scores]) if self.space_.form == "binary" else scores

    def predict(self, X):
        return self.space_.decode(self._scores(X) > 0.5)


def function_of(name):
    """The function of a scorer's name, which leaves out "_score"."""
    if name == "brier_score":
        return metrics.brier_score_loss
    return getattr(metrics, f"{name}_score", None) or getattr(metrics, name)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("n_labels", [2, 3])
def test_scorers_equal_the_functions_on_any_estimator(estimator, n_labels):
    y = Y[:, :n_labels]
    estimator.fit(X[:50], y[:50])
    y_pred, proba = estimator.predict(X[50:]), estimator.predict_proba(X[50:])
    if isinstance(proba, list):
        proba = np.column_stack([p[:, 1] for p in proba])
    for name in SCORERS:
        if name.endswith(("_at_3", "_at_5")):
            continue
        match = re.fullmatch(r"(neg_)?(.+?)(?:_(micro|macro|weighted|samples)|_at_(\d))?", name)
        function = function_of(match[2] + ("_at_k" if match[4] else ""))
        options = {"average": match[3]} if match[3] else {}
        options.update({"k": int(match[4])} if match[4] else {})
        decided = "y_pred" in function.__code__.co_varnames
        expected = function(y[50:], y_pred if decided else proba, **options)
        got = get_scorer(name)(estimator, X[50:], y[50:])
        assert type(got) is float
        assert got == pytest.approx(-expected if match[1] else expected, rel=1e-12), name


def test_mlp_and_linear_svc():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # not converged, on purpose
        mlp = MLPClassifier([4], max_iter=5, random_state=0).fit(X, Y)
    assert get_scorer("neg_log_loss")(mlp, X, Y) == -metrics.log_loss(Y, mlp.predict_proba(X))
    svc = OneVsRestClassifier(LinearSVC()).fit(X, Y)
    decisions = svc.decision_function(X)
    assert get_scorer("roc_auc_macro")(svc, X, Y) == metrics.roc_auc_score(Y, decisions)
    assert get_scorer("precision_at_2")(svc, X, Y) == metrics.precision_at_k(Y, decisions, k=2)
    with pytest.raises(AttributeError, match="OneVsRestClassifier has no predict_proba"):
        get_scorer("neg_log_loss")(svc, X, Y)


def test_a_label_constantly_no_in_training_scores_0_not_1():
    y = Y.copy()
    y[:40, 1] = 0
    forest = RandomForestClassifier(5, random_state=0).fit(X[:40], y[:40])
    p = np.column_stack([q[:, 1] if q.shape[1] == 2 else 0 * q for q in forest.predict_proba(X)])
    assert get_scorer("neg_brier_score")(forest, X, y) == -metrics.brier_score_loss(y, p)
    # scikit-learn's own reading of the same output takes the certain "no" for a certain "yes"
    naive = np.column_stack([q[:, -1] for q in forest.predict_proba(X)])
    assert metrics.brier_score_loss(y, naive) > metrics.brier_score_loss(y, p) + 0.1


@pytest.mark.parametrize("form", ["sets", "sparse", "frame", "indicator"])
def test_y_in_the_form_of_fit(form):
    y = {
        "sets": SETS,
        "sparse": sp.csr_matrix(Y),
        "frame": pd.DataFrame(Y, columns=NAMES),
        "indicator": Y,
    }[form]
    scoring = get_scorer(
        ["f1_macro", "neg_log_loss", "label_ranking_average_precision", "exact_match"]
    )
    if form == "sparse":  # scikit-learn 1.9's cross_validate takes no sparse y, the scorer does
        plain, tagger = NeighbourTagger().fit(X, Y), NeighbourTagger().fit(X, y)
        assert sp.issparse(tagger.predict(X))
        for scorer in scoring.values():
            assert scorer(tagger, X, y) == pytest.approx(scorer(plain, X, Y), rel=1e-12)
        return
    expected = cross_validate(NeighbourTagger(), X, Y, scoring=scoring, cv=KFold(3))
    found = cross_validate(NeighbourTagger(), X, y, scoring=scoring, cv=KFold(3))
    for name in scoring:
        np.testing.assert_allclose(found[f"test_{name}"], expected[f"test_{name}"])


def test_label_names_are_found_through_pipeline_and_search():
    pipeline = make_pipeline(StandardScaler(), NeighbourTagger())
    search = GridSearchCV(
        pipeline,
        {"neighbourtagger__n_neighbors": [1, 5]},
        scoring=get_scorer("f1_micro"),
        cv=KFold(3),
    ).fit(X, SETS)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    scorer = get_scorer("recall_macro")
    expected = metrics.recall_score(Y, search.predict(X))
    assert scorer(search, X, SETS) == scorer(search, X, Y) == expected
    assert scorer(search, X, [tuple(reversed(labels)) for labels in SETS]) == expected


def test_a_label_never_seen_counts_as_missed():
    tagger = NeighbourTagger(1).fit(X, SETS)
    y = [[*labels, "omega"] for labels in SETS]
    assert get_scorer("exact_match")(tagger, X, SETS) == 1
    assert get_scorer("exact_match")(tagger, X, y) == 0
    total = Y.sum()
    assert get_scorer("recall_micro")(tagger, X, y) == pytest.approx(total / (total + len(y)))
    assert get_scorer("neg_brier_score")(tagger, X, y) == -0.25


def test_label_sets_need_names():
    estimator = OneVsRestClassifier(LogisticRegression()).fit(X, Y)
    with pytest.raises(
        LabelError, match=r"y_true holds label sets.*pass label_names to get_scorer"
    ):
        get_scorer("f1_macro")(estimator, X, SETS)
    got = get_scorer("f1_macro", label_names=NAMES)(estimator, X, SETS)
    assert got == get_scorer("f1_macro")(estimator, X, Y)


@pytest.mark.parametrize("codes", [("ham", "spam"), (-1, 1), (0, 1)])
@pytest.mark.parametrize(
    "estimator",
    [LogisticRegression(), KNeighborsClassifier(), DummyClassifier(), NeighbourTagger()],
    ids=lambda e: type(e).__name__,
)
def test_one_dimensional_y(estimator, codes):
    y = np.array(codes)[Y[:, 0]]
    estimator.fit(X, y)
    for name, theirs in {
        "exact_match": "accuracy",
        "roc_auc_macro": "roc_auc",
        "neg_log_loss": "neg_log_loss",
    }.items():
        expected = sklearn.metrics.get_scorer(theirs)(estimator, X, y)
        assert get_scorer(name)(estimator, X, y) == pytest.approx(expected)
    expected = sklearn.metrics.average_precision_score(Y[:, 0], estimator.predict_proba(X)[:, 1])
    assert get_scorer("average_precision_macro")(estimator, X, y) == pytest.approx(expected)
    # a fold with one class only: its code is known from the estimator
    only = np.flatnonzero(Y[:, 0] == 0)
    expected = np.mean(estimator.predict(X[only]) == codes[0])
    assert get_scorer("exact_match")(estimator, X[only], y[only]) == expected
    assert get_scorer("exact_match")(estimator, X[only], y[only].tolist()) == expected


def test_a_column_of_two_codes():
    y = np.array(["no", "yes"])[Y[:, :1]]
    tagger = NeighbourTagger().fit(X, y)
    assert get_scorer("exact_match")(tagger, X, y) == np.mean(tagger.predict(X) == y)
    flat = y[:, 0]
    logistic = LogisticRegression().fit(X, flat)
    assert get_scorer("f1_macro")(logistic, X, y) == get_scorer("f1_macro")(logistic, X, flat)


def test_an_estimator_that_saw_one_class():
    dummy = DummyClassifier().fit(X, np.zeros(80, dtype=int))
    assert get_scorer("neg_brier_score")(dummy, X, Y[:, 0]) == pytest.approx(-Y[:, 0].mean())
    assert get_scorer("exact_match")(dummy, X, Y[:, 0]) == np.mean(Y[:, 0] == 0)


# ---------------------------------------------------------------- in a search


class Level(ClassifierMixin, BaseEstimator):
    """Says yes where the first feature exceeds `level`; nothing is learned."""

    def __init__(self, level=0.0):
        self.level = level

    def fit(self, X, y):
        self.classes_ = np.arange(np.shape(y)[1])
        self.n_labels_ = np.shape(y)[1]
        return self

    def predict(self, X):
        return np.repeat(X[:, :1] > self.level, self.n_labels_, axis=1).astype(int)

    def predict_proba(self, X):
        return np.repeat(1 / (1 + np.exp(self.level - X[:, :1])), self.n_labels_, axis=1)


@pytest.mark.parametrize("name", ["f1_macro", "f1_micro", "f1_weighted", "jaccard_macro"])
@pytest.mark.parametrize("last_fold", ["a label absent", "all labels absent"])
def test_a_search_never_picks_candidate_0_because_of_an_absent_label(name, last_fold):
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (90, 1))
    y = np.repeat((x > 0.3).astype(int), 2, axis=1)
    fold = np.repeat([0, 1, 2], 30)
    y[fold == 2, 1] = 0
    if last_fold == "all labels absent":
        y[fold == 2] = 0
    search = GridSearchCV(
        Level(),
        {"level": [-0.9, 0.3, 0.8]},
        scoring=get_scorer(name),
        cv=PredefinedSplit(fold),
        error_score="raise",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AbsentLabelWarning)
        search.fit(x, y)
    scores = search.cv_results_["mean_test_score"]
    assert np.isfinite(scores).all()
    assert search.best_params_ == {"level": 0.3}
    if name == "f1_macro":
        with pytest.warns(AbsentLabelWarning):
            search.fit(x, y)


def test_scikit_learns_roc_auc_shows_the_nan_that_ours_avoids():
    x = np.linspace(-1, 1, 40)[:, None]
    y = np.column_stack([x[:, 0] > 0, np.arange(40) % 2 == 0]).astype(int)
    fold = np.repeat([0, 1], 20)  # the first label has one class in each fold
    options = {"cv": PredefinedSplit(fold), "error_score": np.nan}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = GridSearchCV(Level(), {"level": [0.0, 1.0]}, scoring="roc_auc", **options)
        assert np.isnan(theirs.fit(x, y).cv_results_["mean_test_score"]).all()
        ours = GridSearchCV(
            Level(), {"level": [0.0, 1.0]}, scoring=get_scorer("roc_auc_macro"), **options
        )
        assert np.isfinite(ours.fit(x, y).cv_results_["mean_test_score"]).all()


class Counting(NeighbourTagger):
    calls = []

    def predict_proba(self, X):
        self.calls.append("predict_proba")
        return super().predict_proba(X)

    def predict(self, X):
        self.calls.append("predict")
        return super().predict(X)


def test_several_scores_ask_the_estimator_once():
    tagger = Counting().fit(X, SETS)
    names = [
        "f1_micro",
        "exact_match",
        "neg_log_loss",
        "neg_brier_score",
        "label_ranking_average_precision",
        "ndcg_at_2",
    ]
    scoring = get_scorer(names)
    assert list(scoring) == names
    Counting.calls.clear()
    cross_validate(tagger, X, SETS, scoring=scoring, cv=KFold(2))
    # predict once more a fold: its first rows tell whether the probabilities are those of "no"
    assert sorted(Counting.calls) == ["predict"] * 4 + ["predict_proba"] * 2
    # beside scikit-learn's own scorers neither reads what the other cached
    forest = RandomForestClassifier(5, random_state=0)
    mixed = {
        "ours": get_scorer("neg_brier_score"),
        "again": get_scorer("label_ranking_average_precision"),
        "theirs": "roc_auc",
        "also": "average_precision",
        "f1": "f1_macro",
        "our_f1": get_scorer("f1_macro"),
    }
    found = cross_validate(forest, X, Y, scoring=mixed, cv=KFold(2))
    assert all(np.isfinite(found[f"test_{name}"]).all() for name in mixed)
    np.testing.assert_allclose(found["test_f1"], found["test_our_f1"])
    alone = cross_validate(forest, X, Y, scoring=get_scorer("neg_brier_score"), cv=KFold(2))
    np.testing.assert_array_equal(found["test_ours"], alone["test_score"])


def test_multi_metric_search_with_refit():
    search = GridSearchCV(
        NeighbourTagger(),
        {"n_neighbors": [1, 9]},
        scoring=get_scorer(["f1_macro", "neg_hamming_loss"]),
        refit="neg_hamming_loss",
        cv=KFold(3),
    ).fit(X, SETS)
    assert search.best_score_ == search.cv_results_["mean_test_neg_hamming_loss"].max()
    clone(search).fit(X, Y)


def test_sample_weight_by_argument_and_by_routing():
    estimator = OneVsRestClassifier(LogisticRegression()).fit(X, Y)
    weight = np.random.default_rng(0).random(80)
    y_pred = estimator.predict(X)
    expected = metrics.f1_score(Y, y_pred, sample_weight=weight)
    assert get_scorer("f1_macro")(estimator, X, Y, sample_weight=weight) == expected
    assert expected != metrics.f1_score(Y, y_pred)
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = get_scorer("f1_macro").set_score_request(sample_weight=True)
        logistic = LogisticRegression().set_fit_request(sample_weight=False)
        found = cross_validate(
            MultiOutputClassifier(logistic),
            X,
            Y,
            scoring={"weighted": scorer, "plain": get_scorer("f1_macro").set_score_request(
                sample_weight=False)},
            cv=KFold(2),
            params={"sample_weight": weight},
            return_estimator=True,
        )  # fmt: skip
        for i, (_, test) in enumerate(KFold(2).split(X)):
            y_pred = found["estimator"][i].predict(X[test])
            weighted = metrics.f1_score(Y[test], y_pred, sample_weight=weight[test])
            assert found["test_weighted"][i] == weighted
            assert found["test_plain"][i] == metrics.f1_score(Y[test], y_pred)
        assert "_metadata_request" not in vars(SCORERS["f1_macro"])  # a copy was asked, not this


# ---------------------------------------------------------------- names and options


def test_names_of_the_issue_are_all_there():
    averages = ("micro", "macro", "weighted", "samples")
    wanted = {f"{s}_{a}" for s in ("f1", "precision", "recall", "jaccard") for a in averages}
    wanted |= {f"{s}_{a}" for s in ("average_precision", "roc_auc") for a in ("micro", "macro")}
    wanted |= {
        "exact_match",
        "neg_hamming_loss",
        "binary_accuracy",
        "neg_log_loss",
        "neg_brier_score",
    }
    wanted |= {
        "label_ranking_average_precision",
        "precision_at_1",
        "precision_at_3",
        "precision_at_5",
        "r_precision",
    }
    wanted |= {"neg_coverage_error", "neg_label_ranking_loss", "neg_expected_calibration_error"}
    assert wanted <= set(SCORERS)
    with pytest.raises(TypeError, match="item assignment"):
        SCORERS["mine"] = None


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("f1_makro", "Did you mean f1_macro"),
        ("hamming_loss", "Did you mean neg_hamming_loss"),
        ("precision_at_0", "Did you mean precision_at_"),
        ("zzzzzzzz", "See skmultitext.metrics.SCORERS"),
        (3, "3 is not the name of a scorer"),
        (None, "None is not the name of a scorer"),
    ],
)
def test_an_unknown_name_lists_close_ones(name, hint):
    with pytest.raises(ValueError, match=re.escape(hint)) as caught:
        get_scorer(name)
    assert f"{name!r} is not the name of a scorer" in str(caught.value)


def test_options_reach_the_score():
    y = Y.copy()
    y[:, 1] = 0
    tagger = NeighbourTagger().fit(X, Y)
    y_pred = tagger.predict(X)
    expected = metrics.f1_score(y, y_pred, undefined="zero")
    assert get_scorer("f1_macro", undefined="zero")(tagger, X, y) == expected
    with pytest.warns(AbsentLabelWarning, match="'1'"):
        assert get_scorer("f1_macro")(tagger, X, y) > expected
    with pytest.raises(LabelError, match="No positive"):
        get_scorer("f1_macro", undefined="raise")(tagger, X, y)
    assert "undefined" not in SCORERS["f1_macro"]._kwargs
    for name, option in [
        ("neg_brier_score", "undefined"),
        ("f1_macro", "average"),
        ("precision_at_3", "k"),
    ]:
        with pytest.raises(ValueError, match=f"{name} has no parameter '{option}'; it has "):
            get_scorer(name, **{option: "zero"})


def test_a_callable_passes_through():
    assert get_scorer(len) is len
    with pytest.raises(ValueError, match="is a callable, which takes no undefined"):
        get_scorer(len, undefined="zero")


def test_repr_pickle_and_clone():
    scorer = get_scorer("recall_at_7", undefined="zero")
    assert repr(scorer) == "get_scorer('recall_at_7', undefined='zero')"
    assert repr(get_scorer("f1_macro")) == "get_scorer('f1_macro')"
    tagger = NeighbourTagger().fit(X, Y)
    scorer = get_scorer("recall_at_2", undefined="zero")
    for copied in (pickle.loads(pickle.dumps(scorer)), clone(scorer, safe=False)):
        assert repr(copied) == repr(scorer)
        assert copied(tagger, X, Y) == scorer(tagger, X, Y)
    parallel = cross_validate(tagger, X, Y, scoring=scorer, cv=KFold(2), n_jobs=2)
    serial = cross_validate(tagger, X, Y, scoring=scorer, cv=KFold(2))
    np.testing.assert_array_equal(parallel["test_score"], serial["test_score"])


def test_an_estimator_of_other_labels_is_refused():
    tagger = NeighbourTagger().fit(X, Y)
    with pytest.raises(ValueError, match=r"y_true has shape \(80, 2\) and y_pred has shape"):
        get_scorer("f1_macro")(tagger, X, Y[:, :2])
    estimator = OneVsRestClassifier(LogisticRegression()).fit(X, Y)
    with pytest.raises(ValueError, match=r"y_true has shape \(80, 2\) and y_pred has shape"):
        get_scorer("f1_macro")(estimator, X, Y[:, :2])
    with pytest.raises(LabelError, match="y_true: "):
        get_scorer("f1_macro")(tagger, X, None)


def test_a_stack_is_scored_by_its_scores_of_yes():
    forest = RandomForestClassifier(20, random_state=0)
    for final in (KNeighborsClassifier(), MultilabelLogisticRegression()):
        stack = StackingClassifier([("forest", forest)], final, cv=KFold(2)).fit(X, Y)
        proba = stack.final_estimator_.predict_proba(stack.transform(X))
        if isinstance(proba, list):
            proba = np.column_stack([part[:, 1] for part in proba])
        for name in (
            "roc_auc_macro",
            "neg_log_loss",
            "label_ranking_average_precision",
            "precision_at_1",
        ):
            score = metrics.SCORERS[name]
            wanted = score._sign * score._score_func(Y, proba, **score._kwargs)
            assert get_scorer(name)(stack, X, Y) == wanted
        names = ["roc_auc_macro", "f1_macro", "label_ranking_average_precision"]
        found = cross_validate(stack, X, Y, scoring=get_scorer(names), cv=KFold(2))
        assert (found["test_roc_auc_macro"] > 0.55).all()  # .45 and less the wrong way round


def test_made_up_names_are_no_names():
    """Label sets get the error that OneVsRestClassifier gets; columns go by position."""
    ours = MultilabelLogisticRegression().fit(X, Y)
    theirs = OneVsRestClassifier(LogisticRegression()).fit(X, Y)
    frame = pd.DataFrame(Y, columns=["x", "y", "z"])
    for name, scorer in SCORERS.items():
        if name == "binary_accuracy" or name.endswith("at_5"):
            continue
        for estimator in (ours, theirs):
            with pytest.raises(LabelError, match="y_true holds label sets, so the order"):
                scorer(estimator, X, SETS)
            assert scorer(estimator, X, frame) == scorer(estimator, X, Y)
    for columns in (frame, pd.DataFrame(Y)):
        assert ours.score(X, columns) == ours.score(X, Y)
    with pytest.raises(LabelError, match=r"the 3 known label\(s\) have no names, only positions"):
        ours.score(X, SETS)
    with pytest.raises(LabelError, match="have no names, only positions"):
        multilabel_report(SETS, ours.predict_proba(X), label_names=ours.label_names_)
    # a default DataFrame names its columns by position
    ours.fit(X, pd.DataFrame(Y))
    with pytest.raises(LabelError, match="have no names, only positions"):
        ours.score(X, SETS)
    digits = [[str(j) for j in np.flatnonzero(row)] for row in Y]
    assert ours.fit(X, digits).score(X, digits) == ours.score(X, Y)


def test_label_names_in_another_order_than_the_estimators():
    tagger = MultilabelLogisticRegression().fit(X, pd.DataFrame(Y, columns=["a", "b", "c"]))
    turned = pd.DataFrame(Y[:, ::-1], columns=["c", "b", "a"])
    for name in ("f1_macro", "roc_auc_macro"):
        wanted = get_scorer(name)(tagger, X, turned)
        assert wanted > 0.7
        assert get_scorer(name, label_names=["c", "b", "a"])(tagger, X, turned) == wanted
        with pytest.raises(LabelError, match="has the labels 'a', 'b', 'c', but label_names"):
            get_scorer(name, label_names=["c", "b", "d"])(tagger, X, Y)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array, pd.DataFrame])
@pytest.mark.parametrize("name", SCORERS)
def test_unknown_labels_reach_the_score(name, form):
    scorer, n_labels = get_scorer(name), 6
    features, y = make_multilabel_classification(50, 8, n_classes=n_labels, random_state=0)
    tagger = MultilabelLogisticRegression().fit(features, y)
    y = y.astype(float)
    y[np.random.default_rng(0).random(y.shape) < 0.2] = np.nan
    response = "predict" if scorer._response_method == ("predict",) else "predict_proba"
    values = getattr(tagger, response)(features)
    expected = scorer._sign * scorer._score_func(y, values, **scorer._kwargs)
    assert scorer(tagger, features, form(y)) == expected


def test_a_column_of_two_codes_may_have_unknown_rows():
    y = np.array(["no", "yes"])[Y[:, :1]]
    tagger = NeighbourTagger().fit(X, y)
    partly = y.astype(object)
    partly[::3] = None
    known = np.arange(len(y)) % 3 != 0
    for name in ("exact_match", "roc_auc_macro", "neg_log_loss"):
        with pytest.warns(UnknownLabelWarning, match="documents have no known label"):
            found = get_scorer(name)(tagger, X, partly)
        assert found == get_scorer(name)(tagger, X[known], y[known])
