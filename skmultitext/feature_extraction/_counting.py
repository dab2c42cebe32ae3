"""TF-IDF of documents counted in Python, for vocabularies without an index of the kernels.

scikit-learn's own code spends most of the time of a single text on checks of the sparse matrix that
it has just made, once per step.
"""

from __future__ import annotations

from array import array
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from .._gate.types import AnyArray, FloatArray

if TYPE_CHECKING:
    from . import TfidfVectorizer

__all__ = ["count_and_weigh", "counts_here", "to_csr"]


def counts_here(vectorizer: TfidfVectorizer) -> bool:
    """Whether the state is as a fit leaves it; scikit-learn's code words the errors of others."""
    if np.dtype(vectorizer.dtype) != np.float64 or not hasattr(vectorizer, "vocabulary_"):
        return False
    idf = getattr(vectorizer._tfidf, "idf_", None)
    if (idf is None) is vectorizer.use_idf:
        return False
    n_features = vectorizer._tfidf.n_features_in_
    return len(vectorizer.vocabulary_) == n_features and (idf is None or idf.shape == (n_features,))


def count_and_weigh(vectorizer: TfidfVectorizer, documents: list[Any]) -> sp.csr_matrix | None:
    """Compute the features of documents; return None if a term has a column that does not exist."""
    look_up: Any = vectorizer.vocabulary_.get
    analyze = vectorizer.build_analyzer()
    columns, counts, bounds = array("q"), array("q"), [0]
    for document in documents:
        found: Any = Counter(map(look_up, analyze(document)))
        del found[None]
        ordered = sorted(found)
        columns.extend(ordered)
        counts.extend(map(found.__getitem__, ordered))
        bounds.append(len(columns))
    indices, values = np.array(columns), np.array(counts, dtype=np.float64)
    n_features = len(vectorizer.vocabulary_)
    if len(indices) and not 0 <= indices.min() <= indices.max() < n_features:
        return None
    indptr = np.array(bounds)
    _weigh(vectorizer, values, indices, indptr)
    return to_csr(values, indices.astype(np.int32), indptr, n_features)


def _weigh(
    vectorizer: TfidfVectorizer, values: FloatArray, indices: AnyArray, indptr: AnyArray
) -> None:
    """Turn counts into TF-IDF values, in place."""
    if vectorizer.binary:
        values.fill(1.0)
    if vectorizer.sublinear_tf:
        np.log(values, values)
        values += 1.0
    if vectorizer.use_idf:
        values *= vectorizer._tfidf.idf_[indices]
    if vectorizer.norm is None:
        return
    lengths = np.diff(indptr)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    if vectorizer.norm == "l2":
        totals = np.sqrt(np.bincount(rows, values * values, len(lengths)))
    else:
        totals = np.bincount(rows, np.abs(values), len(lengths))
    totals[totals == 0] = 1.0
    values /= totals[rows]


def to_csr(
    values: FloatArray, indices: AnyArray, indptr: AnyArray, n_features: int
) -> sp.csr_matrix:
    """Make a CSR matrix from rows whose columns are sorted; indices become int32 where they fit."""
    if indptr[-1] < 2**31:
        indptr = indptr.astype(np.int32, copy=False)
    features = sp.csr_matrix((values, indices, indptr), shape=(len(indptr) - 1, n_features))
    features.has_canonical_format = True
    return features
