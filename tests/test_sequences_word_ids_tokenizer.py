"""Splitting texts into sentences and words."""

import pickle

import pytest
from limits import limited, measure

from skmultitext.sequences import Tokenizer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t ", []),
        ("Late. Again!! Why?", [["late", "."], ["again", "!", "!"], ["why", "?"]]),
        ("3.5 is a number", [["3", ".", "5", "is", "a", "number"]]),
        ("one\ntwo\r\n\nthree", [["one"], ["two"], ["three"]]),
        ("遅い。最悪", [["遅い", "。"], ["最悪"]]),
    ],
)
def test_the_simple_rule(text, expected):
    assert Tokenizer().split(text) == expected


def test_a_separator_is_found_before_the_case_is_lowered():
    tokenizer = Tokenizer(None, sentence_separator="|X|")
    assert tokenizer.split("One. two |X| |x| Three") == [["one.", "two"], ["|x|", "three"]]


def test_scikit_learns_pattern_and_case():
    tokenizer = Tokenizer(r"(?u)\b\w\w+\b", lowercase=False)
    assert tokenizer.split("A Lamp, a lamp") == [["Lamp", "lamp"]]
    assert Tokenizer(r"#(\w+)").split("#One two #three") == [["one", "three"]]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"token_pattern": "("}, r"token_pattern '\(' is not a regular expression"),
        ({"token_pattern": "(a)(b)"}, "has 2 groups; use at most one"),
        ({"token_pattern": "a*"}, "matches the empty text"),
        ({"sentence_separator": ""}, "sentence_separator is empty"),
    ],
)
def test_refusals(parameters, message):
    with pytest.raises(ValueError, match=message):
        Tokenizer(**parameters)


def test_repr():
    assert repr(Tokenizer(None)) == (
        "Tokenizer(token_pattern=None, sentence_separator=None, lowercase=True)"
    )


def test_pickles():
    tokenizer = Tokenizer(r"\w+", sentence_separator="#", lowercase=False)
    assert pickle.loads(pickle.dumps(tokenizer)).split("A b#c") == [["A", "b"], ["c"]]


@pytest.mark.slow
@pytest.mark.parametrize("unit", [" ", ". ", "\n", "a", "! \n", "。", "\u2028 "])
def test_time_is_linear(unit):
    def seconds(n):
        return measure(Tokenizer().split, unit * n)[1]

    # 16 times the text: a quadratic rule would take 256 times as long
    small = min(seconds(40_000) for _ in range(3))
    limited(Tokenizer().split, unit * 640_000, seconds=128 * small + 0.2)
