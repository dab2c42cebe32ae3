"""Tests of `read_text_and_onehot`."""

import numpy as np
import pytest
from datasets_files import LABELS, TEXT, assert_bunch, assert_round_trip, raises_at, writer_in
from hypothesis import given, settings
from hypothesis import strategies as st

from skmultitext.datasets import read_text_and_onehot
from skmultitext.exceptions import DataFileError, SkippedRowsWarning

LINE = TEXT.map(lambda text: text.replace("\n", " ").replace("\r", " ").replace("\ufeff", ""))


@pytest.fixture
def write(tmp_path):
    return writer_in(tmp_path)


class TestTextAndOnehot:
    @pytest.fixture
    def read(self, write):
        def read_contents(texts, onehot, **parameters):
            return read_text_and_onehot(
                write("texts.txt", texts), write("onehot.txt", onehot), **parameters
            )

        return read_contents

    def test_numbered_names_and_empty_documents(self, read):
        bunch = read("one\n\n  three \r\n", "1, 0, 0, 1\r\n0\t0 0,1\n0,0,0,0")
        names = ["label_0", "label_1", "label_2", "label_3"]
        sets = [("label_0", "label_3"), ("label_3",), ()]
        assert_bunch(bunch, ["one", "", "  three "], sets, names)

    def test_no_table_has_so_many_columns(self, read, monkeypatch):
        monkeypatch.setattr("skmultitext.datasets._onehot_lines.MOST_COLUMNS", 3)
        assert len(read("one\n", "1, 0, 1\n").target_names) == 3
        with pytest.raises(DataFileError, match=r"onehot.txt:1: more than 3 values found; check"):
            read("one\n", "1, 0, 1, 0, 1\n")

    def test_booleans_and_floats(self, read):
        bunch = read("one\ntwo\n", "TRUE,false\n0.000e+00 1.\n", label_names=["a", "b"])
        assert bunch.label_sets == [("a",), ("b",)]

    @pytest.mark.parametrize(("n_texts", "n_onehots"), [(3, 2), (2, 5)])
    @pytest.mark.parametrize("on_bad_row", ["raise", "skip"])
    def test_files_of_different_length(self, read, n_texts, n_onehots, on_bad_row):
        line = min(n_texts, n_onehots) + 1
        message = (
            rf"texts.txt:{line}: .*texts.txt has {n_texts} lines but "
            rf".*onehot.txt has {n_onehots}; every text needs one row of 0 and 1"
        )
        with pytest.raises(DataFileError, match=message):
            read("x\n" * n_texts, "1,0\n" * n_onehots, on_bad_row=on_bad_row)

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            ("1, 2", "'2' is not 0 or 1; write one 0 or 1 for each label, as in 1, 0, 0, 1"),
            ("0.5 0", "'0.5' is not 0 or 1"),
            ("-1 0", "'-1' is not 0 or 1"),
            ("nan 0", "'nan' is not 0 or 1"),
            ("1", "1 values found, 2 expected, one for each label"),
            ("1,,0", "a value is missing before or after a comma; write one 0 or 1"),
            ("1,", "a value is missing before or after a comma"),
            (" ", "the row is blank; write one 0 or 1 for each label"),
            ("", "the row is blank; write one 0 or 1 for each label"),
        ],
    )
    def test_bad_row(self, read, tmp_path, row, message):
        contents = "one\ntwo\nthree\n", f"1, 0\n{row}\n0, 1\n"
        with raises_at(tmp_path / "onehot.txt", 2, message):
            read(*contents)
        with pytest.warns(SkippedRowsWarning, match="skipped 1 row"):
            assert read(*contents, on_bad_row="skip").data == ["one", "three"]

    def test_unknown_labels(self, read):
        bunch = read("one\ntwo\n", "1, -1, 0\nnan 1 -1.0\n", unlabeled="unknown")
        np.testing.assert_array_equal(bunch.target, [[1, np.nan, 0], [np.nan, 1, np.nan]])
        assert bunch.target.dtype == np.float64
        assert bunch.label_sets == [("label_0",), ("label_1",)]
        with pytest.raises(DataFileError, match="'2' is not 0 or 1; write one"):
            read("one\n", "2, -1\n", unlabeled="unknown")
        with pytest.raises(DataFileError, match="a value is missing before or after"):
            read("one\n", "1,,0\n", unlabeled="unknown")

    def test_the_error_offers_to_read_nan(self, read):
        for cell in ("-1", "nan"):
            with pytest.raises(DataFileError, match=f"'{cell}' is not .* unlabeled='unknown' to r"):
                read("one\n", f"1, {cell}\n")
        with pytest.raises(DataFileError, match=r"as in 1, 0, 0, 1$"):
            read("one\n", "1, 2\n")
        with pytest.raises(ValueError, match="unlabeled is 'drop'; pass one of 'raise', 'unknown'"):
            read("one\n", "1\n", unlabeled="drop")

    def test_names_are_numbered_from_the_first_readable_row(self, read):
        with pytest.warns(SkippedRowsWarning, match="skipped 1 row"):
            bunch = read("one\ntwo\n", "1, x, 0\n1, 0\n", on_bad_row="skip")
        assert bunch.target_names == ["label_0", "label_1"]

    def test_both_lines_damaged_count_as_one_row(self, read):
        with pytest.warns(SkippedRowsWarning, match="skipped 1 row"):
            bunch = read(b"\xff\ntwo\n", b"\xfe\n1\n", on_bad_row="skip")
        assert bunch.data == ["two"]

    def test_label_names_of_other_length(self, read, tmp_path):
        with raises_at(tmp_path / "onehot.txt", 1, "2 values found, 3 expected"):
            read("one\n", "1, 0\n", label_names=["a", "b", "c"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("round_trip")


@settings(deadline=None, max_examples=100)
@given(documents=st.lists(st.tuples(LINE, LABELS), min_size=1))
def test_text_and_onehot_round_trip(folder, documents):
    texts, onehot = folder / "texts.txt", folder / "onehot.txt"
    texts.write_bytes("".join(f"{text}\r\n" for text, _ in documents).encode())
    np.savetxt(onehot, [[n in labels for n in "abc"] for _, labels in documents], "%d", ", ")
    assert_round_trip(read_text_and_onehot(texts, onehot, label_names=list("abc")), documents)
