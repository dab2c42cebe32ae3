"""Labels: their names and codes, y as 0/1 and back, and parameters with one value per label.

Internally labels are always an indicator of shape (n_samples, n_labels): a dense int8 array
in column-major order, or, if y was sparse or many label sets of many labels, an int8
`scipy.sparse.csc_array`. It holds 0, 1, and `UNKNOWN` where y held NaN.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import Any, Self

import numpy as np
import scipy.sparse as sp

from .._runtime.messages import did_you_mean, listing, shown
from ..exceptions import LabelError
from .containers import first_repeated, has_no_order, plain_rows
from .label_forms import NamedIndicator, has_one_column, read_labels, warn_of_text_order
from .types import AnyArray, FloatArray, Indicator, LabelNames, Labels

__all__ = [
    "LabelCodes",
    "LabelSpace",
    "are_positions",
    "position_names",
    "read_names",
    "resolve_class_weight",
    "resolve_thresholds",
    "values_by_label",
]


class LabelCodes(np.ndarray):
    """The two codes of each label, shape (n_labels, 2), as `classes_` of a multi-label tagger.

    scikit-learn decodes predictions by ``classes_[indicator]``. So a 2-D integer index picks each
    label's code from the label's own row; any other index works as on an ndarray.
    """

    def __new__(cls, codes: Any) -> Self:
        return np.asarray(codes).view(cls)

    def __getitem__(self, index: Any) -> Any:
        codes = np.asarray(self)
        if codes.ndim == 2 and getattr(index, "ndim", 0) == 2 and index.dtype.kind in "iu":
            return codes[np.arange(codes.shape[0]), index]
        return codes[index]


@dataclass(frozen=True, eq=False)
class LabelSpace:
    """The labels that a tagger knows, and the form of y in `fit`.

    Attributes
    ----------
    form : {"binary", "column", "indicator", "sparse", "label_sets"}
        The form of y in `fit`.
    label_names : ndarray of shape (n_labels,), dtype object
        The name of each label, a str. Columns without a name are called "0", "1", ...
    codes : ndarray of shape (n_labels, 2)
        The negative and the positive code of each label, as found in y.
    named : bool
        Whether y had label names; otherwise they are placeholders.
    """

    form: str
    label_names: AnyArray
    codes: AnyArray
    named: bool

    @classmethod
    def of(
        cls,
        names: Iterable[Any],
        *,
        form: str = "indicator",
        codes: AnyArray | None = None,
        named: bool = True,
    ) -> "LabelSpace":
        """Make a label space from label names; the codes default to 0 and 1."""
        names = [str(name) for name in names]
        labels = np.empty(len(names), dtype=object)
        labels[:] = names
        if codes is None:
            codes = np.tile(np.array([0, 1], dtype=np.int64), (len(names), 1))
        return cls(form, labels, codes, named)

    @classmethod
    def learn(
        cls, y: Labels, classes: Any = None, *, labels: Any = None, allow_unknown: bool = False
    ) -> "tuple[LabelSpace, Indicator]":
        """Read y; return its label space and y as an indicator.

        With `allow_unknown` NaN in y becomes `UNKNOWN`; else it is refused.
        With `classes`, y need not contain every label. For a 1-D y or a single column `classes`
        are the two codes, for label sets all label names, for an indicator one name per column.
        `labels` are always the names of the columns, in this order.
        """
        if labels is not None:
            return cls._learn_named(y, labels, classes, allow_unknown)
        if classes is None:
            found = read_labels(y, allow_unknown=allow_unknown)
            space = cls.of(found.label_names, form=found.form, codes=found.codes, named=found.named)
            return space, found.indicator
        y, classes = plain_rows(y), np.asarray(plain_rows(classes))
        if classes.ndim != 1 or len(set(classes.tolist())) != len(classes):
            raise LabelError(
                f"classes is {shown(classes.tolist())}; pass a list that names each label once."
            )
        names = [str(name) for name in classes.tolist()]
        codes = classes if has_one_column(y) else None
        form = read_labels(y, codes=codes, known=names, allow_unknown=True).form
        if form not in ("binary", "column"):
            named = form == "label_sets" or isinstance(classes.tolist()[0], str)
            space = cls.of(names, form=form, named=named)
        elif len(classes) == 2:
            name = names[1] if form == "binary" else "0"
            space = cls.of([name], form=form, codes=classes[None, :], named=False)
        else:
            raise LabelError(
                f"Only binary classification is supported. classes of a y of one column must be "
                f"its two codes, got {listing(names)}."
            )
        return space, space.encode(y, allow_unknown=allow_unknown)

    @classmethod
    def _learn_named(
        cls, y: Labels, labels: Any, classes: Any, allow_unknown: bool
    ) -> "tuple[LabelSpace, Indicator]":
        """Read y, whose labels are among `labels`."""
        names = read_names("labels", labels)
        if classes is not None and [str(name) for name in np.asarray(classes)] != names:
            raise LabelError(
                f"classes is {shown(classes)}, but the parameter labels is {listing(names)}. Pass "
                f"classes=None, or the same names in the same order."
            )
        found = read_labels(y, known=names, allow_unknown=allow_unknown)
        if found.form == "binary":
            raise LabelError(
                f"labels names the columns of y, but this y is a plain binary problem of the "
                f"classes {shown(found.codes[0, 0])} and {shown(found.codes[0, 1])}. Set "
                f"labels=None, or pass an indicator with one column per label, or label sets."
            )
        indicator = found.indicator
        if found.form == "label_sets":
            _refuse_names_outside(found, len(names))
        elif found.named:
            indicator = _columns_by_name(found, names)
        elif indicator.shape[1] != len(names):
            raise LabelError(
                f"y has {indicator.shape[1]} columns without names, but labels names {len(names)}: "
                f"{listing(names)}. Pass one column per label, in this order, or a DataFrame."
            )
        codes = found.codes if found.form == "column" else None
        return cls.of(names, form=found.form, codes=codes), indicator

    @property
    def n_labels(self) -> int:
        """Number of labels, int."""
        return len(self.label_names)

    @property
    def has_names(self) -> bool:
        """Whether the user gave the names: as label sets, columns, or str codes of a 1-D y."""
        return self.named or (self.form == "binary" and isinstance(self.codes[0, 1], str))

    @property
    def classes(self) -> AnyArray:
        """`classes_` as scikit-learn reads it: (2,) for a 1-D y, `LabelCodes` otherwise."""
        return self.codes[0] if self.form == "binary" else LabelCodes(self.codes)

    def encode(self, y: Labels, *, new_names: str = "raise", allow_unknown: bool = False) -> Any:
        """Encode a y passed after fit; the columns are the labels of this space.

        Label sets may name further labels with ``new_names="append"``, which adds their columns.
        """
        codes: Any = self.codes[0] if self.form in ("binary", "column") else None
        if self.form == "column" and codes.dtype.kind not in "biuf":
            y = plain_rows(y)
            # a row such as ["yes"] is the code of a single column, not a label set
            y = np.array(y) if isinstance(y, list | tuple) else y
        found = read_labels(y, codes=codes, known=self.label_names, allow_unknown=allow_unknown)
        if found.form == "label_sets":
            unknown_names = found.label_names[self.n_labels :]
            self._refuse_label_sets_without_names(found.indicator)
            if unknown_names and new_names == "raise":
                raise LabelError(
                    f"y holds the unknown labels {listing(unknown_names)}; known are "
                    f"{listing(self.label_names)}."
                    f"{did_you_mean(unknown_names[0], self.label_names)} Labels are learned in fit."
                )
            return found.indicator
        if found.named and self.named:
            return self._align(found)
        if found.indicator.shape[1] != self.n_labels:
            raise LabelError(
                f"y has {found.indicator.shape[1]} columns, but there are {self.n_labels} labels: "
                f"{listing(self.label_names)}. Pass one column per label, in this order."
            )
        if self.form == "label_sets":
            warn_of_text_order(self.label_names.tolist())
        return found.indicator

    def _refuse_label_sets_without_names(self, indicator: Any) -> None:
        """Refuse label sets if the known labels have no names, only column positions."""
        known = indicator[:, : self.n_labels].sum() > 0
        positions = not self.has_names or (are_positions(self.label_names) and not known)
        if positions and indicator.sum() > 0:
            raise LabelError(
                f"y holds label sets, but the {self.n_labels} known label(s) have no names, only "
                f"positions. Pass an indicator with one column per label, or fit on label sets or "
                f"on a DataFrame, whose columns are names."
            )

    def _align(self, found: Any) -> Any:
        """Reorder the columns of a DataFrame to the label order of this space."""
        if set(found.label_names) != set(self.label_names):
            unknown_names = sorted(set(found.label_names).difference(self.label_names))
            hint = did_you_mean(unknown_names[0], self.label_names) if unknown_names else ""
            raise LabelError(
                f"y has the columns {listing(found.label_names)}, but the labels are "
                f"{listing(self.label_names)}.{hint} Pass one column per label."
            )
        position = {name: j for j, name in enumerate(found.label_names)}
        return found.indicator[:, [position[name] for name in self.label_names]]

    def decode(self, indicator: Any) -> Any:
        """Convert a 0/1 indicator to the form that `predict` returns for this form of y."""
        if self.form == "binary":
            return self.codes[0][indicator[:, 0].astype(np.intp)]
        if self.form == "column":
            return self.codes[0][indicator.astype(np.intp)]
        if self.form == "sparse":
            return sp.csr_matrix(indicator, dtype=np.int64)
        return indicator.astype(np.int64)

    def label_sets(self, indicator: Any) -> list[tuple[str, ...]]:
        """List the label names of each row."""
        rows, columns = (indicator.tocsr() if sp.issparse(indicator) else indicator).nonzero()
        bounds = np.searchsorted(rows, np.arange(indicator.shape[0] + 1))
        names = self.label_names[columns]
        return [tuple(names[a:b]) for a, b in pairwise(bounds)]


def read_names(parameter: str, names: Any) -> list[str]:
    """Read a list of label names, each a str that occurs once."""
    values = names if isinstance(names, bytes) or has_no_order(names) else plain_rows(names)
    if not isinstance(values, list | tuple | np.ndarray):
        raise LabelError(f"{parameter} is {shown(names)}; pass a list of label names, each a str.")
    values = list(values)
    if not values:
        raise LabelError(f"{parameter} is empty; pass a list of at least one label name.")
    for i, name in enumerate(values):
        if not isinstance(name, str):
            raise LabelError(
                f"{parameter}[{i}] is {shown(name)} of type {type(name).__name__}; label names "
                f"must be str. Convert numbers: [str(name) for name in {parameter}]."
            )
        if not name:
            raise LabelError(f"{parameter}[{i}] is an empty label name ''. Remove it.")
    if len(set(values)) < len(values):
        twice = first_repeated(values)
        raise LabelError(f"{parameter} holds {shown(twice)} twice; name each label once.")
    return [str(name) for name in values]


def _refuse_names_outside(found: NamedIndicator, n_known: int) -> None:
    """Refuse label sets with a name that is not among the first `n_known`."""
    rows, columns = found.indicator[:, n_known:].nonzero()
    if len(rows):
        known, name = found.label_names[:n_known], found.label_names[n_known + columns[0]]
        raise LabelError(
            f"y[{rows[0]}] holds the label {shown(name)}, which is not in labels: "
            f"{listing(known)}.{did_you_mean(name, known)} Correct the name in y, or add it to "
            f"labels."
        )


def _columns_by_name(found: NamedIndicator, names: list[str]) -> Any:
    """Select the columns of a DataFrame in the order of `names`, which must be all of them."""
    position = {name: j for j, name in enumerate(found.label_names)}
    wanted = set(names)
    other = [name for name in found.label_names if name not in wanted]
    if other:
        raise LabelError(
            f"y has the column {shown(other[0])}, which is not in labels: {listing(names)}."
            f"{did_you_mean(other[0], names)} Correct the name in y, or add it to labels."
        )
    missing = [name for name in names if name not in position]
    if missing:
        raise LabelError(
            f"y lacks the columns {listing(missing)}, which are in labels. Add them to y, with 0 "
            f"where the label does not hold, or NaN where nobody knows."
        )
    if found.label_names == names:
        return found.indicator
    indicator = found.indicator[:, [position[name] for name in names]]
    return indicator if sp.issparse(indicator) else np.asfortranarray(indicator)


def position_names(n_labels: int) -> list[str]:
    """Name labels by their position: "0", "1", ..."""
    return [str(j) for j in range(n_labels)]


def are_positions(names: LabelNames) -> bool:
    """Whether names are the placeholders "0", "1", ... of labels without names."""
    return list(names) == position_names(len(names))


def resolve_thresholds(
    threshold: Any, space: LabelSpace, *, default: float = 0.5, probabilities: bool = True
) -> FloatArray:
    """Read `threshold` as one value per label; labels missing from a dict get the default.

    A threshold must be in [0, 1] for probabilities, finite for other scores.
    """
    legal = "in [0, 1]" if probabilities else "that is finite"
    if isinstance(threshold, Mapping):
        values = values_by_label("threshold", threshold, space, default=default)
    else:
        values = np.asarray(threshold)
        if values.dtype.kind not in "iuf":
            raise LabelError(
                f"threshold is {shown(threshold)}; pass a number {legal}, an array with one "
                f"number per label, or a dict by label name."
            )
        if values.ndim != 0 and values.shape != (space.n_labels,):
            raise LabelError(
                f"threshold has shape {values.shape}, but there are {space.n_labels} labels: "
                f"{listing(space.label_names)}. Pass one value per label, in this order."
            )
    thresholds = np.array(np.broadcast_to(values, space.n_labels), dtype=np.float64)
    inside = np.isfinite(thresholds)
    if probabilities:
        inside &= (thresholds >= 0) & (thresholds <= 1)
    if not inside.all():
        j = int(np.argmin(inside))
        raise LabelError(
            f"threshold of label {shown(space.label_names[j])} is {thresholds[j]}; it must "
            f"{'lie in [0, 1]' if probabilities else 'be finite'}."
        )
    return thresholds


def resolve_class_weight(
    class_weight: Any, space: LabelSpace, totals: Callable[[], tuple[FloatArray, FloatArray]]
) -> FloatArray | None:
    """Resolve `class_weight` to factors (n_labels, 2) of negatives and positives; None if unset.

    A dict maps label names to factors of the positives or, for a 1-D y, codes to factors of the
    classes. "balanced" gives negatives and positives of a label equal total weight,
    ``total / (2 * side)`` with the total of the label's known entries; only then is `totals`
    called, which returns the weights of the known and of the positive entries of each label.
    """
    if class_weight is None:
        return None
    if isinstance(class_weight, str):
        if class_weight != "balanced":
            raise LabelError(
                f"class_weight is {shown(class_weight)}; the only legal str is 'balanced'. Else "
                f"pass None or a dict by label name."
            )
        return _balanced(*totals())
    if not isinstance(class_weight, Mapping):
        raise LabelError(
            f"class_weight is a {type(class_weight).__name__}; pass None, 'balanced' or a dict "
            f"by label name."
        )
    if space.form == "binary":
        factors = _by_class(class_weight, space)
    else:
        positives = values_by_label("class_weight", class_weight, space, default=1.0)
        factors = np.column_stack([np.ones(space.n_labels), positives])
    wrong = ~(np.isfinite(factors) & (factors > 0)).all(axis=1)
    if wrong.any():
        j = int(np.argmax(wrong))
        raise LabelError(
            f"class_weight of label {shown(space.label_names[j])} is {factors[j].tolist()}; "
            f"factors must be finite numbers above 0."
        )
    return factors


def _balanced(known: FloatArray, positives: FloatArray) -> FloatArray:
    sides = np.column_stack([known - positives, positives]).astype(np.float64)
    # no division by 0: without positives (or negatives) their factor stays 1
    return np.divide(known[:, None], 2 * sides, out=np.ones_like(sides), where=sides > 0)


def _by_class(class_weight: Mapping[Any, Any], space: LabelSpace) -> FloatArray:
    codes = space.codes[0].tolist()
    unknown = [key for key in class_weight if key not in codes]
    if unknown:
        raise LabelError(
            f"class_weight names the unknown classes {listing(unknown)}; y holds {listing(codes)}."
        )
    return np.array([[_number("class_weight", code, class_weight.get(code, 1)) for code in codes]])


def values_by_label(
    parameter: str, values: Mapping[Any, Any], space: LabelSpace, *, default: float
) -> FloatArray:
    """Read a dict by label name into an array, (n_labels,), refusing unknown names."""
    for name in values:
        if not isinstance(name, str):
            raise LabelError(
                f"{parameter} has the key {shown(name)} of type {type(name).__name__}. Name labels "
                f"by str: {listing(space.label_names)}."
            )
    unknown = sorted(set(values).difference(space.label_names))
    if unknown:
        raise LabelError(
            f"{parameter} names the unknown labels {listing(unknown)}; known are "
            f"{listing(space.label_names)}.{did_you_mean(unknown[0], space.label_names)}"
        )
    return np.array(
        [_number(parameter, name, values.get(name, default)) for name in space.label_names]
    )


def _number(parameter: str, name: Any, value: Any) -> float:
    if not isinstance(value, Real) or isinstance(value, bool):
        raise LabelError(f"{parameter} of label {shown(name)} is {shown(value)}, not a number.")
    return float(value)
