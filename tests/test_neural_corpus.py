"""Batches of training texts in memory."""

import warnings
from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

from skmultitext.neural import _corpus
from skmultitext.neural._corpus import TextCorpus, with_long_document_warning
from skmultitext.sequences import Tokenizer, Vocabulary, encode_texts

TEXTS = [" ".join(["a"] * (1 + i % 9)) for i in range(50)]
INDICATOR = np.eye(50, dtype=np.int8)


def encode(texts):
    return encode_texts(texts, Tokenizer(), Vocabulary(["a"]))


@pytest.mark.parametrize("sparse", [False, True])
def test_every_row_comes_once_with_its_labels_and_weight(sparse):
    weight = np.arange(1.0, 51.0)
    corpus = TextCorpus(TEXTS, sp.csc_array(INDICATOR) if sparse else INDICATOR, weight)
    batches = corpus.batches(encode, 8)
    visited = []
    for ids, indicator, weights in batches(3):
        assert len(ids) == len(indicator) == len(weights) <= 8
        assert indicator.dtype == np.float32
        rows = indicator.argmax(axis=1)
        np.testing.assert_array_equal(weights, weight[rows])
        np.testing.assert_array_equal((ids > 0).sum(axis=1), [1 + i % 9 for i in rows])
        visited.extend(rows.tolist())
    assert sorted(visited) == list(range(50))

    def order(seed):
        return np.concatenate([b[1].argmax(axis=1) for b in batches(seed)]).tolist()

    assert visited == order(3) != order(4)


def test_counts():
    corpus = TextCorpus(["a b", "a"], np.array([[1, 0], [1, 1]]), np.array([2.0, 3.0]))
    assert corpus.n_samples == 2
    assert corpus.count_words(Tokenizer()) == {"a": 2, "b": 1}


def test_long_documents_come_in_smaller_batches(monkeypatch):
    monkeypatch.setattr(_corpus, "_MOST_WORDS", 20)
    batches = list(TextCorpus(TEXTS, INDICATOR).batches(encode, 8)(0))
    assert max(len(ids) for ids, *_ in batches) == 8
    assert all(len(ids) <= 2 for ids, *_ in batches if (ids > 0).sum(axis=1).max() > 8)


@pytest.mark.parametrize(
    ("by_sentence", "limits", "message"),
    [
        (False, {"max_words": None}, r"document of 300 words \(it begins 'a a.*max_words=None"),
        (True, {"max_words": None}, "document of 3 sentences of up to 100 words.*max_words=None:"),
        (True, {"max_sentences": None}, r"of up to 100 words .*max_sentences=None: .*Set max_sent"),
    ],
)
def test_a_very_long_document_is_told_once(monkeypatch, by_sentence, limits, message):
    monkeypatch.setattr(_corpus, "_LONG", 200)
    long = ". ".join(["a " * 99 + "a"] * 3).replace(".", "\n") if by_sentence else "a " * 300
    reading = {
        "tokenizer": Tokenizer(sentence_separator="\n"),
        "by_sentence": by_sentence,
        **{"max_words": 256, "max_sentences": 32, **limits},
    }
    look_up = partial(encode_texts, vocabulary=Vocabulary(["a"]))
    encode = with_long_document_warning(look_up, reading)
    with pytest.warns(UserWarning, match=message):
        encode(["a", long])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encode([long])
        reading |= {"max_words": 500, "max_sentences": 500}
        with_long_document_warning(look_up, reading)([long])
        with_long_document_warning(look_up, reading)([])
