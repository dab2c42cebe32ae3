"""Build the PyTorch network: from a checkpoint, or anew from the files that a pickle holds."""

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import (
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING,
    MODEL_FOR_TEXT_ENCODING_MAPPING,
    AutoConfig,
    AutoModel,
    AutoModelForSequenceClassification,
    AutoModelForTextEncoding,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)
from transformers.initialization import no_init_weights

from ..._runtime.messages import listing, shown, warn_caller
from .._checkpoints import (
    asks_for_own_head,
    check_finite,
    find_prefix,
    has_classifier,
    kept_labels,
    may_lack_pooler,
    pickled_weights,
    read_config,
    refuse_adapters,
    settle_pooling,
    tensor_names,
    weight_files,
)
from .._tokenizers import check_vocabulary, closes_with_cls
from ._model import NativeTagger, PooledTagger
from ._probe import is_causal, settle_padding

__all__ = [
    "build_model",
    "empty_encoder",
    "is_encoder_half",
    "is_native",
    "last_layer",
    "load_checkpoint",
    "read_model",
    "with_constants",
]


def load_checkpoint(
    path: Path,
    tokenizer: PreTrainedTokenizerBase,
    label_names: Sequence[str],
    head: dict[str, Any],
) -> tuple[NativeTagger | PooledTagger, dict[str, Any]]:
    """Load a network and add a head; torch's global generator draws new weights.

    Return the network, and the head with its pooling resolved.
    """
    written = read_config(path)
    config = _load_config(path)
    head = settle_pooling(head, "mean" if is_encoder_half(config) else "cls")
    names = [str(name) for name in label_names]
    native = is_native(config, head)
    kept = kept_labels(written, names) if native else None
    if native:
        # load with the labels of the file; `_settle_head` replaces them
        config.num_labels = len(kept or names)
    loaded = read_model(path, config, written, kept, native=native)
    if native:
        _settle_head(loaded, kept, names)
    _settle_padding_token(loaded.config, tokenizer)
    _fit_vocabulary(loaded, tokenizer, path)
    _settle_inputs(loaded, tokenizer)
    layout = {}
    if not native:
        causal = is_causal(loaded, tokenizer)
        layout["cls_is_last"] = causal or closes_with_cls(tokenizer)
    model = _wrap(loaded, len(names), head, layout).eval()
    function = _without_bias(model, len(names)) if native else model.features
    model.sees_padding = settle_padding(function, model.encoder, tokenizer)
    return model, head


def build_model(
    path: Path, n_labels: int, head: dict[str, Any], layout: dict[str, bool]
) -> NativeTagger | PooledTagger:
    """Build a network without weights from its configuration."""
    config = AutoConfig.from_pretrained(path, local_files_only=True, trust_remote_code=False)
    native = is_native(config, head)
    if native:
        auto = AutoModelForSequenceClassification
        with no_init_weights():
            model = auto.from_config(config, dtype=torch.float32, trust_remote_code=False)
    else:
        model = empty_encoder(config)
    return _wrap(model, n_labels, head, layout)


def is_native(config: PretrainedConfig, head: dict[str, Any]) -> bool:
    """Whether to use the head of the architecture."""
    known = type(config) in MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING
    known = known and not is_encoder_half(config)  # whose heads use the decoder
    return known and asks_for_own_head(head)


def _load_config(path: Path) -> PretrainedConfig:
    try:
        config = AutoConfig.from_pretrained(path, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(
            f"transformers does not know the model of the checkpoint {path}, and code in a "
            f"checkpoint is never run: {error}"
        ) from error
    if hasattr(config, "hash_seed"):
        raise ValueError(
            f"The architecture {shown(config.model_type)} hashes its attention at random, so that "
            f"the probabilities of a text change from call to call. Choose another checkpoint."
        )
    if getattr(config, "attention_type", None) == "block_sparse":
        # BigBird switches to full attention at the first short text and never back
        config.attention_type = "original_full"
    return config


def _without_bias(model: NativeTagger, n_labels: int) -> Callable[..., torch.Tensor]:
    """Omit the bias of the logits: the large one of a constant label would hide differences."""
    bias = last_layer(model.classifier, n_labels).bias
    return model.score if bias is None else lambda **inputs: model.score(**inputs) - bias


def _settle_head(model: PreTrainedModel, kept: list[str] | None, names: list[str]) -> None:
    """Order the last layer by the labels, or initialise it; name the labels."""
    last = last_layer(model, len(names))
    with torch.no_grad():
        if kept is None:
            last.weight.normal_(std=getattr(model.config, "initializer_range", None) or 0.02)
            if last.bias is not None:
                last.bias.zero_()
        elif kept != names:
            order = [kept.index(name) for name in names]
            last.weight.copy_(last.weight[order].clone())
            if last.bias is not None:
                last.bias.copy_(last.bias[order].clone())
    model.config.id2label = dict(enumerate(names))
    model.config.label2id = {name: j for j, name in enumerate(names)}
    model.config.problem_type = "multi_label_classification"


def _fit_vocabulary(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, path: Path) -> None:
    """Give every token of the tokenizer a row of the embeddings."""
    try:
        weight = getattr(model.get_input_embeddings(), "weight", None)
    except NotImplementedError:
        weight = None  # CANINE hashes characters and has no vocabulary
    if weight is not None:
        check_vocabulary(tokenizer, len(weight), path)
        if len(tokenizer) > len(weight):
            model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    for config in (model.config, model.config.get_text_config()):  # some heads read the latter
        if config.pad_token_id is None:
            config.pad_token_id = tokenizer.pad_token_id


def _settle_padding_token(config: PretrainedConfig, tokenizer: PreTrainedTokenizerBase) -> None:
    """Pad with the padding token of the network, and never with a token that ends texts."""
    theirs = config.get_text_config().pad_token_id
    if theirs is None:
        ids = tokenizer("a")["input_ids"]
        if ids and ids[-1] == tokenizer.pad_token_id:
            tokenizer.add_special_tokens({"pad_token": "[PAD]"})
    elif theirs != tokenizer.pad_token_id and theirs in tokenizer.all_special_ids:
        tokenizer.pad_token = tokenizer.convert_ids_to_tokens(theirs)


def _settle_inputs(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Make no token types for a network that takes none."""
    if "token_type_ids" not in inspect.signature(model.forward).parameters:
        names = [name for name in tokenizer.model_input_names if name != "token_type_ids"]
        tokenizer.model_input_names = names


def _wrap(
    model: PreTrainedModel, n_labels: int, head: dict[str, Any], layout: dict[str, bool]
) -> NativeTagger | PooledTagger:
    options = {"dropout": head["dropout"], "window_pooling": head["window_pooling"], **layout}
    if is_native(model.config, head):
        return NativeTagger(model, **options)
    return PooledTagger(
        model, n_labels, pooling=head["pooling"], head_layers=head["head_layers"], **options
    )


def read_model(
    path: Path,
    config: PretrainedConfig,
    written: dict,
    kept: list[str] | None,
    *,
    native: bool,
) -> PreTrainedModel:
    """Read an encoder or a sequence classifier; its weights do not refer to the mapped file."""
    auto = AutoModelForSequenceClassification if native else _auto_encoder(config)
    pickled = not weight_files(path)
    try:
        with no_init_weights(), torch.device("meta"):
            empty = auto.from_config(config, dtype=torch.float32, trust_remote_code=False)
        names = _pickled_names(path) if pickled else tensor_names(path)
        refuse_adapters(path, names)
        base = empty.base_model_prefix + "."
        prefix = find_prefix(names, empty.state_dict(), base)
        model, found = auto.from_pretrained(
            path,
            config=config,
            dtype=torch.float32,
            use_safetensors=not pickled,
            local_files_only=True,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,  # reported below, by name
            output_loading_info=True,
            key_mapping={f"^{re.escape(prefix)}": ""} if prefix else None,
        )
    except (OSError, RuntimeError, KeyError, ValueError, AttributeError, TypeError) as error:
        raise ValueError(f"The checkpoint {path} cannot be read: {error}") from error
    whole, model = model, _text_half(model, path)
    used = {id(tensor) for tensor in (*model.parameters(), *model.buffers())}
    tensors = {
        **dict(whole.named_parameters(remove_duplicate=False)),
        **dict(whole.named_buffers()),
    }
    missing = {n for n in found["missing_keys"] if n not in tensors or id(tensors[n]) in used}
    shapes = {
        name: f"{name} {tuple(file)} instead of {tuple(ours)}"
        for name, file, ours in found["mismatched_keys"]
        if name not in tensors or id(tensors[name]) in used
    }
    may_be_new = _new_weights(model, written, kept, native=native)
    _check_pooler(path, model, written, missing, native=native, kept=kept)
    missing = {n for n in missing if n not in may_be_new and not _is_pooler(n)}
    if missing:
        others = sorted(found["unexpected_keys"])
        has = f" It has {listing(others, 3)}, which that network lacks." if others else ""
        raise ValueError(
            f"The checkpoint {path} lacks weights of its {type(whole).__name__}: "
            f"{listing(sorted(missing), 5)}.{has} Missing weights are not "
            f"initialised at random: use a complete checkpoint with the names that "
            f"model.save_pretrained writes."
        )
    unfitting = sorted(text for name, text in shapes.items() if name not in may_be_new)
    if unfitting:
        raise ValueError(
            f"The checkpoint {path} has weights of other shapes than its config.json says: "
            f"{'; '.join(unfitting[:5])}. Use the configuration with which it was trained."
        )
    _check_surplus(path, model, whole, found["unexpected_keys"], kept, native=native)
    _own_memory(path, model)
    return model


def is_encoder_half(config: PretrainedConfig) -> bool:
    """Whether the network is the encoder of an encoder-decoder model such as T5."""
    return config.is_encoder_decoder or _auto_encoder(config) is AutoModelForTextEncoding


def empty_encoder(config: PretrainedConfig) -> PreTrainedModel:
    """Build an encoder from its configuration, without weights."""
    auto = _auto_encoder(config)
    with no_init_weights():
        if not config.is_encoder_decoder or auto is AutoModelForTextEncoding:
            return auto.from_config(config, dtype=torch.float32, trust_remote_code=False)
        with torch.device("meta"):  # no memory for the decoder
            half = type(auto.from_config(config, dtype=torch.float32).get_encoder())
        return half(config).float()


def last_layer(classifier: PreTrainedModel, n_labels: int) -> nn.Linear:
    """Find the layer of a classifier that outputs the logits."""
    within = set(classifier.base_model.modules())
    linear = [m for m in classifier.modules() if isinstance(m, nn.Linear) and m not in within]
    fitting = [layer for layer in linear if layer.out_features == n_labels]
    if not fitting:
        raise ValueError(
            f"The architecture {shown(classifier.config.model_type)} has a classifier without a "
            f"last layer that gives a logit for each label. Set pooling='mean' in head_params, or "
            f"choose another checkpoint."
        )
    return fitting[-1]


def with_constants(classifier: PreTrainedModel, constants: np.ndarray) -> dict[str, torch.Tensor]:
    """Return the weights, with the logits of constant labels as biases of the last layer."""
    weights = classifier.state_dict()
    rows = np.flatnonzero(~np.isnan(constants))
    if not len(rows):
        return weights
    last = last_layer(classifier, len(constants))
    name = next(n for n, module in classifier.named_modules() if module is last)
    if last.bias is None:
        labels = [classifier.config.id2label[j] for j in rows.tolist()]
        warn_caller(
            f"The last layer of {type(classifier).__name__} has no bias, so transformers cannot "
            f"store the constant logits of {listing(labels)}. from_pretrained restores them.",
        )
        return weights
    weight, bias = last.weight.detach().clone(), last.bias.detach().clone()
    weight[rows] = 0
    bias[rows] = torch.from_numpy(constants[rows]).to(bias)
    return {**weights, f"{name}.weight": weight, f"{name}.bias": bias}


def _auto_encoder(config: PretrainedConfig) -> Any:
    """Return AutoModel, or the class that loads only the encoder of models such as T5."""
    mapping = MODEL_FOR_TEXT_ENCODING_MAPPING
    half = mapping[type(config)].__name__ if type(config) in mapping else ""
    return AutoModelForTextEncoding if half.endswith("EncoderModel") else AutoModel


def _text_half(model: PreTrainedModel, path: Path) -> PreTrainedModel:
    """Return the encoder of an encoder-decoder model; other models unchanged."""
    if model.config.is_encoder_decoder and "Encoder" not in type(model).__name__:
        model = model.get_encoder()
    if getattr(model, "main_input_name", "input_ids") != "input_ids":
        raise ValueError(
            f"The checkpoint {path} is not an encoder of texts ({model.config.model_type} takes "
            f"{model.main_input_name}). Choose one such as BERT, RoBERTa or ModernBERT."
        )
    return model


def _new_weights(
    model: PreTrainedModel, written: dict, kept: list[str] | None, *, native: bool
) -> set[str]:
    """Names of the weights to initialise at random: those of the head, or of its last layer."""
    if not native or kept is not None:
        return set()
    within = {id(tensor) for tensor in model.base_model.parameters()}
    named = dict(model.named_parameters())
    if has_classifier(written):
        last = last_layer(model, model.config.num_labels)
        within = {id(tensor) for tensor in model.parameters()} - set(map(id, last.parameters()))
    return {name for name, tensor in named.items() if id(tensor) not in within}


def _is_pooler(name: str) -> bool:
    return "pooler" in name.split(".")


def _check_pooler(
    path: Path,
    model: PreTrainedModel,
    written: dict,
    missing: set[str],
    *,
    native: bool,
    kept: list[str] | None,
) -> None:
    """Refuse a checkpoint without the pooler that its head uses; only warn if the head is new."""
    within = {id(tensor) for tensor in model.base_model.parameters()}
    lacking = sorted(
        n for n in missing if native and _is_pooler(n) and id(model.get_parameter(n)) in within
    )
    if not lacking or not _reaches_logits(model, lacking):
        return
    advice = "Pass pooling='mean' in head_params, which does not need them."
    if kept is not None or not may_lack_pooler(written):
        raise ValueError(
            f"The checkpoint {path} lacks weights that the head of its architecture needs: "
            f"{listing(lacking)}. They are not initialised at random. {advice}"
        )
    warn_caller(
        f"The checkpoint {path} is of a model without a pooling layer ({listing(lacking)}), "
        f"which the head of its architecture needs: it is initialised from random_state and "
        f"trained, unless the encoder is frozen. {advice}",
    )


def _reaches_logits(model: PreTrainedModel, names: Iterable[str]) -> bool:
    """Whether the logits depend on these weights: whether any has a gradient."""
    parameters = [model.get_parameter(name) for name in names]
    ids = torch.ones(1, 4, dtype=torch.long)
    model.eval()
    with torch.enable_grad():
        logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
        found = torch.autograd.grad(logits.sum(), parameters, allow_unused=True)
    return any(gradient is not None for gradient in found)


def _check_surplus(
    path: Path,
    model: PreTrainedModel,
    whole: PreTrainedModel,
    surplus: Iterable[str],
    kept: list[str] | None,
    *,
    native: bool,
) -> None:
    """Refuse weights of layers beyond the configured number, and of unknown parts of the head."""
    used = {id(tensor) for tensor in model.parameters()}
    named = dict(whole.named_parameters(remove_duplicate=False))
    ours = {re.sub(r"\d+", "#", n) for n, p in named.items() if id(p) in used and "." in n}
    base = whole.base_model_prefix + "."
    ours |= {n.removeprefix(base) for n in ours} | {base + n for n in ours}
    layers = [n for n in surplus if re.search(r"\.\d+\.", n) and re.sub(r"\d+", "#", n) in ours]
    parts = set()
    if native and kept is not None:
        within = {id(p) for p in model.base_model.parameters()}
        heads = {n.split(".")[0] for n, p in named.items() if id(p) not in within}
        parts = {n for n in surplus if n.split(".")[0] in heads}
    found = sorted({*layers, *parts})
    if found:
        raise ValueError(
            f"The checkpoint {path} has weights of layers that its config.json does not have: "
            f"{listing(found, 5)}. Use the configuration with which it was trained; to remove "
            f"layers, load it with transformers, remove them there and save it."
        )


def _pickled_names(path: Path) -> set[str]:
    names = set()
    for file in pickled_weights(path):
        names.update(torch.load(file, map_location="meta", weights_only=True))
    return names


def _own_memory(path: Path, model: PreTrainedModel) -> None:
    """Copy weights from the memory-mapped file: truncating it later would crash the process."""
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data = tensor.data.clone()
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            check_finite(path, name, int((~torch.isfinite(tensor)).sum()))
