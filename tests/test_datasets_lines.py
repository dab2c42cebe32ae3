"""Tests of the numbered lines that every reader of `skmultitext.datasets` reads."""

import gzip
import io
import json
import re
import tracemalloc

import pytest
from datasets_files import FORMATS, assert_small_file, raises_at, small_file_in, writer_in

from skmultitext.datasets import read_fasttext, read_jsonl, read_text_and_onehot
from skmultitext.datasets._lines import LineReader, file_error
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


WIDE = ["utf-16", "utf-16-le", "utf-16-be", "utf-32"]


class TestEncodings:
    @pytest.mark.parametrize("suffix", ["", ".gz"])
    @pytest.mark.parametrize("encoding", [*WIDE, "utf-8-sig", "UTF8", "cp1252", "gb18030", "cp037"])
    def test_every_format(self, tmp_path, encoding, suffix):
        for kind in FORMATS:
            _, content, write_content, reader = small_file_in(tmp_path, kind)
            parameters = {"encoding": encoding}
            if kind == "onehot":  # both files have it
                rows = writer_in(tmp_path)("rows.txt", "1, 1\n0,0\n0 1\n".encode(encoding))
                parameters["onehot_path"] = rows
            content = content.replace("\n", "\r\n").encode(encoding)
            assert_small_file(kind, reader(write_content(content, suffix), **parameters))

    def test_letters(self, small_file):
        _, content, write_content, reader = small_file
        path = write_content(content.replace("two", "tw\xf6").encode("latin-1"))
        assert reader(path, encoding="latin-1").data == ["one", "tw\xf6", "three"]
        with raises_at(path, 1 + content.split("two")[0].count("\n"), "encoding='cp1252'"):
            reader(path)

    def test_a_file_of_label_names_has_it_too(self, tmp_path):
        write = writer_in(tmp_path)
        path = write("t.txt", "__label__\xf6 one\n".encode("latin-1"))
        names = write("names.txt", "\xe4\n\xf6\n".encode("latin-1"))
        bunch = read_fasttext(path, label_names=names, encoding="latin-1")
        assert bunch.target_names == ["\xe4", "\xf6"]

    @pytest.mark.parametrize(
        ("encoding", "remedy"),
        [
            ("utf-16", "the file looks like UTF-16; pass encoding='utf-16'"),
            ("utf-16-le", "the file looks like UTF-16; pass encoding='utf-16-le'"),
            ("utf-16-be", "the file looks like UTF-16; pass encoding='utf-16-be'"),
        ],
    )
    def test_utf16_is_told(self, small_file, encoding, remedy):
        _, content, write_content, reader = small_file
        path = write_content(content.encode(encoding))
        with raises_at(path, 1, remedy):
            reader(path, on_bad_row="skip")

    def test_a_workbook_is_told(self, small_file):
        _, _, write_content, reader = small_file
        path = write_content(b"PK\x03\x04\x14\0\n\xff\xff")
        with raises_at(path, 1, "a zip archive or an Excel workbook; save it as text"):
            reader(path)

    def test_damaged_utf16(self, tmp_path):
        good = "".join(f'{{"text": "{k}", "labels": []}}\n' for k in range(5)).encode("utf-16")
        path = writer_in(tmp_path)("t.jsonl", good + b"\x00\xd8\n\x00")
        with raises_at(path, 6, "not UTF-16 .*pass the encoding of the file"):
            read_jsonl(path, encoding="utf-16", on_bad_row="skip")
        path = writer_in(tmp_path)("t.jsonl", b'{"text": ""}')
        with raises_at(path, 1, "not UTF-16 .*BOM"):
            read_jsonl(path, encoding="utf-16")

    def test_bytes_outside_of_another_encoding(self, tmp_path):
        path = writer_in(tmp_path)("t.txt", b"__label__a one\n__label__a \x81\n")
        with raises_at(path, 2, "byte 0x81 at position 12 of line 2 is not CP1252"):
            read_fasttext(path, encoding="cp1252")
        with pytest.warns(SkippedRowsWarning, match="skipped 1 row"):
            bunch = read_fasttext(path, encoding="cp1252", on_bad_row="skip")
        assert bunch.data == ["one"]


class TestBounds:
    def test_every_format(self, small_file):
        kind, content, write_content, reader = small_file
        lines = content.split("\n")
        longest = max(map(len, lines)) + 1
        path = write_content(content)
        assert_small_file(kind, reader(path, max_line_bytes=longest))
        line = 1 + next(k for k, text in enumerate(lines) if len(text) + 1 == longest)
        if kind != "onehot":
            with raises_at(path, line, f"the line is longer than max_line_bytes={longest - 1};"):
                reader(path, max_line_bytes=longest - 1, on_bad_row="skip")

    def test_bytes_are_counted_not_letters(self, tmp_path):
        path = writer_in(tmp_path)("t.txt", "\u20ac" * 10)
        assert read_fasttext(path, max_line_bytes=30).data == ["\u20ac" * 10]
        with raises_at(path, 1, "max_line_bytes=29"):
            read_fasttext(path, max_line_bytes=29)

    def test_compressed_zeros(self, tmp_path):
        path = writer_in(tmp_path)("t.jsonl.gz", b"\0" * 2**25)
        assert path.stat().st_size < 2**16
        tracemalloc.start()
        try:
            with raises_at(path, 1, "longer than max_line_bytes=1048576"):
                read_jsonl(path, max_line_bytes=2**20)
            assert tracemalloc.get_traced_memory()[1] < 2**23
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
    def test_endless_text(self, encoding):
        class Endless(io.RawIOBase):
            def read(self, size):
                return ("x" * size).encode(encoding)[:size]

        with pytest.raises(
            DataFileError, match=r"^<open file>:1: the line is longer than max_line"
        ):
            read_fasttext(Endless(), encoding=encoding, max_line_bytes=2**20)

    @pytest.mark.parametrize(
        "content",
        [
            '{{"{0}": 1}}',
            '{{"text": "x", "labels": "{0}"}}',
            '{{"text": "x", "labels": ["{0}", ""]}}',
            '{{"text": "x", "labels": ["{0}"]}}',
            '["{0}"]',
            "{0}",
        ],
    )
    def test_messages_are_short(self, tmp_path, content):
        path = writer_in(tmp_path)("t.jsonl", content.format("x" * 10**6))
        with pytest.raises(DataFileError) as caught:
            read_jsonl(path, label_names=["a"])
        assert len(str(caught.value)) < 2000
        assert len(str(file_error("t", 1, "x" * 10**6 + "; mend it"))) < 2000
        assert str(file_error("t", 1, "x" * 10**6 + "; mend it")).endswith("; mend it")


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

    def test_a_byte_that_is_not_utf8(self):
        with pytest.raises(DataFileError) as caught:
            read_fasttext(io.BytesIO(b"a\nb\xff\nc\n"))
        assert str(caught.value) == (
            "<open file>:2: byte 0xff at position 2 of line 2 is not UTF-8; "
            "save the file as UTF-8, or pass its encoding, such as encoding='cp1252'"
        )


@pytest.mark.parametrize(
    ("line", "content"),
    [("a\n", "a"), ("a\r\n", "a"), ("a\r", "a\r"), ("\n", ""), ("a\r\r\n", "a\r")],
)
def test_the_end_of_a_line_is_no_text(line, content):
    source = io.BytesIO(line.encode())
    assert read_text_and_onehot(source, io.StringIO("1")).data == [content]
