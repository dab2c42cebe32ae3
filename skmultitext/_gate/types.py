"""Type aliases of the annotations: X, y, weights and other arguments."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

__all__ = [
    "UNKNOWN",
    "AnyArray",
    "BoolArray",
    "ClassWeight",
    "Documents",
    "Features",
    "FloatArray",
    "Indicator",
    "IntArray",
    "LabelNames",
    "Labels",
    "Numbers",
    "RandomState",
    "Scores",
    "SparseMatrix",
    "Threshold",
    "Weights",
]

AnyArray: TypeAlias = npt.NDArray[Any]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
SparseMatrix: TypeAlias = sp.sparray | sp.spmatrix

# arguments of users; DataFrames and Series of any library are `Any`
Documents: TypeAlias = Iterable[str] | Any
Features: TypeAlias = npt.ArrayLike | SparseMatrix | Any
Labels: TypeAlias = npt.ArrayLike | SparseMatrix | Iterable[Iterable[str]] | Any
LabelNames: TypeAlias = Sequence[str] | npt.NDArray[Any]
Weights: TypeAlias = npt.ArrayLike | None
ClassWeight: TypeAlias = Mapping[str, Any] | str | None
Threshold: TypeAlias = float | npt.ArrayLike | Mapping[str, float]
# one number per label, document, point or epoch
Numbers: TypeAlias = Sequence[Any] | npt.NDArray[Any]
# scores of an estimator: (n_samples, n_labels), or one array per label as forests return them
Scores: TypeAlias = npt.ArrayLike | Sequence[npt.ArrayLike] | Any
RandomState: TypeAlias = int | np.random.RandomState | None

# encoded y: (n_samples, n_labels) of 0, 1 and UNKNOWN, int8; CSC if y was sparse
Indicator: TypeAlias = npt.NDArray[np.int8] | sp.csc_array

# an entry that may be 0 or 1: NaN in y
UNKNOWN: Final = -1
