"""Coordinate ascent: thresholds for what depends on all labels of a document at once.

Such are exact match and the rules `max_labels` and `at_least_one`: the best threshold of a label
depends on those of the others. Each step finds the best cut-off of one label, the other thresholds
fixed, exactly: from the highest cut-off down, documents get the label one after the other, and
perhaps lose the one that they had in its place. Steps go round until no label gains.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._gate.decision import DecisionMoves, decide, scores_for_shared
from .._gate.types import AnyArray, BoolArray, FloatArray, IntArray
from ..metrics._cut_offs import threshold_between
from ._objectives import Objective, Sides

__all__ = ["climb", "exact_match_of_shared"]

_MOST_ROUNDS = 20
_LEAST_GAIN = 1e-9


def climb(
    objective: Objective,
    truth: AnyArray,
    scores: AnyArray,
    orders: IntArray,
    weight: FloatArray | None,
    sides: Sides,
    start: FloatArray,
    rules: dict[str, Any],
    lowest: float,
) -> tuple[FloatArray, float]:
    """Improve the thresholds `start` label by label; return also the score.

    `truth` is dense; `orders` of shape (n_labels, n_samples) sorts the scores, highest first.
    """
    n_samples, n_labels = scores.shape
    moves, thresholds = DecisionMoves(scores, start, **rules), start.copy()
    weights = np.ones(n_samples) if weight is None else weight
    kind = _ExactMatches if objective.by_document else _Counts
    state = kind(objective, truth, weights, sides, decide(scores, start, **rules))
    n_idle, reached = 0, -np.inf
    for label in np.tile(np.arange(n_labels), _MOST_ROUNDS).tolist():
        column, order = scores[:, label], orders[label]
        ordered, now = column[order], column > thresholds[label]
        step = _Step.of(label, order, *moves.of(label), truth, weights)
        values = state.along(step, now)
        is_cut = np.append(ordered[1:] < ordered[:-1], True) & (ordered > lowest)
        cuts = np.append(0, np.flatnonzero(is_cut) + 1)
        best = cuts[values[cuts].argmax()]
        n_idle, reached = n_idle + 1, values[now.sum()]
        if values[best] > values[now.sum()] + _LEAST_GAIN:
            n_idle, reached = 0, values[best]
            below = np.append(ordered, lowest)[best]
            thresholds[label] = threshold_between(below, ordered[best - 1]) if best else ordered[0]
            state.move(step, now, column > thresholds[label])
            moves.move(label, thresholds[label])
        if n_idle == n_labels:
            break
    return thresholds, float(reached)


@dataclass(frozen=True, eq=False)
class _Step:
    """What documents gain, or lose, when one label gets above its threshold."""

    label: int
    rows: IntArray
    labels: IntArray
    places: IntArray  # of the rows, by the score of the label, highest first
    signs: AnyArray  # 1: gained, -1: lost
    truth: AnyArray
    weights: FloatArray

    @classmethod
    def of(
        cls,
        label: int,
        order: IntArray,
        depends: BoolArray,
        instead: IntArray,
        truth: AnyArray,
        weights: FloatArray,
    ) -> "_Step":
        gains, losses = np.flatnonzero(depends), np.flatnonzero(depends & (instead >= 0))
        rows = np.append(gains, losses)
        labels = np.append(np.full(len(gains), label), instead[losses])
        places = np.empty(len(order), dtype=np.intp)
        places[order] = np.arange(len(order))
        signs = np.repeat([1.0, -1.0], [len(gains), len(losses)])
        return cls(label, rows, labels, places[rows], signs, truth[rows, labels], weights[rows])


class _ExactMatches:
    """Weight of the documents whose known labels are all right."""

    def __init__(
        self,
        objective: Objective,
        truth: AnyArray,
        weights: FloatArray,
        sides: Sides,
        decisions: BoolArray,
    ) -> None:
        self._weights = weights / weights.sum()
        self._wrong = ((truth >= 0) & ((truth == 1) != decisions)).sum(axis=1)

    def along(self, step: _Step, now: BoolArray) -> FloatArray:
        """Score each cut-off; `now` marks the documents above the present one."""
        change = self._changes(step)
        without = self._wrong - np.where(now, change, 0)
        gain = (without + change == 0) * self._weights - (without == 0) * self._weights
        base = ((without == 0) * self._weights).sum()
        own = step.labels == step.label
        steps = np.zeros(len(now))
        steps[step.places[own]] = gain[step.rows[own]]
        return base + np.append(0.0, np.cumsum(steps))

    def move(self, step: _Step, before: BoolArray, after: BoolArray) -> None:
        self._wrong += self._changes(step) * (after.astype(np.int64) - before)

    def _changes(self, step: _Step) -> IntArray:
        """Count the wrong labels that each document gets more where it is above the cut-off."""
        more = step.signs * ((step.truth == 0) - (step.truth == 1).astype(np.int64))
        return np.bincount(step.rows, more, len(self._wrong)).astype(np.int64)


class _Counts:
    """Objectives of the true and the predicted positives of each label."""

    def __init__(
        self,
        objective: Objective,
        truth: AnyArray,
        weights: FloatArray,
        sides: Sides,
        decisions: BoolArray,
    ) -> None:
        self._objective, self._sides = objective, sides
        self._found = weights @ ((truth == 1) & decisions)
        self._given = weights @ ((truth >= 0) & decisions)

    def along(self, step: _Step, now: BoolArray) -> FloatArray:
        """Score each cut-off; `now` marks the documents above the present one."""
        found, given = self._without(step, now)
        more_found, more_given = _more(step)
        if self._objective.joint:

            def added(more: FloatArray) -> FloatArray:
                return np.append(0.0, np.cumsum(np.bincount(step.places, more, len(now))))

            found, given = found.sum() + added(more_found), given.sum() + added(more_given)
            return self._objective.rank(found, given, self._sides.total())
        order = np.lexsort((step.places, step.labels))
        labels = step.labels[order]
        first = np.flatnonzero(np.diff(labels, prepend=-1))
        n_labels = len(found)
        before = self._parts(found, given, np.arange(n_labels))

        def summed(base: FloatArray, more: FloatArray) -> FloatArray:
            total = np.cumsum(more[order])
            earlier = np.repeat(np.append(0.0, total)[first], np.diff(first, append=len(order)))
            return base[labels] + total - earlier

        values = self._parts(summed(found, more_found), summed(given, more_given), labels)
        previous = np.append(0.0, values[:-1])
        previous[first] = before[labels[first]]
        steps = np.bincount(step.places[order], values - previous, len(now))
        return before.sum() + np.append(0.0, np.cumsum(steps))

    def _parts(self, found: FloatArray, given: FloatArray, labels: IntArray) -> FloatArray:
        n_labels = len(self._found)
        sides = self._sides.map(lambda side: np.broadcast_to(side, n_labels)[labels])
        return self._objective.parts(found, given, sides, n_labels)

    def move(self, step: _Step, before: BoolArray, after: BoolArray) -> None:
        found, given = self._without(step, before)
        counted = after[step.rows]
        more_found, more_given = _more(step)
        n_labels = len(found)
        self._found = found + np.bincount(step.labels, more_found * counted, n_labels)
        self._given = given + np.bincount(step.labels, more_given * counted, n_labels)

    def _without(self, step: _Step, now: BoolArray) -> tuple[FloatArray, FloatArray]:
        """Count as if no document were above the cut-off."""
        more_found, more_given = _more(step)
        counted, n_labels = now[step.rows], len(self._found)
        found = self._found - np.bincount(step.labels, more_found * counted, n_labels)
        given = self._given - np.bincount(step.labels, more_given * counted, n_labels)
        return found, given


def _more(step: _Step) -> tuple[FloatArray, FloatArray]:
    """Weigh the true and the predicted positives that are gained, or lost."""
    amounts = step.signs * step.weights
    return amounts * (step.truth == 1), amounts * (step.truth >= 0)


def exact_match_of_shared(
    truth: AnyArray,
    scores: AnyArray,
    weight: FloatArray | None,
    rules: dict[str, Any],
    lowest: float,
) -> float:
    """Find the threshold of all labels with the best exact match; `truth` is dense.

    A document is right from its highest score of a wrong label up to the lowest of a right one.
    """
    scores, always = scores_for_shared(scores, lowest, **rules)
    scores = np.where(always, np.inf, scores)
    start = np.where(truth == 0, scores, lowest).max(axis=1)
    stop = np.where(truth == 1, scores, np.inf).min(axis=1)
    right = np.flatnonzero(start < stop)
    weights = np.ones(len(right)) if weight is None else weight[right]
    bounds = np.unique(np.concatenate([[lowest], start[right], stop[right]]))
    begun = np.bincount(np.searchsorted(bounds, start[right]), weights, len(bounds))
    ended = np.bincount(np.searchsorted(bounds, stop[right]), weights, len(bounds))
    values = np.cumsum(begun - ended)[np.isfinite(bounds)]
    best = len(values) - 1 - int(values[::-1].argmax())
    between = bounds[best : best + 2]
    if len(between) == 1 or not np.isfinite(between[1]):
        return float(between[0])
    return float(threshold_between(*between))
