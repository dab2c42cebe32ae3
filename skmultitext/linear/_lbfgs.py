"""L-BFGS for all labels at once, where the rows are elsewhere: one evaluation is one round.

Every label has a trial point of its own. A round evaluates those of all labels that have not
converged. A label whose objective has fallen enough there [1]_ moves to it, and takes a direction
from its last `MEMORY` moves; the others halve their step or shorten it further. No label waits for
another.

The directions start from the inverse of the objective's diagonal second derivatives, which are
asked for every `PERIOD` rounds. A feature of 10,000 rows and one of 2 have curvatures of different
orders, and L-BFGS without them would need several times as many rounds.

The second derivatives of the squared hinge jump where a margin passes 1: directions from new ones
fit badly to older moves, and half of the steps were too long. Those at the start, where all margins
are below 1, are upper bounds everywhere, and are kept; twice the moves are remembered. On 20,000
texts of GoEmotions at C = 10 five labels took 61 to 96 rounds so, and more than 150 otherwise.

References
----------
.. [1] J. Nocedal, S. J. Wright, "Numerical optimization", 2nd edition, 2006,
   algorithms 3.1 and 7.4.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, NamedTuple, Self

import numpy as np

from .._gate.types import AnyArray, BoolArray, FloatArray, IntArray
from .._runtime.checkpoints import Checkpoints

MEMORY = 6  # moves of each label that are remembered
PERIOD = 5  # rounds between two computations of the curvature
ENOUGH = 1e-4  # share of the decrease that the slope promises
BLOCK = 2**23  # most weights at a time, each of which takes 22 numbers
SECONDS = 30.0  # between two checkpoints

# (weights, labels, with curvature) -> (losses, their gradient, their curvature or None)
Evaluate = Callable[[FloatArray, IntArray, bool], tuple[FloatArray, AnyArray, Any]]


class Minimum(NamedTuple):
    """Where the labels ended."""

    weights: FloatArray  # (n_features + 1, n_labels)
    n_rounds: IntArray  # (n_labels,), in which the label took part
    gap: FloatArray  # (n_labels,), duality gap, relative to the objective


class _Point(NamedTuple):
    """Where the labels stand."""

    weights: FloatArray
    objective: FloatArray
    gradient: FloatArray

    def of(self, labels: BoolArray) -> "_Point":
        return _Point(self.weights[:, labels], self.objective[labels], self.gradient[:, labels])


@dataclass
class _State:
    """What the next round starts from."""

    found: Minimum  # of all labels, so far
    labels: IntArray  # that have not converged; the rest is theirs
    point: _Point
    moves: list[tuple[FloatArray, FloatArray]]
    direction: FloatArray
    step: FloatArray
    diagonal: FloatArray
    bound: FloatArray

    @classmethod
    def begin(cls, start: FloatArray) -> Self:
        n_labels = start.shape[1]
        return cls(
            Minimum(start.copy(), np.zeros(n_labels, np.int64), np.ones(n_labels)),
            np.arange(n_labels),
            _Point(start.copy(), np.full(n_labels, np.inf), np.zeros_like(start)),
            [],
            np.zeros_like(start),
            np.ones(n_labels),
            np.ones_like(start),
            np.full(n_labels, -np.inf),
        )

    def to_arrays(self) -> list[AnyArray]:
        moves = [array for move in self.moves for array in move]
        own = self.labels, self.direction, self.step, self.diagonal, self.bound
        return [*self.found, *self.point, *own, *moves]

    @classmethod
    def from_arrays(cls, arrays: list[AnyArray]) -> Self:
        labels, direction, step, diagonal, bound, *moves = arrays[6:]
        pairs = list(zip(moves[::2], moves[1::2], strict=True))
        found, point = Minimum(*arrays[:3]), _Point(*arrays[3:6])
        return cls(found, labels, point, pairs, direction, step, diagonal, bound)


def minimise(
    evaluate: Evaluate,
    start: FloatArray,
    *,
    tol: float,
    max_rounds: int,
    smooth: bool = True,
    state: _State | None = None,
    visit: Callable[[_State], None] | None = None,
) -> Minimum:
    """Minimise ``||w||^2 / 2 + losses(w)`` for each label from `start`, (n_features + 1, n_labels).

    A label has converged if the duality gap is at most `tol` times its objective. Every evaluation
    gives a lower bound of the minimum: the dual variables that belong to the margins of a point w
    have the dual objective ``f(w) - ||g||^2 / 2``, g being the gradient there, since the dual of
    the penalty is the penalty itself. The highest bound so far counts.

    Without `smooth` the second derivatives of the losses jump. `visit` gets the state after each
    round; from it, as `state`, the next ones are the same.
    """
    at = _State.begin(start) if state is None else state
    for n in range(int(at.found.n_rounds.max(initial=0)), max_rounds):
        if not len(at.labels):
            break
        _do_round(evaluate, at, n, tol, smooth)
        if visit is not None:
            visit(at)
    return at.found


def _do_round(evaluate: Evaluate, at: _State, n: int, tol: float, smooth: bool) -> None:
    """Evaluate the trial points, move, and drop the labels that have converged."""
    point, direction, step = at.point, at.direction, at.step
    trial = point.weights + step * direction
    losses, gradient, curvature = evaluate(trial, at.labels, n % PERIOD == 0 if smooth else n == 0)
    at.found.n_rounds[at.labels] += 1
    objective = 0.5 * _dots(trial, trial) + losses
    gradient = gradient + trial
    at.bound = np.maximum(at.bound, objective - 0.5 * _dots(gradient, gradient))
    if n:
        promised = step * _dots(point.gradient, direction)
        lower = objective <= point.objective + ENOUGH * promised
        # float32 sums cannot tell smaller decreases
        lower |= np.maximum(-promised, objective - point.objective) <= 1e-6 * point.objective
        excess = 2.0 * (objective - point.objective - promised)
        shorter = np.clip(-promised / np.where(excess > 0, excess, 1.0), 0.1, 0.5)
        move = trial - point.weights, gradient - point.gradient
        s, y = (np.where(lower, array, 0.0) for array in move)
        at.moves = [*at.moves, (s, y)][-(MEMORY if smooth else 2 * MEMORY) :]
        point = _Point(
            np.where(lower, trial, point.weights),
            np.where(lower, objective, point.objective),
            np.where(lower, gradient, point.gradient),
        )
    else:
        lower, shorter = np.ones(len(at.labels), bool), step
        point = _Point(trial, objective, gradient)
    if curvature is not None:
        at.diagonal = np.where(lower, 1.0 + curvature, at.diagonal)
    new = -_inverse_times(point.gradient, at.moves, at.diagonal)
    at.direction = np.where(lower, new, direction)
    at.step = np.where(lower, 1.0, step * shorter)
    reached = (point.objective - at.bound) / point.objective
    at.found.gap[at.labels] = reached
    at.found.weights[:, at.labels] = point.weights
    left = reached > tol
    if not left.all():
        at.labels, at.direction, at.step, at.diagonal, at.bound = (
            at.labels[left], at.direction[:, left], at.step[left], at.diagonal[:, left],
            at.bound[left],
        )  # fmt: skip
        point = point.of(left)
        at.moves = [(s[:, left], y[:, left]) for s, y in at.moves]
    at.point = point


def minimise_blocks(
    evaluate: Evaluate,
    start: Callable[[IntArray], FloatArray],
    shape: tuple[int, int],
    *,
    tol: float,
    max_rounds: int,
    smooth: bool = True,
    checkpoints: Checkpoints | None = None,
) -> list[Minimum]:
    """Minimise at most `BLOCK` weights, of (n_features + 1, n_labels), at a time.

    `start` makes the weights from which the given labels start. With `checkpoints` an interrupted
    call is continued, to the same weights.
    """
    n_blocks = min(shape[1], -(-shape[0] * shape[1] // BLOCK))
    found: list[Minimum] = []
    state = None
    if checkpoints is not None and checkpoints.exists():
        saved = checkpoints.load()[1]
        done = iter(saved["found"])
        found = [Minimum(*three) for three in zip(done, done, done, strict=True)]
        state = _State.from_arrays(saved["state"])
    last = monotonic()

    def save(state: _State) -> None:
        nonlocal last
        if checkpoints is not None and monotonic() - last >= SECONDS:
            done = [array for minimum in found for array in minimum]
            checkpoints.save({}, {"found": done, "state": state.to_arrays()})
            last = monotonic()

    blocks = np.array_split(np.arange(shape[1]), n_blocks) if n_blocks else []
    for block in blocks[len(found) :]:

        def evaluate_block(
            weights: FloatArray, labels: IntArray, curved: bool, block: IntArray = block
        ) -> tuple[FloatArray, AnyArray, Any]:
            return evaluate(weights, block[labels], curved)

        options: Any = {"tol": tol, "max_rounds": max_rounds, "smooth": smooth}
        options.update(state=state, visit=save)
        found.append(minimise(evaluate_block, start(block), **options))
        state = None
    return found


def _inverse_times(gradient: FloatArray, moves: list[Any], diagonal: FloatArray) -> FloatArray:
    """Multiply by the approximate inverse of the second derivatives, in the two-loop recursion."""
    q, shares, product = gradient.copy(), [], np.empty_like(gradient)
    for s, y in reversed(moves):
        curved = _dots(s, y)
        inverse = np.divide(1.0, curved, out=np.zeros_like(curved), where=curved > 0)
        share = inverse * _dots(s, q)
        q -= np.multiply(share, y, out=product)
        shares.append((share, inverse))
    q /= diagonal
    for (s, y), (share, inverse) in zip(moves, reversed(shares), strict=True):
        q += np.multiply(share - inverse * _dots(y, q), s, out=product)
    return q


def _dots(a: FloatArray, b: FloatArray) -> FloatArray:
    """Multiply the columns of two arrays, pair by pair."""
    products: FloatArray = np.einsum("ij,ij->j", a, b)
    return products
