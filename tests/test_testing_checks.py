"""What a check is: it teaches, and it can fail."""

import pytest
from mutants import MUTANTS

from skmultitext.testing._checks import CHECKS


def test_every_check_has_a_mutant():
    assert set(MUTANTS) == set(CHECKS)


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda check: check.name)
def test_every_check_teaches(check):
    assert len(check._paragraphs()) == 2
    assert check.asked[-1] in ".…"
    assert check.mend.endswith(".")
