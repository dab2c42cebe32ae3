"""How a tagger tunes its thresholds: by an exact search, or by a callable on a grid."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
import scipy.sparse as sp

from .._decision import decide
from .._labels import LabelSpace
from ._objectives import Objective
from ._search import count_decided, label_sides, reached_score, search_gated, shrink

__all__ = ["ExactTuning", "GridTuning"]

_MOST_ROUNDS = 3
_MOST_LOST = 0.05  # of the joint F-score, on the scores that were searched
_STRONGEST = 1e9


@dataclass(frozen=True, eq=False)
class ExactTuning:
    """Search for a named objective.

    Attributes
    ----------
    objective : Objective
        What to maximise.
    rules : dict
        `max_labels` and `at_least_one` of the decision.
    shrinkage : float
        Strength of the fallback for rare labels.
    probabilities : bool
        Whether the scores are probabilities; else they are any finite numbers.
    """

    objective: Objective
    rules: dict
    shrinkage: float
    probabilities: bool

    def search(self, truth, scores, weight):
        """Find the thresholds, shape (n_labels,)."""
        lowest = _lowest(scores, self.probabilities)
        own = search_gated(self.objective, truth, scores, weight, lowest=lowest)
        anchor = self.objective.anchor
        if anchor is None or not self.shrinkage:
            return own
        common = search_gated(anchor, truth, scores, weight, lowest=lowest)
        support = _support(label_sides(anchor, truth, weight))
        if anchor.shared:
            mixed = shrink(own, common, support, self.shrinkage, log_odds=self.probabilities)
            kept = self._keeps(truth, scores, mixed, weight) | (support < self.shrinkage)
            return np.where(kept, mixed, own)

        def joint(thresholds):
            return reached_score(anchor, truth, decide(scores, thresholds), weight)

        best, strength = joint(common), self.shrinkage
        while strength < _STRONGEST:
            mixed = shrink(own, common, support, strength, log_odds=self.probabilities)
            if joint(mixed) >= best - _MOST_LOST:
                return mixed
            strength *= 2
        return common

    def _keeps(self, truth, scores, thresholds, weight):
        """Whether each label reaches the least recall or precision that is asked for."""
        counts = count_decided(truth, decide(scores, thresholds), weight)
        return self.objective.keeps(*counts, label_sides(self.objective, truth, weight))

    def score(self, truth, scores, thresholds, weight):
        """Score the decisions by the objective, float."""
        decisions = decide(scores, thresholds, **self.rules)
        return reached_score(self.objective, truth, decisions, weight)


@dataclass(frozen=True, eq=False)
class GridTuning:
    """Search for a callable, on a grid: one threshold for all, then label by label.

    Attributes
    ----------
    scoring : callable
        ``scoring(y_true, y_pred, **params) -> float``, greater is better.
    params : dict
        Its further parameters; `shared` is taken out: whether to stop at one threshold for all.
    space : LabelSpace
        The labels, in whose form the callable gets y.
    grid : int or ndarray of shape (n_thresholds,)
        Thresholds to try, or how many between the lowest and the highest score.
    rules, shrinkage, probabilities
        As in `ExactTuning`.
    """

    scoring: object
    params: dict
    space: LabelSpace
    grid: object
    rules: dict
    shrinkage: float
    probabilities: bool

    def search(self, truth, scores, weight):
        """Find the thresholds, shape (n_labels,)."""
        n_labels = scores.shape[1]
        best = [-np.inf, np.full(n_labels, scores.max(), dtype=np.float64)]

        def attempt(thresholds):
            value = self.score(truth, scores, thresholds, weight)
            if value > best[0]:
                best[:] = value, thresholds

        for threshold in self._grid(scores):
            attempt(np.full(n_labels, threshold))
        common = best[1]
        if self.params.get("shared") or n_labels == 1:
            return common
        for _ in range(_MOST_ROUNDS):
            before = best[0]
            for j in range(n_labels):
                for threshold in self._grid(scores[:, j]):
                    attempt(np.where(np.arange(n_labels) == j, threshold, best[1]))
            if best[0] == before:
                break
        support = _support(label_sides(Objective("f1_macro"), truth, weight))
        return shrink(best[1], common, support, self.shrinkage, log_odds=self.probabilities)

    def _grid(self, scores):
        """Thresholds to try for these scores, from the highest down."""
        if isinstance(self.grid, Integral):
            return np.linspace(scores.max(), scores.min(), self.grid, dtype=np.float64)
        return np.sort(self.grid)[::-1]

    def score(self, truth, scores, thresholds, weight):
        """Score the decisions by the callable, float."""
        decisions = decide(scores, thresholds, **self.rules)
        truth = truth.toarray() if sp.issparse(truth) else truth
        params = {key: value for key, value in self.params.items() if key != "shared"}
        value = self.scoring(
            self.space.decode(truth.astype(bool)), self.space.decode(decisions), **params
        )
        if not isinstance(value, Real) or np.isnan(value):
            raise ValueError(
                f"scoring returned {value!r}; it must return a number, greater is better. It is "
                f"called with y_true and y_pred."
            )
        return float(value)


def _lowest(scores, probabilities):
    """Find the lowest threshold there may be: every score above it can be told from it."""
    if probabilities:
        return 0.0
    low, high = float(scores.min()), float(scores.max())
    return low - (high - low or 1.0)


def _support(sides):
    return np.minimum(sides.positives, sides.negatives)
