"""Checks of y that must be refused, each with an error that says what to do."""

# A failing check prints its docstring: what is expected, and how to fix an estimator.
# ruff: noqa: D401

from functools import partial
from typing import Any

import numpy as np
import scipy.sparse as sp

from ._checks import check, expect, refusal
from ._corpus import corpus
from ._subject import Subject, is_fitted

_FEW = ["late parcel", "refund please", "locked account", "hello"]


def _refuse_labels(subject: Subject, y: Any, what: str, *words: str | tuple[str, ...]) -> None:
    """Fail unless fit refuses y and leaves the estimator unfitted."""
    n_samples = y.shape[0] if hasattr(y, "shape") and y.shape else 4
    X = [_FEW[i % 4] for i in range(n_samples)]
    estimator = subject.make()
    refusal(what, lambda: estimator.fit(X, y), *words)
    if subject.is_tagger:
        expect(not is_fitted(estimator), f"it counts as fitted after {what}")


@check()
def check_rejects_missing_labels(subject: Subject) -> None:
    """y=None is refused with a ValueError that says so.

    Say "requires y to be passed, but the target y is None", as scikit-learn does.
    """
    messages = (
        "requires y to be passed, but the target y is None",
        "Expected array-like (array or non-string sequence), got None",
        "y should be a 1d array",
        "y cannot be None",
    )
    _refuse_labels(subject, None, "y=None", messages)


@check()
def check_rejects_inconsistent_lengths(subject: Subject) -> None:
    """X and y of different lengths are refused with a ValueError that gives both lengths.

    Compare the numbers of rows before fitting: sklearn.utils.check_consistent_length does.
    """
    for n_labels in (13, 11):
        y = np.resize(corpus().y, (n_labels, 3))
        estimator = subject.make()
        what = f"12 documents with {n_labels} rows of y"
        refusal(what, partial(estimator.fit, corpus().texts[:12], y), "12", str(n_labels))
        if subject.is_tagger:
            expect(not is_fitted(estimator), f"it counts as fitted after {what}")


@check()
def check_rejects_regression_target(subject: Subject) -> None:
    """A y of continuous numbers is refused with a ValueError that says what it is.

    Say "Unknown label type: continuous"; sklearn.utils.multiclass.check_classification_targets
    does.
    """
    words = ("Unknown label type: ", "continuous")
    _refuse_labels(subject, np.array([0.3, 1.7, 2.2, 0.1]), "a continuous y", words)


@check(lambda subject: not subject.classifier_tags.multi_class)
def check_rejects_multiclass(subject: Subject) -> None:
    """A 1-D y of three classes is refused where the tags say that multi-class is not supported.

    Say "Only binary classification is supported. The type of the target is multiclass", and how
    many classes there are.
    """
    sentence = "Only binary classification is supported. The type of the target is multiclass"
    _refuse_labels(subject, np.array([0, 1, 2, 1]), "three classes", sentence, "classes")
    _refuse_labels(subject, np.array(["a", "b", "c", "a"]), "three names", sentence, "classes")


@check()
def check_rejects_non_finite_labels(subject: Subject) -> None:
    """NaN or infinity in y is refused with a ValueError that names it.

    Say "NaN" or "infinity", and, in a tagger, the row and the column. With the tag
    ``target_tags.allow_nan`` only infinity is refused, and NaN in a 1-D y.
    """
    words = ("row 2", "column 1") if subject.is_tagger else ()
    y = corpus().y[:4].astype(np.float64)
    y[2, 1] = np.inf
    _refuse_labels(subject, y, "inf in y", "inf", *words)
    flat = corpus().y[:4, 0].astype(np.float64)
    flat[2] = np.nan
    _refuse_labels(subject, flat, "nan in a 1-D y", ("nan", "continuous"), *words[:1])
    if subject.takes_unknown:
        return
    y[2, 1] = np.nan
    _refuse_labels(subject, y, "nan in y", "nan", *words)
    if subject.is_tagger:
        y = corpus().y[:4].astype(object)
        y[2, 1] = None
        _refuse_labels(subject, y, "None in y", "nan", *words)
        sparse = sp.csr_matrix(corpus().y[:4].astype(np.float64))
        sparse.data[-1] = np.nan
        _refuse_labels(subject, sparse, "nan in a sparse y", "nan")


@check()
def check_rejects_other_values(subject: Subject) -> None:
    """Values other than 0 and 1 in a y of two or more columns are refused with a ValueError.

    Look at all values before fitting; name the row, the column and the value.
    """
    words = ("row 2", "column 1") if subject.is_tagger else ()
    y = corpus().y[:4].copy()
    for value in (2, -1):
        y[2, 1] = value
        _refuse_labels(subject, y, f"{value} in y", *words)
    if subject.is_tagger:
        _refuse_labels(subject, y.tolist(), "-1 in a list of rows", *words)
        _refuse_labels(subject, sp.csr_matrix(y), "-1 in a sparse y", *words)
        _refuse_labels(subject, y.astype(np.float64) / 2, "0.5 in y", "row ")
        _refuse_labels(subject, y.astype(str), "str in an indicator", "row ")


@check()
def check_rejects_3d_labels(subject: Subject) -> None:
    """A y of three dimensions is refused with a ValueError.

    Look at ``y.ndim`` before fitting.
    """
    words = ("dimension",) if subject.is_tagger else ()
    _refuse_labels(subject, np.zeros((4, 3, 2), dtype=int), "a 3-D array", *words)
    if subject.is_tagger:
        _refuse_labels(subject, [[[0, 1]], [[1, 0]]] * 2, "rows of rows", *words)


@check(contract="tagger")
def check_rejects_label_indices(subject: Subject) -> None:
    """Label indices in lists, or rows of different length, are refused: neither is an indicator.

    Where rows of numbers differ in length, name the first odd row, and say that indices are to be
    replaced by names or encoded with MultiLabelBinarizer.
    """
    _refuse_labels(subject, [[0, 2], [1], [], [2]], "label indices", "y[1]", "indices")
    _refuse_labels(subject, [[0, 1], [1, 1], [1, 0], [1]], "ragged rows", "y[3]", "length")
    _refuse_labels(subject, [{0, 2}, {1, 2}, {0, 1}, {1, 2}], "sets of numbers", "indices")


@check(contract="tagger")
def check_rejects_mixed_rows(subject: Subject) -> None:
    """Rows of different kinds in y are refused with a ValueError that names the row.

    Require the same type of every row, a set of str or numbers, and every name to be a str that
    is not empty.
    """
    _refuse_labels(subject, [["a"], ["b"], "a", []], "a bare name beside sets", "y[2]")
    _refuse_labels(subject, [["a"], ["b"], None, []], "None beside sets", "y[2]")
    _refuse_labels(subject, [["a"], ["b"], ["a", 1], []], "a number beside names", "y[2]", "str")
    _refuse_labels(subject, [["a"], ["b"], [""], []], "an empty name", "y[2]", "empty")
    _refuse_labels(subject, ["a", "b", 1, "a"], "a number in a 1-D y of str", "y[2]")


@check(contract="tagger")
def check_rejects_no_labels(subject: Subject) -> None:
    """A y with no row, no column or no label is refused with a ValueError.

    Say which of them is missing; an estimator without labels has nothing to predict.
    """
    _refuse_labels(subject, np.zeros((4, 0), dtype=int), "no column", "column")
    _refuse_labels(subject, [[], [], [], []], "only empty sets", "label")
    _refuse_labels(subject, sp.csr_matrix((4, 0)), "no column in a sparse y", "(4, 0)")


@check(contract="tagger")
def check_rejects_unordered_labels(subject: Subject) -> None:
    """A str, a set or a dict as y is refused with a ValueError: it has no rows in order.

    Name the type, and say which forms are taken.
    """
    for y in ("abba", {"a", "b", "c", "d"}, dict.fromkeys("abcd", 1)):
        kind = type(y).__name__
        _refuse_labels(subject, y, f"a {kind} as y", kind)
