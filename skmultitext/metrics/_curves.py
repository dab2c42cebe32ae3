"""Average precision and area under the ROC curve, over all cut-offs of a score."""

import numpy as np
import scipy.sparse as sp

from ._averages import ABSENT, average_labels, check_choice, undefined
from ._inputs import read_scores

AVERAGES = ("micro", "macro", "weighted", None)
_CHUNK = 1 << 22  # scores of the labels that are copied into columns at a time


def average_precision(
    y_true, y_score, *, average="macro", sample_weight=None, label_names=None, absent="skip"
):
    """Mean, over the positives, of the precision at the cut-off that just admits them.

    Equals the sum over distinct scores of (R_n - R_{n-1}) P_n, as in scikit-learn: tied
    scores enter together, and nothing is interpolated.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
    y_score : array-like of shape (n_samples, n_labels), dtype float, or list of arrays
        Finite scores; only their order counts. A list holds one array (n_samples, 2) per
        label; one label may also come as (n_samples,) or (n_samples, 2).
    average : {"micro", "macro", "weighted", None}, default="macro"
        "micro" ranks all pairs of document and label together; "macro" is the mean over
        labels; "weighted" weighs them by support; None gives one score per label.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None weighs all alike.
    label_names : sequence of str of length n_labels, default=None
        The names of the columns. Needed where labels come as sets; a set may hold further
        names, which count as labels that were missed. Also used in messages.
    absent : {"skip", "zero", "raise"}, default="skip"
        What to do with a label that the score is not defined for: leave it out and name it in
        an AbsentLabelWarning, count it as 0, or raise. See `skmultitext.metrics`.

    Returns
    -------
    float, or ndarray of shape (n_labels,), dtype float64, with `average=None`
        In [0, 1]; 1 is best, and a score that knows nothing gets about the share of positives.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or label sets come without
        `label_names`; the message names the parameter. Its subclass
        LabelError with `absent="raise"`.

    References
    ----------
    Davis and Goadrich (2006), "The Relationship Between Precision-Recall and ROC Curves",
    ICML; Zhu (2004), "Recall, Precision and Average Precision", University of Waterloo.

    Examples
    --------
    >>> y_true = [[1, 0], [0, 1], [1, 0]]
    >>> y_score = [[0.9, 0.2], [0.8, 0.7], [0.4, 0.1]]
    >>> round(average_precision(y_true, y_score), 3)
    0.917
    """
    scored = _read(y_true, y_score, sample_weight, label_names, average, absent)
    if average == "micro":
        return _micro(_average_precision, scored, absent, need_negative=False)
    scores, support, _ = _per_label(_average_precision, scored, need_negative=False)
    return average_labels(
        scores,
        defined=support > 0,
        support=support,
        average=average,
        absent=absent,
        names=scored.names,
    )


def roc_auc(
    y_true, y_score, *, average="macro", sample_weight=None, label_names=None, absent="skip"
):
    """Chance that a positive scores above a negative, ties counting one half.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
    y_score : array-like of shape (n_samples, n_labels), dtype float, or list of arrays
        Finite scores; only their order counts. A list holds one array (n_samples, 2) per
        label; one label may also come as (n_samples,) or (n_samples, 2).
    average : {"micro", "macro", "weighted", None}, default="macro"
        "micro" ranks all pairs of document and label together; "macro" is the mean over
        labels; "weighted" weighs them by support; None gives one score per label.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None weighs all alike.
    label_names : sequence of str of length n_labels, default=None
        The names of the columns. Needed where labels come as sets; a set may hold further
        names, which count as labels that were missed. Also used in messages.
    absent : {"skip", "zero", "raise"}, default="skip"
        What to do with a label that the score is not defined for: leave it out and name it in
        an AbsentLabelWarning, count it as 0, or raise. See `skmultitext.metrics`.

    Returns
    -------
    float, or ndarray of shape (n_labels,), dtype float64, with `average=None`
        In [0, 1]; 1 is best, 0.5 is chance.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or label sets come without
        `label_names`; the message names the parameter. Its subclass
        LabelError with `absent="raise"`.

    References
    ----------
    Fawcett (2006), "An introduction to ROC analysis", Pattern Recognition Letters 27(8),
    section 7; Mann and Whitney (1947), Annals of Mathematical Statistics 18(1).

    Examples
    --------
    >>> y_true = [[1, 0], [0, 1], [1, 0]]
    >>> y_score = [[0.9, 0.2], [0.8, 0.7], [0.4, 0.1]]
    >>> roc_auc(y_true, y_score)
    0.75
    """
    scored = _read(y_true, y_score, sample_weight, label_names, average, absent)
    if average == "micro":
        return _micro(_roc_auc, scored, absent, need_negative=True)
    scores, support, defined = _per_label(_roc_auc, scored, need_negative=True)
    return average_labels(
        scores,
        defined=defined,
        support=support,
        average=average,
        absent=absent,
        names=scored.names,
        lacking="positive or no negative",
    )


def _read(y_true, y_score, sample_weight, label_names, average, absent):
    check_choice("average", average, AVERAGES)
    check_choice("absent", absent, ABSENT)
    return read_scores(y_true, y_score, sample_weight, label_names)


def _per_label(measure, scored, *, need_negative):
    """Return each label's score (0 where not defined), its support, and where it is defined."""
    n_samples, n_labels = scored.truth.shape
    scores = np.zeros(n_labels)
    defined = np.zeros(n_labels, dtype=bool)
    size = max(1, _CHUNK // n_samples)
    for start in range(0, n_labels, size):
        # columns of a row-major matrix are read at cache speed only after this transposition
        columns = np.ascontiguousarray(scored.values[:, start : start + size].T)
        for j, column in enumerate(columns, start):
            positives = _positives(scored.truth, j)
            defined[j] = 0 < len(positives) < n_samples + (not need_negative)
            if defined[j]:
                scores[j] = measure(column, positives, scored.weight)
    return scores, scored.column_support(), defined


def _micro(measure, scored, absent, *, need_negative):
    """Score all pairs of document and label as one ranking."""
    n_labels = scored.truth.shape[1]
    rows, columns = scored.truth.nonzero()
    size = scored.values.size
    if not 0 < len(rows) < size + (not need_negative):
        return undefined(absent, "positive or no negative" if need_negative else "positive")
    weight = None if scored.weight is None else np.repeat(scored.weight, n_labels)
    positives = rows.astype(np.intp) * n_labels + columns
    return measure(np.ravel(scored.values), positives, weight)


def _positives(truth, j):
    if sp.issparse(truth):
        return truth.indices[truth.indptr[j] : truth.indptr[j + 1]]
    return np.flatnonzero(truth[:, j])


def _average_precision(scores, positives, weight):
    _, reached, above_hits, hits = _masses(scores, positives, weight)
    gained = hits - above_hits
    return float(min(1.0, (gained * hits / reached).sum() / gained.sum()))


def _roc_auc(scores, positives, weight):
    above, reached, above_hits, hits = _masses(scores, positives, weight)
    gained = hits - above_hits
    negatives = (len(scores) if weight is None else weight.sum()) - gained.sum()
    # negatives that a positive loses to, those of the same score by half
    lost = (above - above_hits + reached - hits) / 2
    return float(np.clip(1.0 - (gained * lost).sum() / (gained.sum() * negatives), 0.0, 1.0))


def _masses(scores, positives, weight):
    """Weigh what lies above, and at or above, each distinct score of a positive.

    Sorting alone finds this; positives are few, so that looking up only them is what makes
    a label cost one sort.

    Returns
    -------
    above, reached, above_hits, hits : ndarray of float64
        Weight of all documents above the score and at or above it, then of the positives.
    """
    falling = -scores
    rising_hits, counts = np.unique(falling[positives], return_counts=True)
    if weight is None:
        falling.sort()
        hits = np.cumsum(counts, dtype=np.float64)
        mass = None
    else:
        order = np.argsort(falling)
        falling = falling[order]
        hit_order = positives[np.argsort(-scores[positives])]
        hits = np.cumsum(weight[hit_order])[np.cumsum(counts) - 1]
        mass = np.concatenate([[0.0], np.cumsum(weight[order])])
    above = np.searchsorted(falling, rising_hits, side="left")
    reached = np.searchsorted(falling, rising_hits, side="right")
    if mass is not None:
        above, reached = mass[above], mass[reached]
    return above, reached, np.concatenate([[0.0], hits[:-1]]), hits
