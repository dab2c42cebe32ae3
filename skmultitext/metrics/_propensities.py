"""Propensities of labels, and precision at k that weighs rare labels more."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .._gate.labels import LabelSpace, values_by_label
from .._gate.parameters import check_number
from .._gate.samples import count_positives, n_rows
from .._gate.types import FloatArray, LabelNames, Labels, Scores, Weights
from .._runtime.messages import shown
from ._at_k import check_k
from ._averages import undefined_score
from ._inputs import Scored, checked_names, read_scores
from ._label_ranking import rank_positives


def label_propensities(
    y: Labels, *, a: float = 0.55, b: float = 1.5, label_names: LabelNames | None = None
) -> FloatArray:
    """Propensity of each label: the estimated probability that it is given where it holds.

    Annotators overlook rare labels more often than frequent ones. With N documents, of which N_l
    have label l, the propensity is ``1 / (1 + C exp(-a log(N_l + b)))``,
    ``C = (log(N) - 1) (b + 1)^a``.

    Parameters
    ----------
    y : array-like, sparse matrix, DataFrame or sequence of label sets
        Labels of the *training* documents, at least 3, in any form that a tagger takes.
        Unknown labels (NaN in an indicator) count as not given.
    a : float, default=0.55
        At least 0; fitted to Wikipedia in [1]_. The reference has 0.5 for its Wikipedia data sets
        and 0.6 for those of Amazon.
    b : float, default=1.5
        Above 0; 0.4 for Wikipedia and 2.6 for Amazon in the reference.
    label_names : sequence of str of length n_labels, default=None
        Order of the labels if y is label sets. None sorts their names, as a tagger does.

    Returns
    -------
    ndarray of shape (n_labels,), dtype float64
        In (0, 1]; the order is that of the columns, of `label_names`, or of the sorted names.

    Raises
    ------
    ValueError
        If y or a parameter is not legal.

    See Also
    --------
    psp_at_k : Precision at k weighted by inverse propensities.

    References
    ----------
    .. [1] H. Jain, Y. Prabhu and M. Varma, "Extreme Multi-label Loss Functions for Recommendation,
       Tagging, Ranking & Other Missing Label Applications", KDD 2016, section 4.

    Examples
    --------
    >>> from skmultitext.metrics import label_propensities
    >>> y = [["news"]] * 90 + [["news", "opera"]] * 10
    >>> label_propensities(y).round(2)
    array([0.68, 0.39])
    """
    check_number("a", a, "[0, inf)")
    check_number("b", b, "(0, inf)")
    names = None if label_names is None else checked_names(label_names)
    _, indicator = LabelSpace.learn(y, labels=names, allow_unknown=True)
    n_samples = n_rows(indicator)
    if n_samples < 3:
        raise ValueError(
            f"y has {n_samples} document(s); propensities are estimated from at least 3. Pass the "
            f"labels of all training documents."
        )
    c = (np.log(n_samples) - 1) * (b + 1) ** a
    counts = count_positives(indicator).astype(np.float64)
    return 1 / (1 + c * np.exp(-a * np.log(counts + b)))


def psp_at_k(
    y_true: Labels,
    y_score: Scores,
    *,
    propensities: Any = None,
    k: int = 5,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
    normalize: bool = True,
) -> float:
    """Propensity-scored precision at k, PSP@k: finding a rare label counts more.

    The mean over documents of ``1 / k`` times the sum of ``1 / propensity`` over the true labels
    among the k labels with the highest scores. It is unbiased where labels are missing from y_true
    with these propensities [1]_. Ties count by their expected value over all orders of the tied
    labels.

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
    propensities : array-like of shape (n_labels,) or dict by label name
        Propensity of each label, in (0, 1]: `label_propensities` of the training labels. A dict
        names every label.
    k : int, default=5
        Number of top labels to consider, from 1 to n_labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal. None gives each weight 1.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required for label sets. A label set may contain other names
        too, which count as missed labels, with the lowest of the propensities.
    normalize : bool, default=True
        Divide by the highest value that any ranking reaches, as is usual in the literature.

    Returns
    -------
    float
        In [0, 1] if normalised, at least 0 otherwise; higher is better.

    Raises
    ------
    ValueError
        If shapes differ, a parameter is not valid, or label sets are passed without
        `label_names`; the message names the parameter.

    See Also
    --------
    label_propensities : Estimate the propensities.
    precision_at_k : The same with equal propensities.

    References
    ----------
    .. [1] H. Jain, Y. Prabhu and M. Varma, "Extreme Multi-label Loss Functions for Recommendation,
       Tagging, Ranking & Other Missing Label Applications", KDD 2016, section 4.

    Examples
    --------
    >>> from skmultitext.metrics import psp_at_k
    >>> y_true = [[1, 0, 1], [1, 0, 0]]
    >>> y_score = [[0.9, 0.2, 0.4], [0.7, 0.1, 0.3]]
    >>> round(psp_at_k(y_true, y_score, propensities=[0.8, 0.5, 0.2], k=1), 2)
    0.4
    """
    scored = read_scores(y_true, y_score, sample_weight, label_names, allow_sparse=True)
    check_k(k, scored)
    if not isinstance(normalize, bool | np.bool_):
        raise ValueError(f"normalize is {shown(normalize)}; pass True or False.")
    gains = _gains(propensities, scored, label_names)
    looked_at = np.minimum(k, scored.n_known())
    n_samples = scored.truth.shape[0]
    ranks = rank_positives(scored)
    gained = gains[ranks.columns]
    sums = np.bincount(ranks.rows, ranks.in_top(looked_at) * gained, minlength=n_samples)
    score = scored.mean(sums / looked_at)
    if not normalize:
        return score
    order = np.lexsort((-gained, ranks.rows))
    place = np.arange(len(order)) - np.searchsorted(ranks.rows, ranks.rows)
    best = np.where(place < looked_at[ranks.rows], gained[order], 0.0)
    highest = scored.mean(np.bincount(ranks.rows, best, minlength=n_samples) / looked_at)
    return score / highest if highest else undefined_score("skip")


def _gains(propensities: Any, scored: Scored, label_names: LabelNames | None) -> FloatArray:
    """Inverse propensity of each label of y_true, (n_labels,)."""
    n_labels = scored.truth.shape[1]
    n_known = n_labels if label_names is None else len(list(label_names))
    if propensities is None:
        raise ValueError(
            "propensities is None; pass label_propensities(y_train), or, to a scorer, "
            "get_scorer('psp_at_5', propensities=label_propensities(y_train))."
        )
    if isinstance(propensities, Mapping):
        space = LabelSpace.of(scored.names[:n_known])
        values = values_by_label("propensities", propensities, space, default=np.nan)
    else:
        values = np.asarray(propensities)
    if values.shape != (n_known,) or values.dtype.kind not in "iuf":
        raise ValueError(
            f"propensities is an array of shape {values.shape} and dtype {values.dtype}, but there "
            f"are {n_known} labels; pass one number per label, in the order of the columns."
        )
    bad = ~((values > 0) & (values <= 1))
    if bad.any():
        j = int(np.argmax(bad))
        raise ValueError(
            f"propensities of label {shown(scored.names[j])} is {values[j]}; pass a number above 0 "
            f"and at most 1 for every label, such as label_propensities(y_train)."
        )
    gains = np.full(n_labels, 1 / values.min())
    gains[:n_known] = 1 / values
    return gains
