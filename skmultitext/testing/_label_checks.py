"""Checks of y: the legal forms of labels, and the form of the output."""

# A failing check prints its docstring: what is expected, and how to fix an estimator.
# ruff: noqa: D401

import pickle
from typing import Any
from unittest import SkipTest

import numpy as np
import scipy.sparse as sp

from ._checks import (
    check,
    expect,
    expect_same,
    is_deterministic,
    refusal,
)
from ._corpus import LABEL_NAMES, corpus
from ._subject import Subject, all_finite, dense


def takes_1d(subject: Subject) -> bool:
    """Whether the tags say that y may be 1-D."""
    return subject.tags.target_tags.single_output


def _expect_same_model(subject: Subject, y: Any, what: str) -> Any:
    """Fail unless y gives the model of the dense int indicator; return the model."""
    model = subject.fit(y=y)
    wanted, found = subject.answers(subject.fitted()), subject.answers(model)
    expect_same(wanted, found, f"fitted on an int indicator, and on {what}")
    return model


def _label_sets() -> list[tuple[str, ...]]:
    """Return the labels of the corpus as tuples of names."""
    return [
        tuple(n for n, given in zip(LABEL_NAMES, row, strict=True) if given) for row in corpus().y
    ]


@check(is_deterministic)
def check_dense_labels(subject: Subject) -> None:
    """An indicator of bool or float, in any memory layout, gives the model of the int one.

    Convert y to one dtype and memory order first: ``np.asarray(y).astype(np.int64)``.
    """
    y = corpus().y
    strided = np.repeat(np.repeat(y, 2, axis=0), 2, axis=1).astype(np.int8)[::2, ::2]
    _expect_same_model(subject, np.asfortranarray(y, dtype=bool), "bool in column order")
    _expect_same_model(subject, y.astype(np.float64), "float64")
    model = _expect_same_model(subject, strided, "int8, not contiguous")
    if subject.is_tagger:
        dtype = model.predict(corpus().test_texts).dtype
        expect(dtype == np.int64, f"predict has dtype {dtype} after int8")


@check(is_deterministic, contract="tagger")
def check_listed_labels(subject: Subject) -> None:
    """An indicator as lists of lists, or as a list of arrays, gives the model of the array.

    If all rows are numbers and of one length, make an array of them.
    """
    _expect_same_model(subject, corpus().y.tolist(), "lists of lists")
    _expect_same_model(subject, list(corpus().y), "a list of arrays")


@check(is_deterministic, contract="tagger")
def check_sparse_labels(subject: Subject) -> None:
    """A sparse indicator in any format gives the model of the dense one, and predict gives CSR.

    Convert any format with ``scipy.sparse.csc_array(y)``, allow for explicitly stored zeros, and
    remember that y was sparse.
    """
    kinds = ("csr_matrix", "csc_array", "coo_array", "lil_matrix", "dok_array", "dia_matrix")
    for kind in (*kinds, "bsr_array"):
        model = _expect_same_model(subject, getattr(sp, kind)(corpus().y), f"a {kind}")
        output = model.predict(corpus().test_texts)
        expect(
            sp.issparse(output) and output.format == "csr",
            f"predict gives a {type(output).__name__} after a {kind}",
        )
        expect(output.dtype == np.int64, f"predict has dtype {output.dtype} after a {kind}")


@check(is_deterministic, contract="tagger")
def check_label_sets(subject: Subject) -> None:
    """Sets of label names, as lists, tuples or sets, give the model of the indicator.

    Sort the names into `label_names_`, as MultiLabelBinarizer does. Ignore repeated names and the
    order of names; `predict` gives an indicator.
    """
    sets = _label_sets()
    as_array = np.empty(len(sets), dtype=object)
    as_array[:] = sets
    forms = {
        "lists, with names repeated": [[*row[::-1], *row] for row in sets],
        "a tuple of sets": tuple(set(row) for row in sets),
        "an object array of tuples": as_array,
    }
    for what, y in forms.items():
        model = _expect_same_model(subject, y, what)
        names = list(model.label_names_)
        expect(names == list(LABEL_NAMES), f"label_names_ is {names} after {what}")
        output = model.predict(corpus().test_texts)
        expect(isinstance(output, np.ndarray), f"predict gives a {type(output).__name__}")


@check(is_deterministic, contract="tagger")
def check_labels_as_dataframe(subject: Subject) -> None:
    """A DataFrame of 0 and 1 gives the model of the array, and its columns become `label_names_`.

    Read ``y.columns`` before converting y to an array, and use positions, not the index.
    """
    try:
        import pandas
    except ImportError as error:
        raise SkipTest("pandas is not installed") from error
    index = np.arange(len(corpus().y))[::-1] // 2  # reversed, with repetitions
    frame = pandas.DataFrame(corpus().y, columns=["zeta", "alpha", "mu"], index=index)
    model = _expect_same_model(subject, frame, "a DataFrame")
    names = list(model.label_names_)
    expect(names == ["zeta", "alpha", "mu"], f"label_names_ is {names}")
    score = model.score(corpus().texts, corpus().y)
    permuted = model.score(corpus().texts, frame[["mu", "zeta", "alpha"]])
    expect(score == permuted, f"score is {score}, and {permuted} with permuted columns")


@check(contract="tagger")
def check_label_names(subject: Subject) -> None:
    """`label_names_` is an object array (n_labels,) of str; columns without names are "0", "1", ...

    Make it in `fit`, one name per column of `predict_proba`.
    """
    for n_labels in subject.label_counts:
        names = subject.fitted(n_labels).label_names_
        expect(isinstance(names, np.ndarray) and names.dtype == object, f"it is {names!r}")
        expect(all(type(name) is str for name in names), f"it holds {names!r}")
        expect(list(names) == [str(j) for j in range(n_labels)], f"it holds {names!r}")


@check(is_deterministic, contract="tagger")
def check_score_label_forms(subject: Subject) -> None:
    """`score` takes y in every form that `fit` takes, label sets only if the labels have names.

    Convert y in `score` as in `fit`, with the labels learned there. The names "0", "1", ... of
    columns without names must not be matched with label sets.
    """
    X = corpus().texts
    wanted = subject.fitted().score(X, corpus().y)
    sets = _label_sets()
    forms = {"sparse": sp.csr_matrix(corpus().y), "bool": corpus().y.astype(bool)}
    for what, y in forms.items():
        found = subject.fitted().score(X, y)
        expect(found == wanted, f"score is {wanted} with an indicator, {found} with {what}")
    named = subject.make().fit(X, sets)
    for what, y in {**forms, "sets": sets}.items():
        found = named.score(X, y)
        expect(found == wanted, f"fitted on sets, score is {wanted}, with {what} {found}")
    model = subject.fitted()
    refusal(
        "label sets, scored after a fit on columns without names,", lambda: model.score(X, sets)
    )


@check(contract="tagger")
def check_classes(subject: Subject) -> None:
    """`classes_` contains the two codes of each label, (n_labels, 2), and decodes an indicator.

    Give an ndarray subclass with rows [0, 1] whose 2-D integer indexing picks from each column's
    own row (see ``skmultitext.base``). scikit-learn's scorers, cross_val_predict and stacking read
    `classes_`; with ``np.arange(n_labels)`` or a list they fail or are silently wrong.
    """
    for n_labels in subject.label_counts:
        classes = subject.fitted(n_labels).classes_
        expect(isinstance(classes, np.ndarray), f"it is a {type(classes).__name__}")
        expect(np.array_equal(classes, [[0, 1]] * n_labels), f"it holds {classes!r}")
        indicator = corpus().y[:, :n_labels]
        for array in (classes, pickle.loads(pickle.dumps(classes))):
            decoded = np.asarray(array[indicator])
            expect(np.array_equal(decoded, indicator), f"classes_[y] has shape {decoded.shape}")


@check(takes_1d)
def check_binary_labels(subject: Subject) -> None:
    """A 1-D y of two classes is a plain binary problem, in scikit-learn's forms.

    `classes_` are the two sorted classes, `predict` returns them, (n_samples,), `predict_proba`
    is (n_samples, 2) with rows that sum to 1, `decision_function` (n_samples,), above 0 for the
    second class where the threshold is 0.5.
    """
    X, given = corpus().test_texts, corpus().y[:, 0]
    cases = [np.array(["ham", "spam"]), np.array([0, 1])]
    if subject.is_tagger:
        cases += [np.array([False, True]), np.array([-1, 4], dtype=np.int32)]
    for classes in cases:
        model = subject.fit(y=classes[given])
        output = model.predict(X)
        expect(np.array_equal(model.classes_, classes), f"classes_ is {model.classes_!r}")
        expect(np.shape(output) == (len(X),), f"predict has shape {np.shape(output)}")
        expect(np.isin(output, classes).all(), f"predict gives {np.unique(output)}")
        expect(output.dtype == classes.dtype, f"predict has {output.dtype} for {classes.dtype}")
        _expect_binary_scores(subject, model, X)


def _expect_binary_scores(subject: Subject, model: Any, X: Any) -> None:
    second = model.predict(X) == model.classes_[1]
    if "predict_proba" in subject.methods:
        proba = model.predict_proba(X)
        expect(proba.shape == (len(X), 2), f"predict_proba has shape {proba.shape}")
        expect(np.allclose(proba.sum(axis=1), 1), "rows of predict_proba do not sum to 1")
        threshold = np.ravel(getattr(model, "thresholds_", 0.5))[0]
        agree = np.array_equal(second, proba[:, 1] > threshold)
        expect(agree, "predict disagrees with predict_proba")
    if "decision_function" in subject.methods:
        scores = model.decision_function(X)
        expect(scores.shape == (len(X),), f"decision_function has shape {scores.shape}")
        lowest, highest = scores[second].min(initial=np.inf), scores[~second].max(initial=-np.inf)
        expect(highest <= lowest, "decision_function ranks the second class below the first")


@check(is_deterministic, contract="tagger")
def check_column_labels(subject: Subject) -> None:
    """One column (n_samples, 1) with any two codes is one label, and predict returns these codes.

    `predict` is (n_samples, 1) in the codes of y, `predict_proba` and `decision_function` are
    (n_samples, 1), and the model is that of the column in 0 and 1.
    """
    X, given = corpus().test_texts, corpus().y[:, :1]
    wanted = subject.answers(subject.fitted(1))
    for codes in (np.array([-1, 5]), np.array(["ham", "spam"])):
        model = subject.fit(y=codes[given])
        output = model.predict(X)
        expect(np.shape(output) == (len(X), 1), f"predict has shape {np.shape(output)}")
        expect(
            np.array_equal(output, codes[wanted["predict"]]), f"predict gives {np.unique(output)}"
        )
        found = subject.answers(model) | {"predict": wanted["predict"]}
        expect_same(wanted, found, f"fitted on a column of 0 and 1, and of {codes.tolist()}")


@check()
def check_constant_labels(subject: Subject) -> None:
    """A label of all training documents, or of none, is predicted for all, or for none.

    Do not train a classifier on one class: give the label a constant score; in a tagger a finite
    one (+-16, whose ``expit`` is inside (0, 1)).
    """
    y = corpus().y
    y[:, 0], y[:, 2] = 0, 1
    model = subject.fit(y=y)
    X = ["late parcel", "", *corpus().texts[:8]]
    output = dense(model.predict(X))
    expect((output[:, 0] == 0).all(), "a label without a positive is predicted somewhere")
    expect((output[:, 2] == 1).all(), "a label without a negative is missed somewhere")
    if subject.is_tagger:
        expect(all_finite(subject.answers(model, X)), "outputs are not finite")
        proba = model.predict_proba(X)
        expect(((proba > 0) & (proba < 1)).all(), "probabilities of exactly 0 or 1")


@check()
def check_rare_label(subject: Subject) -> None:
    """A label with a single positive can be trained on, and all outputs are finite.

    Beware of splits inside `fit` (validation, calibration): a part may not contain the label.
    """
    y = corpus().y
    y[:, 2] = 0
    y[3, 2] = 1
    model = subject.fit(y=y)
    expect(all_finite(subject.answers(model)), "outputs are not finite")
