"""A tagger of features for very many labels: trees of linear models, searched by beams."""

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import scipy.sparse as sp
from joblib import effective_n_jobs
from scipy.special import expit, logit
from sklearn.utils import Tags

from .._gate.decision import decide, decide_sparse, fill_labels
from .._gate.samples import CONSTANT_LOGIT, TrainingData, entry_rows
from .._gate.types import (
    Documents,
    Features,
    FloatArray,
    IntArray,
    LabelNames,
    RandomState,
    Threshold,
)
from .._runtime.sklearn import Interval, StrOptions
from ..base import LOWEST_PROBABILITY, BaseFeatureTagger, BaseTagger, strictly_inside
from ..linear._logistic_regression import SOLVER_CONSTRAINTS
from ..linear._solvers import canonical
from ._fitting import ForestSettings, fit_forest
from ._forest import Forest, Found

TREE_CONSTRAINTS: dict[str, list[Any]] = {
    **{
        name: SOLVER_CONSTRAINTS[name]
        for name in ("loss", "C", "threshold", "tol", "max_iter", "n_jobs")
    },
    "n_trees": [Interval(Integral, 1, None, closed="left")],
    "branching_factor": [Interval(Integral, 2, 65_536, closed="both")],
    "max_leaf": [Interval(Integral, 2, 65_536, closed="both")],
    "beam_width": [Interval(Integral, 1, None, closed="left")],
    "prune": [Interval(Real, 0, None, closed="left"), StrOptions({"auto"})],
    "random_state": ["random_state"],
}


_ALL_DOCUMENTS = "clusters of labels rest on all documents. Call fit on all of them"
_OF_LABELS = "the weights are those of nodes, and reach a label along its path"
_LACKS = {  # what other linear taggers have, and why trees do not
    "partial_fit": _ALL_DOCUMENTS,
    "add_labels": _ALL_DOCUMENTS,
    "drop_labels": _ALL_DOCUMENTS,
    "coef_": _OF_LABELS,
    "intercept_": _OF_LABELS,
    "to_onnx": "ONNX has no search by beams. Save the tagger with skmultitext.save",
}


class BeamTagger(BaseTagger):
    """Base of the taggers with trees: their outputs are found by beams."""

    _scores_sparsely = True  # where y was sparse at fit; `_meta.known_labels` looks for this name

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Say why there is no such attribute."""
            if name in _LACKS:
                raise AttributeError(f"{type(self).__name__} has no {name}: {_LACKS[name]}.")
            return super().__getattribute__(name)  # raises Python's own error

    def predict_proba(self, X: Documents | Features) -> Any:
        """Estimate the probability of each label.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents.

        Returns
        -------
        ndarray or csr_array of shape (n_samples, n_labels), or (n_samples, 2) for a 1-D y, \
dtype float64
            Probabilities. Where y was sparse at fit, a CSR array of the labels at the ends of the
            beams; the others have probability 0. Otherwise an array strictly inside (0, 1), with
            the smallest of all probabilities for the other labels. For a 1-D y those of both
            classes.

        Raises
        ------
        ValueError
            If X is not legal.
        NotFittedError
            If the tagger is not fitted.
        """
        return super().predict_proba(X)

    def decision_function(self, X: Documents | Features) -> FloatArray:
        """Score the labels of documents, in a dense array: for few labels or documents.

        Parameters
        ----------
        X : sequence of str, or array-like or sparse matrix of shape (n_samples, n_features)
            Documents.

        Returns
        -------
        ndarray of shape (n_samples, n_labels), or (n_samples,) for a 1-D y, dtype float64
            Logits: the logarithm of the odds that the label is given; about -708 for labels outside
            of the beams. `predict_topk` and `predict_proba` need less memory.

        Raises
        ------
        ValueError
            If X is not legal.
        NotFittedError
            If the tagger is not fitted.
        """
        return super().decision_function(X)

    def __sklearn_tags__(self) -> Tags:
        """Declare the kinds of y that scikit-learn's tools may pass."""
        tags: Any = super().__sklearn_tags__()
        tags.target_tags.allow_nan = True
        return tags


class LabelTreeTagger(BeamTagger, BaseFeatureTagger):
    """Trees of linear models for thousands to hundreds of thousands of labels, on features.

    Labels that occur in similar documents are gathered in balanced clusters, again and again, down
    to leaves of at most `max_leaf` labels [1]_ [2]_. For each child of a node, a linear model tells
    documents with a label below the child from the other documents that reach the node: those with
    a label below the node, and at the root all. The probability of a label is the product of those
    along its path, averaged over `n_trees` trees. The fit takes time in proportion to the levels,
    not to the labels; prediction follows the `beam_width` most probable nodes of each level, and
    scores the labels of their leaves.

    With ``loss="squared_hinge"`` the models are linear SVMs. One sigmoid for each level of a tree
    makes probabilities of their scores: most labels have too few documents for one of their own. It
    is fitted to documents held out, a fifth of those of sixteen nodes or of one node in twenty, and
    all in turn where there are up to 2,000 documents. PECOS [3]_ multiplies ``exp(-max(0, 1 -
    score) ** 3)`` along the path instead, which ranks nearly as well but is no probability.

    On generated texts with a long tail of labels (18,000 documents, 2,000 labels) the log loss,
    with C = 10, reaches a precision at 1 and at 5 of 0.894 and 0.480, with C = 100 0.901 and 0.494;
    the squared hinge 0.913 and 0.516, with ``exp(-max(0, 1 - score) ** 3)`` 0.912 and 0.512. The
    sum of all probabilities is 0.70 of the labels that hold with the log loss, and 0.95 here. On
    48,696 labels of Debian's packages the two are close: 0.854 and 0.575 with the log loss, 0.847
    and 0.573 here, while propensity-scored precision at 5 rises from 0.235 to 0.244.
    Up to `max_leaf` labels make one tree with a root and leaves of one label, whatever `n_trees`
    is: that is one-vs-rest, with the models of `MultilabelLogisticRegression`.

    Where y was sparse at fit, `predict_proba` and `predict` give CSR matrices. Labels outside of
    the beams have probability 0 there; in dense arrays it is 2.2e-308, as probabilities are
    strictly inside (0, 1). Labels at the ends of the beams have the exact probability of the
    model, 0 for the trees in whose beams they are not.

    A label that all training documents have is given with a logit of 16, and one without positives
    never; both stand outside of the trees. An unknown entry takes no part in the regression of its
    label. Nodes above leave a document out for a child below which it has an unknown label and no
    given one.

    There is no `partial_fit` and no change of labels: clusters rest on all documents. There is no
    `class_weight`, since weights of a label would distort the products of probabilities: raise or
    lower `threshold` instead.

    Parameters
    ----------
    C : float, default=1.0
        Inverse of the regularisation strength, in (0, inf). 1 is good for rows of TF-IDF, which
        have length 1; with the log loss 10 to 100.
    loss : {"squared_hinge", "log_loss"}, default="squared_hinge"
        The nodes are linear SVMs with calibrated probabilities, or logistic regressions.
    n_trees : int, default=1
        Number of trees, at least 1, each from clusters with other starting points. Three gain up
        to a point of precision, and take three times the time and memory.
    branching_factor : int, default=16
        Maximum number of children of a node above the leaves, in [2, 65536]. The solver fits up to
        16 children at once, so fewer save no time.
    max_leaf : int, default=100
        Maximum number of labels of a leaf, in [2, 65536].
    beam_width : int, default=10
        Number of nodes to follow on each level, at least 1. It may be changed after the fit.
    labels : list of str or None, default=None
        Names and order of the labels; None takes those of y. One without positives is never given.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is given where its probability exceeds this, in [0, 1].
    prune : float or "auto", default="auto"
        Weights of at most this absolute value are set to 0; in [0, inf). "auto" is 0.1 divided by
        the root mean square of the lengths of the rows, and 0 where a tree is one-vs-rest. Unlike
        in `MultilabelLogisticRegression` the default prunes: the weights of so many labels would
        not fit in memory.
    tol : float or "auto", default="auto"
        Stopping tolerance of the solver, as in `MultilabelLogisticRegression`; "auto" is 1e-9 for
        up to 2,000 documents; for more 0.1, or 0.01 with the log loss. At a tolerance of 0.001 the
        squared hinge takes more than twice as many passes, and ranks no better.
    max_iter : int, default=1000
        Maximum number of passes of the solver over the data, at least 1.
    n_jobs : int or None, default=None
        Number of threads, which fit different nodes and search different documents; None means 1
        unless in a `joblib.parallel_config` context, -1 all processors.
    random_state : int, RandomState instance or None, default=None
        Starting points of the clusters, and the order in which the solver visits the rows.

    Attributes
    ----------
    n_iter_ : ndarray of shape (n_children,), dtype int64
        Passes of the solver for each child of each node, level by level; more than `max_iter`
        without convergence.
    classes_ : ndarray of shape (n_labels, 2), or (2,) for a 1-D y
        The codes of "no" and "yes" of each label.
    label_names_ : ndarray of shape (n_labels,), dtype object
        Names of the labels, each a str.
    thresholds_ : ndarray of shape (n_labels,), dtype float64
        The threshold of each label.
    n_features_in_ : int
        Number of features.

    See Also
    --------
    MultilabelLogisticRegression : One-vs-rest, for up to a few thousand labels.

    References
    ----------
    .. [1] Y. Prabhu, A. Kag, S. Harsola, R. Agrawal, M. Varma, "Parabel: Partitioned label trees
       for extreme classification with application to dynamic search advertising", WWW 2018.
    .. [2] S. Khandagale, H. Xiao, R. Babbar, "Bonsai: diverse and shallow trees for extreme
       multi-label classification", Machine Learning 109, 2020.
    .. [3] H.-F. Yu, K. Zhong, J. Zhang, W.-C. Chang, I. S. Dhillon, "PECOS: prediction for enormous
       and correlated output spaces", JMLR 23, 2022.

    Examples
    --------
    Texts go through a vectorizer first:

    >>> from sklearn.pipeline import make_pipeline
    >>> from skmultitext import LabelTreeTagger, predict_labels
    >>> from skmultitext.feature_extraction import TfidfVectorizer
    >>> texts = ["refund my lamp", "my parcel is late", "late lamp, refund please", "hello"]
    >>> labels = [["refund"], ["delivery"], ["delivery", "refund"], []]
    >>> tagger = make_pipeline(TfidfVectorizer(), LabelTreeTagger()).fit(texts, labels)
    >>> predict_labels(tagger, ["please refund my late lamp"])
    [('delivery', 'refund')]
    """

    _parameter_constraints = TREE_CONSTRAINTS
    n_iter_: IntArray
    _forest: Forest
    _constants: FloatArray

    def __init__(
        self,
        C: float = 1.0,
        *,
        loss: str = "squared_hinge",
        n_trees: int = 1,
        branching_factor: int = 16,
        max_leaf: int = 100,
        beam_width: int = 10,
        labels: LabelNames | None = None,
        threshold: Threshold = 0.5,
        prune: float | Literal["auto"] = "auto",
        tol: float | Literal["auto"] = "auto",
        max_iter: int = 1000,
        n_jobs: int | None = None,
        random_state: RandomState = None,
    ) -> None:
        self.C = C
        self.loss = loss
        self.n_trees = n_trees
        self.branching_factor = branching_factor
        self.max_leaf = max_leaf
        self.beam_width = beam_width
        self.labels = labels
        self.threshold = threshold
        self.prune = prune
        self.tol = tol
        self.max_iter = max_iter
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _fit_engine(self, data: TrainingData) -> dict[str, Any]:
        constants = data.constants
        weight = np.ones(data.X.shape[0]) if data.sample_weight is None else data.sample_weight
        settings = ForestSettings(
            self.loss,
            self.C,
            self.n_trees,
            self.branching_factor,
            self.max_leaf,
            self.prune,
            self.tol,
            self.max_iter,
            self.n_jobs,
            self.random_state,
            own_words=data.options.get("own_words", False),
        )
        learned = np.flatnonzero(np.isnan(constants))
        forest, n_iter = fit_forest(canonical(data.X), data.indicator, learned, weight, settings)
        return {"_forest": forest, "_constants": constants, "n_iter_": n_iter}

    def _search(self, X: Any, n_best: int = 0) -> Found:
        """Search the labels of checked X."""
        X = canonical(sp.csr_array(X))
        n_threads = effective_n_jobs(self.n_jobs)
        return self._forest.search(X, self.beam_width, n_best=n_best, n_threads=n_threads)

    def _found_proba(self, X: Any) -> sp.csr_array:
        """Probabilities of the labels at the ends of the beams, and of those always given."""
        found = self._search(X)
        return self._scattered(found, strictly_inside(found.proba), expit(CONSTANT_LOGIT))

    def _scattered(self, found: Found, values: FloatArray, of_always: float) -> sp.csr_array:
        """Put values of the labels that were found in a matrix, and one of those always given."""
        n_rows, labels = len(found.counts), found.labels
        indptr = np.append(0, np.cumsum(found.counts))
        always = np.flatnonzero(self._constants > 0)
        if len(always):
            rows = np.repeat(np.arange(n_rows), found.counts)
            rows = np.append(rows, np.repeat(np.arange(n_rows), len(always)))
            labels = np.append(labels, np.tile(always, n_rows))
            values = np.append(values, np.full(len(rows) - len(values), of_always))
            order = np.lexsort((labels, rows))
            labels, values = labels[order], values[order]
            indptr = indptr + np.arange(len(indptr)) * len(always)
        return sp.csr_array((values, labels, indptr), shape=(n_rows, self._forest.n_labels))

    def _filled(self, found: sp.csr_array, outside: float, of_never: float) -> FloatArray:
        """Make a dense array, with values for labels outside of the beams and those never given."""
        dense = np.full(found.shape, outside)
        dense[:, self._constants < 0] = of_never
        dense[entry_rows(found), found.indices] = found.data
        return dense

    def _is_sparse(self) -> bool:
        """Whether probabilities are sparse, with 0 outside of the beams."""
        return self._label_space.form == "sparse"

    def _n_scored(self) -> int:
        widest = int(np.diff(self._forest.child_ptr).max())
        return self._forest.n_trees * self.beam_width * max(widest, 1)

    def _logits(self, X: Any) -> FloatArray:
        found = self._search(X)
        one_vs_rest = self._forest.n_trees == self._forest.depth == 1
        logits = found.scores if one_vs_rest else logit(strictly_inside(found.proba))
        scattered = self._scattered(found, logits, CONSTANT_LOGIT)
        return self._filled(scattered, logit(LOWEST_PROBABILITY), -CONSTANT_LOGIT)

    def _proba_of(self, X: Any) -> Any:
        found = self._found_proba(X)
        if self._is_sparse():
            return found
        return self._filled(found, LOWEST_PROBABILITY, expit(-CONSTANT_LOGIT))

    def _decisions_of(self, X: Any) -> sp.csr_array:
        return self._decide(X, self.thresholds_)

    def _decide(self, X: Any, thresholds: FloatArray) -> sp.csr_array:
        if not self._is_sparse() and thresholds.min() < expit(-CONSTANT_LOGIT):
            # labels outside of the beams count, too
            return sp.csr_array(decide(self._proba_of(X), thresholds))
        return decide_sparse(self._found_proba(X), thresholds)

    def _best_of(self, X: Any, k: int) -> tuple[IntArray, FloatArray]:
        found = self._search(X, n_best=k)
        n_rows = len(found.counts)
        columns = np.arange(len(found.labels)) - np.repeat(
            np.cumsum(found.counts) - found.counts, found.counts
        )
        rows = np.repeat(np.arange(n_rows), found.counts)
        labels = np.full((n_rows, k), -1)
        proba = np.full((n_rows, k), 0.0 if self._is_sparse() else LOWEST_PROBABILITY)
        labels[rows, columns], proba[rows, columns] = found.labels, strictly_inside(found.proba)
        constant = [np.flatnonzero(self._constants > 0)]
        if not self._is_sparse():
            constant.append(np.flatnonzero(self._constants < 0)[:k])
        others = np.concatenate(constant)
        if len(others):
            labels = np.hstack([labels, np.tile(others, (n_rows, 1))])
            proba = np.hstack([proba, np.tile(expit(self._constants[others]), (n_rows, 1))])
            order = np.lexsort((labels, -proba))[:, :k]
            labels, proba = (np.take_along_axis(a, order, axis=1) for a in (labels, proba))
        fill_labels(labels)  # outside of the beams
        return labels, proba
