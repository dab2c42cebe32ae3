"""Kernels that count n-grams of numbered words or characters and weigh them, compiled by numba.

Words, or characters, are numbered from 1 in alphabetical order; these numbers are the digits. Digit
0 marks a word outside the vocabulary, so no n-gram crosses it. The key of an n-gram is the number
with its digits in base `n_digits`, padded with zeros at the end. Keys sort as scikit-learn sorts
the terms, since the blank between words sorts before every character of a word.

A hash table (open addressing, linear probing) leads from a key to its number. Each document is
processed by itself, in time that depends on its length alone: a single text costs microseconds
whatever the size of the vocabulary.

`stop` makes a kernel return early, as in `_words`; it is read after each document and within long
ones.
"""

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .._gate.types import AnyArray, BoolArray, FloatArray, IntArray
from .._runtime.compiled import compiled
from ._words import END, PIECE, fold_product

_ONE = np.uint64(1)
_FEW = 32  # n-grams of a row that are sorted by insertion, neither in numba's way nor by tables


class Ngrams(NamedTuple):
    """N-grams by number, in arrays that may be longer, and their hash table."""

    keys: IntArray
    frequency: AnyArray  # int32, number of documents
    latest: AnyArray  # int32, latest document
    table: AnyArray  # int32, number of the n-gram in each slot, or -1


@compiled
def _place_of(key: int, hash_key: AnyArray, mask: int) -> int:
    return fold_product(np.uint64(key) ^ hash_key[0], hash_key[1]) & mask


@compiled
def _find(
    key: int, hash_key: AnyArray, keys: IntArray, table: AnyArray, mask: int
) -> tuple[int, int]:
    """Find a key in a hash table; return its slot and its number, -1 if the slot is free."""
    place = _place_of(key, hash_key, mask)
    number = table[place]
    while number >= 0 and keys[number] != key:
        place = (place + _ONE) & mask
        number = table[place]
    return place, number


@compiled
def make_key_table(keys: IntArray, n: int, hash_key: AnyArray) -> AnyArray:
    """Make the hash table of the first n keys, which are distinct, half full at most."""
    size = 2
    while size < 2 * len(keys):
        size *= 2
    table = np.full(size, -1, np.int32)
    mask = np.uint64(size - 1)
    for number in range(n):
        place = _place_of(keys[number], hash_key, mask)
        while table[place] >= 0:
            place = (place + _ONE) & mask
        table[place] = number
    return table


@compiled
def _read_document(tokens: AnyArray, at: int, digit: AnyArray, digits: AnyArray) -> tuple[int, int]:
    """Read the digits of a document, without stop words; return its end and their number."""
    n = 0
    while tokens[at] != END:
        d = digit[tokens[at]] if tokens[at] >= 0 else np.int32(0)
        if d >= 0:
            digits[n] = d
            n += 1
        at += 1
    return at + 1, n


@compiled
def _count_documents(tokens: AnyArray) -> int:
    n_documents = 0
    for token in tokens:
        n_documents += token == END
    return n_documents


@compiled
def _units(n_digits: int, longest: int) -> IntArray:
    """Return the factors that pad the key of an n-gram of each length."""
    units = np.ones(longest + 1, np.int64)
    for size in range(longest - 1, -1, -1):
        units[size] = units[size + 1] * n_digits
    return units


@compiled
def _learn_document(
    stop: BoolArray,
    digits: AnyArray,
    n: int,
    units: IntArray,
    shortest: int,
    document: int,
    ngrams: Ngrams,
    n_ngrams: int,
    hash_key: AnyArray,
    numbers: AnyArray,
    end: int,
) -> tuple[int, int]:
    """Write the numbers of the n-grams of a document, new ones too; return how many there are."""
    longest = len(units) - 1
    mask = np.uint64(len(ngrams.table) - 1)
    for start in range(n):
        if start % PIECE == 0 and stop[0]:
            break
        key = np.int64(0)
        for size in range(1, min(longest, n - start) + 1):
            d = digits[start + size - 1]
            if d == 0:
                break
            key += d * units[size]
            if size < shortest:
                continue
            place, number = _find(key, hash_key, ngrams.keys, ngrams.table, mask)
            if number < 0:
                number = np.int32(n_ngrams)
                ngrams.table[place] = number
                ngrams.keys[number] = key
                n_ngrams += 1
            if ngrams.latest[number] != document:
                ngrams.latest[number] = document
                ngrams.frequency[number] += 1
            numbers[end] = number
            end += 1
    return n_ngrams, end


@compiled
def learn_ngrams(
    stop: BoolArray,
    tokens: AnyArray,
    digit: AnyArray,
    n_digits: int,
    shortest: int,
    longest: int,
    hash_key: AnyArray,
) -> tuple[AnyArray, AnyArray, IntArray, AnyArray]:
    """Give numbers to the n-grams of `shortest` to `longest` words, by first occurrence.

    `digit` is that of each token, -1 for a stop word. Return how many n-grams each document has,
    their numbers, then the key and the document frequency of each number.
    """
    n_documents = _count_documents(tokens)
    lengths = np.zeros(n_documents, np.int32)
    n_sizes = longest - shortest + 1
    numbers = np.empty(len(tokens) * n_sizes, np.int32)
    digits = np.empty(len(tokens), np.int32)  # of the current document
    units = _units(n_digits, longest)
    room = 1 << 13
    keys = np.empty(room, np.int64)
    frequency, latest = np.zeros(room, np.int32), np.full(room, -1, np.int32)
    ngrams = Ngrams(keys, frequency, latest, make_key_table(keys, 0, hash_key))
    at = first = n_ngrams = 0
    for document in range(n_documents):
        if stop[0]:
            break
        at, n = _read_document(tokens, at, digit, digits)
        more = 0
        while room + more < n_ngrams + n * n_sizes:
            more = room + 2 * more
        if more:
            room += more
            keys = np.concatenate((ngrams.keys, np.empty(more, np.int64)))
            frequency = np.concatenate((ngrams.frequency, np.zeros(more, np.int32)))
            latest = np.concatenate((ngrams.latest, np.full(more, -1, np.int32)))
            ngrams = Ngrams(keys, frequency, latest, make_key_table(keys, n_ngrams, hash_key))
        n_ngrams, end = _learn_document(
            stop, digits, n, units, shortest, document, ngrams, n_ngrams, hash_key, numbers, first
        )
        lengths[document] = end - first
        first = end
    return lengths, numbers[:first], ngrams.keys[:n_ngrams], ngrams.frequency[:n_ngrams]


@compiled
def find_ngrams(
    stop: BoolArray,
    tokens: AnyArray,
    digit: AnyArray,
    n_digits: int,
    shortest: int,
    longest: int,
    hash_key: AnyArray,
    keys: IntArray,
    table: AnyArray,
) -> tuple[AnyArray, AnyArray]:
    """Find known n-grams: return how many each document has, and their numbers."""
    n_documents = _count_documents(tokens)
    lengths = np.zeros(n_documents, np.int32)
    numbers = np.empty(len(tokens) * (longest - shortest + 1), np.int32)
    digits = np.empty(len(tokens), np.int32)  # of the current document
    units = _units(n_digits, longest)
    mask = np.uint64(len(table) - 1)
    at = first = 0
    for document in range(n_documents):
        if stop[0]:
            break
        at, n = _read_document(tokens, at, digit, digits)
        end = first
        for start in range(n):
            if start % PIECE == 0 and stop[0]:
                break
            key = np.int64(0)
            for size in range(1, min(longest, n - start) + 1):
                d = digits[start + size - 1]
                if d == 0:
                    break
                key += d * units[size]
                if size < shortest:
                    continue
                _, number = _find(key, hash_key, keys, table, mask)
                if number >= 0:
                    numbers[end] = number
                    end += 1
        lengths[document] = end - first
        first = end
    return lengths, numbers[:first]


@intrinsic
def _trailing_zeros(typing_context: Any, a: Any) -> Any:
    """Count the trailing zeros of a uint64 that is not 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate


@compiled
def _count_by_sorting(columns: AnyArray, first: int, end: int, counts: FloatArray) -> int:
    """Sort the columns [first, end), drop repeated ones and count them; return the new end."""
    if end - first > _FEW:
        columns[first:end].sort()
    else:  # numba's sort allocates memory at each call
        for i in range(first + 1, end):
            column = columns[i]
            place = i
            while place > first and columns[place - 1] > column:
                columns[place] = columns[place - 1]
                place -= 1
            columns[place] = column
    kept = i = first
    while i < end:
        column = columns[i]
        start = i
        while i < end and columns[i] == column:
            i += 1
        columns[kept], counts[kept] = column, i - start
        kept += 1
    return kept


@compiled
def _count_in_tables(
    columns: AnyArray,
    first: int,
    end: int,
    counts: FloatArray,
    table: AnyArray,
    bits: AnyArray,
    groups: AnyArray,
) -> int:
    """Do what `_count_by_sorting` does, with a count of each column.

    `bits` has a bit for each column that occurs, `groups` one for each item of `bits` with any. All
    are 0 before and after.
    """
    for i in range(first, end):
        column = columns[i]
        if table[column] == 0:
            group = column >> 6
            bits[group] |= _ONE << np.uint64(column & 63)
            groups[group >> 6] |= _ONE << np.uint64(group & 63)
        table[column] += 1
    kept = first
    for k in range(len(groups)):
        rest_of_groups = groups[k]
        groups[k] = 0
        while rest_of_groups:
            group = 64 * k + np.int64(_trailing_zeros(rest_of_groups))
            rest_of_groups &= rest_of_groups - _ONE
            rest = bits[group]
            bits[group] = 0
            while rest:
                column = 64 * group + np.int64(_trailing_zeros(rest))
                rest &= rest - _ONE
                columns[kept], counts[kept] = column, table[column]
                table[column] = 0
                kept += 1
    return kept


@compiled
def weigh_rows(
    stop: BoolArray,
    lengths: AnyArray,
    numbers: AnyArray,
    columns: AnyArray,
    n_columns: int,
    idf: FloatArray,
    binary: bool,
    sublinear: bool,
    norm: int,
) -> tuple[AnyArray, AnyArray, FloatArray]:
    """Compute the rows of a TF-IDF matrix from the n-grams of documents, in place.

    `columns` is that of each n-gram, -1 if it is no feature; if empty, numbers are columns. A count
    becomes 1 if `binary`; a count tf becomes 1 + log(tf) if `sublinear`. An empty `idf` means ones;
    `norm` is 1 or 2 for l1 or l2, 0 for none. Return the number of entries of each row, and the
    columns, in order, and values of all entries.
    """
    values = np.empty(len(numbers))
    by_table = len(numbers) > n_columns  # else sorting takes less time than making tables
    n_groups = n_columns // 64 + 1
    table = np.zeros(n_columns if by_table else 0, np.int32)
    bits = np.zeros(n_groups if by_table else 0, np.uint64)
    groups = np.zeros(n_groups // 64 + 1 if by_table else 0, np.uint64)
    at = kept = 0
    for row in range(len(lengths)):
        if stop[0]:
            break
        first = end = kept
        for i in range(at, at + lengths[row]):
            column = columns[numbers[i]] if len(columns) else numbers[i]
            if column >= 0:
                numbers[end] = column
                end += 1
        at += lengths[row]
        if by_table and end - first > _FEW:
            kept = _count_in_tables(numbers, first, end, values, table, bits, groups)
        else:
            kept = _count_by_sorting(numbers, first, end, values)
        lengths[row] = kept - first
        total = 0.0
        for i in range(first, kept):
            value = 1.0 if binary else values[i]
            if sublinear and value > 1.0:
                value = np.log(value) + 1.0
            if len(idf):
                value *= idf[numbers[i]]
            values[i] = value
            total += value * value if norm == 2 else abs(value)
        if norm and total > 0:
            if norm == 2:
                total = np.sqrt(total)
            for i in range(first, kept):
                values[i] /= total
    return lengths, numbers[:kept], values[:kept]
