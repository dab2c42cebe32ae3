"""What the displays are made from: gated labels and scores, and the choice of labels to draw."""

import warnings
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
import scipy.sparse as sp

from .._labels import LabelSpace, listing
from .._response import find_label_names, has_one_column, label_scores
from ..exceptions import AbsentLabelWarning, LabelError
from ..metrics._inputs import checked_names, named_space


@dataclass(frozen=True, eq=False)
class Choice:
    """Columns of the labels to draw one by one, and of those to draw as one."""

    shown: np.ndarray
    others: np.ndarray

    def names(self, label_names):
        """Names of the rows, that of the other labels last."""
        names = [str(label_names[j]) for j in self.shown]
        return names + [others_name(len(self.others))] * (len(self.others) > 0)


def others_name(n_labels):
    """Name the row that stands for all labels that are not drawn one by one."""
    return f"… {n_labels} other label{'s' * (n_labels != 1)}"


def choose_labels(label_names, support, *, top=None, labels=None, most=None):
    """Choose the labels to draw: those asked for, or those with the most positives.

    Parameters
    ----------
    label_names : sequence of str of length n_labels
        Names of all labels.
    support : ndarray of shape (n_labels,), dtype float64 or int64
        Positives of each label; nan for a label that cannot be drawn.
    top : int or None, default=None
        Number of labels drawn one by one, at least 1; None draws all.
    labels : sequence of str, default=None
        Names of the labels to draw, in this order, and no others.
    most : int or None, default=None
        More labels than these cannot be told apart in this display.

    Returns
    -------
    Choice

    Raises
    ------
    ValueError
        If `top` is not legal, a name is unknown or cannot be drawn, or too many are asked for.
    """
    position = {str(name): j for j, name in enumerate(label_names)}
    drawable = ~np.isnan(np.asarray(support, dtype=np.float64))
    if labels is not None:
        if isinstance(labels, str):
            raise LabelError(f"labels is the str {labels!r}; pass a sequence of str.")
        names = list(dict.fromkeys(labels))
        if not names:
            raise LabelError("labels is empty; name at least one label, or pass None.")
        unknown = [name for name in names if name not in position]
        if unknown:
            raise LabelError(
                f"labels names the unknown labels {listing(unknown)}; known are "
                f"{listing(label_names)}."
            )
        chosen = np.array([position[name] for name in names], dtype=np.intp)
        if not drawable[chosen].all():
            lacking = [name for name in names if not drawable[position[name]]]
            raise LabelError(
                f"Nothing can be drawn for the labels {listing(lacking)}, which have no positive "
                f"or no negative in y_true. Leave them out or use more documents."
            )
        choice = Choice(chosen, np.empty(0, dtype=np.intp))
    else:
        if top is not None:
            check_int("top", top)
        ranked = np.argsort(-np.where(drawable, support, -1), kind="stable")
        ranked = ranked[: int(drawable.sum())]
        cut = len(ranked) if top is None else int(top)
        choice = Choice(ranked[:cut], ranked[cut:])
    if most is not None and len(choice.shown) > most:
        raise ValueError(
            f"{len(choice.shown)} labels are to be drawn as one line each; more than {most} cannot "
            f"be told apart. Pass a smaller top, or the names of some labels as labels."
        )
    return choice


def check_int(parameter, value, least=1):
    """Refuse what is no whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
        raise ValueError(f"{parameter} must be an int of at least {least}, got {value!r}.")


def check_share(parameter, value):
    """Refuse what is no number in [0, 1]."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value <= 1:
        raise ValueError(f"{parameter} must be a number in [0, 1], got {value!r}.")


def read_label_matrix(y, label_names=None):
    """Read labels alone.

    Parameters
    ----------
    y : array-like, sparse matrix, DataFrame or sequence of label sets
        Labels in any form that a tagger takes.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns, or all names that label sets may hold.

    Returns
    -------
    indicator : ndarray or csc_array of shape (n_samples, n_labels), dtype int8
    label_names : list of str

    Raises
    ------
    LabelError
        If y cannot be read or does not fit the names.
    """
    if label_names is None:
        space, indicator = LabelSpace.learn(y)
        return indicator, [str(name) for name in space.label_names]
    names = checked_names(label_names)
    if not has_one_column(y):
        return named_space(names).encode(y), names
    if len(names) != 1:
        raise LabelError(f"label_names has {len(names)} names, but y has one column. Pass one.")
    return LabelSpace.learn(y)[1], names


def scores_of(estimator, X, y, label_names, methods=("predict_proba", "decision_function")):
    """Ask a fitted estimator for scores of the documents, and for the names of its labels.

    Parameters
    ----------
    estimator : estimator
        Fitted multi-label or binary classifier.
    X : array-like, sparse matrix or sequence of str
        What it predicts from.
    y : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels.
    label_names : sequence of str or None
        Names that go before those the estimator knows.
    methods : tuple of str
        Methods in order of preference.

    Returns
    -------
    scores : ndarray of shape (n_samples, n_labels), dtype float
    label_names : sequence of str or None
    """
    if label_names is None:
        label_names = find_label_names(estimator)
    return label_scores(estimator, X, methods, one_label=has_one_column(y))[0], label_names


def columns_of(scored):
    """Yield (truth, scores) of each label, dense and of shape (n_samples,)."""
    for j in range(scored.truth.shape[1]):
        truth = scored.truth[:, [j]].toarray()[:, 0] if sp.issparse(scored.truth) else None
        yield scored.truth[:, j] if truth is None else truth, scored.values[:, j]


def pooled(scored, columns=None):
    """Flatten truth, scores and weights of all labels, or of some, into one label."""
    truth, values = scored.truth, scored.values
    if columns is not None:
        truth, values = truth[:, columns], values[:, columns]
    truth = truth.toarray() if sp.issparse(truth) else truth
    weight = None if scored.weight is None else np.repeat(scored.weight, truth.shape[1])
    return truth.ravel(), values.ravel(), weight


def drawable_support(scored, *, need_negative=False):
    """Count the positives of each label; nan, with a warning, where no curve is defined.

    Parameters
    ----------
    scored : Scored
        Truth and scores.
    need_negative : bool, default=False
        Whether the curve is undefined without a negative, too.

    Returns
    -------
    ndarray of shape (n_labels,), dtype float64

    Raises
    ------
    LabelError
        If no label can be drawn.
    """
    support = scored.column_support()
    absent = support == 0
    lacking = "positive"
    if need_negative:
        # exact counts, because sums of weights may miss each other by rounding
        positives = np.asarray((scored.truth != 0).sum(axis=0)).ravel()
        absent |= positives == scored.truth.shape[0]
        lacking = "positive or no negative"
    names = [name for name, none in zip(scored.names, absent, strict=True) if none]
    if absent.all():
        raise LabelError(
            f"No curve can be drawn: every label has no {lacking} in y_true ({listing(names)}). "
            f"Pass documents that have labels."
        )
    if names:
        warnings.warn(
            f"No {lacking} in y_true for {len(names)} label(s): {listing(names)}. They are not "
            f"drawn, nor part of a macro average.",
            AbsentLabelWarning,
            stacklevel=4,
        )
    return np.where(absent, np.nan, support)
