"""A check is a function in the list of all checks.

The first paragraph of its docstring says what an estimator must do, the second how to fix an
estimator that fails.
"""

import inspect
import textwrap
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias
from unittest import SkipTest

import numpy as np

from .._gate.types import AnyArray
from ._subject import Subject

Need: TypeAlias = Callable[[Subject], bool]

CHECKS: dict[str, "TextCheck"] = {}


class CheckFailedError(AssertionError):
    """An estimator fails a check: what is required, what was found, how to fix it."""


class _Found(Exception):
    """Raised by a check that fails, with what was found."""


@dataclass(frozen=True)
class TextCheck:
    """A check: its function, its contract, and what it needs of an estimator."""

    function: Callable[[Subject], None]
    contract: str
    needs: tuple[Need, ...]

    @property
    def name(self) -> str:
        """Name of the check."""
        return self.function.__name__

    @property
    def expected(self) -> str:
        """What the estimator must do."""
        return self._paragraphs()[0]

    @property
    def fix(self) -> str:
        """How to fix an estimator that fails."""
        return self._paragraphs()[1]

    def _paragraphs(self) -> list[str]:
        paragraphs = (inspect.getdoc(self.function) or "").split("\n\n")
        return [" ".join(paragraph.split()) for paragraph in paragraphs]

    def applies_to(self, subject: Subject) -> bool:
        """Whether the check applies to the estimator."""
        if self.contract == "tagger" and not subject.is_tagger:
            return False
        return all(need(subject) for need in self.needs)

    def run(self, subject: Subject) -> None:
        """Run the check; raise CheckFailedError or SkipTest."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # check_fit_warns_nothing looks at warnings
                self.function(subject)
        except SkipTest:
            raise
        except _Found as found:
            raise self._failure(subject, found) from found.__cause__
        except Exception as error:
            raise self._failure(subject, f"{type(error).__name__}: {error}") from error

    def _failure(self, subject: Subject, found: object) -> CheckFailedError:
        parts = (
            ("  expected: ", self.expected),
            ("  found:    ", found),
            ("  fix:      ", self.fix),
        )
        lines = [
            textwrap.fill(str(text), 96, initial_indent=head, subsequent_indent=" " * len(head))
            for head, text in parts
        ]
        return CheckFailedError("\n".join([f"{subject.name} fails {self.name}", *lines]))


def check(
    *needs: Need, contract: str = "scikit-learn"
) -> Callable[[Callable[[Subject], None]], Callable[[Subject], None]]:
    """Add a function to the list of checks; it runs if the estimator meets all `needs`.

    Contract "scikit-learn" is for every classifier of text, "tagger" for taggers in addition.
    """

    def enter(function: Callable[[Subject], None]) -> Callable[[Subject], None]:
        CHECKS[function.__name__] = TextCheck(function, contract, needs)
        return function

    return enter


def has_method(name: str) -> Need:
    """Return the condition that the estimator has a method."""
    return lambda subject: hasattr(subject.estimator, name)


def has_parameter(name: str) -> Need:
    """Return the condition that the estimator has a parameter."""
    return lambda subject: name in subject.parameters


def takes_weights(subject: Subject) -> bool:
    """Whether `fit` takes `sample_weight`."""
    return subject.takes_weights


def has_scores(subject: Subject) -> bool:
    """Whether the estimator has probabilities or scores."""
    return len(subject.methods) > 1


def is_deterministic(subject: Subject) -> bool:
    """Whether the tags promise the same output for the same input."""
    return not subject.tags.non_deterministic


def expect(condition: Any, found: str) -> None:
    """Fail the running check with `found` unless the condition holds."""
    if not condition:
        raise _Found(found)


@contextmanager
def explaining(what: str) -> Iterator[None]:
    """Fail the running check with `what` was done if the block raises an error."""
    try:
        yield
    except _Found:
        raise
    except Exception as error:
        raise _Found(f"{what}: {type(error).__name__}: {error}") from error


def refusal(what: str, call: Callable[[], Any], *words: str | tuple[str, ...]) -> str:
    """Fail unless the call raises a ValueError; return its message.

    The message must contain all `words` (one of those in a tuple), ignoring case. `what` is the
    input, for the failure.
    """
    try:
        call()
    except ValueError as error:
        message = str(error)
    except Exception as error:
        raise _Found(f"{what}: {type(error).__name__}: {error}. Not a ValueError.") from error
    else:
        raise _Found(f"{what} was accepted without an error.")
    for word in words:
        choices = (word,) if isinstance(word, str) else word
        if not any(choice.lower() in message.lower() for choice in choices):
            wanted = " or ".join(repr(choice) for choice in choices)
            raise _Found(f"{what}: the message lacks {wanted}: {message}")
    return message


def expect_same(
    one: Mapping[str, AnyArray],
    other: Mapping[str, AnyArray],
    what: str,
    *,
    rtol: float = 1e-7,
    atol: float = 1e-9,
) -> None:
    """Fail unless the outputs by method agree: decisions equal, scores within the tolerances."""
    for method, first in one.items():
        second = other[method]
        expect(
            first.shape == second.shape,
            f"{method} has shape {first.shape} and {second.shape}: {what}",
        )
        if first.dtype.kind != "f":
            n_different = np.count_nonzero(first != second)
            expect(n_different == 0, f"{method} differs in {n_different} places: {what}")
        elif not np.allclose(first, second, rtol=rtol, atol=atol):
            difference = np.abs(first - second).max()
            raise _Found(f"{method} differs by up to {difference:.3g}: {what}")
