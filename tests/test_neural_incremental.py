"""partial_fit: parts add up to an epoch, labels are known beforehand, errors change nothing."""

import copy
import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import make_multilabel_classification

from skmultitext.exceptions import UnknownLabelWarning
from skmultitext.metrics import log_loss
from skmultitext.neural.losses import make_loss
from skmultitext.neural.mlp import KerasMLPTagger
from skmultitext.training import KerasStep

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


def test_each_call_shuffles_anew_and_a_copy_shuffles_alike():
    def order(tagger):
        seen = []
        tagger.set_params(callbacks=lambda event: seen.append(event.batch)).partial_fit(X, Y)
        return np.concatenate([batch[0] for batch in seen if batch is not None])

    tagger = make()
    first = order(tagger)
    twin = pickle.loads(pickle.dumps(tagger.set_params(callbacks=None)))
    second = order(tagger)
    assert (first != second).any()
    np.testing.assert_array_equal(order(twin), second)
    assert not hasattr(tagger, "_random_state")


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


def test_an_interrupt_goes_on_and_leaves_the_weights():
    def interrupt(name):
        def listener(event):
            if event.name == name and event.step >= 1:
                raise KeyboardInterrupt

        return listener

    tagger = make().partial_fit(X, Y)
    before, history = weights(tagger), list(tagger.history_)
    for name in ("step", "epoch_end"):
        with pytest.raises(KeyboardInterrupt, match="Training was interrupted"):
            tagger.set_params(callbacks=interrupt(name)).partial_fit(X, Y)
        for a, b in zip(weights(tagger), before, strict=True):
            np.testing.assert_array_equal(a, b)
        assert tagger.history_ == history


def test_parameters_without_effect_are_told_once(tmp_path):
    tagger = make(early_stopping=True, checkpoint_dir=tmp_path)
    message = (
        r"early_stopping=True \(partial_fit validates nothing\), "
        r"checkpoint_dir=.* \(partial_fit writes no checkpoints\)\."
    )
    with pytest.warns(UserWarning, match=message):
        tagger.partial_fit(X, Y)
    tagger.partial_fit(X, Y)


def test_unknown_labels_may_come_in_any_part():
    partly = Y.astype(float)
    partly[::3, 1] = partly[1::4, 2] = np.nan
    # the order of the rows of a part does not matter: it is one batch
    tagger = make(batch_size=96).partial_fit(X, Y).partial_fit(X, partly).partial_fit(X, Y)
    assert int(tagger.network_.step.optimizer.iterations) == 3
    assert tagger.n_iter_ == 3
    assert tagger._n_seen[1].tolist() == [288, 256, 264, 288]
    # masked from the first part on, the network is the same
    other = make(batch_size=96).partial_fit(X, Y)
    step = other.network_.step
    other.network_.step = KerasStep(
        step.model, make_loss("log_loss", has_unknown=True), step.optimizer
    )
    other.partial_fit(X, partly).partial_fit(X, Y)
    for a, b in zip(weights(tagger), weights(other), strict=True):
        np.testing.assert_array_equal(a, b)
    # unknown entries are neither 0 nor 1
    for value in (0, 1):
        filled = np.where(np.isnan(partly), value, partly).astype(int)
        filled_in = make(batch_size=96).partial_fit(X, Y).partial_fit(X, filled)
        assert (weights(filled_in.partial_fit(X, Y))[0] != weights(tagger)[0]).any()


def test_complete_parts_are_not_compiled_for_unknown_labels():
    tagger = make().partial_fit(X, Y.astype(float)).partial_fit(X, Y)
    assert not tagger.network_.step.loss.keywords["has_unknown"]
    assert tagger.network_.step.n_traces == 1


def test_a_label_without_known_entries_so_far_is_never_given():
    partly = Y.astype(float)
    partly[:, 1] = np.nan
    tagger = make()
    with pytest.warns(UnknownLabelWarning, match="Nothing is known of 1 label"):
        tagger.partial_fit(X, partly)
    np.testing.assert_allclose(tagger.decision_function(X)[:, 1], -16.0)
    tagger.partial_fit(X, Y)
    assert (tagger.decision_function(X)[:, 1] != -16.0).all()
