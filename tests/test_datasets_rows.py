"""Tests of what the readers of `skmultitext.datasets` do with rows and label names."""

import time

import numpy as np
import pytest
from datasets_files import FORMATS, raises_at, small_file_in, writer_in

from skmultitext.datasets._rows import SkippedRows, resolve_label_names
from skmultitext.exceptions import DataFileError


@pytest.fixture
def write(tmp_path):
    return writer_in(tmp_path)


@pytest.fixture(params=FORMATS)
def small_file(request, tmp_path):
    return small_file_in(tmp_path, request.param)


class TestEveryFormat:
    def test_bad_parameter(self, small_file):
        _, content, write_content, reader = small_file
        with pytest.raises(ValueError, match="on_bad_row must be 'raise' or 'skip', got 'ignore'"):
            reader(write_content(content), on_bad_row="ignore")


@pytest.mark.parametrize("kind", ["label_column", "fasttext", "libmultilabel", "jsonl"])
class TestLabelNames:
    @pytest.fixture
    def path_and_reader(self, kind, write):
        name, content, reader = FORMATS[kind]
        return write(name, content), reader

    def test_give_the_columns_and_may_hold_an_absent_label(self, path_and_reader):
        path, reader = path_and_reader
        bunch = reader(path, label_names=np.array(["b", "never", "a"]))
        assert bunch.target_names == ["b", "never", "a"]
        assert all(type(name) is str for name in bunch.target_names)
        assert bunch.label_sets == [("b", "a"), (), ("a",)]
        np.testing.assert_array_equal(bunch.target, [[1, 0, 1], [0, 0, 0], [0, 0, 1]])

    def test_from_a_file(self, path_and_reader, write):
        path, reader = path_and_reader
        names = write("names.txt", "b\r\n\r\na \n")
        assert reader(path, label_names=names).target_names == ["b", "a"]
        assert reader(path, label_names=str(names)).target_names == ["b", "a"]

    def test_row_with_another_label(self, path_and_reader):
        path, reader = path_and_reader
        with pytest.raises(DataFileError, match=r":[12]: label 'b' is not in label_names; add it"):
            reader(path, label_names=["a"])

    @pytest.mark.parametrize(
        ("names", "message"),
        [
            (["a", "b", "a"], r"label_names\[2\] repeats 'a'"),
            (["a", 3], r"label_names\[1\] must be a str, got 3"),
            ([], "label_names is empty; pass at least one name, or None"),
        ],
    )
    def test_bad_names(self, path_and_reader, names, message):
        path, reader = path_and_reader
        with pytest.raises(ValueError, match=message):
            reader(path, label_names=names)

    def test_bad_file_of_names(self, path_and_reader, write):
        path, reader = path_and_reader
        names = write("names.txt", "a\nb\na\n")
        with raises_at(names, 3, "label 'a' stands in line 1 already"):
            reader(path, label_names=names)
        names = write("names.txt", "\n")
        with raises_at(names, 1, "no label name found; write one name a line"):
            reader(path, label_names=names)


def test_very_many_label_names_take_no_quadratic_time():
    names = [f"label {number}" for number in range(50_000)]
    start = time.perf_counter()
    assert resolve_label_names(iter(names)) == names
    assert time.perf_counter() - start < 2  # comparing each with each: 13 s for 30,000


def test_skipped_rows_keeps_the_first_problem_and_counts_all():
    skipped = SkippedRows("skip", "drop")
    skipped.add_bad("t.csv", 3, "odd")
    skipped.add_bad("u.csv", 1, "odder")
    skipped.add_unlabeled("t.csv", 4, "a")
    assert (skipped.n_bad, skipped.n_unlabeled) == (2, 1)
    assert skipped.first_bad == "t.csv:3: odd"
