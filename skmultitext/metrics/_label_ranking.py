"""How well the scores of a document put its true labels before the others."""

import numpy as np

from ._inputs import read_scores
from ._ranks import rank_positives


def lrap(y_true, y_score, *, sample_weight=None, label_names=None):
    """Label ranking average precision.

    Mean, over the true labels of a document, of the share of true labels among those that
    score at least as high. A document without a label, or with all of them, has 1, as in
    scikit-learn's label_ranking_average_precision_score. Ties count at their worst rank.

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

    Returns
    -------
    float
        In (0, 1]; 1 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or label sets come without
        `label_names`; the message names the parameter.

    References
    ----------
    Schapire and Singer (2000), "BoosTexter", Machine Learning 39, section 4; Tsoumakas,
    Katakis and Vlahavas (2010), "Mining Multi-label Data", section 34.5.

    Examples
    --------
    >>> y_true = [[1, 0, 0], [0, 0, 1]]
    >>> y_score = [[0.75, 0.5, 1], [1, 0.2, 0.1]]
    >>> round(lrap(y_true, y_score), 3)
    0.417
    """
    scored = read_scores(y_true, y_score, sample_weight, label_names)
    ranks = rank_positives(scored)
    n_samples = scored.truth.shape[0]
    positive = np.bincount(ranks.rows, minlength=n_samples)
    precision = np.bincount(ranks.rows, ranks.hits / ranks.reached, minlength=n_samples)
    rows = np.ones(n_samples)
    return scored.mean(np.divide(precision, positive, out=rows, where=positive > 0))


def coverage_error(y_true, y_score, *, sample_weight=None, label_names=None):
    """How many labels, best first, one must read to meet all true ones.

    The worst rank of a true label, 0 for a document without one; ties count at their worst
    rank. As in scikit-learn, 1 more than in the reference.

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

    Returns
    -------
    float
        From 0 to n_labels; the mean number of labels per document is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or label sets come without
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
    scored = read_scores(y_true, y_score, sample_weight, label_names)
    ranks = rank_positives(scored)
    worst = np.zeros(scored.truth.shape[0])
    np.maximum.at(worst, ranks.rows, ranks.reached)
    return scored.mean(worst)


def ranking_loss(y_true, y_score, *, sample_weight=None, label_names=None):
    """Share of pairs of a true and another label that are in the wrong order.

    A tie counts as wrong. A document without a label, or with all of them, has 0; both as in
    scikit-learn's label_ranking_loss.

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

    Returns
    -------
    float
        In [0, 1]; 0 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or label sets come without
        `label_names`; the message names the parameter.

    References
    ----------
    Tsoumakas, Katakis and Vlahavas (2010), "Mining Multi-label Data", section 34.5.

    Examples
    --------
    >>> y_true = [[1, 0, 0], [0, 0, 1]]
    >>> y_score = [[0.75, 0.5, 1], [1, 0.2, 0.1]]
    >>> ranking_loss(y_true, y_score)
    0.75
    """
    scored = read_scores(y_true, y_score, sample_weight, label_names)
    ranks = rank_positives(scored)
    n_samples, n_labels = scored.truth.shape
    positive = np.bincount(ranks.rows, minlength=n_samples)
    wrong = np.bincount(ranks.rows, ranks.reached - ranks.hits, minlength=n_samples)
    pairs = positive * (n_labels - positive)
    return scored.mean(np.divide(wrong, pairs, out=np.zeros(n_samples), where=pairs > 0))
