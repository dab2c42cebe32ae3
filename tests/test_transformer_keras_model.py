"""The graph of the network in Keras: windows of a text, what is frozen."""

import numpy as np
import pytest
from scipy.special import expit, logit

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")
pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
pytest.importorskip("keras_hub", reason="needs KerasHub (extra 'transformers-tf')")

import transformer_toys as toys

from skmultitext.transformer.keras import _network
from skmultitext.transformer.keras._model import by_text, freeze, make_parts

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("how", ["max", "mean"])
def test_it_pools_windows_as_prediction_does(how):
    import keras
    import torch

    from skmultitext.transformer.torch._model import pool_windows

    rows = np.array([[40.0, -3.0], [1.0, 2.0], [-40.0, 0.0], [0.5, 0.5], [-90.0, 90.0]], "float32")
    owners = np.array([0, 1, 1, 1, 2])
    inputs = keras.Input((2,))
    identity = keras.Model(inputs, keras.layers.Identity()(inputs))
    given = torch.tensor(rows, requires_grad=True)
    wanted = pool_windows(given, torch.tensor(owners), 3, how)
    wanted.sum().backward()
    import tensorflow as tf

    tensor = tf.constant(rows)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        found = by_text(identity, how)([tensor, tf.constant(owners)])
    np.testing.assert_allclose(found, wanted.detach().numpy(), rtol=1e-5, atol=1e-5)
    slopes = tape.gradient(found, tensor)
    np.testing.assert_allclose(slopes, given.grad.numpy(), rtol=1e-4, atol=1e-6)
    pooled = expit(rows[1:4].astype(float))
    pooled = pooled.max(axis=0) if how == "max" else pooled.mean(axis=0)
    np.testing.assert_allclose(found[1], logit(pooled), rtol=1e-4)


def test_there_is_no_dropout_where_the_encoder_is_frozen():
    import keras

    texts, y = toys.make_texts(9)
    tagger = toys.tiny(framework="tensorflow", pooling="attention", max_epochs=1)
    network = tagger.fit(texts, y).network_
    backbone = make_parts(network.network.model)[2]
    inputs = _network.as_inputs(network.encode(texts).padded(np.arange(9)), backbone)

    def is_the_same_again():
        first, second = (keras.ops.convert_to_numpy(_states(backbone, inputs)) for _ in range(2))
        return np.array_equal(first, second)

    assert not is_the_same_again()
    freeze(backbone, "bert", "encoder")
    assert is_the_same_again()
    assert backbone.trainable_variables == []
    freeze(backbone, "bert", "none")
    assert not is_the_same_again()


def _states(backbone, inputs):
    return backbone(inputs, training=True)["sequence_output"]
