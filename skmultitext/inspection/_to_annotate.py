"""Which documents to label next: those of which a tagger is uncertain, and that differ."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.special import entr
from sklearn.preprocessing import normalize
from sklearn.utils import check_random_state

from .._gate.documents import as_documents, holds_texts
from .._gate.parameters import check_choice, check_int
from .._gate.types import AnyArray, Documents, Features, FloatArray, IntArray, RandomState
from .._runtime.optional import require
from .._runtime.sklearn import safe_indexing
from ..exceptions import DocumentError
from ..feature_extraction import TfidfVectorizer
from ._tagger import Predictions, fitted_state

__all__ = ["AnnotationBatch", "to_annotate"]

_CANDIDATES = 20  # for each document to choose
_FEW_LABELS = 0.5  # labels of the mean document, below which many have none
_OVERLAP = 0.5  # what a document loses if it equals one that was chosen


@dataclass(frozen=True, eq=False, repr=False)
class AnnotationBatch:
    """Documents to label next, in the order in which they were chosen.

    Made by `to_annotate`.

    Attributes
    ----------
    documents : ndarray of shape (n_chosen,), dtype int64
        Row of each document in the pool, from 0.
    score : ndarray of shape (n_chosen,), dtype float64
        ``uncertainty * (1 + novelty) / 2``, in [0, 1]: when a document was chosen, the highest.
    uncertainty : ndarray of shape (n_chosen,), dtype float64
        How uncertain the tagger is of the document, in [0, 1].
    novelty : ndarray of shape (n_chosen,), dtype float64
        How much the document differs from those chosen before it, in [0, 1]: 1 minus the highest
        cosine similarity.
    n_expected : ndarray of shape (n_chosen,), dtype float64
        Expected number of labels of the document, the sum of its probabilities. Far below the
        usual number, the tagger misses labels; far above, it cannot tell labels apart.

    Examples
    --------
    >>> from skmultitext import TfidfLogRegTagger
    >>> from skmultitext.inspection import to_annotate
    >>> texts = ["refund my lamp", "my parcel is late", "late lamp, refund please", "a lamp"]
    >>> labels = [["refund"], ["delivery"], ["delivery", "refund"], []]
    >>> tagger = TfidfLogRegTagger(C=100, loss="log_loss").fit(texts, labels)
    >>> batch = to_annotate(tagger, ["refund my late parcel", "hello", "late"], k=1)
    >>> batch.documents
    array([1])
    """

    documents: IntArray
    score: FloatArray
    uncertainty: FloatArray
    novelty: FloatArray
    n_expected: FloatArray

    def to_frame(self) -> Any:
        """Return the documents as a table.

        Returns
        -------
        pandas.DataFrame of shape (n_chosen, 5)
            Columns "document", "score", "uncertainty", "novelty" and "n_expected".

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        pandas = require("pandas", "AnnotationBatch.to_frame()")
        columns = dict(vars(self))
        return pandas.DataFrame({"document": columns.pop("documents"), **columns})

    def __len__(self) -> int:
        return len(self.documents)

    def __repr__(self) -> str:
        return (
            f"<AnnotationBatch of {len(self)} document{'s' * (len(self) != 1)}, uncertainty "
            f"{self.uncertainty.min():.2f} to {self.uncertainty.max():.2f}>"
        )


def to_annotate(
    tagger: Any,
    texts: Documents | Features,
    k: int = 100,
    *,
    at_least_one: bool | None = None,
    random_state: RandomState = None,
) -> AnnotationBatch:
    """Choose the documents to label next, for the tagger to learn most from.

    Label them, fit again on all labelled documents, and choose the next batch from the rest: a
    hundred documents at a time is a good size. The first hundred or two should be chosen at random.

    Parameters
    ----------
    tagger : estimator
        A multi-label classifier with `predict_proba`, of texts or features, fitted on the documents
        that have labels.
    texts : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
        The pool: documents without labels.
    k : int, default=100
        Number of documents to choose, at least 1. The whole pool is chosen if it is smaller.
    at_least_one : bool or None, default=None
        Whether each document should have a label. If so, the tagger is uncertain of a document for
        which no label is probable; if not, of one with labels whose probability is near 0.5. None
        means True if the tagger expects 0.5 labels or more in the mean document of the pool; pass
        what is known of the corpus, and always where probabilities are too high by design, as with
        ``class_weight="balanced"``.
    random_state : int, RandomState instance or None, default=None
        Breaks ties between documents, which are else chosen at random.

    Returns
    -------
    AnnotationBatch
        The documents, the first chosen first, and why they were chosen.

    Raises
    ------
    ValueError
        If an argument is not legal, or the tagger has no probabilities.
    NotFittedError
        If the tagger is not fitted.

    Notes
    -----
    Uncertainty is ``1 - max(p)`` of the probabilities of a document, or without `at_least_one` the
    mean entropy of its labels, in bits. Documents are chosen one by one among the 20 `k` most
    uncertain: each time the one with the highest uncertainty times ``(1 + novelty) / 2``. Novelty
    is 1 minus the cosine similarity to the nearest document that was chosen: of the TF-IDF of words
    for texts, of rows for features, of probabilities if features hold text or NaN. Memory is linear
    in the pool.

    A low highest probability is a lack of labels, so this takes in the inconsistency of label
    cardinality of [1]_. On GoEmotions, where each document has a label, it was better than random
    documents from 1,000 on, and the entropy, and the product of [1]_ of separation margin and
    cardinality, were not; with eight rare emotions alone, the entropy was better than random from
    500 on, and ``1 - max(p)`` far worse (``benchmarks/bench_to_annotate.py``).

    A document that is chosen like this is unlike most: shares of labels, thresholds and scores that
    are estimated from chosen documents do not hold for others. Label some at random for these.

    References
    ----------
    .. [1] X. Li, Y. Guo, "Active learning with multi-label SVM classification", IJCAI 2013.

    Examples
    --------
    >>> from skmultitext import TfidfLogRegTagger
    >>> from skmultitext.datasets import load_support_tickets
    >>> from skmultitext.inspection import to_annotate
    >>> tickets = load_support_tickets()
    >>> tagger = TfidfLogRegTagger(C=10).fit(tickets.data[:100], tickets.label_sets[:100])
    >>> batch = to_annotate(tagger, tickets.data[100:], k=20, random_state=0)
    >>> len(batch), bool((batch.novelty > 0).all())
    (20, True)
    """
    k = check_int("k", k)
    check_choice("at_least_one", at_least_one, (None, True, False))
    tagger = fitted_state(tagger)
    X = as_documents(texts, "texts")
    proba = Predictions.of(tagger, X, "to_annotate").proba
    n_expected = proba.sum(axis=1)
    if at_least_one is None:
        at_least_one = bool(n_expected.mean() >= _FEW_LABELS)
    if at_least_one:
        uncertainty = 1 - proba.max(axis=1)
    else:
        uncertainty = (entr(proba) + entr(1 - proba)).mean(axis=1) / np.log(2)
    shuffled = check_random_state(random_state).permutation(len(proba))
    order = shuffled[np.argsort(-uncertainty[shuffled], kind="stable")[: _CANDIDATES * k]]
    rows = _directions(safe_indexing(X, order), proba[order])
    chosen, novelty = _choose(uncertainty[order], rows, k)
    documents = order[chosen]
    return AnnotationBatch(
        documents=documents.astype(np.int64),
        score=uncertainty[documents] * (1 - _OVERLAP * (1 - novelty)),
        uncertainty=uncertainty[documents],
        novelty=novelty,
        n_expected=n_expected[documents],
    )


def _directions(X: Any, proba: FloatArray) -> Any:
    """Return rows of length 1, or 0, whose products are cosine similarities."""
    if holds_texts(X):
        try:
            return TfidfVectorizer(sublinear_tf=True).fit_transform(X)
        except DocumentError:  # no text has a word
            return np.zeros((len(X), 1))
    try:
        rows = normalize(X)
    except (TypeError, ValueError):  # columns of text, or missing values
        rows = normalize(proba)
    return sp.csr_array(rows) if sp.issparse(rows) else rows


def _choose(uncertainty: FloatArray, rows: Any, k: int) -> tuple[IntArray, FloatArray]:
    """Choose k documents one by one; return them, and their novelty when they were chosen."""
    chosen: list[int] = []
    novelty: list[float] = []
    nearest, left = np.zeros(len(uncertainty)), np.ones(len(uncertainty), dtype=bool)
    for _ in range(min(k, len(uncertainty))):
        value = np.where(left, uncertainty * (1 - _OVERLAP * nearest), -1.0)
        i = int(value.argmax())
        chosen.append(i)
        novelty.append(1 - float(nearest[i]))
        left[i] = False
        nearest = np.maximum(nearest, np.clip(rows @ _dense_row(rows, i), 0.0, 1.0))
    return np.array(chosen), np.array(novelty)


def _dense_row(rows: Any, i: int) -> AnyArray:
    row = rows[[i]]
    return np.asarray(row.toarray() if sp.issparse(row) else row).ravel()
