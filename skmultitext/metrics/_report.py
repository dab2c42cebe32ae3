"""The report on one tagger: every label, the averages, and intervals."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .._documents import check_documents
from .._optional import require
from ..exceptions import DocumentError
from ._averages import ABSENT, average_labels, check_choice, check_zero_division
from ._bootstrap import check_bootstrap, percentile_interval, resample_decisions
from ._counts import Counts, count_documents, count_labels
from ._curves import average_precision
from ._page import render_page
from ._page_data import page_data
from ._precision_recall import average_counts
from ._predictions import read_predictions
from ._report_table import average_cell, label_columns, report_html, report_text

_KINDS = ("precision", "recall", "f1")
_AVERAGES = ("micro", "macro", "weighted")
_RESAMPLED = ("f1_micro", "f1_macro", "exact_match", "hamming_loss", "f1")


@dataclass(frozen=True, eq=False, repr=False)
class MultilabelReport:
    """Scores of a tagger label by label; print it, or take the numbers.

    Made by `multilabel_report`. In a notebook it shows as a table.

    Attributes
    ----------
    label_names : list of str of length n_labels
        Names of the labels.
    support : ndarray of shape (n_labels,), dtype float64
        Documents that have the label, or their weight.
    thresholds : ndarray of shape (n_labels,), dtype float64, or None
        Threshold of each label, nan for one that the tagger never saw; None where decisions
        were passed.
    precision, recall, f1 : ndarray of shape (n_labels,), dtype float64
        In [0, 1]; nan for a label without a positive where ``absent="skip"``.
    average_precision : ndarray of shape (n_labels,), dtype float64, or None
        In [0, 1], nan as above; None where decisions were passed.
    averages : dict of {str: dict of {str: float}}
        By average, "micro", "macro", "weighted" and "samples": "precision", "recall", "f1",
        "support" and, but for "samples", "average_precision" (nan without probabilities).
    exact_match, hamming_loss : float
        In [0, 1].
    n_samples : int
        Number of documents of weight above 0.
    intervals : dict, or None
        Bootstrap intervals, (low, high) by name: "f1_micro", "f1_macro", "exact_match",
        "hamming_loss", and under "f1" an ndarray of shape (n_labels, 2). None without.
    confidence_level : float
        Level of the intervals.

    Examples
    --------
    >>> from skmultitext.metrics import multilabel_report
    >>> report = multilabel_report(
    ...     [[1, 0], [0, 1], [1, 1]], [[0.9, 0.1], [0.6, 0.8], [0.7, 0.3]],
    ...     label_names=["billing", "refund"])
    >>> report.f1.round(3)
    array([0.8  , 0.667])
    >>> round(report.averages["micro"]["f1"], 3), round(report.exact_match, 3)
    (0.75, 0.333)
    """

    label_names: list
    support: np.ndarray
    thresholds: object
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    average_precision: object
    averages: dict
    exact_match: float
    hamming_loss: float
    n_samples: int
    intervals: object
    confidence_level: float
    _predictions: object = field(default=None)
    _texts: object = field(default=None)
    _rules: tuple = field(default=("skip", 0.0))

    def as_frame(self, *, averages=True):
        """Return the table of labels.

        Parameters
        ----------
        averages : bool, default=True
            Whether rows "micro avg", "macro avg", "weighted avg" and "samples avg" follow.

        Returns
        -------
        pandas.DataFrame of shape (n_labels + 4, n_columns), or (n_labels, n_columns)
            Columns "support", with probabilities "threshold", "precision", "recall", "f1", with
            probabilities "average_precision", with intervals "f1_low", "f1_high".

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        pandas = require("pandas", "MultilabelReport.as_frame()")
        columns, names = label_columns(self), list(self.label_names)
        if averages:
            names += [f"{average} avg" for average in self.averages]
            columns = {
                name: np.append(values, [average_cell(self, a, name) for a in self.averages])
                for name, values in columns.items()
            }
        return pandas.DataFrame(columns, index=pandas.Index(names, name="label"))

    def to_html(self, path, *, title="Multi-label report"):
        """Write a page that a browser opens from disk, without a network.

        It holds the table (sortable, filterable), a precision-recall curve and a threshold slider
        per label that recompute the totals, the most certain errors with their texts, and which
        labels occur together. Nothing on it can be run but its own script.

        Scores on the page are exact at every position of a slider: the page carries the counts
        at each threshold 0, 0.01, ..., 1, at the threshold of this report, and at up to 100
        more per label, among which is that of the best F1. With over 250 labels these are fewer:
        steps of 0.05 and ``max(8, 25000 // n_labels)`` more. Of the errors it carries those of the
        most extreme probabilities, at most 10 missed and 10 wrongly given per label and about
        2000 in all; texts are cut at 1000 characters, or shorter where there are many.

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

    def __repr__(self):
        return (
            f"<MultilabelReport: {self.n_samples} documents, {len(self.label_names)} labels, "
            f"micro F1 {self.averages['micro']['f1']:.3f}, "
            f"macro F1 {self.averages['macro']['f1']:.3f}>"
        )

    def __str__(self):
        return report_text(self)

    def _repr_html_(self):
        return report_html(self)


def multilabel_report(
    y_true,
    y_proba_or_pred,
    *,
    threshold=0.5,
    label_names=None,
    sample_weight=None,
    texts=None,
    absent="skip",
    zero_division=0.0,
    n_bootstrap=0,
    confidence_level=0.95,
    random_state=None,
):
    """Report on a tagger: every label, the averages, exact match and Hamming loss.

    The numbers are those of `skmultitext.metrics`, and of scikit-learn's classification_report
    where every label has a positive, or with ``absent="zero"``.

    Parameters
    ----------
    y_true : array-like, sparse matrix, DataFrame or sequence of label sets
        True labels, in any form that a tagger takes: an indicator of shape
        (n_samples, n_labels), label sets (with `label_names`), or one column with two codes.
    y_proba_or_pred : array-like of shape (n_samples, n_labels), or label sets
        Of dtype float: probabilities in [0, 1], or the list of arrays that a forest or
        DummyClassifier returns. Of another type (int, bool, sparse, label sets): decisions,
        for which there is no threshold and no average precision. Of what `predict` of some
        scikit-learn estimators gives as float, pass ``.astype(int)``.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is given where its probability exceeds this, in [0, 1]. Labels that a dict does
        not name have 0.5. Not used for decisions.
    label_names : sequence of str of length n_labels, default=None
        The names of the columns. Needed where labels come as sets.
    sample_weight : array-like of shape (n_samples,), default=None
        Weight of each document, at least 0; weight 0 equals removal.
    texts : sequence of str of length n_samples, default=None
        The documents, which the page of `MultilabelReport.to_html` shows beside the errors.
    absent : {"skip", "zero", "raise"}, default="skip"
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
        Draws the resamples; an int gives the same intervals twice.

    Returns
    -------
    MultilabelReport
        Print it, or take ``as_frame()``, ``to_html(path)`` or its attributes.

    Raises
    ------
    ValueError
        If shapes or lengths differ, a parameter holds what it must not, or label sets come
        without `label_names`; the message names the parameter. Its subclass LabelError with
        ``absent="raise"``, DocumentError for texts.

    Notes
    -----
    Intervals are percentile intervals: documents are drawn with replacement, and the ends are
    quantiles of the resampled scores [1]_. They say how the scores vary with the test documents,
    not with training. A label that a resample lacks is left out of that resample's macro average
    (``absent="skip"``), and the resample out of that label's interval.

    References
    ----------
    .. [1] B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3.

    Examples
    --------
    >>> from skmultitext.metrics import multilabel_report
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
    check_choice("absent", absent, ABSENT)
    check_zero_division(zero_division)
    check_bootstrap(n_bootstrap, confidence_level)
    predictions = read_predictions(
        y_true, y_proba_or_pred, threshold, sample_weight, label_names, stacklevel=3
    )
    decided = predictions.decided
    texts = _read_texts(texts, predictions.rows, decided, sample_weight)

    counts, documents = count_labels(decided), count_documents(decided)
    present = _present_labels(counts.positive, absent, decided.names)
    per_label = {kind: counts.score(kind, zero_division) for kind in _KINDS}
    per_label["average_precision"] = _average_precision(predictions, None)
    hidden = np.nan if absent == "skip" else 0.0
    intervals = None
    if n_bootstrap:
        resampled = resample_decisions(
            _RESAMPLED, decided, n_bootstrap, random_state, absent, zero_division
        )
        intervals = _intervals(resampled, confidence_level)
    return MultilabelReport(
        label_names=list(decided.names),
        support=counts.positive,
        thresholds=predictions.thresholds,
        averages=_averages(predictions, counts, documents, present, zero_division),
        **{
            name: None if values is None else np.where(counts.positive > 0, values, hidden)
            for name, values in per_label.items()
        },
        exact_match=decided.mean(documents.wrong() == 0),
        hamming_loss=decided.mean(documents.wrong()) / len(decided.names),
        n_samples=len(predictions.rows),
        intervals=intervals,
        confidence_level=float(confidence_level),
        _predictions=predictions,
        _texts=texts,
        _rules=(absent, float(zero_division)),
    )


def _read_texts(texts, rows, decided, sample_weight):
    """Check the texts and keep those of the documents that count."""
    if texts is None:
        return None
    try:
        texts = check_documents(texts)
    except DocumentError as error:
        raise DocumentError(f"texts: {error}") from error
    n_samples = len(rows) if sample_weight is None else len(sample_weight)
    if len(texts) != n_samples:
        raise ValueError(
            f"texts holds {len(texts)} documents, but y_true has shape "
            f"{(n_samples, decided.truth.shape[1])}; pass one text per row of y_true."
        )
    return [texts[row] for row in rows]


def _present_labels(positive, absent, names):
    """Warn or raise once for absent labels; return the labels that the macro average counts."""
    average_labels(
        np.zeros(len(names)),
        defined=positive > 0,
        support=positive,
        average="macro",
        absent=absent,
        names=names,
    )
    return np.flatnonzero(positive > 0) if absent == "skip" else np.arange(len(names))


def _averages(predictions, counts, documents, present, zero_division):
    """Average every score over labels and documents; "zero", as the one warning is out."""
    decided = predictions.decided
    kept = Counts(counts.hits[present], counts.predicted[present], counts.positive[present])
    averages = {}
    for average in ("micro", "macro", "weighted"):
        # false positives of absent labels count in micro
        part = counts if average == "micro" else kept
        scores = {
            kind: average_counts(kind, part, average, "zero", zero_division, decided.names)
            for kind in _KINDS
        }
        scores["average_precision"] = _average_precision(predictions, average, present)
        averages[average] = scores
    averages["samples"] = {
        kind: decided.mean(documents.score(kind, zero_division)) for kind in _KINDS
    }
    return {
        average: {**scores, "support": float(counts.positive.sum())}
        for average, scores in averages.items()
    }


def _average_precision(predictions, average, present=slice(None)):
    """Average precision of the labels `present`, 0 without a positive.

    Without probabilities None, and nan for an average.
    """
    if predictions.proba is None:
        return None if average is None else np.nan
    decided = predictions.decided
    if average == "macro":
        scores = _average_precision(predictions, None)[present]
        return float(scores.mean()) if len(scores) else 0.0
    return average_precision(
        decided.truth,
        predictions.proba,
        average=average,
        sample_weight=decided.weight,
        label_names=decided.names,
        absent="zero",
    )


def _intervals(resampled, confidence_level):
    """Interval of each score: a pair of floats, or an array with one row per label."""
    ends = {
        name: percentile_interval(values, confidence_level) for name, values in resampled.items()
    }
    return {
        name: interval if name == "f1" else tuple(interval.tolist())
        for name, interval in ends.items()
    }
