"""Read true labels together with a tagger's output: decisions or probabilities."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._gate.containers import column_names, plain_rows, table_values
from .._gate.decision import decide, decide_sparse
from .._gate.label_forms import has_one_column
from .._gate.labels import LabelSpace, are_positions, resolve_thresholds
from .._gate.samples import n_rows
from .._gate.types import FloatArray, IntArray, LabelNames, Labels, Threshold, Weights
from .._meta.response import positive_scores
from .._runtime.messages import listing, shown, warn_caller
from ..exceptions import LabelError, RareLabelWarning
from ._inputs import Scored, checked_names, read_decisions, read_probabilities


@dataclass(frozen=True, eq=False)
class Predictions:
    """True labels, decisions and, where there are any, probabilities of the same documents."""

    decided: Scored  # true labels and decisions
    proba: Any  # AnyArray or csr_array; None if decisions were passed
    thresholds: FloatArray | None  # nan for a label that the tagger does not know
    n_rows: int  # documents that were passed

    @property
    def rows(self) -> IntArray:
        """Position of each document in the input, (n_samples,)."""
        rows = self.decided.rows
        return np.arange(self.n_rows) if rows is None else rows

    @property
    def names(self) -> list[str]:
        """Label names, list of str of length n_labels."""
        return self.decided.names


def read_predictions(
    y_true: Labels,
    predictions: Any,
    threshold: Threshold,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
    *,
    allow_sparse: bool = False,
) -> Predictions:
    """Read true labels and decisions or probabilities, which have dtype float."""
    y_true = plain_rows(y_true)
    if label_names is not None:
        label_names = checked_names(label_names)
    if are_decisions(predictions):
        decided = read_decisions(y_true, predictions, sample_weight, label_names)
        return Predictions(decided, None, None, n_rows(y_true))
    predictions, constant = _without_one_class_columns(predictions)
    scored = read_probabilities(
        y_true, predictions, sample_weight, label_names, allow_sparse=allow_sparse
    )
    if constant:
        warn_caller(
            f"The probabilities of {len(constant)} label(s) have one column, as if the label had "
            f"one class in training: {listing([scored.names[j] for j in constant])}. This class "
            f"is taken for 'no'. Pass an array (n_samples, n_labels) if it is 'yes'.",
            RareLabelWarning,
        )
    n_known = scored.truth.shape[1] if label_names is None else len(label_names)
    thresholds = np.full(scored.truth.shape[1], np.nan)
    thresholds[:n_known] = resolve_thresholds(threshold, LabelSpace.of(scored.names[:n_known]))
    choose = decide_sparse if sp.issparse(scored.values) else decide
    given = choose(scored.values, thresholds).astype(np.int8)  # nothing exceeds nan
    decided = replace(scored, values=given)
    return Predictions(decided, scored.values, thresholds, n_rows(y_true))


def labels_in_order(predictions: Predictions, order: list[int]) -> Predictions:
    """Take some labels, or put them into another order."""
    decided, proba, thresholds = predictions.decided, predictions.proba, predictions.thresholds
    decided = replace(
        decided,
        truth=decided.truth[:, order],
        values=decided.values[:, order],
        names=[decided.names[j] for j in order],
        unknown=None if decided.unknown is None else decided.unknown[:, order],
    )
    return replace(
        predictions,
        decided=decided,
        proba=None if proba is None else proba[:, order],
        thresholds=None if thresholds is None else thresholds[order],
    )


def names_of_frames(y_true: Any, outputs: Mapping) -> list[str] | None:
    """Take the label names from the DataFrames of several taggers, if y_true has none."""
    if column_names(y_true) is not None or has_one_column(y_true):
        return None
    known = {name: column_names(output) for name, output in outputs.items()}
    frames = {k: names for k, names in known.items() if names and not are_positions(names)}
    if not frames:
        return None
    first = next(iter(frames))
    for name, names in frames.items():
        if getattr(y_true, "ndim", 1) == 2 and names != frames[first]:
            raise LabelError(
                f"The columns of {shown(first)} are {listing(frames[first])}, those of "
                f"{shown(name)} {listing(names)}, and y_true does not name its own. Pass "
                f"label_names, in the order of y_true."
            )
    return frames[first]


def are_decisions(predictions: Any) -> bool:
    """Whether predictions are decisions, by their dtype: float means probabilities.

    A sparse matrix of float holds decisions if all its values are 0 and 1.
    """
    if sp.issparse(predictions):
        return predictions.dtype.kind != "f" or bool(
            np.isin(predictions.tocoo().data, [0, 1]).all()
        )
    if _is_list_of_arrays(predictions):
        return False
    if column_names(predictions) is not None:
        return table_values(predictions).dtype.kind != "f"
    predictions = plain_rows(predictions)
    try:
        return np.asarray(predictions).dtype.kind != "f"
    except ValueError:
        return True  # label sets of different length


def _is_list_of_arrays(predictions: Any) -> bool:
    """Whether this is a list with one array per label, as forests and DummyClassifier return."""
    return (
        isinstance(predictions, list | tuple)
        and len(predictions) > 0
        and isinstance(predictions[0], np.ndarray)
        and predictions[0].ndim == 2
    )


def _without_one_class_columns(predictions: Any) -> tuple[Any, list[int]]:
    """Replace arrays (n_samples, 1) of a list by probabilities of 0; return their positions too."""
    if not _is_list_of_arrays(predictions):
        return predictions, []
    constant = [j for j, part in enumerate(predictions) if np.shape(part)[1:] == (1,)]
    if constant:
        classes = [np.array([0] if j in constant else [0, 1]) for j in range(len(predictions))]
        predictions = positive_scores(predictions, classes, one_label=False, parameter="y_proba")
    return predictions, constant
