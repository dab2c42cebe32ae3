"""Kernels that count n-grams of numbered words and weigh them, compiled by numba on first use.

Words are numbered from 1 in alphabetical order; these numbers are the digits. Digit 0 marks a word
outside the vocabulary and the end of a document, so no n-gram crosses either. The key of an n-gram
is the number with its digits in base `n_digits`, padded with zeros at the end. Keys sort as
scikit-learn sorts the terms, since the blank between words sorts before every word character.

All n-grams whose first word is in some range are counted together: sorting tokens by the n-grams
that start there (radix sort) gives the columns in order, without a hash table of n-grams. Each
thread takes one range; the entries that it finds are sorted by column within each row.

`stop` makes a kernel return early, as in `_words`; it is read after each `PIECE` tokens.
"""

import numpy as np

from .._gate.types import AnyArray, BoolArray, FloatArray, IntArray
from .._runtime.compiled import compiled

PIECE = 2**20


@compiled
def write_digits(
    tokens: AnyArray, digit: AnyArray, n_digits: int, first_document: int
) -> tuple[AnyArray, AnyArray, IntArray]:
    """Convert tokens to digits, without stop words.

    `digit` of a word is 0 outside the vocabulary, -1 for a stop word. Return the digit and the
    document of each token that is left, and how often each digit occurs.
    """
    digits, documents = np.empty(len(tokens), np.int32), np.empty(len(tokens), np.int32)
    counts = np.zeros(n_digits, np.int64)
    document = first_document
    kept = 0
    for token in tokens:
        d = digit[token] if token >= 0 else np.int32(0)
        if d >= 0:
            digits[kept] = d
            documents[kept] = document
            counts[d] += 1
            kept += 1
        if token == -1:
            document += 1
    return digits[:kept], documents[:kept], counts


@compiled
def _sort_tokens(
    stop: BoolArray, digits: AnyArray, counts: IntArray, lowest: int, highest: int, longest: int
) -> AnyArray:
    """Sort the tokens with lowest <= digit < highest by the n-grams that start at them."""
    n = 0
    for d in range(lowest, highest):
        n += counts[d]
    order, other = np.empty(n, np.int32), np.empty(n, np.int32)
    n = 0
    for t in range(len(digits)):
        if lowest <= digits[t] < highest:
            order[n] = t
            n += 1
    starts = np.empty(len(counts) + 1, np.int32)
    for place in range(longest - 1, -1, -1):
        if stop[0]:
            break
        starts[:] = 0
        if place == 0:
            for d in range(lowest, highest):
                starts[d + 1] = counts[d]
        else:
            for i in range(n):
                starts[digits[order[i] + place] + 1] += 1
        for d in range(len(counts)):
            starts[d + 1] += starts[d]
        for i in range(n):
            d = digits[order[i] + place]
            other[starts[d]] = order[i]
            starts[d] += 1
        order, other = other, order
    return order


@compiled
def count_ngrams(
    stop: BoolArray,
    digits: AnyArray,
    documents: AnyArray,
    counts: IntArray,
    n_documents: int,
    lowest: int,
    highest: int,
    shortest: int,
    longest: int,
) -> tuple[IntArray, AnyArray, AnyArray, AnyArray, AnyArray]:
    """Count n-grams of `shortest` to `longest` words whose first digit is in [lowest, highest).

    `digits` must end with `longest` zeros. Columns are numbered by ascending key.

    Return keys and document frequencies of the n-grams, sorted, then column, row and count of each
    entry; the entries of a document are sorted by column.
    """
    base = np.int64(len(counts))
    order = _sort_tokens(stop, digits, counts, lowest, highest, longest)
    most = len(order) * (longest - shortest + 1)
    columns, rows = np.empty(most, np.int32), np.empty(most, np.int32)
    occurrences = np.empty(most, np.int32)
    keys, frequency = np.empty(most, np.int64), np.empty(most, np.int32)
    newest = np.full((longest, n_documents), -1, np.int32)  # latest entry by length and document
    current = np.full(longest, -1, np.int64)  # current column by number of words
    before = np.zeros(longest, np.int32)
    n_found = nnz = 0
    for start in range(0, len(order), PIECE):
        if stop[0]:
            break
        for t in order[start : start + PIECE]:
            row = documents[t]
            changed = False
            key = np.int64(0)
            for n in range(longest):
                d = digits[t + n]
                if d == 0:
                    before[n] = 0
                    break
                key = key * base + d
                if changed or d != before[n]:
                    changed = True
                    before[n] = d
                    if n + 1 >= shortest:
                        full = key
                        for _ in range(longest - n - 1):
                            full *= base
                        keys[n_found] = full
                        frequency[n_found] = 0
                        current[n] = n_found
                        n_found += 1
                if n + 1 < shortest:
                    continue
                column = current[n]
                entry = newest[n, row]
                if entry >= 0 and columns[entry] == column:
                    occurrences[entry] += 1
                else:
                    newest[n, row] = nnz
                    columns[nnz], rows[nnz], occurrences[nnz] = column, row, 1
                    nnz += 1
                    frequency[column] += 1
    return keys[:n_found], frequency[:n_found], columns[:nnz], rows[:nnz], occurrences[:nnz]


@compiled
def keep_columns(
    columns: AnyArray, rows: AnyArray, occurrences: AnyArray, renamed: AnyArray
) -> int:
    """Renumber columns of entries in place, drop those renumbered to -1; return how many stay."""
    kept = 0
    for i in range(len(columns)):
        column = renamed[columns[i]]
        if column >= 0:
            columns[kept], rows[kept], occurrences[kept] = column, rows[i], occurrences[i]
            kept += 1
    return kept


@compiled
def count_rows(rows: AnyArray, n_documents: int) -> AnyArray:
    """Count the entries of each document."""
    lengths = np.zeros(n_documents, np.int32)
    for row in rows:
        lengths[row] += 1
    return lengths


@compiled
def fill_rows(
    columns: AnyArray,
    rows: AnyArray,
    occurrences: AnyArray,
    place: AnyArray,
    idf: FloatArray,
    binary: bool,
    sublinear: bool,
    indices: AnyArray,
    values: FloatArray,
) -> None:
    """Write entries that `count_ngrams` found into `indices` and `values` of a CSR matrix.

    `place` is the position of each document's next entry; it is advanced. A count becomes 1 if
    `binary`; a count tf becomes 1 + log(tf) if `sublinear`.
    """
    for i in range(len(columns)):
        column, row = columns[i], rows[i]
        value = 1.0
        if occurrences[i] > 1 and not binary:
            value = np.float64(occurrences[i])
            if sublinear:
                value = np.log(value) + 1.0
        indices[place[row]] = column
        values[place[row]] = value * idf[column]
        place[row] += 1


@compiled
def normalise_rows(values: FloatArray, indptr: AnyArray, start: int, end: int, norm: int) -> None:
    """Divide the rows [start, end) of a matrix by their l1 or l2 norm, unless it is 0."""
    for row in range(start, end):
        total = 0.0
        for i in range(indptr[row], indptr[row + 1]):
            total += values[i] * values[i] if norm == 2 else abs(values[i])
        if total > 0:
            if norm == 2:
                total = np.sqrt(total)
            for i in range(indptr[row], indptr[row + 1]):
                values[i] /= total
