"""Read X as a list of str, or raise an error that says how to fix it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._runtime.messages import listing, shown
from ..exceptions import DocumentError
from .containers import column_names, has_no_order, plain_rows, unread_table

_EXAMPLE = 'Pass a sequence with one str per document, for instance ["first text", "second text"]'


def check_documents(X: Any, name: str = "") -> list[str]:
    """Return the documents of `X` as a list of str; an error begins with a `name` other than X."""
    if name:
        try:
            return check_documents(X)
        except DocumentError as error:
            raise DocumentError(f"{name}: {error}") from error
    rows = _as_list(X)
    if not rows:
        raise DocumentError(
            f"X is empty: found 0 documents while a minimum of 1 is required. {_EXAMPLE}."
        )
    kinds = set(map(type, rows))
    if kinds == {str}:
        return rows
    if all(issubclass(kind, str) for kind in kinds):
        return [str(row) for row in rows]  # numpy.str_ and other subclasses
    row, document = next((i, row) for i, row in enumerate(rows) if not isinstance(row, str))
    raise DocumentError(f"X[{row}] is {_describe(document)}, not a str. {_remedy(document)}.")


def refuse_documents(X: Any) -> None:
    """Refuse texts passed as features: scikit-learn's own error would be about float conversion."""
    if holds_texts(X if isinstance(X, Iterator) else plain_rows(X)):
        raise DocumentError(
            "X holds texts, but this estimator takes features, an array of shape (n_samples, "
            "n_features). Use a tagger of texts, such as TfidfLogRegTagger, or put a "
            "TfidfVectorizer before this one."
        )


def as_documents(X: Any, parameter: str) -> Any:
    """Return texts as a list of str, and features as they are."""
    rows = plain_rows(X)
    return check_documents(rows, parameter) if holds_texts(rows) else X


def holds_texts(rows: Any) -> bool:
    """Whether rows are texts, by the first one; a single str counts too."""
    flat = isinstance(rows, list | tuple) or getattr(rows, "ndim", 0) == 1
    return isinstance(rows, str) or (flat and isinstance(next(iter(rows), None), str))


def _as_list(X: Any) -> list[Any]:
    """Return the rows of X as a list; refuse what is unordered or not one-dimensional."""
    if X is None:
        raise DocumentError(f"X is None. {_EXAMPLE}.")
    if isinstance(X, str | bytes | bytearray):
        raise DocumentError(
            f"X is a single {type(X).__name__}, which would be read as a sequence of characters. "
            f"Put it in a list: [text]."
        )
    if has_no_order(X):
        raise DocumentError(
            f"X is a {type(X).__name__}, whose rows cannot be matched with y. Pass a list."
        )
    if sp.issparse(X):
        raise DocumentError(
            f"X is a sparse matrix of shape {X.shape}; this estimator takes texts, not features. "
            f"{_EXAMPLE}."
        )
    columns = column_names(X)
    if columns is not None:
        table = "X" if unread_table(X) is None else f"X.{unread_table(X)}()"
        raise DocumentError(
            f"X is a {type(X).__name__} with the columns {listing(columns, 5)}. Pass the one "
            f"column that holds the texts, for instance {table}[{shown((columns or ['text'])[0])}]."
        )
    rows = plain_rows(X)
    ndim = getattr(rows, "ndim", 1)
    if ndim != 1:
        remedy = "Pass X[:, 0] if its first column holds the texts" if ndim == 2 else _EXAMPLE
        raise DocumentError(
            f"X is an array of {ndim} dimensions and shape {rows.shape}; texts come in one "
            f"dimension. {remedy}."
        )
    if isinstance(rows, np.ndarray):
        return rows.tolist()
    if not isinstance(rows, list | tuple):
        raise DocumentError(f"X is {_describe(X)}. {_EXAMPLE}.")
    return list(rows) if isinstance(rows, tuple) else rows


def _describe(value: Any) -> str:
    """Describe an illegal value by its type and content."""
    if is_missing(value):
        return f"missing ({value!r})"
    return f"{type(value).__name__} ({shown(value)})"


def is_missing(value: Any) -> bool:
    """Whether a value is None, NaN or pandas.NA."""
    if value is None or type(value).__name__ == "NAType":
        return True
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def _remedy(value: Any) -> str:
    if is_missing(value):
        return "Replace missing texts by an empty string '' or drop these rows from X and y"
    if isinstance(value, bytes | bytearray):
        return "Decode it first, for instance text.decode('utf-8')"
    if isinstance(value, list | tuple):
        return "Join its words or sentences into one str, for instance ' '.join(words)"
    return "Convert it with str(...) if it is meant as text"


def check_texts(texts: Any, n_rows: int, y: str, found: str) -> list[str]:
    """Check that `texts` holds one text for each of the `n_rows` of the labels named `y`."""
    documents = check_documents(texts, "texts")
    if len(documents) != n_rows:
        raise ValueError(
            f"texts holds {len(documents)} documents, but {y} has {found}; pass one text per row "
            f"of {y}."
        )
    return documents
