"""Read what splitters are given: labels, groups, sizes; refuse or warn where they do not fit."""

import warnings

import numpy as np
import scipy.sparse as sp
from sklearn.model_selection._split import _validate_shuffle_split

from .._labels import LabelSpace
from ..exceptions import LabelError, RareLabelWarning

# A warning names every label of any table a person reads; of a longer one it counts the rest
_NAMES_IN_WARNING = 200


def read_labels(y):
    """Read y: the names of its labels, and a csr_array with their columns first."""
    if y is None:
        raise LabelError(
            "The 'y' parameter should not be None: stratification needs the labels of each row."
        )
    space, indicator = LabelSpace.learn(y)
    names, labels = list(space.label_names), sp.csr_array(indicator)
    if len(names) == 1:
        # of a single label the negatives are a class like the positives, as in StratifiedKFold
        negatives = 1 - labels.toarray()
        labels = sp.csr_array(sp.hstack([labels, sp.csr_array(negatives)], format="csr"))
        if space.form == "binary":
            names.append(str(space.codes[0, 0]))
    return names, labels


def warn_of_rare_labels(names, labels, n_splits=None, carriers=None):
    """Name each label that cannot have a positive in every fold, or on both sides of a split.

    With groups, `carriers` counts the groups that hold a positive of each label. Without
    `n_splits`, the parts are the two sides of a split.
    """
    n_parts = n_splits or 2
    if n_parts > labels.shape[0]:
        return  # the error that follows says more
    counts = labels.sum(axis=0) if carriers is None else carriers
    rare = np.flatnonzero(counts[: len(names)] < n_parts)
    if not len(rare):
        return
    shown = [f"{names[j]!r} ({counts[j]})" for j in rare[:_NAMES_IN_WARNING]]
    more = f" and {len(rare) - len(shown)} more" if len(rare) > len(shown) else ""
    what = "positives" if carriers is None else "groups with a positive"
    if n_splits is None:
        than, remedy = "2, so that one side of the split has none", "drop the label"
    else:
        than = f"n_splits={n_splits}, so that some folds have none"
        remedy = "drop the label or lower n_splits"
    warnings.warn(
        f"Labels with fewer {what} than {than}: {', '.join(shown)}{more}. Scores of a label "
        f"without a positive are undefined; add rows with it, {remedy}.",
        RareLabelWarning,
        stacklevel=3,
    )


def warn_of_groups(splitter, groups):
    if groups is not None:
        warnings.warn(
            f"The groups parameter is ignored by {type(splitter).__name__}; "
            f"MultilabelStratifiedGroupKFold keeps groups together.",
            UserWarning,
            stacklevel=3,
        )


def read_groups(groups):
    """Give each group a number, by first appearance: (n_samples,) intp."""
    values = groups.to_numpy() if hasattr(groups, "to_numpy") else groups
    values = np.asarray(values, dtype=None if isinstance(values, np.ndarray) else object)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise ValueError(f"groups must have one value a row, got an array of shape {values.shape}.")
    number = {}
    values = list(values)
    for row, value in enumerate(values):
        if _is_missing(value):
            raise ValueError(
                f"Input groups contains NaN: found {value} in row {row}. Give every row a group, "
                f"one of its own if it belongs with no other."
            )
        try:
            number.setdefault(value, len(number))
        except TypeError:
            raise ValueError(
                f"groups must hold hashable values, got {value!r} in row {row}. Pass numbers or "
                f"str."
            ) from None
    return np.array([number[value] for value in values], dtype=np.intp)


def _is_missing(value):
    """Tell None, NaN, NaT and pandas.NA: only those do not equal themselves."""
    same = value == value
    return value is None or not (isinstance(same, bool | np.bool_) and same)


def side_sizes(n_samples, test_size, train_size, default_test_size):
    """Rows of the training side, of the test side and, if any, of neither."""
    n_train, n_test = _validate_shuffle_split(
        n_samples, test_size, train_size, default_test_size=default_test_size
    )
    left_over = n_samples - n_train - n_test
    return [n_train, n_test, left_over] if left_over else [n_train, n_test]


def check_room_for(n_alone, sizes):
    """Refuse sizes that the rows bound to the training side do not allow."""
    n_train, n_test = sizes[:2]
    if n_alone > n_train:
        raise ValueError(
            f"singletons='train' binds {n_alone} rows, whose label sets no other row has, to the "
            f"training side, which has room for {n_train} of {sum(sizes)} rows (the test side "
            f"takes {n_test}). Raise train_size, lower test_size, or pass singletons='any'."
        )
