"""Precision, recall and F1 over labels closed upwards in a hierarchy."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from .._gate.hierarchy import LabelHierarchy, missing_ancestors, read_parents
from .._gate.samples import positive_entries
from .._gate.types import LabelNames, Labels, Weights
from ._averages import check_zero_division
from ._counts import Counts
from ._inputs import Scored, read_decisions


def hierarchical_precision_score(
    y_true: Labels,
    y_pred: Labels,
    hierarchy: Any,
    *,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
    zero_division: float = 0.0,
) -> float:
    """Share of the predicted labels, with all that they imply, that are true.

    The sum over documents of true labels among the predicted, divided by that of the predicted.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes for several labels. Unknown entries, NaN, do
        not count.
    y_pred : array-like, sparse matrix, DataFrame or sequence of label sets
        Decisions, in any of these forms, for the same documents and labels.
    hierarchy : dict, list of (child, parent), or str
        Which label implies which, as in `skmultitext.hierarchy.HierarchicalTagger`. Both
        parameters are closed upwards first, with columns for ancestors that they lack.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None weighs all alike.
    label_names : sequence of str of length n_labels, default=None
        The names of the columns, by which the hierarchy knows them; needed for arrays, and where
        one of the two comes as label sets.
    zero_division : {0.0, 1.0}, default=0.0
        The score where its denominator is 0.

    Returns
    -------
    float
        In [0, 1]; 1 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or the hierarchy has a cycle.

    References
    ----------
    S. Kiritchenko, S. Matwin, R. Nock, A. F. Famili (2006), "Learning and evaluation in the
    presence of class hierarchies: application to text categorization", Canadian AI.

    Examples
    --------
    >>> hierarchy = {"tennis": "sport", "golf": "sport"}
    >>> hierarchical_precision_score([["tennis"], ["golf"]], [["sport"], ["tennis"]], hierarchy)
    0.6666666666666666
    """
    scored = read_decisions(y_true, y_pred, sample_weight, label_names, keep_unknown=True)
    check_zero_division(zero_division)
    return float(closed_counts(scored, hierarchy).score("precision", zero_division)[0])


def hierarchical_recall_score(
    y_true: Labels,
    y_pred: Labels,
    hierarchy: Any,
    *,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
    zero_division: float = 0.0,
) -> float:
    """Share of the true labels, with all that they imply, that were predicted.

    The sum over documents of predicted labels among the true, divided by that of the true.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes for several labels. Unknown entries, NaN, do
        not count.
    y_pred : array-like, sparse matrix, DataFrame or sequence of label sets
        Decisions, in any of these forms, for the same documents and labels.
    hierarchy : dict, list of (child, parent), or str
        Which label implies which, as in `skmultitext.hierarchy.HierarchicalTagger`. Both
        parameters are closed upwards first, with columns for ancestors that they lack.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None weighs all alike.
    label_names : sequence of str of length n_labels, default=None
        The names of the columns, by which the hierarchy knows them; needed for arrays, and where
        one of the two comes as label sets.
    zero_division : {0.0, 1.0}, default=0.0
        The score where its denominator is 0.

    Returns
    -------
    float
        In [0, 1]; 1 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or the hierarchy has a cycle.

    References
    ----------
    S. Kiritchenko, S. Matwin, R. Nock, A. F. Famili (2006), "Learning and evaluation in the
    presence of class hierarchies: application to text categorization", Canadian AI.

    Examples
    --------
    >>> hierarchy = {"tennis": "sport", "golf": "sport"}
    >>> hierarchical_recall_score([["tennis"], ["golf"]], [["sport"], ["tennis"]], hierarchy)
    0.5
    """
    scored = read_decisions(y_true, y_pred, sample_weight, label_names, keep_unknown=True)
    check_zero_division(zero_division)
    return float(closed_counts(scored, hierarchy).score("recall", zero_division)[0])


def hierarchical_f1_score(
    y_true: Labels,
    y_pred: Labels,
    hierarchy: Any,
    *,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
    zero_division: float = 0.0,
) -> float:
    """Harmonic mean of hierarchical precision and recall.

    2 P R / (P + R), with `hierarchical_precision_score` P and `hierarchical_recall_score` R.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes for several labels. Unknown entries, NaN, do
        not count.
    y_pred : array-like, sparse matrix, DataFrame or sequence of label sets
        Decisions, in any of these forms, for the same documents and labels.
    hierarchy : dict, list of (child, parent), or str
        Which label implies which, as in `skmultitext.hierarchy.HierarchicalTagger`. Both
        parameters are closed upwards first, with columns for ancestors that they lack.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None weighs all alike.
    label_names : sequence of str of length n_labels, default=None
        The names of the columns, by which the hierarchy knows them; needed for arrays, and where
        one of the two comes as label sets.
    zero_division : {0.0, 1.0}, default=0.0
        The score where its denominator is 0.

    Returns
    -------
    float
        In [0, 1]; 1 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or the hierarchy has a cycle.

    References
    ----------
    S. Kiritchenko, S. Matwin, R. Nock, A. F. Famili (2006), "Learning and evaluation in the
    presence of class hierarchies: application to text categorization", Canadian AI.

    Examples
    --------
    >>> hierarchy = {"tennis": "sport", "golf": "sport"}
    >>> hierarchical_f1_score([["tennis"], ["golf"]], [["sport"], ["tennis"]], hierarchy)
    0.5714285714285714
    """
    scored = read_decisions(y_true, y_pred, sample_weight, label_names, keep_unknown=True)
    check_zero_division(zero_division)
    return float(closed_counts(scored, hierarchy).score("f1", zero_division)[0])


def closed_counts(scored: Scored, hierarchy: Any) -> Counts:
    """Close truth and decisions upwards, and count over all documents and labels.

    A decision on an unknown entry implies ancestors, which may be known.
    """
    parents = read_parents(hierarchy, scored.names)
    names = [*scored.names, *missing_ancestors(parents, scored.names)]
    closed = LabelHierarchy.of(parents, names)
    truth, given = (
        closed.close(_widened(x, len(names))) for x in (scored.indicator(), scored.values)
    )
    positive = positive_entries(truth)
    given = given - given.multiply(truth < 0)  # unknown entries do not count
    weight = np.ones(truth.shape[0]) if scored.weight is None else scored.weight
    marks = (positive.multiply(given), given, positive)
    return Counts(*(np.array([(weight @ each).sum()]) for each in marks))


def _widened(matrix: Any, n_labels: int) -> Any:
    """Add columns of zeros, as CSC."""
    matrix = sp.csc_array(matrix, dtype=np.int8)
    shape = (matrix.shape[0], n_labels - matrix.shape[1])
    return sp.hstack([matrix, sp.csc_array(shape, dtype=np.int8)], format="csc")
