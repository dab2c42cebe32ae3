"""Linear models of texts: their weights by term, and what each term of a text contributes."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier

from .._explanation import SentenceExplanation
from ._answers import name_labels

__all__ = ["LinearModel", "find_linear_model", "linear_parts"]


@dataclass(frozen=True, eq=False)
class LinearModel:
    """A linear model of texts.

    Parameters
    ----------
    transformers : list of transformer
        What makes features of texts.
    estimator : estimator
        The classifier of the features.
    coef : ndarray or CSR of shape (n_labels, n_features), dtype float64
        Weights; sparse ones stay sparse.
    intercept : ndarray of shape (n_labels,), dtype float64
        Intercepts.
    """

    transformers: list
    estimator: object
    coef: object
    intercept: np.ndarray

    def label_names(self, tagger):
        """Name the labels, as the tagger around the model knows them, list of str."""
        return name_labels(tagger, self.coef.shape[0])

    def weights(self, label):
        """Weights of a label by its position, ndarray of shape (n_features,), dtype float64."""
        row = self.coef[[label]]
        return (row.toarray() if sp.issparse(row) else np.asarray(row)).ravel()

    def terms(self):
        """Name the features.

        Returns
        -------
        ndarray of shape (n_features,), dtype object

        Raises
        ------
        ValueError
            If the last transformer has no names for them.
        """
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

    def explain(self, texts, labels):
        """Split the logit of each text into what its terms contribute.

        Parameters
        ----------
        texts : list of str
            Documents.
        labels : ndarray of shape (n_samples,), dtype int64
            The label of each.

        Returns
        -------
        list of tuple (SentenceExplanation, float)
            The terms of each text, the strongest first, and the intercept.
        """
        features, terms = texts, self.terms()
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
            words = tuple(str(term) for term in terms[columns[order]])
            sentence = SentenceExplanation(words, contributions[order])
            explained.append((sentence, float(self.intercept[label])))
        return explained


def find_linear_model(transformers, estimator, feature):
    """Read the weights of a linear classifier.

    Parameters
    ----------
    transformers : list of transformer
        What makes features of texts.
    estimator : estimator
        The fitted classifier of these features.
    feature : str
        What needs them, as the subject of a sentence.

    Returns
    -------
    LinearModel

    Raises
    ------
    ValueError
        If the classifier is not linear, or takes features and nothing makes them of texts.
    """
    parts = linear_parts(estimator)
    if not parts:
        raise ValueError(
            f"{feature} needs a linear classifier (one with coef_, or OneVsRestClassifier or "
            f"MultiOutputClassifier of such), and this is {type(estimator).__name__}. "
            f"explain(..., method='occlusion') takes any tagger of texts."
        )
    if not transformers:
        raise ValueError(
            f"{feature} needs to know the words, and {type(estimator).__name__} was fitted on "
            f"features. Pass the Pipeline of the vectorizer and this classifier."
        )
    coef, intercept = parts[0]
    if len(parts) > 1:
        n_features = max(c.shape[1] for c, _ in parts)
        # a label that was constant has no weights
        rows = [c if c.shape[1] else np.zeros((1, n_features)) for c, _ in parts]
        coef = np.vstack([c.toarray() if sp.issparse(c) else c for c in rows])
        intercept = np.concatenate([b for _, b in parts])
    return LinearModel(transformers, estimator, coef, intercept)


def linear_parts(estimator):
    """Read the weights of a linear classifier, or of those that it has for each label.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier.

    Returns
    -------
    list of tuple (ndarray or CSR of shape (n, n_features), ndarray of shape (n,))
        Weights and intercepts of one or more labels; an empty list where it is not linear.
    """
    per_label = isinstance(estimator, OneVsRestClassifier | MultiOutputClassifier)
    parts = [_weights(part) for part in (estimator.estimators_ if per_label else [estimator])]
    return [] if None in parts else parts


def _weights(part):
    """Weights and intercepts of a classifier; None where it has none."""
    if hasattr(part, "coef_"):
        coef = part.coef_.tocsr() if sp.issparse(part.coef_) else np.atleast_2d(part.coef_)
        return coef, np.broadcast_to(np.ravel(part.intercept_), coef.shape[0])
    if hasattr(part, "y_"):  # OneVsRestClassifier scores a label that was constant by 0 or 1
        return np.zeros((1, 0)), np.ravel(part.y_).astype(np.float64)
    return None
