"""Checks of labels in every form: each can fail."""

import sys
from unittest import SkipTest

import pytest
from mutants import assert_fails_on_its_mutant, checks_of

from skmultitext import TfidfLogRegTagger
from skmultitext.testing import _label_checks
from skmultitext.testing._checks import CHECKS
from skmultitext.testing._subject import Subject


@pytest.mark.parametrize("check_name", checks_of(_label_checks))
def test_check_fails_on_its_mutant(check_name):
    assert_fails_on_its_mutant(check_name)


def test_the_check_with_pandas_skips_without_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(SkipTest, match="pandas is not installed"):
        CHECKS["check_labels_as_dataframe"].run(Subject(TfidfLogRegTagger()))
