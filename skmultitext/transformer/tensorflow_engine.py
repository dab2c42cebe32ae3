"""The engine of `TransformerTagger` on TensorFlow: KerasHub, trained by the loop of `neural`."""

import random

import numpy as np

from ..neural._backend import load_keras
from ..neural._network import Network
from ..neural._tagger import dense_rows
from ..neural.losses import make_loss
from ..neural.training import Checkpoints, TrainingStep, make_optimizer, make_schedule
from ..neural.training import train as run_training
from ..sequences import length_batches
from ._checkpoints import find_checkpoint, read_config
from ._isolation import isolated_generators, quiet_transformers
from ._keras_loading import backbone_class, load_backbone
from ._keras_model import freeze, tagging_network, uses_pooler
from ._keras_network import KerasNetwork, as_inputs
from ._tokenizers import load_tokenizer

__all__ = ["start_network", "train"]

_POLICIES = {
    "auto": "float32",
    "float32": "float32",
    "bfloat16": "mixed_bfloat16",
    "float16": "mixed_float16",
}


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
        The parameters of the head.
    reading : dict
        The parameters of `TokenReader`.
    device : {"auto", "cpu", "cuda", "mps"}
        Not used: TensorFlow takes a GPU if it sees one.
    precision : {"auto", "float32", "bfloat16", "float16"}
        In which precision the layers compute; "auto" is float32.
    seed : int
        Seed of new weights.
    additional_special_tokens : sequence of str, default=()
        Tokens that are never split; the checkpoint must have embeddings for them.
    allow_pickle_weights : bool, default=False
        Whether weights may be pickled; KerasHub reads none.

    Returns
    -------
    KerasNetwork

    Raises
    ------
    ValueError
        If there is no such checkpoint, or it cannot be used.
    """
    if reading["long_text"] == "window":
        raise ValueError(
            "long_text='window' needs framework='torch'; framework='tensorflow' has "
            "long_text='truncate' only."
        )
    load_keras("framework='tensorflow'")
    path = find_checkpoint(checkpoint, allow_pickle_weights=allow_pickle_weights)
    model_type = read_config(path)["model_type"]
    backbone_class(model_type)  # its error comes before anything is read
    dtype = _POLICIES[precision]
    random_state = np.random.RandomState(seed)
    with quiet_transformers(), isolated_generators():
        random.seed(seed)  # KerasHub draws the seeds of its dropout from there
        tokenizer = load_tokenizer(path, additional_special_tokens)
        backbone = load_backbone(path, dtype)
        _check_sizes(backbone, tokenizer, reading["max_length"])
        config = {
            "model_type": model_type,
            "backbone_config": backbone.get_config(),
            "n_labels": len(label_names),
            "head": head,
            "dtype": dtype,
        }
        network = Network(tagging_network, config, random_state, backbone=backbone)
        return KerasNetwork(network, tokenizer, len(label_names), head, reading)


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
    checkpoint_dir,
    checkpoint_every,
    fingerprint,
    early_stopping,
    n_iter_no_change,
    seed,
    batch_size,
    max_epochs,
    learning_rate,
    warmup_ratio,
    weight_decay,
    gradient_accumulation_steps,
    max_grad_norm,
):
    """Train a network; parameters as those of `torch_engine.train` and `TransformerTagger`.

    Parameters
    ----------
    network : KerasNetwork
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
        Precision of the network.
    callbacks : list of callable
        Listeners.
    verbose : {0, 1, 2}
        What is printed.
    thresholds : ndarray of shape (n_labels,), dtype float64
        Thresholds of the micro-F1 that is printed.
    checkpoint_dir : str or os.PathLike or None
        Where to write checkpoints.
    checkpoint_every : int or None
        Steps between two of them.
    fingerprint : dict or None
        What tells this training from others.
    early_stopping : bool
        Whether to stop early and restore the best weights.
    n_iter_no_change : int
        Epochs without a better score after which to stop.
    seed, batch_size, max_epochs, gradient_accumulation_steps : int
        See `TransformerTagger`.
    learning_rate, warmup_ratio, weight_decay : float
        See `TransformerTagger`.
    max_grad_norm : float or None
        See `TransformerTagger`.

    Returns
    -------
    TrainingResult
    """
    texts, indicator, sample_weight = data
    indicator = indicator.tocsr() if hasattr(indicator, "tocsr") else indicator
    tokens = network.encode(texts)
    model_type = network.network.config["model_type"]
    pooler = uses_pooler(model_type, network.head)
    freeze(network.backbone, model_type, freeze_what, uses_pooler=pooler)
    frozen = freeze_what == "encoder" and network.head["pooling"] != "attention"
    features = network.features(tokens) if frozen else None
    step = TrainingStep(
        network.top if frozen else network.network.model,
        make_loss(loss, **loss_options),
        make_optimizer(
            "adamw",
            learning_rate,
            weight_decay=weight_decay,
            max_grad_norm=max_grad_norm,
            gradient_accumulation_steps=gradient_accumulation_steps,
            precision=_POLICIES[precision],
        ),
    )
    n_batches = len(length_batches(tokens.row_lengths, batch_size, rng=np.random.RandomState(0)))

    def batches(epoch_seed):
        rng = np.random.RandomState(epoch_seed)
        for rows in length_batches(tokens.row_lengths, batch_size, rng=rng):
            inputs = features[rows] if frozen else as_inputs(tokens.padded(rows), network.backbone)
            weight = None if sample_weight is None else sample_weight[rows]
            yield inputs, dense_rows(indicator, rows), weight

    checkpoints = None
    if checkpoint_dir is not None:
        checkpoints = Checkpoints(checkpoint_dir, checkpoint_every, fingerprint)
    try:
        return run_training(
            step,
            batches,
            max_epochs=max_epochs,
            seed=seed,
            schedule=make_schedule(
                learning_rate, n_batches * max_epochs, warmup_ratio=warmup_ratio, decay="linear"
            ),
            steps_per_epoch=n_batches,
            validation=_validation(network, held, make_validation, frozen),
            n_iter_no_change=n_iter_no_change if early_stopping else None,
            restore_best=early_stopping,
            checkpoints=checkpoints,
            callbacks=callbacks,
            verbose=verbose,
            thresholds=thresholds,
        )
    finally:
        network.backbone.trainable = True


def _validation(network, held, make_validation, frozen):
    if held is None:
        return None
    tokens = network.encode(held[0])
    if not frozen:
        return make_validation(lambda: network.logits(tokens))
    features = network.features(tokens)
    return make_validation(lambda: network.feature_logits(features))


def _check_sizes(backbone, tokenizer, max_length):
    """Refuse a tokenizer with more tokens, or texts with more positions, than the backbone has."""
    if len(tokenizer) > backbone.vocabulary_size:
        raise ValueError(
            f"The tokenizer has {len(tokenizer)} tokens with the additional ones, the checkpoint "
            f"embeddings of {backbone.vocabulary_size}; framework='torch' gives them new ones."
        )
    limit = getattr(backbone, "max_sequence_length", None)
    if limit is not None and max_length > limit:
        raise ValueError(
            f"max_length is {max_length}, but this model has positions for {limit} tokens. Set "
            f"max_length to at most {limit}."
        )
