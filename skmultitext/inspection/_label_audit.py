"""Labels that are probably wrong: entries of y that out-of-fold probabilities contradict."""

import csv
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from scipy.special import expit, logit

from .._gate.documents import check_texts
from .._gate.parameters import check_number
from .._gate.samples import n_rows, with_nan
from .._gate.types import (
    AnyArray,
    BoolArray,
    Documents,
    Features,
    FloatArray,
    IntArray,
    LabelNames,
    Labels,
    RandomState,
    Scores,
)
from .._meta.known_labels import target_for
from .._meta.predict_files import plain_cell
from .._meta.wrapping import list_folds, score_folds
from .._runtime.messages import listing, shown
from .._runtime.optional import require
from ..calibration import CalibratedTaggerCV
from ..calibration._calibrators import fit_sigmoid
from ..exceptions import LabelError
from ..metrics._doubtful import doubtful_entries
from ..metrics._inputs import dense_column
from ..metrics._predictions import Predictions, are_decisions, read_predictions

__all__ = ["LabelAudit", "find_label_errors"]

_FEWEST = 5  # positives, and negatives, for a sigmoid
_TINY = 1e-12


@dataclass(frozen=True, eq=False, repr=False)
class LabelAudit:
    """Entries of y whose value is doubtful, the most doubtful first.

    Made by `find_label_errors`, or by `LabelAudit.from_estimator`.

    Attributes
    ----------
    documents : ndarray of shape (n_doubtful,), dtype int64
        Row of the document in y, from 0.
    labels : ndarray of shape (n_doubtful,), dtype object
        Name of the label, a str.
    given : ndarray of shape (n_doubtful,), dtype bool
        Whether y gives the label to the document.
    probability : ndarray of shape (n_doubtful,), dtype float64
        Out-of-fold probability of the label, in [0, 1], after the sigmoid.
    confidence : ndarray of shape (n_doubtful,), dtype float64
        Probability of the value that y has, in [0, 1].
    margin : ndarray of shape (n_doubtful,), dtype float64
        `confidence` minus its mean over all documents where y has the same value of this label, in
        [-1, 1]. Far below 0, the entry is unlike the others; near 0, the label is hard to predict.
    reason : ndarray of shape (n_doubtful,), dtype object
        "missing" where y lacks a probable label, "extra" where it has an improbable one.
    texts : list of str of length n_doubtful, or None
        The documents, if they were passed.

    Examples
    --------
    >>> from skmultitext import TfidfLogRegTagger
    >>> from skmultitext.datasets import load_support_tickets
    >>> from skmultitext.inspection import LabelAudit
    >>> tickets = load_support_tickets()
    >>> audit = LabelAudit.from_estimator(TfidfLogRegTagger(), tickets.data, tickets.label_sets)
    >>> bool((audit.confidence < 0.5).all()), len(audit.texts) == len(audit)
    (True, True)
    """

    documents: IntArray
    labels: AnyArray
    given: BoolArray
    probability: FloatArray
    confidence: FloatArray
    margin: FloatArray
    texts: list[str] | None

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Documents | Features,
        y: Labels,
        *,
        cv: Any = None,
        max_confidence: float = 0.5,
        calibrate: bool = True,
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> Self:
        """Fit clones of an estimator on the training folds, and audit the validation folds.

        Parameters
        ----------
        estimator : estimator
            A multi-label classifier with `predict_proba`, of texts or features. It is not fitted.
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels in any form that a tagger takes.
        cv : int, splitter, iterable or None, default=None
            Folds, as in `CalibratedTaggerCV`; None stratifies 5 folds. Each document should be in
            one validation fold.
        max_confidence : float, default=0.5
            As in `find_label_errors`.
        calibrate : bool, default=True
            As in `find_label_errors`.
        n_jobs : int or None, default=None
            Number of processes for the folds.
        random_state : int, RandomState instance or None, default=None
            Shuffles the folds; None leaves the order of the documents.

        Returns
        -------
        LabelAudit
            The doubtful entries, with texts if X are texts.

        Raises
        ------
        ValueError
            If an argument is not legal, or the estimator lacks `predict_proba`.
        """
        folds = CalibratedTaggerCV(estimator, cv=cv, n_jobs=n_jobs, random_state=random_state)
        data = folds._check_data(X, y, None)
        data = replace(data, options={**data.options, "routed": folds._route(None, {})})
        y = target_for(data.indicator, data.space, estimator)
        splits = list_folds(folds, data, y, {})
        scored = score_folds(folds, data, y, splits, "predict_proba")
        order = np.concatenate([test for _, test in splits])
        truth: Any = data.indicator[order]
        truth = truth.toarray() if not isinstance(truth, np.ndarray) else truth
        audit = find_label_errors(
            with_nan(truth),
            np.concatenate([scores for _, scores in scored]).astype(np.float64),
            label_names=data.space.label_names.tolist(),
            max_confidence=max_confidence,
            calibrate=calibrate,
        )
        documents = order[audit.documents]
        texts = [data.X[i] for i in documents] if isinstance(data.X, list) else None
        return cls(**{**vars(audit), "documents": data.options["rows"][documents], "texts": texts})

    @property
    def reason(self) -> AnyArray:
        """What y may have done wrong: "missing" or "extra", ndarray of shape (n_doubtful,)."""
        return np.where(self.given, "extra", "missing").astype(object)

    def to_frame(self) -> Any:
        """Return the entries as a table.

        Returns
        -------
        pandas.DataFrame of shape (n_doubtful, 7), or (n_doubtful, 6) without texts
            Columns "document", "label", "reason", "probability", "confidence", "margin" and "text".

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        pandas = require("pandas", "LabelAudit.to_frame()")
        return pandas.DataFrame(self._columns())

    def to_csv(self, path: str | os.PathLike[str]) -> Path:
        """Write the entries to a CSV file, for whoever labels the documents again.

        Texts and names that a spreadsheet would read as a formula are preceded by ``'``.

        Parameters
        ----------
        path : str or path-like
            The file, which is overwritten; UTF-8, with the columns of `to_frame` as header.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        path, columns = Path(path), self._columns()
        with open(path, "w", encoding="utf-8", newline="") as stream:
            table = csv.writer(stream)
            table.writerow(columns)
            cells = (map(plain_cell, values) for values in columns.values())
            table.writerows(zip(*cells, strict=True))
        return path

    def _columns(self) -> dict[str, Any]:
        columns = {
            "document": self.documents,
            "label": self.labels,
            "reason": self.reason,
            "probability": self.probability,
            "confidence": self.confidence,
            "margin": self.margin,
        }
        return columns if self.texts is None else {**columns, "text": self.texts}

    def __len__(self) -> int:
        return len(self.documents)

    def __repr__(self) -> str:
        n_extra = int(self.given.sum())
        return (
            f"<LabelAudit: {len(self)} doubtful labels, {len(self) - n_extra} missing and "
            f"{n_extra} extra, in {len(np.unique(self.documents))} documents>"
        )


def find_label_errors(
    y: Labels,
    y_proba: Scores,
    *,
    label_names: LabelNames | None = None,
    texts: Documents | None = None,
    max_confidence: float = 0.5,
    calibrate: bool = True,
) -> LabelAudit:
    """Find the entries of y that out-of-fold probabilities contradict.

    An entry is doubtful if its value, the label or its absence, has a probability below
    `max_confidence`; those that are most probably wrong come first. Unknown entries are left out.

    Parameters
    ----------
    y : array-like, sparse matrix, DataFrame or sequence of label sets
        Labels, in any form that a tagger takes, label sets with `label_names`.
    y_proba : array-like of shape (n_samples, n_labels), or list of arrays
        Probabilities in [0, 1], of dtype float, of a tagger that was not fitted to these documents,
        such as those of scikit-learn's cross_val_predict; `LabelAudit.from_estimator` computes
        them. A tagger agrees too well with labels that it was fitted to.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns.
    texts : sequence of str of length n_samples, default=None
        The documents.
    max_confidence : float, default=0.5
        In (0, 1]. At 0.5 the other value is the more probable one.
    calibrate : bool, default=True
        Fit a sigmoid per label to `y` and `y_proba` first, so that the confidence of different
        labels compares. A label with fewer than 5 positives or negatives keeps its probabilities.

    Returns
    -------
    LabelAudit
        The doubtful entries.

    Raises
    ------
    ValueError
        If shapes or lengths differ, `y_proba` are not probabilities, or a parameter is not legal.

    Notes
    -----
    The order is that of the odds that an entry is wrong, ``(1 - c) / c`` for the confidence c,
    "self-confidence" in [1]_. For an extra label they are multiplied by ``(r / (1 - r)) ** 0.25``,
    r being the prevalence of the label: a rare label is rarely given by mistake. With planted
    errors this order finds more of them than that by the normalised margin, than pruning by the
    estimated rate of errors of each label, and than the probability of an error given these rates
    (``benchmarks/bench_label_errors.py``). Sigmoids are those of Platt [2]_.

    References
    ----------
    .. [1] C. G. Northcutt, L. Jiang, I. L. Chuang, "Confident learning: estimating uncertainty in
       dataset labels", JAIR 70, 2021.
    .. [2] J. C. Platt, "Probabilistic outputs for support vector machines and comparisons to
       regularized likelihood methods", Advances in Large Margin Classifiers, 1999.

    Examples
    --------
    >>> from skmultitext.inspection import find_label_errors
    >>> y = [["refund"], ["delivery"], []]
    >>> y_proba = [[0.1, 0.9], [0.3, 0.8], [0.9, 0.2]]
    >>> audit = find_label_errors(y, y_proba, label_names=["delivery", "refund"])
    >>> list(zip(audit.documents.tolist(), audit.labels, audit.reason))
    [(2, 'delivery', 'missing'), (1, 'refund', 'missing'), (1, 'delivery', 'extra')]
    """
    check_number("max_confidence", max_confidence, "(0, 1]")
    if are_decisions(y_proba):
        raise ValueError(
            "y_proba holds decisions, which say nothing about confidence. Pass out-of-fold "
            "probabilities, an array of float of shape (n_samples, n_labels)."
        )
    predictions = read_predictions(y, y_proba, 0.5, label_names=label_names)
    thresholds: Any = predictions.thresholds  # of probabilities, so not None
    lacking = np.flatnonzero(np.isnan(thresholds))
    if len(lacking):
        raise LabelError(
            f"y holds the label {shown(predictions.names[lacking[0]])}, which has no column in "
            f"y_proba: label_names is {listing(label_names or [])}. Correct the name, or remove "
            f"the label from y."
        )
    if calibrate:
        predictions = replace(predictions, proba=_calibrated(predictions))
    found = doubtful_entries(predictions, float(max_confidence))
    documents = predictions.rows[found.rows]
    kept_texts = None
    if texts is not None:
        read = check_texts(texts, n_rows(y), "y", f"{n_rows(y)} rows")
        kept_texts = [read[i] for i in documents]
    names = np.array(predictions.names, dtype=object)
    return LabelAudit(
        documents=documents.astype(np.int64),
        labels=names[found.columns],
        given=found.given,
        probability=found.probability,
        confidence=found.confidence,
        margin=found.margin,
        texts=kept_texts,
    )


def _calibrated(predictions: Predictions) -> FloatArray:
    """Map the probabilities of each label by the sigmoid that fits its true labels best."""
    decided = predictions.decided
    proba = np.array(predictions.proba, dtype=np.float64)
    for j in range(proba.shape[1]):
        known: Any = slice(None) if decided.unknown is None else decided.known_rows(j)
        positive = dense_column(decided.truth, j)[known] > 0
        if min(positive.sum(), (~positive).sum()) < _FEWEST:
            continue
        z = logit(np.clip(proba[known, j], _TINY, 1 - _TINY))
        line = fit_sigmoid(z, positive, np.ones(len(z)))
        if line.slope > 0:
            proba[known, j] = expit(line(z))
    return proba
