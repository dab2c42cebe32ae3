"""Convert true labels, decisions or scores, and sample weights to one form."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._gate.containers import column_names, plain_rows
from .._gate.documents import is_missing
from .._gate.label_forms import are_label_sets, has_one_column, read_label_sets
from .._gate.labels import LabelSpace
from .._gate.samples import (
    drop_unlabeled,
    has_unknown,
    positive_entries,
    refuse_weight_by_label,
    warn_of_unknown_labels,
    with_nan,
)
from .._gate.types import (
    AnyArray,
    BoolArray,
    FloatArray,
    Indicator,
    IntArray,
    LabelNames,
    Labels,
    Scores,
    Weights,
)
from .._meta.response import positive_scores
from .._runtime.messages import listing, shown
from ..exceptions import LabelError

_BLOCK = 1 << 20  # entries per block of rows: small enough for the temporaries to fit the CPU cache


@dataclass(frozen=True, eq=False)
class Scored:
    """True labels with decisions or scores; without documents of weight 0 or without known labels.

    An unknown entry is 0 in `truth`; its decision or probability is 0 too, and a score that is only
    ranked is -inf, so that sums over entries and rankings need not look at `unknown`. To divide by
    a number of entries, use `n_known`, `known_weight` or `known_share`.

    Sparse scores are CSR; entries that are not stored are 0. If they are only ranked, they have no
    columns for labels that the tagger does not know: such labels rank below all others.
    """

    truth: Any  # (n_samples, n_labels), int8 of 0 and 1; CSC where y_true was sparse
    values: Any  # decisions: Indicator; scores: AnyArray or csr_array
    weight: FloatArray | None
    names: list[str]
    unknown: Any = None  # marks unknown entries, bool, dense or CSC like truth; None: all are known
    rows: IntArray | None = None  # positions of the documents in the input; None: all of them

    def blocks(self) -> Iterator[tuple[BoolArray, AnyArray, FloatArray | None]]:
        """Yield (truth, values, weight) by blocks of rows: dense, truth and decisions bool."""
        n_samples, n_labels = self.truth.shape
        size = max(1, _BLOCK // n_labels)
        truth, values = (x.tocsr() if sp.issparse(x) else x for x in (self.truth, self.values))
        for start in range(0, n_samples, size):
            rows = slice(start, start + size)
            weight = None if self.weight is None else self.weight[rows]
            yield _dense_rows(truth, rows), _dense_rows(values, rows), weight

    def positive_scores(self) -> tuple[IntArray, IntArray, AnyArray]:
        """Return rows, columns and sparse scores of the true labels; 0 where none is stored."""
        rows, columns = sp.csr_array(self.truth).nonzero()
        scores = np.zeros(len(rows), dtype=self.values.dtype)
        seen = columns < self.values.shape[1]
        scores[seen] = entries_at(self.values, rows[seen], columns[seen])
        return rows, columns, scores

    def column_support(self) -> FloatArray:
        """Weight of the positives of each label, shape (n_labels,), float64."""
        if self.weight is None:
            return np.asarray(self.truth.sum(axis=0, dtype=np.int64)).ravel().astype(np.float64)
        if sp.issparse(self.truth):
            return np.asarray(self.weight @ self.truth).ravel()
        size = max(1, _BLOCK // self.truth.shape[1])
        starts = range(0, len(self.weight), size)
        parts = [self.weight[i : i + size] @ self.truth[i : i + size] for i in starts]
        return np.sum(parts, axis=0)

    def total_weight(self) -> float:
        """Weight of all documents, float."""
        return float(self.truth.shape[0] if self.weight is None else self.weight.sum())

    def mean(self, per_document: AnyArray) -> float:
        """Weighted mean of one number per document, float."""
        return float(np.average(per_document, weights=self.weight))

    def n_known(self) -> IntArray:
        """Count the known labels of each document, (n_samples,)."""
        return self.truth.shape[1] - self._n_unknown(axis=1)

    def n_known_documents(self) -> IntArray:
        """Count the documents where each label is known, (n_labels,)."""
        return self.truth.shape[0] - self._n_unknown(axis=0)

    def _n_unknown(self, axis: int) -> IntArray:
        if self.unknown is None:
            return np.zeros(self.truth.shape[1 - axis], dtype=np.int64)
        return np.asarray(self.unknown.sum(axis=axis, dtype=np.int64)).ravel()

    def known_weight(self) -> FloatArray:
        """Weight of the documents where each label is known, (n_labels,)."""
        if self.unknown is None:
            return np.full(self.truth.shape[1], self.total_weight())
        counts = self.n_known_documents()
        if self.weight is None:
            return counts.astype(np.float64)
        known = self.total_weight() - np.asarray(self.weight @ self.unknown).ravel()
        return np.where(counts > 0, known, 0.0)

    def known_share(self) -> float:
        """Weighted share of known entries: 1.0 where all are known."""
        if self.unknown is None:
            return 1.0
        return self.mean(self.n_known()) / self.truth.shape[1]

    def known_rows(self, j: int) -> IntArray:
        """Find the documents where label j is known."""
        if self.unknown is None:
            return np.arange(self.truth.shape[0])
        return np.flatnonzero(~dense_column(self.unknown, j))

    def known_entries(self, rows: slice, columns: Any = slice(None)) -> BoolArray:
        """Mark the known entries of some rows and columns, dense."""
        part = self.unknown[rows][:, columns]
        return ~(part.toarray() if sp.issparse(part) else part)

    def indicator(self) -> Indicator:
        """Return the true labels with `UNKNOWN` where they are unknown."""
        return self.truth if self.unknown is None else self.truth - self.unknown.astype(np.int8)

    def labels(self) -> Any:
        """Return the true labels as a caller passes them, with NaN where they are unknown."""
        return self.truth if self.unknown is None else with_nan(self.indicator())


def entries_at(matrix: Any, rows: IntArray, columns: IntArray) -> AnyArray:
    """Take the entries at some places of a dense or sparse matrix, (n,)."""
    if not sp.issparse(matrix):
        return matrix[rows, columns]
    if not len(rows):  # scipy would return a sparse matrix
        return np.zeros(0, dtype=matrix.dtype)
    # a csr_matrix gives an array in every version of scipy
    return np.ravel(sp.csr_matrix(matrix)[rows, columns])


def dense_column(matrix: Any, j: int) -> AnyArray:
    """Take a column as a dense array, (n_samples,)."""
    return matrix[:, [j]].toarray()[:, 0] if sp.issparse(matrix) else matrix[:, j]


def _dense_rows(matrix: Any, rows: slice) -> AnyArray:
    part = matrix[rows]
    part = part.toarray() if sp.issparse(part) else np.ascontiguousarray(part)
    return part.view(bool) if part.dtype == np.int8 else part


def read_decisions(
    y_true: Labels,
    y_pred: Labels,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
    *,
    keep_unknown: bool = False,
) -> Scored:
    """Read true labels and 0/1 decisions; `keep_unknown` keeps those of unknown entries."""
    y_true, y_pred = plain_rows(y_true), plain_rows(y_pred)
    if label_names is None:
        label_names = names_of_sets(y_true=y_true, y_pred=y_pred)
    space, truth, names = _read_truth(y_true, label_names, y_pred)
    _refuse_other_shape(truth, space, "y_pred", y_pred)
    remedy = (
        " y_pred are decisions, 0 or 1: compare probabilities with a threshold first, or use a "
        "score of probabilities."
    )
    with _blaming("y_pred", remedy):
        values = space.encode(y_pred)
    _refuse_other_length(truth, values, "y_pred")
    values = _append_unseen(values, truth.shape[1], 0)
    unknown = None if keep_unknown else 0.0
    return _scored(truth, values, sample_weight, names, unknown=unknown)


def read_scores(
    y_true: Labels,
    y_score: Scores,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
    *,
    allow_sparse: bool = False,
) -> Scored:
    """Read true labels and scores that are only ranked."""
    return _read_scores(
        y_true, y_score, sample_weight, label_names, "y_score", allow_sparse=allow_sparse
    )


def read_probabilities(
    y_true: Labels,
    y_proba: Scores,
    sample_weight: Weights = None,
    label_names: LabelNames | None = None,
    *,
    batch: bool = False,
    keep_values: bool = False,
    allow_sparse: bool = False,
) -> Scored:
    """Read true labels and probabilities; a `batch` may have no known labels.

    With `keep_values` the probabilities of unknown entries are kept.
    """
    return _read_scores(
        y_true,
        y_proba,
        sample_weight,
        label_names,
        "y_proba",
        batch=batch,
        keep_values=keep_values,
        allow_sparse=allow_sparse,
    )


def names_of_sets(**parameters: Labels) -> list[str] | None:
    """Return the sorted names in several sequences of label sets; None if one is anything else."""
    sequences: dict[str, Any] = {parameter: plain_rows(y) for parameter, y in parameters.items()}
    if not all(map(are_label_sets, sequences.values())):
        return None
    names: list[str] = []
    for parameter, rows in sequences.items():
        with _blaming(parameter):
            names = read_label_sets(rows, names)[1]
    return sorted(names) or None


def _read_scores(
    y_true: Labels,
    values: Any,
    sample_weight: Weights,
    label_names: LabelNames | None,
    parameter: str,
    *,
    batch: bool = False,
    keep_values: bool = False,
    allow_sparse: bool = False,
) -> Scored:
    y_true = plain_rows(y_true)
    space, truth, names = _read_truth(y_true, label_names)
    columns = column_names(values)
    values = positive_scores(
        values, one_label=space.n_labels == 1, parameter=parameter, allow_sparse=allow_sparse
    )
    if values.shape != (truth.shape[0], space.n_labels):
        raise _shapes_differ((truth.shape[0], space.n_labels), parameter, values.shape)
    if columns is not None and space.named:
        values = values[:, _positions(columns, space.label_names, parameter)]
    lowest, highest = values.min(), values.max()
    if parameter == "y_proba":
        # NaN fails both comparisons, so it is refused too
        if not (lowest >= 0 and highest <= 1):
            raise _bad_value(values, lambda v: ~((v >= 0) & (v <= 1)), parameter, "lie in [0, 1]")
        unseen = unknown = 0.0
    else:
        if not (np.isfinite(lowest) and np.isfinite(highest)):
            raise _bad_value(values, lambda v: ~np.isfinite(v), parameter, "be finite")
        unseen, unknown = lowest - 1, -np.inf
    if parameter == "y_proba" or not sp.issparse(values):
        values = _append_unseen(values, truth.shape[1], unseen)
    replacement = None if keep_values else unknown
    return _scored(truth, values, sample_weight, names, unknown=replacement, batch=batch)


def _read_truth(
    y_true: Labels, label_names: LabelNames | None, y_pred: Labels = None
) -> tuple[LabelSpace, Indicator, list[str]]:
    """Return the label space, the indicator of y_true, and the names of its columns."""
    if label_names is not None:
        label_names = checked_names(label_names)
    with _blaming("y_true"):
        if has_one_column(y_true):
            space = _one_label(y_true, y_pred)
            truth = space.encode(y_true, allow_unknown=True)
        elif label_names is not None:
            space = LabelSpace.of(label_names)
            truth = space.encode(y_true, new_names="append", allow_unknown=True)
        else:
            space, truth = LabelSpace.learn(y_true, allow_unknown=True)
    names = list(space.label_names if label_names is None else label_names)
    if label_names is None and space.form == "label_sets":
        raise LabelError(
            "y_true holds label sets, so the order of the columns is unknown. Pass "
            "label_names, for instance the tagger's label_names_ (if the estimator has none, pass "
            "label_names to get_scorer), or pass an indicator matrix."
        )
    if len(names) != space.n_labels:
        raise LabelError(f"label_names has {len(names)} names, but y_true has one column.")
    if truth.shape[1] > len(names):
        learned = LabelSpace.learn(y_true)[0].label_names
        names += [name for name in learned if name not in set(names)]
    return space, truth, names


def _one_label(y_true: Labels, y_pred: Labels) -> LabelSpace:
    """Learn the two codes from y_true and y_pred together; each may contain only one of them."""
    values = _flat(y_true)
    values = [value for value in values if not is_missing(value)]
    if y_pred is not None and has_one_column(y_pred):
        values += _flat(y_pred)
    return LabelSpace.learn(values or [0, 1])[0]


def _flat(column: Any) -> list[Any]:
    column = column.toarray() if sp.issparse(column) else column
    return np.ravel(np.asarray(column)).tolist()


def checked_names(label_names: Any) -> list[str]:
    """Check label names."""
    if isinstance(label_names, str):
        raise LabelError(f"label_names is the str {shown(label_names)}; pass a sequence of str.")
    rows: Any = plain_rows(label_names)
    names = list(rows)
    for name in names:
        if not isinstance(name, str):
            raise LabelError(f"label_names holds {shown(name)}; label names are str.")
    if not names or len(set(names)) < len(names):
        raise LabelError(f"label_names is empty or names a label twice: {listing(names)}.")
    return names


@contextmanager
def _blaming(parameter: str, remedy: str = "") -> Iterator[None]:
    """Prefix the messages of the label gate with the name of the parameter."""
    try:
        yield
    except LabelError as error:
        raise LabelError(f"{parameter}: {error}{remedy}") from error


def _refuse_other_shape(truth: Indicator, space: LabelSpace, parameter: str, values: Any) -> None:
    """Raise an error with both shapes; the label gate's message names only the columns."""
    shape = getattr(values, "shape", None)
    if shape is None or (len(shape) == 1 and (space.n_labels == 1 or values.dtype == object)):
        return
    if tuple(shape) != (truth.shape[0], space.n_labels):
        raise _shapes_differ((truth.shape[0], space.n_labels), parameter, tuple(shape))


def _refuse_other_length(truth: Indicator, values: Any, parameter: str) -> None:
    if truth.shape[0] != values.shape[0]:
        raise _shapes_differ(truth.shape, parameter, values.shape)


def _shapes_differ(
    truth_shape: tuple[int, ...], parameter: str, shape: tuple[int, ...]
) -> ValueError:
    return ValueError(
        f"y_true has shape {truth_shape} and {parameter} has shape {shape}: pass one row per "
        f"document and one column per label in both."
    )


def _bad_value(
    values: Any, is_bad: Callable[[AnyArray], BoolArray], parameter: str, demand: str
) -> ValueError:
    if sp.issparse(values):
        stored = values.tocoo()
        k = np.argmax(is_bad(stored.data))
        row, column = (indices[k] for indices in stored.coords)
    else:
        row, column = np.unravel_index(np.argmax(is_bad(values)), values.shape)
    hint = " decision_function gives no probabilities." if demand.startswith("lie") else ""
    return ValueError(
        f"{parameter} must {demand}, but row {row}, column {column} holds "
        f"{shown(values[row, column].item())}.{hint}"
    )


def _positions(columns: Sequence[Any], names: LabelNames, parameter: str) -> list[int]:
    columns = [str(name) for name in columns]
    if sorted(columns) != sorted(names):
        raise LabelError(
            f"{parameter} has the columns {listing(columns)}, but the labels are {listing(names)}. "
            f"Pass one column per label."
        )
    place = {name: j for j, name in enumerate(columns)}
    return [place[name] for name in names]


def _append_unseen(values: Any, n_labels: int, fill: float) -> Any:
    """Add a column for each label of y_true that the tagger does not know."""
    n_unseen = n_labels - values.shape[1]
    if not n_unseen:
        return values
    shape = (values.shape[0], n_unseen)
    if sp.issparse(values):
        return sp.hstack([values, sp.csc_array(shape, dtype=values.dtype)], format=values.format)
    return np.hstack([values, np.full(shape, fill, dtype=values.dtype)])


def _scored(
    truth: Indicator,
    values: Any,
    sample_weight: Weights,
    names: list[str],
    *,
    unknown: float | None = 0.0,
    batch: bool = False,
) -> Scored:
    """Check the weights, drop the documents that do not count, and set apart what is unknown.

    `unknown` takes the place of a decision or score of an unknown entry, unless it is None.
    """
    weight = rows = None
    if sample_weight is not None:
        weight = _checked_weight(sample_weight, truth.shape[0])
        if not weight.all():
            rows = np.flatnonzero(weight)  # weight 0 counts as removed
            truth, values, weight = truth[rows], values[rows], weight[rows]
    if not has_unknown(truth):
        return Scored(truth, values, weight, names, rows=rows)
    everything = np.arange(truth.shape[0])
    with _blaming("y_true"):
        kept, truth, weight = drop_unlabeled(everything, truth, weight, allow_none=batch)
    if len(kept) < len(everything):
        values, rows = values[kept], kept if rows is None else rows[kept]
    if not has_unknown(truth):
        return Scored(truth, values, weight, names, rows=rows)
    marks: Any = truth < 0
    if unknown is not None:
        values = _replace_unknown(values, marks, unknown)
    scored = Scored(positive_entries(truth), values, weight, names, marks, rows)
    if not batch:
        warn_of_unknown_labels(
            scored.n_known_documents(), names, effect="Their scores are undefined."
        )
    return scored


def _replace_unknown(values: Any, marks: Any, replacement: float) -> Any:
    if sp.issparse(values):
        kept = (values - values.multiply(marks)).asformat(values.format)
        if replacement:
            kept += sp.csr_array(marks, dtype=values.dtype).multiply(replacement)
        return kept
    marks = marks.toarray() if sp.issparse(marks) else marks
    return np.where(marks, values.dtype.type(replacement), values)


def _checked_weight(sample_weight: Weights, n_samples: int) -> FloatArray:
    refuse_weight_by_label(sample_weight)
    try:
        weight = np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"sample_weight cannot be read as numbers ({error}).") from error
    if weight.shape != (n_samples,):
        raise ValueError(
            f"sample_weight has shape {weight.shape}, but y_true has {n_samples} rows; pass one "
            f"weight per document."
        )
    if not (np.isfinite(weight).all() and weight.min() >= 0 and weight.any()):
        raise ValueError(
            f"sample_weight must be finite, at least 0 and not all 0, but ranges from "
            f"{weight.min()} to {weight.max()}."
        )
    return weight
