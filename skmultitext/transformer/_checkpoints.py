"""Directories of pretrained models: find them, and check that their files are complete and safe."""

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from .._runtime.messages import listing, shown, warn_caller
from .._runtime.optional import require

__all__ = [
    "asks_for_own_head",
    "check_finite",
    "check_weights",
    "find_checkpoint",
    "find_prefix",
    "has_classifier",
    "kept_labels",
    "may_lack_pooler",
    "pickled_weights",
    "read_config",
    "read_labels",
    "read_tensors",
    "refuse_adapters",
    "settle_pooling",
    "tensor_names",
    "weight_files",
]

_WEIGHTS = "model.safetensors"
_TOKENIZERS = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "spm.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
)
# classes whose networks end in something other than the pooled first token
_WITHOUT_POOLER = re.compile("ForMaskedLM|LMHead|ForCausalLM|ForTokenClass|ForQuestionAnswering")
_GENERIC = re.compile(r"LABEL_\d+")
_WANTED = ["*.json", "*.txt", "*.model", "*.safetensors"]
_INDEX = "model.safetensors.index.json"
_PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json")
_ADAPTER = "adapter_config.json"
# prefixes that wrappers add to the names of weights: DataParallel, a module or Lightning module
# around the network, torch.compile, PEFT, sentence-transformers
_PREFIXES: tuple[str, ...] = (
    *("module.", "model.", "_orig_mod.", "base_model.", "auto_model.", "0.", "network."),
    *("net.", "backbone.", "encoder.", "transformer."),
)


def find_checkpoint(
    checkpoint: str | os.PathLike[str], *, allow_pickle_weights: bool = False
) -> Path:
    """Find the directory of a pretrained model and check that it is complete."""
    path = Path(os.path.expanduser(checkpoint))
    if not path.is_dir():
        path = _download(checkpoint, path, allow_pickle_weights)
    read_config(path)
    check_weights(path, allow_pickle_weights=allow_pickle_weights)
    if not any((path / name).is_file() for name in _TOKENIZERS):
        raise ValueError(
            f"The checkpoint {path} has no tokenizer: none of {', '.join(_TOKENIZERS)} is there. "
            f"Write it with tokenizer.save_pretrained({str(path)!r}), or copy these files from "
            f"where the model came from."
        )
    return path


def read_config(path: Path) -> dict[str, Any]:
    """Read ``config.json`` of a checkpoint."""
    file = path / "config.json"
    if not file.is_file():
        raise ValueError(
            f"The directory {path} is not a checkpoint: config.json is missing. Pass a directory "
            f"written by model.save_pretrained, or the name of a model on the hub."
        )
    try:
        config = json.loads(file.read_text(encoding="utf-8"), parse_constant=_refuse_nan)
        config["model_type"].lower()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{file} is damaged or has no model_type ({error!r}). Copy or download it again."
        ) from error
    return config


def asks_for_own_head(head: dict[str, Any]) -> bool:
    """Whether `head` asks for the head of the checkpoint's architecture."""
    is_plain = head["pooling"] == "cls" and not head["head_layers"]
    return is_plain and head.get("kind") != "logreg"


def settle_pooling(head: dict, pooling: str) -> dict:
    """Replace pooling "auto" in `head` by the one that suits the encoder."""
    if head["pooling"] != "auto":
        return head
    kind = head.get("kind", "dense") if pooling == "cls" else "dense"
    return {**head, "pooling": pooling, "kind": kind}


def kept_labels(config: dict[str, Any], names: list[str]) -> list[str] | None:
    """Return the labels of the checkpoint's head, or None with a warning if y has others."""
    if not has_classifier(config):
        return None
    theirs = read_labels(config)
    if all(_GENERIC.fullmatch(name) for name in theirs) and len(theirs) == len(names):
        return names
    if sorted(theirs) == sorted(names):
        return theirs
    warn_caller(
        f"The head of the checkpoint has {len(theirs)} labels ({listing(theirs, 5)}), y has "
        f"{len(names)} ({listing(names, 5)}): its last layer is replaced by a new one.",
    )
    return None


def has_classifier(config: dict) -> bool:
    """Whether the weights include a sequence classifier, according to ``config.json``."""
    return any("ForSequenceClassification" in name for name in config.get("architectures") or ())


def may_lack_pooler(config: dict) -> bool:
    """Whether the weights were written by a class without a pooling layer."""
    return any(_WITHOUT_POOLER.search(name) for name in config.get("architectures") or ())


def read_labels(config: dict) -> list[str]:
    """Read the label names of a classifier, in the order of its last layer."""
    by_id = config.get("id2label")
    if not by_id:
        count = config.get("num_labels", config.get("_num_labels", 2))
        by_id = {str(i): f"LABEL_{i}" for i in range(count)}
    numbers = sorted(by_id, key=lambda number: int(number) if number.isdecimal() else -1)
    names = [str(by_id[number]) for number in numbers]
    if numbers != [str(i) for i in range(len(names))]:
        raise ValueError(
            f"id2label of the checkpoint's config.json has the numbers {listing(numbers, 5)}; they "
            f"must be 0 to {len(names) - 1}, one per row of the last layer. Correct config.json."
        )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(
            f"id2label of the checkpoint's config.json has the name {shown(twice[0])} twice, but "
            f"label names must be unique. Rename one of them in config.json."
        )
    return names


def _refuse_nan(constant: str) -> float:
    if constant == "NaN":
        raise ValueError("it holds NaN")
    return float(constant)


def _download(checkpoint: str | os.PathLike[str], path: Path, allow_pickle_weights: bool) -> Path:
    """Download a model from the hub, or find it in the cache."""
    name = os.fspath(checkpoint)
    if path.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1 or "\\" in name:
        what = "is a file, not a directory" if path.exists() else "does not exist"
        raise ValueError(
            f"checkpoint is {shown(name)}, which {what}. Pass a directory with config.json, "
            f"{_WEIGHTS} and the files of a tokenizer, or the name of a model on the hub."
        )
    hub = require("huggingface_hub", "A checkpoint from the hub")
    wanted = [*_WANTED, "*.bin"] if allow_pickle_weights else _WANTED
    try:
        return Path(hub.snapshot_download(name, allow_patterns=wanted, ignore_patterns=["*/*"]))
    except (OSError, ValueError, hub.errors.HfHubHTTPError) as error:
        # there is no such model, no network, or offline mode is set
        raise ValueError(
            f"checkpoint is {shown(name)}: there is no such directory, and the hub cannot be "
            f"reached or has no such model ({type(error).__name__}). It needs config.json, "
            f"{_WEIGHTS} and the files of the tokenizer. On a machine with network, run: "
            f"hf download {name} --local-dir DIRECTORY, and pass that directory."
        ) from error


def check_weights(path: Path, *, allow_pickle_weights: bool = False) -> None:
    """Refuse a directory without weights, with incomplete ones, or with pickled ones only."""
    if (path / _WEIGHTS).is_file() or (path / _INDEX).is_file():
        for file in weight_files(path):
            _check_safetensors(file)
        return
    pickled = [name for name in _PICKLED if (path / name).is_file()]
    if pickled and allow_pickle_weights:
        pickled_weights(path)
        return
    if pickled:
        raise ValueError(
            f"The checkpoint {path} has its weights only in {pickled[0]}, a pickle, which can run "
            f"any code when it is read; {_WEIGHTS} is missing. Get that file, or set "
            f"allow_pickle_weights=True if you trust the source."
        )
    if (path / _ADAPTER).is_file():
        raise ValueError(
            f"The checkpoint {path} holds only a PEFT adapter, not the weights of a network. Merge "
            f"it into its base model with merge_and_unload(), and save that with save_pretrained."
        )
    raise ValueError(
        f"The checkpoint {path} has no weights: {_WEIGHTS} is missing. Write it with "
        f"model.save_pretrained, or download it again."
    )


def weight_files(path: Path) -> list[Path]:
    """List the safetensors files of a checkpoint."""
    if (path / _WEIGHTS).is_file():
        return [path / _WEIGHTS]
    return _listed(path, _INDEX) if (path / _INDEX).is_file() else []


def pickled_weights(path: Path) -> list[Path]:
    """List the pickled files of a checkpoint."""
    single, index = _PICKLED
    if (path / single).is_file():
        return [path / single]
    return _listed(path, index) if (path / index).is_file() else []


def tensor_names(path: Path) -> set[str]:
    """Read the names of the tensors in the safetensors files of a checkpoint."""
    from safetensors import safe_open

    names = set()
    for file in weight_files(path):
        with safe_open(file, "np") as tensors:
            names.update(tensors.keys())
    return names


def read_tensors(path: Path, wanted: Callable[[str], bool] = lambda name: True) -> dict:
    """Read tensors from the safetensors files of a checkpoint."""
    from safetensors import safe_open

    found = {}
    for file in weight_files(path):
        with safe_open(file, "np") as tensors:
            found.update({n: tensors.get_tensor(n) for n in list(tensors.keys()) if wanted(n)})
    return found


def find_prefix(names: Iterable[str], wanted: Iterable[str], base: str = "") -> str:
    """Find the prefix that a wrapper has added to the names of weights."""
    names, wanted = list(names), set(wanted)
    known = wanted | {base + name for name in wanted}
    known |= {name.removeprefix(base) for name in wanted}

    def count(prefix: str) -> int:
        return sum(n.startswith(prefix) and n[len(prefix) :] in known for n in names)

    best, most = "", count("")
    candidates = [""]
    while candidates:
        prefix = candidates.pop()
        for longer in (prefix + part for part in _PREFIXES):
            if any(name.startswith(longer) for name in names):
                candidates.append(longer)
                if count(longer) > most:
                    best, most = longer, count(longer)
    return best


def refuse_adapters(path: Path, names: Iterable[str]) -> None:
    """Refuse weights with low-rank adapters, which would not be added to them."""
    adapters = sorted(name for name in names if ".lora_" in name or ".base_layer." in name)
    if adapters:
        raise ValueError(
            f"The checkpoint {path} has weights of PEFT adapters ({adapters[0]}), which must "
            f"be merged first: call merge_and_unload() of the model, then save_pretrained."
        )


def check_finite(path: Path, name: str, n_wrong: int) -> None:
    """Refuse weights that are not finite."""
    if n_wrong:
        raise ValueError(
            f"The checkpoint {path} has NaN or infinite weights ({n_wrong} in {name}): its "
            f"training diverged, or the file is damaged. Use another checkpoint."
        )


def _listed(path: Path, index: str) -> list[Path]:
    """List the files that an index names, all in its directory."""
    try:
        shards = sorted(set(json.loads((path / index).read_text("utf-8"))["weight_map"].values()))
        plain = all(
            Path(s).name == s and s not in ("", ".", "..") and "\\" not in s for s in shards
        )
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"{path / index} is damaged. Copy or download it again.") from error
    if not plain or not shards:
        raise ValueError(
            f"{path / index} is damaged: weight_map must name files in the same directory, but "
            f"names {shards[:3]}. Copy or download it again."
        )
    for shard in shards:
        if not (path / shard).is_file():
            raise ValueError(
                f"The checkpoint {path} is incomplete: {shard}, which {index} lists, is missing. "
                f"Copy or download it again."
            )
    return [path / shard for shard in shards]


def _check_safetensors(file: Path) -> None:
    """Refuse a file whose size differs from what its header says."""
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
