"""The base of the taggers that wrap an estimator and replace its thresholds."""

from numbers import Integral
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._gate.decision import check_decision_rules, decide, decide_sparse, top_labels, top_sparse
from .._gate.types import Documents, Features, FloatArray, IntArray
from .._meta.known_labels import find_hierarchy
from .._meta.wrapping import WrappingTagger, wrapped_has
from .._runtime.messages import shown
from .._runtime.sklearn import Interval, StrOptions
from ._onnx import to_onnx

__all__ = ["DECISION_CONSTRAINTS", "DEFAULTS", "ThresholdTagger"]

DECISION_CONSTRAINTS = {
    "response_method": [StrOptions({"auto", "predict_proba", "decision_function"})],
    "max_labels": [Interval(Integral, 1, None, closed="left"), None],
    "at_least_one": ["boolean"],
}

DEFAULTS = {"predict_proba": 0.5, "decision_function": 0.0}


class ThresholdTagger(WrappingTagger):
    """Base of the two taggers: scores of the wrapped estimator, thresholds of this one."""

    response_method: str
    max_labels: int | None
    at_least_one: bool

    @wrapped_has("predict_proba")
    def predict_proba(self, X: Documents | Features) -> FloatArray:
        """Estimate the probability of each label, as the wrapped estimator does.

        Parameters
        ----------
        X : sequence of length n_samples
            Documents or features, whatever the wrapped estimator takes.

        Returns
        -------
        ndarray or csr_array of shape (n_samples, n_labels), or (n_samples, 2) for a 1-D y, \
dtype float64
            Probabilities in [0, 1]: one array, whatever the wrapped estimator returns. CSR where
            its probabilities are, as those of label trees around a sparse y.

        Raises
        ------
        ValueError
            If X is not legal.
        NotFittedError
            If the tagger is not fitted.
        """
        return super().predict_proba(X)

    @wrapped_has("decision_function")
    def decision_function(self, X: Documents | Features) -> FloatArray:
        """Score the labels of documents, as the wrapped estimator does.

        Parameters
        ----------
        X : sequence of length n_samples
            Documents or features, whatever the wrapped estimator takes.

        Returns
        -------
        ndarray of shape (n_samples, n_labels), or (n_samples,) for a 1-D y, dtype float64
            Scores.

        Raises
        ------
        ValueError
            If X is not legal.
        NotFittedError
            If the tagger is not fitted.
        """
        return super().decision_function(X)

    to_onnx = wrapped_has("to_onnx")(to_onnx)

    def _find_method(self) -> str:
        """Find the method of the wrapped estimator that gives the scores; refuse one it lacks."""
        methods = [self.response_method]
        if self.response_method == "auto":
            methods = ["predict_proba", "decision_function"]
        for name in methods:
            if hasattr(self.estimator, name):
                return name
        raise ValueError(
            f"response_method is {shown(self.response_method)}, which "
            f"{type(self.estimator).__name__} does not have. Pass 'auto'."
        )

    def _rules(self) -> dict[str, Any]:
        check_decision_rules(self.max_labels, self.at_least_one)
        return {"max_labels": self.max_labels, "at_least_one": self.at_least_one}

    def _logits(self, X: Any) -> FloatArray:
        return self._scores(X, "decision_function")

    def _proba_of(self, X: Any) -> Any:
        return self._scores(X, "predict_proba", allow_sparse=True)

    def _n_scored(self) -> int:
        tagger = self.estimator_
        while getattr(tagger, "steps", None):
            tagger = tagger.steps[-1][1]
        beams = hasattr(tagger, "_scores_sparsely") and self._label_space.form == "sparse"
        return tagger._n_scored() if beams else super()._n_scored()

    def _best_of(self, X: Any, k: int) -> tuple[IntArray, FloatArray]:
        proba = self._proba_of(X)
        if sp.issparse(proba):
            return top_sparse(proba, k)
        labels = top_labels(proba, k)
        return labels, np.take_along_axis(proba, labels, axis=1)

    def _decisions_of(self, X: Any) -> Any:
        hierarchy = find_hierarchy(self.estimator_)
        scores = self._scores(X, self._method, allow_sparse=hierarchy is None)
        if sp.issparse(scores):
            return decide_sparse(scores, self.thresholds_, **self._decision_rules)
        return decide(scores, self.thresholds_, **self._decision_rules, hierarchy=hierarchy)
