"""Checkpoints of an unfinished training, which is resumed if parameters and data are equal.

A checkpoint is one file, written atomically and read without pickle.
"""

import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from numbers import Integral
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from sklearn.utils import check_random_state

from .._gate.types import AnyArray, RandomState
from .messages import shown

__all__ = [
    "Checkpoints",
    "starting_generator",
]

_FORMAT = "skmultitext training checkpoint 3"
_FILE = "checkpoint.npz"
GENERATOR_FILE = "random_state.json"

# arrays in lists or by name, by group
Groups: TypeAlias = Mapping[str, Sequence[AnyArray] | Mapping[str, AnyArray]]


class Checkpoints:
    """A directory that keeps the last checkpoint of a training, in ``checkpoint.npz``.

    The file is an ordinary .npz of arrays, readable with ``numpy.load(allow_pickle=False)``; the
    array "state" holds JSON. It is removed when the training ends, so that a file that is
    there belongs to an unfinished training.

    Parameters
    ----------
    directory : str or path
        Created if it does not exist.
    every : int or None, default=None
        Steps between two checkpoints, at least 1; None writes one at the end of each epoch.
    fingerprint : dict, default=None
        What must be equal in a later call for it to continue from this checkpoint, such as
        parameters and data; anything that JSON holds.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     checkpoints = Checkpoints(directory, fingerprint={"batch_size": 32})
    ...     checkpoints.save({"epoch": 1}, {"model": [np.zeros(2)]})
    ...     checkpoints.load()
    ({'epoch': 1}, {'model': [array([0., 0.])]})
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        every: int | None = None,
        fingerprint: Mapping[str, Any] | None = None,
    ) -> None:
        if every is not None and every < 1:
            raise ValueError(f"every is {every}; it must be at least 1 step, or None.")
        self.path = Path(directory).expanduser() / _FILE
        self.every = every
        # JSON turns tuples into lists
        self.fingerprint = json.loads(json.dumps(fingerprint or {}))

    def save(self, state: Mapping[str, Any], groups: Groups) -> None:
        """Write a checkpoint, which replaces the last one.

        Parameters
        ----------
        state : dict
            Counters and records, anything that JSON holds.
        groups : dict of {str: list or dict of ndarray}
            Arrays of any shape, in lists or by name, by group.

        Raises
        ------
        OSError
            If it cannot be written, on a full disk for instance.
        """
        header = {
            "format": _FORMAT,
            "fingerprint": self.fingerprint,
            "groups": {
                name: list(arrays) if isinstance(arrays, Mapping) else len(arrays)
                for name, arrays in groups.items()
            },
            "state": state,
        }
        named = {
            f"{name}/{i}": np.asarray(array)
            for name, arrays in groups.items()
            for i, array in enumerate(arrays.values() if isinstance(arrays, Mapping) else arrays)
        }
        try:
            self._write(header, named)
        except OSError as error:
            raise OSError(
                f"No checkpoint can be written to {self.path.parent}: {error}. Make room there and "
                f"fit again: the training continues from the last complete checkpoint."
            ) from error

    def _write(self, header: dict[str, Any], named: dict[str, Any]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, sibling = tempfile.mkstemp(dir=self.path.parent, prefix=".checkpoint-")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, state=np.array(json.dumps(header)), **named)
                file.flush()
                os.fsync(file.fileno())
            os.replace(sibling, self.path)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(sibling)
            raise

    def load(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Read the checkpoint.

        Returns
        -------
        state : dict
            As it was saved, through JSON.
        groups : dict of {str: list or dict of ndarray of any shape}
            The arrays, of the shape and dtype that they were saved in.

        Raises
        ------
        ValueError
            If the file is damaged, is not a checkpoint, or belongs to another training.
        """
        try:
            with zipfile.ZipFile(self.path) as archive:
                damaged = archive.testzip()
            if damaged is not None:
                raise ValueError(f"its part {shown(damaged)} has a wrong checksum")
            with np.load(self.path, allow_pickle=False) as file:
                header = json.loads(str(file["state"]))
                if header["format"] != _FORMAT:
                    raise ValueError(f"its format is {shown(header['format'])}")
                groups = {
                    name: _read_group(file, name, keys) for name, keys in header["groups"].items()
                }
                state, fingerprint = header["state"], header["fingerprint"]
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise ValueError(self._refusal(error)) from error
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
            raise ValueError(self._refusal(error)) from error
        self._check_fingerprint(fingerprint)
        return state, groups

    def refuse(self, reason: object) -> ValueError:
        """Make the error of a checkpoint that cannot be used.

        Parameters
        ----------
        reason : str
            What is wrong.

        Returns
        -------
        ValueError
        """
        return ValueError(self._refusal(reason))

    def _refusal(self, reason: object) -> str:
        return (
            f"The checkpoint {self.path} cannot be used: {reason}. Delete it to train from the "
            f"start, or pass another directory."
        )

    def _check_fingerprint(self, found: Mapping[str, Any]) -> None:
        ours = self.fingerprint
        for key in sorted(set(found) | set(ours)):
            if found.get(key) != ours.get(key):
                raise self.refuse(
                    f"it belongs to another training, whose {key} is {found.get(key)!r} and not "
                    f"{ours.get(key)!r}"
                )

    def exists(self) -> bool:
        """Whether an unfinished training has left a checkpoint.

        Returns
        -------
        bool
        """
        return self.path.exists()

    def remove(self) -> None:
        """Remove the checkpoint and the saved state of the generator, if they are there."""
        for path in (self.path, self.path.with_name(GENERATOR_FILE)):
            path.unlink(missing_ok=True)


def _read_group(
    file: Mapping[str, AnyArray], name: str, keys: int | list[str]
) -> list[AnyArray] | dict[str, AnyArray]:
    if isinstance(keys, int):
        return [file[f"{name}/{i}"] for i in range(keys)]
    return {key: file[f"{name}/{i}"] for i, key in enumerate(keys)}


def starting_generator(
    random_state: RandomState, directory: str | os.PathLike[str] | None
) -> np.random.RandomState:
    """Return the generator of a fit; a resumed fit starts from that of the interrupted one.

    Otherwise a fit with `random_state` None, or a RandomState that has been used in between, would
    hold out other documents, and the checkpoint would be refused.
    """
    generator = check_random_state(random_state)
    if directory is None or isinstance(random_state, Integral):
        return generator
    directory = Path(directory).expanduser()
    path = directory / GENERATOR_FILE
    if (directory / _FILE).is_file() and path.is_file():
        kind, keys, *rest = json.loads(path.read_text("utf-8"))
        found = np.random.RandomState()
        found.set_state((kind, np.array(keys, np.uint32), *rest))
        return found
    kind, keys, *rest = generator.get_state()
    sibling = directory / f".{GENERATOR_FILE}-{os.getpid()}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        sibling.write_text(json.dumps([kind, keys.tolist(), *rest]), "utf-8")
        os.replace(sibling, path)
    except OSError as error:
        raise OSError(
            f"No checkpoint can be written to {directory}: {error}. Make room there and fit again."
        ) from error
    return generator
