"""Kernels that count n-grams of numbered words and weigh them, compiled by numba on first use.

Words are digits, 1 and up, in alphabetical order; 0 stands for a word of no n-gram and for the
end of a document, so no n-gram goes past it. An n-gram is the integer that its digits make, to
the base ``n_digits``, filled up with zeros behind: integers then sort as scikit-learn sorts the
terms, since the blank between the words sorts before every word character.

All n-grams that begin with a range of words are counted together: the tokens sorted by the words
from there on (radix sort) give the columns in order, and no hash table of n-grams is needed.
Ranges go to threads; the entries that they find stand in the order of the rows' columns already.
"""

import numpy as np

from .._compiled import compiled


@compiled
def write_digits(tokens, digit, n_digits, first_document):
    """Turn tokens into digits and leave stop words out.

    Parameters
    ----------
    tokens : ndarray of shape (n_tokens,), dtype int32
        Words, -2 for an unknown one, and -1 behind each document.
    digit : ndarray of shape (n_words,), dtype int32
        Digit of each word, 0 for a word of no n-gram, -1 for a stop word.
    n_digits : int
        Number of digits, the zero included.
    first_document : int
        Number of the first document.

    Returns
    -------
    digits, documents : ndarray of shape (n_kept,), dtype int32
        Digit and document of each token that is no stop word.
    counts : ndarray of shape (n_digits,), dtype int64
        How often each digit stands there.
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
def _sort_tokens(digits, counts, lowest, highest, longest):
    """Sort the tokens with lowest <= digit < highest by the n-grams that begin there."""
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
def _search(keys, key, low):
    """Find the first index from `low` on with keys[index] >= key, which is likely near."""
    step = 1
    high = low
    while high < len(keys) and keys[high] < key:
        low = high + 1
        high += step
        step *= 2
    high = min(high, len(keys))
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def count_ngrams(
    digits, documents, counts, n_documents, lowest, highest, shortest, longest, known, learn
):
    """Count the n-grams that begin with a range of words.

    Parameters
    ----------
    digits, documents : ndarray of shape (n_tokens + longest,), dtype int32
        Digit and document of each token; zeros behind the last.
    counts : ndarray of shape (n_digits,), dtype int64
        How often each digit stands there.
    n_documents : int
        Number of documents.
    lowest, highest : int
        The first words: lowest <= digit < highest.
    shortest, longest : int
        Fewest and most words of an n-gram.
    known : ndarray of shape (n_known,), dtype int64
        The n-grams that are known, in order.
    learn : bool
        Whether to number the n-grams found, or to take the numbers of the known ones.

    Returns
    -------
    keys : ndarray of shape (n_found,), dtype int64
        The n-grams found, in order; none where they are not learned.
    frequency : ndarray of shape (n_found,), dtype int32
        Number of documents of each.
    columns, rows, occurrences : ndarray of shape (nnz,), dtype int32
        Number of the n-gram, document, and occurrences of each entry; the entries of a document
        stand in the order of the n-grams.
    """
    base = np.int64(len(counts))
    order = _sort_tokens(digits, counts, lowest, highest, longest)
    most = len(order) * (longest - shortest + 1)
    columns, rows = np.empty(most, np.int32), np.empty(most, np.int32)
    occurrences = np.empty(most, np.int32)
    keys = np.empty(most if learn else 0, np.int64)
    frequency = np.empty(most if learn else 0, np.int32)
    newest = np.full((longest, n_documents), -1, np.int32)  # newest entry of each document
    current = np.full(longest, -1, np.int64)  # n-gram, by number of words
    before = np.zeros(longest, np.int32)
    n_found = nnz = near = 0
    for t in order:
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
                    if learn:
                        keys[n_found] = full
                        frequency[n_found] = 0
                        current[n] = n_found
                        n_found += 1
                    else:
                        near = _search(known, full, near)
                        found = near < len(known) and known[near] == full
                        current[n] = near if found else -1
            column = current[n]
            if n + 1 < shortest or column < 0:
                continue
            entry = newest[n, row]
            if entry >= 0 and columns[entry] == column:
                occurrences[entry] += 1
            else:
                newest[n, row] = nnz
                columns[nnz], rows[nnz], occurrences[nnz] = column, row, 1
                nnz += 1
                if learn:
                    frequency[column] += 1
    return keys[:n_found], frequency[:n_found], columns[:nnz], rows[:nnz], occurrences[:nnz]


@compiled
def keep_columns(columns, rows, occurrences, renamed):
    """Rename columns of entries in place and drop those renamed to -1; return how many stay."""
    kept = 0
    for i in range(len(columns)):
        column = renamed[columns[i]]
        if column >= 0:
            columns[kept], rows[kept], occurrences[kept] = column, rows[i], occurrences[i]
            kept += 1
    return kept


@compiled
def count_rows(rows, n_documents):
    """Count the entries of each document."""
    lengths = np.zeros(n_documents, np.int32)
    for row in rows:
        lengths[row] += 1
    return lengths


@compiled
def fill_rows(columns, rows, occurrences, place, idf, binary, sublinear, indices, values):
    """Write entries into the rows of a matrix.

    Parameters
    ----------
    columns, rows, occurrences : ndarray of shape (nnz_part,), dtype int32
        Entries, as `count_ngrams` finds them.
    place : ndarray of shape (n_documents,), dtype int32
        Where in `indices` the entries of each document begin; moved on behind them.
    idf : ndarray of shape (n_features,), dtype float64
        Factor of each column.
    binary, sublinear : bool
        Whether a count becomes 1; whether a count tf becomes 1 + log(tf).
    indices : ndarray of shape (nnz,), dtype int32
        Columns of the matrix; written.
    values : ndarray of shape (nnz,), dtype float64
        Values of the matrix; written.
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
def normalise_rows(values, indptr, start, end, norm):
    """Divide rows start to end of a matrix by their norm of order 1 or 2, where it is not 0."""
    for row in range(start, end):
        total = 0.0
        for i in range(indptr[row], indptr[row + 1]):
            total += values[i] * values[i] if norm == 2 else abs(values[i])
        if total > 0:
            if norm == 2:
                total = np.sqrt(total)
            for i in range(indptr[row], indptr[row + 1]):
                values[i] /= total
