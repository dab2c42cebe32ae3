"""Scores of documents by models that did not see them."""

from dataclasses import dataclass, replace
from numbers import Integral, Real
from warnings import catch_warnings, simplefilter

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _check_method_params, check_is_fitted

from ._labels import listing
from ._response import label_scores
from .exceptions import RareLabelWarning
from .model_selection import MultilabelStratifiedKFold, MultilabelStratifiedShuffleSplit

__all__ = ["CV_CONSTRAINTS", "OutOfFold", "check_scores", "collect_out_of_fold"]

CV_CONSTRAINTS = {
    "cv": [
        "cv_object",
        StrOptions({"prefit"}),
        Interval(RealNotInt, 0.0, 1.0, closed="neither"),
    ],
    "n_jobs": [Integral, None],
    "random_state": ["random_state"],
}
_N_SPLITS = 5


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Pooled scores of all validation parts, one part behind the other.

    Attributes
    ----------
    estimator : estimator
        The one that will predict, fitted.
    rows : ndarray of shape (n_scored,), dtype intp
        The row of X that each score belongs to.
    scores : ndarray of shape (n_scored, n_labels), dtype float
        The scores.
    part : ndarray of shape (n_scored,), dtype intp
        The validation part of each score, from 0.
    method : {"predict_proba", "decision_function"}
        The method that gave the scores.
    """

    estimator: object
    rows: np.ndarray
    scores: np.ndarray
    part: np.ndarray
    method: str

    def weighed(self, sample_weight):
        """Drop what weighs nothing; return the rest and its weights, None for no weights."""
        if sample_weight is None:
            return self, None
        weight = sample_weight[self.rows]
        kept = weight > 0
        if kept.all():
            return self, weight
        if not kept.any():
            raise ValueError("sample_weight is 0 for every scored document; pass some above 0.")
        scores, part = self.scores[kept], self.part[kept]
        return replace(self, rows=self.rows[kept], scores=scores, part=part), weight[kept]


def collect_out_of_fold(
    estimator,
    X,
    y,
    space,
    *,
    cv,
    methods,
    routed,
    sample_weight=None,
    refit=True,
    n_jobs=None,
    random_state=None,
):
    """Fit on each training part, score the validation part, and fit what will predict.

    Parameters
    ----------
    estimator : estimator
        Cloned, unless `cv` is "prefit".
    X : sequence of length n_samples
        Documents or features.
    y : ndarray of shape (n_samples,) or (n_samples, n_labels)
        Labels as `hand_over` brings them.
    space : LabelSpace
        The labels.
    cv : int, float, splitter, iterable, "prefit" or None
        How to split.
    methods : tuple of str
        Methods that give scores, in order of preference.
    routed : Bunch
        Parameters of `estimator.fit` and of `splitter.split`.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights. What weighs nothing is not split, as if it were not there, unless `cv` lists the
        rows of each part.
    refit : bool, default=True
        Whether what predicts is fitted on all rows; else on the one training part.
    n_jobs : int or None, default=None
        Parts fitted at the same time.
    random_state : int, RandomState instance or None, default=None
        Seed of the splits.

    Returns
    -------
    OutOfFold

    Raises
    ------
    ValueError
        If the scores do not fit the labels, or refit is False with several parts.
    NotFittedError
        If `cv` is "prefit" and the estimator is not fitted.
    """
    one_label = space.n_labels == 1
    if isinstance(cv, str):
        return _score_prefit(estimator, X, space, methods, one_label)
    splits = _split(cv, X, y, routed["splitter"]["split"], sample_weight, random_state)
    if not refit and len(splits) > 1:
        raise ValueError(
            f"refit=False needs a single split, but cv gives {len(splits)}. Pass refit=True, or a "
            f"share in (0, 1) as cv."
        )
    fit_params = routed["estimator"]["fit"]
    done = Parallel(n_jobs=n_jobs)(
        delayed(_fit_and_score)(
            clone(estimator), X, y, train, test, fit_params, methods, one_label, keep=not refit
        )
        for train, test in splits
    )
    fitted, outputs = zip(*done, strict=True)
    final = fitted[0] if not refit else clone(estimator).fit(X, y, **fit_params)
    scores = [check_scores(scores, method, space) for scores, method in outputs]
    return OutOfFold(
        estimator=final,
        rows=np.concatenate([test for _, test in splits]),
        scores=np.concatenate(scores),
        part=np.repeat(np.arange(len(scores)), list(map(len, scores))),
        method=outputs[0][1],
    )


def check_scores(scores, method, space):
    """Refuse scores of an estimator that do not fit the labels.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_labels), dtype float
        The scores.
    method : {"predict_proba", "decision_function"}
        The method that gave them.
    space : LabelSpace
        The labels.

    Returns
    -------
    ndarray of shape (n_samples, n_labels), dtype float
        The same.

    Raises
    ------
    ValueError
        If the number of columns is another, or a score is not finite or not a probability.
    """
    if scores.shape[1] != space.n_labels:
        raise ValueError(
            f"{method} of the estimator gives scores of shape {scores.shape}, but there are "
            f"{space.n_labels} labels: {listing(space.label_names)}. Wrap an estimator fitted on "
            f"the same labels."
        )
    if method == "predict_proba":
        bad, what = ~((scores >= 0) & (scores <= 1)), "lie in [0, 1]"
    else:
        bad, what = ~np.isfinite(scores), "be finite"
    if bad.any():
        i, j = np.unravel_index(np.argmax(bad), bad.shape)
        raise ValueError(
            f"{method} of the estimator gives {scores[i, j]} for label "
            f"{str(space.label_names[j])!r}; it must {what}."
        )
    return scores


def _split(cv, X, y, params, sample_weight, random_state):
    """List the training and validation rows."""
    if cv is None or isinstance(cv, Integral):
        seed = {} if random_state is None else {"shuffle": True, "random_state": random_state}
        splitter = MultilabelStratifiedKFold(_N_SPLITS if cv is None else int(cv), **seed)
    elif isinstance(cv, Real):
        splitter = MultilabelStratifiedShuffleSplit(1, test_size=cv, random_state=random_state)
    else:
        splitter = check_cv(cv)
    rows = np.arange(len(y))
    if sample_weight is not None and not hasattr(cv, "__iter__"):
        rows = np.flatnonzero(sample_weight > 0)
    if len(rows) < len(y):
        params = _check_method_params(X, params, indices=rows)
        X, y = _safe_indexing(X, rows), y[rows]
    with catch_warnings():
        # a label that some part lacks is what the fallbacks for rare labels are for
        simplefilter("ignore", RareLabelWarning)
        return [(rows[train], rows[test]) for train, test in splitter.split(X, y, **params)]


def _fit_and_score(estimator, X, y, train, test, fit_params, methods, one_label, *, keep):
    fit_params = _check_method_params(X, fit_params, indices=train)
    estimator.fit(_safe_indexing(X, train), y[train], **fit_params)
    output = label_scores(estimator, _safe_indexing(X, test), methods, one_label=one_label)
    return estimator if keep else None, output


def _score_prefit(estimator, X, space, methods, one_label):
    try:
        check_is_fitted(estimator)
    except NotFittedError as error:
        raise NotFittedError(
            f"cv='prefit' needs a fitted estimator, but this {type(estimator).__name__} is not "
            f"fitted. Fit it first, on other documents than these."
        ) from error
    scores, method = label_scores(estimator, X, methods, one_label=one_label)
    scores = check_scores(scores, method, space)
    rows = np.arange(len(scores))
    return OutOfFold(estimator, rows, scores, np.zeros_like(rows), method)
