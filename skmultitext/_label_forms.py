"""Recognise the form of y and read it as a 0/1 indicator, or say what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from numbers import Real

import numpy as np
import scipy.sparse as sp
from sklearn.utils.multiclass import type_of_target

from ._documents import is_missing
from .exceptions import LabelError

_FORMS = (
    "Pass an indicator matrix of 0 and 1 (n_samples, n_labels), a sequence of sets of label "
    'names such as [["billing", "refund"], []], or a 1-D binary y'
)
_CONTAINERS = (list, tuple, set, frozenset)


@dataclass(frozen=True, eq=False)
class NamedIndicator:
    """y as read: its form, an int8 indicator, and the name and the two codes of each label."""

    form: str
    indicator: object
    label_names: list
    codes: np.ndarray
    named: bool = False


def read_labels(y, *, codes=None, known=()):
    """Read y in any of the forms of the contract of a tagger.

    Parameters
    ----------
    y : array-like, sparse matrix, DataFrame or sequence of label sets
        The labels.
    codes : ndarray of shape (2,), default=None
        The codes of a 1-D y or a single column where they are known; learned from y otherwise.
    known : sequence of str, default=()
        Label names that get the first columns when y is a sequence of label sets.

    Returns
    -------
    NamedIndicator

    Raises
    ------
    LabelError
        If y has none of the forms.
    """
    if y is None:
        raise LabelError(f"fit requires y to be passed, but the target y is None. {_FORMS}.")
    if sp.issparse(y):
        return _read_sparse(y)
    if isinstance(y, str | bytes | set | frozenset | dict):
        raise LabelError(f"y is a {type(y).__name__}, which has no rows in order. {_FORMS}.")
    if hasattr(y, "columns"):
        return _read_frame(y, codes)
    if hasattr(y, "to_numpy"):
        y = y.to_numpy()
    if np.ma.is_masked(y):
        raise LabelError("y is a masked array with masked values. Fill them: y.filled(0).")
    if not isinstance(y, list | tuple):
        y = np.asarray(y)
    if _is_nested(y):
        rows = [row.tolist() if isinstance(row, np.ndarray) else row for row in y]
        return _read_rows(rows, codes, known)
    if isinstance(y, list | tuple):
        _refuse_mixed_types(y)
    return _read_array(np.asarray(y), codes)


def _refuse_mixed_types(values):
    """Refuse str beside numbers, which numpy would turn into str unseen."""
    if len(values) and isinstance(values[0], Mapping):
        raise LabelError(f"y[0] is a {type(values[0]).__name__}. {_FORMS}.")
    text = [isinstance(value, str) for value in values]
    if any(text) and not all(text):
        i = text.index(not text[0])
        raise LabelError(
            f"y mixes types: y[0] is {values[0]!r} and y[{i}] is {values[i]!r}. Use one type for "
            f"both classes."
        )


def _is_nested(y):
    """Whether y is a sequence of rows, in contrast to an array or a sequence of scalars."""
    if isinstance(y, np.ndarray) and (y.dtype != object or y.ndim != 1):
        return False
    return any(isinstance(row, (*_CONTAINERS, np.ndarray)) for row in y)


def _read_rows(rows, codes, known):
    """Read nested sequences: label sets where they hold str, an indicator where numbers."""
    for i, row in enumerate(rows):
        if not isinstance(row, _CONTAINERS):
            raise LabelError(
                f"y[{i}] is {row!r}, while other rows are sets of labels. Give every document a "
                f"list of label names, an empty one where it has no label."
            )
        for item in row:
            if isinstance(item, (*_CONTAINERS, np.ndarray)):
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
            f"y[{i}] is {rows[i]!r}: rows of numbers of different length ({min(lengths)} to "
            f"{max(lengths)}), or sets of numbers, look like label indices. Replace each index "
            f"by the name of its label, or encode y with sklearn.preprocessing.MultiLabelBinarizer."
        )
    return _read_array(np.array(rows), codes, listed=True)


def _read_label_sets(rows, known):
    for i, row in enumerate(rows):
        for item in row:
            if not isinstance(item, str):
                raise LabelError(
                    f"y[{i}] holds {item!r} of type {type(item).__name__}; label names must be "
                    f"str. Convert every label with str(...)."
                )
            if not item:
                raise LabelError(
                    f"y[{i}] holds an empty label name ''. Remove it; a document without a label "
                    f"has an empty list."
                )
    names = [*known, *sorted(set().union(*rows).difference(known))]
    if not names:
        raise LabelError(f"y holds {len(rows)} rows, none of which has a label. {_FORMS}.")
    names = [str(name) for name in names]  # not numpy.str_
    position = {name: j for j, name in enumerate(names)}
    indicator = np.zeros((len(rows), len(names)), dtype=np.int8, order="F")
    for i, row in enumerate(rows):
        indicator[i, [position[name] for name in row]] = 1
    return NamedIndicator("label_sets", indicator, names, _zero_one(len(names)), named=True)


def _read_frame(frame, codes):
    names = [str(name) for name in frame.columns]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise LabelError(f"y is a DataFrame with more than one column {twice!r}. Rename them.")
    found = _read_array(np.asarray(frame.to_numpy()), codes, names=names)
    return replace(found, label_names=names, named=True)


def _read_array(y, codes=None, *, names=None, listed=False):
    if y.ndim == 0 or y.ndim > 2:
        raise LabelError(f"y has {y.ndim} dimensions and shape {y.shape}. {_FORMS}.")
    if y.shape[0] == 0:
        raise LabelError(f"y is empty: found 0 rows. {_FORMS}.")
    if y.ndim == 2 and y.shape[1] == 0:
        raise LabelError(f"y has shape {y.shape}: no column, so no label. {_FORMS}.")
    _refuse_non_finite(y, names)
    if y.ndim == 1 or y.shape[1] == 1:
        return _read_two_codes(y, codes)
    return _read_indicator(y, names, listed)


def _refuse_non_finite(y, names):
    """Name the place of the first NaN, missing value or infinity."""
    if y.dtype.kind in "biuUS":
        return
    if y.dtype.kind == "f":
        bad = ~np.isfinite(y)
    else:
        bad = np.array([is_missing(value) for value in y.ravel()], dtype=bool).reshape(y.shape)
    if bad.any():
        place = np.unravel_index(np.argmax(bad), y.shape)
        value = y[place]
        infinite = y.dtype.kind == "f" and np.isinf(value)
        what = "infinity or a value too large for dtype('float64')" if infinite else "NaN"
        raise LabelError(
            f"Input y contains {what}: found {_shown(value)} in {_place(place, names)}. Drop the "
            f"row from X and y, or decide whether the label is given (1) or not (0)."
        )


def _place(place, names):
    """Name a place in y."""
    if len(place) == 1:
        return f"row {place[0]}"
    column = f"column {place[1]}" if names is None else f"column {names[place[1]]!r}"
    return f"row {place[0]}, {column}"


def _shown(value):
    """Show a value as the user wrote it, without numpy's type around it."""
    return repr(value.item() if isinstance(value, np.generic) else value)


def _read_indicator(y, names, listed):
    numbers = y
    if y.dtype.kind not in "biuf":
        values = y.ravel() if y.dtype == object else [None] * y.size
        real = [float(v) if isinstance(v, Real | np.bool_) else np.nan for v in values]
        numbers = np.reshape(real, y.shape)
    bad = (numbers != 0) & (numbers != 1)
    if bad.any():
        place = np.unravel_index(np.argmax(bad), y.shape)
        hint = " If these are label indices, replace them by label names." if listed else ""
        raise LabelError(
            f"y has {y.shape[1]} columns and must hold 0 and 1 only, but {_place(place, names)} "
            f"holds {_shown(y[place])}. {_FORMS}.{hint}"
        )
    indicator = np.asarray(numbers, order="F").astype(np.int8, order="F")
    return _unnamed("indicator", indicator)


def _read_two_codes(y, codes):
    """Read a 1-D y or a single column with any two codes."""
    form = "binary" if y.ndim == 1 else "column"
    flat = y.ravel()
    if codes is None:
        codes = _learn_codes(flat, form)
    known = np.isin(flat, codes)
    if not known.all():
        i = int(np.argmin(known))
        raise LabelError(
            f"y[{i}] is {_shown(flat[i])}, but the two classes are {_shown(codes[0])} and "
            f"{_shown(codes[1])}."
        )
    indicator = (flat == codes[1]).astype(np.int8)[:, None]
    name = str(codes[1]) if form == "binary" else "0"
    return NamedIndicator(form, np.asfortranarray(indicator), [name], codes[None, :])


def _learn_codes(flat, form):
    """Find the two classes of a binary y; 0 and 1 may lack one of the two."""
    target = _type_of_target(flat)
    if target not in ("binary", "multiclass"):
        raise LabelError(
            f"Unknown label type: {target}. y holds values such as {_shown(flat[0])}; a classifier "
            f"takes discrete classes. {_FORMS}."
        )
    codes = np.unique(flat)
    if len(codes) > 2:
        where = "1-D y" if form == "binary" else "y of one column"
        raise LabelError(
            f"Only binary classification is supported. The type of the target is multiclass: this "
            f"{where} holds {len(codes)} classes, {', '.join(map(repr, codes[:5].tolist()))}"
            f"{', ...' if len(codes) > 5 else ''}. If documents have several labels: {_FORMS}."
        )
    if len(codes) == 1:
        if codes[0] not in (0, 1):
            raise LabelError(
                f"y holds the single class {codes.tolist()[0]!r}; two classes are needed to tell "
                f"documents apart. {_FORMS}."
            )
        codes = np.array([0, 1], dtype=codes.dtype)
    return codes


def _type_of_target(flat):
    if flat.dtype == object:
        _refuse_mixed_types(flat)
    try:
        return type_of_target(flat, input_name="y", raise_unknown=True)
    except (TypeError, ValueError) as error:
        raise LabelError(f"Unknown label type: {error} {_FORMS}.") from error


def _read_sparse(y):
    if y.ndim != 2 or 0 in y.shape:
        raise LabelError(f"y is a sparse matrix of shape {y.shape}. {_FORMS}.")
    matrix = sp.coo_array(y)
    bad = (matrix.data != 0) & (matrix.data != 1)
    if bad.any():
        k = int(np.argmax(bad))
        place = tuple(int(c[k]) for c in matrix.coords)
        raise LabelError(
            f"y is sparse and must hold 0 and 1 only, but {_place(place, None)} holds "
            f"{_shown(matrix.data[k])}. {_FORMS}."
        )
    indicator = sp.csc_array(matrix.astype(np.int64))  # adds up entries stored twice
    indicator.eliminate_zeros()
    if indicator.nnz and indicator.data.max() > 1:
        raise LabelError(
            "y is sparse and stores a 1 twice in one place. Remove repeated entries: "
            "y.sum_duplicates(); y.data[:] = 1."
        )
    indicator = indicator.astype(np.int8)
    return _unnamed("sparse", indicator)


def _unnamed(form, indicator):
    """Name the columns of an indicator by their position."""
    n_labels = indicator.shape[1]
    names = [str(j) for j in range(n_labels)]
    return NamedIndicator(form, indicator, names, _zero_one(n_labels))


def _zero_one(n_labels):
    return np.tile(np.array([0, 1], dtype=np.int64), (n_labels, 1))
