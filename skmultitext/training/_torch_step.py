"""The step of the training loop for PyTorch networks: loss, update, and processes of accelerate."""

import math
import os
import re
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from torch.nn.functional import softplus

from .._gate.types import AnyArray
from .._runtime.generators import Generators
from ._fitting import check_loss
from ._job import Batch, BatchRecord

__all__ = ["TorchLoss", "TorchStep", "find_processes", "is_out_of_memory"]

# environment variables in which launchers give the number of processes
_SIZES = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")

# avoids 0 / 0 for a batch of weight 0; far below any sum of real weights
_TINY = 1e-30


def find_processes(device: torch.device) -> Any:
    """Find accelerate's PartialState where several processes share a training, else None."""
    # a single process must not set accelerate's global state, which a user's Accelerator sets
    distributed = torch.distributed.is_available() and torch.distributed.is_initialized()
    if not distributed and not any(int(os.environ.get(name) or 1) > 1 for name in _SIZES):
        return None
    from accelerate import PartialState

    processes = PartialState(cpu=device.type == "cpu")
    return processes if processes.num_processes > 1 else None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    full = r"out of memory|not enough memory|can't allocate"
    return isinstance(error, RuntimeError) and re.search(full, str(error)) is not None


class TorchStep:
    """The step of a PyTorch module, its loss and AdamW.

    With several processes each computes an equal part of every batch; all make the same update.
    """

    def __init__(
        self,
        model: torch.nn.Module,  # model(**inputs) -> logits; it stays on its device
        loss: Callable[..., torch.Tensor],  # loss(indicator, logits, sample_weight) -> scalar
        *,
        learning_rate: float = 5e-5,  # where the loop has no schedule
        weight_decay: float = 0.0,
        max_grad_norm: float | None = None,
        precision: str = "float32",  # of layers; weights and the optimizer are float32
        seed: int = 0,  # of dropout
        processes: Any = None,  # see find_processes
        hooks: Any = None,  # has on_step_begin and the like, see TrainerCallbacks
    ) -> None:
        self.model = model
        self.hooks = hooks
        self.grad_norm: torch.Tensor | None = None
        self.device = next(model.parameters()).device
        self._loss = loss
        self._max_grad_norm = max_grad_norm
        self._dtype = None if precision == "float32" else getattr(torch, precision)
        # float16 scales the loss, so that small gradients do not underflow
        self._scaler = torch.amp.GradScaler(self.device.type, enabled=precision == "float16")
        # dropout has its own generators, so that threads can train at the same time
        self._generators = Generators(seed, self.device)
        self._processes = processes
        self.is_main = processes is None or processes.is_main_process
        self._network: Any = model
        if processes is not None:
            self._network = torch.nn.parallel.DistributedDataParallel(
                model,
                device_ids=None if self.device.type == "cpu" else [self.device],
                find_unused_parameters=True,
            )
        self._weights = [p for p in model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            _decayed_and_others(model, weight_decay), lr=learning_rate, fused=True
        )

    def __call__(self, batches: Sequence[Batch]) -> tuple[float, list[BatchRecord]]:
        """Make one update from one or more batches; return the mean loss, and each batch's record.

        "owners" among the inputs gives the text of each row, where texts have several rows.
        """
        self._tell("on_step_begin")
        if not self.model.training:
            self.model.train()
        try:
            found = []
            for number, batch in enumerate(batches, 1):
                is_last = number == len(batches)
                found.append(self._add_gradients(batch, len(batches), is_last))
                if not is_last:
                    self._tell("on_substep_end")
            self._update()
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise MemoryError(str(error)) from error
            raise
        # copied to the host last, after all work of this step is queued on the GPU
        losses = [float(loss) for loss, _ in found]
        records = []
        for (_, indicator, weight), (_, logits) in zip(batches, found, strict=True):
            weight = np.ones(len(indicator), np.float32) if weight is None else weight
            records.append((np.asarray(indicator), logits.cpu().numpy(), np.asarray(weight)))
        return math.fsum(losses) / len(losses), records

    def _add_gradients(
        self, batch: Batch, n_batches: int, is_last: bool
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Add the gradients of a batch; return its loss and logits."""
        n_texts = len(batch[1])
        texts, share = slice(0, n_texts), 1.0
        if self._processes is not None:
            batch, texts, share = _part(batch, self._processes)
        inputs, indicator, weight = batch
        tensors = {name: self._tensor(array) for name, array in inputs.items()}
        targets = self._tensor(indicator)
        weights = None if weight is None else self._tensor(weight)
        wait = self._processes is not None and not is_last
        with self._network.no_sync() if wait else nullcontext():
            autocast = torch.autocast(self.device.type, self._dtype, self._dtype is not None)
            with self._generators, autocast:
                logits = self._network(**tensors).float()
            loss = self._loss(targets, logits, weights)
            scaled = loss
            if self._processes is not None:  # DDP averages the gradients over processes
                scaled = scaled * (share * self._processes.num_processes)
            if n_batches > 1:
                scaled = scaled / n_batches
            self._scaler.scale(scaled).backward()
        loss, logits = loss.detach(), logits.detach()
        if self._processes is None:
            return loss, logits
        return self._joined(loss * share, logits, texts, n_texts)

    def _joined(
        self, loss: torch.Tensor, logits: torch.Tensor, texts: slice, n_texts: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Join the parts of a batch that the processes have computed."""
        from accelerate.utils import reduce

        whole = logits.new_zeros((n_texts, logits.shape[1]))
        whole[texts] = logits[: texts.stop - texts.start]
        return reduce(loss, "sum"), reduce(whole, "sum")

    def agree(self, wish: bool) -> bool:
        """Whether `wish` is True in any of the processes."""
        if self._processes is None:
            return wish
        from accelerate.utils import reduce

        return bool(reduce(torch.tensor(float(wish), device=self.device), "sum") > 0)

    def _update(self) -> None:
        if self._scaler.is_enabled():
            self._scaler.unscale_(self.optimizer)
        if self._max_grad_norm is not None:
            self.grad_norm = torch.nn.utils.clip_grad_norm_(self._weights, self._max_grad_norm)
        self._tell("on_pre_optimizer_step")
        self._scaler.step(self.optimizer)
        self._scaler.update()
        self._tell("on_optimizer_step")
        self.optimizer.zero_grad()

    def _tell(self, name: str) -> None:
        if self.hooks is not None:
            getattr(self.hooks, name)()

    def _tensor(self, array: AnyArray) -> torch.Tensor:
        return torch.from_numpy(np.asarray(array)).to(self.device, non_blocking=True)

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next update, float; can be set."""
        return float(self.optimizer.param_groups[0]["lr"])

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = value

    def weights(self) -> dict[str, AnyArray]:
        """Copy the weights of the model, in the form that `set_weights` takes."""
        return {
            name: tensor.detach().cpu().clone().numpy()
            for name, tensor in self.model.state_dict().items()
        }

    def set_weights(self, weights: dict[str, AnyArray]) -> None:
        """Set the weights of the model."""
        self.model.load_state_dict(
            {name: torch.from_numpy(np.array(array)) for name, array in weights.items()}
        )

    def state(self) -> dict[str, dict[str, AnyArray]]:
        """Copy the state that the next update depends on."""
        slots = {
            f"{number}/{name}": value.cpu().clone().numpy()
            for number, values in self.optimizer.state_dict()["state"].items()
            for name, value in values.items()
        }
        scale = {name: np.array(value) for name, value in self._scaler.state_dict().items()}
        return {
            "model": self.weights(),
            "optimizer": slots,
            "generators": self._generators.state(),
            "loss_scale": scale,
            "learning_rate": {"now": np.array(self.learning_rate)},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from `state`; ValueError if it belongs to another network."""
        model, slots = state.get("model") or {}, state.get("optimizer") or {}
        ours = {name: tuple(tensor.shape) for name, tensor in self.model.state_dict().items()}
        if {name: array.shape for name, array in dict(model).items()} != ours:
            raise ValueError("its model arrays are not those of this network")
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        by_number: dict[int, dict[str, torch.Tensor]] = {}
        for key, array in dict(slots).items():
            number, name = key.split("/")
            found = by_number.setdefault(int(number), {})
            found[name] = torch.from_numpy(np.array(array))
            if int(number) >= len(parameters) or (
                array.ndim and array.shape != tuple(parameters[int(number)].shape)
            ):
                raise ValueError("its optimizer arrays are not those of this network")
        self.set_weights(model)
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": by_number, "param_groups": groups})
        self.learning_rate = float(state["learning_rate"]["now"])
        self._generators.restore(state["generators"])
        if state.get("loss_scale"):
            self._scaler.load_state_dict(
                {name: array.item() for name, array in state["loss_scale"].items()}
            )


def _part(batch: Batch, processes: Any) -> tuple[Batch, slice, float]:
    """Take this process's part of a batch, and its share of the loss."""
    inputs, indicator, weight = batch
    weight = np.ones(len(indicator), np.float32) if weight is None else weight
    number, count = processes.process_index, processes.num_processes
    start, stop = (len(indicator) * n // count for n in (number, number + 1))
    total = float(weight.sum())
    share = float(weight[start:stop].sum()) / total if total else 0.0
    texts = slice(start, stop)
    # a process without texts computes one with weight 0, because the others need its gradients
    taken = texts if stop > start else slice(0, 1)
    rows: Any = taken
    if "owners" in inputs:
        owners = inputs["owners"]
        rows = (owners >= taken.start) & (owners < taken.stop)
    part = {name: array[rows] for name, array in inputs.items()}
    if "owners" in inputs:
        part["owners"] = part["owners"] - taken.start
    return (part, indicator[taken], weight[taken]), texts, share


def _decayed_and_others(model: torch.nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Group weights: biases and normalisations do not decay."""
    groups: tuple[list[Any], list[Any]] = ([], [])
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups[parameter.ndim < 2 or "bias" in name].append(parameter)
    decays = (weight_decay, 0.0)
    return [
        {"params": group, "weight_decay": decay}
        for group, decay in zip(groups, decays, strict=True)
    ]


class TorchLoss(torch.nn.Module):
    """A loss by name."""

    def __init__(
        self,
        name: str,
        *,
        pos_weight: Any = None,
        neg_weight: Any = None,
        has_unknown: bool = False,  # negative entries of an indicator are unknown: left out
        **options: Any,
    ) -> None:
        super().__init__()
        options = check_loss(name, options)
        self._label_smoothing = options.pop("label_smoothing", 0.0)
        self._by_mean = options.pop("reduction", "sum_over_labels") == "mean"
        self._has_unknown = has_unknown
        self._terms = _TERMS[name]
        self._options = options
        for key, value in (("pos_weight", pos_weight), ("neg_weight", neg_weight)):
            factor = None if value is None else torch.as_tensor(np.asarray(value, np.float32))
            self.register_buffer(key, factor, persistent=False)

    def forward(
        self,
        indicator: torch.Tensor,
        logits: torch.Tensor,
        sample_weight: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Compute the loss of a batch."""
        if logits.dtype != torch.float64:
            logits = logits.float()
        positive, negative = self._terms(logits, **self._options)
        target = indicator.to(logits.dtype)
        if self._label_smoothing:
            target = target * (1.0 - self._label_smoothing) + 0.5 * self._label_smoothing
        if self.pos_weight is not None:
            positive = positive * self.pos_weight.to(logits)
        if self.neg_weight is not None:
            negative = negative * self.neg_weight.to(logits)
        values = target * positive + (1.0 - target) * negative
        if self._has_unknown:
            known = indicator >= 0
            values = torch.where(known, values, 0.0)
            n_known = known.sum(dim=1).clamp(min=1)
            values = values.sum(dim=1) / (n_known if self._by_mean else 1)
        else:
            values = values.mean(dim=1) if self._by_mean else values.sum(dim=1)
        if sample_weight is None:
            return values.mean()
        weight = sample_weight.to(logits.dtype)
        return (weight * values).sum() / weight.sum().clamp(min=_TINY)


def _log_loss(logits: Any) -> Any:
    return softplus(-logits), softplus(logits)


def _focal(logits: Any, gamma: Any = 2.0, alpha: Any = None) -> Any:
    log_p, log_not_p = -softplus(-logits), -softplus(logits)
    positive = -torch.exp(gamma * log_not_p) * log_p
    negative = -torch.exp(gamma * log_p) * log_not_p
    if alpha is not None:
        positive, negative = alpha * positive, (1 - alpha) * negative
    return positive, negative


def _asymmetric(
    logits: Any, gamma_positive: Any = 0.0, gamma_negative: Any = 4.0, margin: Any = 0.05
) -> Any:
    log_p, log_not_p = -softplus(-logits), -softplus(logits)
    positive = -torch.exp(gamma_positive * log_not_p) * log_p
    if margin == 0:
        return positive, -torch.exp(gamma_negative * log_p) * log_not_p
    negative = -torch.log((torch.sigmoid(-logits) + margin).clamp(max=1.0))
    if gamma_negative > 0:
        # the floor keeps the slope of a power below 1 finite; the logarithm is 0 there
        shifted = (torch.sigmoid(logits) - margin).clamp(min=_TINY)
        negative = shifted**gamma_negative * negative
    return positive, negative


_TERMS = {
    "log_loss": _log_loss,
    "focal": _focal,
    "asymmetric": _asymmetric,
}
