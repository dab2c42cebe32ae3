"""The small files of a network in a saved model: which ones, and nothing in them that runs code."""

import json

from ..neural._network import check_plain

__all__ = ["check_saved_files"]

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
# entries by which transformers fetches or runs code that is not its own
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


def check_saved_files(files, n_weights):
    """Check the small files of a network, and take out what would run code.

    Parameters
    ----------
    files : dict of {str: bytes}
        What `pack_tokenizer` gave; not trusted when it comes from a file.
    n_weights : int
        Number of weight arrays of the network.

    Returns
    -------
    dict of {str: bytes}
        The files.

    Raises
    ------
    ValueError
        If there is a file that cannot be saved, or a configuration is not one.
    """
    for name in sorted(files.keys() - _FILES):
        raise ValueError(
            f"the tokenizer has the file {name!r}, which is not saved; use a checkpoint with "
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


def _without_code(value):
    if isinstance(value, dict):
        return {k: _without_code(v) for k, v in value.items() if k not in _LEFT_OUT}
    return [_without_code(v) for v in value] if isinstance(value, list) else value
