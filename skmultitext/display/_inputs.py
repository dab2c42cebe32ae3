"""Input of the displays: checks of labels and scores, and the selection of labels to draw."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._gate.containers import plain_rows
from .._gate.label_forms import has_one_column
from .._gate.labels import LabelSpace
from .._gate.parameters import check_int
from .._gate.samples import count_entries, drop_unlabeled, has_unknown, warn_of_unknown_labels
from .._gate.types import (
    AnyArray,
    Documents,
    Features,
    FloatArray,
    Indicator,
    LabelNames,
    Labels,
)
from .._meta.known_labels import find_label_names, order_of_columns
from .._meta.response import label_scores
from .._runtime.messages import listing, shown, warn_caller
from ..exceptions import AbsentLabelWarning, LabelError
from ..metrics._inputs import Scored, checked_names, dense_column


@dataclass(frozen=True, eq=False)
class Choice:
    """Columns of the labels to draw individually, and of those to combine."""

    shown: np.ndarray
    others: np.ndarray

    def names(self, label_names: LabelNames) -> list[str]:
        """Names of the rows; the other labels come last."""
        names = [str(label_names[j]) for j in self.shown]
        return names + [others_name(len(self.others))] * (len(self.others) > 0)


def others_name(n_labels: int) -> str:
    """Name the row for all labels that are not drawn individually."""
    return f"… {n_labels} other label{'s' * (n_labels != 1)}"


def choose_labels(
    label_names: LabelNames,
    support: AnyArray,
    *,
    top: int | None = None,
    labels: Sequence[str] | None = None,
    most: int | None = None,
) -> Choice:
    """Choose the labels to draw: those in `labels`, or those with the most positives.

    `support` is nan for a label that cannot be drawn; `most` is the number of distinct styles.
    """
    position = {str(name): j for j, name in enumerate(label_names)}
    drawable = ~np.isnan(np.asarray(support, dtype=np.float64))
    if labels is not None:
        if isinstance(labels, str):
            raise LabelError(f"labels is the str {shown(labels)}; pass a sequence of str.")
        names = list(dict.fromkeys(labels))
        if not names:
            raise LabelError("labels is empty; name at least one label, or pass None.")
        unknown = [name for name in names if name not in position]
        if unknown:
            raise LabelError(
                f"labels names the unknown labels {listing(unknown)}; known are "
                f"{listing(label_names)}."
            )
        chosen = np.array([position[name] for name in names], dtype=np.intp)
        if not drawable[chosen].all():
            lacking = [name for name in names if not drawable[position[name]]]
            raise LabelError(
                f"Nothing can be drawn for the labels {listing(lacking)}, which have no positive "
                f"or no negative in y_true. Leave them out or use more documents."
            )
        choice = Choice(chosen, np.empty(0, dtype=np.intp))
    else:
        if top is not None:
            check_int("top", top)
        ranked = np.argsort(-np.where(drawable, support, -1), kind="stable")
        ranked = ranked[: int(drawable.sum())]
        cut = len(ranked) if top is None else int(top)
        choice = Choice(ranked[:cut], ranked[cut:])
    if most is not None and len(choice.shown) > most:
        raise ValueError(
            f"{len(choice.shown)} labels would get a line each, but only {most} lines can be "
            f"distinguished. Pass a smaller top, or the names of some labels as labels."
        )
    return choice


def read_label_matrix(
    y: Labels, label_names: LabelNames | None = None
) -> tuple[Indicator, list[str]]:
    """Read labels without predictions; documents without a known label are dropped."""
    names = None if label_names is None else checked_names(label_names)
    y = plain_rows(y)
    if names is None or has_one_column(y):
        space, indicator = LabelSpace.learn(y, allow_unknown=True)
        if names is None:
            names = [str(name) for name in space.label_names]
        elif len(names) != 1:
            raise LabelError(f"label_names has {len(names)} names, but y has one column. Pass one.")
    else:
        indicator = LabelSpace.of(names).encode(y, allow_unknown=True)
    if has_unknown(indicator):
        _, indicator, _ = drop_unlabeled(np.arange(indicator.shape[0]), indicator, None)
        warn_of_unknown_labels(count_entries(indicator)[0], names, effect="Nothing is drawn.")
    return indicator, names


def scores_of(
    estimator: Any,
    X: Documents | Features,
    y: Labels,
    label_names: LabelNames | None,
    methods: tuple[str, ...] = ("predict_proba", "decision_function"),
) -> tuple[AnyArray, LabelNames | None]:
    """Return a fitted estimator's scores of the documents, and the names of its labels."""
    if label_names is None:
        label_names = find_label_names(estimator)
    scores = label_scores(estimator, X, methods, one_label=has_one_column(y))[0]
    order = None if label_names is None else order_of_columns(estimator, list(label_names))
    return scores if order is None else scores[:, order], label_names


def columns_of(scored: Scored) -> Iterator[tuple[AnyArray, AnyArray, FloatArray | None]]:
    """Yield (truth, scores, weight) of the known documents of each label, dense and 1-D."""
    for j in range(scored.truth.shape[1]):
        truth, values, weight = dense_column(scored.truth, j), scored.values[:, j], scored.weight
        if scored.unknown is not None:
            rows = scored.known_rows(j)
            truth, values = truth[rows], values[rows]
            weight = None if weight is None else weight[rows]
        yield truth, values, weight


def pooled(
    scored: Scored, columns: AnyArray | None = None
) -> tuple[AnyArray, AnyArray, FloatArray | None]:
    """Flatten the known entries of all labels, or of some, into one label."""
    truth, values = scored.truth, scored.values
    if columns is not None:
        truth, values = truth[:, columns], values[:, columns]
    truth = truth.toarray() if sp.issparse(truth) else truth
    weight = None if scored.weight is None else np.repeat(scored.weight, truth.shape[1])
    if scored.unknown is None:
        return truth.ravel(), values.ravel(), weight
    known = scored.known_entries(slice(None), slice(None) if columns is None else columns)
    return truth[known], values[known], None if weight is None else weight[known.ravel()]


def drawable_support(scored: Scored, *, need_negative: bool = False) -> FloatArray:
    """Sum the weights of each label's positives; nan, with a warning, if it has no curve."""
    support = scored.column_support()
    absent = support == 0
    lacking = "positive"
    if need_negative:
        # exact counts: sums of weights may differ by rounding
        positives = np.asarray((scored.truth != 0).sum(axis=0)).ravel()
        absent |= positives == scored.n_known_documents()
        lacking = "positive or no negative"
    names = [name for name, none in zip(scored.names, absent, strict=True) if none]
    if absent.all():
        raise LabelError(
            f"No curve can be drawn: every label has no {lacking} in y_true ({listing(names)}). "
            f"Pass documents that have labels."
        )
    if names:
        warn_caller(
            f"No {lacking} in y_true for {len(names)} label(s): {listing(names)}. They are "
            f"neither drawn nor part of a macro average.",
            AbsentLabelWarning,
        )
    return np.where(absent, np.nan, support)
