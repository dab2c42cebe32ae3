"""Make the vectorizer of a tagger of TF-IDF features from the tagger's parameters."""

from typing import Any, TypeVar

from sklearn.base import BaseEstimator

from .._gate.parameters import check_analyzers, each
from ..feature_extraction import TfidfUnion, TfidfVectorizer
from ..feature_extraction._fast_tfidf import DEFAULT_TOKEN_PATTERN

__all__ = ["WORDS_AND_MARKS", "WORDS_AND_PAIRS", "TfidfFeatures"]

# Defaults of the taggers that differ from scikit-learn's.
WORDS_AND_MARKS = r"(?u)\w+|[^\w\s]"
WORDS_AND_PAIRS = (1, 2)

_OF_ANALYZERS = ("ngram_range", "min_df", "max_df", "max_features")

Part = TypeVar("Part", bound=BaseEstimator)


class TfidfFeatures(BaseEstimator):
    """Parts of a tagger that has their parameters."""

    analyzer: Any
    analyzer_weights: Any

    def _share_parameters(self, part: Part) -> Part:
        """Set the parameters that a part of this tagger shares with it."""
        own = self.get_params(deep=False)
        return part.set_params(**{name: own[name] for name in part.get_params() if name in own})

    def _make_one(self) -> TfidfVectorizer:
        """Make the vectorizer of one analyzer, without warnings of defaults that it cannot use."""
        part = self._share_parameters(TfidfVectorizer())
        if part.analyzer != "word" and part.token_pattern == WORDS_AND_MARKS:
            part.set_params(token_pattern=DEFAULT_TOKEN_PATTERN)
        if callable(part.analyzer) and part.ngram_range == WORDS_AND_PAIRS:
            part.set_params(ngram_range=(1, 1))
        return part

    def _make_vectorizer(self) -> TfidfVectorizer | TfidfUnion:
        """Make the vectorizer of the features: for several analyzers a union of theirs."""
        names = check_analyzers(self.analyzer, self.analyzer_weights)
        if not names:
            return self._make_one()
        own = {name: each(name, getattr(self, name), names) for name in _OF_ANALYZERS}
        parts = []
        for name in names:
            part = self._share_parameters(TfidfVectorizer())
            part.set_params(analyzer=name, **{parameter: own[parameter][name] for parameter in own})
            if name != "word":  # only words have these
                part.set_params(stop_words=None, token_pattern=DEFAULT_TOKEN_PATTERN)
            parts.append((name, part))
        weights = self.analyzer_weights
        return TfidfUnion(parts, transformer_weights=None if weights is None else dict(weights))
