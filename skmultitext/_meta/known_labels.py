"""The labels of any estimator: find those it was fitted on, and pass it y in a form it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from sklearn import utils
from sklearn.ensemble import StackingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from .._gate.containers import column_names
from .._gate.hierarchy import LabelHierarchy, missing_ancestors
from .._gate.label_forms import read_labels
from .._gate.labels import LabelSpace, are_positions, position_names
from .._gate.samples import has_unknown, with_nan
from .._gate.types import AnyArray, Indicator, LabelNames
from .._runtime.messages import listing
from ..exceptions import LabelError

__all__ = [
    "NamedColumns",
    "TargetTags",
    "add_ancestors",
    "encode_for",
    "encode_with_ancestors",
    "find_hierarchy",
    "find_label_names",
    "inner_estimator",
    "known_labels",
    "nested_estimator",
    "one_label_space",
    "order_of_columns",
    "parameter_labels",
    "prefit_estimator",
    "space_of_names",
    "takes_unknown",
]

_INNER = ("best_estimator_", "estimator_", "final_estimator_")
_ONE_BY_ONE = (OneVsRestClassifier, MultiOutputClassifier, ClassifierChain)


def inner_estimator(estimator: Any) -> Any:
    """Find the fitted estimator to which `estimator` delegates prediction, or None."""
    if isinstance(estimator, FrozenEstimator):
        return estimator.estimator
    steps = getattr(estimator, "steps", None)
    if steps:
        return steps[-1][1]
    return next((getattr(estimator, name) for name in _INNER if hasattr(estimator, name)), None)


def prefit_estimator(estimator: Any) -> Any:
    """Find the fitted estimator that a fit of `estimator` does not refit, or None.

    It is in a FrozenEstimator, or in a tagger with `cv="prefit"`, at any depth of nesting.
    """
    while estimator is not None and not isinstance(estimator, _ONE_BY_ONE):
        if isinstance(estimator, FrozenEstimator):
            return estimator.estimator
        inner = nested_estimator(estimator)
        delegates = inner is not None and inner is getattr(estimator, "estimator", None)
        if delegates and isinstance(getattr(estimator, "cv", None), str):
            return inner  # the only legal str is "prefit"
        estimator = inner
    return None


def nested_estimator(estimator: Any) -> Any:
    """Find the parameter that takes the y of an estimator, fitted or not; None if none does."""
    if isinstance(estimator, _ONE_BY_ONE):
        return None
    steps = getattr(estimator, "steps", None)
    if steps:
        return steps[-1][1]
    if isinstance(estimator, StackingClassifier):
        return estimator.final_estimator
    return getattr(estimator, "estimator", None)


def known_labels(estimator: Any) -> LabelSpace | None:
    """Find the label space of a fitted estimator, or of one nested in it; None if there is none."""
    while estimator is not None:
        space = getattr(estimator, "_label_space", None)
        if space is not None:
            return space
        names = getattr(estimator, "label_names_", None)
        if names is not None:
            return space_of_names(names, getattr(estimator, "classes_", None))
        inner = inner_estimator(estimator)
        if isinstance(estimator, StackingClassifier) and hasattr(estimator, "classes_"):
            if not isinstance(estimator.classes_, list):
                return one_label_space(estimator.classes_)  # final_estimator_ has 0 and 1
            space = known_labels(inner)
            known = space is not None and space.has_names
            return space if known else space_of_names(position_names(len(estimator.classes_)))
        estimator = inner
    return None


def space_of_names(names: Sequence[str], classes: Any = None) -> LabelSpace:
    """Make the label space of a third-party estimator that lists its label names."""
    one = None if len(names) > 1 or isinstance(classes, list) else one_label_space(classes)
    return LabelSpace.of(
        names,
        form="indicator" if one is None else "binary",
        codes=None if one is None else one.codes,
        named=not are_positions([str(name) for name in names]),
    )


def find_hierarchy(estimator: Any) -> LabelHierarchy | None:
    """Find the hierarchy of the labels of a fitted estimator, or of one nested in it."""
    while estimator is not None:
        hierarchy = getattr(estimator, "_hierarchy", None)
        if isinstance(hierarchy, LabelHierarchy):
            return hierarchy
        estimator = inner_estimator(estimator)
    return None


def find_label_names(estimator: Any) -> np.ndarray | None:
    """Find the label names of a fitted estimator; None if the user gave none."""
    space = known_labels(estimator)
    return space.label_names if space is not None and space.has_names else None


def order_of_columns(estimator: Any, label_names: Sequence[str]) -> list[int] | None:
    """Find the column of each label name in a fitted estimator; None if no reordering is needed."""
    known = find_label_names(estimator)
    if known is None or list(known) == list(label_names):
        return None
    position = {name: j for j, name in enumerate(known)}
    if set(position) == set(label_names):
        return [position[name] for name in label_names]
    if set(position) & set(label_names):
        raise LabelError(
            f"{type(estimator).__name__} has the labels {listing(known)}, but label_names are "
            f"{listing(label_names)}. Pass the same labels, in any order."
        )
    return None


def one_label_space(classes: Any) -> LabelSpace | None:
    """Make the label space of a binary estimator from its `classes_`; None unless there are two."""
    if classes is None or (
        isinstance(classes, list) and len({np.size(part) for part in classes}) > 1
    ):
        return None
    codes = np.unique(np.ravel(np.asarray(classes)))
    if len(codes) != 2:
        return None
    return LabelSpace.of([codes[1]], form="binary", codes=codes[None, :], named=False)


def encode_for(estimator: Any, y: Any) -> tuple[LabelSpace, Any]:
    """Encode y with the labels of a fitted estimator, matched by name if both have names.

    Labels that are not in y get a column of zeros; NaN in y becomes `UNKNOWN`.
    """
    known = known_labels(estimator)
    if known is None:
        return _read_without_names(y, estimator)
    codes = known.codes[0] if known.n_labels == 1 else None
    found = read_labels(y, codes=codes, known=known.label_names, allow_unknown=True)
    names: Any = known.label_names
    indicator = found.indicator
    if found.form == "label_sets":
        indicator = known.encode(y)
    elif found.named and known.has_names:
        indicator = _by_name(found, known)
    elif indicator.shape[1] != known.n_labels:
        raise LabelError(
            f"y has {indicator.shape[1]} column(s), but the fitted estimator has {known.n_labels} "
            f"labels: {listing(names)}. Pass one column per label, in this order."
        )
    elif found.named:
        names = found.label_names
    one = known.n_labels == 1
    return (
        LabelSpace.of(
            names,
            form="indicator" if found.form in ("binary", "column") and not one else found.form,
            codes=found.codes if one else None,
            named=known.named or found.named,
        ),
        indicator,
    )


def encode_with_ancestors(space: LabelSpace, hierarchy: LabelHierarchy, y: Any) -> Any:
    """Encode a DataFrame that lacks columns of ancestors, closed upwards; None for any other y."""
    if not space.named or column_names(y) is None:
        return None
    given, indicator = LabelSpace.learn(y, allow_unknown=True)
    wider, indicator = add_ancestors(given, indicator, hierarchy.parents())
    names = wider.label_names.tolist()
    if wider is given or set(names) != set(space.label_names):
        return None
    return hierarchy.close(indicator[:, [names.index(name) for name in space.label_names]])


def add_ancestors(
    space: LabelSpace, indicator: Any, parents: Mapping[str, Sequence[str]]
) -> tuple[LabelSpace, Any]:
    """Add the ancestors that labels lack: unknown where one of their labels is, and else 0."""
    added = missing_ancestors(parents, space.label_names)
    if not added:
        return space, indicator
    unknown = has_unknown(indicator)
    space, indicator = add_labels(space, indicator, added)
    if not unknown:
        return space, indicator
    above = LabelHierarchy.of(parents, space.label_names).close((indicator < 0).astype(np.int8))
    is_new = np.isin(space.label_names.astype(str), added).astype(np.int8)
    if sp.issparse(indicator):
        return space, sp.csc_array(indicator - above @ sp.diags_array(is_new, dtype=np.int8))
    return space, np.asfortranarray(indicator - above * is_new)


def add_labels(space: LabelSpace, indicator: Any, names: Sequence[str]) -> tuple[LabelSpace, Any]:
    """Add labels that no document has; those of label sets are sorted among the others."""
    shape = (indicator.shape[0], len(names))
    if sp.issparse(indicator):
        wider: Any = sp.hstack([indicator, sp.csc_array(shape, dtype=np.int8)], format="csc")
    else:
        wider = np.hstack([indicator, np.zeros(shape, dtype=np.int8)])
    every = [*space.label_names, *names]
    if space.form == "label_sets":
        order = np.argsort(np.array(every, dtype=object))
        every, wider = [every[j] for j in order], wider[:, order]
    wider = wider if sp.issparse(wider) else np.asfortranarray(wider)
    return LabelSpace.of(every, form=space.form), wider


def _by_name(found: Any, known: LabelSpace) -> np.ndarray:
    """Match the columns of a DataFrame with the known labels by name."""
    position = {name: j for j, name in enumerate(known.label_names)}
    unknown = [name for name in found.label_names if name not in position]
    if unknown:
        raise LabelError(
            f"y has the columns {listing(unknown)}, which are not labels of the fitted estimator; "
            f"known are {listing(known.label_names)}. Labels are learned in fit."
        )
    indicator = np.zeros((found.indicator.shape[0], known.n_labels), dtype=np.int8, order="F")
    indicator[:, [position[name] for name in found.label_names]] = found.indicator
    return indicator


def _read_without_names(y: Any, estimator: Any) -> tuple[LabelSpace, Any]:
    """Read y for an estimator without label names, such as one of scikit-learn."""
    one = one_label_space(getattr(estimator, "classes_", None))
    codes = None if one is None else one.codes[0]  # y may have one class only
    found = read_labels(y, codes=codes, allow_unknown=True)
    space = LabelSpace.of(found.label_names, form=found.form, codes=found.codes, named=found.named)
    if space.form == "label_sets" and _is_fitted(estimator):
        raise LabelError(
            f"y holds label sets, but this fitted {type(estimator).__name__} has no label names. "
            f"Pass an indicator with one column per label, in the order of its fit; a DataFrame "
            f"also names them."
        )
    return space, found.indicator


def _is_fitted(estimator: Any) -> bool:
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    return True


class NamedColumns(np.ndarray[Any, Any]):
    """A 0/1 indicator with column names.

    scikit-learn's estimators see an array; `LabelSpace` reads it like a DataFrame. A tagger inside
    a meta-estimator thus learns the label names, and accepts `class_weight` by label name. Selected
    columns are an array without names.
    """

    def __new__(cls, indicator: Any, names: LabelNames) -> Self:
        array = np.asarray(indicator).view(cls)
        array.columns = list(names)
        return array

    def __array_finalize__(self, source: Any) -> None:
        names = getattr(source, "columns", None)
        if names is not None and self.ndim == 2 and self.shape[1] == len(names):
            self.columns = names

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        # an index of columns may reorder them: drop the names
        if isinstance(key, tuple) and hasattr(found, "columns") and not _is_whole(key[-1]):
            return np.asarray(found)
        return found

    def __reduce__(self) -> Any:
        if not hasattr(self, "columns"):
            return np.asarray, (np.asarray(self),)
        return NamedColumns, (np.asarray(self), self.columns)

    def to_numpy(self) -> AnyArray:
        """Return the plain array, as a DataFrame does."""
        return np.asarray(self)


def _is_whole(columns: Any) -> bool:
    return isinstance(columns, slice) and columns == slice(None)


def target_for(
    indicator: Indicator, space: LabelSpace, estimator: Any, *, keep_sparse: bool = False
) -> Any:
    """Convert encoded labels to the form of y that an estimator takes, with NaN where unknown.

    With `keep_sparse` a sparse indicator stays CSR where the estimator's scores are then sparse.
    """
    if keep_sparse and sp.issparse(indicator) and scores_sparsely(estimator):
        return with_nan(sp.csr_array(indicator))
    dense: Any = indicator.toarray() if not isinstance(indicator, np.ndarray) else indicator
    if has_unknown(dense):
        dense = with_nan(dense)
        return NamedColumns(dense, space.label_names) if space.named else dense
    if space.n_labels == 1 and _takes_1d(estimator):
        return space.codes[0][dense[:, 0].astype(np.intp)]
    return NamedColumns(dense, space.label_names) if space.named else dense


@dataclass(slots=True)
class TargetTags(utils.TargetTags):
    """scikit-learn's tags of y, and two more for labels that are unknown.

    Parameters
    ----------
    required : bool
        Whether `fit` needs y.
    one_d_labels, two_d_labels, positive_only : bool, default=False
        As in scikit-learn: whether X may be labels, and whether y must be positive.
    multi_output, single_output : bool, default=False and True
        Whether y may have two dimensions, and one.
    allow_nan : bool, default=False
        Whether NaN in an indicator y means that the label is unknown. If False, a tagger refuses
        it; if True, ``data.indicator`` holds -1 there, and `_fit_engine` must leave these entries
        out.
    independent_labels : bool, default=False
        Whether the scores of a label do not depend on what is known of the other labels.

    Examples
    --------
    >>> from sklearn.utils import get_tags
    >>> from skmultitext import TfidfLogRegTagger
    >>> get_tags(TfidfLogRegTagger()).target_tags.allow_nan
    True
    """

    allow_nan: bool = False
    independent_labels: bool = False


def takes_unknown(estimator: Any) -> bool:
    """Whether an estimator, or the last step of a Pipeline, takes NaN in y as an unknown label."""
    while getattr(estimator, "steps", None):
        estimator = estimator.steps[-1][1]
    return getattr(get_tags(estimator).target_tags, "allow_nan", False)


def scores_sparsely(estimator: Any) -> bool:
    """Whether the probabilities of an estimator are sparse where y was sparse at fit."""
    while estimator is not None and not hasattr(estimator, "_scores_sparsely"):
        estimator = nested_estimator(estimator)
    return estimator is not None


def parameter_labels(estimator: Any) -> Any:
    """Find the parameter `labels` of an estimator, or of one inside it; None if it is not set."""
    labels = None
    while labels is None and estimator is not None:
        labels = getattr(estimator, "labels", None)
        estimator = nested_estimator(estimator)
    return labels


def _takes_1d(estimator: Any) -> bool:
    """Whether an estimator, and any estimator inside it, takes a 1-D y."""
    if parameter_labels(estimator) is not None:
        return False
    while estimator is not None:
        if not get_tags(estimator).target_tags.single_output:
            return False
        steps = getattr(estimator, "steps", None)
        estimator = steps[-1][1] if steps else getattr(estimator, "estimator", None)
    return True
