"""Scores of rankings: whether a document's true labels rank above its other labels."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.sparse as sp

from .._gate.samples import entry_rows
from .._gate.types import AnyArray, FloatArray, IntArray, LabelNames, Labels, Scores, Weights
from ._inputs import Scored, read_scores


def label_ranking_average_precision_score(
    y_true: Labels,
    y_score: Scores,
    *,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
) -> float:
    """Label ranking average precision.

    For each true label of a document: the share of true labels among the labels that score at
    least as high; averaged over the true labels. A document without a label, or with all labels,
    has 1, as in scikit-learn's label_ranking_average_precision_score. Ties count at their worst
    rank.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
        Labels that are unknown (NaN in an indicator) are left out of the ranking.
    y_score : array-like or sparse matrix of shape (n_samples, n_labels), or list of arrays
        Finite scores; only their order matters. Entries that a sparse matrix does not store are 0.
        A list has one array (n_samples, 2) per label; for one label (n_samples,) or (n_samples, 2)
        is legal too.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required for label sets. A label set may contain other names
        too, which count as missed labels. Also used in messages.

    Returns
    -------
    float
        In (0, 1]; 1 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed without
        `label_names`; the message names the parameter.

    References
    ----------
    Schapire and Singer (2000), "BoosTexter", Machine Learning 39, section 4; Tsoumakas,
    Katakis and Vlahavas (2010), "Mining Multi-label Data", section 34.5.

    Examples
    --------
    >>> y_true = [[1, 0, 0], [0, 0, 1]]
    >>> y_score = [[0.75, 0.5, 1], [1, 0.2, 0.1]]
    >>> round(label_ranking_average_precision_score(y_true, y_score), 3)
    0.417
    """
    scored = read_scores(y_true, y_score, sample_weight, label_names, allow_sparse=True)
    ranks = rank_positives(scored)
    n_samples = scored.truth.shape[0]
    positive = np.bincount(ranks.rows, minlength=n_samples)
    precision = np.bincount(ranks.rows, ranks.hits / ranks.reached, minlength=n_samples)
    rows = np.ones(n_samples)
    return scored.mean(np.divide(precision, positive, out=rows, where=positive > 0))


def coverage_error(
    y_true: Labels,
    y_score: Scores,
    *,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
) -> float:
    """Count the labels, from the highest score down, that are needed to cover all true labels.

    This is the worst rank of a true label, 0 for a document without labels; ties count at their
    worst rank. As in scikit-learn, it is 1 more than in the reference.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
        Labels that are unknown (NaN in an indicator) are left out of the ranking.
    y_score : array-like or sparse matrix of shape (n_samples, n_labels), or list of arrays
        Finite scores; only their order matters. Entries that a sparse matrix does not store are 0.
        A list has one array (n_samples, 2) per label; for one label (n_samples,) or (n_samples, 2)
        is legal too.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required for label sets. A label set may contain other names
        too, which count as missed labels. Also used in messages.

    Returns
    -------
    float
        From 0 to n_labels; the mean number of labels per document is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed without
        `label_names`; the message names the parameter.

    References
    ----------
    Tsoumakas, Katakis and Vlahavas (2010), "Mining Multi-label Data", section 34.5.

    Examples
    --------
    >>> y_true = [[1, 0, 0], [0, 0, 1]]
    >>> y_score = [[0.75, 0.5, 1], [1, 0.2, 0.1]]
    >>> coverage_error(y_true, y_score)
    2.5
    """
    scored = read_scores(y_true, y_score, sample_weight, label_names, allow_sparse=True)
    ranks = rank_positives(scored)
    worst = np.zeros(scored.truth.shape[0])
    np.maximum.at(worst, ranks.rows, ranks.reached)
    return scored.mean(worst)


def label_ranking_loss(
    y_true: Labels,
    y_score: Scores,
    *,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
) -> float:
    """Share of pairs of a true and a false label that are ranked in the wrong order.

    As in scikit-learn's label_ranking_loss, a tie counts as wrong, and a document without a label,
    or with all labels, has 0.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
        Labels that are unknown (NaN in an indicator) are left out of the ranking.
    y_score : array-like or sparse matrix of shape (n_samples, n_labels), or list of arrays
        Finite scores; only their order matters. Entries that a sparse matrix does not store are 0.
        A list has one array (n_samples, 2) per label; for one label (n_samples,) or (n_samples, 2)
        is legal too.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required for label sets. A label set may contain other names
        too, which count as missed labels. Also used in messages.

    Returns
    -------
    float
        In [0, 1]; 0 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed without
        `label_names`; the message names the parameter.

    References
    ----------
    Tsoumakas, Katakis and Vlahavas (2010), "Mining Multi-label Data", section 34.5.

    Examples
    --------
    >>> y_true = [[1, 0, 0], [0, 0, 1]]
    >>> y_score = [[0.75, 0.5, 1], [1, 0.2, 0.1]]
    >>> label_ranking_loss(y_true, y_score)
    0.75
    """
    scored = read_scores(y_true, y_score, sample_weight, label_names, allow_sparse=True)
    ranks = rank_positives(scored)
    n_samples = scored.truth.shape[0]
    positive = np.bincount(ranks.rows, minlength=n_samples)
    wrong = np.bincount(ranks.rows, ranks.reached - ranks.hits, minlength=n_samples)
    pairs = positive * (scored.n_known() - positive)
    return scored.mean(np.divide(wrong, pairs, out=np.zeros(n_samples), where=pairs > 0))


@dataclass(frozen=True, eq=False)
class Ranks:
    """One entry per pair of document and true label."""

    rows: IntArray  # the document
    columns: IntArray  # the label
    above: IntArray  # labels of the document that score higher
    reached: IntArray  # labels that score at least as high
    hits: IntArray  # true labels that score at least as high

    def in_top(self, k: AnyArray) -> FloatArray:
        """Probability of each label to be among the first k[document], over all orders of ties."""
        return np.clip((k[self.rows] - self.above) / (self.reached - self.above), 0.0, 1.0)


def rank_positives(scored: Scored) -> Ranks:
    """Rank the true labels."""
    if sp.issparse(scored.values):
        return _rank_sparse(scored)
    parts, start = [], 0
    for truth, scores, _ in scored.blocks():
        rows, columns = np.nonzero(truth)
        falling = -scores
        sought = falling[rows, columns]
        falling.sort(axis=1)
        starts = rows * falling.shape[1]
        ends = starts + falling.shape[1]
        above = _search(falling.ravel(), starts, ends, sought, side="left")
        reached = _search(falling.ravel(), starts, ends, sought, side="right")
        parts.append((rows + start, columns, above, reached, _hits(rows, reached)))
        start += len(scores)
    return Ranks(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _rank_sparse(scored: Scored) -> Ranks:
    """Rank the true labels by sparse scores, in time of the entries that are stored."""
    scores = scored.values
    n_labels, n_scored = scored.truth.shape[1], scores.shape[1]
    row_of_entry = entry_rows(scores)
    falling = -scores.data
    falling = falling[np.lexsort((falling, row_of_entry))]
    rows, columns, sought = scored.positive_scores()
    starts, ends = scores.indptr[rows].astype(np.intp), scores.indptr[rows + 1].astype(np.intp)
    not_stored = n_scored - (ends - starts)  # these score 0
    above = _search(falling, starts, ends, -sought, side="left") + not_stored * (sought < 0)
    reached = _search(falling, starts, ends, -sought, side="right") + not_stored * (sought <= 0)
    unseen = columns >= n_scored
    above[unseen], reached[unseen] = n_scored, n_labels
    return Ranks(rows, columns, above, reached, _hits(rows, reached))


def _search(
    ascending: AnyArray,
    starts: IntArray,
    ends: IntArray,
    sought: AnyArray,
    side: Literal["left", "right"],
) -> AnyArray:
    """Apply `np.searchsorted` in one part of an array per value, by bisection of all at once.

    Places are counted from the start of the part.
    """
    low, high = starts.copy(), ends.copy()
    while (low < high).any():
        middle = (low + high) // 2
        # a finished search may point one past the end
        probe = ascending[np.minimum(middle, len(ascending) - 1)]
        before = (probe < sought) if side == "left" else (probe <= sought)
        before &= low < high
        low = np.where(before, middle + 1, low)
        high = np.where(before, high, np.minimum(high, middle))
    return low - starts


def _hits(rows: AnyArray, reached: AnyArray) -> AnyArray:
    """Count, for each positive, the positives of its row with the same or a better rank."""
    order = np.lexsort((reached, rows))
    row, rank = rows[order], reached[order]
    position = np.arange(len(rows))
    new_row = np.concatenate([[True], row[1:] != row[:-1]])[: len(rows)]
    first = np.maximum.accumulate(np.where(new_row, position, 0))
    ends = np.concatenate([(row[1:] != row[:-1]) | (rank[1:] != rank[:-1]), [True]])[: len(rows)]
    # tied labels share the last of their positions
    last = np.minimum.accumulate(np.where(ends, position, len(rows))[::-1])[::-1]
    hits = np.empty(len(rows), dtype=np.intp)
    hits[order] = last - first + 1
    return hits
