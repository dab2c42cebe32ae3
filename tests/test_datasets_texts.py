"""Texts of files and pipes, in batches."""

import io
import os

import pytest

from skmultitext.datasets._finding import FoundFormat, find_format
from skmultitext.datasets._texts import batches_of_texts
from skmultitext.exceptions import DataFileError, SkippedRowsWarning


def texts(source, format="lines", **options):
    """All texts of a source."""
    batches = batches_of_texts(source, FoundFormat(format, options))
    return [text for batch in batches for text in batch]


def test_lines_are_texts():
    assert texts(io.BytesIO("\ufeffone\r\n\ntwo\x85\nthree".encode())) == [
        "one",
        "",
        "two\x85",
        "three",
    ]
    assert texts(io.BytesIO("a\nb\n".encode("utf-16")), encoding="utf-16") == ["a", "b"]
    assert texts(io.BytesIO(b"")) == []


def test_a_pipe_is_answered_before_its_end():
    reading, writing = os.pipe()
    with open(reading, "rb", buffering=0) as source, open(writing, "wb", buffering=0) as sink:
        sink.write(b"one\ntwo\nthr")
        batches = batches_of_texts(source, FoundFormat("lines"))
        assert next(batches) == ["one", "two"]
        sink.write(b"ee\n")
        assert next(batches) == ["three"]


def test_lines_that_cannot_be_read():
    with pytest.raises(DataFileError, match=r"^<open file>:2: byte 0xff is not UTF-8; pass the"):
        texts(io.BytesIO(b"one\ntw\xffo\n"))
    with pytest.raises(DataFileError, match=r"^<open file>:2: the line is longer than max_line"):
        texts(io.BytesIO(b"one\n" + b"x" * 20), max_line_bytes=10)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", 'id,text\n1,"one\nmore"\n2,two\n'),
        ("a.jsonl", '{"text": "one\\nmore"}\n\n{"text": "two", "labels": 3}\n'),
        ("a.tsv", "one\\nmore\tx,y\t1\n"),
        ("a.txt", "__label__a one\n__label__b two\n"),
    ],
)
def test_formats(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    found = find_format(path, with_labels=False)
    read = [text for batch in batches_of_texts(path, found) for text in batch]
    assert (
        read
        == {
            "a.csv": ["one\nmore", "two"],
            "a.jsonl": ["one\nmore", "two"],
            "a.tsv": ["one\\nmore"],
            "a.txt": ["one", "two"],
        }[name]
    )


def test_bad_rows(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": 3}\n{"text": "two"}\n')
    with pytest.raises(DataFileError, match=r":1: field 'text' must be a string, found int$"):
        texts(path, "jsonl")
    with pytest.warns(SkippedRowsWarning, match=r"skipped 1 row"):
        assert texts(path, "jsonl", on_bad_row="skip") == ["two"]


class Dripping(io.RawIOBase):
    """A pipe that gives a byte at a time."""

    def __init__(self, content):
        self.content = content

    def readable(self):
        """Whether it can be read."""
        return True

    def readinto(self, buffer):
        """Read a byte."""
        n_bytes = min(1, len(buffer))
        piece, self.content = self.content[:n_bytes], self.content[n_bytes:]
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("late\n".encode("utf-16"), "UTF-16; pass encoding='utf-16'"),
        ("late\n".encode("utf-16-le"), "UTF-16; pass encoding='utf-16-le'"),
        ("late\n".encode("utf-16-be"), "UTF-16; pass encoding='utf-16-be'"),
        (b"PK\x03\x04 of Excel", "a zip archive or an Excel workbook; save it as text"),
    ],
)
def test_lines_that_are_no_utf_8(content, what):
    with pytest.raises(DataFileError, match=rf":1: the texts look like {what}"):
        texts(io.BytesIO(content))


def test_a_mark_of_utf_16_in_pieces():
    with pytest.raises(
        DataFileError, match=":1: the texts look like UTF-16; pass encoding='utf-16"
    ):
        texts(Dripping("late\n".encode("utf-16")))


def test_a_mark_of_utf_8_in_pieces():
    assert texts(Dripping("\ufefflate\nb\n".encode())) == ["late", "b"]
