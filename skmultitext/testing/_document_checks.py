"""Checks of X: the forms of texts that are legal, and input that must be refused."""

# A failing check prints its docstring: what is expected, and how to fix an estimator.
# ruff: noqa: D401

from collections.abc import Callable, Sequence
from typing import Any
from unittest import SkipTest

import numpy as np
import scipy.sparse as sp

from ._checks import check, expect, expect_same, is_deterministic, refusal
from ._corpus import corpus
from ._subject import Subject, is_fitted


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        raise SkipTest("pandas is not installed") from error
    return pandas


def _expect_same_by_form(subject: Subject, form: Callable[[Sequence[str]], Any], what: str) -> None:
    """Fail unless texts in another form give the same model and predictions as a list."""
    model = subject.fit(form(corpus().texts))
    wanted = subject.answers(subject.fitted())
    expect_same(wanted, subject.answers(model), f"fitted on a list, and on {what}")
    answers = subject.answers(subject.fitted(), form(corpus().test_texts))
    expect_same(wanted, answers, f"predicted on a list, and on {what}")


@check(is_deterministic)
def check_texts_as_tuple(subject: Subject) -> None:
    """X may be a tuple of str, with the same model as for a list.

    Make a list of X first: ``list(X)``.
    """
    _expect_same_by_form(subject, tuple, "a tuple")


@check(is_deterministic)
def check_texts_as_array(subject: Subject) -> None:
    """X may be a 1-D array of dtype str or object, with the same model as for a list.

    Make a list of str of it first: ``X.tolist()``. Elements of an array of dtype str are
    numpy.str_, which some tokenizers refuse.
    """
    _expect_same_by_form(subject, lambda texts: np.array(texts, dtype=object), "an object array")
    X = np.array(corpus().test_texts)
    expect_same(
        subject.answers(subject.fitted()),
        subject.answers(subject.fitted(), X),
        "predicted on a list, and on a str array",
    )


@check(is_deterministic)
def check_texts_as_series(subject: Subject) -> None:
    """X may be a pandas Series, whatever its index and name, with the same model as for a list.

    Use positions, not the index: ``X.tolist()``, not ``X[0]``. Do not set `feature_names_in_`:
    the name of the Series has no meaning.
    """
    pandas = _pandas()

    def series(texts: Sequence[str]) -> Any:
        index = [f"row {i % 5}" for i in range(len(texts))][::-1]  # reversed, with repetitions
        return pandas.Series(list(texts), index=index, name="message")

    _expect_same_by_form(subject, series, "a Series")
    model = subject.fit(series(corpus().texts), pandas.DataFrame(corpus().y).to_numpy())
    expect(not hasattr(model, "feature_names_in_"), "fit sets feature_names_in_")


def _refuse_documents(subject: Subject, X: Any, what: str, *words: str) -> None:
    """Fail unless fit refuses X and leaves the estimator unfitted, and predict refuses X too."""
    n_samples = len(X) if hasattr(X, "__len__") and not sp.issparse(X) else 4
    y = np.resize(corpus().y, (max(n_samples, 1), 3))
    estimator = subject.make()
    refusal(f"fit on {what}", lambda: estimator.fit(X, y), *words)
    if subject.is_tagger:
        expect(not is_fitted(estimator), f"it counts as fitted after {what}")
    refusal(f"predict on {what}", lambda: subject.fitted().predict(X), *words)


@check()
def check_rejects_single_str(subject: Subject) -> None:
    """A single str as X is refused with a ValueError: it would be read character by character.

    Raise ValueError where ``isinstance(X, str | bytes)``, and say: put it in a list.
    """
    words = ("list",) if subject.is_tagger else ()
    _refuse_documents(subject, "late parcel", "a single str", *words)
    _refuse_documents(subject, b"late parcel", "a single bytes", *words)


def _refuse_among(subject: Subject, value: Any, what: str) -> None:
    """Fail unless a value among the texts is refused; a tagger must name the row."""
    X = ["late parcel", "refund please", "locked account", value, "hello"]
    words = ("X[3]",) if subject.is_tagger else ()
    _refuse_documents(subject, X, what, *words)
    _refuse_documents(subject, np.array(X, dtype=object), f"{what} in an array", *words)


@check()
def check_rejects_missing_text(subject: Subject) -> None:
    """None or NaN among the texts is refused with a ValueError that names the row.

    Look for elements that are not str before fitting, and say: replace it by '' or drop the row.
    """
    for value in (None, float("nan"), np.nan):
        _refuse_among(subject, value, f"{value!r} among the texts")


@check()
def check_rejects_number_among_texts(subject: Subject) -> None:
    """A number among the texts is refused with a ValueError that names the row.

    Look for elements that are not str before fitting, and say: convert it with str(...).
    """
    for value in (3, 2.5, np.int64(7), True):
        _refuse_among(subject, value, f"{value!r} among the texts")


@check()
def check_rejects_bytes_among_texts(subject: Subject) -> None:
    """Bytes among the texts are refused with a ValueError that names the row.

    Their encoding is unknown. Say: decode them first, ``text.decode("utf-8")``.
    """
    _refuse_among(subject, b"late parcel", "bytes among the texts")


@check()
def check_rejects_lists_of_words(subject: Subject) -> None:
    """A list of words among the texts is refused with a ValueError that names the row.

    Say: join the words into one str, ``" ".join(words)``.
    """
    _refuse_among(subject, ["late", "parcel"], "a list of words among the texts")


@check()
def check_rejects_dataframe(subject: Subject) -> None:
    """A DataFrame as X is refused with a ValueError: iterating over it gives its column names.

    Raise ValueError where X has `columns`, and say: pass the one column with the texts.
    """
    pandas = _pandas()
    # as many columns as rows: column names that are read as texts have the length of y
    frame = pandas.DataFrame({name: ["late parcel", "refund"] for name in ("text", "title")})
    _refuse_documents(subject, frame, "a DataFrame", *(("column",) if subject.is_tagger else ()))


@check()
def check_rejects_2d_array(subject: Subject) -> None:
    """An array of two dimensions as X is refused with a ValueError.

    Raise ValueError where ``X.ndim != 1``, and say: pass the column that holds the texts.
    """
    X = np.array([["late parcel", "refund"], ["hello", "locked account"]])
    words = ("dimension",) if subject.is_tagger else ()
    _refuse_documents(subject, X, "a 2-D array of str", *words)
    _refuse_documents(subject, np.arange(12.0).reshape(4, 3), "a 2-D array of numbers", *words)


@check()
def check_rejects_sparse(subject: Subject) -> None:
    """A sparse matrix as X is refused with a ValueError.

    Raise ValueError where ``scipy.sparse.issparse(X)``, and say: X must be texts, not features.
    """
    words = ("sparse",) if subject.is_tagger else ()
    _refuse_documents(subject, sp.csr_matrix(np.eye(4)), "a sparse matrix", *words)


@check()
def check_rejects_unordered(subject: Subject) -> None:
    """A set or a dict as X is refused with a ValueError: its order does not match that of y.

    Raise ValueError where ``isinstance(X, Set | Mapping)``, and say: pass a list.
    """
    X = ["late parcel", "refund please", "locked account"]
    for unordered in (set(X), dict.fromkeys(X, 1)):
        kind = type(unordered).__name__
        words = (kind,) if subject.is_tagger else ()
        _refuse_documents(subject, unordered, f"a {kind}", *words)


@check()
def check_rejects_empty(subject: Subject) -> None:
    """An empty X, or None, is refused with a ValueError.

    Raise ValueError where X has no rows, and say how many are needed.
    """
    _refuse_documents(subject, [], "an empty list", *(("empty",) if subject.is_tagger else ()))
    _refuse_documents(subject, None, "None", "none")
