"""split_report: numbers against hand-made splits, the table, bad input."""

import dataclasses
import sys

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext.exceptions import LabelError, MissingExtraError
from skmultitext.model_selection import MultilabelStratifiedKFold, split_report

Y = np.array([[1, 0], [1, 0], [1, 1], [1, 0], [0, 0], [0, 0], [0, 0], [0, 1]])
SPLITS = [(np.array([4, 5, 6, 7]), np.array([0, 1, 2, 3])), ([0, 1, 2, 3], [4, 5, 6])]


def test_numbers_of_a_split_made_by_hand():
    report = split_report(Y, SPLITS)
    assert report.label_names.tolist() == ["0", "1"]
    assert report.label_counts.tolist() == [4, 2]
    assert report.label_shares.tolist() == [[1.0, 0.25], [0.0, 0.0]]
    assert report.fold_sizes.tolist() == [4, 3]
    assert report.train_sizes.tolist() == [4, 4]
    # |1 - .5| / .5, |.25 - .25| / .25, |0 - .5| / .5, |0 - .25| / .25
    assert report.mean_relative_label_deviation == pytest.approx((1 + 0 + 1 + 1) / 4)
    assert report.absent_in_test == ((), ("0", "1"))
    assert report.absent_in_train == (("0",), ())


def test_label_distribution_is_the_one_of_the_paper():
    rng = np.random.RandomState(0)
    y = rng.rand(60, 4) < 0.4
    splits = list(MultilabelStratifiedKFold(3).split(y, y))
    expected = 0
    for j in range(4):
        whole = y[:, j].sum() / (~y[:, j]).sum()
        for _, test in splits:
            expected += abs(y[test, j].sum() / (~y[test, j]).sum() - whole) / 12
    assert split_report(y, splits).label_distribution == pytest.approx(expected, rel=1e-12)


def test_fold_of_positives_only_has_infinite_odds():
    assert split_report(Y, SPLITS).label_distribution == np.inf


def test_label_of_every_row_is_even_and_label_of_none_does_not_count():
    y = np.array([[1, 0, 1], [1, 0, 0], [1, 0, 1], [1, 0, 0]])
    report = split_report(y, [([2, 3], [0, 1]), ([0, 1], [2, 3])])
    assert report.mean_relative_label_deviation == 0
    assert report.label_distribution == 0
    assert report.absent_in_test == (("1",), ("1",))
    empty = split_report(np.zeros((4, 2), dtype=int), [([0, 1], [2, 3])])
    assert np.isnan(empty.mean_relative_label_deviation)
    assert np.isnan(empty.label_distribution)


@pytest.mark.parametrize(
    "form",
    [lambda y: sp.csr_matrix(y), lambda y: [["ab"[j] for j in np.flatnonzero(r)] for r in y]],
)
def test_every_form_of_y_gives_the_same_numbers(form):
    expected, found = split_report(Y, SPLITS), split_report(form(Y), SPLITS)
    np.testing.assert_array_equal(found.label_shares, expected.label_shares)
    assert found.mean_relative_label_deviation == expected.mean_relative_label_deviation


N = np.nan
UNKNOWN_Y = [[1, N], [0, 1], [1, 0], [N, N], [0, N], [1, 1], [N, N], [0, N]]


def test_shares_are_among_the_known_entries():
    report = split_report(UNKNOWN_Y, [(range(4), range(4, 8)), (range(4, 7), range(3))])
    assert report.label_counts.tolist() == [3, 2]
    assert report.known_counts.tolist() == [6, 3]
    assert report.known_in_folds.tolist() == [[3, 1], [3, 2]]
    np.testing.assert_allclose(report.label_shares, [[1 / 3, 1], [2 / 3, 1 / 2]])
    deviations = [1 / 3, 1 / 2, 1 / 3, 1 / 4]  # relative to the shares 1 / 2 and 2 / 3
    assert report.mean_relative_label_deviation == pytest.approx(np.mean(deviations))
    assert report.fold_sizes.tolist() == [4, 3]
    sparse = split_report(sp.csr_array(UNKNOWN_Y), [(range(4), range(4, 8))])
    assert sparse.known_in_folds.tolist() == [[3, 1]]


def test_a_fold_where_a_label_is_unknown_is_left_out_of_the_means():
    report = split_report(UNKNOWN_Y, [([0], [1, 2]), ([0], [3, 4, 6])])
    np.testing.assert_array_equal(report.label_shares, [[0.5, 0.5], [0, np.nan]])
    # share in y: 1 / 2 and 2 / 3
    assert report.mean_relative_label_deviation == pytest.approx((0 + 1 / 4 + 1) / 3)
    assert report.label_distribution == pytest.approx((0 + 1 + 1) / 3)
    assert report.absent_in_test == ((), ("0", "1"))
    nothing = split_report(UNKNOWN_Y, [([0], [3, 6])])
    assert np.isnan(nothing.mean_relative_label_deviation)
    assert np.isnan(nothing.label_distribution)


def test_a_complete_y_of_floats_has_the_report_of_integers():
    report, expected = split_report(Y.astype(float), SPLITS), split_report(Y, SPLITS)
    assert report.known_counts.tolist() == [8, 8]
    assert report.known_in_folds.tolist() == [[4, 4], [3, 3]]
    assert str(report) == str(expected)
    assert "known" not in str(report)


def test_text_and_frame_show_what_is_known():
    report = split_report(UNKNOWN_Y, [(range(4), range(4, 8)), (range(4, 7), range(3))])
    assert str(report).splitlines()[2:8] == [
        "label  count    share   fold 0   fold 1",
        "0          3   0.5000   0.3333   0.6667",
        "1          2   0.6667   1.0000   0.5000",
        "shares above are among the known entries of each label; known entries:",
        "label  known    share   fold 0   fold 1",
        "0          6   0.7500   0.7500   1.0000",
    ]
    pytest.importorskip("pandas", reason="needs pandas (extra 'plot')")
    frame = report.to_frame()
    assert frame.columns.tolist()[4:] == ["known", "known in fold 0", "known in fold 1"]
    assert frame.loc["1"].tolist()[4:] == [3, 1, 2]
    assert frame.loc["1", "share"] == pytest.approx(2 / 3)


def test_text_names_everything():
    text = str(split_report([["late"], [], ["late", "refund"], ["late"]], [([0, 1], [2, 3])]))
    assert text.splitlines() == [
        "1 folds of 2 to 2 rows, of 4 rows with 2 labels",
        "mean relative label deviation 0.6667, label distribution (LD) inf",
        "label   count    share   fold 0",
        "late        3   0.7500   1.0000",
        "refund      1   0.2500   0.5000",
        "no positive in train of fold 0: 'refund'",
    ]


def test_text_of_many_labels_is_cut():
    report = split_report(np.eye(60, dtype=int), [(range(30), range(30, 60))])
    assert "and 10 more labels" in str(report)
    assert len(str(report).splitlines()) < 60


def test_frame_is_the_table():
    pytest.importorskip("pandas", reason="needs pandas (extra 'plot')")
    frame = split_report(Y, SPLITS).to_frame()
    assert frame.columns.tolist() == ["count", "share", "fold 0", "fold 1"]
    assert frame.loc["1"].tolist() == [2, 0.25, 0.25, 0.0]
    assert frame.index.name == "label"


def test_frame_without_pandas_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match=r"to_frame\(\) needs the library 'pandas'"):
        split_report(Y, SPLITS).to_frame()


def test_report_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        split_report(Y, SPLITS).fold_sizes = 3


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ([], "splits is empty"),
        (MultilabelStratifiedKFold(2), r"splits is a MultilabelStratifiedKFold; pass an iterable"),
        ([[0, 1, 2]], r"splits\[0\] is not a pair"),
        ([3], r"splits\[0\] is not a pair"),
        ([([0, 1], [])], r"splits\[0\]: test must be a 1-D array of at least one row number"),
        (
            [([0, 1], [2]), ([0], [8])],
            r"splits\[1\]: test holds row numbers from 8 to 8, but y has ",
        ),
        ([([-1, 1], [2])], r"splits\[0\]: train holds row numbers from -1 to 1"),
        (
            [(np.ones(8, bool), [2])],
            r"train must be .* dtype bool. For a mask, pass np.flatnonzero",
        ),
    ],
)
def test_bad_splits_are_refused(splits, message):
    with pytest.raises(ValueError, match=message):
        split_report(Y, splits)


def test_bad_y_is_refused():
    with pytest.raises(LabelError, match="y has 2 columns and must hold 0 and 1 only"):
        split_report([[1, 2], [0, 1]], [([0], [1])])
