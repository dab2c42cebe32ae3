"""The training loop of all networks: epochs, validation, checkpoints, events.

What depends on the framework is in the step.
"""

import math
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning

from .._runtime.messages import warn_caller
from .._runtime.threads import ignored_warnings
from ..exceptions import UnknownLabelWarning
from ._job import Batch, BatchRecord, Job, Step, TrainingEvent, TrainingResult, as_list, remedy
from ._progress import Progress
from ._scores import TrainingScores

__all__ = ["train"]

# Mean distance of logits on the wrong side of 0 above which a training has diverged: the
# probability of a true label is then below 1e-8 on average. An untrained network has about 0.
_DIVERGED = 20.0

# these warnings of a validation depend only on y
_SHOWN_ONCE = (UndefinedMetricWarning, UnknownLabelWarning)


@dataclass
class _State:
    """The state of a training, which a checkpoint holds as JSON."""

    seed: int
    epoch: int = 0  # epochs completed
    batch: int = 0  # batches done of the next one
    step: int = 0  # updates so far, over all epochs
    scores: dict[str, Any] = field(default_factory=dict)  # TrainingScores of this epoch
    seconds: float = 0.0
    validated: dict[str, float] = field(default_factory=dict)  # the last validation
    best_score: float | None = None
    best_step: int | None = None
    n_worse: int = 0
    wrong_way: float = 0.0  # of the last epoch, see TrainingScores
    kept_wrong_way: float = 0.0  # when weights were last kept
    history: list[dict[str, Any]] = field(default_factory=list)


def train(job: Job, step: Step) -> TrainingResult:
    """Train a network.

    Parameters
    ----------
    job : Job
        What to train on, and how.
    step : KerasStep
        The network with its loss and optimizer; an object with the same members brings another
        framework.

    Returns
    -------
    TrainingResult
        The history and what ended the training.

    Raises
    ------
    FloatingPointError
        If the loss is nan or infinite before the end of the first epoch (or the first
        validation); later, the result holds this error and the model its best weights.
    KeyboardInterrupt
        With Ctrl-C, likewise.
    MemoryError
        If a batch does not fit into the memory of the device.
    ValueError
        If there are no batches, or the checkpoint cannot be used.

    Warns
    -----
    UserWarning
        If the network is far worse than an untrained one.

    Examples
    --------
    >>> import numpy as np
    >>> from skmultitext.neural.losses import make_loss
    >>> from skmultitext.neural.networks import mlp
    >>> from skmultitext.training import Job, KerasStep, make_optimizer, train
    >>> X, indicator = np.eye(4, dtype=np.float32), np.eye(4, dtype=np.int8)
    >>> model = mlp(4, 4, hidden_layer_sizes=(), random_state=np.random.RandomState(0))
    >>> step = KerasStep(model, make_loss("log_loss"), make_optimizer("adam", 0.1))
    >>> job = Job(lambda seed: [(X, indicator, None)], max_epochs=20, seed=0)
    >>> result = train(job, step)
    >>> result.stopped_by, len(result.history), result.history[-1]["loss"] < 1
    ('max_epochs', 20, True)
    """
    run = _Run(job, step)
    run.resume()
    try:
        run.emit("train_begin")
        while run.state.epoch < job.max_epochs and not run.stopped_by:
            run.train_epoch()
    except KeyboardInterrupt as interrupt:
        run.stopped_by = "interrupt"
        run.error = interrupted(run.state.epoch + 1, run.state.step, run.kept is not None)
        if run.kept is None:
            raise run.error from interrupt
    return run.end()


class _Run:
    """A training under way."""

    def __init__(self, job: Job, step: Step) -> None:
        self.job = job
        self.step = step
        self.state = _State(job.seed)
        self.scores = TrainingScores(job.thresholds)
        self.validate_every = None if job.validation is None else job.validate_every
        self.advice = job.advice or remedy(step.learning_rate, None)
        # weights of the best validation, or, without validation data, of the last complete epoch
        self.kept: Any = None
        self.stopped_by: str | None = None
        self.error: FloatingPointError | KeyboardInterrupt | None = None
        self.listeners = as_list(job.listeners)
        if job.verbose and step.is_main:
            shown = Progress(job.verbose, job.max_epochs, job.n_updates, self.scores)
            self.listeners.append(shown)

    def end(self) -> TrainingResult:
        """Set the final weights, and return the result."""
        state, stopped_by = self.state, self.stopped_by or "max_epochs"
        if self.error is not None and self.kept is None:
            raise self.error
        restored = self.error is not None or (state.best_step is not None and self.job.restore_best)
        if restored:
            self.step.set_weights(self.kept)
        done = stopped_by in ("max_epochs", "early_stopping")
        if done and self.job.checkpoints is not None and self.step.is_main:
            self.job.checkpoints.remove()
        self.emit("train_end", epoch=max(state.epoch, 1))
        if state.history:
            wrong_way = state.kept_wrong_way if restored else state.wrong_way
            warn_if_diverged(wrong_way, state.history[-1]["loss"], self.advice)
        return TrainingResult(
            state.history, stopped_by, state.best_score, state.best_step, self.error
        )

    def train_epoch(self) -> None:
        """Train the rest of the current epoch."""
        state, started = self.state, time.perf_counter()
        seconds = state.seconds
        seed = np.random.SeedSequence([state.seed, state.epoch]).generate_state(1)[0]
        batches = islice(self.job.batches(int(seed)), state.batch, None)
        every = self.job.checkpoints.every if self.job.checkpoints is not None else None
        for group in _groups(batches, self.job.gradient_accumulation_steps):
            self._update(group)
            if self.error is not None:
                return
            state.seconds = seconds + time.perf_counter() - started
            if self.validate_every and state.step % self.validate_every == 0:
                self._validate()
            if every and state.step % every == 0:
                self._save()
            if self.stopped_by:
                break
        if not self.scores.n_rows:
            raise ValueError("There is nothing to train on: an epoch has no batch.")
        if self.job.validation is not None and not self.validate_every:
            self._validate()
        state.seconds = seconds + time.perf_counter() - started
        self._close_epoch()

    def _update(self, group: list[Batch]) -> None:
        state = self.state
        if self.job.schedule is not None:
            self.step.learning_rate = self.job.schedule(state.step)
        loss, records = self.step(group)
        if not math.isfinite(loss):
            where = f"step {state.step + 1} (epoch {state.epoch + 1}, batch {state.batch + 1})"
            self.stopped_by = "loss"
            self.error = not_finite(loss, where, self.kept is not None, self.advice)
            return
        state.batch += len(group)
        state.step += 1
        for record in records:
            self.scores.add(loss, *record)
        self.emit("step", {"loss": loss}, _joined(records))

    def _keep(self) -> None:
        self.kept = self.step.weights()
        self.state.kept_wrong_way = self.scores.wrong_way

    def _validate(self) -> None:
        state, validation = self.state, self.job.validation
        assert validation is not None
        with ExitStack() as quiet:
            for category in _SHOWN_ONCE if state.validated else ():
                quiet.enter_context(ignored_warnings(category=category))
            validated = validation.evaluate()
        score = validated[validation.watched]
        if state.best_score is None or score > state.best_score:
            self._keep()
            state.best_score, state.best_step, state.n_worse = score, state.step, 0
        else:
            state.n_worse += 1
        state.validated = validated
        self.emit("validation", {**self.scores.figures(), **validated})
        self._look_for_progress()

    def _look_for_progress(self) -> None:
        patience = self.job.n_iter_no_change
        if patience is not None and self.state.n_worse >= patience:
            self.stopped_by = "early_stopping"

    def _close_epoch(self) -> None:
        state = self.state
        if self.job.validation is None:
            self._keep()
        figures = self.scores.figures()
        record = {
            "epoch": state.epoch + 1,
            "step": state.step,
            "loss": figures.pop("loss"),
            "learning_rate": self.step.learning_rate,
            "seconds": state.seconds,
            **figures,
            **state.validated,
        }
        state.wrong_way = self.scores.wrong_way
        state.history.append(record)
        state.epoch += 1
        state.batch, state.seconds = 0, 0.0
        self.scores.reset()
        self.emit("epoch_end", record, epoch=state.epoch)
        if self.job.checkpoints is not None and self.job.checkpoints.every is None:
            self._save()

    def emit(
        self,
        name: str,
        values: dict[str, Any] | None = None,
        batch: BatchRecord | None = None,
        epoch: int | None = None,
    ) -> None:
        """Send an event to the listeners; stop if one of them returns True."""
        epoch = self.state.epoch + 1 if epoch is None else epoch
        event = TrainingEvent(name, epoch, self.state.step, values or {}, self.step.model, batch)
        wants_to_stop = True in [listener(event) for listener in self.listeners]
        # all processes must stop at the same step, or the others would wait for gradients forever;
        # at train_end nothing is left to stop, and an interrupted process gets there alone
        if name != "train_end" and self.step.agree(wants_to_stop):
            self.stopped_by = "callback"

    def _save(self) -> None:
        assert self.job.checkpoints is not None
        self.state.scores = self.scores.state()
        arrays = {**self.step.state(), "kept": self.kept or []}
        if self.step.is_main:
            self.job.checkpoints.save(asdict(self.state), arrays)
        self.emit("checkpoint")

    def resume(self) -> None:
        """Continue from the checkpoint of an unfinished training, if there is one."""
        checkpoints = self.job.checkpoints
        if checkpoints is None or not checkpoints.exists():
            return
        state, arrays = checkpoints.load()
        kept = arrays.pop("kept", None) or None
        try:
            if kept is not None and _shapes(kept) != _shapes(self.step.weights()):
                raise ValueError("its kept arrays are not those of this network")
            self.step.restore(arrays)
        except ValueError as error:
            raise checkpoints.refuse(str(error)) from error
        self.kept = kept
        self.state = _State(**state)
        self.scores.restore(self.state.scores)
        self._look_for_progress()
        # the checkpoint was written after the decision to stop, but before the epoch was recorded
        if self.stopped_by and self.state.batch:
            self._close_epoch()


def _groups(batches: Iterable[Batch], size: int) -> Iterator[list[Batch]]:
    """Group consecutive batches; the last group may be smaller."""
    batches = iter(batches)
    while group := list(islice(batches, size)):
        yield group


def _joined(records: list[BatchRecord]) -> BatchRecord:
    if len(records) == 1:
        return records[0]
    indicator, logits, weight = map(np.concatenate, zip(*records, strict=True))
    return indicator, logits, weight


def _shapes(weights: Any) -> Any:
    if isinstance(weights, dict):
        return {name: array.shape for name, array in weights.items()}
    return [array.shape for array in weights]


def not_finite(loss: float, where: str, kept: bool, advice: str) -> FloatingPointError:
    """Make the error of a loss that is nan or infinite."""
    weights = "The best weights so far are kept" if kept else "No weights are kept"
    return FloatingPointError(f"The loss is {loss} at {where}. {weights}. {advice}")


def interrupted(epoch: int, step: int, kept: bool) -> KeyboardInterrupt:
    """Make the KeyboardInterrupt to raise, which says whether weights are kept."""
    weights = (
        "the tagger is fitted with the best weights so far"
        if kept
        else "no weights were kept before, so nothing is fitted"
    )
    return KeyboardInterrupt(
        f"Training was interrupted in epoch {epoch}, after {step} steps: {weights}."
    )


def warn_if_diverged(wrong_way: float, loss: float, advice: str) -> None:
    """Warn of a network that is far worse than an untrained one."""
    if wrong_way > _DIVERGED:
        warn_caller(
            f"The training has diverged: its last loss is {loss:.3g}, and logits lie "
            f"{wrong_way:.3g} on the wrong side of 0 on average, where an untrained network has 0. "
            f"{advice}",
        )
