"""Read the containers that users pass: collections, tables of other libraries, sparse matrices."""

from array import array
from collections import Counter, UserString
from collections.abc import Iterable, Iterator, KeysView, Mapping, Sequence, Set, Sized
from numbers import Number
from typing import Any

import numpy as np
import scipy.sparse as sp

from .types import AnyArray

__all__ = [
    "check_sparse",
    "column_names",
    "first_repeated",
    "has_no_order",
    "plain_rows",
    "sparse_table",
    "table_values",
    "unread_table",
]

_TEXT = (str, UserString, bytes, bytearray)
_PLAIN = (list, tuple, set, frozenset, *_TEXT, Mapping, Number, np.generic, type(None))


def column_names(table: Any) -> list[str] | None:
    """Name the columns of a pandas, polars, pyarrow or datasets table; None if it is no table."""
    if isinstance(table, Mapping):  # a DatasetDict
        return None
    if hasattr(table, "collect_schema"):  # LazyFrame.columns would emit a warning
        return list(table.collect_schema().names())
    names = getattr(table, "column_names", None)  # in pyarrow, `columns` is the data
    if names is None:
        names = getattr(table, "columns", None)
    return None if names is None or callable(names) else [str(name) for name in names]


def unread_table(table: Any) -> str | None:
    """Name the method that loads a lazy table: "collect" (polars, Spark) or "compute" (Dask)."""
    return next((name for name in ("collect", "compute") if hasattr(table, name)), None)


def table_values(table: Any) -> AnyArray:
    """Read the cells of a table: a numeric dtype if all columns are numeric, else object."""
    if hasattr(table, "to_numpy"):
        return np.asarray(table.to_numpy())
    columns = [_cells(table[name]) for name in column_names(table) or ()]
    if columns and all(column.dtype != object for column in columns):
        return np.column_stack(columns)
    cells = np.empty((len(table), len(columns)), dtype=object)
    for j, column in enumerate(columns):
        cells[:, j] = column
    return cells


def first_repeated(names: Sequence[Any]) -> Any:
    """Find the first name that occurs again."""
    counts = Counter(names)
    return next(name for name in names if counts[name] > 1)


def sparse_table(table: Any) -> Any:
    """Read a pandas DataFrame of sparse columns, which store no zeros; None if it is none.

    A single column is read as any other.
    """
    columns = list(getattr(table, "dtypes", ()))
    if len(columns) < 2 or any(type(kind).__name__ != "SparseDtype" for kind in columns):
        return None
    if any(kind.fill_value != 0 for kind in columns):
        return None
    return table.sparse.to_coo()


def _cells(column: Any) -> AnyArray:
    """Read a column as a 1-D array: numeric, or of dtype object; cells may be lists."""
    rows = plain_rows(column)
    if isinstance(rows, np.ndarray) and rows.dtype.kind in "biuf":
        return rows
    if all(issubclass(kind, Number) for kind in set(map(type, rows))):
        return np.asarray(rows)
    cells = np.empty(len(rows), dtype=object)
    for i, row in enumerate(rows):
        cells[i] = row
    return cells


def has_no_order(values: Any) -> bool:
    """Whether a collection has no row order: sets and mappings; dict.keys() is ordered."""
    return isinstance(values, Set | Mapping) and not isinstance(values, KeysView)


def plain_rows(values: Any) -> Any:
    """Convert any ordered collection of rows to a list, a tuple or an array.

    The collection may be a deque, dict.values(), a generator, a Series, a column of pyarrow,
    polars or datasets, a tensor and so on, and so may each row. Sparse matrices, tables, str,
    sets, mappings, scalars and rows that are iterators are returned unchanged.
    """
    if isinstance(values, _TEXT) or has_no_order(values):
        return values
    if sp.issparse(values) or column_names(values) is not None:
        return values
    if not isinstance(values, list | tuple | np.ndarray):
        if hasattr(values, "__array__") or isinstance(values, array | memoryview):
            values = np.asarray(values)
        elif isinstance(values, Iterable):
            values = list(values)
        else:
            return values
    if isinstance(values, np.ndarray) and (values.ndim != 1 or values.dtype != object):
        return values
    others = {kind for kind in set(map(type, values)) if not issubclass(kind, _PLAIN)}
    if not others:
        return values
    return [_plain_row(row) if type(row) in others else row for row in values]


def _plain_row(row: Any) -> Any:
    if hasattr(row, "as_py"):  # a pyarrow scalar, possibly of list type
        return row.as_py()
    if isinstance(row, Iterator):
        return row
    if hasattr(row, "__array__"):
        return np.asarray(row).tolist()
    return list(row) if isinstance(row, Iterable) and isinstance(row, Sized) else row


def check_sparse(matrix: Any, name: str) -> None:
    """Refuse a sparse matrix with indices out of bounds, for instance after its arrays were edited.

    scipy's compiled code does not check indices: it would read and write out of bounds. scipy's
    `check_format` does, but may modify the matrix.
    """
    if not sp.issparse(matrix) or matrix.ndim != 2:
        return
    if matrix.format in ("csr", "csc", "bsr"):
        error = _compressed_error(matrix)
    else:  # conversion of lil, dok and dia runs in numpy, which checks indices
        error = _coordinate_error(matrix.tocoo())
    if error is not None:
        raise ValueError(
            f"{name} is an invalid sparse matrix ({matrix.format}) of shape {matrix.shape}: "
            f"{error}. Rebuild it from rows, columns and values with scipy.sparse.coo_array, "
            f"which checks them."
        )


def _compressed_error(matrix: Any) -> str | None:
    """Describe what is wrong with the arrays of a CSR, CSC or BSR matrix; None if nothing is."""
    indptr, indices, data = matrix.indptr, matrix.indices, matrix.data
    rows, columns = matrix.shape[::-1] if matrix.format == "csc" else matrix.shape
    if matrix.format == "bsr":
        if data.ndim != 3 or 0 in data.shape[1:]:
            return f"data has shape {data.shape}"
        rows, columns = rows // data.shape[1], columns // data.shape[2]
    for part, values in (("indptr", indptr), ("indices", indices)):
        if values.ndim != 1 or values.dtype not in (np.int32, np.int64):
            return f"{part} is an array of shape {values.shape} and dtype {values.dtype}"
    if len(indptr) != rows + 1:
        return f"indptr has {len(indptr)} entries instead of {rows + 1}"
    if indptr[0] != 0 or (indptr[1:] < indptr[:-1]).any():
        return "indptr must start at 0 and never decrease"
    if not indptr[-1] <= min(len(indices), len(data)):
        return f"indptr ends at {indptr[-1]}, indices and data at {len(indices)} and {len(data)}"
    return _index_error("indices", indices[: indptr[-1]], columns)


def _coordinate_error(matrix: Any) -> str | None:
    """Describe what is wrong with the arrays of a COO matrix; None if nothing is."""
    for part, indices, size in zip(("row", "col"), matrix.coords, matrix.shape, strict=True):
        if len(indices) != len(matrix.data):
            return f"{part} has {len(indices)} entries, data {len(matrix.data)}"
        error = _index_error(part, indices, size)
        if error is not None:
            return error
    return None


def _index_error(part: str, indices: np.ndarray, size: int) -> str | None:
    # one pass finds both: negative indices, viewed as unsigned, are the largest
    unsigned = np.ascontiguousarray(indices).view(f"u{indices.dtype.itemsize}")
    if len(indices) and unsigned.max() >= size:
        wrong = indices[(indices < 0) | (indices >= size)][0]
        return f"{part} holds {wrong}, out of bounds for size {size}"
    return None
