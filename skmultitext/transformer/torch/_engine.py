"""The engine of `TransformerTagger` on PyTorch: from a checkpoint to a trained network."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any

import torch

from ..._gate.types import AnyArray, FloatArray, IntArray
from ..._runtime.generators import isolated_generators
from ..._runtime.optional import require
from ...training._job import Batch, Job, TrainingResult, as_list
from ...training._loop import train as run_training
from ...training._torch_step import TorchLoss, TorchStep, find_processes, is_out_of_memory
from ...training._trainer_callbacks import TrainerCallbacks, is_trainer_callback, make_arguments
from .._checkpoints import find_checkpoint
from .._frameworks import quiet_transformers
from .._settings import TrainingPlan, memory_error
from .._tokenizers import load_tokenizer
from .._tokens import TokenizedTexts, warn_if_long
from ._loading import load_checkpoint
from ._model import eager_attention, encoder_dropout, freeze
from ._network import TorchNetwork, find_device, find_precision
from ._probe import check_training

__all__ = ["Trainer", "check_callbacks", "start_network"]


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
) -> TorchNetwork:
    """Load a pretrained network and add a head."""
    require("accelerate", "Training with PyTorch")
    find_precision(precision, find_device(device))
    with quiet_transformers():
        path = Path(find_checkpoint(checkpoint, allow_pickle_weights=allow_pickle_weights))
        with isolated_generators(seed):
            tokenizer = load_tokenizer(path, additional_special_tokens)
            model, head = load_checkpoint(path, tokenizer, label_names, head)
        return TorchNetwork(
            model,
            tokenizer,
            len(label_names),
            head,
            reading,
            device=device,
            precision="float32" if precision == "auto" else precision,
        )


def check_callbacks(callbacks: Sequence[Any]) -> None:
    """Refuse callbacks that cannot be served."""
    for callback in callbacks:
        is_trainer_callback(callback)


class Trainer:
    """Trains a network on tokenised texts; the network is changed."""

    def __init__(self, network: TorchNetwork, tokens: TokenizedTexts, plan: TrainingPlan) -> None:
        self.network = network
        self._tokens = tokens
        self.plan = plan
        model, device = network.model, next(network.model.parameters()).device
        self._processes = find_processes(device)
        if self._processes is not None:
            device = self._processes.device
            model.to(device)
        self._device = device
        freeze(model.encoder, plan.freeze)
        model.encoder_is_frozen = plan.freeze == "encoder"
        self._loss = TorchLoss(plan.loss, **plan.loss_options).to(device)
        self.has_features = model.encoder_is_frozen and network.keep_features(tokens)
        self.precision = find_precision(plan.precision, device)
        self._features: FloatArray | None = None
        if self.has_features:
            self._features = network.features(tokens)
            return
        others = ("float32",) if plan.precision == "auto" and self.precision != "float32" else ()
        with self._adapted_encoder():
            self.precision = check_training(model, network.reader.tokenizer, self.precision, others)
        warn_if_long(tokens.lengths)

    @property
    def n_processes(self) -> int:
        """Number of processes, each of which computes `batch_size` texts at a time."""
        return 1 if self._processes is None else int(self._processes.num_processes)

    def make_inputs(self, rows: IntArray, owners: IntArray) -> dict[str, AnyArray]:
        """Make the inputs of the network from rows and the text of each."""
        if self._features is None:
            inputs: dict[str, AnyArray] = dict(self._tokens.padded(rows))
        else:
            inputs = {"features": self._features[rows]}
        return {**inputs, "owners": owners} if self._tokens.has_windows else inputs

    def loss(self, indicator: AnyArray, logits: AnyArray, sample_weight: AnyArray) -> float:
        """Compute the loss of ndarrays."""
        arrays = (indicator, logits, sample_weight)
        return float(self._loss(*(torch.from_numpy(array).to(self._device) for array in arrays)))

    def train(self, job: Job) -> TrainingResult:
        """Run the training loop."""
        plan, model = self.plan, self.network.model
        with quiet_transformers(), self._adapted_encoder():
            step = TorchStep(
                model,
                self._loss,
                learning_rate=plan.learning_rate,
                weight_decay=plan.weight_decay,
                max_grad_norm=plan.max_grad_norm,
                precision=self.precision,
                seed=plan.seed,
                processes=self._processes,
            )
            try:
                return run_training(self._serve_callbacks(job, step), step)
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                steps = job.gradient_accumulation_steps
                raise memory_error(plan.batch_size, steps) from error
            finally:
                model.eval()
                model.requires_grad_(True)
                model.zero_grad()

    def _adapted_encoder(self) -> ExitStack:
        """Give the encoder the dropout and the attention of training, until the stack is closed."""
        encoder, stack = self.network.model.encoder, ExitStack()
        stack.enter_context(encoder_dropout(encoder, self.plan.encoder_dropout))
        if self._device.type == "cpu" and self.precision == "bfloat16":
            stack.enter_context(eager_attention(encoder))
        return stack

    def _serve_callbacks(self, job: Job, step: TorchStep) -> Job:
        """Replace the callbacks of transformers in a job by one listener that calls them."""
        listeners = as_list(job.listeners)
        theirs = [callback for callback in listeners if is_trainer_callback(callback)]
        if not theirs:
            return job
        plan = self.plan
        assert job.n_updates is not None
        served = TrainerCallbacks(
            theirs,
            make_arguments(
                self._device,
                self._processes,
                output_dir="." if job.checkpoints is None else str(job.checkpoints.path.parent),
                per_device_train_batch_size=plan.batch_size,
                num_train_epochs=job.max_epochs,
                learning_rate=plan.learning_rate,
                weight_decay=plan.weight_decay,
                gradient_accumulation_steps=job.gradient_accumulation_steps,
                max_grad_norm=plan.max_grad_norm or 0.0,
                bf16=self.precision == "bfloat16",
                fp16=self.precision == "float16",
                seed=plan.seed,
            ),
            n_updates=job.n_updates,
            watched=None if job.validation is None else job.validation.watched,
        )
        served.attach(step)
        ours = [callback for callback in listeners if not is_trainer_callback(callback)]

        def batches(seed: int) -> Iterator[Batch]:
            return takewhile(lambda _: not step.agree(served.ends_epoch), job.batches(seed))

        return replace(job, batches=batches, listeners=[*ours, served])
