"""Taggers around others, where labels are unknown: folds, errors, metadata, documents left out."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from libraries import pd
from mutants import checks_of
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score as sklearn_f1_score
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from skmultitext import (
    CalibratedTaggerCV,
    FixedThresholdTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
)
from skmultitext.exceptions import LabelError, UnknownLabelWarning
from skmultitext.metrics import f1_score, get_scorer
from skmultitext.model_selection import MultilabelStratifiedGroupKFold, MultilabelStratifiedKFold
from skmultitext.testing import _unknown_label_checks
from skmultitext.testing._checks import CHECKS
from skmultitext.testing._subject import Subject
from skmultitext.thresholds import search_thresholds

LINEAR = MultilabelLogisticRegression()


@pytest.fixture
def partly(four_labels):
    """Features, and labels of which a third is unknown, one at least known of each document."""
    X, y = four_labels
    y = y.astype(float)
    rng = np.random.default_rng(0)
    unknown = rng.random(y.shape) < 0.35
    unknown[np.arange(len(y)), rng.integers(0, 4, len(y))] = False
    y[unknown] = np.nan
    return X, y


def stored(y):
    found = sp.csr_array(np.where(np.isnan(y), 2, y))
    found.data[found.data == 2] = np.nan
    return found


@pytest.mark.parametrize("weighted", [False, True])
def test_thresholds_are_searched_on_out_of_fold_scores_of_known_entries(partly, weighted):
    X, y = partly
    weight = np.random.default_rng(1).integers(1, 3, len(y)).astype(float)
    params = {"sample_weight": weight} if weighted else {}
    tagger = TunedThresholdTaggerCV(LINEAR, cv=3, store_cv_results=True).fit(X, y, **params)
    proba = np.empty(y.shape)
    for train, test in MultilabelStratifiedKFold(3).split(X, y):
        part = {"sample_weight": weight[train]} if weighted else {}
        proba[test] = clone(LINEAR).fit(X[train], y[train], **part).predict_proba(X[test])
    thresholds, score = search_thresholds(y, proba, "f1_macro", **params)
    np.testing.assert_array_equal(tagger.best_thresholds_, thresholds)
    assert tagger.best_score_ == pytest.approx(score)
    whole = clone(LINEAR).fit(X, y, **params)
    np.testing.assert_array_equal(tagger.predict_proba(X), whole.predict_proba(X))
    results = tagger.cv_results_
    assert results["known"].tolist() == (~np.isnan(y)).sum(axis=0).tolist()
    assert results["support"].tolist() == (y == 1).sum(axis=0).tolist()


@pytest.mark.parametrize("wrapper", [TunedThresholdTaggerCV, CalibratedTaggerCV])
def test_every_form_of_unknown_gives_the_same(partly, wrapper):
    X, y = partly
    wanted = wrapper(LINEAR, cv=3).fit(X, y).predict_proba(X)
    for form in (stored(y), pd.DataFrame(y).astype("Int64"), y.tolist()):
        found = wrapper(LINEAR, cv=3).fit(X, form)
        np.testing.assert_allclose(found.predict_proba(X), wanted, rtol=1e-12)


def test_complete_float_labels_are_those_of_int(four_labels):
    X, y = four_labels
    for wrapper in (TunedThresholdTaggerCV, CalibratedTaggerCV, FixedThresholdTagger):
        one, other = wrapper(LINEAR).fit(X, y), wrapper(LINEAR).fit(X, y.astype(float))
        np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
        np.testing.assert_array_equal(one.thresholds_, other.thresholds_)


@pytest.mark.parametrize("wrapper", [TunedThresholdTaggerCV, CalibratedTaggerCV])
def test_documents_without_a_known_label_are_left_out(partly, wrapper):
    X, y = partly
    y = y.copy()
    y[::7] = np.nan
    kept = np.flatnonzero(~np.isnan(y).all(axis=1))
    weight = np.arange(1.0, len(y) + 1)
    groups = np.arange(len(y)) // 3
    folds = [(train, test) for train, test in KFold(3).split(kept)]
    of_all = [(kept[train], np.append(kept[test], 0)) for train, test in folds]
    for cv, cv_of_kept, params in (
        (3, 3, {"sample_weight": weight}),
        (of_all, folds, {}),
        (MultilabelStratifiedGroupKFold(3), MultilabelStratifiedGroupKFold(3), {"groups": groups}),
    ):
        with pytest.warns(UnknownLabelWarning, match="43 of 300 documents") as caught:
            found = wrapper(LINEAR, cv=cv).fit(X, y, **params)
        assert len(caught) == 1
        params = {name: value[kept] for name, value in params.items()}
        wanted = wrapper(LINEAR, cv=cv_of_kept).fit(X[kept], y[kept], **params)
        np.testing.assert_array_equal(found.predict_proba(X), wanted.predict_proba(X))
        np.testing.assert_array_equal(found.thresholds_, wanted.thresholds_)


def test_a_label_without_known_entries_is_named_once_and_never_given(partly):
    X, y = partly
    y = y.copy()
    y[:, 2] = np.nan
    for wrapper in (TunedThresholdTaggerCV, CalibratedTaggerCV, FixedThresholdTagger):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            known = ~np.isnan(y).all(axis=1)
            tagger = wrapper(LINEAR).fit(X[known], y[known])
        said = [w for w in caught if w.category is UnknownLabelWarning]
        assert ["'2'" in str(w.message) for w in said] == [True]
        assert not tagger.predict(X)[:, 2].any()


def test_one_column_with_unknown_codes():
    X = np.random.default_rng(0).normal(size=(60, 3))
    y = np.where(X[:, :1] > 0, "yes", "no").astype(object)
    y[::5] = None
    kept = np.flatnonzero(y[:, 0] != None)  # noqa: E711
    for estimator in (LINEAR, OneVsRestClassifier(LogisticRegression())):
        with pytest.warns(UnknownLabelWarning, match="12 of 60 documents"):
            tagger = TunedThresholdTaggerCV(estimator, cv=3).fit(X, y)
        wanted = TunedThresholdTaggerCV(estimator, cv=3).fit(X[kept], y[kept])
        np.testing.assert_array_equal(tagger.predict(X), wanted.predict(X))


@pytest.mark.parametrize("wrapper", [TunedThresholdTaggerCV, CalibratedTaggerCV])
def test_any_fitted_estimator_is_judged_by_what_is_known(partly, four_labels, wrapper):
    X, y = partly
    forest = RandomForestClassifier(10, random_state=0).fit(X[:150], four_labels[1][:150])
    tagger = wrapper(forest, cv="prefit").fit(X[150:], y[150:])
    assert get_tags(tagger).target_tags.allow_nan
    if wrapper is TunedThresholdTaggerCV:
        proba = np.column_stack([part[:, 1] for part in forest.predict_proba(X[150:])])
        expected, _ = search_thresholds(y[150:], proba)
        np.testing.assert_array_equal(tagger.best_thresholds_, expected)
    frozen = wrapper(FrozenEstimator(forest), cv=KFold(2)).fit(X[150:], y[150:])
    assert frozen.predict(X).shape == y.shape
    assert FixedThresholdTagger(FrozenEstimator(forest)).fit(X, y).predict(X).shape == y.shape


ONE_PER_LABEL = "fit one model per label too"
NOT_TAKEN = [
    (OneVsRestClassifier(LogisticRegression()), ONE_PER_LABEL),
    (MultiOutputClassifier(LogisticRegression()), ONE_PER_LABEL),
    (make_pipeline(StandardScaler(), OneVsRestClassifier(LogisticRegression())), ONE_PER_LABEL),
    (RandomForestClassifier(5), "Use an estimator that takes them: TfidfLogRegTagger"),
    (GridSearchCV(LINEAR, {"C": [1, 2]}, cv=3), r"Pass it cv=MultilabelStratifiedKFold\(5\)"),
]


@pytest.mark.parametrize("wrapper", [TunedThresholdTaggerCV, CalibratedTaggerCV])
@pytest.mark.parametrize(("estimator", "remedy"), NOT_TAKEN)
def test_an_estimator_that_refuses_nan_is_named_with_the_remedy(partly, wrapper, estimator, remedy):
    X, y = partly
    row, column = np.argwhere(np.isnan(y))[0]
    remedy = f"found nan in row {row}, column {column} .*{remedy}"
    name = type(estimator).__name__
    with pytest.raises(LabelError, match=f"^{name} does not take unknown labels.*{remedy}"):
        wrapper(estimator, cv=3).fit(X, y)
    with pytest.raises(LabelError, match=f"^{name} does not take unknown labels.*{remedy}"):
        FixedThresholdTagger(estimator).fit(X, y)
    assert not get_tags(wrapper(estimator)).target_tags.allow_nan


def test_nan_in_features_is_not_blamed_on_the_labels(partly):
    X, y = partly
    X = X.copy()
    X[3, 2] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN") as caught:
        TunedThresholdTaggerCV(LINEAR, cv=3).fit(X, y)
    assert "unknown labels" not in str(caught.value)


def test_a_search_inside_takes_our_splitter_and_scorer(partly):
    X, y = partly
    search = GridSearchCV(
        LINEAR, {"C": [0.1, 1]}, cv=MultilabelStratifiedKFold(2), scoring=get_scorer("f1_micro")
    )
    tagger = TunedThresholdTaggerCV(search, cv=3).fit(X, y)
    assert tagger.estimator_.best_params_["C"] in (0.1, 1)


def test_a_callable_objective_sees_nan(partly):
    X, y = partly
    tagger = TunedThresholdTaggerCV(
        LINEAR, cv=3, objective=f1_score, objective_params={"average": "micro"}, thresholds=5
    ).fit(X, y)
    assert 0.5 < tagger.best_score_ < 1
    for form in (y, stored(y)):
        with pytest.raises(LabelError, match=r"objective does not take unknown.*skmultitext.metr"):
            TunedThresholdTaggerCV(
                LINEAR,
                cv=3,
                objective=sklearn_f1_score,
                objective_params={"average": "micro"},
                thresholds=5,
            ).fit(X, form)


@pytest.mark.parametrize(
    "tagger",
    [
        FixedThresholdTagger(TfidfLogRegTagger()),
        TunedThresholdTaggerCV(TfidfLogRegTagger(), cv=2),
        CalibratedTaggerCV(TfidfLogRegTagger(), cv=2),
    ],
    ids=lambda tagger: type(tagger).__name__,
)
def test_wrappers_pass_the_checks_of_unknown_labels(tagger):
    subject = Subject(tagger)
    names = [name for name in checks_of(_unknown_label_checks) if CHECKS[name].applies_to(subject)]
    assert len(names) >= 7
    for name in names:
        CHECKS[name].run(subject)
