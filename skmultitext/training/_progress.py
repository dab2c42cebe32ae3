"""The progress that a training prints: a listener of its events."""

import sys
import time
from typing import Any, TextIO

from ._job import TrainingEvent
from ._scores import TrainingScores

__all__ = ["Progress"]

_WIDTH = 24


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
        self.file = file
        self.interval = interval
        self._steps = steps_per_epoch
        self._drawn = -float("inf")
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
                self._print_line(self._validation)
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
        now = time.monotonic()
        if now - self._drawn < self.interval:
            return
        self._drawn = now
        share = 0.0 if not self._steps else min(self._done / self._steps, 1.0)
        bar = "=" * round(share * _WIDTH)
        count = f"{self._done}/{self._steps or '?'}"
        figures = event.values if self.scores is None else self.scores.figures()
        text = " - ".join([f"[{bar:<{_WIDTH}}] {count}", *self._figures(figures)])
        self._print(f"\repoch {event.epoch}/{self.max_epochs} {text}", end="")

    def _close(self, event: TrainingEvent) -> None:
        record = event.values
        parts = [f"epoch {event.epoch}/{self.max_epochs}", *self._figures(record)]
        self._print_line(" - ".join([*parts, f"{record['seconds']:.1f} s"]))
        self._steps = self._done or self._steps
        self._restart()

    def _print_line(self, text: str) -> None:
        # blanks overwrite the rest of the bar
        self._print(f"\r{text:<100}" if self.verbose == 1 else text)

    def _print(self, text: str, end: str = "\n") -> None:
        print(text, end=end, file=self.file or sys.stdout, flush=True)
