"""Checks of the outputs of a fitted model: form, consistency, invariance, unusual texts."""

# A failing check prints its docstring: what is expected, and how to fix an estimator.
# ruff: noqa: D401

import inspect
from typing import Any

import numpy as np
from sklearn.metrics import accuracy_score, f1_score

from ._checks import (
    check,
    expect,
    expect_same,
    has_method,
    has_parameter,
    is_deterministic,
)
from ._corpus import LABEL_NAMES, UNKNOWN_DOCUMENTS, corpus
from ._subject import Subject, all_finite, dense

# rounding of float32 scores that are summed in another order
_FLOAT32 = {"rtol": 1e-6, "atol": 1e-6}


@check()
def check_predict_form(subject: Subject) -> None:
    """`predict` on 2-D labels gives an integer array of 0 and 1, (n_samples, n_labels).

    Return ``(scores > threshold).astype(np.int64)``, one column per label in the order of y, also
    for a single document. A tagger's dtype is int64.
    """
    cases = [(n_labels, corpus().test_texts) for n_labels in subject.label_counts]
    for n_labels, X in [*cases, (3, [corpus().test_texts[0]])]:
        output = subject.fitted(n_labels).predict(X)
        expect(isinstance(output, np.ndarray), f"a {type(output).__name__}")
        shape = (len(X), n_labels)
        expect(output.shape == shape, f"shape {output.shape} instead of {shape}")
        kinds = output.dtype == np.int64 if subject.is_tagger else output.dtype.kind in "iu"
        expect(kinds, f"dtype {output.dtype}")
        expect(np.isin(output, (0, 1)).all(), f"the values {np.unique(output)[:5]}")


@check(has_method("predict_proba"))
def check_predict_proba_form(subject: Subject) -> None:
    """`predict_proba` on 2-D labels gives probabilities, one per document and label.

    A tagger returns ONE float64 array (n_samples, n_labels), strictly inside (0, 1): ``expit`` of
    float64 logits, clipped. Any other classifier may also return scikit-learn's list with one
    array (n_samples, 2) per label, whose rows sum to 1, and exact 0 and 1.
    """
    for n_labels in subject.label_counts:
        output = subject.fitted(n_labels).predict_proba(corpus().test_texts)
        _expect_probabilities(subject, output, (len(corpus().test_texts), n_labels))


def _expect_probabilities(subject: Subject, output: Any, shape: tuple[int, int]) -> None:
    if isinstance(output, list) and not subject.is_tagger:
        shapes = [np.shape(part) for part in output]
        expect(shapes == [(shape[0], 2)] * shape[1], f"a list of arrays of shapes {shapes}")
        expect(np.allclose(np.sum(output, axis=2), 1), "rows that do not sum to 1")
    else:
        expect(isinstance(output, np.ndarray), f"a {type(output).__name__}")
        expect(output.shape == shape, f"shape {output.shape} instead of {shape}")
    values = dense(output)
    if subject.is_tagger:
        expect(values.dtype == np.float64, f"dtype {values.dtype}")
        inside = (values > 0) & (values < 1)
    else:
        expect(values.dtype.kind == "f", f"dtype {values.dtype}")
        inside = (values >= 0) & (values <= 1)
    expect(inside.all(), f"values from {values.min()} to {values.max()}")


@check(has_method("decision_function"))
def check_decision_function_form(subject: Subject) -> None:
    """`decision_function` on 2-D labels gives a float array (n_samples, n_labels).

    Return one score per label, also at two labels; a tagger's are float64 logits.
    """
    X = corpus().test_texts
    for n_labels in subject.label_counts:
        output = subject.fitted(n_labels).decision_function(X)
        expect(isinstance(output, np.ndarray), f"a {type(output).__name__}")
        shape = (len(X), n_labels)
        expect(output.shape == shape, f"shape {output.shape} instead of {shape}")
        kind = output.dtype == np.float64 if subject.is_tagger else output.dtype.kind == "f"
        expect(kind, f"dtype {output.dtype}")
        expect(np.isfinite(output).all(), "values that are not finite")


@check(has_method("predict_proba"), has_method("decision_function"))
def check_scores_agree(subject: Subject) -> None:
    """`predict_proba` ranks the documents of each label as `decision_function` does.

    Compute probabilities from the same float64 scores, by an increasing function. In float32,
    close probabilities become ties.
    """
    X = [*corpus().texts, *corpus().test_texts]
    model = subject.fitted()
    scores = model.decision_function(X)
    proba = model.predict_proba(X)
    proba = np.stack([p[:, -1] for p in proba], axis=1) if isinstance(proba, list) else proba
    for j in range(scores.shape[1]):
        ordered = proba[np.argsort(scores[:, j], kind="stable"), j]
        falls = np.diff(ordered).min()
        expect(falls >= -1e-10, f"label {j}: a higher score with a probability lower by {-falls}")
        n_scores, n_proba = (len(np.unique(v[:, j].round(10))) for v in (scores, proba))
        expect(2 * n_proba >= n_scores, f"label {j}: {n_scores} scores, {n_proba} probabilities")


@check(has_method("predict_proba"), contract="tagger")
def check_predict_exceeds_threshold(subject: Subject) -> None:
    """`predict` gives a label exactly where ``predict_proba > thresholds_``, strictly.

    Make the decision in one place, from the probabilities that `predict_proba` returns.
    """
    X = [*corpus().texts, *UNKNOWN_DOCUMENTS]
    model = subject.fitted()
    thresholds: Any = getattr(model, "thresholds_", None)
    expect(isinstance(thresholds, np.ndarray), f"thresholds_ is {thresholds!r}")
    expect(thresholds.dtype == np.float64, f"thresholds_ has dtype {thresholds.dtype}")
    expect(thresholds.shape == (len(LABEL_NAMES),), f"thresholds_ has shape {thresholds.shape}")
    models = [model]
    if "threshold" in subject.parameters:  # thresholds equal to probabilities
        middle = np.sort(model.predict_proba(X), axis=0)[len(X) // 2]
        models.append(subject.fit(parameters={"threshold": middle}))
    for fitted in models:
        decisions = fitted.predict_proba(X) > fitted.thresholds_
        n_different = np.count_nonzero(fitted.predict(X) != decisions)
        expect(n_different == 0, f"{n_different} decisions differ")


@check(lambda subject: not subject.classifier_tags.poor_score)
def check_learns(subject: Subject) -> None:
    """A model finds the labels of the documents that it was trained on: micro-F1 of at least 0.6.

    Their words determine their labels. Train longer or regularise less, or set the tag
    ``classifier_tags.poor_score = True`` where the estimator cannot learn from 64 documents.
    """
    output = dense(subject.fitted().predict(corpus().texts))
    score = f1_score(corpus().y, output, average="micro", zero_division=0)
    expect(score >= 0.6, f"micro-F1 {score:.3f}")


@check(is_deterministic)
def check_subset_invariance(subject: Subject) -> None:
    """A document gets the same output alone, in a batch and among all others.

    Let a prediction depend on the document only: fixed vocabulary and weights, no statistics of
    the batch (dropout and batch normalisation in inference mode), padding that is masked.
    Decisions must be equal, scores equal within 1e-6.
    """
    X = corpus().test_texts
    model = subject.fitted()
    whole = subject.answers(model, X)
    for size, stop in ((1, 5), (7, len(X))):
        parts = [subject.answers(model, X[i : i + size]) for i in range(0, stop, size)]
        joined = {method: np.concatenate([part[method] for part in parts]) for method in whole}
        part_of_whole = {method: output[:stop] for method, output in whole.items()}
        expect_same(part_of_whole, joined, f"all at once, and {size} at a time", **_FLOAT32)


@check(is_deterministic)
def check_order_invariance(subject: Subject) -> None:
    """Documents in another order get the same outputs in that order.

    If prediction sorts documents, for instance by length, restore the order of X. Decisions must
    be equal, scores equal within 1e-6.
    """
    X = corpus().test_texts
    order = np.argsort([text[::-1] for text in X])
    model = subject.fitted()
    ordered = {method: output[order] for method, output in subject.answers(model, X).items()}
    shuffled = subject.answers(model, [X[i] for i in order])
    expect_same(ordered, shuffled, "in order, and shuffled", **_FLOAT32)


@check()
def check_score(subject: Subject) -> None:
    """`score` is the exact match: accuracy_score of `predict`, weighted where weights are given.

    Inherit `score` from sklearn.base.ClassifierMixin, or return
    ``accuracy_score(y, self.predict(X), sample_weight=sample_weight)``.
    """
    X, y = corpus().test_texts, corpus().test_y
    y[::3, 0] = 1 - y[::3, 0]  # some labels are wrong on purpose
    model = subject.fitted()
    weights = np.linspace(0.5, 3, len(X))
    cases: list[dict[str, Any]] = [{}]
    if "sample_weight" in inspect.signature(model.score).parameters:
        cases.append({"sample_weight": weights})
    for parameters in cases:
        wanted = accuracy_score(y, dense(model.predict(X)), **parameters)
        found = model.score(X, y, **parameters)
        expect(np.isclose(found, wanted), f"{found} instead of {wanted} with {list(parameters)}")


def _expect_sound(subject: Subject, model: Any, X: list[str], what: str) -> None:
    """Fail unless the outputs on X are finite and of the right length."""
    answers = subject.answers(model, X)
    expect(all(len(output) == len(X) for output in answers.values()), f"{what}: rows are missing")
    expect(all_finite(answers), f"{what}: outputs are not finite")


@check()
def check_unknown_documents(subject: Subject) -> None:
    """An empty document, or one with no known word, gets finite outputs.

    Avoid division by the length or the norm of a document: the mean of no words is NaN.
    """
    _expect_sound(subject, subject.fitted(), UNKNOWN_DOCUMENTS, "empty and unknown documents")


@check()
def check_train_on_empty_documents(subject: Subject) -> None:
    """With empty documents among the training documents all outputs are finite.

    Mask padding in averages and attention; one NaN in a loss makes every weight NaN. Do not drop
    these documents: the model learns from them what "no words" means.
    """
    X = ["", "?", *corpus().texts[2:]]
    model = subject.fit(X)
    _expect_sound(subject, model, [*X[:4], *corpus().test_texts], "trained on empty documents")


@check()
def check_identical_documents(subject: Subject) -> None:
    """Identical documents can be trained on, whatever their labels.

    Allow a scale of zero and a vocabulary of one word; the outputs are the frequencies of labels.
    """
    model = subject.fit(["late parcel"] * len(corpus().texts))
    _expect_sound(subject, model, ["late parcel", "other words"], "trained on identical documents")


@check()
def check_single_document(subject: Subject) -> None:
    """Training on one document works, or the error says that one is too few.

    Name the number in the error: "n_samples=1".
    """
    try:
        model = subject.fit(["late parcel"], np.array([[1, 0, 1]]))
        _expect_sound(subject, model, ["late parcel"], "trained on one document")
    except ValueError as error:
        words = ("1 sample", "n_samples=1", "n_samples = 1", "one sample", "1 class", "one class")
        expect(any(word in str(error) for word in words), f"ValueError: {error}")


@check()
def check_odd_texts(subject: Subject) -> None:
    """Emoji, NUL, lone surrogates, other scripts and 100,000 characters are legal texts.

    Let the tokenizer truncate long texts; if a library refuses a character, replace it:
    ``text.encode("utf-8", "replace").decode("utf-8")``.
    """
    odd = [
        "🙂🙃 late 🚚 \U0001f469\u200d\U0001f680",
        "late\x00parcel\x00",
        "late \ud83d parcel \udfff",
        "посылка опоздала 包裹迟到了 الطرد متأخر",
        "a\u0301\u0301\u0301 \u202eright to left\u202c \ufeff",
        "late " * 20_000,
        "x" * 100_000,
    ]
    X = [*odd, *corpus().texts[len(odd) :]]
    _expect_sound(subject, subject.fit(X), odd, "odd texts")


@check(contract="tagger")
def check_predict_labels(subject: Subject) -> None:
    """`predict_labels` gives a list with one tuple of label names per document.

    Take the names, each a str, from `label_names_` in its order, for the labels that `predict`
    gives; a document without a label gets ``()``.
    """
    model = subject.fitted()
    X = [*corpus().test_texts, *UNKNOWN_DOCUMENTS]
    output = model.predict_labels(X)
    names = list(model.label_names_)
    wanted = [
        tuple(n for n, given in zip(names, row, strict=True) if given) for row in model.predict(X)
    ]
    expect(type(output) is list, f"a {type(output).__name__}")
    expect(all(type(row) is tuple for row in output), f"rows such as {output[0]!r}")
    expect(all(type(name) is str for row in output for name in row), "names that are not str")
    expect(output == wanted, f"{output[:3]} where predict and label_names_ say {wanted[:3]}")


@check(has_parameter("threshold"), contract="tagger")
def check_threshold_forms(subject: Subject) -> None:
    """`threshold` is a number, an array with one per label, or a dict by label name.

    Convert it in `fit` to ``thresholds_``, a float64 array (n_labels,); labels that a dict does
    not name keep 0.5.
    """
    name = subject.fitted().label_names_[1]
    forms = [(0.25, [0.25] * 3), ([0.0, 0.5, 1.0], [0.0, 0.5, 1.0]), ({name: 0.9}, [0.5, 0.9, 0.5])]
    for threshold, wanted in forms:
        found = subject.fit(parameters={"threshold": threshold}).thresholds_
        expect(np.array_equal(found, wanted), f"thresholds_ {found} for {threshold!r}")
