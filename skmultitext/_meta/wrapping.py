"""Taggers that wrap another estimator: their base class, and out-of-fold scores.

An out-of-fold score of a document is that of a model that was not fitted on it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from sklearn import get_config
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.utils import Bunch, Tags, get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.parallel import delayed
from sklearn.utils.validation import check_is_fitted

from .._gate.containers import check_sparse
from .._gate.decision import decide
from .._gate.labels import LabelSpace
from .._gate.samples import TrainingData, has_unknown, n_rows, select_rows
from .._gate.types import AnyArray, BoolArray, FloatArray, IntArray, Labels
from .._runtime.callbacks import FitTask
from .._runtime.messages import listing, shown
from .._runtime.progress import VERBOSE, FitProgress, WatchedParallel
from .._runtime.sklearn import HasMethods, Interval, RealNotInt, StrOptions, safe_indexing
from .._runtime.threads import ignored_warnings
from ..base import BaseTextTagger
from ..exceptions import LabelError, RareLabelWarning, UnknownLabelWarning
from ..metrics._histograms import ScoreHistogram
from ..model_selection import MultilabelStratifiedKFold, MultilabelStratifiedShuffleSplit
from ..model_selection._split_inputs import list_splits
from .around import TaggerAround
from .known_labels import (
    encode_for,
    encode_with_ancestors,
    find_hierarchy,
    nested_estimator,
    parameter_labels,
    prefit_estimator,
    takes_unknown,
    target_for,
)
from .response import label_scores

__all__ = [
    "CV_CONSTRAINTS",
    "ESTIMATOR_CONSTRAINTS",
    "OutOfFold",
    "WrappingTagger",
    "check_X_for",
    "check_prefit",
    "check_scores",
    "checked_scores",
    "collect_out_of_fold",
    "first_unknown",
    "fit_and_score_folds",
    "fit_wrapped",
    "list_folds",
    "read_labels_for",
    "wrapped_has",
]

ESTIMATOR_CONSTRAINTS: dict[str, Any] = {
    "estimator": [
        HasMethods(["fit", "predict_proba"]),
        HasMethods(["fit", "decision_function"]),
    ],
}
CV_CONSTRAINTS: dict[str, Any] = {
    "cv": [
        "cv_object",
        StrOptions({"prefit"}),
        Interval(RealNotInt, 0.0, 1.0, closed="neither"),
    ],
    "n_jobs": [Integral, None],
    "random_state": ["random_state"],
    "verbose": VERBOSE,
}
_N_SPLITS = 5


def wrapped_has(method: str) -> Any:
    """Make a method available if the wrapped estimator has it."""
    return available_if(lambda self: hasattr(getattr(self, "estimator_", self.estimator), method))


class WrappingTagger(TaggerAround):
    """A tagger that delegates to another estimator: parameter `estimator`, fitted `estimator_`.

    X is checked by the rules of the wrapped estimator. y may have any form that taggers accept, so
    that an estimator that takes only indicators can be fitted on label sets.
    """

    estimator: Any
    estimator_: Any

    def _check_X(self, X: Any, *, reset: bool) -> Any:
        """Check X before it is split: an error then names the row of X, not the row of a fold."""
        return check_X_for(self.estimator if reset else self.estimator_, X, reset=reset)

    def _read_labels(self, y: Labels) -> tuple[LabelSpace, Any]:
        """Read y as the wrapped estimator reads it."""
        return read_labels_for(self.estimator, y, prefit_estimator(self))

    def _encode_truth(self, y: Labels) -> Any:
        """Encode true labels; close them upwards if the labels have a hierarchy."""
        hierarchy = find_hierarchy(self)
        if hierarchy is None:
            return super()._encode_truth(y)
        closed = encode_with_ancestors(self._label_space, hierarchy, y)
        if closed is not None:
            return closed
        truth, n_labels = super()._encode_truth(y), self._label_space.n_labels
        closed = hierarchy.close(truth[:, :n_labels])
        if truth.shape[1] == n_labels:
            return closed
        return np.hstack([closed, truth[:, n_labels:]])  # label sets: dense

    def _set_state(self, data: TrainingData, fitted: Mapping[str, Any]) -> None:
        """Copy n_features_in_ and feature_names_in_ from the wrapped estimator."""
        names = ("n_features_in_", "feature_names_in_")
        estimator = fitted["estimator_"]
        features = {name: getattr(estimator, name) for name in names if hasattr(estimator, name)}
        super()._set_state(data, {**features, **fitted})

    def _route(self, sample_weight: FloatArray | None, params: Mapping[str, Any]) -> Any:
        """Divide the metadata between the wrapped estimator and the splitter."""
        params = dict(params)
        if sample_weight is not None:
            params["sample_weight"] = sample_weight
        if get_config()["enable_metadata_routing"]:
            return process_routing(self, "fit", **params)
        split = {"groups": params.pop("groups")} if "groups" in params else {}
        return {"estimator": Bunch(fit=params), "splitter": Bunch(split=split)}

    def get_metadata_routing(self) -> MetadataRouter:
        """Return which metadata the wrapped estimator and the splitter request.

        Returns
        -------
        MetadataRouter
            The router that scikit-learn's metadata routing uses.
        """
        from_fit = MethodMapping().add
        router = MetadataRouter(owner=self).add_self_request(self)
        router.add(estimator=self.estimator, method_mapping=from_fit(caller="fit", callee="fit"))
        if hasattr(self, "cv"):
            router.add(
                splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split")
            )
        return router

    def _decisions_of(self, X: Any) -> BoolArray:
        """Take the decisions: closed upwards if the labels have a hierarchy."""
        return decide(self._proba_of(X), self.thresholds_, hierarchy=find_hierarchy(self))

    def _scores(self, X: Any, method: str, *, allow_sparse: bool = False) -> Any:
        """Return the scores of the wrapped estimator, (n_samples, n_labels), float64."""
        space = self._label_space
        scores = checked_scores(self.estimator_, X, method, space, allow_sparse=allow_sparse)
        return scores.astype(np.float64, copy=False)

    def __sklearn_tags__(self) -> Tags:
        """Declare the same kinds of X as the wrapped estimator, and whether y may have NaN."""
        tags: Any = super().__sklearn_tags__()
        estimator = getattr(self, "estimator_", self.estimator)
        tags.input_tags = get_tags(estimator).input_tags
        tags.target_tags.allow_nan = takes_unknown(estimator) or prefit_estimator(self) is not None
        return tags


def check_X_for(estimator: Any, X: Any, *, reset: bool) -> Any:
    """Check X as an estimator inside a tagger does, if it is one of ours."""
    if isinstance(estimator, BaseTextTagger | TaggerAround):
        return estimator._check_X(X, reset=reset)
    check_sparse(X, "X")
    return X


def read_labels_for(estimator: Any, y: Labels, prefit: Any) -> tuple[LabelSpace, Any]:
    """Read y: as the labels of a prefit estimator, or as a tagger in an estimator reads it.

    With a hierarchy of labels, y is closed upwards.
    """
    if prefit is not None:
        space, indicator = encode_for(prefit, y)
        hierarchy = find_hierarchy(prefit)
        return space, indicator if hierarchy is None else hierarchy.close(indicator)
    inner = estimator
    while inner is not None and not isinstance(inner, TaggerAround):
        inner = nested_estimator(inner)
    if inner is not None:
        return inner._read_labels(y)
    return LabelSpace.learn(y, labels=parameter_labels(estimator), allow_unknown=True)


@dataclass(frozen=True, eq=False)
class OutOfFold:
    """Scores of the validation folds, concatenated, without rows of weight 0.

    Or of any number of documents in a histogram: its bins are the rows, and each entry of the
    indicator has its own weight.
    """

    estimator: Any  # the fitted estimator that will predict
    indicator: Any  # (n_scored, n_labels), the labels of the scored rows
    scores: Any  # (n_scored, n_labels), dense or CSR
    weight: FloatArray | None  # (n_scored,), or (n_scored, n_labels); above 0
    fold: IntArray  # (n_scored,), from 0
    histogram: ScoreHistogram | None = None

    @classmethod
    def of_histogram(cls, estimator: Any, histogram: ScoreHistogram, method: str) -> Self:
        """Make the bins of a histogram the rows."""
        indicator, scores, weight = histogram.samples(probabilities=method == "predict_proba")
        fold = np.zeros(len(indicator), dtype=np.intp)
        return cls(estimator, indicator, scores, weight, fold, histogram)


def collect_out_of_fold(
    tagger: Any,
    data: TrainingData,
    method: str,
    *,
    refit: bool = True,
    keep_sparse: bool = False,
) -> OutOfFold:
    """Fit clones of `tagger.estimator` on the training folds, and score the validation folds.

    Uses the parameters `estimator`, `cv`, `n_jobs` and `random_state` of the tagger. With `refit`
    the final estimator is fitted on all documents; otherwise it is that of the only split. With
    `keep_sparse` the scores are CSR where the estimator gives sparse ones.
    """
    if isinstance(tagger.cv, str):  # "prefit"
        check_prefit(tagger.estimator)
        scores = checked_scores(
            tagger.estimator, data.X, method, data.space, allow_sparse=keep_sparse
        )
        return _pooled(tagger.estimator, data, [np.arange(scores.shape[0])], [scores])
    return _pooled(*fit_and_score_folds(tagger, data, method, refit=refit, keep_sparse=keep_sparse))


def fit_and_score_folds(
    tagger: Any,
    data: TrainingData,
    method: str,
    *,
    refit: bool = True,
    keep_sparse: bool = False,
) -> tuple[Any, TrainingData, list[IntArray], list[AnyArray]]:
    """Return the final estimator, the data, the validation rows of each fold and their scores.

    An estimator that needs out-of-fold scores itself takes these folds: nothing is fitted twice.
    """
    estimator, X = tagger.estimator, data.X
    y = target_for(data.indicator, data.space, estimator, keep_sparse=keep_sparse)
    unknown = first_unknown(data)
    routed = data.options["routed"]
    fit_params = routed["estimator"]["fit"]
    splits = list_folds(tagger, data, y, routed["splitter"]["split"])
    tests = [test for _, test in splits]
    progress = FitProgress(len(splits) + refit, getattr(tagger, "verbose", 0))
    if refit and hasattr(estimator, "_fit_in_folds") and len(splits) > 1:
        final = clone(estimator)
        with data.task.part("folds and fit on all documents").around(final):
            scores = final._fit_in_folds(
                X, y, splits, method, tagger.n_jobs, fit_params, progress.verbose
            )
        return final, data, tests, scores
    done = score_folds(tagger, data, y, splits, method, refit=refit, progress=progress)
    if not refit:
        return done[0][0], data, tests, [scores for _, scores in done]
    final = clone(estimator)
    with data.task.part("fit on all documents").around(final):
        fit_wrapped(final, X, y, fit_params, unknown)
    progress.say("fitted on all documents")
    return final, data, tests, [scores for _, scores in done]


def score_folds(
    tagger: Any,
    data: TrainingData,
    y: Any,
    splits: Sequence[tuple[IntArray, IntArray]],
    method: str,
    *,
    refit: bool = True,
    progress: FitProgress | None = None,
) -> list[tuple[Any, AnyArray]]:
    """Return the estimator of each fold, unless to `refit`, and the scores of its validation rows.

    `y` is the target of the estimator.
    """
    estimator, space, X = tagger.estimator, data.space, data.X
    fit_params, unknown = data.options["routed"]["estimator"]["fit"], first_unknown(data)
    if not refit and len(splits) > 1:
        raise ValueError(
            f"refit=False needs a single split, but cv gives {len(splits)}. Pass refit=True, or a "
            f"share in (0, 1) as cv."
        )
    progress = progress or FitProgress(len(splits), verbose=0)
    folds, tasks = data.task.parts("folds", len(splits), "fold")
    with folds.running():
        parallel = WatchedParallel(
            tagger.n_jobs, lambda n_done: progress.done(n_done, f"fold {n_done}/{len(splits)}")
        )
        kept = {"keep": not refit}
        done = parallel(
            delayed(_fit_and_score)(
                clone(estimator), X, y, unknown, *split, fit_params, method, space, task, **kept
            )
            for split, task in zip(splits, tasks, strict=True)
        )
    progress.say(f"{len(splits)} folds fitted and scored")
    return done


def check_prefit(estimator: Any) -> None:
    """Refuse an estimator of cv="prefit" that is not fitted."""
    try:
        check_is_fitted(estimator)
    except NotFittedError as error:
        raise NotFittedError(
            f"cv='prefit' needs a fitted estimator, but this {type(estimator).__name__} is not "
            f"fitted. Fit it first, on other documents than these; inside another estimator, which "
            f"clones it, wrap it in FrozenEstimator instead."
        ) from error


def first_unknown(data: TrainingData) -> str:
    """Say where y has its first unknown entry; an empty str if it has none."""
    if not has_unknown(data.indicator):
        return ""
    rows, columns = (sp.csr_array(data.indicator) < 0).nonzero()
    k = int(np.lexsort((columns, rows))[0])
    column = shown(data.space.label_names[columns[k]]) if data.space.named else columns[k]
    return f"row {data.options['rows'][rows[k]]}, column {column}"


def fit_wrapped(estimator: Any, X: Any, y: Any, fit_params: Mapping[str, Any], unknown: str) -> Any:
    """Fit an estimator; if it refuses NaN in y, say what to do. `unknown` is the place of a NaN."""
    if not unknown:
        return estimator.fit(X, y, **fit_params)
    try:
        # type_of_target casts NaN to int before it refuses it
        casts = ignored_warnings(r"sklearn\.", category=RuntimeWarning)
        with casts, ignored_warnings(category=UnknownLabelWarning):
            return estimator.fit(X, y, **fit_params)
    except ValueError as error:
        message = str(error)
        if "nan" not in message.lower() or "Input X" in message:
            raise
        raise LabelError(
            f"{type(estimator).__name__} does not take unknown labels, NaN in y: found nan in "
            f"{unknown} ({message[:100]}). {_remedy(estimator)} Or drop these documents."
        ) from error


def _remedy(estimator: Any) -> str:
    """Say what takes unknown labels instead of an estimator."""
    inner = estimator
    while getattr(inner, "steps", None):
        inner = inner.steps[-1][1]
    nested = getattr(inner, "estimator", None)
    if nested is not None and hasattr(inner, "cv") and takes_unknown(nested):
        return "Pass it cv=MultilabelStratifiedKFold(5) and a scorer of skmultitext.metrics."
    if isinstance(inner, OneVsRestClassifier | MultiOutputClassifier):
        return (
            "MultilabelLogisticRegression, and for texts TfidfLogRegTagger, fit one model per "
            "label too, and take them."
        )
    return "Use an estimator that takes them: TfidfLogRegTagger, MultilabelLogisticRegression."


def list_folds(
    tagger: Any, data: TrainingData, y: Any, params: Any
) -> list[tuple[IntArray, IntArray]]:
    """List the training and validation rows of each fold."""
    cv, X, sample_weight, seed = tagger.cv, data.X, data.sample_weight, tagger.random_state
    if isinstance(cv, Iterable) and not hasattr(cv, "split"):
        # it numbers the documents that were passed to fit
        place = np.full(data.options["n_given"], -1)
        place[data.options["rows"]] = np.arange(n_rows(y))
        splits = [[place[side] for side in split] for split in list_splits(cv, X, place)]
        return [(train[train >= 0], test[test >= 0]) for train, test in splits]
    if cv is None or isinstance(cv, Integral):
        n_splits = _N_SPLITS if cv is None else int(cv)
        splitter: Any = MultilabelStratifiedKFold(
            n_splits, shuffle=seed is not None, random_state=seed
        )
    elif isinstance(cv, Real):
        splitter = MultilabelStratifiedShuffleSplit(1, test_size=float(cv), random_state=seed)
    else:
        splitter = cv
    rows = np.arange(n_rows(y))
    if sample_weight is not None:
        rows = np.flatnonzero(sample_weight > 0)
    if len(rows) < n_rows(y):
        params = select_rows(params, rows, n_rows(y))
        X, y = safe_indexing(X, rows), y[rows]
    # callers have fallbacks for labels without a positive in some fold
    with ignored_warnings(category=RareLabelWarning):
        splits = list_splits(splitter, X, y, **params)
    return [(rows[train], rows[test]) for train, test in splits]


def _fit_and_score(
    estimator: Any,
    X: Any,
    y: Any,
    unknown: str,
    train: IntArray,
    test: IntArray,
    fit_params: Any,
    method: str,
    space: LabelSpace,
    task: FitTask,
    *,
    keep: bool,
) -> tuple[Any, AnyArray]:
    """Fit on the training rows; return the estimator, if to `keep`, and the validation scores."""
    fit_params = select_rows(fit_params, train, n_rows(y))
    with task.around(estimator):
        fit_wrapped(estimator, safe_indexing(X, train), y[train], fit_params, unknown)
    rows = safe_indexing(X, test)
    scores = checked_scores(estimator, rows, method, space, allow_sparse=sp.issparse(y))
    return estimator if keep else None, scores


def _pooled(
    estimator: Any, data: TrainingData, tests: Sequence[IntArray], scores: Sequence[AnyArray]
) -> OutOfFold:
    """Concatenate the scores of the validation rows `tests`; drop rows of weight 0."""
    rows = np.concatenate(tests)
    sparse = all(sp.issparse(part) for part in scores)
    pooled: Any = sp.vstack(scores, format="csr") if sparse else np.concatenate(scores)
    fold = np.repeat(np.arange(len(tests)), [len(test) for test in tests])
    weight = None if data.sample_weight is None else data.sample_weight[rows]
    if weight is not None and not weight.all():
        kept = np.flatnonzero(weight)
        if not len(kept):
            raise ValueError("sample_weight is 0 for every scored document; pass some above 0.")
        rows, pooled, fold, weight = rows[kept], pooled[kept], fold[kept], weight[kept]
    return OutOfFold(estimator, data.indicator[rows], pooled, weight, fold)


def checked_scores(
    estimator: Any, X: Any, method: str, space: LabelSpace, *, allow_sparse: bool = False
) -> Any:
    """Return the scores of an estimator, (n_samples, n_labels); refuse some that do not fit."""
    scores, _ = label_scores(
        estimator, X, (method,), one_label=space.n_labels == 1, allow_sparse=allow_sparse
    )
    check_scores(scores, method, space)
    return scores


def check_scores(scores: Any, method: str, space: LabelSpace) -> None:
    """Refuse scores of the wrong shape, probabilities outside [0, 1], and scores not finite."""
    if scores.shape[1] != space.n_labels:
        raise ValueError(
            f"{method} of the estimator gives scores of shape {scores.shape}, but there are "
            f"{space.n_labels} labels: {listing(space.label_names)}. Wrap an estimator fitted on "
            f"the same labels."
        )
    # two passes without a temporary array; NaN fails the comparisons
    lowest, highest = (scores.min(), scores.max()) if scores.size else (0.0, 0.0)
    if method == "predict_proba":
        legal, what = lowest >= 0 and highest <= 1, "lie in [0, 1]"
    else:
        legal, what = np.isfinite(lowest) and np.isfinite(highest), "be finite"
    if not legal:
        values = scores.data if sp.issparse(scores) else scores.ravel()
        if method == "predict_proba":
            bad = ~((values >= 0) & (values <= 1))
        else:
            bad = ~np.isfinite(values)
        first = int(np.argmax(bad))
        j = scores.indices[first] if sp.issparse(scores) else first % scores.shape[1]
        raise ValueError(
            f"{method} of the estimator gives {values[first]} for label "
            f"{shown(str(space.label_names[j]))}; it must {what}."
        )
