"""The estimator under test, with the questions that checks put to it."""

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import ClassifierTags, get_tags
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from ..base import BaseTagger
from ._checks import dense
from ._corpus import corpus

METHODS = ("predict", "predict_proba", "decision_function")


class Subject:
    """An estimator under test; models on the plain corpus are fitted once for all checks.

    Parameters
    ----------
    estimator : estimator
        The estimator, which is never fitted itself.
    contract : {"auto", "scikit-learn", "tagger"}
        What it is held to.
    """

    def __init__(self, estimator, contract="auto"):
        if contract == "auto":
            contract = "tagger" if isinstance(estimator, BaseTagger) else "scikit-learn"
        self.estimator = estimator
        self.is_tagger = contract == "tagger"
        self._models = {}

    @property
    def name(self):
        """Name of the class, str."""
        return type(self.estimator).__name__

    @property
    def parameters(self):
        """Own parameters, dict by name."""
        return self.estimator.get_params(deep=False)

    @property
    def tags(self):
        """Tags of the estimator."""
        return get_tags(self.estimator)

    @property
    def classifier_tags(self):
        """Tags of the estimator as a classifier; the defaults where it has none."""
        return self.tags.classifier_tags or ClassifierTags()

    @property
    def takes_weights(self):
        """Whether `fit` takes `sample_weight`."""
        return has_fit_parameter(self.estimator, "sample_weight")

    @property
    def methods(self):
        """Those of `METHODS` that the estimator has."""
        return [method for method in METHODS if hasattr(self.estimator, method)]

    @property
    def label_counts(self):
        """Numbers of labels for the checks of scikit-learn's tools.

        One label in a single column is a form of ours; scikit-learn reads it as a 1-D y.
        """
        return (1, 2, 3) if self.is_tagger else (2, 3)

    def make(self, **parameters):
        """Clone the estimator and set every random_state to 0."""
        return clone(self.estimator).set_params(**{**self.seeds(0), **parameters})

    def seeds(self, seed):
        """Give every parameter random_state, of parts too, a seed; a dict by name."""
        return {
            name: seed
            for name in self.estimator.get_params(deep=True)
            if name == "random_state" or name.endswith("__random_state")
        }

    def fit(self, X=None, y=None, *, parameters=None, **fit_parameters):
        """Fit a new clone, on the plain corpus unless X or y is given."""
        X = corpus().texts if X is None else X
        y = corpus().y if y is None else y
        return self.make(**(parameters or {})).fit(X, y, **fit_parameters)

    def fitted(self, n_labels=3):
        """Fit on the plain corpus, once; checks must not change the model that they share."""
        if n_labels not in self._models:
            self._models[n_labels] = self.fit(y=corpus().y[:, :n_labels])
        return self._models[n_labels]

    def answers(self, model, X=None):
        """Ask a model for its dense outputs by method, by default on the test documents."""
        X = corpus().test_texts if X is None else X
        return {method: dense(getattr(model, method)(X)) for method in self.methods}


def is_fitted(estimator):
    """Whether scikit-learn holds an estimator for fitted."""
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    return True


def all_finite(answers):
    """Whether all outputs are finite numbers."""
    return all(np.isfinite(output.astype(np.float64)).all() for output in answers.values())
