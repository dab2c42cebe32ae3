"""Taggers around other estimators: the base class of all."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.base import MetaEstimatorMixin
from sklearn.utils import indexable

from .._gate.labels import LabelSpace
from .._gate.samples import TrainingData, check_lengths, drop_unlabeled, read_weight, select_rows
from .._gate.types import Documents, Features, FloatArray, Labels, Weights
from .._runtime.sklearn import safe_indexing
from .._runtime.threads import transaction
from ..base import BaseTagger

__all__ = ["TaggerAround"]


class TaggerAround(MetaEstimatorMixin, BaseTagger):
    """Base of taggers around one estimator or several.

    y may have any form that taggers accept, so that estimators that take only indicators can be
    fitted on label sets.
    """

    @abstractmethod
    def _read_labels(self, y: Labels) -> tuple[LabelSpace, Any]:
        """Read y as the estimators inside read it."""

    @abstractmethod
    def _route(self, sample_weight: FloatArray | None, params: Mapping[str, Any]) -> Any:
        """Divide the metadata between the estimators inside and the splitter."""

    def fit(
        self, X: Documents | Features, y: Labels, sample_weight: Weights = None, **params: Any
    ) -> Self:
        """Fit the estimator, or estimators, inside this tagger, then what it adds to them.

        Parameters
        ----------
        X : sequence of length n_samples
            Documents or features, whatever the estimators inside take.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels: an indicator of 0 and 1 of shape (n_samples, n_labels), a sequence of sets
            of label names, a single column with two codes, or a 1-D binary y. NaN in an
            indicator: the label is unknown, and the entry takes no part, where the estimators
            inside take it too.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights. They are passed to the estimators inside (with metadata routing,
            only to those that request them), and always used by what this tagger adds.
        **params : dict
            Further parameters of `fit` of the estimators inside; `groups` goes to the splitter.

        Returns
        -------
        self
            The fitted tagger.

        Raises
        ------
        ValueError
            If X, y, sample_weight or a parameter is not legal. An earlier fit is kept.
        """
        with transaction(self) as draft:
            draft._fit_checked(draft._routed_data(X, y, sample_weight, params))
        return self

    def _routed_data(
        self, X: Any, y: Labels, sample_weight: Weights, params: Mapping[str, Any]
    ) -> TrainingData:
        """Check the arguments of `fit`; the options also give what goes to whom, `routed`."""
        data = self._check_data(X, y, sample_weight)
        rows, n_given = data.options["rows"], data.options["n_given"]
        if len(rows) < n_given:
            params = select_rows(params, rows, n_given)
        routed = self._route(data.sample_weight, params)
        return replace(data, options={**data.options, "routed": routed})

    def _check_data(
        self, X: Any, y: Labels, sample_weight: Weights, **options: Any
    ) -> TrainingData:
        """Check the arguments of `fit`; keep rows of weight 0.

        The options give the `rows` that have a known label, of `n_given`, which an iterable `cv`
        numbers.
        """
        self._validate_params()
        (X,) = indexable(self._check_X(X, reset=True))
        space, indicator = self._read_labels(y)
        check_lengths(X, indicator, "y")
        n_given = indicator.shape[0]
        weight = None if sample_weight is None else read_weight(sample_weight, n_given)
        rows, indicator, weight = drop_unlabeled(np.arange(n_given), indicator, weight)
        if len(rows) < n_given:
            X = safe_indexing(X, rows)
        return self._training_data(
            X, indicator, space, weight, rows=rows, n_given=n_given, **options
        )
