"""Arrays and lists of str as files: ``.npy`` without pickle, text with one entry a line."""

import io
import math
import re

import numpy as np

from ..exceptions import ModelFileError

__all__ = ["array_bytes", "is_plain", "lines_of", "parse_array", "parse_lines"]

# bool, int, uint, float, complex, str, bytes: what a file holds to the last bit, and nothing else
_KINDS = "biufcUS"
_ESCAPED = re.compile(r"[\\\n\r\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(?:\\|n|r|u[0-9a-f]{4})")
_OF_ESCAPE = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}
_TO_ESCAPE = {character: escape for escape, character in _OF_ESCAPE.items()}


def is_plain(dtype):
    """Whether a file can hold arrays of a dtype.

    Parameters
    ----------
    dtype : dtype
        The dtype.

    Returns
    -------
    bool
    """
    return dtype.kind in _KINDS and dtype.subdtype is None and dtype.itemsize > 0


def array_bytes(array):
    """Write an array in the format of ``.npy``, version 1.0.

    Parameters
    ----------
    array : ndarray
        An array whose dtype `is_plain`, of any shape.

    Returns
    -------
    memoryview
        The content of the file.
    """
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
    return file.getbuffer()


def parse_array(content, name):
    """Read an array; nothing is allocated but the array, and that no larger than the file.

    Parameters
    ----------
    content : bytes-like
        The content of a file.
    name : str
        Its name, for errors.

    Returns
    -------
    ndarray
        The array, writable.

    Raises
    ------
    ModelFileError
        If the file is no such array, or says that it is of another size than it has.
    """
    file = io.BytesIO(content)
    try:
        version = np.lib.format.read_magic(file)
        if version != (1, 0):
            raise ValueError(f"its version is {version}")
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
    except Exception as error:  # numpy parses the header as Python and raises whatever that does
        raise ModelFileError(f"{name} is no array that save has written: {error}") from error
    start = file.tell()
    if not is_plain(dtype):
        raise ModelFileError(f"{name} holds {dtype}; only numbers and str are read.")
    claimed = math.prod(shape) * dtype.itemsize
    if claimed != len(content) - start or min(shape, default=0) < 0:
        raise ModelFileError(
            f"{name} says that it holds {claimed} bytes of {dtype} {shape}, but there are "
            f"{len(content) - start}."
        )
    try:
        array = np.empty(shape, dtype, order="F" if fortran_order else "C")
    except (ValueError, OverflowError) as error:
        raise ModelFileError(f"{name} has the shape {shape}: {error}") from error
    if array.size:
        flat = np.frombuffer(content, dtype, offset=start)
        array[...] = flat.reshape(shape, order="F" if fortran_order else "C")
    return array


def lines_of(strings):
    r"""Write str one a line; ``\``, line ends and halves of surrogate pairs are escaped.

    Parameters
    ----------
    strings : iterable of str
        The strings.

    Returns
    -------
    bytes
        UTF-8.
    """
    return "".join(f"{_ESCAPED.sub(_escape, string)}\n" for string in strings).encode("utf-8")


def parse_lines(content, name):
    """Read what `lines_of` wrote.

    Parameters
    ----------
    content : bytes-like
        The content of a file.
    name : str
        Its name, for errors.

    Returns
    -------
    list of str
        The strings.

    Raises
    ------
    ModelFileError
        If the file is not UTF-8 or has no line end at its end.
    """
    try:
        lines = bytes(content).decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise ModelFileError(f"{name} is not UTF-8: {error}") from error
    if lines.pop():
        raise ModelFileError(f"{name} does not end with a line end; it is cut off.")
    return [_ESCAPE.sub(_unescape, line) if "\\" in line else line for line in lines]


def _escape(match):
    character = match[0]
    return _TO_ESCAPE.get(character) or f"\\u{ord(character):04x}"


def _unescape(match):
    escape = match[0]
    return _OF_ESCAPE.get(escape) or chr(int(escape[2:], 16))
