"""Precision, recall, F1 and Jaccard of decisions, with four averages."""

from collections.abc import Sequence

from .._gate.parameters import check_choice
from .._gate.types import FloatArray, LabelNames, Labels, Weights
from ._averages import UNDEFINED, average_labels, check_zero_division, undefined_score
from ._counts import Counts, count_documents, count_labels
from ._inputs import Scored, read_decisions

AVERAGES = ("micro", "macro", "weighted", "samples", None)


def precision_score(
    y_true: Labels,
    y_pred: Labels,
    *,
    average: str | None = "macro",
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
    undefined: str = "skip",
    zero_division: float = 0.0,
) -> float | FloatArray:
    """Share of the predicted labels that are true.

    tp / (tp + fp), with tp true and fp false positives. Unlike scikit-learn's function,
    `average` is "macro" by default, and a label without a positive is left out of the mean instead
    of counting as 0 (`undefined`).

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets, or one column with two codes.
        NaN in an indicator marks an unknown entry, which is ignored.
    y_pred : array-like, sparse matrix, DataFrame or sequence of label sets
        Decisions, in any of these forms, for the same documents and labels.
    average : {"micro", "macro", "weighted", "samples", None}, default="macro"
        "micro" pools the decisions on all labels; "macro" is the mean over labels; "weighted"
        weighs labels by support; "samples" is the mean over documents; None gives one score
        per label.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required if only one of the two is label sets. If both are, None
        takes the names that occur in them, sorted. A label set may contain other names too,
        which count as missed labels. Also used in messages.
    undefined : {"skip", "zero", "raise"}, default="skip"
        What to do with a label whose score is undefined: leave it out and name it in an
        AbsentLabelWarning, count it as 0, or raise. See `skmultitext.metrics`.
    zero_division : {0.0, 1.0}, default=0.0
        The score where its denominator is 0, without a warning: for a label that is
        never predicted, or a document without predicted labels.

    Returns
    -------
    float, or ndarray of shape (n_labels,), dtype float64, with `average=None`
        In [0, 1]; 1 is best. nan only with `average=None` and `undefined="skip"`.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed together with
        an indicator and without `label_names`; the message names the parameter. Its subclass
        LabelError with `undefined="raise"`.

    References
    ----------
    Manning, Raghavan and Schuetze (2008), "Introduction to Information Retrieval", chapter 8;
    averages: Tsoumakas, Katakis and Vlahavas (2010), "Mining Multi-label Data", section 34.5.

    Examples
    --------
    >>> import numpy as np
    >>> y_true = np.array([[1, 0, 1], [0, 1, 1], [1, 0, 0]])
    >>> y_pred = np.array([[1, 0, 0], [0, 1, 1], [1, 1, 0]])
    >>> precision_score(y_true, y_pred, average="micro")
    0.8
    >>> precision_score(y_true, y_pred, average=None)
    array([1. , 0.5, 1. ])
    """
    scored = read_decisions(y_true, y_pred, sample_weight, label_names)
    return _score("precision", scored, average, undefined, zero_division)


def recall_score(
    y_true: Labels,
    y_pred: Labels,
    *,
    average: str | None = "macro",
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
    undefined: str = "skip",
    zero_division: float = 0.0,
) -> float | FloatArray:
    """Share of the true labels that were predicted.

    tp / (tp + fn), with tp true positives and fn false negatives. Unlike scikit-learn's
    function, `average` is "macro" by default, and a label without a positive is left out of the
    mean instead of counting as 0 (`undefined`).

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets, or one column with two codes.
        NaN in an indicator marks an unknown entry, which is ignored.
    y_pred : array-like, sparse matrix, DataFrame or sequence of label sets
        Decisions, in any of these forms, for the same documents and labels.
    average : {"micro", "macro", "weighted", "samples", None}, default="macro"
        "micro" pools the decisions on all labels; "macro" is the mean over labels; "weighted"
        weighs labels by support; "samples" is the mean over documents; None gives one score
        per label.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required if only one of the two is label sets. If both are, None
        takes the names that occur in them, sorted. A label set may contain other names too,
        which count as missed labels. Also used in messages.
    undefined : {"skip", "zero", "raise"}, default="skip"
        What to do with a label whose score is undefined: leave it out and name it in an
        AbsentLabelWarning, count it as 0, or raise. See `skmultitext.metrics`.
    zero_division : {0.0, 1.0}, default=0.0
        The score where its denominator is 0, without a warning: with
        `average="samples"` for a document without a true label.

    Returns
    -------
    float, or ndarray of shape (n_labels,), dtype float64, with `average=None`
        In [0, 1]; 1 is best. nan only with `average=None` and `undefined="skip"`.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed together with
        an indicator and without `label_names`; the message names the parameter. Its subclass
        LabelError with `undefined="raise"`.

    References
    ----------
    Manning, Raghavan and Schuetze (2008), "Introduction to Information Retrieval", chapter 8;
    averages: Tsoumakas, Katakis and Vlahavas (2010), "Mining Multi-label Data", section 34.5.

    Examples
    --------
    >>> import numpy as np
    >>> y_true = np.array([[1, 0, 1], [0, 1, 1], [1, 0, 0]])
    >>> y_pred = np.array([[1, 0, 0], [0, 1, 1], [1, 1, 0]])
    >>> recall_score(y_true, y_pred, average="micro")
    0.8
    >>> recall_score(y_true, y_pred, average=None)
    array([1. , 1. , 0.5])
    """
    scored = read_decisions(y_true, y_pred, sample_weight, label_names)
    return _score("recall", scored, average, undefined, zero_division)


def f1_score(
    y_true: Labels,
    y_pred: Labels,
    *,
    average: str | None = "macro",
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
    undefined: str = "skip",
    zero_division: float = 0.0,
) -> float | FloatArray:
    """Harmonic mean of precision and recall.

    2 tp / (2 tp + fp + fn). Unlike scikit-learn's function, `average` is "macro" by default, and a
    label without a positive is left out of the mean instead of counting as 0 (`undefined`). The
    macro average is the mean F1 of the labels, not the F1 of mean precision and mean recall.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets, or one column with two codes.
        NaN in an indicator marks an unknown entry, which is ignored.
    y_pred : array-like, sparse matrix, DataFrame or sequence of label sets
        Decisions, in any of these forms, for the same documents and labels.
    average : {"micro", "macro", "weighted", "samples", None}, default="macro"
        "micro" pools the decisions on all labels; "macro" is the mean over labels; "weighted"
        weighs labels by support; "samples" is the mean over documents; None gives one score
        per label.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required if only one of the two is label sets. If both are, None
        takes the names that occur in them, sorted. A label set may contain other names too,
        which count as missed labels. Also used in messages.
    undefined : {"skip", "zero", "raise"}, default="skip"
        What to do with a label whose score is undefined: leave it out and name it in an
        AbsentLabelWarning, count it as 0, or raise. See `skmultitext.metrics`.
    zero_division : {0.0, 1.0}, default=0.0
        The score where its denominator is 0, without a warning: with
        `average="samples"` for a document without true and predicted labels.

    Returns
    -------
    float, or ndarray of shape (n_labels,), dtype float64, with `average=None`
        In [0, 1]; 1 is best. nan only with `average=None` and `undefined="skip"`.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed together with
        an indicator and without `label_names`; the message names the parameter. Its subclass
        LabelError with `undefined="raise"`.

    References
    ----------
    Opitz and Burst (2019), "Macro F1 and Macro F1", arXiv:1911.03347 (why this macro average);
    Tsoumakas, Katakis and Vlahavas (2010), "Mining Multi-label Data", section 34.5.

    Examples
    --------
    >>> import numpy as np
    >>> y_true = np.array([[1, 0, 1], [0, 1, 1], [1, 0, 0]])
    >>> y_pred = np.array([[1, 0, 0], [0, 1, 1], [1, 1, 0]])
    >>> round(f1_score(y_true, y_pred, average="micro"), 3)
    0.8
    >>> round(f1_score(y_true, y_pred, average="samples"), 3)
    0.778
    """
    scored = read_decisions(y_true, y_pred, sample_weight, label_names)
    return _score("f1", scored, average, undefined, zero_division)


def jaccard_score(
    y_true: Labels,
    y_pred: Labels,
    *,
    average: str | None = "macro",
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
    undefined: str = "skip",
    zero_division: float = 0.0,
) -> float | FloatArray:
    """Share of labels that are both predicted and true among those that are predicted or true.

    tp / (tp + fp + fn). Unlike scikit-learn's function, `average` is "macro" by default, and a
    label without a positive is left out of the mean instead of counting as 0 (`undefined`).

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets, or one column with two codes.
        NaN in an indicator marks an unknown entry, which is ignored.
    y_pred : array-like, sparse matrix, DataFrame or sequence of label sets
        Decisions, in any of these forms, for the same documents and labels.
    average : {"micro", "macro", "weighted", "samples", None}, default="macro"
        "micro" pools the decisions on all labels; "macro" is the mean over labels; "weighted"
        weighs labels by support; "samples" is the mean over documents; None gives one score
        per label.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required if only one of the two is label sets. If both are, None
        takes the names that occur in them, sorted. A label set may contain other names too,
        which count as missed labels. Also used in messages.
    undefined : {"skip", "zero", "raise"}, default="skip"
        What to do with a label whose score is undefined: leave it out and name it in an
        AbsentLabelWarning, count it as 0, or raise. See `skmultitext.metrics`.
    zero_division : {0.0, 1.0}, default=0.0
        The score where its denominator is 0, without a warning: with
        `average="samples"` for a document without true and predicted labels.

    Returns
    -------
    float, or ndarray of shape (n_labels,), dtype float64, with `average=None`
        In [0, 1]; 1 is best. nan only with `average=None` and `undefined="skip"`.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed together with
        an indicator and without `label_names`; the message names the parameter. Its subclass
        LabelError with `undefined="raise"`.

    References
    ----------
    Godbole and Sarawagi (2004), "Discriminative Methods for Multi-labeled Classification",
    PAKDD, section 4 (there called accuracy).

    Examples
    --------
    >>> import numpy as np
    >>> y_true = np.array([[1, 0, 1], [0, 1, 1], [1, 0, 0]])
    >>> y_pred = np.array([[1, 0, 0], [0, 1, 1], [1, 1, 0]])
    >>> round(jaccard_score(y_true, y_pred, average="micro"), 3)
    0.667
    >>> jaccard_score(y_true, y_pred, average=None)
    array([1. , 0.5, 0.5])
    """
    scored = read_decisions(y_true, y_pred, sample_weight, label_names)
    return _score("jaccard", scored, average, undefined, zero_division)


def _score(
    kind: str, scored: Scored, average: str | None, undefined: str, zero_division: float
) -> float | FloatArray:
    check_choice("average", average, AVERAGES)
    check_choice("undefined", undefined, UNDEFINED)
    check_zero_division(zero_division)
    if average == "samples":
        return scored.mean(count_documents(scored).score(kind, zero_division))
    counts = count_labels(scored)
    return average_counts(kind, counts, average, undefined, zero_division, scored.names)


def average_counts(
    kind: str,
    counts: Counts,
    average: str | None,
    undefined: str,
    zero_division: float,
    names: Sequence[str],
) -> float | FloatArray:
    """Compute scores from counts per label, and average them."""
    if average == "micro":
        pooled = counts.pooled()
        if not pooled.positive[0] > 0:
            return undefined_score(undefined)
        return float(pooled.score(kind, zero_division)[0])
    return average_labels(
        counts.score(kind, zero_division),
        defined=counts.positive > 0,
        support=counts.positive,
        average=average,
        undefined=undefined,
        names=names,
    )
