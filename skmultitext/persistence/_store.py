"""Where the files of a model lie: a directory or a zip, written and read by checked names."""

import hashlib
import os
import re
import stat
import zipfile

from ..exceptions import ModelFileError

__all__ = ["DirectoryReader", "DirectoryWriter", "ZipReader", "ZipWriter", "check_name"]

_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}"
_NAME = re.compile(rf"{_PART}(?:/{_PART})?")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_DATE = (1980, 1, 1, 0, 0, 0)  # the same model makes the same zip
_CHUNK = 1 << 24


def check_name(name):
    """Refuse a name of a file that could lie outside the model, or mean a device.

    Parameters
    ----------
    name : object
        ``file`` or ``folder/file``, of ASCII letters, digits and ``._-``.

    Returns
    -------
    str
        The name.

    Raises
    ------
    ModelFileError
        If it is anything else.
    """
    legal = isinstance(name, str) and _NAME.fullmatch(name) is not None
    if not legal or any(_RESERVED.fullmatch(part) for part in name.split("/")):
        raise ModelFileError(
            f"{str(name)[:100]!r} is no name for a file of a model; names are 'file' or "
            f"'folder/file', of letters, digits, '.', '_' and '-'."
        )
    return name


class _Writer:
    """Writes files and keeps the size and the SHA-256 of each."""

    def __init__(self):
        self.entries = {}

    def write(self, name, content):
        """Write a file of bytes-like content under a name that is not taken."""
        if check_name(name) in self.entries:
            raise ValueError(f"Two files of the model are called {name!r}.")
        content = memoryview(content).cast("B")
        self.entries[name] = {
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        self._write(name, content)


class DirectoryWriter(_Writer):
    """Writes into a directory, each file down to the disk.

    Parameters
    ----------
    root : pathlib.Path
        An empty directory.
    """

    def __init__(self, root):
        super().__init__()
        self._root = root

    def _write(self, name, content):
        file = self._root / name
        file.parent.mkdir(exist_ok=True)
        with file.open("xb") as stream:
            for start in range(0, len(content), _CHUNK):
                stream.write(content[start : start + _CHUNK])
            stream.flush()
            os.fsync(stream.fileno())


class ZipWriter(_Writer):
    """Writes into an open zip, without compression: no file claims more than it holds.

    Parameters
    ----------
    archive : zipfile.ZipFile
        Open for writing.
    """

    def __init__(self, archive):
        super().__init__()
        self._archive = archive

    def _write(self, name, content):
        info = zipfile.ZipInfo(name, _DATE)
        info.external_attr = (stat.S_IFREG | 0o644) << 16
        info.file_size = len(content)  # says whether the entry needs 64-bit sizes
        with self._archive.open(info, "w") as stream:
            for start in range(0, len(content), _CHUNK):
                stream.write(content[start : start + _CHUNK])


class _Reader:
    """Reads files whole, once their real size is known."""

    def read(self, name, most):
        """Read a file of at most `most` bytes, an int; return bytes."""
        size = self._size(check_name(name))
        if size > most:
            raise ModelFileError(f"{name} has {size} bytes; at most {most} are read.")
        content = self._read(name, size)
        if len(content) != size:
            raise ModelFileError(f"{name} is cut off: {len(content)} of {size} bytes.")
        return content

    def read_entry(self, name, entry):
        """Read a file and compare it with its entry in the manifest, a dict."""
        size = self._size(check_name(name))
        if size != entry["size"]:
            raise ModelFileError(f"{name} has {size} bytes; the manifest says {entry['size']}.")
        content = self.read(name, size)
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise ModelFileError(f"{name} is damaged: its SHA-256 is not that of the manifest.")
        return content


class DirectoryReader(_Reader):
    """Reads from a directory, and follows no link within it.

    Parameters
    ----------
    root : pathlib.Path
        The directory.
    """

    def __init__(self, root):
        self._root = root

    def _size(self, name):
        parts = name.split("/")
        for depth in range(1, len(parts) + 1):
            path = self._root.joinpath(*parts[:depth])
            wanted = stat.S_ISREG if depth == len(parts) else stat.S_ISDIR
            try:
                found = path.lstat()
            except FileNotFoundError:
                raise ModelFileError(f"{name} is missing in {self._root}.") from None
            if not wanted(found.st_mode):
                kind = "file" if depth == len(parts) else "directory"
                raise ModelFileError(f"{path} is no plain {kind}; links are not followed.")
        return found.st_size

    def _read(self, name, size):
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with open(os.open(self._root / name, flags), "rb") as stream:
            return stream.read(size)


class ZipReader(_Reader):
    """Reads from a zip that `ZipWriter` wrote.

    Parameters
    ----------
    file : file object
        The zip, open for reading.
    size : int
        Its size in bytes.

    Raises
    ------
    ModelFileError
        If it is no zip, or one that `ZipWriter` would not write: with two entries of a name,
        links, compression, encryption, or more content than the file has bytes.
    """

    def __init__(self, file, size):
        try:
            self._archive = zipfile.ZipFile(file)
        except Exception as error:  # a damaged directory: BadZipFile, ValueError, struct.error, ...
            raise ModelFileError(f"This is no zip that can be read: {error}") from error
        self._infos = {}
        for info in self._archive.infolist():
            check_name(info.filename)
            kind = stat.S_IFMT(info.external_attr >> 16)
            if info.filename in self._infos:
                raise ModelFileError(f"{info.filename} stands twice in the zip.")
            if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
                raise ModelFileError(f"{info.filename} is compressed or encrypted; save does not.")
            if kind not in (0, stat.S_IFREG):
                raise ModelFileError(f"{info.filename} is no plain file; links are not followed.")
            self._infos[info.filename] = info
        if sum(info.file_size for info in self._infos.values()) > size:
            raise ModelFileError("The zip claims more content than it has bytes.")

    def _size(self, name):
        if name not in self._infos:
            raise ModelFileError(f"{name} is missing in the zip.")
        return self._infos[name].file_size

    def _read(self, name, size):
        try:
            with self._archive.open(self._infos[name]) as stream:
                return stream.read(size)
        except Exception as error:  # whatever a damaged zip makes zipfile raise
            raise ModelFileError(f"{name} cannot be read from the zip: {error}") from error
