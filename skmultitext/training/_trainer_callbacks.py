"""Callbacks written for `transformers.Trainer`, called by the training loop."""

import time
from collections.abc import Sequence
from typing import Any

import torch
from transformers import (
    DefaultFlowCallback,
    EarlyStoppingCallback,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from transformers.trainer_callback import CallbackHandler

from ._job import TrainingEvent

__all__ = ["TrainerCallbacks", "is_trainer_callback", "make_arguments"]


def is_trainer_callback(callback: Any) -> bool:
    """Whether a callback is one of transformers, as an object or a class; refuse early stopping."""
    kind = callback if isinstance(callback, type) else type(callback)
    if issubclass(kind, EarlyStoppingCallback):
        raise ValueError(
            f"callbacks holds {kind.__name__}, which stops by scores that Trainer computes, and "
            f"here the tagger computes them. Leave it out and set early_stopping=True, with "
            f"n_iter_no_change and monitor."
        )
    return issubclass(kind, TrainerCallback)


class _Arguments(TrainingArguments):
    """TrainingArguments that set up no device: that would reset the state of accelerate."""

    distributed_state: Any = None
    chosen_device: Any = None

    @property
    def device(self) -> Any:
        """The device of the training."""
        return self.chosen_device

    @property
    def n_gpu(self) -> int:
        """GPUs of this process."""
        return int(getattr(self.chosen_device, "type", "cpu") != "cpu")


def make_arguments(device: torch.device, processes: Any = None, **settings: Any) -> _Arguments:
    """Make what callbacks get as `args`: `settings` are those of TrainingArguments."""
    arguments = _Arguments(
        report_to="none",
        logging_strategy="epoch",
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        use_cpu=device.type == "cpu",
        dataloader_pin_memory=False,
        **settings,
    )
    arguments.chosen_device, arguments.distributed_state = device, processes
    return arguments


class _Rates:
    """What callbacks get as `lr_scheduler`: the loop sets the learning rate."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.optimizer = optimizer

    def get_last_lr(self) -> list[float]:
        """Return the learning rate of each group of weights."""
        return [group["lr"] for group in self.optimizer.param_groups]


class TrainerCallbacks:
    """Calls TrainerCallbacks, as a listener of the loop and as the hooks of a `TorchStep`.

    The order of calls is that of Trainer, except that validation comes before `on_epoch_end`, so
    that the log of an epoch holds its figures.
    """

    def __init__(
        self,
        callbacks: Sequence[Any],
        arguments: _Arguments,
        *,
        n_updates: int,
        watched: str | None = None,
    ) -> None:
        self._callbacks = callbacks
        self._arguments = arguments
        self._n_updates = n_updates  # of an epoch
        self._watched = watched
        self.control = TrainerControl()
        n_epochs = int(arguments.num_train_epochs)
        self.state = TrainerState(
            epoch=0.0,
            max_steps=n_updates * n_epochs,
            num_train_epochs=n_epochs,
            train_batch_size=arguments.per_device_train_batch_size,
            logging_steps=arguments.logging_steps,
            eval_steps=arguments.eval_steps or arguments.logging_steps,
            save_steps=arguments.save_steps,
            is_local_process_zero=arguments.local_process_index == 0,
            is_world_process_zero=arguments.process_index == 0,
        )
        self._losses: list[float] = []  # since the last log
        self._evaluated: dict[str, float] = {}  # not logged yet
        self._in_epoch = False
        self._started = time.perf_counter()

    def attach(self, step: Any) -> None:
        """Become the `hooks` of the step; to be called before the loop starts."""
        self._step = step
        step.hooks = self
        # the flow callback asks for a log, a save and the end as Trainer does
        self._handler = CallbackHandler(
            [DefaultFlowCallback, *self._callbacks],
            step.model,
            None,
            step.optimizer,
            _Rates(step.optimizer),
        )

    def __call__(self, event: TrainingEvent) -> bool:
        """Call the callbacks of an event of the loop; True ends the training."""
        getattr(self, f"_at_{event.name}")(event)
        # at the last step Trainer itself asks for the end
        return self.control.should_training_stop and self.state.global_step < self.state.max_steps

    @property
    def ends_epoch(self) -> bool:
        """Whether a callback has asked for the end of the epoch."""
        return self._in_epoch and self.control.should_epoch_stop

    def _call(self, name: str, **values: Any) -> None:
        method = getattr(self._handler, name)
        self.control = method(self._arguments, self.state, self.control, **values)

    def _log(self, values: dict[str, float]) -> None:
        logs = {**values, "epoch": self.state.epoch}
        self.state.log_history.append({**logs, "step": self.state.global_step})
        self._call("on_log", logs=logs)

    def _trained(self) -> dict[str, float]:
        """Figures of training since the last log."""
        losses, self._losses = self._losses, []
        values = {"loss": sum(losses) / len(losses)} if losses else {}
        if self._step.grad_norm is not None:
            values["grad_norm"] = float(self._step.grad_norm)
        return {**values, "learning_rate": self._step.learning_rate}

    def _at_train_begin(self, event: TrainingEvent) -> None:
        self.state.global_step = event.step
        self.state.epoch = float(event.epoch - 1)
        self._call("on_init_end")
        self._call("on_train_begin")

    def on_step_begin(self) -> None:
        """Call the hooks of the start of an update, and with its first update that of an epoch."""
        if not self._in_epoch:
            self._in_epoch = True
            self._call("on_epoch_begin")
        if self._evaluated:  # in the middle of an epoch
            self._log(self._evaluated)
            self._evaluated = {}
        self._call("on_step_begin")

    def on_substep_end(self) -> None:
        """Call the hook after a batch whose gradients are only accumulated."""
        self._call("on_substep_end")

    def on_pre_optimizer_step(self) -> None:
        """Call the hook between the gradients and the update."""
        self._call("on_pre_optimizer_step")

    def on_optimizer_step(self) -> None:
        """Call the hook after the update."""
        self._call("on_optimizer_step")

    def _at_step(self, event: TrainingEvent) -> None:
        self.state.global_step = event.step
        whole = float(event.epoch)
        self.state.epoch = min(max(event.step / self._n_updates, whole - 1), whole)
        self._losses.append(event.values["loss"])
        self._call("on_step_end")
        if self.control.should_log:
            self._log(self._trained())

    def _at_validation(self, event: TrainingEvent) -> None:
        found = {
            name.replace("validation_", "eval_", 1): value  # the prefix that loggers expect
            for name, value in event.values.items()
            if name.startswith("validation_")
        }
        score = event.values.get(self._watched or "")
        if score is not None and (self.state.best_metric is None or score > self.state.best_metric):
            self.state.best_metric, self.state.best_global_step = score, event.step
        self._evaluated = found
        self._call("on_evaluate", metrics={**found, "epoch": self.state.epoch})

    def _at_epoch_end(self, event: TrainingEvent) -> None:
        self.state.epoch = float(event.epoch)
        self._in_epoch = False
        self._call("on_epoch_end")
        self._log({**self._trained(), "loss": event.values["loss"], **self._evaluated})
        self._evaluated = {}

    def _at_checkpoint(self, event: TrainingEvent) -> None:
        self._call("on_save")

    def _at_train_end(self, event: TrainingEvent) -> None:
        self._log({"train_runtime": time.perf_counter() - self._started})
        self._call("on_train_end")
