"""Fitting with validation data: held out by the tagger, or passed to `fit`."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import make_multilabel_classification
from sklearn.exceptions import NotFittedError

from skmultitext.metrics import log_loss
from skmultitext.neural.han import KerasHANTagger
from skmultitext.neural.mlp import KerasMLPTagger
from skmultitext.training._fitting import resolve_loss

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

X, Y = make_multilabel_classification(150, n_features=8, n_classes=4, random_state=0)
X = X.astype(np.float32)


def make(**parameters):
    parameters = {"learning_rate": 0.01, "max_epochs": 4, "random_state": 0, **parameters}
    return KerasMLPTagger((12,), **parameters)


def test_early_stopping_holds_out_a_stratified_part():
    sizes = []

    def listener(event):
        if event.name == "step" and event.epoch == 1:
            sizes.append(len(event.batch[0]))

    make(early_stopping=True, validation_fraction=0.2, callbacks=listener).fit(X, Y)
    assert sum(sizes) == 120


def test_a_validation_fraction_alone_is_held_out_and_only_tells():
    seen = []

    def listener(event):
        if event.name == "step" and event.epoch == 1:
            seen.append(len(event.batch[0]))

    tagger = make(
        validation_fraction=0.2, monitor=["f1_micro", "exact_match"], callbacks=listener
    ).fit(X, Y)
    assert sum(seen) == 120
    assert tagger.n_iter_ == 4
    scores = {"validation_loss", "validation_f1_micro", "validation_exact_match"}
    assert all(scores < record.keys() for record in tagger.history_)


def test_validation_data_alone_only_tells():
    one = make().fit(X, Y, validation_data=(X[:50], Y[:50]))
    np.testing.assert_array_equal(one.predict_proba(X), make().fit(X, Y).predict_proba(X))
    assert one.history_[-1]["validation_neg_log_loss"] == pytest.approx(
        -log_loss(Y[:50], one.predict_proba(X[:50])), rel=1e-12
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (X, r"validation_data is a ndarray; pass a tuple \(X, y\)\."),
        ((X[:, :3], Y), "X has 3 features, but KerasMLPTagger is expecting 8 features as input"),
        ((X, Y[:, :3]), "y has 3 columns, but there are 4 labels"),
        ((X, Y[:9]), r"inconsistent numbers of samples: \[150, 9\]"),
    ],
)
def test_illegal_validation_data_is_refused(data, message):
    tagger = make()
    with pytest.raises(ValueError, match=message):
        tagger.fit(X, Y, validation_data=data)
    with pytest.raises(NotFittedError):
        tagger.predict(X)
    assert not any(name.startswith("_v") for name in vars(tagger))


RESUMED = {
    "mlp": (
        lambda **parameters: make(dropout=0.2, **parameters),
        (X, Y),
    ),
    "sparse mlp": (
        lambda **parameters: make(optimizer="sgd", warm_start=True, **parameters),
        (sp.csr_matrix(X), sp.csr_matrix(Y)),
    ),
    "han": (
        lambda **parameters: KerasHANTagger(
            **{"encoder": "mean", "embedding_dim": 4, "early_stopping": False, **parameters}
        ),
        ([f"{'a ' * (i % 5)}b w{i % 7}" for i in range(150)], Y),
    ),
}


def stop_at(last_step):
    return lambda event: event.name == "step" and event.step == last_step


@pytest.mark.slow
@pytest.mark.parametrize("random_state", [3, None])
@pytest.mark.parametrize("tagger", RESUMED)
def test_a_fit_that_was_stopped_goes_on_from_its_checkpoint(tmp_path, tagger, random_state):
    build, (documents, labels) = RESUMED[tagger]
    parameters = {"batch_size": 16, "max_epochs": 3, "validation_fraction": 0.2}
    parameters |= {"random_state": random_state, "training_params": {"checkpoint_every": 3}}
    first = build(**parameters, checkpoint_dir=tmp_path, callbacks=stop_at(13))
    first.fit(documents, labels)
    names = {"checkpoint.npz"} | ({"random_state.json"} if random_state is None else set())
    assert {path.name for path in tmp_path.iterdir()} == names
    steps = []

    def note(event):
        if event.name == "step":
            steps.append(event.step)

    resumed = build(**parameters, checkpoint_dir=tmp_path, callbacks=note)
    resumed.fit(documents, labels)
    assert steps[0] == 13  # 12 were in the checkpoint
    assert not list(tmp_path.iterdir())
    if random_state is None:
        return
    whole = build(**parameters | {"training_params": None}).fit(documents, labels)
    np.testing.assert_array_equal(
        resumed.decision_function(documents), whole.decision_function(documents)
    )
    times = {"seconds": 0.0}
    assert [r | times for r in resumed.history_] == [r | times for r in whole.history_]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"X": X[::-1]}, "data"),
        ({"y": 1 - Y}, "data"),
        ({"sample_weight": np.arange(1.0, 151)}, "data"),
        ({"validation_data": (X[:10], Y[:10])}, "validation_data"),
        ({"batch_size": 8}, "batch_size"),
    ],
)
def test_a_checkpoint_of_other_data_or_parameters_is_refused(tmp_path, change, key):
    tagger = make(checkpoint_dir=tmp_path, callbacks=stop_at(7)).fit(X, Y)
    tagger.set_params(callbacks=None)
    arguments = {"X": X, "y": Y, **change}
    if "batch_size" in change:
        tagger.set_params(batch_size=arguments.pop("batch_size"))
    with pytest.raises(ValueError, match=f"belongs to another training, whose {key} is"):
        tagger.fit(**arguments)


def test_checkpoint_every_needs_a_directory():
    message = r"no effect here: checkpoint_every=3 \(no checkpoint_dir\)\."
    with pytest.warns(UserWarning, match=message):
        make(max_epochs=1, training_params={"checkpoint_every": 3}).fit(X, Y)


def test_class_weights_are_counted_on_the_documents_trained_on(monkeypatch):
    given = []

    def spy(loss, loss_params, data):
        given.append((data.indicator, data.sample_weight, data.class_weight))
        return resolve_loss(loss, loss_params, data)

    monkeypatch.setattr("skmultitext.neural.mlp.resolve_loss", spy)
    weight = np.arange(1.0, 151)
    make(class_weight="balanced", validation_fraction=0.4, max_epochs=1).fit(X, Y, weight)
    [(indicator, weight, factors)] = given
    assert len(indicator) == 90
    positive = weight @ indicator
    expected = weight.sum() / (2 * np.column_stack([weight.sum() - positive, positive]))
    np.testing.assert_allclose(factors, expected)


@pytest.mark.parametrize("reduction", ["sum_over_labels", "mean"])
def test_losses_are_on_one_scale_and_scores_on_that_of_an_entry(reduction):
    texts = [f"{'a ' * (i % 5)}b w{i % 7}" for i in range(150)]
    frozen = {"learning_rate": 1e-12, "max_epochs": 1, "dropout": 0.0, "random_state": 0}
    frozen |= {"loss_params": {"reduction": reduction}, "batch_size": 50}
    han = KerasHANTagger("mean", embedding_dim=4, early_stopping=False, **frozen)
    for tagger, documents in ((KerasMLPTagger((12,), **frozen), X), (han, texts)):
        [record] = tagger.fit(documents, Y, validation_data=(documents, Y)).history_
        assert record["loss"] == pytest.approx(record["validation_loss"], rel=1e-5)
        n_summed = Y.shape[1] if reduction == "sum_over_labels" else 1
        score = record["validation_neg_log_loss"]
        assert record["validation_loss"] == pytest.approx(-n_summed * score, rel=1e-5)
