"""Numbers of the displays of data: lengths of texts, frequency and co-occurrence of labels."""

from collections.abc import Mapping
from numbers import Integral
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

_MOST_BARS = 40
_SHOWN = 99.5  # percentile of lengths up to which bars are drawn one by one
_FAR = 1.5  # a max_length beyond this multiple of it would squeeze the bars; it is left out


class LengthHistogram(NamedTuple):
    """Bars of a histogram of lengths; the last one also holds all longer texts.

    `edges` lie between whole numbers, so that none is in doubt, and one of them right above
    `max_length`, unless that is far beyond all texts. `overflow` is the number of texts longer
    than the last edge.
    """

    edges: np.ndarray
    counts: np.ndarray
    overflow: int


def text_lengths(texts, tokenizer=None):
    """Count the tokens of each text.

    Parameters
    ----------
    texts : list of str, of length n_samples
        The texts.
    tokenizer : callable, default=None
        Takes a str and returns its tokens: a sequence, a mapping with ``"input_ids"`` as the
        tokenizers of `transformers` do, or their number. None splits at white space.

    Returns
    -------
    ndarray of shape (n_samples,), dtype int64

    Raises
    ------
    ValueError
        If the tokenizer returns none of these.
    """
    if tokenizer is None:
        return np.array([len(text.split()) for text in texts], dtype=np.int64)
    if not callable(tokenizer):
        raise ValueError(
            f"tokenizer is {tokenizer!r}; pass a callable that takes a str and returns its tokens."
        )
    return np.array([_n_tokens(tokenizer(text)) for text in texts], dtype=np.int64)


def _n_tokens(tokens):
    if isinstance(tokens, Integral):
        return int(tokens)
    if isinstance(tokens, Mapping) or hasattr(tokens, "input_ids"):
        tokens = tokens["input_ids"]
    if not hasattr(tokens, "__len__"):
        raise ValueError(
            f"tokenizer returned a {type(tokens).__name__}; it must return a sequence of tokens "
            f"or their number."
        )
    return len(tokens)


def cut_shares(lengths, max_length):
    """Compute what is lost when texts are cut to `max_length`.

    Parameters
    ----------
    lengths : ndarray of shape (n_samples,), dtype int64
        Lengths of the texts.
    max_length : int
        Tokens that are kept of each text, at least 1.

    Returns
    -------
    of_texts : float
        Share of the texts that are longer, in [0, 1].
    of_tokens : float
        Share of all tokens that are cut off, in [0, 1].
    """
    lost = np.maximum(lengths - max_length, 0).sum()
    return float(np.mean(lengths > max_length)), float(lost / max(lengths.sum(), 1))


def length_histogram(lengths, max_length=None):
    """Count texts by length, in at most about 40 bars of whole width.

    Parameters
    ----------
    lengths : ndarray of shape (n_samples,), dtype int64
        Lengths of the texts.
    max_length : int, default=None
        A length at which one bar has to end.

    Returns
    -------
    LengthHistogram
    """
    low, high = int(lengths.min()), int(np.ceil(np.percentile(lengths, _SHOWN)))
    start = 0 if low < high / 2 else low
    if max_length is not None and max_length > _FAR * max(high, 1):
        max_length = None
    if max_length is not None:
        high = max(high, max_length + 1)
        start = min(start, max_length)
    width = max(1, -(-(high - start + 1) // _MOST_BARS))
    first = start if max_length is None else start - (start - max_length - 1) % width
    n_bars = -(-(high - first + 1) // width)
    edges = first - 0.5 + width * np.arange(n_bars + 1)
    overflow = int(np.count_nonzero(lengths > edges[-1]))
    counts = np.histogram(np.minimum(lengths, int(edges[-1])), edges)[0]
    return LengthHistogram(edges, counts, overflow)


def label_counts(indicator):
    """Count the documents of each label.

    Parameters
    ----------
    indicator : ndarray or sparse array of shape (n_samples, n_labels), dtype int8
        Labels, 0 or 1.

    Returns
    -------
    ndarray of shape (n_labels,), dtype int64
    """
    return np.asarray(indicator.sum(axis=0, dtype=np.int64)).ravel()


def cooccurrence_counts(indicator, shown, others=()):
    """Count the documents that have both of two labels.

    Parameters
    ----------
    indicator : ndarray or sparse array of shape (n_samples, n_labels), dtype int8
        Labels, 0 or 1.
    shown : array-like of shape (n_shown,), dtype int
        Columns that are labels of their own in the result.
    others : array-like of shape (n_others,), dtype int, default=()
        Columns that are one label together: a document has it where it has any of them.

    Returns
    -------
    ndarray of shape (n, n), dtype int64
        n is n_shown, and one more where there are others. The diagonal holds the support.
    """
    columns = sp.csc_array(indicator).astype(np.int64)
    parts = [columns[:, list(shown)]]
    if len(others):
        any_other = columns[:, list(others)].sum(axis=1) > 0
        parts.append(sp.csc_array(any_other.astype(np.int64)[:, None]))
    marks = sp.hstack(parts, format="csc")
    return (marks.T @ marks).toarray()


def conditional_shares(counts):
    """Compute the share of the documents of one label that also have another.

    Parameters
    ----------
    counts : ndarray of shape (n, n), dtype int64
        Co-occurrence counts with the support on the diagonal.

    Returns
    -------
    ndarray of shape (n, n), dtype float64
        Row i, column j: share with label j among those with label i, in [0, 1]; nan in the
        row of a label without a document.
    """
    support = np.diagonal(counts)[:, None].astype(np.float64)
    nothing = np.full(counts.shape, np.nan)
    return np.divide(counts, support, out=nothing, where=support > 0)


def phi_correlations(counts, n_samples):
    """Compute the correlation (phi coefficient) of labels.

    Parameters
    ----------
    counts : ndarray of shape (n, n), dtype int64
        Co-occurrence counts with the support on the diagonal.
    n_samples : int
        Number of documents.

    Returns
    -------
    ndarray of shape (n, n), dtype float64
        Pearson correlation of the 0/1 columns, in [-1, 1]; nan for a constant label.
    """
    support = np.diagonal(counts).astype(np.float64)
    spread = support * (n_samples - support)
    scale = np.sqrt(np.outer(spread, spread))
    covariance = n_samples * counts - np.outer(support, support)
    return np.divide(covariance, scale, out=np.full(counts.shape, np.nan), where=scale > 0)
