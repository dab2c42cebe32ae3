"""Tests of how data files are opened: paths, open files, and inputs without an end."""

import gzip
import io
import os
import socket
from functools import partial
from pathlib import Path

import pytest
from datasets_files import FORMATS, assert_small_file, raises_at, small_file_in, writer_in

from skmultitext.datasets import read_jsonl, read_text_and_onehot
from skmultitext.exceptions import DataFileError


@pytest.fixture(params=FORMATS)
def small_file(request, tmp_path):
    return small_file_in(tmp_path, request.param)


class PlainFile:
    """A file object that can do nothing but read, a few bytes at a time."""

    def __init__(self, content):
        self.read_bytes = io.BytesIO(content).read

    def read(self, size):
        return self.read_bytes(min(size, 7))


class TestOpenFiles:
    @pytest.mark.parametrize("unpacked", [True, False])
    def test_binary(self, small_file, unpacked):
        kind, content, write_content, reader = small_file
        path = write_content(content, "" if unpacked else ".gz")
        with open(path, "rb") as file:
            assert_small_file(kind, reader(file))
            assert not file.closed
            assert file.read() == b""
        with open(path, "rb", buffering=0) as file:
            assert_small_file(kind, reader(file))
            assert not file.closed

    def test_what_only_reads(self, small_file):
        kind, content, _, reader = small_file
        assert_small_file(kind, reader(PlainFile(content.encode("utf-8-sig"))))
        assert_small_file(kind, reader(PlainFile(gzip.compress(content.encode()))))

    @pytest.mark.parametrize("newline", [None, "", "\n"])
    def test_text(self, small_file, newline):
        kind, content, write_content, reader = small_file
        path = write_content(content.replace("\n", "\r\n"))
        with open(path, encoding="utf-8-sig", newline=newline) as file:
            assert_small_file(kind, reader(file))
            assert not file.closed

    def test_text_in_memory(self, small_file):
        kind, content, _, reader = small_file
        assert_small_file(kind, reader(io.StringIO("\ufeff" + content)))

    def test_a_file_is_read_from_where_it_stands(self):
        file = io.BytesIO(b'no row\n{"text": "one", "labels": []}\n')
        file.readline()
        assert read_jsonl(file).data == ["one"]

    def test_both_files_of_one_reader(self):
        bunch = read_text_and_onehot(
            io.StringIO("one\n"), io.BytesIO(b"1 0\n"), label_names=io.StringIO("b\na\n")
        )
        assert bunch.label_sets == [("b",)]

    def test_name_in_messages(self, tmp_path):
        path = writer_in(tmp_path)("t.jsonl", "nothing\n")
        with open(path, "rb") as file, raises_at(path, 1, "not valid JSON"):
            read_jsonl(file)
        with pytest.raises(DataFileError, match=r"^<open file>:1: not valid JSON"):
            read_jsonl(io.StringIO("nothing\n"))

    def test_no_file(self):
        with pytest.raises(ValueError, match=r"^a file must be a path or an open file, got int"):
            read_jsonl(3)
        with pytest.raises(ValueError, match=r"1000001 characters .*pass io\.StringIO\(content\)"):
            read_jsonl('{"text": ""}\n' + "x" * 999_988)


class TestPaths:
    def test_kinds_of_paths(self, tmp_path):
        path = writer_in(tmp_path)("t.jsonl", '{"text": "one", "labels": []}\n')
        for same in (path, str(path), os.fsencode(path)):
            bunch = read_jsonl(same)
            assert bunch.data == ["one"]
            assert bunch.filename == str(path)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
    def test_a_pipe_without_a_writer_is_refused_and_not_waited_for(self, tmp_path):
        path = tmp_path / "pipe"
        os.mkfifo(path)
        with raises_at(path, 1, "a named pipe, which may never end; open it yourself"):
            read_jsonl(path)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
    def test_a_pipe_may_be_passed_open(self):
        reading, writing = os.pipe()
        os.write(writing, b'{"text": "one", "labels": []}\n')
        os.close(writing)
        with open(reading, "rb") as file:
            assert read_jsonl(file).data == ["one"]

    @pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
    def test_devices(self, small_file):
        reader = small_file[3]
        with raises_at("/dev/zero", 1, "a character device, which may never end"):
            reader("/dev/zero")
        with open("/dev/zero", "rb") as file, raises_at("/dev/zero", 1, "longer than max_line"):
            partial(reader, on_bad_row="skip")(file, max_line_bytes=10_000)

    @pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no such sockets")
    def test_sockets_and_directories(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)  # the name of a socket must be short
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket")
            with pytest.raises(OSError, match="socket"):
                read_jsonl("socket")
        with pytest.raises(OSError, match=r"directory|denied"):
            read_jsonl(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-9", "zip", "base64", None, 3, ""])
def test_no_encoding(encoding):
    with pytest.raises(ValueError, match=r"^encoding must be a text encoding that .*, got "):
        read_jsonl(io.StringIO("{}"), encoding=encoding)


@pytest.mark.parametrize("most", [0, -1, True, None, 2.5, "9"])
def test_no_most_bytes(small_file, most):
    _, content, write_content, reader = small_file
    with pytest.raises(ValueError, match=r"^max_line_bytes is .*; pass an int of at least 1"):
        reader(write_content(content), max_line_bytes=most)
