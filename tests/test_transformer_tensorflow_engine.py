"""The engine in TensorFlow: parity with torch, training, errors."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("tensorflow")
pytest.importorskip("keras_hub")

import torch
import transformer_toys as toys

from skmultitext.exceptions import LabelError
from skmultitext.testing import check_text_estimator
from skmultitext.transformer._keras_loading import BACKBONES


@pytest.fixture(scope="module")
def data():
    return toys.make_texts(24)


def keras(model_type="bert", **parameters):
    return toys.tiny(model_type, framework="tensorflow", **parameters)


def give_head(ours, theirs):
    """Copy the head of a network in torch to one in Keras."""
    within = set(theirs.encoder.modules())
    linear = [m for m in theirs.modules() if isinstance(m, torch.nn.Linear) and m not in within]
    dense = [layer for layer in ours.top.layers if hasattr(layer, "kernel")]
    for layer, source in zip(dense, linear, strict=True):
        layer.kernel.assign(source.weight.detach().numpy().T)
        layer.bias.assign(source.bias.detach().numpy())


@pytest.mark.parametrize(
    "head", [{"pooling": "cls"}, {"pooling": "mean"}, {"pooling": "max", "head_layers": (6,)}]
)
@pytest.mark.parametrize("model_type", BACKBONES)
def test_probabilities_are_those_of_torch(model_type, head, data):
    """Same checkpoint, same weights of the head, same texts."""
    texts, y = data
    options = {"max_epochs": 1, "learning_rate": 1e-12, **head}
    ours = keras(model_type, **options).fit(texts, y)
    theirs = toys.tiny(model_type, **options).fit(texts, y)
    give_head(ours.network_, theirs.network_.model)
    texts = ["", *texts, "late " * 90]
    np.testing.assert_allclose(ours.predict_proba(texts), theirs.predict_proba(texts), atol=1e-3)
    assert ours.framework_ == "tensorflow"


def test_a_checkpoint_of_a_classifier_has_the_prefix(tmp_path, data):
    texts, y = data
    path = toys.make_checkpoint(tmp_path, "distilbert", classifier_labels=["a", "b", "c"])
    options = {"head": "logreg", "checkpoint": str(path)}
    ours, theirs = (
        toys.tiny("distilbert", framework=name).set_params(**options).fit(texts, y)
        for name in ("tensorflow", "torch")
    )
    np.testing.assert_allclose(ours.predict_proba(texts), theirs.predict_proba(texts), atol=1e-3)


def test_it_learns_and_restores_the_best_weights(data):
    texts, y = data
    tagger = keras(max_epochs=6, monitor="f1_micro", early_stopping=True, n_iter_no_change=6)
    tagger.fit(texts, y, validation_data=(texts, y))
    assert tagger.history_[-1]["loss"] < tagger.history_[0]["loss"]
    from skmultitext.metrics import get_scorer

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


def test_one_seed_one_model_and_python_left_alone(data):
    import random

    texts, y = data
    random.seed(3)
    wanted = random.random()
    random.seed(3)
    one, same = (keras(dropout=0.1, max_epochs=1).fit(texts, y) for _ in range(2))
    assert random.random() == wanted
    np.testing.assert_allclose(one.predict_proba(texts), same.predict_proba(texts), rtol=1e-6)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"long_text": "window"}, "long_text='window' needs framework='torch'"),
        ({"additional_special_tokens": ["[URL]"]}, "framework='torch' gives them new ones"),
        ({"max_length": 600}, "max_length is 600, but this model has positions for 512"),
        ({"freeze": 3}, "freeze is 3, but this encoder has 2 layers"),
    ],
)
def test_what_it_cannot_do(parameters, message, data):
    with pytest.raises(ValueError, match=message):
        keras(**parameters).fit(*data)
    with pytest.raises(ValueError, match="the layers of ALBERT share their weights"):
        keras("albert", freeze=1).fit(*data)


def test_unknown_labels(data):
    with pytest.raises(LabelError, match="class_weight names the unknown labels 'x'"):
        keras(class_weight={"x": 2.0}).fit(*data)


@pytest.mark.slow
def test_conformance():
    tagger = keras("distilbert", head="logreg", C=10.0)
    reason = "a text's float32 vector differs in its last bit with the batch it is in"
    results = check_text_estimator(tagger, expected_failed_checks={"check_weight_repeats": reason})
    assert {result["status"] for result in results} <= {"passed", "xfail"}
