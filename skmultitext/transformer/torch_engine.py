"""The engine of `TransformerTagger` on PyTorch: from a checkpoint to a trained network."""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from transformers import TrainerCallback

from .._optional import require
from ..neural._progress import Progress
from ._checkpoints import find_checkpoint
from ._isolation import isolated_generators, quiet_transformers
from ._tokenizers import load_tokenizer
from ._torch_batches import Collator
from ._torch_device import find_device, find_precision
from ._torch_loading import load_checkpoint
from ._torch_losses import TorchLoss
from ._torch_model import freeze
from ._torch_network import TorchNetwork
from ._torch_resume import TrainerCheckpoints
from ._torch_run import Run

__all__ = ["start_network", "train"]


def start_network(
    checkpoint,
    label_names,
    *,
    head,
    reading,
    device,
    precision,
    seed,
    additional_special_tokens=(),
    allow_pickle_weights=False,
):
    """Load a pretrained network and put a head on it.

    Parameters
    ----------
    checkpoint : str or os.PathLike
        Local directory or name on the hub.
    label_names : sequence of str
        The labels.
    head : dict
        The parameters of the head: `pooling`, `head_layers`, `dropout`, `window_pooling`.
    reading : dict
        The parameters of `TokenReader`.
    device : {"auto", "cpu", "cuda", "mps"}
        Where to compute.
    precision : {"auto", "float32", "bfloat16", "float16"}
        In which precision; "auto" predicts in float32.
    seed : int
        Seed of new weights.
    additional_special_tokens : sequence of str, default=()
        Tokens that are never split.
    allow_pickle_weights : bool, default=False
        Whether weights may be pickled.

    Returns
    -------
    TorchNetwork

    Raises
    ------
    ValueError
        If there is no such checkpoint, or it cannot be used.
    """
    require("accelerate", "Training with PyTorch")
    find_precision(precision, find_device(device))
    with quiet_transformers():
        path = Path(find_checkpoint(checkpoint, allow_pickle_weights=allow_pickle_weights))
        with isolated_generators(seed):
            tokenizer = load_tokenizer(path, additional_special_tokens)
            model = load_checkpoint(
                path, tokenizer, label_names, head, allow_pickle_weights=allow_pickle_weights
            )
        return TorchNetwork(
            model,
            tokenizer,
            len(label_names),
            head,
            reading,
            device=device,
            precision="float32" if precision == "auto" else precision,
        )


def train(
    network,
    data,
    held=None,
    *,
    make_validation=None,
    loss,
    loss_options,
    freeze_what,
    precision,
    callbacks,
    verbose,
    thresholds,
    checkpoint_dir=None,
    fingerprint=None,
    early_stopping,
    n_iter_no_change,
    **options,
):
    """Train a network.

    Parameters
    ----------
    network : TorchNetwork
        The network; it is changed.
    data : tuple of (list of str, ndarray or sparse array, ndarray or None)
        Texts, their labels of shape (n_samples, n_labels), their weights of shape (n_samples,).
    held : tuple or None, default=None
        The same to validate on.
    make_validation : callable, default=None
        ``make_validation(logits)`` -> Validation; `logits` gives those of `held`.
    loss : str
        Name of the loss.
    loss_options : dict
        Its options.
    freeze_what : {"none", "embeddings", "encoder"} or int
        What of the encoder is frozen.
    precision : {"auto", "float32", "bfloat16", "float16"}
        In which precision to train.
    callbacks : list of callable or transformers.TrainerCallback
        Listeners.
    verbose : {0, 1, 2}
        What is printed.
    thresholds : ndarray of shape (n_labels,), dtype float64
        Thresholds of the micro-F1 that is printed.
    checkpoint_dir : str or os.PathLike, default=None
        Where to write checkpoints.
    fingerprint : dict, default=None
        What tells this training from others.
    early_stopping : bool
        Whether to stop early and restore the best weights.
    n_iter_no_change : int
        Epochs without a better score after which to stop.
    **options
        Further arguments of `train_network`.

    Returns
    -------
    TrainingResult
    """
    from ._torch_trainer import train_network  # loads accelerate, which only training needs

    model, device = network.model, next(network.model.parameters()).device
    freeze(model.encoder, freeze_what)
    model.encoder_is_frozen = freeze_what == "encoder"
    model.loss = TorchLoss(loss, **loss_options).to(device)
    texts, indicator, sample_weight = data
    indicator = indicator.tocsr() if hasattr(indicator, "tocsr") else indicator
    tokens = network.encode(texts)
    keep_features = model.encoder_is_frozen and model.can_keep_features
    features = network.features(tokens) if keep_features else None
    validation = validation_loss = None
    if held is not None:
        logits, validation_loss = _held_logits(network, held, keep_features, model.loss)
        validation = make_validation(logits)
    listeners = [c for c in callbacks if not _is_trainer_callback(c)]
    if verbose:
        n_batches = -(-len(texts) // options["batch_size"])
        listeners.append(Progress(verbose, options["max_epochs"], n_batches, thresholds))
    checkpoints = None
    if checkpoint_dir is not None:
        checkpoints = TrainerCheckpoints(checkpoint_dir, fingerprint)
    run = Run(
        model,
        validation=validation,
        validation_loss=validation_loss,
        n_iter_no_change=n_iter_no_change if early_stopping else None,
        checkpoints=checkpoints,
        listeners=listeners,
    )
    try:
        with isolated_generators(options["seed"]):
            return train_network(
                run,
                Collator(tokens, indicator, sample_weight, features),
                lengths=_lengths(tokens, keep_features),
                device=device,
                precision=find_precision(precision, device),
                restore_best=early_stopping,
                checkpoints=checkpoints,
                callbacks=[c for c in callbacks if _is_trainer_callback(c)],
                **options,
            )
    finally:
        model.loss = None
        model.eval()
        model.requires_grad_(True)


def _lengths(tokens, keep_features):
    """Lengths to batch by: windows count, and features are all of one length."""
    lengths = tokens.lengths
    if keep_features:
        return lengths[:, 0]
    return lengths if (lengths[:, 0] > 1).any() else lengths[:, 1]


def _held_logits(network, held, keep_features, loss):
    """Functions of the logits of the validation data, and of the loss on them."""
    texts, indicator, sample_weight = held
    tokens = network.encode(texts)
    if keep_features:
        compute = partial(network.feature_logits, network.features(tokens), tokens)
    else:
        compute = partial(network.logits, tokens)
    dense = indicator.toarray() if hasattr(indicator, "toarray") else indicator
    latest = [None]

    def logits():
        latest[0] = compute()
        return latest[0]

    def validation_loss():
        device = next(network.model.parameters()).device
        weight = None if sample_weight is None else torch.from_numpy(sample_weight).to(device)
        target = torch.from_numpy(np.asarray(dense, np.float32)).to(device)
        dtype = torch.float32 if device.type == "mps" else torch.float64
        found = torch.from_numpy(latest[0]).to(device, dtype)
        return float(loss(target, found, weight))

    return logits, validation_loss


def _is_trainer_callback(callback):
    return isinstance(callback, TrainerCallback) or (
        isinstance(callback, type) and issubclass(callback, TrainerCallback)
    )
