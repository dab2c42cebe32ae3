"""Get (n_samples, n_labels) scores from any scikit-learn estimator."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.ensemble import StackingClassifier
from sklearn.frozen import FrozenEstimator

from .._gate.containers import check_sparse, column_names, plain_rows, table_values
from .._gate.samples import n_rows
from .._gate.types import AnyArray
from .._runtime.sklearn import safe_indexing

__all__ = ["checked_response", "label_scores", "positive_scores", "response_method"]

_COMPARED_ROWS = 200  # documents on which scores are compared with predict
_MIN_DECISIONS = 3  # with fewer, scores may contradict predict by chance
_TRUSTED = ("sklearn.", "skmultitext.")


def response_method(estimator: Any, methods: Sequence[str]) -> str:
    """Return the first of `methods` that an estimator has."""
    found = next((name for name in methods if hasattr(estimator, name)), None)
    if found is None:
        raise AttributeError(
            f"{type(estimator).__name__} has no {' and no '.join(methods)}. Use a score of "
            f"decisions, such as f1_macro, or an estimator that gives probabilities, such as "
            f"CalibratedTaggerCV around this one."
        )
    return found


def label_scores(
    estimator: Any,
    X: Any,
    methods: Sequence[str] = ("predict_proba", "decision_function"),
    *,
    one_label: bool,
    allow_sparse: bool = False,
) -> tuple[Any, str]:
    """Return the scores (n_samples, n_labels) of an estimator, and the method that gave them."""
    method = response_method(estimator, methods)
    output = checked_response(estimator, X, method)
    classes = getattr(estimator, "classes_", None)
    scores = positive_scores(
        output, classes, one_label=one_label, parameter=method, allow_sparse=allow_sparse
    )
    return scores, method


def checked_response(estimator: Any, X: Any, method: str) -> Any:
    """Call a method of an estimator, and make sure that its scores are those of the positives.

    The predict_proba of a multi-label StackingClassifier returns the probabilities of the
    negatives, or fails, so its final estimator is called instead. Scores of third-party estimators
    are compared with `predict` on the first rows.
    """
    if method == "predict":
        return estimator.predict(X)
    inner, features = _behind_pipelines(estimator, X)
    if isinstance(inner, StackingClassifier) and isinstance(inner.classes_, list):
        return _ask_stack(inner, features(), method)
    output = getattr(estimator, method)(X)
    if not type(inner).__module__.startswith(_TRUSTED):
        _refuse_inverted(estimator, X, output, method)
    return output


def _behind_pipelines(estimator: Any, X: Any) -> tuple[Any, Callable[[], Any]]:
    """Unwrap pipelines and searches: return the last step, and a function that computes its X."""
    steps = []
    while True:
        if isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif getattr(estimator, "steps", None):
            steps += [step for _, step in estimator.steps[:-1]]
            estimator = estimator.steps[-1][1]
        else:
            break

    def features() -> Any:
        found = X
        for step in steps:
            if step is not None and step != "passthrough":
                found = step.transform(found)
        return found

    return estimator, features


def _ask_stack(stack: StackingClassifier, X: Any, method: str) -> AnyArray:
    """Return the scores (n_samples, n_labels) of the final estimator of a multi-label stack."""
    final = stack.final_estimator_
    output = checked_response(final, stack.transform(X), method)
    classes = getattr(final, "classes_", None)
    scores = positive_scores(output, classes, one_label=False, parameter=method)
    # a label that all training documents have is encoded as the single class 0 for `final`
    always = [j for j, codes in enumerate(stack.classes_) if np.array_equal(codes, [1])]
    if always:
        scores = scores.copy()
        column = scores[:, always]
        scores[:, always] = 1 - column if method == "predict_proba" else -column
    return scores


def _refuse_inverted(estimator: Any, X: Any, output: Any, method: str) -> None:
    """Refuse scores that are lower for every predicted positive than for every negative."""
    if not hasattr(estimator, "predict"):
        return
    n_first = min(n_rows(X), _COMPARED_ROWS)
    given = estimator.predict(safe_indexing(X, slice(n_first)))
    given = given.toarray() if sp.issparse(given) else np.asarray(given)
    classes = getattr(estimator, "classes_", None)
    one_label = given.ndim == 1 or given.shape[1] == 1
    scores = positive_scores(output, classes, one_label=one_label, parameter=method)[:n_first]
    if one_label:
        given = given.reshape(-1, 1) == np.unique(given)[-1]
    if given.shape != scores.shape:
        return  # the caller checks the shape of the scores
    n_decisions = n_inverted = 0
    for yes, column in zip(given.astype(bool).T, scores.T, strict=True):
        if yes.any() and not yes.all():
            n_decisions += min(yes.sum(), (~yes).sum())
            if not column[yes].max() < column[~yes].min():
                return
            n_inverted += 1
    if n_inverted and n_decisions >= _MIN_DECISIONS:
        raise ValueError(
            f"{method} of {type(estimator).__name__} contradicts its predict: for every label, "
            f"each document predicted positive has a lower score than each one predicted negative. "
            f"It seems to return the scores of the negative class. Fix the estimator, or pass one "
            f"that returns those of the positive class."
        )


def positive_scores(
    output: Any,
    classes: Any = None,
    *,
    one_label: bool,
    parameter: str = "y_score",
    allow_sparse: bool = False,
) -> Any:
    """Convert the output of `predict_proba` or `decision_function` to one column per label.

    With `allow_sparse` a sparse matrix becomes a `csr_array` in canonical format without zeros.
    """
    if isinstance(output, list | tuple) and output and np.ndim(output[0]) == 2:
        return _columns_of_list(output, classes, parameter)
    if sp.issparse(output):
        if not allow_sparse:
            raise ValueError(
                f"{parameter} is sparse; pass a dense array, one column per label, for instance "
                f"of the labels of interest: {parameter}[:, columns].toarray()."
            )
        check_sparse(output, parameter)
        if not one_label:
            return _canonical(output, parameter)
        output = output.toarray()
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
            return scores[:, [_positive_column(flat)]]
        if scores.shape[1] == 1 and flat is not None and len(flat) == 1:
            return _constant(scores, flat, parameter, 0)
    return scores


def _canonical(matrix: Any, parameter: str) -> sp.csr_array:
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf":
        raise ValueError(
            f"{parameter} is a sparse matrix of shape {matrix.shape} and dtype {matrix.dtype}; "
            f"pass numbers of shape (n_samples, n_labels)."
        )
    dtype = matrix.dtype if matrix.dtype in (np.float32, np.float64) else np.float64
    scores = sp.csr_array(matrix, dtype=dtype, copy=True)
    scores.sum_duplicates()
    scores.eliminate_zeros()
    return scores


def _columns_of_list(output: Any, classes: Any, parameter: str) -> AnyArray:
    """Take the column of the positive class from each array of a list, one array per label."""
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
                f"of the negative and the positive class. A label must not have more classes."
            )
        seen = None if classes is None or len(classes) != len(parts) else classes[j]
        two = part.shape[1] == 2
        columns.append(
            part[:, [_positive_column(seen)]] if two else _constant(part, seen, parameter, j)
        )
    return np.hstack(columns)


def _positive_column(codes: Any) -> int:
    """Find the column of the positive class: that of the greater code, 1 unless codes descend."""
    codes = np.ravel(codes).tolist() if codes is not None else []
    return int(len(codes) != 2 or codes[0] < codes[1])


def _constant(part: AnyArray, seen: Any, parameter: str, j: int) -> AnyArray:
    """Scores of the positive class of a label that had only one class in training."""
    if seen is None or np.size(seen) != 1 or np.ravel(seen)[0] not in (-1, 0, 1):
        raise ValueError(
            f"{parameter}[{j}] has one column: label {j} had one class in training, and it is "
            f"unknown which. Pass an array (n_samples, n_labels), or use get_scorer, which reads "
            f"classes_ of the estimator."
        )
    return part if np.ravel(seen)[0] == 1 else 1 - part


def _as_float(values: Any, parameter: str) -> AnyArray:
    """Convert values to a floating-point array; float32 and float64 are kept."""
    try:
        table = column_names(values) is not None
        array = np.asarray(table_values(values) if table else plain_rows(values))
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
