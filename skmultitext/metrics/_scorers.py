"""Scorers for scikit-learn's searches and cross-validation."""

import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from difflib import get_close_matches
from functools import partial
from inspect import signature
from types import MappingProxyType
from typing import Any

from sklearn.utils import Tags, TargetTags

from .._gate.containers import column_names, plain_rows
from .._gate.label_forms import are_label_sets, has_one_column, warn_of_text_order
from .._gate.samples import with_nan
from .._gate.types import Labels
from .._meta.known_labels import find_hierarchy, find_label_names, one_label_space, order_of_columns
from .._meta.response import checked_response, positive_scores, response_method
from .._runtime.messages import shown
from .._runtime.sklearn import BaseScorer
from . import (
    _at_k,
    _curves,
    _hierarchical,
    _label_ranking,
    _precision_recall,
    _probability_scores,
    _propensities,
    _scores,
)

_PREDICT = ("predict",)
_PROBA = ("predict_proba",)
_ANY_SCORE = ("predict_proba", "decision_function")
# these need a hierarchy, and so are not in SCORERS
_HIERARCHICAL = ("hierarchical_f1", "hierarchical_precision", "hierarchical_recall")
_AT_K = re.compile(r"(precision|recall|ndcg|psp)_at_([1-9][0-9]*)")
# parameters that the name of a scorer fixes, or that its call passes
_SETTLED = {"y_true", "y_pred", "y_score", "y_proba", "sample_weight", "average", "k"}


class LabelScorer(BaseScorer):
    """A scorer that works with any multi-label estimator.

    Unlike scikit-learn's scorers, it accepts y in every form that a tagger takes, matches labels by
    the names that the estimator learned, and handles forests with a constant label.
    """

    def __init__(
        self,
        name: str,
        score_func: Callable[..., Any],
        sign: int,
        kwargs: dict[str, Any],
        response_method: tuple[str, ...],
    ) -> None:
        super().__init__(score_func, sign, kwargs, response_method)
        self._name = name

    def __repr__(self) -> str:
        fixed = ("average", "k")
        options = "".join(f", {k}={v!r}" for k, v in self._kwargs.items() if k not in fixed)
        return f"get_scorer({self._name!r}{options})"

    def _score(
        self,
        method_caller: Callable[..., Any],
        estimator: Any,
        X: Any,
        y_true: Labels,
        **kwargs: Any,
    ) -> Any:
        """Score the estimator; called by scikit-learn, which passes a cache of responses."""
        self._warn_overlap("The scorer has these parameters already.", kwargs)
        y_true, options = plain_rows(y_true), {**self._kwargs, **kwargs}
        if options.get("label_names") is None:
            options["label_names"] = names = find_label_names(estimator)
            if not (names is None or are_label_sets(y_true) or column_names(y_true)):
                warn_of_text_order(list(names))
        if "hierarchy" in signature(self._score_func).parameters and "hierarchy" not in options:
            options["hierarchy"] = _hierarchy_of(estimator)
        names = options["label_names"]
        order = None if names is None else order_of_columns(estimator, names)
        one_label = has_one_column(y_true) or (names is not None and len(names) == 1)

        method = response_method(estimator, self._response_method)
        # a tuple: scikit-learn's own scorers cache different output under the method's name
        key = method if method == "predict" else (method,)
        output = method_caller(_RawOutput(estimator), key, X)
        classes = getattr(estimator, "classes_", None)
        if method != "predict":
            output = positive_scores(
                output, classes, one_label=one_label, parameter=method, allow_sparse=True
            )
        if order is not None:
            output = output[:, order]
        if has_one_column(y_true):
            y_true, output = _encode_one_label(classes, y_true, output, method)
        return self._sign * self._score_func(y_true, output, **options)


def _hierarchy_of(estimator: Any) -> dict[str, tuple[str, ...]]:
    hierarchy = find_hierarchy(estimator)
    if hierarchy is None:
        raise ValueError(
            f"{type(estimator).__name__} has no hierarchy of labels. Pass it: "
            f"get_scorer('hierarchical_f1', hierarchy=...)."
        )
    return hierarchy.parents()


class _RawOutput:
    """Wraps an estimator so that scikit-learn returns its raw output.

    From a classifier's list of arrays, scikit-learn takes the last column of each: for a label that
    no training document has, this is the probability of "no". It does not change the output of an
    outlier detector.
    """

    def __init__(self, estimator: Any) -> None:
        self._estimator = estimator

    def __getattr__(self, name: str) -> Any:
        if name in _ANY_SCORE:
            return partial(checked_response, self._estimator, method=name)
        return getattr(self._estimator, name)

    def __sklearn_tags__(self) -> Tags:
        return Tags(estimator_type="outlier_detector", target_tags=TargetTags(required=False))


def _encode_one_label(classes: Any, y_true: Labels, output: Any, method: str) -> tuple[Any, Any]:
    """Encode a 1-D y by the estimator's two codes; y_true may hold only one of them."""
    space = None if classes is None else one_label_space(classes)
    if space is None:
        return y_true, output
    y_true = with_nan(space.encode(y_true, allow_unknown=True))
    return y_true, space.encode(output) if method == "predict" else output


def get_scorer(scoring: Any, **options: Any) -> Any:
    """Make a scorer for `scoring=` of GridSearchCV, cross_validate and similar tools.

    Parameters
    ----------
    scoring : str, callable, or list or tuple of str
        A name of `SCORERS`; ``precision_at_<k>``, ``recall_at_<k>`` or ``ndcg_at_<k>`` for any k;
        ``psp_at_<k>`` for any k, with the option `propensities`; or ``hierarchical_f1``,
        ``hierarchical_precision`` or ``hierarchical_recall``, which take the hierarchy of the
        estimator, or the option `hierarchy`. A callable is returned as it is; several names give a
        dict, which scikit-learn takes for several scores at once.
    **options
        Parameters of the score: `undefined`, `zero_division`, `n_bins` where it has them;
        `label_names` if y is label sets and the estimator has no label names.

    Returns
    -------
    callable or dict of callable
        ``scorer(estimator, X, y, sample_weight=None)``; greater is better. With metadata
        routing, ``scorer.set_score_request(sample_weight=True)``.

    Raises
    ------
    ValueError
        If a name is unknown (close ones are listed), or the score has no such parameter.

    References
    ----------
    scikit-learn, "Metrics and scoring: quantifying the quality of predictions".

    Examples
    --------
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> X, y = make_multilabel_classification(random_state=0)
    >>> forest = RandomForestClassifier(random_state=0).fit(X, y)
    >>> get_scorer("f1_macro", undefined="zero")(forest, X, y)
    1.0
    >>> sorted(get_scorer(["exact_match", "precision_at_2"]))
    ['exact_match', 'precision_at_2']
    """
    if isinstance(scoring, list | tuple):
        return {name: get_scorer(name, **options) for name in scoring}
    if callable(scoring):
        if options:
            raise ValueError(
                f"{shown(scoring)} is a callable, which takes no {', '.join(options)}."
            )
        return scoring
    scorer = deepcopy(SCORERS[scoring]) if scoring in SCORERS else _further_scorer(scoring)
    allowed = [name for name in signature(scorer._score_func).parameters if name not in _SETTLED]
    for name in options:
        if name not in allowed:
            raise ValueError(
                f"{scoring} has no parameter {shown(name)}; it has {', '.join(allowed)}."
            )
    scorer._kwargs.update(options)
    return scorer


def find_scorers(scoring: str | Sequence[str], options: dict[str, Any]) -> dict[str, LabelScorer]:
    """Find scorers by name; each gets the options that it knows."""
    names = [scoring] if isinstance(scoring, str) else list(scoring)
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(
            f"scoring must be the name of a score or a sequence of them, got {shown(scoring)}. See "
            f"skmultitext.metrics.SCORERS."
        )
    scorers = {}
    for name in names:
        known = signature(get_scorer(name)._score_func).parameters
        kept = {option: value for option, value in options.items() if option in known}
        scorers[name] = get_scorer(name, **kept)
    return scorers


def takes_decisions(scorer: LabelScorer) -> bool:
    """Whether a score is computed from decisions; otherwise from probabilities."""
    return scorer._response_method == ("predict",)


def _further_scorer(name: str) -> LabelScorer:
    """Make the scorer of a name such as "precision_at_7" or "hierarchical_f1"."""
    if name in _HIERARCHICAL:
        return LabelScorer(name, getattr(_hierarchical, f"{name}_score"), 1, {}, _PREDICT)
    match = _AT_K.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        close = get_close_matches(str(name), [*SCORERS, *_HIERARCHICAL], n=4, cutoff=0.5)
        hint = f"Did you mean {', '.join(close)}?" if close else "See skmultitext.metrics.SCORERS."
        raise ValueError(f"{shown(name)} is not the name of a scorer. {hint}")
    score = getattr(_propensities if match[1] == "psp" else _at_k, f"{match[1]}_at_k")
    return LabelScorer(name, score, 1, {"k": int(match[2])}, _ANY_SCORE)


def _build() -> dict[str, LabelScorer]:
    scorers = {}

    def add(
        function: Callable[..., Any],
        response: tuple[str, ...],
        *,
        loss: bool = False,
        **kwargs: Any,
    ) -> None:
        name = function.__name__.removesuffix("_score")
        if loss:  # neg_brier_score is scikit-learn's name
            name = f"neg_{name}".replace("brier_score_loss", "brier_score")
        name += f"_{kwargs['average']}" if kwargs else ""
        scorers[name] = LabelScorer(name, function, -1 if loss else 1, kwargs, response)

    add(_scores.exact_match, _PREDICT)
    add(_scores.subset_zero_one_loss, _PREDICT, loss=True)
    add(_scores.hamming_loss, _PREDICT, loss=True)
    add(_scores.binary_accuracy, _PREDICT)
    for kind in ("f1", "precision", "recall", "jaccard"):
        for average in ("micro", "macro", "weighted", "samples"):
            add(getattr(_precision_recall, f"{kind}_score"), _PREDICT, average=average)
    for function in (_curves.average_precision_score, _curves.roc_auc_score):
        for average in ("micro", "macro", "weighted"):
            add(function, _ANY_SCORE, average=average)
    add(_probability_scores.log_loss, _PROBA, loss=True)
    add(_probability_scores.brier_score_loss, _PROBA, loss=True)
    add(_probability_scores.expected_calibration_error, _PROBA, loss=True)
    add(_label_ranking.label_ranking_average_precision_score, _ANY_SCORE)
    add(_label_ranking.coverage_error, _ANY_SCORE, loss=True)
    add(_label_ranking.label_ranking_loss, _ANY_SCORE, loss=True)
    add(_at_k.r_precision, _ANY_SCORE)
    for k in (1, 3, 5):
        for kind in ("precision", "recall", "ndcg"):
            scorers[f"{kind}_at_{k}"] = _further_scorer(f"{kind}_at_{k}")
    return scorers


SCORERS = MappingProxyType(_build())
