"""Parameters given per label: a scalar, an array, or a dict by label name -> an array."""

from collections.abc import Mapping
from numbers import Real

import numpy as np

from ._labels import listing
from .exceptions import LabelError


def resolve_thresholds(threshold, space):
    """Bring `threshold` into one value per label.

    Parameters
    ----------
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}
        Values in [0, 1]. Labels that a dict does not name keep 0.5.
    space : LabelSpace
        The labels.

    Returns
    -------
    ndarray of shape (n_labels,), dtype float64

    Raises
    ------
    LabelError
        If a name is unknown, a value is no number in [0, 1], or the length is wrong.
    """
    if isinstance(threshold, Mapping):
        values = by_name("threshold", threshold, space, default=0.5)
    else:
        values = np.asarray(threshold)
        if values.dtype.kind not in "iuf":
            raise LabelError(
                f"threshold is {threshold!r}; pass a number in [0, 1], an array with one number "
                f"per label, or a dict by label name."
            )
        if values.ndim != 0 and values.shape != (space.n_labels,):
            raise LabelError(
                f"threshold has shape {values.shape}, but there are {space.n_labels} labels: "
                f"{listing(space.label_names)}. Pass one value per label, in this order."
            )
    thresholds = np.array(np.broadcast_to(values, space.n_labels), dtype=np.float64)
    outside = ~((thresholds >= 0) & (thresholds <= 1))  # NaN is outside too
    if outside.any():
        j = int(np.argmax(outside))
        raise LabelError(
            f"threshold of label {space.label_names[j]!r} is {thresholds[j]}; it must lie in "
            f"[0, 1]."
        )
    return thresholds


def resolve_class_weight(class_weight, indicator, space, sample_weight=None):
    """Turn `class_weight` into a factor for the negatives and the positives of each label.

    Parameters
    ----------
    class_weight : None, "balanced" or dict
        A dict gives the factor of a label's positives by label name (others keep 1), and for
        a 1-D y the factor of each class by its code, as in scikit-learn. "balanced" gives
        both sides of every label the same total weight: ``total / (2 * side)``.
    indicator : ndarray or sparse array of shape (n_samples, n_labels), dtype int8
        The 0/1 labels.
    space : LabelSpace
        The labels.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights in which "balanced" counts.

    Returns
    -------
    ndarray of shape (n_labels, 2), dtype float64, or None
        Factors of the negatives and of the positives; None where all are 1.

    Raises
    ------
    LabelError
        If a name is unknown or a factor is no number above 0.
    """
    if class_weight is None:
        return None
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise LabelError(
                f"class_weight is {class_weight!r}; the only legal str is 'balanced'. Else pass "
                f"None or a dict by label name."
            )
        return _balanced(indicator, sample_weight)
    if not isinstance(class_weight, Mapping):
        raise LabelError(
            f"class_weight is a {type(class_weight).__name__}; pass None, 'balanced' or a dict "
            f"by label name."
        )
    if space.form == "binary":
        factors = _by_class(class_weight, space)
    else:
        positives = by_name("class_weight", class_weight, space, default=1.0)
        factors = np.column_stack([np.ones(space.n_labels), positives])
    wrong = ~(np.isfinite(factors) & (factors > 0)).all(axis=1)
    if wrong.any():
        j = int(np.argmax(wrong))
        raise LabelError(
            f"class_weight of label {space.label_names[j]!r} is {factors[j].tolist()}; factors "
            f"must be finite numbers above 0."
        )
    return factors


def _balanced(indicator, sample_weight):
    if sample_weight is None:
        sample_weight = np.ones(indicator.shape[0])
    total = sample_weight.sum()
    positives = indicator.T @ sample_weight
    sides = np.column_stack([total - positives, positives])
    # a side without samples keeps factor 1: nothing is there to be weighted
    return np.divide(total, 2 * sides, out=np.ones_like(sides), where=sides > 0)


def _by_class(class_weight, space):
    codes = space.codes[0].tolist()
    unknown = [key for key in class_weight if key not in codes]
    if unknown:
        raise LabelError(
            f"class_weight names the unknown classes {listing(unknown)}; y holds {listing(codes)}."
        )
    return np.array([[_number("class_weight", code, class_weight.get(code, 1)) for code in codes]])


def by_name(parameter, values, space, *, default):
    """Read a dict by label name into an array, refusing unknown names.

    Parameters
    ----------
    parameter : str
        What the dict is called, for errors.
    values : dict of {str: float}
        The values; they may lie anywhere.
    space : LabelSpace
        The labels.
    default : float
        Value of the labels that it does not name.

    Returns
    -------
    ndarray of shape (n_labels,), dtype float64

    Raises
    ------
    LabelError
        If a name is unknown or a value is no number.
    """
    for name in values:
        if not isinstance(name, str):
            raise LabelError(
                f"{parameter} has the key {name!r}, a {type(name).__name__}. Name labels by str: "
                f"{listing(space.label_names)}."
            )
    unknown = sorted(set(values).difference(space.label_names))
    if unknown:
        raise LabelError(
            f"{parameter} names the unknown labels {listing(unknown)}; known are "
            f"{listing(space.label_names)}."
        )
    return np.array(
        [_number(parameter, name, values.get(name, default)) for name in space.label_names]
    )


def _number(parameter, name, value):
    if not isinstance(value, Real):
        raise LabelError(f"{parameter} of label {name!r} is {value!r}, not a number.")
    return float(value)
