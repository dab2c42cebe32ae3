"""Directories of pretrained models: find them, and say what is missing before anything loads."""

import json
import os
import re
import warnings
from pathlib import Path

from .._labels import listing
from .._optional import require

__all__ = ["find_checkpoint", "kept_labels", "read_config"]

_WEIGHTS = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json")
_TOKENIZERS = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "spm.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
)
_GENERIC = re.compile(r"LABEL_\d+")
_WANTED = ["*.json", "*.txt", "*.model", "*.safetensors"]


def find_checkpoint(checkpoint, *, allow_pickle_weights=False):
    """Find the directory of a pretrained model and check that it is whole.

    Parameters
    ----------
    checkpoint : str or os.PathLike
        A local directory, or the name of a model on the Hugging Face hub, which is downloaded
        into the cache of `huggingface_hub`, or taken from there.
    allow_pickle_weights : bool, default=False
        Whether weights may come from ``pytorch_model.bin``, which can run any code.

    Returns
    -------
    pathlib.Path
        The directory.

    Raises
    ------
    ValueError
        If there is no such directory or model, or a file is missing or not whole.
    """
    path = Path(os.path.expanduser(checkpoint))
    if not path.is_dir():
        path = _download(checkpoint, path, allow_pickle_weights)
    read_config(path)
    _check_weights(path, allow_pickle_weights)
    if not any((path / name).is_file() for name in _TOKENIZERS):
        raise ValueError(
            f"The checkpoint {path} has no tokenizer: none of {', '.join(_TOKENIZERS)} is there. "
            f"Write it with tokenizer.save_pretrained({str(path)!r}), or copy these files from "
            f"where the model came from."
        )
    return path


def read_config(path):
    """Read ``config.json`` of a checkpoint.

    Parameters
    ----------
    path : pathlib.Path
        The directory.

    Returns
    -------
    dict
        Its content.

    Raises
    ------
    ValueError
        If it is missing, or no configuration of a model.
    """
    file = path / "config.json"
    if not file.is_file():
        raise ValueError(
            f"The directory {path} is no checkpoint: config.json is missing. Pass a directory "
            f"that model.save_pretrained has written, or the name of a model on the hub."
        )
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
        config["model_type"]
    except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise ValueError(
            f"{file} is damaged or names no model_type ({error!r}). Copy or download it again."
        ) from error
    return config


def kept_labels(config, names):
    """Find out whether the head of a checkpoint serves the labels; warn where it does not.

    Parameters
    ----------
    config : dict
        What `read_config` gave.
    names : list of str
        The labels wanted.

    Returns
    -------
    list of str or None
        The same labels in the order of the head; None where there is no such head.
    """
    has_head = any("ForSequenceClassification" in a for a in config.get("architectures") or ())
    if not has_head:
        return None
    by_id = config.get("id2label") or {0: "LABEL_0", 1: "LABEL_1"}
    theirs = [str(name) for _, name in sorted(by_id.items(), key=lambda item: int(item[0]))]
    if all(_GENERIC.fullmatch(name) for name in theirs) and len(theirs) == len(names):
        return names
    if sorted(theirs) == sorted(names):
        return theirs
    warnings.warn(
        f"The head of the checkpoint knows {len(theirs)} labels ({listing(theirs, 5)}), y has "
        f"{len(names)} ({listing(names, 5)}): its last layer is replaced by a new one.",
        UserWarning,
        stacklevel=2,
    )
    return None


def _download(checkpoint, path, allow_pickle_weights):
    """Fetch a model of the hub into the cache, or find it there."""
    name = os.fspath(checkpoint)
    if path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1 or "\\" in name:
        what = "is a file, not a directory" if path.exists() else "does not exist"
        raise ValueError(
            f"checkpoint is {name!r}, which {what}. Pass a directory with config.json, "
            f"{_WEIGHTS} and the files of a tokenizer, or the name of a model on the hub."
        )
    hub = require("huggingface_hub", "A checkpoint from the hub")
    wanted = [*_WANTED, "*.bin"] if allow_pickle_weights else _WANTED
    try:
        return Path(hub.snapshot_download(name, allow_patterns=wanted, ignore_patterns=["*/*"]))
    except (OSError, ValueError, hub.errors.HfHubHTTPError) as error:
        # the error of the hub client: there is no such name, no network, or offline mode
        raise ValueError(
            f"checkpoint is {name!r}: there is no such directory, and the hub cannot be reached "
            f"or has no such model ({type(error).__name__}). The files needed are config.json, "
            f"{_WEIGHTS} and those of the tokenizer. Get them on a machine with network by: "
            f"hf download {name} --local-dir DIRECTORY, and pass that directory."
        ) from error


def _check_weights(path, allow_pickle_weights):
    """Refuse a directory without weights, with half of them, or with pickled ones only."""
    if (path / _WEIGHTS).is_file():
        _check_safetensors(path / _WEIGHTS)
        return
    if (path / _INDEX).is_file():
        try:
            shards = set(json.loads((path / _INDEX).read_text("utf-8"))["weight_map"].values())
        except (ValueError, KeyError, AttributeError) as error:
            raise ValueError(f"{path / _INDEX} is damaged. Copy or download it again.") from error
        for shard in sorted(shards):
            if not (path / shard).is_file():
                raise ValueError(
                    f"The checkpoint {path} is not whole: {shard} is missing, which {_INDEX} "
                    f"lists. Copy or download it again."
                )
            _check_safetensors(path / shard)
        return
    pickled = [name for name in _PICKLED if (path / name).is_file()]
    if pickled and allow_pickle_weights:
        return
    if pickled:
        raise ValueError(
            f"The checkpoint {path} has its weights in {pickled[0]} only, a pickle that can run "
            f"any code when it is read; {_WEIGHTS} is missing. Get that file, or set "
            f"allow_pickle_weights=True if you trust where it came from."
        )
    raise ValueError(
        f"The checkpoint {path} has no weights: {_WEIGHTS} is missing. Write it with "
        f"model.save_pretrained, or download it again."
    )


def _check_safetensors(file):
    """Compare the size of a file with what its header says: half a file is told apart at once."""
    size = file.stat().st_size
    try:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if length > size:
                raise ValueError("its header is cut off")
            header = json.loads(stream.read(length))
        ends = [entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__"]
        expected = 8 + length + max(ends, default=0)
        if size != expected:
            raise ValueError(f"it has {size} bytes of {expected}")
    except (ValueError, KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
        raise ValueError(
            f"{file} is damaged or half-written: {error}. Copy or download it again."
        ) from error
