"""Precision, recall, R-precision and nDCG of the k labels that score highest.

For tied scores, every function returns the mean over all orders of the tied labels, computed in
closed form, so that neither the order of the columns nor a constant score is an advantage.
"""

import numpy as np
import scipy.sparse as sp

from .._gate.parameters import check_choice
from .._gate.types import (
    AnyArray,
    BoolArray,
    FloatArray,
    IntArray,
    LabelNames,
    Labels,
    Scores,
    Weights,
)
from .._runtime.messages import shown
from ._averages import undefined_score
from ._inputs import Scored, read_scores
from ._label_ranking import rank_positives


def precision_at_k(
    y_true: Labels,
    y_score: Scores,
    *,
    k: int = 5,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
) -> float:
    """Share of true labels among the k labels with the highest scores.

    Ties count by their expected value over all orders of the tied labels. A document with fewer
    than k true labels cannot reach 1; a document without labels has 0. Where fewer than k labels
    of a document are known, all of these are considered.

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
    k : int, default=5
        Number of top labels to consider, from 1 to n_labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required for label sets. A label set may contain other names
        too, which count as missed labels. Also used in messages.

    Returns
    -------
    float
        In [0, 1]; 1 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed without
        `label_names`; the message names the parameter.

    References
    ----------
    Manning, Raghavan and Schuetze (2008), "Introduction to Information Retrieval", section
    8.4; ties: McSherry and Najork (2008), "Computing Information Retrieval Performance
    Measures Efficiently in the Presence of Tied Scores", ECIR.

    Examples
    --------
    >>> y_true = [[1, 0, 1, 0], [0, 1, 0, 0]]
    >>> y_score = [[0.9, 0.8, 0.1, 0.3], [0.2, 0.4, 0.3, 0.3]]
    >>> precision_at_k(y_true, y_score, k=2)
    0.5
    """
    scored = read_scores(y_true, y_score, sample_weight, label_names, allow_sparse=True)
    check_k(k, scored)
    looked_at = k if scored.unknown is None else np.minimum(k, scored.n_known())
    return scored.mean(_expected_hits(scored, looked_at) / looked_at)


def recall_at_k(
    y_true: Labels,
    y_score: Scores,
    *,
    k: int = 5,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
    undefined: str = "skip",
) -> float:
    """Share of the true labels that are among the k labels with the highest scores.

    Ties count by their expected value over all orders of the tied labels.

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
    k : int, default=5
        Number of top labels to consider, from 1 to n_labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required for label sets. A label set may contain other names
        too, which count as missed labels. Also used in messages.
    undefined : {"skip", "zero"}, default="skip"
        What to do with a document without a label: leave it out, or count it as 0.

    Returns
    -------
    float
        In [0, 1]; 1 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed without
        `label_names`; the message names the parameter.

    References
    ----------
    Manning, Raghavan and Schuetze (2008), "Introduction to Information Retrieval", section
    8.4; ties: McSherry and Najork (2008), "Computing Information Retrieval Performance
    Measures Efficiently in the Presence of Tied Scores", ECIR.

    Examples
    --------
    >>> y_true = [[1, 0, 1, 0], [0, 1, 0, 0]]
    >>> y_score = [[0.9, 0.8, 0.1, 0.3], [0.2, 0.4, 0.3, 0.3]]
    >>> recall_at_k(y_true, y_score, k=2)
    0.75
    """
    scored = read_scores(y_true, y_score, sample_weight, label_names, allow_sparse=True)
    check_k(k, scored)
    positive = _positives_per_row(scored)
    return _mean_of_labelled(scored, _expected_hits(scored, k), positive, positive, undefined)


def r_precision(
    y_true: Labels,
    y_score: Scores,
    *,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
    undefined: str = "skip",
) -> float:
    """Precision among the r labels with the highest scores; r is the number of true labels.

    Ties count by their expected value over all orders of the tied labels. At r, precision and
    recall are equal.

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
    undefined : {"skip", "zero"}, default="skip"
        What to do with a document without a label: leave it out, or count it as 0.

    Returns
    -------
    float
        In [0, 1]; 1 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed without
        `label_names`; the message names the parameter.

    References
    ----------
    Manning, Raghavan and Schuetze (2008), "Introduction to Information Retrieval", section
    8.4; ties: McSherry and Najork (2008), "Computing Information Retrieval Performance
    Measures Efficiently in the Presence of Tied Scores", ECIR.

    Examples
    --------
    >>> y_true = [[1, 0, 1, 0], [0, 1, 0, 0]]
    >>> y_score = [[0.9, 0.8, 0.1, 0.3], [0.2, 0.4, 0.3, 0.3]]
    >>> r_precision(y_true, y_score)
    0.75
    """
    scored = read_scores(y_true, y_score, sample_weight, label_names, allow_sparse=True)
    positive = _positives_per_row(scored)
    hits = _expected_hits(scored, np.maximum(positive, 1))
    return _mean_of_labelled(scored, hits, positive, positive, undefined)


def ndcg_at_k(
    y_true: Labels,
    y_score: Scores,
    *,
    k: int | None = 5,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
    undefined: str = "skip",
) -> float:
    """Normalised discounted cumulative gain of the k labels with the highest scores.

    The gain is 1 for a true label, the discount 1 / log2(rank + 1); the sum is divided by the
    highest that the document allows. Ties count by their expected value over all orders of the
    tied labels.
    With `undefined="zero"` this equals scikit-learn's ndcg_score.

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
    k : int or None, default=5
        Number of top labels to consider, from 1 to n_labels; None for all.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required for label sets. A label set may contain other names
        too, which count as missed labels. Also used in messages.
    undefined : {"skip", "zero"}, default="skip"
        What to do with a document without a label: leave it out, or count it as 0.

    Returns
    -------
    float
        In [0, 1]; 1 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed without
        `label_names`; the message names the parameter.

    References
    ----------
    Jarvelin and Kekalainen (2002), "Cumulated gain-based evaluation of IR techniques", ACM
    TOIS 20(4); ties: McSherry and Najork (2008), ECIR.

    Examples
    --------
    >>> y_true = [[1, 0, 1, 0], [0, 1, 0, 0]]
    >>> y_score = [[0.9, 0.8, 0.1, 0.3], [0.2, 0.4, 0.3, 0.3]]
    >>> round(ndcg_at_k(y_true, y_score, k=2), 3)
    0.807
    """
    scored = read_scores(y_true, y_score, sample_weight, label_names, allow_sparse=True)
    n_samples, n_labels = scored.truth.shape
    if k is not None:
        check_k(k, scored)
    ranks = rank_positives(scored)
    # gained[r]: the sum of the discounts of ranks 1 to r; they are 0 after rank k
    discounts = 1 / np.log2(np.arange(2, n_labels + 2))
    discounts[n_labels if k is None else k :] = 0
    gained = np.concatenate([[0.0], np.cumsum(discounts)])
    tied = ranks.reached - ranks.above
    gain = (gained[ranks.reached] - gained[ranks.above]) / tied
    dcg = np.bincount(ranks.rows, gain, minlength=n_samples)
    positive = _positives_per_row(scored)
    return _mean_of_labelled(scored, dcg, gained[positive], positive, undefined)


def check_k(k: int, scored: Scored) -> None:
    """Refuse a `k` that is not an integer from 1 to the number of labels."""
    n_labels = scored.truth.shape[1]
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= n_labels:
        raise ValueError(f"k must be an int from 1 to the {n_labels} labels, got {shown(k)}.")


def _positives_per_row(scored: Scored) -> IntArray:
    """Count the true labels of each document."""
    return np.asarray(scored.truth.sum(axis=1, dtype=np.int64)).ravel()


def _expected_hits(scored: Scored, k: int | AnyArray) -> FloatArray:
    """Count the true labels among the k that score highest; ties by their expected value."""
    n_samples, n_labels = scored.truth.shape
    k = np.broadcast_to(k, n_samples)
    if sp.issparse(scored.values):
        ranks = rank_positives(scored)
        return np.bincount(ranks.rows, ranks.in_top(k), minlength=n_samples).astype(np.float64)
    hits, start = [], 0
    for truth, scores, _ in scored.blocks():
        wanted = k[start : start + len(scores), None]
        start += len(scores)
        # labels above the k-th largest score are among the k; labels tied with it share the rest
        cut = np.take_along_axis(np.sort(scores, axis=1), n_labels - wanted, axis=1)
        above, tied = scores > cut, scores == cut
        share = (wanted - _row_sums(above)) / _row_sums(tied)
        hits.append(_row_sums(above & truth) + share * _row_sums(tied & truth))
    return np.concatenate(hits)[:, 0]


def _row_sums(marks: BoolArray) -> IntArray:
    return marks.view(np.uint8).sum(axis=1, dtype=np.int64)[:, None]


def _mean_of_labelled(
    scored: Scored, numerator: AnyArray, denominator: AnyArray, positive: IntArray, undefined: str
) -> float:
    """Average a ratio over the documents that have a label, or over all."""
    check_choice("undefined", undefined, ("skip", "zero"))
    ratio = np.zeros(len(positive))
    np.divide(numerator, denominator, out=ratio, where=positive > 0)
    if undefined == "zero":
        return scored.mean(ratio)
    labelled = positive > 0
    if not labelled.any():
        return undefined_score("skip")
    weight = None if scored.weight is None else scored.weight[labelled]
    return float(np.average(ratio[labelled], weights=weight))
