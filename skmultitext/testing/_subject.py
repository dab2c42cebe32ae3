"""The estimator under test, with shared fitted models."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import ClassifierTags, Tags, get_tags
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from .._gate.types import AnyArray
from .._meta.known_labels import takes_unknown
from ..base import BaseTagger
from ._corpus import corpus

METHODS = ("predict", "predict_proba", "decision_function")


class Subject:
    """An estimator under test, never fitted itself; checks share models of the corpus."""

    def __init__(self, estimator: Any, contract: str = "auto") -> None:
        if contract == "auto":
            contract = "tagger" if isinstance(estimator, BaseTagger) else "scikit-learn"
        self.estimator = estimator
        self.is_tagger = contract == "tagger"
        self._models: dict[int, Any] = {}

    @property
    def name(self) -> str:
        """Name of the class."""
        return type(self.estimator).__name__

    @property
    def parameters(self) -> dict[str, Any]:
        """Its own parameters by name, without nested ones."""
        return self.estimator.get_params(deep=False)

    @property
    def tags(self) -> Tags:
        """Tags of the estimator."""
        return get_tags(self.estimator)

    @property
    def classifier_tags(self) -> ClassifierTags:
        """Tags of the estimator as a classifier, by default those of scikit-learn."""
        return self.tags.classifier_tags or ClassifierTags()

    @property
    def takes_weights(self) -> bool:
        """Whether `fit` takes `sample_weight`."""
        return has_fit_parameter(self.estimator, "sample_weight")

    @property
    def takes_unknown(self) -> bool:
        """Whether the tags say that NaN in an indicator means an unknown label."""
        return takes_unknown(self.estimator)

    @property
    def methods(self) -> list[str]:
        """The methods in `METHODS` that the estimator has."""
        return [method for method in METHODS if hasattr(self.estimator, method)]

    @property
    def label_counts(self) -> tuple[int, ...]:
        """Numbers of labels for checks of scikit-learn, which reads one column as a 1-D y."""
        return (1, 2, 3) if self.is_tagger else (2, 3)

    def make(self, **parameters: Any) -> Any:
        """Clone the estimator and set every random_state to 0."""
        return clone(self.estimator).set_params(**{**self.seeds(0), **parameters})

    def seeds(self, seed: int) -> dict[str, int]:
        """Return a seed for every parameter random_state by name, including nested ones."""
        return {
            name: seed
            for name in self.estimator.get_params(deep=True)
            if name == "random_state" or name.endswith("__random_state")
        }

    def fit(
        self,
        X: Any = None,
        y: Any = None,
        *,
        parameters: Mapping[str, Any] | None = None,
        **fit_parameters: Any,
    ) -> Any:
        """Fit a new clone, on the corpus unless X or y is given."""
        X = corpus().texts if X is None else X
        y = corpus().y if y is None else y
        return self.make(**(parameters or {})).fit(X, y, **fit_parameters)

    def fitted(self, n_labels: int = 3) -> Any:
        """Fit on the corpus, once; checks must not change this shared model."""
        if n_labels not in self._models:
            self._models[n_labels] = self.fit(y=corpus().y[:, :n_labels])
        return self._models[n_labels]

    def answers(self, model: Any, X: Any = None) -> dict[str, AnyArray]:
        """Return the dense outputs of a model by method, by default for the test documents."""
        X = corpus().test_texts if X is None else X
        return {method: dense(getattr(model, method)(X)) for method in self.methods}


def dense(output: Any) -> AnyArray:
    """Convert an output to one dense array; a list of arrays column by column."""
    if sp.issparse(output):
        return output.toarray()
    if isinstance(output, list) and output and np.ndim(output[0]) == 2:
        return np.hstack(output)
    return np.asarray(output)


def is_fitted(estimator: Any) -> bool:
    """Whether scikit-learn considers an estimator fitted."""
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    return True


def all_finite(answers: Mapping[str, AnyArray]) -> bool:
    """Whether all outputs are finite numbers."""
    return all(np.isfinite(output.astype(np.float64)).all() for output in answers.values())
