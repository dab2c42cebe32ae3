"""Thresholds that keep a minimum of precision or recall on new documents, with a given probability.

All rest on the order of the scores, so they hold for any score [1]_. They need scores of documents
that took no part in the fit and that come from where new documents come from.

Recall of a label falls as its threshold rises. If m of n positives lie below a threshold that is
right below a score of theirs, the recall on new documents is at least r with probability
``P(Binomial(n, 1 - r) > m)``. The largest m whose probability reaches the confidence bounds the
threshold; whatever lies lower keeps the recall too. For recall in expectation, over samples of
documents, m may be as large as ``(1 - r) (n + 1) - 1`` [3]_.

Precision does not, so thresholds are tested one after the other, and each test uses up some of the
error that is allowed. They lie at ranks that do not depend on the labels, in geometric steps. Of
the n documents above a threshold the hits are ``Binomial(n, precision)``, and the p-value is
``P(Binomial(n, min_precision) >= hits)``. The fallback procedure [2]_ passes the error of a
rejected hypothesis on to the next one.

Coverage is the share of documents, of those with labels, that are given all of them. It falls as
the threshold of all labels rises, as recall does, and each document counts as one positive, whose
score is the lowest of its labels: the same bounds hold. Sets of labels with such a threshold are
those of conformal prediction [3]_.

One threshold for all labels keeps micro averages. The labels of a document are not independent, but
documents are: the hits of a document less the minimum times its positives, or times its predicted
positives, has a mean above 0 if the minimum holds. A bet on that, renewed with each document, gains
more than a factor of 1 / error with at most that probability if it does not hold [4]_.

References
----------
.. [1] A. N. Angelopoulos, S. Bates, E. J. Candès, M. I. Jordan, L. Lei, "Learn then test:
   calibrating predictive algorithms to achieve risk control", 2021.
.. [2] B. L. Wiens, "A fixed sequence Bonferroni procedure for testing multiple endpoints",
   Pharmaceutical Statistics 2(3), 2003.
.. [3] A. N. Angelopoulos, S. Bates, A. Fisch, L. Lei, T. Schuster, "Conformal risk control", 2022.
.. [4] I. Waudby-Smith, A. Ramdas, "Estimating means of bounded random variables by betting",
   Journal of the Royal Statistical Society B 86(1), 2024.
"""

from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.stats import binom

from .._gate.samples import count_positives, has_unknown, positive_entries
from .._gate.types import AnyArray, FloatArray, Indicator, IntArray
from .._runtime.messages import listing, warn_caller
from ..exceptions import RareLabelWarning
from ..metrics._cut_offs import separate_cut_offs, threshold_between
from ..metrics._inputs import dense_column
from ._objectives import Objective

__all__ = [
    "covering_threshold",
    "precise_shared_threshold",
    "precise_thresholds",
    "recalling_shared_threshold",
    "recalling_thresholds",
    "sure_thresholds",
]

Confidence = float | str  # a probability, or "expectation"

_WHAT = {
    "precision_at_recall": "recall",
    "recall_at_precision": "precision",
    "precision_at_coverage": "coverage",
}
_STEP = 1.1  # between two ranks
_STEPS_A_START = 14  # between two ranks that get a share of the error: a factor of about 4
_STEPS_OF_SHARED_A_START = 28
_STEP_OF_SHARED = 1.05
_LARGEST_BET = 0.9  # of what the worst document could lose
_BLOCK = 1 << 20  # documents times thresholds tested at a time
_ROOM = 2.0  # the first rank, in multiples of the least that would do without a miss


def sure_thresholds(
    objective: Objective,
    truth: Indicator,
    scores: AnyArray,
    label_names: AnyArray,
    lowest: float,
) -> FloatArray:
    """Find thresholds that keep the minimum on new documents; warn of labels without one.

    Such a label is never given for a minimum of precision, and always for one of recall or
    coverage.
    """
    options, n_labels = objective.options, scores.shape[1]
    what = _WHAT[objective.name]
    least, confidence = options[f"min_{what}"], options["confidence"]
    asked = f" with confidence {confidence}"
    if isinstance(confidence, str):
        asked = " in expectation"
    elif options.get("simultaneous"):
        asked += f" for all {n_labels} labels at once"
        confidence = 1 - (1 - confidence) / n_labels
    if objective.covers:
        found = np.full(n_labels, covering_threshold(truth, scores, least, confidence, lowest))
    elif objective.shared:
        dense: Any = truth
        if sp.issparse(dense):
            dense = dense.toarray()
        find_shared = recalling_shared_threshold if what == "recall" else precise_shared_threshold
        found = np.full(n_labels, find_shared(dense, scores, least, confidence, lowest))
    else:
        find = recalling_thresholds if what == "recall" else precise_thresholds
        found = find(truth, scores, least, confidence, lowest)
    unsure = np.isnan(found)
    if unsure.any():
        whose = "the micro average" if objective.shared else listing(label_names[unsure])
        if objective.covers:
            whose = "all labels of a document"
        effect = "never given" if what == "precision" else "always given"
        warn_caller(
            f"Too few documents to be sure of a {what} of {least}{asked} for {whose}: {effect}. "
            f"Pass more documents with these labels, or lower the minimum or the confidence.",
            RareLabelWarning,
        )
    fallback = scores.max(axis=0) if what == "precision" else np.full(n_labels, lowest)
    return np.where(unsure, fallback, found)


def covering_threshold(
    truth: Indicator,
    scores: AnyArray,
    min_coverage: float,
    confidence: Confidence | None,
    lowest: float,
    weight: FloatArray | None = None,
) -> float:
    """Find the highest threshold of all labels that is sure to keep `min_coverage`.

    Without a confidence it keeps it on these documents, which may have weights. NaN if there is
    none.
    """
    rows, columns = positive_entries(truth).nonzero()
    own = np.full(scores.shape[0], np.inf)
    np.minimum.at(own, rows, scores[rows, columns])
    labelled = np.flatnonzero(np.isfinite(own))
    labelled = labelled[np.argsort(own[labelled], kind="stable")]
    n = len(labelled)
    if confidence is None:
        missed = np.cumsum(np.ones(n) if weight is None else weight[labelled])
        may_miss = (1 - min_coverage) * (missed[-1] if n else 0.0)
        n_missed = np.searchsorted(missed, may_miss * (1 + 1e-12), side="right")
    else:
        (needed,) = _positives_to_find(np.array([float(n)]), min_coverage, confidence)
        n_missed = n - needed
    if not 0 <= n_missed < n:
        return np.nan
    first_found = own[labelled[int(n_missed)]]
    if first_found <= lowest:
        return np.nan
    below = scores[scores < first_found].max(initial=lowest)
    return float(threshold_between(below, first_found))


def recalling_thresholds(
    truth: Indicator, scores: AnyArray, min_recall: float, confidence: Confidence, lowest: float
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


def _positives_to_find(n: FloatArray, min_recall: float, confidence: Confidence) -> FloatArray:
    """Find how many of n positives make `min_recall` sure; infinite if not even all do."""
    if isinstance(confidence, str):
        m = np.floor((1 - min_recall) * (n + 1) + 1e-9) - 1
        return np.where((n > 0) & (m >= 0), n - m, np.inf)
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
    least = np.log(1 - confidence) / np.log(min(min_precision, 1 - 1e-9))
    for j in range(scores.shape[1]):
        column = dense_column(by_label, j)
        values = scores[:, j]
        if partly_known:
            values, column = values[column >= 0], column[column >= 0]
        order = np.argsort(-values, kind="stable")
        ordered, hits = values[order], np.cumsum(column[order] > 0)
        cuts, shares = _cuts(ordered, least, lowest, _STEP, _STEPS_A_START)
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
    ordered: AnyArray, least: float, lowest: float, step: float, steps_a_start: int
) -> tuple[IntArray, FloatArray]:
    """Choose numbers of documents above a threshold, and the share of the error that each gets.

    Ties stay together. Shares go to few of them, as the others need a rejection before them anyway;
    the first one has room for some misses: `least` is the number that would do without one.
    """
    n, least = len(ordered), _ROOM * least
    if least > n:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    n_steps = int(np.log(n / least) / np.log(step)) + 1
    ranks = np.round(least * step ** np.arange(n_steps)).astype(np.int64)
    is_start = np.arange(n_steps) % steps_a_start == 0
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


def recalling_shared_threshold(
    truth: AnyArray, scores: AnyArray, min_recall: float, confidence: Confidence, lowest: float
) -> float:
    """Find the threshold of all labels with the best precision of those sure to keep `min_recall`.

    Recall and precision are micro averages. NaN if there is none. `truth` is dense.
    """
    ordered = np.sort(scores[truth == 1])  # a threshold right below one misses those before it
    n_labels, n = scores.shape[1], len(ordered)
    steps = np.arange(int(np.log(max(n, 1)) / np.log(_STEP_OF_SHARED)) + 1)
    missed = np.append(0, np.round(_STEP_OF_SHARED**steps))
    if isinstance(confidence, str):
        missed = np.append(missed, max(np.floor(n - min_recall * (n + n_labels)), 0))
    missed = np.unique(missed).astype(np.intp)
    ordered = np.unique(ordered[missed[missed < n]])
    ordered = ordered[ordered > lowest]
    values = np.unique(np.append(scores, lowest))
    thresholds = threshold_between(values[np.searchsorted(values, ordered) - 1], ordered)
    if not len(ordered):
        return np.nan
    if isinstance(confidence, str):
        found = n - np.searchsorted(np.sort(scores[truth == 1]), thresholds, side="right")
        n_sure = int((found >= min_recall * (n + n_labels)).sum())
    else:
        p = _bets(truth, scores, thresholds, min_recall, of_given=False)
        n_sure = int(np.append(p > 1 - confidence, True).argmax())
    if not n_sure:
        return np.nan
    given, found = (
        np.array([((scores > t) & marks).sum() for t in thresholds[:n_sure]])
        for marks in (truth >= 0, truth == 1)
    )
    precision = found / np.maximum(given, 1)
    return float(thresholds[n_sure - 1 - precision[::-1].argmax()])


def precise_shared_threshold(
    truth: AnyArray, scores: AnyArray, min_precision: float, confidence: float, lowest: float
) -> float:
    """Find the lowest threshold of all labels that is sure to keep the micro-averaged precision.

    NaN if there is none. `truth` is dense.
    """
    ordered = -np.sort(-scores[truth >= 0])
    error = 1 - confidence
    # the most that a bet on one right label gains
    gain = (1 - min_precision) * _largest_bet(min_precision, scores.shape[1])
    least = -np.log(error) / max(np.log1p(gain), 1e-9)
    cuts, shares = _cuts(ordered, least, lowest, _STEP_OF_SHARED, _STEPS_OF_SHARED_A_START)
    if not len(cuts):
        return np.nan
    thresholds = threshold_between(np.append(ordered, lowest)[cuts], ordered[cuts - 1])
    p = _bets(truth, scores, thresholds, min_precision, of_given=True)
    sure = np.flatnonzero(_fallback(p, shares * error))
    return float(thresholds[sure[-1]]) if len(sure) else np.nan


def _bets(
    truth: AnyArray, scores: AnyArray, thresholds: FloatArray, least: float, *, of_given: bool
) -> FloatArray:
    """Bet that the micro-averaged recall, or precision, of each threshold exceeds `least`.

    Return the p-values. The bets are those of [4]_ that nearly maximise the growth of the wealth by
    the documents seen so far.
    """
    n_samples, n_labels = scores.shape
    most, n_thresholds = _largest_bet(least, n_labels), len(thresholds)
    order = np.argsort(thresholds)

    def count_above(marks: AnyArray, n_below: IntArray) -> FloatArray:
        """Count the marked labels of each document above each threshold."""
        places = np.arange(len(marks))[:, None] * (n_thresholds + 1) + n_below
        counts = np.bincount(places[marks], minlength=len(marks) * (n_thresholds + 1))
        return counts.reshape(len(marks), -1)[:, :0:-1].cumsum(axis=1)[:, ::-1]

    # documents may be sorted by label; a random order makes each like those before it
    rows = np.random.default_rng(0).permutation(n_samples)
    total, squares = np.zeros(n_thresholds), np.full(n_thresholds, 0.25)
    wealth, highest = np.zeros(n_thresholds), np.zeros(n_thresholds)
    size = max(1, _BLOCK // (n_thresholds + n_labels))
    for start in range(0, n_samples, size):
        part = rows[start : start + size]
        labels, n_below = truth[part], np.searchsorted(thresholds[order], scores[part])
        hits = count_above(labels == 1, n_below)
        if of_given:
            counted = count_above(labels >= 0, n_below)
        else:
            counted = (labels == 1).sum(axis=1, keepdims=True)
        gain = hits - least * counted
        seen = np.arange(start + 1, start + len(part) + 1)[:, None]
        totals = total + np.cumsum(gain, axis=0)
        all_squares = squares + np.cumsum(gain**2, axis=0)
        means = np.vstack([total, totals[:-1]]) / np.maximum(seen - 1, 1)
        bets = np.clip(means * seen / np.vstack([squares, all_squares[:-1]]), 0, most)
        grown = wealth + np.cumsum(np.log1p(bets * gain), axis=0)
        highest = np.maximum(highest, grown.max(axis=0))
        total, squares, wealth = totals[-1], all_squares[-1], grown[-1]
    return np.exp(-highest)[np.argsort(order)]


def _largest_bet(least: float, n_labels: int) -> float:
    """Bound a bet, so that no document can lose everything: all labels given, none right."""
    return _LARGEST_BET / (least * n_labels)
