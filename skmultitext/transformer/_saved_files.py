"""The small files of a stored network: pack and unpack them, and remove what would run code."""

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._runtime.messages import shown
from ..neural._network import check_plain

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedTokenizerBase

__all__ = ["check_saved_files", "pack_tokenizer", "unpack_files"]

# JSON and text, which a tokenizer reads without running anything
_FILES = {
    "added_tokens.json",
    "chat_template.jinja",
    "config.json",
    "merges.txt",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
    "vocab.txt",
}
# entries that make transformers fetch or run foreign code
_LEFT_OUT = {
    "attn_implementation",
    "_attn_implementation",
    "_attn_implementation_internal",
    "auto_map",
    "experts_implementation",
    "_experts_implementation",
    "_experts_implementation_internal",
    "custom_pipelines",
    "quantization_config",
}
_LABELS = ("id2label", "label2id")


def pack_tokenizer(
    tokenizer: "PreTrainedTokenizerBase", config: "PretrainedConfig | None" = None
) -> dict[str, bytes]:
    """Return the contents of the tokenizer's files, and of config.json, by file name."""
    with tempfile.TemporaryDirectory() as directory:
        if config is not None:
            config.save_pretrained(directory)
        tokenizer.save_pretrained(directory)
        files = (file for file in Path(directory).rglob("*") if file.is_file())
        return {file.relative_to(directory).as_posix(): file.read_bytes() for file in files}


def unpack_files(files: dict[str, bytes], directory: Path) -> None:
    """Write what `pack_tokenizer` returned to a directory."""
    for name, content in files.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def check_saved_files(files: dict[str, bytes], n_weights: int) -> dict[str, bytes]:
    """Check the small files of a network, and remove entries that would run code."""
    for name in sorted(files.keys() - _FILES):
        raise ValueError(
            f"the tokenizer has the file {shown(name)}, which is not saved; use a checkpoint with "
            f"tokenizer.json, or keep this tagger with joblib"
        )
    checked = dict(files)
    for name in ("config.json", "tokenizer_config.json"):
        if name in files:
            config = _without_code(json.loads(files[name]))
            if name == "config.json":
                rest = {key: value for key, value in config.items() if key not in _LABELS}
                check_plain(rest, n_weights)
            checked[name] = json.dumps(config, indent=2).encode("ascii")
    return checked


def _without_code(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_code(v) for k, v in value.items() if k not in _LEFT_OUT}
    return [_without_code(v) for v in value] if isinstance(value, list) else value
