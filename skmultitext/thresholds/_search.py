"""Search thresholds: exactly for a named objective, on a grid for a callable."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.special import expit, logit

from .._gate.decision import decide, exact_matches, scores_for_shared
from .._gate.hierarchy import LabelHierarchy
from .._gate.labels import LabelSpace
from .._gate.samples import count_entries, has_unknown, sum_weights, with_nan
from .._gate.types import AnyArray, BoolArray, FloatArray, Indicator
from .._meta.wrapping import OutOfFold
from .._runtime.messages import shown
from .._runtime.threads import ignored_warnings
from ..exceptions import LabelError
from ..metrics._cut_offs import CutOffs, pooled_cut_offs, separate_cut_offs
from ._ascent import climb, exact_match_of_shared
from ._guarantees import covering_threshold, sure_thresholds
from ._objectives import Objective, Sides

__all__ = [
    "ExactSearch",
    "GridSearch",
    "best_thresholds",
    "checked_grid",
    "count_decided",
    "label_sides",
    "reached_score",
    "search_folds",
    "shrink",
]

_BLOCK = 1 << 22  # decisions counted at a time
_MOST_ROUNDS = 3
_MOST_LOST = 0.05  # of the joint F-score, on the scores that were searched
_STRONGEST = 1e9
_STARTS = Objective("neg_hamming_loss"), Objective("f1_micro", joint=True)  # of exact match


@dataclass(frozen=True, eq=False)
class ExactSearch:
    """Thresholds that maximise a named objective, those of rare labels shrunk towards an anchor."""

    objective: Objective
    rules: dict[str, Any]  # max_labels and at_least_one of the decision
    shrinkage: float
    probabilities: bool  # whether the scores are probabilities; else any finite numbers
    label_names: AnyArray
    hierarchy: LabelHierarchy | None = None  # decisions are closed upwards in it

    def __post_init__(self) -> None:
        rules = [name for name, value in self.rules.items() if value]
        if self.objective.covers:
            # further labels, of at_least_one or a hierarchy, leave a document covered
            if "max_labels" in rules:
                raise ValueError(
                    "max_labels takes labels away from documents that must have all of theirs for "
                    "the objective 'precision_at_coverage'. Leave it out, or pass another "
                    "objective."
                )
            return
        if self.objective.confidence is not None and (rules or self.hierarchy is not None):
            found = rules[0] if rules else "a hierarchy"
            raise ValueError(
                f"confidence holds for decisions of thresholds, which {found} changes. Leave it "
                f"out, or set confidence=None."
            )

    def thresholds(
        self, truth: Indicator, scores: FloatArray, weight: FloatArray | None = None
    ) -> FloatArray:
        """Find the threshold of each label."""
        lowest = _lowest(scores, self.probabilities)
        if self.objective.confidence is not None:
            if weight is not None and (weight != weight.flat[0]).any():
                raise ValueError(
                    "confidence counts documents, and cannot weight them. Leave sample_weight out, "
                    "or set confidence=None."
                )
            return sure_thresholds(self.objective, truth, scores, self.label_names, lowest)
        if self.objective.covers:
            least = self.objective.options["min_coverage"]
            threshold = covering_threshold(truth, scores, least, None, lowest, weight)
            return np.full(scores.shape[1], lowest if np.isnan(threshold) else threshold)
        rules = {name: value for name, value in self.rules.items() if value}
        if rules.get("max_labels", 0) >= scores.shape[1]:
            del rules["max_labels"]
        is_shrunk = self.shrinkage and self.objective.anchor is not None
        if not rules or (not is_shrunk and self.hierarchy is None):
            return self._search(truth, scores, weight, rules, lowest)
        # shrinking, or closing upwards, may cost more than is gained by searching with the rules
        found = [self._search(truth, scores, weight, r, lowest) for r in ({}, rules)]
        reached = [self._rank(truth, scores, thresholds, weight) for thresholds in found]
        return found[int(np.argmax(reached))]

    def _rank(
        self, truth: Indicator, scores: FloatArray, thresholds: FloatArray, weight: Any
    ) -> float:
        """Evaluate what is maximised: the score, far lower where a constraint is violated."""
        if self.objective.by_document:
            return self.score(truth, scores, thresholds, weight)
        decisions = decide(scores, thresholds, **self.rules, hierarchy=self.hierarchy)
        found, given = count_decided(truth, decisions, weight)
        sides = label_sides(self.objective, truth, weight)
        if self.objective.joint:
            return float(self.objective.rank(found.sum(), given.sum(), sides.total()))
        return float(self.objective.parts(found, given, sides, len(found)).sum())

    def _search(
        self,
        truth: Indicator,
        scores: FloatArray,
        weight: FloatArray | None,
        rules: dict[str, Any],
        lowest: float,
    ) -> FloatArray:
        """Find thresholds, those of rare labels shrunk; by the decisions that `rules` change."""

        def best(objective: Objective) -> FloatArray:
            return best_thresholds(objective, truth, scores, weight, lowest=lowest, rules=rules)

        def decided(thresholds: FloatArray) -> BoolArray:
            return decide(scores, thresholds, **rules)

        own, anchor = best(self.objective), self.objective.anchor
        if anchor is None or not self.shrinkage:
            return own
        common = best(anchor)
        support = _support(label_sides(anchor, truth, weight))
        if anchor.shared:
            mixed = shrink(own, common, support, self.shrinkage, log_odds=self.probabilities)
            sides = label_sides(self.objective, truth, weight)
            while True:  # with rules, one label's threshold may break the minimum of another
                counts = count_decided(truth, decided(mixed), weight)
                kept = self.objective.keeps(*counts, sides) | (support < self.shrinkage)
                if (kept | (mixed == own)).all():
                    return mixed
                mixed = np.where(kept, mixed, own)

        def joint(thresholds: FloatArray) -> float:
            return reached_score(anchor, truth, decided(thresholds), weight)

        most, strength = joint(common), self.shrinkage
        while strength < _STRONGEST:
            mixed = shrink(own, common, support, strength, log_odds=self.probabilities)
            if joint(mixed) >= most - _MOST_LOST:
                return mixed
            strength *= 2
        return common

    def score(
        self,
        truth: Indicator,
        scores: FloatArray,
        thresholds: FloatArray,
        weight: FloatArray | None = None,
    ) -> float:
        """Score the decisions by the objective."""
        decisions = decide(scores, thresholds, **self.rules, hierarchy=self.hierarchy)
        return reached_score(self.objective, truth, decisions, weight)


@dataclass(frozen=True, eq=False)
class GridSearch:
    """Thresholds for a callable, on a grid: one threshold for all labels, then label by label."""

    objective: Callable[..., Any]  # objective(y_true, y_pred, **params), greater is better
    params: dict[str, Any]
    shared: bool  # whether to stop at one threshold for all labels
    space: LabelSpace  # the callable gets y in the form of fit
    grid: int | FloatArray  # thresholds to try, or how many between lowest and highest score
    rules: dict[str, Any]
    shrinkage: float
    probabilities: bool
    hierarchy: LabelHierarchy | None = None

    def thresholds(
        self, truth: Indicator, scores: FloatArray, weight: FloatArray | None = None
    ) -> FloatArray:
        """Find the threshold of each label."""
        n_labels = scores.shape[1]
        best_score, best = -np.inf, np.full(n_labels, scores.max(), dtype=np.float64)

        def attempt(thresholds: FloatArray) -> None:
            nonlocal best_score, best
            value = self.score(truth, scores, thresholds)
            if value > best_score:
                best_score, best = value, thresholds

        for threshold in self._grid_of(scores):
            attempt(np.full(n_labels, threshold))
        common = best
        if self.shared or n_labels == 1:
            return common
        for _ in range(_MOST_ROUNDS):
            before = best_score
            for j in range(n_labels):
                for threshold in self._grid_of(scores[:, j]):
                    attempt(np.where(np.arange(n_labels) == j, threshold, best))
            if best_score == before:
                break
        support = _support(label_sides(Objective("f1_macro"), truth, weight))
        return shrink(best, common, support, self.shrinkage, log_odds=self.probabilities)

    def _grid_of(self, scores: FloatArray) -> FloatArray:
        """Thresholds to try for these scores, from the highest down."""
        if isinstance(self.grid, Integral):
            return np.linspace(scores.max(), scores.min(), int(self.grid), dtype=np.float64)
        return np.sort(self.grid)[::-1]

    def score(
        self,
        truth: Indicator,
        scores: FloatArray,
        thresholds: FloatArray,
        weight: FloatArray | None = None,
    ) -> float:
        """Score the decisions by the callable, which takes no weights."""
        decisions = decide(scores, thresholds, **self.rules, hierarchy=self.hierarchy)
        y_pred = self.space.decode(decisions)
        if has_unknown(truth):
            value = _ask_with_nan(self.objective, with_nan(truth), y_pred, self.params)
        else:
            y_true = self.space.decode(_dense(truth).astype(bool))
            value = self.objective(y_true, y_pred, **self.params)
        if not isinstance(value, Real) or math.isnan(value):
            raise ValueError(
                f"objective returned {shown(value)}; it must return a number, greater is better. "
                f"It is called with y_true and y_pred."
            )
        return float(value)


def _ask_with_nan(objective: Any, y_true: Any, y_pred: Any, params: dict[str, Any]) -> Any:
    """Call an objective; say what to pass instead if it refuses NaN."""
    try:
        # type_of_target of scikit-learn casts NaN to int before it refuses it
        with ignored_warnings(r"sklearn\.", category=RuntimeWarning):
            return objective(y_true, y_pred, **params)
    except ValueError as error:
        if "nan" not in str(error).lower():
            raise
        raise LabelError(
            f"The objective does not take unknown labels, NaN in y_true ({error}). Pass a function "
            f"of skmultitext.metrics, such as f1_score with objective_params="
            f"{{'average': 'micro'}}."
        ) from error


def search_folds(search: ExactSearch | GridSearch, pooled: OutOfFold) -> dict[str, Any]:
    """Search each validation fold separately, to show how much the thresholds vary."""
    thresholds, scores = [], []
    for fold in np.unique(pooled.fold):
        rows = np.flatnonzero(pooled.fold == fold)
        data = pooled.indicator[rows], pooled.scores[rows]
        weight = None if pooled.weight is None else pooled.weight[rows]
        thresholds.append(search.thresholds(*data, weight))
        scores.append(search.score(*data, thresholds[-1], weight))
    n_known, n_positives = count_entries(pooled.indicator)
    return {
        "thresholds": np.array(thresholds),
        "scores": np.array(scores),
        "mean_thresholds": np.mean(thresholds, axis=0),
        "std_thresholds": np.std(thresholds, axis=0),
        "support": n_positives,
        "known": n_known,
    }


def best_thresholds(
    objective: Objective,
    truth: Indicator,
    scores: FloatArray,
    weight: FloatArray | None = None,
    *,
    lowest: float = 0.0,
    rules: dict[str, Any] | None = None,
) -> FloatArray:
    """Find the thresholds, at least `lowest`, that maximise an objective; weights are above 0.

    With rules, `max_labels` or `at_least_one`, and for exact match, no single one of them can be
    improved.
    """
    sides = label_sides(objective, truth, weight)
    if objective.shared:
        return _best_shared(objective, truth, scores, weight, rules or {}, lowest, sides)
    if objective.by_document or rules:
        return _climb(objective, truth, scores, weight, rules or {}, lowest, sides)
    cut_offs = separate_cut_offs(truth, scores, weight, lowest=lowest)
    if objective.joint:
        best = _maximise_ratio(objective.beta2, cut_offs, sides.positives.sum())
    else:
        values = objective.rank(cut_offs.found, cut_offs.given, sides.map(cut_offs.spread))
        best = cut_offs.best(values, last=objective.more_found_on_ties)
    return cut_offs.thresholds[best]


def _climb(
    objective: Objective,
    truth: Indicator,
    scores: FloatArray,
    weight: FloatArray | None,
    rules: dict[str, Any],
    lowest: float,
    sides: Sides,
) -> FloatArray:
    """Improve several thresholds label by label, and take the best."""
    dense, orders = _dense(truth), np.argsort(-scores.T, axis=1, kind="stable")
    best, most = np.empty(0), -np.inf
    starts: list[tuple[Objective, dict[str, Any]]] = [(objective, {})] if rules else []
    starts.append((replace(objective, shared=True), rules))
    if objective.by_document:
        starts += [(start, rules) for start in _STARTS]
    for start, own_rules in starts:
        found = best_thresholds(start, truth, scores, weight, lowest=lowest, rules=own_rules)
        found, reached = climb(
            objective, dense, scores, orders, weight, sides, found, rules, lowest
        )
        if reached > most:
            best, most = found, reached
    return best


def _maximise_ratio(beta2: float, cut_offs: CutOffs, positives: float) -> np.ndarray:
    """Maximise (1 + beta2) found / (beta2 positives + given), sums over labels, by Dinkelbach.

    A choice of cut-offs exceeds the ratio r where ``(1 + beta2) found - r given``, summed over
    labels, exceeds ``r beta2 positives``. Each label maximises its own part of the sum; the ratio
    that this reaches is the next r, until it no longer grows.
    """
    ratio, chosen = 0.0, None
    while True:
        best = cut_offs.best((1 + beta2) * cut_offs.found - ratio * cut_offs.given)
        found, given = cut_offs.found[best].sum(), cut_offs.given[best].sum()
        reached = (1 + beta2) * found / (beta2 * positives + given) if found else 0.0
        if chosen is not None and reached <= ratio:
            return chosen
        ratio, chosen = reached, best


def _best_shared(
    objective: Objective,
    truth: Indicator,
    scores: FloatArray,
    weight: FloatArray | None,
    rules: dict[str, Any],
    lowest: float,
    sides: Sides,
) -> FloatArray:
    """Find the best threshold that all labels share."""
    n_labels = scores.shape[1]
    if objective.by_document:
        best = exact_match_of_shared(_dense(truth), scores, weight, rules, lowest)
        return np.full(n_labels, best)
    totals: list[Any] = [0.0, 0.0]
    always_found: Any = np.zeros(n_labels)
    always_given: Any = always_found
    if rules:
        scores, always = scores_for_shared(scores, lowest, **rules)
        always_found, always_given = count_decided(truth, always, weight)

    def add_up(j: int, found: FloatArray, given: FloatArray) -> None:
        found, given = found + always_found[j], given + always_given[j]
        if objective.joint:
            totals[0], totals[1] = totals[0] + found, totals[1] + given
        else:
            side = sides.map(lambda per_label: np.broadcast_to(per_label, n_labels)[j])
            totals[0] = totals[0] + objective.rank(found, given, side)

    thresholds = pooled_cut_offs(truth, scores, weight, lowest=lowest, add_up=add_up)
    if objective.joint:
        totals[0] = objective.rank(totals[0], totals[1], sides.total())
    values = totals[0]
    if objective.more_found_on_ties:
        values, thresholds = values[::-1], thresholds[::-1]
    return np.full(n_labels, thresholds[values.argmax()])


def label_sides(objective: Objective, truth: Indicator, weight: FloatArray | None = None) -> Sides:
    """Sum the weights of the positives and the negatives of each label."""
    known, positives = count_entries(truth, weight)
    sides = objective.sides(positives.astype(np.float64), known - positives)
    if objective.name == "neg_hamming_loss" and (known != known[0]).any():
        # the mean over labels is then the share of wrong entries among all known ones
        return sides._replace(known=known.mean())
    return sides


def reached_score(
    objective: Objective,
    truth: Indicator,
    decisions: BoolArray,
    weight: FloatArray | None = None,
) -> float:
    """Score decisions by an objective."""
    if objective.by_document:
        return float(np.average(exact_matches(decisions, truth), weights=weight))
    counts = count_decided(truth, decisions, weight)
    return objective.score(*counts, label_sides(objective, truth, weight))


def count_decided(
    truth: Indicator, decisions: BoolArray, weight: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Sum the weights of each label's true positives and of its predicted positives."""
    n_samples, n_labels = truth.shape
    found, given = np.zeros(n_labels), np.zeros(n_labels)
    by_row = sp.csr_array(truth) if sp.issparse(truth) else truth
    size = max(1, _BLOCK // n_labels)
    all_known = not has_unknown(truth)
    for start in range(0, n_samples, size):
        rows = slice(start, start + size)
        part = _dense(by_row[rows])
        counted = decisions[rows] if all_known else decisions[rows] & (part >= 0)
        w = np.ones(len(part)) if weight is None else weight[rows]
        given += sum_weights(counted, w)
        found += sum_weights(part.astype(bool) & counted, w)
    return found, given


def shrink(
    own: FloatArray, anchor: FloatArray, support: FloatArray, strength: float, *, log_odds: bool
) -> FloatArray:
    """Mix each label's threshold with its anchor: ``w own + (1 - w) anchor``.

    ``w = support / (support + strength)``: both have equal weight at a support of `strength`.
    """
    if not strength:
        return own
    share = support / (support + strength)
    if log_odds:
        tiny = np.finfo(np.float64).tiny
        own_odds, anchor_odds = (logit(np.clip(t, tiny, 1 - 2**-53)) for t in (own, anchor))
        mixed = expit(share * own_odds + (1 - share) * anchor_odds)
    else:
        mixed = share * own + (1 - share) * anchor
    # conversion to log-odds and back has a rounding error, which can cross a tied score
    return np.where((own == anchor) | (share == 0), anchor, mixed)


def _lowest(scores: FloatArray, probabilities: bool) -> float:
    """Find the lowest threshold to consider; for unbounded scores, one below all of them."""
    if probabilities:
        return 0.0
    low, high = float(scores.min()), float(scores.max())
    return low - (high - low or 1.0)


def _dense(indicator: Any) -> np.ndarray:
    return indicator.toarray() if sp.issparse(indicator) else indicator


def _support(sides: Sides) -> FloatArray:
    return np.minimum(sides.positives, sides.negatives)


def checked_grid(grid: Any, probabilities: bool) -> int | FloatArray:
    """Check the thresholds to try, or how many."""
    if isinstance(grid, Integral):
        return int(grid)
    values = np.asarray(grid)
    if values.dtype.kind not in "iuf" or values.ndim != 1 or not len(values):
        raise ValueError(
            f"thresholds is {shown(grid)}; pass a positive integer, or a 1-D array of numbers to "
            f"try."
        )
    legal = (values >= 0) & (values <= 1) if probabilities else np.isfinite(values)
    if not legal.all():
        must = "probabilities have thresholds in [0, 1]" if probabilities else "they must be finite"
        raise ValueError(f"thresholds is {shown(grid)}; {must}.")
    return values.astype(np.float64)
