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
from ._checkpoints import find_checkpoint, kept_labels, read_config
from ._isolation import isolated_generators, memory_error, quiet_transformers
from ._keras_device import POLICIES, check_device, computing_in, training_precision
from ._keras_loading import (
    backbone_class,
    grow_vocabulary,
    layer_settings,
    load_backbone,
    load_head,
)
from ._keras_model import by_text, freeze, tagging_network, uses_pooler
from ._keras_network import KerasNetwork, as_inputs
from ._tokenizers import check_vocabulary, load_tokenizer

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
        Where to compute. TensorFlow takes the GPU that it sees; another device is refused.
    precision : {"auto", "float32", "bfloat16", "float16"}
        In which precision the layers compute; "auto" predicts in float32.
    seed : int
        Seed of new weights.
    additional_special_tokens : sequence of str, default=()
        Tokens that are never split.
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
    load_keras("framework='tensorflow'")
    check_device(device, precision)
    path = find_checkpoint(checkpoint, allow_pickle_weights=allow_pickle_weights)
    written = read_config(path)
    model_type = written["model_type"]
    backbone_class(model_type)  # its error comes before anything is read
    layers = layer_settings(written)
    random_state = np.random.RandomState(seed)
    with quiet_transformers(), isolated_generators():
        random.seed(seed)  # KerasHub draws the seeds of its dropout from there
        tokenizer = load_tokenizer(path, additional_special_tokens)
        tokenizer.padding_side = "right"  # positions count from the first column
        backbone = load_backbone(path, POLICIES[precision], random_state)
        _check_length(backbone, reading["max_length"])
        check_vocabulary(tokenizer, backbone.vocabulary_size, path)
        if len(tokenizer) > backbone.vocabulary_size:
            backbone = grow_vocabulary(backbone, len(tokenizer), random_state)
        config = {
            "model_type": model_type,
            "backbone_config": backbone.get_config(),
            "n_labels": len(label_names),
            "head": head,
            "layers": layers,
        }
        network = Network(tagging_network, config, random_state, backbone=backbone)
        found = KerasNetwork(network, tokenizer, len(label_names), head, reading)
    if head["pooling"] == "cls" and not head["head_layers"]:
        names = [str(name) for name in label_names]
        dense = [layer for layer in found.top.layers if hasattr(layer, "kernel")]
        load_head(path, dense, kept_labels(written, names), names)
    return found


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
        In which precision to train.
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

    Raises
    ------
    ValueError
        If a parameter is none that TensorFlow has.
    MemoryError
        If a batch does not fit into memory.
    """
    import tensorflow as tf

    keras = load_keras("framework='tensorflow'")
    _check_callbacks(callbacks)
    texts, indicator, sample_weight = data
    indicator = indicator.tocsr() if hasattr(indicator, "tocsr") else indicator
    tokens = network.encode(texts)
    model_type = network.network.config["model_type"]
    pooler = uses_pooler(model_type, network.head)
    freeze(network.backbone, model_type, freeze_what, uses_pooler=pooler)
    frozen = freeze_what == "encoder" and network.head["pooling"] != "attention"
    features = network.features(tokens) if frozen else None
    model = network.top if frozen else network.network.model
    policy = POLICIES[training_precision(precision)]
    windowed = (tokens.lengths[:, 0] > 1).any()
    loss = make_loss(loss, **loss_options)
    n_batches = len(length_batches(tokens.lengths, batch_size, rng=np.random.RandomState(0)))
    # an epoch of fewer batches makes one update
    n_accumulated = min(gradient_accumulation_steps, n_batches)
    step = TrainingStep(
        by_text(model, network.head["window_pooling"]) if windowed else model,
        loss,
        make_optimizer(
            # torch's epsilon: clipped gradients are small beside Keras's own of 1e-7
            keras.optimizers.AdamW(learning_rate, weight_decay, epsilon=1e-8),
            max_grad_norm=max_grad_norm,
            gradient_accumulation_steps=n_accumulated,
            precision=policy,
        ),
    )
    rate = make_schedule(
        learning_rate,
        -(-n_batches * max_epochs // n_accumulated),
        warmup_ratio=warmup_ratio,
        decay="linear",
    )

    def batches(epoch_seed):
        rng = np.random.RandomState(epoch_seed)
        for members in length_batches(tokens.lengths, batch_size, rng=rng):
            rows, owners = tokens.rows_of(members)
            inputs = features[rows] if frozen else as_inputs(tokens.padded(rows), network.backbone)
            if windowed:
                inputs = [inputs, owners]
            weight = None if sample_weight is None else sample_weight[members]
            yield inputs, dense_rows(indicator, members), weight

    checkpoints = None
    if checkpoint_dir is not None:
        every = None if checkpoint_every is None else checkpoint_every * n_accumulated
        checkpoints = Checkpoints(checkpoint_dir, every, fingerprint)
    validation = validation_loss = None
    if held is not None:
        logits, validation_loss = _held_logits(network, held, frozen, loss)
        validation = make_validation(logits)
    if not frozen:
        # what predicts is traced before, in the precision of its own
        network.logits(network.encode([""]))
    try:
        with computing_in(network.backbone, policy):
            return run_training(
                step,
                batches,
                max_epochs=max_epochs,
                seed=seed,
                schedule=lambda batch: rate(batch // n_accumulated),
                steps_per_epoch=n_batches,
                validation=validation,
                validation_loss=validation_loss,
                n_iter_no_change=n_iter_no_change if early_stopping else None,
                restore_best=early_stopping,
                checkpoints=checkpoints,
                callbacks=callbacks,
                verbose=verbose,
                thresholds=thresholds,
            )
    except tf.errors.ResourceExhaustedError as error:
        raise memory_error(batch_size, gradient_accumulation_steps) from error
    finally:
        freeze(network.backbone, model_type, "none")


def _held_logits(network, held, frozen, loss):
    """Functions of the logits of the validation data, and of the loss on them."""
    texts, indicator, sample_weight = held
    tokens = network.encode(texts)
    features = network.features(tokens) if frozen else None
    indicator = dense_rows(indicator, slice(None))
    weight = np.ones(len(texts), np.float32) if sample_weight is None else sample_weight
    latest = [None]

    def logits():
        latest[0] = network.feature_logits(features, tokens) if frozen else network.logits(tokens)
        return latest[0]

    def validation_loss():
        return float(loss(indicator, latest[0].astype(np.float32), weight.astype(np.float32)))

    return logits, validation_loss


def _check_callbacks(callbacks):
    for callback in callbacks:
        if isinstance(callback, type) or not callable(callback):
            raise ValueError(
                f"callbacks holds {callback!r}, and framework='tensorflow' takes functions of a "
                f"TrainingEvent only. Set framework='torch' for a transformers.TrainerCallback."
            )


def _check_length(backbone, max_length):
    """Refuse texts with more positions than the backbone has."""
    limit = getattr(backbone, "max_sequence_length", None)
    if limit is not None and max_length > limit:
        raise ValueError(
            f"max_length is {max_length}, but this model has positions for {limit} tokens. Set "
            f"max_length to at most {limit}; long_text='window' reads longer documents whole."
        )
