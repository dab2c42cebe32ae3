"""Test whether two taggers differ, from scores of the same resamples or the same documents."""

from typing import NamedTuple

import numpy as np
from scipy.special import bdtr

from ._bootstrap import percentile_interval
from ._counts import count_documents


class PairedTest(NamedTuple):
    """Difference of two taggers in one score: ``first - second``, its interval and p-values.

    `test` is "bootstrap" or "mcnemar"; the latter has no interval, and nan for `low` and `high`.
    """

    test: str
    score: str
    first: str
    second: str
    difference: float
    low: float
    high: float
    p_value: float
    p_holm: float


def bootstrap_tests(names, pairs, score, observed, resampled, confidence_level):
    """Test each pair of taggers in one score.

    Parameters
    ----------
    names : list of str of length n_taggers
        Names of the taggers.
    pairs : list of (int, int)
        The taggers to compare.
    score : str
        Name of the score.
    observed : ndarray of shape (n_taggers,), dtype float64
        Scores on all documents.
    resampled : ndarray of shape (n_taggers, n_resamples), dtype float64
        Scores on resamples that the taggers share.
    confidence_level : float
        Level of the intervals.

    Returns
    -------
    list of PairedTest
    """
    differences = [resampled[a] - resampled[b] for a, b in pairs]
    p_values = [bootstrap_p_value(difference) for difference in differences]
    tests = []
    for (a, b), difference, p, adjusted in zip(
        pairs, differences, p_values, holm(p_values), strict=True
    ):
        low, high = percentile_interval(difference, confidence_level).tolist()
        gap = float(observed[a] - observed[b])
        tests.append(
            PairedTest("bootstrap", score, names[a], names[b], gap, low, high, p, adjusted)
        )
    return tests


def mcnemar_tests(names, pairs, decided):
    """Test each pair of taggers in exact match, with McNemar's exact test.

    Parameters
    ----------
    names, pairs
        As in `bootstrap_tests`.
    decided : list of Scored of length n_taggers
        True labels and decisions of each tagger, without weights.

    Returns
    -------
    list of PairedTest
    """
    right = [count_documents(scored).wrong() == 0 for scored in decided]
    p_values = [mcnemar_p_value(right[a], right[b]) for a, b in pairs]
    return [
        PairedTest(
            test="mcnemar",
            score="exact_match",
            first=names[a],
            second=names[b],
            difference=float(right[a].mean() - right[b].mean()),
            low=np.nan,
            high=np.nan,
            p_value=p,
            p_holm=adjusted,
        )
        for (a, b), p, adjusted in zip(pairs, p_values, holm(p_values), strict=True)
    ]


def bootstrap_p_value(differences):
    """Two-sided p-value of no difference, from resampled differences; see `compare_taggers`.

    Parameters
    ----------
    differences : ndarray of shape (n_resamples,), dtype float64
        Differences of the two scores.

    Returns
    -------
    float
        In [2 / (n_resamples + 1), 1].
    """
    tail = min(np.count_nonzero(differences <= 0), np.count_nonzero(differences >= 0))
    return min(1.0, float(2 * (1 + tail) / (len(differences) + 1)))


def mcnemar_p_value(first, second):
    """Two-sided p-value of McNemar's exact test.

    Parameters
    ----------
    first, second : ndarray of shape (n_samples,), dtype bool
        Whether each tagger is right.

    Returns
    -------
    float
        In (0, 1].
    """
    only_first, only_second = np.sum(first & ~second), np.sum(second & ~first)
    n_apart = only_first + only_second
    return min(1.0, float(2 * bdtr(min(only_first, only_second), n_apart, 0.5)))


def holm(p_values):
    """Correct p-values of several tests so that any false finding is as rare as one was.

    Parameters
    ----------
    p_values : sequence of float of length n_tests
        p-values in [0, 1].

    Returns
    -------
    list of float
        In the same order.

    References
    ----------
    Holm (1979), "A simple sequentially rejective multiple test procedure", Scandinavian Journal
    of Statistics 6, pp. 65-70.
    """
    p_values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p_values, kind="stable")
    factors = np.arange(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return corrected.tolist()
