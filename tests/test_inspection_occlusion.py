"""Occlusion: a word weighs what the score loses without it."""

import numpy as np
import pytest
from scipy.special import logit
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from skmultitext import TfidfLogRegTagger
from skmultitext.inspection import _occlusion, explain


@pytest.fixture(scope="module")
def tagger(tickets):
    return TfidfLogRegTagger(C=10, loss="log_loss", ngram_range=(1, 1), token_pattern=r"\w\w+").fit(
        tickets.data, tickets.label_sets
    )


def test_a_word_weighs_what_the_logit_loses(tagger, monkeypatch):
    text = "Please refund the late, late parcel!"
    (sentence,) = explain(tagger, [text], label="refund", method="occlusion")[0].sentences
    assert sentence.words == ("Please", "refund", "the", "late", ",", "late", "parcel", "!")
    column = tagger.label_names_.tolist().index("refund")
    full = tagger.decision_function([text])[0, column]
    without = tagger.decision_function(["Please  the late, late parcel!"])[0, column]
    assert sentence.word_weights[1] == pytest.approx(full - without, abs=1e-12)
    assert sentence.word_weights[1] == sentence.word_weights.max()
    assert sentence.word_weights[4] == sentence.word_weights[7] == 0  # TF-IDF sees no marks
    # a long text goes in parts, with the same result
    monkeypatch.setattr(_occlusion, "_TEXTS_AT_A_TIME", 3)
    (again,) = explain(tagger, [text], label="refund", method="occlusion")[0].sentences
    np.testing.assert_allclose(again.word_weights, sentence.word_weights, atol=1e-12)


def test_probabilities_become_logits(tickets):
    neighbours = make_pipeline(TfidfVectorizer(), KNeighborsClassifier(5))
    neighbours.fit(tickets.data, tickets.target)
    text = "refund my order"
    document = explain(neighbours, [text], label="0")[0]
    proba = [neighbours.predict_proba([t])[0][0, 1] for t in (text, " my order", "refund  order")]
    logits = logit(np.clip(proba, np.finfo(float).tiny, 1 - np.finfo(float).epsneg))
    np.testing.assert_allclose(document.sentences[0].word_weights[:2], logits[0] - logits[1:])


def test_a_text_without_words(tagger):
    assert [d.sentences for d in explain(tagger, ["", " \n"], method="occlusion")] == [(), ()]
