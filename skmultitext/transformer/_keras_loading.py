"""KerasHub backbones from the directories that transformers writes."""

import json
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from .._optional import require
from ._checkpoints import read_config

__all__ = ["BACKBONES", "backbone_class", "grow_vocabulary", "layer_settings", "load_backbone"]
__all__ += ["load_head"]

# model type -> (class of KerasHub, prefix of the weights in checkpoints of the hub)
BACKBONES = {
    "bert": ("BertBackbone", "bert."),
    "distilbert": ("DistilBertBackbone", "distilbert."),
    "roberta": ("RobertaBackbone", "roberta."),
    "xlm-roberta": ("XLMRobertaBackbone", "roberta."),
    "albert": ("AlbertBackbone", "albert."),
}
# layers that KerasHub wants and that checkpoints of language models may lack
_POOLERS = {"bert": "pooler.dense", "albert": "pooler"}
# dense layers of the heads of transformers, from the pooled vector to the logits
_HEADS = {
    "bert": ("classifier",),
    "distilbert": ("pre_classifier", "classifier"),
    "roberta": ("classifier.dense", "classifier.out_proj"),
    "xlm-roberta": ("classifier.dense", "classifier.out_proj"),
    "albert": ("classifier",),
}
# activation of transformers -> whether it is the GELU by tanh
_GELUS = {"gelu": False, "gelu_new": True, "gelu_fast": True, "gelu_pytorch_tanh": True}
# scale of new weights, as transformers draws them
_SCALE = 0.02


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


def layer_settings(config):
    """Find what KerasHub takes for granted and a checkpoint may have otherwise.

    Parameters
    ----------
    config : dict
        Content of ``config.json``.

    Returns
    -------
    dict
        "tanh_gelu" (bool) and "epsilon" (float) of the normalisations.

    Raises
    ------
    ValueError
        If the activation is no GELU.
    """
    activation = config.get("hidden_act", config.get("activation", "gelu"))
    if activation not in _GELUS:
        raise ValueError(
            f"The checkpoint has the activation {activation!r}; framework='tensorflow' has "
            f"{', '.join(_GELUS)}. Set framework='torch'."
        )
    return {"tanh_gelu": _GELUS[activation], "epsilon": config.get("layer_norm_eps", 1e-12)}


def load_backbone(path, dtype, random_state):
    """Load a backbone with its weights.

    Parameters
    ----------
    path : pathlib.Path
        Directory of a checkpoint, checked.
    dtype : str
        Policy of its layers, such as "float32" or "mixed_bfloat16".
    random_state : RandomState
        Draws the weights of a pooling layer that the checkpoint lacks.

    Returns
    -------
    keras.Model

    Raises
    ------
    ValueError
        If there is no backbone for this architecture, or it cannot be read.
    """
    config = read_config(path)
    model_type = config["model_type"]
    cls = backbone_class(model_type)
    options = {"dtype": dtype}
    if "hidden_dropout_prob" in config:  # which KerasHub reads for some architectures only
        options["dropout"] = config["hidden_dropout_prob"]
    with _hub_layout(path, config, random_state) as directory:
        try:
            backbone = cls.from_preset(str(directory), **options)
        except Exception as error:  # KerasHub raises whatever it meets
            raise ValueError(
                f"KerasHub cannot read the checkpoint {path}: {error}. Set framework='torch'."
            ) from error
    if model_type == "roberta":
        _add_segment(backbone, path)
    return backbone


def grow_vocabulary(backbone, n_tokens, random_state):
    """Give a backbone embeddings of further tokens.

    Parameters
    ----------
    backbone : keras.Model
        The backbone; it is left as it is.
    n_tokens : int
        Number of tokens, more than it has.
    random_state : RandomState
        Draws the new embeddings.

    Returns
    -------
    keras.Model
        A backbone of the same weights but for those embeddings.
    """
    grown = type(backbone).from_config({**backbone.get_config(), "vocabulary_size": n_tokens})
    for weight, source in zip(grown.weights, backbone.weights, strict=True):
        value = source.numpy()
        if weight.shape != source.shape:
            new = random_state.normal(scale=_SCALE, size=weight.shape).astype(value.dtype)
            new[: len(value)] = value
            value = new
        weight.assign(value)
    return grown


def load_head(path, layers, kept, label_names):
    """Give a head of the architecture's own form the weights of the checkpoint's head.

    Parameters
    ----------
    path : pathlib.Path
        Directory of a checkpoint, checked.
    layers : list of keras.layers.Dense
        The layers of the head, from the pooled vector to the logits; they are changed.
    kept : list of str or None
        Labels of the checkpoint's last layer; None where that is not to be used.
    label_names : list of str
        The labels.
    """
    names = _HEADS[read_config(path)["model_type"]]
    for layer, name in zip(layers, names, strict=True):
        weight, bias = (_find(path, name + suffix) for suffix in (".weight", ".bias"))
        is_last = name == names[-1]
        if weight is None or bias is None or (is_last and kept is None):
            continue
        if is_last:
            order = [kept.index(label) for label in label_names]
            weight, bias = weight[order], bias[order]
        layer.kernel.assign(weight.T)
        layer.bias.assign(bias)


def _add_segment(backbone, path):
    """Add to the positions the one segment of RoBERTa, which KerasHub leaves out."""
    segments = _find(path, "embeddings.token_type_embeddings.weight")
    if segments is not None:
        positions = backbone.embeddings.position_embedding.position_embeddings
        positions.assign(positions.numpy() + segments[:1])


def _weight_files(path):
    """List the files of the weights, as `find_checkpoint` chooses them."""
    file, index = path / "model.safetensors", path / "model.safetensors.index.json"
    if file.is_file():
        return [file]
    if not index.is_file():
        raise ValueError(
            f"The checkpoint {path} has no safetensors, and KerasHub reads nothing else. Set "
            f"framework='torch'."
        )
    return [path / name for name in sorted(set(_weight_map(index).values()))]


def _weight_map(index):
    return json.loads(index.read_text("utf-8"))["weight_map"]


def _tensors(path, wanted=lambda name: True):
    """Read the tensors of a checkpoint whose names are wanted."""
    from safetensors import safe_open

    found = {}
    for file in _weight_files(path):
        with safe_open(file, "np") as tensors:
            found.update({n: tensors.get_tensor(n) for n in list(tensors.keys()) if wanted(n)})
    return found


def _names(path):
    from safetensors import safe_open

    names = set()
    for file in _weight_files(path):
        with safe_open(file, "np") as tensors:
            names.update(tensors.keys())
    return names


def _find(path, name):
    """Read the tensor of that name, whatever stands before it; None where there is none."""
    found = _tensors(path, lambda other: other == name or other.endswith("." + name))
    return next(iter(found.values()), None)


@contextmanager
def _hub_layout(path, config, random_state):
    """Give the directory, or where its weights lack the prefix or the pooler a copy that has it."""
    from safetensors.numpy import save_file

    model_type = config["model_type"]
    prefix, pooler = BACKBONES[model_type][1], _POOLERS.get(model_type)
    names = _names(path)
    has_prefix = any(name.startswith(prefix) for name in names)
    has_pooler = pooler is None or any(name.endswith(f"{pooler}.weight") for name in names)
    if has_prefix and has_pooler:
        yield path
        return
    before = "" if has_prefix else prefix
    weights = {before + name: tensor for name, tensor in _tensors(path).items()}
    if not has_pooler:
        size = config["hidden_size"]
        weight = random_state.normal(scale=_SCALE, size=(size, size)).astype("float32")
        weights[f"{prefix}{pooler}.weight"] = weight
        weights[f"{prefix}{pooler}.bias"] = weight[0] * 0
    with tempfile.TemporaryDirectory() as directory:
        shutil.copy(path / "config.json", directory)
        save_file(weights, Path(directory) / "model.safetensors")
        del weights
        yield Path(directory)
