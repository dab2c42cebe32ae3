"""Precision, recall, R-precision and nDCG of the k labels that score highest.

Tied scores: every function gives the mean over all orders of the labels that tie, computed in
closed form, so that neither the order of the columns nor a constant score is an advantage.
"""

import numpy as np

from ._averages import check_choice, undefined
from ._inputs import read_scores
from ._ranks import rank_positives


def precision_at_k(y_true, y_score, *, k=5, sample_weight=None, label_names=None):
    """Share of true labels among the k that score highest.

    Ties count by their expected value over all orders of the tied labels. A document with fewer
    than k true labels cannot reach 1; one without any has 0.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
    y_score : array-like of shape (n_samples, n_labels), dtype float, or list of arrays
        Finite scores; only their order counts. A list holds one array (n_samples, 2) per
        label; one label may also come as (n_samples,) or (n_samples, 2).
    k : int, default=5
        Number of labels looked at, from 1 to n_labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None weighs all alike.
    label_names : sequence of str of length n_labels, default=None
        The names of the columns. Needed where labels come as sets; a set may hold further
        names, which count as labels that were missed. Also used in messages.

    Returns
    -------
    float
        In [0, 1]; 1 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or label sets come without
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
    scored = read_scores(y_true, y_score, sample_weight, label_names)
    _check_k(k, scored)
    return scored.mean(_expected_hits(scored, k) / k)


def recall_at_k(y_true, y_score, *, k=5, sample_weight=None, label_names=None, empty="skip"):
    """Share of the true labels that are among the k that score highest.

    Ties count by their expected value over all orders of the tied labels.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
    y_score : array-like of shape (n_samples, n_labels), dtype float, or list of arrays
        Finite scores; only their order counts. A list holds one array (n_samples, 2) per
        label; one label may also come as (n_samples,) or (n_samples, 2).
    k : int, default=5
        Number of labels looked at, from 1 to n_labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None weighs all alike.
    label_names : sequence of str of length n_labels, default=None
        The names of the columns. Needed where labels come as sets; a set may hold further
        names, which count as labels that were missed. Also used in messages.
    empty : {"skip", "zero"}, default="skip"
        What to do with a document without a label: leave it out, or count it as 0.

    Returns
    -------
    float
        In [0, 1]; 1 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or label sets come without
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
    scored = read_scores(y_true, y_score, sample_weight, label_names)
    _check_k(k, scored)
    positive = _positives_per_row(scored)
    return _mean_of_labelled(scored, _expected_hits(scored, k), positive, positive, empty)


def r_precision(y_true, y_score, *, sample_weight=None, label_names=None, empty="skip"):
    """Precision among the r that score highest, r being the document's number of true labels.

    Ties count by their expected value over all orders of the tied labels. At r, precision and
    recall are the same.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
    y_score : array-like of shape (n_samples, n_labels), dtype float, or list of arrays
        Finite scores; only their order counts. A list holds one array (n_samples, 2) per
        label; one label may also come as (n_samples,) or (n_samples, 2).
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None weighs all alike.
    label_names : sequence of str of length n_labels, default=None
        The names of the columns. Needed where labels come as sets; a set may hold further
        names, which count as labels that were missed. Also used in messages.
    empty : {"skip", "zero"}, default="skip"
        What to do with a document without a label: leave it out, or count it as 0.

    Returns
    -------
    float
        In [0, 1]; 1 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or label sets come without
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
    scored = read_scores(y_true, y_score, sample_weight, label_names)
    positive = _positives_per_row(scored)
    hits = _expected_hits(scored, np.maximum(positive, 1))
    return _mean_of_labelled(scored, hits, positive, positive, empty)


def ndcg_at_k(y_true, y_score, *, k=5, sample_weight=None, label_names=None, empty="skip"):
    """Normalised discounted cumulative gain of the k labels that score highest.

    Gain 1 for a true label, discount 1 / log2(rank + 1), divided by the best that the document
    allows. Ties count by their expected value over all orders of the tied labels.
    With `empty="zero"` this equals scikit-learn's ndcg_score.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
    y_score : array-like of shape (n_samples, n_labels), dtype float, or list of arrays
        Finite scores; only their order counts. A list holds one array (n_samples, 2) per
        label; one label may also come as (n_samples,) or (n_samples, 2).
    k : int or None, default=5
        Number of labels looked at, from 1 to n_labels; None for all.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None weighs all alike.
    label_names : sequence of str of length n_labels, default=None
        The names of the columns. Needed where labels come as sets; a set may hold further
        names, which count as labels that were missed. Also used in messages.
    empty : {"skip", "zero"}, default="skip"
        What to do with a document without a label: leave it out, or count it as 0.

    Returns
    -------
    float
        In [0, 1]; 1 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or label sets come without
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
    scored = read_scores(y_true, y_score, sample_weight, label_names)
    n_samples, n_labels = scored.truth.shape
    if k is not None:
        _check_k(k, scored)
    ranks = rank_positives(scored)
    # gained[r]: the discounts of ranks 1 to r, none behind rank k
    discounts = 1 / np.log2(np.arange(2, n_labels + 2))
    discounts[n_labels if k is None else k :] = 0
    gained = np.concatenate([[0.0], np.cumsum(discounts)])
    tied = ranks.reached - ranks.above
    gain = (gained[ranks.reached] - gained[ranks.above]) / tied
    dcg = np.bincount(ranks.rows, gain, minlength=n_samples)
    positive = _positives_per_row(scored)
    return _mean_of_labelled(scored, dcg, gained[positive], positive, empty)


def _check_k(k, scored):
    n_labels = scored.truth.shape[1]
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= n_labels:
        raise ValueError(f"k must be an int from 1 to the {n_labels} labels, got {k!r}.")


def _positives_per_row(scored):
    """Count the true labels of each document."""
    return np.asarray(scored.truth.sum(axis=1, dtype=np.int64)).ravel()


def _expected_hits(scored, k):
    """Count the true labels among the k that score highest; ties by their expected value."""
    n_samples, n_labels = scored.truth.shape
    k = np.broadcast_to(k, n_samples)
    hits, start = [], 0
    for truth, scores, _ in scored.blocks():
        wanted = k[start : start + len(scores), None]
        start += len(scores)
        # the k-th largest score of each row: all above it are in, those equal share the rest
        cut = np.take_along_axis(np.sort(scores, axis=1), n_labels - wanted, axis=1)
        above, tied = scores > cut, scores == cut
        share = (wanted - _row_sums(above)) / _row_sums(tied)
        hits.append(_row_sums(above & truth) + share * _row_sums(tied & truth))
    return np.concatenate(hits)[:, 0]


def _row_sums(marks):
    return marks.view(np.uint8).sum(axis=1, dtype=np.int64)[:, None]


def _mean_of_labelled(scored, numerator, denominator, positive, empty):
    """Average a ratio over the documents that have a label, or over all."""
    check_choice("empty", empty, ("skip", "zero"))
    ratio = np.zeros(len(positive))
    np.divide(numerator, denominator, out=ratio, where=positive > 0)
    if empty == "zero":
        return scored.mean(ratio)
    labelled = positive > 0
    if not labelled.any():
        return undefined("skip")
    weight = None if scored.weight is None else scored.weight[labelled]
    return float(np.average(ratio[labelled], weights=weight))
