"""Tests of `read_fasttext`."""

import pytest
from datasets_files import assert_bunch, raises_at, writer_in

from skmultitext.datasets import read_fasttext
from skmultitext.exceptions import DataFileError, SkippedRowsWarning


@pytest.fixture
def write(tmp_path):
    return writer_in(tmp_path)


class TestFasttext:
    def test_blanks_prefix_and_blank_lines(self, write):
        path = write("t.txt", "\n  #x\t#y  What  a #1 day\n\n")
        with pytest.raises(DataFileError, match=":2: label '#1' comes after the text"):
            read_fasttext(path, label_prefix="#")
        path = write("t.txt", "\n  #x\t#y  What  a C# day \n\n \t\n#x\n")
        bunch = read_fasttext(path, label_prefix="#")
        assert_bunch(bunch, ["What  a C# day ", ""], [("x", "y"), ("x",)], ["x", "y"])

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            ("text __label__a", "label '__label__a' comes after the text; write labels before it"),
            ("__label__ a text", "no label name follows '__label__'"),
        ],
    )
    def test_bad_row(self, write, row, message):
        path = write("t.txt", f"__label__a one\n{row}\n")
        with raises_at(path, 2, message):
            read_fasttext(path)
        with pytest.warns(SkippedRowsWarning, match="skipped 1 row"):
            assert read_fasttext(path, on_bad_row="skip").data == ["one"]

    @pytest.mark.parametrize("prefix", ["", "a b", None])
    def test_bad_prefix(self, write, prefix):
        with pytest.raises(ValueError, match="label_prefix must be a str of at least one"):
            read_fasttext(write("t.txt", "x\n"), label_prefix=prefix)


def test_labels_without_a_blank_between_them(tmp_path):
    path = writer_in(tmp_path)("t.txt", "__label__a one\n__label__a,__label__b two\n")
    with raises_at(path, 2, "label 'a,__label__b' contains '__label__' again; put a blank between"):
        read_fasttext(path)
    assert read_fasttext(path, label_prefix="_").label_sets[1] == ("_label__a,__label__b",)
    names = ["a", "a,__label__b"]
    assert read_fasttext(path, label_names=names).label_sets == [("a",), (names[1],)]
