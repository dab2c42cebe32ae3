"""Linear models of texts: the weights of terms, and their contributions in a text."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import OneToOneFeatureMixin
from sklearn.feature_extraction import text
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier

from .._gate.types import AnyArray, FloatArray, IntArray
from ..feature_extraction import TfidfUnion, TfidfVectorizer
from ._explanation import SentenceExplanation
from ._tagger import name_labels

__all__ = ["LinearModel", "find_linear_model", "linear_parts"]


@dataclass(frozen=True, eq=False)
class LinearModel:
    """A linear model of texts: transformers, and a classifier with its weights."""

    transformers: list[Any]
    estimator: Any
    coef: Any  # array or CSR of shape (n_labels, n_features)
    intercept: FloatArray

    def label_names(self, tagger: Any) -> list[str]:
        """Return the label names of the tagger around the model."""
        return name_labels(tagger, self.coef.shape[0])

    def weights(self, label: int) -> FloatArray:
        """Return the weights of a label by its position."""
        if sp.issparse(self.coef):
            return self.coef[[label]].toarray().ravel()
        return np.asarray(self.coef[label])

    def terms(self) -> AnyArray:
        """Return the names of the features; refuse transformers without names."""
        names = None
        for transformer in self.transformers:
            named = hasattr(transformer, "get_feature_names_out")
            names = transformer.get_feature_names_out(names) if named else None
        if names is None:
            raise ValueError(
                f"The features of {type(self.transformers[-1]).__name__} have no names: it has no "
                f"get_feature_names_out. Use a TfidfVectorizer, or explain with "
                f"method='occlusion'."
            )
        return names

    def _terms_in(self, texts: list[str]) -> Any:
        """Map the columns of the features of texts to their names, without naming the others."""
        first, *others = self.transformers
        if all(isinstance(other, OneToOneFeatureMixin) for other in others):
            found = _look_up(first, texts)
            if found is not None:
                return found
        return self.terms()

    def explain(
        self, texts: list[str], labels: IntArray
    ) -> list[tuple[SentenceExplanation, float]]:
        """Split the logit of each text into the intercept and the contributions of its terms.

        Terms are sorted by the absolute value of their contributions, the largest first.
        """
        features: Any = texts
        terms = self._terms_in(texts)
        for transformer in self.transformers:
            features = transformer.transform(features)
        features = sp.csr_array(features)
        features.sum_duplicates()
        weights = {label: self.weights(label) for label in set(labels.tolist())}
        explained = []
        for i, label in enumerate(labels.tolist()):
            row = slice(features.indptr[i], features.indptr[i + 1])
            columns = features.indices[row]
            contributions = features.data[row] * weights[label][columns]
            order = np.argsort(-np.abs(contributions), kind="stable")
            words = tuple(str(terms[j]) for j in columns[order].tolist())
            sentence = SentenceExplanation(words, contributions[order])
            explained.append((sentence, float(self.intercept[label])))
        return explained


def _look_up(vectorizer: Any, texts: list[str]) -> dict[int, str] | None:
    """Look the terms of texts up in the vocabulary; None if the vectorizer is of another kind."""
    if type(vectorizer) is TfidfUnion and vectorizer.verbose_feature_names_out:
        found: dict[int, str] = {}
        start = 0
        for name, part in vectorizer.transformer_list:
            own = _look_up(part, texts)
            if own is None:
                return None
            found |= {start + column: f"{name}__{term}" for column, term in own.items()}
            start += len(part.vocabulary_)
        return found
    if type(vectorizer) not in (TfidfVectorizer, text.TfidfVectorizer, text.CountVectorizer):
        return None
    if isinstance(vectorizer, TfidfVectorizer):
        vectorizer = vectorizer._as_fitted()
    analyze, vocabulary = vectorizer.build_analyzer(), vectorizer.vocabulary_
    terms = {term for document in texts for term in analyze(document)}
    return {vocabulary[term]: term for term in terms if term in vocabulary}


def find_linear_model(transformers: list[Any], estimator: Any, feature: str) -> LinearModel:
    """Read the weights of a linear classifier; `feature` is the subject of the error messages."""
    parts = linear_parts(estimator)
    if not parts:
        raise ValueError(
            f"{feature} needs a linear classifier (one with coef_, or OneVsRestClassifier or "
            f"MultiOutputClassifier of such), but this is {type(estimator).__name__}. Use "
            f"explain(..., method='occlusion'), which takes any tagger of texts."
        )
    if not transformers:
        raise ValueError(
            f"{feature} needs the words, but {type(estimator).__name__} was fitted on features. "
            f"Pass the Pipeline of the vectorizer and this classifier."
        )
    coef, intercept = parts[0]
    if len(parts) > 1:
        n_features = max(c.shape[1] for c, _ in parts)
        # a label that was constant in training has no weights
        rows: list[Any] = [c if c.shape[1] else np.zeros((1, n_features)) for c, _ in parts]
        coef = np.vstack([c.toarray() if sp.issparse(c) else c for c in rows])
        intercept = np.concatenate([b for _, b in parts])
    return LinearModel(transformers, estimator, coef, intercept)


def linear_parts(estimator: Any) -> list[tuple[Any, FloatArray]]:
    """Return weights and intercepts of a linear classifier, or of its classifiers per label.

    The list is empty if the classifier is not linear.
    """
    per_label = isinstance(estimator, OneVsRestClassifier | MultiOutputClassifier)
    parts = []
    for part in estimator.estimators_ if per_label else [estimator]:
        found = _weights(part)
        if found is None:
            return []
        parts.append(found)
    return parts


def _weights(part: Any) -> tuple[Any, FloatArray] | None:
    """Return weights and intercepts of a classifier, or None."""
    if hasattr(part, "coef_"):
        coef = part.coef_.tocsr() if sp.issparse(part.coef_) else np.atleast_2d(part.coef_)
        return coef, np.broadcast_to(np.ravel(part.intercept_), coef.shape[0])
    if hasattr(part, "y_"):  # OneVsRestClassifier predicts a constant label as 0 or 1
        return np.zeros((1, 0)), np.ravel(part.y_).astype(np.float64)
    return None
