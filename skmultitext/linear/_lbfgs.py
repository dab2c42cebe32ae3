"""L-BFGS for all labels at once, where the rows are elsewhere: one evaluation is one round.

Every label has a trial point of its own. A round evaluates those of all labels that have not
converged. A label whose objective has fallen enough there [1]_ moves to it, and takes a direction
from its last `MEMORY` moves; the others halve their step or shorten it further. No label waits for
another.

The directions start from the inverse of the objective's diagonal second derivatives, which are
asked for every `PERIOD` rounds. A feature of 10,000 rows and one of 2 have curvatures of different
orders, and L-BFGS without them would need several times as many rounds.

References
----------
.. [1] J. Nocedal, S. J. Wright, "Numerical optimization", 2nd edition, 2006,
   algorithms 3.1 and 7.4.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .._gate.types import AnyArray, BoolArray, FloatArray, IntArray

MEMORY = 6  # moves of each label that are remembered
PERIOD = 5  # rounds between two computations of the curvature
ENOUGH = 1e-4  # share of the decrease that the slope promises

# (weights, labels, with curvature) -> (losses, their gradient, their curvature or None)
Evaluate = Callable[[FloatArray, IntArray, bool], tuple[FloatArray, AnyArray, Any]]


class Minimum(NamedTuple):
    """Where the labels ended."""

    weights: FloatArray  # (n_features + 1, n_labels)
    n_rounds: IntArray  # (n_labels,), in which the label took part
    gap: FloatArray  # (n_labels,), duality gap, relative to the objective


def minimise(evaluate: Evaluate, start: FloatArray, *, tol: float, max_rounds: int) -> Minimum:
    """Minimise ``||w||^2 / 2 + losses(w)`` for each label from `start`, (n_features + 1, n_labels).

    A label has converged if the duality gap is at most `tol` times its objective. Every evaluation
    gives a lower bound of the minimum: the dual variables that belong to the margins of a point w
    have the dual objective ``f(w) - ||g||^2 / 2``, g being the gradient there, since the dual of
    the penalty is the penalty itself. The highest bound so far counts.
    """
    n_labels = start.shape[1]
    weights = start.copy()
    n_rounds, gap = np.zeros(n_labels, np.int64), np.ones(n_labels)
    bound = np.full(n_labels, -np.inf)
    labels = np.arange(n_labels)
    point = _Point(weights.copy(), *[np.zeros(0)] * 2)
    moves: list[Any] = []
    direction, step, diagonal = np.zeros_like(weights), np.ones(n_labels), np.ones_like(weights)
    for n in range(max_rounds):
        trial = point.weights + step * direction
        losses, gradient, curvature = evaluate(trial, labels, n % PERIOD == 0)
        n_rounds[labels] += 1
        objective = 0.5 * (trial**2).sum(axis=0) + losses
        gradient = gradient + trial
        bound = np.maximum(bound, objective - 0.5 * (gradient**2).sum(axis=0))
        if n:
            promised = step * (point.gradient * direction).sum(axis=0)
            lower = objective <= point.objective + ENOUGH * promised
            # float32 sums cannot tell smaller decreases
            lower |= np.maximum(-promised, objective - point.objective) <= 1e-6 * point.objective
            excess = 2.0 * (objective - point.objective - promised)
            shorter = np.clip(-promised / np.where(excess > 0, excess, 1.0), 0.1, 0.5)
            move = trial - point.weights, gradient - point.gradient
            moves = [*moves, tuple(np.where(lower, array, 0.0) for array in move)][-MEMORY:]
            point = _Point(
                np.where(lower, trial, point.weights),
                np.where(lower, objective, point.objective),
                np.where(lower, gradient, point.gradient),
            )
        else:
            lower, shorter = np.ones(len(labels), bool), step
            point = _Point(trial, objective, gradient)
        if curvature is not None:
            diagonal = np.where(lower, 1.0 + curvature, diagonal)
        new = -_inverse_times(point.gradient, moves, diagonal)
        direction = np.where(lower, new, direction)
        step = np.where(lower, 1.0, step * shorter)
        reached = (point.objective - bound) / point.objective
        gap[labels] = reached
        weights[:, labels] = point.weights
        left = reached > tol
        if not left.any():
            break
        if not left.all():
            labels, direction, step, diagonal, bound = (
                labels[left], direction[:, left], step[left], diagonal[:, left], bound[left]
            )  # fmt: skip
            point = point.of(left)
            moves = [(s[:, left], y[:, left]) for s, y in moves]
    return Minimum(weights, n_rounds, gap)


class _Point(NamedTuple):
    """Where the labels stand."""

    weights: FloatArray
    objective: FloatArray
    gradient: FloatArray

    def of(self, labels: BoolArray) -> "_Point":
        return _Point(self.weights[:, labels], self.objective[labels], self.gradient[:, labels])


def _inverse_times(gradient: FloatArray, moves: list[Any], diagonal: FloatArray) -> FloatArray:
    """Multiply by the approximate inverse of the second derivatives, in the two-loop recursion."""
    q, shares = gradient.copy(), []
    for s, y in reversed(moves):
        product = (s * y).sum(axis=0)
        inverse = np.divide(1.0, product, out=np.zeros_like(product), where=product > 0)
        share = inverse * (s * q).sum(axis=0)
        q -= share * y
        shares.append((share, inverse))
    q /= diagonal
    for (s, y), (share, inverse) in zip(moves, reversed(shares), strict=True):
        q += (share - inverse * (y * q).sum(axis=0)) * s
    return q
