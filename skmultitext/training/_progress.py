"""Listeners of the events of a training: what it prints, and scikit-learn's callbacks."""

from typing import Any, TextIO

from .._runtime.callbacks import NO_TASK, FitTask
from .._runtime.progress import ProgressLine, bar
from ._job import TrainingEvent
from ._scores import TrainingScores

__all__ = ["EpochTasks", "Progress"]


class Progress:
    """Print a progress bar with the loss and the streaming micro-F1, or one line per epoch."""

    def __init__(
        self,
        verbose: int,  # 1 redraws a bar in place, 2 prints one line per epoch
        max_epochs: int,
        steps_per_epoch: int | None = None,  # None if unknown: the bar fills from epoch 2 on
        scores: TrainingScores | None = None,  # of the epoch so far, shown behind the bar
        file: TextIO | None = None,  # None is the standard output
        interval: float = 0.1,  # least seconds between two drawings of the bar
    ) -> None:
        self.verbose = verbose
        self.max_epochs = max_epochs
        self.scores = scores
        self._line = ProgressLine(redraws=verbose == 1, file=file, interval=interval)
        self._steps = steps_per_epoch
        self._restart()

    def _restart(self) -> None:
        self._done = 0
        self._validation: str | None = None

    def __call__(self, event: TrainingEvent) -> None:
        """Print what an event of the training calls for."""
        if event.name == "validation":
            parts = [f"epoch {event.epoch}/{self.max_epochs}, step {event.step}"]
            self._validation = " - ".join(parts + self._figures(event.values))
        elif event.name == "step":
            if self._validation:  # a validation at the end of an epoch is in the line of the epoch
                self._line.finish(self._validation)
                self._validation = None
            self._done += 1
            if self.verbose == 1:
                self._draw(event)
        elif event.name == "epoch_end":
            self._close(event)

    def _figures(self, values: dict[str, Any]) -> list[str]:
        kinds = ("micro",) if self.verbose == 1 else ("micro", "macro", "weighted")
        shown = ["loss", *(f"f1_{kind}" for kind in kinds)]
        shown += [name for name in values if name.startswith("validation_")]
        return [f"{name} {values[name]:.4f}" for name in shown if name in values]

    def _draw(self, event: TrainingEvent) -> None:
        share = 0.0 if not self._steps else min(self._done / self._steps, 1.0)
        head = (
            f"epoch {event.epoch}/{self.max_epochs} {bar(share)} {self._done}/{self._steps or '?'}"
        )
        figures = event.values if self.scores is None else self.scores.figures()
        self._line.draw(" - ".join([head, *self._figures(figures)]))

    def _close(self, event: TrainingEvent) -> None:
        record = event.values
        parts = [f"epoch {event.epoch}/{self.max_epochs}", *self._figures(record)]
        self._line.finish(" - ".join([*parts, f"{record['seconds']:.1f} s"]))
        self._steps = self._done or self._steps
        self._restart()


class EpochTasks:
    """Tell scikit-learn's callbacks of each epoch; one that asks for it ends the training."""

    def __init__(self, task: FitTask) -> None:
        self.task = task
        self._epoch = NO_TASK
        self._begun = False

    def __call__(self, event: TrainingEvent) -> bool:
        """Begin a task with the first step of an epoch, and end it with the epoch."""
        if event.name == "step" and not self._begun:
            self._epoch, self._begun = self.task.part("epoch"), True
            self._epoch.begin()
        elif event.name == "epoch_end" and self._begun:
            self._begun = False
            return self._epoch.end()
        return False
