"""Votes of several taggers: means of their logits or probabilities."""

from collections.abc import Mapping
from copy import copy
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from scipy.special import logit
from sklearn import get_config
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.utils import Bunch, Tags, get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.parallel import Parallel, delayed

from .._gate.ensembles import check_members, member_weights
from .._gate.labels import LabelSpace
from .._gate.samples import TrainingData, n_rows
from .._gate.types import AnyArray, FloatArray, Labels, RandomState, Threshold
from .._meta.around import TaggerAround
from .._meta.known_labels import (
    nested_estimator,
    parameter_labels,
    prefit_estimator,
    takes_unknown,
    target_for,
)
from .._meta.wrapping import check_X_for, first_unknown, fit_wrapped, read_labels_for
from .._runtime.callbacks import FitTask
from .._runtime.messages import shown
from .._runtime.sklearn import BaseComposition, Interval, RealNotInt, StrOptions
from ..base import strictly_inside
from ..hierarchy import HierarchicalTagger
from ._members import member_logits, member_probabilities
from ._stacking import StackingMixin
from ._weights import WeightedSum, fit_weights

__all__ = ["VotingTagger"]


class VotingTagger(BaseComposition, StackingMixin, TaggerAround):
    """Let several estimators vote: a weighted mean of their logits or probabilities.

    scikit-learn's VotingClassifier refuses several labels. The members may be of different kinds:
    taggers of this package, linear or neural, and any multi-label classifier of scikit-learn with
    `predict_proba`, such as a Pipeline or OneVsRestClassifier. All take the same X, texts or
    features. For taggers of this package whose errors differ, the mean is better than the best.

    Parameters
    ----------
    estimators : list of (str, estimator)
        Names and members. Wrap a fitted one in scikit-learn's FrozenEstimator to keep it as it is;
        its labels are matched by name.
    weights : array-like of shape (n_estimators,) or (n_estimators, n_labels), dict of \
{str: float}, "fit" or None, default=None
        Weights of the members, at least 0, of which only the ratio matters; an array of two
        dimensions has those for each label, in the order of `label_names_`. A dict is by the name
        of a member; others have the weight 1. None weights all alike. "fit" finds
        weights and an intercept for each label by logistic regression of the label on the
        out-of-fold logits of the members [1]_, shrunk towards equal weights; they may be negative.
        Each member is then fitted once per fold and once on all documents.
    voting : {"logits", "probabilities"}, default="logits"
        What the mean is of. A member that is sure counts more in a mean of logits. Take
        probabilities for members whose probabilities are often exactly 0 or 1, as those of
        forests and neighbours; their logits are clipped to 16 in absolute value. Weights are
        fitted for logits only.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is predicted if its probability exceeds this, in [0, 1]. Thresholds of the members
        are not used.
    cv : int, float, splitter, iterable or None, default=None
        For ``weights="fit"``: folds of a `MultilabelStratifiedKFold`, None for 5; a share in (0, 1)
        to score once; or any splitter or iterable of splits. In a `TunedThresholdTaggerCV` or a
        `CalibratedTaggerCV` with several folds, weights are fitted in its folds instead, and no
        member is fitted a second time: the weights that score a fold come from the other folds.
    n_jobs : int or None, default=None
        Number of members fitted in parallel, with ``weights="fit"`` of folds; None means 1 unless
        in a `joblib.parallel_config` context, -1 all processors.
    random_state : int, RandomState instance or None, default=None
        Seed that shuffles the documents before they are split; None does not shuffle folds.

    Attributes
    ----------
    estimators_ : list of estimator
        The fitted members.
    named_estimators_ : Bunch
        The fitted members by name.
    weights_ : ndarray of shape (n_estimators, n_labels), dtype float64
        Weight of each member for each label; given ones add up to 1.
    intercept_ : ndarray of shape (n_labels,), dtype float64
        What is added to the weighted sum of logits; 0 unless fitted.
    thresholds_ : ndarray of shape (n_labels,), dtype float64
        The threshold of each label.
    classes_ : ndarray of shape (n_labels, 2), or (2,) for a 1-D y
        The codes of "no" and "yes" of each label.
    label_names_ : ndarray of shape (n_labels,), dtype object
        Names of the labels, each a str.
    n_features_in_ : int
        Number of features; only where a member has it.
    feature_names_in_ : ndarray of shape (n_features,), dtype object
        Names of the features; only where a member has them.

    See Also
    --------
    TunedThresholdTaggerCV : Tune the thresholds of the mean, around the VotingTagger.
    skmultitext.inspection.explain : Contributions of words, of all members together.

    References
    ----------
    .. [1] D. H. Wolpert, "Stacked generalization", Neural Networks 5(2), 1992.

    Examples
    --------
    >>> from skmultitext import TfidfLogRegTagger, VotingTagger
    >>> from skmultitext.datasets import load_support_tickets
    >>> tickets = load_support_tickets()
    >>> words = TfidfLogRegTagger(C=10)
    >>> characters = TfidfLogRegTagger(C=10, analyzer="char_wb", ngram_range=(3, 4), min_df=5)
    >>> tagger = VotingTagger([("words", words), ("characters", characters)], weights=[2, 1])
    >>> tagger = tagger.fit(tickets.data, tickets.label_sets)
    >>> tagger.predict_labels(["My parcel is late and I want my money back."])
    [('delivery', 'refund')]
    >>> tagger.set_params(words__C=1).named_estimators_.words.C
    10
    """

    _parameter_constraints = {
        "estimators": [list],
        "weights": [StrOptions({"fit"}), "array-like", dict, None],
        "voting": [StrOptions({"logits", "probabilities"})],
        "threshold": [Real, "array-like", dict],
        "cv": ["cv_object", Interval(RealNotInt, 0.0, 1.0, closed="neither")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }
    estimators_: list[Any]
    _member_names: list[str]
    weights_: FloatArray
    intercept_: FloatArray

    def __init__(
        self,
        estimators: list[tuple[str, Any]],
        *,
        weights: Any = None,
        voting: str = "logits",
        threshold: Threshold = 0.5,
        cv: Any = None,
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.estimators = estimators
        self.weights = weights
        self.voting = voting
        self.threshold = threshold
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, and with `deep` also the members and theirs, by name.

        Parameters
        ----------
        deep : bool, default=True
            Whether to list the members ``name`` and their parameters ``name__parameter``.

        Returns
        -------
        dict of {str: object}
            The parameters.
        """
        return self._get_params("estimators", deep=deep)

    def set_params(self, **params: Any) -> Self:
        """Set parameters, members ``name`` and their parameters ``name__parameter``.

        Parameters
        ----------
        **params : dict
            New values by name.

        Returns
        -------
        self
            The tagger.

        Raises
        ------
        ValueError
            If there is no such parameter.
        """
        return self._set_params("estimators", **params)

    @property
    def named_estimators_(self) -> Bunch:
        """The fitted members by name, Bunch."""
        return Bunch(**dict(zip(self._member_names, self.estimators_, strict=True)))

    def _names(self) -> list[str]:
        return [name for name, _ in self.estimators]

    def _validate_params(self) -> None:
        """Check the members too."""
        super()._validate_params()
        check_members(self.estimators, {"splitter", *self.get_params(deep=False)})
        if self._fits_weights() and self.voting != "logits":
            raise ValueError(
                f"weights='fit' finds weights of logits, but voting is {shown(self.voting)}. Pass "
                f"voting='logits', or weights=None."
            )
        for name, member in self.estimators:
            while member is not None:
                if isinstance(member, HierarchicalTagger):
                    raise ValueError(
                        f"The member {shown(name)} has a HierarchicalTagger inside. Put it around "
                        f"the VotingTagger, whose decisions are then closed upwards."
                    )
                member = nested_estimator(member)

    def _fits_weights(self) -> bool:
        return isinstance(self.weights, str)  # the only legal str is "fit"

    def _check_X(self, X: Any, *, reset: bool) -> Any:
        members = [member for _, member in self.estimators] if reset else self.estimators_
        for member in members:
            X = check_X_for(member, X, reset=reset)
        return X

    def _read_labels(self, y: Labels) -> tuple[LabelSpace, Any]:
        """Read y as the member that was fitted before reads it, or that has names of labels."""
        members = [member for _, member in self.estimators]
        for find in (prefit_estimator, parameter_labels):
            for member in members:
                if find(member) is not None:
                    return read_labels_for(member, y, prefit_estimator(member))
        return read_labels_for(members[0], y, None)

    def _unfitted_members(self, routed: Any) -> list[tuple[Any, Mapping[str, Any]]]:
        return [(member, routed[name]["fit"]) for name, member in self.estimators]

    def _fit_engine(self, data: TrainingData) -> dict[str, Any]:
        """Fit the members, and find or read their weights."""
        if self._fits_weights():
            return self._fit_in_own_folds(data)
        weights = member_weights(self.weights, self._names(), data.space)
        unknown = first_unknown(data)
        unfitted = self._unfitted_members(data.options["routed"])
        all_members, tasks = data.task.parts("members", len(unfitted), "member")
        with all_members.running():
            members = Parallel(n_jobs=self.n_jobs)(
                delayed(_fit_member)(
                    clone(member),
                    data.X,
                    target_for(data.indicator, data.space, member),
                    fit,
                    unknown,
                    task,
                )
                for (member, fit), task in zip(unfitted, tasks, strict=True)
            )
        return self._around(members, WeightedSum(weights, np.zeros(data.space.n_labels)))

    def _fit_second(self, logits: FloatArray, truth: AnyArray, weight: FloatArray) -> WeightedSum:
        return fit_weights(logits, truth, weight)

    def _around(self, members: list[Any], votes: Any) -> dict[str, Any]:
        """Return the fitted attributes around fitted members."""
        return {
            "estimators_": members,
            "_member_names": self._names(),
            "weights_": votes.weights,
            "intercept_": votes.intercept,
            "_votes_on": self.voting,
        }

    _fit_in_folds = available_if(_fits_weights)(StackingMixin._fit_in_folds)

    def _set_state(self, data: TrainingData, fitted: Mapping[str, Any]) -> None:
        """Copy n_features_in_ and feature_names_in_ from the first member that has them."""
        features = {
            name: getattr(member, name)
            for name in ("n_features_in_", "feature_names_in_")
            for member in fitted["estimators_"][::-1]
            if hasattr(member, name)
        }
        super()._set_state(data, {**features, **fitted})

    def _route(self, sample_weight: FloatArray | None, params: Mapping[str, Any]) -> Any:
        """Divide the metadata between the members and the splitter."""
        params = dict(params)
        if sample_weight is not None:
            params["sample_weight"] = sample_weight
        if get_config()["enable_metadata_routing"]:
            return process_routing(self, "fit", **params)
        split = {"groups": params.pop("groups")} if "groups" in params else {}
        members = {name: Bunch(fit=params) for name in self._names()}
        return {**members, "splitter": Bunch(split=split)}

    def get_metadata_routing(self) -> MetadataRouter:
        """Return which metadata the members and the splitter request.

        Returns
        -------
        MetadataRouter
            The router that scikit-learn's metadata routing uses.
        """
        from_fit = MethodMapping().add
        router = MetadataRouter(owner=self).add_self_request(self)
        for name, member in self.estimators:
            router.add(**{name: member}, method_mapping=from_fit(caller="fit", callee="fit"))
        router.add(
            splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split")
        )
        return router

    def _logits(self, X: Any) -> FloatArray:
        if self._votes_on == "probabilities":
            return logit(self._proba_of(X))
        logits = np.tile(self.intercept_, (n_rows(X), 1))
        for member, weights in zip(self.estimators_, self.weights_, strict=True):
            logits += weights * member_logits(member, X, self._label_space)
        return logits

    def _proba_of(self, X: Any) -> FloatArray:
        if self._votes_on == "logits":
            return super()._proba_of(X)
        proba = [
            weights * member_probabilities(member, X, self._label_space)
            for member, weights in zip(self.estimators_, self.weights_, strict=True)
        ]
        return strictly_inside(np.sum(proba, axis=0))

    def _sk_visual_block_(self) -> Any:
        """Draw the members side by side in HTML."""
        return VotingClassifier(self.estimators)._sk_visual_block_()

    def __sklearn_tags__(self) -> Tags:
        """Declare the kinds of X that all members take, and whether y may have NaN."""
        tags: Any = super().__sklearn_tags__()
        members = [member for _, member in self.estimators]
        kinds = [get_tags(member).input_tags for member in members]
        tags.input_tags = copy(next((kind for kind in kinds if kind.string), kinds[0]))
        tags.input_tags.sparse = all(kind.sparse for kind in kinds)
        tags.target_tags.allow_nan = all(
            takes_unknown(member) or prefit_estimator(member) is not None for member in members
        )
        return tags


def _fit_member(
    member: Any, X: Any, y: Any, fit_params: Mapping[str, Any], unknown: str, task: FitTask
) -> Any:
    with task.around(member):
        return fit_wrapped(member, X, y, fit_params, unknown)
