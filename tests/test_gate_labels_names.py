"""The parameter `labels`: the names of the columns, in the order wanted."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext._gate.labels import LabelSpace, read_names
from skmultitext.exceptions import LabelError

pd = pytest.importorskip("pandas", reason="y may be a DataFrame")

LABELS = ["c", "a", "b", "never"]
SETS = [["a", "c"], [], ["b"]]
Y = np.array([[1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 1, 0]])
FRAME = pd.DataFrame(Y, columns=LABELS)


@pytest.mark.parametrize(
    ("y", "form"),
    [
        (SETS, "label_sets"),
        (Y, "indicator"),
        (Y.astype(float), "indicator"),
        (sp.csr_array(Y), "sparse"),
        (FRAME, "indicator"),
        (FRAME[["never", "b", "a", "c"]], "indicator"),
    ],
)
def test_columns_come_in_the_order_of_the_names(y, form):
    space, indicator = LabelSpace.learn(y, labels=LABELS)
    assert (space.form, space.named, space.label_names.tolist()) == (form, True, LABELS)
    dense = indicator.toarray() if sp.issparse(indicator) else indicator
    assert dense.tolist() == Y.tolist()
    assert dense.dtype == np.int8
    assert sp.issparse(indicator) or indicator.flags.f_contiguous


def test_label_sets_may_lack_every_label():
    space, indicator = LabelSpace.learn([[], []], labels=("b", "a"))
    assert space.label_names.tolist() == ["b", "a"]
    assert indicator.tolist() == [[0, 0], [0, 0]]


def test_one_column_keeps_its_codes_and_gets_the_name():
    space, indicator = LabelSpace.learn(np.array([[5], [3]]), labels=["late"])
    assert (space.form, space.codes.tolist()) == ("column", [[3, 5]])
    assert (space.label_names.tolist(), indicator.tolist()) == (["late"], [[1], [0]])


def test_unknown_entries_stay_where_their_label_is():
    y = FRAME[["b", "never", "c", "a"]].astype(float)
    y.loc[1, "a"] = np.nan
    _, indicator = LabelSpace.learn(y, labels=LABELS, allow_unknown=True)
    assert indicator.tolist() == [[1, 1, 0, 0], [0, -1, 0, 0], [0, 0, 1, 0]]
    with pytest.raises(LabelError, match="Input y contains NaN: found nan in row 1, column 'a'"):
        LabelSpace.learn(y, labels=LABELS)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (
            [["a"], [], ["b", "nevr"]],
            r"y\[2\] holds the label 'nevr', which is not in labels: 'c', 'a', 'b', 'never'\. Did "
            r"you mean 'never'\? Correct the name in y, or add it to labels\.",
        ),
        (
            FRAME.rename(columns={"never": "nevr"}),
            r"y has the column 'nevr', which is not in labels: 'c', 'a', 'b', 'never'\. Did you",
        ),
        (
            FRAME[["a", "b"]],
            r"y lacks the columns 'c', 'never', which are in labels\. Add them to y, with 0 where "
            r"the label does not hold, or NaN where nobody knows\.",
        ),
        (
            Y[:, :3],
            r"y has 3 columns without names, but labels names 4: 'c', 'a', 'b', 'never'\. Pass one",
        ),
        (sp.csr_array(Y[:, :3]), "y has 3 columns without names, but labels names 4"),
        (Y[:, :1], "y has 1 columns without names, but labels names 4"),
        (
            [0, 1, 1],
            r"labels names the columns of y, but this y is a plain binary problem of the classes 0 "
            r"and 1\. Set labels=None, or pass an indicator with one column per label",
        ),
        (["no", "yes"], "is a plain binary problem of the classes 'no' and 'yes'"),
        ([["a,b"], []], r"y\[0\] holds the one name 'a,b', which looks like several joined by ','"),
    ],
)
def test_a_y_that_does_not_fit_the_names_is_refused(y, message):
    with pytest.raises(LabelError, match=message):
        LabelSpace.learn(y, labels=LABELS)


@pytest.mark.parametrize(
    "names",
    [
        ["b", "a"],
        ("b", "a"),
        np.array(["b", "a"]),
        pd.Series(["b", "a"]),
        dict.fromkeys("ba").keys(),
    ],
)
def test_names_may_stand_in_any_list(names):
    assert read_names("labels", names) == ["b", "a"]
    assert type(read_names("labels", names)[0]) is str


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("ab", r"labels is 'ab'; pass a list of label names, each a str\."),
        (b"ab", "labels is b'ab'; pass a list of label names"),
        ({"a", "b"}, "; pass a list of label names"),
        ({"a": 1}, "labels is {'a': 1}; pass a list of label names"),
        (3, "labels is 3; pass a list of label names"),
        ([], r"labels is empty; pass a list of at least one label name\."),
        (
            ["a", 1],
            r"labels\[1\] is 1 of type int; label names must be str\. Convert numbers: \[str",
        ),
        (["a", None], r"labels\[1\] is None of type NoneType; label names must be str"),
        (
            np.array([["a", "b"]]),
            r"labels\[0\] is array\(\['a', 'b'\].* of type ndarray; label nam",
        ),
        (["a", ""], r"labels\[1\] is an empty label name ''\. Remove it\."),
        (["b", "a", "b"], "labels holds 'b' twice; name each label once"),
    ],
)
def test_names_that_are_no_list_of_str_are_refused(names, message):
    with pytest.raises(LabelError, match=message):
        read_names("labels", names)


def test_classes_must_be_the_same_names():
    space, _ = LabelSpace.learn(SETS, classes=LABELS, labels=LABELS)
    assert space.label_names.tolist() == LABELS
    message = r"classes is \['a', 'b', 'c'\], but the parameter labels is 'c', 'a', 'b', 'never'\."
    with pytest.raises(LabelError, match=message):
        LabelSpace.learn(SETS, classes=["a", "b", "c"], labels=LABELS)
