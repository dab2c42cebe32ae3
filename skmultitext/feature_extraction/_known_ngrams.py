"""Kernels that look up known n-grams of numbered words and weigh them, compiled on first use.

A hash table leads from the key of an n-gram (see `_ngrams`) to its column. Each document is
processed by itself, from its tokens to its row of the matrix, in time that depends on its length
alone: a single text costs microseconds whatever the size of the vocabulary.
"""

import numpy as np

from .._gate.types import AnyArray, BoolArray, FloatArray, IntArray
from .._runtime.compiled import compiled
from ._words import END, PIECE, fold_product

_ONE = np.uint64(1)


@compiled
def _place_of(key: int, hash_key: AnyArray, mask: int) -> int:
    return fold_product(np.uint64(key) ^ hash_key[0], hash_key[1]) & mask


@compiled
def make_key_table(keys: IntArray, hash_key: AnyArray) -> AnyArray:
    """Make the hash table of distinct keys: the index of a key in each slot, or -1."""
    size = 2
    while size < 2 * len(keys):
        size *= 2
    table = np.full(size, -1, np.int32)
    mask = np.uint64(size - 1)
    for column in range(len(keys)):
        place = _place_of(keys[column], hash_key, mask)
        while table[place] >= 0:
            place = (place + _ONE) & mask
        table[place] = column
    return table


@compiled
def _weigh_row(
    columns: AnyArray,
    values: FloatArray,
    first: int,
    end: int,
    idf: FloatArray,
    binary: bool,
    sublinear: bool,
    norm: int,
) -> int:
    """Sort the columns [first, end) of one row, count and weigh them; return the new end."""
    columns[first:end].sort()
    kept = first
    i = first
    while i < end:
        column = columns[i]
        count = i
        while i < end and columns[i] == column:
            i += 1
        count = i - count
        value = 1.0
        if count > 1 and not binary:
            value = np.float64(count)
            if sublinear:
                value = np.log(value) + 1.0
        columns[kept] = column
        values[kept] = value * idf[column] if len(idf) else value
        kept += 1
    if norm:
        total = 0.0
        for i in range(first, kept):
            total += values[i] * values[i] if norm == 2 else abs(values[i])
        if total > 0:
            if norm == 2:
                total = np.sqrt(total)
            for i in range(first, kept):
                values[i] /= total
    return kept


@compiled
def weigh_documents(
    stop: BoolArray,
    tokens: AnyArray,
    digit: AnyArray,
    n_digits: int,
    shortest: int,
    longest: int,
    keys: IntArray,
    table: AnyArray,
    hash_key: AnyArray,
    idf: FloatArray,
    binary: bool,
    sublinear: bool,
    norm: int,
) -> tuple[AnyArray, AnyArray, FloatArray]:
    """Compute the rows of a TF-IDF matrix from the tokens of documents.

    `digit` is that of each word, -1 for a stop word. An empty `idf` means ones, norm 0 none. Return
    the number of entries of each row, and the columns and values of all entries.
    """
    n_documents = 0
    for token in tokens:
        n_documents += token == END
    lengths = np.zeros(n_documents, np.int32)
    most = len(tokens) * (longest - shortest + 1)
    columns, values = np.empty(most, np.int32), np.empty(most)
    digits = np.empty(len(tokens), np.int32)  # of the current document
    mask = np.uint64(len(table) - 1)
    at = first = 0
    for document in range(n_documents):
        if stop[0]:
            break
        n = 0
        while tokens[at] != END:
            d = digit[tokens[at]] if tokens[at] >= 0 else np.int32(0)
            if d >= 0:
                digits[n] = d
                n += 1
            at += 1
        at += 1
        end = first
        for start in range(n):
            if start % PIECE == 0 and stop[0]:
                break
            key = np.int64(0)
            for size in range(1, min(longest, n - start) + 1):
                d = digits[start + size - 1]
                if d == 0:
                    break
                key = key * n_digits + d
                if size < shortest:
                    continue
                full = key
                for _ in range(longest - size):
                    full *= n_digits
                place = _place_of(full, hash_key, mask)
                while table[place] >= 0:
                    if keys[table[place]] == full:
                        columns[end] = table[place]
                        end += 1
                        break
                    place = (place + _ONE) & mask
        kept = _weigh_row(columns, values, first, end, idf, binary, sublinear, norm)
        lengths[document] = kept - first
        first = kept
    return lengths, columns[:first], values[:first]
