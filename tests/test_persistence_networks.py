"""Saved neural taggers and transformers."""

import json
import shutil

import numpy as np
import pytest
from saved_models import loaded as loaded_parts
from saved_models import taken_apart
from sklearn.datasets import make_multilabel_classification
from test_persistence import assert_same, check_damaged, entry_of, rewrite_manifest, walk

import skmultitext
from skmultitext import FixedThresholdTagger, KerasHANTagger, KerasMLPTagger
from skmultitext.exceptions import ModelFileError
from skmultitext.neural._network import check_weights

pytestmark = pytest.mark.slow

TEXTS = ["refund my lamp. Now!", "my parcel is late", "late lamp, refund please", "hello"] * 10
SETS = [["refund"], ["delivery"], ["delivery", "refund"], []] * 10

# a head of a network's own, and one of scikit-learn's over a frozen network
TRANSFORMERS = {
    "torch": {"head_params": {"pooling": "attention", "head_layers": (4,)}},
    "torch logreg": {"head": "logreg"},
    "tensorflow": {"framework": "tensorflow", "head_params": {"pooling": "cls"}},
}


def forge(folder, change):
    """Change the tree of a saved model, and mend every SHA-256."""
    tree = json.loads((folder / "state.json").read_text())
    change(tree)
    (folder / "state.json").write_text(json.dumps(tree))
    manifest = json.loads((folder / "manifest.json").read_text())
    entry = entry_of((folder / "state.json").read_bytes())
    rewrite_manifest(folder, files={**manifest["files"], "state.json": entry})


def set_config(name, value):
    """A change of one entry of the configuration of the network."""

    def change(tree):
        found = [h for h, k in walk(tree) if isinstance(h, list) and h[0] == name and k == 1]
        assert found
        for item in found:
            item[1] = value

    return change


@pytest.fixture(scope="module")
def mlp(tmp_path_factory):
    """A fitted MLP, its data, and where it is saved."""
    pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    X, y = make_multilabel_classification(random_state=0)
    tagger = KerasMLPTagger((8, 4), dropout=0.1, max_epochs=2, random_state=0).fit(X, y)
    path = tmp_path_factory.mktemp("mlp") / "model"
    skmultitext.save(tagger, path)
    return tagger, X, y, path


def test_mlp(mlp, tmp_path):
    tagger, X, y, path = mlp
    loaded = skmultitext.load(path)
    assert_same(loaded, tagger, X)
    assert loaded.history_ == tagger.history_
    tagger = KerasMLPTagger((4,), random_state=np.random.RandomState(0)).partial_fit(X, y)
    skmultitext.save(tagger, tmp_path / "model.zip")
    loaded = skmultitext.load(tmp_path / "model.zip")
    assert_same(loaded.partial_fit(X, y), copy_by_pickle(tagger).partial_fit(X, y), X)


def copy_by_pickle(tagger):
    import pickle

    return pickle.loads(pickle.dumps(tagger))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_features", 10**9, "the weights have the shapes"),
        ("hidden_layer_sizes", [10**9, 4], "the weights have the shapes"),
        ("hidden_layer_sizes", [1] * 10**5, "hidden_layer_sizes has 100000 entries for 6 weights"),
        (
            "activation",
            {"$": "dict", "items": [["class_name", "Lambda"]]},
            "is a dict; it must be a str",
        ),
        ("activation", "no_such", "activation is 'no_such', which Keras does not know"),
        (
            "dropout",
            {"$": "name", "key": "skmultitext.mlp"},
            "is a function; it must be a number",
        ),
    ],
)
def test_a_forged_network_is_refused_before_it_is_built(mlp, tmp_path, name, value, message):
    shutil.copytree(mlp[3], tmp_path / "model")
    forge(tmp_path / "model", set_config(name, value))
    with pytest.raises(ModelFileError, match=message):
        skmultitext.load(tmp_path / "model")


def test_weights_that_fit_pass(mlp):
    network = mlp[0].network_
    check_weights(network.build, network.config, network.model.get_weights())
    with pytest.raises(ValueError, match="the weights have the shapes"):
        check_weights(network.build, network.config, network.model.get_weights()[::-1])


def test_text_networks(tmp_path):
    pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    tagger = KerasHANTagger(
        embedding_dim=4, units=3, max_epochs=1, n_oov_buckets=2, random_state=0
    ).fit(TEXTS, SETS)
    skmultitext.save(tagger, tmp_path / "model")
    loaded = skmultitext.load(tmp_path / "model")
    assert_same(loaded, tagger, [*TEXTS[:4], "", "stranger words. Two sentences"])
    assert loaded.vocabulary_ == tagger.vocabulary_
    forge(tmp_path / "model", too_many_buckets)
    with pytest.raises(ModelFileError, match="n_oov_buckets is 1000000000"):
        skmultitext.load(tmp_path / "model")


def too_many_buckets(tree):
    for holder, key in walk(tree):
        if key == "n_oov_buckets" and "words" in holder:
            holder[key] = 10**9


def test_a_logistic_regression_over_a_network_must_be_there(tmp_path):
    pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
    toys = pytest.importorskip(
        "transformer_toys", reason="needs transformers and PyTorch (extra 'transformers')"
    )
    tagger = toys.tiny("bert", head="logreg", head_params={"pooling": "cls"}).fit(TEXTS, SETS)
    tagger.classifier_ = None
    message = "classifier_ is missing, although the head of its network is 'logreg'"
    with pytest.raises(ModelFileError, match=message):
        loaded_parts(*taken_apart(tagger, checked=False))
    with pytest.raises(ValueError, match=message):
        skmultitext.save(tagger, tmp_path / "model")


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformers(tmp_path, name):
    pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
    toys = pytest.importorskip(
        "transformer_toys", reason="needs transformers and PyTorch (extra 'transformers')"
    )
    if name.startswith("tensorflow"):
        pytest.importorskip("keras_hub", reason="needs KerasHub (extra 'transformers-tf')")
    tagger = toys.tiny("bert", max_epochs=1, **TRANSFORMERS[name]).fit(TEXTS, SETS)
    wrapped = FixedThresholdTagger(tagger, threshold=0.3).fit(TEXTS[:8], SETS[:8])
    skmultitext.save(tagger, tmp_path / "model")
    loaded = skmultitext.load(tmp_path / "model")
    assert_same(loaded, tagger, TEXTS[:4])
    assert loaded.framework_ == tagger.framework_
    skmultitext.save(wrapped, tmp_path / "wrapped.zip")
    assert_same(skmultitext.load(tmp_path / "wrapped.zip"), wrapped, TEXTS[:4])
    folders = [f for f in (tmp_path / "model").iterdir() if f.name.startswith("transformer_")]
    assert {"model.safetensors", "tokenizer.json"} <= {f.name for f in folders[0].iterdir()}
    # a configuration that asks for more than the weights hold
    for file in folders[0].glob("config.json"):
        config = json.loads(file.read_text())
        for key, value in (("vocab_size", 10**10), ("num_hidden_layers", 10**9)):
            file.write_text(json.dumps(config | {key: value}))
            entries = json.loads((tmp_path / "model" / "manifest.json").read_text())["files"]
            entries[f"{folders[0].name}/config.json"] = entry_of(file.read_bytes())
            rewrite_manifest(tmp_path / "model", files=entries)
            assert check_damaged(tmp_path / "model") is None


def test_a_refused_network_leaves_no_weights_for_keras_to_allocate():
    """Keras would allocate them in the next scope of anybody, and fail there."""
    keras = pytest.importorskip("keras", reason="needs Keras (extra 'keras')")
    from skmultitext.neural._network import check_weights
    from skmultitext.neural.networks import mlp

    config = {"n_features": 10**9, "n_labels": 2, "hidden_layer_sizes": [8]}
    config |= {"activation": "relu", "dropout": 0.0, "precision": "float32"}
    with pytest.raises(ValueError, match="the weights have the shapes"):
        check_weights(mlp, config, [np.zeros((3, 8), np.float32)] * 4)

    class Probe(keras.layers.Layer):
        def call(self, inputs):
            return inputs

    assert Probe()(keras.Input((2,))).shape == (None, 2)
