"""The gate for X: anything a user calls "texts" becomes a list of str, or a clear error."""

from collections.abc import Iterable, Mapping, Set

import numpy as np
import scipy.sparse as sp

from .exceptions import DocumentError

_EXAMPLE = 'Pass a sequence with one str per document, for instance ["first text", "second text"]'


def check_documents(X):
    """Return the documents of `X` as a list of str.

    Parameters
    ----------
    X : iterable of str, of length n_samples
        A list, tuple, 1-D array, pandas or polars Series, or any other ordered iterable
        with one str per document. Empty strings are legal documents.

    Returns
    -------
    list of str, of length n_samples
        The documents, in order. A list of str is returned as it came, not copied.

    Raises
    ------
    DocumentError
        If `X` is no ordered collection of str, or is empty. The message names the row and
        what was found there.

    Examples
    --------
    >>> import numpy as np
    >>> from skmultitext._documents import check_documents
    >>> check_documents(np.array(["late parcel", ""]))
    ['late parcel', '']
    """
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


def refuse_documents(X):
    """Refuse texts where features belong, which scikit-learn would only fail to read as numbers.

    Parameters
    ----------
    X : array-like or sparse matrix
        What was passed as features.

    Raises
    ------
    DocumentError
        If `X` is a str, or one-dimensional and begins with one.
    """
    flat = isinstance(X, list | tuple) or getattr(X, "ndim", 0) == 1
    if isinstance(X, str) or (flat and isinstance(next(iter(X), None), str)):
        raise DocumentError(
            "X holds texts, but this estimator takes features, an array of shape (n_samples, "
            "n_features). Take a tagger of texts, such as TfidfLogRegTagger, or put a "
            "TfidfVectorizer before this one."
        )


def _as_list(X):
    """Return the rows of X as a list, refusing whatever has no order or no rows of its own."""
    if X is None:
        raise DocumentError(f"X is None. {_EXAMPLE}.")
    if isinstance(X, str | bytes | bytearray):
        raise DocumentError(
            f"X is a single {type(X).__name__}, which would be read as a sequence of characters. "
            f"Put it in a list: [text]."
        )
    if isinstance(X, Set | Mapping):
        raise DocumentError(
            f"X is a {type(X).__name__}, whose rows cannot be matched with y. Pass a list."
        )
    if sp.issparse(X):
        raise DocumentError(
            f"X is a sparse matrix of shape {X.shape}; this estimator takes texts, not features. "
            f"{_EXAMPLE}."
        )
    if hasattr(X, "columns"):
        columns = ", ".join(repr(str(name)) for name in list(X.columns)[:5])
        raise DocumentError(
            f"X is a DataFrame with the columns {columns}. Pass the one column that holds the "
            f"texts, for instance X[{str(next(iter(X.columns), 'text'))!r}]."
        )
    ndim = getattr(X, "ndim", 1)
    if ndim != 1:
        remedy = "Pass X[:, 0] if its first column holds the texts" if ndim == 2 else _EXAMPLE
        raise DocumentError(
            f"X is an array of {ndim} dimensions and shape {X.shape}; texts come in one "
            f"dimension. {remedy}."
        )
    if isinstance(X, list):
        return X
    if isinstance(X, np.ndarray):
        return X.tolist()
    if not isinstance(X, Iterable):
        raise DocumentError(f"X is {_describe(X)}. {_EXAMPLE}.")
    return list(X)


def _describe(value):
    """Say in a few words what a wrong value is."""
    if is_missing(value):
        return f"missing ({value!r})"
    shown = repr(value)
    if len(shown) > 40:
        shown = shown[:37] + "..."
    return f"{type(value).__name__} ({shown})"


def is_missing(value):
    """Whether a value stands for a missing one: None, NaN or pandas.NA."""
    if value is None or type(value).__name__ == "NAType":
        return True
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def _remedy(value):
    if is_missing(value):
        return "Replace missing texts by an empty string '' or drop these rows from X and y"
    if isinstance(value, bytes | bytearray):
        return "Decode it first, for instance text.decode('utf-8')"
    if isinstance(value, list | tuple):
        return "Join its words or sentences into one str, for instance ' '.join(words)"
    return "Convert it with str(...) if it is meant as text"
