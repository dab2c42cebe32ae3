"""Scores of probabilities: log loss, Brier score, calibration error."""

import numpy as np

from ._averages import check_choice
from ._inputs import read_probabilities


def log_loss(y_true, y_proba, *, sample_weight=None, label_names=None):
    """Mean binary cross-entropy over all pairs of document and label.

    scikit-learn's log_loss reads an indicator matrix as *one* multinomial per document: it
    sums -log p over the true labels, does not charge probability given to wrong labels, and
    warns that rows do not sum to one. A document without a label costs nothing there, and
    all probabilities at 1 would be perfect. Multi-label probabilities are one binary
    distribution per label, so that here both outcomes of each count.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
    y_proba : array-like of shape (n_samples, n_labels), dtype float, or list of arrays
        Probabilities in [0, 1]. A list holds one array (n_samples, 2) per label; one label
        may also come as (n_samples,) or (n_samples, 2).
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None weighs all alike.
    label_names : sequence of str of length n_labels, default=None
        The names of the columns. Needed where labels come as sets; a set may hold further
        names, which count as labels that were missed. Also used in messages.

    Returns
    -------
    float
        At least 0, in nats; 0 is best. Probabilities are kept away from 0 and 1 by the
        machine epsilon of their dtype, as in scikit-learn, so that the loss stays finite.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or label sets come without
        `label_names`; the message names the parameter.

    References
    ----------
    Good (1952), "Rational Decisions", Journal of the Royal Statistical Society B 14(1);
    Nam et al. (2014), "Large-scale Multi-label Text Classification", ECML, section 2.2.

    Examples
    --------
    >>> round(log_loss([[1, 0], [0, 0]], [[0.8, 0.1], [0.2, 0.5]]), 4)
    0.3112
    """
    scored = read_probabilities(y_true, y_proba, sample_weight, label_names)
    return scored.mean(row_log_losses(scored))


def brier(y_true, y_proba, *, sample_weight=None, label_names=None):
    """Mean squared difference of probability and outcome, over documents and labels.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
    y_proba : array-like of shape (n_samples, n_labels), dtype float, or list of arrays
        Probabilities in [0, 1]. A list holds one array (n_samples, 2) per label; one label
        may also come as (n_samples,) or (n_samples, 2).
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
    Brier (1950), "Verification of Forecasts Expressed in Terms of Probability", Monthly
    Weather Review 78(1), in the form for two outcomes (half of Brier's own).

    Examples
    --------
    >>> round(brier([[1, 0], [0, 0]], [[0.8, 0.1], [0.2, 0.5]]), 4)
    0.085
    """
    scored = read_probabilities(y_true, y_proba, sample_weight, label_names)
    return scored.mean(row_brier(scored))


def expected_calibration_error(
    y_true, y_proba, *, n_bins=10, average="macro", sample_weight=None, label_names=None
):
    """Mean gap, over bins of equal width, between mean probability and share of positives.

    Label-wise: each label has bins of its own, weighed by the documents in them.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
    y_proba : array-like of shape (n_samples, n_labels), dtype float, or list of arrays
        Probabilities in [0, 1]. A list holds one array (n_samples, 2) per label; one label
        may also come as (n_samples,) or (n_samples, 2).
    n_bins : int, default=10
        Number of bins, at least 1. Bin b holds b / n_bins <= p < (b + 1) / n_bins, the last
        one also p = 1.
    average : {"macro", "micro", None}, default="macro"
        Mean over labels, one set of bins for all pairs of document and label, or one error
        per label.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None weighs all alike.
    label_names : sequence of str of length n_labels, default=None
        The names of the columns. Needed where labels come as sets; a set may hold further
        names, which count as labels that were missed. Also used in messages.

    Returns
    -------
    float, or ndarray of shape (n_labels,), dtype float64, with `average=None`
        In [0, 1]; 0 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter holds what it must not, or label sets come without
        `label_names`; the message names the parameter.

    References
    ----------
    Naeini, Cooper and Hauskrecht (2015), "Obtaining Well Calibrated Probabilities Using
    Bayesian Binning", AAAI; Guo et al. (2017), "On Calibration of Modern Neural Networks".

    Examples
    --------
    >>> y_true, y_proba = [[1, 0], [0, 0]], [[0.8, 0.1], [0.8, 0.1]]
    >>> expected_calibration_error(y_true, y_proba, average=None)
    array([0.3, 0.1])
    """
    if isinstance(n_bins, bool) or not isinstance(n_bins, int | np.integer) or n_bins < 1:
        raise ValueError(f"n_bins must be an int of at least 1, got {n_bins!r}.")
    check_choice("average", average, ("macro", "micro", None))
    scored = read_probabilities(y_true, y_proba, sample_weight, label_names)
    gaps = _bin_gaps(scored, int(n_bins))
    if average == "micro":
        gaps = gaps.sum(axis=0, keepdims=True) / gaps.shape[0]
    errors = np.abs(gaps).sum(axis=1) / scored.total_weight()
    return errors if average is None else float(errors.mean())


def row_log_losses(scored):
    """Binary cross-entropy of each document, mean over its labels.

    Parameters
    ----------
    scored : Scored
        True labels and probabilities.

    Returns
    -------
    ndarray of shape (n_samples,), dtype float64
    """
    smallest = np.finfo(scored.values.dtype).eps
    rows = []
    for truth, proba, _ in scored.blocks():
        proba = proba.astype(np.float64, copy=False)
        of_outcome = np.where(truth, proba, 1 - proba)
        np.maximum(of_outcome, smallest, out=of_outcome)
        rows.append(-np.log(of_outcome, out=of_outcome).mean(axis=1))
    return np.concatenate(rows)


def row_brier(scored):
    """Squared difference of probability and outcome of each document, mean over its labels.

    Parameters
    ----------
    scored : Scored
        True labels and probabilities.

    Returns
    -------
    ndarray of shape (n_samples,), dtype float64
    """
    rows = []
    for truth, proba, _ in scored.blocks():
        gap = proba.astype(np.float64)
        gap -= truth
        rows.append(np.einsum("ij,ij->i", gap, gap) / gap.shape[1])
    return np.concatenate(rows)


def _bin_gaps(scored, n_bins):
    """Sum weight times (probability - outcome) by bin, of shape (n_labels, n_bins)."""
    n_labels = scored.truth.shape[1]
    gaps = np.zeros(n_labels * n_bins)
    for truth, proba, weight in scored.blocks():
        gap = proba.astype(np.float64)
        cells = np.minimum((gap * n_bins).astype(np.intp), n_bins - 1)
        cells += np.arange(n_labels) * n_bins
        gap -= truth
        if weight is not None:
            gap *= weight[:, None]
        gaps += np.bincount(cells.ravel(), gap.ravel(), minlength=len(gaps))
    return gaps.reshape(n_labels, n_bins)
