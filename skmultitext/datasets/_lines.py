"""Numbered lines of a UTF-8 file, plain or gzip."""

import gzip
import os
import zlib

from ..exceptions import DataFileError

GZIP_MAGIC = b"\x1f\x8b"  # no UTF-8 text starts with these two bytes
BOM = b"\xef\xbb\xbf"


def file_error(path, line, problem):
    """Return the DataFileError for `problem` at 1-based physical `line` of `path`."""
    return DataFileError(f"{path}:{line}: {problem}")


def strip_line_end(line):
    r"""Return `line` without the ``\n`` or ``\r\n`` that ends it."""
    return line.removesuffix("\n").removesuffix("\r") if line.endswith("\n") else line


class LineReader:
    r"""Iterate over the lines of a file, each str with its own line end.

    Only ``\n`` ends a line: ``\x85`` or ``\u2028`` may stand inside a text. Bytes that are not
    UTF-8 do not stop the iteration, because one bad row may be skipped by the caller: they are
    noted, and `take_problem` hands the note out.

    Parameters
    ----------
    path : str or os.PathLike
        The file. Gzip is recognised by its first bytes, whatever the name.

    Attributes
    ----------
    path : str
        Name of the file, as error messages give it.
    number : int
        1-based number of the line handed out last; 0 before the first.
    exhausted : bool
        Whether the end of the file was reached.
    """

    def __init__(self, path):
        self.path = os.fsdecode(path)
        self.number = 0
        self.exhausted = False
        self._problem = None

    def __iter__(self):
        """Yield every line; the file is closed at the end or with the generator."""
        with open(self.path, "rb") as stream:
            is_gzip = stream.peek(2)[:2] == GZIP_MAGIC
            try:
                for raw in gzip.GzipFile(fileobj=stream) if is_gzip else stream:
                    self.number += 1
                    yield self._decode(raw.removeprefix(BOM) if self.number == 1 else raw)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise file_error(
                    self.path,
                    self.number + 1,
                    f"the gzip data is cut short or damaged ({error}); fetch the file again",
                ) from error
        self.exhausted = True

    def _decode(self, raw):
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            self._problem = (
                f"byte 0x{raw[error.start]:02x} at position {error.start + 1} of line "
                f"{self.number} is not UTF-8; save the file as UTF-8"
            )
            return raw.decode("utf-8", "surrogateescape")

    def take_problem(self):
        """Return what was wrong with the lines since the last call, or None."""
        problem, self._problem = self._problem, None
        return problem
