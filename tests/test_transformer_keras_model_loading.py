"""Backbones of KerasHub from directories of transformers."""

import json

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")
pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
pytest.importorskip("keras_hub", reason="needs KerasHub (extra 'transformers-tf')")

import transformer_toys as toys
from transformers import AutoModel

from skmultitext.transformer._frameworks import quiet_transformers
from skmultitext.transformer.keras._model import (
    BACKBONES,
    backbone_class,
    grow_vocabulary,
    layer_settings,
)
from skmultitext.transformer.keras._model import load_backbone as load


def load_backbone(path):
    """Load in float32."""
    return load(path, "float32", np.random.RandomState(0))


@pytest.mark.parametrize("model_type", BACKBONES)
def test_bare_encoders_and_those_with_a_prefix_are_read_alike(model_type, tmp_path):
    path = toys.make_checkpoint(tmp_path / "headed", model_type, classifier_labels=["a", "b"])
    with quiet_transformers():
        AutoModel.from_pretrained(path).save_pretrained(tmp_path / "bare")
        headed = load_backbone(path)
        bare = load_backbone(tmp_path / "bare")
    for one, other in zip(bare.weights, headed.weights, strict=True):
        if "pooled" not in one.path:
            np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert sorted(p.name for p in toys.checkpoint(model_type).iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]


@pytest.mark.parametrize("model_type", ["xlnet", "modernbert"])
def test_another_architecture_names_those_there_are(model_type):
    message = f"model type '{model_type}' of this checkpoint; it supports bert, .*framework='torch'"
    with pytest.raises(ValueError, match=message):
        backbone_class(model_type)
    with pytest.raises(ValueError, match=message):
        toys.tiny(model_type, framework="tensorflow").fit(*toys.make_texts(8))


def test_weights_that_lack_a_part(tmp_path):
    from safetensors.numpy import load_file, save_file

    path = toys.make_checkpoint(tmp_path)
    weights = load_file(path / "model.safetensors")
    weights.pop("embeddings.LayerNorm.weight")
    save_file(weights, path / "model.safetensors")
    with pytest.raises(ValueError, match="KerasHub cannot read the checkpoint"):
        load_backbone(path)


@pytest.mark.parametrize("model_type", ["bert", "albert"])
def test_a_pooler_that_the_checkpoint_lacks_is_drawn(model_type, tmp_path):
    from safetensors.numpy import load_file, save_file

    path = toys.make_checkpoint(tmp_path, model_type)
    whole = load_backbone(path)
    weights = load_file(path / "model.safetensors")
    weights = {name: w for name, w in weights.items() if not name.startswith("pooler")}
    save_file(weights, path / "model.safetensors")
    one, same = load_backbone(path), load_backbone(path)
    for a, b, c in zip(one.weights, same.weights, whole.weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
        if "pooled" not in c.path:
            np.testing.assert_array_equal(a.numpy(), c.numpy())
    assert 0.01 < one.get_layer("pooled_dense").kernel.numpy().std() < 0.03


@pytest.mark.parametrize("bare", [True, False])
def test_weights_in_shards(bare, tmp_path):
    from safetensors.numpy import load_file, save_file

    labels = None if bare else ["a", "b"]
    path = toys.make_checkpoint(tmp_path, "distilbert", classifier_labels=labels)
    whole = load_backbone(path)
    weights = load_file(path / "model.safetensors")
    (path / "model.safetensors").unlink()
    shards = {"model-1.safetensors": {}, "model-2.safetensors": {}}
    weight_map = {}
    for i, (name, weight) in enumerate(sorted(weights.items())):
        file = f"model-{1 + i % 2}.safetensors"
        shards[file][name] = weight
        weight_map[name] = file
    for file, part in shards.items():
        save_file(part, path / file)
    index = path / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    for a, b in zip(load_backbone(path).weights, whole.weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_further_tokens_get_embeddings():
    old = load_backbone(toys.checkpoint())
    n_tokens = old.vocabulary_size
    new = grow_vocabulary(old, n_tokens + 2, np.random.RandomState(0))
    assert (new.vocabulary_size, old.vocabulary_size) == (n_tokens + 2, n_tokens)
    for a, b in zip(new.weights, old.weights, strict=True):
        np.testing.assert_array_equal(a.numpy()[: len(b.numpy())], b.numpy())
    drawn = new.token_embedding.embeddings.numpy()[n_tokens:]
    assert 0.01 < drawn.std() < 0.03


def test_settings_that_kerashub_takes_for_granted():
    assert layer_settings({"hidden_act": "gelu", "layer_norm_eps": 1e-5}) == {
        "tanh_gelu": False,
        "epsilon": 1e-5,
    }
    assert layer_settings({"activation": "gelu_new"}) == {"tanh_gelu": True, "epsilon": 1e-12}
    with pytest.raises(ValueError, match=r"activation 'relu'; .* has gelu, .*framework='torch'"):
        layer_settings({"hidden_act": "relu"})
    with pytest.raises(ValueError, match=r"is_decoder=true, a causal network, .*framework='torch'"):
        layer_settings({"hidden_act": "gelu", "is_decoder": True})


def test_pickled_weights_are_not_read(tmp_path):
    path = toys.make_checkpoint(tmp_path)
    (path / "model.safetensors").rename(path / "pytorch_model.bin")
    with pytest.raises(ValueError, match="has no safetensors files, and KerasHub reads no others"):
        load_backbone(path)
    with pytest.raises(ValueError, match="a pickle, which can run any code when it is read"):
        toys.tiny(framework="tensorflow").set_params(checkpoint=path).fit(*toys.make_texts(8))
    tagger = toys.tiny(framework="tensorflow", allow_pickle_weights=True)
    with pytest.raises(ValueError, match=r"KerasHub reads no others. Set framework='torch'"):
        tagger.set_params(checkpoint=path).fit(*toys.make_texts(8))
