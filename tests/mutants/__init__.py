"""Taggers that are broken in one place each, so that every check can be seen to fail.

`MUTANTS` maps the name of a check to (class, words of the message with which it must fail).
"""

from . import of_answers, of_construction, of_inputs  # noqa: F401
from .making import MUTANTS
from .running import assert_fails_on_its_mutant, checks_of

__all__ = ["MUTANTS", "assert_fails_on_its_mutant", "checks_of"]
