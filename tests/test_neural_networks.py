"""The graph of the multi-layer perceptron."""

import random

import numpy as np
import pytest

from skmultitext.neural.networks import mlp

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
keras = pytest.importorskip("keras", reason="needs Keras (extra 'keras')")


def build(seed=0, **options):
    return mlp(6, 3, **options, random_state=np.random.RandomState(seed))


def test_layers_have_the_sizes_asked_for():
    model = build(hidden_layer_sizes=(5, 4))
    assert [w.shape for w in model.weights] == [(6, 5), (5,), (5, 4), (4,), (4, 3), (3,)]
    assert build(hidden_layer_sizes=()).count_params() == 6 * 3 + 3


def test_logits_are_those_of_the_written_out_network():
    model = build(hidden_layer_sizes=(5,), activation="tanh", dropout=0.5)
    kernel, bias, head, head_bias = (w.numpy() for w in model.weights)
    X = np.random.RandomState(1).randn(4, 6).astype(np.float32)
    expected = np.tanh(X @ kernel + bias) @ head + head_bias
    np.testing.assert_allclose(model(X, training=False), expected, rtol=1e-5, atol=1e-6)


def test_seeds_come_from_the_random_state_alone():
    before = random.getstate()
    one, same, other = build(), build(), build(seed=1)
    X = np.ones((2, 6), np.float32)
    assert random.getstate() == before
    np.testing.assert_array_equal(one(X), same(X))
    assert not np.array_equal(one(X), other(X))
    dropped = [build(dropout=0.5)(X, training=True).numpy() for _ in range(2)]
    np.testing.assert_array_equal(*dropped)


def test_layers_of_one_shape_get_different_weights():
    first, second = (w.numpy() for w in build(hidden_layer_sizes=(6, 6)).weights[:4:2])
    assert not np.array_equal(first, second)


def test_an_unknown_activation_is_refused():
    with pytest.raises(ValueError, match="activation is 'rellu', which Keras does not know"):
        build(activation="rellu")
