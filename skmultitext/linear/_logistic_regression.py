"""One logistic regression per label, on features."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from .._incremental import IncrementalMixin, constant_logits, count_positives
from .._label_parameters import resolve_class_weight
from ..base import CONSTANT_LOGIT, BaseFeatureTagger
from ._logistic_engine import canonical, fit_labels
from ._online import learn_part

SOLVER_CONSTRAINTS = {
    "C": [Interval(Real, 0, None, closed="neither")],
    "class_weight": [StrOptions({"balanced"}), dict, None],
    "threshold": [Real, "array-like", dict],
    "tol": [Interval(Real, 0, None, closed="neither"), StrOptions({"auto"})],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "n_jobs": [
        Interval(Integral, 1, None, closed="left"),
        Interval(Integral, None, -1, closed="right"),
        None,
    ],
    "random_state": ["random_state"],
}


class MultilabelLogisticRegression(IncrementalMixin, BaseFeatureTagger):
    """L2-regularised logistic regression, one per label, on features.

    Every label minimises ``||w||^2 / 2 + b^2 / 2 + C * sum_i s_i log(1 + exp(-z_i (w x_i + b)))``
    with ``z_i`` in {-1, 1} and the weights ``s_i``; labels are fitted in parallel threads.

    Documents too many for memory go through `partial_fit`, as batches of scikit-learn's
    HashingVectorizer. It minimises the same loss online, by AdaGrad with the same penalty
    [3]_ [4]_: at each row in turn a weight w with the derivative g of the row's loss takes the
    step ``w -= g / (sqrt(G) / 2 + 1 / C)``, G being the sum of all its g ** 2. Let the rows come
    in random order. A second pass over the documents is one more round of calls.

    Parameters
    ----------
    C : float, default=1.0
        Inverse of the regularisation strength, in (0, inf).
    class_weight : None, "balanced" or dict of {str: float}, default=None
        Factors of the weights: "balanced" gives the positives and the negatives of each label
        the same total; a dict gives the factor of a label's positives by label name (for a
        1-D y: of each class by its code). Factors lie in (0, inf).
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is given where its probability exceeds this, in [0, 1]. A dict is by label
        name; labels it does not name keep 0.5.
    tol : float or "auto", default="auto"
        Stopping tolerance of the solver, in (0, inf). "auto" is 0.01 where a dual solver stops
        early, less than 1e-6 (relative) above the optimal objective: for sparse X of more than
        2,000 rows whose rows are not too long for it (C times the squared length up to 1,000,
        as always for TF-IDF). It is 1e-8 elsewhere, in a primal solver.
    max_iter : int, default=1000
        Most passes of the solver over the data, at least 1.
    n_jobs : int or None, default=None
        Labels fitted at the same time, in threads; None means 1 unless in a
        `joblib.parallel_config` context, -1 all processors. The dual solver is ours, several
        times faster, where numba is installed (extra `fast`), else liblinear's, which fits
        labels one by one where `random_state` is set, to give the same model twice.
    random_state : int, RandomState instance or None, default=None
        Order in which the dual solver visits the rows.

    Attributes
    ----------
    coef_ : ndarray of shape (n_labels, n_features), dtype float64
        Weights. Zero for a label that is constant in training.
    intercept_ : ndarray of shape (n_labels,), dtype float64
        Intercepts; 16 or -16 for a constant label.
    n_iter_ : ndarray of shape (n_labels,), dtype int64
        Passes of the solver, 0 for a constant label; one more for each call of `partial_fit`.
    classes_ : ndarray of shape (n_labels, 2), or (2,) for a 1-D y
        The codes of "no" and "yes" of each label.
    label_names_ : ndarray of shape (n_labels,), dtype object
        Names of the labels, each a str.
    thresholds_ : ndarray of shape (n_labels,), dtype float64
        The threshold of each label.
    n_features_in_ : int
        Number of features.

    References
    ----------
    .. [1] H.-F. Yu, F.-L. Huang, C.-J. Lin, "Dual coordinate descent methods for logistic
       regression and maximum entropy models", Machine Learning 85, 2011.
    .. [2] C.-J. Lin, R. C. Weng, S. S. Keerthi, "Trust region Newton method for large-scale
       logistic regression", JMLR 9, 2008.
    .. [3] J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and
       stochastic optimization", JMLR 12, 2011.
    .. [4] H. B. McMahan et al., "Ad click prediction: a view from the trenches", KDD 2013,
       algorithm 1 (FTRL-Proximal) with lambda_1 = 0, beta = 0, lambda_2 = 1 / C.

    Examples
    --------
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from skmultitext import MultilabelLogisticRegression
    >>> X, y = make_multilabel_classification(random_state=0)
    >>> tagger = MultilabelLogisticRegression().fit(X, y)
    >>> tagger.predict(X[:2])
    array([[0, 0, 0, 1, 1],
           [0, 0, 1, 0, 0]])
    """

    _parameter_constraints = SOLVER_CONSTRAINTS

    def __init__(
        self,
        C=1.0,
        *,
        class_weight=None,
        threshold=0.5,
        tol="auto",
        max_iter=1000,
        n_jobs=None,
        random_state=None,
    ):
        self.C = C
        self.class_weight = class_weight
        self.threshold = threshold
        self.tol = tol
        self.max_iter = max_iter
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit_engine(self, X, indicator, space, sample_weight):
        n_samples, n_positives = indicator.shape[0], count_positives(indicator)
        coef, intercept, n_iter = fit_labels(
            X,
            indicator,
            CONSTANT_LOGIT,
            C=self.C,
            factors=resolve_class_weight(self.class_weight, indicator, space, sample_weight),
            sample_weight=sample_weight,
            tol=self.tol,
            max_iter=self.max_iter,
            n_jobs=self.n_jobs,
            random_state=self.random_state,
        )
        return {
            "coef_": coef,
            "intercept_": intercept,
            "n_iter_": n_iter,
            "n_features_in_": X.shape[1],
            "_n_seen": (n_samples, n_positives),
            "_constants": constant_logits(n_samples, n_positives),
            "_squares": None,
        }

    def _fit_part(self, X, indicator, space, sample_weight, *, first):
        if first:
            coef = np.zeros((space.n_labels, X.shape[1]), order="F")
            intercept = np.zeros(space.n_labels)
        elif self._squares is None:  # goes on from fit; there the 16 of constant labels ends
            coef = np.array(self.coef_, order="F")
            intercept = np.where(np.isnan(self._constants), self.intercept_, 0.0)
        else:
            coef, intercept = self.coef_, self.intercept_
        squares = None if first else self._squares
        if squares is None:
            squares = np.zeros((X.shape[1] + 1, space.n_labels))
        learn_part(
            canonical(X),
            indicator,
            coef,
            intercept,
            squares,
            C=self.C,
            factors=resolve_class_weight(self.class_weight, indicator, space, sample_weight),
            sample_weight=sample_weight,
            n_jobs=self.n_jobs,
        )
        return {
            "coef_": coef,
            "intercept_": intercept,
            "n_iter_": (0 if first else self.n_iter_) + np.ones(space.n_labels, dtype=np.int64),
            "_squares": squares,
        }

    def _logits(self, X):
        logits = X @ self.coef_.T + self.intercept_
        constant = np.flatnonzero(~np.isnan(self._constants))
        logits[:, constant] = self._constants[constant]
        return logits
