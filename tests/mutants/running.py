"""Run the checks of a module on their mutants."""

import warnings
from contextlib import suppress

import pytest

from skmultitext.testing import CheckFailedError
from skmultitext.testing._checks import CHECKS
from skmultitext.testing._subject import Subject

from .making import MUTANTS


def checks_of(module):
    """Names of the checks that a module holds, in its order."""
    return [name for name, check in CHECKS.items() if check.function.__module__ == module.__name__]


def assert_fails_on_its_mutant(check_name):
    """See a check fail on its mutant, with the words that tell what was found."""
    mutant, words = MUTANTS[check_name]
    subject = Subject(mutant())
    with warnings.catch_warnings(), suppress(Exception):
        warnings.simplefilter("ignore")
        subject.fitted()  # as an earlier check would: it must hide nothing
    with pytest.raises(CheckFailedError) as caught:
        CHECKS[check_name].run(subject)
    message = " ".join(str(caught.value).split())
    found = message.partition(" found: ")[2].partition(" fix: ")[0]
    assert words in found
