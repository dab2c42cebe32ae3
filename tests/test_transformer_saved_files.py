"""The small files of a network in a saved model: data only."""

import json
from pathlib import Path

import pytest

from skmultitext.neural._network import check_plain
from skmultitext.transformer._saved_files import check_saved_files, pack_tokenizer, unpack_files
from skmultitext.transformer._tokenizers import load_tokenizer

CONFIG = {
    "model_type": "bert",
    "num_hidden_layers": 2,
    "hidden_size": 32,
    "layer_norm_eps": 1e-12,
    "id2label": {str(i): "class_name" for i in range(50)},
    "label2id": {"class_name": 0, "module": 1},
}


def check(config, n_weights=40):
    files = {"config.json": json.dumps(config).encode(), "tokenizer.json": b"{}"}
    checked = check_saved_files(files, n_weights)
    assert checked["tokenizer.json"] == b"{}"
    return json.loads(checked["config.json"])


def test_a_configuration_stays_as_it_is():
    assert check(CONFIG) == CONFIG


@pytest.mark.parametrize(
    "name", ["auto_map", "attn_implementation", "_attn_implementation", "quantization_config"]
)
def test_what_would_run_code_is_taken_out(name):
    assert check({**CONFIG, name: "someone/kernels", "text_config": {name: 1, "a": 2}}) == {
        **CONFIG,
        "text_config": {"a": 2},
    }
    files = {"tokenizer_config.json": json.dumps({name: "x", "model_max_length": 9}).encode()}
    checked = json.loads(check_saved_files(files, 9)["tokenizer_config.json"])
    assert checked == {"model_max_length": 9}


@pytest.mark.parametrize("name", ["spiece.model", "../tokenizer.json", "modeling.py", "a.pkl"])
def test_other_files_are_refused(name):
    with pytest.raises(ValueError, match=r"has the file .*, which is not saved; use a checkpoint"):
        check_saved_files({name: b""}, 9)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"num_hidden_layers": 41}, "num_hidden_layers is 41 for 40 weights"),
        ({"n_layer": 10**9}, "n_layer is 1000000000 for 40 weights"),
        ({"text_config": {"n_layers": 10**9}}, "n_layers is 1000000000 for 40 weights"),
        ({"layer_types": ["full"] * 41}, "layer_types has 41 entries for 40 weights"),
        ({"dtype": {"module": "os", "class_name": "system"}}, "dtype names a class"),
        ({"head_layers": (1, {"registered_name": "x"})}, "head_layers names a class"),
        ({"a": object()}, "a is a object"),
    ],
)
def test_configurations_that_are_not_plain(config, message):
    # max_window_layers of Qwen2 is a bound, not a number of layers
    check_plain(CONFIG | {"id2label": None, "label2id": None, "max_window_layers": 99}, 40)
    with pytest.raises(ValueError, match=message):
        check_plain(config, 40)


@pytest.mark.parametrize("model_type", ["bert", "roberta", "xlnet"])
def test_what_comes_out_is_what_went_in(tmp_path, model_type):
    pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
    toys = pytest.importorskip(
        "transformer_toys", reason="needs transformers (extra 'transformers')"
    )
    tokenizer = load_tokenizer(toys.checkpoint(model_type), ["[URL]"])
    files = pack_tokenizer(tokenizer)
    assert all(isinstance(content, bytes) for content in files.values())
    unpack_files(files, Path(tmp_path))
    again = load_tokenizer(tmp_path)
    texts = ["late [URL] parcel", "", "where is it"]
    assert again(texts, padding=True) == tokenizer(texts, padding=True)
    assert again.padding_side == tokenizer.padding_side
    assert len(again) == len(tokenizer)
