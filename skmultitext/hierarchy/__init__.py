"""Labels that imply others: taxonomies, and other directed acyclic graphs of labels."""

from numbers import Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.special import logit
from sklearn.base import clone

from .._gate.containers import column_names, plain_rows
from .._gate.hierarchy import LabelHierarchy, read_parents
from .._gate.labels import LabelSpace
from .._gate.samples import TrainingData, has_unknown, with_nan
from .._gate.types import (
    FloatArray,
    LabelNames,
    Labels,
    Threshold,
)
from .._meta.known_labels import add_ancestors, target_for
from .._meta.wrapping import WrappingTagger
from .._runtime.messages import listing, warn_caller
from .._runtime.optional import require
from .._runtime.sklearn import HasMethods, StrOptions
from ..base import BaseTagger, strictly_inside
from ..exceptions import LabelError, UnusedHierarchyWarning
from ..metrics._inputs import checked_names

__all__ = ["HierarchicalTagger", "close_labels"]


def __dir__() -> list[str]:
    return __all__


class HierarchicalTagger(WrappingTagger):
    """Wrap any multi-label estimator so that a label comes with the labels that it implies.

    The estimator is fitted on labels closed upwards: a document with a label has all ancestors of
    this label, too. Probabilities are consistent: no label is more probable than one of its
    ancestors. Decisions are closed upwards, also those of taggers around this one that tune
    thresholds or limit the number of labels.

    To tune thresholds or to calibrate, wrap this tagger:
    ``TunedThresholdTaggerCV(HierarchicalTagger(TfidfLogRegTagger(), hierarchy))``. Taggers around
    this one close y upwards, too.

    Parameters
    ----------
    estimator : estimator
        Any multi-label classifier with `predict_proba`: a tagger, a Pipeline, a forest and so on.
        With ``training="conditional"`` one that takes unknown labels, as all taggers of this
        package do.
    hierarchy : dict, list of (child, parent), or str
        Which label implies which: {child: parent}, or {child: list of parents}, where a child
        implies all its parents; pairs of names; or the separator of names such as
        "sport/football", which then implies "sport". Label sets and DataFrames need not have the
        ancestors: they become labels, too. The columns of an array are called "0", "1", ... A child
        that is no label of y is left out; a warning says so if all are.
    training : {"closed", "conditional"}, default="closed"
        "closed" fits each label on all documents. The probability of a label is its own, or the
        least one of an ancestor if that is lower. "conditional" fits each label on the documents
        that have all its parents; its probability there is multiplied by the least one of its
        parents [1]_.
    threshold : float, array-like of shape (n_labels,) or dict of {str: float}, default=0.5
        A label is given where its probability exceeds this, in [0, 1], or one of its descendants is
        given. A `threshold` of the wrapped estimator is not used.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.
    hierarchy_ : dict of {str: tuple of str}
        The parents of each label that has some.
    classes_ : ndarray of shape (n_labels, 2)
        The codes of "no" and "yes" of each label.
    label_names_ : ndarray of shape (n_labels,), dtype object
        Names of the labels, each a str: those of y, and their ancestors.
    thresholds_ : ndarray of shape (n_labels,), dtype float64
        The threshold of each label.
    n_features_in_ : int
        Number of features; only where the wrapped estimator has it.
    feature_names_in_ : ndarray of shape (n_features,), dtype object
        Names of the features; only where the wrapped estimator has them.

    See Also
    --------
    skmultitext.hierarchy.close_labels : Close labels upwards, for scores and splitters.
    skmultitext.metrics.hierarchical_f1_score : F1 over labels closed upwards.

    References
    ----------
    .. [1] N. Cesa-Bianchi, C. Gentile, L. Zaniboni, "Incremental algorithms for hierarchical
       classification", JMLR 7, 2006.

    Examples
    --------
    >>> from skmultitext import HierarchicalTagger, TfidfLogRegTagger
    >>> texts = ["a late goal", "a set of tennis", "the new law", "a goal and a law"] * 5
    >>> labels = [["sport/football"], ["sport/tennis"], ["politics"], ["politics", "sport"]] * 5
    >>> inner = TfidfLogRegTagger(C=100, loss="log_loss")
    >>> tagger = HierarchicalTagger(inner, "/").fit(texts, labels)
    >>> tagger.predict_labels(["tennis on a new set"])
    [('sport', 'sport/tennis')]
    """

    _parameter_constraints = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "hierarchy": [str, dict, "array-like"],
        "training": [StrOptions({"closed", "conditional"})],
        "threshold": [Real, "array-like", dict],
    }
    _hierarchy: LabelHierarchy
    _n_parts = 1  # the fit of the estimator

    def __init__(
        self,
        estimator: Any,
        hierarchy: Any,
        *,
        training: str = "closed",
        threshold: Threshold = 0.5,
    ) -> None:
        self.estimator = estimator
        self.hierarchy = hierarchy
        self.training = training
        self.threshold = threshold

    def _read_labels(self, y: Labels) -> tuple[LabelSpace, Any]:
        """Read y and close it upwards; ancestors that it lacks become labels."""
        space, indicator = super()._read_labels(y)
        self._check_labels(space)
        return self._close(space, indicator)

    def _check_labels(self, space: LabelSpace) -> None:
        """Refuse one label; warn if the hierarchy is of other labels."""
        parents = read_parents(self.hierarchy, space.label_names)
        if parents and space.form in ("binary", "column"):
            raise LabelError(
                "y has one label only, which can imply no other. Pass an indicator of several "
                "labels, or label sets."
            )
        if parents and not parents.keys() & set(space.label_names):
            warn_caller(
                f"No child in hierarchy is a label of y, so no label implies another: hierarchy "
                f"names {listing(parents)}, y has {listing(space.label_names)}.",
                UnusedHierarchyWarning,
            )

    def _close(self, space: LabelSpace, indicator: Any) -> tuple[LabelSpace, Any]:
        """Close labels upwards; ancestors that they lack become labels."""
        parents = read_parents(self.hierarchy, space.label_names)
        if space.named:
            space, indicator = add_ancestors(space, indicator, parents)
        return space, LabelHierarchy.of(parents, space.label_names).close(indicator)

    def _find_hierarchy(self, space: LabelSpace) -> LabelHierarchy:
        """Find which of the labels implies which."""
        return LabelHierarchy.of(read_parents(self.hierarchy, space.label_names), space.label_names)

    def _fit_engine(self, data: TrainingData) -> dict[str, Any]:
        space, indicator = data.space, data.indicator
        hierarchy = self._find_hierarchy(space)
        if self.training == "conditional":
            indicator = hierarchy.condition(indicator)
        fitted = clone(self.estimator)
        y = target_for(indicator, space, fitted)
        with data.task.part("fit of the estimator").around(fitted):
            fitted.fit(data.X, y, **data.options["routed"]["estimator"]["fit"])
        return self._around(fitted, hierarchy)

    def _around(self, fitted: Any, hierarchy: LabelHierarchy) -> dict[str, Any]:
        """Return the fitted attributes around a fitted estimator."""
        return {
            "estimator_": fitted,
            "hierarchy_": hierarchy.parents(),
            "_hierarchy": hierarchy,
            "_is_conditional": self.training == "conditional",
        }

    def _proba_of(self, X: Any) -> FloatArray:
        proba, estimator = self._scores(X, "predict_proba"), self.estimator_
        if not isinstance(estimator, BaseTagger) or isinstance(estimator, WrappingTagger):
            proba = strictly_inside(proba)  # a copy; that of our other taggers is new and inside
        if self._is_conditional:
            return strictly_inside(self._hierarchy.multiply(proba))
        return self._hierarchy.make_consistent(proba)

    def _logits(self, X: Any) -> FloatArray:
        return logit(self._proba_of(X))


def close_labels(y: Labels, hierarchy: Any, *, label_names: LabelNames | None = None) -> Any:
    """Close labels upwards: give each document the ancestors of its labels, too.

    `HierarchicalTagger`, and each tagger of this package around it, does this itself in `fit` and
    `score`. Close labels beforehand for what does not know the hierarchy: scores and scorers,
    splitters, scikit-learn's searches.

    Parameters
    ----------
    y : array-like, sparse matrix, DataFrame or sequence of label sets
        Labels, in any form that taggers accept for several labels. NaN in an indicator, not known,
        becomes 1 above a label that is given, and 0 below one that is not. An ancestor that y
        lacks is unknown where only unknown labels may imply it.
    hierarchy : dict, list of (child, parent), or str
        Which label implies which, as in `HierarchicalTagger`.
    label_names : sequence of str of length n_labels, default=None
        Names of the columns of an array or sparse matrix; None names them "0", "1", ...

    Returns
    -------
    list of tuple of str of length n_samples, or indicator of shape (n_samples, n_labels)
        Label sets sorted by name for label sets; a pandas DataFrame with a column for each missing
        ancestor, at the end, for a DataFrame; else an array or sparse array of the shape of y.
        Indicators are of dtype int64, or of float64 where labels are not known.

    Raises
    ------
    ValueError
        If y or the hierarchy is not legal, the hierarchy has a cycle, or an array has no column
        for an ancestor.

    Examples
    --------
    >>> close_labels([["football"], []], {"football": "sport"})
    [('football', 'sport'), ()]
    """
    y = plain_rows(y) if column_names(y) is None else y
    space, indicator = LabelSpace.learn(y, allow_unknown=True)
    if space.form in ("binary", "column"):
        raise LabelError(
            "y has one label only, which can imply no other. Pass an indicator of several labels, "
            "or label sets."
        )
    if label_names is not None:
        if space.named:
            raise LabelError("y names its labels itself; leave label_names=None.")
        space = LabelSpace.of(_check_names(label_names, space.n_labels), form=space.form)
    parents = read_parents(hierarchy, space.label_names)
    if label_names is None and space.named:
        space, indicator = add_ancestors(space, indicator, parents)
    closed = LabelHierarchy.of(parents, space.label_names).close(indicator)
    if space.form == "label_sets":
        return space.label_sets(closed)
    values: Any = with_nan(closed) if has_unknown(closed) else closed.astype(np.int64)
    if column_names(y) is not None:
        pandas = require("pandas", "Closing the labels of a DataFrame")
        frame = pandas.DataFrame.sparse.from_spmatrix if sp.issparse(values) else pandas.DataFrame
        return frame(values, columns=list(space.label_names), index=getattr(y, "index", None))
    return sp.csr_array(values) if space.form == "sparse" else np.ascontiguousarray(values)


def _check_names(label_names: LabelNames, n_labels: int) -> list[str]:
    names = checked_names(label_names)
    if len(names) != n_labels:
        raise LabelError(
            f"label_names has {len(names)} names, but y has {n_labels} columns. Pass one name per "
            f"column."
        )
    return names
