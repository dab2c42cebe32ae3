"""Rows of X, y and sample weights belong together."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext import FixedThresholdTagger, TfidfLogRegTagger, TfidfLogRegTaggerCV, metrics
from skmultitext._gate.samples import (
    check_lengths,
    count_entries,
    dense_rows,
    drop_zero_weight,
    n_rows,
    read_weight,
    select_rows,
)
from skmultitext.report import multilabel_report

X = np.arange(8.0).reshape(4, 2)
Y = np.array([[1, 0], [1, 1], [0, 1], [1, 0]], dtype=np.int8)


@pytest.mark.parametrize("data", [X, sp.csr_array(X), list("abcd")], ids=["array", "csr", "list"])
def test_lengths_are_compared_in_every_form(data):
    check_lengths(data, Y, "y")
    message = r"inconsistent numbers of samples: X has 4 rows, weights has 3\. Pass one row of wei"
    with pytest.raises(ValueError, match=message):
        check_lengths(data, Y[:3], "weights")


def test_weights_are_checked():
    weight = read_weight([1, 0, 2, 0], 4)
    assert weight.tolist() == [1, 0, 2, 0]
    assert weight.dtype == np.float64
    assert read_weight(3, 4).tolist() == [3, 3, 3, 3]
    with pytest.raises(ValueError, match="must contain at least one non-zero number"):
        read_weight(np.zeros(4), 4)
    with pytest.raises(ValueError, match="Negative values in data passed to sample_weight"):
        read_weight([1, 1, 1, -1], 4)
    message = r"^sample_weight has shape \(3,\), but there are 4 documents; pass one number per"
    with pytest.raises(ValueError, match=message):
        read_weight([1, 1, 1], 4)
    with pytest.raises(ValueError, match=r"^sample_weight has shape \(4, 1\)"):
        read_weight(np.ones((4, 1)), 4)
    with pytest.raises(ValueError, match=r"^Input sample_weight contains NaN"):
        read_weight([1, 1, 1, np.nan], 4)


@pytest.mark.parametrize("data", [X, sp.coo_array(X), list("abcd")], ids=["array", "coo", "list"])
def test_rows_are_selected_of_what_has_one_value_per_document(data):
    assert n_rows(data) == 4
    params = {"groups": data, "name": "abcd", "by_name": dict.fromkeys("abcd"), "few": [1], "n": 4}
    selected = select_rows(params, np.array([3, 1]), 4)
    kept = selected.pop("groups")
    assert selected == {name: params[name] for name in selected}
    if isinstance(data, list):
        assert kept == ["d", "b"]
    else:
        np.testing.assert_array_equal(kept @ np.eye(2), X[[3, 1]])


def test_rows_are_counted_of_what_only_numpy_can_read():
    class Readable:
        def __array__(self, dtype=None, copy=None):
            return X

    assert n_rows(Readable()) == 4


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
def test_rows_of_weight_0_leave_all_three(form):
    features, labels, weight = drop_zero_weight(form(X), form(Y), [1, 0, 2, 0])
    assert weight.tolist() == [1, 2]
    np.testing.assert_array_equal(form(features).reshape(2, 2) @ np.eye(2), X[[0, 2]])
    np.testing.assert_array_equal(labels @ np.eye(2), Y[[0, 2]])
    texts, _, _ = drop_zero_weight(list("abcd"), Y, [0, 0, 0, 5])
    assert texts == ["d"]


def test_where_nothing_weighs_0_nothing_is_copied():
    features, labels, weight = drop_zero_weight(X, Y, [1, 2, 3, 4])
    assert features is X
    assert labels is Y
    assert weight.tolist() == [1, 2, 3, 4]
    features, labels, weight = drop_zero_weight(X, Y, None)
    assert features is X
    assert labels is Y
    assert weight is None


def test_positives_are_counted_beyond_what_a_byte_holds():
    many = np.ones((300, 2), dtype=np.int8)
    for form in (np.asarray, sp.csr_array, sp.csc_array):
        counts = count_entries(form(many))[1]
        assert counts.tolist() == [300, 300]
        assert counts.dtype == np.int64
    assert count_entries(Y)[1].tolist() == [3, 2]


@pytest.mark.parametrize("weight", ["balanced", {"refund": 2}])
def test_weights_of_labels_are_no_weights_of_documents(weight):
    texts, y = ["late", "refund", "late refund", "hello"], [[1, 0], [0, 1], [1, 1], [0, 0]]
    tagger = TfidfLogRegTagger().fit(texts, y)
    for call in (
        lambda: TfidfLogRegTagger().fit(texts, y, sample_weight=weight),
        lambda: TfidfLogRegTaggerCV(cv=2).fit(texts, y, sample_weight=weight),
        lambda: FixedThresholdTagger(TfidfLogRegTagger()).fit(texts, y, sample_weight=weight),
        lambda: tagger.score(texts, y, sample_weight=weight),
        lambda: metrics.f1_score(y, y, sample_weight=weight),
        lambda: multilabel_report(y, y, sample_weight=weight),
        lambda: metrics.StreamingMetrics(2).update(y, np.array(y) / 2, sample_weight=weight),
    ):
        with pytest.raises(ValueError, match=r"^sample_weight is .*class_weight of a tagger"):
            call()


def test_rows_become_dense():
    for matrix in (Y, sp.csr_matrix(Y), sp.csr_array(Y)):
        for rows in (slice(1, 3), np.array([1, 2])):
            found = dense_rows(matrix, rows)
            assert found.dtype == np.float32
            np.testing.assert_array_equal(found, Y[1:3])


def test_rows_of_an_object_that_only_converts_to_an_array():
    class Convertible:
        def __array__(self, dtype=None, copy=None):
            return np.zeros((3, 2), dtype=dtype)

    assert n_rows(Convertible()) == 3
    with pytest.raises(ValueError, match="X has 3 rows, y has 2"):
        check_lengths(Convertible(), [[0], [1]], "y")
