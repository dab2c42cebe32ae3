"""Tests of the Bunch that the readers of `skmultitext.datasets` return."""

import numpy as np
import pytest
from datasets_files import FORMATS, assert_small_file, raises_at, small_file_in, writer_in

from skmultitext.datasets import read_indicator_csv
from skmultitext.datasets._bunch import label_sets_of, numbered_label_names


@pytest.fixture
def write(tmp_path):
    return writer_in(tmp_path)


@pytest.fixture(params=FORMATS)
def small_file(request, tmp_path):
    return small_file_in(tmp_path, request.param)


class TestEveryFormat:
    def test_plain(self, small_file):
        kind, content, write_content, reader = small_file
        path = write_content(content)
        bunch = reader(path)
        assert_small_file(kind, bunch)
        assert bunch.filename == str(path)

    def test_empty_file(self, small_file):
        kind, _, write_content, reader = small_file
        path = write_content("")
        expected = {
            "indicator": "the file is empty; its first row must name the columns",
            "label_column": "the file is empty; its first row must name the columns",
            "onehot": r"t.txt has 0 lines but .*onehot.txt has 3",
        }.get(kind, "the file has no rows")
        with raises_at(path, 1, expected):
            reader(path)

    def test_all_rows_skipped(self, small_file):
        kind, _, write_content, reader = small_file
        bad = {"indicator": "id,text,a\n1\n", "label_column": "id,text,labels\n1\n"}.get(
            kind, "__label__\n"
        )
        path = write_content(bad if kind != "onehot" else b"\xff\n\xff\n\xff\n")
        with raises_at(path, 1, "no row could be read; the first problem is .*:[12]: "):
            reader(path, on_bad_row="skip")


def test_no_row_left_tells_the_unlabelled_from_the_unreadable(write):
    path = write("t.csv", "text,a\none,-1\ntwo,5\nthree,-1\n")
    message = r"no row is left \(2 labelled -1, 1 not readable\); the first problem is .*:3: "
    with raises_at(path, 1, message):
        read_indicator_csv(path, on_bad_row="skip")


def test_label_sets_of():
    target = np.array([[0, 0, 0], [1, 0, 1], [0, 0, 0], [0, 1, 0], [0, 0, 0]])
    assert label_sets_of(target, ["c", "b", "a"]) == [(), ("c", "a"), (), ("b",), ()]
    assert label_sets_of(np.zeros((2, 3), dtype=np.int64), ["c", "b", "a"]) == [(), ()]


@pytest.mark.parametrize(
    ("n_labels", "first", "last"),
    [(1, "label_0", "label_0"), (10, "label_0", "label_9"), (11, "label_00", "label_10")],
)
def test_numbered_label_names_sort_by_their_number(n_labels, first, last):
    names = numbered_label_names(n_labels)
    assert names == sorted(names)
    assert (len(names), names[0], names[-1]) == (n_labels, first, last)
