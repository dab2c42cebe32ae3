"""Arrays as ``.npy`` files without pickle, lists of str as text files with one entry per line."""

import io
import math
import mmap
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from .._gate.types import AnyArray
from ..exceptions import ModelFileError

__all__ = [
    "array_bytes",
    "is_mapped",
    "is_plain",
    "lines_of",
    "mapped_array",
    "parse_array",
    "parse_lines",
]

# bool, int, uint, float, complex, str, bytes: dtypes that a file stores exactly, without pickle
_KINDS = "biufcUS"
_HEADER = re.compile(
    rb"\{'descr': '([<>|][biufcUS]\d{1,9})', 'fortran_order': (True|False), "
    rb"'shape': \(((?:\d{1,18},|\d{1,18}(?:, \d{1,18})+)?)\), \} *\n"
)
_LONGEST_HEADER = 256
_LONGEST_START = 10 + 2**16  # magic, version and a header of version 1.0, which has 2**16 bytes
_ESCAPED = re.compile(r"[\\\n\r\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:\\|n|r|u[0-9a-f]{4})")
_OF_ESCAPE = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}
_TO_ESCAPE = {character: escape for escape, character in _OF_ESCAPE.items()}


def is_plain(dtype: np.dtype) -> bool:
    """Whether arrays of a dtype can be stored without pickle."""
    return dtype.kind in _KINDS and dtype.subdtype is None and dtype.itemsize > 0


def array_bytes(array: AnyArray) -> memoryview:
    """Write an array whose dtype `is_plain` in the format of ``.npy``, version 1.0."""
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
    return file.getbuffer()


def parse_array(content: bytes, name: str) -> AnyArray:
    """Read an untrusted ``.npy`` file; allocates an array no larger than the file."""
    shape, fortran_order, dtype, start = _parse_header(content, name)
    try:
        array = np.empty(shape, dtype, order="F" if fortran_order else "C")
    except (ValueError, OverflowError) as error:
        raise ModelFileError(f"{name} has the shape {shape}: {error}") from error
    if array.size:
        flat = np.frombuffer(content, dtype, offset=start)
        array[...] = flat.reshape(shape, order="F" if fortran_order else "C")
    return array


def mapped_array(content: mmap.mmap, name: str) -> AnyArray:
    """Return the read-only array of an untrusted ``.npy`` file that is mapped."""
    shape, fortran_order, dtype, start = _parse_header(content, name)
    if len(shape) != 1 or fortran_order or start % max(dtype.alignment, 1):
        raise ModelFileError(f"{name} is not an array that save wrote: it cannot be mapped.")
    return np.frombuffer(content, dtype, offset=start) if shape[0] else np.empty(0, dtype)


def is_mapped(array: AnyArray) -> bool:
    """Whether the entries of an array are in a mapped file."""
    base: Any = array
    while isinstance(base, np.ndarray | memoryview):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return isinstance(base, mmap.mmap)


def _parse_header(
    content: bytes | mmap.mmap, name: str
) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """Read shape, order and dtype, and where the entries begin; compare them with the size."""
    file = io.BytesIO(content[:_LONGEST_START])
    try:
        version = np.lib.format.read_magic(file)
        if version != (1, 0):
            raise ValueError(f"its version is {version}")
        shape, fortran_order, dtype = _read_header(file)
    except Exception as error:  # numpy parses the header as Python: it may raise anything
        raise ModelFileError(f"{name} is not an array that save wrote: {error}") from error
    start = file.tell()
    if not is_plain(dtype):
        raise ModelFileError(f"{name} contains {dtype}; only numbers and str are read.")
    declared = math.prod(shape) * dtype.itemsize
    if declared != len(content) - start or min(shape, default=0) < 0:
        raise ModelFileError(
            f"{name} declares {declared} bytes of {dtype} {shape}, but contains "
            f"{len(content) - start}."
        )
    return shape, fortran_order, dtype, start


def _read_header(file: io.BytesIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Read the header after the magic bytes; numpy's own reader parses Python and is slower."""
    start = file.tell()
    match = _HEADER.match(file.getbuffer()[start + 2 : start + 2 + _LONGEST_HEADER])
    if match is None or int.from_bytes(file.read(2), "little") != match.end():
        file.seek(start)
        return np.lib.format.read_array_header_1_0(file)
    descr, fortran_order, sizes = (text.decode("ascii") for text in match.groups())
    file.seek(match.end(), io.SEEK_CUR)
    shape = tuple(map(int, filter(None, sizes.split(","))))
    return shape, fortran_order == "True", np.dtype(descr)


def lines_of(strings: Iterable[str]) -> bytes:
    r"""Write one str a line, as UTF-8; ``\``, line ends and lone surrogates are escaped."""
    return "".join(f"{_ESCAPED.sub(_escape, string)}\n" for string in strings).encode("utf-8")


def parse_lines(content: bytes, name: str) -> list[str]:
    """Read what `lines_of` wrote."""
    try:
        lines = bytes(content).decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise ModelFileError(f"{name} is not UTF-8: {error}") from error
    if lines.pop():
        raise ModelFileError(f"{name} is truncated: its last line has no line end.")
    return [_ESCAPE.sub(_unescape, line) if "\\" in line else line for line in lines]


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _TO_ESCAPE.get(character) or f"\\u{ord(character):04x}"


def _unescape(match: re.Match[str]) -> str:
    escape = match[0]
    return _OF_ESCAPE.get(escape) or chr(int(escape[2:], 16))
