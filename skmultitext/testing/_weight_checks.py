"""Checks of `sample_weight` and `class_weight`, and that inputs are not changed."""

# A failing check prints its docstring: what is expected, and how to fix an estimator.
# ruff: noqa: D401

import os
import tempfile
from collections.abc import Iterable
from functools import partial
from typing import Any
from unittest import SkipTest

import joblib
import numpy as np

from ._checks import (
    check,
    expect,
    expect_same,
    has_method,
    has_parameter,
    is_deterministic,
    refusal,
    takes_weights,
)
from ._corpus import corpus
from ._subject import Subject, is_fitted


@check(takes_weights, is_deterministic)
def check_weights_of_one(subject: Subject) -> None:
    """`sample_weight` of ones, as an array or a list, gives the model without weights.

    Convert weights to a float array: sklearn.utils.validation._check_sample_weight does, and
    replaces None by ones.
    """
    n_samples = len(corpus().texts)
    wanted = subject.answers(subject.fitted())
    for weights in (np.ones(n_samples), [1] * n_samples):
        found = subject.answers(subject.fit(sample_weight=weights))
        what = f"without weights, and with ones as {type(weights).__name__}"
        expect_same(wanted, found, what)


@check(takes_weights, is_deterministic)
def check_weights_as_series(subject: Subject) -> None:
    """`sample_weight` may be a pandas Series with any index, read by position.

    Convert it to an array first: pandas would align it by index.
    """
    try:
        import pandas
    except ImportError as error:
        raise SkipTest("pandas is not installed") from error
    weights = np.resize([1.0, 2.0, 0.5], len(corpus().texts))
    index = np.arange(len(weights))[::-1]
    wanted = subject.answers(subject.fit(sample_weight=weights))
    found = subject.answers(subject.fit(sample_weight=pandas.Series(weights, index=index)))
    expect_same(wanted, found, "with weights as an array, and as a Series")


@check(takes_weights, is_deterministic)
def check_weight_zero_removes(subject: Subject) -> None:
    """A document of weight 0 has the same effect as no document.

    Drop the documents of weight 0 first, before vocabularies and document counts are made.
    Compared within a relative 1e-7. Minibatch learners may name this check in
    `expected_failed_checks`.
    """
    X, y = corpus().texts, corpus().y
    weights = np.resize([1.0, 0.0, 1.0], len(X))
    X[1] = "words of a document without weight"
    kept = np.flatnonzero(weights)
    removed = subject.answers(subject.fit([X[i] for i in kept], y[kept]))
    weighted = subject.answers(subject.fit(X, sample_weight=weights))
    expect_same(removed, weighted, "documents removed, and of weight 0", rtol=1e-7, atol=0)


@check(takes_weights, is_deterministic)
def check_weight_repeats(subject: Subject) -> None:
    """A document of weight 2 has the same effect as two such documents.

    Weight every count and every loss, also the document counts of TF-IDF. Outputs must
    agree within a relative 1e-7, so solve to a tight tolerance on small data. Minibatch learners
    may name this check in `expected_failed_checks`.
    """
    X, y = corpus().texts, corpus().y
    weights = np.resize([1, 3, 1, 2, 1], len(X))
    repeated = np.repeat(np.arange(len(X)), weights)
    twice = subject.answers(subject.fit([X[i] for i in repeated], y[repeated]))
    weighted = subject.answers(subject.fit(X, sample_weight=weights))
    expect_same(twice, weighted, "documents repeated, and weighted", rtol=1e-7, atol=0)


@check(takes_weights)
def check_weight_errors(subject: Subject) -> None:
    """Weights of the wrong length or shape, or not finite, or all zero, are refused.

    Use ``_check_sample_weight(sample_weight, X)`` of scikit-learn, and check that one weight is
    above zero. A tagger refuses negative weights, too.
    """
    n_samples = len(corpus().texts)
    nan = np.ones(n_samples)
    nan[5] = np.nan
    cases = [
        (np.ones(n_samples - 1), "weights of the wrong length", ()),
        (np.ones((n_samples, 2)), "weights of two columns", ()),
        (nan, "a weight of nan", ("nan",)),
        (np.zeros(n_samples), "weights of zero", ("weight", "zero")),
    ]
    if subject.is_tagger:
        cases.append((-np.ones(n_samples), "negative weights", ("negative",)))
    for weights, what, words in cases:
        estimator = subject.make()
        fit = partial(estimator.fit, corpus().texts, corpus().y, sample_weight=weights)
        refusal(what, fit, *words)
        if subject.is_tagger:
            expect(not is_fitted(estimator), f"it counts as fitted after {what}")


@check()
def check_inputs_kept(subject: Subject) -> None:
    """`fit` and `predict` do not change X, y and the weights.

    Copy an input before you change it, for instance a list of texts that is lower-cased.
    """
    inputs: dict[str, Any] = {"X": corpus().texts, "y": corpus().y}
    inputs["X"][0] = "  Two  LATE parcels \n"
    if subject.takes_weights:
        inputs["sample_weight"] = np.resize([1.0, 0.0, 10.0], len(inputs["X"]))
    before = {name: joblib.hash(value) for name, value in inputs.items()}
    model = subject.make().fit(**inputs)
    for method in subject.methods:
        getattr(model, method)(inputs["X"])
    changed = [name for name, value in inputs.items() if joblib.hash(value) != before[name]]
    expect(not changed, f"changed: {changed}")


@check(is_deterministic)
def check_readonly_inputs(subject: Subject) -> None:
    """X, y and weights may be read-only, memory-mapped arrays, as joblib's workers get them.

    Do not write to inputs; Cython and Numba code must accept ``const`` arrays.
    """
    inputs = {"y": corpus().y}
    if subject.takes_weights:
        inputs["sample_weight"] = np.ones(len(corpus().texts))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = os.path.join(folder, "inputs.joblib")
        joblib.dump(inputs, path)
        mapped = joblib.load(path, mmap_mode="r")
        texts = np.array(corpus().texts, dtype=object)
        texts.setflags(write=False)
        model = subject.fit(texts, **mapped)
        del mapped  # or the file stays open
    wanted, found = subject.answers(subject.fitted()), subject.answers(model)
    expect_same(wanted, found, "fitted on plain arrays, and on read-only ones")


@check(has_parameter("class_weight"), has_method("predict_proba"), contract="tagger")
def check_class_weight(subject: Subject) -> None:
    """`class_weight` is None, "balanced" or a dict by label name, and takes effect.

    Multiply the loss of a label's positives by its factor (a dict), or give the positives and the
    negatives of each label the same total ("balanced"); factors of 1 are no weights at all.
    """
    X, y = corpus().texts, corpus().y
    name = subject.fitted().label_names_[2]
    positive = y[:, 2] == 1

    def of_positives(estimator: Any) -> float:
        """The mean log-probability of the label, over the documents that have it."""
        return float(np.log(estimator.predict_proba(X)[positive, 2].clip(1e-300)).mean())

    plain = of_positives(subject.fitted())
    for class_weight in ("balanced", {name: 10.0}):
        weighted = subject.fit(X, y, parameters={"class_weight": class_weight})
        found = of_positives(weighted)
        what = f"mean log-probability of a rare label, where it is right: {plain:.4g}, with "
        expect(found > plain, f"{what}{class_weight!r} {found:.4g}")
    ones = subject.fit(X, y, parameters={"class_weight": dict.fromkeys(("0", "1"), 1)})
    expect_same(
        subject.answers(subject.fitted()),
        subject.answers(ones),
        "class_weight None, and a dict of ones",
    )


def _refuse_parameters(subject: Subject, name: str, values: Iterable[tuple[Any, ...]]) -> None:
    """Fail unless fit refuses values of a parameter, names it, and leaves nothing fitted."""
    for value, *words in values:
        estimator = subject.make(**{name: value})
        what = f"{name}={value!r}"
        refusal(what, partial(estimator.fit, corpus().texts, corpus().y), name, *words)
        expect(not is_fitted(estimator), f"it counts as fitted after {what}")


@check(has_parameter("class_weight"), contract="tagger")
def check_class_weight_errors(subject: Subject) -> None:
    """An unknown label in `class_weight`, or a factor that is not a number above 0, is refused.

    Check in `fit`, once the labels are known, and name the label and the known ones.
    """
    values = [
        ({"no such label": 2.0}, "no such label"),
        ({"0": -1.0}, "'0'"),
        ({"0": float("nan")}, "'0'"),
        ({"0": "much"}, "'0'"),
        ("heavy", "balanced"),
    ]
    _refuse_parameters(subject, "class_weight", values)


@check(has_parameter("threshold"), contract="tagger")
def check_threshold_errors(subject: Subject) -> None:
    """An unknown label in `threshold`, a value outside of [0, 1] or a wrong length is refused.

    Check in `fit`, once the labels are known, and name the label and the known ones.
    """
    values = [
        ({"no such label": 0.5}, "no such label"),
        ({"0": 1.5}, "'0'"),
        (-0.1, "[0, 1]"),
        (float("nan"), "[0, 1]"),
        ([0.5, 0.5], "3 labels"),
        ("high",),
        (None,),
    ]
    _refuse_parameters(subject, "threshold", values)
