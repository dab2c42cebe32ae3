"""What a threshold can be searched for: each objective with its formula, and its parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from numbers import Real
from typing import NamedTuple

import numpy as np

from .._labels import listing
from ..exceptions import LabelError

__all__ = ["OBJECTIVES", "Objective", "Sides", "make_objective"]


class Sides(NamedTuple):
    """What is fixed about each label: the weight of its positives and negatives, and its costs."""

    positives: object
    negatives: object
    cost_fp: object = 1.0
    cost_fn: object = 1.0

    def total(self):
        """Sides of all labels together, costs left out."""
        return Sides(np.sum(self.positives), np.sum(self.negatives))

    def map(self, function):
        """Apply a function to each of the four."""
        return Sides(*(function(side) for side in self))


@dataclass(frozen=True)
class Objective:
    """One thing to search for, greater is better.

    Attributes
    ----------
    name : str
        One of `OBJECTIVES`.
    joint : bool
        Whether the counts of all labels are added up first (micro); else the mean over labels.
    shared : bool
        Whether all labels share one threshold.
    options : dict
        Its parameters, checked; costs as arrays of shape (n_labels,).
    """

    name: str
    joint: bool = False
    shared: bool = False
    options: dict = field(default_factory=dict)

    @property
    def beta2(self):
        """Square of beta, float."""
        return self.options.get("beta", 1.0) ** 2

    @property
    def more_found_on_ties(self):
        """Whether of equally good cut-offs the lowest is chosen: it has the higher recall."""
        return self.name == "precision_at_recall"

    @property
    def anchor(self):
        """Objective whose cut-offs a label with thin evidence leans on; None where none is needed.

        Where every wrong label counts in one sum over all labels, a rare label has no reason to
        be given to everybody. A score of each label for itself has: its anchor is the joint one.
        """
        if self.shared or self.name in (*_JOINT, *_ADDITIVE):
            return None
        if self.name in _F_SCORES:
            return replace(self, name="fbeta_micro", joint=True)
        return replace(self, shared=True, joint=self.name != "youden")

    def sides(self, positives, negatives):
        """Put the counts of each label and its costs together."""
        costs = {name: self.options[name] for name in _COSTS if name in self.options}
        return Sides(positives, negatives, **costs)

    def value(self, found, given, sides):
        """Evaluate the formula.

        Parameters
        ----------
        found, given : ndarray or float
            Weight of true positives, and of all documents given the label.
        sides : Sides
            Of the same shapes, or scalars.

        Returns
        -------
        ndarray or float
            Greater is better. A ratio without anything below the line is 0.
        """
        if self.name in _F_SCORES:
            return _ratio((1 + self.beta2) * found, self.beta2 * sides.positives + given)
        if self.name in _ADDITIVE:
            cost = sides.cost_fp * (given - found) + sides.cost_fn * (sides.positives - found)
            return -cost / (sides.positives + sides.negatives)
        if self.name == "youden":
            return _ratio(found, sides.positives) - _ratio(given - found, sides.negatives)
        if self.name == "precision_at_recall":
            return _ratio(found, given)
        return _ratio(found, sides.positives)

    def rank(self, found, given, sides):
        """Evaluate what the search maximises: the value, where the constraint is kept."""
        broken = _ratio(found, sides.positives) - 2 if self.name == "precision_at_recall" else -1
        return np.where(self.keeps(found, given, sides), self.value(found, given, sides), broken)

    def keeps(self, found, given, sides):
        """Whether the least recall or precision asked for, if any, is reached; bool array."""
        if self.name == "precision_at_recall":
            return _ratio(found, sides.positives) >= self.options["min_recall"]
        if self.name == "recall_at_precision":
            return (_ratio(found, given) >= self.options["min_precision"]) | (given == 0)
        return np.ones(np.shape(found), dtype=bool)

    def score(self, found, given, sides):
        """Evaluate the objective over all labels.

        Parameters
        ----------
        found, given : ndarray of shape (n_labels,), dtype float64
            Counts of each label.
        sides : Sides
            Of each label.

        Returns
        -------
        float
            A mean leaves out labels without a positive, for "youden" also those without a
            negative: they have no score. NaN where that leaves none.
        """
        if self.joint:
            return float(self.value(found.sum(), given.sum(), sides.total()))
        values = self.value(found, given, sides)
        if self.name not in _ADDITIVE:
            values = values[sides.positives > 0]
        return float(values.mean()) if len(values) else float("nan")


_COSTS = ("cost_fp", "cost_fn")
_ADDITIVE = ("neg_hamming_loss", "neg_expected_cost")
_JOINT = ("f1_micro", "fbeta_micro")
_F_SCORES = ("f1_macro", "fbeta_macro", *_JOINT)
_CONSTRAINED = ("precision_at_recall", "recall_at_precision")

# name -> the parameters it must have
OBJECTIVES = {
    "f1_macro": (),
    "f1_micro": (),
    "fbeta_macro": ("beta",),
    "fbeta_micro": ("beta",),
    "neg_hamming_loss": (),
    "youden": (),
    "precision_at_recall": ("min_recall",),
    "recall_at_precision": ("min_precision",),
    "neg_expected_cost": _COSTS,
}


def make_objective(name, label_names, *, shared=False, **options):
    """Check the name and the parameters of an objective.

    Parameters
    ----------
    name : str
        One of `OBJECTIVES`.
    label_names : sequence of str
        Names of the labels, for costs by name and for messages.
    shared : bool, default=False
        Whether all labels share one threshold.
    **options : dict
        beta, min_recall, min_precision, cost_fp, cost_fn; None where not given.

    Returns
    -------
    Objective

    Raises
    ------
    ValueError
        If the name is unknown, or a parameter is missing, out of place or outside its range.
    """
    if name not in OBJECTIVES:
        near = get_close_matches(str(name), OBJECTIVES, n=1)
        raise ValueError(
            f"The objective {name!r} is unknown{f'; did you mean {near[0]!r}?' if near else '.'} "
            f"Known are {listing(OBJECTIVES)}."
        )
    options = {key: value for key, value in options.items() if value is not None}
    for key in OBJECTIVES[name]:
        if key not in options:
            raise ValueError(f"The objective {name!r} needs the parameter {key}, which is None.")
    for key, value in options.items():
        if key not in OBJECTIVES[name]:
            users = [user for user, keys in OBJECTIVES.items() if key in keys]
            whose = f"It belongs to {listing(users)}." if users else "No objective has it."
            raise ValueError(f"The objective {name!r} takes no {key}, got {key}={value!r}. {whose}")
        options[key] = _CHECKS[key](key, value, label_names)
    joint = name in _JOINT or (shared and name in _CONSTRAINED)
    return Objective(name, joint, bool(shared), options)


def _check_beta(key, value, label_names):
    if not isinstance(value, Real) or not 0 < value < np.inf:
        raise ValueError(f"{key} is {value!r}; pass a number in (0, inf).")
    return float(value)


def _check_share(key, value, label_names):
    if not isinstance(value, Real) or not 0 < value <= 1:
        raise ValueError(f"{key} is {value!r}; pass a number in (0, 1].")
    return float(value)


def _check_costs(key, value, label_names):
    """One cost per label, from a number, an array or a dict by label name."""
    if isinstance(value, Mapping):
        missing = [name for name in label_names if name not in value]
        strangers = [name for name in value if name not in set(label_names)]
        if missing or strangers:
            found = [f"it lacks {listing(missing)}"] if missing else []
            found += [f"it names the unknown {listing(strangers)}"] if strangers else []
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
            f"{key} of label {str(label_names[j])!r} is {costs[j]}; costs are finite numbers of "
            f"at least 0."
        )
    return costs


_CHECKS = {
    "beta": _check_beta,
    "min_recall": _check_share,
    "min_precision": _check_share,
    "cost_fp": _check_costs,
    "cost_fn": _check_costs,
}


def _ratio(above, below):
    """Divide; 0 where there is nothing below the line."""
    return np.divide(above, below, out=np.zeros(np.shape(above)), where=np.asarray(below) > 0)
