"""Encoding and decoding labels."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext._gate.labels import LabelCodes, LabelSpace, listing
from skmultitext.exceptions import LabelError

pd = pytest.importorskip("pandas", reason="y may be a DataFrame")

Y = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0]])
SETS = [["a", "c"], [], ["b"]]


def test_label_sets_and_frames_of_later_data_are_matched_by_name():
    space, _ = LabelSpace.learn(pd.DataFrame(Y, columns=["a", "b", "c"]))
    for later in (pd.DataFrame(Y[:, ::-1], columns=["c", "b", "a"]), SETS, Y, sp.csr_array(Y)):
        encoded = space.encode(later)
        encoded = encoded.toarray() if sp.issparse(encoded) else encoded
        np.testing.assert_array_equal(encoded, Y)


def test_labels_absent_from_later_data_keep_their_columns():
    space, _ = LabelSpace.learn(SETS)
    assert space.encode([["b"], []]).tolist() == [[0, 1, 0], [0, 0, 0]]
    assert space.encode([[], []]).tolist() == [[0, 0, 0], [0, 0, 0]]


def test_unknown_labels_are_refused_or_appended():
    space, _ = LabelSpace.learn(SETS)
    with pytest.raises(LabelError, match="unknown labels 'x', 'z'; known are 'a', 'b', 'c'"):
        space.encode([["z", "a"], ["x"]])
    assert space.encode([["z", "a"], ["x"]], new_names="append").tolist() == [
        [1, 0, 0, 0, 1],
        [0, 0, 0, 1, 0],
    ]


def test_columns_that_do_not_fit_are_refused():
    space, _ = LabelSpace.learn(pd.DataFrame(Y, columns=["a", "b", "c"]))
    with pytest.raises(LabelError, match="y has 2 columns, but there are 3 labels: 'a', 'b', 'c'"):
        space.encode(Y[:, :2])
    with pytest.raises(LabelError, match="y has the columns 'a', 'b', 'x', but the labels are"):
        space.encode(pd.DataFrame(Y, columns=["a", "b", "x"]))


@pytest.mark.parametrize(
    ("y", "kind", "dtype"),
    [
        (Y, np.ndarray, np.int64),
        (Y.astype(bool), np.ndarray, np.int64),
        (Y.astype(float), np.ndarray, np.int64),
        (SETS, np.ndarray, np.int64),
        (sp.lil_matrix(Y), sp.csr_matrix, np.int64),
        (Y[:, :1], np.ndarray, Y.dtype),
        (np.array(["x", "y", "x"]), np.ndarray, np.dtype("<U1")),
    ],
)
def test_decoding_gives_the_form_of_the_contract(y, kind, dtype):
    space, indicator = LabelSpace.learn(y)
    indicator = indicator.toarray() if sp.issparse(indicator) else indicator
    decoded = space.decode(indicator.astype(bool))
    assert type(decoded) is kind
    assert decoded.dtype == dtype
    if not isinstance(y, list):
        plain = decoded.toarray() if sp.issparse(decoded) else decoded
        np.testing.assert_array_equal(plain, y.toarray() if sp.issparse(y) else y)


def test_label_sets_are_named_in_the_order_of_the_labels():
    space, indicator = LabelSpace.learn(SETS)
    assert space.label_sets(indicator.astype(bool)) == [("a", "c"), (), ("b",)]


def test_codes_decode_an_indicator_by_column_and_index_as_an_array_otherwise():
    codes = LabelCodes([["n", "y"], ["0", "1"]])
    assert codes[np.array([[0, 1], [1, 0]])].tolist() == [["n", "1"], ["y", "0"]]
    assert codes[0].tolist() == ["n", "y"]
    assert codes[:, 1].tolist() == ["y", "1"]
    assert len(codes) == 2
    again = pickle.loads(pickle.dumps(codes))
    assert type(again) is LabelCodes
    assert again.tolist() == codes.tolist()


@pytest.mark.parametrize(
    ("y", "shape"), [(Y, (3, 2)), (Y[:, :1], (1, 2)), (Y[:, 0], (2,)), (SETS, (3, 2))]
)
def test_classes(y, shape):
    space, _ = LabelSpace.learn(y)
    assert space.classes.shape == shape
    assert (space.classes == np.array([0, 1])).all()


def test_long_lists_of_names_are_cut():
    assert listing(["a", "b"]) == "'a', 'b'"
    assert listing(range(12)).endswith("'9' and 2 more")
