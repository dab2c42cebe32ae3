"""Base classes of all taggers: check input, fit an engine, compute probabilities, apply thresholds.

A tagger defines `_fit_engine` (data to fitted attributes) and `_logits` (documents to scores).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import ClassifierTags, InputTags, Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from ._gate.containers import check_sparse
from ._gate.decision import decide, exact_matches, top_labels
from ._gate.documents import check_documents, refuse_documents
from ._gate.labels import LabelSpace, resolve_class_weight, resolve_thresholds
from ._gate.samples import (
    CONSTANT_LOGIT,
    TrainingData,
    check_lengths,
    count_entries,
    drop_unlabeled,
    drop_zero_weight,
    n_rows,
    read_weight,
    warn_of_unknown_labels,
)
from ._gate.types import Documents, Features, FloatArray, IntArray, Labels, Weights
from ._meta.known_labels import TargetTags, takes_unknown
from ._runtime.callbacks import CallbackSupport, FitTask, ended_callbacks
from ._runtime.doc_links import DocumentationLink
from ._runtime.messages import did_you_mean, shown
from ._runtime.pickling import VersionedPickle
from ._runtime.sklearn import InvalidParameterError, StrOptions, safe_indexing
from ._runtime.threads import StoppedFit, snapshot, transaction

__all__ = ["CONSTANT_LOGIT", "BaseFeatureTagger", "BaseTagger", "BaseTextTagger", "TargetTags"]


def __dir__() -> list[str]:
    return __all__


# Most (document, label) scores computed at once: 32 MiB of float64.
BLOCK = 2**22

LOWEST_PROBABILITY = np.finfo(np.float64).tiny
HIGHEST_PROBABILITY = 1.0 - np.finfo(np.float64).epsneg


class BaseTagger(
    DocumentationLink, VersionedPickle, CallbackSupport, ClassifierMixin, BaseEstimator, ABC
):
    """Base of all taggers.

    Subclasses take a parameter `threshold`, may take `labels`, and define `_check_X`, `_fit_engine`
    and `_logits`.
    """

    threshold: Any
    labels: Any = None
    _n_parts = 0  # of a fit, at most, of which callbacks are told
    _parameter_constraints: ClassVar[dict[str, Any]]
    _label_space: LabelSpace
    thresholds_: FloatArray

    @abstractmethod
    def _check_X(self, X: Any, *, reset: bool) -> Any:
        """Check X; with `reset` also record its features, which later X must have too."""

    @abstractmethod
    def _fit_engine(self, data: TrainingData) -> dict[str, Any]:
        """Fit on checked data; return the fitted attributes without setting them."""

    @abstractmethod
    def _logits(self, X: Any) -> FloatArray:
        """Score checked X; return float64 logits of shape (n_samples, n_labels)."""

    def fit(self, X: Documents | Features, y: Labels, sample_weight: Weights = None) -> Self:
        """Fit the tagger.

        Other threads may predict with the tagger meanwhile. The new state replaces the old one at
        once at the end, and every method call uses one of the two.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Training documents: texts for a tagger of text, else features.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels: an indicator of 0 and 1 of shape (n_samples, n_labels), a sequence of sets
            of label names, a single column with two codes, or a 1-D binary y. NaN in an
            indicator means that nobody knows whether the label holds: such an entry takes no part.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights. Weight 0 equals removal, an integer weight equals repetition. A
            label that occurs only in rows of weight 0 is known, but never predicted.

        Returns
        -------
        self
            The fitted tagger.

        Raises
        ------
        ValueError
            If X, y, sample_weight or a parameter is not legal. An earlier fit is kept.

        Warns
        -----
        UnknownLabelWarning
            If no label of a document is known, which is then left out; or nothing of a label,
            which is then never given.
        """
        with transaction(self) as draft:
            draft._fit_checked(draft._check_data(X, y, sample_weight))
        return self

    def _validate_params(self) -> None:
        """Check the parameters as scikit-learn does; shorten long values, suggest similar names."""
        try:
            super()._validate_params()
        except InvalidParameterError as error:
            name = next(
                n for n in self.get_params(deep=False) if str(error).startswith(f"The {n!r}")
            )
            value = getattr(self, name)
            text = str(error).replace(f"Got {value!r}", f"Got {shown(value)}")
            legal = [
                option
                for constraint in self._parameter_constraints[name]
                if isinstance(constraint, StrOptions)
                for option in constraint.options
            ]
            raise InvalidParameterError(text + did_you_mean(value, legal)) from None

    def _check_data(self, X: Any, y: Labels, sample_weight: Weights) -> TrainingData:
        """Check the arguments of `fit`."""
        return self._training_data(*self._check_input(X, y, sample_weight))

    def _check_input(
        self, X: Any, y: Labels, sample_weight: Weights
    ) -> tuple[Any, Any, LabelSpace, FloatArray | None]:
        """Check the arguments of `fit`; return X, indicator, labels and weights, all above 0."""
        self._validate_params()
        X = self._check_X(X, reset=True)
        space, indicator = LabelSpace.learn(
            y, labels=self.labels, allow_unknown=takes_unknown(self)
        )
        check_lengths(X, indicator, "y")
        X, indicator, weight = drop_zero_weight(X, indicator, sample_weight)
        X, indicator, weight = drop_unlabeled(X, indicator, weight)
        return X, indicator, space, weight

    def _training_data(
        self,
        X: Any,
        indicator: Any,
        space: LabelSpace,
        sample_weight: FloatArray | None = None,
        *,
        counts: tuple[int, IntArray, IntArray] | None = None,
        **options: Any,
    ) -> TrainingData:
        """Count the positives, and resolve thresholds and class weights per label.

        `counts` gives the number of samples, and of known and positive ones of each label, if
        indicator is None or lacks the samples that a network holds out.
        """
        if counts is None:
            seen = indicator
            if sample_weight is not None and not sample_weight.all():
                seen = indicator[np.flatnonzero(sample_weight)]
            counts = seen.shape[0], *count_entries(seen)
        warn_of_unknown_labels(counts[1], space.label_names)
        data = TrainingData(
            X,
            indicator,
            space,
            sample_weight,
            *counts,
            class_weight=None,
            thresholds=self._resolve_thresholds(space),
            options=options,
        )
        given = getattr(self, "class_weight", None)
        return replace(data, class_weight=resolve_class_weight(given, space, data.label_totals))

    def _resolve_thresholds(self, space: LabelSpace) -> FloatArray | None:
        return resolve_thresholds(self.threshold, space)

    def _fit_checked(self, data: TrainingData, engine: Callable[..., Any] | None = None) -> None:
        """Fit on checked data, by `_fit_engine` unless told; set the fitted state last."""
        with ended_callbacks(self):
            task = FitTask.of(self, self._n_parts)
            task.begin(**data.told())
            try:
                fitted = (engine or self._fit_engine)(replace(data, task=task))
            except StoppedFit as stopped:
                self._set_state(data, stopped.fitted)
                raise
            self._set_state(data, fitted)
            task.end(fitted=True, **data.told())

    def _set_state(self, data: TrainingData, fitted: Mapping[str, Any]) -> None:
        """Replace the fitted attributes by those of this fit."""
        # keep private names: scikit-learn sets some on estimators that it fits
        counts = data.n_samples, data.n_known, data.n_positives
        others = {name: value for name, value in vars(self).items() if not name.endswith("_")}
        self.__dict__ = {
            **others,
            **({"_n_seen": counts} if data.n_samples else {}),  # none: trained elsewhere
            "_label_space": data.space,
            "classes_": data.space.classes,
            "label_names_": data.space.label_names,
            **({} if data.thresholds is None else {"thresholds_": data.thresholds}),
            **fitted,
        }

    def __sklearn_is_fitted__(self) -> bool:
        """Whether a fit has been completed; `check_is_fitted` of scikit-learn calls this."""
        return hasattr(self, "_label_space")

    def decision_function(self, X: Documents | Features) -> FloatArray:
        """Score the labels of documents.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents.

        Returns
        -------
        ndarray of shape (n_samples, n_labels), or (n_samples,) for a 1-D y, dtype float64
            Logits: the logarithm of the odds that the label is given.

        Raises
        ------
        ValueError
            If X is not legal.
        NotFittedError
            If the tagger is not fitted.
        """
        state = snapshot(self)
        logits = _joined(state._by_rows(state._logits, X))
        return logits[:, 0] if state._label_space.form == "binary" else logits

    def predict_proba(self, X: Documents | Features) -> FloatArray:
        """Estimate the probability of each label.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents.

        Returns
        -------
        ndarray of shape (n_samples, n_labels), or (n_samples, 2) for a 1-D y, dtype float64
            Probabilities, strictly inside (0, 1). For a 1-D y those of both classes.

        Raises
        ------
        ValueError
            If X is not legal.
        NotFittedError
            If the tagger is not fitted.
        """
        state = snapshot(self)
        proba = state._proba(X)
        if state._label_space.form == "binary":
            return np.column_stack([strictly_inside(1.0 - proba[:, 0]), proba[:, 0]])
        return proba

    def predict(self, X: Documents | Features) -> Any:
        """Predict the labels of each document: those whose probability exceeds the threshold.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents.

        Returns
        -------
        ndarray or csr_matrix of shape (n_samples, n_labels), dtype int64
            Indicator: 1 where ``predict_proba > thresholds_``; sparse where y was sparse at
            fit. For a 1-D y or a single column the codes of y, in the shape of y.

        Raises
        ------
        ValueError
            If X is not legal.
        NotFittedError
            If the tagger is not fitted.
        """
        state = snapshot(self)
        decisions = state._decisions(X)
        return state._label_space.decode(decisions)

    def predict_labels(self, X: Documents | Features) -> list[tuple[str, ...]]:
        """Name the labels of each document.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents.

        Returns
        -------
        list of tuple of str, of length n_samples
            The names of each document's labels, in the order of `label_names_`.

        Raises
        ------
        ValueError
            If X is not legal.
        NotFittedError
            If the tagger is not fitted.
        """
        state = snapshot(self)
        blocks = state._by_rows(state._decisions_of, X)
        return [names for block in blocks for names in state._label_space.label_sets(block)]

    def predict_topk(self, X: Documents | Features, k: int) -> tuple[IntArray, FloatArray]:
        """Find the most probable labels of each document, regardless of the thresholds.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents.
        k : int
            How many labels, from 1 to n_labels.

        Returns
        -------
        labels : ndarray of shape (n_samples, k), dtype int64
            Indices of labels in `label_names_`, the most probable first; among equal
            probabilities the lower index comes first.
        proba : ndarray of shape (n_samples, k), dtype float64
            Their probabilities, as in `predict_proba`; for a 1-D y that of its second class.

        Raises
        ------
        ValueError
            If X or k is not legal.
        NotFittedError
            If the tagger is not fitted.
        """
        state = snapshot(self)
        check_is_fitted(state)
        n_labels = state._label_space.n_labels
        if not isinstance(k, Integral) or isinstance(k, bool) or not 1 <= k <= n_labels:
            raise ValueError(f"k is {shown(k)}; pass an integer from 1 to n_labels={n_labels}.")

        labels, proba = zip(*state._by_rows(lambda X: state._best_of(X, int(k)), X), strict=True)
        return np.concatenate(labels), np.concatenate(proba)

    def score(self, X: Documents | Features, y: Labels, sample_weight: Weights = None) -> float:
        """Compute the exact match ratio: the share of documents with all labels correct.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            True labels, in any form that `fit` takes. A name in a label set that was unknown in
            `fit` counts as a missed label. Only the known labels of a document count; a document
            without any is left out.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.

        Returns
        -------
        float
            Exact match (subset accuracy) in [0, 1].

        Raises
        ------
        ValueError
            If X or y is not legal, or their lengths differ.
        NotFittedError
            If the tagger is not fitted.
        """
        state = snapshot(self)
        decisions = state._decisions(X)
        truth = state._encode_truth(y)
        check_lengths(decisions, truth, "y")
        if sample_weight is not None:
            sample_weight = read_weight(sample_weight, truth.shape[0])
        decisions, truth, sample_weight = drop_unlabeled(decisions, truth, sample_weight)
        right = exact_matches(decisions, truth)
        return float(np.average(right, weights=sample_weight))

    def _encode_truth(self, y: Labels) -> Any:
        """Encode true labels; names in label sets that are no labels get columns at the end."""
        return self._label_space.encode(y, new_names="append", allow_unknown=True)

    def _by_rows(self, method: Callable[[Any], Any], X: Any) -> Iterator[Any]:
        """Check X, then apply `method` to blocks of rows: this bounds the memory of scores."""
        check_is_fitted(self)
        X = self._check_X(X, reset=False)
        n_samples, size = n_rows(X), max(1, BLOCK // self._n_scored())
        if n_samples <= size:
            yield method(X)
            return
        for start in range(0, n_samples, size):
            yield method(safe_indexing(X, slice(start, start + size)))

    def _n_scored(self) -> int:
        """Count the labels that are scored for a document."""
        return self._label_space.n_labels

    def _best_of(self, X: Any, k: int) -> tuple[IntArray, FloatArray]:
        """Find the k most probable labels for checked X, and their probabilities."""
        labels = top_labels(proba := self._proba_of(X), k)
        return labels, np.take_along_axis(proba, labels, axis=1)

    def _proba_of(self, X: Any) -> FloatArray:
        """Probabilities for checked X, (n_samples, n_labels) whatever the form of y."""
        return strictly_inside(expit(self._logits(X)))

    def _decisions_of(self, X: Any) -> Any:
        """Take the 0/1 decisions for checked X, dtype bool, dense or CSR."""
        return decide(self._proba_of(X), self.thresholds_)

    def _proba(self, X: Any) -> FloatArray:
        return _joined(self._by_rows(self._proba_of, X))

    def _decisions(self, X: Any) -> Any:
        """Take the 0/1 decisions, dtype bool: CSR where y was sparse at fit."""

        def decide_rows(X: Any) -> Any:
            decisions = self._decisions_of(X)
            if self._label_space.form == "sparse":
                return sp.csr_array(decisions)
            return decisions.toarray() if sp.issparse(decisions) else decisions

        return _joined(self._by_rows(decide_rows, X))

    def __sklearn_tags__(self) -> Tags:
        """Declare the kinds of y that scikit-learn's tools may pass."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags = ClassifierTags(multi_class=False, multi_label=True)
        tags.target_tags = TargetTags(required=True, multi_output=True, single_output=True)
        return tags


class BaseFeatureTagger(BaseTagger):
    """Base of taggers whose X is a matrix of features, dense or sparse."""

    _dtype: ClassVar[Any] = np.float64  # what the engine computes in

    def _check_X(self, X: Any, *, reset: bool) -> Any:
        refuse_documents(X)
        check_sparse(X, "X")
        with np.errstate(over="ignore"):  # values beyond the dtype are refused as infinite
            return validate_data(
                self, X, reset=reset, accept_sparse="csr", dtype=self._dtype, order="C"
            )

    def _set_state(self, data: TrainingData, fitted: Mapping[str, Any]) -> None:
        features = {"n_features_in_": data.X.shape[1]}
        if hasattr(self, "feature_names_in_"):  # set by _check_X
            features["feature_names_in_"] = self.feature_names_in_
        super()._set_state(data, {**features, **fitted})

    def __sklearn_tags__(self) -> Tags:
        """Declare the kinds of X that scikit-learn's tools may pass."""
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class BaseTextTagger(BaseTagger):
    """Base of taggers whose X is a sequence of texts."""

    def _check_X(self, X: Any, *, reset: bool) -> list[str]:
        return check_documents(X)

    def __sklearn_tags__(self) -> Tags:
        """Declare the kinds of X that scikit-learn's tools may pass."""
        tags = super().__sklearn_tags__()
        tags.input_tags = InputTags(two_d_array=False, string=True)
        return tags


def _joined(blocks: Any) -> Any:
    """Concatenate blocks of rows; a single block is not copied."""
    blocks = list(blocks)
    if len(blocks) == 1:
        return blocks[0]
    return sp.vstack(blocks, format="csr") if sp.issparse(blocks[0]) else np.concatenate(blocks)


def strictly_inside(proba: FloatArray) -> FloatArray:
    """Keep probabilities strictly inside (0, 1)."""
    return np.clip(proba, LOWEST_PROBABILITY, HIGHEST_PROBABILITY)
