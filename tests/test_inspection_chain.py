"""Taggers around taggers, down to the one that knows words."""

import pytest
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer as TheirVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import make_pipeline

from skmultitext import FixedThresholdTagger, TfidfLogRegTagger
from skmultitext.inspection import explain, top_words
from skmultitext.inspection._chain import is_fitted_estimator, unwrap


@pytest.mark.parametrize("function", [top_words, explain])
def test_wrong_estimators(function):
    def ask(tagger):
        return top_words(tagger, "0") if function is top_words else explain(tagger, ["late"])

    with pytest.raises(NotFittedError):
        ask(TfidfLogRegTagger())
    with pytest.raises(NotFittedError):
        ask(make_pipeline(TheirVectorizer(), LogisticRegression()))
    with pytest.raises(ValueError, match="tagger is the class TfidfLogRegTagger; pass a fitted"):
        ask(TfidfLogRegTagger)
    with pytest.raises(ValueError, match="tagger is 'tfidf'; pass a fitted tagger"):
        ask("tfidf")


TEXTS = ["late parcel", "refund please", "late refund", "hello"] * 5
LABELS = [["delivery"], ["refund"], ["delivery", "refund"], []] * 5


def test_a_text_tagger_is_its_vectorizer_and_its_classifier():
    tagger = TfidfLogRegTagger().fit(TEXTS, LABELS)
    assert unwrap(tagger) == ([tagger.vectorizer_], tagger.classifier_)


def test_layers_are_taken_off_from_the_outside():
    search = GridSearchCV(TfidfLogRegTagger(), {"C": [1.0]}, cv=2)
    tagger = FixedThresholdTagger(make_pipeline("passthrough", search)).fit(TEXTS, LABELS)
    best = tagger.estimator_[-1].best_estimator_
    assert unwrap(tagger) == ([best.vectorizer_], best.classifier_)


def test_transformers_come_in_the_order_of_the_text():
    inner = make_pipeline(TheirVectorizer(), None, LogisticRegression())
    outer = make_pipeline(FixedThresholdClassifier(inner)).fit(TEXTS, [0, 1, 1, 0] * 5)
    transformers, estimator = unwrap(outer)
    assert transformers == [outer[-1].estimator_[0]]
    assert estimator is outer[-1].estimator_[-1]


def test_what_is_no_tagger_is_left_alone():
    classifier = LogisticRegression()
    assert unwrap(classifier) == ([], classifier)


def test_only_a_fitted_estimator_passes():
    fitted = TfidfLogRegTagger().fit(TEXTS, LABELS)
    assert is_fitted_estimator(fitted) is fitted
    with pytest.raises(NotFittedError, match="This LogisticRegression instance is not fitted yet"):
        is_fitted_estimator(LogisticRegression())
    with pytest.raises(ValueError, match="tagger is the class LogisticRegression; pass a fitted t"):
        is_fitted_estimator(LogisticRegression)
    with pytest.raises(ValueError, match=r"tagger is \['x', 'x', .{60,70}; pass a fitted tagger\."):
        is_fitted_estimator(["x"] * 100)
