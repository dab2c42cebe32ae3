"""What arrays of a saved model must be."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext._runtime.pickling import SavedFolder
from skmultitext.exceptions import ModelFileError
from skmultitext.persistence._array_specs import (
    Array,
    Codes,
    Csr,
    Folder,
    Names,
    Strings,
    Weights,
)
from skmultitext.persistence._specs import Place


def check(spec, value, **sizes):
    place = Place("it", sizes)
    spec.check(value, place)
    return place.sizes


def strings(*values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


SHARE = Array(("n",), low=0, high=1)
COEF = Array(("n_labels", "n_features"), ("float64", "float32"))
MATRIX = sp.csr_array([[0.0, 1.5], [2.0, 0.0]])


def test_what_is_taken():
    assert check(COEF, np.zeros((2, 3))) == {"n_labels": 2, "n_features": 3}
    check(COEF, np.full((2, 3), 1e38, np.float32), n_labels=2)
    check(SHARE, np.array([0, 1.0]))
    check(Array(("n",), nan=True), np.array([np.nan, 1]))
    check(Array(("n",), nan=True), np.array([np.nan, np.nan]))
    check(Array(("n",), ("bool",)), np.array([True]))
    check(Weights(), np.zeros((2, 1, 3), np.float32))
    check(Weights(("int64",)), np.array(3))
    check(Csr(("n", "m")), MATRIX)
    check(Csr(("n", "m")), sp.csr_matrix(MATRIX))
    check(Strings("n", ("a", "b")), strings("a", "a"))
    check(Names("n"), strings("a", "b"))
    check(Codes(("n", 2)), np.array([[0, 1], [1, 0]]))
    check(Codes((None,)), strings("no", "yes"))
    check(Folder(), SavedFolder("f", {}, {"a": np.zeros(2, np.float32), "b": np.array(3)}))


@pytest.mark.parametrize(
    ("spec", "value", "message"),
    [
        (COEF, np.zeros((3, 3)), "n_labels is 3 here, but 2 in the rest of the model"),
        (COEF, np.zeros((2, 3, 1)), r"must be an array of float64 or float32 and shape \(n_labels"),
        (COEF, np.zeros((2, 3), complex), "must be an array of float64"),
        (COEF, np.zeros((2, 3), ">f8"), "must be an array of float64"),
        (COEF, np.zeros((2, 3), int), "must be an array of float64"),
        (COEF, np.zeros((2, 3)).view(np.matrix), "must be an array of float64"),
        (COEF, [[0.0] * 3] * 2, "it is a list; it must be an array"),
        (COEF, np.zeros((2, 0)), "must be at least 1"),
        (COEF, np.full((2, 3), np.nan), r"outside of \[-1e\+150, 1e\+150\]"),
        (COEF, np.array([[0, 0, 0], [0, 0, np.inf]]), "outside of"),
        (COEF, np.full((2, 3), 1e151), "outside of"),
        (SHARE, np.array([0.5, 1.1]), r"outside of \[0, 1\]"),
        (SHARE, np.array([-0.1, 0.5]), "outside of"),
        (Array(("n",), nan=True), np.array([np.nan, np.inf]), "that is not NaN"),
        (Weights(), np.zeros((2, 0), np.float32), "and not empty"),
        (Weights(), np.array([np.nan], np.float32), "contains numbers that are not finite"),
        (Weights(), np.array([1.0]), "must be an array of float32"),
        (Weights(), None, "must be an array of float32"),
        (Csr(("n", "m")), MATRIX.tocsc(), "must be a CSR matrix of float64"),
        (Csr(("n", "m")), MATRIX.astype(np.float32), "must be a CSR matrix"),
        (Csr(("n", "m")), MATRIX.toarray(), "must be a CSR matrix"),
        (Csr(("n", "m")), MATRIX * np.nan, "outside of"),
        (Csr(("n", "m")), sp.csr_array((1, 2**30)), "must be of at most 16777216 columns"),
        (Strings("n", ("a",)), strings("a", "c"), "must be of 'a'"),
        (Strings("n"), np.array(["a"]), "must be a 1-D array of str"),
        (Names("n"), strings("a", "b", "a"), "contains a name twice"),
        (Codes(("n", 2)), np.array([[0, 1], [1, 1]]), "contains a class twice"),
        (Codes(("n", 2)), np.array([[0, 1, 2]]), "its size is 3, but must be 2"),
        (Codes(("n",)), np.array([0.5, np.nan]), "not finite"),
        (Codes(("n",)), np.array([1j, 2j]), "must be an array of numbers or str"),
        (Folder(), SavedFolder("f", {}, {}), "must be a folder of tensors"),
        (Folder(), {}, "must be a folder of tensors"),
        (Folder(), SavedFolder("f", {}, {"w": np.array([np.inf])}), r"it\['w'\] contains numbers"),
    ],
    ids=range(33),
)
def test_what_is_refused(spec, value, message):
    with pytest.raises(ModelFileError, match=message):
        check(spec, value, n_labels=2)
