"""Rows of one partition: texts, labels and weights, or an error that names partition and row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from .._gate.documents import is_missing
from .._gate.types import UNKNOWN, AnyArray, FloatArray, Indicator
from .._runtime.messages import did_you_mean, shown
from ..exceptions import PartitionError

__all__ = [
    "bad_row",
    "encoded",
    "label_lists",
    "read_flags",
    "read_label_lists",
    "read_texts",
    "read_weights",
]


def bad_row(number: int, row: int, problem: str) -> PartitionError:
    """Make the error for a row; both numbers count from 0."""
    return PartitionError(f"partition {number}, row {row}: {problem}.")


def read_texts(cells: Sequence[Any], number: int) -> list[str]:
    """Check that each cell is a str."""
    for row, cell in enumerate(cells):
        if is_missing(cell):
            problem = "the text is missing; replace it by '' or drop the row"
            raise bad_row(number, row, problem)
        if not isinstance(cell, str):
            problem = f"the text is {shown(cell)} of type {type(cell).__name__}; pass a str"
            raise bad_row(number, row, problem)
    return list(map(str, cells))


def read_flags(
    table: Mapping[str, Sequence[Any]], columns: Sequence[str], n_rows: int, number: int
) -> AnyArray:
    """Read a column per label of 0, 1 or null: float64, (n_rows, n_labels), NaN for null."""
    found = np.empty((n_rows, len(columns)))
    for j, name in enumerate(columns):
        for row, cell in enumerate(table[name]):
            if is_missing(cell):
                found[row, j] = np.nan
            elif isinstance(cell, Real | np.bool_) and cell in (0, 1):
                found[row, j] = float(cell)
            else:
                problem = f"column {shown(name)} is {shown(cell)}; pass 0, 1, or null for unknown"
                raise bad_row(number, row, problem)
    return found


def label_lists(cells: Iterable[Any], number: int) -> Iterator[Any]:
    """Yield the list of each cell, and None for null."""
    for row, cell in enumerate(cells):
        if is_missing(cell):
            yield None
            continue
        if not isinstance(cell, list | tuple | set | frozenset | np.ndarray):
            problem = f"the labels are {shown(cell)}; pass a list of label names"
            if isinstance(cell, str):  # `dask.dataframe.from_pandas` makes text of lists
                problem += (
                    ". If Dask has made text of lists, set its option dataframe.convert-string to "
                    "False before the DataFrame is made"
                )
            raise bad_row(number, row, problem)
        for label in cell:
            if not isinstance(label, str) or not label:
                problem = f"the labels hold {shown(label)}; each label name must be a str, not ''"
                raise bad_row(number, row, problem)
        yield cell


def read_label_lists(
    cells: Sequence[Any],
    names: Sequence[str],
    number: int,
    remedy: str = "fit the tagger with this label",
) -> AnyArray:
    """Read lists of label names: float64, (n_rows, n_labels), NaN in the row of a null."""
    position = {name: j for j, name in enumerate(names)}
    found = np.zeros((len(cells), len(names)))
    for row, cell in enumerate(label_lists(cells, number)):
        if cell is None:
            found[row] = np.nan
            continue
        for label in cell:
            if label not in position:
                problem = f"the label {shown(label)} is unknown to the tagger."
                problem += f"{did_you_mean(label, names)} Correct it, or {remedy}"
                raise bad_row(number, row, problem)
            found[row, position[label]] = 1.0
    return found


def encoded(truth: AnyArray) -> Indicator:
    """Write NaN as `UNKNOWN`."""
    indicator: Indicator = np.where(np.isnan(truth), UNKNOWN, truth).astype(np.int8)
    return indicator


def read_weights(cells: Sequence[Any], number: int) -> FloatArray:
    """Check that weights are finite numbers of at least 0."""
    for row, cell in enumerate(cells):
        if is_missing(cell) or not isinstance(cell, Real) or not 0 <= float(cell) < np.inf:
            problem = f"the weight is {shown(cell)}; pass a finite number of at least 0"
            raise bad_row(number, row, problem)
    return np.array(cells, dtype=np.float64)
