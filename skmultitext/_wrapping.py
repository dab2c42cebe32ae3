"""Base of the taggers that wrap another estimator, ours or any other multi-label one."""

from dataclasses import replace

import numpy as np
from sklearn.base import MetaEstimatorMixin
from sklearn.utils import Bunch, get_tags, indexable
from sklearn.utils._metadata_requests import _routing_enabled
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_sample_weight

from ._labels import LabelSpace
from ._out_of_fold import check_scores
from ._response import find_label_names, label_scores, one_label_space
from ._rows import check_lengths, count_positives
from .base import BaseTagger, BaseTextTagger

__all__ = ["ESTIMATOR_CONSTRAINTS", "WrappingTagger"]

ESTIMATOR_CONSTRAINTS = {
    "estimator": [
        HasMethods(["fit", "predict_proba"]),
        HasMethods(["fit", "decision_function"]),
    ],
}


def wrapped_has(method):
    """Make a method exist where the wrapped estimator has it."""
    return available_if(lambda self: hasattr(getattr(self, "estimator_", self.estimator), method))


class WrappingTagger(MetaEstimatorMixin, BaseTagger):
    """A tagger whose engine is another estimator, parameter `estimator`, fitted `estimator_`.

    The gate for X is that of the wrapped estimator; y passes that of the package, so that an
    estimator that knows indicators only can be fitted with label sets.
    """

    def _check_X(self, X, *, reset):
        """Gate texts for a text tagger of ours: an error then counts rows of X, not of a fold."""
        if isinstance(self.estimator, BaseTextTagger | WrappingTagger):
            return self.estimator._check_X(X, reset=reset)
        return X

    def fit(self, X, y, sample_weight=None, **params):
        """Fit the wrapped estimator, and what this one adds to it.

        Parameters
        ----------
        X : sequence of length n_samples
            Documents or features, whatever the wrapped estimator takes.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels: an indicator of 0 and 1 of shape (n_samples, n_labels), a sequence of sets
            of label names, a single column with two codes, or a 1-D binary y.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, at least 0. Passed on to the wrapped estimator; with metadata routing only if
            it requests them.
        **params : dict
            Further parameters of the wrapped estimator's `fit`; `groups` goes to the splitter.

        Returns
        -------
        self
            The fitted tagger.

        Raises
        ------
        ValueError
            If X, y, sample_weight or a parameter is not legal. What was fitted before stays.
        """
        before = dict(vars(self))
        try:
            self._validate_params()
            (X,) = indexable(self._check_X(X, reset=True))
            space, indicator = self._learn_labels(y)
            check_lengths(X, indicator, "y")
            if sample_weight is not None:
                sample_weight = _check_sample_weight(
                    sample_weight, indicator, dtype=np.float64, ensure_non_negative=True
                )
            routed = self._route(sample_weight, params)
            fitted = self._fit_engine(X, indicator, space, sample_weight, routed)
            seen = indicator if sample_weight is None else indicator[sample_weight > 0]
            vars(self).update(
                fitted,
                _n_seen=(seen.shape[0], count_positives(seen)),
                _label_space=space,
                classes_=space.classes,
                label_names_=space.label_names,
            )
            for name in ("n_features_in_", "feature_names_in_"):
                if hasattr(self.estimator_, name):
                    setattr(self, name, getattr(self.estimator_, name))
        except BaseException:
            vars(self).clear()
            vars(self).update(before)
            raise
        return self

    def _learn_labels(self, y):
        """Read y, by the labels of the wrapped estimator where that is fitted already."""
        space, indicator = LabelSpace.learn(y)
        if not isinstance(getattr(self, "cv", None), str):
            return space, indicator
        if space.form in ("binary", "column"):
            known = one_label_space(getattr(self.estimator, "classes_", ()))
            if known is not None:
                space = replace(space, label_names=known.label_names, codes=known.codes)
            return space, space.encode(y)
        names = find_label_names(self.estimator)
        if names is None or not (space.named or len(names) == space.n_labels):
            return space, indicator
        codes = np.tile(np.array([[0, 1]]), (len(names), 1))
        space = LabelSpace(space.form, names, codes, named=True)
        return space, space.encode(y)

    def _route(self, sample_weight, params):
        """Say which parameters go to the wrapped estimator, and which to the splitter."""
        if sample_weight is not None:
            params = {**params, "sample_weight": sample_weight}
        if _routing_enabled():
            return process_routing(self, "fit", **params)
        split = {"groups": params.pop("groups")} if "groups" in params else {}
        return {"estimator": Bunch(fit=params), "splitter": Bunch(split=split)}

    def get_metadata_routing(self):
        """Say which metadata the wrapped estimator and the splitter take.

        Returns
        -------
        MetadataRouter
            What scikit-learn's metadata routing asks for.
        """
        from_fit = MethodMapping().add
        router = MetadataRouter(owner=self).add(
            estimator=self.estimator, method_mapping=from_fit(caller="fit", callee="fit")
        )
        if hasattr(self, "cv"):
            router.add(
                splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split")
            )
        return router

    def _scores(self, X, methods):
        """Ask the wrapped estimator for scores of shape (n_samples, n_labels), float64."""
        one_label = self._label_space.n_labels == 1
        scores, method = label_scores(self.estimator_, X, methods, one_label=one_label)
        return check_scores(scores, method, self._label_space).astype(np.float64, copy=False)

    def __sklearn_tags__(self):
        """Tell scikit-learn that X may be what the wrapped estimator takes."""
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags
