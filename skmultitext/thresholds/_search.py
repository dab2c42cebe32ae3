"""Search thresholds exactly, on gated input, and lean those of rare labels on the common ones."""

import numpy as np
import scipy.sparse as sp
from scipy.special import expit, logit

from .._cut_offs import pooled_cut_offs, separate_cut_offs

__all__ = ["count_decided", "label_sides", "reached_score", "search_gated", "shrink"]

_BLOCK = 1 << 22  # decisions counted at a time


def search_gated(objective, truth, scores, weight=None, *, lowest=0.0):
    """Find the thresholds that maximise an objective.

    Parameters
    ----------
    objective : Objective
        What to maximise.
    truth : ndarray or csc_array of shape (n_samples, n_labels), dtype int8
        True labels.
    scores : ndarray of shape (n_samples, n_labels), dtype float
        Scores, at least `lowest`.
    weight : ndarray of shape (n_samples,), default=None
        Weight of each document, above 0; None for 1 each.
    lowest : float, default=0.0
        The lowest threshold there may be.

    Returns
    -------
    ndarray of shape (n_labels,), dtype float64
    """
    sides = label_sides(objective, truth, weight)
    if objective.shared:
        return _search_shared(objective, truth, scores, weight, lowest, sides)
    cut_offs = separate_cut_offs(truth, scores, weight, lowest=lowest)
    if objective.joint:
        best = _maximise_ratio(objective.beta2, cut_offs, sides.positives.sum())
    else:
        values = objective.rank(cut_offs.found, cut_offs.given, sides.map(cut_offs.spread))
        best = cut_offs.best(values, last=objective.more_found_on_ties)
    return cut_offs.thresholds[best]


def _maximise_ratio(beta2, cut_offs, positives):
    """Maximise (1 + beta2) found / (beta2 positives + given), sums over labels, by Dinkelbach.

    A choice of cut-offs beats the ratio r where the sum over labels of
    ``(1 + beta2) found - r given`` exceeds ``r beta2 positives``, and that sum each label
    maximises alone. The ratio of the choice is the next r, until none is better.
    """
    reached, chosen = -1.0, None
    ratio = 0.0
    while ratio > reached:
        reached = ratio
        best = cut_offs.best((1 + beta2) * cut_offs.found - reached * cut_offs.given)
        found, given = cut_offs.found[best].sum(), cut_offs.given[best].sum()
        ratio = (1 + beta2) * found / (beta2 * positives + given) if found else 0.0
        if chosen is None or ratio > reached:
            chosen = best
    return chosen


def _search_shared(objective, truth, scores, weight, lowest, sides):
    """Find the best threshold that all labels share."""
    totals = [0.0, 0.0]

    def add_up(j, found, given):
        if objective.joint:
            totals[0], totals[1] = totals[0] + found, totals[1] + given
        else:
            side = sides.map(lambda per_label: np.broadcast_to(per_label, scores.shape[1])[j])
            totals[0] = totals[0] + objective.rank(found, given, side)

    thresholds = pooled_cut_offs(truth, scores, weight, lowest=lowest, add_up=add_up)
    values = objective.rank(*totals, sides.total()) if objective.joint else totals[0]
    if objective.more_found_on_ties:
        values, thresholds = values[::-1], thresholds[::-1]
    return np.full(scores.shape[1], thresholds[values.argmax()])


def label_sides(objective, truth, weight=None):
    """Weigh the positives and the negatives of each label."""
    if weight is None:
        positives = np.asarray(truth.sum(axis=0, dtype=np.float64)).ravel()
        return objective.sides(positives, truth.shape[0] - positives)
    positives = np.asarray(truth.T @ weight).ravel()
    return objective.sides(positives, weight.sum() - positives)


def reached_score(objective, truth, decisions, weight=None):
    """Score decisions by an objective.

    Parameters
    ----------
    objective : Objective
        The objective.
    truth, decisions, weight
        As in `count_decided`.

    Returns
    -------
    float
    """
    counts = count_decided(truth, decisions, weight)
    return objective.score(*counts, label_sides(objective, truth, weight))


def count_decided(truth, decisions, weight=None):
    """Count what decisions found and gave.

    Parameters
    ----------
    truth : ndarray or csc_array of shape (n_samples, n_labels), dtype int8
        True labels.
    decisions : ndarray of shape (n_samples, n_labels), dtype bool
        Labels given.
    weight : ndarray of shape (n_samples,), default=None
        Weight of each document; None for 1 each.

    Returns
    -------
    found, given : ndarray of shape (n_labels,), dtype float64
        Weight of the true positives of each label, and of all documents given it.
    """
    n_samples, n_labels = truth.shape
    found, given = np.zeros(n_labels), np.zeros(n_labels)
    by_row = truth.tocsr() if sp.issparse(truth) else truth
    size = max(1, _BLOCK // n_labels)
    for start in range(0, n_samples, size):
        rows = slice(start, start + size)
        part = by_row[rows].toarray() if sp.issparse(by_row) else by_row[rows]
        w = np.ones(len(part)) if weight is None else weight[rows]
        given += w @ decisions[rows]
        found += w @ (part.astype(bool) & decisions[rows])
    return found, given


def shrink(own, anchor, support, strength, *, log_odds):
    """Lean each label's threshold on an anchor, the more so the rarer the label.

    Parameters
    ----------
    own, anchor : ndarray of shape (n_labels,), dtype float64
        Threshold found for the label by itself, and the one that it falls back to.
    support : ndarray of shape (n_labels,), dtype float64
        Positives of the label, or its negatives where they are fewer.
    strength : float
        The support at which both weigh the same; 0 keeps `own`.
    log_odds : bool
        Whether to take the mean of the log-odds; else of the thresholds themselves.

    Returns
    -------
    ndarray of shape (n_labels,), dtype float64
        ``w own + (1 - w) anchor`` with ``w = support / (support + strength)``.
    """
    if not strength:
        return own
    share = support / (support + strength)
    if log_odds:
        tiny = np.finfo(np.float64).tiny
        own_odds, anchor_odds = (logit(np.clip(t, tiny, 1 - 2**-53)) for t in (own, anchor))
        mixed = expit(share * own_odds + (1 - share) * anchor_odds)
    else:
        mixed = share * own + (1 - share) * anchor
    # going to log-odds and back moves a threshold by a rounding, which would give away a tie
    return np.where((own == anchor) | (share == 0), anchor, mixed)
