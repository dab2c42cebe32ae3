"""TF-IDF features of several vectorizers side by side."""

from __future__ import annotations

from typing import Any, Self

import scipy.sparse as sp
from sklearn.pipeline import FeatureUnion

from .._gate.containers import plain_rows
from .._gate.types import Documents, Weights
from .._runtime.doc_links import DocumentationLink
from .._runtime.pickling import VersionedPickle
from .._runtime.threads import snapshot

__all__ = ["TfidfUnion"]


class TfidfUnion(DocumentationLink, VersionedPickle, FeatureUnion):
    """Features of several `TfidfVectorizer`, for instance of words and of characters, side by side.

    The matrix, and the names ``word__late`` and ``char_wb__lat`` of its features, are those of
    scikit-learn's FeatureUnion of the same vectorizers. `fit` takes a `sample_weight`, a failed
    fit leaves the vectorizers as they were, and the vectorizers are fitted one after the other,
    each in threads of its own.

    Parameters
    ----------
    transformer_list : list of (str, TfidfVectorizer)
        Names and vectorizers; `fit` fits them.
    n_jobs : None
        Not used.
    transformer_weights : dict of {str: float} or None, default=None
        Factors of the features of the vectorizers by name; others have the factor 1.
    verbose : bool, default=False
        Not used.
    verbose_feature_names_out : bool, default=True
        Whether names of features begin with that of the vectorizer.

    Examples
    --------
    >>> from skmultitext.feature_extraction import TfidfUnion, TfidfVectorizer
    >>> union = TfidfUnion(
    ...     [
    ...         ("word", TfidfVectorizer()),
    ...         ("char", TfidfVectorizer(analyzer="char", max_features=2)),
    ...     ],
    ...     transformer_weights={"char": 0.5},
    ... )
    >>> X = union.fit_transform(["late parcel", "broken lamp"])
    >>> union.get_feature_names_out().tolist()
    ['word__broken', 'word__lamp', 'word__late', 'word__parcel', 'char__a', 'char__e']
    """

    transformer_list: list[tuple[str, Any]]

    def fit(self, X: Documents, y: None = None, sample_weight: Weights = None) -> Self:
        """Learn the vocabulary and idf of each vectorizer.

        Parameters
        ----------
        X : iterable of str, of length n_samples
            Documents.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each document, as in `TfidfVectorizer`.

        Returns
        -------
        self
            The fitted union.

        Raises
        ------
        DocumentError
            If a vectorizer is left without a term.
        """
        self.fit_transform(X, sample_weight=sample_weight)
        return self

    def fit_transform(
        self, X: Documents, y: None = None, sample_weight: Weights = None
    ) -> sp.csr_matrix:
        """Learn vocabularies and idf, and transform the same documents.

        Parameters
        ----------
        X : iterable of str, of length n_samples
            Documents.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each document, as in `TfidfVectorizer`.

        Returns
        -------
        csr_matrix of shape (n_samples, n_features), dtype float64
            TF-IDF features.

        Raises
        ------
        DocumentError
            If a vectorizer is left without a term.
        """
        self._validate_transformers()
        self._validate_transformer_weights()
        documents = _as_list(X)
        fitted = [(name, snapshot(part)) for name, part in self.transformer_list]
        blocks = [part.fit_transform(documents, sample_weight=sample_weight) for _, part in fitted]
        self.transformer_list = fitted
        return self._joined(blocks)

    def transform(self, X: Documents) -> sp.csr_matrix:
        """Compute the features of documents.

        Parameters
        ----------
        X : iterable of str, of length n_samples
            Documents.

        Returns
        -------
        csr_matrix of shape (n_samples, n_features), dtype float64
            TF-IDF features.

        Raises
        ------
        NotFittedError
            If the union is not fitted.
        """
        documents = _as_list(X)
        return self._joined([part.transform(documents) for _, part in self.transformer_list])

    def _joined(self, blocks: list[sp.csr_matrix]) -> sp.csr_matrix:
        """Put features side by side, each times its weight."""
        weights = self.transformer_weights or {}
        for (name, _), block in zip(self.transformer_list, blocks, strict=True):
            if name in weights:
                block.data *= weights[name]
        features = sp.hstack(blocks, format="csr")
        features.has_canonical_format = all(block.has_canonical_format for block in blocks)
        return features


def _as_list(documents: Any) -> Any:
    if isinstance(documents, str):
        return documents  # which a vectorizer refuses
    rows: Any = plain_rows(documents)
    return list(rows)
