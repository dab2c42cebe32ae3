"""Checks of scikit-learn's tools: each can fail."""

import pytest
from mutants import assert_fails_on_its_mutant, checks_of

from skmultitext.testing import _tool_checks


@pytest.mark.parametrize("check_name", checks_of(_tool_checks))
def test_check_fails_on_its_mutant(check_name):
    assert_fails_on_its_mutant(check_name)
