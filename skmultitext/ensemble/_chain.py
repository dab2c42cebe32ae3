"""Chains: each label is decided knowing the labels before it."""

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from .._gate.samples import TrainingData
from .._gate.types import AnyArray, FloatArray, IntArray, RandomState, Threshold
from .._meta.known_labels import find_hierarchy
from .._meta.wrapping import WrappingTagger
from .._runtime.sklearn import HasMethods, Interval, RealNotInt
from ._links import Chain, fit_chain
from ._members import member_logits
from ._stacking import StackingMixin

__all__ = ["ChainTagger"]


class ChainTagger(StackingMixin, WrappingTagger):
    r"""Decide each label knowing the labels before it in a chain.

    Taggers decide every label by itself, so that a document gets sets of labels that no document
    has. Here the logit of a label is corrected by the labels before it [1]_: with z the logits of
    the wrapped estimator and k before j,

    .. math:: z_j + b_j + a_j z_j + \sum_k c_{jk} y_k,

    where y are the true labels in training, and the decisions of the chain, 1 where its
    probability exceeds 0.5, in predictions. Coefficients are fitted by logistic regression, shrunk
    towards 0, to the logits of documents that the estimator was not fitted on. So labels are
    features of a tagger of texts, too, at the cost of a cross-validation.

    Chains serve `exact_match`; scores of single labels change little. Labels with more positives
    come first.

    Parameters
    ----------
    estimator : estimator
        Any multi-label classifier of texts or features with `predict_proba`.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is predicted if its probability exceeds this, in [0, 1]. A `threshold` of the
        wrapped estimator is not used.
    cv : int, float, splitter, iterable or None, default=None
        Folds of a `MultilabelStratifiedKFold`, None for 5; a share in (0, 1) to score once; or any
        splitter or iterable of splits. In a `TunedThresholdTaggerCV` or a `CalibratedTaggerCV` with
        several folds its folds are used instead, and the estimator is not fitted a second time.
    n_jobs : int or None, default=None
        Number of folds fitted in parallel; None means 1 unless in a `joblib.parallel_config`
        context, -1 all processors.
    random_state : int, RandomState instance or None, default=None
        Seed that shuffles the documents before they are split; None does not shuffle folds.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.
    order_ : ndarray of shape (n_labels,), dtype int64
        The labels in the order of the chain, as positions in `label_names_`.
    slopes_ : ndarray of shape (n_labels,), dtype float64
        The factor of each label's own logit, :math:`1 + a_j`.
    label_coef_ : ndarray of shape (n_labels, n_labels), dtype float64
        Row j has the coefficients :math:`c_{jk}` of the labels before label j, else 0.
    intercept_ : ndarray of shape (n_labels,), dtype float64
        The intercept :math:`b_j` of each label.
    thresholds_ : ndarray of shape (n_labels,), dtype float64
        The threshold of each label.
    classes_ : ndarray of shape (n_labels, 2), or (2,) for a 1-D y
        The codes of "no" and "yes" of each label.
    label_names_ : ndarray of shape (n_labels,), dtype object
        Names of the labels, each a str.
    n_features_in_ : int
        Number of features; only where the wrapped estimator has it.
    feature_names_in_ : ndarray of shape (n_features,), dtype object
        Names of the features; only where the wrapped estimator has them.

    See Also
    --------
    VotingTagger : Combine several taggers.

    References
    ----------
    .. [1] J. Read, B. Pfahringer, G. Holmes, E. Frank, "Classifier chains for multi-label
       classification", Machine Learning 85(3), 2011.

    Examples
    --------
    >>> from skmultitext import ChainTagger, TfidfLogRegTagger
    >>> from skmultitext.datasets import load_support_tickets
    >>> tickets = load_support_tickets()
    >>> tagger = ChainTagger(TfidfLogRegTagger(), cv=3)
    >>> tagger = tagger.fit(tickets.data, tickets.label_sets)
    >>> tagger.predict_labels(["I was charged twice, please refund me"])
    [('billing', 'refund')]
    """

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "threshold": [Real, "array-like", dict],
        "cv": ["cv_object", Interval(RealNotInt, 0.0, 1.0, closed="neither")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }
    order_: IntArray
    slopes_: FloatArray
    label_coef_: FloatArray
    intercept_: FloatArray

    def __init__(
        self,
        estimator: Any,
        *,
        threshold: Threshold = 0.5,
        cv: Any = None,
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.estimator = estimator
        self.threshold = threshold
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _unfitted_members(self, routed: Any) -> list[tuple[Any, Mapping[str, Any]]]:
        return [(self.estimator, routed["estimator"]["fit"])]

    def _fit_engine(self, data: TrainingData) -> dict[str, Any]:
        return self._fit_in_own_folds(data)

    def _fit_second(self, logits: FloatArray, truth: AnyArray, weight: FloatArray) -> Chain:
        return fit_chain(logits[:, 0], truth, weight)

    def _around(self, members: list[Any], second: Any) -> dict[str, Any]:
        return {
            "estimator_": members[0],
            "order_": second.order,
            "slopes_": second.slopes,
            "label_coef_": second.coef,
            "intercept_": second.intercept,
        }

    def _logits(self, X: Any) -> FloatArray:
        chain = Chain(self.order_, self.slopes_, self.label_coef_, self.intercept_)
        logits = chain(member_logits(self.estimator_, X, self._label_space)[:, None])
        hierarchy = find_hierarchy(self.estimator_)
        return logits if hierarchy is None else hierarchy.make_consistent(logits)
