"""Taggers around taggers, down to the one that knows words."""

import pytest
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer as TheirVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skmultitext import TfidfLogRegTagger
from skmultitext.inspection import explain, top_words


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
