"""What a fitted neural tagger keeps: pickles and copies as configuration and weights."""

import copy
import pickle

import numpy as np
import pytest

from skmultitext.neural._network import Network
from skmultitext.neural.losses import make_loss
from skmultitext.neural.networks import mlp
from skmultitext.training import KerasStep, make_optimizer

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

X = np.random.RandomState(0).randn(5, 4).astype(np.float32)


@pytest.fixture
def network():
    return Network(mlp, {"n_features": 4, "n_labels": 2, "dropout": 0.2}, np.random.RandomState(0))


def test_logits_are_float64_and_without_dropout(network):
    logits = network.logits(X)
    assert logits.dtype == np.float64
    np.testing.assert_array_equal(logits, network.logits(X))
    np.testing.assert_allclose(logits, network.model(X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("through", [copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))])
def test_copies_have_the_weights_and_a_model_of_their_own(network, through):
    network.step = KerasStep(network.model, make_loss("log_loss"), make_optimizer("adam"))
    twin = through(network)
    assert twin.step is None
    assert twin.config == network.config
    expected = network.logits(X)
    np.testing.assert_array_equal(twin.logits(X), expected)
    twin.model.set_weights([w * 0 for w in twin.model.get_weights()])
    assert not twin.logits(X).any()
    np.testing.assert_array_equal(network.logits(X), expected)


def test_initial_arguments_are_not_kept():
    def build(n, *, bias=0.0, random_state):
        model = mlp(n, 1, hidden_layer_sizes=(), random_state=random_state)
        kernel, _ = model.get_weights()
        model.set_weights([kernel, np.array([bias])])
        return model

    network = Network(build, {"n": 4}, np.random.RandomState(0), bias=7.0)
    assert network.config == {"n": 4}
    assert network.model.get_weights()[1] == 7.0
    assert copy.deepcopy(network).model.get_weights()[1] == 7.0
