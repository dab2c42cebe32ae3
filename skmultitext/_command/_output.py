"""Output: new files that are whole or absent, notes on the standard error, colours."""

import io
import os
import secrets
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

__all__ = [
    "add_force",
    "add_output_arguments",
    "check_new",
    "coloured",
    "new_file",
    "note",
    "without_native_log",
]

_STDERR = 2
_COLOURS = {"red": "31", "green": "32", "bold": "1"}


def note(text: str) -> None:
    """Print a line about what happens; results alone are on the standard output."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def without_native_log() -> Iterator[None]:
    """Discard what compiled code writes to the standard error, as TensorFlow does when it starts.

    Its first lines obey no setting. What Python writes is kept.
    """
    stream = sys.stderr
    try:
        is_own = stream.fileno() == _STDERR
    except (AttributeError, OSError, ValueError):
        is_own = False
    if not is_own:  # captured, by a test for example
        yield
        return
    kept = os.dup(_STDERR)
    nothing = os.open(os.devnull, os.O_WRONLY)
    # not closed at the end: handlers of logging may hold it
    raw = io.BufferedWriter(io.FileIO(kept, "w", closefd=False))
    own = io.TextIOWrapper(raw, stream.encoding, "backslashreplace", line_buffering=True)
    try:
        os.dup2(nothing, _STDERR)
        sys.stderr = own
        yield
    finally:
        own.flush()
        sys.stderr = stream
        os.dup2(kept, _STDERR)
        os.close(nothing)


def coloured(text: str, colour: str, stream: TextIO) -> str:
    """Colour a text on a terminal only; the variable NO_COLOR turns this off."""
    if not stream.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{_COLOURS[colour]}m{text}\033[0m"


def add_output_arguments(parser: ArgumentParser, what: str, *, required: bool = False) -> None:
    """Add -o and --force."""
    parser.add_argument("-o", "--output", metavar="PATH", required=required, help=what)
    add_force(parser, "overwrite what -o names")


def add_force(parser: ArgumentParser, what: str) -> None:
    """Add --force."""
    parser.add_argument("--force", action="store_true", help=what)


def check_new(path: str | os.PathLike[str], force: bool) -> None:
    """Refuse to overwrite a file, and a folder that does not exist, before any work is done."""
    place = Path(path)
    if not force and (place.exists() or place.is_symlink()) and not _is_stream(place):
        raise FileExistsError(f"{place} exists; pass --force to overwrite it, or another path")
    if not place.parent.is_dir():
        raise FileNotFoundError(f"{place.parent} is not a folder; make it, or pass another path")


@contextmanager
def new_file(path: str | os.PathLike[str], force: bool) -> Iterator[Path]:
    """Yield the path to write to; the file is at `path` only if the block ends without an error."""
    check_new(path, force)
    place = Path(path)
    if _is_stream(place):
        yield place
        return
    part = place.with_name(f".{secrets.token_hex(4)}.{place.name}")
    try:
        yield part
        check_new(path, force)
        os.replace(part, place)
    finally:
        part.unlink(missing_ok=True)


def _is_stream(place: Path) -> bool:
    """Whether a path is a device or a pipe, such as /dev/null, which holds nothing to lose."""
    return place.exists() and not place.is_file() and not place.is_dir()
