"""What happens around the steps of Trainer: events, records, validation, early stopping."""

import math
import time
import warnings
from dataclasses import asdict, dataclass, field

from transformers import TrainerCallback

from ..neural._events import TrainingEvent

__all__ = ["Run", "RunState"]


@dataclass
class RunState:
    """Where a training stands; goes into a checkpoint as JSON.

    Parameters
    ----------
    history : list of dict
        The records of the epochs.
    score, best_score : float or None, default=None
        The last score on validation data, and the best.
    best_step : int or None, default=None
        The step of the best score.
    n_worse : int, default=0
        Validations since then.
    seconds : float, default=0.0
        Time spent in the present epoch.
    loss_sum, weight_sum : float, default=0.0
        Sum of the losses of the documents of the present epoch, and their number.
    """

    history: list = field(default_factory=list)
    score: float | None = None
    best_score: float | None = None
    best_step: int | None = None
    n_worse: int = 0
    seconds: float = 0.0
    loss_sum: float = 0.0
    n_rows: int = 0


class Run(TrainerCallback):
    """Listens to Trainer and keeps the books of a training.

    Parameters
    ----------
    model : torch.nn.Module
        The network.
    validation : Validation, default=None
        Scored at the end of each epoch.
    validation_loss : callable, default=None
        ``validation_loss()`` -> float, the loss on the same data.
    n_iter_no_change : int, default=None
        Stop after this many epochs in a row without a better score; None never stops.
    checkpoints : TrainerCheckpoints, default=None
        Completed whenever Trainer has written one.
    listeners : list of callable, default=()
        Called with each `TrainingEvent`; True as the answer ends the training.
    """

    def __init__(
        self,
        model,
        *,
        validation=None,
        validation_loss=None,
        n_iter_no_change=None,
        checkpoints=None,
        listeners=(),
    ):
        self.model = model
        self.validation = validation
        self.validation_loss = validation_loss
        self.n_iter_no_change = n_iter_no_change
        self.checkpoints = checkpoints
        self.listeners = listeners
        self.state = RunState()
        self.kept = None  # weights of the best validation, or of the last whole epoch
        self.stopped_by = None
        self.error = None
        self.learning_rate = 0.0
        self._started = time.perf_counter()

    @property
    def is_over(self):
        """Whether the scores have stopped getting better, bool."""
        limit = self.n_iter_no_change
        return limit is not None and self.state.n_worse >= limit

    def after_batch(self, trainer_state, loss, logits, inputs):
        """Take note of a batch.

        Parameters
        ----------
        trainer_state : transformers.TrainerState
            Where Trainer stands.
        loss : tensor of shape ()
            The loss of the batch.
        logits : tensor of shape (n_texts, n_labels)
            Its logits.
        inputs : dict of {str: tensor}
            The batch.
        """
        value = float(loss)
        n_rows = len(inputs["labels"])
        if not math.isfinite(value):
            self._fail(value, trainer_state)
            return
        self.state.loss_sum += value * n_rows
        self.state.n_rows += n_rows
        if self.listeners:
            weights = inputs.get("weights")
            weights = None if weights is None else weights.cpu().numpy()
            arrays = (inputs["labels"].cpu().numpy(), logits.float().cpu().numpy(), weights)
            step = trainer_state.global_step + 1  # the update that this batch is part of
            self.tell("step", trainer_state, {"loss": value}, step=step, batch=arrays)

    def _fail(self, value, trainer_state):
        kept = "No weights are kept" if self.kept is None else "The best weights so far are kept"
        self.stopped_by = "loss"
        self.error = FloatingPointError(
            f"The loss is {value} at step {trainer_state.global_step + 1}. {kept}. Lower "
            f"learning_rate, set max_grad_norm, or precision='float32'."
        )
        raise self.error

    def tell(self, name, trainer_state, values=None, *, epoch=None, step=None, batch=None):
        """Tell the listeners what happened; stop where one of them answers True.

        Parameters
        ----------
        name : str
            What happened, see `TrainingEvent`.
        trainer_state : transformers.TrainerState
            Where Trainer stands.
        values : dict of {str: float}, default=None
            Figures.
        epoch : int, default=None
            The epoch, from 1; None for the present one.
        step : int, default=None
            Number of updates; None for those that Trainer counts.
        batch : tuple of ndarray, default=None
            Labels of shape (n_texts, n_labels), logits of the same shape, weights or None.
        """
        epoch = len(self.state.history) + 1 if epoch is None else epoch
        step = trainer_state.global_step if step is None else step
        event = TrainingEvent(name, epoch, step, values or {}, self.model, batch)
        if True in [listener(event) for listener in self.listeners]:
            self.stopped_by = "callback"

    def on_train_begin(self, args, state, control, **kwargs):
        """Tell that the training begins."""
        self._started = time.perf_counter() - self.state.seconds
        self.tell("train_begin", state)

    def on_step_begin(self, args, state, control, lr_scheduler=None, **kwargs):
        """Take note of the learning rate of the step."""
        self.learning_rate = float(lr_scheduler.get_last_lr()[0])

    def on_step_end(self, args, state, control, **kwargs):
        """End the training where a listener asked for it."""
        if self.stopped_by:
            control.should_training_stop = True

    def on_epoch_end(self, args, state, control, **kwargs):
        """Score the validation data, and write the record of the epoch."""
        run = self.state
        if self.validation is not None:
            self._validate(state)
        run.seconds = time.perf_counter() - self._started
        record = {
            "epoch": len(run.history) + 1,
            "step": state.global_step,
            "loss": run.loss_sum / max(run.n_rows, 1),
            "learning_rate": self.learning_rate,
            "seconds": run.seconds,
        }
        if run.score is not None:
            record["validation_loss"] = self.validation_loss()
            record[f"validation_{self.validation.name}"] = run.score
        run.history.append(record)
        run.seconds, run.loss_sum, run.n_rows = 0.0, 0.0, 0
        self._started = time.perf_counter()
        if self.validation is None:
            self.keep()
        self.tell("epoch_end", state, record, epoch=len(run.history))
        if self.stopped_by:
            control.should_training_stop = True

    def _validate(self, trainer_state):
        run = self.state
        # what the scorer warns of depends on the labels alone: once is enough
        with warnings.catch_warnings():
            if run.score is not None:
                warnings.simplefilter("ignore")
            run.score = self.validation.score()
        if run.best_score is None or run.score > run.best_score:
            run.best_score, run.best_step, run.n_worse = run.score, trainer_state.global_step, 0
            self.keep()
        else:
            run.n_worse += 1
        self.tell("validation", trainer_state, {self.validation.name: run.score})
        if self.is_over and not self.stopped_by:
            self.stopped_by = "early_stopping"

    def keep(self):
        """Keep a copy of the present weights in memory."""
        self.kept = {name: t.detach().cpu().clone() for name, t in self.model.state_dict().items()}

    def restore(self):
        """Go back to the weights kept."""
        self.model.load_state_dict(self.kept)

    def on_save(self, args, state, control, **kwargs):
        """Complete the checkpoint that Trainer has written; of several processes the first does."""
        if self.checkpoints is not None and state.is_world_process_zero:
            self.state.seconds = time.perf_counter() - self._started
            self.checkpoints.complete(state.global_step, asdict(self.state), self.kept)
            self.tell("checkpoint", state)

    def resume(self, path):
        """Take up the books of a checkpoint.

        Parameters
        ----------
        path : pathlib.Path
            The checkpoint.
        """
        state, self.kept = self.checkpoints.read(path)
        self.state = RunState(**state)
