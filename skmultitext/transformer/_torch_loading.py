"""Build the PyTorch network: from a checkpoint, or anew from the files that a pickle holds."""

import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForSequenceClassification,
)
from transformers.initialization import no_init_weights

from ._checkpoints import kept_labels, read_config
from ._tokenizers import check_vocabulary
from ._torch_model import NativeTagger, PooledTagger

__all__ = ["build_model", "is_native", "load_checkpoint"]


def load_checkpoint(path, tokenizer, label_names, head, *, allow_pickle_weights=False):
    """Load a pretrained network and put a head on it; new weights are drawn from torch's global.

    Parameters
    ----------
    path : pathlib.Path
        The directory, checked.
    tokenizer : transformers.PreTrainedTokenizerBase
        Its tokenizer; it is set to pad on the side that the network takes.
    label_names : sequence of str
        The labels.
    head : dict
        The parameters of the head: `pooling`, `head_layers`, `dropout`, `window_pooling`.
    allow_pickle_weights : bool, default=False
        Whether weights may be pickled.

    Returns
    -------
    NativeTagger or PooledTagger

    Raises
    ------
    ValueError
        If transformers has no such model, or cannot read it, or the tokenizer is not of it.
    """
    written = read_config(path)
    config = _load_config(path)
    names = [str(name) for name in label_names]
    native = is_native(config, head)
    kept = kept_labels(written, names) if native else None
    if native:
        # load with the labels of the file: what is replaced is replaced below
        config.num_labels = len(kept or names)
    safetensors = not allow_pickle_weights or any(path.glob("*.safetensors*"))
    options = {
        "config": config,
        "dtype": torch.float32,
        "use_safetensors": safetensors,
        "local_files_only": True,
        "trust_remote_code": False,
    }
    auto = AutoModelForSequenceClassification if native else AutoModel
    try:
        loaded = auto.from_pretrained(path, ignore_mismatched_sizes=native, **options)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise ValueError(f"The checkpoint {path} cannot be read: {error}") from error
    _own_memory(loaded)
    if native:
        _settle_head(loaded, kept, names)
    _fit_vocabulary(loaded, tokenizer, path)
    # positions count from the first column; a head that looks at the last one wants a text there
    closes = tokenizer.cls_token_id is not None and _cls_is_last(tokenizer)
    tokenizer.padding_side = "left" if closes else "right"
    return _wrap(loaded, len(names), tokenizer, head)


def build_model(path, tokenizer, n_labels, head):
    """Build a network without weights from its configuration.

    Parameters
    ----------
    path : pathlib.Path
        Directory of ``config.json``.
    tokenizer : transformers.PreTrainedTokenizerBase
        The tokenizer.
    n_labels : int
        Number of labels.
    head : dict
        The parameters of the head.

    Returns
    -------
    NativeTagger or PooledTagger
    """
    config = AutoConfig.from_pretrained(path, local_files_only=True, trust_remote_code=False)
    native = is_native(config, head)
    auto = AutoModelForSequenceClassification if native else AutoModel
    with no_init_weights():
        model = auto.from_config(config, dtype=torch.float32, trust_remote_code=False)
    return _wrap(model, n_labels, tokenizer, head)


def is_native(config, head):
    """Whether the head is the one of the model's own architecture.

    Parameters
    ----------
    config : transformers.PretrainedConfig
        The configuration of the model.
    head : dict
        The parameters of the head.

    Returns
    -------
    bool
    """
    known = type(config) in AutoModelForSequenceClassification._model_mapping
    return known and head["pooling"] == "cls" and not head["head_layers"]


def _load_config(path):
    try:
        config = AutoConfig.from_pretrained(path, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(
            f"The model of the checkpoint {path} is none that transformers knows, and code of its "
            f"own is never run: {error}"
        ) from error
    if config.is_encoder_decoder:
        raise ValueError(
            f"The checkpoint {path} is an encoder with a decoder ({config.model_type}); a tagger "
            f"needs an encoder such as BERT, RoBERTa, DeBERTa or ModernBERT."
        )
    if config.model_type == "modernbert":
        config.classifier_pooling = "cls"
    return config


def _own_memory(model):
    """Copy weights out of their file, which is mapped: cut off later, it would kill the process."""
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data = tensor.data.clone()


def _settle_head(model, kept, names):
    """Bring the last layer into the order of the labels, or draw it anew; name the labels."""
    within = set(model.base_model.modules())
    linear = [m for m in model.modules() if isinstance(m, nn.Linear) and m not in within]
    last = [layer for layer in linear if layer.out_features == len(names)][-1]
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


def _fit_vocabulary(model, tokenizer, path):
    """Give every token of the tokenizer a row of the embeddings."""
    n_rows = model.get_input_embeddings().num_embeddings
    check_vocabulary(tokenizer, n_rows, path)
    if len(tokenizer) > n_rows:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    if model.config.pad_token_id is None:
        model.config.pad_token_id = tokenizer.pad_token_id


def _wrap(model, n_labels, tokenizer, head):
    options = {
        "dropout": head["dropout"],
        "window_pooling": head["window_pooling"],
        "cls_is_last": _cls_is_last(tokenizer),
    }
    if is_native(model.config, head):
        return NativeTagger(model, **options)
    return PooledTagger(
        model, n_labels, pooling=head["pooling"], head_layers=head["head_layers"], **options
    )


def _cls_is_last(tokenizer):
    """Whether the last token of a row has seen, or stands for, all of it."""
    if tokenizer.cls_token_id is None:
        return True
    ids = tokenizer("a")["input_ids"]
    return ids[0] != tokenizer.cls_token_id and ids[-1] == tokenizer.cls_token_id
