"""The estimators of an ensemble: their scores as logits, in the order of the labels."""

from typing import Any

import numpy as np
from scipy.special import logit

from .._gate.labels import LabelSpace
from .._gate.samples import CONSTANT_LOGIT
from .._gate.types import FloatArray
from .._meta.known_labels import nested_estimator, order_of_columns
from .._meta.wrapping import checked_scores
from ..base import BaseTagger
from ..thresholds._base import ThresholdTagger

__all__ = ["as_logits", "in_order", "member_logits", "member_probabilities", "score_method"]


def score_method(estimator: Any) -> str:
    """Choose the method that gives an estimator's logits: with ours `decision_function` does.

    That of an estimator of another package may be on any scale.
    """
    while estimator is not None:
        if isinstance(estimator, BaseTagger) and not isinstance(estimator, ThresholdTagger):
            return "decision_function"
        estimator = nested_estimator(estimator)
    return "predict_proba"


def as_logits(scores: Any, method: str) -> FloatArray:
    """Convert scores to logits; probabilities of 0 and 1 become those of a constant label."""
    if method == "decision_function":
        return np.asarray(scores, dtype=np.float64)
    with np.errstate(divide="ignore"):
        logits = logit(np.asarray(scores, dtype=np.float64))
    return np.clip(logits, -CONSTANT_LOGIT, CONSTANT_LOGIT)


def member_logits(estimator: Any, X: Any, space: LabelSpace) -> FloatArray:
    """Score documents with a fitted estimator: logits (n_samples, n_labels)."""
    method = score_method(estimator)
    return as_logits(_scores(estimator, X, method, space), method)


def member_probabilities(estimator: Any, X: Any, space: LabelSpace) -> FloatArray:
    """Score documents with a fitted estimator: probabilities (n_samples, n_labels)."""
    return _scores(estimator, X, "predict_proba", space).astype(np.float64, copy=False)


def _scores(estimator: Any, X: Any, method: str, space: LabelSpace) -> Any:
    return in_order(estimator, checked_scores(estimator, X, method, space), space)


def in_order(estimator: Any, scores: Any, space: LabelSpace) -> Any:
    """Put the columns of a fitted estimator in the order of the labels.

    The order may differ if the estimator was fitted before.
    """
    order = order_of_columns(estimator, space.label_names.tolist()) if space.named else None
    return scores if order is None else scores[:, order]
