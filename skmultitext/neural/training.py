"""The one fit loop of every Keras network: epochs, validation, checkpoints, events."""

import math
import time
import warnings
from dataclasses import asdict, dataclass, field
from itertools import islice

import numpy as np

from ._checkpoints import Checkpoints
from ._events import TrainingEvent, TrainingResult
from ._optimizers import make_optimizer, make_schedule
from ._progress import Progress
from ._steps import TrainingStep
from ._validation import Validation

__all__ = [
    "Checkpoints",
    "TrainingEvent",
    "TrainingResult",
    "TrainingStep",
    "Validation",
    "make_optimizer",
    "make_schedule",
    "train",
]


@dataclass
class _State:
    """Where a training stands; all of it goes into a checkpoint, as JSON."""

    seed: int
    epoch: int = 0  # epochs completed
    batch: int = 0  # batches done of the next one
    step: int = 0  # batches of all epochs
    loss_sum: float = 0.0
    n_rows: int = 0
    seconds: float = 0.0
    score: float | None = None
    validation_loss: float | None = None
    best_score: float | None = None
    best_step: int | None = None
    n_worse: int = 0
    history: list = field(default_factory=list)


def train(
    step,
    batches,
    *,
    max_epochs,
    seed,
    schedule=None,
    steps_per_epoch=None,
    validation=None,
    validation_loss=None,
    validate_every=None,
    n_iter_no_change=None,
    restore_best=False,
    checkpoints=None,
    callbacks=None,
    verbose=0,
    thresholds=0.5,
):
    """Train a network.

    Parameters
    ----------
    step : TrainingStep
        The model with its loss and optimizer.
    batches : callable
        ``batches(seed)`` -> iterable of ``(inputs, indicator, sample_weight)`` of one epoch,
        shuffled by nothing but that seed, which differs from epoch to epoch. Arrays or tensors:
        inputs as the model takes them, indicator of shape (n_samples, n_labels), dense;
        sample_weight of shape (n_samples,) or None.
    max_epochs : int
        Most epochs, at least 1.
    seed : int
        Seed of the shuffling, in [0, 2**32).
    schedule : callable, default=None
        ``schedule(step)`` -> learning rate of a step, counted from 0; see `make_schedule`. None
        leaves the learning rate to the optimizer.
    steps_per_epoch : int, default=None
        Batches of an epoch, for the progress bar only.
    validation : Validation, default=None
        Scored at the end of each epoch, or as `validate_every` says.
    validation_loss : callable, default=None
        ``validation_loss()`` -> float, the loss on the validation data; called after each score.
    validate_every : int, default=None
        Steps between two validations.
    n_iter_no_change : int, default=None
        Stop after this many validations in a row without a better score; None never stops.
    restore_best : bool, default=False
        End with the weights of the best validation rather than with the last ones.
    checkpoints : Checkpoints, default=None
        Where to write checkpoints. If an unfinished training left one there, it goes on from it.
    callbacks : callable or list of callable, default=None
        Called with each `TrainingEvent`; True as the answer ends the training.
    verbose : {0, 1, 2}, default=0
        1 prints a progress bar, 2 a line an epoch.
    thresholds : float or ndarray of shape (n_labels,), default=0.5
        Thresholds of the micro-F1 that is printed.

    Returns
    -------
    TrainingResult
        The history and what ended the training. With Ctrl-C it returns too, with a warning.

    Raises
    ------
    FloatingPointError
        If the loss is nan or infinite before the end of the first epoch (or the first
        validation); later, the result holds this error and the model its best weights.
    ValueError
        If there are no batches, or the checkpoint cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> from skmultitext.neural.losses import make_loss
    >>> from skmultitext.neural.networks import mlp
    >>> X, indicator = np.eye(4, dtype=np.float32), np.eye(4, dtype=np.int8)
    >>> model = mlp(4, 4, hidden_layer_sizes=(), random_state=np.random.RandomState(0))
    >>> step = TrainingStep(model, make_loss("binary_crossentropy"), make_optimizer("adam", 0.1))
    >>> result = train(step, lambda seed: [(X, indicator, None)], max_epochs=20, seed=0)
    >>> result.stopped_by, len(result.history), result.history[-1]["loss"] < 1
    ('max_epochs', 20, True)
    """
    listeners = [] if callbacks is None else callbacks
    listeners = [listeners] if callable(listeners) else list(listeners)
    if verbose:
        listeners.append(Progress(verbose, max_epochs, steps_per_epoch, thresholds))
    run = _Run(
        step,
        batches,
        _State(seed),
        schedule=schedule,
        validation=validation,
        validation_loss=validation_loss,
        validate_every=validate_every,
        n_iter_no_change=n_iter_no_change,
        checkpoints=checkpoints,
        listeners=listeners,
    )
    run.resume()
    try:
        run.tell("train_begin")
        while run.state.epoch < max_epochs and not run.stopped_by:
            run.train_epoch()
    except KeyboardInterrupt:
        run.stopped_by = "interrupt"
        warnings.warn(
            f"Training was interrupted in epoch {run.state.epoch + 1}, after "
            f"{run.state.step} steps; the best weights so far are kept.",
            UserWarning,
            stacklevel=2,
        )
    state, stopped_by = run.state, run.stopped_by or "max_epochs"
    if run.error is not None and run.kept is None:
        raise run.error
    if stopped_by == "loss" or (
        state.best_step is not None and (restore_best or stopped_by == "interrupt")
    ):
        step.model.set_weights(run.kept)
    if checkpoints is not None and stopped_by in ("max_epochs", "early_stopping"):
        checkpoints.remove()
    run.tell("train_end", epoch=max(state.epoch, 1))
    return TrainingResult(state.history, stopped_by, state.best_score, state.best_step, run.error)


class _Run:
    """A training under way."""

    def __init__(
        self,
        step,
        batches,
        state,
        *,
        schedule,
        validation,
        validation_loss,
        validate_every,
        n_iter_no_change,
        checkpoints,
        listeners,
    ):
        self.step = step
        self.batches = batches
        self.state = state
        self.schedule = schedule
        self.validation = validation
        self.validation_loss = validation_loss
        self.validate_every = validate_every
        self.n_iter_no_change = n_iter_no_change
        self.checkpoints = checkpoints
        self.listeners = listeners
        # weights of the best validation, or without validation data of the last whole epoch
        self.kept = None
        self.stopped_by = None
        self.error = None

    def train_epoch(self):
        """Train what is left of the present epoch."""
        state, started = self.state, time.perf_counter()
        seconds = state.seconds
        seed = np.random.SeedSequence([state.seed, state.epoch]).generate_state(1)[0]
        for batch in islice(self.batches(int(seed)), state.batch, None):
            self._train_batch(batch)
            if self.error is not None:
                return
            state.seconds = seconds + time.perf_counter() - started
            if self.validate_every and state.step % self.validate_every == 0:
                self._validate()
            every = self.checkpoints.every if self.checkpoints is not None else None
            if every and state.step % every == 0:
                self._save()
            if self.stopped_by:
                break
        if not state.n_rows:
            raise ValueError("There is nothing to train on: an epoch has no batch.")
        if self.validation is not None and not self.validate_every:
            self._validate()
        state.seconds = seconds + time.perf_counter() - started
        self._close_epoch()

    def _train_batch(self, batch):
        inputs, indicator, sample_weight = batch
        state = self.state
        if self.schedule is not None:
            self.step.learning_rate = self.schedule(state.step)
        n_rows = indicator.shape[0]
        weight = np.ones(n_rows, np.float32) if sample_weight is None else sample_weight
        loss, logits = self.step(inputs, indicator, weight)
        if not math.isfinite(loss):
            self._fail(loss)
            return
        state.batch += 1
        state.step += 1
        state.loss_sum += loss * n_rows
        state.n_rows += n_rows
        if self.listeners:
            arrays = (np.asarray(indicator), np.asarray(logits), np.asarray(weight))
            self.tell("step", {"loss": loss}, arrays)

    def _fail(self, loss):
        state = self.state
        kept = "No weights are kept" if self.kept is None else "The best weights so far are kept"
        self.stopped_by = "loss"
        self.error = FloatingPointError(
            f"The loss is {loss} at step {state.step + 1} (epoch {state.epoch + 1}, batch "
            f"{state.batch + 1}). {kept}. Lower learning_rate, set max_grad_norm, or look for "
            f"extreme values in X."
        )

    def _validate(self):
        state = self.state
        # what the scorer warns of depends on the labels alone: once is enough
        with warnings.catch_warnings():
            if state.score is not None:
                warnings.simplefilter("ignore")
            state.score = self.validation.score()
        if self.validation_loss is not None:
            state.validation_loss = self.validation_loss()
        if state.best_score is None or state.score > state.best_score:
            state.best_score, state.best_step, state.n_worse = state.score, state.step, 0
            self.kept = self.step.model.get_weights()
        else:
            state.n_worse += 1
        self.tell("validation", {self.validation.name: state.score})
        self._look_for_progress()

    def _look_for_progress(self):
        if self.n_iter_no_change is not None and self.state.n_worse >= self.n_iter_no_change:
            self.stopped_by = "early_stopping"

    def _close_epoch(self):
        state = self.state
        record = {
            "epoch": state.epoch + 1,
            "step": state.step,
            "loss": state.loss_sum / state.n_rows,
            "learning_rate": self.step.learning_rate,
            "seconds": state.seconds,
        }
        if state.validation_loss is not None:
            record["validation_loss"] = state.validation_loss
        if state.score is not None:
            record[f"validation_{self.validation.name}"] = state.score
        state.history.append(record)
        state.epoch += 1
        state.batch, state.loss_sum, state.n_rows, state.seconds = 0, 0.0, 0, 0.0
        if self.validation is None:
            self.kept = self.step.model.get_weights()
        self.tell("epoch_end", record, epoch=state.epoch)
        if self.checkpoints is not None and self.checkpoints.every is None:
            self._save()

    def tell(self, name, values=None, batch=None, epoch=None):
        """Tell the listeners what happened; stop where one of them answers True."""
        epoch = self.state.epoch + 1 if epoch is None else epoch
        event = TrainingEvent(name, epoch, self.state.step, values or {}, self.step.model, batch)
        if True in [listener(event) for listener in self.listeners]:
            self.stopped_by = "callback"

    def _groups(self):
        return {
            "model": [v.numpy() for v in self.step.model.variables],
            "optimizer": [v.numpy() for v in self.step.optimizer.variables],
            "kept": self.kept or [],
        }

    def _save(self):
        self.checkpoints.save(asdict(self.state), self._groups())
        self.tell("checkpoint")

    def resume(self):
        """Go on from the checkpoint of a training that did not come to its end."""
        if self.checkpoints is None or not self.checkpoints.exists():
            return
        state, groups = self.checkpoints.load()
        for name, variables in (
            ("model", self.step.model.variables),
            ("optimizer", self.step.optimizer.variables),
            ("kept", self.step.model.weights if groups.get("kept") else []),
        ):
            ours = [tuple(v.shape) for v in variables]
            if [array.shape for array in groups.get(name, [])] != ours:
                raise self.checkpoints.refuse(f"its {name} arrays are not those of this network")
        for name, variables in (
            ("model", self.step.model.variables),
            ("optimizer", self.step.optimizer.variables),
        ):
            for variable, array in zip(variables, groups[name], strict=True):
                variable.assign(array)
        self.kept = groups["kept"] or None
        self.state = _State(**state)
        self._look_for_progress()
