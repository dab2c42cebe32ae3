"""scikit-learn's callbacks (`sklearn.callback`, since 1.9), and nothing where it has none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

__all__ = ["NO_TASK", "CallbackSupport", "FitTask", "ended_callbacks"]

if TYPE_CHECKING:

    class CallbackSupport:
        """Give an estimator `set_callbacks`."""

    def with_callbacks(method: Callable[[Any], None]) -> Callable[[Any], None]:
        """Tear the callbacks of an estimator down after a method."""
        return method

else:
    try:
        from sklearn.callback import CallbackSupportMixin as CallbackSupport
        from sklearn.callback import with_callbacks
    except ImportError:  # scikit-learn below 1.9

        class CallbackSupport:
            """Give an estimator nothing: this scikit-learn has no callbacks."""

        def with_callbacks(method: Callable[[Any], None]) -> Callable[[Any], None]:
            """Return the method: this scikit-learn has no callbacks."""
            return method


@with_callbacks
def _tear_down(estimator: Any) -> None:
    """Do nothing: what is to be done, with_callbacks does."""


@contextmanager
def ended_callbacks(estimator: Any) -> Iterator[None]:
    """Tear the callbacks of an estimator down at the end, also after an error.

    As a decorator of a method, scikit-learn's with_callbacks would stand between our code and that
    of the caller, and take the warnings that are shown at the caller's line.
    """
    try:
        yield
    finally:
        _tear_down(estimator)


class FitTask:
    """A fit, or a part of one such as a fold, of which callbacks are told.

    Without callbacks, `context` is None and nothing is done.
    """

    def __init__(self, estimator: Any = None, context: Any = None) -> None:
        self.estimator = estimator
        self.context = context

    @classmethod
    def of(cls, estimator: Any, n_parts: int) -> Self:
        """Make the task of a whole fit of at most `n_parts` parts, within `ended_callbacks`."""
        # the second is of a fit inside another estimator's
        names = ("_skl_callbacks", "_parent_callback_ctx")
        if not any(name in vars(estimator) for name in names):
            return cls()
        return cls(estimator, estimator._init_callback_context(max_subtasks=n_parts))

    def part(self, name: str, n_parts: int = 0) -> "FitTask":
        """Make the task of the next part."""
        return FitTask(self.estimator, self._below(name, max_subtasks=n_parts))

    def parts(self, name: str, n_parts: int, part: str) -> tuple["FitTask", list["FitTask"]]:
        """Make the task of a part, and those of the parts of it, which may run in any order."""
        above = FitTask(
            self.estimator, self._below(name, max_subtasks=n_parts, sequential_subtasks=False)
        )
        inner = [FitTask(self.estimator, above._below(part, task_id=i)) for i in range(n_parts)]
        return above, inner

    def _below(self, name: str, **options: Any) -> Any:
        """Make the context of a part; None if no parts were announced."""
        if self.context is None or self.context.max_subtasks == 0:
            return None
        return self.context.subcontext(name, **options)

    def begin(self, **what: Any) -> None:
        """Tell that the task begins; `what` are X, y and metadata, or functions that make them."""
        if self.context is not None:
            self.context.call_on_fit_task_begin(estimator=self.estimator, **what)

    def end(self, *, fitted: bool = False, **what: Any) -> bool:
        """Tell that the task is done; return whether a callback wants the fit to stop here.

        `fitted`: the estimator has its fitted attributes, so that callbacks can score it.
        """
        if self.context is None:
            return False
        attributes: dict[str, Any] = {"reconstruction_attributes": {}} if fitted else {}
        return self.context.call_on_fit_task_end(estimator=self.estimator, **what, **attributes)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Tell that the task begins, and at the end that it is done."""
        self.begin()
        yield
        self.end()

    @contextmanager
    def around(self, inner: Any) -> Iterator[None]:
        """Run the task, the fit of an estimator inside, which gets the callbacks meanwhile."""
        if self.context is None:
            yield
            return
        with self.context.propagate_callback_context(inner):
            self.begin()
            yield
        self.end()


NO_TASK = FitTask()
