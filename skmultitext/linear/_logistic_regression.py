"""One logistic regression or linear SVM per label, on features."""

from copy import copy
from numbers import Integral, Real

import numpy as np
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.metaestimators import available_if

from .._incremental import IncrementalMixin, constant_logits, count_positives
from .._label_parameters import resolve_class_weight
from .._labels import listing
from ..base import CONSTANT_LOGIT, BaseFeatureTagger
from ..exceptions import LabelError
from ._label_chunks import fit_chunks
from ._logistic_engine import canonical
from ._online import learn_part

SOLVER_CONSTRAINTS = {
    "loss": [StrOptions({"log", "squared_hinge"})],
    "C": [Interval(Real, 0, None, closed="neither")],
    "class_weight": [StrOptions({"balanced"}), dict, None],
    "threshold": [Real, "array-like", dict],
    "prune": [Interval(Real, 0, None, closed="left")],
    "tol": [Interval(Real, 0, None, closed="neither"), StrOptions({"auto"})],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "n_jobs": [
        Interval(Integral, 1, None, closed="left"),
        Interval(Integral, None, -1, closed="right"),
        None,
    ],
    "random_state": ["random_state"],
}


def check_candidates(Cs):
    """Check values of C; return them as a list of float."""
    values = np.asarray(Cs)
    if values.ndim != 1 or values.dtype.kind not in "iuf" or not len(values):
        raise ValueError(f"Cs is {Cs!r}; pass a list of at least one number.")
    wrong = ~(np.isfinite(values) & (values > 0))
    if wrong.any():
        raise ValueError(f"Cs holds {values[wrong][0]}; each C must be a finite number above 0.")
    return values.astype(np.float64).tolist()


def _learns_online(tagger):
    """Whether the tagger has `partial_fit`; scikit-learn shows the error if not."""
    if tagger.loss != "log":
        raise AttributeError(
            f"partial_fit learns with the logistic loss only; loss is {tagger.loss!r}. Set "
            f"loss='log', or call fit on all documents."
        )
    return True


class MultilabelLogisticRegression(IncrementalMixin, BaseFeatureTagger):
    """L2-regularised logistic regression or linear SVM, one per label, on features.

    Every label minimises ``||w||^2 / 2 + b^2 / 2 + C * sum_i s_i log(1 + exp(-z_i (w x_i + b)))``
    with ``z_i`` in {-1, 1} and the weights ``s_i``; labels are fitted in parallel threads.

    With ``loss="squared_hinge"`` the loss is ``max(0, 1 - z_i (w x_i + b)) ** 2``, that of a linear
    SVM, whose score is no logit. Platt's sigmoid [5]_ makes it one: a line from scores to logits,
    fitted for each label on the scores of three models that did not see the rows they score, and
    multiplied into `coef_` and `intercept_`. Equal rows on the same side of a label share a fold,
    so that an integer `sample_weight` stays equal to repetition. A label that fewer than two
    different rows have, or lack, has no folds, and takes the SVM's score for the logit, as does a
    label whose score falls as it grows likelier.

    Documents too many for memory go through `partial_fit`, as batches of scikit-learn's
    HashingVectorizer. It minimises the same loss online, by AdaGrad with the same penalty
    [3]_ [4]_: at each row in turn a weight w with the derivative g of the row's loss takes the
    step ``w -= g / (sqrt(G) / 2 + 1 / C)``, G being the sum of all its g ** 2. Let the rows come
    in random order. A second pass over the documents is one more round of calls.

    Parameters
    ----------
    C : float, default=1.0
        Inverse of the regularisation strength, in (0, inf). The squared hinge wants about a
        quarter of the C of the logistic loss.
    loss : {"log", "squared_hinge"}, default="log"
        Logistic regression, or a linear SVM with calibrated probabilities.
    class_weight : None, "balanced" or dict of {str: float}, default=None
        Factors of the weights: "balanced" gives the positives and the negatives of each label
        the same total; a dict gives the factor of a label's positives by label name (for a
        1-D y: of each class by its code). Factors lie in (0, inf).
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is given where its probability exceeds this, in [0, 1]. A dict is by label
        name; labels it does not name keep 0.5.
    prune : float, default=0.0
        Weights up to this in absolute value become 0 after the fit, at least 0. Above 0 `coef_`
        is sparse, and never dense as a whole while it is made: with thousands of labels most
        weights are next to nothing [6]_. Not for `partial_fit`.
    tol : float or "auto", default="auto"
        Stopping tolerance of the solver, in (0, inf). "auto" is 0.01, for the squared hinge 0.001,
        where a dual solver stops early, less than 1e-6 (relative) above the optimal objective:
        for sparse X of more than 2,000 rows whose rows are not too long for it (C times the
        squared length up to 1,000, as always for TF-IDF). It is 1e-8, for the squared hinge
        1e-10, elsewhere, in a primal solver.
    max_iter : int, default=1000
        Most passes of the solver over the data, at least 1.
    warm_start : bool, default=False
        Whether `fit` starts from the solution of the fit before, which must have had the same
        labels and features. That needs numba, and the dual variables of as many rows as X has:
        fitting other data, with another `loss`, a copy, an unpickled or loaded tagger, small or
        dense X, with `prune`, or on other machines starts afresh.
    n_jobs : int or None, default=None
        Labels fitted at the same time, in threads; None means 1 unless in a
        `joblib.parallel_config` context, -1 all processors. Where that context names a backend
        past this process, as "dask" or "ray", each of its workers gets X once and a share of the
        labels. The dual solver is ours, several
        times faster, where numba is installed (extra `fast`), else liblinear's, which fits
        labels one by one where `random_state` is set, to give the same model twice.
    random_state : int, RandomState instance or None, default=None
        Order in which the dual solver visits the rows.

    Attributes
    ----------
    coef_ : ndarray of shape (n_labels, n_features), dtype float64
        Weights of the logits. Zero for a label that is constant in training. A CSR array with
        `prune` above 0.
    intercept_ : ndarray of shape (n_labels,), dtype float64
        Intercepts; 16 or -16 for a constant label.
    sigmoid_ : ndarray of shape (n_labels, 2), dtype float64, or None
        For the squared hinge, slope and intercept of each label's sigmoid. The SVM's own weights
        are `coef_` by the slope, its intercept `intercept_` less this intercept by the slope.
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
    .. [5] J. Platt, "Probabilistic outputs for support vector machines and comparisons to
       regularized likelihood methods", Advances in Large Margin Classifiers, 1999.
    .. [6] R. Babbar, B. Schölkopf, "DiSMEC: distributed sparse machines for extreme multi-label
       classification", WSDM 2017, section 2.2.

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

    _parameter_constraints = {**SOLVER_CONSTRAINTS, "warm_start": ["boolean"]}

    def __init__(
        self,
        C=1.0,
        *,
        loss="log",
        class_weight=None,
        threshold=0.5,
        prune=0.0,
        tol="auto",
        max_iter=1000,
        warm_start=False,
        n_jobs=None,
        random_state=None,
    ):
        self.C = C
        self.loss = loss
        self.class_weight = class_weight
        self.threshold = threshold
        self.prune = prune
        self.tol = tol
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit_engine(self, X, indicator, space, sample_weight):
        fits = fit_chunks(
            X,
            indicator,
            CONSTANT_LOGIT,
            loss=self.loss,
            C=self.C,
            factors=resolve_class_weight(self.class_weight, indicator, space, sample_weight),
            sample_weight=sample_weight,
            prune=self.prune,
            tol=self.tol,
            max_iter=self.max_iter,
            n_jobs=self.n_jobs,
            random_state=self.random_state,
            duals=self._last_duals(X, space) if self.warm_start else (),
            keep_duals=self.warm_start,
        )
        return {
            "coef_": fits.coef,
            "intercept_": fits.intercept,
            "n_iter_": fits.n_iter,
            "sigmoid_": fits.sigmoid,
            "_duals": fits.duals,
            "n_features_in_": X.shape[1],
            "_constants": constant_logits(indicator.shape[0], count_positives(indicator)),
            "_squares": None,
        }

    def _last_duals(self, X, space):
        """Find where the last fit ended, after checking that this one may start there."""
        if not hasattr(self, "coef_"):
            return getattr(self, "_duals", ())
        names, known = list(space.label_names), list(self.label_names_)
        if len(names) != len(known) or (len(names) > 1 and names != known):
            raise LabelError(
                f"warm_start=True goes on with the labels {listing(known)}; y has "
                f"{listing(names)}. Pass the same labels, or set warm_start=False."
            )
        if X.shape[1] != self.coef_.shape[1]:
            raise ValueError(
                f"warm_start=True goes on with {self.coef_.shape[1]} features; X has "
                f"{X.shape[1]}. Pass the same features, or set warm_start=False."
            )
        return getattr(self, "_duals", ())

    def __getstate__(self):
        """Leave out the dual variables: there are as many as rows times labels."""
        state = super().__getstate__()
        state.pop("_duals", None)
        return state

    def _to_saved(self):
        """Leave them out of saved models, too."""
        return {name: value for name, value in vars(self).items() if name != "_duals"}

    partial_fit = available_if(_learns_online)(IncrementalMixin.partial_fit)

    def fit_path(self, X, y, Cs, sample_weight=None):
        """Fit one tagger for each C, each starting from the solution of the next smaller C.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Features.
        y : array-like, sparse matrix, DataFrame or sequence of label sets
            Labels, in a form that `fit` takes.
        Cs : array-like of shape (n_candidates,), dtype float
            Values of C, in (0, inf), in any order.
        sample_weight : array-like of shape (n_samples,), default=None
            Non-negative weights.

        Returns
        -------
        list of MultilabelLogisticRegression, of length n_candidates
            Fitted taggers, in the order of `Cs`; this one is left as it was. Each differs from
            a tagger fitted by itself by no more than the tolerance of the solver.

        Raises
        ------
        ValueError
            If X, y, sample_weight or a parameter is not legal.
        """
        Cs = check_candidates(Cs)
        tagger = clone(self)
        gated = tagger._gate(X, y, sample_weight)
        fitted = dict(tagger._walk_path(*gated, Cs))
        return [fitted[place] for place in range(len(Cs))]

    def _walk_path(self, X, indicator, space, sample_weight, Cs):
        """Fit copies of this unfitted tagger, C rising; yield their places in Cs and them."""
        duals = ()
        for place in np.argsort(Cs, kind="stable").tolist():
            tagger = copy(self).set_params(C=Cs[place], warm_start=True)
            tagger._duals = duals
            tagger._fit_gated(X, indicator, space, sample_weight)
            duals = vars(tagger).pop("_duals")
            yield place, tagger.set_params(warm_start=self.warm_start)

    def _fit_part(self, X, indicator, space, sample_weight, *, first):
        if self.prune:
            raise ValueError(
                f"prune={self.prune} is for fit: partial_fit needs the small weights to go on "
                f"from. Set prune=0."
            )
        if first:
            coef = np.zeros((space.n_labels, X.shape[1]), order="F")
            intercept = np.zeros(space.n_labels)
        elif self._squares is None:  # goes on from fit; there the 16 of constant labels ends
            coef = self.coef_.toarray() if sp.issparse(self.coef_) else self.coef_
            coef = np.array(coef, order="F")
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
            "sigmoid_": None,
            "_duals": (),
            "n_iter_": (0 if first else self.n_iter_) + np.ones(space.n_labels, dtype=np.int64),
            "_squares": squares,
        }

    def _logits(self, X):
        if sp.issparse(self.coef_):
            scores = self.coef_ @ X.T  # in this order nothing of the size of coef_ is converted
            logits = (scores.toarray(order="F") if sp.issparse(scores) else scores).T
            logits += self.intercept_
        else:
            logits = X @ self.coef_.T + self.intercept_
        constant = np.flatnonzero(~np.isnan(self._constants))
        logits[:, constant] = self._constants[constant]
        return logits
