"""Linear taggers: one logistic regression per label, on features and on text."""

from ._logistic_regression import MultilabelLogisticRegression
from ._tfidf_logreg import TfidfLogRegTagger

__all__ = ["MultilabelLogisticRegression", "TfidfLogRegTagger"]
