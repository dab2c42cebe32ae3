"""A second model on out-of-fold logits: what it is fitted on, and how often its members are."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from test_ensemble_voting import NEW, TEXTS, Y, three

from skmultitext import (
    CalibratedTaggerCV,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
    VotingTagger,
)
from skmultitext.ensemble._weights import fit_weights
from skmultitext.metrics import log_loss
from skmultitext.model_selection import MultilabelStratifiedKFold
from skmultitext.thresholds import search_thresholds


class Counting(TfidfLogRegTagger):
    """Counts its fits."""

    fits = 0

    def fit(self, X, y, sample_weight=None):
        Counting.fits += 1
        return super().fit(X, y, sample_weight)


@pytest.mark.parametrize("outer", [TunedThresholdTaggerCV, CalibratedTaggerCV])
def test_members_are_fitted_once_per_fold_of_a_tagger_around(outer):
    members = [("words", Counting()), ("pairs", Counting(ngram_range=(1, 2)))]
    Counting.fits = 0
    tagger = outer(VotingTagger(members, weights="fit", cv=4), cv=3).fit(TEXTS, Y)
    assert Counting.fits == 2 * (3 + 1)
    splits = list(MultilabelStratifiedKFold(3).split(np.zeros((len(Y), 1)), Y))
    alone = VotingTagger(members, weights="fit", cv=splits).fit(TEXTS, Y)
    np.testing.assert_allclose(tagger.estimator_.weights_, alone.weights_)
    np.testing.assert_allclose(tagger.estimator_.predict_proba(NEW), alone.predict_proba(NEW))
    # a share has no other fold to fit weights on: they are fitted in the training part
    Counting.fits = 0
    outer(VotingTagger(members, weights="fit", cv=4), cv=0.3).fit(TEXTS, Y)
    assert Counting.fits == 2 * 2 * (4 + 1)


def test_the_weights_that_score_a_fold_do_not_know_it():
    """Thresholds are those of scores by weights of the other folds."""
    members = three()[:2]
    splits = list(MultilabelStratifiedKFold(3).split(np.zeros((len(Y), 1)), Y))
    tagger = TunedThresholdTaggerCV(VotingTagger(members, weights="fit"), cv=splits)
    tagger.fit(TEXTS, Y)
    texts = np.array(TEXTS, dtype=object)
    logits = np.empty((len(Y), 2, 4))
    for train, test in splits:
        for m, (_, member) in enumerate(members):
            fitted = clone(member).fit(texts[train], Y[train])
            logits[test, m] = fitted.decision_function(texts[test])
    scores = np.empty(Y.shape)
    for train, test in splits:
        scores[test] = fit_weights(logits[train], Y[train], np.ones(len(train)))(logits[test])
    order = np.concatenate([test for _, test in splits])
    expected, _ = search_thresholds(Y[order], expit(scores[order]))
    np.testing.assert_allclose(tagger.best_thresholds_, expected)


def columns(*numbers):
    """Select columns."""
    return ColumnTransformer([("some", "passthrough", list(numbers))])


def test_fitted_weights_follow_the_better_member():
    rng = np.random.RandomState(0)
    X = rng.rand(400, 6)
    y = (X[:, :3] + 0.2 * rng.randn(400, 3) > 0.5).astype(int)
    good = make_pipeline(columns(0, 1, 2), MultilabelLogisticRegression())
    bad = make_pipeline(columns(3, 4, 5), MultilabelLogisticRegression())
    tagger = VotingTagger([("good", good), ("bad", bad)], weights="fit").fit(X, y)
    assert (tagger.weights_[0] > tagger.weights_[1] + 0.3).all()
    mean = VotingTagger([("good", good), ("bad", bad)]).fit(X, y)
    new = rng.rand(400, 6)
    truth = (new[:, :3] > 0.5).astype(int)
    assert log_loss(truth, tagger.predict_proba(new)) < log_loss(truth, mean.predict_proba(new))


def test_documents_scored_twice_are_left_out_twice():
    """Weights that score a fold do not know its documents from the repetition of other folds."""
    splits = list(MultilabelStratifiedKFold(2).split(np.zeros((len(Y), 1)), Y))
    members = three()[:2]
    once = TunedThresholdTaggerCV(VotingTagger(members, weights="fit"), cv=splits)
    twice = clone(once).set_params(cv=[*splits, *splits])
    once, twice = once.fit(TEXTS, Y), twice.fit(TEXTS, Y)
    # each fold is scored by weights of the other two: those of one, at half the ridge
    assert np.isfinite(twice.best_thresholds_).all()
    np.testing.assert_allclose(twice.best_thresholds_, once.best_thresholds_, atol=0.1)


def test_unknown_labels_in_shared_folds():
    y = np.where(np.random.RandomState(0).rand(*Y.shape) < 0.1, np.nan, Y)
    y = y[~np.isnan(y).all(axis=1)]
    texts = TEXTS[: len(y)]
    tagger = TunedThresholdTaggerCV(VotingTagger(three()[:2], weights="fit"), cv=3)
    tagger.fit(texts, y)
    assert np.isfinite(tagger.estimator_.weights_).all()
    assert tagger.predict(NEW).shape == (len(NEW), 4)
