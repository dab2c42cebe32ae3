"""Tests of `read_libmultilabel`."""

import pytest
from datasets_files import assert_bunch, raises_at, writer_in

from skmultitext.datasets import read_libmultilabel
from skmultitext.exceptions import SkippedRowsWarning


@pytest.fixture
def write(tmp_path):
    return writer_in(tmp_path)


class TestLibmultilabel:
    def test_two_columns(self, write):
        path = write("t.txt", 'b a\tsaid "one\n\n\ttwo\n')
        assert_bunch(read_libmultilabel(path), ['said "one', "two"], [("a", "b"), ()], ["a", "b"])

    @pytest.mark.parametrize(
        ("content", "line", "message"),
        [
            ("1\ta\tone\na\ttwo\n", 2, "2 columns found, but line 1 has 3; a row is ID<TAB>"),
            ("a\tone\n\na\ttwo\tx\n", 3, "3 columns found, but line 1 has 2"),
            ("one\na\ttwo\n", 1, "1 columns found; a row is ID<TAB>labels<TAB>text or"),
        ],
    )
    def test_bad_row(self, write, content, line, message):
        path = write("t.txt", content)
        with raises_at(path, line, message):
            read_libmultilabel(path)
        with pytest.warns(SkippedRowsWarning, match="skipped 1 row"):
            assert len(read_libmultilabel(path, on_bad_row="skip").data) == 1
