"""What a training shows as it runs: a listener of its events, which nothing depends on."""

import sys
import time

from scipy.special import expit

from ..metrics import StreamingMetrics

__all__ = ["Progress"]

_WIDTH = 24


class Progress:
    """Print a progress bar with the loss and the streaming micro-F1, or a line an epoch.

    Parameters
    ----------
    verbose : {1, 2}
        1 for a bar that is drawn over itself, 2 for one line an epoch. Both print a line more for
        each validation within an epoch.
    max_epochs : int
        Number of epochs.
    steps_per_epoch : int or None, default=None
        Batches of an epoch; None where that is not known yet: the bar fills from the second
        epoch on.
    thresholds : float or ndarray of shape (n_labels,), default=0.5
        Thresholds of the micro-F1.
    file : file object, default=None
        Where it is printed; None is the standard output.
    interval : float, default=0.1
        Seconds between two drawings of the bar, at least.

    Examples
    --------
    >>> from skmultitext.neural.training import TrainingEvent
    >>> progress = Progress(2, max_epochs=5)
    >>> record = {"epoch": 1, "step": 3, "loss": 0.5, "learning_rate": 0.001, "seconds": 0.25}
    >>> progress(TrainingEvent("epoch_end", 1, 3, record))
    epoch 1/5 - loss 0.5000 - 0.2 s
    """

    def __init__(
        self, verbose, max_epochs, steps_per_epoch=None, thresholds=0.5, file=None, interval=0.1
    ):
        self.verbose = verbose
        self.max_epochs = max_epochs
        self.thresholds = thresholds
        self.file = file
        self.interval = interval
        self._steps = steps_per_epoch
        self._drawn = -float("inf")
        self._restart()

    def _restart(self):
        self._metrics = None
        self._done = 0
        self._loss = 0.0
        self._rows = 0
        self._validation = None

    def __call__(self, event):
        """Take note of an event of the training, and print.

        Parameters
        ----------
        event : TrainingEvent
            The event.
        """
        if event.name == "validation":
            parts = [f"epoch {event.epoch}/{self.max_epochs}, step {event.step}"]
            parts += self._figures(self._loss / self._rows) if self._rows else []
            parts += [f"validation_{name} {value:.4f}" for name, value in event.values.items()]
            self._validation = " - ".join(parts)
        elif event.name == "step":
            if self._validation:  # the one at the end of an epoch stands in the epoch's line
                self._print_line(self._validation)
                self._validation = None
            self._count(event)
            if self.verbose == 1:
                self._draw(event)
        elif event.name == "epoch_end":
            self._close(event)

    def _count(self, event):
        indicator, logits, sample_weight = event.batch
        if self._metrics is None:
            self._metrics = StreamingMetrics(
                indicator.shape[1], threshold=self.thresholds, absent="zero", n_bins=0
            )
        self._metrics.update(indicator, expit(logits.astype("float64")), sample_weight)
        self._done += 1
        self._rows += len(indicator)
        self._loss += event.values["loss"] * len(indicator)

    def _figures(self, loss):
        figures = [f"loss {loss:.4f}"]
        if self._metrics is not None:
            scores = self._metrics.compute()
            kinds = ("micro",) if self.verbose == 1 else ("micro", "macro", "weighted")
            figures += [f"f1_{kind} {scores[f'f1_{kind}']:.4f}" for kind in kinds]
        return figures

    def _draw(self, event):
        now = time.monotonic()
        if now - self._drawn < self.interval:
            return
        self._drawn = now
        share = 0.0 if not self._steps else min(self._done / self._steps, 1.0)
        bar = "=" * round(share * _WIDTH)
        count = f"{self._done}/{self._steps or '?'}"
        text = " - ".join([f"[{bar:<{_WIDTH}}] {count}", *self._figures(self._loss / self._rows)])
        self._print(f"\repoch {event.epoch}/{self.max_epochs} {text}", end="")

    def _close(self, event):
        record = event.values
        parts = [f"epoch {event.epoch}/{self.max_epochs}", *self._figures(record["loss"])]
        parts += [
            f"{name} {value:.4f}" for name, value in record.items() if name.startswith("validation")
        ]
        self._print_line(" - ".join([*parts, f"{record['seconds']:.1f} s"]))
        self._steps = self._done or self._steps
        self._restart()

    def _print_line(self, text):
        # blanks wipe what is left of the bar
        self._print(f"\r{text:<100}" if self.verbose == 1 else text)

    def _print(self, text, end="\n"):
        print(text, end=end, file=self.file or sys.stdout, flush=True)
