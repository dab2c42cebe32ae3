"""Batches of documents of like length."""

import numpy as np

# A pool of this many batches is sorted by length at a time: long enough that its batches hold
# little padding, short enough that a document meets other neighbours in every epoch.
_POOL = 256


def round_up_lengths(lengths, smallest=1):
    """Round lengths up to the few that padded batches may have.

    The legal lengths are 1, 2, 3, ..., 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, ...: four in every
    doubling, so that at most a fifth of a row is padding.

    Parameters
    ----------
    lengths : int or array-like of shape (n,), dtype int
        Lengths, at least 0.
    smallest : int, default=1
        Length that shorter ones are rounded up to.

    Returns
    -------
    int or ndarray of the shape of `lengths`, dtype int64
        The smallest legal length that holds each.

    Examples
    --------
    >>> from skmultitext.sequences import round_up_lengths
    >>> round_up_lengths([0, 7, 9, 33])
    array([ 1,  7, 10, 40])
    >>> round_up_lengths(3, smallest=4)
    4
    """
    exact = np.maximum(np.asarray(lengths, dtype=np.int64), smallest)
    # four steps in (2^k, 2^(k+1)] are 2^(k-2) wide; frexp gives that k without rounding
    exponent = np.frexp(np.maximum(exact - 1, 1))[1].astype(np.int64)
    step = np.left_shift(1, np.maximum(exponent - 3, 0))
    rounded = -(-exact // step) * step
    return int(rounded) if np.ndim(lengths) == 0 else rounded


def length_batches(lengths, batch_size, *, rng=None, token_budget=None):
    """Split documents into batches of like length.

    Parameters
    ----------
    lengths : array-like of shape (n_documents,) or (n_documents, 2), dtype int
        Length of each document: its number of words; or its number of sentences, and of words
        in its longest one.
    batch_size : int
        Most documents in a batch, at least 1.
    rng : RandomState, Generator or None, default=None
        Source of chance for training: documents of the same batch and the order of the batches
        then change from call to call, and each call still visits every document once. None
        sorts: the batches come shortest first, always the same.
    token_budget : int or None, default=None
        Most words in a batch with its padding, at least 1: a batch of long documents then holds
        fewer. A document that is longer by itself has a batch of its own. None sets no limit.

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
    lengths = np.asarray(lengths, dtype=np.int64)
    if lengths.ndim == 1:
        lengths = lengths[:, None]
    if lengths.ndim != 2 or (lengths < 0).any():
        raise ValueError("lengths must be of shape (n_documents,) or (n_documents, 2), 0 or more")
    for name, value in (("batch_size", batch_size), ("token_budget", token_budget)):
        if value is not None and value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
    order = np.arange(len(lengths)) if rng is None else rng.permutation(len(lengths))
    pool = len(order) if rng is None else _POOL * batch_size
    batches = []
    for start in range(0, len(order), max(pool, 1)):
        members = order[start : start + pool]
        # the first column decides, the second breaks ties; the sort is stable, so equals stay
        # in the order of chance
        members = members[np.lexsort(lengths[members].T[::-1])]
        batches.extend(_cut(members, lengths, batch_size, token_budget))
    if rng is not None:
        batches = [batches[k] for k in rng.permutation(len(batches))]
    return batches


def _cut(members, lengths, batch_size, token_budget):
    """Cut sorted documents into batches."""
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
