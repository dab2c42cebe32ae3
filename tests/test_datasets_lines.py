"""Tests of the numbered lines that every reader of `skmultitext.datasets` reads."""

import gzip
import json
import re

import pytest
from datasets_files import FORMATS, assert_small_file, raises_at, small_file_in, writer_in

from skmultitext.datasets._lines import LineReader, strip_line_end
from skmultitext.exceptions import DataFileError, SkippedRowsWarning

NASTY = "caf\u00e9 \u2028 a\x85b\x0cc\u2029 \x1cd"  # str.splitlines would cut it five times


@pytest.fixture(params=FORMATS)
def small_file(request, tmp_path):
    return small_file_in(tmp_path, request.param)


class TestEveryFormat:
    @pytest.mark.parametrize("suffix", ["", ".gz"])
    def test_byte_order_mark_windows_line_ends_and_no_last_line_end(self, small_file, suffix):
        kind, content, write_content, reader = small_file
        windows = content.removesuffix("\n").replace("\n", "\r\n").encode("utf-8-sig")
        assert_small_file(kind, reader(write_content(windows, suffix)))

    def test_gzip_is_recognised_without_its_suffix(self, small_file):
        kind, content, write_content, reader = small_file
        assert_small_file(kind, reader(write_content(gzip.compress(content.encode()))))

    def test_truncated_gzip(self, small_file):
        _, content, write_content, reader = small_file
        path = write_content(gzip.compress(content.encode())[:-9])
        message = rf"^{re.escape(str(path))}:\d+: the gzip data is cut short"
        with pytest.raises(DataFileError, match=message):
            reader(path, on_bad_row="skip")

    def test_damaged_gzip(self, small_file):
        _, content, write_content, reader = small_file
        data = bytearray(gzip.compress(content.encode()))
        data[-6] ^= 255  # in the check sum
        with pytest.raises(DataFileError, match=r"cut short or damaged .*fetch the file again"):
            reader(write_content(bytes(data)))

    def test_missing_file(self, small_file, tmp_path):
        with pytest.raises(FileNotFoundError, match="nowhere"):
            small_file[3](tmp_path / "nowhere.csv")

    def test_bytes_that_are_not_utf8(self, small_file):
        _, content, write_content, reader = small_file
        line = 1 + next(n for n, text in enumerate(content.split("\n")) if "two" in text)
        path = write_content(content.replace("two", "tw\u00f6").encode("latin-1"))
        with raises_at(path, line, f"byte 0xf6 at position .* of line {line} is not UTF-8; save"):
            reader(path)
        message = f"skipped 1 row that could not be read; the first is .*:{line}: byte 0xf6"
        with pytest.warns(SkippedRowsWarning, match=message) as record:
            bunch = reader(path, on_bad_row="skip")
        assert len(record) == 1
        assert record[0].filename == __file__
        assert bunch.data == ["one", "three"]
        assert bunch.get("ids") in (None, ["1", "3"])

    def test_separators_other_than_newline_do_not_end_a_row(self, small_file):
        kind, content, write_content, reader = small_file
        # JSON wants two of them escaped
        text = json.dumps(NASTY, ensure_ascii=False)[1:-1] if kind == "jsonl" else NASTY
        bunch = reader(write_content(content.replace("two", text)))
        assert bunch.data == ["one", NASTY, "three"]


class TestLineReader:
    @pytest.fixture
    def lines(self, tmp_path):
        """Make a LineReader of a file with the content given."""
        write = writer_in(tmp_path)
        return lambda content, name="t.txt": LineReader(write(name, content))

    def test_only_the_first_byte_order_mark_is_removed(self, lines):
        assert list(lines("\ufeff\ufeffa\n\ufeffb")) == ["\ufeffa\n", "\ufeffb"]

    def test_numbers_and_end(self, lines):
        reader = lines("a\r\nb\rc\n\nd", "t.txt.gz")
        seen = [(reader.number, line, reader.exhausted) for line in reader]
        assert seen == [
            (1, "a\r\n", False),
            (2, "b\rc\n", False),
            (3, "\n", False),
            (4, "d", False),
        ]
        assert (reader.number, reader.exhausted) == (4, True)

    def test_a_problem_is_handed_out_once(self, lines):
        reader = lines(b"a\nb\xff\nc\n")
        problems = [reader.take_problem() for _ in reader]
        assert problems[0] is problems[2] is None
        assert (
            problems[1] == "byte 0xff at position 2 of line 2 is not UTF-8; save the file as UTF-8"
        )

    def test_path_may_be_bytes(self, lines):
        path = lines("a\n").path
        assert LineReader(path.encode()).path == path


@pytest.mark.parametrize(
    ("line", "content"),
    [("a\n", "a"), ("a\r\n", "a"), ("a\r", "a\r"), ("\n", ""), ("a\r\r\n", "a\r")],
)
def test_strip_line_end(line, content):
    assert strip_line_end(line) == content
