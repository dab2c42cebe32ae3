"""Votes of several taggers."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.special import expit, logit
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from sklearn.utils import get_tags

from skmultitext import (
    CalibratedTaggerCV,
    FixedThresholdTagger,
    HierarchicalTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
    VotingTagger,
)
from skmultitext.exceptions import LabelError

NAN = float("nan")
WORDS = TfidfLogRegTagger(C=10, loss="log_loss", ngram_range=(1, 1))
PAIRS = TfidfLogRegTagger(C=3, loss="log_loss")
PIPELINE = make_pipeline(TfidfVectorizer(), OneVsRestClassifier(LogisticRegression(C=5)))
WORD = np.array(["refund", "late", "broken", "thanks"])
NAMES = ["refund", "delivery", "damage", "praise"]


def documents(n=90, seed=0):
    """Texts that name their labels, most of the time."""
    rng = np.random.RandomState(seed)
    y = (rng.rand(n, 4) < [0.4, 0.3, 0.3, 0.2]).astype(int)
    said = np.where(rng.rand(n, 4) < 0.85, y, 1 - y)
    filler = rng.choice(["my", "the", "parcel", "lamp"], (n, 2))
    texts = [" ".join([*WORD[row > 0], *extra]) for row, extra in zip(said, filler, strict=True)]
    return texts, y


TEXTS, Y = documents()
NEW, _ = documents(40, seed=1)


def three():
    return [("words", clone(WORDS)), ("pairs", clone(PAIRS)), ("pipe", clone(PIPELINE))]


@pytest.fixture(scope="module")
def alone():
    """Logits of the three members, each fitted alone."""
    words, pairs = (clone(m).fit(TEXTS, Y).decision_function(NEW) for m in (WORDS, PAIRS))
    return np.stack([words, pairs, logit(clone(PIPELINE).fit(TEXTS, Y).predict_proba(NEW))])


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        (None, [1 / 3, 1 / 3, 1 / 3]),
        ([2, 1, 1], [0.5, 0.25, 0.25]),
        ({"pipe": 0}, [0.5, 0.5, 0]),
        (np.array([[1, 2, 0, 1], [1, 0, 0, 1], [0, 0, 5, 2]]), None),
    ],
)
def test_the_mean_is_that_of_members_fitted_alone(weights, shares, alone):
    tagger = VotingTagger(three(), weights=weights, threshold=0.4).fit(TEXTS, Y)
    if shares is None:
        shares = weights / weights.sum(axis=0)
    else:
        shares = np.tile(np.array(shares)[:, None], (1, 4))
    np.testing.assert_allclose(tagger.weights_, shares)
    expected = (shares[:, None] * alone).sum(axis=0)
    np.testing.assert_allclose(tagger.decision_function(NEW), expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(tagger.predict_proba(NEW), expit(expected), rtol=1e-9)
    np.testing.assert_array_equal(tagger.predict(NEW), expit(expected) > 0.4)
    tagger.set_params(voting="probabilities")
    np.testing.assert_allclose(tagger.predict_proba(NEW), expit(expected), rtol=1e-9)
    tagger.fit(TEXTS, Y)
    expected = (shares[:, None] * expit(alone)).sum(axis=0)
    np.testing.assert_allclose(tagger.predict_proba(NEW), expected, rtol=1e-9)
    np.testing.assert_allclose(tagger.decision_function(NEW), logit(expected), rtol=1e-7)


def test_members_of_features_of_any_kind(four_labels):
    X, y = four_labels
    members = [
        ("ours", MultilabelLogisticRegression()),
        ("one", OneVsRestClassifier(LogisticRegression())),
        ("forest", RandomForestClassifier(20, random_state=0)),
        ("svm", CalibratedTaggerCV(OneVsRestClassifier(LinearSVC(random_state=0)), cv=3)),
    ]
    for voting in ("logits", "probabilities"):
        tagger = VotingTagger(members, voting=voting).fit(X, y)
        proba = tagger.predict_proba(X)
        assert proba.shape == y.shape
        assert ((proba > 0) & (proba < 1)).all()
        assert tagger.n_features_in_ == X.shape[1]
        np.testing.assert_array_equal(tagger.predict(X), proba > 0.5)
    assert (tagger.predict(X) == y).mean() > 0.8
    # of a forest that is sure, a logit of 16
    sure = RandomForestClassifier(5, bootstrap=False, random_state=0)
    logits = VotingTagger([("forest", sure)]).fit(X, y).decision_function(X)
    np.testing.assert_array_equal(logits, np.where(y, 16, -16))


FORMS = {
    "indicator": lambda y: y,
    "sparse": sp.csr_matrix,
    "frame": lambda y: pd.DataFrame(y, columns=NAMES),
    "sets": lambda y: [[NAMES[j] for j in np.flatnonzero(row)] for row in y],
}


@pytest.mark.parametrize("weights", [[2, 1], "fit"], ids=str)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_y(form, weights):
    tagger = VotingTagger(three()[1:], weights=weights, cv=3).fit(TEXTS, FORMS[form](Y))
    expected = clone(tagger).fit(TEXTS, Y)
    found, wanted = tagger.predict(NEW), expected.predict_proba(NEW)
    assert sp.issparse(found) == (form == "sparse")
    order = [NAMES.index(name) if name in NAMES else int(name) for name in tagger.label_names_]
    np.testing.assert_allclose(tagger.predict_proba(NEW), wanted[:, order], rtol=1e-9)
    assert tagger.score(TEXTS, FORMS[form](Y)) == expected.score(TEXTS, Y)


@pytest.mark.parametrize("codes", [(0, 1), ("no", "yes")])
@pytest.mark.parametrize("weights", [None, "fit"])
def test_one_label(codes, weights):
    y = np.array(codes)[Y[:, 0]]
    tagger = VotingTagger(three()[1:], weights=weights, cv=3).fit(TEXTS, y)
    assert tagger.predict_proba(NEW).shape == (len(NEW), 2)
    assert tagger.decision_function(NEW).shape == (len(NEW),)
    assert tagger.classes_.tolist() == list(codes)
    assert set(tagger.predict(NEW)) == set(codes)
    column = clone(tagger).fit(TEXTS, y[:, None])
    np.testing.assert_array_equal(column.predict(NEW)[:, 0], tagger.predict(NEW))


def test_labels_of_a_member_name_the_columns():
    order = ["praise", "refund", "damage", "delivery"]
    members = [("pipe", PIPELINE), ("words", clone(WORDS).set_params(labels=order))]
    sets = FORMS["sets"](Y)
    tagger = VotingTagger(members).fit(TEXTS, sets)
    assert list(tagger.label_names_) == order
    outer = TunedThresholdTaggerCV(VotingTagger(members, weights="fit"), cv=3).fit(TEXTS, sets)
    assert list(outer.label_names_) == order
    assert (outer.predict(TEXTS)[:, 1] == Y[:, 0]).mean() > 0.8


@pytest.mark.parametrize("weights", [None, "fit"])
def test_labels_of_a_frozen_member_are_matched_by_name(weights):
    frame = pd.DataFrame(Y, columns=NAMES)
    one = clone(WORDS).fit(TEXTS, frame)
    other = clone(PAIRS).fit(TEXTS, frame[NAMES[::-1]])
    members = [("one", FrozenEstimator(one)), ("other", FrozenEstimator(other))]
    tagger = VotingTagger(members, weights=weights, cv=3).fit(TEXTS, frame)
    assert list(tagger.label_names_) == NAMES
    logits = [one.decision_function(NEW), other.decision_function(NEW)[:, ::-1]]
    if weights is None:
        np.testing.assert_allclose(tagger.decision_function(NEW), np.mean(logits, axis=0))
    assert (tagger.predict(TEXTS) == Y).mean() > 0.8
    # a member to be fitted learns the labels of the one that was
    mixed = VotingTagger([("new", PIPELINE), ("one", FrozenEstimator(one))])
    mixed.fit(TEXTS, FORMS["sets"](Y))
    assert list(mixed.label_names_) == NAMES
    assert (mixed.predict(TEXTS) == Y).mean() > 0.8


def test_unknown_labels_take_no_part():
    rng = np.random.RandomState(0)
    y = np.where(rng.rand(*Y.shape) < 0.2, NAN, Y)
    y[3] = NAN
    with pytest.warns(UserWarning, match="1 of 90 documents have no known label"):
        tagger = VotingTagger(three()[:2], weights="fit", cv=3).fit(TEXTS, y)
    assert get_tags(tagger).target_tags.allow_nan
    assert (tagger.predict(TEXTS) == Y).mean() > 0.7
    assert np.isfinite(tagger.weights_).all()
    not_all = VotingTagger(three())
    assert not get_tags(not_all).target_tags.allow_nan
    with pytest.raises(LabelError, match="does not take unknown labels, NaN in y: found nan in ro"):
        not_all.fit(TEXTS[:4], [[1, 0, 1, 0], [0, 1, 0, 1], [NAN, 0, 1, 0], [0, 1, 1, 1]])


@pytest.mark.parametrize("weights", [None, [1, 3], "fit"], ids=str)
def test_constant_labels(weights):
    y = np.column_stack([Y[:, :2], np.zeros(len(Y), int), np.ones(len(Y), int)])
    tagger = VotingTagger(three()[:2], weights=weights, cv=3).fit(TEXTS, y)
    np.testing.assert_allclose(tagger.decision_function(NEW)[:, 2:], [[-16, 16]] * len(NEW))


@pytest.mark.parametrize("weights", [None, "fit"])
def test_weights_reach_the_members(weights):
    weight = np.where(np.arange(len(TEXTS)) < 60, 1.0, 0.0)
    members = three()[:2]
    splits = list(KFold(3).split(TEXTS[:60]))
    tagger = VotingTagger(members, weights=weights, cv=splits)
    kept = clone(tagger).fit(TEXTS[:60], Y[:60]).predict_proba(NEW)
    given = clone(tagger).fit(TEXTS, Y, sample_weight=weight).predict_proba(NEW)
    np.testing.assert_allclose(given, kept, rtol=1e-6)
    with config_context(enable_metadata_routing=True):
        asking = [(name, clone(m).set_fit_request(sample_weight=True)) for name, m in members]
        routed = VotingTagger(asking, weights=weights, cv=splits)
        routed = routed.fit(TEXTS, Y, sample_weight=weight).predict_proba(NEW)
        np.testing.assert_allclose(routed, kept, rtol=1e-6)
        silent = [(name, clone(m).set_fit_request(sample_weight=False)) for name, m in members]
        found = VotingTagger(silent).fit(TEXTS, Y, sample_weight=weight)
        unweighted = VotingTagger(members).fit(TEXTS, Y)
        np.testing.assert_allclose(found.predict_proba(NEW), unweighted.predict_proba(NEW))


def test_groups_go_to_the_splitter():
    from sklearn.model_selection import GroupKFold

    groups = np.arange(len(TEXTS)) // 3
    tagger = VotingTagger(three()[:2], weights="fit", cv=GroupKFold(3))
    tagger.fit(TEXTS, Y, groups=groups)
    expected = clone(tagger).set_params(cv=list(GroupKFold(3).split(TEXTS, groups=groups)))
    np.testing.assert_array_equal(tagger.weights_, expected.fit(TEXTS, Y).weights_)


def test_wrappers_and_searches_take_it():
    tagger = VotingTagger(three()[:2])
    tuned = TunedThresholdTaggerCV(FixedThresholdTagger(tagger), cv=3).fit(TEXTS, Y)
    assert tuned.best_score_ > 0.7
    hierarchical = HierarchicalTagger(tagger, {"damage": "delivery"})
    given = hierarchical.fit(TEXTS, FORMS["sets"](Y)).predict_labels(NEW)
    assert all("delivery" in labels for labels in given if "damage" in labels)
    grid = {"words__C": [0.01, 10], "pairs": [PAIRS, WORDS]}
    search = GridSearchCV(tagger, grid, cv=KFold(2), scoring="f1_micro").fit(TEXTS, Y)
    assert search.best_params_["words__C"] == search.best_estimator_.named_estimators_.words.C


def test_parameters_of_members():
    tagger = VotingTagger(three())
    params = tagger.get_params()
    assert params["words__C"] == 10
    assert params["pipe__onevsrestclassifier__estimator__C"] == 5
    changed = clone(tagger).set_params(words__C=2, pairs=WORDS, weights=[1, 1, 2])
    assert changed.get_params()["words__C"] == 2
    assert changed.get_params()["pairs"] is WORDS
    assert tagger.get_params()["words__C"] == 10
    with pytest.raises(ValueError, match="Invalid parameter 'other'"):
        tagger.set_params(other__C=1)
    tagger.fit(TEXTS, Y)
    assert tagger.named_estimators_.words is tagger.estimators_[0]
    assert not hasattr(tagger.estimators[0][1], "coef_")
    before = tagger.predict_proba(NEW)
    tagger.set_params(words__C=1e-3, weights=[0, 0, 1], voting="probabilities")
    np.testing.assert_array_equal(tagger.predict_proba(NEW), before)


def test_html_shows_the_members():
    html = VotingTagger(three())._repr_html_()
    assert "VotingTagger" in html
    assert html.index("words") < html.index("pairs") < html.index("TfidfVectorizer")


def test_processes_and_pickles():
    tagger = VotingTagger(three(), weights="fit", cv=2)
    expected = clone(tagger).fit(TEXTS, Y)
    parallel = clone(tagger).set_params(n_jobs=2).fit(TEXTS, Y)
    np.testing.assert_allclose(parallel.predict_proba(NEW), expected.predict_proba(NEW))
    again = pickle.loads(pickle.dumps(expected))
    np.testing.assert_array_equal(again.predict_proba(NEW), expected.predict_proba(NEW))


def test_a_failed_fit_changes_nothing():
    tagger = VotingTagger(three()[:2]).fit(TEXTS, Y)
    before = tagger.predict_proba(NEW)
    tagger.set_params(words__C=-1)
    with pytest.raises(ValueError, match="'C' parameter"):
        tagger.fit(TEXTS, 1 - Y)
    np.testing.assert_array_equal(tagger.predict_proba(NEW), before)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"estimators": []}, r"estimators is \[\]; pass a list of at least one \(name, estimator"),
        ({"estimators": [WORDS]}, r"estimators\[0\] is TfidfLogRegTagger.*; pass a pair"),
        ({"estimators": [("a", WORDS), ("a", PAIRS)]}, r"estimators\[1\] has the name 'a'; pass"),
        ({"estimators": [("a__b", WORDS)]}, r"estimators\[0\] has the name 'a__b'; pass a str wi"),
        ({"estimators": [("cv", WORDS)]}, r"estimators\[0\] has the name 'cv'; pass a str with"),
        ({"estimators": [("splitter", WORDS)]}, r"estimators\[0\] has the name 'splitter'; pass"),
        ({"estimators": [(3, WORDS)]}, r"estimators\[0\] has the name 3; pass a str without"),
        ({"estimators": [("a", TfidfLogRegTagger)]}, r"estimators\[0\], 'a', is .*; pass an est"),
        (
            {"estimators": [("a", OneVsRestClassifier(LinearSVC()))]},
            r"estimators\[0\], 'a', is OneVsRest.*; pass an estimator with fit and predict_proba",
        ),
        (
            {"estimators": [("a", FixedThresholdTagger(HierarchicalTagger(WORDS, {})))]},
            "The member 'a' has a HierarchicalTagger inside. Put it around the VotingTagger",
        ),
        ({"weights": [1, 2]}, r"weights is \[1, 2\]; pass 'fit', or a number for each of the 3 m"),
        ({"weights": [1, -2, 1]}, r"weights is \[1, -2, 1\]; pass finite numbers of at least 0"),
        ({"weights": [0, 0, 0]}, r"weights is \[0, 0, 0\]; pass finite numbers of at least 0"),
        ({"weights": {"word": 2}}, "weights has the key 'word', but the members are 'words', 'pai"),
        ({"weights": "fitted"}, "'weights' parameter"),
        ({"weights": "fit", "voting": "probabilities"}, "weights='fit' finds weights of logits, b"),
        ({"voting": "soft"}, "'voting' parameter"),
    ],
)
def test_errors(params, message):
    tagger = VotingTagger(three())
    for name, value in params.items():
        setattr(tagger, name, value)
    with pytest.raises(ValueError, match=message):
        tagger.fit(TEXTS, Y)
