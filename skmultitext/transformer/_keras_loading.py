"""KerasHub backbones from the directories that transformers writes."""

import json
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from .._optional import require
from ._checkpoints import read_config

__all__ = ["BACKBONES", "backbone_class", "load_backbone"]

# model type -> (class of KerasHub, prefix of the weights in checkpoints of the hub)
BACKBONES = {
    "bert": ("BertBackbone", "bert."),
    "distilbert": ("DistilBertBackbone", "distilbert."),
    "roberta": ("RobertaBackbone", "roberta."),
    "xlm-roberta": ("XLMRobertaBackbone", "roberta."),
    "albert": ("AlbertBackbone", "albert."),
}


def backbone_class(model_type):
    """Find the class of a backbone.

    Parameters
    ----------
    model_type : str
        As ``config.json`` of transformers has it.

    Returns
    -------
    type

    Raises
    ------
    ValueError
        If there is none for this architecture.
    MissingExtraError
        If KerasHub is not installed.
    """
    if model_type not in BACKBONES:
        raise ValueError(
            f"framework='tensorflow' has no network for checkpoints of the model type "
            f"{model_type!r}; it has {', '.join(BACKBONES)}. Set framework='torch'."
        )
    hub = require("keras_hub", "framework='tensorflow'")
    return getattr(hub.models, BACKBONES[model_type][0])


def load_backbone(path, dtype):
    """Load a backbone with its weights.

    Parameters
    ----------
    path : pathlib.Path
        Directory of a checkpoint, checked.
    dtype : str
        Policy of its layers, such as "float32" or "mixed_bfloat16".

    Returns
    -------
    keras.Model

    Raises
    ------
    ValueError
        If there is no backbone for this architecture, or it cannot be read.
    """
    model_type = read_config(path)["model_type"]
    cls = backbone_class(model_type)
    with _with_prefix(path, BACKBONES[model_type][1]) as directory:
        try:
            backbone = cls.from_preset(str(directory), dtype=dtype)
        except Exception as error:  # KerasHub raises whatever it meets
            raise ValueError(
                f"KerasHub cannot read the checkpoint {path}: {error}. Set framework='torch'."
            ) from error
    if model_type == "roberta":
        _add_segment(backbone, path)
    return backbone


def _add_segment(backbone, path):
    """Add to the positions the one segment of RoBERTa, which KerasHub leaves out."""
    from safetensors import safe_open

    for file in path.glob("*.safetensors"):
        with safe_open(file, "np") as tensors:
            for name in list(tensors.keys()):
                if name.endswith("embeddings.token_type_embeddings.weight"):
                    positions = backbone.embeddings.position_embedding.position_embeddings
                    positions.assign(positions.numpy() + tensors.get_tensor(name)[:1])


@contextmanager
def _with_prefix(path, prefix):
    """Give the directory, or where its weights lack the prefix a copy that has it."""
    from safetensors import safe_open
    from safetensors.numpy import save_file

    files = sorted(path.glob("*.safetensors"))
    if not files:
        raise ValueError(
            f"The checkpoint {path} has no safetensors, and KerasHub reads nothing else. Set "
            f"framework='torch'."
        )
    names = set()
    for file in files:
        with safe_open(file, "np") as tensors:
            names.update(tensors.keys())
    if any(name.startswith(prefix) for name in names):
        yield path
        return
    with tempfile.TemporaryDirectory() as directory:
        shutil.copy(path / "config.json", directory)
        for file in files:
            with safe_open(file, "np") as tensors:
                weights = {prefix + n: tensors.get_tensor(n) for n in list(tensors.keys())}
            save_file(weights, Path(directory) / file.name)
        index = path / "model.safetensors.index.json"
        if index.is_file():
            content = json.loads(index.read_text("utf-8"))
            content["weight_map"] = {prefix + n: f for n, f in content["weight_map"].items()}
            (Path(directory) / index.name).write_text(json.dumps(content), "utf-8")
        yield Path(directory)
