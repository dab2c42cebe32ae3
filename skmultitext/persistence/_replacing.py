"""Replace an old model by a new one; at any moment one of them is complete at the path.

A model is written into a hidden staging directory beside its path and then moved to the path
atomically: a file by `os.replace`, a directory by exchanging the two names, where the system
can (Linux). On other systems, the old directory moves into the staging directory first; if the
process dies before the new one is at the path, `find_model` finds the old one there.

Nothing but a saved model is ever replaced or removed: every file must be one that its manifest
lists. A staging directory contains the file `_MARK`.
"""

import ctypes
import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from .._runtime.messages import listing
from ..exceptions import ModelFileError
from ._manifest import CARD, MANIFEST, MOST_JSON, read_manifest
from ._store import DirectoryReader, Reader, open_model

__all__ = ["check_replaceable", "find_model", "replacing_directory", "replacing_file", "stamp_of"]

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NOT_HERE = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EXDEV, errno.EPERM)
_MARK = "skmultitext-saves-here"


@contextmanager
def replacing_directory(target: Path) -> Iterator[Path]:
    """Yield an empty directory that becomes `target` if the block ends without an error.

    FileExistsError if something other than a saved model or an empty directory is there.
    """
    if target.exists() and not target.is_dir():
        raise FileExistsError(
            f"{target} is a file; pass the path of a directory, or a path that ends with .zip"
        )
    if target.exists() and target.samefile(os.curdir):
        raise FileExistsError(
            f"{target} is the current directory; pass the path of a directory in it"
        )
    with _staging(target) as staging:
        new = staging / "new"
        new.mkdir()
        yield new
        _take_permissions(new, target)
        for folder in (*(path for path in new.iterdir() if path.is_dir()), new):
            _flush_directory(folder)
        if not target.exists():
            new.rename(target)
        elif not _exchange(new, target):
            target.rename(staging / "old")
            new.rename(target)
            (staging / "old").rename(new)  # find_model must no longer find it
        _flush_directory(target.parent)


@contextmanager
def replacing_file(target: Path) -> Iterator[IO[bytes]]:
    """Yield a binary file that becomes `target` if the block ends without an error.

    FileExistsError if something other than a saved model or an empty file is there.
    """
    if target.is_dir():
        raise FileExistsError(f"{target} is a directory; pass a path that does not end with .zip")
    with _staging(target) as staging:
        new = staging / "new"
        with new.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _take_permissions(new, target)
        os.replace(new, target)
        _flush_directory(target.parent)


def find_model(path: Path) -> Path:
    """Find the model of a path: there, or in the staging directory of a process that died."""
    if path.exists():
        return path
    for staging in _staging_directories(path):
        if (staging / "old").is_dir():
            return staging / "old"
    raise FileNotFoundError(f"There is no saved model at {path}")


def stamp_of(path: Path) -> tuple[int, int, int] | None:
    """Identify the model at a path: changes with each replacement, None if there is no model."""
    try:
        found = find_model(path).stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, found.st_ctime_ns  # the system reuses inode numbers


def check_replaceable(target: Path) -> None:
    """Refuse to replace anything but a saved model with exactly the files of its manifest."""
    if not target.exists() or _is_empty(target):
        return
    try:
        with open_model(target) as reader:
            foreign = reader.names() - _listed(reader)
        if target.is_file() and foreign - {CARD}:
            raise ModelFileError(f"manifest.json does not list {listing(sorted(foreign))}")
    except ModelFileError as error:
        raise FileExistsError(
            f"{target} is not a saved model ({error}); it is not overwritten. Pass another path, "
            f"or remove it yourself."
        ) from error
    if foreign:
        raise FileExistsError(
            f"{target} contains files that save did not write, or that were changed since: "
            f"{listing(sorted(foreign))}. It is not overwritten. Move these files elsewhere, or "
            f"pass another path."
        )


def _listed(reader: Reader) -> set[str]:
    """List the files that the manifest of a model lists; ModelFileError if there is none."""
    manifest = read_manifest(reader.read(MANIFEST, MOST_JSON))
    listed = {MANIFEST, *manifest["files"]}
    with suppress(ModelFileError, OSError):
        card = hashlib.sha256(reader.read(CARD, MOST_JSON)).hexdigest()
        if card == manifest.get("card"):  # otherwise the author has edited it
            listed.add(CARD)
    return listed


def _take_permissions(new: Path, old: Path) -> None:
    """Give a new model the modes and the owner of the model that it replaces."""
    if not old.exists():
        return
    _copy_mode(new, old)
    manifest = old / MANIFEST
    for path in new.rglob("*") if new.is_dir() else ():
        same = old / path.relative_to(new)
        if not same.exists():  # the old model has no such file: use its manifest's mode
            same = old if path.is_dir() else manifest
        if same.exists():
            _copy_mode(path, same)


def _copy_mode(new: Path, old: Path) -> None:
    found = old.stat()
    if hasattr(os, "chown"):
        with suppress(PermissionError):  # only root may change the owner
            os.chown(new, found.st_uid, found.st_gid)
    new.chmod(stat.S_IMODE(found.st_mode))


@contextmanager
def _staging(target: Path) -> Iterator[Path]:
    """Yield a private directory beside `target`; remove those of processes that died."""
    with _locked(target.parent) as alone:
        for left in _staging_directories(target) if alone else ():
            if (left / "old").is_dir() and not target.exists():
                (left / "old").rename(target)
            _clear(left)
        check_replaceable(target)
        staging = target.with_name(f".{target.name}.saving-{secrets.token_hex(8)}")
        staging.mkdir(mode=0o700)
        try:
            (staging / _MARK).touch()
            yield staging
        finally:
            _clear(staging)


def _staging_directories(target: Path) -> list[Path]:
    """Find the staging directories of a path, of running saves and of processes that died."""
    name = re.compile(rf"\.{re.escape(target.name)}\.saving-[0-9a-f]{{16}}")
    try:
        beside = sorted(target.parent.iterdir())
    except OSError:  # the parent does not exist or cannot be listed: there are none
        return []
    found = [path for path in beside if name.fullmatch(path.name) and not path.is_symlink()]
    # a process may die before it writes the mark: remove an empty directory
    return [
        path for path in found if (path / _MARK).is_file() or (path.is_dir() and _is_empty(path))
    ]


def _is_empty(path: Path) -> bool:
    if path.is_file():
        return not path.stat().st_size
    return path.is_dir() and not any(path.iterdir())


def _clear(staging: Path) -> None:
    """Remove a staging directory and the files of save; keep it if it contains anything else."""
    with suppress(OSError, ModelFileError):
        for path in (staging / "new", staging / "old"):
            if path.is_dir():
                _remove_model(path)
            else:
                path.unlink(missing_ok=True)
        if {path.name for path in staging.iterdir()} <= {_MARK}:
            (staging / _MARK).unlink(missing_ok=True)
            staging.rmdir()


def _remove_model(path: Path) -> None:
    """Remove a half-written directory, or the files that the manifest of a model lists."""
    if not (path / MANIFEST).exists():  # written last and removed last
        shutil.rmtree(path)
        return
    for name in sorted(_listed(DirectoryReader(path)) - {MANIFEST}):
        (path / name).unlink(missing_ok=True)
    for folder in [folder for folder in path.iterdir() if folder.is_dir() and _is_empty(folder)]:
        folder.rmdir()
    if {left.name for left in path.iterdir()} == {MANIFEST}:
        (path / MANIFEST).unlink()
        path.rmdir()


@contextmanager
def _locked(directory: Path) -> Iterator[bool]:
    """Wait until no other save uses a directory; yield False if the system has no locks."""
    try:
        import fcntl
    except ImportError:  # Windows: the leftovers of a dead process stay
        yield False
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # is released when the process dies, too
            alone = True
        except OSError:  # some network file systems
            alone = False
        yield alone
    finally:
        os.close(descriptor)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names atomically; False if the system or the file system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    names = os.fsencode(one), os.fsencode(other)
    if not rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE):
        return True
    code = ctypes.get_errno()
    if code in _NOT_HERE:
        return False
    raise OSError(code, os.strerror(code), str(other))


def _flush_directory(path: Path) -> None:
    """Flush the names in a directory to the disk, if the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
