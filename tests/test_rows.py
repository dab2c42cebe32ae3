"""Rows of X, y and sample weights belong together."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext._rows import check_lengths, checked_weight, count_positives, drop_weightless

X = np.arange(8.0).reshape(4, 2)
Y = np.array([[1, 0], [1, 1], [0, 1], [1, 0]], dtype=np.int8)


@pytest.mark.parametrize("data", [X, sp.csr_array(X), list("abcd")], ids=["array", "csr", "list"])
def test_lengths_are_compared_in_every_form(data):
    check_lengths(data, Y, "y")
    message = r"inconsistent numbers of samples: X has 4 rows, weights has 3\. Pass one row of wei"
    with pytest.raises(ValueError, match=message):
        check_lengths(data, Y[:3], "weights")


def test_weights_are_checked():
    weight = checked_weight([1, 0, 2, 0], Y)
    assert weight.tolist() == [1, 0, 2, 0]
    assert weight.dtype == np.float64
    assert checked_weight(3, Y).tolist() == [3, 3, 3, 3]
    with pytest.raises(ValueError, match="must contain at least one non-zero number"):
        checked_weight(np.zeros(4), Y)
    with pytest.raises(ValueError, match="Negative values in data passed to `sample_weight`"):
        checked_weight([1, 1, 1, -1], Y)
    with pytest.raises(ValueError, match=r"sample_weight.shape == \(3,\), expected \(4,\)"):
        checked_weight([1, 1, 1], Y)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
def test_rows_of_weight_0_leave_all_three(form):
    features, labels, weight = drop_weightless(form(X), form(Y), [1, 0, 2, 0])
    assert weight.tolist() == [1, 2]
    np.testing.assert_array_equal(form(features).reshape(2, 2) @ np.eye(2), X[[0, 2]])
    np.testing.assert_array_equal(labels @ np.eye(2), Y[[0, 2]])
    texts, _, _ = drop_weightless(list("abcd"), Y, [0, 0, 0, 5])
    assert texts == ["d"]


def test_where_nothing_weighs_0_nothing_is_copied():
    features, labels, weight = drop_weightless(X, Y, [1, 2, 3, 4])
    assert features is X
    assert labels is Y
    assert weight.tolist() == [1, 2, 3, 4]
    features, labels, weight = drop_weightless(X, Y, None)
    assert features is X
    assert labels is Y
    assert weight is None


def test_positives_are_counted_beyond_what_a_byte_holds():
    many = np.ones((300, 2), dtype=np.int8)
    for form in (np.asarray, sp.csr_array, sp.csc_array):
        counts = count_positives(form(many))
        assert counts.tolist() == [300, 300]
        assert counts.dtype == np.int64
    assert count_positives(Y).tolist() == [3, 2]
