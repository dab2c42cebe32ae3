"""What a check is: a function with a docstring that teaches, entered in one list.

The first paragraph of the docstring of a check is what is asked of an estimator, the second how
to mend one that fails; the check itself only finds out what the estimator does.
"""

import inspect
import textwrap
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from unittest import SkipTest

import numpy as np
import scipy.sparse as sp

CHECKS = {}


class CheckFailedError(AssertionError):
    """An estimator does not do what a check asks: what was asked, what was found, how to mend."""


class _Found(Exception):
    """What a check found, where that is not what it asks."""


@dataclass(frozen=True)
class TextCheck:
    """One check: its function, the contract that it belongs to, and what an estimator needs."""

    function: Callable
    contract: str
    needs: tuple

    @property
    def name(self):
        """Name of the check, str."""
        return self.function.__name__

    @property
    def asked(self):
        """What is asked of the estimator, str."""
        return self._paragraphs()[0]

    @property
    def mend(self):
        """How to mend an estimator that fails, str."""
        return self._paragraphs()[1]

    def _paragraphs(self):
        paragraphs = inspect.getdoc(self.function).split("\n\n")
        return [" ".join(paragraph.split()) for paragraph in paragraphs]

    def applies_to(self, subject):
        """Whether the check has a meaning for the estimator."""
        if self.contract == "tagger" and not subject.is_tagger:
            return False
        return all(need(subject) for need in self.needs)

    def run(self, subject):
        """Run the check; raise CheckFailedError or SkipTest."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what fit may warn of is a check of its own
                self.function(subject)
        except SkipTest:
            raise
        except _Found as found:
            raise self._failure(subject, found) from found.__cause__
        except Exception as error:
            raise self._failure(subject, f"{type(error).__name__}: {error}") from error

    def _failure(self, subject, found):
        parts = (("  asked: ", self.asked), ("  found: ", found), ("  mend:  ", self.mend))
        lines = [
            textwrap.fill(str(text), 96, initial_indent=head, subsequent_indent=" " * len(head))
            for head, text in parts
        ]
        return CheckFailedError("\n".join([f"{subject.name} fails {self.name}", *lines]))


def check(*needs, contract="scikit-learn"):
    """Enter a function in the list of checks.

    Parameters
    ----------
    *needs : callable
        Conditions ``need(subject) -> bool``, all of which an estimator must meet.
    contract : {"scikit-learn", "tagger"}, default="scikit-learn"
        "scikit-learn" for what any classifier of text owes, "tagger" for what ours owe besides.
    """

    def enter(function):
        CHECKS[function.__name__] = TextCheck(function, contract, needs)
        return function

    return enter


def has_method(name):
    """Make the condition that the estimator has a method."""
    return lambda subject: hasattr(subject.estimator, name)


def has_parameter(name):
    """Make the condition that the estimator has a parameter."""
    return lambda subject: name in subject.parameters


def takes_weights(subject):
    """Whether `fit` takes `sample_weight`."""
    return subject.takes_weights


def is_deterministic(subject):
    """Whether the tags promise the same answers for the same input."""
    return not subject.tags.non_deterministic


def expect(condition, found):
    """Fail the running check with what was found unless the condition holds."""
    if not condition:
        raise _Found(found)


@contextmanager
def explaining(what):
    """Fail the running check with what was done where anything is raised inside."""
    try:
        yield
    except _Found:
        raise
    except Exception as error:
        raise _Found(f"{what}: {type(error).__name__}: {error}") from error


def refusal(what, call, *words):
    """Call what must be refused; return the message of the ValueError.

    Parameters
    ----------
    what : str
        What is passed, for the message.
    call : callable
        Takes no argument.
    *words : str or tuple of str
        What the message must hold; of a tuple any one. Case does not matter.
    """
    try:
        call()
    except ValueError as error:
        message = str(error)
    except Exception as error:
        raise _Found(f"{what}: {type(error).__name__}: {error}. Not a ValueError.") from error
    else:
        raise _Found(f"{what} was accepted without a word.")
    for word in words:
        choices = (word,) if isinstance(word, str) else word
        if not any(choice.lower() in message.lower() for choice in choices):
            wanted = " or ".join(repr(choice) for choice in choices)
            raise _Found(f"{what}: the message lacks {wanted}: {message}")
    return message


def dense(output):
    """Bring an output into one dense array; arrays of a list stand side by side."""
    if sp.issparse(output):
        return output.toarray()
    if isinstance(output, list) and output and np.ndim(output[0]) == 2:
        return np.hstack(output)
    return np.asarray(output)


def expect_same(one, other, what, *, rtol=1e-7, atol=1e-9):
    """Fail unless two dicts of outputs by method agree.

    Decisions must be equal; scores agree within ``atol + rtol * |score|``.
    """
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
