"""Tests of the difference of two taggers on the same documents or the same resamples."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import bdtr

from .._gate.types import BoolArray, FloatArray
from ._bootstrap import percentile_interval
from ._counts import count_documents
from ._inputs import Scored


class PairedTest(NamedTuple):
    """Difference of two taggers in one score: ``first - second``, its interval and p-values.

    `test` is "bootstrap" or "mcnemar"; the latter has no interval: `low` and `high` are nan.
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


def bootstrap_tests(
    names: Sequence[str],
    pairs: list[tuple[int, int]],
    score: str,
    observed: FloatArray,
    resampled: FloatArray,
    confidence_level: float,
) -> list[PairedTest]:
    """Test each pair of taggers in one score."""
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


def mcnemar_tests(
    names: Sequence[str], pairs: list[tuple[int, int]], decided: list[Scored]
) -> list[PairedTest]:
    """Test each pair of taggers in exact match, with McNemar's exact test."""
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


def bootstrap_p_value(differences: FloatArray) -> float:
    """Two-sided p-value of no difference, from resampled differences; see `compare_taggers`."""
    tail = min(np.count_nonzero(differences <= 0), np.count_nonzero(differences >= 0))
    return min(1.0, float(2 * (1 + tail) / (len(differences) + 1)))


def mcnemar_p_value(first: BoolArray, second: BoolArray) -> float:
    """Two-sided p-value of McNemar's exact test."""
    only_first, only_second = np.sum(first & ~second), np.sum(second & ~first)
    n_apart = only_first + only_second
    return min(1.0, float(2 * bdtr(min(only_first, only_second), n_apart, 0.5)))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values of several tests by Holm's step-down method; the order is kept."""
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    factors = np.arange(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(np.maximum.accumulate(values[order] * factors), 1.0)
    return corrected.tolist()
