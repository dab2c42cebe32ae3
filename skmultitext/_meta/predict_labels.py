"""Predict label names with any fitted estimator."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import check_is_fitted

from .._gate.labels import LabelSpace, position_names
from .._runtime.messages import listing, shown
from ..exceptions import LabelError
from .known_labels import known_labels, one_label_space, space_of_names

__all__ = ["predict_indicator", "predict_labels"]


def predict_labels(
    estimator: Any, X: Any, *, label_names: Sequence[str] | None = None
) -> list[tuple[str, ...]]:
    """Predict the label names of documents with any fitted estimator.

    Every tagger has a method of this name; this function also serves scikit-learn's
    meta-estimators, such as a Pipeline, a search, a FrozenEstimator or a stack of taggers.

    Parameters
    ----------
    estimator : estimator
        A fitted tagger, or any fitted multi-label or binary classifier with a tagger inside.
    X : sequence of length n_samples
        Documents or features, whatever its `predict` takes.
    label_names : sequence of str of length n_labels, default=None
        Names for the labels of an estimator without label names, in the order of its columns.
        None names them "0", "1", ...

    Returns
    -------
    list of tuple of str, of length n_samples
        The names of each document's labels, in the order of the columns of `predict`. A 1-D y
        has one label, named after its second class.

    Raises
    ------
    ValueError
        If X is not legal, `label_names` has the wrong length or differs from the names that the
        estimator knows, or the estimator is multiclass.
    NotFittedError
        If the estimator is not fitted.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> from skmultitext import TfidfLogRegTagger, predict_labels
    >>> from skmultitext.datasets import load_support_tickets
    >>> tickets = load_support_tickets()
    >>> pipeline = make_pipeline(FunctionTransformer(), TfidfLogRegTagger())
    >>> pipeline = pipeline.fit(tickets.data, tickets.label_sets)
    >>> predict_labels(pipeline, ["My parcel is late, please refund it"])
    [('delivery', 'refund')]
    """
    space, indicator = predict_indicator(estimator, X)
    if label_names is not None:
        space = replace(space, label_names=_checked_names(label_names, space))
    indicator = sp.csr_array(indicator) if sp.issparse(indicator) else indicator
    return space.label_sets(indicator.astype(bool))


def predict_indicator(estimator: Any, X: Any) -> tuple[LabelSpace, Any]:
    """Predict with any fitted estimator: its label space, and a column of 0 and 1 per label."""
    check_is_fitted(estimator)
    decisions = estimator.predict(X)
    space = _space_of_decisions(estimator, decisions)
    return space, space.encode(decisions)


def _space_of_decisions(estimator: Any, decisions: Any) -> LabelSpace:
    """Find the label space of the output of `predict`."""
    known = known_labels(estimator)
    if known is not None:
        return known
    if decisions.ndim == 1 or decisions.shape[1] == 1:
        classes: Any = getattr(estimator, "classes_", None)
        space = one_label_space(classes)
        if space is None:
            raise ValueError(
                f"This {type(estimator).__name__} has {np.size(classes)} class(es); predict_labels "
                f"needs a multi-label estimator, or a binary one with two classes."
            )
        return space
    return space_of_names(position_names(decisions.shape[1]))


def _checked_names(label_names: Sequence[str], space: LabelSpace) -> np.ndarray:
    """Refuse names that are not one str per label, or that differ from those of the estimator."""
    names = [] if isinstance(label_names, str) else list(label_names)
    if not all(isinstance(name, str) for name in names) or len(set(names)) != space.n_labels:
        raise LabelError(
            f"label_names is {shown(label_names)}; pass {space.n_labels} different str, one per "
            f"label."
        )
    if space.has_names and names != space.label_names.tolist():
        raise LabelError(
            f"label_names names {listing(names)}, but the estimator knows its labels as "
            f"{listing(space.label_names)}. Leave label_names out."
        )
    return np.array(names, dtype=object)
