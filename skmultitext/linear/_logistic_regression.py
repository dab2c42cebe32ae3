"""One logistic regression or linear SVM per label, on features."""

import os
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from .._gate.containers import check_sparse
from .._gate.labels import LabelSpace
from .._gate.samples import CONSTANT_LOGIT, TrainingData
from .._gate.types import (
    ClassWeight,
    Features,
    FloatArray,
    IntArray,
    LabelNames,
    Labels,
    RandomState,
    Threshold,
    Weights,
)
from .._meta.incremental import IncrementalMixin
from .._runtime.messages import listing, shown
from .._runtime.sklearn import Interval, StrOptions
from .._runtime.threads import snapshot
from ..base import BaseFeatureTagger
from ..exceptions import LabelError
from ._dual_blocks import Duals
from ._label_changes import LabelChangesMixin
from ._losses import LOSSES
from ._online import learn_part
from ._solvers import canonical, fit_chunks, refuse_extremes

SOLVER_CONSTRAINTS: dict[str, list[Any]] = {
    "loss": [StrOptions(set(LOSSES))],
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


def check_candidates(Cs: Any) -> list[float]:
    """Check values of C; return them as a list of float."""
    values = np.asarray(Cs)
    if values.ndim != 1 or values.dtype.kind not in "iuf" or not len(values):
        raise ValueError(f"Cs is {shown(Cs)}; pass a list of at least one number.")
    wrong = ~(np.isfinite(values) & (values > 0))
    if wrong.any():
        raise ValueError(f"Cs holds {values[wrong][0]}; each C must be a finite number above 0.")
    return values.astype(np.float64).tolist()


def check_has_C(tagger: Any, method: str) -> bool:
    """Raise the AttributeError of a method that needs one C."""
    if not hasattr(tagger, "C"):
        raise AttributeError(
            f"{type(tagger).__name__} has no {method}: it finds C by cross-validation on all "
            f"documents. Pass C to TfidfLogRegTagger, which has one."
        )
    return True


class MultilabelLogisticRegression(LabelChangesMixin, IncrementalMixin, BaseFeatureTagger):
    """L2-regularised logistic regression or linear SVM, one per label, on features.

    Every label minimises ``||w||^2 / 2 + b^2 / 2 + C * sum_i s_i log(1 + exp(-z_i (w x_i + b)))``
    with ``z_i`` in {-1, 1} and the weights ``s_i``; labels are fitted in parallel threads.

    With ``loss="squared_hinge"`` the loss is ``max(0, 1 - z_i (w x_i + b)) ** 2``, that of a linear
    SVM, whose scores are not logits. Platt's sigmoid [5]_ turns them into logits: for each label a
    slope and an intercept are fitted to held-out scores, from three folds, and multiplied into
    `coef_` and `intercept_`. Equal rows with the same value of the label share a fold, so that an
    integer `sample_weight` stays equal to repetition. A label with fewer than two distinct positive
    rows, or fewer than two distinct negative ones, has no folds. Its scores are only shifted, so
    that their mean probability in training equals the label's prevalence, with Platt's smoothing.
    The same is done if the fitted slope is not positive.

    Corpora that do not fit in memory are passed to `partial_fit` in batches, for instance from
    scikit-learn's HashingVectorizer. Whatever `loss` is, it minimises the logistic loss online, by
    AdaGrad with the same penalty [3]_ [4]_: at each row a weight w, with the derivative g of the
    row's loss, takes the step ``w -= g / (sqrt(G) / 2 + 1 / C)``, where G is the sum of all g ** 2
    so far. The rows should be in random order. For a second pass over the documents, call it again
    with each batch.

    Parameters
    ----------
    C : float, default=1.0
        Inverse of the regularisation strength, in (0, inf). The best C of the squared hinge is
        about a quarter of that of the logistic loss.
    loss : {"log_loss", "squared_hinge"}, default="log_loss"
        Logistic regression, or a linear SVM with calibrated probabilities.
    class_weight : None, "balanced" or dict of {str: float}, default=None
        Factors of the weights: "balanced" gives the positives and the negatives of each label
        the same total; a dict gives the factor of a label's positives by label name (for a
        1-D y: of each class by its code). Factors lie in (0, inf). They raise the probabilities
        of rare labels, with the squared hinge as far as if the documents were repeated: at a
        threshold of 0.5, "balanced" then gives many wrong labels. For better decisions tune
        thresholds instead.
    labels : list of str or None, default=None
        Names and order of the labels; None takes those of y. One without positives is never given.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is given where its probability exceeds this, in [0, 1]. A dict is by label
        name; labels that it does not name keep 0.5.
    prune : float, default=0.0
        Weights of at most this absolute value are set to 0 after the fit, in [0, inf). Above 0,
        `coef_` is sparse and never held in memory as a dense array: with thousands of labels most
        weights are close to 0 [6]_. A dense one of 100,000 labels and 10,000 features takes 8 GB;
        one that cannot fit in memory is refused. Not for `partial_fit`.
    tol : float or "auto", default="auto"
        Stopping tolerance of the solver, in (0, inf). A dual solver is used for sparse X of more
        than 2,000 rows, or with numba for 500 labels or more, if C times the squared length of each
        row is at most 1,000, as for TF-IDF with any usual C. Its "auto" is 0.01, or 0.001 for the
        squared hinge, and ends less than 1e-6 (relative) above the optimal objective. Other
        problems are solved by a primal solver, whose "auto" is 1e-8, or 1e-10 for the squared
        hinge.
    max_iter : int, default=1000
        Maximum number of passes of the solver over the data, at least 1.
    warm_start : bool, default=False
        Whether `fit` starts from the solution of the previous fit, which must have had the same
        labels and features. Only the compiled dual solver (numba, large sparse X) does so, and only
        with the same number of rows and the same `loss`. A copy, an unpickled or loaded tagger, one
        with `prune` and one fitted by the workers of a joblib backend start from zero.
    n_jobs : int or None, default=None
        Number of threads, which fit different labels; None means 1 unless in a
        `joblib.parallel_config` context, -1 all processors. If that context names a backend of
        other processes, such as "dask" or "ray", each of its workers gets X once and a share of
        the labels. Without numba (extra `fast`) the dual solver is liblinear's, which is several
        times slower and uses one thread if `random_state` is set, for reproducible results.
    random_state : int, RandomState instance or None, default=None
        Order in which the solver visits the rows, if it is a dual solver.

    Attributes
    ----------
    coef_ : ndarray of shape (n_labels, n_features), dtype float64
        Weights of the logits. Zero for a label that is constant in training. A CSR array with
        `prune` above 0.
    intercept_ : ndarray of shape (n_labels,), dtype float64
        Intercepts; 16 or -16 for a constant label.
    sigmoid_ : ndarray of shape (n_labels, 2), dtype float64, or None
        For the squared hinge, slope and intercept of each label's sigmoid. The weights of the SVM
        are `coef_` / slope, its intercepts (`intercept_` - intercept of the sigmoid) / slope. The
        row is (1, 0) for a label fitted with the logistic loss beside such labels.
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
    coef_: Any
    intercept_: FloatArray
    n_iter_: Any
    sigmoid_: FloatArray | None
    _constants: FloatArray
    _squares: FloatArray | None
    _duals: Sequence[Duals]

    def __init__(
        self,
        C: float = 1.0,
        *,
        loss: str = "log_loss",
        class_weight: ClassWeight = None,
        labels: LabelNames | None = None,
        threshold: Threshold = 0.5,
        prune: float = 0.0,
        tol: float | Literal["auto"] = "auto",
        max_iter: int = 1000,
        warm_start: bool = False,
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.C = C
        self.loss = loss
        self.class_weight = class_weight
        self.labels = labels
        self.threshold = threshold
        self.prune = prune
        self.tol = tol
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit_engine(self, data: TrainingData) -> dict[str, Any]:
        path = data.options.get("path", {})  # set by `_fit_each`
        duals = path.get("duals", ())
        if self.warm_start and not path:
            duals = self._last_duals(data.X, data.space)
        fits = fit_chunks(
            data.X,
            data.indicator,
            CONSTANT_LOGIT,
            loss=self.loss,
            C=self.C,
            factors=data.class_weight,
            sample_weight=data.sample_weight,
            prune=self.prune,
            tol=self.tol,
            max_iter=self.max_iter,
            n_jobs=self.n_jobs,
            random_state=self.random_state,
            own_words=data.options.get("own_words", False),
            coarse=path.get("coarse", False),
            duals=duals,
            keep_duals=self.warm_start or bool(path),
        )
        return {
            "coef_": fits.coef,
            "intercept_": fits.intercept,
            "n_iter_": fits.n_iter,
            "sigmoid_": fits.sigmoid,
            "_duals": fits.duals,
            "_constants": data.constants,
            "_squares": None,
        }

    def _last_duals(self, X: Any, space: LabelSpace) -> Sequence[Duals]:
        """Return the duals of the last fit, after checking that this fit may start from them."""
        if not hasattr(self, "coef_"):
            return ()
        names, known = list(space.label_names), list(self.label_names_)
        if len(names) != len(known) or (len(names) > 1 and names != known):
            raise LabelError(
                f"warm_start=True continues with the labels {listing(known)}; y has "
                f"{listing(names)}. Pass the same labels, or set warm_start=False."
            )
        if X.shape[1] != self.coef_.shape[1]:
            raise ValueError(
                f"warm_start=True continues with {self.coef_.shape[1]} features; X has "
                f"{X.shape[1]}. Pass the same features, or set warm_start=False."
            )
        return getattr(self, "_duals", ())

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the dual variables, one for each pair of row and label."""
        state = super().__getstate__()
        state.pop("_duals", None)
        return state

    def _to_saved(self) -> dict[str, Any]:
        """Leave the dual variables out of saved models, too."""
        return {name: value for name, value in vars(self).items() if name != "_duals"}

    def fit_path(
        self, X: Features, y: Labels, Cs: Any, sample_weight: Weights = None
    ) -> list[Self]:
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
        tagger: Self = clone(self)
        fitted = dict(tagger._fit_each(tagger._check_data(X, y, sample_weight), Cs))
        return [fitted[index] for index in range(len(Cs))]

    def _fit_each(
        self, data: TrainingData, Cs: Sequence[float], *, coarse: bool = False
    ) -> Iterator[tuple[int, Self]]:
        """Fit copies of this unfitted tagger in the order of C; yield (index in Cs, copy).

        Each fit starts from the duals of the last one. `coarse` fits are only to be compared.
        """
        duals: Sequence[Duals] = ()
        for index in np.argsort(Cs, kind="stable").tolist():
            tagger = copy(self).set_params(C=Cs[index])
            path = {"duals": duals, "coarse": coarse}
            tagger._fit_checked(replace(data, options={**data.options, "path": path}))
            duals, tagger._duals = tagger._duals, ()
            yield index, tagger

    def _fit_part(
        self, data: TrainingData, constants: FloatArray, *, first: bool
    ) -> dict[str, Any]:
        if self.prune:
            raise ValueError(
                f"prune={self.prune} is for fit only: partial_fit continues from the small weights "
                f"too. Set prune=0."
            )
        X, n_labels = canonical(data.X), data.space.n_labels
        refuse_extremes(X, self.C, data.class_weight, data.sample_weight)
        coef, intercept, squares = self._online_state(X.shape[1], n_labels, first=first)
        learn_part(
            X,
            data.indicator,
            coef,
            intercept,
            squares,
            C=self.C,
            factors=data.class_weight,
            sample_weight=data.sample_weight,
            n_jobs=self.n_jobs,
        )
        return {
            "coef_": coef,
            "intercept_": intercept,
            "sigmoid_": None,
            "_duals": (),
            "n_iter_": (0 if first else self.n_iter_) + np.ones(n_labels, dtype=np.int64),
            "_constants": constants,
            "_squares": squares,
        }

    def _online_state(
        self, n_features: int, n_labels: int, *, first: bool
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the weights, intercepts and sums of squared derivatives to continue from."""
        squares = np.zeros((n_features + 1, n_labels))
        if first:
            return np.zeros((n_labels, n_features), order="F"), np.zeros(n_labels), squares
        if self._squares is not None:
            return self.coef_, self.intercept_, self._squares
        # after `fit`: discard the intercepts of +-16 of constant labels
        coef = self.coef_.toarray() if sp.issparse(self.coef_) else self.coef_
        intercept = np.where(np.isnan(self._constants), self.intercept_, 0.0)
        return np.array(coef, order="F"), intercept, squares

    def _fit_added(self, part: Self, data: TrainingData) -> None:
        part._fit_checked(data)

    def _change_models(self, kept: IntArray, added: Self | None) -> dict[str, Any]:
        coef, intercept = self.coef_[kept], self.intercept_[kept]
        n_iter, constants = self.n_iter_[kept], self._constants[kept]
        sigmoid = None if self.sigmoid_ is None else self.sigmoid_[kept]
        squares = None if self._squares is None else self._squares[:, kept]
        if added is not None:
            coef = _stack(coef, added.coef_)
            new = added.intercept_
            if squares is not None:  # as when partial_fit continues from fit
                new = np.where(np.isnan(added._constants), new, 0.0)
                squares = np.hstack([squares, np.zeros((len(squares), len(new)))])
            intercept = np.concatenate([intercept, new])
            n_iter = np.concatenate([n_iter, added.n_iter_])
            constants = np.concatenate([constants, added._constants])
            if sigmoid is not None or added.sigmoid_ is not None:
                lines = [(sigmoid, len(kept)), (added.sigmoid_, len(new))]
                sigmoid = np.vstack(
                    [np.tile([1.0, 0.0], (n, 1)) if s is None else s for s, n in lines]
                )
        if not sp.issparse(coef):
            coef = np.asarray(coef, order="F" if self.coef_.flags.f_contiguous else "C")
        return {
            "coef_": coef,
            "intercept_": intercept,
            "sigmoid_": sigmoid,
            "_duals": (),
            "n_iter_": n_iter,
            "_constants": constants,
            "_squares": squares,
        }

    def to_onnx(self, directory: str | os.PathLike[str]) -> None:
        """Write the classifier as ONNX: from features to probabilities, without Python.

        ``model.onnx`` takes "features", float64 of shape (n_rows, n_features). Its outputs and
        metadata are those of `TfidfLogRegTagger.to_onnx`.

        Parameters
        ----------
        directory : str or os.PathLike
            Created if it does not exist.

        Raises
        ------
        FileExistsError
            If the directory has a config.json, which belongs to another kind of model.
        MissingExtraError
            If onnx is not installed (extra ``onnx``).
        NotFittedError
            If the classifier is not fitted.
        """
        state = snapshot(self)
        check_is_fitted(state)
        from ._onnx import export_features

        export_features(state, directory)

    def _logits(self, X: Any) -> FloatArray:
        if sp.issparse(self.coef_):
            check_sparse(self.coef_, "coef_")
            scores = self.coef_ @ X.T  # X @ coef_.T would convert a copy of coef_
            logits = (scores.toarray(order="F") if sp.issparse(scores) else scores).T
            logits += self.intercept_
        else:
            logits = X @ self.coef_.T + self.intercept_
        constant = np.flatnonzero(~np.isnan(self._constants))
        logits[:, constant] = self._constants[constant]
        return logits

    def __sklearn_tags__(self) -> Tags:
        """Declare the kinds of y that scikit-learn's tools may pass."""
        tags: Any = super().__sklearn_tags__()
        tags.target_tags.allow_nan = True
        tags.target_tags.independent_labels = True
        return tags


def _stack(coef: Any, added: Any) -> Any:
    """Put the weights of added labels behind those of others, in their format."""
    if sp.issparse(coef):
        return sp.vstack([coef, sp.csr_array(added)], format="csr")
    return np.vstack([coef, added.toarray() if sp.issparse(added) else added])
