"""The report on a tagger: scores of each label, averages and intervals."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .._gate.containers import column_names
from .._gate.documents import check_texts
from .._gate.hierarchy import order_of_tree
from .._gate.parameters import check_choice
from .._gate.types import (
    Documents,
    FloatArray,
    IntArray,
    LabelNames,
    Labels,
    RandomState,
    Scores,
    Threshold,
    Weights,
)
from .._runtime.optional import require
from ..metrics._averages import UNDEFINED, check_zero_division, labels_in_macro
from ..metrics._bootstrap import check_bootstrap, percentile_interval, resample_decisions
from ..metrics._counts import Counts, count_documents, count_labels
from ..metrics._curves import average_precision
from ..metrics._hierarchical import closed_counts
from ..metrics._inputs import Scored
from ..metrics._precision_recall import average_counts
from ..metrics._predictions import Predictions, labels_in_order, read_predictions
from ._page import page_data, render_page
from ._table import average_cell, label_columns, report_html, report_text

_KINDS = ("precision", "recall", "f1")
_AVERAGES = ("micro", "macro", "weighted")
_RESAMPLED = ("f1_micro", "f1_macro", "exact_match", "hamming_loss", "f1")


@dataclass(frozen=True, eq=False, repr=False)
class MultilabelReport:
    """Scores of a tagger for each label; print it, or read its attributes.

    Made by `multilabel_report`. In a notebook it shows as a table.

    Attributes
    ----------
    label_names : list of str of length n_labels
        Names of the labels; with a hierarchy depth first, each below one of its parents. All
        arrays have this order.
    support : ndarray of shape (n_labels,), dtype float64
        Documents that have the label, or their weight.
    known : ndarray of shape (n_labels,), dtype float64
        Documents where the label is known, or their weight.
    thresholds : ndarray of shape (n_labels,), dtype float64, or None
        Threshold of each label, nan for a label that the tagger does not know; None if decisions
        were passed.
    precision, recall, f1 : ndarray of shape (n_labels,), dtype float64
        In [0, 1]; nan for a label without a positive if ``undefined="skip"``.
    average_precision : ndarray of shape (n_labels,), dtype float64, or None
        In [0, 1], nan as above; None if decisions were passed.
    averages : dict of {str: dict of {str: float}}
        By average, "micro", "macro", "weighted" and "samples": "precision", "recall", "f1",
        "support" and, except for "samples", "average_precision" (nan without probabilities).
    exact_match, hamming_loss : float
        In [0, 1].
    hierarchical : dict of {str: float}, or None
        Hierarchical "precision", "recall" and "f1", in [0, 1]; None without a hierarchy.
    n_samples : int
        Number of documents of weight above 0 that have a known label.
    intervals : dict, or None
        Bootstrap intervals, (low, high) by name: "f1_micro", "f1_macro", "exact_match",
        "hamming_loss", and under "f1" an ndarray of shape (n_labels, 2). None if
        ``n_bootstrap=0``.
    confidence_level : float
        Level of the intervals.

    Examples
    --------
    >>> from skmultitext.report import multilabel_report
    >>> report = multilabel_report(
    ...     [[1, 0], [0, 1], [1, 1]], [[0.9, 0.1], [0.6, 0.8], [0.7, 0.3]],
    ...     label_names=["billing", "refund"])
    >>> report.f1.round(3)
    array([0.8  , 0.667])
    >>> round(report.averages["micro"]["f1"], 3), round(report.exact_match, 3)
    (0.75, 0.333)
    """

    label_names: list[str]
    support: FloatArray
    known: FloatArray
    thresholds: FloatArray | None
    precision: FloatArray
    recall: FloatArray
    f1: FloatArray
    average_precision: FloatArray | None
    averages: dict[str, dict[str, float]]
    exact_match: float
    hamming_loss: float
    hierarchical: dict[str, float] | None
    n_samples: int
    intervals: dict[str, Any] | None
    confidence_level: float
    # shown on the page of to_html in addition to the numbers above
    _predictions: Predictions
    _depths: list[int]
    _texts: list[str] | None
    _undefined: str
    _zero_division: float

    def to_frame(self, *, averages: bool = True) -> Any:
        """Return the table of labels.

        Parameters
        ----------
        averages : bool, default=True
            Whether to add the rows "micro avg", "macro avg", "weighted avg" and "samples avg".

        Returns
        -------
        pandas.DataFrame of shape (n_labels + 4, n_columns), or (n_labels, n_columns)
            Columns "support", where any label is unknown "known", with probabilities "threshold",
            "precision", "recall", "f1", with probabilities "average_precision", with intervals
            "f1_low", "f1_high".

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        pandas = require("pandas", "MultilabelReport.to_frame()")
        columns, names = label_columns(self), list(self.label_names)
        if averages:
            names += [f"{average} avg" for average in self.averages]
            columns = {
                name: np.append(values, [average_cell(self, a, name) for a in self.averages])
                for name, values in columns.items()
            }
        return pandas.DataFrame(columns, index=pandas.Index(names, name="label"))

    def to_html(self, path: str | os.PathLike[str], *, title: str = "Multi-label report") -> Path:
        """Write a page that a browser opens from disk, without a network.

        It has the table of labels, which can be sorted and filtered, a precision-recall curve and a
        threshold slider for each label that also updates the averages, the most confident errors
        with their texts, and the co-occurrence of labels. It runs no script but its own. Of more
        than 1000 labels it lists those of the highest support; the averages count all.

        The scores are exact at every position of a slider: the page contains the counts at the
        thresholds 0, 0.01, ..., 1, at the threshold of this report, and at up to 100 others per
        label, including the one with the best F1. With more than 250 labels there are fewer: steps
        of 0.05 and ``max(8, 25000 // n_labels)`` others. The errors are those with the most extreme
        probabilities, at most 10 missed and 10 wrong labels per label and about 2000 in all; texts
        are cut to 1000 characters, or to fewer if there are many.

        Parameters
        ----------
        path : str or path-like
            The file, which is overwritten.
        title : str, default="Multi-label report"
            Heading of the page.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        path = Path(path)
        path.write_bytes(render_page(title, page_data(self), str(self)))
        return path

    @property
    def has_unknown(self) -> bool:
        """Whether any label of a document is unknown, bool."""
        return self._predictions.decided.unknown is not None

    def __repr__(self) -> str:
        return (
            f"<MultilabelReport: {self.n_samples} documents, {len(self.label_names)} labels, "
            f"micro F1 {self.averages['micro']['f1']:.3f}, "
            f"macro F1 {self.averages['macro']['f1']:.3f}>"
        )

    def __str__(self) -> str:
        return report_text(self)

    def _repr_html_(self) -> str:
        return report_html(self)


def multilabel_report(
    y_true: Labels,
    y_proba: Scores,
    *,
    threshold: Threshold = 0.5,
    label_names: LabelNames | None = None,
    sample_weight: Weights = None,
    hierarchy: Any = None,
    texts: Documents | None = None,
    undefined: str = "skip",
    zero_division: float = 0.0,
    n_bootstrap: int = 0,
    confidence_level: float = 0.95,
    random_state: RandomState = None,
) -> MultilabelReport:
    """Report on a tagger: every label, the averages, exact match and Hamming loss.

    The numbers are those of `skmultitext.metrics`, and of scikit-learn's classification_report
    where every label has a positive, or with ``undefined="zero"``.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
        NaN in an indicator marks an unknown entry, which is ignored.
    y_proba : array-like or sparse matrix of shape (n_samples, n_labels), or label sets
        Probabilities in [0, 1] of dtype float, or the list of arrays that a forest or
        DummyClassifier returns; those that a sparse matrix does not store are 0. A 0/1 indicator
        (int, bool, or sparse of any dtype) and label sets are read as decisions, which have no
        threshold and no average precision. If `predict` of an estimator returns 0 and 1 as float,
        pass ``.astype(int)``.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is given where its probability exceeds this, in [0, 1]. Labels that a dict does
        not name have 0.5. Not used for decisions.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns; required for label sets.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal.
    hierarchy : dict, list of (child, parent), or str, default=None
        Which label implies which, as in `skmultitext.hierarchy.HierarchicalTagger`, such as its
        `hierarchy_`. The labels are then listed depth first and indented by depth, and hierarchical
        precision, recall and F1 are added, over labels closed upwards. All other scores are those
        of the labels as they are passed.
    texts : sequence of str of length n_samples, default=None
        The documents; the page of `MultilabelReport.to_html` shows those with errors.
    undefined : {"skip", "zero", "raise"}, default="skip"
        What to do with a label without a positive; see `skmultitext.metrics`. One warning
        names all of them.
    zero_division : {0.0, 1.0}, default=0.0
        The score where its denominator is 0.
    n_bootstrap : int, default=0
        Resamples of the documents for intervals of micro, macro and per-label F1, exact match
        and Hamming loss, at least 2 (1000 is usual); 0 for none. 1000 resamples of 5,427
        documents with 28 labels take about a second. Average precision has no interval.
    confidence_level : float, default=0.95
        Level of the intervals, in (0, 1).
    random_state : int, RandomState instance or None, default=None
        Seed of the resamples; an int gives the same intervals twice.

    Returns
    -------
    MultilabelReport
        Print it, or take ``to_frame()``, ``to_html(path)`` or its attributes.

    Raises
    ------
    ValueError
        If shapes or lengths differ, a parameter is not valid, or label sets are passed
        without `label_names`; the message names the parameter. Its subclass LabelError with
        ``undefined="raise"``, DocumentError for texts.

    Notes
    -----
    Intervals are percentile intervals: documents are drawn with replacement, and the ends are
    quantiles of the resampled scores [1]_. They account for the choice of the test documents, but
    not for the randomness of training. With ``undefined="skip"``, if a label has no positive in a
    resample, the macro average of this resample leaves out the label, and the interval of the label
    leaves out the resample.

    References
    ----------
    .. [1] B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3.

    Examples
    --------
    >>> from skmultitext.report import multilabel_report
    >>> y_true = [["billing"], ["refund"], ["billing", "refund"]]
    >>> y_proba = [[0.9, 0.1], [0.6, 0.8], [0.7, 0.3]]
    >>> print(multilabel_report(y_true, y_proba, label_names=["billing", "refund"]))
    3 documents, 2 labels
    <BLANKLINE>
    label         support  threshold  precision  recall     f1     AP
    <BLANKLINE>
    billing             2      0.500      0.667   1.000  0.800  1.000
    refund              2      0.500      1.000   0.500  0.667  1.000
    <BLANKLINE>
    micro avg           4          -      0.750   0.750  0.750  0.950
    macro avg           4          -      0.833   0.750  0.733  1.000
    weighted avg        4          -      0.833   0.750  0.733  1.000
    samples avg         4          -      0.833   0.833  0.778      -
    <BLANKLINE>
    exact match   0.3333
    Hamming loss  0.3333
    """
    check_choice("undefined", undefined, UNDEFINED)
    check_zero_division(zero_division)
    check_bootstrap(n_bootstrap, confidence_level)
    predictions = read_predictions(
        y_true, y_proba, threshold, sample_weight, label_names, allow_sparse=True
    )
    hierarchical, depths = None, [0] * len(predictions.names)
    if hierarchy is not None:
        scored = _with_unknown(predictions, y_true, y_proba, threshold, label_names)
        pooled = closed_counts(scored, hierarchy)
        hierarchical = {kind: float(pooled.score(kind, zero_division)[0]) for kind in _KINDS}
        order, depths = order_of_tree(hierarchy, predictions.names)
        predictions = labels_in_order(predictions, order)
    decided = predictions.decided
    kept_texts = None if texts is None else _read_texts(texts, predictions)

    counts, documents = count_labels(decided), count_documents(decided)
    present = labels_in_macro(counts.positive, undefined, decided.names)
    per_label: dict[str, Any] = {kind: counts.score(kind, zero_division) for kind in _KINDS}
    precisions: Any = None  # average precision of each label, 0 where it has no positive
    if predictions.proba is not None:
        precisions = average_precision(replace(decided, values=predictions.proba), None, "zero")
    per_label["average_precision"] = precisions
    hidden = np.nan if undefined == "skip" else 0.0
    columns: dict[str, Any] = {
        name: None if values is None else np.where(counts.positive > 0, values, hidden)
        for name, values in per_label.items()
    }
    intervals = None
    if n_bootstrap:
        resampled = resample_decisions(
            _RESAMPLED, decided, n_bootstrap, random_state, undefined, zero_division
        )
        intervals = _intervals(resampled, confidence_level)
    return MultilabelReport(
        label_names=list(decided.names),
        support=counts.positive,
        known=decided.known_weight(),
        thresholds=predictions.thresholds,
        averages=_averages(predictions, counts, documents, present, zero_division, precisions),
        **columns,
        exact_match=decided.mean(documents.wrong() == 0),
        hamming_loss=decided.mean(documents.wrong()) / len(decided.names) / decided.known_share(),
        hierarchical=hierarchical,
        n_samples=len(predictions.rows),
        intervals=intervals,
        confidence_level=float(confidence_level),
        _predictions=predictions,
        _depths=depths,
        _texts=kept_texts,
        _undefined=undefined,
        _zero_division=float(zero_division),
    )


def _with_unknown(
    predictions: Predictions, y_true: Any, y_proba: Any, threshold: Threshold, names: Any
) -> Scored:
    """Return truth and decisions with those on unknown entries, which `read_predictions` drops."""
    decided = predictions.decided
    if decided.unknown is None:
        return decided
    nothing = np.zeros((predictions.n_rows, len(decided.names)), dtype=np.int8)
    names = column_names(y_true) if names is None else names
    again = read_predictions(
        nothing, y_proba, threshold, None, names, allow_sparse=True
    ).decided.values
    return replace(decided, values=again[predictions.rows])


def _read_texts(texts: Documents, predictions: Predictions) -> list[str]:
    """Check the texts, one per row of y_true, and keep those of documents with a weight above 0."""
    shape = predictions.n_rows, len(predictions.names)
    documents = check_texts(texts, predictions.n_rows, "y_true", f"shape {shape}")
    return [documents[row] for row in predictions.rows]


def _averages(
    predictions: Predictions,
    counts: Counts,
    documents: Counts,
    present: IntArray,
    zero_division: float,
    precisions: Any,
) -> dict[str, dict[str, float]]:
    """Average every score, with undefined="zero", because the warning has been given."""
    decided = predictions.decided
    kept = counts.of(present)
    averages: dict[str, dict[str, Any]] = {}
    for average in _AVERAGES:
        # micro counts the false positives of all labels
        part = counts if average == "micro" else kept
        scores = {
            kind: average_counts(kind, part, average, "zero", zero_division, decided.names)
            for kind in _KINDS
        }
        scores["average_precision"] = np.nan
        if precisions is not None:
            scores["average_precision"] = _average_precision(
                predictions, precisions, average, present, counts.positive
            )
        averages[average] = scores
    averages["samples"] = {
        kind: decided.mean(documents.score(kind, zero_division)) for kind in _KINDS
    }
    return {
        average: {**scores, "support": float(counts.positive.sum())}
        for average, scores in averages.items()
    }


def _average_precision(
    predictions: Predictions,
    precisions: FloatArray,
    average: str,
    present: IntArray,
    support: FloatArray,
) -> Any:
    """Average the average precision of labels; micro ranks all pairs of document and label."""
    if average == "micro":
        scored = replace(predictions.decided, values=predictions.proba)
        return average_precision(scored, average, "zero")
    if average == "weighted":
        return float(np.average(precisions, weights=support)) if support.any() else 0.0
    return float(precisions[present].mean()) if len(present) else 0.0


def _intervals(resampled: dict[str, FloatArray], confidence_level: float) -> dict[str, Any]:
    """Interval of each score: a pair of floats, or an array with one row per label."""
    ends = {
        name: percentile_interval(values, confidence_level) for name, values in resampled.items()
    }
    return {
        name: interval if name == "f1" else tuple(interval.tolist())
        for name, interval in ends.items()
    }
