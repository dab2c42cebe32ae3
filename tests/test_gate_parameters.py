"""One of some choices, an int, sizes of layers: what is legal, and what an error says."""

import numpy as np
import pytest

from skmultitext._gate.parameters import check_choice, check_int, check_sizes


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
