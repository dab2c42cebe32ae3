"""Scores of decisions whose true labels are not known, from documents whose labels are.

A change of the documents can be read in two ways. Either documents with the same score and decision
have a label as often as before ("same scores"), or documents that have the label are given it as
often as before, and so are those that lack it ("same labels"): then it is the label that became
rarer or more frequent. No data without labels tell which is true, so an interval spans both.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit, logit

from .._gate.types import AnyArray, BoolArray, FloatArray
from ..metrics._bootstrap import percentile_interval

__all__ = ["Estimate", "count_bins", "estimate_scores", "log_match", "score_counts"]

_N_BINS = 64
_HIGHEST = 12.0  # logits beyond +-12 share the outer bins
_TINY = 1e-12
# slope and intercept of logits, and what a given label adds to them: standard deviations, in logits
_WIDE = np.array([2.0, 4.0, 2.0])  # around the probabilities as they are
_NARROW = np.array([1.0, 2.0, 2.0])  # around the map of all labels together
_LEAST_SLOPE = 0.05


@dataclass(frozen=True, eq=False)
class Bins:
    """Documents of one label, counted by decision and logit; arrays (2, n_bins)."""

    count: FloatArray
    logit: FloatArray  # mean of the bin
    positive: FloatArray  # documents with the label, or their expected number

    def design(self) -> FloatArray:
        """Features of the bins, (2 * n_bins, 3): logit, 1, and whether the label is given."""
        given = np.repeat([0.0, 1.0], _N_BINS)
        return np.column_stack([self.logit.ravel(), np.ones(2 * _N_BINS), given])


@dataclass(frozen=True, eq=False)
class Estimate:
    """An estimated score and its interval."""

    value: Any  # float, or (n_labels,)
    interval: Any  # (2,), or (n_labels, 2)


def count_bins(proba: FloatArray, given: BoolArray, truth: AnyArray) -> Bins:
    """Count the documents of a label; `truth` holds 0 and 1, or probabilities."""
    z = logit(np.clip(proba, _TINY, 1 - _TINY))
    place = np.clip((z / _HIGHEST + 1) / 2 * _N_BINS, 0, _N_BINS - 1).astype(np.int64)
    place += _N_BINS * given
    count, total, positive = (
        np.bincount(place, weights, 2 * _N_BINS).astype(np.float64).reshape(2, -1)
        for weights in (np.ones(len(z)), z, np.asarray(truth, dtype=np.float64))
    )
    return Bins(count, total / np.maximum(count, 1), positive)


def log_match(proba: FloatArray, given: BoolArray) -> FloatArray:
    """Probability that all decisions of a document are right, if labels were independent."""
    right = np.clip(np.where(given, proba, 1 - proba), _TINY, 1)
    return np.exp(np.log(right).sum(axis=1))


def score_counts(hits: FloatArray, positive: FloatArray, given: FloatArray) -> dict[str, Any]:
    """Compute F1 from counts (..., n_labels): of each label, micro, and macro of labels present."""
    f1 = _ratio(2 * hits, positive + given)
    present = positive > 0
    micro = _ratio(2 * hits.sum(axis=-1), (positive + given).sum(axis=-1))
    macro = _ratio(np.where(present, f1, 0.0).sum(axis=-1), present.sum(axis=-1))
    return {"f1_micro": micro, "f1_macro": macro, "f1": f1}


def estimate_scores(
    before: list[Bins],
    now: list[Bins],
    matches: tuple[Bins, Bins],
    confidence_level: float,
    n_draws: int,
    random: np.random.RandomState,
) -> dict[str, Estimate]:
    """Estimate F1 and exact match of the documents in `now`, one entry per label in the lists.

    `matches` are the bins, before and now, of the "label" that all decisions are right.
    """
    prior = _fit(before, np.array([1.0, 0.0, 0.0]), _WIDE)[0]
    given = np.array([bins.count[1].sum() for bins in now])
    readings: list[dict[str, Any]] = []
    for read in (_same_scores, _same_labels):
        counts = [read(b, n, prior, n_draws, random) for b, n in zip(before, now, strict=True)]
        hits, positive = (np.stack(part, axis=1) for part in zip(*counts, strict=True))
        readings.append(score_counts(hits, positive, given))
    past, present = matches
    n = present.count.sum()
    own = _fit([past], np.array([1.0, 0.0, 0.0]), _WIDE)
    readings[0]["exact_match"] = _draw(present, *own, n_draws, random).sum(axis=(1, 2)) / n
    share = random.beta(
        past.positive.sum() + 0.5, (past.count - past.positive).sum() + 0.5, n_draws
    )
    readings[1]["exact_match"] = random.binomial(int(n), share) / n
    return {name: _span([r[name] for r in readings], confidence_level) for name in readings[0]}


def _span(draws: list[FloatArray], confidence_level: float) -> Estimate:
    """Take the mean of the medians of two readings, and an interval that spans those of both."""
    intervals = np.stack([percentile_interval(part.T, confidence_level) for part in draws])
    value = np.mean([np.median(part, axis=0) for part in draws], axis=0)
    interval = np.stack([intervals[..., 0].min(axis=0), intervals[..., 1].max(axis=0)], axis=-1)
    return Estimate(float(value) if value.ndim == 0 else value, interval)


def _same_scores(
    before: Bins, now: Bins, prior: FloatArray, n_draws: int, random: np.random.RandomState
) -> tuple[FloatArray, FloatArray]:
    """Draw hits and positives (n_draws,), documents alike having the label as often as before."""
    positive = _draw(now, *_fit([before], prior, _NARROW), n_draws, random)
    return positive[:, 1].sum(axis=1), positive.sum(axis=(1, 2))


def _same_labels(
    before: Bins, now: Bins, prior: FloatArray, n_draws: int, random: np.random.RandomState
) -> tuple[FloatArray, FloatArray]:
    """Draw hits and positives (n_draws,), the label being found as often as before."""
    n, given = int(now.count.sum()), now.count[1].sum()
    missed, hits = before.positive.sum(axis=1)
    right, wrong = (before.count - before.positive).sum(axis=1)
    recall = random.beta(hits + 0.5, missed + 0.5, n_draws)
    fall_out = random.beta(wrong + 0.5, right + 0.5, n_draws)
    share = np.clip((given / n - fall_out) / np.maximum(recall - fall_out, _TINY), 0.0, 1.0)
    found = np.minimum(given, n * share * recall)
    return found, np.maximum(random.binomial(n, share), found)


def _draw(
    bins: Bins,
    line: FloatArray,
    covariance: FloatArray,
    n_draws: int,
    random: np.random.RandomState,
) -> AnyArray:
    """Draw the number of documents with the label in each bin, (n_draws, 2, n_bins)."""
    lines = random.multivariate_normal(line, covariance, n_draws)
    lines[:, 0] = np.maximum(lines[:, 0], _LEAST_SLOPE)
    share = expit(lines @ bins.design().T).reshape(n_draws, 2, _N_BINS)
    return random.binomial(bins.count.astype(np.int64), share)


def _fit(bins: list[Bins], mean: FloatArray, spread: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Fit the logit of having a label, (3,), with a normal prior; and its covariance (3, 3)."""
    X = np.concatenate([part.design() for part in bins])
    n = np.concatenate([part.count.ravel() for part in bins])
    k = np.concatenate([part.positive.ravel() for part in bins])
    precision = np.diag(1 / spread**2)

    def loss(line: FloatArray) -> float:
        z = X @ line
        gap = line - mean
        return float((n * np.logaddexp(0, z) - k * z).sum() + gap @ precision @ gap / 2)

    line, least = mean.copy(), loss(mean)
    for _ in range(50):
        share = expit(X @ line)
        curvature = (X * (n * share * (1 - share))[:, None]).T @ X + precision
        step = np.linalg.solve(curvature, X.T @ (k - n * share) - precision @ (line - mean))
        while loss(line + step) > least + 1e-12 * abs(least) and np.abs(step).max() > 1e-9:
            step /= 2
        line = line + step
        least = loss(line)
        if np.abs(step).max() < 1e-7:
            break
    return line, np.linalg.inv(curvature)


def _ratio(above: Any, below: Any) -> Any:
    """Divide, with 0 where the denominator is 0."""
    below = np.asarray(below, dtype=np.float64)
    return np.divide(above, below, out=np.zeros(below.shape), where=below > 0)
