"""Thresholds that keep a minimum of precision or recall on new documents, with a given probability.

Both rest on the order of the scores, so they hold for any score [1]_. They need scores of documents
that took no part in the fit and that come from where new documents come from.

Recall of a label falls as its threshold rises. If m of n positives lie below a threshold that is
right below a score of theirs, the recall on new documents is at least r with probability
``P(Binomial(n, 1 - r) > m)``. The largest m whose probability reaches the confidence bounds the
threshold; whatever lies lower keeps the recall too.

Precision does not, so thresholds are tested one after the other, and each test uses up some of the
error that is allowed. They lie at ranks that do not depend on the labels, in geometric steps. Of
the n documents above a threshold the hits are ``Binomial(n, precision)``, and the p-value is
``P(Binomial(n, min_precision) >= hits)``. The fallback procedure [2]_ passes the error of a
rejected hypothesis on to the next one.

References
----------
.. [1] A. N. Angelopoulos, S. Bates, E. J. Candès, M. I. Jordan, L. Lei, "Learn then test:
   calibrating predictive algorithms to achieve risk control", 2021.
.. [2] B. L. Wiens, "A fixed sequence Bonferroni procedure for testing multiple endpoints",
   Pharmaceutical Statistics 2(3), 2003.
"""

from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.stats import binom

from .._gate.samples import count_positives, has_unknown
from .._gate.types import AnyArray, FloatArray, Indicator, IntArray
from ..metrics._cut_offs import separate_cut_offs, threshold_between
from ..metrics._inputs import dense_column

__all__ = ["precise_thresholds", "recalling_thresholds"]

_STEP = 1.1  # between two ranks
_STEPS_A_START = 14  # between two ranks that get a share of the error: a factor of about 4
_ROOM = 2.0  # the first rank, in multiples of the least that would do without a miss


def recalling_thresholds(
    truth: Indicator, scores: AnyArray, min_recall: float, confidence: float, lowest: float
) -> FloatArray:
    """Find the threshold of each label with the best precision of those sure to keep `min_recall`.

    NaN where there is none.
    """
    positives = count_positives(truth).astype(np.float64)
    cut_offs = separate_cut_offs(truth, scores, lowest=lowest)
    needed = _positives_to_find(positives, min_recall, confidence)
    enough = cut_offs.found >= cut_offs.spread(needed)
    precision = np.divide(
        cut_offs.found, cut_offs.given, out=np.zeros(len(enough)), where=cut_offs.given > 0
    )
    best = cut_offs.best(np.where(enough, precision, -1.0), last=True)
    return np.where(enough[best], cut_offs.thresholds[best], np.nan)


def _positives_to_find(n: FloatArray, min_recall: float, confidence: float) -> FloatArray:
    """Find how many of n positives make `min_recall` sure; infinite if not even all do."""
    error = 1 - confidence
    # the largest number m of missed ones with P(Binomial(n, 1 - min_recall) <= m) <= error, or -1
    m = binom.ppf(error, n, 1 - min_recall)
    m = np.where(binom.cdf(m, n, 1 - min_recall) > error, m - 1, m)
    return np.where((n > 0) & (m >= 0), n - m, np.inf)


def precise_thresholds(
    truth: Indicator, scores: AnyArray, min_precision: float, confidence: float, lowest: float
) -> FloatArray:
    """Find the lowest threshold of each label that is sure to keep `min_precision`.

    NaN where there is none.
    """
    by_label = sp.csc_array(truth) if sp.issparse(truth) else truth
    partly_known = has_unknown(truth)
    thresholds = np.full(scores.shape[1], np.nan)
    for j in range(scores.shape[1]):
        column = dense_column(by_label, j)
        values = scores[:, j]
        if partly_known:
            values, column = values[column >= 0], column[column >= 0]
        order = np.argsort(-values, kind="stable")
        ordered, hits = values[order], np.cumsum(column[order] > 0)
        cuts, shares = _cuts(ordered, min_precision, 1 - confidence, lowest)
        if not len(cuts):
            continue
        p = binom.sf(hits[cuts - 1] - 1, cuts, min_precision)
        sure = _fallback(p, shares * (1 - confidence))
        if sure.any():
            n = cuts[np.flatnonzero(sure)[-1]]
            below = np.append(ordered, lowest)[n]
            thresholds[j] = threshold_between(below, ordered[n - 1])
    return thresholds


def _cuts(
    ordered: AnyArray, min_precision: float, error: float, lowest: float
) -> tuple[IntArray, FloatArray]:
    """Choose numbers of documents above a threshold, and the share of the error that each gets.

    Ties stay together. Shares go to few of them, as the others need a rejection before them anyway;
    the first one has room for some misses.
    """
    n = len(ordered)
    least = _ROOM * np.log(error) / np.log(min(min_precision, 1 - 1e-9))
    n_steps = int(np.log(max(n / least, 1.0)) / np.log(_STEP)) + 1
    ranks = np.round(least * _STEP ** np.arange(n_steps)).astype(np.int64)
    is_start = np.arange(n_steps) % _STEPS_A_START == 0
    kept = ranks <= n
    ranks, is_start = ranks[kept], is_start[kept]
    kept = ordered[ranks - 1] > lowest
    ranks, is_start = ranks[kept], is_start[kept]
    last_alike = np.searchsorted(-ordered, -ordered[ranks - 1], side="right")
    cuts, first = np.unique(last_alike, return_index=True)
    shares = np.add.reduceat(is_start, first) if len(first) else is_start
    return cuts, shares / max(shares.sum(), 1)


def _fallback(p: FloatArray, errors: FloatArray) -> Any:
    """Reject hypotheses in order, a true one with a probability of at most the sum of `errors`."""
    rejected = np.zeros(len(p), dtype=bool)
    carried = 0.0
    for i, (value, own) in enumerate(zip(p, errors, strict=True)):
        level = own + carried
        rejected[i] = value <= level
        carried = level if rejected[i] else 0.0
    return rejected
