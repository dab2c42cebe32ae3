"""Descriptions of parameters, data and files, equal in every process if their content is."""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from .._gate.types import FloatArray

__all__ = ["data_digest", "describe", "describe_parameters", "file_digest"]

# parameters that do not change the weights
_IGNORED = ("callbacks", "verbose", "threshold", "n_jobs", "checkpoint_dir", "checkpoint_every")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def describe_parameters(tagger: Any) -> dict[str, Any]:
    """Describe the parameters that the weights depend on, as JSON.

    All RandomStates are described alike, see `starting_generator`.
    """
    parameters = tagger.get_params(deep=False)
    described = {name: describe(v) for name, v in parameters.items() if name not in _IGNORED}
    for name, value in described.items():
        if name.endswith("_params") and isinstance(value, dict):
            described[name] = {key: v for key, v in value.items() if key not in _IGNORED}
    return described


def describe(value: Any) -> Any:
    """Describe a value as JSON that is the same in every process."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.random.RandomState):
        return "RandomState"
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return {str(key): describe(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [describe(entry) for entry in value]
    if hasattr(value, "__array__"):  # the repr of a long array is abbreviated
        array = np.asarray(value)
        if array.dtype != object:
            return f"{array.dtype} {array.shape} {_digest([array])}"
    return _ADDRESS.sub("", repr(value))  # the address of a function differs between processes


def data_digest(X: Any, indicator: Any, sample_weight: FloatArray | None = None) -> str:
    """Hash texts or features, their labels and their weights."""
    if isinstance(X, list):
        parts: list[Any] = [text.encode("utf-8", "surrogatepass") for text in X]
    else:
        parts = _arrays_of(X)
    parts += _arrays_of(indicator)
    return _digest(parts if sample_weight is None else [*parts, sample_weight])


def _arrays_of(matrix: Any) -> list[Any]:
    shape = repr(matrix.shape).encode()
    if not hasattr(matrix, "tocoo"):
        return [shape, matrix]
    cells = matrix.tocoo()
    return [shape, cells.row, cells.col, cells.data]


def file_digest(path: Any) -> str:
    """Hash the content of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(parts: Iterable[Any]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        content = part
        if not isinstance(part, bytes):
            content = np.ascontiguousarray(part).reshape(-1).view(np.uint8)
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()
