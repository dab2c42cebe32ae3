"""Scores of more documents than fit into memory, computed batch by batch."""

from dataclasses import replace
from typing import Any, Self

import numpy as np
import scipy.sparse as sp

from .._gate.containers import plain_rows
from .._gate.decision import decide, decide_sparse
from .._gate.label_forms import has_one_column
from .._gate.labels import LabelSpace, resolve_thresholds
from .._gate.parameters import check_choice, check_int
from .._gate.samples import warn_of_unknown_labels, with_nan
from .._gate.types import (
    AnyArray,
    FloatArray,
    IntArray,
    LabelNames,
    Labels,
    Scores,
    Threshold,
    Weights,
)
from .._runtime.messages import listing, shown
from ..exceptions import LabelError
from ._averages import UNDEFINED, check_zero_division, labels_in_macro
from ._counts import Counts, count_documents, count_labels
from ._inputs import Scored, checked_names, read_probabilities
from ._precision_recall import average_counts
from ._probability_scores import row_brier, row_log_losses
from ._rankings import SparseRankings
from ._sparse_histograms import make_histogram

_KINDS = ("f1", "precision", "recall", "jaccard")
_MEANS = ("exact_match", "hamming_loss", "log_loss", "brier_score")
_OVER_ENTRIES = [1, 2, 3]  # those of `_MEANS` that are means over all known entries


class StreamingMetrics:
    """Scores that are updated batch by batch, in memory that does not grow with documents.

    All scores but average precision equal those of `skmultitext.metrics` on all documents at once
    to 1e-12: counts and sums are compensated sums in float64.
    Average precision comes from a histogram of `n_bins` bins per label, of equal width in the
    logit of the probability; all scores in a bin count as tied. It is off by at most the
    ``average_precision_*_error`` that `compute` returns beside it: per label, the larger of the
    sums over bins of p (T + p) / (T + p + F) - e and of e - p + (F + q) log(1 + p / (T + F + q)),
    over the number of positives, with p positives and q negatives in the bin, T and F above it,
    and e = p (T + p) / (T + p + F + q). It shrinks with the width of the bins, 32 / n_bins.

    Parameters
    ----------
    n_labels : int
        Number of labels, at least 1.
    threshold : float, array-like of shape (n_labels,) or dict by label name, default=0.5
        A label is given where its probability exceeds this, in [0, 1].
    label_names : sequence of str of length n_labels, default=None
        Names of the labels; required if batches of y are label sets.
    undefined : {"skip", "zero", "raise"}, default="skip"
        What `compute` does with a label without a positive; see `skmultitext.metrics`. One
        warning names all of them.
    zero_division : {0.0, 1.0}, default=0.0
        The score where its denominator is 0.
    n_bins : int, default=1024
        Bins per label for average precision, 16 bytes each; 0 leaves average precision out. With
        more than 2**24 bins of all labels together, only those that are not empty are kept.

    Raises
    ------
    ValueError
        If a parameter is not valid.

    References
    ----------
    Neumaier (1974), "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen",
    ZAMM 54(1), for the sums.

    Examples
    --------
    >>> metrics = StreamingMetrics(n_labels=2)
    >>> _ = metrics.update([[1, 0], [0, 1]], [[0.9, 0.2], [0.6, 0.7]])
    >>> other = StreamingMetrics(n_labels=2).update([[1, 1]], [[0.8, 0.1]])
    >>> result = metrics.merge(other).compute()
    >>> result["n_samples"], round(result["f1_micro"], 3), round(result["exact_match"], 3)
    (3, 0.75, 0.333)
    """

    def __init__(
        self,
        n_labels: int,
        *,
        threshold: Threshold = 0.5,
        label_names: LabelNames | None = None,
        undefined: str = "skip",
        zero_division: float = 0.0,
        n_bins: int = 1024,
    ) -> None:
        check_choice("undefined", undefined, UNDEFINED)
        check_zero_division(zero_division)
        self.n_labels = check_int("n_labels", n_labels)
        self.n_bins = check_int("n_bins", n_bins, 0)
        self.label_names = None if label_names is None else checked_names(label_names)
        self._names = self.label_names or [str(j) for j in range(self.n_labels)]
        if len(self._names) != self.n_labels:
            raise ValueError(
                f"label_names has {len(self._names)} names, but n_labels is {n_labels}."
            )
        self.threshold = resolve_thresholds(threshold, LabelSpace.of(self._names))
        self.undefined = undefined
        self.zero_division = zero_division
        self.reset()

    def __repr__(self) -> str:
        return (
            f"<StreamingMetrics: {self.n_labels} labels, {self._n_samples:,} documents so far, "
            f"undefined={self.undefined!r}>"
        )

    def reset(self) -> Self:
        """Forget all batches.

        Returns
        -------
        self
        """
        self._n_samples = 0
        self._labels = _Sum((3, self.n_labels))
        self._weight = _Sum(())
        self._known = _Sum(self.n_labels)
        self._means = _Sum(len(_MEANS) + len(_KINDS))
        self._histogram: Any = make_histogram(self.n_labels, self.n_bins)
        return self

    def update(self, y_true: Labels, y_proba: Scores, sample_weight: Weights = None) -> Self:
        """Add a batch.

        Parameters
        ----------
        y_true : array-like, sparse matrix, DataFrame or sequence of label sets
            True labels of shape (n_samples, n_labels), or label sets of `label_names`. A single
            label may also be (n_samples,) of 0 and 1; other codes are not known from one batch.
            NaN marks an unknown entry, which is ignored.
        y_proba : array-like or sparse matrix of shape (n_samples, n_labels), or list of arrays
            Probabilities in [0, 1]; those that a sparse matrix does not store are 0. A list has
            one array (n_samples, 2) per label.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each document, at least 0.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If shapes differ or a parameter is not valid; nothing is added then.
        """
        idle = sample_weight is not None and np.size(sample_weight) and not np.any(sample_weight)
        y_true = plain_rows(y_true)
        if has_one_column(y_true):
            space = LabelSpace.learn([0, 1])[0]
            y_true = with_nan(space.encode(y_true, allow_unknown=True))
        weight = None if idle else sample_weight
        scored = read_probabilities(
            y_true, y_proba, weight, self.label_names, batch=True, allow_sparse=True
        )
        self._refuse_other_labels(scored)
        if not idle and scored.truth.shape[0]:
            self._add(scored)
        return self

    def _refuse_other_labels(self, scored: Scored) -> None:
        n_labels = scored.truth.shape[1]
        if n_labels == self.n_labels:
            return
        if self.label_names is not None and n_labels > self.n_labels:
            raise LabelError(
                f"y_true holds the unknown labels {listing(scored.names[self.n_labels :])}; known "
                f"are {listing(self.label_names)}. Name all labels in label_names."
            )
        raise ValueError(
            f"y_true and y_proba have shape {scored.truth.shape}, but n_labels is {self.n_labels}."
        )

    def _add(self, scored: Scored) -> None:
        choose = decide_sparse if sp.issparse(scored.values) else decide
        given = choose(scored.values, self.threshold).astype(np.int8)
        decided = replace(scored, values=given)
        labels = count_labels(decided)
        documents = count_documents(decided)
        wrong = documents.wrong()
        means = [wrong == 0, wrong / self.n_labels, row_log_losses(scored), row_brier(scored)]
        means += [documents.score(kind, self.zero_division) for kind in _KINDS]
        weight = np.ones(len(wrong)) if scored.weight is None else scored.weight
        self._labels.add(np.stack([labels.hits, labels.predicted, labels.positive]))
        self._means.add(np.array([weight @ rows for rows in means]))
        self._weight.add(weight.sum())
        self._known.add(scored.known_weight())
        self._n_samples += len(wrong)
        if self.n_bins:
            self._count_bins(scored)

    def _count_bins(self, scored: Scored) -> None:
        if sp.issparse(scored.values):
            entries = SparseRankings(scored)
            self._histogram.add_sparse(
                entries.columns,
                entries.is_true,
                entries.scores,
                entries.weight,
                scored.known_weight(),
            )
            return
        start = 0
        for truth, proba, weight in scored.blocks():
            rows = slice(start, start + len(truth))
            known = None if scored.unknown is None else scored.known_entries(rows)
            self._histogram.add(truth, proba, weight, known)
            start += len(truth)

    def merge(self, other: Self) -> Self:
        """Add the documents of another `StreamingMetrics`, for example from another process.

        Parameters
        ----------
        other : StreamingMetrics
            With the same labels, threshold, n_bins and zero_division.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If one of these settings differs.
        """
        if not isinstance(other, StreamingMetrics):
            raise ValueError(f"other must be a StreamingMetrics, got a {type(other).__name__}.")
        for name in ("n_labels", "n_bins", "threshold", "label_names", "zero_division"):
            ours, theirs = getattr(self, name), getattr(other, name)
            if not np.array_equal(ours, theirs):
                raise ValueError(
                    f"other has {name}={shown(theirs)}, but this one has {shown(ours)}."
                )
        for name in ("_labels", "_means", "_weight", "_known"):
            getattr(self, name).merge(getattr(other, name))
        self._histogram.merge(other._histogram)
        self._n_samples += other._n_samples
        return self

    def compute(self) -> dict[str, Any]:
        """Score all documents seen so far.

        Returns
        -------
        dict
            ``n_samples`` (documents of weight above 0 that have a known label) and
            ``total_weight``; ``exact_match``, ``hamming_loss``, ``binary_accuracy``, ``log_loss``,
            ``brier_score``; ``f1_*``, ``precision_*``, ``recall_*``, ``jaccard_*`` with micro,
            macro, weighted, samples;
            ``average_precision_micro``, ``average_precision_macro``, each with ``..._error``;
            and of shape (n_labels,), float64: ``true_positives``, ``false_positives``,
            ``false_negatives``, ``true_negatives``, ``support``, ``known`` (documents where
            the label is known, or their weight).

        Raises
        ------
        ValueError
            If no documents were added, or a label has no positive and `undefined="raise"`.
        """
        if not self._n_samples:
            raise ValueError("compute needs documents: call update first.")
        counts = Counts(*self._labels.value())
        weight = float(self._weight.value())
        known = self._known.value()
        warn_of_unknown_labels(known, self._names, effect="Their scores are undefined.")
        means = self._means.value() / weight
        if (known < weight).any():
            means[_OVER_ENTRIES] /= known.sum() / (weight * self.n_labels)
        means = means.tolist()
        result: dict[str, Any] = {"n_samples": self._n_samples, "total_weight": weight}
        result.update(zip(_MEANS, means[: len(_MEANS)], strict=True))
        result["binary_accuracy"] = 1.0 - result["hamming_loss"]
        present = labels_in_macro(counts.positive, self.undefined, self._names)
        kept = counts.of(present)
        for kind, of_documents in zip(_KINDS, means[len(_MEANS) :], strict=True):
            result[f"{kind}_samples"] = of_documents
            for average in ("micro", "macro", "weighted"):
                # micro counts the false positives of all labels; the warning was given before
                part = counts if average == "micro" else kept
                result[f"{kind}_{average}"] = average_counts(
                    kind, part, average, "zero", self.zero_division, self._names
                )
        if self.n_bins:
            result.update(self._average_precision(present))
        result.update(
            true_positives=counts.hits,
            false_positives=counts.predicted - counts.hits,
            false_negatives=counts.positive - counts.hits,
            true_negatives=known - counts.predicted - counts.positive + counts.hits,
            support=counts.positive,
            known=known,
        )
        return result

    def _average_precision(self, present: IntArray) -> dict[str, float]:
        scores, errors, micro, micro_error = self._histogram.average_precision(present)
        return {
            "average_precision_micro": float(micro),
            "average_precision_micro_error": float(micro_error),
            "average_precision_macro": float(scores.mean()) if len(present) else 0.0,
            "average_precision_macro_error": float(errors.mean()) if len(present) else 0.0,
        }


class _Sum:
    """A compensated float64 sum: keeps the rounding errors and adds them at the end (Neumaier)."""

    def __init__(self, shape: int | tuple[int, ...]) -> None:
        self.total = np.zeros(shape)
        self.lost = np.zeros(shape)

    def add(self, terms: AnyArray) -> None:
        total = self.total + terms
        larger = np.abs(self.total) >= np.abs(terms)
        self.lost = self.lost + np.where(
            larger, (self.total - total) + terms, (terms - total) + self.total
        )
        self.total = total

    def merge(self, other: Self) -> None:
        self.add(other.total)
        self.lost = self.lost + other.lost

    def value(self) -> FloatArray:
        return self.total + self.lost
