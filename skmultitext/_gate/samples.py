"""Samples: X, y and sample weights of equal length, and `TrainingData`, the samples of one fit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Number
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_array, indexable

from .._runtime.callbacks import NO_TASK, FitTask
from .._runtime.messages import listing, shown, warn_caller
from .._runtime.sklearn import safe_indexing
from ..exceptions import LabelError, UnknownLabelWarning
from .labels import LabelSpace
from .types import AnyArray, FloatArray, Indicator, IntArray, LabelNames

__all__ = [
    "CONSTANT_LOGIT",
    "TrainingData",
    "check_lengths",
    "constant_logits",
    "count_entries",
    "count_positives",
    "dense_rows",
    "drop_unlabeled",
    "drop_zero_weight",
    "entry_rows",
    "has_unknown",
    "known_entries",
    "n_rows",
    "positive_entries",
    "read_weight",
    "refuse_weight_by_label",
    "select_rows",
    "some_known",
    "sum_weights",
    "warn_of_unknown_labels",
    "with_nan",
]

# Logit of a label that is constant in training. The probability exceeds any usual threshold, and
# stays below 1 even in float32.
CONSTANT_LOGIT = 16.0


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Checked documents, encoded labels, weights, and the parameters resolved per label."""

    X: Any  # documents or features, as the tagger's `_check_X` returns them
    indicator: Any  # (n_samples, n_labels), int8: 0, 1 or UNKNOWN; None if the data are in files
    space: LabelSpace
    sample_weight: FloatArray | None
    # without samples of weight 0, with those that a network holds out
    n_samples: int
    n_known: IntArray  # (n_labels,), samples of which the label is known
    n_positives: IntArray  # (n_labels,)
    class_weight: FloatArray | None  # (n_labels, 2): factors of negatives and positives
    thresholds: Any  # (n_labels,), float64; None if the engine tunes them
    options: Mapping[str, Any] = field(default_factory=dict)  # further arguments of `fit`
    task: FitTask = NO_TASK  # what scikit-learn's callbacks are told of the fit

    def label_totals(self) -> tuple[Any, Any]:
        """Sum the weights of the known and of the positive entries of each label to train on."""
        if self.indicator is None:
            return self.n_known, self.n_positives
        return count_entries(self.indicator, self.sample_weight)

    def labels(self, rows: Any = slice(None)) -> Any:
        """Return labels as a tagger predicts them, with NaN where they are unknown."""
        indicator = self.indicator[rows]
        return with_nan(indicator) if has_unknown(indicator) else self.space.decode(indicator)

    def told(self) -> dict[str, Any]:
        """List what callbacks may ask for; nothing if the data are in files."""
        if self.indicator is None:
            return {}
        weight = None if self.sample_weight is None else {"sample_weight": self.sample_weight}
        return {"X": self.X, "y": self.labels, "metadata": weight}

    @property
    def constants(self) -> FloatArray:
        """Logits of the constant labels, nan for the others: (n_labels,)."""
        return constant_logits(self.n_known, self.n_positives)

    @property
    def has_unknown(self) -> bool:
        """Whether a label of a sample is unknown."""
        return bool((self.n_known < self.n_samples).any())


def constant_logits(n_known: IntArray, n_positives: IntArray) -> FloatArray:
    """Logits of constant labels: 16 if all documents have the label, -16 if none has, else nan.

    Only documents count of which the label is known.
    """
    return np.select(
        [n_positives == 0, n_positives == n_known], [-CONSTANT_LOGIT, CONSTANT_LOGIT], np.nan
    )


def n_rows(X: Any) -> int:
    """Count the samples of a sequence, array, sparse matrix or table."""
    if not hasattr(X, "shape") and not hasattr(X, "__len__"):
        X = np.asarray(X)  # an object that only has __array__
    return X.shape[0] if hasattr(X, "shape") else len(X)


def entry_rows(matrix: Any) -> IntArray:
    """Return the row of each stored entry of a CSR matrix."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def check_lengths(X: Any, other: Any, name: str) -> None:
    """Refuse an array, named in the error, whose length differs from that of X."""
    if n_rows(X) != n_rows(other):
        raise ValueError(
            f"Found input variables with inconsistent numbers of samples: X has {n_rows(X)} "
            f"rows, {name} has {n_rows(other)}. Pass one row of {name} per document."
        )


def refuse_weight_by_label(sample_weight: Any) -> None:
    """Refuse a str or a dict, which are legal as `class_weight` only."""
    if isinstance(sample_weight, str | Mapping):
        raise ValueError(
            f"sample_weight is {shown(sample_weight)}; pass one number per document. To weight "
            f"labels, set the parameter class_weight of a tagger to 'balanced' or to a dict by "
            f"label name."
        )


def read_weight(sample_weight: Any, n_samples: int) -> FloatArray:
    """Read sample weights, (n_samples,); a single number applies to every document."""
    refuse_weight_by_label(sample_weight)
    if isinstance(sample_weight, Number):
        sample_weight = np.full(n_samples, sample_weight)
    weight = check_array(
        sample_weight,
        ensure_2d=False,
        dtype=np.float64,
        order="C",
        ensure_non_negative=True,
        input_name="sample_weight",
    )
    if weight.shape != (n_samples,):
        raise ValueError(
            f"sample_weight has shape {weight.shape}, but there are {n_samples} documents; pass "
            f"one number per document."
        )
    if not weight.any():
        raise ValueError("Sample weights must contain at least one non-zero number; all are 0.")
    return weight


def drop_zero_weight(
    X: Any, indicator: Indicator, sample_weight: Any
) -> tuple[Any, Indicator, FloatArray | None]:
    """Check the weights; drop the rows of weight 0 from X, the indicator and the weights."""
    if sample_weight is None:
        return X, indicator, None
    weight = read_weight(sample_weight, indicator.shape[0])
    if weight.all():
        return X, indicator, weight
    kept = np.flatnonzero(weight)
    return safe_indexing(X, kept), indicator[kept], weight[kept]


def select_rows(params: Mapping[str, Any], rows: IntArray, n_samples: int) -> dict[str, Any]:
    """Select rows of the parameters that hold one value per sample; keep the others unchanged."""
    return {
        name: safe_indexing(*indexable(value), rows) if _is_per_row(value, n_samples) else value
        for name, value in params.items()
    }


def _is_per_row(value: Any, n_samples: int) -> bool:
    if isinstance(value, str | bytes | Mapping):
        return False
    if getattr(value, "shape", None) == ():
        return False
    return (hasattr(value, "__len__") or hasattr(value, "shape")) and n_rows(value) == n_samples


def dense_rows(matrix: Any, rows: Any, dtype: Any = np.float32) -> AnyArray:
    """Convert some rows of a matrix, such as a batch, to a dense array."""
    part = matrix[rows]
    return (part.toarray() if sp.issparse(part) else part).astype(dtype, copy=False)


def has_unknown(indicator: Indicator) -> bool:
    """Whether an indicator has unknown entries."""
    values: Any = indicator.data if sp.issparse(indicator) else indicator
    return bool(values.min(initial=0) < 0)


def positive_entries(indicator: Indicator) -> Any:
    """Mark the entries that are 1: an indicator of 0 and 1 of the same kind, int8."""
    if not has_unknown(indicator):
        return indicator
    if not sp.issparse(indicator):
        return (indicator == 1).view(np.int8)
    positive: Any = indicator.copy()
    positive.data = (positive.data == 1).astype(np.int8)
    positive.eliminate_zeros()
    return positive


def with_nan(indicator: Any) -> Any:
    """Convert an indicator with unknown entries to float64, with NaN there."""
    if not has_unknown(indicator):
        return indicator
    labels = indicator.astype(np.float64)
    values = labels.data if sp.issparse(labels) else labels
    values[values < 0] = np.nan
    return labels


def known_entries(indicator: Indicator) -> AnyArray:
    """Mark the entries that are not unknown: bool, (n_samples, n_labels), dense."""
    unknown: Any = indicator < 0
    return ~(unknown.toarray() if sp.issparse(unknown) else unknown)


def count_entries(indicator: Indicator, sample_weight: FloatArray | None = None) -> tuple[Any, Any]:
    """Count the known entries and the positives of each label, (n_labels,) each.

    With weights, their sums; a dense indicator may have one weight per entry. The counts of known
    entries are equal where none is unknown.
    """
    n_samples, n_labels = indicator.shape
    positive = positive_entries(indicator)
    if sample_weight is None:
        positives = np.asarray(positive.sum(axis=0, dtype=np.int64)).ravel()
        known: Any = np.full(n_labels, n_samples, dtype=np.int64)
    else:
        positives = sum_weights(positive, sample_weight)
        known = np.array(np.broadcast_to(sample_weight.sum(axis=0), n_labels), np.float64)
    if positive is not indicator:
        missing = indicator < 0
        if sample_weight is None:
            known -= np.asarray(missing.sum(axis=0, dtype=np.int64)).ravel()
        else:
            known -= sum_weights(missing, sample_weight)
            rounding = np.abs(known - positives) <= 1e-12 * known.max()
            known = np.where(rounding, positives, known)
    return known, positives


def sum_weights(marks: Any, weight: FloatArray) -> FloatArray:
    """Sum the weights of the marked entries of each column; weights per row, or per entry."""
    return marks.T @ weight if weight.ndim == 1 else np.einsum("ij,ij->j", marks, weight)


def count_positives(indicator: Indicator) -> IntArray:
    """Count the positives of each label, (n_labels,)."""
    return np.asarray(count_entries(indicator)[1])


def drop_unlabeled(
    X: Any, indicator: Indicator, sample_weight: FloatArray | None, *, allow_none: bool = False
) -> tuple[Any, Indicator, FloatArray | None]:
    """Drop the documents of which no label is known, with a warning that counts them.

    With `allow_none` no document need be left.
    """
    if not has_unknown(indicator):
        return X, indicator, sample_weight
    kept = some_known(indicator)
    n_dropped = indicator.shape[0] - len(kept)
    if not n_dropped:
        return X, indicator, sample_weight
    if not len(kept) and not allow_none:
        raise LabelError(
            f"No label of any of the {n_dropped} documents in y is known: every entry is NaN. "
            f"Pass at least one document with a 0 or 1."
        )
    warn_caller(
        f"{n_dropped} of {indicator.shape[0]} documents have no known label (all NaN in y) and are "
        f"left out.",
        UnknownLabelWarning,
    )
    weight = None if sample_weight is None else sample_weight[kept]
    return safe_indexing(X, kept), indicator[kept], weight


def some_known(indicator: Indicator) -> IntArray:
    """Find the documents with at least one known label."""
    n_unknown = np.asarray((indicator < 0).sum(axis=1, dtype=np.int64)).ravel()
    return np.flatnonzero(n_unknown < indicator.shape[1])


def warn_of_unknown_labels(
    n_known: AnyArray, label_names: LabelNames, *, effect: str = "They are never given."
) -> None:
    """Warn of labels without any known entry."""
    names = [name for name, n in zip(label_names, n_known, strict=True) if not n]
    if names:
        warn_caller(
            f"Nothing is known of {len(names)} label(s), whose entries in y are all NaN: "
            f"{listing(names)}. {effect}",
            UnknownLabelWarning,
        )
