"""Unknown words: to the vocabulary of the tagger, or to the earlier texts."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from skmultitext import TfidfLogRegTagger
from skmultitext.inspection._unknown_words import compare_words

TEXTS = ["late parcel", "refund my lamp", "late lamp", "my parcel"]
Y = np.array([[1, 0], [0, 1], [1, 1], [1, 0]])


def compared(tagger, before, now):
    return compare_words(tagger, before, now, 0.95, 3)


@pytest.mark.parametrize(
    "tagger",
    [
        TfidfLogRegTagger(),
        TfidfLogRegTagger(ngram_range=(1, 2)),
        TfidfLogRegTagger(analyzer=("char_wb", "word")),
        make_pipeline(CountVectorizer(), OneVsRestClassifier(LogisticRegression())),
    ],
    ids=["words", "n-grams", "words and characters", "scikit-learn"],
)
def test_words_are_looked_up_in_the_vocabulary(tagger):
    found = compared(tagger.fit(TEXTS, Y), ["LATE parcel", "zebra"], ["zebra gnu late", "gnu"])
    assert found.of == "vocabulary"
    assert (found.before, found.now) == (pytest.approx(1 / 3), pytest.approx(3 / 4))
    assert found.difference == pytest.approx(3 / 4 - 1 / 3)
    assert found.words == [("gnu", 2), ("zebra", 1)]


@pytest.mark.parametrize(
    "tagger",
    [
        TfidfLogRegTagger(analyzer="char_wb", ngram_range=(2, 3)),
        TfidfLogRegTagger(ngram_range=(2, 2)),
        make_pipeline(HashingVectorizer(), OneVsRestClassifier(LogisticRegression())),
    ],
    ids=["characters", "pairs", "hashes"],
)
def test_without_a_vocabulary_of_words_the_other_texts_are_it(tagger):
    found = compared(tagger.fit(TEXTS, Y), ["a b b", "A c"], ["a b d", "c d d"])
    assert found.of == "before"
    assert found.before == pytest.approx(3 / 5)  # b twice, and c
    assert found.now == pytest.approx(3 / 6)
    assert found.words == [("d", 2)]


def test_stop_words_take_no_part():
    tagger = TfidfLogRegTagger(stop_words=["the"]).fit(TEXTS, Y)
    assert compared(tagger, ["the late"], ["the gnu"])[:2] == (0.0, 1.0)


def test_texts_without_words_have_no_unknown_ones():
    tagger = TfidfLogRegTagger(token_pattern=r"\w+").fit(TEXTS, Y)
    assert compared(tagger, ["", "?"], ["!"])[:6] == (0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def test_texts_are_drawn_as_a_whole():
    tagger = TfidfLogRegTagger().fit(TEXTS, Y)
    rng = np.random.default_rng(0)
    covered, p_values = [], []
    for _ in range(200):
        # 5 words of a text are all known or all unknown: far fewer than 5 independent draws
        corpora = [
            [" ".join([w] * 5) for w in rng.choice(["late", "gnu"], 60, p=[0.8, 0.2])]
            for _ in range(2)
        ]
        found = compared(tagger, *corpora)
        covered.append(found.low <= 0 <= found.high)
        p_values.append(found.p_value)
    assert 0.9 <= np.mean(covered) <= 0.99
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(1 - np.mean(covered))


@pytest.mark.slow
def test_the_vocabulary_of_a_network():
    pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'tf')")
    from skmultitext import KerasHANTagger

    tagger = KerasHANTagger(max_epochs=1, random_state=0).fit(TEXTS, Y)
    found = compared(tagger, ["late parcel"], ["late gnu"])
    assert (found.of, found.before, found.now) == ("vocabulary", 0.0, 0.5)
