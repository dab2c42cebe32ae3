"""Taggers that wrap an estimator and replace its thresholds."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.special import logit
from sklearn.base import clone

from .._gate.labels import LabelSpace, resolve_thresholds
from .._gate.samples import TrainingData, count_positives
from .._gate.types import FloatArray, RandomState, Threshold
from .._meta.known_labels import find_hierarchy, inner_estimator, prefit_estimator, target_for
from .._meta.wrapping import (
    CV_CONSTRAINTS,
    ESTIMATOR_CONSTRAINTS,
    OutOfFold,
    checked_scores,
    collect_out_of_fold,
    first_unknown,
    fit_wrapped,
)
from .._runtime.messages import shown
from .._runtime.progress import FitProgress
from .._runtime.sklearn import BaseScorer, Interval, StrOptions, safe_indexing
from ..base import BaseTagger
from ._base import DECISION_CONSTRAINTS, DEFAULTS, ThresholdTagger
from ._objectives import OBJECTIVES, check_shared, make_objective
from ._search import ExactSearch, GridSearch, checked_grid, search_folds
from ._sparse import refuse_dense, search_pairs, searches_pairs

_FARTHEST = np.finfo(np.float64).max  # thresholds of 0 and 1 as logits, finite


class FixedThresholdTagger(ThresholdTagger):
    """Wrap any multi-label estimator and use given thresholds.

    The multi-label counterpart of scikit-learn's `FixedThresholdClassifier`.

    Parameters
    ----------
    estimator : estimator
        Any multi-label classifier with `predict_proba` or `decision_function`: a tagger, a
        Pipeline, OneVsRestClassifier, a forest, MLPClassifier and so on. Wrap a fitted one in
        scikit-learn's FrozenEstimator to keep it as it is.
    threshold : "auto", float, array-like of shape (n_labels,) or dict of {str: float}, \
default="auto"
        A label is predicted if its score exceeds this, strictly. Probabilities have thresholds
        in [0, 1]. A dict is by label name; labels that it does not name keep "auto", which is 0.5
        for `predict_proba` and 0 for `decision_function`. Overrides a `threshold` of the wrapped
        estimator.
    response_method : {"auto", "predict_proba", "decision_function"}, default="auto"
        Where the scores come from; "auto" takes the first of the two that there is.
    max_labels : int or None, default=None
        Maximum number of labels of a document, at least 1: of the labels above their thresholds,
        those of the highest score; among equal scores the lower column wins. None for no limit.
    at_least_one : bool, default=False
        Whether a document with no label above its threshold gets the one of the highest score.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.
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
    TunedThresholdTaggerCV : Search the thresholds.

    Examples
    --------
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from skmultitext import FixedThresholdTagger
    >>> X, y = make_multilabel_classification(n_classes=3, random_state=0)
    >>> forest = RandomForestClassifier(random_state=0)
    >>> tagger = FixedThresholdTagger(forest, threshold=[0.3, 0.5, 0.3], max_labels=2).fit(X, y)
    >>> tagger.predict(X[:2])
    array([[0, 1, 0],
           [0, 1, 0]])
    """

    _parameter_constraints = {
        **ESTIMATOR_CONSTRAINTS,
        **DECISION_CONSTRAINTS,
        "threshold": [StrOptions({"auto"}), Real, "array-like", dict],
    }
    _n_parts = 1  # the fit of the estimator

    def __init__(
        self,
        estimator: Any,
        *,
        threshold: Threshold | str = "auto",
        response_method: str = "auto",
        max_labels: int | None = None,
        at_least_one: bool = False,
    ) -> None:
        self.estimator = estimator
        self.threshold = threshold
        self.response_method = response_method
        self.max_labels = max_labels
        self.at_least_one = at_least_one

    def _resolve_thresholds(self, space: LabelSpace) -> FloatArray:
        self._rules()  # refuse bad parameters before any fit
        method = self._find_method()
        if isinstance(self.threshold, str):  # "auto"
            return np.full(space.n_labels, DEFAULTS[method])
        return resolve_thresholds(
            self.threshold,
            space,
            default=DEFAULTS[method],
            probabilities=method == "predict_proba",
        )

    def _fit_engine(self, data: TrainingData) -> dict[str, Any]:
        X, space, method = data.X, data.space, self._find_method()
        fitted = clone(self.estimator)
        y = target_for(data.indicator, space, fitted, keep_sparse=True)
        fit_params = data.options["routed"]["estimator"]["fit"]
        with data.task.part("fit of the estimator").around(fitted):
            fitted = fit_wrapped(fitted, X, y, fit_params, first_unknown(data))
        if prefit_estimator(fitted) is not None:  # perhaps fitted on other labels
            checked_scores(fitted, safe_indexing(X, [0]), method, space, allow_sparse=True)
        return self._around(fitted)

    def _around(self, fitted: Any) -> dict[str, Any]:
        """Return the fitted attributes around a fitted estimator."""
        return {
            "estimator_": fitted,
            "_method": self._find_method(),
            "_decision_rules": self._rules(),
        }


class TunedThresholdTaggerCV(ThresholdTagger):
    """Wrap any multi-label estimator and tune the threshold of each label out of fold.

    The multi-label counterpart of scikit-learn's `TunedThresholdClassifierCV`. The scores of all
    validation folds are pooled and searched at once, so that all positives of a label are in one
    search.

    The best threshold of a label with few positives is mostly noise: the best one for F1 on two
    positives may predict the label for every document. So each threshold is shrunk towards an
    anchor: the label's threshold under micro-averaged F1, which does not gain from predicting a
    rare label for every document. The result is the weighted mean of the two log-odds; the weight
    of the label's own threshold is ``n / (n + shrinkage)``, where n is the number of its positives,
    or of its negatives if those are fewer. If the micro-averaged score on the pooled scores is
    still more than 0.05 below that of the anchors, the shrinkage is doubled until it is not.

    For "youden", "precision_at_recall" and "recall_at_precision" the anchor is the best single
    threshold for all labels, for a callable the result of the first step of its search. A label
    with at least `shrinkage` positives keeps its own threshold if the mean would violate
    `min_recall` or `min_precision`. The other objectives are sums over labels and need no anchor.

    The default was compared with SCutFBR [1]_ [2]_ [3]_, which never predicts a label whose F1 is
    below a floor, on 8,000 texts with 95 labels, a third of them with fewer than 10 positives. When
    tuned for macro-F1 without a fallback, test micro-F1 was 0.400 below that of tuning for
    micro-F1; with a floor of 0.1 it was 0.014 below, and with the shrinkage 0.003. Macro-F1 was
    0.271, 0.281 and 0.291. A single threshold for all labels as anchor cost 0.04 to 0.40 of
    macro-F1. On GoEmotions, which has no rare labels, the shrinkage cost nothing, and a floor of
    0.3 cost 0.06 of macro-F1.

    Parameters
    ----------
    estimator : estimator
        Any multi-label classifier with `predict_proba` or `decision_function`: a tagger, a
        Pipeline, OneVsRestClassifier, a forest, MLPClassifier and so on. A `threshold` of its
        own is overridden.
    objective : str or callable, default="f1_macro"
        What to maximise, by the decisions with `max_labels` and `at_least_one`. An objective of
        `skmultitext.thresholds.search_thresholds` is searched as described there, a callable
        ``objective(y_true, y_pred) -> float``, greater is better, on a grid: first one threshold
        for all labels, then up to three rounds label by label. A callable sees no `sample_weight`;
        its ``y_true`` holds NaN where a label is unknown.
    objective_params : dict or None, default=None
        Parameters of the objective, such as ``{"beta": 2}``, ``{"min_recall": 0.9}`` or
        ``{"cost_fp": 1, "cost_fn": {"refund": 5, ...}}``, or further ones of the callable; and
        ``{"shared": True}`` for one threshold for all labels. With ``{"min_precision": 0.8,
        "confidence": 0.95}`` (or `min_recall`) each label keeps the minimum on new documents with
        that probability; see `skmultitext.thresholds.search_thresholds` for all labels at once
        (``"simultaneous": True``), their micro average, recall in expectation and coverage.
    response_method : {"auto", "predict_proba", "decision_function"}, default="auto"
        Where the scores come from; "auto" takes the first of the two that there is.
    thresholds : int or array-like of shape (n_thresholds,), default=100
        For a callable the thresholds to try, or how many, evenly between the lowest and the
        highest score of each label; at least 1.
    shrinkage : float, default=50.0
        Number of positives, or of negatives where those are fewer, at which a label's own
        threshold and its anchor have equal weight, in [0, inf). 0 turns the anchor off.
    cv : int, float, splitter, iterable, "prefit" or None, default=None
        Folds of a `MultilabelStratifiedKFold`, None for 5; a share in (0, 1) to validate on once;
        any splitter or iterable of splits; or "prefit": the estimator is fitted already, and X
        and y are documents that it has not seen.
    refit : bool, default=True
        Whether `estimator_` is fitted on all documents. False keeps the one fitted on the
        training part, and needs a single split. Ignored with "prefit".
    n_jobs : int or None, default=None
        Number of folds fitted in parallel; None means 1 unless in a `joblib.parallel_config`
        context, -1 all processors.
    random_state : int, RandomState instance or None, default=None
        Seed that shuffles the documents before they are split; None does not shuffle folds.
    store_cv_results : bool, default=False
        Whether to keep `cv_results_`.
    max_labels : int or None, default=None
        Maximum number of labels of a document, at least 1, as in `FixedThresholdTagger`.
    at_least_one : bool, default=False
        Whether a document with no label above its threshold gets the one of the highest score.
    verbose : {0, 1, 2}, default=0
        1 shows the fold and the time left in one line, then the score; 2 prints a line per fold.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.
    best_thresholds_ : ndarray of shape (n_labels,), dtype float64
        The threshold of each label.
    thresholds_ : ndarray of shape (n_labels,), dtype float64
        The same, under the name that all taggers have.
    best_score_ : float
        The objective, reached by these thresholds with `max_labels` and `at_least_one` on the
        pooled scores.
    cv_results_ : dict
        Only with `store_cv_results`: the same search on each fold alone, "thresholds" of shape
        (n_splits, n_labels) and "scores" of shape (n_splits,); the spread over the folds,
        "mean_thresholds" and "std_thresholds" of shape (n_labels,); and "support" and "known" of
        shape (n_labels,), the numbers of scored documents with the label, and of those of which
        the label is known.
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
    skmultitext.thresholds.search_thresholds : The search alone, and the formulas.
    FixedThresholdTagger : Use given thresholds.

    References
    ----------
    .. [1] Y. Yang, "A study of thresholding strategies for text categorization", SIGIR 2001.
    .. [2] D. D. Lewis, Y. Yang, T. G. Rose, F. Li, "RCV1: a new benchmark collection for text
       categorization research", JMLR 5, 2004.
    .. [3] R.-E. Fan, C.-J. Lin, "A study on threshold selection for multi-label classification",
       National Taiwan University, 2007.

    Examples
    --------
    >>> from skmultitext import TfidfLogRegTagger, TunedThresholdTaggerCV
    >>> from skmultitext.datasets import load_support_tickets
    >>> tickets = load_support_tickets()
    >>> tagger = TunedThresholdTaggerCV(TfidfLogRegTagger(), objective="f1_micro", cv=3)
    >>> tagger = tagger.fit(tickets.data, tickets.label_sets)
    >>> tagger.best_thresholds_.shape
    (10,)
    >>> tagger.best_score_ > 0.6
    True
    """

    _parameter_constraints = {
        **ESTIMATOR_CONSTRAINTS,
        **DECISION_CONSTRAINTS,
        **CV_CONSTRAINTS,
        "objective": [StrOptions(set(OBJECTIVES)), callable],
        "objective_params": [dict, None],
        "thresholds": [Interval(Integral, 1, None, closed="left"), "array-like"],
        "shrinkage": [Interval(Real, 0, np.inf, closed="left")],
        "refit": ["boolean"],
        "store_cv_results": ["boolean"],
    }
    _n_parts = 2  # the folds, the fit on all documents

    def __init__(
        self,
        estimator: Any,
        *,
        objective: str | Callable[..., float] = "f1_macro",
        objective_params: dict[str, Any] | None = None,
        response_method: str = "auto",
        thresholds: int | Sequence[float] | FloatArray = 100,
        shrinkage: float = 50.0,
        cv: Any = None,
        refit: bool = True,
        n_jobs: int | None = None,
        random_state: RandomState = None,
        store_cv_results: bool = False,
        max_labels: int | None = None,
        at_least_one: bool = False,
        verbose: int = 0,
    ) -> None:
        self.estimator = estimator
        self.objective = objective
        self.objective_params = objective_params
        self.response_method = response_method
        self.thresholds = thresholds
        self.shrinkage = shrinkage
        self.cv = cv
        self.refit = refit
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.store_cv_results = store_cv_results
        self.max_labels = max_labels
        self.at_least_one = at_least_one
        self.verbose = verbose

    @property  # not a second attribute: one array under two names
    def thresholds_(self) -> FloatArray:  # type: ignore[override]
        """Threshold of each label, ndarray of shape (n_labels,), dtype float64."""
        return self.best_thresholds_

    def _resolve_thresholds(self, space: LabelSpace) -> None:
        """Return None: `_fit_engine` searches them."""

    def _fit_engine(self, data: TrainingData) -> dict[str, Any]:
        method = self._find_method()
        search = self._make_search(data.space, method)  # checks its parameters before any fit
        sparsely = searches_pairs(search) and not self.store_cv_results
        if not sparsely:
            refuse_dense(self.estimator, data.indicator)
        pooled = collect_out_of_fold(self, data, method, refit=self.refit, keep_sparse=sparsely)
        progress = FitProgress(1, self.verbose)
        fitted = self._fit_scores(pooled, search, method)
        name = self.objective if isinstance(self.objective, str) else "objective"
        progress.say("thresholds tuned", f"{name} {fitted['best_score_']:.4f}")
        return fitted

    def _fit_scores(
        self, pooled: OutOfFold, search: ExactSearch | GridSearch, method: str
    ) -> dict[str, Any]:
        """Search the thresholds on out-of-fold scores."""
        search = replace(search, hierarchy=find_hierarchy(pooled.estimator))
        if sp.issparse(pooled.scores):
            assert isinstance(search, ExactSearch)
            thresholds, score = search_pairs(search, pooled)
        else:
            thresholds = search.thresholds(pooled.indicator, pooled.scores, pooled.weight)
            score = search.score(pooled.indicator, pooled.scores, thresholds, pooled.weight)
        if pooled.histogram is not None:
            thresholds = pooled.histogram.settle(thresholds, probabilities=search.probabilities)
        if prefit_estimator(self) is not None:
            # a label without a positive here keeps the threshold of the prefit estimator
            own = _own_thresholds(pooled.estimator, method, len(thresholds))
            thresholds = np.where(count_positives(pooled.indicator) == 0, own, thresholds)
        fitted = {
            "estimator_": pooled.estimator,
            "best_thresholds_": thresholds,
            "best_score_": score,
            "_method": method,
            "_decision_rules": self._rules(),
        }
        if self.store_cv_results:
            fitted["cv_results_"] = search_folds(search, pooled)
        return fitted

    def _make_search(self, space: LabelSpace, method: str) -> ExactSearch | GridSearch:
        """Check the parameters of the search, and create it."""
        params = dict(self.objective_params or {})
        for key in params:
            if not isinstance(key, str):
                raise ValueError(
                    f"objective_params has the key {shown(key)}; name its parameters by str, such "
                    f"as {{'beta': 2}}."
                )
        common: dict[str, Any] = {
            "rules": self._rules(),
            "shrinkage": self.shrinkage,
            "probabilities": method == "predict_proba",
        }
        grid = checked_grid(self.thresholds, common["probabilities"])
        if isinstance(self.objective, str):
            return ExactSearch(
                make_objective(self.objective, space.label_names, **params),
                **common,
                label_names=space.label_names,
            )
        if isinstance(self.objective, BaseScorer):
            raise ValueError(
                f"objective is {shown(self.objective)}, a scorer, which is called with an "
                f"estimator. Pass a function of y_true and y_pred, such as "
                f"skmultitext.metrics.f1_score with objective_params={{'average': 'micro'}}."
            )
        shared = check_shared(params.pop("shared", False))
        return GridSearch(self.objective, params, shared, space, grid, **common)


def _own_thresholds(estimator: Any, method: str, n_labels: int) -> FloatArray:
    """Return the thresholds of a fitted estimator, on the scale of `method`."""
    while estimator is not None and not isinstance(estimator, BaseTagger):
        estimator = inner_estimator(estimator)
    if estimator is not None:
        scale = estimator._method if isinstance(estimator, ThresholdTagger) else "predict_proba"
        if scale == method:
            return estimator.thresholds_
        if not isinstance(estimator, ThresholdTagger):
            with np.errstate(divide="ignore"):
                return np.clip(logit(estimator.thresholds_), -_FARTHEST, _FARTHEST)
    return np.full(n_labels, DEFAULTS[method])
