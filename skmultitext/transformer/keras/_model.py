"""The network in Keras: a KerasHub backbone, read from a checkpoint, pooling, and a head."""

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._gate.types import AnyArray
from ..._runtime.generators import draw_seed
from ..._runtime.keras import all_layers, feedforward_layer, load_keras
from ..._runtime.messages import shown, warn_caller
from ..._runtime.optional import require
from .._checkpoints import (
    asks_for_own_head,
    check_finite,
    find_prefix,
    has_classifier,
    may_lack_pooler,
    read_config,
    read_tensors,
    refuse_adapters,
    tensor_names,
    weight_files,
)

if TYPE_CHECKING:
    import keras

__all__ = [
    "BACKBONES",
    "backbone_class",
    "by_text",
    "freeze",
    "grow_vocabulary",
    "layer_settings",
    "load_backbone",
    "load_head",
    "make_parts",
    "tagging_network",
    "uses_pooler",
]

# model type -> (class of KerasHub, prefix that KerasHub expects of the weight names)
BACKBONES = {
    "bert": ("BertBackbone", "bert."),
    "distilbert": ("DistilBertBackbone", "distilbert."),
    "roberta": ("RobertaBackbone", "roberta."),
    "xlm-roberta": ("XLMRobertaBackbone", "roberta."),
    "albert": ("AlbertBackbone", "albert."),
}
# poolers: required by KerasHub, but missing from checkpoints of some language models
_POOLERS = {"bert": "pooler.dense", "albert": "pooler"}
# weights that all of these encoders have; their names show the prefix of a checkpoint
_ANCHORS = ("embeddings.word_embeddings.weight", "embeddings.LayerNorm.weight")
# dense layers of each architecture's head in transformers, from pooled vector to logits
_HEADS = {
    "bert": ("classifier",),
    "distilbert": ("pre_classifier", "classifier"),
    "roberta": ("classifier.dense", "classifier.out_proj"),
    "xlm-roberta": ("classifier.dense", "classifier.out_proj"),
    "albert": ("classifier",),
}
# activation name in transformers -> whether it is the tanh approximation of GELU
_GELUS = {"gelu": False, "gelu_new": True, "gelu_fast": True, "gelu_pytorch_tanh": True}
# standard deviation of new weights, as in transformers
_SCALE = 0.02


def tagging_network(
    model_type: str,
    backbone_config: dict[str, Any],
    n_labels: int,
    head: dict[str, Any],
    layers: dict[str, Any],
    cls_is_last: bool,
    random_state: np.random.RandomState,
    backbone: "keras.Model | None" = None,
) -> "keras.Model":
    """Build the network from two models, body (backbone and pooling) and head."""
    keras = load_keras("framework='tensorflow'")
    if backbone is None:
        backbone = backbone_class(model_type).from_config(backbone_config)
    _settle_layers(backbone, **layers)
    inputs = {
        name: keras.Input((None,), dtype="int32", name=name) for name in _input_names(backbone)
    }
    output = backbone(inputs)
    if uses_pooler(model_type, head):
        pooled = output["pooled_output"]
    else:
        states = output["sequence_output"] if isinstance(output, dict) else output
        how, mask = head["pooling"], inputs["padding_mask"]
        if how == "cls" and cls_is_last and not asks_for_own_head(head):
            how = "last"
        pooled = _pool(how, states, mask, random_state)
    body = keras.Model(inputs, keras.layers.Identity(dtype="float32")(pooled), name="body")

    features = keras.Input((body.output_shape[-1],), dtype="float32")
    hidden = features
    for units, activation, before in _hidden_layers(model_type, head, body.output_shape[-1]):
        if before:
            hidden = _dropout(head, random_state)(hidden)
        hidden = _dense(units, random_state, activation)(hidden)
    hidden = _dropout(head, random_state)(hidden)
    top = keras.Model(features, _dense(n_labels, random_state)(hidden), name="head")
    return keras.Model(inputs, top(body(inputs)))


def by_text(model: "keras.Model", how: str) -> "keras.Model":
    """Extend a network of rows to texts of several rows (windows), whose logits it pools."""
    keras = load_keras("framework='tensorflow'")
    ops = keras.ops
    rows = keras.tree.map_structure(
        lambda x: keras.Input(x.shape[1:], dtype=x.dtype, name=x.name), model.input
    )
    owners = keras.Input((), dtype="int32", name="owners")
    logits = model(rows)

    def log_sum(values: Any) -> Any:
        highest = ops.stop_gradient(ops.segment_max(values, owners, sorted=True))
        shifted = ops.exp(values - ops.take(highest, owners, axis=0))
        return highest + ops.log(ops.segment_sum(shifted, owners, sorted=True))

    if how == "max":
        pooled = ops.segment_max(logits, owners, sorted=True)
    else:
        # logit of the mean probability: log sum p - log sum (1 - p); the number of windows cancels
        pooled = log_sum(ops.log_sigmoid(logits)) - log_sum(ops.log_sigmoid(-logits))
    return keras.Model([rows, owners], pooled)


def make_parts(model: "keras.Model") -> tuple["keras.Model", "keras.Model", "keras.Model"]:
    """Return body, head and backbone of a network."""
    body, head = model.get_layer("body"), model.get_layer("head")
    backbone = next(layer for layer in body.layers if hasattr(layer, "token_embedding"))
    return body, head, backbone


def freeze(
    backbone: "keras.Model", model_type: str, what: str | int, *, uses_pooler: bool = True
) -> None:
    """Freeze weights of a backbone; a backbone that is frozen completely gets no dropout."""
    backbone.trainable = True
    dropout = load_keras("framework='tensorflow'").layers.Dropout
    for layer in all_layers(backbone):
        if layer.name == "pooled_dense":
            layer.trainable = uses_pooler
        if isinstance(layer, dropout):
            layer.rate = 0.0 if what == "encoder" else backbone.dropout
    if what == "none":
        return
    if what == "encoder":
        backbone.trainable = False
        return
    for layer in backbone.layers:
        # ALBERT's projection of its small embeddings stays trainable, as in PyTorch
        if "embedding" in layer.name and "projection" not in layer.name:
            layer.trainable = False
    if what == "embeddings":
        return
    if model_type == "albert":
        raise ValueError(
            f"freeze is {what}, but the layers of ALBERT share their weights; pass 'none', "
            f"'embeddings' or 'encoder'."
        )
    if what > backbone.num_layers:
        raise ValueError(f"freeze is {what}, but this encoder has {backbone.num_layers} layers.")
    for layer in backbone.transformer_layers[:what]:
        layer.trainable = False


def uses_pooler(model_type: str, head: dict[str, Any]) -> bool:
    """Whether the head uses the backbone's own pooling layer."""
    return asks_for_own_head(head) and model_type in ("bert", "albert")


def _settle_layers(backbone: "keras.Model", tanh_gelu: bool, epsilon: float) -> None:
    """Set epsilon and GELU in the layers of a backbone as in the checkpoint."""
    import keras
    from keras_hub.layers import TransformerEncoder

    def gelu(x: Any) -> Any:
        return keras.activations.gelu(x, approximate=tanh_gelu)

    for layer in all_layers(backbone):
        if isinstance(layer, keras.layers.LayerNormalization):
            layer.epsilon = epsilon
        if isinstance(layer, TransformerEncoder):
            feedforward_layer(layer).activation = gelu


def _input_names(backbone: "keras.Model") -> list[str]:
    return sorted(tensor.name for tensor in backbone.inputs)


def _hidden_layers(model_type: str, head: dict[str, Any], size: int) -> list[tuple[int, str, bool]]:
    """List the hidden layers of the head: (units, activation, whether dropout precedes it)."""
    if head["head_layers"]:
        return [(units, "relu", True) for units in head["head_layers"]]
    if not asks_for_own_head(head):
        return []
    # the heads of these architectures in transformers
    if model_type == "distilbert":
        return [(size, "relu", False)]
    return [(size, "tanh", True)] if model_type in ("roberta", "xlm-roberta") else []


def _pool(how: str, states: Any, mask: Any, random_state: np.random.RandomState) -> Any:
    import keras

    ops = keras.ops
    states = ops.cast(states, "float32")
    if how == "cls":
        return states[:, 0]
    if how == "last":  # rows are padded on the right
        lengths = ops.sum(ops.cast(mask, "int32"), axis=1)
        return ops.take_along_axis(states, (lengths - 1)[:, None, None], axis=1)[:, 0]
    present = ops.expand_dims(ops.cast(mask, "float32"), -1)
    away = (1.0 - present) * -1e9
    if how == "max":
        return ops.max(states + away, axis=1)
    if how == "mean":
        return ops.sum(states * present, axis=1) / ops.sum(present, axis=1)
    scores = _dense(states.shape[-1], random_state, "tanh")(states)
    scores = _dense(1, random_state, use_bias=False)(scores)
    return ops.sum(ops.softmax(scores + away, axis=1) * states, axis=1)


def _dense(
    units: int,
    random_state: np.random.RandomState,
    activation: str | None = None,
    *,
    use_bias: bool = True,
) -> "keras.layers.Layer":
    import keras

    initializer = keras.initializers.GlorotUniform(seed=draw_seed(random_state))
    return keras.layers.Dense(
        units, activation, use_bias=use_bias, kernel_initializer=initializer, dtype="float32"
    )


def _dropout(head: dict[str, Any], random_state: np.random.RandomState) -> "keras.layers.Layer":
    import keras

    return keras.layers.Dropout(head["dropout"], seed=draw_seed(random_state), dtype="float32")


def backbone_class(model_type: str) -> type["keras.Model"]:
    """Return the KerasHub backbone class of a model type."""
    if model_type not in BACKBONES:
        raise ValueError(
            f"framework='tensorflow' does not support the model type {shown(model_type)} of this "
            f"checkpoint; it supports {', '.join(BACKBONES)}. Set framework='torch'."
        )
    hub = require("keras_hub", "framework='tensorflow'")
    return getattr(hub.models, BACKBONES[model_type][0])


def layer_settings(config: dict[str, Any]) -> dict[str, Any]:
    """Read the settings of layers that are fixed in KerasHub but vary between checkpoints."""
    if config.get("is_decoder"):
        raise ValueError(
            "The checkpoint has is_decoder=true, a causal network, which framework='tensorflow' "
            "does not have. Set framework='torch'."
        )
    activation = config.get("hidden_act", config.get("activation", "gelu"))
    if activation not in _GELUS:
        raise ValueError(
            f"The checkpoint has the activation {shown(activation)}; framework='tensorflow' has "
            f"{', '.join(_GELUS)}. Set framework='torch'."
        )
    return {"tanh_gelu": _GELUS[activation], "epsilon": config.get("layer_norm_eps", 1e-12)}


def load_backbone(
    path: Path, dtype: str, random_state: np.random.RandomState, *, pooler_is_used: bool = False
) -> "keras.Model":
    """Load a backbone with its weights."""
    config = read_config(path)
    model_type = config["model_type"]
    cls = backbone_class(model_type)
    options = {"dtype": dtype}
    if "hidden_dropout_prob" in config:  # KerasHub ignores it for some models
        options["dropout"] = config["hidden_dropout_prob"]
    with _hub_layout(path, config, random_state, pooler_is_used) as directory:
        try:
            backbone = cls.from_preset(str(directory), **options)
        except Exception as error:  # KerasHub may raise any exception
            raise ValueError(
                f"KerasHub cannot read the checkpoint {path}: {error}. Set framework='torch'."
            ) from error
    for weight in backbone.weights:
        check_finite(path, weight.path, int((~np.isfinite(np.asarray(weight))).sum()))
    if model_type == "roberta":
        _add_segment(backbone, path)
    return backbone


def grow_vocabulary(
    backbone: "keras.Model", n_tokens: int, random_state: np.random.RandomState
) -> "keras.Model":
    """Copy a backbone with `n_tokens` token embeddings; new ones are initialised at random."""
    grown = type(backbone).from_config({**backbone.get_config(), "vocabulary_size": n_tokens})
    for weight, source in zip(grown.weights, backbone.weights, strict=True):
        value = source.numpy()
        if weight.shape != source.shape:
            new = random_state.normal(scale=_SCALE, size=weight.shape).astype(value.dtype)
            new[: len(value)] = value
            value = new
        weight.assign(value)
    return grown


def load_head(
    path: Path,
    layers: Sequence["keras.layers.Layer"],
    kept: list[str] | None,
    label_names: list[str],
) -> None:
    """Load the weights of the checkpoint's head into a head of the same architecture."""
    config = read_config(path)
    names, is_classifier = _HEADS[config["model_type"]], has_classifier(config)
    for layer, name in zip(layers, names, strict=True):
        found: dict[str, Any] = {
            name + suffix: _find(path, name + suffix) for suffix in (".weight", ".bias")
        }
        weight, bias = found.values()
        is_last = name == names[-1]
        lacking = [key for key, value in found.items() if value is None]
        if lacking and (kept is not None or (is_classifier and not is_last)):
            raise ValueError(
                f"The checkpoint {path} lacks weights of its head: {', '.join(lacking)}. They are "
                f"not initialised at random: use a complete checkpoint."
            )
        if lacking or (is_last and kept is None):
            continue
        n_inputs, n_units = layer.kernel.shape
        wanted = (len(kept) if is_last and kept is not None else n_units, n_inputs)
        if weight.shape != wanted or bias.shape != wanted[:1]:
            raise ValueError(
                f"The checkpoint {path} has weights of other shapes than its config.json says: "
                f"{name}.weight {weight.shape} instead of {wanted}. Use the configuration with "
                f"which it was trained."
            )
        for key, value in found.items():
            check_finite(path, key, int((~np.isfinite(value)).sum()))
        if is_last and kept is not None:
            order = [kept.index(label) for label in label_names]
            weight, bias = weight[order], bias[order]
        layer.kernel.assign(weight.T)
        layer.bias.assign(bias)


def _add_segment(backbone: "keras.Model", path: Path) -> None:
    """Add RoBERTa's single segment embedding, which KerasHub omits, to all position embeddings."""
    segments = _find(path, "embeddings.token_type_embeddings.weight")
    if segments is not None:
        positions = backbone.embeddings.position_embedding.position_embeddings
        positions.assign(positions.numpy() + segments[:1])


def _find(path: Path, name: str) -> AnyArray | None:
    """Read the tensor of this name, with any prefix; None if there is none."""
    found = read_tensors(path, lambda other: other == name or other.endswith("." + name))
    return next(iter(found.values()), None)


@contextmanager
def _hub_layout(
    path: Path,
    config: dict[str, Any],
    random_state: np.random.RandomState,
    pooler_is_used: bool,
) -> Iterator[Path]:
    """Yield the directory, or a temporary copy to which a missing prefix or pooler was added."""
    from safetensors.numpy import save_file

    model_type = config["model_type"]
    prefix, pooler = BACKBONES[model_type][1], _POOLERS.get(model_type)
    if not weight_files(path):
        raise ValueError(
            f"The checkpoint {path} has no safetensors files, and KerasHub reads no others. Set "
            f"framework='torch'."
        )
    names = tensor_names(path)
    refuse_adapters(path, names)
    wrapped = find_prefix(names, _ANCHORS, prefix)
    names = {name.removeprefix(wrapped) for name in names}
    has_prefix = any(name.startswith(prefix) for name in names)
    before = "" if has_prefix else prefix
    _check_layers(path, config, {before + name for name in names}, prefix)
    has_pooler = pooler is None or any(name.endswith(f"{pooler}.weight") for name in names)
    if not has_pooler and pooler_is_used:
        _check_pooler(path, config, f"{pooler}.weight")
    if has_prefix and has_pooler and not wrapped:
        yield path
        return
    weights = {before + n.removeprefix(wrapped): array for n, array in read_tensors(path).items()}
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


def _check_layers(path: Path, config: dict[str, Any], names: set[str], prefix: str) -> None:
    """Refuse a file with more layers than its configuration has: KerasHub would drop them."""
    if config["model_type"] == "albert":
        return  # applies one layer repeatedly
    count = config.get("num_hidden_layers", config.get("n_layers"))
    found = [
        re.match(re.escape(prefix) + r"(?:encoder|transformer)\.layer\.(\d+)\.", n) for n in names
    ]
    highest = max((int(match[1]) for match in found if match), default=-1)
    if count is not None and highest >= count:
        raise ValueError(
            f"The checkpoint {path} has weights of {highest + 1} layers, but its config.json "
            f"says {count}. Use the configuration with which it was trained."
        )


def _check_pooler(path: Path, config: dict[str, Any], name: str) -> None:
    """Refuse a checkpoint without the pooler that its head uses; only warn if the head is new."""
    if has_classifier(config) or not may_lack_pooler(config):
        raise ValueError(
            f"The checkpoint {path} lacks weights that the head of its architecture needs: {name}. "
            f"They are not initialised at random. Pass pooling='mean' in head_params, which does "
            f"not need them."
        )
    warn_caller(
        f"The checkpoint {path} is of a model without a pooling layer ({name}), which the head of "
        f"its architecture needs: it is initialised from random_state and trained, unless the "
        f"encoder is frozen. Pass pooling='mean' in head_params, which does not need it.",
    )
