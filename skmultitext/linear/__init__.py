"""Linear taggers: one linear model per label, on features and on text."""

from ._logistic_regression import MultilabelLogisticRegression
from ._tfidf_logreg import TfidfLogRegTagger
from ._tfidf_logreg_cv import TfidfLogRegTaggerCV

__all__ = ["MultilabelLogisticRegression", "TfidfLogRegTagger", "TfidfLogRegTaggerCV"]


def __dir__() -> list[str]:
    return __all__
