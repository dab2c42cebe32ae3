"""Pickles that record the version of this package, and the parts of a saved model."""

from dataclasses import dataclass
from typing import Any

import numpy as np

import skmultitext

from ..exceptions import InconsistentModelWarning
from .messages import warn_caller

__all__ = ["SavedFolder", "VersionedPickle", "own_version"]

_KEY = "_skmultitext_version"


def own_version() -> str:
    return skmultitext.__version__


class VersionedPickle:
    """Record the version of this package in pickles; warn if another version loads them.

    List it before BaseEstimator among the bases: BaseEstimator does so only for its own classes.
    """

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), _KEY: own_version()}  # type: ignore[dict-item]

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        written = state.pop(_KEY, "before 0.1.0")
        if written != own_version():
            warn_caller(
                InconsistentModelWarning(
                    "skmultitext", type(self).__name__, own_version(), written
                ),
            )
        super().__setstate__(state)  # type: ignore[misc]


@dataclass(frozen=True)
class SavedFolder:
    """A folder of a saved model (`skmultitext.save`): files under their own names, and tensors.

    The tensors are written to ``model.safetensors`` in the same folder.
    """

    name: str
    files: dict[str, bytes]
    tensors: dict[str, np.ndarray]
