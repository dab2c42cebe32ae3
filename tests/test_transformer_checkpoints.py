"""Directories of checkpoints: what is missing is said, by name, before anything loads."""

import json
import shutil

import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import transformer_toys as toys

from skmultitext.transformer._checkpoints import find_checkpoint, read_config


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(toys.checkpoint(), tmp_path / "model")


def test_a_whole_checkpoint_is_found(copy):
    assert find_checkpoint(copy) == copy
    assert find_checkpoint(str(copy)) == copy
    assert read_config(copy)["model_type"] == "bert"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("config.json", "is not a checkpoint: config.json is missing. Pass a directory"),
        ("model.safetensors", "has no weights: model.safetensors is missing"),
        ("tokenizer.json", "has no tokenizer: none of tokenizer.json, vocab.txt"),
    ],
)
def test_a_missing_file_is_named(copy, name, message):
    (copy / name).unlink()
    with pytest.raises(ValueError, match=message):
        find_checkpoint(copy)


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}'])
def test_a_damaged_configuration(copy, content):
    (copy / "config.json").write_text(content)
    with pytest.raises(ValueError, match=r"config\.json is damaged or has no model_type"):
        find_checkpoint(copy)


@pytest.mark.parametrize("size", [0, 4, 100, -1000])
def test_half_written_weights(copy, size):
    file = copy / "model.safetensors"
    content = file.read_bytes()
    file.write_bytes(content[:size])
    with pytest.raises(ValueError, match=r"model\.safetensors is damaged or half-written: .*again"):
        find_checkpoint(copy)


def test_shards(copy):
    (copy / "model.safetensors").rename(copy / "model-1.safetensors")
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (copy / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match=r"is incomplete: model-2\.safetensors, .* is missing"):
        find_checkpoint(copy)
    shutil.copy(copy / "model-1.safetensors", copy / "model-2.safetensors")
    assert find_checkpoint(copy) == copy
    (copy / "model.safetensors.index.json").write_text("{}")
    with pytest.raises(ValueError, match=r"index\.json is damaged"):
        find_checkpoint(copy)


def test_pickled_weights_only_on_request(copy):
    (copy / "model.safetensors").unlink()
    (copy / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(
        ValueError, match=r"only in pytorch_model\.bin, a pickle.*allow_pickle_weights"
    ):
        find_checkpoint(copy)
    assert find_checkpoint(copy, allow_pickle_weights=True) == copy


@pytest.mark.parametrize("name", ["./nowhere", "a/b/c", "/nowhere/at/all", "~/nowhere-at-all"])
def test_a_directory_that_is_not_there(name):
    with pytest.raises(ValueError, match=r"does not exist. Pass a directory with config.json"):
        find_checkpoint(name)


def test_a_file_is_no_directory(copy):
    with pytest.raises(ValueError, match="which is a file, not a directory"):
        find_checkpoint(copy / "config.json")


@pytest.mark.parametrize("name", ["distilbert-base-uncased", "someone/some-model", "no such name"])
def test_offline_a_name_of_the_hub_says_how_to_get_it(name, monkeypatch, tmp_path):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match=rf"(?s)is '{name}': .*model\.safetensors.*hf download"):
        find_checkpoint(name)
