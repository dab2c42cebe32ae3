"""Put a new model in the place of an old one, so that at any moment one of them is whole there.

A model is written under a hidden name beside its place and then takes the place at once: a file
by `os.replace`, a directory by an exchange of the two names where the system has that (Linux).
Elsewhere the old directory steps aside under a name that `find_model` knows; if the process dies
before the new one is in place, the old one is found there.
"""

import ctypes
import errno
import os
import secrets
import shutil
from contextlib import contextmanager
from pathlib import Path

__all__ = ["find_model", "replacing_directory", "replacing_file", "stamp_of"]

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NOT_HERE = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EXDEV, errno.EPERM)


@contextmanager
def replacing_directory(target, is_model):
    """Give an empty directory that becomes `target` if the block ends without an error.

    Parameters
    ----------
    target : pathlib.Path
        Where it goes; what is there must be nothing, empty, or a model.
    is_model : callable
        Whether a directory, a pathlib.Path, holds a model.

    Yields
    ------
    pathlib.Path
        The directory to write into.

    Raises
    ------
    FileExistsError
        If something else is there.
    """
    if target.exists() and not target.is_dir():
        raise FileExistsError(f"{target} is a file; pass the path of a directory, or one of a .zip")
    if target.is_dir() and any(target.iterdir()) and not is_model(target):
        raise FileExistsError(
            f"{target} is a directory that holds no saved model; it is not overwritten"
        )
    with _sibling(target) as new:
        _step_back(target)
        new.mkdir()
        yield new
        for folder in (*(path for path in new.iterdir() if path.is_dir()), new):
            _flush_directory(folder)
        if not target.exists():
            new.rename(target)
        elif not _exchange(new, target):
            aside = _aside(target)
            target.rename(aside)
            new.rename(target)
            aside.rename(new)  # what is half removed must not be taken for a model
        _flush_directory(target.parent)


@contextmanager
def replacing_file(target):
    """Give a path that becomes `target` if the block ends without an error.

    Parameters
    ----------
    target : pathlib.Path
        Where it goes; a file that is there is replaced.

    Yields
    ------
    file object
        To write into, binary.

    Raises
    ------
    FileExistsError
        If a directory is there.
    """
    if target.is_dir():
        raise FileExistsError(f"{target} is a directory; pass a path that does not end with .zip")
    with _sibling(target) as new:
        with new.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(new, target)
        _flush_directory(target.parent)


def find_model(path):
    """Find a model: at its place, or where a process that died has left it.

    Parameters
    ----------
    path : pathlib.Path
        Its place.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    if path.exists():
        return path
    if _aside(path).exists():
        return _aside(path)
    raise FileNotFoundError(f"There is no saved model at {path}")


def stamp_of(path):
    """Tell the model at a place from another that replaces it.

    Parameters
    ----------
    path : pathlib.Path
        Its place.

    Returns
    -------
    tuple of int or None
        Another one after each replacement; None where there is no model.
    """
    try:
        found = find_model(path).stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, found.st_ctime_ns  # numbers of removed nodes come again


def _aside(target):
    return target.with_name(f".{target.name}.replaced")


def _step_back(target):
    """Undo half a replacement of a process that died."""
    aside = _aside(target)
    if not aside.exists():
        return
    if target.exists():
        shutil.rmtree(aside)
    else:
        aside.rename(target)


@contextmanager
def _sibling(target):
    """Give a name beside `target`; remove what is left there, and what dead processes left."""
    prefix = f".{target.name}.saving-"
    with _locked(target.parent) as alone:
        if alone:
            for left in target.parent.iterdir():
                if left.name.startswith(prefix):
                    _remove(left)
        new = target.with_name(f"{prefix}{secrets.token_hex(6)}")
        try:
            yield new
        finally:
            _remove(new)


@contextmanager
def _locked(directory):
    """Wait until no other save works in a directory; give False where that cannot be told."""
    try:
        import fcntl
    except ImportError:  # Windows: what a dead process left stays
        yield False
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # ends with the process, however that ends
            alone = True
        except OSError:  # some network file systems
            alone = False
        yield alone
    finally:
        os.close(descriptor)


def _remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _exchange(one, other):
    """Exchange two names at once; False where the system or the file system cannot."""
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


def _flush_directory(path):
    """Bring the names in a directory down to the disk, where the system can."""
    if os.name == "nt":
        return
    descriptor = os.open(Path(path), os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
