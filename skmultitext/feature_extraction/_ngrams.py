"""Kernels that count words and n-grams in UTF-8 bytes, compiled by numba on first use.

A corpus is one buffer of bytes with the bounds of its documents. Words are runs of two or more
word characters, as scikit-learn's default `token_pattern` finds them. A hash table (open
addressing, linear probing) turns words into ids; n-grams are integers made of the ids of their
words. Every kernel works on a range of documents without the interpreter lock, so that chunks
of a corpus run in threads.
"""

import numpy as np

from .._compiled import compiled

_FNV_OFFSET = np.uint64(14695981039346656037)
_FNV_PRIME = np.uint64(1099511628211)
_FIBONACCI = np.uint64(11400714819323198485)
_ONE = np.uint64(1)


@compiled
def _next_word(text, i, end, is_word):
    """Find the next word in text[i:end]; return its start, its end and its hash.

    `is_word` says of every code point whether it is a word character; start equals end where
    no word is left. The hash is FNV-1a.
    """
    while i < end:
        start = i
        n_characters = 0
        code = _FNV_OFFSET
        while i < end:
            byte = text[i]
            if byte < 0x80:
                if not is_word[byte]:
                    break
                code = (code ^ np.uint64(byte)) * _FNV_PRIME
                i += 1
            else:
                if byte < 0xE0:
                    width, point = 2, byte & 0x1F
                elif byte < 0xF0:
                    width, point = 3, byte & 0x0F
                else:
                    width, point = 4, byte & 0x07
                for k in range(1, width):
                    point = (point << 6) | (text[i + k] & 0x3F)
                if not is_word[point]:
                    break
                for k in range(width):
                    code = (code ^ np.uint64(text[i + k])) * _FNV_PRIME
                i += width
            n_characters += 1
        if n_characters >= 2:
            return start, i, code
        if i == start:  # a character that is no word character: step over all of it
            byte = text[i]
            i += 1 if byte < 0x80 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
    return end, end, _FNV_OFFSET


@compiled
def _find(table, codes, bounds, words, text, start, end, code):
    """Look a word up; return its place in the table, and its id or -1."""
    mask = np.uint64(len(table) - 1)
    place = code & mask
    while True:
        word = table[place]
        if word < 0:
            return place, np.int64(-1)
        if codes[word] == code:
            a = bounds[word, 0]
            if bounds[word, 1] - a == end - start:
                same = True
                for k in range(end - start):
                    if words[a + k] != text[start + k]:
                        same = False
                        break
                if same:
                    return place, np.int64(word)
        place = (place + _ONE) & mask


@compiled
def rehash(codes, n, size):
    """Make a table of `size` places (a power of two) for the first n words."""
    table = np.full(size, -1, np.int32)
    mask = np.uint64(size - 1)
    for word in range(n):
        place = codes[word] & mask
        while table[place] >= 0:
            place = (place + _ONE) & mask
        table[place] = word
    return table


@compiled
def learn_words(text, documents, is_word):
    """Tokenise documents and number their words in the order of first occurrence.

    Parameters
    ----------
    text : ndarray of shape (n_bytes,), dtype uint8
        UTF-8.
    documents : ndarray of shape (n_documents + 1,), dtype int64
        Bounds of the documents in `text`.
    is_word : ndarray of shape (1114112,), dtype bool
        Whether a code point is a word character.

    Returns
    -------
    ids : ndarray of shape (n_tokens,), dtype int32
        Word of every token.
    offsets : ndarray of shape (n_documents + 1,), dtype int64
        Bounds of the documents in `ids`.
    codes : ndarray of shape (n_words,), dtype uint64
        Hash of every word.
    bounds : ndarray of shape (n_words, 2), dtype int64
        Where the word stands in `text`.
    table : ndarray of dtype int32
        Hash table of the words.
    """
    n_documents = len(documents) - 1
    ids = np.empty((documents[-1] - documents[0]) // 3 + n_documents + 1, np.int32)
    offsets = np.empty(n_documents + 1, np.int64)
    offsets[0] = 0
    size = 1 << 14
    table = np.full(size, -1, np.int32)
    codes = np.empty(size // 2, np.uint64)
    bounds = np.empty((size // 2, 2), np.int64)
    n_words = n_tokens = 0
    for d in range(n_documents):
        i, stop = documents[d], documents[d + 1]
        while True:
            start, end, code = _next_word(text, i, stop, is_word)
            if start == end:
                break
            i = end
            place, word = _find(table, codes, bounds, text, text, start, end, code)
            if word < 0:
                if n_words == size // 2:
                    size *= 2
                    table = rehash(codes, n_words, size)
                    codes = np.concatenate((codes, np.empty(size // 4, np.uint64)))
                    bounds = np.concatenate((bounds, np.empty((size // 4, 2), np.int64)))
                    place, word = _find(table, codes, bounds, text, text, start, end, code)
                word = np.int64(n_words)
                table[place] = word
                codes[word] = code
                bounds[word, 0], bounds[word, 1] = start, end
                n_words += 1
            ids[n_tokens] = word
            n_tokens += 1
        offsets[d + 1] = n_tokens
    return ids[:n_tokens].copy(), offsets, codes[:n_words], bounds[:n_words], table


@compiled
def look_up_words(text, documents, is_word, words, table, codes, bounds):
    """Tokenise documents with the words of a table; -1 stands for any other word.

    Parameters
    ----------
    text : ndarray of shape (n_bytes,), dtype uint8
        UTF-8.
    documents : ndarray of shape (n_documents + 1,), dtype int64
        Bounds of the documents in `text`.
    is_word : ndarray of shape (1114112,), dtype bool
        Whether a code point is a word character.
    words : ndarray of dtype uint8
        UTF-8 of the words.
    table, codes, bounds : ndarray
        Hash table of the words, as `learn_words` makes it.

    Returns
    -------
    ids : ndarray of shape (n_tokens,), dtype int32
        Word of every token, or -1.
    offsets : ndarray of shape (n_documents + 1,), dtype int64
        Bounds of the documents in `ids`.
    """
    n_documents = len(documents) - 1
    ids = np.empty((documents[-1] - documents[0]) // 3 + n_documents + 1, np.int32)
    offsets = np.empty(n_documents + 1, np.int64)
    offsets[0] = 0
    n_tokens = 0
    for d in range(n_documents):
        i, stop = documents[d], documents[d + 1]
        while True:
            start, end, code = _next_word(text, i, stop, is_word)
            if start == end:
                break
            i = end
            ids[n_tokens] = _find(table, codes, bounds, words, text, start, end, code)[1]
            n_tokens += 1
        offsets[d + 1] = n_tokens
    return ids[:n_tokens].copy(), offsets


@compiled
def translate_words(text, codes, bounds, other_codes, other_bounds, table):
    """Find each word of one chunk among the words of another; -1 where it is not there."""
    found = np.empty(len(codes), np.int32)
    for word in range(len(codes)):
        start, end = bounds[word, 0], bounds[word, 1]
        code = codes[word]
        found[word] = _find(table, other_codes, other_bounds, text, text, start, end, code)[1]
    return found


@compiled
def document_frequency(ids, offsets, rename, n_words):
    """Rename the words of a chunk in place and count the documents in which each stands."""
    frequency = np.zeros(n_words, np.int64)
    last = np.full(n_words, -1, np.int64)
    for d in range(len(offsets) - 1):
        for t in range(offsets[d], offsets[d + 1]):
            word = rename[ids[t]]
            ids[t] = word
            if last[word] != d:
                last[word] = d
                frequency[word] += 1
    return frequency


@compiled
def hash_keys(keys, bits):
    """Make a hash table of ``2 ** bits`` places for integers; it holds their indices."""
    table = np.full(1 << bits, -1, np.int32)
    mask = np.uint64(len(table) - 1)
    for slot in range(len(keys)):
        place = (np.uint64(keys[slot]) * _FIBONACCI) >> np.uint64(64 - bits)
        while table[place] >= 0:
            place = (place + _ONE) & mask
        table[place] = slot
    return table


@compiled
def count_ngrams(ids, offsets, rank, n_ranks, shortest, longest, keys, table, bits, learn):
    """Count the n-grams of a chunk.

    An n-gram is an integer whose digits, to the base ``n_ranks + 1``, are the ranks of its words
    plus one, filled up with zeros behind: integers then sort as the n-grams do.

    Parameters
    ----------
    ids : ndarray of shape (n_tokens,), dtype int32
        Word of every token, negative for an unknown one.
    offsets : ndarray of shape (n_documents + 1,), dtype int64
        Bounds of the documents in `ids`.
    rank : ndarray of shape (n_words,), dtype int64
        Rank of each word, -1 for a word of no n-gram, -2 for a stop word.
    n_ranks : int
        Number of ranks.
    shortest, longest : int
        Fewest and most words of an n-gram.
    keys : ndarray of shape (n_known,), dtype int64
        The n-grams that are known.
    table : ndarray of shape (2 ** bits,), dtype int32
        Their hash table, made by `hash_keys`; at least half of it empty.
    bits : int
        Logarithm of the size of the table.
    learn : bool
        Whether to add n-grams that are not known, or to leave them out.

    Returns
    -------
    keys : ndarray of shape (n_ngrams,), dtype int64
        The n-grams, known and learned.
    frequency : ndarray of shape (n_ngrams,), dtype int64
        Number of documents of each.
    slots : ndarray of shape (nnz,), dtype int32
        Index into `keys` of each stored entry, document by document.
    counts : ndarray of shape (nnz,), dtype int32
        Occurrences of each stored entry.
    indptr : ndarray of shape (n_documents + 1,), dtype int64
        Bounds of the documents in `slots`.
    """
    base = np.int64(n_ranks + 1)
    n_documents = len(offsets) - 1
    slots = np.empty(len(ids) * (longest - shortest + 1), np.int32)
    counts = np.empty(len(slots), np.int32)
    indptr = np.zeros(n_documents + 1, np.int64)
    n_slots = len(keys)
    room = max(len(table) // 2, 1)
    spare = room - n_slots
    keys = np.concatenate((keys, np.empty(spare, np.int64)))
    frequency = np.zeros(room, np.int64)
    newest = np.full(room, -1, np.int64)  # where the newest entry of a slot stands
    most_tokens = 0
    for d in range(n_documents):
        most_tokens = max(most_tokens, offsets[d + 1] - offsets[d])
    window = np.empty(most_tokens, np.int64)
    nnz = 0
    for d in range(n_documents):
        first = nnz
        n_tokens = 0
        for t in range(offsets[d], offsets[d + 1]):
            r = rank[ids[t]] if ids[t] >= 0 else np.int64(-1)
            if r != -2:
                window[n_tokens] = r
                n_tokens += 1
        for t in range(n_tokens):
            key = np.int64(0)
            for n in range(1, longest + 1):
                if t + n > n_tokens or window[t + n - 1] < 0:
                    break
                key = key * base + window[t + n - 1] + 1
                if n < shortest:
                    continue
                full = key
                for _ in range(longest - n):
                    full *= base
                place = (np.uint64(full) * _FIBONACCI) >> np.uint64(64 - bits)
                while True:
                    slot = table[place]
                    if slot < 0 or keys[slot] == full:
                        break
                    place = (place + _ONE) & np.uint64(len(table) - 1)
                if slot < 0:
                    if not learn:
                        continue
                    if n_slots == room:
                        bits += 1
                        table = hash_keys(keys, bits)
                        keys = np.concatenate((keys, np.empty(room, np.int64)))
                        frequency = np.concatenate((frequency, np.zeros(room, np.int64)))
                        newest = np.concatenate((newest, np.full(room, -1, np.int64)))
                        room *= 2
                        place = (np.uint64(full) * _FIBONACCI) >> np.uint64(64 - bits)
                        while table[place] >= 0:
                            place = (place + _ONE) & np.uint64(len(table) - 1)
                    slot = np.int32(n_slots)
                    table[place] = slot
                    keys[slot] = full
                    n_slots += 1
                if newest[slot] >= first:
                    counts[newest[slot]] += 1
                else:
                    newest[slot] = nnz
                    frequency[slot] += 1
                    slots[nnz] = slot
                    counts[nnz] = 1
                    nnz += 1
        indptr[d + 1] = nnz
    return keys[:n_slots], frequency[:n_slots], slots[:nnz].copy(), counts[:nnz].copy(), indptr


@compiled
def weigh_rows(slots, counts, bounds, column, idf, binary, sublinear, norm):
    """Turn counted n-grams into rows of TF-IDF, each sorted by column.

    Parameters
    ----------
    slots, counts : ndarray of shape (nnz,), dtype int32
        Stored entries, as `count_ngrams` makes them.
    bounds : ndarray of shape (n_documents + 1,), dtype int64
        Bounds of the documents in `slots`.
    column : ndarray of shape (n_ngrams,), dtype int32
        Column of each n-gram, -1 where it is no feature.
    idf : ndarray of shape (n_features,), dtype float64
        Factor of each column.
    binary, sublinear : bool
        Whether a count becomes 1; whether a count tf becomes 1 + log(tf).
    norm : int
        0 for none, 1 or 2 for the norm that each row is divided by.

    Returns
    -------
    indices : ndarray of shape (nnz_kept,), dtype int32
        Columns.
    values : ndarray of shape (nnz_kept,), dtype float64
        Values.
    indptr : ndarray of shape (n_documents + 1,), dtype int64
        Bounds of the rows in `indices`.
    """
    n_documents = len(bounds) - 1
    indptr = np.zeros(n_documents + 1, np.int64)
    for d in range(n_documents):
        kept = 0
        for k in range(bounds[d], bounds[d + 1]):
            kept += column[slots[k]] >= 0
        indptr[d + 1] = indptr[d] + kept
    indices = np.empty(indptr[-1], np.int32)
    values = np.empty(indptr[-1], np.float64)
    entries = np.empty(np.max(np.diff(indptr)) if n_documents else 0, np.int64)
    for d in range(n_documents):
        n = 0
        for k in range(bounds[d], bounds[d + 1]):
            if column[slots[k]] >= 0:
                entries[n] = (np.int64(column[slots[k]]) << 32) | np.int64(counts[k])
                n += 1
        row = entries[:n]
        row.sort()
        total = 0.0
        first = indptr[d]
        for k in range(n):
            j = row[k] >> 32
            value = 1.0 if binary else np.float64(row[k] & 0xFFFFFFFF)
            if sublinear:
                value = np.log(value) + 1.0
            value *= idf[j]
            indices[first + k] = j
            values[first + k] = value
            total += value * value if norm == 2 else abs(value)
        if norm and total > 0:
            if norm == 2:
                total = np.sqrt(total)
            for k in range(n):
                values[first + k] /= total
    return indices, values, indptr


@compiled
def spell_ngrams(keys, n_ranks, longest, text, bounds):
    """Write n-grams out, words joined by a blank, n-grams by a line end.

    Parameters
    ----------
    keys : ndarray of shape (n_ngrams,), dtype int64
        N-grams, as `count_ngrams` makes them.
    n_ranks, longest : int
        Number of ranks, and most words of an n-gram.
    text : ndarray of dtype uint8
        UTF-8 of the words.
    bounds : ndarray of shape (n_words, 2), dtype int64
        Where each word stands in `text`, by rank.

    Returns
    -------
    ndarray of dtype uint8
        UTF-8 of all n-grams, a line end behind each.
    """
    base = np.int64(n_ranks + 1)
    top = np.int64(1)
    for _ in range(longest - 1):
        top *= base
    n_bytes = 0
    for key in keys:
        unit = top
        while unit > 0 and key // unit % base > 0:
            word = key // unit % base - 1
            n_bytes += bounds[word, 1] - bounds[word, 0] + 1
            unit //= base
    spelled = np.empty(n_bytes, np.uint8)
    at = 0
    for key in keys:
        unit = top
        while unit > 0 and key // unit % base > 0:
            word = key // unit % base - 1
            for k in range(bounds[word, 0], bounds[word, 1]):
                spelled[at] = text[k]
                at += 1
            spelled[at] = 32
            at += 1
            unit //= base
        spelled[at - 1] = 10
    return spelled
