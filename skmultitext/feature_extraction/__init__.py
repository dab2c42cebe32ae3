"""TF-IDF features: scikit-learn's own, several times faster, and with sample weights."""

from numbers import Integral

import numpy as np
from sklearn.feature_extraction import text
from sklearn.utils.validation import check_is_fitted

from .._pickling import VersionedPickle
from ..exceptions import DocumentError
from . import _fast_tfidf

_UNWEIGHTED_LIMITS = {"min_df": 1, "max_df": 1.0, "max_features": None}


class TfidfVectorizer(VersionedPickle, text.TfidfVectorizer):
    """scikit-learn's `TfidfVectorizer`, faster, with an optional `sample_weight` in `fit`.

    Parameters, attributes, vocabulary, order of features and values are those of
    :class:`sklearn.feature_extraction.text.TfidfVectorizer`. With `sample_weight` a document
    of weight w counts as w documents in the idf, in `min_df`, `max_df` and `max_features`.

    Where numba is installed (extra `fast`), corpora of 200,000 characters and more go through
    compiled kernels, in threads (as many as numba's ``NUMBA_NUM_THREADS``). They serve the
    default `token_pattern` with `analyzer` "word" and `dtype` float64; anything else, fixed
    vocabularies and weighted fits take scikit-learn's own way, with the same result. After such
    a fit the dict `vocabulary_` is made when it is first read: for hundreds of thousands of
    terms it takes longer than the fit.

    The kernels are compiled on first use, once a machine, which takes about ten seconds; numba
    keeps them beside this package, or where ``NUMBA_CACHE_DIR`` says, and later processes load
    them in about one. Where nothing can be written there, each process compiles for itself.

    Examples
    --------
    >>> from skmultitext.feature_extraction import TfidfVectorizer
    >>> vectorizer = TfidfVectorizer(min_df=2)
    >>> X = vectorizer.fit_transform(["late parcel", "broken lamp"], sample_weight=[2, 1])
    >>> vectorizer.get_feature_names_out()
    array(['late', 'parcel'], dtype=object)
    """

    def fit(self, raw_documents, y=None, sample_weight=None):
        """Learn vocabulary and idf.

        Parameters
        ----------
        raw_documents : iterable of str, of length n_samples
            Documents.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            How many documents each one counts for, in (0, inf).

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

    def fit_transform(self, raw_documents, y=None, sample_weight=None):
        """Learn vocabulary and idf, and transform the same documents.

        Parameters
        ----------
        raw_documents : iterable of str, of length n_samples
            Documents.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            How many documents each one counts for, in (0, inf).

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
            raw_documents = list(raw_documents)
        self._index = None
        for name in ("vocabulary_", "fixed_vocabulary_"):
            vars(self).pop(name, None)  # so that no half model is left if this fit fails
        try:
            if sample_weight is None:
                features = self._fit_transform_fast(raw_documents)
                return super().fit_transform(raw_documents) if features is None else features
            return self._fit_transform_weighted(raw_documents, np.asarray(sample_weight))
        except ValueError as error:
            if not any(cause in str(error) for cause in ("no terms remain", "empty vocabulary")):
                raise
            raise DocumentError(
                f"No term of X is left to learn from (n_samples={len(raw_documents)}, "
                f"min_df={self.min_df}, max_df={self.max_df}): {error}"
            ) from error

    def transform(self, raw_documents):
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
        if self._index is None:
            check_is_fitted(self, "vocabulary_", msg="The TF-IDF vectorizer is not fitted")
        if isinstance(raw_documents, str):
            return super().transform(raw_documents)  # which refuses it
        raw_documents = list(raw_documents)
        index = self._index
        if index is not None and index.serves(self):
            least = 0 if _fast_tfidf.loaded() else _fast_tfidf.LEAST_CHARACTERS
            if _fast_tfidf.serves(self, raw_documents, least):
                idf = self.idf_ if self.use_idf else np.ones(len(index.keys))
                return _fast_tfidf.transform(self, raw_documents, index, idf)
        return super().transform(raw_documents)

    _index = None  # of the compiled way, whose vocabulary is spelled out when asked for

    @property
    def vocabulary_(self):
        """Column of each term, a dict."""
        if self._index is not None:
            return self._index.vocabulary
        try:
            return vars(self)["vocabulary_"]
        except KeyError:
            raise AttributeError("vocabulary_ is there once the vectorizer is fitted") from None

    @vocabulary_.setter
    def vocabulary_(self, vocabulary):
        self._index = None
        vars(self)["vocabulary_"] = vocabulary

    def _fit_transform_fast(self, raw_documents):
        """Fit with the compiled kernels; None where they do not serve."""
        self._validate_params()
        self._validate_ngram_range()
        least = _fast_tfidf.LEAST_CHARACTERS
        if self.vocabulary is not None or not _fast_tfidf.serves(self, raw_documents, least):
            return None
        self._warn_for_unused_params()
        self.build_analyzer()  # warns where stop words do not fit the tokens
        idf, features, index = _fast_tfidf.fit_transform(self, raw_documents)
        if index is None:
            return None
        self.fixed_vocabulary_ = False
        self._tfidf = self._new_weighting()
        self._tfidf.n_features_in_ = len(index.keys)
        if self.use_idf:
            self._tfidf.idf_ = idf
        self._index = index
        return features

    def _to_saved(self):
        """Spell the vocabulary out: the kernels trust an index, and it can be made again."""
        state = dict(vars(self))
        is_indexed = state.pop("_index", None) is not None
        if hasattr(self, "vocabulary_"):
            state["vocabulary_"] = self.vocabulary_
        return state | {"_is_indexed": is_indexed}

    @classmethod
    def _from_saved(cls, state):
        vectorizer = cls()
        is_indexed = state.pop("_is_indexed")
        vars(vectorizer).update(state)
        if is_indexed:
            index = _fast_tfidf.index_vocabulary(vectorizer)
            if index is not None:
                del vars(vectorizer)["vocabulary_"]
                vectorizer._index = index
        return vectorizer

    def _new_weighting(self):
        return text.TfidfTransformer(
            norm=self.norm,
            use_idf=self.use_idf,
            smooth_idf=self.smooth_idf,
            sublinear_tf=self.sublinear_tf,
        )

    def _fit_transform_weighted(self, raw_documents, weight):
        self._validate_params()
        shared = text.CountVectorizer().get_params().keys() & self.get_params().keys()
        counter = text.CountVectorizer(
            **{**{name: getattr(self, name) for name in shared}, **_UNWEIGHTED_LIMITS}
        )
        counts = counter.fit_transform(raw_documents)
        document_frequency = weight @ (counts > 0)
        terms = counter.get_feature_names_out()
        if self.vocabulary is None:
            kept = self._within_limits(counts, weight, document_frequency)
            counts, terms = counts[:, kept], terms[kept]
            document_frequency = document_frequency[kept]
        self.fixed_vocabulary_ = self.vocabulary is not None
        self.vocabulary_ = {term: j for j, term in enumerate(terms)}
        self._tfidf = self._new_weighting().fit(counts)
        if self.use_idf:
            extra = int(self.smooth_idf)
            idf = np.log((weight.sum() + extra) / (document_frequency + extra)) + 1.0
            self._tfidf.idf_ = idf.astype(self.dtype)
        return self._tfidf.transform(counts, copy=False)

    def _within_limits(self, counts, weight, document_frequency):
        """Select the columns that `min_df`, `max_df` and `max_features` leave."""
        total = weight.sum()
        lowest, highest = (
            limit if isinstance(limit, Integral) else limit * total
            for limit in (self.min_df, self.max_df)
        )
        if isinstance(self.min_df, Integral) and self.min_df <= 1:
            lowest = 0  # no limit: a weight below 1 does not remove a document's terms
        slack = 1e-12 * total  # sums of fractional weights are rounded
        if highest < lowest:
            raise DocumentError(
                f"max_df corresponds to < documents than min_df: with sample_weight they are "
                f"{highest:.6g} and {lowest:.6g} of a total weight of {total:.6g}. Lower min_df, "
                f"or scale the weights up."
            )
        lowest, highest = lowest - slack, highest + slack
        kept = np.flatnonzero((document_frequency >= lowest) & (document_frequency <= highest))
        if self.max_features is not None and len(kept) > self.max_features:
            frequency = (weight @ counts)[kept]
            kept = np.sort(kept[(-frequency).argsort()[: self.max_features]])
        if not len(kept):
            raise DocumentError(
                "After pruning, no terms remain. Try a lower min_df or a higher max_df."
            )
        return kept
