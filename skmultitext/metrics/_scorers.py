"""Scorers: a score as scikit-learn's searches and cross-validation call it."""

import re
from copy import deepcopy
from difflib import get_close_matches
from inspect import signature
from types import MappingProxyType

from sklearn.metrics._scorer import _BaseScorer
from sklearn.utils import Tags, TargetTags

from .._response import (
    find_label_names,
    has_one_column,
    method_name,
    one_label_space,
    positive_scores,
)
from . import _curves, _label_ranking, _precision_recall, _probability_scores, _ranking, _scores

_PREDICT = ("predict",)
_PROBA = ("predict_proba",)
_ANY_SCORE = ("predict_proba", "decision_function")
_AT_K = re.compile(r"(precision|recall|ndcg)_at_([1-9][0-9]*)")
# what the name of a scorer, or the call of it, settles already
_SETTLED = {"y_true", "y_pred", "y_score", "y_proba", "sample_weight", "average", "k"}


class LabelScorer(_BaseScorer):
    """A score that asks any multi-label estimator for what it needs.

    Unlike scikit-learn's own scorers it reads y in every form that a tagger takes, by the label
    names that the estimator learned, and the output of a forest whose label was constant.

    Parameters
    ----------
    name : str
        Name of the scorer.
    score_func : callable
        Function of y_true and y_pred, y_score or y_proba.
    sign : {1, -1}
        -1 for a loss.
    kwargs : dict
        Parameters of `score_func`.
    response_method : tuple of str
        Methods of the estimator, in order of preference.
    """

    def __init__(self, name, score_func, sign, kwargs, response_method):
        super().__init__(score_func, sign, kwargs, response_method)
        self._name = name

    def __repr__(self):
        fixed = ("average", "k")
        options = "".join(f", {k}={v!r}" for k, v in self._kwargs.items() if k not in fixed)
        return f"get_scorer({self._name!r}{options})"

    def _score(self, method_caller, estimator, X, y_true, **kwargs):
        """Score the estimator; called by scikit-learn, which passes a cache of responses."""
        self._warn_overlap("The scorer has these parameters already.", kwargs)
        options = {**self._kwargs, **kwargs}
        if options.get("label_names") is None:
            options["label_names"] = find_label_names(estimator)
        names = options["label_names"]
        one_label = has_one_column(y_true) or (names is not None and len(names) == 1)

        method = method_name(estimator, self._response_method)
        # a tuple keeps our raw output apart from what scikit-learn's scorers put in the cache
        key = method if method == "predict" else (method,)
        output = method_caller(_RawOutput(estimator), key, X)
        classes = getattr(estimator, "classes_", None)
        if method != "predict":
            output = positive_scores(output, classes, one_label=one_label, parameter=method)
        if has_one_column(y_true):
            y_true, output = _encode_one_label(classes, y_true, output, method)
        return self._sign * self._score_func(y_true, output, **options)


class _RawOutput:
    """An estimator whose output scikit-learn passes on as it is.

    Of a classifier scikit-learn takes the last column of each array of a list, which for a label
    that was constantly "no" is the probability of "no". An outlier detector is what every
    version from 1.7 on asks for any method without changing the output.
    """

    def __init__(self, estimator):
        self._estimator = estimator

    def __getattr__(self, name):
        return getattr(self._estimator, name)

    def __sklearn_tags__(self):
        return Tags(estimator_type="outlier_detector", target_tags=TargetTags(required=False))


def _encode_one_label(classes, y_true, output, method):
    """Encode a 1-D y by the codes of the estimator: y_true may lack one of them."""
    space = None if classes is None else one_label_space(classes)
    if space is None:
        return y_true, output
    return space.encode(y_true), space.encode(output) if method == "predict" else output


def get_scorer(scoring, **options):
    """Make a scorer for `scoring=` of GridSearchCV, cross_validate and their like.

    Parameters
    ----------
    scoring : str, callable, or list or tuple of str
        A name of `SCORERS`, or ``precision_at_<k>``, ``recall_at_<k>`` or ``ndcg_at_<k>`` of any
        k; a callable is returned as it is; several names give a dict, which scikit-learn takes
        for several scores at once.
    **options
        Parameters of the score: `absent`, `zero_division`, `empty`, `n_bins` where it has them;
        `label_names` where the estimator does not know its labels by name and y holds sets.

    Returns
    -------
    callable or dict of callable
        ``scorer(estimator, X, y, sample_weight=None)``, greater is better. With metadata
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
    >>> get_scorer("f1_macro", absent="zero")(forest, X, y)
    1.0
    >>> sorted(get_scorer(["exact_match", "precision_at_2"]))
    ['exact_match', 'precision_at_2']
    """
    if isinstance(scoring, list | tuple):
        return {name: get_scorer(name, **options) for name in scoring}
    if callable(scoring):
        if options:
            raise ValueError(f"{scoring!r} is a callable, which takes no {', '.join(options)}.")
        return scoring
    scorer = deepcopy(SCORERS[scoring]) if scoring in SCORERS else _at_k(scoring)
    allowed = [name for name in signature(scorer._score_func).parameters if name not in _SETTLED]
    for name in options:
        if name not in allowed:
            raise ValueError(f"{scoring} has no parameter {name!r}; it has {', '.join(allowed)}.")
    scorer._kwargs.update(options)
    return scorer


def _at_k(name):
    """Make the scorer of a name such as "precision_at_7"."""
    match = _AT_K.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        close = get_close_matches(str(name), SCORERS, n=4, cutoff=0.5)
        hint = f"Did you mean {', '.join(close)}?" if close else "See skmultitext.metrics.SCORERS."
        raise ValueError(f"{name!r} is not the name of a scorer. {hint}")
    score = getattr(_ranking, f"{match[1]}_at_k")
    return LabelScorer(name, score, 1, {"k": int(match[2])}, _ANY_SCORE)


def _build():
    scorers = {}

    def add(function, response, *, loss=False, **kwargs):
        name = function.__name__ + (f"_{kwargs['average']}" if kwargs else "")
        name = f"neg_{name}" if loss else name
        scorers[name] = LabelScorer(name, function, -1 if loss else 1, kwargs, response)

    add(_scores.exact_match, _PREDICT)
    add(_scores.subset_zero_one_loss, _PREDICT, loss=True)
    add(_scores.hamming_loss, _PREDICT, loss=True)
    add(_scores.binary_accuracy, _PREDICT)
    for kind in ("f1", "precision", "recall", "jaccard"):
        for average in ("micro", "macro", "weighted", "samples"):
            add(getattr(_precision_recall, kind), _PREDICT, average=average)
    for function in (_curves.average_precision, _curves.roc_auc):
        for average in ("micro", "macro", "weighted"):
            add(function, _ANY_SCORE, average=average)
    add(_probability_scores.log_loss, _PROBA, loss=True)
    add(_probability_scores.brier, _PROBA, loss=True)
    add(_probability_scores.expected_calibration_error, _PROBA, loss=True)
    add(_label_ranking.lrap, _ANY_SCORE)
    add(_label_ranking.coverage_error, _ANY_SCORE, loss=True)
    add(_label_ranking.ranking_loss, _ANY_SCORE, loss=True)
    add(_ranking.r_precision, _ANY_SCORE)
    for k in (1, 3, 5):
        for kind in ("precision", "recall", "ndcg"):
            scorers[f"{kind}_at_{k}"] = _at_k(f"{kind}_at_{k}")
    return scorers


SCORERS = MappingProxyType(_build())
