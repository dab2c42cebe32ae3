"""Ask any scikit-learn estimator for its (n_samples, n_labels) probabilities or decisions."""

import numpy as np
import scipy.sparse as sp

from ._labels import LabelSpace

__all__ = [
    "find_label_names",
    "has_one_column",
    "label_scores",
    "method_name",
    "one_label_space",
    "positive_scores",
]

_INNER = ("best_estimator_", "estimator_", "final_estimator_")


def find_label_names(estimator):
    """Look up `label_names_` on an estimator or on the one it wraps.

    Parameters
    ----------
    estimator : estimator
        A fitted tagger, or a Pipeline, a search or a meta-estimator around one.

    Returns
    -------
    ndarray of shape (n_labels,), dtype object, or None
        The names; None where no estimator on the way knows any.
    """
    while estimator is not None:
        names = getattr(estimator, "label_names_", None)
        if names is not None:
            return np.asarray(names, dtype=object)
        estimator = _inner(estimator)
    return None


def _inner(estimator):
    """Find the estimator that answers for `estimator`, or None."""
    steps = getattr(estimator, "steps", None)
    if steps:
        return steps[-1][1]
    return next((getattr(estimator, name) for name in _INNER if hasattr(estimator, name)), None)


def has_one_column(y):
    """Whether y is 1-D or has a single column, so that its two codes may be any two.

    Parameters
    ----------
    y : array-like, sparse matrix, DataFrame or sequence of label sets
        Labels in any form; not checked otherwise.

    Returns
    -------
    bool
    """
    if y is None or sp.issparse(y) or isinstance(y, str | bytes | dict | set | frozenset):
        return False  # a sparse column holds 0 and 1; the rest is for LabelSpace to refuse
    shape = getattr(y, "shape", None)
    if shape is not None and len(shape) != 1:
        return len(shape) == 2 and shape[1] == 1
    first = next(iter(y), None)
    if isinstance(first, list | tuple | np.ndarray):
        return len(first) == 1 and not isinstance(first[0], str)
    return first is not None and not isinstance(first, set | frozenset)


def method_name(estimator, methods):
    """Name the first of `methods` that an estimator has.

    Parameters
    ----------
    estimator : estimator
        The fitted estimator.
    methods : tuple of str
        Method names in order of preference.

    Returns
    -------
    str

    Raises
    ------
    AttributeError
        If it has none of them.
    """
    found = next((name for name in methods if hasattr(estimator, name)), None)
    if found is None:
        raise AttributeError(
            f"{type(estimator).__name__} has no {' and no '.join(methods)}. Use a score of "
            f"decisions, such as f1_macro, or an estimator that gives probabilities, such as "
            f"CalibratedTaggerCV around this one."
        )
    return found


def label_scores(estimator, X, methods=("predict_proba", "decision_function"), *, one_label):
    """Ask an estimator for one score per document and label.

    Parameters
    ----------
    estimator : estimator
        A fitted multi-label or binary classifier.
    X : array-like, sparse matrix or sequence of str
        What it predicts from.
    methods : tuple of str, default=("predict_proba", "decision_function")
        Methods in order of preference; the first one that the estimator has is called.
    one_label : bool
        Whether y was 1-D or had one column; see `positive_scores`.

    Returns
    -------
    scores : ndarray of shape (n_samples, n_labels), dtype float
    method : str
        The method that gave them.

    Raises
    ------
    AttributeError
        If the estimator has none of the methods.
    ValueError
        If its output has none of the forms of `positive_scores`.
    """
    method = method_name(estimator, methods)
    output = getattr(estimator, method)(X)
    classes = getattr(estimator, "classes_", None)
    return positive_scores(output, classes, one_label=one_label, parameter=method), method


def positive_scores(output, classes=None, *, one_label, parameter="y_score"):
    """Bring the output of `predict_proba` or `decision_function` to one column per label.

    Parameters
    ----------
    output : array-like or list of arrays
        (n_samples, n_labels); a list of n_labels arrays (n_samples, 2), as forests, neighbours
        and DummyClassifier give; (n_samples, 2) or (n_samples,) for one label.
    classes : array-like or list of arrays, default=None
        `classes_` of the estimator. Needed where a label was constant in training: its array
        then has one column, of whichever class that was.
    one_label : bool
        Whether there is one label. Two columns are the two classes of that label then, and
        two labels otherwise: the output and `classes_` alone do not tell.
    parameter : str, default="y_score"
        What to call the output in an error.

    Returns
    -------
    ndarray of shape (n_samples, n_labels), dtype float
        The score of each label's positive class.

    Raises
    ------
    ValueError
        If the output has another form, or a one-column entry comes without `classes`.

    Examples
    --------
    >>> import numpy as np
    >>> forest = [np.array([[0.9, 0.1]]), np.array([[1.0]])]
    >>> positive_scores(forest, [np.array([0, 1]), np.array([0])], one_label=False)
    array([[0.1, 0. ]])
    """
    if isinstance(output, list | tuple) and output and np.ndim(output[0]) == 2:
        return _columns_of_list(output, classes, parameter)
    if sp.issparse(output):
        raise ValueError(f"{parameter} is sparse; pass a dense array, one column per label.")
    scores = _as_float(output, parameter)
    if scores.ndim == 1 and one_label:
        return scores[:, None]
    if scores.ndim != 2:
        raise ValueError(
            f"{parameter} has shape {scores.shape}; pass (n_samples, n_labels), one score per "
            f"document and label."
        )
    if one_label:
        flat = None if classes is None or np.ndim(classes) != 1 else np.asarray(classes)
        if scores.shape[1] == 2:
            return scores[:, 1:]
        if scores.shape[1] == 1 and flat is not None and len(flat) == 1:
            return _constant(scores, flat, parameter, 0)
    return scores


def _columns_of_list(output, classes, parameter):
    """Take the positive class of each array of a list, one array per label."""
    parts = [_as_float(part, parameter) for part in output]
    if len({len(part) for part in parts}) > 1:
        raise ValueError(
            f"{parameter} is a list of arrays of different length, "
            f"{sorted({len(part) for part in parts})}; pass one array per label, one row per "
            f"document in each."
        )
    columns = []
    for j, part in enumerate(parts):
        if part.ndim != 2 or part.shape[1] > 2:
            raise ValueError(
                f"{parameter}[{j}] has shape {part.shape}; pass (n_samples, 2), the probabilities "
                f"of no and yes. A label with more classes is not multi-label."
            )
        seen = None if classes is None or len(classes) != len(parts) else classes[j]
        columns.append(part[:, 1:] if part.shape[1] == 2 else _constant(part, seen, parameter, j))
    return np.hstack(columns)


def _constant(part, seen, parameter, j):
    """Scores of a label that had one class in training."""
    if seen is None or np.size(seen) != 1 or np.ravel(seen)[0] not in (-1, 0, 1):
        raise ValueError(
            f"{parameter}[{j}] has one column: label {j} had one class in training, and nothing "
            f"tells whether that is yes. Pass an array (n_samples, n_labels), or use get_scorer, "
            f"which reads classes_ of the estimator."
        )
    return part if np.ravel(seen)[0] == 1 else 1 - part


def _as_float(values, parameter):
    """Values as a floating array, float32 and float64 as they are."""
    try:
        array = np.asarray(values)
        if array.dtype.kind in "USc":
            raise TypeError(array.dtype)
        if array.dtype not in (np.float32, np.float64):
            array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{parameter} cannot be read as numbers ({error}); pass (n_samples, n_labels), one "
            f"score per document and label."
        ) from error
    return array


def one_label_space(classes):
    """Make the space of the one label of an estimator, by its `classes_`.

    Parameters
    ----------
    classes : array-like or list of arrays
        `classes_` of an estimator fitted on a 1-D y or on a single column.

    Returns
    -------
    LabelSpace or None
        None where `classes` are not two codes, as of a label that was constant in training.
    """
    codes = np.ravel(np.asarray(classes))
    if len(codes) != 2:
        return None
    names = np.array([str(codes[1])], dtype=object)
    return LabelSpace("binary", names, codes[None, :], named=False)
