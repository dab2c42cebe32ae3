"""Text networks: masks, shapes, seeds."""

import random

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

from skmultitext.neural._text_network import ENCODERS, _attention_network, text_network

N_IDS = 30


def build(encoder, seed=0, **sizes):
    sizes = {"embedding_dim": 12, "units": 6, **sizes}
    return text_network(encoder, N_IDS, 3, random_state=np.random.RandomState(seed), **sizes)


def global_states():
    return random.getstate(), np.random.get_state()[1].tobytes()  # noqa: NPY002


@pytest.fixture(scope="module", params=ENCODERS)
def network(request):
    """A network whose padding has a vector that would show in every result."""
    model = build(request.param)
    vectors = model.get_layer("embedding").embeddings
    rng = np.random.RandomState(0)
    vectors.assign(rng.normal(size=vectors.shape))
    return model


def ids_of(model, rng):
    """Documents of different length: full, short, empty, and with an empty sentence."""
    if model.name == "han":
        ids = rng.randint(1, N_IDS, (5, 3, 6))
        ids[1, 1:] = 0
        ids[2] = 0
        ids[3, :, 4:] = 0
        ids[4, 2] = 0
    else:
        ids = rng.randint(1, N_IDS, (5, 6))
        ids[1, 2:] = 0
        ids[2] = 0
        ids[3, 5:] = 0
    return ids.astype(np.int32)


def widen(ids, by=5):
    """The same documents with more padding on every axis but the first."""
    wide = np.zeros([ids.shape[0]] + [n + by for n in ids.shape[1:]], dtype=np.int32)
    wide[tuple(slice(n) for n in ids.shape)] = ids
    return wide


def test_padding_changes_nothing(network):
    ids = ids_of(network, np.random.RandomState(1))
    narrow, wide = (np.asarray(network(x)) for x in (ids, widen(ids)))
    assert np.isfinite(narrow).all()
    np.testing.assert_allclose(wide, narrow, rtol=1e-5, atol=1e-6)
    # the words do change the output; otherwise the comparison would be empty
    assert np.abs(np.asarray(network(np.roll(ids, 1, axis=0))) - narrow).max() > 1e-2


@pytest.mark.slow
def test_an_empty_document_does_not_poison_training(network):
    from skmultitext.neural.losses import make_loss
    from skmultitext.training import KerasStep, make_optimizer

    model = build(network.name)
    step = KerasStep(model, make_loss("log_loss"), make_optimizer("adam", 0.01))
    ids = ids_of(network, np.random.RandomState(1))
    for batch in (ids, np.zeros_like(ids), widen(ids), ids[:1]):
        value, _ = step([(batch, np.ones((len(batch), 3)), None)])
        assert np.isfinite(value)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert step.n_traces == 1


def test_the_same_seed_gives_the_same_network_and_leaves_global_generators(network):
    before = global_states()
    first, second, other = (build(network.name, seed) for seed in (0, 0, 1))
    assert global_states() == before
    for ours, theirs in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert (first.get_weights()[0] != other.get_weights()[0]).any()


def test_directions_start_with_weights_of_their_own():
    encoder = build("bigru").get_layer("word_encoder")
    forward, backward = (
        g.get_weights()[0] for g in (encoder.forward_layer, encoder.backward_layer)
    )
    assert np.abs(forward - backward).max() > 1e-3


def test_the_graph_can_be_made_again_from_its_configuration(network):
    import keras

    again = keras.Model.from_config(network.get_config())
    again.set_weights(network.get_weights())
    ids = ids_of(network, np.random.RandomState(2))
    np.testing.assert_array_equal(np.asarray(again(ids)), np.asarray(network(ids)))


def test_only_keras_is_used(network):
    import keras

    def leaves(layer):
        inner = getattr(layer, "layers", None) or []
        return [x for part in inner for x in leaves(part)] if inner else [layer]

    for layer in leaves(network):
        assert not isinstance(layer, keras.layers.Lambda)
        module = type(layer).__module__
        assert module.startswith(("keras.", "skmultitext.neural._text_layers"))


def test_pretrained_vectors_are_where_training_starts():
    vectors = np.random.RandomState(0).normal(size=(N_IDS, 7)).astype(np.float32)
    model = build("mean", vectors=vectors)
    np.testing.assert_array_equal(model.get_layer("embedding").get_weights()[0], vectors)


@pytest.mark.parametrize("encoder", ["han", "bigru"])
def test_attention_adds_up_to_one_over_what_is_there(encoder):
    model = build(encoder)
    ids = widen(ids_of(model, np.random.RandomState(1)))
    logits, words, *sentences = (np.asarray(x) for x in _attention_network(model)(ids))
    np.testing.assert_allclose(logits, np.asarray(model(ids)), rtol=1e-5)
    rows = ids.reshape(-1, ids.shape[-1])
    np.testing.assert_allclose(words.sum(axis=1), 1, rtol=1e-5)
    filled = rows.any(axis=1)
    assert (words[filled][rows[filled] == 0] == 0).all()
    assert (words[filled][rows[filled] != 0] > 0).all()
    for of_sentences in sentences:
        np.testing.assert_allclose(of_sentences.sum(axis=1), 1, rtol=1e-5)
        assert ((of_sentences > 0) == ids.any(axis=2))[[0, 1, 3, 4]].all()


def test_attention_is_that_of_the_article():
    # softmax(tanh(h W + b) u), written with numpy
    model = build("bigru", dropout=0.0)
    ids = ids_of(model, np.random.RandomState(1))[:1]
    h = np.asarray(
        model.get_layer("word_encoder")(model.get_layer("embedding")(ids)), dtype=np.float64
    )[0]
    kernel, bias, context = model.get_layer("word_attention").get_weights()
    powers = np.exp(np.tanh(h @ kernel + bias) @ context[:, 0])
    expected = powers / powers.sum()
    _, weights = _attention_network(model)(ids)
    np.testing.assert_allclose(np.asarray(weights)[0], expected, rtol=1e-5)
    dense = model.get_layer("logits")
    logits = expected @ h @ dense.get_weights()[0] + dense.get_weights()[1]
    np.testing.assert_allclose(np.asarray(model(ids))[0], logits, rtol=1e-4, atol=1e-6)


def test_an_average_is_an_average():
    network = build("mean")
    ids = np.array([[3, 7, 0, 0]], dtype=np.int32)
    vectors = network.get_layer("embedding").get_weights()[0]
    kernel, bias = network.get_layer("logits").get_weights()
    expected = vectors[[3, 7]].mean(axis=0) @ kernel + bias
    np.testing.assert_allclose(np.asarray(network(ids))[0], expected, rtol=1e-4, atol=1e-6)
