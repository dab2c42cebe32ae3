"""Input and output of the training loop: the job, the step, events and the result."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from .._gate.parameters import check_choice
from .._gate.types import AnyArray, FloatArray
from .._runtime.checkpoints import Checkpoints

__all__ = [
    "Batch",
    "BatchRecord",
    "Job",
    "Listeners",
    "Step",
    "TrainingEvent",
    "TrainingResult",
    "Validator",
    "as_list",
    "make_schedule",
    "remedy",
]

_DECAYS = (None, "linear", "cosine")


@dataclass(frozen=True)
class TrainingEvent:
    """An event of a training, the argument of callbacks; returning True ends the training.

    Parameters
    ----------
    name : {"train_begin", "step", "validation", "checkpoint", "epoch_end", "train_end"}
        What happened.
    epoch : int
        The epoch, from 1.
    step : int
        Steps (batches) trained so far, over all epochs.
    values : dict of {str: float}
        "step": its "loss"; "validation": the figures of training so far in this epoch, and those
        of validation, under the names that they have in `history_`; "epoch_end": the record of
        `history_`; else empty.
    model : keras.Model, default=None
        The network.
    batch : tuple, default=None
        At a "step" (indicator, logits, sample_weight) of the batch, ndarrays; the indicator is
        -1 where a label is unknown.

    Examples
    --------
    >>> TrainingEvent("step", epoch=1, step=7, values={"loss": 0.5}).values["loss"]
    0.5
    """

    name: str
    epoch: int
    step: int
    values: dict[str, Any] = field(default_factory=dict)
    model: Any = None
    batch: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class TrainingResult:
    """How a training went; the weights are in the model.

    Parameters
    ----------
    history : list of dict
        One record per epoch: "epoch" (from 1), "step" (updates so far), "loss" (mean over the
        epoch), "learning_rate" (of its last step), "seconds"; of the documents trained on, each
        as the network was before its step, over known labels: "f1_micro", "f1_macro",
        "f1_weighted", "exact_match", "binary_accuracy"; and with validation data
        "validation_loss" and "validation_<scorer>", of the last validation.

        "loss" and "validation_loss" are the loss that is minimised, on one scale: with class
        weights, and for each document the sum over its labels, unless `loss_params` has
        ``"reduction": "mean"``. "validation_neg_log_loss" is the negative mean over documents and
        labels, without weights: "validation_loss" of a plain "log_loss" is -n_labels times that.
    stopped_by : {"max_epochs", "early_stopping", "callback", "interrupt", "loss"}
        What ended it.
    best_score : float or None, default=None
        The best score on the validation data.
    best_step : int or None, default=None
        The step after which it was reached.
    error : FloatingPointError, KeyboardInterrupt or None, default=None
        With "loss": the loss was nan or infinite. With "interrupt": Ctrl-C. The model holds the
        best weights; the caller stores them and then raises this error.

    Examples
    --------
    >>> TrainingResult([], "max_epochs").stopped_by
    'max_epochs'
    """

    history: list[dict[str, Any]]
    stopped_by: str
    best_score: float | None = None
    best_step: int | None = None
    error: FloatingPointError | KeyboardInterrupt | None = None


# inputs, indicator, sample_weight or None; arrays or tensors
Batch: TypeAlias = tuple[Any, Any, Any]
# indicator, logits, sample_weight
BatchRecord: TypeAlias = tuple[AnyArray, AnyArray, AnyArray]
Listeners: TypeAlias = Callable[[TrainingEvent], Any] | Sequence[Callable[[TrainingEvent], Any]]


class Validator(Protocol):
    """Scores a network on held-out data; see `Validation`."""

    watched: str

    def evaluate(self) -> dict[str, float]:
        """Return the figures by name, the watched one among them; greater is better."""
        ...


class Step(Protocol):
    """The updates of a framework, one at a time, such as `KerasStep`."""

    model: Any  # what listeners see as `event.model`
    learning_rate: float  # of the next update; the loop sets it where there is a schedule
    is_main: bool  # whether this process prints and writes files; always True for a single process

    def __call__(self, batches: Sequence[Batch]) -> tuple[float, list[BatchRecord]]:
        """Make one update from the mean loss of the batches; return that loss, and the logits."""
        ...

    def agree(self, wish: bool) -> bool:
        """Whether `wish` is True in any of the processes that share the training."""
        ...

    def weights(self) -> Any:
        """Copy the weights, as arrays in a list or a dict."""
        ...

    def set_weights(self, weights: Any) -> None:
        """Set weights that `weights` returned."""
        ...

    def state(self) -> dict[str, Any]:
        """Copy the state that the next update depends on: lists or dicts of arrays by group."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from `state`; ValueError if it belongs to another network."""
        ...


@dataclass
class Job:
    """A training: what to train on, and how.

    Parameters
    ----------
    batches : callable
        ``batches(seed)`` -> iterable of ``(inputs, indicator, sample_weight)`` of one epoch,
        shuffled by that seed alone, which differs from epoch to epoch. Arrays or tensors:
        inputs as the model takes them, indicator of shape (n_samples, n_labels), dense, -1
        where unknown; sample_weight of shape (n_samples,) or None.
    max_epochs : int
        Most epochs, at least 1.
    seed : int
        Seed of the shuffling, in [0, 2**32).
    n_batches : int, default=None
        Batches of an epoch, used by the progress bar and `n_updates` only.
    gradient_accumulation_steps : int, default=1
        Consecutive batches whose mean loss makes one update, at least 1; the last update of an
        epoch may have fewer. Steps count updates.
    schedule : callable, default=None
        ``schedule(step)`` -> learning rate of a step, counted from 0; see `make_schedule`. None
        leaves the learning rate to the optimizer.
    validation : Validation, default=None
        Evaluated at the end of each epoch, or as `validate_every` says.
    validate_every : int, default=None
        Steps between two validations.
    n_iter_no_change : int, default=None
        Stop after this many validations in a row without a better score; None never stops.
    restore_best : bool, default=False
        End with the weights of the best validation rather than with the last ones.
    checkpoints : Checkpoints, default=None
        Where to write checkpoints. If an unfinished training left one there, this one continues
        from it.
    listeners : callable or list of callable, default=()
        Called with each `TrainingEvent`; a callback ends the training by returning True, with
        several processes in all of them.
    verbose : {0, 1, 2}, default=0
        1 prints a progress bar, 2 a line an epoch.
    thresholds : float or ndarray of shape (n_labels,), default=0.5
        Thresholds of the scores of training.
    advice : str, default=None
        What to change where the loss is not finite or the training diverges. None advises a lower
        learning rate.

    Examples
    --------
    >>> job = Job(lambda seed: [], 20, seed=0, n_batches=5, gradient_accumulation_steps=2)
    >>> job.n_updates
    3
    """

    batches: Callable[[int], Iterable[Batch]]
    max_epochs: int
    seed: int
    n_batches: int | None = None
    gradient_accumulation_steps: int = 1
    schedule: Callable[[int], float] | None = None
    validation: Validator | None = None
    validate_every: int | None = None
    n_iter_no_change: int | None = None
    restore_best: bool = False
    checkpoints: Checkpoints | None = None
    listeners: Listeners = ()
    verbose: int = 0
    thresholds: float | FloatArray = 0.5
    advice: str | None = field(default=None, repr=False)

    @property
    def n_updates(self) -> int | None:
        """Updates of an epoch, int; None where the number of batches is not known."""
        if self.n_batches is None:
            return None
        return -(-self.n_batches // self.gradient_accumulation_steps)


def as_list(callbacks: Any) -> list[Callable[[TrainingEvent], Any]]:
    """List callbacks that are given as one, a list, or None."""
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]


def make_schedule(
    learning_rate: float, n_steps: int, *, warmup_ratio: float = 0.0, decay: str | None = None
) -> Callable[[int], float]:
    """Make a learning rate schedule: a rise from 0, then constant or a fall to 0.

    Parameters
    ----------
    learning_rate : float
        The highest learning rate.
    n_steps : int
        Number of steps (updates) of the whole training, at least 1.
    warmup_ratio : float, default=0.0
        Share of the steps in which the rate rises linearly, in [0, 1].
    decay : {None, "linear", "cosine"}, default=None
        How it falls from then on; None keeps it.

    Returns
    -------
    callable
        ``schedule(step)`` -> float, the learning rate of a step, counted from 0.

    Raises
    ------
    ValueError
        If `decay` is not known.

    References
    ----------
    P. Goyal et al., "Accurate, large minibatch SGD", 2017 (warmup); I. Loshchilov, F. Hutter,
    "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, eq. 5 (cosine).

    Examples
    --------
    >>> schedule = make_schedule(1.0, 10, warmup_ratio=0.2, decay="linear")
    >>> [schedule(step) for step in (0, 1, 2, 6, 10)]
    [0.5, 1.0, 1.0, 0.5, 0.0]
    """
    check_choice("decay", decay, _DECAYS)
    n_warmup = math.ceil(warmup_ratio * n_steps)

    def schedule(step: int) -> float:
        if step < n_warmup:
            return learning_rate * (step + 1) / n_warmup
        done = min((step - n_warmup) / max(n_steps - n_warmup, 1), 1.0)
        if decay == "linear":
            return learning_rate * (1.0 - done)
        if decay == "cosine":
            return learning_rate * 0.5 * (1.0 + math.cos(math.pi * done))
        return learning_rate

    return schedule


def remedy(
    learning_rate: float,
    max_grad_norm: float | None,
    precision: str = "float32",
    *,
    of_features: bool = False,
) -> str:
    """Suggest changes against divergence, except those already made."""
    parts = [f"lower learning_rate ({learning_rate:g})"]
    if max_grad_norm is None:
        parts.append("set training_params={'max_grad_norm': 1.0}")
    if of_features:
        parts.append("scale the features (StandardScaler; MaxAbsScaler where they are sparse)")
    if precision != "float32":
        parts.append("set precision='float32'")
    text = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, or {parts[-1]}"
    return f"{text[0].upper()}{text[1:]}."
