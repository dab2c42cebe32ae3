"""A fitted tagger of texts: the estimators inside it, its label names and its predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.utils.validation import check_is_fitted

from .._gate.types import BoolArray, FloatArray, IntArray
from .._meta.known_labels import known_labels, one_label_space
from .._meta.response import label_scores
from .._meta.wrapping import WrappingTagger
from .._runtime.memory import refuse_too_large
from .._runtime.messages import did_you_mean, listing, shown
from .._runtime.threads import snapshot
from ..base import BaseTagger, strictly_inside
from ..ensemble import ChainTagger
from ..exceptions import LabelError
from ._explanation import DocumentExplanation, SentenceExplanation

__all__ = ["Predictions", "find_label", "fitted_state", "name_labels", "unwrap"]

_BYTES = 25.0  # for each document and label: probabilities, logits and decisions

# These only post-process the inner estimator's scores
_TRANSPARENT = (WrappingTagger, FixedThresholdClassifier, TunedThresholdClassifierCV)


def fitted_state(tagger: Any) -> Any:
    """Return a fitted tagger; for ours, a snapshot that a fit in another thread cannot change."""
    if isinstance(tagger, type) or not hasattr(tagger, "fit"):
        found = f"the class {tagger.__name__}" if isinstance(tagger, type) else shown(tagger)
        raise ValueError(f"tagger is {found}; pass a fitted tagger.")
    state = snapshot(tagger) if isinstance(tagger, BaseTagger) else tagger
    check_is_fitted(state)
    return state


def unwrap(tagger: Any) -> tuple[list[Any], Any]:
    """Return the transformers of a text, in order, and the estimator that computes scores."""
    transformers: list[Any] = []
    while True:
        if hasattr(tagger, "steps"):
            steps = [step for _, step in tagger.steps]
            transformers += [step for step in steps[:-1] if step not in (None, "passthrough")]
            tagger = steps[-1]
        elif hasattr(tagger, "best_estimator_"):
            tagger = tagger.best_estimator_
        elif isinstance(tagger, _TRANSPARENT) and not isinstance(tagger, ChainTagger):
            tagger = tagger.estimator_
        elif hasattr(tagger, "vectorizer_") and hasattr(tagger, "classifier_"):
            transformers.append(tagger.vectorizer_)
            tagger = tagger.classifier_
        else:
            return transformers, tagger


def find_label(label: object, names: Sequence[str]) -> int:
    """Find the position of a label by its name."""
    if not isinstance(label, str) or label not in names:
        raise LabelError(
            f"label is {shown(label)}, but the labels of this tagger are {listing(names)}."
            f"{did_you_mean(label, names)}"
        )
    return names.index(label)


def name_labels(tagger: Any, n_labels: int) -> list[str]:
    """Return the label names that the tagger learned, otherwise its classes, otherwise positions.

    A single label is named after its second class.
    """
    known, classes = known_labels(tagger), tagger.classes_
    names: Any = None if known is None else known.label_names
    if names is None and n_labels == 1:
        names = np.ravel(classes)[-1:]
    elif names is None:
        flat = getattr(classes, "shape", None) == (n_labels,)  # not two codes for each label
        names = classes if flat else range(n_labels)
    return [str(name) for name in names]


@dataclass(frozen=True, eq=False)
class Predictions:
    """Probabilities and decisions for documents."""

    names: list[str]
    proba: FloatArray
    decisions: BoolArray
    one_label: bool  # whether y was 1-D or had a single column

    @classmethod
    def of(cls, tagger: Any, texts: Any, function: str = "explain") -> "Predictions":
        """Predict with a fitted tagger; refuse a multiclass one, or one without probabilities.

        `function` is the subject of the error messages.
        """
        if not hasattr(tagger, "predict_proba"):
            raise ValueError(
                f"{function} needs probabilities, but {type(tagger).__name__} has no "
                f"predict_proba. Fit it inside CalibratedTaggerCV."
            )
        given = tagger.predict(texts)
        if sp.issparse(given):
            n_documents, n_labels = given.shape
            refuse_too_large(
                f"{function} of {n_documents} documents with {n_labels} labels",
                _BYTES * n_documents * n_labels,
                "Pass fewer documents, or a tagger of the labels of interest.",
            )
            given = (given.astype(bool) if n_labels > 1 else given).toarray()
        given = np.asarray(given)
        one_label = given.ndim == 1 or given.shape[1] == 1
        if one_label:
            space = one_label_space(tagger.classes_)
            if space is None:
                raise ValueError(
                    f"{function} needs binary or multi-label data; this tagger is multiclass, "
                    f"with {np.size(tagger.classes_)} class(es). Fit it on an indicator of the "
                    f"classes."
                )
            given = space.encode(given)
        methods = ("predict_proba",)
        proba, _ = label_scores(tagger, texts, methods, one_label=one_label, allow_sparse=True)
        if sp.issparse(proba):
            proba = strictly_inside(proba.toarray())
        names = name_labels(tagger, given.shape[1])
        return cls(names, proba.astype(np.float64), given.astype(bool), one_label)

    def labels_to_explain(self, label: str | None) -> IntArray:
        """Return the label to explain for each document; None means the most probable one."""
        if label is None:
            return self.proba.argmax(axis=1)
        return np.full(len(self.proba), find_label(label, self.names))

    def document(
        self,
        row: int,
        sentences: tuple[SentenceExplanation, ...],
        label: int | None = None,
        intercept: float | None = None,
    ) -> DocumentExplanation:
        """Make the explanation of a document; label None means all labels together."""
        given = tuple(np.array(self.names, dtype=object)[self.decisions[row]])
        return DocumentExplanation(
            sentences,
            dict(zip(self.names, self.proba[row].tolist(), strict=True)),
            given,
            None if label is None else self.names[label],
            intercept,
        )
