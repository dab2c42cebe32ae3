"""Calibration of each label's probability, out of fold."""

from collections import Counter
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.special import logit

from .._gate.labels import LabelSpace
from .._gate.samples import TrainingData, has_unknown, known_entries
from .._gate.types import BoolArray, FloatArray, RandomState, Threshold
from .._meta.known_labels import find_hierarchy
from .._meta.response import response_method
from .._meta.wrapping import (
    CV_CONSTRAINTS,
    ESTIMATOR_CONSTRAINTS,
    OutOfFold,
    WrappingTagger,
    collect_out_of_fold,
)
from .._runtime.messages import listing, shown, warn_caller
from .._runtime.progress import FitProgress
from .._runtime.sklearn import Interval, StrOptions
from ..exceptions import RareLabelWarning
from ._calibrators import (
    IsotonicCalibrator,
    SigmoidCalibrator,
    fit_isotonic,
    fit_sigmoid,
    sigmoid_shift,
)

__all__ = ["CalibratedTaggerCV"]


def __dir__() -> list[str]:
    return __all__


_MOST_NAMED = 100
_TINY = np.finfo(np.float64).tiny
_ALMOST_ONE = 1.0 - np.finfo(np.float64).epsneg


class CalibratedTaggerCV(WrappingTagger):
    r"""Wrap any multi-label estimator and calibrate the probability of each label.

    The scores of all validation folds are pooled, one calibrator is fitted per label, and the
    estimator that predicts is fitted on all documents. With z the logit of the estimator's
    probability, or its decision function if it has no probabilities, the calibrated logit is

    - "sigmoid": :math:`a z + b` [1]_, with Platt's targets;
    - "temperature": :math:`z / T` [2]_, for each label its own T;
    - "isotonic": the logit of the isotonic regression of the label on z [3]_. One added positive
      at the lowest z and one added negative at the highest keep its steps inside (0, 1).

    The steps of an isotonic regression give equal probabilities to documents that the estimator
    ranked. Here each step is tilted by 1e-6 z, which keeps the estimator's ranking of the
    documents, and with it the ROC and precision-recall curves of a label; a probability changes by
    at most 2.5e-7 z.

    Calibration needs enough positives and negatives. With fewer than `min_isotonic` of either,
    "isotonic" falls back to "sigmoid". With fewer than `min_sigmoid`, or if the slope of the
    sigmoid is not positive, a label falls back to "none", the estimator's own probability; a score
    that is not a probability is then shifted so that its mean out-of-fold probability equals the
    label's prevalence, with Platt's smoothing. A warning names these labels.

    Parameters
    ----------
    estimator : estimator
        Any multi-label classifier with `predict_proba` or `decision_function`.
    method : {"sigmoid", "isotonic", "temperature"}, default="sigmoid"
        How to calibrate.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is predicted if its calibrated probability exceeds this, in [0, 1].
    min_sigmoid : int, default=5
        Minimum number of positives, and of negatives, for "sigmoid" and "temperature"; at least 1.
    min_isotonic : int, default=50
        Minimum number of positives, and of negatives, for "isotonic"; at least 1.
    cv : int, float, splitter, iterable, "prefit" or None, default=None
        Folds of a `MultilabelStratifiedKFold`, None for 5; a share in (0, 1) to calibrate on
        once; any splitter or iterable of splits; or "prefit": the estimator is fitted already,
        and X and y are documents that it has not seen.
    n_jobs : int or None, default=None
        Number of folds fitted in parallel; None means 1 unless in a `joblib.parallel_config`
        context, -1 all processors.
    random_state : int, RandomState instance or None, default=None
        Seed that shuffles the documents before they are split; None does not shuffle folds.
    verbose : {0, 1, 2}, default=0
        1 shows the fold and the time left in one line, 2 prints a line per fold.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.
    calibrators_ : list of callable, of length n_labels
        Maps of logits, ndarray of shape (n_samples,), one per label.
    methods_ : ndarray of shape (n_labels,), dtype object
        Method used for each label: "sigmoid", "isotonic", "temperature" or "none".
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
    TunedThresholdTaggerCV : Tune the thresholds instead of the probabilities.

    References
    ----------
    .. [1] J. Platt, "Probabilistic outputs for support vector machines and comparisons to
       regularized likelihood methods", Advances in Large Margin Classifiers, 1999.
    .. [2] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural
       networks", ICML 2017.
    .. [3] B. Zadrozny, C. Elkan, "Transforming classifier scores into accurate multiclass
       probability estimates", KDD 2002.

    Examples
    --------
    >>> from skmultitext import CalibratedTaggerCV, TfidfLogRegTagger
    >>> from skmultitext.datasets import load_support_tickets
    >>> tickets = load_support_tickets()
    >>> tagger = CalibratedTaggerCV(TfidfLogRegTagger(class_weight="balanced"), cv=3)
    >>> tagger = tagger.fit(tickets.data, tickets.label_sets)
    >>> tagger.predict_proba(tickets.data[:2]).shape
    (2, 10)
    """

    _parameter_constraints = {
        **ESTIMATOR_CONSTRAINTS,
        **CV_CONSTRAINTS,
        "method": [StrOptions({"sigmoid", "isotonic", "temperature"})],
        "threshold": [Real, "array-like", dict],
        "min_sigmoid": [Interval(Integral, 1, None, closed="left")],
        "min_isotonic": [Interval(Integral, 1, None, closed="left")],
    }
    _n_parts = 2  # the folds, the fit on all documents

    def __init__(
        self,
        estimator: Any,
        *,
        method: str = "sigmoid",
        threshold: Threshold = 0.5,
        min_sigmoid: int = 5,
        min_isotonic: int = 50,
        cv: Any = None,
        n_jobs: int | None = None,
        random_state: RandomState = None,
        verbose: int = 0,
    ) -> None:
        self.estimator = estimator
        self.method = method
        self.threshold = threshold
        self.min_sigmoid = min_sigmoid
        self.min_isotonic = min_isotonic
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def _fit_engine(self, data: TrainingData) -> dict[str, Any]:
        method = response_method(self.estimator, ("predict_proba", "decision_function"))
        pooled = collect_out_of_fold(self, data, method)
        progress = FitProgress(1, self.verbose)
        fitted = self._fit_scores(pooled, data.space, method)
        used = Counter(fitted["methods_"].tolist()).most_common()
        progress.say("calibrated", ", ".join(f"{name} for {n} labels" for name, n in used))
        return fitted

    def _fit_scores(self, pooled: OutOfFold, space: LabelSpace, method: str) -> dict[str, Any]:
        """Fit the calibrator of each label to out-of-fold scores."""
        weight = np.ones(len(pooled.scores)) if pooled.weight is None else pooled.weight
        known = known_entries(pooled.indicator) if has_unknown(pooled.indicator) else None
        bounds = _probability_bounds(pooled.scores, known) if method == "predict_proba" else None
        z = _to_logits(pooled.scores, bounds)
        fits = []
        for j in range(space.n_labels):
            rows: Any = slice(None) if known is None else known[:, j]
            positive = _column(pooled.indicator, j)[rows]
            own_weight = weight[rows] if weight.ndim == 1 else weight[rows, j]
            fits.append(self._calibrate(z[rows, j], positive, own_weight, raw=bounds is None))
        calibrators, methods = zip(*fits, strict=True)
        self._warn_of_fallbacks(methods, space)
        names = np.empty(len(methods), dtype=object)
        names[:] = methods
        return {
            "estimator_": pooled.estimator,
            "calibrators_": list(calibrators),
            "methods_": names,
            "_method": method,
            "_bounds": bounds,
        }

    def _calibrate(
        self, z: FloatArray, positive: BoolArray, weight: FloatArray, *, raw: bool
    ) -> tuple[SigmoidCalibrator | IsotonicCalibrator, str]:
        """Fit the calibrator of one label; return it and the method that was used.

        A `raw` score is not a logit: without a method it is shifted to the label's prevalence.
        """
        none = SigmoidCalibrator()
        if raw and len(z):
            none = SigmoidCalibrator(*map(float, sigmoid_shift(z, positive, weight)))
        support = min(weight[positive].sum(), weight[~positive].sum())
        if support < self.min_sigmoid:
            return none, "none"
        if self.method == "isotonic" and support >= self.min_isotonic:
            return fit_isotonic(z, positive, weight), "isotonic"
        method = "temperature" if self.method == "temperature" else "sigmoid"
        line = fit_sigmoid(z, positive, weight, intercept=method == "sigmoid")
        return (line, method) if line.slope > 0 else (none, "none")

    def _warn_of_fallbacks(self, methods: tuple[str, ...], space: LabelSpace) -> None:
        """Name the labels that were not calibrated by `method`."""
        parts = []
        for method in ("sigmoid", "none"):
            names = [
                name for name, got in zip(space.label_names, methods, strict=True) if got == method
            ]
            if names and method != self.method:
                parts.append(f"{method} for {listing(names, _MOST_NAMED)}")
        if parts:
            warn_caller(
                f"Too little out-of-fold evidence for method={shown(self.method)}; it is replaced "
                f"by {', and by '.join(parts)}. Pass more documents with these labels, or lower "
                f"min_isotonic={self.min_isotonic} or min_sigmoid={self.min_sigmoid}.",
                RareLabelWarning,
            )

    def _logits(self, X: Any) -> FloatArray:
        z = _to_logits(self._scores(X, self._method), self._bounds)
        logits = np.column_stack(
            [calibrator(z[:, j]) for j, calibrator in enumerate(self.calibrators_)]
        )
        hierarchy = find_hierarchy(self.estimator_)
        return logits if hierarchy is None else hierarchy.make_consistent(logits)


def _probability_bounds(
    proba: FloatArray, known: BoolArray | None
) -> tuple[FloatArray, FloatArray]:
    """Find the lowest and highest probability of each label to clip to, for finite logits.

    Exact zeros, as a forest gives them, become half of the lowest probability above 0; exact ones
    move below 1 in the same way.
    """
    above, below = proba > 0, proba < 1
    exact = [~above, ~below]
    if known is not None:
        above, below, *exact = (known & marks for marks in (above, below, *exact))
    low = np.where(above, proba, 1.0).min(axis=0) / 2
    high = 1 - (1 - np.where(below, proba, 0.0).max(axis=0)) / 2
    low = np.where(exact[0].any(axis=0), low, _TINY)
    return low, np.where(exact[1].any(axis=0), high, _ALMOST_ONE)


def _to_logits(scores: Any, bounds: tuple[FloatArray, FloatArray] | None) -> FloatArray:
    scores = np.asarray(scores, dtype=np.float64)
    return scores if bounds is None else logit(np.clip(scores, *bounds))


def _column(indicator: Any, j: int) -> BoolArray:
    """Mark the positives of label j, (n_samples,)."""
    column = indicator[:, [j]]
    return (column.toarray() if sp.issparse(column) else column).ravel() > 0
