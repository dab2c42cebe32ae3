"""Write and read the files of a model, in a directory or a zip, with checked names."""

import errno
import hashlib
import mmap
import os
import re
import stat
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any

from .._runtime.messages import shown
from ..exceptions import ModelFileError

__all__ = [
    "DirectoryReader",
    "DirectoryWriter",
    "Reader",
    "Writer",
    "ZipReader",
    "ZipWriter",
    "check_name",
    "open_model",
    "open_regular",
]

_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}"
_NAME = re.compile(rf"{_PART}(?:/{_PART})?")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_DATE = (1980, 1, 1, 0, 0, 0)  # a fixed date: saving a model twice gives identical zips
_CHUNK = 1 << 24


def check_name(name: object) -> str:
    """Return a name ``file`` or ``folder/file``; refuse any other name."""
    legal = isinstance(name, str) and _NAME.fullmatch(name) is not None
    if not legal or any(_RESERVED.fullmatch(part) for part in str(name).split("/")):
        raise ModelFileError(
            f"{str(name)[:100]!r} is not a legal name of a file in a model; names are 'file' or "
            f"'folder/file', of letters, digits, '.', '_' and '-'."
        )
    return str(name)


class Writer(ABC):
    """Writes files and keeps the size and the SHA-256 of each in `entries`."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, Any]] = {}

    def write(self, name: str, content: bytes | memoryview) -> None:
        """Write a file under a name that is not used yet."""
        if check_name(name) in self.entries:
            raise ValueError(f"Two files of the model are called {shown(name)}.")
        content = memoryview(content).cast("B")
        self.entries[name] = {
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        self._write(name, content)

    @abstractmethod
    def _write(self, name: str, content: memoryview) -> None: ...


class DirectoryWriter(Writer):
    """Writes into an empty directory, and flushes each file to the disk."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._root = root

    def _write(self, name: str, content: memoryview) -> None:
        file = self._root / name
        file.parent.mkdir(exist_ok=True)
        # the process may die at any byte: a file gets its final name when it is complete
        unfinished = file.with_name(f"{file.name}.unfinished")
        with unfinished.open("xb") as stream:
            for start in range(0, len(content), _CHUNK):
                stream.write(content[start : start + _CHUNK])
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(unfinished, file)


class ZipWriter(Writer):
    """Writes into an open zip without compression, so that no entry expands when it is read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        super().__init__()
        self._archive = archive

    def _write(self, name: str, content: memoryview) -> None:
        info = zipfile.ZipInfo(name, _DATE)
        info.external_attr = (stat.S_IFREG | 0o644) << 16
        info.file_size = len(
            content
        )  # zipfile uses it to decide whether the entry needs 64-bit sizes
        with self._archive.open(info, "w") as stream:
            for start in range(0, len(content), _CHUNK):
                stream.write(content[start : start + _CHUNK])


def open_regular(
    path: str | Path, directory: int | None = None, *, follow: bool = False
) -> IO[bytes]:
    """Open a regular file; refuse a link or fifo, even if it replaces the file at this moment.

    `path` is relative to the open `directory`, if there is one; `follow` allows it to be a link.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    if not follow:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags, dir_fd=directory)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.ENODEV):
            raise ModelFileError(f"{path} is not a regular file; links are not followed.") from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ModelFileError(f"{path} is not a regular file; links are not followed.")
    return os.fdopen(descriptor, "rb")


class Reader(ABC):
    """Reads whole files, after checking their size."""

    def read(self, name: str, most: int) -> bytes:
        """Read a file of at most `most` bytes."""
        with self._opened(check_name(name)) as (stream, size):
            if size > most:
                raise ModelFileError(f"{name} has {size} bytes; at most {most} are read.")
            return _whole(stream, size, name)

    def read_entry(self, name: str, entry: dict[str, Any]) -> bytes:
        """Read a file and compare its size and SHA-256 with its entry in the manifest."""
        with self._opened_entry(name, entry) as (stream, size):
            content = _whole(stream, size, name)
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise ModelFileError(f"{name} is damaged: its SHA-256 does not match the manifest.")
        return content

    def map_entry(self, name: str, entry: dict[str, Any]) -> mmap.mmap:
        """Map a file read-only, after checking its size; nothing of it is read."""
        with self._opened_entry(name, entry) as (stream, size):
            if not size:
                raise ModelFileError(f"{name} is empty.")
            found = mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_READ)
        if hasattr(mmap, "MADV_RANDOM"):  # a search reads a few pages here and there
            found.madvise(mmap.MADV_RANDOM)
        return found

    @contextmanager
    def _opened_entry(self, name: str, entry: dict[str, Any]) -> Iterator[tuple[Any, int]]:
        """Open a file of the size that the manifest says."""
        with self._opened(check_name(name)) as (stream, size):
            if size != entry["size"]:
                raise ModelFileError(f"{name} has {size} bytes; the manifest says {entry['size']}.")
            yield stream, size

    @abstractmethod
    def names(self) -> set[str]:
        """List the names of all files."""

    @abstractmethod
    def _opened(self, name: str) -> AbstractContextManager[tuple[IO[bytes], int]]:
        """Open a file during a block; yield the stream and the size."""


def _whole(stream: IO[bytes], size: int, name: str) -> bytes:
    content = stream.read(size)
    if len(content) != size:
        raise ModelFileError(f"{name} is truncated: {len(content)} of {size} bytes.")
    return content


class DirectoryReader(Reader):
    """Reads from a directory, without following links inside it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> set[str]:
        """List the files, links and empty directories."""
        found = set()
        for path, folders, files in os.walk(self._root):
            links = [name for name in folders if os.path.islink(os.path.join(path, name))]
            if not folders and not files:
                found.add(Path(path).relative_to(self._root).as_posix())
            found.update(
                Path(path, name).relative_to(self._root).as_posix() for name in files + links
            )
        return found

    @contextmanager
    def _opened(self, name: str) -> Iterator[tuple[IO[bytes], int]]:
        self._check_kind(name)
        folder, _, file = name.rpartition("/")
        with self._directory(folder) as descriptor:
            path = self._root / name if descriptor is None else file
            try:
                stream = open_regular(path, descriptor)
            except FileNotFoundError:
                raise ModelFileError(f"{name} is missing in {self._root}.") from None
        with stream:
            yield stream, os.fstat(stream.fileno()).st_size

    def _check_kind(self, name: str) -> None:
        """Refuse anything but a regular file before opening it: devices have side effects."""
        path = os.fspath(self._root)  # str: pathlib would take a tenth of the time of a load
        *folders, file = name.split("/")
        for part, kind in [*((folder, "directory") for folder in folders), (file, "file")]:
            path = os.path.join(path, part)
            try:
                found = os.lstat(path)
            except FileNotFoundError:
                raise ModelFileError(f"{name} is missing in {self._root}.") from None
            if not (stat.S_ISREG if kind == "file" else stat.S_ISDIR)(found.st_mode):
                raise ModelFileError(f"{path} is not a regular {kind}; links are not followed.")

    @contextmanager
    def _directory(self, folder: str) -> Iterator[int | None]:
        """Hold the folder of a file open, so that it cannot be swapped for a link."""
        if not folder or os.open not in os.supports_dir_fd:
            yield None
            return
        try:
            descriptor = os.open(self._root / folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            raise ModelFileError(f"{folder} cannot be read: {error.strerror}.") from None
        try:
            yield descriptor
        finally:
            os.close(descriptor)


class ZipReader(Reader):
    """Reads from a zip of `size` bytes; refuses one that `ZipWriter` would not write."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        try:
            self._archive = zipfile.ZipFile(file)
        except Exception as error:  # of damage: BadZipFile, ValueError, struct.error, ...
            raise ModelFileError(f"This is not a readable zip: {error}") from error
        self._infos: dict[str, zipfile.ZipInfo] = {}
        for info in self._archive.infolist():
            check_name(info.filename)
            kind = stat.S_IFMT(info.external_attr >> 16)
            if info.filename in self._infos:
                raise ModelFileError(f"{info.filename} occurs twice in the zip.")
            if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
                raise ModelFileError(
                    f"{info.filename} is compressed or encrypted; save writes neither."
                )
            if kind not in (0, stat.S_IFREG):
                raise ModelFileError(
                    f"{info.filename} is not a regular file; links are not followed."
                )
            self._infos[info.filename] = info
        if sum(info.file_size for info in self._infos.values()) > size:
            raise ModelFileError("The zip declares more content than it has bytes.")

    def names(self) -> set[str]:
        """List the entries."""
        return set(self._infos)

    @contextmanager
    def _opened(self, name: str) -> Iterator[tuple[IO[bytes], int]]:
        if name not in self._infos:
            raise ModelFileError(f"{name} is missing in the zip.")
        try:
            with self._archive.open(self._infos[name]) as stream:
                yield stream, self._infos[name].file_size
        except ModelFileError:
            raise
        except Exception as error:  # of a damaged zip, zipfile may raise anything
            raise ModelFileError(f"{name} cannot be read from the zip: {error}") from error


@contextmanager
def open_model(path: Path) -> Iterator[Reader]:
    """Open a model, a directory or a zip, for reading."""
    if path.is_dir():
        yield DirectoryReader(path)
        return
    if not path.is_file():
        raise ModelFileError(f"{path} is neither a directory nor a zip file.")
    with open_regular(path, follow=True) as stream:
        yield ZipReader(stream, os.fstat(stream.fileno()).st_size)
