"""The labels of a tagger that sees its documents in parts, from the `classes` of partial_fit."""

import numpy as np

from ._label_forms import read_labels
from ._labels import LabelSpace, listing
from ._response import has_one_column
from .exceptions import LabelError

__all__ = ["learn_space"]


def learn_space(y, classes=None):
    """Learn the labels from the first part of y and from what is said of the others.

    Parameters
    ----------
    y : array-like, sparse matrix, DataFrame or sequence of label sets
        Labels of the first documents.
    classes : array-like, default=None
        All labels: the two codes of a 1-D y or of a single column, the names of all labels of
        label sets, or one name per column of an indicator. None: y has them all.

    Returns
    -------
    space : LabelSpace
        The labels.
    indicator : ndarray or csc_array of shape (n_samples, n_labels), dtype int8
        y.

    Raises
    ------
    LabelError
        If y or `classes` is not legal, or y holds what `classes` does not.

    Examples
    --------
    >>> space, indicator = learn_space([["b"], []], classes=["a", "b"])
    >>> indicator.tolist()
    [[0, 1], [0, 0]]
    """
    if classes is None:
        return LabelSpace.learn(y)
    classes = np.asarray(classes)
    if classes.ndim != 1 or len(set(classes.tolist())) != len(classes):
        raise LabelError(
            f"classes is {classes.tolist()!r}; pass a list that names each label once."
        )
    names = [str(name) for name in classes.tolist()]
    form = read_labels(y, codes=classes if has_one_column(y) else None, known=names).form
    if form in ("binary", "column"):
        if len(classes) != 2:
            raise LabelError(
                f"Only binary classification is supported. classes of a y of one column must be "
                f"its two codes, got {listing(names)}."
            )
        names = [names[1]] if form == "binary" else ["0"]
        codes = classes[None, :]
    else:
        codes = np.tile(np.array([0, 1], dtype=np.int64), (len(names), 1))
    space = LabelSpace(form, np.array(names, dtype=object), codes, named=form == "label_sets")
    return space, space.encode(y)
