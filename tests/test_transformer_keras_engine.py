"""The engine in TensorFlow: parity with torch, training, errors."""

import pickle
import random
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")
pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
pytest.importorskip("keras_hub", reason="needs KerasHub (extra 'transformers-tf')")

import tensorflow as tf
import torch
import transformer_toys as toys
from transformer_conformance import NAMES, assert_passes, make_subjects

from skmultitext.exceptions import LabelError
from skmultitext.metrics import get_scorer
from skmultitext.transformer.keras import _engine as tensorflow_engine
from skmultitext.transformer.keras import _model as keras_model
from skmultitext.transformer.keras._model import BACKBONES
from skmultitext.transformer.tagger import TransformerTagger
from skmultitext.transformer.torch import _engine as torch_engine
from skmultitext.transformer.torch import _model as torch_model

pytestmark = pytest.mark.slow

# weights large enough to tell texts apart; no dropout, so that both frameworks do the same
LOUD = {"initializer_range": 0.3}
STILL = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
WINDOWS = {"long_text": "window", "max_length": 10, "window_stride": 3}


@pytest.fixture(scope="module")
def data():
    return toys.make_texts(24)


@pytest.fixture(scope="module")
def still(tmp_path_factory):
    path = tmp_path_factory.mktemp("still")
    return toys.make_checkpoint(path, classifier_labels=["2", "0", "1"], **STILL, **LOUD)


def keras(model_type="bert", **parameters):
    return toys.tiny(model_type, framework="tensorflow", **parameters)


def both(make):
    """What a function of the framework gives for TensorFlow and for torch."""
    return make("tensorflow"), make("torch")


@pytest.mark.parametrize("model_type", BACKBONES)
def test_a_classifier_has_the_probabilities_of_torch(model_type, tmp_path):
    """The checkpoint has the prefix and a head; labels may come in another order."""
    path = toys.make_checkpoint(tmp_path, model_type, classifier_labels=["a", "b", "c"], **LOUD)
    texts = ["", *toys.make_texts(12)[0], "late " * 90]
    for options in ({}, {**WINDOWS, "window_pooling": "mean"}, WINDOWS):
        ours, theirs = both(
            lambda name, options=options: TransformerTagger.from_pretrained(
                path, framework=name, **toys.grouped(options)
            ).predict_proba(texts)
        )
        assert np.ptp(theirs, axis=0).min() > 0.01
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_a_tokenizer_that_pads_on_the_left(tmp_path):
    path = toys.make_checkpoint(tmp_path, classifier_labels=["a", "b", "c"], **LOUD)
    texts = ["", *toys.make_texts(12)[0]]
    wanted = TransformerTagger.from_pretrained(path).predict_proba(texts)
    toys.rewrite_config(path, file="tokenizer_config.json", padding_side="left")
    tagger = TransformerTagger.from_pretrained(path, framework="tensorflow")
    for found in (tagger, pickle.loads(pickle.dumps(tagger))):
        np.testing.assert_allclose(found.predict_proba(texts), wanted, atol=1e-4)


@pytest.mark.parametrize(
    "head", [{"pooling": "mean"}, {"pooling": "max", "head_layers": (6,)}, {"pooling": "attention"}]
)
@pytest.mark.parametrize("model_type", BACKBONES)
def test_a_bare_encoder_with_the_head_of_torch(model_type, head, tmp_path):
    path = toys.make_checkpoint(tmp_path, model_type, **LOUD)
    head = {"head_layers": (), "dropout": 0.0, "window_pooling": "max", **head}
    ours, theirs = (
        engine.start_network(
            path,
            ["a", "b"],
            head=head,
            reading={"max_length": 64},
            device="auto",
            precision="float32",
            seed=0,
        )
        for engine in (tensorflow_engine, torch_engine)
    )
    inside = set(theirs.model.encoder.modules())
    linear = (m for m in theirs.model.modules() if isinstance(m, torch.nn.Linear))
    linear = [module for module in linear if module not in inside]
    dense = [layer for part in (ours.body, ours.top) for layer in part.layers]
    dense = [layer for layer in dense if type(layer).__name__ == "Dense"]
    for layer, source in zip(dense, linear, strict=True):
        layer.kernel.assign(source.weight.detach().numpy().T)
        if layer.use_bias:
            layer.bias.assign(source.bias.detach().numpy())
    texts = ["", *toys.make_texts(12)[0], "late " * 90]
    ours, theirs = (network.logits(network.encode(texts)) for network in (ours, theirs))
    assert np.ptp(theirs, axis=0).min() > 0.01
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


@pytest.mark.parametrize("pooling", ["cls", "mean", "max"])
@pytest.mark.parametrize("model_type", BACKBONES)
def test_a_logistic_regression_sees_the_vectors_of_torch(model_type, pooling, tmp_path):
    """A token that stands for a text may be the last, too."""
    path = toys.make_checkpoint(tmp_path, model_type, **LOUD)
    texts, y = toys.make_texts(20)
    ours, theirs = both(
        lambda name: TransformerTagger(
            path, framework=name, head="logreg", head_params={"pooling": pooling}, random_state=0
        ).fit(texts, y)
    )
    ours, theirs = (
        tagger.network_.features(tagger.network_.encode(texts)) for tagger in (ours, theirs)
    )
    assert ours.shape == theirs.shape == (20, 32)
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_a_token_that_stands_for_a_text_may_be_the_last(tmp_path):
    path = toys.make_checkpoint(tmp_path, "distilbert", special="xlnet", **LOUD)
    texts, y = toys.make_texts(20)
    ours, theirs = both(
        lambda name: (
            TransformerTagger(path, framework=name, head="logreg", random_state=0)
            .fit(texts, y)
            .predict_proba(texts)
        )
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("what", ["embeddings", "encoder"])
@pytest.mark.parametrize("model_type", BACKBONES)
def test_as_many_weights_train_as_in_torch(model_type, what):
    head = {"pooling": "cls", "head_layers": (), "dropout": 0.0, "window_pooling": "max"}
    options = {"reading": {"max_length": 64}, "device": "auto", "precision": "float32", "seed": 0}
    path = toys.checkpoint(model_type)
    ours, theirs = (
        engine.start_network(path, ["a", "b"], head=head, **options)
        for engine in (tensorflow_engine, torch_engine)
    )
    torch_model.freeze(theirs.model.encoder, what)
    wanted = sum(p.numel() for p in theirs.model.parameters() if p.requires_grad)
    pooler = keras_model.uses_pooler(model_type, head)
    keras_model.freeze(ours.backbone, model_type, what, uses_pooler=pooler)
    weights = ours.network.model.trainable_weights
    assert sum(weight.shape.num_elements() for weight in weights) == wanted


def trained(framework, path, data, **parameters):
    texts, y = data
    settings = {
        "pooling": "cls",
        "precision": "float32",
        "max_epochs": 4,
        "batch_size": 24,
        "learning_rate": 1e-3,
        "class_weight": {"1": 3.0},
    }
    tagger = toys.tiny(framework=framework, **{**settings, **parameters})
    tagger.set_params(checkpoint=path)
    weight = np.arange(1, len(y) + 1) / len(y)
    return tagger.fit(texts, y, weight, validation_data=(texts[:9], y[:9]))


@pytest.mark.slow
@pytest.mark.parametrize(
    "parameters",
    [
        {
            "loss": "asymmetric",
            "loss_params": {"gamma_negative": 2.0},
            "training_params": {"weight_decay": 0.0},
        },
        {"freeze": 1, "max_grad_norm": 0.1, "warmup_ratio": 0.5, **WINDOWS},
        {"freeze": "encoder", "window_pooling": "mean", **WINDOWS},
    ],
)
def test_training_goes_as_with_torch(parameters, still, data):
    """One batch an epoch: losses, weights, schedule, clipping and windows agree."""
    ours, theirs = both(lambda name: trained(name, still, data, **parameters))
    for key in ("loss", "validation_loss", "validation_neg_log_loss", "learning_rate"):
        mine, wanted = ([r[key] for r in t.history_] for t in (ours, theirs))
        np.testing.assert_allclose(mine, wanted, rtol=4e-4, err_msg=key)
    losses = [record["loss"] for record in theirs.history_]
    assert losses[0] - losses[-1] > 0.005 * losses[0]


@pytest.mark.slow
def test_accumulated_batches_are_one_update(still, data):
    """An epoch of one batch, and one of three that make one update, end alike."""
    whole, parts, capped = (
        trained("tensorflow", still, data, class_weight=None, max_epochs=3, **parameters)
        for parameters in (
            {},
            {"batch_size": 8, "gradient_accumulation_steps": 3},
            {"batch_size": 8, "gradient_accumulation_steps": 50},
        )
    )
    assert [r["learning_rate"] for r in parts.history_] == pytest.approx(
        [r["learning_rate"] for r in whole.history_]
    )
    assert [r["validation_loss"] for r in parts.history_] == [
        r["validation_loss"] for r in capped.history_
    ]
    first, last = (whole.history_[k]["validation_loss"] for k in (0, -1))
    assert first - last > 0.05
    assert parts.history_[-1]["validation_loss"] == pytest.approx(last, abs=0.2 * (first - last))


def test_one_trace_for_all_lengths_and_no_decay_of_biases(data, monkeypatch):
    seen = []

    def run(job, step):
        trained = step.model.trainable_variables
        seen.append((step, {v.name for v in trained if step.optimizer._use_weight_decay(v)}))
        return train(job, step)

    train = tensorflow_engine.run_training
    monkeypatch.setattr(tensorflow_engine, "run_training", run)
    keras(max_epochs=2, batch_size=3, training_params={"weight_decay": 0.0}).fit(*data)
    ((step, decayed),) = seen
    assert step.n_traces == 1
    assert decayed == {"kernel", "embeddings"}
    assert step.optimizer.weight_decay == 0.0  # Keras's own default is another


def test_it_learns_and_restores_the_best_weights(data):
    texts, y = data
    tagger = keras(max_epochs=6, monitor="f1_micro", early_stopping=True, n_iter_no_change=6)
    tagger.fit(texts, y, validation_data=(texts, y))
    assert tagger.history_[-1]["loss"] < tagger.history_[0]["loss"]
    best = max(record["validation_f1_micro"] for record in tagger.history_)
    assert get_scorer("f1_micro")(tagger, texts, y) == pytest.approx(best)


@pytest.mark.parametrize("freeze", ["embeddings", "encoder", 1])
def test_what_is_frozen_stays(freeze, data):
    tagger = keras(freeze=freeze, max_epochs=1).fit(*data)
    untouched = keras(freeze="encoder", max_epochs=1, learning_rate=1e-12).fit(*data)
    pairs = zip(
        tagger.network_.backbone.variables, untouched.network_.backbone.variables, strict=True
    )
    same = {a.path: np.array_equal(a.numpy(), b.numpy()) for a, b in pairs if "seed" not in a.path}
    embeddings = [value for path, value in same.items() if "embedding" in path]
    assert all(embeddings)
    assert embeddings
    layers = {k: [v for path, v in same.items() if f"layer_{k}/" in path] for k in (0, 1)}
    assert all(layers[0]) == (freeze != "embeddings")
    assert all(layers[1]) == (freeze == "encoder")


@pytest.mark.slow
def test_one_seed_one_model_and_globals_left_alone(data):
    texts, y = data

    def draw():
        return (
            random.random(),
            np.random.rand(),  # noqa: NPY002
            torch.rand(1).item(),
            tf.random.uniform(()).numpy(),
        )

    def seed():
        random.seed(3)
        np.random.seed(3)  # noqa: NPY002
        torch.manual_seed(3)
        tf.random.set_seed(3)

    seed()
    wanted = draw()
    seed()
    one, same = (keras(dropout=0.1, max_epochs=1).fit(texts, y) for _ in range(2))
    assert draw() == wanted
    np.testing.assert_allclose(one.predict_proba(texts), same.predict_proba(texts), rtol=1e-6)
    other = keras(dropout=0.1, max_epochs=1, random_state=1).fit(texts, y)
    assert np.abs(other.predict_proba(texts) - one.predict_proba(texts)).max() > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["auto", "bfloat16"])
def test_precisions(precision, data, monkeypatch):

    monkeypatch.setattr("skmultitext._runtime.keras._has_bfloat16", lambda: True)
    texts, y = data
    half, full = (
        keras(precision=name, max_epochs=1, learning_rate=5e-3).fit(texts, y)
        for name in (precision, "float32")
    )
    losses = [t.history_[0]["loss"] for t in (half, full)]
    assert losses[0] == pytest.approx(losses[1], rel=0.02)
    assert losses[0] != losses[1]
    again = pickle.loads(pickle.dumps(half)).predict_proba(texts)
    np.testing.assert_array_equal(again, half.predict_proba(texts))
    computes = half.network_.backbone.transformer_layers[0].compute_dtype
    assert computes == ("float32" if precision == "auto" else "bfloat16")


def test_special_tokens_get_embeddings(data):
    texts, y = data
    tagger = keras(additional_special_tokens=["[URL]", "[USER]"], max_epochs=1)
    tagger.fit([f"[URL] {text}" for text in texts], y)
    network = tagger.network_
    n_tokens = len(network.reader.tokenizer)
    assert network.backbone.vocabulary_size == n_tokens
    assert network.encode(["[USER]"]).ids[1] == n_tokens - 1
    twin = pickle.loads(pickle.dumps(tagger))
    odd = ["[URL]", "[USER] late"]
    np.testing.assert_array_equal(twin.predict_proba(odd), tagger.predict_proba(odd))


@pytest.mark.slow
def test_it_goes_on_after_a_kill(data, tmp_path):
    texts, y = data
    seen = []

    def die(event):
        seen.append(event.name)
        if event.name == "step" and event.step == 5:
            raise SystemError("killed")

    options = {"checkpoint_dir": tmp_path, "checkpoint_every": 2, "dropout": 0.1}
    with pytest.raises(SystemError, match="killed"):
        keras(callbacks=die, **options).fit(texts, y)
    assert seen.count("checkpoint") == 2
    steps = []
    listener = {"callbacks": lambda event: steps.append(event.step)}
    resumed = keras(**listener, **options).fit(texts, y)
    assert steps[0] == 4
    whole = keras(dropout=0.1).fit(texts, y)
    np.testing.assert_allclose(resumed.predict_proba(texts), whole.predict_proba(texts), rtol=1e-5)
    assert list(tmp_path.iterdir()) == []


def test_interrupted_it_keeps_the_last_epoch(data, capsys):
    def interrupt(event):
        if event.name == "step" and event.epoch == 2:
            raise KeyboardInterrupt

    tagger = keras(callbacks=[interrupt], verbose=2)
    with pytest.raises(KeyboardInterrupt, match="Training was interrupted in epoch 2"):
        tagger.fit(*data)
    assert tagger.n_iter_ == 1
    assert "1/2" in capsys.readouterr().out
    assert np.isfinite(tagger.predict_proba(data[0])).all()


def test_warm_start_goes_on(data):
    tagger = keras(warm_start=True, learning_rate=5e-3, freeze="encoder").fit(*data)
    first = tagger.history_
    tagger.fit(*data)
    assert tagger.history_[0]["loss"] < first[0]["loss"]


def test_case_and_side_of_truncation(data):
    texts, y = data
    tagger = keras(lowercase=True, truncation_side="left", max_length=6, max_epochs=1)
    tagger.fit(texts, y)
    found = tagger.predict_proba(["ALPHA ALPHA ALPHA where is my lamp", "where is my lamp"])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)
    assert tagger.network_.reader.lowercase


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"max_length": 600},
            "is 600, but this model has positions for 512.*'window' in text_params reads",
        ),
        ({"freeze": 3}, "freeze is 3, but this encoder has 2 layers"),
        ({"device": "mps"}, "device is 'mps', .*framework='torch'"),
        ({"precision": "float16"}, "precision='float16' needs a CUDA GPU.*framework='torch'"),
        ({"callbacks": [dict]}, "callbacks holds .*dict.* Set framework='torch'"),
        ({"encoder_dropout": 0.0}, "encoder_dropout is 0.0 in .*, or set framework='torch'"),
        ({"callbacks": 3}, "callbacks holds 3, .* Set framework='torch'"),
    ],
)
def test_what_it_cannot_do(parameters, message, data, monkeypatch):
    monkeypatch.setattr("skmultitext.transformer.keras._engine._gpus", list)
    with pytest.raises(ValueError, match=message):
        keras(**parameters).fit(*data)


def test_layers_that_share_their_weights(data):
    with pytest.raises(ValueError, match="the layers of ALBERT share their weights"):
        keras("albert", freeze=1).fit(*data)


def test_unknown_labels(data):
    with pytest.raises(LabelError, match="class_weight names the unknown labels 'x'"):
        keras(class_weight={"x": 2.0}).fit(*data)


def test_memory_that_does_not_suffice(data, monkeypatch):
    def fail(*args, **kwargs):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")

    monkeypatch.setattr(tensorflow_engine, "run_training", fail)
    with pytest.raises(MemoryError, match="batch_size=4 and gradient_accumulation_steps=2"):
        keras().fit(*data)


# a process without torch: it fits with what is there, and opens what was fitted elsewhere
ALONE = """
import importlib.machinery, os, pickle, sys
finder = importlib.machinery.PathFinder
find = finder.find_spec
finder.find_spec = lambda name, *a: None if name.split(".")[0] == "torch" else find(name, *a)
import numpy as np
from skmultitext import TransformerTagger
checkpoint, file = sys.argv[1:]
with open(file, "rb") as stream:
    tagger, texts, y, wanted = pickle.load(stream)
np.testing.assert_allclose(tagger.predict_proba(texts), wanted, atol=1e-6)
new = TransformerTagger(checkpoint, max_epochs=1, max_length=64).fit(texts, y)
print(new.framework_, new.predict_proba(texts).shape, "torch" in sys.modules, os.listdir())
"""


@pytest.mark.slow
def test_a_process_without_torch(data, tmp_path):
    texts, y = data
    tagger = keras(max_epochs=1).fit(texts, y)
    with pytest.raises(ValueError, match="Only a tagger with framework='torch'"):
        tagger.save_pretrained(tmp_path)
    file = tmp_path / "tagger.pkl"
    file.write_bytes(pickle.dumps((tagger, texts, y, tagger.predict_proba(texts))))
    (tmp_path / "empty").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", ALONE, toys.checkpoint(), file],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path / "empty",
    )
    assert done.stdout.strip() == "tensorflow (24, 3) False []", done.stderr[-2000:]


# these run compiled, as users run it; the others without compiling, which takes most of a fit
COMPILED = {
    "check_learns",
    "check_subset_invariance",
    "check_single_document",
    "check_refit_forgets",
    "check_pickle",
    "check_random_state",
    "check_global_generators",
    "check_fit_warns_nothing",
    "check_grid_search_threads",
    "check_grid_search_processes",
    "check_weights_of_one",
}


@pytest.fixture(scope="module")
def subjects(tmp_path_factory):
    """The subjects of compiled checks and of the others; they share no models."""
    path = tmp_path_factory.mktemp("one-layer")
    path = str(toys.make_checkpoint(path, "distilbert", n_layers=1))

    def make(compiled):
        # compiling takes most of a compiled fit, each step of the others
        steps = {"max_epochs": 6, "batch_size": 8} if compiled else {"batch_size": 32}
        dense = keras(learning_rate=0.03 if compiled else 0.1, warmup_ratio=0.0, **steps)
        taggers = {"dense": dense, "logreg": keras(head="logreg", C=10.0)}
        return make_subjects({h: t.set_params(checkpoint=path) for h, t in taggers.items()})

    return {compiled: make(compiled) for compiled in (True, False)}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("head", ["dense", "logreg"])
def test_conformance(head, name, subjects):
    reasons = {
        "dense": "minibatches, as in scikit-learn's own networks",
        "logreg": "a text's float32 vector differs in its last bit with the batch it is in",
    }
    compiled = name in COMPILED
    tf.config.run_functions_eagerly(not compiled)
    try:
        assert_passes(subjects[compiled][head], name, {"check_weight_repeats": reasons[head]})
    finally:
        tf.config.run_functions_eagerly(False)


def test_names_of_compiled_checks_exist():
    assert set(NAMES) > COMPILED


def test_a_generator_resumes_with_the_same_documents_held_out(data, tmp_path):
    class Killed(Exception):
        pass

    def kill(event):
        if event.name == "step" and event.epoch == 2:
            raise Killed

    def make(**parameters):
        return keras(
            random_state=None, validation_fraction=0.2, checkpoint_dir=tmp_path, **parameters
        )

    with pytest.raises(Killed):
        make(callbacks=[kill]).fit(*data)
    epochs = []
    tagger = make(callbacks=[lambda event: epochs.append(event.epoch)]).fit(*data)
    assert min(epochs) == 2
    assert {"f1_macro", "validation_loss"} < tagger.history_[0].keys()
    assert list(tmp_path.iterdir()) == []
