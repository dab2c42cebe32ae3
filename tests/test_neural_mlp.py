"""KerasMLPTagger: what it learns, and that it does so as a tagger of this package must."""

import copy
import os
import pickle
import random
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn import config_context
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import (
    GridSearchCV,
    cross_val_predict,
    cross_validate,
    train_test_split,
)
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmultitext import CalibratedTaggerCV, FixedThresholdTagger, TunedThresholdTaggerCV
from skmultitext._gate.labels import LabelSpace
from skmultitext.metrics import binary_accuracy, get_scorer, log_loss
from skmultitext.model_selection import multilabel_train_test_split
from skmultitext.neural.losses import make_loss
from skmultitext.neural.mlp import KerasMLPTagger
from skmultitext.training._fitting import resolve_loss

tf = pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

X, Y = make_multilabel_classification(150, n_features=8, n_classes=4, random_state=0)
X = X.astype(np.float32)


def make(**parameters):
    parameters = {"learning_rate": 0.01, "max_epochs": 4, "random_state": 0, **parameters}
    return KerasMLPTagger((12,), **parameters)


@pytest.fixture(scope="module")
def tagger():
    """Return a tagger fitted long enough to have learned; tests must not change it."""
    return make(max_epochs=150, threshold=[0.3, 0.5, 0.5, 0.7]).fit(X, Y)


def test_it_learns(tagger):
    prior = np.broadcast_to(Y.mean(axis=0), Y.shape)
    assert log_loss(Y, tagger.predict_proba(X)) < 0.7 * log_loss(Y, prior)
    losses = [record["loss"] for record in tagger.history_]
    assert len(losses) == tagger.n_iter_ == 150
    assert losses[-1] < 0.6 * losses[0]


def test_predictions_follow_the_contract(tagger):
    proba = tagger.predict_proba(X)
    assert proba.shape == (150, 4)
    assert proba.dtype == tagger.decision_function(X).dtype == np.float64
    assert ((proba > 0) & (proba < 1)).all()
    np.testing.assert_array_equal(tagger.predict(X), proba > [0.3, 0.5, 0.5, 0.7])
    assert tagger.predict(X).dtype == np.int64


def test_sparse_features_give_the_same_tagger(tagger):
    sparse = clone(tagger).fit(sp.csr_matrix(X), Y)
    np.testing.assert_array_equal(sparse.predict_proba(sp.csc_matrix(X)), tagger.predict_proba(X))
    np.testing.assert_array_equal(sparse.predict_proba(X), tagger.predict_proba(X))


def test_sparse_features_become_dense_in_batches_only(monkeypatch):
    rows, toarray = [], sp.csr_matrix.toarray

    def watched(self, *args, **kwargs):
        rows.append(self.shape[0] if self.shape[1] == 8 else 0)
        return toarray(self, *args, **kwargs)

    features, labels = sp.csr_matrix(np.tile(X, (3, 1))), np.tile(Y, (3, 1))
    monkeypatch.setattr(sp.csr_matrix, "toarray", watched)
    make(early_stopping=True, max_epochs=1).fit(features, labels).predict(features)
    assert max(rows) == 192


@pytest.mark.parametrize("n_features", [8, 300, 20_000])
def test_a_row_gets_the_same_bits_in_any_company(n_features):
    rng = np.random.RandomState(0)
    features = sp.random(400, n_features, 0.1, "csr", np.float32, random_state=0)
    labels = (rng.rand(400, 3) < 0.5).astype(int)
    fitted = make(max_epochs=1).fit(features[:64], labels[:64])
    whole = fitted.decision_function(features)
    for seed in range(3):
        order = np.random.RandomState(seed).permutation(400)
        np.testing.assert_array_equal(fitted.decision_function(features[order]), whole[order])
    for n in (1, 5, 47, 193):
        np.testing.assert_array_equal(
            fitted.decision_function(features[7 : 7 + n]), whole[7 : 7 + n]
        )


def test_forms_of_y():
    sets = [[f"l{j}" for j in np.flatnonzero(row)] for row in Y]
    indicator = make().fit(X, Y)
    by_name = make().fit(X, sets)
    sparse = make().fit(X, sp.csr_matrix(Y))
    binary = make().fit(X, np.array(["no", "yes"])[Y[:, 0]])
    np.testing.assert_array_equal(indicator.predict_proba(X), by_name.predict_proba(X))
    np.testing.assert_array_equal(indicator.predict_proba(X), sparse.predict_proba(X))
    assert by_name.label_names_.tolist() == ["l0", "l1", "l2", "l3"]
    assert set(by_name.predict_labels(X)[0]) <= {"l0", "l1", "l2", "l3"}
    assert sp.issparse(sparse.predict(X))
    assert binary.predict_proba(X).shape == (150, 2)
    assert set(binary.predict(X)) <= {"no", "yes"}


def test_an_int_seed_gives_the_same_tagger_and_leaves_global_generators_alone():
    parameters = {"dropout": 0.2, "early_stopping": True, "max_epochs": 3}
    tf.random.get_global_generator()

    def states():
        return (
            np.random.get_state()[1].tolist(),  # noqa: NPY002
            random.getstate(),
            tf.random.get_global_generator().state.numpy().tolist(),
        )

    before = states()
    one, other = (make(**parameters).fit(X, Y).predict_proba(X) for _ in range(2))
    assert states() == before
    np.testing.assert_array_equal(one, other)


def test_another_seed_gives_another_tagger():
    one, other = (make(random_state=seed).fit(X, Y).predict_proba(X) for seed in (0, 1))
    assert not np.array_equal(one, other)


def test_a_constant_label_is_certain():
    labels = np.column_stack([Y[:, 0], np.ones(150), np.zeros(150)])
    fitted = make(max_epochs=1).fit(X, labels)
    np.testing.assert_array_equal(fitted.decision_function(X)[:, 1:], [[16.0, -16.0]] * 150)
    weight = np.where(Y[:, 0], 1.0, 0.0)  # with these rows the first label is constant, too
    weighted = make(max_epochs=1).fit(X, labels, weight)
    np.testing.assert_array_equal(weighted.decision_function(X)[:, 0], np.full(150, 16.0))


@pytest.mark.parametrize("monitor", ["f1_micro", "average_precision_macro"])
def test_early_stopping_keeps_the_best_network_by_a_scorer_of_ours(monitor):
    train_X, test_X, train_Y, test_Y = multilabel_train_test_split(X, Y, random_state=0)
    tagger = make(
        learning_rate=0.05, max_epochs=200, early_stopping=True, n_iter_no_change=4, monitor=monitor
    ).fit(train_X, train_Y, validation_data=(test_X, test_Y))
    scores = [record[f"validation_{monitor}"] for record in tagger.history_]
    best = int(np.argmax(scores))
    assert tagger.n_iter_ == best + 1 + 4 < 200
    assert get_scorer(monitor)(tagger, test_X, test_Y) == scores[best]


def test_parameters_without_effect_are_told():
    made = make(n_iter_no_change=3, monitor="f1_micro", max_epochs=1)
    message = (
        r"KerasMLPTagger was given parameters that have no effect here: "
        r"monitor='f1_micro' \(no validation data\)\."
    )
    with pytest.warns(UserWarning, match=message):
        made.fit(X, Y)
    with pytest.warns(UserWarning, match=r"validation_fraction=0.2 \(validation_data was passed\)"):
        make(validation_fraction=0.2, max_epochs=1).fit(X, Y, validation_data=(X, Y))
    linear = KerasMLPTagger((), activation="tanh", dropout=0.1, max_epochs=1)
    message = r"activation='tanh' \(no hidden layer\), dropout=0.1 \(no hidden layer\)\."
    with pytest.warns(UserWarning, match=message):
        linear.fit(X, Y)


def test_the_validation_loss_is_the_loss():
    tagger = make(loss="focal", class_weight="balanced", max_epochs=2)
    tagger.fit(X, Y, validation_data=(X[:50], Y[:50]))
    logits = tagger.decision_function(X[:50])
    space, indicator = LabelSpace.learn(Y)
    options = resolve_loss("focal", None, tagger._training_data(X, indicator, space))
    wanted = float(make_loss("focal", **options)(Y[:50].astype(float), logits))
    assert tagger.history_[-1]["validation_loss"] == pytest.approx(wanted, rel=1e-5)


def test_a_network_that_diverges_is_told_with_the_remedy():
    # what a published question showed: features of millions, a loss of 1e5, all probabilities 0
    message = r"has diverged: .* scale the features \(StandardScaler"
    with pytest.warns(UserWarning, match=message):
        tagger = make(max_epochs=2, learning_rate=1e-6).fit(X * 1e6, Y)
    assert tagger.history_[-1]["loss"] > 1e4


def test_warm_start_refuses_another_network():
    tagger = make(max_epochs=1, warm_start=True).fit(X, Y)
    tagger.fit(X, Y)
    pickle.loads(pickle.dumps(tagger)).fit(X, Y)
    message = r"continues from a network of activation='relu', dropout=0.0, but the parameters ask"
    with pytest.raises(ValueError, match=message):
        tagger.set_params(activation="tanh", dropout=0.2).fit(X, Y)


def test_warm_start_goes_on():
    tagger = make(warm_start=True).fit(X, Y)
    first, network = tagger.history_, tagger.network_
    before = [w.copy() for w in network.model.get_weights()]
    tagger.fit(X, Y)
    assert tagger.history_[0]["loss"] < first[-1]["loss"]
    for kept, now in zip(before, network.model.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, now)  # the old network is another object
    message = "continues from a network of 8 features and 4 labels, but this X has 8 .* 3 labels"
    with pytest.raises(ValueError, match=message):
        tagger.fit(X, Y[:, :3])
    assert tagger.predict(X).shape == (150, 4)


def test_weights_of_classes_and_of_positives_raise_the_recall():
    rare = Y * (np.random.RandomState(0).rand(*Y.shape) < 0.3)
    given = make(max_epochs=10).fit(X, rare).predict_proba(X).mean(axis=0)
    balanced = make(max_epochs=10, class_weight="balanced").fit(X, rare).predict_proba(X)
    by_name = make(max_epochs=10, class_weight={"1": 10.0}).fit(X, rare).predict_proba(X)
    positive = {"pos_weight": [1.0, 10.0, 1.0, 1.0]}
    by_loss = make(max_epochs=10, loss_params=positive).fit(X, rare).predict_proba(X)
    assert (balanced.mean(axis=0) > given + 0.05).all()
    assert by_name.mean(axis=0)[1] > given[1] + 0.1
    np.testing.assert_array_equal(by_name, by_loss)


@pytest.mark.parametrize(
    "parameters",
    [
        {"loss": "focal", "loss_params": {"gamma": 1.0}},
        {"loss": "asymmetric", "training_params": {"weight_decay": 0.01}},
        {"precision": "bfloat16", "dropout": 0.1},
        {"precision": "float16", "training_params": {"max_grad_norm": 1.0}},
        {"optimizer": "sgd", "activation": "tanh", "max_epochs": 40},
        {"hidden_layer_sizes": (), "max_epochs": 20},
        {"hidden_layer_sizes": 5, "class_weight": "balanced"},
    ],
    ids=str,
)
def test_parameters_train(parameters):
    tagger = make().set_params(**parameters).fit(X, Y)
    assert tagger.history_[-1]["loss"] < 0.97 * tagger.history_[0]["loss"]


def test_weight_decay_is_decoupled_as_in_adamw():
    import keras

    def fit(optimizer, **decay):
        rare = {"max_grad_norm": None, **decay}
        return make(learning_rate=1e-3, optimizer=optimizer, training_params=rare).fit(X, Y)

    decayed, plain = fit("adam", weight_decay=30.0), fit("adamw", weight_decay=0.0)
    adamw, same = fit("adamw", weight_decay=30.0), fit("adam")
    np.testing.assert_array_equal(plain.predict_proba(X), same.predict_proba(X))
    np.testing.assert_array_equal(decayed.predict_proba(X), adamw.predict_proba(X))

    def norm(tagger):
        return sum((w**2).sum() for w in tagger.network_.model.get_weights() if w.ndim == 2)

    assert norm(decayed) < 0.7 * norm(plain)
    own = make(
        optimizer=keras.optimizers.Adam(), training_params={"weight_decay": 0.1}, max_epochs=1
    )
    with pytest.warns(UserWarning, match=r"weight_decay=0.1 \(the optimizer has its own\)"):
        own.fit(X, Y)


@pytest.mark.parametrize("hardware", ["float32", "bfloat16"])
def test_auto_trains_in_the_precision_of_the_hardware_and_predicts_in_float32(
    monkeypatch, hardware
):
    from skmultitext._runtime import keras as keras_module

    monkeypatch.setattr(keras_module, "_has_bfloat16", lambda: hardware == "bfloat16")
    seen = []

    def listener(event):
        seen.append(event.model.layers[1].compute_dtype)

    tagger = make(precision="auto", callbacks=listener, early_stopping=True).fit(X, Y)
    assert set(seen) == {hardware}
    assert tagger.network_.model.layers[1].compute_dtype == "float32"
    found = pickle.loads(pickle.dumps(tagger.set_params(callbacks=None))).decision_function(X)
    np.testing.assert_array_equal(tagger.decision_function(X), found)
    same = make(early_stopping=True).fit(X, Y).decision_function(X)
    assert (found == same).all() == (hardware == "float32")


def test_an_optimizer_of_keras_is_copied():
    import keras

    optimizer = keras.optimizers.Adam(0.01)
    unset = {"optimizer": optimizer, "learning_rate": 1e-3}
    tagger = make(**unset).fit(X, Y)
    assert not optimizer.built
    np.testing.assert_array_equal(tagger.predict_proba(X), make().fit(X, Y).predict_proba(X))
    clone(tagger).fit(X, Y)
    message = r"no effect here: learning_rate=99.0 \(the optimizer has its own\)"
    with pytest.warns(UserWarning, match=message):
        make(optimizer=optimizer, learning_rate=99.0, max_epochs=1).fit(X, Y)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"hidden_layer_sizes": (3, 0)}, r"hidden_layer_sizes is \(3, 0\); pass a sequence of int"),
        ({"hidden_layer_sizes": (2.5,)}, r"hidden_layer_sizes is \(2\.5,\); pass a sequence"),
        ({"loss": "hinge"}, "The 'loss' parameter of KerasMLPTagger must be a str among"),
        ({"loss_params": {"gamma": 2}}, "The loss 'log_loss' has no option 'gamma'"),
        (
            {"loss_params": {"pos_weight": [1, 2]}},
            r"pos_weight is \[1, 2\]; pass a number, an array",
        ),
        ({"loss_params": {"pos_weight": 0.0}}, "pos_weight is 0.0; it must be finite and above 0"),
        ({"optimizer": "adamm"}, "optimizer is 'adamm', which Keras does not know"),
        ({"activation": "rellu"}, "activation is 'rellu', which Keras does not know"),
        ({"monitor": "f1_mikro", "early_stopping": True}, "'f1_mikro' is not the name of a scorer"),
        (
            {"dropout": 1.0},
            "The 'dropout' parameter of KerasMLPTagger must be a float in the range",
        ),
        ({"threshold": 2.0}, "threshold of label '0' is 2.0; it must lie in"),
        ({"class_weight": {"x": 2}}, "class_weight names the unknown labels 'x'"),
    ],
)
def test_illegal_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        make().set_params(**parameters).fit(X, Y)


@pytest.mark.parametrize(
    ("value", "message"),
    [(np.nan, "Input X contains NaN"), (1e300, r"value too large for dtype\('float32'\)")],
)
def test_x_that_is_not_finite_is_refused(value, message):
    bad = X.astype(np.float64)
    bad[3, 2] = value
    tagger = make()
    with pytest.raises(ValueError, match=message):
        tagger.fit(bad, Y)
    with pytest.raises(ValueError, match=message):
        tagger.fit(sp.csr_matrix(bad), Y)


def poison_at(last_step):
    def listener(event):
        if event.name == "step" and event.step == last_step:
            event.model.set_weights([w * np.nan for w in event.model.get_weights()])

    return listener


def test_a_loss_that_is_not_finite_raises_and_the_best_weights_are_kept():
    tagger = make(callbacks=poison_at(12))  # 5 batches an epoch
    with pytest.raises(
        FloatingPointError, match=r"The loss is nan at step 13 \(epoch 3, batch 3\)"
    ):
        tagger.fit(X, Y)
    np.testing.assert_array_equal(
        tagger.predict_proba(X), make(max_epochs=2).fit(X, Y).predict_proba(X)
    )
    assert len(tagger.history_) == 2
    assert not hasattr(tagger, "_failure")


def test_a_loss_that_is_not_finite_at_once_leaves_nothing():
    tagger = make(callbacks=poison_at(3))
    with pytest.raises(FloatingPointError, match="No weights are kept"):
        tagger.fit(X, Y)
    with pytest.raises(NotFittedError):
        tagger.predict(X)


def interrupt_at(last_step):
    def listener(event):
        if event.name == "step" and event.step == last_step:
            raise KeyboardInterrupt

    return listener


def test_an_interrupt_leaves_a_usable_tagger_and_goes_on():
    tagger = make(callbacks=interrupt_at(12))
    message = r"in epoch 3, after 12 steps: the tagger is fitted with the best weights so far\."
    with pytest.raises(KeyboardInterrupt, match=message):
        tagger.fit(X, Y)
    wanted = make(max_epochs=2).fit(X, Y)
    np.testing.assert_array_equal(tagger.predict_proba(X), wanted.predict_proba(X))
    assert len(tagger.history_) == tagger.n_iter_ == 2


def test_an_interrupt_without_weights_leaves_what_was_there():
    tagger = make(callbacks=interrupt_at(3))
    with pytest.raises(
        KeyboardInterrupt, match="no weights were kept before, so nothing is fitted"
    ):
        tagger.fit(X, Y)
    with pytest.raises(NotFittedError):
        tagger.predict(X)
    tagger.set_params(callbacks=None).fit(X, Y)
    before = tagger.predict_proba(X)
    with pytest.raises(KeyboardInterrupt):
        tagger.set_params(callbacks=interrupt_at(3)).fit(X, 1 - Y)
    np.testing.assert_array_equal(tagger.predict_proba(X), before)


def count_fits(last):
    """Make a tagger that counts its fits, the first of which is interrupted after an epoch."""
    started = []

    def listener(event):
        if event.name == "train_begin":
            started.append(1)
        if event.name == "step" and event.step == last:
            raise KeyboardInterrupt

    return make(max_epochs=3, callbacks=listener), started


@pytest.mark.slow
@pytest.mark.parametrize("last", [1, 6])  # before there are weights, and after
@pytest.mark.parametrize(
    "search",
    [
        lambda tagger: GridSearchCV(
            tagger, {"training_params": [{}, {"weight_decay": 0.1}]}, cv=2
        ).fit(X, Y),
        lambda tagger: cross_validate(tagger, X, Y, cv=2),
        lambda tagger: cross_val_predict(tagger, X, Y, cv=2),
        lambda tagger: TunedThresholdTaggerCV(tagger, cv=2).fit(X, Y),
        lambda tagger: TunedThresholdTaggerCV(tagger, cv=0.3).fit(X, Y),
        lambda tagger: CalibratedTaggerCV(tagger, cv=2).fit(X, Y),
        lambda tagger: FixedThresholdTagger(tagger).fit(X, Y),
        lambda tagger: make_pipeline(StandardScaler(), tagger).fit(X, Y),
        lambda tagger: MultiOutputClassifier(tagger).fit(X, Y),
        lambda tagger: [
            tagger.set_params(training_params={"weight_decay": d}).fit(X, Y) for d in (0.0, 0.1)
        ],
    ],
    ids=[
        *("GridSearchCV", "cross_validate", "cross_val_predict", "tuned_cv", "tuned_part"),
        *("calibrated", "fixed", "pipeline", "multi_output", "loop"),
    ],
)
def test_an_interrupt_ends_whatever_runs_the_fit(search, last):
    tagger, started = count_fits(last)
    with pytest.raises(KeyboardInterrupt):
        search(tagger)
    assert len(started) == 1


def test_verbose_prints(capsys):
    make(verbose=2, max_epochs=2).fit(X, Y)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" - ")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]
    make(verbose=1, max_epochs=1).fit(X, Y)
    assert capsys.readouterr().out.startswith("epoch 1/1 - loss ")  # a bar needs a terminal


def test_pickles_and_copies_hold_the_weights_and_not_the_optimizer(tagger):
    dumped = pickle.dumps(tagger)
    expected = tagger.predict_proba(X)
    for twin in (pickle.loads(dumped), copy.deepcopy(tagger)):
        np.testing.assert_array_equal(twin.predict_proba(X), expected)
        assert twin.network_.model is not tagger.network_.model
    wide = make(max_epochs=1).fit(np.tile(X, 500), Y)  # 48,000 weights
    n_bytes = sum(w.nbytes for w in wide.network_.model.get_weights())
    assert n_bytes < len(pickle.dumps(wide)) < 1.2 * n_bytes


def test_prediction_changes_nothing(tagger):
    before = dict(vars(tagger))
    tagger.predict(X)
    assert vars(tagger) == before


def fresh(code, *arguments, **environment):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.slow
def test_a_pickle_loads_in_a_process_that_never_trained(tagger, tmp_path):
    (tmp_path / "tagger.pkl").write_bytes(pickle.dumps(tagger))
    np.save(tmp_path / "X.npy", X)
    code = """
import pickle, sys
import numpy as np
tagger = pickle.load(open(sys.argv[1] + "/tagger.pkl", "rb"))
np.save(sys.argv[1] + "/proba.npy", tagger.predict_proba(np.load(sys.argv[1] + "/X.npy")))
"""
    fresh(code, tmp_path)
    np.testing.assert_array_equal(np.load(tmp_path / "proba.npy"), tagger.predict_proba(X))


@pytest.mark.slow
def test_no_import_loads_tensorflow():
    code = """
import sys
import skmultitext.neural.losses, skmultitext.neural.mlp, skmultitext.training
skmultitext.neural.mlp.KerasMLPTagger()
print([m for m in ("tensorflow", "keras") if m in sys.modules])
"""
    assert fresh(code) == "[]"


def test_metadata_is_routed():
    with config_context(enable_metadata_routing=True):
        tagger = make(max_epochs=1).set_fit_request(sample_weight=True, validation_data=True)
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), tagger)
        pipeline.fit(X, Y, sample_weight=np.ones(150), validation_data=(X, Y))
    assert "validation_neg_log_loss" in pipeline[-1].history_[0]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::skmultitext.exceptions.RareLabelWarning")
def test_text_in_a_pipeline_under_a_parallel_grid_search(tickets):
    pipeline = make_pipeline(TfidfVectorizer(), make(max_epochs=5))
    grid = {"kerasmlptagger__learning_rate": [1e-5, 0.02]}
    search = GridSearchCV(pipeline, grid, scoring=get_scorer("neg_log_loss"), cv=2, n_jobs=2)
    search.fit(np.array(tickets.data, dtype=object), tickets.target)
    assert search.best_params_ == {"kerasmlptagger__learning_rate": 0.02}
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    again = (
        clone(search).set_params(n_jobs=1).fit(np.array(tickets.data, dtype=object), tickets.target)
    )
    np.testing.assert_allclose(
        search.cv_results_["mean_test_score"], again.cv_results_["mean_test_score"], rtol=1e-6
    )


@pytest.mark.slow
def test_the_published_example():
    """The article prints a test loss of 0.308 and a binary accuracy of 0.856."""
    data, labels = make_multilabel_classification(
        n_samples=10_000, n_features=6, n_classes=3, n_labels=2, random_state=42
    )
    train_X, test_X, train_y, test_y = train_test_split(
        data, labels, test_size=0.33, random_state=42
    )
    n_train = int(0.8 * len(train_X))
    tagger = KerasMLPTagger((32, 16, 8), batch_size=250, max_epochs=50, random_state=0)
    tagger.fit(
        train_X[:n_train],
        train_y[:n_train],
        validation_data=(train_X[n_train:], train_y[n_train:]),
    )
    assert log_loss(test_y, tagger.predict_proba(test_X)) == pytest.approx(0.30, abs=0.01)
    assert binary_accuracy(test_y, tagger.predict(test_X)) == pytest.approx(0.86, abs=0.01)
