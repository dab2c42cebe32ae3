"""Read what a score is computed from: true labels, decisions or scores, and sample weights."""

from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from .._labels import LabelSpace, listing
from .._response import has_one_column, positive_scores
from ..exceptions import LabelError

_BLOCK = 1 << 20  # entries of a block of rows: its few temporaries stay in the cache


@dataclass(frozen=True, eq=False)
class Scored:
    """True labels beside decisions or scores; documents of weight 0 are gone already.

    Attributes
    ----------
    truth : ndarray or csc_array of shape (n_samples, n_labels), dtype int8
        True labels.
    values : ndarray or csc_array of shape (n_samples, n_labels)
        Decisions (int8) or scores (float).
    weight : ndarray of shape (n_samples,), dtype float64, or None
        Sample weights; None for 1 each.
    names : list of str
        Label names, for messages.
    """

    truth: object
    values: object
    weight: object
    names: list

    def blocks(self):
        """Yield (truth, values, weight) by blocks of rows: dense, truth and decisions bool."""
        n_samples, n_labels = self.truth.shape
        size = max(1, _BLOCK // n_labels)
        truth, values = (x.tocsr() if sp.issparse(x) else x for x in (self.truth, self.values))
        for start in range(0, n_samples, size):
            rows = slice(start, start + size)
            weight = None if self.weight is None else self.weight[rows]
            yield _dense_rows(truth, rows), _dense_rows(values, rows), weight

    def column_support(self):
        """Weight of the positives of each label, shape (n_labels,), float64."""
        if self.weight is None:
            return np.asarray(self.truth.sum(axis=0, dtype=np.int64)).ravel().astype(np.float64)
        if sp.issparse(self.truth):
            return np.asarray(self.weight @ self.truth).ravel()
        return sum(weight @ truth for truth, _, weight in self.blocks())

    def total_weight(self):
        """Weight of all documents, float."""
        return float(self.truth.shape[0] if self.weight is None else self.weight.sum())

    def mean(self, per_document):
        """Weighted mean of one number per document, float."""
        return float(np.average(per_document, weights=self.weight))


def _dense_rows(matrix, rows):
    part = matrix[rows]
    part = part.toarray() if sp.issparse(part) else np.ascontiguousarray(part)
    return part.view(bool) if part.dtype == np.int8 else part


def read_decisions(y_true, y_pred, sample_weight=None, label_names=None):
    """Read true labels and 0/1 decisions.

    Parameters
    ----------
    y_true, y_pred : array-like, sparse matrix, DataFrame or sequence of label sets
        Labels in any form that a tagger takes.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights, at least 0.
    label_names : sequence of str, default=None
        The name of each label, in the order of the columns.

    Returns
    -------
    Scored

    Raises
    ------
    ValueError
        Naming the parameter that cannot be used, what was found, and what to do.
    """
    space, truth, names = _read_truth(y_true, label_names, y_pred)
    _refuse_other_shape(truth, space, "y_pred", y_pred)
    remedy = (
        " y_pred are decisions, 0 or 1: compare probabilities with a threshold first, or use a "
        "score of probabilities."
    )
    with _blaming("y_pred", remedy):
        values = space.encode(y_pred)
    _refuse_other_length(truth, values, "y_pred")
    values = _append_unseen(values, truth.shape[1], 0)
    return _weighted(truth, values, sample_weight, names)


def read_scores(y_true, y_score, sample_weight=None, label_names=None):
    """Read true labels and scores of which only the order counts.

    Parameters
    ----------
    y_true, sample_weight, label_names
        As in `read_decisions`.
    y_score : array-like or list of arrays
        Finite scores, as of `predict_proba` or `decision_function`; see `positive_scores`.

    Returns
    -------
    Scored

    Raises
    ------
    ValueError
        Naming the parameter that cannot be used, what was found, and what to do.
    """
    return _read_scores(y_true, y_score, sample_weight, label_names, "y_score")


def read_probabilities(y_true, y_proba, sample_weight=None, label_names=None):
    """Read true labels and probabilities.

    Parameters
    ----------
    y_true, sample_weight, label_names
        As in `read_decisions`.
    y_proba : array-like or list of arrays
        Probabilities in [0, 1]; see `positive_scores`.

    Returns
    -------
    Scored

    Raises
    ------
    ValueError
        Naming the parameter that cannot be used, what was found, and what to do.
    """
    return _read_scores(y_true, y_proba, sample_weight, label_names, "y_proba")


def _read_scores(y_true, values, sample_weight, label_names, parameter):
    space, truth, names = _read_truth(y_true, label_names)
    columns = getattr(values, "columns", None)
    values = positive_scores(values, one_label=space.n_labels == 1, parameter=parameter)
    if values.shape != (truth.shape[0], space.n_labels):
        raise _shapes_differ((truth.shape[0], space.n_labels), parameter, values.shape)
    if columns is not None and space.named:
        values = values[:, _positions(columns, space.label_names, parameter)]
    lowest, highest = values.min(), values.max()
    if parameter == "y_proba":
        # NaN is in no order, so that this refuses it too
        if not (lowest >= 0 and highest <= 1):
            raise _bad_value(values, ~((values >= 0) & (values <= 1)), parameter, "lie in [0, 1]")
        unseen = 0
    else:
        if not (np.isfinite(lowest) and np.isfinite(highest)):
            raise _bad_value(values, ~np.isfinite(values), parameter, "be finite")
        unseen = lowest - 1
    return _weighted(truth, _append_unseen(values, truth.shape[1], unseen), sample_weight, names)


def _read_truth(y_true, label_names, y_pred=None):
    """Return the space of the labels, the indicator of y_true, and the names of its columns."""
    if label_names is not None:
        label_names = checked_names(label_names)
    with _blaming("y_true"):
        if has_one_column(y_true):
            space = _one_label(y_true, y_pred)
            truth = space.encode(y_true)
        elif label_names is not None:
            space = named_space(label_names)
            truth = space.encode(y_true, unknown="append")
        else:
            space, truth = LabelSpace.learn(y_true)
    names = list(space.label_names if label_names is None else label_names)
    if label_names is None and space.form == "label_sets":
        raise LabelError(
            "y_true holds label sets, which do not tell the order of the columns. Pass "
            "label_names, for instance the tagger's label_names_ (to get_scorer, where an "
            "estimator has none), or pass an indicator matrix."
        )
    if len(names) != space.n_labels:
        raise LabelError(f"label_names has {len(names)} names, but y_true has one column.")
    if truth.shape[1] > len(names):
        learned = LabelSpace.learn(y_true)[0].label_names
        names += [name for name in learned if name not in set(names)]
    return space, truth, names


def _one_label(y_true, y_pred):
    """Learn the two codes from truth and decisions together: either may lack one of them."""
    values = np.ravel(np.asarray(y_true)).tolist()
    if y_pred is not None and has_one_column(y_pred):
        values += np.ravel(np.asarray(y_pred)).tolist()
    return LabelSpace.learn(values)[0]


def named_space(names):
    """Make the space of labels in the order of their columns.

    Parameters
    ----------
    names : list of str
        Label names.

    Returns
    -------
    LabelSpace
    """
    labels = np.empty(len(names), dtype=object)
    labels[:] = names
    return LabelSpace("indicator", labels, np.tile([0, 1], (len(names), 1)), named=True)


def checked_names(label_names):
    """Check label names.

    Parameters
    ----------
    label_names : sequence of str
        What was passed.

    Returns
    -------
    list of str

    Raises
    ------
    LabelError
        If they are no str, none, or one occurs twice.
    """
    if isinstance(label_names, str):
        raise LabelError(f"label_names is the str {label_names!r}; pass a sequence of str.")
    names = list(label_names)
    for name in names:
        if not isinstance(name, str):
            raise LabelError(f"label_names holds {name!r}; label names are str.")
    if not names or len(set(names)) < len(names):
        raise LabelError(f"label_names is empty or names a label twice: {listing(names)}.")
    return names


@contextmanager
def _blaming(parameter, remedy=""):
    """Put the name of the parameter in front of what the gate for labels says."""
    try:
        yield
    except LabelError as error:
        raise LabelError(f"{parameter}: {error}{remedy}") from error


def _refuse_other_shape(truth, space, parameter, values):
    """Say both shapes, where the gate for labels would speak of the columns alone."""
    shape = getattr(values, "shape", None)
    if shape is None or (len(shape) == 1 and (space.n_labels == 1 or values.dtype == object)):
        return
    if tuple(shape) != (truth.shape[0], space.n_labels):
        raise _shapes_differ((truth.shape[0], space.n_labels), parameter, tuple(shape))


def _refuse_other_length(truth, values, parameter):
    if truth.shape[0] != values.shape[0]:
        raise _shapes_differ(truth.shape, parameter, values.shape)


def _shapes_differ(truth_shape, parameter, shape):
    return ValueError(
        f"y_true has shape {truth_shape} and {parameter} has shape {shape}: pass one row per "
        f"document and one column per label in both."
    )


def _bad_value(values, bad, parameter, demand):
    row, column = np.unravel_index(np.argmax(bad), values.shape)
    hint = " decision_function gives no probabilities." if demand.startswith("lie") else ""
    return ValueError(
        f"{parameter} must {demand}, but row {row}, column {column} holds "
        f"{values[row, column].item()!r}.{hint}"
    )


def _positions(columns, names, parameter):
    columns = [str(name) for name in columns]
    if sorted(columns) != sorted(names):
        raise LabelError(
            f"{parameter} has the columns {listing(columns)}, but the labels are {listing(names)}. "
            f"Pass one column per label."
        )
    place = {name: j for j, name in enumerate(columns)}
    return [place[name] for name in names]


def _append_unseen(values, n_labels, fill):
    """Add a column for each label that y_true has and the tagger never saw."""
    n_unseen = n_labels - values.shape[1]
    if not n_unseen:
        return values
    shape = (values.shape[0], n_unseen)
    if sp.issparse(values):
        return sp.hstack([values, sp.csc_array(shape, dtype=values.dtype)], format="csc")
    return np.hstack([values, np.full(shape, fill, dtype=values.dtype)])


def _weighted(truth, values, sample_weight, names):
    """Check the weights and drop documents of weight 0, which count as removed."""
    if sample_weight is None:
        return Scored(truth, values, None, names)
    weight = _checked_weight(sample_weight, truth.shape[0])
    if not weight.all():
        kept = np.flatnonzero(weight)
        truth, values, weight = truth[kept], values[kept], weight[kept]
    return Scored(truth, values, weight, names)


def _checked_weight(sample_weight, n_samples):
    try:
        weight = np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"sample_weight cannot be read as numbers ({error}).") from error
    if weight.shape != (n_samples,):
        raise ValueError(
            f"sample_weight has shape {weight.shape}, but y_true has {n_samples} rows; pass one "
            f"weight per document."
        )
    if not (np.isfinite(weight).all() and weight.min() >= 0 and weight.any()):
        raise ValueError(
            f"sample_weight must be finite, at least 0 and not 0 throughout, but reaches from "
            f"{weight.min()} to {weight.max()}."
        )
    return weight
