"""Average precision from histograms of the scores of positives and negatives."""

import numpy as np

_FARTHEST = 16.0  # logits beyond are one bin: there a probability is 0 or 1 to seven digits


def logit_bins(proba, n_bins):
    """Find the bin of each probability; bins have equal width in the logit.

    Equal width in the probability would put nearly all scores of a rare label into the first.

    Parameters
    ----------
    proba : ndarray of any shape, dtype float
        Probabilities in [0, 1].
    n_bins : int
        Number of bins, between logits -16 and 16; the outermost reach to 0 and 1.

    Returns
    -------
    ndarray of the same shape, dtype intp
    """
    proba = proba.astype(np.float64, copy=False)
    with np.errstate(divide="ignore"):  # 0 and 1 have infinite logits, which the clip brings back
        logits = np.log(proba / (1 - proba))
    np.clip(logits, -_FARTHEST, _FARTHEST, out=logits)
    place = (logits + _FARTHEST) * (n_bins / (2 * _FARTHEST))
    return np.minimum(place.astype(np.intp), n_bins - 1)


def average_precision_of_bins(positive, negative):
    """Average precision where scores are known by bin only, and how far it may be off.

    The estimate takes a bin as one tie. Within a bin that holds p positives and q negatives,
    with T and F above it, the precision at the positives sums to at most p (T + p) / (T + p + F),
    and to at least the integral of (T + x) / (T + x + F + q) over x from 0 to p, whatever the
    order, the ties and the weights; the estimate lies between.

    Parameters
    ----------
    positive, negative : ndarray of shape (..., n_bins), dtype float64
        Weight of positives and negatives in each bin, lowest scores first.

    Returns
    -------
    score, error : ndarray of shape (...), dtype float64
        The estimate, 0 where there is no positive, and the bound on its distance from the
        average precision of the scores.
    """
    p, q = positive[..., ::-1], negative[..., ::-1]
    reached, reached_false = np.cumsum(p, axis=-1), np.cumsum(q, axis=-1)
    above, above_false = reached - p, reached_false - q
    ones = np.ones_like(p)  # an empty bin adds nothing, whatever its precision is set to
    tied = np.divide(reached, reached + reached_false, out=ones.copy(), where=p > 0)
    best = np.divide(reached, reached + above_false, out=ones.copy(), where=p > 0)
    before = above + reached_false
    growth = np.divide(p, before, out=np.zeros_like(p), where=before > 0)
    worst_sum = p - reached_false * np.log1p(growth)
    total = np.where(reached[..., -1] > 0, reached[..., -1], 1.0)
    score = (p * tied).sum(axis=-1) / total
    error = np.maximum((p * best).sum(axis=-1) / total - score, score - worst_sum.sum(-1) / total)
    return score, np.maximum(error, 0.0)
