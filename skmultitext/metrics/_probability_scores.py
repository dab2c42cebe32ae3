"""Scores of probabilities: log loss, Brier score, calibration error."""

import numpy as np
import scipy.sparse as sp

from .._gate.parameters import check_choice, check_int
from .._gate.types import FloatArray, IntArray, LabelNames, Labels, Scores, Weights
from ._inputs import Scored, read_probabilities


def log_loss(
    y_true: Labels,
    y_proba: Scores,
    *,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
) -> float:
    """Mean binary cross-entropy over all pairs of document and label.

    scikit-learn's log_loss reads an indicator matrix as *one* multinomial distribution per
    document: it sums -log p over the true labels, ignores the probabilities of all other labels,
    and warns that rows do not sum to one. So a document without a label has loss 0, and
    probabilities of 1 for all labels are perfect. This function takes multi-label probabilities as
    one binary distribution per label, and counts both outcomes.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
        NaN in an indicator marks an unknown entry, which is ignored.
    y_proba : array-like or sparse matrix of shape (n_samples, n_labels), or list of arrays
        Probabilities in [0, 1]; those that a sparse matrix does not store are 0. A list has one
        array (n_samples, 2) per label; for one label (n_samples,) or (n_samples, 2) is legal too.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required for label sets. A label set may contain other names
        too, which count as missed labels. Also used in messages.

    Returns
    -------
    float
        At least 0, in nats; 0 is best. As in scikit-learn, probabilities are clipped to
        [eps, 1 - eps], with eps the machine epsilon of their dtype, so that the loss is finite.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed without
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
    scored = read_probabilities(y_true, y_proba, sample_weight, label_names, allow_sparse=True)
    return scored.mean(row_log_losses(scored)) / scored.known_share()


def brier_score_loss(
    y_true: Labels,
    y_proba: Scores,
    *,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
) -> float:
    """Mean squared difference of probability and outcome, over documents and labels.

    scikit-learn's function takes a single label, or exclusive classes.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
        NaN in an indicator marks an unknown entry, which is ignored.
    y_proba : array-like or sparse matrix of shape (n_samples, n_labels), or list of arrays
        Probabilities in [0, 1]; those that a sparse matrix does not store are 0. A list has one
        array (n_samples, 2) per label; for one label (n_samples,) or (n_samples, 2) is legal too.
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
    Brier (1950), "Verification of Forecasts Expressed in Terms of Probability", Monthly
    Weather Review 78(1), in the form for two outcomes (half of Brier's own).

    Examples
    --------
    >>> round(brier_score_loss([[1, 0], [0, 0]], [[0.8, 0.1], [0.2, 0.5]]), 4)
    0.085
    """
    scored = read_probabilities(y_true, y_proba, sample_weight, label_names, allow_sparse=True)
    return scored.mean(row_brier(scored)) / scored.known_share()


def expected_calibration_error(
    y_true: Labels,
    y_proba: Scores,
    *,
    n_bins: int = 10,
    average: str | None = "macro",
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
) -> float | FloatArray:
    """Mean difference, over bins of equal width, of mean probability and share of positives.

    Each label has its own bins, which are weighted by the number of their documents.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
        NaN in an indicator marks an unknown entry, which is ignored.
    y_proba : array-like or sparse matrix of shape (n_samples, n_labels), or list of arrays
        Probabilities in [0, 1], dtype float; those that a sparse matrix does not store are 0. A
        list has one array (n_samples, 2) per label; for one label (n_samples,) or (n_samples, 2)
        is legal too.
    n_bins : int, default=10
        Number of bins, at least 1. Bin b contains b / n_bins <= p < (b + 1) / n_bins; the last
        bin also contains p = 1.
    average : {"macro", "micro", None}, default="macro"
        Mean over labels, one set of bins for all pairs of document and label, or one error
        per label.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required for label sets. A label set may contain other names
        too, which count as missed labels. Also used in messages.

    Returns
    -------
    float, or ndarray of shape (n_labels,), dtype float64, with `average=None`
        In [0, 1]; 0 is best.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed without
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
    check_int("n_bins", n_bins)
    check_choice("average", average, ("macro", "micro", None))
    scored = read_probabilities(y_true, y_proba, sample_weight, label_names, allow_sparse=True)
    gaps = _bin_gaps(scored, int(n_bins))
    if average == "micro":
        gaps = gaps.sum(axis=0, keepdims=True) / gaps.shape[0]
        return float(np.abs(gaps).sum() / scored.total_weight() / scored.known_share())
    weight = scored.known_weight()
    errors = np.full(len(weight), np.nan)
    np.divide(np.abs(gaps).sum(axis=1), weight, out=errors, where=weight > 0)
    return errors if average is None else float(errors[weight > 0].mean())


def row_log_losses(scored: Scored) -> FloatArray:
    """Binary cross-entropy of each document, mean over all labels; 0 where unknown."""
    smallest = np.finfo(scored.values.dtype).eps
    if sp.issparse(scored.values):
        return _sparse_log_losses(scored, smallest)
    rows = []
    for truth, proba, _ in scored.blocks():
        proba = proba.astype(np.float64, copy=False)
        of_outcome = np.where(truth, proba, 1 - proba)
        np.maximum(of_outcome, smallest, out=of_outcome)
        rows.append(-np.log(of_outcome, out=of_outcome).mean(axis=1))
    return np.concatenate(rows)


def row_brier(scored: Scored) -> FloatArray:
    """Squared difference of probability and outcome, mean over all labels; 0 where unknown."""
    if sp.issparse(scored.values):
        n_samples, n_labels = scored.truth.shape
        true_rows, _, proba = scored.positive_scores()
        sums = np.bincount(true_rows, 1 - 2 * proba.astype(np.float64), minlength=n_samples)
        return (sums + scored.values.astype(np.float64).power(2).sum(axis=1)) / n_labels
    rows = []
    for truth, proba, _ in scored.blocks():
        gap = proba.astype(np.float64)
        gap -= truth
        rows.append(np.einsum("ij,ij->i", gap, gap) / gap.shape[1])
    return np.concatenate(rows)


def _sparse_log_losses(scored: Scored, smallest: float) -> FloatArray:
    n_samples, n_labels = scored.truth.shape

    def loss(proba: FloatArray) -> FloatArray:
        return -np.log(np.maximum(proba, smallest))

    # entries that are not stored have the loss 0, unless they are positive
    negative = scored.values.astype(np.float64)
    negative.data = loss(1 - negative.data)
    rows, _, proba = scored.positive_scores()
    proba = proba.astype(np.float64)
    positive = np.bincount(rows, loss(proba) - loss(1 - proba), minlength=n_samples)
    return (negative.sum(axis=1) + positive) / n_labels


def _bin_gaps(scored: Scored, n_bins: int) -> FloatArray:
    """Sum weight times (probability - outcome) in each bin: shape (n_labels, n_bins)."""
    n_labels = scored.truth.shape[1]
    if sp.issparse(scored.values):
        return _sparse_bin_gaps(scored, n_bins)
    gaps = np.zeros(n_labels * n_bins)
    for truth, proba, weight in scored.blocks():
        gap = proba.astype(np.float64)
        cells = _equal_bins(gap, n_bins) + np.arange(n_labels) * n_bins
        gap -= truth
        if weight is not None:
            gap *= weight[:, None]
        gaps += np.bincount(cells.ravel(), gap.ravel(), minlength=len(gaps))
    return gaps.reshape(n_labels, n_bins)


def _sparse_bin_gaps(scored: Scored, n_bins: int) -> FloatArray:
    # a negative that is not stored has no gap
    n_labels = scored.truth.shape[1]
    stored = scored.values.tocoo()
    rows, columns, proba = scored.positive_scores()
    gaps = np.zeros(n_labels * n_bins)
    for at, labels, scores, gap in (
        (*stored.coords, stored.data, stored.data),
        (rows, columns, proba, np.full(len(rows), -1.0)),
    ):
        cells = _equal_bins(scores.astype(np.float64), n_bins) + labels.astype(np.intp) * n_bins
        mass = gap if scored.weight is None else gap * scored.weight[at]
        gaps += np.bincount(cells, mass, minlength=len(gaps))
    return gaps.reshape(n_labels, n_bins)


def _equal_bins(proba: FloatArray, n_bins: int) -> IntArray:
    return np.minimum((proba * n_bins).astype(np.intp), n_bins - 1)
