"""Hand encoded labels to any estimator, with their names where it asks for them."""

import numpy as np
import scipy.sparse as sp
from sklearn.utils import get_tags

__all__ = ["NamedColumns", "hand_over"]


class NamedColumns(np.ndarray):
    """A 0/1 indicator that knows the names of its columns.

    To scikit-learn's estimators it is an array. Our gate reads it as a DataFrame, so that a
    tagger inside a meta-estimator learns the label names, and a `class_weight` by name works
    there. What has other columns, such as a single one, is an array without names.
    """

    def __new__(cls, indicator, names):
        array = np.asarray(indicator).view(cls)
        array.columns = list(names)
        return array

    def __array_finalize__(self, source):
        names = getattr(source, "columns", None)
        if names is not None and self.ndim == 2 and self.shape[1] == len(names):
            self.columns = names

    def __getitem__(self, key):
        found = super().__getitem__(key)
        # as many columns as before may stand in another order
        if isinstance(key, tuple) and hasattr(found, "columns") and not _is_whole(key[-1]):
            return np.asarray(found)
        return found

    def __reduce__(self):
        if not hasattr(self, "columns"):
            return np.asarray, (np.asarray(self),)
        return NamedColumns, (np.asarray(self), self.columns)

    def to_numpy(self):
        """Return the plain array, as a DataFrame does."""
        return np.asarray(self)


def _is_whole(columns):
    return isinstance(columns, slice) and columns == slice(None)


def hand_over(indicator, space, estimator):
    """Bring encoded labels into the form that an estimator takes.

    Parameters
    ----------
    indicator : ndarray or csc_array of shape (n_samples, n_labels), dtype int8
        The labels.
    space : LabelSpace
        Their names and codes.
    estimator : estimator
        What will be fitted.

    Returns
    -------
    ndarray of shape (n_samples,) or (n_samples, n_labels)
        One label: its codes, 1-D. Several, or one where the estimator takes no 1-D y, as chains
        do not: a dense indicator of dtype int8, which holds a byte where the probabilities will
        hold eight, as `NamedColumns` where y came with names.
    """
    dense = indicator.toarray() if sp.issparse(indicator) else indicator
    if space.n_labels == 1 and _takes_1d(estimator):
        return space.codes[0][dense[:, 0].astype(np.intp)]
    return NamedColumns(dense, space.label_names) if space.named else dense


def _takes_1d(estimator):
    """Whether an estimator, or the one inside of a pipeline or search, takes a 1-D y."""
    while estimator is not None:
        if not get_tags(estimator).target_tags.single_output:
            return False
        steps = getattr(estimator, "steps", None)
        estimator = steps[-1][1] if steps else getattr(estimator, "estimator", None)
    return True
