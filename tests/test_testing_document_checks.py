"""Checks of texts in every form: each can fail."""

import sys
from unittest import SkipTest

import pytest
from mutants import assert_fails_on_its_mutant, checks_of

from skmultitext import TfidfLogRegTagger
from skmultitext.testing import _document_checks
from skmultitext.testing._checks import CHECKS
from skmultitext.testing._subject import Subject


@pytest.mark.parametrize("check_name", checks_of(_document_checks))
def test_check_fails_on_its_mutant(check_name):
    assert_fails_on_its_mutant(check_name)


@pytest.mark.parametrize("name", ["check_texts_as_series", "check_rejects_dataframe"])
def test_checks_with_pandas_skip_without_it(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(SkipTest, match="pandas is not installed"):
        CHECKS[name].run(Subject(TfidfLogRegTagger()))
