"""Members of an ensemble and their weights."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.svm import LinearSVC

from skmultitext._gate.ensembles import check_members, member_weights
from skmultitext._gate.labels import LabelSpace

SPACE = LabelSpace.of("abc")


def test_members_are_named_pairs():
    check_members([("a", DummyClassifier()), ["b", DummyClassifier()]], {"c"})
    for wrong in ((("a", DummyClassifier()),), [], {"a": DummyClassifier()}, None):
        with pytest.raises(ValueError, match=r"estimators is .*; pass a list of at least one"):
            check_members(wrong, ())
    for wrong in (DummyClassifier(), ("a",), "ab"):
        with pytest.raises(ValueError, match=r"estimators\[0\] is .*; pass a pair"):
            check_members([wrong], ())


@pytest.mark.parametrize("name", ["", 3, None, "a__b", "taken", "first"])
def test_names_are_different_str(name):
    members = [("first", DummyClassifier()), (name, DummyClassifier())]
    with pytest.raises(ValueError, match=r"estimators\[1\] has the name .*; pass a str without"):
        check_members(members, {"taken"})


@pytest.mark.parametrize("estimator", [DummyClassifier, LinearSVC(), "drop", None])
def test_members_give_probabilities(estimator):
    with pytest.raises(ValueError, match=r"estimators\[0\], 'a', is .*; pass an estimator with"):
        check_members([("a", estimator)], ())


def test_weights_add_up_to_one():
    names = ["x", "y"]
    assert member_weights(None, names, SPACE).tolist() == [[0.5] * 3] * 2
    assert member_weights((1, 3), names, SPACE).tolist() == [[0.25] * 3, [0.75] * 3]
    assert member_weights({"x": 3}, names, SPACE).tolist() == [[0.75] * 3, [0.25] * 3]
    each = np.array([[1, 0, 2], [0, 5, 2]])
    assert member_weights(each, names, SPACE).tolist() == [[1, 0, 0.5], [0, 1, 0.5]]
    assert each.tolist() == [[1, 0, 2], [0, 5, 2]]


@pytest.mark.parametrize(
    "wrong", [[1], [1, 2, 3], ["a", "b"], [[1], [2]], [True, False], {"x": "a"}]
)
def test_weights_of_another_form(wrong):
    with pytest.raises(ValueError, match=r"weights is .*; pass 'fit', or a number for each of the"):
        member_weights(wrong, ["x", "y"], SPACE)


@pytest.mark.parametrize("wrong", [[0, 0], [1, -1], [1, float("nan")], [float("inf"), 1]])
def test_weights_out_of_range(wrong):
    with pytest.raises(ValueError, match=r"weights is .*; pass finite numbers of at least 0, for"):
        member_weights(wrong, ["x", "y"], SPACE)
    each = np.array([[1.0, 0, 2], [1, 0, 3]])
    with pytest.raises(ValueError, match="for each label some above 0"):
        member_weights(each, ["x", "y"], SPACE)


def test_weights_of_unknown_members():
    with pytest.raises(ValueError, match="has the key 'z', but the members are 'x', 'y'"):
        member_weights({"z": 1}, ["x", "y"], SPACE)
