"""Every form of y is read alike; what is none of them is refused with place and remedy."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier

from skmultitext import FixedThresholdTagger, MultilabelLogisticRegression
from skmultitext._gate.label_forms import read_labels
from skmultitext._gate.labels import LabelSpace
from skmultitext.exceptions import LabelError
from skmultitext.metrics import get_scorer

pd = pytest.importorskip("pandas", reason="y may be a DataFrame")

Y = np.array([[1, 0, 1], [0, 0, 0], [0, 1, 0], [1, 1, 1]])
SETS = [["a", "c"], [], ["b"], ["a", "b", "c"]]

SPARSE = [
    getattr(sp, f"{fmt}_{kind}")
    for fmt in ("csr", "csc", "coo", "lil", "dok", "bsr", "dia")
    for kind in ("matrix", "array")
]


@pytest.mark.parametrize(
    "y",
    [
        Y,
        Y.astype(bool),
        Y.astype(float),
        Y.astype(np.uint8),
        Y.astype(object),
        np.asfortranarray(Y),
        Y.repeat(2, axis=1)[:, ::2],
        Y.tolist(),
        [tuple(row) for row in Y.tolist()],
        list(Y),
        pd.DataFrame(Y, columns=["a", "b", "c"]),
        pd.DataFrame(Y.astype(bool), columns=["a", "b", "c"], index=[3, 3, 1, 0]),
        pd.DataFrame(Y, columns=["a", "b", "c"]).astype("Int64"),
        SETS,
        [set(row) for row in SETS],
        tuple(frozenset(row) for row in SETS),
        pd.Series(SETS),
        np.array([*SETS, None], dtype=object)[:-1],
        *(form(Y) for form in SPARSE),
    ],
    ids=lambda y: type(y).__name__,
)
def test_all_forms_give_the_same_indicator(y):
    found = read_labels(y)
    indicator = found.indicator.toarray() if sp.issparse(found.indicator) else found.indicator
    assert indicator.dtype == np.int8
    np.testing.assert_array_equal(indicator, Y)
    if found.named:
        assert found.label_names == ["a", "b", "c"]
    else:
        assert found.label_names == ["0", "1", "2"]


def test_sparse_input_stays_sparse_and_untouched():
    y = sp.csr_matrix(Y)
    y.data[0] = 0  # an explicit zero
    before = y.data.copy()
    found = read_labels(y)
    assert found.indicator.format == "csc"
    assert found.indicator.nnz == Y.sum() - 1
    np.testing.assert_array_equal(y.data, before)


def test_a_binary_y_keeps_its_two_classes():
    found = read_labels(np.array(["spam", "ham", "spam"]))
    assert found.form == "binary"
    assert found.codes.tolist() == [["ham", "spam"]]
    assert found.indicator.ravel().tolist() == [1, 0, 1]
    assert found.label_names == ["spam"]


@pytest.mark.parametrize("codes", [(0, 1), (-1, 1), (2, 7), ("no", "yes"), (False, True)])
def test_a_single_column_may_hold_any_two_codes(codes):
    y = np.array([codes[1], codes[0], codes[1]])[:, None]
    found = read_labels(y)
    assert found.form == "column"
    assert found.codes.tolist() == [list(codes)]
    assert found.indicator.tolist() == [[1], [0], [1]]


@pytest.mark.parametrize("value", [0, 1])
def test_a_constant_0_or_1_is_a_binary_y_that_lacks_a_class(value):
    found = read_labels([value] * 3)
    assert found.codes.tolist() == [[0, 1]]
    assert found.indicator.ravel().tolist() == [value] * 3


REFUSED = [
    (None, r"requires y to be passed, but the target y is None"),
    ("ab", r"y is a str, which has no rows in order"),
    ({"a", "b"}, r"y is a set"),
    ({0: ["a"]}, r"y is a dict"),
    (3, r"y has 0 dimensions"),
    ([], r"y is empty: found 0 rows"),
    (np.zeros((0, 3)), r"y is empty"),
    (np.zeros((3, 0)), r"y has shape \(3, 0\): no column"),
    (np.zeros((2, 2, 2)), r"y has 3 dimensions and shape \(2, 2, 2\)"),
    ([[["a"]], [["b"]]], r"y\[0\] holds a list: y has three or more dimensions"),
    ([0, 1, 2], r"Only binary classification is supported\. The type of the target is multiclass"),
    (["a", "b", "c"], r"holds 3 classes, 'a', 'b', 'c'"),
    ([[0], [1], [2]], r"y of one column holds 3 classes"),
    ([0.5, 1.25], r"Unknown label type: continuous"),
    (["a", "a"], r"y holds the single class 'a'; two classes are needed"),
    (["a", 1], r"y mixes types: y\[0\] is 'a' and y\[1\] is 1"),
    (np.array(["a", 1], dtype=object), r"y mixes types"),
    ([0.0, float("nan")], r"Input y contains NaN: found nan in row 1"),
    ([0.0, float("inf")], r"Input y contains infinity or a value too large for dtype\('float64'\)"),
    (np.array([[0, 1], [np.nan, 0]]), r"found nan in row 1, column 0.*given \(1\) or not \(0\)"),
    (np.array([[0, 1], [None, 0]], dtype=object), r"found None in row 1, column 0"),
    (pd.DataFrame({"x": [0, 1], "z": [1, None]}), r"found nan in row 1, column 'z'"),
    (
        pd.DataFrame({"x": [0, 1], "z": [1, None]}, dtype="Int64"),
        r"Input y contains NaN: found <NA> in row 1, column 'z'",
    ),
    (pd.DataFrame({"x": [0, 1], "z": [1, 3]}), r"row 1, column 'z' holds 3"),
    (pd.DataFrame(Y, columns=["a", "b", "a"]), r"more than one column 'a'"),
    (pd.DataFrame({"x": [1, 0], "z": [0, "yes"]}), r"row 1, column 'z' holds 'yes'"),
    (np.array([[0, 1], [2, 0]]), r"must hold 0 and 1 only, but row 1, column 0 holds 2"),
    (np.array([["a", "b"], ["b", "a"]]), r"row 0, column 0 holds 'a'"),
    (np.array([["0", "1"], ["1", "0"]]), r"row 0, column 0 holds '0'"),
    ([[0, 3], [1, 2]], r"row 0, column 1 holds 3.*If these are label indices"),
    ([[0, 3], [1]], r"y\[1\] is \[1\]: rows of numbers of different length \(1 to 2\)"),
    ([{1, 2}, {3, 4}], r"sets of numbers, look like label indices"),
    ([["a", 1]], r"y\[0\] holds 1 of type int; label names must be str"),
    ([["a"], None], r"y\[1\] is None, while other rows are sets of labels"),
    ([["a"], "b"], r"y\[1\] is 'b', while other rows"),
    ([["a", ""]], r"y\[0\] holds an empty label name"),
    ([[], []], r"y holds 2 rows, none of which has a label"),
    (
        sp.coo_matrix((np.ones(256), (np.zeros(256, int), np.ones(256, int))), shape=(2, 2)),
        r"stores a 1 twice in one place",
    ),
    (pd.DataFrame({"x": ["0", "1"], "z": ["1", "0"]}), r"row 0, column 'x' holds '0'"),
    (np.array([[0, 1j], [1, 0]]), r"row 0, column 0 holds 0j"),
    (np.ma.array([[0, 1], [1, 0]], mask=[[1, 0], [0, 0]]), r"masked array.*y\.filled\(0\)"),
    ([{"a": 1}, {"b": 1}], r"y\[0\] is a dict"),
    (sp.csr_matrix([[0, 2]]), r"sparse and must hold 0 and 1 only, but row 0, column 1 holds 2"),
    (sp.csr_matrix([[0.0, np.nan]]), r"row 0, column 1 holds nan"),
    (sp.csr_matrix((2, 0)), r"y is a sparse matrix of shape \(2, 0\)"),
    (
        sp.coo_matrix(([1, 1], ([0, 0], [1, 1])), shape=(2, 2)),
        r"stores a 1 twice in one place\. .*y\.data\[:\] = 1",
    ),
]


@pytest.mark.parametrize(("y", "message"), REFUSED, ids=[str(i) for i in range(len(REFUSED))])
def test_other_forms_are_refused(y, message):
    with pytest.raises(LabelError, match=f"(?s){message}"):
        read_labels(y)


def test_label_names_are_plain_str():
    names = read_labels([[np.str_("b")], ["a"]]).label_names
    assert names == ["a", "b"]
    assert set(map(type, names)) == {str}


def test_a_column_of_names_may_be_scored_with_lists():
    space, _ = LabelSpace.learn(np.array([["yes"], ["no"]]))
    assert space.encode([["no"], ["yes"]]).tolist() == [[0], [1]]


def test_known_codes_are_kept_and_others_refused():
    space, _ = LabelSpace.learn(["no", "yes"])
    assert space.encode(["yes", "yes"]).tolist() == [[1], [1]]
    with pytest.raises(LabelError, match=r"y\[1\] is 'maybe', but the two classes are 'no' and"):
        space.encode(["yes", "maybe"])


@pytest.mark.parametrize("form", [sp.csr_matrix, sp.csc_matrix, sp.csr_array, sp.coo_matrix])
def test_a_sparse_column_is_a_plain_binary_problem(form, four_labels):
    """MultiOutputClassifier cuts a sparse y into such columns."""
    X, y = four_labels
    for tagger in (MultilabelLogisticRegression(), FixedThresholdTagger(KNeighborsClassifier())):
        dense = MultiOutputClassifier(tagger).fit(X, y)
        sparse = MultiOutputClassifier(tagger).fit(X, form(y))
        assert sparse.predict(X[:2]).shape == (2, 4)
        np.testing.assert_array_equal(sparse.predict(X), dense.predict(X))
        for ours, theirs in zip(sparse.predict_proba(X), dense.predict_proba(X), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert get_scorer("roc_auc_macro")(sparse, X, form(y)) == get_scorer("roc_auc_macro")(
            dense, X, y
        )
        column = form(y[:, [0]])
        one = clone(tagger).fit(X, column)
        assert one.predict(X).shape == (len(X),)
        assert one.score(X, column) == np.mean(one.predict(X) == y[:, 0])
        for name in ("f1_macro", "roc_auc_macro", "neg_log_loss"):
            assert get_scorer(name)(one, X, column) == get_scorer(name)(one, X, y[:, 0])


def test_a_sparse_column_of_zeros_or_of_other_values():
    found = read_labels(sp.csr_array((3, 1)))
    assert found.form == "binary"
    assert found.indicator.ravel().tolist() == [0, 0, 0]
    with pytest.raises(LabelError, match="y is sparse and must hold 0 and 1 only"):
        read_labels(sp.csr_array([[2], [0]]))
