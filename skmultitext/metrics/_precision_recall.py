"""Precision, recall, F1 and Jaccard of decisions, by four averages."""

from ._averages import ABSENT, average_labels, check_choice, check_zero_division, undefined
from ._counts import count_documents, count_labels
from ._inputs import read_decisions

AVERAGES = ("micro", "macro", "weighted", "samples", None)


def precision(
    y_true,
    y_pred,
    *,
    average="macro",
    sample_weight=None,
    label_names=None,
    absent="skip",
    zero_division=0.0,
):
    """Share of the labels given that are right.

    tp / (tp + fp), with tp right and fp wrong positive decisions.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
    y_pred : array-like, sparse matrix, DataFrame or sequence of label sets
        Decisions, in any of these forms, for the same documents and labels.
    average : {"micro", "macro", "weighted", "samples", None}, default="macro"
        "micro" pools the decisions on all labels; "macro" is the mean over labels; "weighted"
        weighs labels by support; "samples" is the mean over documents; None gives one score
        per label.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None weighs all alike.
    label_names : sequence of str of length n_labels, default=None
        The names of the columns. Needed where labels come as sets; a set may hold further
        names, which count as labels that were missed. Also used in messages.
    absent : {"skip", "zero", "raise"}, default="skip"
        What to do with a label that the score is not defined for: leave it out and name it in
        an AbsentLabelWarning, count it as 0, or raise. See `skmultitext.metrics`.
    zero_division : {0.0, 1.0}, default=0.0
        The score where its denominator is 0, without a warning: for a label or
        document that was given nothing.

    Returns
    -------
    float, or ndarray of shape (n_labels,), dtype float64, with `average=None`
        In [0, 1]; 1 is best. nan only with `average=None` and `absent="skip"`.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or label sets come without
        `label_names`; the message names the parameter. Its subclass
        LabelError with `absent="raise"`.

    References
    ----------
    Manning, Raghavan and Schuetze (2008), "Introduction to Information Retrieval", chapter 8;
    averages: Tsoumakas, Katakis and Vlahavas (2010), "Mining Multi-label Data", section 34.5.

    Examples
    --------
    >>> import numpy as np
    >>> y_true = np.array([[1, 0, 1], [0, 1, 1], [1, 0, 0]])
    >>> y_pred = np.array([[1, 0, 0], [0, 1, 1], [1, 1, 0]])
    >>> precision(y_true, y_pred, average="micro")
    0.8
    >>> precision(y_true, y_pred, average=None)
    array([1. , 0.5, 1. ])
    """
    scored = read_decisions(y_true, y_pred, sample_weight, label_names)
    return _score("precision", scored, average, absent, zero_division)


def recall(
    y_true,
    y_pred,
    *,
    average="macro",
    sample_weight=None,
    label_names=None,
    absent="skip",
    zero_division=0.0,
):
    """Share of the true labels that were given.

    tp / (tp + fn), with tp right positive and fn wrong negative decisions.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
    y_pred : array-like, sparse matrix, DataFrame or sequence of label sets
        Decisions, in any of these forms, for the same documents and labels.
    average : {"micro", "macro", "weighted", "samples", None}, default="macro"
        "micro" pools the decisions on all labels; "macro" is the mean over labels; "weighted"
        weighs labels by support; "samples" is the mean over documents; None gives one score
        per label.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None weighs all alike.
    label_names : sequence of str of length n_labels, default=None
        The names of the columns. Needed where labels come as sets; a set may hold further
        names, which count as labels that were missed. Also used in messages.
    absent : {"skip", "zero", "raise"}, default="skip"
        What to do with a label that the score is not defined for: leave it out and name it in
        an AbsentLabelWarning, count it as 0, or raise. See `skmultitext.metrics`.
    zero_division : {0.0, 1.0}, default=0.0
        The score where its denominator is 0, without a warning: with
        `average="samples"` for a document without a true label.

    Returns
    -------
    float, or ndarray of shape (n_labels,), dtype float64, with `average=None`
        In [0, 1]; 1 is best. nan only with `average=None` and `absent="skip"`.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or label sets come without
        `label_names`; the message names the parameter. Its subclass
        LabelError with `absent="raise"`.

    References
    ----------
    Manning, Raghavan and Schuetze (2008), "Introduction to Information Retrieval", chapter 8;
    averages: Tsoumakas, Katakis and Vlahavas (2010), "Mining Multi-label Data", section 34.5.

    Examples
    --------
    >>> import numpy as np
    >>> y_true = np.array([[1, 0, 1], [0, 1, 1], [1, 0, 0]])
    >>> y_pred = np.array([[1, 0, 0], [0, 1, 1], [1, 1, 0]])
    >>> recall(y_true, y_pred, average="micro")
    0.8
    >>> recall(y_true, y_pred, average=None)
    array([1. , 1. , 0.5])
    """
    scored = read_decisions(y_true, y_pred, sample_weight, label_names)
    return _score("recall", scored, average, absent, zero_division)


def f1(
    y_true,
    y_pred,
    *,
    average="macro",
    sample_weight=None,
    label_names=None,
    absent="skip",
    zero_division=0.0,
):
    """Harmonic mean of precision and recall.

    2 tp / (2 tp + fp + fn). The macro average is the mean of the labels' F1, not the F1 of
    mean precision and mean recall.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
    y_pred : array-like, sparse matrix, DataFrame or sequence of label sets
        Decisions, in any of these forms, for the same documents and labels.
    average : {"micro", "macro", "weighted", "samples", None}, default="macro"
        "micro" pools the decisions on all labels; "macro" is the mean over labels; "weighted"
        weighs labels by support; "samples" is the mean over documents; None gives one score
        per label.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None weighs all alike.
    label_names : sequence of str of length n_labels, default=None
        The names of the columns. Needed where labels come as sets; a set may hold further
        names, which count as labels that were missed. Also used in messages.
    absent : {"skip", "zero", "raise"}, default="skip"
        What to do with a label that the score is not defined for: leave it out and name it in
        an AbsentLabelWarning, count it as 0, or raise. See `skmultitext.metrics`.
    zero_division : {0.0, 1.0}, default=0.0
        The score where its denominator is 0, without a warning: with
        `average="samples"` for a document that neither has nor was given a label.

    Returns
    -------
    float, or ndarray of shape (n_labels,), dtype float64, with `average=None`
        In [0, 1]; 1 is best. nan only with `average=None` and `absent="skip"`.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or label sets come without
        `label_names`; the message names the parameter. Its subclass
        LabelError with `absent="raise"`.

    References
    ----------
    Opitz and Burst (2019), "Macro F1 and Macro F1", arXiv:1911.03347 (why this macro average);
    Tsoumakas, Katakis and Vlahavas (2010), "Mining Multi-label Data", section 34.5.

    Examples
    --------
    >>> import numpy as np
    >>> y_true = np.array([[1, 0, 1], [0, 1, 1], [1, 0, 0]])
    >>> y_pred = np.array([[1, 0, 0], [0, 1, 1], [1, 1, 0]])
    >>> round(f1(y_true, y_pred, average="micro"), 3)
    0.8
    >>> round(f1(y_true, y_pred, average="samples"), 3)
    0.778
    """
    scored = read_decisions(y_true, y_pred, sample_weight, label_names)
    return _score("f1", scored, average, absent, zero_division)


def jaccard(
    y_true,
    y_pred,
    *,
    average="macro",
    sample_weight=None,
    label_names=None,
    absent="skip",
    zero_division=0.0,
):
    """Share of labels given rightly, out of all that are true or were given.

    tp / (tp + fp + fn).

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
    y_pred : array-like, sparse matrix, DataFrame or sequence of label sets
        Decisions, in any of these forms, for the same documents and labels.
    average : {"micro", "macro", "weighted", "samples", None}, default="macro"
        "micro" pools the decisions on all labels; "macro" is the mean over labels; "weighted"
        weighs labels by support; "samples" is the mean over documents; None gives one score
        per label.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None weighs all alike.
    label_names : sequence of str of length n_labels, default=None
        The names of the columns. Needed where labels come as sets; a set may hold further
        names, which count as labels that were missed. Also used in messages.
    absent : {"skip", "zero", "raise"}, default="skip"
        What to do with a label that the score is not defined for: leave it out and name it in
        an AbsentLabelWarning, count it as 0, or raise. See `skmultitext.metrics`.
    zero_division : {0.0, 1.0}, default=0.0
        The score where its denominator is 0, without a warning: with
        `average="samples"` for a document that neither has nor was given a label.

    Returns
    -------
    float, or ndarray of shape (n_labels,), dtype float64, with `average=None`
        In [0, 1]; 1 is best. nan only with `average=None` and `absent="skip"`.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or label sets come without
        `label_names`; the message names the parameter. Its subclass
        LabelError with `absent="raise"`.

    References
    ----------
    Godbole and Sarawagi (2004), "Discriminative Methods for Multi-labeled Classification",
    PAKDD, section 4 (there called accuracy).

    Examples
    --------
    >>> import numpy as np
    >>> y_true = np.array([[1, 0, 1], [0, 1, 1], [1, 0, 0]])
    >>> y_pred = np.array([[1, 0, 0], [0, 1, 1], [1, 1, 0]])
    >>> round(jaccard(y_true, y_pred, average="micro"), 3)
    0.667
    >>> jaccard(y_true, y_pred, average=None)
    array([1. , 0.5, 0.5])
    """
    scored = read_decisions(y_true, y_pred, sample_weight, label_names)
    return _score("jaccard", scored, average, absent, zero_division)


def _score(kind, scored, average, absent, zero_division):
    check_choice("average", average, AVERAGES)
    check_choice("absent", absent, ABSENT)
    check_zero_division(zero_division)
    if average == "samples":
        return scored.mean(count_documents(scored).score(kind, zero_division))
    counts = count_labels(scored)
    return average_counts(kind, counts, average, absent, zero_division, scored.names)


def average_counts(kind, counts, average, absent, zero_division, names):
    """Score counts per label and average; shared with StreamingMetrics.

    Parameters
    ----------
    kind : {"precision", "recall", "f1", "jaccard"}
        Which score.
    counts : Counts
        Counts of arrays of shape (n_labels,).
    average : {"micro", "macro", "weighted", None}
        The average.
    absent : {"skip", "zero", "raise"}
        What to do with labels without a positive.
    zero_division : {0.0, 1.0}
        The score where its denominator is 0.
    names : sequence of str
        Label names, for messages.

    Returns
    -------
    float or ndarray of shape (n_labels,)
    """
    if average == "micro":
        pooled = counts.pooled()
        if not pooled.positive[0] > 0:
            return undefined(absent)
        return float(pooled.score(kind, zero_division)[0])
    return average_labels(
        counts.score(kind, zero_division),
        defined=counts.positive > 0,
        support=counts.positive,
        average=average,
        absent=absent,
        names=names,
    )
