"""Sets of label names, and names that several labels share in one str."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext import TfidfLogRegTagger, metrics
from skmultitext._gate import label_forms
from skmultitext._gate.label_forms import (
    _joins_another,
    _split_hint,
    are_label_sets,
    joined_names,
    read_label_sets,
    read_labels,
    warn_of_text_order,
)
from skmultitext._gate.labels import LabelSpace
from skmultitext.exceptions import AbsentLabelWarning, LabelError
from skmultitext.report import multilabel_report


def test_known_names_come_first_and_the_others_sorted():
    indicator, names = read_label_sets([["b"], {"a", "c"}, ()], ["c"])
    assert names == ["c", "a", "b"]
    assert indicator.tolist() == [[0, 0, 1], [1, 1, 0], [0, 0, 0]]
    assert indicator.dtype == np.int8
    assert read_label_sets([])[1] == []


def test_many_label_sets_of_many_labels_make_a_sparse_indicator():
    n_labels, n_rows = 70_000, 1000
    names = [f"label {j:05}" for j in range(n_labels)]
    rng = np.random.default_rng(0)
    columns = rng.integers(n_labels, size=(n_rows, 5))
    columns[:, 4] = columns[:, 0]  # twice in one set
    rows = [[names[j] for j in row] for row in columns.tolist()]
    rows[3] = []
    space = LabelSpace.of(names, form="label_sets")
    tracemalloc.start()
    try:
        indicator = space.encode(rows)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < n_labels * n_rows / 2
    assert isinstance(indicator, sp.csc_array)
    assert indicator.dtype == np.int8
    assert set(indicator.data.tolist()) == {1}
    assert space.label_sets(indicator) == [tuple(sorted(set(row))) for row in rows]


@pytest.mark.parametrize("largest", [0, 2**26])
def test_sparse_and_dense_indicators_of_label_sets_are_alike(largest, monkeypatch):
    monkeypatch.setattr(label_forms, "_LARGEST_DENSE", largest)
    rows = [["b", "a"], [], {"c"}, ("a", "a")]
    space, indicator = LabelSpace.learn(rows)
    dense = indicator.toarray() if sp.issparse(indicator) else indicator
    assert sp.issparse(indicator) == (largest == 0)
    assert dense.tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 1], [1, 0, 0]]
    assert space.form == "label_sets"
    more = space.encode([["new", "c"]] * 2, new_names="append")
    assert more.shape == (2, 4)
    with pytest.raises(LabelError, match="y holds the unknown labels 'new'"):
        space.encode([["new"]])
    with pytest.raises(
        LabelError, match=r"y\[1\] holds the label 'x', which is not in labels: 'a'"
    ):
        LabelSpace.learn([["a"], ["x"]], labels=["a", "b"])
    with pytest.raises(LabelError, match="have no names, only positions"):
        LabelSpace.of(["0", "1"], named=False).encode([["x"]], new_names="append")
    texts, sets = (
        ["late parcel", "refund", "late refund", "ok"] * 3,
        [["b", "a"], [], ["c"], ["a"]] * 3,
    )
    tagger = TfidfLogRegTagger().fit(texts, sets)
    assert tagger.label_names_.tolist() == ["a", "b", "c"]
    assert tagger.predict(texts).shape == (12, 3)
    assert set().union(*tagger.predict_labels(texts)) <= {"a", "b", "c"}
    assert 0 <= tagger.score(texts, sets) <= 1


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["a"], []], True),
        (({"a"}, frozenset()), True),
        ([[], []], True),
        (np.array([["a"], ["b", "c"]], dtype=object), True),
        ([[1, 0], [0, 1]], False),
        (["a", "b"], False),
        ([["a"], "b"], False),
        (np.array([["a"], ["b"]]), False),
        ("ab", False),
        (None, False),
    ],
)
def test_label_sets_are_told_from_other_rows(rows, expected):
    assert are_label_sets(rows) is expected


@pytest.mark.parametrize("mark", [",", ";", "|"])
@pytest.mark.parametrize("blank", ["", " "])
def test_rows_of_one_joined_str_are_refused(mark, blank):
    joined = f"x{mark}{blank}y"
    with pytest.raises(LabelError, match=r"y\[1\] holds the one name .*name\.split\("):
        read_labels([["z"], [joined], []])


def test_the_remedies_for_joined_names_work():
    y = [["x,y"], ["z"]]
    with pytest.raises(LabelError, match=r"y\[0\] holds the one name 'x,y'.*pass an indicator"):
        TfidfLogRegTagger().fit(["late", "refund"], y)
    split = [row[0].split(",") for row in y]
    assert read_labels(split).label_names == ["x", "y", "z"]
    pd = pytest.importorskip("pandas", reason="the remedy is a DataFrame")
    frame = pd.DataFrame({"x,y": [1, 0], "z": [0, 1]})
    assert read_labels(frame).label_names == ["x,y", "z"]


def test_names_with_a_separator_are_believed_beside_others():
    """Categories of shops are called "Cakes, Pies"."""
    y = [["Cakes, Pies", "Bread"], ["Bread"]]
    space, _ = LabelSpace.learn(y)
    assert space.label_names.tolist() == ["Bread", "Cakes, Pies"]
    assert space.encode([["Cakes, Pies"]]).tolist() == [[0, 1]]
    assert read_labels([["a,"], ["|b"], [" ; "]]).label_names == [" ; ", "a,", "|b"]


def test_known_names_that_are_joined_later_are_refused():
    tagger = TfidfLogRegTagger().fit(["late", "refund me"], [["delivery"], ["refund"]])
    with pytest.raises(LabelError, match=r"y\[0\] holds the one name 'delivery, refund'"):
        tagger.score(["late refund"], [["delivery, refund"]])
    assert tagger.score(["late refund"], [["delivery,thanks"]]) == 0.0


def test_a_column_of_joined_names_says_what_stands_in_it():
    y = ["billing,refund", "billing", "refund"]
    with pytest.raises(LabelError, match=r"'billing,refund' looks like several labels joined by"):
        read_labels(y)
    with pytest.raises(LabelError, match=r"y holds two classes\. 'a;b' looks like .*split\(';'\)"):
        read_labels(["a;b", "a", "a"])
    assert read_labels(["yes, please", "no"]).label_names == ["yes, please"]
    assert _split_hint([0, 1, "a b"]) == ""
    assert not _joins_another([0, 1])
    assert joined_names(["a,b", "a,c"], {"a", "b"}) == ["a,b"]


@pytest.mark.parametrize(
    ("item", "remedy"),
    [
        (3, r"Convert every label with str\(\.\.\.\); .* '10' before '2'"),
        (b"a", r"Decode it first"),
        (None, r"Leave it out"),
        (float("nan"), r"Leave it out"),
    ],
)
def test_what_is_no_name_gets_a_remedy_of_its_own(item, remedy):
    with pytest.raises(LabelError, match=rf"label names must be str\. {remedy}"):
        read_labels([["b", item]])


SCORES = {
    metrics.exact_match: 1 / 3,
    metrics.subset_zero_one_loss: 2 / 3,
    metrics.hamming_loss: 2 / 9,
    metrics.binary_accuracy: 7 / 9,
}


@pytest.mark.parametrize("score", SCORES)
def test_two_lists_of_sets_need_no_names(score):
    y_true, y_pred = [["b", "a"], ["c"], []], [["a", "b"], [], ["a"]]
    assert score(y_true, y_pred) == pytest.approx(SCORES[score])
    assert score(y_true, y_pred) == score(y_true, y_pred, label_names=["c", "b", "a"])


@pytest.mark.parametrize(
    "score",
    [metrics.f1_score, metrics.precision_score, metrics.recall_score, metrics.jaccard_score],
)
@pytest.mark.parametrize("average", ["micro", "macro", "weighted", "samples", None])
def test_averages_of_two_lists_of_sets(score, average):
    y_true, y_pred = [{"b", "a"}, {"c"}, set()], [["a", "b"], ["b"], ["c", "a"]]
    with_names = score(y_true, y_pred, average=average, label_names=["a", "b", "c"])
    np.testing.assert_array_equal(score(y_true, y_pred, average=average), with_names)


def test_a_label_that_is_only_predicted_counts():
    assert metrics.f1_score([["a"], []], [["a"], ["z"]], average="micro") == pytest.approx(2 / 3)
    with pytest.warns(AbsentLabelWarning, match="No label has a positive in y_true"):
        assert metrics.f1_score([[], []], [["a"], []], average="micro") == 0.0
    with pytest.raises(LabelError, match=r"none of which has a label"):
        metrics.f1_score([[], []], [[], []])


def test_report_and_comparison_of_sets():
    y_true = [["a"], ["b"], ["a", "b"], []]
    outputs = {"one": [["a"], ["b"], ["b"], []], "two": [["a"], [], ["a", "c"], []]}
    report = multilabel_report(y_true, outputs["one"])
    assert report.label_names == ["a", "b"]
    assert report.exact_match == 0.75
    with pytest.warns(AbsentLabelWarning, match="'c'"):  # "c" counts for both taggers
        compared = metrics.compare_taggers(outputs, y_true, n_bootstrap=20, random_state=0)
    assert "two" in str(compared)


def test_sets_beside_an_indicator_still_need_names():
    with pytest.raises(LabelError, match="label sets, so the order of the columns is unknown"):
        metrics.f1_score([["a"], []], np.array([[1, 0], [0, 1]]))


DIGITS = [["10"], ["2"], ["2", "10"], []]


def test_numbers_as_names_stand_in_the_order_of_text_and_say_so():
    """A MultiLabelBinarizer of [[10], [2], [2, 10], []] has the columns 2, 10."""
    binarized = np.array([[0, 1], [1, 0], [1, 1], [0, 0]])
    texts = ["late parcel", "refund me", "late refund", "hello"]
    tagger = TfidfLogRegTagger().fit(texts, DIGITS)
    assert tagger.label_names_.tolist() == ["10", "2"]
    told = r"the order of the label names, which is that of text: '10', '2'"
    with pytest.warns(UserWarning, match=told):
        assert tagger.score(texts, binarized) < 1
    with pytest.warns(UserWarning, match=told):
        assert metrics.get_scorer("f1_micro")(tagger, texts, binarized) < 1
    assert tagger.score(texts, DIGITS) == 1.0
    assert metrics.get_scorer("f1_micro")(tagger, texts, DIGITS) == 1.0


@pytest.mark.parametrize("names", [["1", "2"], ["02", "10"], ["10", "2a"], ["2", "10"], ["a"]])
def test_other_names_are_no_reason_to_warn(names):
    warn_of_text_order(names)
