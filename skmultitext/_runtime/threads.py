"""Thread safety: atomic fits, and temporary changes of process-wide settings.

An estimator may be refitted in one thread while others predict with it. Every public method that
reads fitted attributes therefore works on a `snapshot`, and every method that sets them works
within a `transaction`: no call sees old thresholds with new weights.
"""

import re
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, TypeVar

from sklearn.base import BaseEstimator

__all__ = ["SharedSetting", "StoppedFit", "ignored_warnings", "snapshot", "transaction"]

Estimator = TypeVar("Estimator", bound=BaseEstimator)


class StoppedFit(Exception):
    """Raised by an engine whose fit was stopped by `error` after it had a usable result."""

    def __init__(self, error: BaseException, fitted: dict[str, Any]) -> None:
        super().__init__(error)
        self.error, self.fitted = error, fitted


def snapshot(estimator: Estimator) -> Estimator:
    """Make a shallow copy of an estimator; a later fit of the estimator does not change it."""
    copied = object.__new__(type(estimator))
    copied.__dict__ = dict(vars(estimator))  # atomic: no other thread runs during dict()
    return copied


@contextmanager
def transaction(estimator: Estimator) -> Iterator[Estimator]:
    """Yield a copy of an estimator to be fitted, and adopt all its attributes at the end.

    After an error or an interrupt the estimator is unchanged. After a `StoppedFit` the attributes
    are adopted, and its `error` is raised. Parameters that were set meanwhile are kept.
    """
    error: BaseException | None = None
    draft = snapshot(estimator)
    try:
        yield draft
    except StoppedFit as stopped:
        error = stopped.error
    now = vars(estimator)
    parameters = {name: now[name] for name in estimator.get_params(deep=False) if name in now}
    estimator.__dict__ = {**vars(draft), **parameters}
    if error is not None:
        raise error


class SharedSetting:
    """A context manager: the first thread to enter makes a change, the last to leave undoes it.

    If each thread restored the setting that it found, a thread that entered second would restore
    the change of the first.
    """

    def __init__(self, change: Callable[[], AbstractContextManager[Any]]) -> None:
        self._change = change
        self._lock = threading.Lock()
        self._n_inside = 0
        self._active: AbstractContextManager[Any] | None = None

    def __enter__(self) -> None:
        with self._lock:
            if not self._n_inside:
                active = self._change()
                active.__enter__()
                self._active = active
            self._n_inside += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._n_inside -= 1
            if not self._n_inside:
                active, self._active = self._active, None
                assert active is not None
                active.__exit__(None, None, None)


@contextmanager
def _filters(filters: tuple[tuple[str, type[Warning]], ...]) -> Iterator[None]:
    """Insert "ignore" filters at the front of the list, and remove only these at the end.

    `warnings.catch_warnings` would restore the whole list and lose filters added meanwhile.
    `warnings.filterwarnings` would reuse an equal filter of the user, which we would then remove.
    """
    before: Any = warnings.filters
    entries: list[Any] = [
        ("ignore", None, category, re.compile(module) if module else None, 0)
        for module, category in filters
    ]
    before[:0] = entries
    try:
        yield
    finally:
        # inside catch_warnings of another thread, the active list is a copy of ours
        lists: list[Any] = [before] if warnings.filters is before else [before, warnings.filters]
        for filters_in_use in lists:
            for entry in entries:
                with suppress(ValueError):
                    filters_in_use.remove(entry)


_ignored: dict[tuple[tuple[str, type[Warning]], ...], SharedSetting] = {}
_ignored_lock = threading.Lock()


def ignored_warnings(*modules: str, category: type[Warning] = Warning) -> SharedSetting:
    """Ignore warnings in all threads while any thread is inside this context manager.

    `modules` are regular expressions for the modules that warn; without any, all modules.
    """
    filters = tuple((module, category) for module in modules or ("",))
    with _ignored_lock:
        if filters not in _ignored:
            _ignored[filters] = SharedSetting(lambda: _filters(filters))
        return _ignored[filters]
