"""Checks of constructor, parameters, tags and signatures: each can fail."""

from unittest import SkipTest

import pytest
from mutants import assert_fails_on_its_mutant, checks_of
from their_pipelines import one_vs_rest

from skmultitext.testing import _api_checks
from skmultitext.testing._checks import CHECKS
from skmultitext.testing._subject import Subject


@pytest.mark.parametrize("check_name", checks_of(_api_checks))
def test_check_fails_on_its_mutant(check_name):
    assert_fails_on_its_mutant(check_name)


@pytest.mark.parametrize("name", ["check_text_tags", "check_label_tags"])
def test_checks_of_tags_skip_a_pipeline_with_a_reason(name):
    with pytest.raises(SkipTest, match="a Pipeline"):
        CHECKS[name].run(Subject(one_vs_rest()))
