"""partial_fit: parts add up to an epoch, labels are known beforehand, errors change nothing."""

import copy

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import make_multilabel_classification

from skmultitext.metrics import log_loss
from skmultitext.neural.mlp import KerasMLPTagger

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

X, Y = make_multilabel_classification(96, n_features=8, n_classes=4, random_state=0)


def make(**parameters):
    return KerasMLPTagger((12,), learning_rate=0.02, random_state=0, **parameters)


def weights(tagger):
    return tagger.network_.model.get_weights()


def test_parts_train_the_network_and_go_on():
    tagger = make()
    for _ in range(30):
        for part in np.array_split(np.arange(96), 3):
            assert tagger.partial_fit(X[part], Y[part], classes=np.arange(4)) is tagger
    prior = np.broadcast_to(Y.mean(axis=0), Y.shape)
    assert log_loss(Y, tagger.predict_proba(X)) < 0.9 * log_loss(Y, prior)
    assert tagger.n_iter_ == len(tagger.history_) == 90
    assert [record["epoch"] for record in tagger.history_] == list(range(1, 91))
    assert tagger.network_.step.n_traces == 1
    assert int(tagger.network_.step.optimizer.iterations) == 90


def test_the_first_part_is_the_first_epoch_of_fit():
    # one batch, so that the order does not matter
    one = make(batch_size=96).partial_fit(X, Y)
    other = make(batch_size=96, max_epochs=1).fit(X, Y)
    for a, b in zip(weights(one), weights(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_forms_of_y_and_of_classes():
    sets = [[f"l{j}" for j in np.flatnonzero(row)] for row in Y]
    names = ["l3", "l2", "l1", "l0"]
    tagger = make().partial_fit(X[:5], sets[:5], classes=names).partial_fit(X, sets, names)
    assert tagger.label_names_.tolist() == names
    binary = make().partial_fit(X[:5], np.ones(5, int), classes=[0, 1]).partial_fit(X, Y[:, 0])
    assert binary.classes_.tolist() == [0, 1]
    assert binary.predict_proba(X).shape == (96, 2)
    sparse = make().partial_fit(sp.csr_matrix(X), sp.csr_matrix(Y))
    assert sp.issparse(sparse.predict(X))


def test_a_label_is_constant_until_it_varies():
    tagger = make().partial_fit(X[:9], np.zeros((9, 2)))
    assert (tagger.decision_function(X) == -16).all()
    tagger.partial_fit(X[:9], np.column_stack([np.ones(9), np.zeros(9)]))
    assert (abs(tagger.decision_function(X)[:, 0]) != 16).all()
    assert (tagger.decision_function(X)[:, 1] == -16).all()
    tagger.partial_fit(X[:9], np.zeros((9, 2)))
    assert (abs(tagger.decision_function(X)[:, 0]) != 16).all()


def test_it_goes_on_from_fit_and_from_a_copy():
    tagger = make(max_epochs=2).fit(X, Y)
    twin = copy.deepcopy(tagger)
    for each in (tagger, twin):
        each.partial_fit(X, Y)
        assert [record["epoch"] for record in each.history_] == [1, 2, 3]
    for a, b in zip(weights(tagger), weights(twin), strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_of_zero_remove_documents():
    one = make(batch_size=96).partial_fit(X, Y, sample_weight=np.arange(96) < 50)
    other = make(batch_size=96).partial_fit(X[:50], Y[:50])
    for a, b in zip(weights(one), weights(other), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_a_loss_that_is_not_finite_takes_the_call_back():
    tagger = make().partial_fit(X, Y)
    expected = tagger.predict_proba(X)

    def poison(event):
        if event.name == "step":
            event.model.set_weights([w * np.nan for w in event.model.get_weights()])

    tagger.callbacks = poison
    with pytest.raises(FloatingPointError, match="The loss is nan at step 2"):
        tagger.partial_fit(X, Y)
    np.testing.assert_array_equal(tagger.predict_proba(X), expected)
    tagger.callbacks = None
    tagger.partial_fit(X, Y)
    assert np.isfinite(tagger.decision_function(X)).all()
