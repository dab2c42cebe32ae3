"""One of some choices, an int, a number, sizes of layers: what is legal, and what an error says."""

import re
from fractions import Fraction

import numpy as np
import pytest

from skmultitext._gate.parameters import (
    check_choice,
    check_int,
    check_number,
    check_port,
    check_sizes,
    check_token,
)


def test_choices_are_compared_as_they_are():
    choices = ("micro", None, 1)
    for legal in choices:
        check_choice("average", legal, choices)
    check_choice("average", "".join(["mic", "ro"]), choices)
    for wrong in ("MICRO", True, np.array(["micro"]), ["micro"]):
        with pytest.raises(ValueError, match=r"average is .*; pass one of 'micro', None, 1\."):
            check_choice("average", wrong, choices)


def test_a_similar_choice_is_named():
    with pytest.raises(ValueError, match=r"pass one of 'micro'\. Did you mean 'micro'\?$"):
        check_choice("average", "mikro", ("micro",))


@pytest.mark.parametrize("value", [0, 2.0, True, np.True_, "3", None])
def test_an_int_is_at_least_1(value):
    with pytest.raises(ValueError, match=f"n_bins is .*{value}'?; pass an int of at least 1\\."):
        check_int("n_bins", value)


def test_the_least_int_is_legal():
    found = check_int("n_bins", np.int32(1))
    assert type(found) is int
    assert check_int("n_bins", 0, least=0) == 0
    with pytest.raises(ValueError, match=r"n_bins is 99; pass an int of at least 100\."):
        check_int("n_bins", 99, least=100)


def test_sizes_are_one_int_or_several():
    assert check_sizes("sizes", 3) == (3,)
    assert check_sizes("sizes", [np.int64(3), 2]) == (3, 2)
    assert check_sizes("sizes", ()) == ()
    for wrong in ((0,), [2.0], [True], ["3"], -1):
        with pytest.raises(ValueError, match=r"sizes is \(.*\); pass a sequence of int, each at"):
            check_sizes("sizes", wrong)


def test_a_port_fits_into_16_bits():
    assert [check_port(port) for port in (0, np.int64(80), 65535)] == [0, 80, 65535]
    for wrong in (-1, 65536, 80.0, "80", True, None):
        with pytest.raises(ValueError, match=r"^port is .*; pass an int from 0 to 65535\.$"):
            check_port(wrong)


@pytest.mark.parametrize(
    ("legal", "inside", "outside"),
    [
        ("(0, 1)", [0.5, np.float32(1e-9), Fraction(1, 3)], [0, 1, -1]),
        ("[0, 1]", [0, 1, np.int8(1)], [-1e-9, 1.1]),
        ("(0, 1]", [1], [0.0]),
        ("[0, inf)", [0, 10**300], [np.inf, -1]),
        ("(0, inf)", [1e-300], [0, np.inf]),
    ],
)
def test_a_number_lies_in_its_interval(legal, inside, outside):
    for value in inside:
        found = check_number("share", value, legal)
        assert type(found) is float
        assert found == float(value)
    for value in [*outside, np.nan, True, np.True_, "0.5", None, [0.5], 0.5j]:
        message = rf"share is .*; pass a number in {re.escape(legal)}, such as 0\.5\.$"
        with pytest.raises(ValueError, match=message):
            check_number("share", value, legal, ", such as 0.5")


def test_a_token_is_visible_ascii_and_not_told():
    assert check_token("token", "!aZ9~") == "!aZ9~"
    for wrong in ("", "my word", "m\u00fd", "myword\n", b"myword", None):
        with pytest.raises(ValueError, match=r"^token is empty, or has other char") as raised:
            check_token("token", wrong)
        assert "my" not in str(raised.value)
