"""Files of weights: within their directory, and names behind those of wrappers."""

import json

import pytest

from skmultitext.transformer._checkpoints import (
    check_finite,
    check_weights,
    find_prefix,
    refuse_adapters,
    weight_files,
)


@pytest.mark.parametrize("shard", ["../a.safetensors", "/etc/passwd", "a/b", "..\\a", "..", ""])
def test_an_index_leads_to_files_beside_it_only(tmp_path, shard):
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": shard}}))
    (tmp_path.parent / "a.safetensors").write_bytes(b"")
    with pytest.raises(ValueError, match=r"index\.json is damaged: weight_map must name files"):
        weight_files(tmp_path)
    (tmp_path / "model.safetensors.index.json").rename(tmp_path / "pytorch_model.bin.index.json")
    with pytest.raises(ValueError, match=r"index\.json is damaged: weight_map must name files"):
        check_weights(tmp_path, allow_pickle_weights=True)


def test_an_adapter_is_no_checkpoint(tmp_path):
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(ValueError, match=r"holds only a PEFT adapter.* merge_and_unload"):
        check_weights(tmp_path)


@pytest.mark.parametrize(
    ("names", "prefix"),
    [
        (["a.w", "b.w"], ""),
        (["bert.a.w", "bert.b.w", "head.w"], ""),
        (["module.a.w", "module.b.w"], "module."),
        (["module.model.bert.a.w", "module.model.bert.b.w"], "module.model."),
        (["base_model.model.a.w", "other.w"], "base_model.model."),
        (["student.a.w"], ""),
    ],
)
def test_prefixes(names, prefix):
    assert find_prefix(names, {"a.w", "b.w"}, "bert.") == prefix


def test_adapters_and_numbers(tmp_path):
    refuse_adapters(tmp_path, ["a.weight"])
    with pytest.raises(ValueError, match="merge_and_unload"):
        refuse_adapters(tmp_path, ["a.base_layer.weight"])
    check_finite(tmp_path, "a", 0)
    with pytest.raises(ValueError, match=r"NaN or infinite weights \(2 in a\)"):
        check_finite(tmp_path, "a", 2)
