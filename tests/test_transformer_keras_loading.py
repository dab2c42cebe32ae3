"""Backbones of KerasHub from directories of transformers."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("tensorflow")
pytest.importorskip("keras_hub")

import transformer_toys as toys
from transformers import AutoModel

from skmultitext.transformer._isolation import quiet_transformers
from skmultitext.transformer._keras_loading import BACKBONES, backbone_class, load_backbone


@pytest.mark.parametrize("model_type", BACKBONES)
def test_bare_encoders_and_those_with_a_prefix_are_read_alike(model_type, tmp_path):
    path = toys.make_checkpoint(tmp_path / "headed", model_type, classifier_labels=["a", "b"])
    with quiet_transformers():
        AutoModel.from_pretrained(path).save_pretrained(tmp_path / "bare")
        headed = load_backbone(path, "float32")
        bare = load_backbone(tmp_path / "bare", "float32")
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
    message = f"model type '{model_type}'; it has bert, distilbert, .* Set framework='torch'"
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
        load_backbone(path, "float32")


def test_pickled_weights_are_not_read(tmp_path):
    path = toys.make_checkpoint(tmp_path)
    (path / "model.safetensors").rename(path / "pytorch_model.bin")
    with pytest.raises(ValueError, match="has no safetensors, and KerasHub reads nothing else"):
        load_backbone(path, "float32")
