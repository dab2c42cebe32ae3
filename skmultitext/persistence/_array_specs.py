"""Specifications of arrays: their dtypes, named sizes, and the range of their entries."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._gate.types import AnyArray
from ..exceptions import ModelFileError
from ._arrays import is_mapped
from ._specs import Place, Specification

__all__ = [
    "Array",
    "Codes",
    "Csr",
    "Folder",
    "Names",
    "Strings",
    "Weights",
]

# columns of a sparse matrix with few entries: a product with it allocates a whole row
_MOST_EMPTY_COLUMNS = 2**24
_LARGEST = 1e150  # of a weight: the product of two is finite

Shape = tuple[str | int | None, ...]


@dataclass(frozen=True)
class Array(Specification):
    """An array of numbers with named sizes; `nan` allows NaN, which means "none"."""

    shape: Shape
    dtypes: tuple[str, ...] = ("float64",)
    low: float = -_LARGEST
    high: float = _LARGEST
    nan: bool = False
    mappable: bool = False  # the entries of a mapped file are not read here

    def check(self, value: Any, place: Place) -> None:
        wanted = f"an array of {' or '.join(self.dtypes)} and shape {_shown(self.shape)}"
        if type(value) is not np.ndarray or value.dtype.name not in self.dtypes:
            place.refuse(value, wanted)
        if value.ndim != len(self.shape) or not value.dtype.isnative:
            place.refuse(value, wanted)
        _bind_shape(self.shape, value, place)
        if self.mappable and is_mapped(value):
            return
        if value.dtype.kind in "iuf" and not self._is_within(value):
            raise ModelFileError(
                f"{place.path} contains a number outside of [{self.low:g}, {self.high:g}]"
                f"{' that is not NaN' if self.nan else ''}."
            )

    def _is_within(self, value: AnyArray) -> bool:
        if self.nan:
            value = value[~np.isnan(value)]
        # the minimum of an array with NaN is NaN, which is not within
        return not value.size or self.low <= value.min().item() <= value.max().item() <= self.high


def _bind_shape(shape: Shape, value: Any, place: Place) -> None:
    for name, size in zip(shape, value.shape, strict=True):
        if name is not None:
            place.bind(name, size, value)


def _shown(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


@dataclass(frozen=True)
class Weights(Specification):
    """An array of finite numbers of any shape; the network checks the shapes."""

    dtypes: tuple[str, ...] = ("float32",)

    def check(self, value: Any, place: Place) -> None:
        legal = type(value) is np.ndarray and value.dtype.name in self.dtypes
        if not legal or not value.dtype.isnative or not value.size:
            place.refuse(value, f"an array of {' or '.join(self.dtypes)}, and not empty")
        _check_finite(value, place)


def _check_finite(value: AnyArray, place: Place) -> None:
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        raise ModelFileError(f"{place.path} contains numbers that are not finite.")


@dataclass(frozen=True)
class Csr(Specification):
    """A CSR matrix of finite float64; its indices were checked when it was built."""

    shape: Shape

    def check(self, value: Any, place: Place) -> None:
        if not sp.issparse(value) or value.format != "csr" or value.dtype != np.float64:
            place.refuse(value, f"a CSR matrix of float64 and shape {_shown(self.shape)}")
        _bind_shape(self.shape, value, place)
        if value.shape[1] > _MOST_EMPTY_COLUMNS + 64 * value.nnz:
            place.refuse(value, f"of at most {_MOST_EMPTY_COLUMNS} columns for so few entries")
        if value.nnz:
            Array((value.nnz,)).check(value.data, place)


@dataclass(frozen=True)
class Strings(Specification):
    """A 1-D object array of str, which must be in `values` unless it is empty."""

    size: str
    values: tuple[str, ...] = ()

    def check(self, value: Any, place: Place) -> None:
        # an object array read from a file contains nothing but str
        if type(value) is not np.ndarray or value.dtype != object or value.ndim != 1:
            place.refuse(value, "a 1-D array of str")
        place.bind(self.size, len(value), value)
        if self.values and not set(value.tolist()) <= set(self.values):
            place.refuse(value, f"of {', '.join(map(repr, self.values))}")


@dataclass(frozen=True)
class Names(Strings):
    """A 1-D array of distinct str."""

    def check(self, value: Any, place: Place) -> None:
        super().check(value, place)
        found = place.objects.get(id(value))  # several objects share one array of names
        if found is not Names and len(set(value.tolist())) < len(value):
            raise ModelFileError(f"{place.path} contains a name twice.")
        place.objects[id(value)] = Names


@dataclass(frozen=True)
class Codes(Specification):
    """An array of class codes, numbers or str, distinct along the last axis."""

    shape: Shape

    def check(self, value: Any, place: Place) -> None:
        legal = type(value) is np.ndarray and value.dtype.kind in "biufUO"
        if not legal or value.ndim != len(self.shape):
            place.refuse(value, f"an array of numbers or str, of shape {_shown(self.shape)}")
        _bind_shape(self.shape, value, place)
        _check_finite(value, place)
        ordered = np.sort(value, axis=-1)
        if (ordered[..., 1:] == ordered[..., :-1]).any():
            raise ModelFileError(f"{place.path} contains a class twice.")


@dataclass(frozen=True)
class Folder(Specification):
    """The files and the finite tensors of a transformer."""

    dtypes: tuple[str, ...] = (
        "float32",
        "float64",
        "float16",
        "int64",
        "int32",
        "uint8",
        "bool",
    )

    def check(self, value: Any, place: Place) -> None:
        tensors = getattr(value, "tensors", None)
        if not tensors:
            place.refuse(value, "a folder of tensors")
        for name, tensor in tensors.items():
            Weights(self.dtypes).check(tensor, place.at(name))
