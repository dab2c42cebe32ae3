"""Checks of what a model answers: each can fail."""

import pytest
from mutants import assert_fails_on_its_mutant, checks_of

from skmultitext.testing import _output_checks


@pytest.mark.parametrize("check_name", checks_of(_output_checks))
def test_check_fails_on_its_mutant(check_name):
    assert_fails_on_its_mutant(check_name)
