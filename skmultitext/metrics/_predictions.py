"""Read what a tagger said, decisions or probabilities, beside the true labels."""

import warnings
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from .._decision import decide
from .._label_parameters import resolve_thresholds
from .._labels import listing
from .._response import positive_scores
from ..exceptions import RareLabelWarning
from ._inputs import Scored, checked_names, named_space, read_decisions, read_probabilities


@dataclass(frozen=True, eq=False)
class Predictions:
    """True labels, decisions and, where there are any, probabilities of the same documents.

    Attributes
    ----------
    decided : Scored
        True labels and decisions of dtype int8; documents of weight 0 are gone.
    proba : ndarray of shape (n_samples, n_labels), dtype float, or None
        Probabilities; None where decisions were passed.
    thresholds : ndarray of shape (n_labels,), dtype float64, or None
        What the probabilities were compared with; nan for a label that the tagger never saw.
    rows : ndarray of shape (n_samples,), dtype int64
        Row of each document among those that were passed.
    """

    decided: Scored
    proba: object
    thresholds: object
    rows: np.ndarray

    @property
    def names(self):
        """Label names, list of str of length n_labels."""
        return self.decided.names


def read_predictions(
    y_true, predictions, threshold, sample_weight=None, label_names=None, *, stacklevel=2
):
    """Read true labels beside decisions or probabilities, which are told apart by their type.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels in any form that a tagger takes.
    predictions : array-like, sparse matrix, DataFrame, label sets or list of arrays
        Of dtype float: probabilities. Otherwise decisions.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}
        What probabilities must exceed; not used for decisions.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights, at least 0.
    label_names : sequence of str, default=None
        The name of each label, in the order of the columns.
    stacklevel : int, default=2
        Where a warning points: 2 is the caller of this function, 3 the caller of that.

    Returns
    -------
    Predictions

    Raises
    ------
    ValueError
        Naming the parameter that cannot be used, what was found, and what to do.
    """
    if label_names is not None:
        label_names = checked_names(label_names)
    if are_decisions(predictions):
        decided = read_decisions(y_true, predictions, sample_weight, label_names)
        return Predictions(decided, None, None, _rows(decided, sample_weight))
    predictions, constant = _without_one_class_columns(predictions)
    scored = read_probabilities(y_true, predictions, sample_weight, label_names)
    if constant:
        warnings.warn(
            f"The probabilities of {len(constant)} label(s) come in one column, as of a label that "
            f"had one class in training: {listing([scored.names[j] for j in constant])}. That "
            f"class is taken for 'no'. Pass an array (n_samples, n_labels) if it is 'yes'.",
            RareLabelWarning,
            stacklevel=stacklevel,
        )
    n_known = scored.truth.shape[1] if label_names is None else len(label_names)
    thresholds = np.full(scored.truth.shape[1], np.nan)
    thresholds[:n_known] = resolve_thresholds(threshold, named_space(scored.names[:n_known]))
    given = decide(scored.values, thresholds).astype(np.int8)  # nothing exceeds nan
    decided = Scored(scored.truth, given, scored.weight, scored.names)
    return Predictions(decided, scored.values, thresholds, _rows(decided, sample_weight))


def are_decisions(predictions):
    """Whether predictions are decisions, by their type: a float is a probability.

    Parameters
    ----------
    predictions : array-like, sparse matrix, DataFrame, label sets or list of arrays
        What a tagger said.

    Returns
    -------
    bool
    """
    if sp.issparse(predictions):
        return True
    if _is_list_of_arrays(predictions):
        return False
    try:
        return np.asarray(predictions).dtype.kind != "f"
    except ValueError:
        return True  # label sets of different length


def _is_list_of_arrays(predictions):
    """Whether this is one array per label, as forests and DummyClassifier return."""
    return (
        isinstance(predictions, list | tuple)
        and len(predictions) > 0
        and isinstance(predictions[0], np.ndarray)
        and predictions[0].ndim == 2
    )


def _without_one_class_columns(predictions):
    """Read the arrays (n_samples, 1) of a list as constantly "no"; return the labels, too."""
    if not _is_list_of_arrays(predictions):
        return predictions, []
    constant = [j for j, part in enumerate(predictions) if np.shape(part)[1:] == (1,)]
    if constant:
        classes = [np.array([0] if j in constant else [0, 1]) for j in range(len(predictions))]
        predictions = positive_scores(predictions, classes, one_label=False, parameter="y_proba")
    return predictions, constant


def _rows(decided, sample_weight):
    if decided.weight is None:
        return np.arange(decided.truth.shape[0])
    return np.flatnonzero(np.asarray(sample_weight, dtype=np.float64))
