"""ONNX files of taggers that replace the thresholds of another."""

import os
from typing import Any

from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from .._runtime.threads import snapshot

__all__ = ["to_onnx"]


def to_onnx(self: Any, directory: str | os.PathLike[str], **options: Any) -> None:
    """Write the wrapped tagger as ONNX, with the thresholds of this one in its metadata.

    Only where the wrapped estimator has `to_onnx`, such as `TfidfLogRegTagger.to_onnx`.

    Parameters
    ----------
    directory : str or os.PathLike
        Created if it does not exist.
    **options
        Parameters of that method, such as `quantize` of `TransformerTagger.to_onnx`.

    Raises
    ------
    ValueError
        If the decisions are not those of thresholds on probabilities, or the wrapped tagger cannot
        be written.
    FileExistsError
        If the directory has files of another kind of model.
    MissingExtraError
        If onnx is not installed (extra ``onnx``).
    NotFittedError
        If the tagger is not fitted.
    """
    state = snapshot(self)
    check_is_fitted(state)
    kind = type(state).__name__
    rules = state._decision_rules
    if rules["max_labels"] is not None or rules["at_least_one"]:
        raise ValueError(
            f"This {kind} has max_labels or at_least_one; the metadata of an ONNX file have "
            f"thresholds only. Fit without them, or keep this tagger with save."
        )
    if state._method == "decision_function":
        raise ValueError(
            f"This {kind} has thresholds of decision_function; an ONNX file has thresholds of "
            f"probabilities. Fit with response_method='predict_proba'."
        )
    inner = state.estimator_
    while isinstance(inner, FrozenEstimator):
        inner = inner.estimator
    inner = snapshot(inner)
    inner.thresholds_ = state.thresholds_  # its labels have the same order
    inner.to_onnx(directory, **options)
