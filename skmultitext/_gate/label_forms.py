"""Read y in any of its forms as a 0/1 indicator, or raise an error that says how to fix it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from numbers import Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils.multiclass import type_of_target

from .._runtime.messages import listing, shown, warn_caller
from ..exceptions import LabelError
from .containers import (
    check_sparse,
    column_names,
    first_repeated,
    has_no_order,
    plain_rows,
    sparse_table,
    table_values,
    unread_table,
)
from .documents import is_missing
from .types import UNKNOWN, AnyArray

__all__ = [
    "NamedIndicator",
    "are_label_sets",
    "has_one_column",
    "joined_names",
    "read_label_sets",
    "read_labels",
    "warn_of_text_order",
]

_FORMS = (
    "Pass an indicator matrix of 0 and 1 (n_samples, n_labels), a sequence of sets of label "
    'names such as [["billing", "refund"], []], or a 1-D binary y'
)
_COLLECTIONS = (list, tuple, set, frozenset)
_SEPARATORS = ",;|"
_LARGEST_DENSE = 2**26  # entries of a dense indicator of label sets, of one byte each
_MARK = 1 << 40  # stands for NaN while duplicate entries of a sparse y are summed


@dataclass(frozen=True, eq=False)
class NamedIndicator:
    """The form of y, y as an int8 indicator, and the name and the two codes of each label."""

    form: str
    indicator: Any
    label_names: list[str]
    codes: AnyArray
    named: bool = False


def has_one_column(y: Any) -> bool:
    """Whether y is 1-D or has a single column; its two classes may then have any codes."""
    if y is None or isinstance(y, str | bytes) or has_no_order(y):
        return False  # read_labels raises the error
    columns = column_names(y)
    if columns is not None:
        return len(columns) == 1
    y = plain_rows(y)
    shape = getattr(y, "shape", None)
    if shape is not None and (len(shape) != 1 or sp.issparse(y)):
        return len(shape) == 1 or (len(shape) == 2 and shape[1] == 1)
    first = next(iter(y), None)
    if isinstance(first, list | tuple):
        return len(first) == 1 and not isinstance(first[0], str)
    return first is not None and not isinstance(first, set | frozenset)


def read_labels(
    y: Any, *, codes: Any = None, known: Any = (), allow_unknown: bool = False
) -> NamedIndicator:
    """Read y in any of the forms that taggers accept.

    With `allow_unknown` NaN in an indicator becomes `UNKNOWN`; else it is refused.
    """
    if y is None:
        raise LabelError(f"fit requires y to be passed, but the target y is None. {_FORMS}.")
    if sp.issparse(y):
        return _read_sparse(y, codes, allow_unknown)
    if isinstance(y, str | bytes) or has_no_order(y):
        raise LabelError(f"y is a {type(y).__name__}, which has no rows in order. {_FORMS}.")
    if column_names(y) is not None:
        return _read_table(y, codes, allow_unknown)
    y = plain_rows(y)
    if np.ma.is_masked(y):
        raise LabelError(
            "y is a masked array with masked values. Fill them: y.filled(0), or, where nobody "
            "knows whether the label holds, y.astype(float).filled(np.nan)."
        )
    if not isinstance(y, list | tuple):
        y = np.asarray(y)
        y = y.astype(object) if y.dtype.kind == "T" else y
    if _is_nested(y):
        return _read_rows(list(y), codes, known, allow_unknown)
    if isinstance(y, list | tuple):
        _refuse_mixed_types(y)
    return _read_array(np.asarray(y), codes, allow_unknown=allow_unknown)


def _refuse_mixed_types(values: Any) -> None:
    """Refuse str mixed with numbers, which numpy silently converts to str, and unreadable rows."""
    if len(values) and isinstance(values[0], Mapping):
        raise LabelError(f"y[0] is a {type(values[0]).__name__}. {_FORMS}.")
    if len(values) and isinstance(values[0], Iterator):
        raise LabelError(
            f"y[0] is a {type(values[0]).__name__}, which can be read only once. Pass a list for "
            f"each document."
        )
    text = [isinstance(value, str) for value in values]
    if any(text) and not all(text):
        i = text.index(not text[0])
        raise LabelError(
            f"y mixes types: y[0] is {shown(values[0])} and y[{i}] is {shown(values[i])}. Use one "
            f"type for both classes."
        )


def _is_nested(y: Any) -> bool:
    """Whether y is a sequence of rows, rather than an array or a sequence of scalars."""
    if isinstance(y, np.ndarray) and (y.dtype != object or y.ndim != 1):
        return False
    return any(isinstance(row, _COLLECTIONS) for row in y)


def _read_rows(rows: Any, codes: Any, known: Any, allow_unknown: bool) -> NamedIndicator:
    """Read nested sequences: of str as label sets, of numbers as an indicator."""
    for i, row in enumerate(rows):
        if not isinstance(row, _COLLECTIONS):
            raise LabelError(
                f"y[{i}] is {shown(row)}, while other rows are sets of labels. Give every document "
                f"a list of label names, an empty one where it has no label."
            )
        for item in row:
            if isinstance(item, (*_COLLECTIONS, np.ndarray)):
                raise LabelError(
                    f"y[{i}] holds a {type(item).__name__}: y has three or more dimensions. "
                    f"{_FORMS}."
                )
    has_names = [any(isinstance(item, str) for item in row) for row in rows]
    if any(has_names) or not any(rows):
        return _read_label_sets(rows, known)
    lengths = [len(row) for row in rows]
    if len(set(lengths)) > 1 or any(isinstance(row, set | frozenset) for row in rows):
        i = next((i for i, n in enumerate(lengths) if n != lengths[0]), 0)
        raise LabelError(
            f"y[{i}] is {shown(rows[i])}: rows of numbers of different length ({min(lengths)} to "
            f"{max(lengths)}), or sets of numbers, look like label indices. Replace each index "
            f"by the name of its label: [[str(i) for i in row] for row in y]. Columns are then in "
            f"the order of text, '10' before '2', unless the tagger gets the order of numbers: "
            f"labels=[str(i) for i in sorted(set().union(*y))]."
        )
    return _read_array(np.array(rows), codes, listed=True, allow_unknown=allow_unknown)


def _read_label_sets(rows: Any, known: Any) -> NamedIndicator:
    indicator, names = read_label_sets(rows, known)
    if not names:
        raise LabelError(f"y holds {len(rows)} rows, none of which has a label. {_FORMS}.")
    return NamedIndicator("label_sets", indicator, names, _zero_one(len(names)), named=True)


def _read_table(table: Any, codes: Any, allow_unknown: bool) -> NamedIndicator:
    if unread_table(table) is not None:
        raise LabelError(
            f"y is a {type(table).__name__}, whose rows are not read yet. Pass "
            f"y.{unread_table(table)}()."
        )
    names = column_names(table) or []
    if len(set(names)) < len(names):
        twice = shown(first_repeated(names))
        raise LabelError(f"y is a DataFrame with more than one column {twice}. Rename them.")
    if (sparse := sparse_table(table)) is not None:
        found = _read_sparse(sparse, codes, allow_unknown)
    else:
        found = _read_array(table_values(table), codes, names=names, allow_unknown=allow_unknown)
    return replace(found, label_names=names, named=True)


def _read_array(
    y: Any,
    codes: Any = None,
    *,
    names: Any = None,
    listed: bool = False,
    allow_unknown: bool = False,
) -> NamedIndicator:
    if y.ndim == 0 or y.ndim > 2:
        raise LabelError(f"y has {y.ndim} dimensions and shape {y.shape}. {_FORMS}.")
    if y.shape[0] == 0:
        raise LabelError(f"y is empty: found 0 rows. {_FORMS}.")
    if y.ndim == 2 and y.shape[1] == 0:
        raise LabelError(f"y has shape {y.shape}: no column, so no label. {_FORMS}.")
    _refuse_lists(y, names)
    missing = _find_missing(y, names, allow_unknown)
    if y.ndim == 1 or y.shape[1] == 1:
        return _read_two_codes(y, codes, missing)
    return _read_indicator(y, names, listed, missing)


def _refuse_lists(y: AnyArray, names: Any) -> None:
    """Refuse a table with lists in its cells: only one of its columns holds label sets."""
    if y.dtype != object or y.ndim != 2:
        return
    for i, j in np.ndindex(y.shape):
        if isinstance(y[i, j], (*_COLLECTIONS, np.ndarray)):
            column = f"y[:, {j}]" if names is None else f"y[{shown(names[j])}]"
            raise LabelError(
                f"y is a table, and {_place((i, j), names)} holds the list {shown(list(y[i, j]))}. "
                f"Pass the column of the label sets alone: {column}."
            )


def _find_missing(y: AnyArray, names: Any, allow_unknown: bool) -> AnyArray | None:
    """Find NaN and other missing values of an indicator; None if there are none.

    Infinity is refused, and so are missing values in a 1-D y or where unknown labels are.
    """
    if y.dtype.kind in "biuUS":
        return None
    if y.dtype.kind == "f":
        missing = np.isnan(y)
        bad = np.isinf(y)
    else:
        missing = np.array([is_missing(value) for value in y.ravel()], dtype=bool).reshape(y.shape)
        bad = np.zeros(y.shape, dtype=bool)
    if not bad.any() and (y.ndim == 1 or not allow_unknown):
        bad = missing
    if bad.any():
        place = np.unravel_index(np.argmax(bad), y.shape)
        value = y[place]
        infinite = y.dtype.kind == "f" and np.isinf(value)
        what = "infinity or a value too large for dtype('float64')" if infinite else "NaN"
        raise LabelError(
            f"Input y contains {what}: found {shown(value)} in {_place(place, names)}. Drop the "
            f"row from X and y, or decide whether the label is given (1) or not (0)."
        )
    return missing if missing.any() else None


def _place(place: Any, names: Any) -> str:
    """Format a position in y for an error message."""
    if len(place) == 1:
        return f"row {place[0]}"
    column = f"column {place[1]}" if names is None else f"column {shown(names[place[1]])}"
    return f"row {place[0]}, {column}"


def _read_indicator(y: AnyArray, names: Any, listed: bool, missing: AnyArray | None) -> Any:
    numbers = y
    if y.dtype.kind not in "biuf":
        values = y.ravel() if y.dtype == object else [None] * y.size
        real = [float(v) if isinstance(v, Real | np.bool_) else np.nan for v in values]
        numbers = np.reshape(real, y.shape)
    bad = (numbers != 0) & (numbers != 1)
    if missing is not None:
        bad &= ~missing
        numbers = np.where(missing, UNKNOWN, numbers)
    if bad.any():
        place = np.unravel_index(np.argmax(bad), y.shape)
        hint = " If these are label indices, replace them by label names." if listed else ""
        if isinstance(y[place], Real) and y[place] == -1:
            hint = " If -1 means that the label is not known, pass NaN: np.where(y < 0, np.nan, y)."
        raise LabelError(
            f"y has {y.shape[1]} columns and must hold 0 and 1 only, but {_place(place, names)} "
            f"holds {shown(y[place])}. {_FORMS}.{hint}"
        )
    indicator = np.asarray(numbers, order="F").astype(np.int8, order="F")
    return _unnamed("indicator", indicator)


def _read_two_codes(y: Any, codes: Any, missing: AnyArray | None = None) -> NamedIndicator:
    """Read a 1-D y or a single column with any two codes; a column may have missing values."""
    form = "binary" if y.ndim == 1 else "column"
    flat = y.ravel()
    rows = np.arange(len(flat)) if missing is None else np.flatnonzero(~missing.ravel())
    if missing is not None:
        flat = np.array(flat[rows].tolist())
    if codes is None:
        codes = _learn_codes(flat, form) if len(flat) else np.array([0, 1])
    known = np.isin(flat, codes)
    if not known.all():
        i = int(np.argmin(known))
        raise LabelError(
            f"y[{rows[i]}] is {shown(flat[i])}, but the two classes are {shown(codes[0])} and "
            f"{shown(codes[1])}."
        )
    indicator = np.full((y.size, 1), UNKNOWN, dtype=np.int8, order="F")
    indicator[rows, 0] = flat == codes[1]
    name = str(codes[1]) if form == "binary" else "0"
    return NamedIndicator(form, indicator, [name], codes[None, :])


def _learn_codes(flat: AnyArray, form: str) -> AnyArray:
    """Find the two classes of a binary y; if they are 0 and 1, y may contain only one of them."""
    target = _type_of_target(flat)
    if target not in ("binary", "multiclass"):
        raise LabelError(
            f"Unknown label type: {target}. y holds values such as {shown(flat[0])}; a classifier "
            f"takes discrete classes. {_FORMS}."
        )
    codes = np.unique(flat)
    if len(codes) > 2:
        where = "1-D y" if form == "binary" else "y of one column"
        raise LabelError(
            f"Only binary classification is supported. The type of the target is multiclass: this "
            f"{where} holds {len(codes)} classes, {', '.join(map(shown, codes[:5].tolist()))}"
            f"{', ...' if len(codes) > 5 else ''}. {_split_hint(codes.tolist())}If documents have "
            f"several labels: {_FORMS}."
        )
    if form == "binary" and _joins_another(codes.tolist()):
        raise LabelError(f"y holds two classes. {_split_hint(codes.tolist())}{_FORMS}.")
    if len(codes) == 1:
        if codes[0] not in (0, 1):
            raise LabelError(
                f"y holds the single class {shown(codes.tolist()[0])}; two classes are needed to "
                f"tell documents apart. {_FORMS}."
            )
        codes = np.array([0, 1], dtype=codes.dtype)
    return codes


def _type_of_target(flat: AnyArray) -> str:
    if flat.dtype == object:
        _refuse_mixed_types(flat)
    try:
        return type_of_target(flat, input_name="y", raise_unknown=True)
    except (TypeError, ValueError) as error:
        raise LabelError(f"Unknown label type: {error} {_FORMS}.") from error


def _read_sparse(y: Any, codes: Any, allow_unknown: bool) -> NamedIndicator:
    if y.ndim == 1:
        y = sp.coo_array(y).reshape(-1, 1)
    if y.ndim != 2 or 0 in y.shape:
        raise LabelError(f"y is a sparse matrix of shape {y.shape}. {_FORMS}.")
    check_sparse(y, "y")
    matrix = sp.coo_array(y)
    missing = np.isnan(matrix.data) if matrix.data.dtype.kind == "f" else None
    bad = (matrix.data != 0) & (matrix.data != 1)
    if missing is not None and allow_unknown:
        bad &= ~missing
    if bad.any():
        k = int(np.argmax(bad))
        place = tuple(int(c[k]) for c in matrix.coords)
        raise LabelError(
            f"y is sparse and must hold 0 and 1 only, but {_place(place, None)} holds "
            f"{shown(matrix.data[k])}. {_FORMS}."
        )
    values = matrix.data if missing is None else np.where(missing, _MARK, matrix.data)
    indicator = sp.csc_array((values.astype(np.int64), matrix.coords), shape=matrix.shape)
    indicator.eliminate_zeros()  # duplicate entries are summed
    if ((indicator.data > 1) & (indicator.data != _MARK)).any():
        raise LabelError(
            "y is sparse and stores a 1 twice in one place. Remove repeated entries: "
            "y.sum_duplicates(); y.data[:] = 1."
        )
    indicator.data[indicator.data == _MARK] = UNKNOWN
    if indicator.shape[1] == 1 and missing is not None and missing.any():
        return _unnamed("column", np.asfortranarray(indicator.toarray().astype(np.int8)))
    if indicator.shape[1] == 1:  # MultiOutputClassifier passes each label of a sparse y like this
        return _read_two_codes(indicator.toarray().ravel(), codes)
    return _unnamed("sparse", indicator.astype(np.int8))


def _unnamed(form: str, indicator: Any) -> NamedIndicator:
    """Name the columns of an indicator by their position."""
    names = [str(j) for j in range(indicator.shape[1])]
    return NamedIndicator(form, indicator, names, _zero_one(len(names)))


def _zero_one(n_labels: int) -> AnyArray:
    return np.tile(np.array([0, 1]), (n_labels, 1))


def are_label_sets(rows: Any) -> bool:
    """Whether rows are sets of label names, some of which may be empty."""
    if not isinstance(rows, list | tuple | np.ndarray):
        return False
    if not all(isinstance(row, _COLLECTIONS) for row in rows):
        return False
    return not any(rows) or any(isinstance(item, str) for row in rows for item in row)


def read_label_sets(rows: Sequence[Any], known: Sequence[Any] = ()) -> tuple[Any, list[str]]:
    """Read one set of label names for each document; the indicator is sparse if it is large."""
    for i, row in enumerate(rows):
        for item in row:
            if not isinstance(item, str):
                raise LabelError(
                    f"y[{i}] holds {shown(item)} of type {type(item).__name__}; label names must "
                    f"be str. {_name_remedy(item)}."
                )
            if not item:
                raise LabelError(
                    f"y[{i}] holds an empty label name ''. Remove it; a document without a label "
                    f"has an empty list."
                )
    found = sorted(set().union(*rows).difference(known))
    names = [str(name) for name in (*known, *found)]  # plain str instead of numpy.str_
    _refuse_joined_names(rows, names[len(known) :], set(names[: len(known)]))
    position = {name: j for j, name in enumerate(names)}
    ends = np.cumsum([0, *map(len, rows)])
    columns = np.fromiter((position[name] for row in rows for name in row), np.int64, ends[-1])
    if len(rows) * len(names) <= _LARGEST_DENSE:
        indicator = np.zeros((len(rows), len(names)), dtype=np.int8, order="F")
        indicator[np.repeat(np.arange(len(rows)), np.diff(ends)), columns] = 1
        return indicator, names
    large = sp.csr_array((np.ones(ends[-1]), columns, ends), shape=(len(rows), len(names)))
    large.sum_duplicates()  # a list may name a label twice
    large.data[:] = 1
    return sp.csc_array(large, dtype=np.int8), names


def _name_remedy(item: Any) -> str:
    """Say how to fix an entry of a label set that is not a str."""
    if is_missing(item):
        return "Leave it out; a document without a label has an empty list"
    if isinstance(item, bytes | bytearray):
        return "Decode it first, for instance name.decode('utf-8')"
    return (
        "Convert every label with str(...); columns are then in the order of text, '10' before "
        "'2', unless the tagger gets labels=[str(i) for i in sorted(...)], the order of numbers"
    )


def _refuse_joined_names(rows: Any, new: Any, known: Any) -> None:
    """Refuse rows such as ["billing,refund"], which name several labels in one str.

    Without known names, a separator is accepted as part of a name as soon as any document has two
    names. With known names, it is accepted unless every part of the name is a known name.
    """
    joined = joined_names(new, known) if known else []
    if not known and max(map(len, rows), default=0) == 1:
        joined = [name for name in new if _separator_in(name)]
    if joined:
        name, mark = joined[0], _separator_in(joined[0])
        i = next(i for i, row in enumerate(rows) if name in row)
        raise LabelError(
            f"y[{i}] holds the one name {shown(name)}, which looks like several joined by "
            f"{shown(mark)}. Split it: name.split({shown(mark)}). If it is one label, pass an "
            f"indicator, as a DataFrame with the names as columns."
        )


def joined_names(names: Sequence[Any], known: set[str]) -> list[str]:
    """Find the names that join several known ones, such as "billing,refund"."""
    return [name for name in names if _separator_in(name) and known.issuperset(_parts_of(name))]


def warn_of_text_order(names: Sequence[Any]) -> None:
    """Warn if unnamed columns are matched with label names that are numbers.

    Label names are sorted as str, "10" before "2"; MultiLabelBinarizer sorts integers.
    """
    names = list(names)
    if not all(name.isascii() and name.isdigit() for name in names):
        return
    if names == sorted(names) != sorted(names, key=int):
        later = next(a for a, b in pairwise(names) if int(a) > int(b))
        warn_caller(
            f"The columns of y have no names and are taken in the order of the label names, which "
            f"is that of text: {listing(names)}. A MultiLabelBinarizer of numbers has them in "
            f"another order, {shown(later)} behind smaller ones. Pass label sets, or a DataFrame "
            f"with the names as columns.",
        )


def _split_hint(classes: Sequence[Any]) -> str:
    """Hint for an error: a class is several label names in one str, as read from a CSV file."""
    name = next((name for name in classes if isinstance(name, str) and _separator_in(name)), None)
    if name is None:
        return ""
    mark = _separator_in(name)
    return (
        f"{shown(name)} looks like several labels joined by {mark!r}; split them: "
        f"[row.split({mark!r}) for row in y]. "
    )


def _joins_another(classes: Sequence[Any]) -> bool:
    """Whether a class contains another class as a part, as "billing,refund" contains "billing"."""
    names = [name for name in classes if isinstance(name, str)]
    return any(_separator_in(name) and set(names).intersection(_parts_of(name)) for name in names)


def _separator_in(name: str) -> str:
    """Find a comma, semicolon or bar with text on both sides; "" if there is none."""
    inside = name.strip(_SEPARATORS + " ")
    return next((mark for mark in _SEPARATORS if mark in inside), "")


def _parts_of(name: str) -> list[str]:
    return [part.strip() for part in name.split(_separator_in(name)) if part.strip()]
