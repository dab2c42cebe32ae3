"""The labels of a tagger that sees its documents in parts."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext._gate.labels import LabelSpace
from skmultitext.exceptions import LabelError


def test_label_sets_get_the_names_said():
    space, indicator = LabelSpace.learn([["c"], ["a", "c"]], classes=["c", "b", "a"])
    assert space.form == "label_sets"
    assert space.label_names.tolist() == ["c", "b", "a"]
    assert indicator.tolist() == [[1, 0, 0], [1, 0, 1]]


@pytest.mark.parametrize("container", [np.array, sp.csr_matrix])
def test_columns_of_an_indicator_get_names(container):
    space, indicator = LabelSpace.learn(container([[0, 1], [0, 0]]), classes=np.arange(2))
    assert space.label_names.tolist() == ["0", "1"]
    assert space.form == ("indicator" if container is np.array else "sparse")
    assert indicator.shape == (2, 2)


def test_a_binary_y_may_lack_a_class_at_first():
    space, indicator = LabelSpace.learn(["yes", "yes"], classes=["no", "yes"])
    assert (space.form, space.classes.tolist()) == ("binary", ["no", "yes"])
    assert indicator.tolist() == [[1], [1]]
    space, _ = LabelSpace.learn([[3], [3]], classes=[3, 5])
    assert (space.form, space.codes.tolist()) == ("column", [[3, 5]])


def test_without_classes_y_tells():
    space, _ = LabelSpace.learn([["b"], ["a"]])
    assert space.label_names.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("y", "classes", "message"),
    [
        ([["d"]], ["a", "b"], "y holds the unknown labels 'd'; known are 'a', 'b'"),
        ([[1, 0, 1]], ["a", "b"], "y has 3 columns, but there are 2 labels: 'a', 'b'"),
        ([1, 0], [0, 1, 2], "Only binary classification is supported. classes of a y of one col"),
        (["maybe"], ["no", "yes"], r"y\[0\] is 'maybe', but the two classes are 'no' and 'yes'"),
        ([["a"]], ["a", "a"], "pass a list that names each label once"),
        ([["a"]], [["a"], ["b"]], "pass a list that names each label once"),
    ],
)
def test_what_does_not_fit_is_refused(y, classes, message):
    with pytest.raises(LabelError, match=message):
        LabelSpace.learn(y, classes)
