"""Tests of what the readers of `skmultitext.datasets` do with rows and label names."""

import gc
import io
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from datasets_files import FORMATS, raises_at, small_file_in, writer_in
from limits import limited

from skmultitext.datasets import (
    read_indicator_csv,
    read_jsonl,
    read_label_column_csv,
    read_text_and_onehot,
)
from skmultitext.exceptions import DataFileError, SkippedRowsWarning


@pytest.fixture
def write(tmp_path):
    return writer_in(tmp_path)


@pytest.fixture(params=FORMATS)
def small_file(request, tmp_path):
    return small_file_in(tmp_path, request.param)


class TestEveryFormat:
    def test_bad_parameter(self, small_file):
        _, content, write_content, reader = small_file
        with pytest.raises(ValueError, match="on_bad_row is 'ignore'; pass one of 'raise', 'skip'"):
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
        with raises_at(names, 3, "label 'a' is already on line 1"):
            reader(path, label_names=names)
        names = write("names.txt", "\n")
        with raises_at(names, 1, "no label name found; write one name per line"):
            reader(path, label_names=names)


def test_very_many_label_names_take_no_quadratic_time():
    names = [f"label {number}" for number in range(50_000)]

    def read():
        return read_jsonl(io.StringIO('{"text": "", "labels": []}'), label_names=iter(names))

    # comparing every pair took 13 s for 30,000
    assert limited(read, seconds=2).target_names == names


def test_one_warning_of_each_kind_counts_its_rows():
    content = "text,a\none,1\ntwo,x\nthree,-1\nfour,y\n"
    with pytest.warns(SkippedRowsWarning) as record:
        bunch = read_indicator_csv(io.StringIO(content), on_bad_row="skip", unlabeled="drop")
    assert bunch.data == ["one"]
    bad, unlabeled = [str(warning.message) for warning in record]
    assert "skipped 2 rows that could not be read; the first is <open file>:3: " in bad
    assert "dropped 1 row labelled -1" in unlabeled


def open_files():
    """Paths of what this process has open."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(os.readlink(descriptor))
    return found


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc, as Linux has it")
@pytest.mark.parametrize(
    ("read", "content"),
    [
        (read_jsonl, b'{"text": 1}\n' * 2),
        (read_jsonl, b"\xff\n" * 2),
        (read_label_column_csv, b'text,labels\n"a",b,c\n' * 2),
        (read_label_column_csv, b'text,labels\n"a"x,b\n' * 2),
    ],
)
def test_an_error_leaves_no_file_open(tmp_path, read, content):
    path = tmp_path / "t"
    path.write_bytes(content)
    gc.disable()  # closing must not wait for a collection
    try:
        with pytest.raises(DataFileError) as caught:
            read(path)
        assert caught.value.__traceback__ is not None
        assert str(path) not in open_files()
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("n_labels", "first", "last"),
    [(1, "label_0", "label_0"), (10, "label_0", "label_9"), (11, "label_00", "label_10")],
)
def test_numbered_label_names_sort_by_their_number(n_labels, first, last):
    onehot = " ".join("0" * n_labels)
    names = read_text_and_onehot(io.StringIO("x"), io.StringIO(onehot)).target_names
    assert names == sorted(names)
    assert (len(names), names[0], names[-1]) == (n_labels, first, last)
