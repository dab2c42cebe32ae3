"""Logits and attention of any number of documents."""

import numpy as np
import pytest
from scipy.special import expit

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

from skmultitext.neural._network import Network
from skmultitext.neural._text_network import (
    ENCODERS,
    attention_weights,
    set_prior,
    text_logits,
    text_network,
)
from skmultitext.sequences import Tokenizer, Vocabulary, encode_texts

WORDS = [f"w{k}" for k in range(40)]


def make(encoder, n_texts=150, embedding_dim=32, units=16, n_labels=4):
    vocabulary = Vocabulary(WORDS)
    rng = np.random.RandomState(0)
    texts = [" ".join(rng.choice([*WORDS, "."], rng.randint(0, 30))) for _ in range(n_texts)]
    config = {
        "encoder": encoder,
        "n_ids": len(vocabulary),
        "n_labels": n_labels,
        "embedding_dim": embedding_dim,
        "units": units,
    }
    network = Network(text_network, config, np.random.RandomState(1))
    # weights as large as after training, so that differences show
    model = network.model
    model.set_weights([w + rng.normal(scale=0.3, size=w.shape) for w in model.get_weights()])

    def encode(some):
        return encode_texts(some, Tokenizer(), vocabulary, by_sentence=encoder == "han")

    return network, texts, encode


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(32, 16, 4), (12, 6, 3), (31, 7, 1), (128, 64, 28)])
@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_document_has_the_same_logits_to_the_bit_whatever_stands_beside_it(encoder, sizes):
    network, texts, encode = make(encoder, 150, *sizes)
    logits = text_logits(network, encode(texts))
    assert logits.dtype == np.float64
    assert np.isfinite(logits).all()
    assert np.ptp(logits, axis=0).min() > 0.1
    order = np.random.RandomState(2).permutation(len(texts))
    shuffled = text_logits(network, encode([texts[i] for i in order]))
    np.testing.assert_array_equal(shuffled, logits[order])
    some = order[:7]
    for i in some:
        np.testing.assert_array_equal(text_logits(network, encode([texts[i]]))[0], logits[i])


def test_the_prior_is_the_share_of_each_label():
    network, _, encode = make("mean")
    set_prior(network, 99, np.array([49, 0, 99, 9]))
    kernel, bias = network.model.get_layer("logits").get_weights()
    network.model.get_layer("logits").set_weights([np.zeros_like(kernel), bias])
    proba = expit(text_logits(network, encode(["w1"])))
    np.testing.assert_allclose(proba[0], [0.495, 0.005, 0.995, 0.095], rtol=1e-5)


@pytest.mark.parametrize("encoder", ["han", "bigru"])
def test_attention_has_the_shape_of_the_documents(encoder):
    network, texts, encode = make(encoder, 20)
    word_ids = encode(texts)
    found = attention_weights(network, word_ids)
    assert len(found) == 20
    for i, (words, sentences) in enumerate(found):
        n_sentences = np.diff(word_ids.document_ends)[i]
        assert len(words) == n_sentences
        for of_words in words:
            np.testing.assert_allclose(of_words.sum(), 1, rtol=1e-5)
        assert len(sentences) == n_sentences
        if encoder == "bigru":
            assert set(sentences) <= {None}
        elif n_sentences:
            np.testing.assert_allclose(np.sum(sentences), 1, rtol=1e-5)
