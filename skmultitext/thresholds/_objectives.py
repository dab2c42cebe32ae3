"""Objectives of the search for thresholds: their formulas and parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from .._gate.parameters import check_number
from .._gate.types import BoolArray, FloatArray, LabelNames
from .._runtime.messages import did_you_mean, listing, shown
from ..exceptions import LabelError

__all__ = ["OBJECTIVES", "Objective", "Sides", "check_shared", "make_objective"]


class Sides(NamedTuple):
    """Weight of each label's positives and negatives, and its costs; arrays or scalars."""

    positives: Any
    negatives: Any
    cost_fp: Any = 1.0
    cost_fn: Any = 1.0
    known: Any = None  # costs are divided by it; None: by the sum of positives and negatives

    def total(self) -> "Sides":
        """Sum the sides of all labels; leave the costs out."""
        return Sides(np.sum(self.positives), np.sum(self.negatives))

    def map(self, function: Callable[[Any], Any]) -> "Sides":
        """Apply a function to each of them."""
        return Sides(*(None if side is None else function(side) for side in self))


@dataclass(frozen=True)
class Objective:
    """What a search maximises."""

    name: str
    joint: bool = False  # whether the counts of all labels are summed first (micro)
    shared: bool = False  # whether all labels share one threshold
    options: dict[str, Any] = field(default_factory=dict)  # checked; costs of shape (n_labels,)

    @property
    def beta2(self) -> float:
        """Square of beta."""
        return self.options.get("beta", 1.0) ** 2

    @property
    def confidence(self) -> float | str | None:
        """Probability with which the minimum must hold on new documents; None: on these alone.

        Or "expectation": it must hold on average over samples of documents.
        """
        return self.options.get("confidence")

    @property
    def by_document(self) -> bool:
        """Whether the score is a mean over documents, which counts of labels do not tell."""
        return self.name == "exact_match"

    @property
    def covers(self) -> bool:
        """Whether documents must be given all their labels, which counts of labels do not tell."""
        return self.name == "precision_at_coverage"

    @property
    def more_found_on_ties(self) -> bool:
        """Whether to choose the lowest of equally good cut-offs, which has the highest recall."""
        return self.name == "precision_at_recall"

    @property
    def anchor(self) -> "Objective | None":
        """Objective towards whose thresholds those of rare labels are shrunk; None if not needed.

        A joint score needs none: predicting a rare label for every document does not raise it.
        A mean over labels does, and its anchor is the joint score.
        """
        if self.shared or self.by_document or self.name in (*_JOINT, *_ADDITIVE):
            return None
        if self.name in _F_SCORES:
            return replace(self, name="fbeta_micro", joint=True)
        return replace(self, shared=True, joint=self.name != "youden")

    def sides(self, positives: Any, negatives: Any) -> Sides:
        """Combine the counts of each label with its costs."""
        costs = {name: self.options[name] for name in _COSTS if name in self.options}
        return Sides(positives, negatives, **costs)

    def value(self, found: Any, given: Any, sides: Sides) -> Any:
        """Evaluate the formula; `found` counts true positives, `given` predicted positives.

        A ratio whose denominator is 0 is 0.
        """
        if self.name in _F_SCORES:
            return _ratio((1 + self.beta2) * found, self.beta2 * sides.positives + given)
        if self.name in _ADDITIVE:
            cost = sides.cost_fp * (given - found) + sides.cost_fn * (sides.positives - found)
            known = sides.positives + sides.negatives if sides.known is None else sides.known
            return -_ratio(cost, known)
        if self.name == "youden":
            return _ratio(found, sides.positives) - _ratio(given - found, sides.negatives)
        if self.name in ("precision_at_recall", "precision_at_coverage"):
            return _ratio(found, given)
        return _ratio(found, sides.positives)

    def rank(self, found: Any, given: Any, sides: Sides) -> FloatArray:
        """Evaluate what the search maximises: the value, at most -1 if a constraint is violated."""
        broken = _ratio(found, sides.positives) - 2 if self.name == "precision_at_recall" else -1
        return np.where(self.keeps(found, given, sides), self.value(found, given, sides), broken)

    def keeps(self, found: Any, given: Any, sides: Sides) -> BoolArray:
        """Whether `min_recall` or `min_precision`, if any, is reached."""
        if self.name == "precision_at_recall":
            return _ratio(found, sides.positives) >= self.options["min_recall"]
        if self.name == "recall_at_precision":
            return (_ratio(found, given) >= self.options["min_precision"]) | (given == 0)
        return np.ones(np.shape(found), dtype=bool)

    def parts(self, found: Any, given: Any, sides: Sides, n_labels: int) -> FloatArray:
        """Evaluate what a search of all labels at once sums up, over `n_labels`.

        No gain of other labels makes up for one whose constraint is violated.
        """
        values = self.rank(found, given, sides) - n_labels * ~self.keeps(found, given, sides)
        return np.where(self.counted(sides), values, 0.0)

    def score(self, found: FloatArray, given: FloatArray, sides: Sides) -> float:
        """Evaluate the objective over all labels; NaN if none counts."""
        if self.joint:
            return float(self.value(found.sum(), given.sum(), sides.total()))
        values = self.value(found, given, sides)[self.counted(sides)]
        return float(values.mean()) if len(values) else float("nan")

    def counted(self, sides: Sides) -> BoolArray:
        """Mark the labels that count in a mean.

        Those without a positive do not, nor, for "youden", those without a negative.
        """
        if self.name == "youden":
            return (sides.positives > 0) & (sides.negatives > 0)
        if self.name == "neg_expected_cost":
            return sides.positives + sides.negatives > 0
        return (sides.positives > 0) | (self.name in _ADDITIVE)


_COSTS = ("cost_fp", "cost_fn")
_ADDITIVE = ("neg_hamming_loss", "neg_expected_cost")
_JOINT = ("f1_micro", "fbeta_micro")
_F_SCORES = ("f1_macro", "fbeta_macro", *_JOINT)
_CONSTRAINED = ("precision_at_recall", "recall_at_precision", "precision_at_coverage")

# name -> the parameters it must have
OBJECTIVES: dict[str, tuple[str, ...]] = {
    "f1_macro": (),
    "f1_micro": (),
    "fbeta_macro": ("beta",),
    "fbeta_micro": ("beta",),
    "exact_match": (),
    "neg_hamming_loss": (),
    "youden": (),
    "precision_at_recall": ("min_recall",),
    "recall_at_precision": ("min_precision",),
    "precision_at_coverage": ("min_coverage",),
    "neg_expected_cost": _COSTS,
}
# name -> the parameters it may have
_OPTIONAL: dict[str, tuple[str, ...]] = {
    "precision_at_recall": ("confidence", "simultaneous"),
    "recall_at_precision": ("confidence", "simultaneous"),
    "precision_at_coverage": ("confidence",),
}


def make_objective(
    name: Any, label_names: LabelNames, /, *, shared: Any = False, **options: Any
) -> Objective:
    """Check the name and the parameters of an objective; a parameter that is None is not given."""
    if not isinstance(name, str) or name not in OBJECTIVES:
        raise ValueError(
            f"The objective {shown(name)} is unknown; known are {listing(OBJECTIVES)}."
            f"{did_you_mean(name, OBJECTIVES)}"
        )
    shared = check_shared(shared)
    options = {key: value for key, value in options.items() if value is not None}
    for key in OBJECTIVES[name]:
        if key not in options:
            raise ValueError(
                f"The objective {shown(name)} needs the parameter {key}, which is None."
            )
    for key, value in options.items():
        if key not in (*OBJECTIVES[name], *_OPTIONAL.get(name, ())):
            both = {user: (*keys, *_OPTIONAL.get(user, ())) for user, keys in OBJECTIVES.items()}
            users = [user for user, keys in both.items() if key in keys]
            whose = f"It belongs to {listing(users)}." if users else "No objective has it."
            raise ValueError(
                f"The objective {shown(name)} takes no {key}, got {key}={shown(value)}. {whose}"
            )
        options[key] = _CHECKS[key](key, value, label_names)
    _check_guarantee(name, shared, options)
    shared = shared or name == "precision_at_coverage"
    joint = name in _JOINT or (shared and name in _CONSTRAINED)
    return Objective(name, joint, shared, options)


def check_shared(shared: Any) -> bool:
    """Refuse a `shared` that is no bool."""
    if not isinstance(shared, bool | np.bool_):
        raise ValueError(f"shared is {shown(shared)}; pass True or False.")
    return bool(shared)


def _check_beta(key: str, value: Any, label_names: LabelNames) -> float:
    return check_number(key, value, "(0, inf)")


def _check_share(key: str, value: Any, label_names: LabelNames) -> float:
    return check_number(key, value, "(0, 1]")


def _check_costs(key: str, value: Any, label_names: LabelNames) -> FloatArray:
    """Bring a number, an array or a dict by label name to one cost per label."""
    if isinstance(value, Mapping):
        missing = [name for name in label_names if name not in value]
        unknown = [name for name in value if name not in set(label_names)]
        if missing or unknown:
            found = [f"it lacks {listing(missing)}"] if missing else []
            found += [f"it names the unknown {listing(unknown)}"] if unknown else []
            raise LabelError(f"{key} must name every label and no other: {', '.join(found)}.")
        value = [value[name] for name in label_names]
    costs = np.asarray(value)
    if costs.dtype.kind not in "iuf" or costs.shape not in ((), (len(label_names),)):
        raise ValueError(
            f"{key} has shape {costs.shape} and dtype {costs.dtype}; pass one number, or one for "
            f"each of the {len(label_names)} labels."
        )
    costs = np.array(np.broadcast_to(costs, len(label_names)), dtype=np.float64)
    wrong = ~(np.isfinite(costs) & (costs >= 0))
    if wrong.any():
        j = int(np.argmax(wrong))
        raise ValueError(
            f"{key} of label {shown(label_names[j])} is {costs[j]}; costs are finite numbers of "
            f"at least 0."
        )
    return costs


def _check_confidence(key: str, value: Any, label_names: LabelNames) -> float | str:
    if isinstance(value, str) and value == "expectation":
        return value
    return check_number(key, value, "(0, 1)", ", such as 0.95, or 'expectation'")


def _check_flag(key: str, value: Any, label_names: LabelNames) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{key} is {shown(value)}; pass True or False.")
    return bool(value)


def _check_guarantee(name: str, shared: bool, options: dict[str, Any]) -> None:
    """Refuse options of a guarantee that do not fit each other."""
    confidence = options.get("confidence")
    if confidence == "expectation" and name == "recall_at_precision":
        raise ValueError(
            f"confidence is 'expectation', which holds for a minimum of recall or coverage, as "
            f"precision may fall when the threshold rises. The objective {shown(name)} needs a "
            f"number in (0, 1), such as 0.95."
        )
    if options.get("simultaneous") and (shared or not isinstance(confidence, float)):
        found = "shared=True" if shared else f"confidence={shown(confidence)}"
        raise ValueError(
            f"simultaneous=True asks for the minimum of all labels at once with a probability; "
            f"it does not go with {found}. Pass shared=False and a confidence such as 0.95, or "
            f"simultaneous=False."
        )


_CHECKS: dict[str, Callable[[str, Any, LabelNames], Any]] = {
    "beta": _check_beta,
    "min_recall": _check_share,
    "min_precision": _check_share,
    "min_coverage": _check_share,
    "confidence": _check_confidence,
    "simultaneous": _check_flag,
    "cost_fp": _check_costs,
    "cost_fn": _check_costs,
}


def _ratio(above: Any, below: Any) -> FloatArray:
    """Divide; 0 where the denominator is 0."""
    return np.divide(above, below, out=np.zeros(np.shape(above)), where=np.asarray(below) > 0)
