"""State of an unfinished training in one file: written whole or not at all, read without pickle."""

import json
import os
import tempfile
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np

__all__ = ["Checkpoints"]

_FORMAT = "skmultitext training checkpoint 1"


class Checkpoints:
    """A directory that keeps the last checkpoint of a training, in ``checkpoint.npz``.

    The file is an ordinary .npz of arrays, readable with ``numpy.load(allow_pickle=False)``; the
    array "state" holds JSON. It is removed when the training comes to its end, so that a file
    that is there belongs to a training that did not.

    Parameters
    ----------
    directory : str or path
        Made if it is not there.
    every : int or None, default=None
        Steps between two checkpoints, at least 1; None writes one at the end of each epoch.
    fingerprint : dict, default=None
        What a later call must agree in to go on from this checkpoint: parameters, data; anything
        that JSON holds.

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

    def __init__(self, directory, every=None, fingerprint=None):
        if every is not None and every < 1:
            raise ValueError(f"every is {every}; it must be at least 1 step, or None.")
        self.path = Path(directory) / "checkpoint.npz"
        self.every = every
        # as JSON gives it back: a tuple is a list there
        self.fingerprint = json.loads(json.dumps(fingerprint or {}))

    def save(self, state, groups):
        """Write a checkpoint in the place of the last one.

        Parameters
        ----------
        state : dict
            Counters and records, anything that JSON holds.
        groups : dict of {str: list of ndarray of any shape}
            Arrays of any shape, by group.
        """
        header = {
            "format": _FORMAT,
            "fingerprint": self.fingerprint,
            "sizes": {name: len(arrays) for name, arrays in groups.items()},
            "state": state,
        }
        named = {
            f"{name}/{i}": np.asarray(array)
            for name, arrays in groups.items()
            for i, array in enumerate(arrays)
        }
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

    def load(self):
        """Read the checkpoint.

        Returns
        -------
        state : dict
            As it was saved, through JSON.
        groups : dict of {str: list of ndarray of any shape}
            The arrays, in the shapes and dtypes they had.

        Raises
        ------
        ValueError
            If the file is damaged or no checkpoint, or belongs to another training.
        """
        try:
            with zipfile.ZipFile(self.path) as archive:
                damaged = archive.testzip()
            if damaged is not None:
                raise ValueError(f"its part {damaged!r} has a wrong checksum")
            with np.load(self.path, allow_pickle=False) as file:
                header = json.loads(str(file["state"]))
                if header["format"] != _FORMAT:
                    raise ValueError(f"its format is {header['format']!r}")
                groups = {
                    name: [file[f"{name}/{i}"] for i in range(size)]
                    for name, size in header["sizes"].items()
                }
                state, fingerprint = header["state"], header["fingerprint"]
        except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
            raise ValueError(self._refusal(error)) from error
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
            raise ValueError(self._refusal(error)) from error
        self._check_fingerprint(fingerprint)
        return state, groups

    def refuse(self, reason):
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

    def _refusal(self, reason):
        return (
            f"The checkpoint {self.path} cannot be used: {reason}. Delete it to train from the "
            f"start, or pass another directory."
        )

    def _check_fingerprint(self, found):
        ours = self.fingerprint
        for key in sorted(set(found) | set(ours)):
            if found.get(key) != ours.get(key):
                raise self.refuse(
                    f"it belongs to another training, whose {key} is {found.get(key)!r} and not "
                    f"{ours.get(key)!r}"
                )

    def exists(self):
        """Whether an unfinished training has left a checkpoint.

        Returns
        -------
        bool
        """
        return self.path.exists()

    def remove(self):
        """Remove the checkpoint, if there is one."""
        with suppress(FileNotFoundError):
            self.path.unlink()
