"""Checkpoints of a training with Trainer: what else goes in, and which one to go on from."""

import contextlib
import json
import os
import shutil
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

__all__ = ["TrainerCheckpoints", "writing"]

_MARK = "skmultitext.json"
_BEST = "best.safetensors"


@contextlib.contextmanager
def writing(directory):
    """Name the directory where a checkpoint cannot be written: torch and safetensors do not.

    Parameters
    ----------
    directory : str or os.PathLike
        Where checkpoints go.

    Raises
    ------
    OSError
        If what is done inside fails, on a full disk for instance.
    """
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:
        raise OSError(
            f"No checkpoint can be written to {directory}: {error}. Make room there and fit again: "
            f"the training goes on from the last whole checkpoint."
        ) from error


class TrainerCheckpoints:
    """The directory in which Trainer writes ``checkpoint-<step>``.

    A checkpoint counts once its file ``skmultitext.json`` is there, which is written last: one
    that a kill left half-written is passed over. All go when the training comes to its end.

    Parameters
    ----------
    directory : str or os.PathLike
        The directory.
    fingerprint : dict
        What a later call must agree in to go on from here, anything that JSON holds.
    """

    def __init__(self, directory, fingerprint):
        self.directory = Path(os.path.expanduser(directory))
        self.fingerprint = json.loads(json.dumps(fingerprint))

    def _all(self):
        """Directories of checkpoints, the newest first."""
        found = [p for p in self.directory.glob("checkpoint-*") if p.name[11:].isdigit()]
        return sorted(found, key=lambda p: int(p.name[11:]), reverse=True)

    def newest(self):
        """Find the newest whole checkpoint.

        Returns
        -------
        pathlib.Path or None

        Raises
        ------
        ValueError
            If it belongs to another training.
        """
        path = next((p for p in self._all() if (p / _MARK).is_file()), None)
        if path is not None:
            found = json.loads((path / _MARK).read_text("utf-8"))["fingerprint"]
            for key in sorted(set(found) | set(self.fingerprint)):
                if found.get(key) != self.fingerprint.get(key):
                    raise ValueError(
                        f"The checkpoint {path} cannot be used: it belongs to another training, "
                        f"whose {key} is {found.get(key)!r} and not "
                        f"{self.fingerprint.get(key)!r}. Delete it to train from the start, or "
                        f"pass another checkpoint_dir."
                    )
        return path

    def complete(self, step, state, best):
        """Complete a checkpoint that Trainer has just written.

        Parameters
        ----------
        step : int
            Its step.
        state : dict
            Counters and records, anything that JSON holds.
        best : dict of {str: tensor} or None
            The best weights so far.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        path = self.directory / f"checkpoint-{step}"
        sibling = path / f".{_MARK}"
        content = {"fingerprint": self.fingerprint, "state": state, "has_best": best is not None}
        with writing(self.directory):
            if best is not None:
                save_file({name: t.contiguous() for name, t in best.items()}, path / _BEST)
            sibling.write_text(json.dumps(content), encoding="utf-8")
            os.replace(sibling, path / _MARK)

    @staticmethod
    def read(path):
        """Read what `complete` wrote.

        Parameters
        ----------
        path : pathlib.Path
            A checkpoint.

        Returns
        -------
        state : dict
            Counters and records.
        best : dict of {str: tensor} or None
            The best weights.
        """
        content = json.loads((path / _MARK).read_text("utf-8"))
        best = load_file(path / _BEST) if content["has_best"] else None
        return content["state"], best

    def remove(self):
        """Remove all checkpoints: the training has come to its end."""
        for path in self._all():
            shutil.rmtree(path, ignore_errors=True)
