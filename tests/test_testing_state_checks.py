"""Checks of what a fit leaves behind: each can fail."""

from unittest import SkipTest

import pytest
from mutants import assert_fails_on_its_mutant, checks_of
from their_pipelines import one_vs_rest

from skmultitext.testing import _state_checks
from skmultitext.testing._checks import CHECKS
from skmultitext.testing._subject import Subject


@pytest.mark.parametrize("check_name", checks_of(_state_checks))
def test_check_fails_on_its_mutant(check_name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert_fails_on_its_mutant(check_name)


def test_the_check_of_parameters_skips_a_pipeline_with_a_reason():
    with pytest.raises(SkipTest, match="a Pipeline"):
        CHECKS["check_fit_keeps_parameters"].run(Subject(one_vs_rest()))
