"""Sigmoids of the squared hinge in parts, fitted to scores of rows that were held out.

A row is in the fold that its text has, so that the folds depend neither on the partitions nor on
the order of the rows, and a weight of 2 is equal to repetition. The models without a fold are found
in the same rounds as those of all rows. Scores are counted in histograms where the rows are.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from scipy.special import expit

from .._gate.types import AnyArray, BoolArray, FloatArray, IntArray
from ..metrics._histograms import ScoreHistogram
from ._cross_fitting import FOLDS, fit_sigmoid, squared
from ._partitions import Partition

__all__ = [
    "FoldCounts",
    "Models",
    "Scores",
    "add_fold_counts",
    "add_scores",
    "count_folds",
    "count_scores",
    "fit_sigmoids",
    "folds_of",
    "models_of",
]


class Models(NamedTuple):
    """The models to find: one of all rows for each label, and some that leave out a fold."""

    labels: IntArray  # (n_models,), first each label once
    left_out: IntArray  # (n_models,), the fold; -1 for none

    def split(self, places: IntArray) -> tuple[list[IntArray], list[IntArray]]:
        """Split both arrays before these places."""
        return np.split(self.labels, places), np.split(self.left_out, places)


class FoldCounts(NamedTuple):
    """How many rows of each fold have a label, and have it not."""

    positives: IntArray  # (FOLDS, n_labels)
    negatives: IntArray
    occurs: BoolArray  # (FOLDS, n_features), whether a feature does in the fold

    def known(self) -> BoolArray:
        """Whether a feature occurs outside a fold, (FOLDS, n_features)."""
        return self.occurs.sum(axis=0) > self.occurs


class Scores(NamedTuple):
    """Scores of rows by models that left them out."""

    histogram: ScoreHistogram
    n_bytes: int  # that the partitions have sent


def folds_of(texts: Iterable[str]) -> AnyArray:
    """Find the fold of each text, int8."""
    codes = (crc32(text.encode("utf-8", "surrogatepass")) % FOLDS for text in texts)
    return np.fromiter(codes, np.int8)


def models_of(labels: IntArray, counts: FoldCounts | None) -> Models:
    """List the models of the labels; without counts only those of all rows.

    A label has the others if positives and negatives are left in each.
    """
    if counts is None:
        return Models(labels, np.full(len(labels), -1))
    fewest = np.minimum(
        counts.positives.sum(axis=0) - counts.positives.max(axis=0),
        counts.negatives.sum(axis=0) - counts.negatives.max(axis=0),
    )
    divided = labels[fewest[labels] > 0]
    return Models(
        np.concatenate([labels, np.repeat(divided, FOLDS)]),
        np.concatenate([np.full(len(labels), -1), np.tile(np.arange(FOLDS), len(divided))]),
    )


def fit_sigmoids(scores: Scores, models: Models, factors: FloatArray) -> FloatArray:
    """Fit slope and intercept of the sigmoid of each label, (n_labels, 2).

    `factors`, (n_labels, 2), are those of the weights of negatives and positives.
    """
    lines = np.tile([1.0, 0.0], (len(factors), 1))
    truth, scored, weight = scores.histogram.samples(probabilities=False)
    of_all_rows = models.left_out < 0
    divided = set(models.labels[~of_all_rows].tolist())
    for place, label in enumerate(models.labels[of_all_rows].tolist()):
        rows = np.flatnonzero(weight[:, place])
        z, positive = scored[rows, place], truth[rows, place] > 0
        weighted = weight[rows, place] * np.where(positive, *factors[label, ::-1])
        held_out = z if label in divided else None
        lines[label] = fit_sigmoid(
            held_out, np.zeros(1), positive, weighted, partial(np.asarray, z)
        )
    return lines


# Functions of one part, and of two sums: they run where the parts are.


def count_folds(part: Partition, number: int) -> FoldCounts:
    rows = [part.folds == fold for fold in range(FOLDS)]
    occurs = np.zeros((FOLDS, part.columns[-1] + 1), bool)
    for fold, own in enumerate(rows):
        occurs[fold, part.columns[part.X[own].indices]] = True
    return FoldCounts(
        np.array([(part.signs[own] > 0).sum(axis=0) for own in rows]),
        np.array([(part.signs[own] < 0).sum(axis=0) for own in rows]),
        occurs[:, :-1],  # without the intercept
    )


def add_fold_counts(a: FoldCounts, b: FoldCounts) -> FoldCounts:
    return FoldCounts(a.positives + b.positives, a.negatives + b.negatives, a.occurs | b.occurs)


def count_scores(
    part: Partition, number: int, weights: AnyArray, models: Models, known: BoolArray | None = None
) -> Scores:
    """Count the scores that each row gets by the models without its fold.

    `known` tells what other folds know of the features, if rows are to be stretched, as
    `_cross_fitting` has it.
    """
    labels = models.labels[models.left_out < 0]
    places = np.tile(np.arange(len(labels)), (FOLDS, 1))
    for model, (label, fold) in enumerate(zip(*models, strict=True)):
        if fold >= 0:
            places[fold, np.flatnonzero(labels == label)] = model
    near = weights[part.columns].astype(part.X.dtype, copy=False)
    own = places[part.folds]  # the model of each row and label
    chosen: Any = np.take_along_axis(part.X @ near, own, axis=1)
    if known is not None:
        bias = near[-1, own]
        stretch = np.where(models.left_out[own] < 0, 1.0, _stretch(part, known)[:, None])
        chosen = bias + stretch * (chosen - bias)
    signs, histogram = part.signs[:, labels], ScoreHistogram(len(labels))
    histogram.add(signs > 0, expit(chosen.astype(np.float64)), part.weight, signs != 0)
    return Scores(histogram, histogram.counts.nbytes)


def _stretch(part: Partition, known: BoolArray) -> FloatArray:
    """Factor of each row that gives the features that other folds know the length of all."""
    squares = squared(part.X[:, :-1])
    factors, whole = np.ones(squares.shape[0]), squares.sum(axis=1)
    for fold, features in enumerate(known[:, part.columns[:-1]]):
        lengths = squares @ features.astype(np.float64)
        rows = np.flatnonzero((part.folds == fold) & (lengths > 0))
        factors[rows] = np.sqrt(whole[rows] / lengths[rows])
    return factors


def add_scores(a: Scores, b: Scores) -> Scores:
    total = ScoreHistogram(a.histogram.counts.shape[1])
    total.merge(a.histogram).merge(b.histogram)
    return Scores(total, a.n_bytes + b.n_bytes)
