"""The TensorFlow engine of `TransformerTagger`: from a checkpoint to a trained network."""

import os
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._gate.types import FloatArray, IntArray
from ..._runtime.generators import isolated_generators
from ..._runtime.keras import (
    POLICIES,
    all_layers,
    computing_in,
    load_keras,
    prediction_precision,
    training_precision,
)
from ..._runtime.messages import shown
from ...neural._network import Network
from ...neural.losses import make_loss
from ...training import Job, KerasStep, TrainingResult, make_optimizer
from ...training import train as run_training
from .._checkpoints import (
    asks_for_own_head,
    find_checkpoint,
    kept_labels,
    read_config,
    settle_pooling,
)
from .._frameworks import quiet_transformers
from .._settings import TrainingPlan, memory_error
from .._tokenizers import check_vocabulary, closes_with_cls, load_tokenizer
from .._tokens import TokenizedTexts, check_max_length, warn_if_long
from ._model import (
    backbone_class,
    by_text,
    freeze,
    grow_vocabulary,
    layer_settings,
    load_backbone,
    load_head,
    tagging_network,
    uses_pooler,
)
from ._network import KerasNetwork, as_inputs

__all__ = [
    "Trainer",
    "check_callbacks",
    "check_device",
    "start_network",
]


def __dir__() -> list[str]:
    return __all__


def start_network(
    checkpoint: str | os.PathLike[str],
    label_names: Sequence[str],
    *,
    head: dict[str, Any],
    reading: dict[str, Any],
    device: str,
    precision: str,
    seed: int,
    additional_special_tokens: Sequence[str] = (),
    allow_pickle_weights: bool = False,
) -> KerasNetwork:
    """Load a pretrained network and add a head."""
    load_keras("framework='tensorflow'")
    check_device(device, precision)
    path = find_checkpoint(checkpoint, allow_pickle_weights=allow_pickle_weights)
    written = read_config(path)
    model_type = written["model_type"]
    backbone_class(model_type)  # raises if unsupported, before any file is read
    layers = layer_settings(written)
    head = settle_pooling(head, "cls")
    random_state = np.random.RandomState(seed)
    with quiet_transformers(), isolated_generators():
        random.seed(seed)  # KerasHub draws its dropout seeds from `random`
        tokenizer = load_tokenizer(path, additional_special_tokens)
        tokenizer.padding_side = "right"  # KerasHub numbers positions by column
        pooler = uses_pooler(model_type, head)
        policy = POLICIES[prediction_precision(precision)]
        backbone = load_backbone(path, policy, random_state, pooler_is_used=pooler)
        check_max_length(reading["max_length"], getattr(backbone, "max_sequence_length", None))
        check_vocabulary(tokenizer, backbone.vocabulary_size, path)
        if len(tokenizer) > backbone.vocabulary_size:
            backbone = grow_vocabulary(backbone, len(tokenizer), random_state)
        config = {
            "model_type": model_type,
            "backbone_config": backbone.get_config(),
            "n_labels": len(label_names),
            "head": head,
            "layers": layers,
            "cls_is_last": closes_with_cls(tokenizer),
        }
        network = Network(tagging_network, config, random_state, backbone=backbone)
        found = KerasNetwork(network, tokenizer, len(label_names), head, reading)
    if asks_for_own_head(head):
        names = [str(name) for name in label_names]
        dense = [layer for layer in found.top.layers if hasattr(layer, "kernel")]
        load_head(path, dense, kept_labels(written, names), names)
    return found


def check_callbacks(callbacks: Sequence[Any]) -> None:
    """Refuse callbacks other than functions of a `TrainingEvent`."""
    for callback in callbacks:
        if isinstance(callback, type) or not callable(callback):
            raise ValueError(
                f"callbacks holds {shown(callback)}, and framework='tensorflow' takes functions of "
                f"a TrainingEvent only. Set framework='torch' for a transformers.TrainerCallback."
            )


class Trainer:
    """Trains a network on tokenised texts; the network is changed."""

    n_processes = 1

    def __init__(self, network: KerasNetwork, tokens: TokenizedTexts, plan: TrainingPlan) -> None:
        if plan.encoder_dropout is not None:
            raise ValueError(
                f"encoder_dropout is {plan.encoder_dropout} in training_params, but "
                f"framework='tensorflow' trains with the dropout of the checkpoint. Leave it out, "
                f"or set framework='torch'."
            )
        self.network = network
        self._tokens = tokens
        self.plan = plan
        self._model_type: str = network.network.config["model_type"]
        pooler = uses_pooler(self._model_type, network.head)
        freeze(network.backbone, self._model_type, plan.freeze, uses_pooler=pooler)
        self.loss = make_loss(plan.loss, **plan.loss_options)
        self.precision = training_precision(plan.precision)
        # the attention of the pooling is trained, so that its vectors change
        self.has_features = plan.freeze == "encoder" and network.head["pooling"] != "attention"
        self._features: FloatArray | None = None
        if self.has_features:
            self._features = network.features(tokens)
        else:
            warn_if_long(tokens.lengths)

    def make_inputs(self, rows: IntArray, owners: IntArray) -> Any:
        """Make the inputs of the network from rows and the text of each."""
        if self._features is None:
            inputs: Any = as_inputs(self._tokens.padded(rows), self.network.backbone)
        else:
            inputs = self._features[rows]
        return [inputs, owners] if self._tokens.has_windows else inputs

    def train(self, job: Job) -> TrainingResult:
        """Run the training loop."""
        import tensorflow as tf

        plan, network = self.plan, self.network
        model = network.top if self.has_features else network.network.model
        if self._tokens.has_windows:
            model = by_text(model, network.head["window_pooling"])
        # torch's epsilon; Keras's 1e-7 would be too large relative to clipped gradients
        adamw = load_keras().optimizers.AdamW(plan.learning_rate, plan.weight_decay, epsilon=1e-8)
        optimizer = make_optimizer(
            adamw, max_grad_norm=plan.max_grad_norm, precision=self.precision
        )
        step = KerasStep(model, self.loss, optimizer)
        if not self.has_features:
            # trace the prediction functions now, before the precision changes to that of training
            network.logits(network.encode([""]))
        try:
            with computing_in(self.precision, all_layers(network.backbone)):
                return run_training(job, step)
        except (MemoryError, tf.errors.ResourceExhaustedError) as error:
            raise memory_error(plan.batch_size, job.gradient_accumulation_steps) from error
        finally:
            freeze(network.backbone, self._model_type, "none")


def check_device(device: str, precision: str) -> None:
    """Refuse a device other than TensorFlow's own choice, and float16 without a GPU."""
    has_gpu = bool(_gpus())
    if device == "mps" or (device == "cuda" and not has_gpu):
        raise ValueError(
            f"device is {shown(device)}, but TensorFlow sees no such GPU. Pass 'auto', or set "
            f"framework='torch'."
        )
    if device == "cpu" and has_gpu:
        raise ValueError(
            "device is 'cpu', but TensorFlow computes on the GPU that it sees. Set "
            "CUDA_VISIBLE_DEVICES='' before Python starts, or framework='torch'."
        )
    if precision == "float16" and not has_gpu:
        raise ValueError(
            "precision='float16' needs a CUDA GPU, and TensorFlow sees none; pass 'bfloat16' or "
            "'float32', or set framework='torch' if PyTorch sees one."
        )


def _gpus() -> list[Any]:
    import tensorflow as tf

    return tf.config.list_physical_devices("GPU")
