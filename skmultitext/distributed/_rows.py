"""Rows of one partition: texts, labels and weights, or an error that names partition and row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from numbers import Real
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from .._gate.documents import is_missing
from .._gate.types import UNKNOWN, AnyArray, FloatArray, Indicator
from .._runtime.messages import did_you_mean, listing, shown
from ..exceptions import PartitionError

__all__ = [
    "Place",
    "bad_row",
    "encoded",
    "label_cells",
    "other_form",
    "read_flags",
    "read_label_column",
    "read_texts",
    "read_weights",
]


Place: TypeAlias = int | str  # number of a partition, or words that tell which


def bad_row(place: Place, row: int, problem: str) -> PartitionError:
    """Make the error for a row; numbers count from 0."""
    return PartitionError(f"partition {place}, row {row}: {problem}.")


def read_texts(cells: Sequence[Any], number: Place, first: int = 0) -> list[str]:
    """Check that each cell is a str; `first` is the number of the first row."""
    for row, cell in enumerate(cells, first):
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


class LabelCell(NamedTuple):
    """The labels of one row, in a column of lists of names or of arrays of numbers."""

    names: list[str] | None  # None in an array
    flags: FloatArray | None  # NaN where a label is unknown; None in a list of names

    @property
    def length(self) -> int | None:
        """Length of an array; None for a list of names."""
        return None if self.flags is None else len(self.flags)


def label_cells(cells: Iterable[Any], number: int) -> Iterator[LabelCell | None]:
    """Yield the labels of each cell, in one form, and None for null."""
    first: tuple[int, LabelCell] | None = None
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
        found = read_cell(cell, number, row)
        first = first or (row, found)
        if first[1].length != found.length:
            raise other_form(number, row, found.length, f"row {first[0]}", first[1].length)
        yield found


def read_cell(cell: Any, number: int, row: int) -> LabelCell:
    """Read a list of label names, or an array of 0, 1 and null."""
    values = list(cell)
    is_array = any(isinstance(value, Real | np.bool_) and value == value for value in values)
    if is_array or (values and all(map(is_missing, values))):
        flags = np.empty(len(values))
        for j, value in enumerate(values):
            if is_missing(value):
                flags[j] = np.nan
            elif isinstance(value, Real | np.bool_) and value in (0, 1):
                flags[j] = float(value)
            else:
                problem = f"the labels hold {shown(value)}; an array of labels holds 0, 1, or null"
                raise bad_row(number, row, f"{problem} for unknown")
        return LabelCell(None, flags)
    for value in values:
        if not isinstance(value, str) or not value:
            problem = f"the labels hold {shown(value)}; each label name must be a str, not ''"
            raise bad_row(number, row, problem)
    return LabelCell(values, None)


def other_form(
    number: int, row: int, length: int | None, place: str, first: int | None
) -> PartitionError:
    """Make the error for labels of another form than those of a row before."""
    problem = f"the labels are {form_of(length)}, but those of {place} are {form_of(first)}"
    return bad_row(number, row, f"{problem}; pass the same in every row")


def form_of(length: int | None) -> str:
    """Say what the labels of a row are."""
    return "a list of names" if length is None else f"an array of {length} numbers"


def read_label_column(
    cells: Sequence[Any],
    names: Sequence[str],
    number: int,
    remedy: str = "fit the tagger with this label",
) -> AnyArray:
    """Read lists of label names, or arrays with a number for each label.

    Returns float64, (n_rows, n_labels), with NaN for unknown labels and in the row of a null.
    """
    position = {name: j for j, name in enumerate(names)}
    found = np.zeros((len(cells), len(names)))
    for row, cell in enumerate(label_cells(cells, number)):
        if cell is None:
            found[row] = np.nan
            continue
        if cell.flags is not None:
            if len(cell.flags) != len(names):
                problem = f"the labels are {form_of(cell.length)}; pass one for each of the"
                raise bad_row(number, row, f"{problem} {len(names)} labels: {listing(names)}")
            found[row] = cell.flags
        for label in cell.names or ():
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
