"""Chains of labels around any tagger."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.special import expit
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from test_ensemble_stacking import Counting
from test_ensemble_voting import FORMS, NEW, TEXTS, WORDS, Y

from skmultitext import ChainTagger, TunedThresholdTaggerCV, VotingTagger
from skmultitext.exceptions import ModelFileError
from skmultitext.inspection import explain


def exclusive(n=600, seed=0):
    """Features of three labels, of which a document has exactly one."""
    rng = np.random.RandomState(seed)
    y = np.eye(3, dtype=int)[rng.choice(3, n, p=[0.5, 0.3, 0.2])]
    return y + 0.9 * rng.randn(n, 3), y


def test_labels_that_exclude_each_other_are_decided_together():
    X, y = exclusive()
    new, truth = exclusive(seed=1)
    alone = OneVsRestClassifier(LogisticRegression())
    plain = clone(alone).fit(X[:, :], y)
    chain = ChainTagger(alone).fit(X, y)
    assert chain.score(new, truth) > (plain.predict(new) == truth).all(axis=1).mean() + 0.02
    assert chain.order_.tolist() == np.argsort(-y.sum(axis=0)).tolist()
    first, second, third = chain.order_
    assert (chain.label_coef_[third, [first, second]] < -1).all()
    assert not chain.label_coef_[first].any()
    assert chain.label_coef_[second, third] == 0


def test_predictions_are_those_of_the_links():
    chain = ChainTagger(WORDS, cv=3, threshold=0.3).fit(TEXTS, Y)
    z = chain.estimator_.decision_function(NEW)
    np.testing.assert_allclose(z, clone(WORDS).fit(TEXTS, Y).decision_function(NEW))
    expected = np.zeros_like(z)
    for row, logits in zip(expected, z, strict=True):
        for j in chain.order_:
            before = sum(chain.label_coef_[j, k] for k in chain.order_ if row[k] > 0 and k != j)
            row[j] = chain.slopes_[j] * logits[j] + chain.intercept_[j] + before
    np.testing.assert_allclose(chain.decision_function(NEW), expected, atol=1e-9)
    np.testing.assert_array_equal(chain.predict(NEW), expit(expected) > 0.3)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_y(form):
    chain = ChainTagger(WORDS, cv=3).fit(TEXTS, FORMS[form](Y))
    assert sp.issparse(chain.predict(NEW)) == (form == "sparse")
    assert chain.score(TEXTS, FORMS[form](Y)) > 0.3


def test_the_folds_of_a_tagger_around_are_shared():
    Counting.fits = 0
    tagger = TunedThresholdTaggerCV(ChainTagger(Counting(), cv=4), cv=3).fit(TEXTS, Y)
    assert Counting.fits == 3 + 1
    # the votes inside a chain, too
    Counting.fits = 0
    votes = VotingTagger([("a", Counting()), ("b", Counting(C=3))], weights="fit")
    tagger = TunedThresholdTaggerCV(ChainTagger(votes), cv=3).fit(TEXTS, Y)
    assert Counting.fits == 2 * (3 + 1)
    assert tagger.estimator_.estimator_.weights_.shape == (2, 4)


def test_unknown_labels_and_weights():
    y = np.where(np.random.RandomState(0).rand(*Y.shape) < 0.1, np.nan, Y)
    y = pd.DataFrame(y).dropna(how="all").to_numpy()
    texts = TEXTS[: len(y)]
    splits = [(np.arange(0, 40), np.arange(40, len(y))), (np.arange(40, len(y)), np.arange(40))]
    weight = np.where(np.arange(len(y)) % 3 == 0, 0.0, 1.0)
    chain = ChainTagger(WORDS, cv=splits).fit(texts, y, sample_weight=weight)
    assert np.isfinite(chain.label_coef_).all()
    changed = np.where(weight[:, None] == 0, 1 - y, y)
    again = clone(chain).fit(texts, changed, sample_weight=weight)
    np.testing.assert_allclose(again.predict_proba(NEW), chain.predict_proba(NEW), rtol=1e-6)


def test_a_chain_is_explained_by_occlusion():
    chain = ChainTagger(WORDS, cv=3).fit(TEXTS, Y)
    text = "late refund"
    found = explain(chain, [text], label="0")[0]
    assert found.intercept is None
    full, without = chain.decision_function([text, " refund"])[:, 0]
    np.testing.assert_allclose(found.sentences[0].word_weights[0], full - without)
    with pytest.raises(ValueError, match=r"needs a linear classifier.* but this is ChainTagger"):
        explain(chain, [text], method="contributions")


def test_a_saved_chain_in_another_order_is_refused():
    from test_persistence_schemas_sklearn import forged

    with pytest.raises(ModelFileError, match="order_ must have each label once"):
        forged("chain", "skmultitext.ChainTagger", order_=np.array([1, 1]))
