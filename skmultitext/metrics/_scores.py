"""Scores of decisions over whole documents and over all pairs of document and label."""

from .._gate.types import LabelNames, Labels, Weights
from ._counts import count_documents
from ._inputs import read_decisions


def exact_match(
    y_true: Labels,
    y_pred: Labels,
    *,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
) -> float:
    """Share of documents whose labels are all correct: none missing, none too many.

    Also called subset accuracy. A document without labels is correct if none is predicted. The
    score is always defined, so it has no parameter `undefined`.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets, or one column with two codes.
        NaN in an indicator marks an unknown entry, which is ignored.
    y_pred : array-like, sparse matrix, DataFrame or sequence of label sets
        Decisions, in any of these forms, for the same documents and labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required if only one of the two is label sets. If both are, None
        takes the names that occur in them, sorted. A label set may contain other names too,
        which count as missed labels. Also used in messages.

    Returns
    -------
    float
        In [0, 1]; 1 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed together with
        an indicator and without `label_names`; the message names the parameter.

    References
    ----------
    Zhang and Zhou (2014), "A Review on Multi-Label Learning Algorithms", IEEE TKDE 26(8),
    section 2.2.2 (subset accuracy).

    Examples
    --------
    >>> exact_match([[1, 0], [1, 1]], [[1, 0], [1, 0]])
    0.5
    """
    scored = read_decisions(y_true, y_pred, sample_weight, label_names)
    return scored.mean(count_documents(scored).wrong() == 0)


def subset_zero_one_loss(
    y_true: Labels,
    y_pred: Labels,
    *,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
) -> float:
    """Share of documents with at least one wrong label: 1 - `exact_match`.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets, or one column with two codes.
        NaN in an indicator marks an unknown entry, which is ignored.
    y_pred : array-like, sparse matrix, DataFrame or sequence of label sets
        Decisions, in any of these forms, for the same documents and labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required if only one of the two is label sets. If both are, None
        takes the names that occur in them, sorted. A label set may contain other names too,
        which count as missed labels. Also used in messages.

    Returns
    -------
    float
        In [0, 1]; 0 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed together with
        an indicator and without `label_names`; the message names the parameter.

    References
    ----------
    Dembczynski et al. (2012), "On label dependence and loss minimization in multi-label
    classification", Machine Learning 88, section 3.2.

    Examples
    --------
    >>> subset_zero_one_loss([[1, 0], [1, 1]], [[1, 0], [1, 0]])
    0.5
    """
    return 1.0 - exact_match(y_true, y_pred, sample_weight=sample_weight, label_names=label_names)


def hamming_loss(
    y_true: Labels,
    y_pred: Labels,
    *,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
) -> float:
    """Share of wrong decisions among all pairs of document and label.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets, or one column with two codes.
        NaN in an indicator marks an unknown entry, which is ignored.
    y_pred : array-like, sparse matrix, DataFrame or sequence of label sets
        Decisions, in any of these forms, for the same documents and labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required if only one of the two is label sets. If both are, None
        takes the names that occur in them, sorted. A label set may contain other names too,
        which count as missed labels. Also used in messages.

    Returns
    -------
    float
        In [0, 1]; 0 is best. With rare labels, it is small even if no label is ever predicted.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed together with
        an indicator and without `label_names`; the message names the parameter.

    References
    ----------
    Schapire and Singer (2000), "BoosTexter: A Boosting-based System for Text
    Categorization", Machine Learning 39, section 4.

    Examples
    --------
    >>> hamming_loss([[1, 0], [1, 1]], [[1, 0], [1, 0]])
    0.25
    """
    scored = read_decisions(y_true, y_pred, sample_weight, label_names)
    wrong = scored.mean(count_documents(scored).wrong()) / scored.truth.shape[1]
    return wrong / scored.known_share()


def binary_accuracy(
    y_true: Labels,
    y_pred: Labels,
    *,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
) -> float:
    """Share of correct decisions among all pairs of document and label: 1 - `hamming_loss`.

    Keras calls it binary accuracy, and it is often published as the "accuracy" of a multi-label
    network; scikit-learn's accuracy_score is `exact_match`.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets, or one column with two codes.
        NaN in an indicator marks an unknown entry, which is ignored.
    y_pred : array-like, sparse matrix, DataFrame or sequence of label sets
        Decisions, in any of these forms, for the same documents and labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required if only one of the two is label sets. If both are, None
        takes the names that occur in them, sorted. A label set may contain other names too,
        which count as missed labels. Also used in messages.

    Returns
    -------
    float
        In [0, 1]; 1 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed together with
        an indicator and without `label_names`; the message names the parameter.

    References
    ----------
    Keras documentation, "Accuracy metrics", BinaryAccuracy.

    Examples
    --------
    >>> binary_accuracy([[1, 0], [1, 1]], [[1, 0], [1, 0]])
    0.75
    """
    return 1.0 - hamming_loss(y_true, y_pred, sample_weight=sample_weight, label_names=label_names)
