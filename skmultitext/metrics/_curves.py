"""Average precision and area under the ROC curve."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._gate.parameters import check_choice
from .._gate.types import (
    AnyArray,
    BoolArray,
    FloatArray,
    LabelNames,
    Labels,
    Scores,
    Weights,
)
from ._averages import UNDEFINED, average_labels, undefined_score
from ._inputs import Scored, read_scores
from ._rankings import Masses, Ranking, SparseRankings

AVERAGES = ("micro", "macro", "weighted", None)
_CHUNK = 1 << 22  # scores that are copied into contiguous columns at a time


def average_precision_score(
    y_true: Labels,
    y_score: Scores,
    *,
    average: str | None = "macro",
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
    undefined: str = "skip",
) -> float | FloatArray:
    """Mean over the positives of the precision among all documents that score at least as high.

    Equals the sum over distinct scores of (R_n - R_{n-1}) P_n, as in scikit-learn: tied
    scores count together, and nothing is interpolated. Unlike scikit-learn's function, it leaves a
    label without a positive out of the mean instead of counting it as 0 (`undefined`).

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
        NaN in an indicator marks an unknown entry, which is ignored.
    y_score : array-like or sparse matrix of shape (n_samples, n_labels), or list of arrays
        Finite scores; only their order matters. Entries that a sparse matrix does not store are 0.
        A list has one array (n_samples, 2) per label; for one label (n_samples,) or (n_samples, 2)
        is legal too.
    average : {"micro", "macro", "weighted", None}, default="macro"
        "micro" ranks all pairs of document and label together; "macro" is the mean over
        labels; "weighted" weighs them by support; None gives one score per label.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required for label sets. A label set may contain other names
        too, which count as missed labels. Also used in messages.
    undefined : {"skip", "zero", "raise"}, default="skip"
        What to do with a label whose score is undefined: leave it out and name it in an
        AbsentLabelWarning, count it as 0, or raise. See `skmultitext.metrics`.

    Returns
    -------
    float, or ndarray of shape (n_labels,), dtype float64, with `average=None`
        In [0, 1]; 1 is best, and random scores get about the share of positives.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed without
        `label_names`; the message names the parameter. Its subclass
        LabelError with `undefined="raise"`.

    References
    ----------
    Davis and Goadrich (2006), "The Relationship Between Precision-Recall and ROC Curves",
    ICML; Zhu (2004), "Recall, Precision and Average Precision", University of Waterloo.

    Examples
    --------
    >>> y_true = [[1, 0], [0, 1], [1, 0]]
    >>> y_score = [[0.9, 0.2], [0.8, 0.7], [0.4, 0.1]]
    >>> round(average_precision_score(y_true, y_score), 3)
    0.917
    """
    scored = _read(y_true, y_score, sample_weight, label_names, average, undefined)
    return average_precision(scored, average, undefined)


def average_precision(scored: Scored, average: str | None, undefined: str) -> float | FloatArray:
    """Compute `average_precision_score` from checked input."""
    if average == "micro":
        return _micro(_average_precision, scored, undefined, need_negative=False)
    scores, support, _ = _per_label(_average_precision, scored, need_negative=False)
    return average_labels(
        scores,
        defined=support > 0,
        support=support,
        average=average,
        undefined=undefined,
        names=scored.names,
    )


def roc_auc_score(
    y_true: Labels,
    y_score: Scores,
    *,
    average: str | None = "macro",
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
    undefined: str = "skip",
) -> float | FloatArray:
    """Probability that a positive scores above a negative; ties count one half.

    Unlike scikit-learn's function, which then returns nan or raises an error, it leaves a label
    without a positive, or without a negative, out of the mean (`undefined`).

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
        NaN in an indicator marks an unknown entry, which is ignored.
    y_score : array-like or sparse matrix of shape (n_samples, n_labels), or list of arrays
        Finite scores; only their order matters. Entries that a sparse matrix does not store are 0.
        A list has one array (n_samples, 2) per label; for one label (n_samples,) or (n_samples, 2)
        is legal too.
    average : {"micro", "macro", "weighted", None}, default="macro"
        "micro" ranks all pairs of document and label together; "macro" is the mean over
        labels; "weighted" weighs them by support; None gives one score per label.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required for label sets. A label set may contain other names
        too, which count as missed labels. Also used in messages.
    undefined : {"skip", "zero", "raise"}, default="skip"
        What to do with a label whose score is undefined: leave it out and name it in an
        AbsentLabelWarning, count it as 0, or raise. See `skmultitext.metrics`.

    Returns
    -------
    float, or ndarray of shape (n_labels,), dtype float64, with `average=None`
        In [0, 1]; 1 is best, 0.5 is chance.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed without
        `label_names`; the message names the parameter. Its subclass
        LabelError with `undefined="raise"`.

    References
    ----------
    Fawcett (2006), "An introduction to ROC analysis", Pattern Recognition Letters 27(8),
    section 7; Mann and Whitney (1947), Annals of Mathematical Statistics 18(1).

    Examples
    --------
    >>> y_true = [[1, 0], [0, 1], [1, 0]]
    >>> y_score = [[0.9, 0.2], [0.8, 0.7], [0.4, 0.1]]
    >>> roc_auc_score(y_true, y_score)
    0.75
    """
    scored = _read(y_true, y_score, sample_weight, label_names, average, undefined)
    if average == "micro":
        return _micro(_roc_auc, scored, undefined, need_negative=True)
    scores, support, defined = _per_label(_roc_auc, scored, need_negative=True)
    return average_labels(
        scores,
        defined=defined,
        support=support,
        average=average,
        undefined=undefined,
        names=scored.names,
        lacking="positive or no negative",
    )


def _read(
    y_true: Labels,
    y_score: Scores,
    sample_weight: Weights,
    label_names: LabelNames | None,
    average: str | None,
    undefined: str,
) -> Scored:
    check_choice("average", average, AVERAGES)
    check_choice("undefined", undefined, UNDEFINED)
    return read_scores(y_true, y_score, sample_weight, label_names, allow_sparse=True)


def _per_label(
    measure: Callable[[Masses], Any], scored: Scored, *, need_negative: bool
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return each label's score (0 where undefined), its support, and whether it is defined."""
    n_labels = scored.truth.shape[1]
    scores = np.zeros(n_labels)
    defined = np.zeros(n_labels, dtype=bool)
    if sp.issparse(scored.values):
        rankings = SparseRankings(scored)
        n_positives = rankings.n_positives()
        defined = n_positives > 0
        if need_negative:
            defined &= n_positives < scored.n_known_documents()
        for labels, masses in rankings.per_label():
            scores[labels] = np.where(defined[labels], measure(masses), 0.0)
        return scores, scored.column_support(), defined
    for j, ranking in enumerate(_rankings(scored)):
        defined[j] = ranking.is_defined(need_negative=need_negative)
        if defined[j]:
            scores[j] = measure(ranking.masses())
    return scores, scored.column_support(), defined


def _rankings(scored: Scored) -> Iterator[Ranking]:
    """Yield the documents of each label, where it is known; scores are dense."""
    n_samples, n_labels = scored.truth.shape
    size = max(1, _CHUNK // n_samples)
    for start in range(0, n_labels, size):
        # reading the columns of a row-major matrix is slow: transpose a block of them
        columns = np.ascontiguousarray(scored.values[:, start : start + size].T)
        for j, column in enumerate(columns, start):
            positives, weight = _positives(scored.truth, j), scored.weight
            if scored.unknown is not None:
                known = scored.known_rows(j)
                column, positives = column[known], np.searchsorted(known, positives)
                weight = None if weight is None else weight[known]
            yield Ranking(column, positives, weight, len(column))


def _micro(
    measure: Callable[[Masses], Any], scored: Scored, undefined: str, *, need_negative: bool
) -> float:
    """Score all pairs of document and label as one ranking."""
    ranking = SparseRankings(scored).pooled() if sp.issparse(scored.values) else _pooled(scored)
    if not ranking.is_defined(need_negative=need_negative):
        return undefined_score(
            undefined, "positive or no negative" if need_negative else "positive"
        )
    return float(measure(ranking.masses()))


def _pooled(scored: Scored) -> Ranking:
    n_labels = scored.truth.shape[1]
    rows, columns = scored.truth.nonzero()
    values = np.ravel(scored.values)
    weight = None if scored.weight is None else np.repeat(scored.weight, n_labels)
    positives = rows.astype(np.intp) * n_labels + columns
    if scored.unknown is not None:
        known = np.flatnonzero(scored.known_entries(slice(None)))
        values, positives = values[known], np.searchsorted(known, positives)
        weight = None if weight is None else weight[known]
    return Ranking(values, positives, weight, len(values))


def _positives(truth: Any, j: int) -> AnyArray:
    if sp.issparse(truth):
        return truth.indices[truth.indptr[j] : truth.indptr[j + 1]]
    return np.flatnonzero(truth[:, j])


def _average_precision(masses: Masses) -> Any:
    gained = masses.gained
    precision = (gained * masses.hits / masses.reached).sum(axis=-1) / gained.sum(axis=-1)
    return np.minimum(1.0, precision)


def _roc_auc(masses: Masses) -> Any:
    above, reached, above_hits, hits, gained, total = masses
    negatives = total - gained.sum(axis=-1)
    # negatives that score above a positive; ties count one half
    lost = (above - above_hits + reached - hits) / 2
    pairs = gained.sum(axis=-1) * negatives
    share = np.divide(
        (gained * lost).sum(axis=-1), pairs, out=np.zeros_like(pairs), where=pairs > 0
    )
    return np.clip(1.0 - share, 0.0, 1.0)
