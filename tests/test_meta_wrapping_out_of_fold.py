"""Scores by models that did not see the documents: how the rows are split and pooled."""

from dataclasses import replace

import numpy as np
import pytest
from libraries import pd
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsClassifier
from wrapped_estimators import ESTIMATORS, name, one_vs_rest, positive_proba

from skmultitext import (
    CalibratedTaggerCV,
    MultilabelLogisticRegression,
    TunedThresholdTaggerCV,
)
from skmultitext._gate.labels import LabelSpace
from skmultitext._meta.response import label_scores
from skmultitext._meta.wrapping import _pooled, check_scores
from skmultitext.model_selection import (
    MultilabelStratifiedGroupKFold,
    MultilabelStratifiedKFold,
    MultilabelStratifiedShuffleSplit,
)
from skmultitext.thresholds import apply_thresholds, search_thresholds


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=name)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_any_estimator_is_tuned_on_pooled_out_of_fold_scores(estimator, four_labels):
    X, y = four_labels
    cv = MultilabelStratifiedKFold(3)
    tagger = TunedThresholdTaggerCV(estimator, cv=3, shrinkage=0).fit(X, y)
    proba = np.empty(y.shape)
    for train, test in cv.split(X, y):
        proba[test] = positive_proba(clone(estimator).fit(X[train], y[train]), X[test])
    thresholds, score = search_thresholds(y, proba, "f1_macro", shrinkage=0)
    np.testing.assert_array_equal(tagger.best_thresholds_, thresholds)
    np.testing.assert_array_equal(tagger.thresholds_, thresholds)
    assert tagger.best_score_ == pytest.approx(score, abs=1e-12)
    expected = apply_thresholds(positive_proba(clone(estimator).fit(X, y), X), thresholds)
    np.testing.assert_array_equal(tagger.predict(X), expected)


def test_prefit_uses_the_estimator_as_it_is(four_labels):
    X, y = four_labels
    estimator = clone(one_vs_rest).fit(X[:200], y[:200])
    tagger = TunedThresholdTaggerCV(estimator, cv="prefit", shrinkage=0).fit(X[200:], y[200:])
    assert tagger.estimator_ is estimator
    expected, _ = search_thresholds(y[200:], estimator.predict_proba(X[200:]), shrinkage=0)
    np.testing.assert_array_equal(tagger.best_thresholds_, expected)
    with pytest.raises(NotFittedError, match="cv='prefit' needs a fitted estimator, but this OneV"):
        TunedThresholdTaggerCV(one_vs_rest, cv="prefit").fit(X, y)
    with pytest.raises(ValueError, match=r"shape \(100, 4\), but there are 3 labels"):
        TunedThresholdTaggerCV(estimator, cv="prefit").fit(X[200:], y[200:, :3])


def test_a_share_as_cv_validates_once(four_labels):
    X, y = four_labels
    tagger = TunedThresholdTaggerCV(
        one_vs_rest, cv=0.25, refit=False, random_state=0, store_cv_results=True, shrinkage=0
    ).fit(X, y)
    train, test = next(
        MultilabelStratifiedShuffleSplit(1, test_size=0.25, random_state=0).split(X, y)
    )
    fitted = clone(one_vs_rest).fit(X[train], y[train])
    np.testing.assert_array_equal(tagger.predict_proba(X), fitted.predict_proba(X))
    expected, _ = search_thresholds(y[test], fitted.predict_proba(X[test]), shrinkage=0)
    np.testing.assert_array_equal(tagger.best_thresholds_, expected)
    with pytest.raises(ValueError, match="refit=False needs a single split, but cv gives 3"):
        TunedThresholdTaggerCV(one_vs_rest, cv=3, refit=False).fit(X, y)


def test_splitters_and_lists_of_splits_are_taken(four_labels):
    X, y = four_labels
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


def test_weight_zero_is_removal_and_the_search_is_weighted(four_labels):
    X, y = four_labels
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


def test_weight_zero_is_removal_for_the_splitter_too(four_labels):
    X, y = four_labels
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


def test_scores_must_fit_the_labels():
    space, _ = LabelSpace.learn([["a", "b"], ["a"]])
    scores = np.array([[0.0, 1.0], [0.5, 0.25]])
    check_scores(scores, "predict_proba", space)
    with pytest.raises(
        ValueError, match=r"scores of shape \(2, 1\), but there are 2 labels: 'a', "
    ):
        check_scores(scores[:, :1], "predict_proba", space)
    for wrong in (1.5, -0.1, np.nan):
        message = f"gives {wrong} for label 'b'; it must lie in \\[0, 1\\]"
        with pytest.raises(ValueError, match=message):
            check_scores(np.array([[0.1, wrong]]), "predict_proba", space)
    far = np.array([[-7.0, 1e9]])
    check_scores(far, "decision_function", space)
    with pytest.raises(ValueError, match="gives inf for label 'a'; it must be finite"):
        check_scores(np.array([[np.inf, 0.0]]), "decision_function", space)


def test_rows_of_weight_0_are_not_pooled(four_labels):
    X, y = four_labels
    tagger = MultilabelLogisticRegression()
    data = tagger._check_data(X[:5], y[:5], None)
    tests, scores = [np.array([4, 0]), np.array([2])], [np.eye(3)[:2], np.eye(3)[2:]]

    def pool(weight):
        return _pooled(tagger, replace(data, sample_weight=weight), tests, scores)

    every = pool(None)
    assert every.estimator is tagger
    assert every.weight is None
    assert every.fold.tolist() == [0, 0, 1]
    np.testing.assert_array_equal(every.scores, np.eye(3))
    np.testing.assert_array_equal(every.indicator, y[[4, 0, 2]])
    assert pool(np.arange(1.0, 6.0)).weight.tolist() == [5, 1, 3]
    fewer = pool(np.array([0.0, 0, 2, 0, 3]))
    assert fewer.weight.tolist() == [3, 2]
    assert fewer.fold.tolist() == [0, 1]
    np.testing.assert_array_equal(fewer.indicator, y[[4, 2]])
    np.testing.assert_array_equal(fewer.scores, np.eye(3)[[0, 2]])
    with pytest.raises(ValueError, match="sample_weight is 0 for every scored document; pass som"):
        pool(np.array([0.0, 1, 0, 1, 0]))


@pytest.mark.parametrize("wrapper", [TunedThresholdTaggerCV, CalibratedTaggerCV])
def test_a_generator_of_splits_serves_one_fit(wrapper, four_labels):
    X, y = four_labels
    tagger = wrapper(MultilabelLogisticRegression(), cv=KFold(3).split(X)).fit(X, y)
    before = tagger.predict_proba(X)
    with pytest.raises(ValueError, match=r"cv gives no split\. .*list\(splitter\.split\(X, y\)\)"):
        tagger.fit(X, y)
    np.testing.assert_array_equal(tagger.predict_proba(X), before)
    with pytest.raises(ValueError, match=r"cv: splits\[0\]: test holds row numbers"):
        wrapper(MultilabelLogisticRegression(), cv=[([0, 1], [5, 99999])]).fit(X, y)


@pytest.mark.parametrize(
    "estimator", [MultilabelLogisticRegression(), KNeighborsClassifier(7)], ids=name
)
def test_folds_that_lack_a_label_align_by_name(estimator, four_labels):
    """A label that one training part lacks keeps its column in the pooled scores."""
    X, y = four_labels
    y = y.copy()
    y[:150, 1] = 0  # the first part has no document with "b", and all of "c"
    y[:150, 2] = 1
    parts = [(np.arange(150), np.arange(150, 300)), (np.arange(150, 300), np.arange(150))]
    pooled = np.empty(y.shape)
    for train, test in parts:
        fitted = clone(estimator).fit(X[train], y[train])
        pooled[test], _ = label_scores(fitted, X[test], one_label=False)
    assert (pooled[150:, 1] < 1e-3).all()
    assert (pooled[150:, 2] > 0.99).all()
    wanted, _ = search_thresholds(y, pooled, "f1_macro", shrinkage=0)
    names = list("abcd")
    sets = [[names[j] for j in np.flatnonzero(row)] for row in y]
    for labels in (sets, pd.DataFrame(y[:, ::-1], columns=names[::-1]), y):
        tagger = TunedThresholdTaggerCV(estimator, cv=parts, shrinkage=0).fit(X, labels)
        found = dict(zip(tagger.label_names_, tagger.thresholds_, strict=True))
        keys = names if labels is not y else "0123"
        np.testing.assert_allclose([found[key] for key in keys], wanted, rtol=1e-6)
