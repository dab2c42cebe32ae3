"""Rows of a partition, good and bad."""

import pickle

import numpy as np
import pytest

from skmultitext.distributed._rows import (
    bad_row,
    read_flags,
    read_label_column,
    read_texts,
    read_weights,
)
from skmultitext.exceptions import PartitionError

NAN = np.nan


def flags(cells):
    return read_flags({"refund": cells}, ["refund"], len(cells), 3)


def lists(cells):
    return read_label_column(cells, ["a", "refund"], 3)


def test_labels_as_columns():
    table = {"b": [1, None, False], "a": [0.0, NAN, np.int8(1)]}
    np.testing.assert_array_equal(read_flags(table, ["a", "b"], 3, 0), [[0, 1], [NAN] * 2, [1, 0]])


def test_labels_as_lists():
    cells = [["b"], np.array(["b", "a"]), (), None, {"a"}]
    expected = [[0, 1], [1, 1], [0, 0], [NAN, NAN], [1, 0]]
    np.testing.assert_array_equal(read_label_column(cells, ["a", "b"], 0), expected)


def test_labels_as_arrays():
    cells = [[1, 0], np.array([0.0, NAN]), (True, None), None, [None, None], np.array([True, True])]
    expected = [[1, 0], [0, NAN], [1, NAN], [NAN, NAN], [NAN, NAN], [1, 1]]
    np.testing.assert_array_equal(read_label_column(cells, ["b", "a"], 0), expected)


def test_lists_and_arrays_in_one_partition_are_refused():
    message = "^partition 2, row 2: the labels are a list of names, but those of row 1 are an array"
    with pytest.raises(PartitionError, match=message):
        read_label_column([None, [1, 0], ["a"]], ["a", "b"], 2)
    with pytest.raises(PartitionError, match=r"row 1: the labels are an array of 2 numbers, but"):
        read_label_column([[], [1, 0]], ["a", "b"], 2)


def test_missing_values_of_pandas_are_unknown():
    pd = pytest.importorskip("pandas", reason="pandas.NA")
    np.testing.assert_array_equal(flags([pd.NA, 1]), [[NAN], [1]])
    np.testing.assert_array_equal(lists([[pd.NA, 1], pd.NA]), [[NAN, 1], [NAN, NAN]])


@pytest.mark.parametrize(
    ("read", "cell", "problem"),
    [
        (lambda cells: read_texts(cells, 3), None, "the text is missing; replace it by ''"),
        (lambda cells: read_texts(cells, 3), b"x", "the text is b'x' of type bytes; pass a str."),
        (flags, 2, "column 'refund' is 2; pass 0, 1, or null for unknown."),
        (flags, "1", "column 'refund' is '1'; pass 0, 1, or null for unknown."),
        (lists, "['a']", "set its option dataframe.convert-string to False before"),
        (lists, 1, "the labels are 1; pass a list of label names."),
        (lists, ["refnd"], "the label 'refnd' is unknown to the tagger. Did you mean 'refund'?"),
        (lists, [None, "a"], "the labels hold None; each label name must be a str, not ''."),
        (
            lists,
            [0],
            "the labels are an array of 1 numbers; pass one for each of the 2 labels: 'a'",
        ),
        (lists, [0, 2], "the labels hold 2; an array of labels holds 0, 1, or null for unknown."),
        (lists, [0, "a"], "the labels hold 'a'; an array of labels holds 0, 1, or null"),
        (lists, np.array([0.5, np.nan]), "the labels hold 0.5; an array of labels holds 0, 1, or"),
        (lists, np.eye(2), "the labels hold "),
        (lambda cells: read_weights(cells, 3), -1.0, "the weight is -1.0; pass a finite number"),
        (lambda cells: read_weights(cells, 3), NAN, "the weight is nan; pass a finite number"),
        (lambda cells: read_weights(cells, 3), np.inf, "the weight is inf; pass a finite number"),
        (lambda cells: read_weights(cells, 3), "1", "the weight is '1'; pass a finite number"),
    ],
)
def test_a_bad_row_is_named(read, cell, problem):
    with pytest.raises(PartitionError, match=r"^partition 3, row 0: ") as raised:
        read([cell])
    assert problem in str(raised.value)


def test_the_row_is_counted_from_0():
    with pytest.raises(PartitionError, match=r"^partition 1, row 2: the text is missing"):
        read_texts(["a", "b", None], 1)
    with pytest.raises(PartitionError, match=r"^partition 1, row 1: the weight"):
        read_weights([0, -2], 1)
    with pytest.raises(PartitionError, match=r"^partition 1, row 1: column 'a'"):
        read_flags({"a": [0, 5]}, ["a"], 2, 1)
    with pytest.raises(PartitionError, match=r"^partition 1, row 1: the label"):
        read_label_column([["a"], ["z"]], ["a"], 1)


def test_the_error_comes_back_from_a_process():
    error = bad_row(3, 17, "the text is missing")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == "partition 3, row 17: the text is missing."
