"""Explanations of votes: weighted sums of the contributions in the members."""

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB
from sklearn.pipeline import make_pipeline

from skmultitext import (
    CalibratedTaggerCV,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
    VotingTagger,
)
from skmultitext.inspection import explain, top_words

TEXTS = ["refund my lamp", "my parcel is late", "late lamp, refund please", "hello there"] * 6
Y = np.array([[0, 1], [1, 0], [1, 1], [0, 0]] * 6)
FRAME = pd.DataFrame(Y, columns=["delivery", "refund"])
ASKED = ["late late refund", "hello", "", "nothing known", "my lamp"]
WORDS = TfidfLogRegTagger(C=10)
HINGE = TfidfLogRegTagger(C=1, loss="squared_hinge", ngram_range=(1, 2))
PIPELINE = make_pipeline(TfidfVectorizer(), OneVsRestClassifier(LogisticRegression()))
NAIVE = make_pipeline(TfidfVectorizer(), OneVsRestClassifier(BernoulliNB()))


def votes(*members, **parameters):
    members = [(f"m{i}", member) for i, member in enumerate(members)]
    return VotingTagger(members, **parameters).fit(TEXTS, FRAME)


def sums(explanation):
    return [d.intercept + sum(s.word_weights.sum() for s in d.sentences) for d in explanation]


@pytest.mark.parametrize("weights", [None, [1, 2, 1], "fit"], ids=str)
def test_contributions_add_up_to_the_logit(weights):
    turned = FrozenEstimator(TfidfLogRegTagger(C=3).fit(TEXTS, FRAME[["refund", "delivery"]]))
    tagger = votes(WORDS, votes(HINGE, PIPELINE), turned, weights=weights, cv=2)
    assert list(tagger.label_names_) == ["refund", "delivery"]
    logits = tagger.decision_function(ASKED)
    for j, label in enumerate(tagger.label_names_):
        found = explain(tagger, ASKED, label=label)
        np.testing.assert_allclose(sums(found), logits[:, j], atol=1e-9)
    words = [s.words for d in found for s in d.sentences]
    assert all(len(set(some)) == len(some) for some in words)
    strengths = [np.abs(s.word_weights) for d in found for s in d.sentences]
    assert all((np.diff(some) <= 0).all() for some in strengths)


def test_weights_of_terms_are_weighted_sums():
    tagger = votes(WORDS, HINGE, weights=[3, 1])
    found = dict(top_words(tagger, "delivery", n=50))
    expected = {}
    for member, share in zip(tagger.estimators_, (0.75, 0.25), strict=True):
        for term, weight in zip(member.get_feature_names_out(), member.coef_[0], strict=True):
            expected[term] = expected.get(term, 0) + share * weight
    expected = {term: weight for term, weight in expected.items() if weight > 0}
    assert found.keys() == expected.keys()
    np.testing.assert_allclose([found[term] for term in expected], list(expected.values()))
    assert next(iter(found)) == "late"


def test_a_vote_inside_a_tuned_tagger():
    tagger = TunedThresholdTaggerCV(VotingTagger([("a", WORDS), ("b", HINGE)]), cv=2)
    tagger.fit(TEXTS, FRAME)
    found = explain(tagger, ASKED, label="refund")
    np.testing.assert_allclose(sums(found), tagger.decision_function(ASKED)[:, 1], atol=1e-9)


def test_a_vote_on_features_is_explained_with_its_vectorizer():
    members = [("a", MultilabelLogisticRegression()), ("b", MultilabelLogisticRegression(C=9))]
    tagger = make_pipeline(TfidfVectorizer(), VotingTagger(members)).fit(TEXTS, FRAME)
    found = explain(tagger, ASKED, label="refund")
    np.testing.assert_allclose(sums(found), tagger.decision_function(ASKED)[:, 1], atol=1e-9)


@pytest.mark.parametrize(
    ("tagger", "message"),
    [
        (VotingTagger([("a", WORDS), ("b", NAIVE)]), "but this is OneVsRestClassifier"),
        (VotingTagger([("a", WORDS)], voting="probabilities"), "but this is VotingTagger"),
        (
            VotingTagger([("a", WORDS), ("b", CalibratedTaggerCV(WORDS, cv=2, min_sigmoid=1))]),
            "needs members whose logits are linear, but one has a CalibratedTaggerCV",
        ),
    ],
    ids=range(3),
)
def test_other_votes_are_explained_by_occlusion(tagger, message):
    tagger.fit(TEXTS, FRAME)
    found = explain(tagger, ASKED[:1], label="delivery")[0]
    assert found.intercept is None
    assert found.sentences[0].words == ("late", "late", "refund")
    full, without = tagger.decision_function(["late late refund", " late refund"])[:, 0]
    np.testing.assert_allclose(found.sentences[0].word_weights[0], full - without)
    with pytest.raises(ValueError, match=message):
        explain(tagger, ASKED, method="contributions")
    with pytest.raises(ValueError, match=message):
        top_words(tagger, "refund")
