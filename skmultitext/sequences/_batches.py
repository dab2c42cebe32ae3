"""Batches of documents of similar length."""

from typing import Any

import numpy as np
import numpy.typing as npt

from .._gate.parameters import check_int
from .._gate.types import IntArray

# Batches whose documents are sorted by length together: many, so that there is little padding;
# not all, so that the composition of batches changes from epoch to epoch.
_POOL = 256


def round_up_lengths(lengths: npt.ArrayLike, smallest: int = 1) -> Any:
    """Round lengths up to the few lengths that padded batches may have.

    The legal lengths are 1, 2, 3, ..., 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, ...: four in every
    doubling, so that at most a fifth of a row is padding.

    Parameters
    ----------
    lengths : int or array-like of shape (n,), dtype int
        Lengths, at least 0.
    smallest : int, default=1
        Smallest length returned; shorter ones are rounded up to it.

    Returns
    -------
    int or ndarray of the shape of `lengths`, dtype int64
        The smallest legal length that is not below each.

    Examples
    --------
    >>> from skmultitext.sequences import round_up_lengths
    >>> round_up_lengths([0, 7, 9, 33])
    array([ 1,  7, 10, 40])
    >>> round_up_lengths(3, smallest=4)
    4
    """
    exact = np.maximum(np.asarray(lengths, dtype=np.int64), smallest)
    # the four steps in (2^k, 2^(k+1)] are 2^(k-2) wide; frexp gives k exactly
    exponent = np.frexp(np.maximum(exact - 1, 1))[1].astype(np.int64)
    step = np.left_shift(1, np.maximum(exponent - 3, 0))
    rounded = -(-exact // step) * step
    return int(rounded) if np.ndim(lengths) == 0 else rounded


def length_batches(
    lengths: npt.ArrayLike,
    batch_size: int,
    *,
    rng: np.random.RandomState | np.random.Generator | None = None,
    token_budget: int | None = None,
) -> list[IntArray]:
    """Split documents into batches of similar length.

    Parameters
    ----------
    lengths : array-like of shape (n_documents,) or (n_documents, 2), dtype int
        Length of each document: its number of words; or its number of sentences, and of words
        in its longest one.
    batch_size : int
        Maximum number of documents in a batch, at least 1.
    rng : RandomState, Generator or None, default=None
        Random generator for training: the composition and order of the batches change from call
        to call, and every document is in exactly one batch. None sorts: the same batches every
        time, the shortest first.
    token_budget : int or None, default=None
        Maximum number of words in a batch, padding included, at least 1: batches of long
        documents have fewer of them. A single longer document is a batch by itself. None sets no
        limit.

    Returns
    -------
    list of ndarray of shape (n_in_batch,), dtype int64
        Positions of the documents of each batch.

    Raises
    ------
    ValueError
        If a length is negative, or `batch_size` or `token_budget` is below 1.

    Examples
    --------
    >>> from skmultitext.sequences import length_batches
    >>> [batch.tolist() for batch in length_batches([9, 2, 7, 3, 2], 2)]
    [[1, 4], [3, 2], [0]]
    >>> [batch.tolist() for batch in length_batches([9, 2, 7, 3, 2], 4, token_budget=9)]
    [[1, 4, 3], [2], [0]]
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    if sizes.ndim == 1:
        sizes = sizes[:, None]
    if sizes.ndim != 2 or (sizes < 0).any():
        raise ValueError("lengths must be of shape (n_documents,) or (n_documents, 2), 0 or more")
    for name, value in (("batch_size", batch_size), ("token_budget", token_budget)):
        if value is not None:
            check_int(name, value)
    order = np.arange(len(sizes)) if rng is None else rng.permutation(len(sizes))
    pool = len(order) if rng is None else _POOL * batch_size
    batches: list[IntArray] = []
    for start in range(0, len(order), max(pool, 1)):
        members = order[start : start + pool]
        # by the first column, then the second; a stable sort leaves equal ones in random order
        members = members[np.lexsort(sizes[members].T[::-1])]
        batches.extend(_cut(members, sizes, batch_size, token_budget))
    if rng is not None:
        batches = [batches[k] for k in rng.permutation(len(batches))]
    return batches


def _cut(
    members: IntArray, lengths: IntArray, batch_size: int, token_budget: int | None
) -> list[IntArray]:
    """Split sorted documents into batches."""
    if token_budget is None:
        return [members[a : a + batch_size] for a in range(0, len(members), batch_size)]
    batches, first = [], 0
    longest = np.ones(lengths.shape[1], dtype=np.int64)
    for k, length in enumerate(lengths[members]):
        grown = np.maximum(longest, length)
        full = k - first == batch_size or (k - first + 1) * grown.prod() > token_budget
        if full and k > first:
            batches.append(members[first:k])
            first, grown = k, np.maximum(1, length)
        longest = grown
    batches.append(members[first:])
    return batches
