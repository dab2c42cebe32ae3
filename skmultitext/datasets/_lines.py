"""Open users' data files: numbered lines, plain or gzip, in any encoding."""

import codecs
import gzip
import io
import os
import stat
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from .._gate.parameters import check_int
from .._runtime.messages import shown
from ..exceptions import DataFileError

__all__ = [
    "MAX_LINE_BYTES",
    "DataSource",
    "LineReader",
    "file_error",
    "first_bytes",
    "name_of",
    "opened",
    "strip_line_end",
    "unlike_utf_8",
]

# a path, or an open file that reads bytes or text
DataSource: TypeAlias = str | bytes | os.PathLike[str] | Any

MAX_LINE_BYTES = 2**26
_PIECE = 2**16
_LONGEST_PATH = 4096
_LONGEST_PROBLEM = 1500
_GZIP = b"\x1f\x8b"  # no UTF-8 text starts with these two bytes
# do not wait for the writer of a named pipe; do not make a terminal our controlling terminal
_FLAGS = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFSOCK: "a socket",
}
# first bytes of files that are not UTF-8 text
_FIRST_BYTES = {
    b"\xff\xfe": "UTF-16; pass encoding='utf-16'",
    b"\xfe\xff": "UTF-16; pass encoding='utf-16'",
    b"PK\x03\x04": "a zip archive or an Excel workbook; save it as text, such as CSV",
}


def file_error(path: str, line: int, problem: str) -> DataFileError:
    """Make the DataFileError for a problem at a 1-based physical line."""
    if len(problem) > _LONGEST_PROBLEM:  # keep the end, which says what to do
        problem = f"{problem[: _LONGEST_PROBLEM - 500]} ... {problem[-500:]}"
    return DataFileError(f"{path}:{line}: {problem}")


def strip_line_end(line: str) -> str:
    r"""Return `line` without the ``\n`` or ``\r\n`` that ends it."""
    return line.removesuffix("\n").removesuffix("\r") if line.endswith("\n") else line


def unlike_utf_8(raw: bytes) -> str | None:
    """Say what a file is whose first bytes are no UTF-8 text; None if they may be."""
    for first, what in _FIRST_BYTES.items():
        if raw.startswith(first):
            return f"the file looks like {what}"
    even, odd = any(raw[:8:2]), any(raw[1:8:2])
    if len(raw) > 3 and even != odd:  # every other byte is 0
        return f"the file looks like UTF-16; pass encoding='utf-16-{'le' if even else 'be'}'"
    return None


def name_of(source: DataSource) -> str:
    """Return the name of a path or an open file in error messages."""
    if isinstance(source, str | bytes | os.PathLike):
        name = os.fsdecode(source)
        if len(name) > _LONGEST_PATH:
            raise ValueError(
                f"the path has {len(name)} characters and begins with {name[:40]!r}; if it is the "
                "content of a file, pass io.StringIO(content)"
            )
        return name
    if not hasattr(source, "read"):
        raise ValueError(f"a file must be a path or an open file, got {type(source).__name__}")
    own_name = getattr(source, "name", None)  # of a descriptor it is an int
    return (
        os.fsdecode(own_name) if own_name and isinstance(own_name, str | bytes) else "<open file>"
    )


class LineReader:
    r"""Iterate over the lines of a file, each a str with its own line end.

    Only ``\n`` ends a line: a text may contain ``\x85`` or ``\u2028``. A byte that cannot be
    decoded does not end the iteration: `take_problem` returns it, so that the caller can skip the
    row. (In UTF-16 and UTF-32 it is an error, because it may hide a line end.) Gzip is recognised
    by its first bytes, not by its name.
    """

    def __init__(
        self, source: DataSource, encoding: str = "utf-8", max_line_bytes: int = MAX_LINE_BYTES
    ) -> None:
        self.path = name_of(source)
        self.encoding = _check_encoding(encoding)
        self.max_line_bytes = check_int("max_line_bytes", max_line_bytes)
        self.number = 0  # of the last yielded line, from 1
        self.exhausted = False
        self._source = source
        self._problem: str | None = None

    def __iter__(self) -> Generator[str, None, None]:
        """Yield every line; the file is closed at the end or with the generator."""
        with opened(self._source) as stream:
            try:
                for raw in self._raw_lines(stream):
                    self.number += 1
                    if len(raw) > self.max_line_bytes:
                        raise self.too_long(self.number, "line")
                    yield raw if isinstance(raw, str) else self._decode(raw)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                problem = f"the gzip data is cut short or damaged ({error}); fetch the file again"
                raise file_error(self.path, self.number + 1, problem) from error
            except UnicodeError as error:
                problem = f"not {self.encoding.upper()} ({error}); pass the encoding of the file"
                raise file_error(self.path, self.number + 1, problem) from error
        self.exhausted = True

    def _raw_lines(self, stream: Any) -> Iterator[str] | Iterator[bytes]:
        """Yield lines, as bytes if they can be split before decoding; truncate long lines."""
        if isinstance(stream.read(0), str):
            return _split_lines(_pieces(stream), self.max_line_bytes)
        if "\n".encode(self.encoding) == b"\n":
            return iter(lambda: stream.readline(self.max_line_bytes + 1), b"")
        return _split_lines(_decoded_pieces(stream, self.encoding), self.max_line_bytes)

    def _decode(self, raw: bytes) -> str:
        if self.number == 1:
            if self.encoding == "utf-8":
                problem = unlike_utf_8(raw)
                if problem is not None:
                    raise file_error(self.path, 1, problem)
            raw = raw.removeprefix(codecs.BOM_UTF8)
        try:
            return raw.decode(self.encoding)
        except UnicodeDecodeError as error:
            self._problem = (
                f"byte 0x{raw[error.start]:02x} at position {error.start + 1} of line "
                f"{self.number} is not {self.encoding.upper()}; save the file as UTF-8, or pass "
                "its encoding, such as encoding='cp1252'"
            )
            return raw.decode(self.encoding, "replace")

    def too_long(self, line: int, what: str) -> DataFileError:
        """Make the error for a line or row of more than `max_line_bytes`."""
        problem = (
            f"the {what} is longer than max_line_bytes={self.max_line_bytes}; check that this is "
            "the right file, or pass a greater max_line_bytes"
        )
        return file_error(self.path, line, problem)

    def take_problem(self) -> str | None:
        """Return the problem of the lines since the last call, or None."""
        problem, self._problem = self._problem, None
        return problem


def first_bytes(source: DataSource, count: int) -> bytes:
    """Return the first bytes of a file, unpacked."""
    with opened(source) as stream:
        return stream.read(count)


@contextmanager
def opened(source: DataSource) -> Iterator[Any]:
    """Open a path, or read an open file from its position and leave it open; unpack gzip."""
    if not hasattr(source, "read"):
        with open(source, "rb", opener=_open_without_waiting) as stream:
            kind = stat.S_IFMT(os.fstat(stream.fileno()).st_mode)
            if kind != stat.S_IFREG:
                raise DataFileError(
                    f"{name_of(source)}:1: {_KINDS.get(kind, 'no regular file')}, which may never "
                    "end; open it yourself and pass the open file if this is what you want"
                )
            yield _unpacked(stream)
    elif isinstance(source.read(0), str):
        yield source
    else:
        yield _unpacked(io.BufferedReader(_Unclosed(source), _PIECE))


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | _FLAGS)


def _unpacked(stream: io.BufferedReader) -> io.BufferedReader | gzip.GzipFile:
    is_gzip = stream.peek(2)[:2] == _GZIP
    return gzip.GzipFile(fileobj=stream) if is_gzip else stream  # unpacks a piece at a time


class _Unclosed(io.RawIOBase):
    """Raw stream over a user's binary file object; closing it leaves the file open."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._source.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


def _check_encoding(encoding: str) -> str:
    """Return the codec's own name of a text encoding."""
    try:
        "".encode(encoding)  # refuses codecs that are not text encodings, such as "zip"
        return codecs.lookup(encoding).name.removesuffix("-sig")
    except (LookupError, TypeError, UnicodeError, ValueError):
        raise ValueError(
            f"encoding must be a text encoding that Python knows, such as 'utf-8', 'utf-16' or "
            f"'cp1252', got {shown(encoding)}"
        ) from None


def _pieces(stream: Any) -> Iterator[str]:
    return iter(lambda: stream.read(_PIECE), "")


def _decoded_pieces(stream: Any, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while raw := stream.read(_PIECE):
            yield decoder.decode(raw)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        yield error.object[: error.start].decode(error.encoding)  # so that its line is known
        raise


def _split_lines(pieces: Iterator[str], longest: int) -> Iterator[str]:
    r"""Yield the lines of a text in pieces; after the start of a line that is too long, stop."""
    begun: list[str] = []
    size, is_first = 0, True
    for piece in pieces:
        if is_first and piece:
            piece, is_first = piece.removeprefix("\ufeff"), False
        *ends, rest = piece.split("\n")
        for end in ends:
            yield "".join([*begun, end, "\n"])
            begun, size = [], 0
        begun.append(rest)
        size += len(rest)
        if size > longest:
            break
    if size:
        yield "".join(begun)
