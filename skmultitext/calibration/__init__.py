"""Probabilities that mean what they say: calibration of each label, out of fold."""

from numbers import Integral, Real
from warnings import warn

import numpy as np
from scipy.special import logit
from sklearn.utils._param_validation import Interval, StrOptions

from .._label_parameters import resolve_thresholds
from .._labels import listing
from .._named_columns import hand_over
from .._out_of_fold import CV_CONSTRAINTS, collect_out_of_fold
from .._wrapping import ESTIMATOR_CONSTRAINTS, WrappingTagger
from ..exceptions import RareLabelWarning
from ._calibrators import SigmoidCalibrator, fit_isotonic, fit_sigmoid

__all__ = ["CalibratedTaggerCV"]

_METHODS = ("predict_proba", "decision_function")
_MOST_NAMED = 100
_TINY = np.finfo(np.float64).tiny
_ALMOST_ONE = 1.0 - np.finfo(np.float64).epsneg


class CalibratedTaggerCV(WrappingTagger):
    r"""Wrap any multi-label estimator and calibrate the probability of each label.

    The scores of all validation parts are pooled, one calibrator is fitted to each label's, and
    the estimator that predicts is fitted on all documents. With z the logit of the estimator's
    probability, or its decision function where it has no probabilities, the calibrated logit is

    - "sigmoid": :math:`a z + b` [1]_, with Platt's targets;
    - "temperature": :math:`z / T` [2]_, for each label its own T;
    - "isotonic": that of the isotonic regression of the label on z [3]_, whose lowest and
      highest steps stay inside (0, 1) by one more positive below and one more negative above.

    The steps of an isotonic regression tie what the estimator ranked. Here each step is tilted by
    1e-6 z, so that the ranking of the documents stays the estimator's, and ROC and
    precision-recall curves of a label with it; a probability moves by at most 2.5e-7 z.

    A label with few positives, or few negatives, cannot hold a curve up. "isotonic" falls back to
    "sigmoid" below `min_isotonic` of them, everything to none, the estimator's own probability,
    below `min_sigmoid`, and so does a label for which the estimator's score falls as the label
    grows likelier. A warning names these labels.

    Parameters
    ----------
    estimator : estimator
        Any multi-label classifier with `predict_proba` or `decision_function`.
    method : {"sigmoid", "isotonic", "temperature"}, default="sigmoid"
        How to calibrate.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is given where its calibrated probability exceeds this, in [0, 1].
    min_sigmoid : int, default=5
        Fewest positives, and negatives, for "sigmoid" and "temperature"; at least 1.
    min_isotonic : int, default=50
        Fewest positives, and negatives, for "isotonic"; at least 1.
    cv : int, float, splitter, iterable, "prefit" or None, default=None
        Folds of a `MultilabelStratifiedKFold`, None for 5; a share in (0, 1) to calibrate on
        once; any splitter or iterable of splits; or "prefit": the estimator is fitted already,
        and X and y are documents that it has not seen.
    n_jobs : int or None, default=None
        Parts fitted at the same time; None means 1 unless in a `joblib.parallel_config` context,
        -1 all processors.
    random_state : int, RandomState instance or None, default=None
        Seed that shuffles the documents before they are split; None does not shuffle folds.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.
    calibrators_ : list of callable, of length n_labels
        Maps of logits, ndarray of shape (n_samples,), one per label.
    methods_ : ndarray of shape (n_labels,), dtype object
        What each label got: "sigmoid", "isotonic", "temperature" or "none".
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

    def __init__(
        self,
        estimator,
        *,
        method="sigmoid",
        threshold=0.5,
        min_sigmoid=5,
        min_isotonic=50,
        cv=None,
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.method = method
        self.threshold = threshold
        self.min_sigmoid = min_sigmoid
        self.min_isotonic = min_isotonic
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit_engine(self, X, indicator, space, sample_weight, routed):
        thresholds = resolve_thresholds(self.threshold, space)
        pooled = collect_out_of_fold(
            self.estimator,
            X,
            hand_over(indicator, space, self.estimator),
            space,
            cv=self.cv,
            methods=_METHODS,
            routed=routed,
            sample_weight=sample_weight,
            n_jobs=self.n_jobs,
            random_state=self.random_state,
        )
        pooled, weight = pooled.weighed(sample_weight)
        weight = np.ones(len(pooled.rows)) if weight is None else weight
        truth = indicator[pooled.rows]
        bounds = _probability_bounds(pooled.scores) if pooled.method == "predict_proba" else None
        z = _to_logits(pooled.scores, bounds)
        fits = [
            self._calibrate(z[:, j], _column(truth, j).astype(bool), weight)
            for j in range(space.n_labels)
        ]
        calibrators, methods = zip(*fits, strict=True)
        self._warn_of_fallbacks(methods, space)
        names = np.empty(len(methods), dtype=object)
        names[:] = methods
        return {
            "estimator_": pooled.estimator,
            "calibrators_": list(calibrators),
            "methods_": names,
            "thresholds_": thresholds,
            "_method": pooled.method,
            "_bounds": bounds,
        }

    def _calibrate(self, z, positive, weight):
        """Fit one label; return its calibrator and the method that it took."""
        support = min(weight[positive].sum(), weight[~positive].sum())
        if support < self.min_sigmoid:
            return SigmoidCalibrator(), "none"
        if self.method == "isotonic" and support >= self.min_isotonic:
            return fit_isotonic(z, positive, weight), "isotonic"
        method = "temperature" if self.method == "temperature" else "sigmoid"
        line = fit_sigmoid(z, positive, weight, intercept=method == "sigmoid")
        return (line, method) if line.slope > 0 else (SigmoidCalibrator(), "none")

    def _warn_of_fallbacks(self, methods, space):
        """Name the labels that did not get the method asked for."""
        parts = []
        for method in ("sigmoid", "none"):
            names = [
                name for name, got in zip(space.label_names, methods, strict=True) if got == method
            ]
            if names and method != self.method:
                parts.append(f"{method} for {listing(names, _MOST_NAMED)}")
        if parts:
            warn(
                f"Too little out-of-fold evidence for method={self.method!r}; it is replaced by "
                f"{', and by '.join(parts)}. Pass more documents with these labels, or lower "
                f"min_isotonic={self.min_isotonic} or min_sigmoid={self.min_sigmoid}.",
                RareLabelWarning,
                stacklevel=4,
            )

    def _logits(self, X):
        z = _to_logits(self._scores(X, (self._method,)), self._bounds)
        return np.column_stack(
            [calibrator(z[:, j]) for j, calibrator in enumerate(self.calibrators_)]
        )


def _probability_bounds(proba):
    """Find between which probabilities each label's logits stay finite: lowest and highest.

    An estimator such as a forest gives exact zeros and ones. They stand for half of its smallest
    step: the lowest probability above 0, and the same below 1.
    """
    low = np.where(proba > 0, proba, 1.0).min(axis=0) / 2
    high = 1 - (1 - np.where(proba < 1, proba, 0.0).max(axis=0)) / 2
    exact = [(proba == 0).any(axis=0), (proba == 1).any(axis=0)]
    return np.where(exact[0], low, _TINY), np.where(exact[1], high, _ALMOST_ONE)


def _to_logits(scores, bounds):
    scores = np.asarray(scores, dtype=np.float64)
    return scores if bounds is None else logit(np.clip(scores, *bounds))


def _column(indicator, j):
    """Column j of an indicator as a dense 1-D array."""
    column = indicator[:, [j]]
    return column.toarray().ravel() if hasattr(column, "toarray") else column.ravel()
