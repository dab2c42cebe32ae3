"""Checks of labels that must be refused: each can fail."""

import pytest
from mutants import assert_fails_on_its_mutant, checks_of

from skmultitext.testing import _label_error_checks


@pytest.mark.parametrize("check_name", checks_of(_label_error_checks))
def test_check_fails_on_its_mutant(check_name):
    assert_fails_on_its_mutant(check_name)
