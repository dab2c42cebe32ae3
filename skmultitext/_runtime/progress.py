"""What long fits print while they run: a line drawn over itself, and the time that is left."""

import shutil
import sys
import time
from collections.abc import Callable
from numbers import Integral
from typing import Any, TextIO

from sklearn.utils.parallel import Parallel

from .sklearn import Interval

__all__ = ["VERBOSE", "FitProgress", "ProgressLine", "WatchedParallel", "bar"]

# the constraint of a parameter `verbose`
VERBOSE = [Interval(Integral, 0, 2, closed="both"), "boolean"]

_BAR_WIDTH = 24
_LINE_WIDTH = 100  # blanks up to here overwrite what stood in the line before


class ProgressLine:
    """Print lines, and before each a line that is drawn over itself.

    The latter only on a terminal and in a notebook: in a file or a pipe it would be one long line.
    """

    def __init__(
        self,
        *,
        redraws: bool,  # whether there is such a line
        file: TextIO | None = None,  # None is the standard output
        interval: float = 0.1,  # least seconds between two drawings
    ) -> None:
        self.redraws = redraws
        self.file = file
        self.interval = interval
        self._drawn = -float("inf")

    def draw(self, text: str) -> None:
        """Draw the line, unless this was done just now."""
        file = self.file or sys.stdout
        now = time.monotonic()
        if not self.redraws or now - self._drawn < self.interval or not can_redraw(file):
            return
        self._drawn = now
        print(f"\r{_fitting(text)}", end="", file=file, flush=True)

    def finish(self, text: str) -> None:
        """Print a line that stays."""
        file = self.file or sys.stdout
        over = self.redraws and can_redraw(file)
        print(f"\r{text:<{len(_fitting(''))}}" if over else text, file=file, flush=True)


class FitProgress:
    """Print how far a fit of several parts is, such as the folds of a cross-validation."""

    def __init__(
        self,
        n_parts: int,
        verbose: int,  # 0 prints nothing, 1 redraws a bar in place, 2 prints one line per part
        file: TextIO | None = None,
        interval: float = 0.1,
    ) -> None:
        self.n_parts = n_parts
        self.verbose = int(verbose)
        self._line = ProgressLine(redraws=self.verbose == 1, file=file, interval=interval)
        self._started = self._last = time.monotonic()

    def done(self, n_done: int, part: str, *figures: str) -> None:
        """Say that `n_done` parts are done, of which `part` is the last."""
        if not self.verbose:
            return
        now = time.monotonic()
        left = (now - self._started) / n_done * (self.n_parts - n_done)
        ends = [f"{duration(left)} left"] if n_done < self.n_parts else []
        if self.verbose == 1:
            head = f"{part} {bar(n_done / self.n_parts)} {n_done}/{self.n_parts}"
            self._line.draw(" - ".join([head, *figures, *ends]))
        else:
            self._line.finish(" - ".join([part, *figures, duration(now - self._last), *ends]))
        self._last = now

    def say(self, *parts: str) -> None:
        """Print a line that stays, and the time since the start."""
        if self.verbose:
            self._line.finish(" - ".join([*parts, duration(time.monotonic() - self._started)]))


class WatchedParallel(Parallel):
    """A `Parallel` that tells how many tasks are done, whatever runs them."""

    def __init__(self, n_jobs: int | None, watch: Callable[[int], None]) -> None:
        super().__init__(n_jobs=n_jobs)
        self._watch = watch
        self._told = 0

    def print_progress(self) -> None:
        """Tell it; joblib calls this after every batch of tasks, in the process of the caller."""
        if self.n_completed_tasks > self._told:
            self._told = self.n_completed_tasks
            self._watch(self._told)


def bar(share: float) -> str:
    """Draw a share in [0, 1]."""
    return f"[{'=' * round(share * _BAR_WIDTH):<{_BAR_WIDTH}}]"


def duration(seconds: float) -> str:
    """Show a number of seconds, with few digits."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def can_redraw(file: Any) -> bool:
    """Whether a carriage return goes back to the begin of the line: a terminal, or a notebook."""
    if type(file).__module__.startswith(("ipykernel.", "google.colab")):
        return True
    return bool(getattr(file, "isatty", bool)())


def _fitting(text: str) -> str:
    """Cut a line at the edge of the terminal, where it would wrap, and fill it with blanks."""
    columns = shutil.get_terminal_size((_LINE_WIDTH + 1, 24)).columns
    width = min(max(columns - 1, 1), _LINE_WIDTH)
    return f"{text[:width]:<{width}}"
