"""Scores of more documents than fit into memory, batch by batch."""

import numpy as np

from .._decision import decide
from .._label_parameters import resolve_thresholds
from .._labels import listing
from .._response import has_one_column, one_label_space
from ..exceptions import LabelError
from ._averages import ABSENT, average_labels, check_choice, check_zero_division
from ._counts import Counts, count_documents, count_labels
from ._histogram import average_precision_of_bins, logit_bins
from ._inputs import Scored, checked_names, named_space, read_probabilities
from ._precision_recall import average_counts
from ._probability_scores import row_brier, row_log_losses

_KINDS = ("f1", "precision", "recall", "jaccard")
_MEANS = ("exact_match", "hamming_loss", "log_loss", "brier")


class StreamingMetrics:
    """Scores that are updated batch by batch, in memory that does not grow with documents.

    All scores but average precision equal the functions of `skmultitext.metrics` on all
    documents at once, to 1e-12: counts and sums are kept in float64 with compensation.
    Average precision comes from a histogram of `n_bins` bins per label, of equal width in the
    logit of the probability, which takes a bin as one tie. It is off by at most the
    ``average_precision_*_error`` that `compute` returns beside it: per label, the larger of the
    sums over bins of p (T + p) / (T + p + F) - e and of e - p + (F + q) log(1 + p / (T + F + q)),
    over the number of positives, with p positives and q negatives in the bin, T and F above it,
    and e = p (T + p) / (T + p + F + q). It shrinks with the width of the bins, 32 / n_bins.

    Parameters
    ----------
    n_labels : int
        Number of labels, at least 1.
    threshold : float, array-like of shape (n_labels,) or dict by label name, default=0.5
        A label is given where its probability is greater. In [0, 1].
    label_names : sequence of str of length n_labels, default=None
        Names of the labels; needed where batches of y come as label sets.
    absent : {"skip", "zero", "raise"}, default="skip"
        What `compute` does with a label without a positive; see `skmultitext.metrics`. One
        warning names all of them.
    zero_division : {0.0, 1.0}, default=0.0
        The score where its denominator is 0.
    n_bins : int, default=1024
        Bins per label for average precision, 16 bytes each; 0 leaves average precision out.

    Raises
    ------
    ValueError
        If a parameter holds what it must not.

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
        n_labels,
        *,
        threshold=0.5,
        label_names=None,
        absent="skip",
        zero_division=0.0,
        n_bins=1024,
    ):
        check_choice("absent", absent, ABSENT)
        check_zero_division(zero_division)
        self.n_labels = _whole("n_labels", n_labels, 1)
        self.n_bins = _whole("n_bins", n_bins, 0)
        self.label_names = None if label_names is None else checked_names(label_names)
        self._names = self.label_names or [str(j) for j in range(self.n_labels)]
        if len(self._names) != self.n_labels:
            raise ValueError(
                f"label_names has {len(self._names)} names, but n_labels is {n_labels}."
            )
        self.threshold = resolve_thresholds(threshold, named_space(self._names))
        self.absent = absent
        self.zero_division = zero_division
        self.reset()

    def reset(self):
        """Forget all batches.

        Returns
        -------
        self
        """
        self._n_samples = 0
        self._labels = _Sum((3, self.n_labels))
        self._weight = _Sum(())
        self._means = _Sum(len(_MEANS) + len(_KINDS))
        self._histogram = np.zeros((2, self.n_labels, self.n_bins))
        return self

    def update(self, y_true, y_proba, sample_weight=None):
        """Add a batch.

        Parameters
        ----------
        y_true : array-like, sparse matrix, DataFrame or sequence of label sets
            True labels of shape (n_samples, n_labels), or label sets of `label_names`. A single
            label also as (n_samples,), of 0 and 1: a batch would not tell other codes.
        y_proba : array-like of shape (n_samples, n_labels), dtype float, or list of arrays
            Probabilities in [0, 1]; see `positive_scores`.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each document, at least 0.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If shapes differ or a parameter holds what it must not; nothing is added then.
        """
        idle = sample_weight is not None and np.size(sample_weight) and not np.any(sample_weight)
        if has_one_column(y_true):
            y_true = one_label_space([0, 1]).encode(y_true)
        scored = read_probabilities(
            y_true, y_proba, None if idle else sample_weight, self.label_names
        )
        self._refuse_other_labels(scored)
        if not idle:
            self._add(scored)
        return self

    def _refuse_other_labels(self, scored):
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

    def _add(self, scored):
        given = decide(scored.values, self.threshold).astype(np.int8)
        decided = Scored(scored.truth, given, scored.weight, scored.names)
        labels = count_labels(decided)
        documents = count_documents(decided)
        wrong = documents.wrong()
        means = [wrong == 0, wrong / self.n_labels, row_log_losses(scored), row_brier(scored)]
        means += [documents.score(kind, self.zero_division) for kind in _KINDS]
        weight = np.ones(len(wrong)) if scored.weight is None else scored.weight
        self._labels.add(np.stack([labels.hits, labels.predicted, labels.positive]))
        self._means.add(np.array([weight @ rows for rows in means]))
        self._weight.add(weight.sum())
        self._n_samples += len(wrong)
        if self.n_bins:
            self._count_bins(scored)

    def _count_bins(self, scored):
        flat = self._histogram.reshape(-1)
        starts = np.arange(self.n_labels) * self.n_bins
        for truth, proba, weight in scored.blocks():
            cells = logit_bins(proba, self.n_bins)
            cells += starts
            cells += truth * (self.n_labels * self.n_bins)
            terms = 1.0 if weight is None else np.repeat(weight, self.n_labels)
            np.add.at(flat, cells.ravel(), terms)

    def merge(self, other):
        """Add what another one has seen, for instance in another process.

        Parameters
        ----------
        other : StreamingMetrics
            With the same labels, thresholds, bins and zero_division.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If the two do not count the same.
        """
        if not isinstance(other, StreamingMetrics):
            raise ValueError(f"other must be a StreamingMetrics, got a {type(other).__name__}.")
        for name in ("n_labels", "n_bins", "threshold", "label_names", "zero_division"):
            ours, theirs = getattr(self, name), getattr(other, name)
            if not np.array_equal(ours, theirs):
                raise ValueError(f"other has {name}={theirs!r}, but this one has {ours!r}.")
        for name in ("_labels", "_means", "_weight"):
            getattr(self, name).merge(getattr(other, name))
        self._histogram += other._histogram
        self._n_samples += other._n_samples
        return self

    def compute(self):
        """Score all documents seen so far.

        Returns
        -------
        dict
            ``n_samples`` (documents of weight above 0) and ``total_weight``; ``exact_match``,
            ``hamming_loss``, ``binary_accuracy``, ``log_loss``, ``brier``; ``f1_*``,
            ``precision_*``, ``recall_*``, ``jaccard_*`` with micro, macro, weighted, samples;
            ``average_precision_micro``, ``average_precision_macro``, each with ``..._error``;
            and of shape (n_labels,), float64: ``true_positives``, ``false_positives``,
            ``false_negatives``, ``true_negatives``, ``support``.

        Raises
        ------
        ValueError
            If nothing has been added, or a label is absent and `absent="raise"`.
        """
        if not self._n_samples:
            raise ValueError("compute needs documents: call update first.")
        counts = Counts(*self._labels.value())
        weight = float(self._weight.value())
        means = (self._means.value() / weight).tolist()
        result = {"n_samples": self._n_samples, "total_weight": weight}
        result.update(zip(_MEANS, means[: len(_MEANS)], strict=True))
        result["binary_accuracy"] = 1.0 - result["hamming_loss"]
        present = self._present(counts.positive)
        kept = Counts(counts.hits[present], counts.predicted[present], counts.positive[present])
        for kind, of_documents in zip(_KINDS, means[len(_MEANS) :], strict=True):
            result[f"{kind}_samples"] = of_documents
            for average in ("micro", "macro", "weighted"):
                # false positives of absent labels count in micro; "zero" as the warning is out
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
            true_negatives=weight - counts.predicted - counts.positive + counts.hits,
            support=counts.positive,
        )
        return result

    def _present(self, positive):
        """Warn or raise once for absent labels; return the labels that macro averages count."""
        defined = positive > 0
        average_labels(
            np.zeros(self.n_labels),
            defined=defined,
            support=positive,
            average="macro",
            absent=self.absent,
            names=self._names,
        )
        return np.flatnonzero(defined) if self.absent == "skip" else np.arange(self.n_labels)

    def _average_precision(self, present):
        negative, positive = self._histogram
        scores, errors = average_precision_of_bins(positive[present], negative[present])
        micro, micro_error = average_precision_of_bins(positive.sum(axis=0), negative.sum(axis=0))
        return {
            "average_precision_micro": float(micro),
            "average_precision_micro_error": float(micro_error),
            "average_precision_macro": float(scores.mean()) if len(present) else 0.0,
            "average_precision_macro_error": float(errors.mean()) if len(present) else 0.0,
        }


class _Sum:
    """A sum in float64 that keeps what rounding loses, after Neumaier."""

    def __init__(self, shape):
        self.total = np.zeros(shape)
        self.lost = np.zeros(shape)

    def add(self, terms):
        total = self.total + terms
        larger = np.abs(self.total) >= np.abs(terms)
        self.lost = self.lost + np.where(
            larger, (self.total - total) + terms, (terms - total) + self.total
        )
        self.total = total

    def merge(self, other):
        self.add(other.total)
        self.lost = self.lost + other.lost

    def value(self):
        return self.total + self.lost


def _whole(parameter, value, least):
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{parameter} must be an int of at least {least}, got {value!r}.")
    return int(value)
