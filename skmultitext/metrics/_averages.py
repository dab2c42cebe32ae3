"""Average the scores of labels, with one rule for labels that a score is not defined for."""

import sys
import warnings

import numpy as np

from .._labels import listing
from ..exceptions import AbsentLabelWarning, LabelError

ABSENT = ("skip", "zero", "raise")


def check_choice(parameter, value, choices):
    """Refuse a value that is none of the choices.

    Parameters
    ----------
    parameter : str
        Name of the parameter.
    value : object
        What was passed.
    choices : tuple
        The legal values.

    Raises
    ------
    ValueError
        If `value` is none of them.
    """
    if not any(value is choice or (type(value) is str and value == choice) for choice in choices):
        raise ValueError(f"{parameter} must be one of {choices}, got {value!r}.")


def check_zero_division(zero_division):
    """Refuse a `zero_division` other than 0 and 1.

    Parameters
    ----------
    zero_division : object
        What was passed.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if isinstance(zero_division, str) or zero_division not in (0, 1):
        raise ValueError(f"zero_division must be 0.0 or 1.0, got {zero_division!r}.")


def average_labels(scores, *, defined, support, average, absent, names, lacking="positive"):
    """Average one score per label.

    Parameters
    ----------
    scores : ndarray of shape (n_labels,), dtype float64
        The score of each label; any finite number where it is not defined.
    defined : ndarray of shape (n_labels,), dtype bool
        Whether the label has what the score needs.
    support : ndarray of shape (n_labels,), dtype float64
        Weight of the positives of each label.
    average : {"macro", "weighted", None}
        Mean over the labels, mean weighted by support, or no average.
    absent : {"skip", "zero", "raise"}
        What to do with a label whose score is not defined.
    names : sequence of str
        Label names, for messages.
    lacking : str, default="positive"
        What such a label lacks.

    Returns
    -------
    float or ndarray of shape (n_labels,)

    Raises
    ------
    LabelError
        If `absent="raise"` and a score is not defined.
    """
    counting = support > 0 if average == "weighted" else np.ones(len(scores), dtype=bool)
    missing = counting & ~defined
    used = counting & defined
    if missing.any():
        _speak(absent, [names[j] for j in np.flatnonzero(missing)], lacking, average)
    elif not counting.any():
        return undefined(absent, lacking)
    if average is None:
        return np.where(defined, scores, np.nan if absent == "skip" else 0.0)
    if not used.any():
        return 0.0
    if absent == "zero":
        scores, used = np.where(defined, scores, 0.0), counting
    weights = support[used] if average == "weighted" else None
    return float(np.average(scores[used], weights=weights))


def undefined(absent, lacking="positive"):
    """Score of data in which no label has what the score needs: 0, or an error.

    Parameters
    ----------
    absent : {"skip", "zero", "raise"}
        As in `average_labels`.
    lacking : str, default="positive"
        What the labels lack.

    Returns
    -------
    float
        0.0, the same for whatever was predicted, so that a search over candidates is decided
        by the other folds.

    Raises
    ------
    LabelError
        If `absent="raise"`.
    """
    text = f"No label has a {lacking} in y_true, so that the score is not defined"
    if absent == "raise":
        raise LabelError(f"{text}. Score more documents, or pass absent='skip'.")
    if absent == "skip":
        _warn(f"{text}; it is set to 0.0. Score more documents.")
    return 0.0


def _speak(absent, names, lacking, average):
    """Warn about, or refuse, labels whose score is not defined."""
    text = f"No {lacking} in y_true for {len(names)} label(s): {listing(names)}"
    if absent == "raise":
        raise LabelError(
            f"{text}. Score more documents, stratify the split, or pass absent='skip'."
        )
    if absent == "skip":
        fate = "Their score is nan" if average is None else "They are left out of the mean"
        _warn(f"{text}. {fate} (absent='skip').")


def _warn(message):
    """Warn at the line that called this package, however deep the call is here."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and frame.f_globals["__name__"].startswith(__package__):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, AbsentLabelWarning, stacklevel=level)
