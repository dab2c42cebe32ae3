"""Checks of unknown labels (NaN in y), for estimators that accept them."""

# A failing check prints its docstring: what is expected, and how to fix an estimator.
# ruff: noqa: D401

import warnings
from typing import Any
from unittest import SkipTest

import numpy as np
import scipy.sparse as sp

from .._gate.types import AnyArray, FloatArray
from .._meta.response import label_scores
from ..exceptions import UnknownLabelWarning
from ._checks import check, expect, expect_same, has_scores, is_deterministic
from ._corpus import corpus
from ._subject import Subject, all_finite, dense


def takes_unknown(subject: Subject) -> bool:
    """Whether the tag ``target_tags.allow_nan`` is set."""
    return subject.takes_unknown


def has_independent_labels(subject: Subject) -> bool:
    """Whether the tag ``target_tags.independent_labels`` is set."""
    return getattr(subject.tags.target_tags, "independent_labels", False)


def _partly_unknown() -> FloatArray:
    """Labels of the corpus with every fifth entry unknown, and a label of each document."""
    y = corpus().y.astype(np.float64)
    y.flat[np.arange(1, y.size, 5)] = np.nan
    return y


def _expect_warning(subject: Subject, y: Any, *words: str) -> Any:
    """Fit; fail unless an UnknownLabelWarning contains the words. Return the model."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = subject.fit(y=y)
    said = [str(w.message) for w in caught if issubclass(w.category, UnknownLabelWarning)]
    expect(
        any(all(word in text for word in words) for text in said),
        f"no UnknownLabelWarning with {' and '.join(map(repr, words))}, but {said}",
    )
    return model


@check(takes_unknown, is_deterministic)
def check_unknown_labels(subject: Subject) -> None:
    """NaN in an indicator is taken as an unknown label, and all outputs are finite.

    Leave these entries out of the loss of their label. A tagger gets the same model from NaN in an
    array, in lists, and stored in a sparse matrix: let `BaseTagger.fit` read y, which gives -1 in
    ``data.indicator``.
    """
    y = _partly_unknown()
    wanted = subject.answers(subject.fit(y=y))
    expect(all_finite(wanted), "outputs are not finite")
    if subject.is_tagger:
        stored = sp.csr_matrix(np.where(np.isnan(y), 2.0, y))
        stored.data[stored.data == 2.0] = np.nan
        for what, same in (("in lists", y.tolist()), ("stored in a csr_matrix", stored)):
            found = subject.answers(subject.fit(y=same))
            expect_same(wanted, found, f"NaN in an array, and {what}")


@check(takes_unknown, is_deterministic, contract="tagger")
def check_unknown_labels_as_dataframe(subject: Subject) -> None:
    """Missing values in a DataFrame of labels, also of pandas' own types, are unknown labels.

    Look for them with ``pandas.isna``; `BaseTagger.fit` does.
    """
    try:
        import pandas
    except ImportError as error:
        raise SkipTest("pandas is not installed") from error
    y = _partly_unknown()
    wanted = subject.answers(subject.fit(y=y))
    for dtype in ("float64", "Int64"):
        found = subject.answers(subject.fit(y=pandas.DataFrame(y).astype(dtype)))
        expect_same(wanted, found, f"NaN in an array, and in a DataFrame of {dtype}")


@check(takes_unknown, has_scores)
def check_unknown_is_not_negative(subject: Subject) -> None:
    """Documents whose label is unknown count neither as negative nor as positive.

    Do not replace NaN by 0 or 1. The check hides most positives, then most negatives of a label:
    their scores must be higher, then lower, than if they counted as the opposite.
    """
    X, y = corpus().texts, corpus().y.astype(np.float64)
    for value, side in ((1, "positives"), (0, "negatives")):
        hidden = np.flatnonzero(y[:, 1] == value)[4:]
        found = []
        for replacement in (np.nan, 1 - value):
            changed = y.copy()
            changed[hidden, 1] = replacement
            scores, _ = label_scores(subject.fit(X, changed), X, one_label=False)
            found.append(scores[hidden, 1].mean())
        unknown, opposite = found if value else found[::-1]
        expect(
            unknown > opposite,
            f"the mean score of a label's hidden {side} is {found[0]:.4f} if they are unknown, "
            f"{found[1]:.4f} if they count as the opposite",
        )


@check(takes_unknown, has_independent_labels, is_deterministic)
def check_independent_labels(subject: Subject) -> None:
    """Unknown entries of a label do not change the outputs of other labels.

    Only with the tag ``target_tags.independent_labels``. Drop an unknown entry from the data of its
    own label, not the document from the data of all labels.
    """
    wanted = subject.answers(subject.fitted())
    y = corpus().y.astype(np.float64)
    y[::2, 0] = np.nan
    y[1::3, 2] = np.nan
    found = subject.answers(subject.fit(y=y))
    what = "a label with all others known, and with others unknown"
    expect_same(_middle(wanted), _middle(found), what, rtol=1e-6)


def _middle(answers: dict[str, AnyArray]) -> dict[str, AnyArray]:
    """Take the columns of the second of three labels."""
    return {method: np.array_split(out, 3, axis=1)[1] for method, out in answers.items()}


@check(takes_unknown, is_deterministic, contract="tagger")
def check_complete_float_labels(subject: Subject) -> None:
    """A float indicator without NaN gives exactly the model of the int one.

    Look for NaN once, and train as usual if there is none.
    """
    wanted = subject.answers(subject.fitted())
    found = subject.answers(subject.fit(y=corpus().y.astype(np.float64)))
    expect_same(wanted, found, "fitted on an int indicator, and on float64", rtol=0, atol=0)


@check(takes_unknown, is_deterministic, contract="tagger")
def check_documents_without_known_labels(subject: Subject) -> None:
    """A document without any known label is left out, and a warning counts such documents.

    Drop them before vocabularies and document counts are made, and cause an UnknownLabelWarning;
    `BaseTagger.fit` does both.
    """
    X, y = corpus().texts, corpus().y.astype(np.float64)
    y[::7] = np.nan
    kept = np.flatnonzero(~np.isnan(y[:, 0]))
    wanted = subject.answers(subject.fit([X[i] for i in kept], y[kept].astype(np.int64)))
    count = f"{len(X) - len(kept)} of {len(X)} documents"
    found = subject.answers(_expect_warning(subject, y, count))
    expect_same(wanted, found, "documents removed, and without a known label")


@check(takes_unknown, contract="tagger")
def check_label_without_known_entries(subject: Subject) -> None:
    """A label without a known entry is never given, and a warning names it.

    Give it a constant score, such as -16; ``data.constants`` holds it.
    """
    y = corpus().y.astype(np.float64)
    y[:, 1] = np.nan
    model = _expect_warning(subject, y, "'1'")
    X = ["late parcel", "", *corpus().texts[:8]]
    expect((dense(model.predict(X))[:, 1] == 0).all(), "it is predicted somewhere")
    expect(all_finite(subject.answers(model, X)), "outputs are not finite")


@check(takes_unknown, contract="tagger")
def check_score_counts_known_labels(subject: Subject) -> None:
    """`score` is the share of documents whose known labels are all predicted correctly.

    Compare the known labels of each document only, and leave out documents without any.
    """
    y = _partly_unknown()
    y[::9] = np.nan
    X, model = corpus().texts, subject.fitted()
    known = ~np.isnan(y)
    right = ((dense(model.predict(X)) == y) | ~known).all(axis=1)
    wanted = right[known.any(axis=1)].mean()
    found = model.score(X, y)
    expect(np.isclose(found, wanted), f"it is {found} instead of {wanted}")
