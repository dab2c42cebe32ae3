"""The class of a check: its documentation, and how it fails."""

from unittest import SkipTest

import numpy as np
import pytest
import scipy.sparse as sp
from mutants import MUTANTS

from skmultitext import TfidfLogRegTagger
from skmultitext.testing import CheckFailedError
from skmultitext.testing._checks import (
    CHECKS,
    TextCheck,
    expect,
    expect_same,
    explaining,
    has_method,
    has_parameter,
    refusal,
)
from skmultitext.testing._subject import Subject, dense


def test_every_check_has_a_mutant():
    assert set(MUTANTS) == set(CHECKS)


@pytest.mark.parametrize("check", CHECKS.values(), ids=lambda check: check.name)
def test_every_check_teaches(check):
    assert len(check._paragraphs()) == 2
    assert check.expected[-1] in ".…"
    assert check.fix.endswith(".")


def found_by(body):
    """Run a check of one function; return what it found, None where it passes."""

    def check_it(subject):
        """It is asked.

        Fix it.
        """
        body()

    try:
        TextCheck(check_it, "scikit-learn", ()).run(Subject(TfidfLogRegTagger()))
    except CheckFailedError as error:
        told = " ".join(str(error).split())
        assert told.startswith("TfidfLogRegTagger fails check_it expected: It is asked. found: ")
        assert told.endswith(" fix: Fix it.")
        return told.partition(" found: ")[2].removesuffix(" fix: Fix it.")
    return None


def test_what_holds_is_not_told():
    assert found_by(lambda: expect(True, "it walks")) is None
    assert found_by(lambda: expect(False, "it walks")) == "it walks"
    with pytest.raises(SkipTest, match="no feathers"):
        found_by(lambda: (_ for _ in ()).throw(SkipTest("no feathers")))


def test_an_error_is_explained_by_what_was_done():
    def divide():
        with explaining("halving nothing"):
            return 1 / 0

    def nested():
        with explaining("outside"):
            expect(False, "inside")

    assert found_by(divide) == "halving nothing: ZeroDivisionError: division by zero"
    assert found_by(nested) == "inside"


def raising(error):
    """Make a call that raises the error."""

    def call():
        raise error

    return call


@pytest.mark.parametrize(
    ("call", "words", "found"),
    [
        (raising(ValueError("X is EMPTY: no rows")), ("empty", ("rows", "samples")), None),
        (lambda: None, (), "an empty X was accepted without an error."),
        (raising(TypeError("no")), (), "an empty X: TypeError: no. Not a ValueError."),
        (raising(ValueError("bad")), ("row",), "an empty X: the message lacks 'row': bad"),
        (
            raising(ValueError("bad")),
            (("row", "line"),),
            "an empty X: the message lacks 'row' or 'line': bad",
        ),
    ],
    ids=["refused", "accepted", "another error", "a word", "words"],
)
def test_a_refusal_is_a_value_error_with_certain_words(call, words, found):
    assert found_by(lambda: refusal("an empty X", call, *words)) == found


def test_a_refusal_gives_its_message():
    assert refusal("None", raising(ValueError("X is None")), "none") == "X is None"


def test_outputs_of_all_forms_become_one_array():
    columns = [np.array([[0.25, 0.75]]), np.array([[1.0, 0.0]])]
    assert dense(columns).tolist() == [[0.25, 0.75, 1, 0]]
    assert dense(sp.csr_array([[0, 1]])).tolist() == [[0, 1]]
    assert dense([0, 1]).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ([[0, 1]], [[0, 1]], None),
        ([[0, 1]], [[1, 1]], "predict differs in 1 places: twice"),
        ([[0, 1]], [[0], [1]], "predict has shape (1, 2) and (2, 1): twice"),
        ([[0.5, 1.0]], [[0.5, 1.0 + 1e-9]], None),
        ([[0.5, 1.0]], [[0.5, 1.25]], "predict differs by up to 0.25: twice"),
    ],
    ids=["equal", "decision", "shape", "rounding", "score"],
)
def test_decisions_are_equal_and_scores_nearly(one, other, found):
    answers = ({"predict": np.array(values)} for values in (one, other))
    assert found_by(lambda: expect_same(*answers, "twice")) == found


def test_needs_ask_for_methods_and_parameters():
    subject = Subject(TfidfLogRegTagger())
    assert has_method("predict_proba")(subject)
    assert not has_method("transform")(subject)
    assert has_parameter("C")(subject)
    assert not has_parameter("alpha")(subject)
