"""TF-IDF features equal to scikit-learn's, computed faster, with optional sample weights."""

from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction import text
from sklearn.utils.validation import check_is_fitted

from .._gate.containers import plain_rows
from .._gate.types import AnyArray, Documents, FloatArray, Weights
from .._runtime.doc_links import DocumentationLink
from .._runtime.messages import shown
from .._runtime.pickling import VersionedPickle
from .._runtime.threads import snapshot, transaction
from ..exceptions import DocumentError
from . import _counting, _fast_tfidf
from ._term_counts import unlimited_counter, within_limits
from ._union import TfidfUnion

__all__ = ["TfidfUnion", "TfidfVectorizer"]


def __dir__() -> list[str]:
    return __all__


_FIT_ONLY = {"min_df", "max_df", "max_features", "vocabulary"}


class TfidfVectorizer(DocumentationLink, VersionedPickle, text.TfidfVectorizer):
    r"""scikit-learn's `TfidfVectorizer`, faster, with an optional `sample_weight` in `fit`.

    Parameters, attributes, vocabulary, order of features and values are those of
    :class:`sklearn.feature_extraction.text.TfidfVectorizer`. With `sample_weight` a document
    of weight w counts as w documents in the idf, `min_df`, `max_df` and `max_features`.

    If numba is installed (extra `fast`), corpora of at least 200,000 characters are processed by
    compiled kernels, in ``NUMBA_NUM_THREADS`` threads. The kernels support `dtype` float64 and the
    analyzers "word", "char" and "char_wb". A `token_pattern` may consist of characters, sets such
    as ``[\w'-]``, classes such as ``\w``, alternatives, repeats, ``\b`` and groups ``(?:...)``; it
    must not match a blank if n-grams are longer than one word. Other settings, fixed vocabularies
    and weighted fits use scikit-learn's code, with the same result. After a fit by the kernels,
    the dict `vocabulary_` is built when it is first read: for hundreds of thousands of terms that
    takes longer than the fit.

    The kernels are compiled on first use, once per machine, which takes about ten seconds. numba
    caches them in the folder of this package, or in ``NUMBA_CACHE_DIR``, and later processes load
    them in about one second. If the cache cannot be written, each process compiles them again.

    Examples
    --------
    >>> from skmultitext.feature_extraction import TfidfVectorizer
    >>> vectorizer = TfidfVectorizer(min_df=2)
    >>> X = vectorizer.fit_transform(["late parcel", "broken lamp"], sample_weight=[2, 1])
    >>> vectorizer.get_feature_names_out()
    array(['late', 'parcel'], dtype=object)
    """

    def fit(self, raw_documents: Documents, y: None = None, sample_weight: Weights = None) -> Self:
        """Learn vocabulary and idf.

        Parameters
        ----------
        raw_documents : iterable of str, of length n_samples
            Documents.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each document: as how many documents it counts, in (0, inf).

        Returns
        -------
        self
            The fitted vectorizer.

        Raises
        ------
        DocumentError
            If no term is left.
        """
        self.fit_transform(raw_documents, sample_weight=sample_weight)
        return self

    def fit_transform(
        self, raw_documents: Documents, y: None = None, sample_weight: Weights = None
    ) -> sp.csr_matrix:
        """Learn vocabulary and idf, and transform the same documents.

        Parameters
        ----------
        raw_documents : iterable of str, of length n_samples
            Documents.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each document: as how many documents it counts, in (0, inf).

        Returns
        -------
        csr_matrix of shape (n_samples, n_features), dtype `dtype`
            TF-IDF features.

        Raises
        ------
        DocumentError
            If no term is left.
        """
        if not isinstance(raw_documents, str):
            raw_documents = _as_list(raw_documents)
        with transaction(self) as draft:
            return draft._learn(raw_documents, sample_weight)

    def _learn(self, raw_documents: Any, sample_weight: Weights) -> sp.csr_matrix:
        """Fit, transform and record the parameters: set_params after fit must not matter."""
        self._index = None
        for name in ("vocabulary_", "fixed_vocabulary_"):
            self.__dict__.pop(name, None)
        try:
            features = None
            if sample_weight is not None:
                features = self._fit_transform_weighted(raw_documents, np.asarray(sample_weight))
            else:
                features = self._fit_transform_fast(raw_documents)
            if features is None:
                features = super().fit_transform(raw_documents)
        except ValueError as error:
            if not any(cause in str(error) for cause in ("no terms remain", "empty vocabulary")):
                raise
            raise self._without_terms(len(raw_documents), error) from error
        self._note_parameters()
        return features

    def _without_terms(self, n_samples: float, error: ValueError) -> DocumentError:
        return DocumentError(
            f"No term of X is left to learn from (n_samples={n_samples:g}, "
            f"min_df={self.min_df}, max_df={self.max_df}): {error}"
        )

    def _note_parameters(self) -> None:
        """Record the parameters that `transform` uses."""
        noted = {k: v for k, v in self.get_params(deep=False).items() if k not in _FIT_ONLY}
        if isinstance(self.stop_words, list):
            noted["stop_words"] = self.stop_words.copy()
        self._fitted_parameters = noted

    def _as_fitted(self) -> Self:
        """Copy the vectorizer, with the parameters at the time of the fit."""
        state = snapshot(self)
        now = state.__dict__
        fitted = now.get("_fitted_parameters", {})
        if any(now[k] is not v and now[k] != v for k, v in fitted.items()):
            state._validate_params()  # refuse illegal new values, as fit does
            now.update(fitted)
        return state

    def transform(self, raw_documents: Documents) -> sp.csr_matrix:
        """Compute the features of documents.

        Parameters
        ----------
        raw_documents : iterable of str, of length n_samples
            Documents.

        Returns
        -------
        csr_matrix of shape (n_samples, n_features), dtype `dtype`
            TF-IDF features.

        Raises
        ------
        NotFittedError
            If the vectorizer is not fitted.
        """
        state = self._as_fitted()
        if state._index is None and "vocabulary_" not in vars(state):
            check_is_fitted(state, "vocabulary_", msg="The TF-IDF vectorizer is not fitted")
        if isinstance(raw_documents, str):
            return super().transform(raw_documents)  # raises: X is a single str
        raw_documents = _as_list(raw_documents)
        index = state._index
        if index is not None and index.holds:
            least = 0 if _fast_tfidf.loaded() else _fast_tfidf.LEAST_CHARACTERS
            n_characters = _count_characters(raw_documents)
            if n_characters >= least and _fast_tfidf.serves(
                state, len(raw_documents), n_characters
            ):
                idf = _checked_idf(state._tfidf, len(index.keys))
                return _fast_tfidf.transform(state, raw_documents, index, idf)
        if _counting.counts_here(state):
            features = _counting.count_and_weigh(state, raw_documents)
            if features is not None:
                return features
        try:
            features = super(TfidfVectorizer, state).transform(raw_documents)
        except (IndexError, OverflowError):
            _refuse_columns(state.vocabulary_)
            _checked_idf(state._tfidf, len(state.vocabulary_))
            raise
        columns = features.indices
        if len(columns) and not 0 <= columns.min() <= columns.max() < features.shape[1]:
            _refuse_columns(state.vocabulary_)
        return features

    _index: Any = None  # set by a fit with the kernels; builds vocabulary_ lazily

    @property
    def vocabulary_(self) -> dict[str, int]:
        """Column of each term, a dict."""
        if self._index is not None:
            return self._index.vocabulary
        try:
            return self.__dict__["vocabulary_"]
        except KeyError:
            raise AttributeError("vocabulary_ is there once the vectorizer is fitted") from None

    @vocabulary_.setter
    def vocabulary_(self, vocabulary: dict[str, int]) -> None:
        self._index = None
        self.__dict__["vocabulary_"] = vocabulary

    def _fit_transform_fast(self, raw_documents: Any) -> sp.csr_matrix | None:
        """Fit with the compiled kernels; return None if they do not support these settings."""
        self._validate_params()
        self._validate_ngram_range()
        n_characters = _count_characters(raw_documents)
        if (
            self.vocabulary is not None
            or n_characters < _fast_tfidf.LEAST_CHARACTERS
            or not _fast_tfidf.serves(self, len(raw_documents), n_characters)
        ):
            return None
        self._warn_for_unused_params()
        self.build_analyzer()  # warns if stop words are inconsistent with the tokenizer
        found = _fast_tfidf.fit_transform(self, raw_documents)
        if found is None:
            return None
        idf, features, index = found
        self.fixed_vocabulary_ = False
        self._tfidf = self._new_weighting()
        self._tfidf.n_features_in_ = len(index.keys)
        if self.use_idf:
            self._tfidf.idf_ = idf
        self._index = index
        return features

    def __getstate__(self) -> dict[str, Any]:
        """Drop the index if the user has changed `vocabulary_`: it would restore the old one."""
        state = super().__getstate__()
        state.pop("_stop_words_id", None)  # an id() of this process
        if self._index is not None and not self._index.holds:
            state |= {"_index": None, "vocabulary_": dict(self._index.vocabulary)}
        return state

    def _to_saved(self) -> dict[str, Any]:
        """Return the state with the parameters of the fit and the vocabulary as a dict.

        The kernels do not check an index, so it is never read from a file but rebuilt.
        """
        state = dict(vars(self))
        state.update(state.pop("_fitted_parameters", {}))
        state.pop("_stop_words_id", None)  # an id() of this process
        is_indexed = state.pop("_index", None) is not None
        if hasattr(self, "vocabulary_"):
            state["vocabulary_"] = dict(self.vocabulary_)
        return state | {"_is_indexed": is_indexed}

    @classmethod
    def _from_saved(cls, state: dict[str, Any]) -> Self:
        vectorizer = cls()
        is_indexed = state.pop("_is_indexed", False)
        vectorizer.__dict__.update(state)
        if "vocabulary_" in state:
            vectorizer._note_parameters()
        if is_indexed:
            vectorizer._index_terms()
        return vectorizer

    def _index_terms(self) -> None:
        """Let the kernels look the terms up, if they could have learned them."""
        index = _fast_tfidf.index_vocabulary(self)
        if index is not None:
            del self.__dict__["vocabulary_"]
            self._index = index

    def _new_weighting(self) -> text.TfidfTransformer:
        return text.TfidfTransformer(
            norm=self.norm,
            use_idf=self.use_idf,
            smooth_idf=self.smooth_idf,
            sublinear_tf=self.sublinear_tf,
        )

    def _fit_transform_weighted(self, raw_documents: Any, weight: FloatArray) -> sp.csr_matrix:
        self._validate_params()
        counter = unlimited_counter(self)
        counts = counter.fit_transform(raw_documents)
        frequency, total = weight @ (counts > 0), float(weight.sum())
        terms = counter.get_feature_names_out()
        if self.vocabulary is None:
            kept = within_limits(self, frequency, weight @ counts, total)
            counts, terms, frequency = counts[:, kept], terms[kept], frequency[kept]
        self._set_terms(terms, frequency, total)
        return self._tfidf.transform(counts, copy=False)

    def _set_terms(self, terms: AnyArray, frequency: AnyArray, n_documents: float) -> None:
        """Set the fitted state from terms and the number, or weight, of documents with each."""
        self.fixed_vocabulary_ = self.vocabulary is not None
        self.vocabulary_ = {term: j for j, term in enumerate(terms)}
        self._tfidf = self._new_weighting()
        self._tfidf.n_features_in_ = len(terms)
        if self.use_idf:
            extra = int(self.smooth_idf)
            idf = np.full(len(terms), n_documents + extra, self.dtype)
            idf /= np.asarray(frequency + extra, self.dtype)
            self._tfidf.idf_ = np.log(idf) + np.ones(1, self.dtype)


def _as_list(documents: Any) -> list[Any]:
    rows: Any = plain_rows(documents)
    return list(rows)


def _count_characters(documents: list[Any]) -> int:
    """Count the characters of all documents; -1 if any document is not exactly a str."""
    return sum(map(len, documents)) if set(map(type, documents)) == {str} else -1


def _checked_idf(weighting: Any, n_features: int) -> FloatArray:
    """Return the idf, empty without idf; check its length, as the kernels do not."""
    idf = getattr(weighting, "idf_", None)
    if idf is None:
        return np.empty(0)
    idf = np.ascontiguousarray(idf, dtype=np.float64)
    if idf.shape != (n_features,):
        raise ValueError(
            f"idf_ has shape {idf.shape}, but there are {n_features} features. Fit again, or set "
            f"one number for each."
        )
    return idf


def _refuse_columns(vocabulary: dict[str, int]) -> None:
    """Refuse a vocabulary changed by the user that refers to columns that do not exist."""
    for term, column in vocabulary.items():
        if not 0 <= column < len(vocabulary):
            raise ValueError(
                f"vocabulary_ gives {shown(term)} the column {column}, but has {len(vocabulary)} "
                f"terms. Number the terms from 0 on, or fit again."
            )
