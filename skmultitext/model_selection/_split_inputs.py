"""Read and check the arguments of splitters: labels, groups, sizes, splits."""

from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.model_selection import ShuffleSplit

from .._gate.containers import plain_rows
from .._gate.labels import LabelSpace
from .._gate.samples import has_unknown, positive_entries
from .._gate.types import Indicator, IntArray, Labels
from .._runtime.messages import shown, warn_caller
from ..exceptions import LabelError, RareLabelWarning

# A warning names at most this many labels and counts the others
_NAMES_IN_WARNING = 200

# With unknown entries, up to this many known negatives of a label are always balanced directly
_FEW_NEGATIVES = 1000


def read_labels(y: Labels) -> tuple[list[str], sp.csr_array]:
    """Read y: return label names, and an indicator that begins with their columns."""
    if y is None:
        raise LabelError(
            "The 'y' parameter should not be None: stratification needs the labels of each row."
        )
    space, indicator = LabelSpace.learn(y, allow_unknown=True)
    names, labels = list(space.label_names), sp.csr_array(positive_entries(indicator))
    if has_unknown(indicator):
        labels = sp.csr_array(sp.hstack([labels, _negatives(indicator)], format="csr"))
    elif len(names) == 1:
        # as in StratifiedKFold, balance the negatives of a single label too, as another column
        negatives = 1 - labels.toarray()
        labels = sp.csr_array(sp.hstack([labels, sp.csr_array(negatives)], format="csr"))
        if space.form == "binary":
            names.append(str(space.codes[0, 0]))
    return names, labels


def _negatives(indicator: Indicator) -> sp.csc_array:
    """Mark the known negatives of each label with unknown entries, int8.

    Where they outnumber both the positives and the unknown entries, mark the latter instead: in
    parts of fixed sizes this balances the negatives too, and a sparse y stays sparse.
    """
    stored = sp.csc_array(indicator)
    n_samples = stored.shape[0]
    marked = []
    for start, stop in pairwise(stored.indptr):
        rows, unknown = stored.indices[start:stop], stored.data[start:stop] < 0
        n_unknown = np.count_nonzero(unknown)
        n_positive, n_negative = len(rows) - n_unknown, n_samples - len(rows)
        if not n_unknown:
            continue
        if n_negative <= max(n_positive, n_unknown, _FEW_NEGATIVES):
            negative = np.ones(n_samples, dtype=bool)
            negative[rows] = False
            marked.append(np.flatnonzero(negative))
        else:
            marked.append(np.sort(rows[unknown]))
    indices, ends = np.concatenate(marked), np.cumsum([0, *map(len, marked)])
    shape = (n_samples, len(marked))
    return sp.csc_array((np.ones(len(indices), dtype=np.int8), indices, ends), shape=shape)


def warn_of_rare_labels(
    names: list[str],
    labels: sp.csr_array,
    n_splits: int | None = None,
    carriers: IntArray | None = None,
) -> None:
    """Warn about labels with fewer positives than folds, or than 2 if `n_splits` is None.

    With groups, `carriers` is the number of groups with a positive of each label.
    """
    n_parts = n_splits or 2
    if n_parts > labels.shape[0]:
        return  # the splitter raises an error
    counts = labels.sum(axis=0) if carriers is None else carriers
    rare = np.flatnonzero(counts[: len(names)] < n_parts)
    if not len(rare):
        return
    named = [f"{shown(names[j])} ({counts[j]})" for j in rare[:_NAMES_IN_WARNING]]
    more = f" and {len(rare) - len(named)} more" if len(rare) > len(named) else ""
    what = "positives" if carriers is None else "groups with a positive"
    if n_splits is None:
        than, remedy = "2, so that one side of the split has none", "drop the label"
    else:
        than = f"n_splits={n_splits}, so that some folds have none"
        remedy = "drop the label or lower n_splits"
    warn_caller(
        f"Labels with fewer {what} than {than}: {', '.join(named)}{more}. Scores of a label "
        f"without a positive are undefined; add rows with it, {remedy}.",
        RareLabelWarning,
    )


def warn_of_groups(splitter: object, groups: Any) -> None:
    if groups is not None:
        warn_caller(
            f"The groups parameter is ignored by {type(splitter).__name__}; "
            f"MultilabelStratifiedGroupKFold keeps groups together.",
        )


def read_groups(groups: Any) -> IntArray:
    """Map each row to the number of its group; groups are numbered by first occurrence."""
    values = plain_rows(groups)
    values = np.asarray(values, dtype=None if isinstance(values, np.ndarray) else object)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ValueError(f"groups has shape {values.shape}; pass one value per row.")
    number: dict[Any, int] = {}
    values = list(values)
    for row, value in enumerate(values):
        if _is_missing(value):
            raise ValueError(
                f"Input groups contains NaN: found {shown(value)} in row {row}. Give every row a "
                f"group, one of its own if it belongs with no other."
            )
        try:
            number.setdefault(value, len(number))
        except TypeError:
            raise ValueError(
                f"groups holds {shown(value)} in row {row}, which is not hashable; pass numbers "
                f"or str."
            ) from None
    return np.array([number[value] for value in values], dtype=np.intp)


def _is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, NaT or pandas.NA (of these, only None equals itself)."""
    same = value == value
    return value is None or not (isinstance(same, bool | np.bool_) and same)


def side_sizes(
    n_samples: int,
    test_size: float | None,
    train_size: float | None,
    default_test_size: float,
) -> list[int]:
    """Return the numbers of training rows, test rows and, if any, unused rows."""
    if test_size is None and train_size is None:
        test_size = default_test_size
    splitter = ShuffleSplit(1, test_size=test_size, train_size=train_size, random_state=0)
    n_train, n_test = map(len, next(splitter.split(np.empty(n_samples))))
    left_over = n_samples - n_train - n_test
    return [n_train, n_test, left_over] if left_over else [n_train, n_test]


def check_room_for(n_alone: int, sizes: list[int]) -> None:
    """Refuse a training side too small for the rows that must go there."""
    n_train, n_test = sizes[:2]
    if n_alone > n_train:
        raise ValueError(
            f"singletons='train' puts {n_alone} rows with unique label sets on the training side, "
            f"but it has only {n_train} of {sum(sizes)} rows (and the test side {n_test}). Raise "
            f"train_size, lower test_size, or pass singletons='any'."
        )


def read_split(i: int, split: Any, n_samples: int) -> list[IntArray]:
    """Check one split: a pair of index arrays."""
    try:
        train, test = split
    except (TypeError, ValueError):
        raise ValueError(
            f"splits[{i}] is not a pair (train, test) of row numbers. Pass the output of "
            f"cv.split(X, y)."
        ) from None
    sides = []
    for name, side in (("train", train), ("test", test)):
        rows = np.asarray(side)
        if rows.ndim != 1 or len(rows) == 0 or rows.dtype.kind not in "iu":
            raise ValueError(
                f"splits[{i}]: {name} must be a 1-D array of at least one row number, got shape "
                f"{rows.shape} and dtype {rows.dtype}. For a mask, pass np.flatnonzero(mask)."
            )
        if rows.min() < 0 or rows.max() >= n_samples:
            raise ValueError(
                f"splits[{i}]: {name} holds row numbers from {rows.min()} to {rows.max()}, but y "
                f"has the rows 0 to {n_samples - 1}. Pass the y that was split."
            )
        sides.append(rows)
    return sides


def list_splits(cv: Any, X: Any, y: Any, **params: Any) -> list[list[IntArray]]:
    """List the splits of a splitter or of an iterable, each as [train, test]."""
    splits = list(cv.split(X, y, **params) if hasattr(cv, "split") else cv)
    if not splits:
        raise ValueError(
            "cv gives no split. A generator can be read only once, that is, in one fit: pass the "
            "splitter, or list(splitter.split(X, y))."
        )
    try:
        return [read_split(i, split, y.shape[0]) for i, split in enumerate(splits)]
    except ValueError as error:
        raise ValueError(f"cv: {error}") from None
