r"""Kernels that find words in UTF-8 and number them, compiled by numba on first use.

A corpus is one buffer of bytes, with a NUL behind each document. Words are runs of two or more
word characters, as scikit-learn's default `token_pattern` finds them. A hash table (open
addressing, linear probing) turns words into numbers. Every kernel works on a part of the corpus
without the interpreter lock, so that the parts run in threads.
"""

from collections import namedtuple

import numpy as np

from .._compiled import compiled

_FIBONACCI = np.uint64(11400714819323198485)
_ONE = np.uint64(1)
END, UNKNOWN = -1, -2  # tokens that stand for the end of a document, and for a word not known

# codes: hash, uint64; prefixes: first eight bytes, big-endian, filled up with NUL, uint64;
# starts, lengths: where the word stands in a buffer, int64 and int32; table: word of each place
# of the hash table, or -1, int32
Words = namedtuple("Words", "codes prefixes starts lengths table")


@compiled
def _next_word(text, i, is_word):
    """Find the next word of a document from byte i on; return its start and its end.

    They are equal, and at the NUL behind the document, where no word is left.
    """
    while True:
        start = i
        n_characters = 0
        while True:
            byte = text[i]
            if byte < 0x80:
                if not is_word[byte]:
                    width = 1
                    break
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
                i += width
            n_characters += 1
        if n_characters >= 2:
            return start, i
        if text[i] == 0:
            return i, i
        i += width


@compiled
def _hash(text, start, end):
    """Return a hash of the word in text[start:end], and its first eight bytes."""
    code = prefix = np.uint64(0)
    for first in range(start, end, 8):
        block = np.uint64(0)
        last = min(first + 8, end)
        for i in range(first, last):
            block = (block << np.uint64(8)) | np.uint64(text[i])
        block <<= np.uint64(8 * (first + 8 - last))
        if first == start:
            prefix = block
        code = (code ^ block) * _FIBONACCI
        code ^= code >> np.uint64(32)
    return code, prefix


@compiled
def _find(words, its_text, text, start, length, code, prefix):
    """Look a word up; return its place in the table, and its number or -1."""
    mask = np.uint64(len(words.table) - 1)
    place = code & mask
    while True:
        word = words.table[place]
        if word < 0:
            return place, word
        if words.prefixes[word] == prefix and words.lengths[word] == length:
            first = words.starts[word]
            k = 8
            while k < length and its_text[first + k] == text[start + k]:
                k += 1
            if k >= length:
                return place, word
        place = (place + _ONE) & mask


@compiled
def make_table(codes, n, size):
    """Make the hash table, of `size` places (a power of two), of the first n words."""
    table = np.full(size, -1, np.int32)
    mask = np.uint64(size - 1)
    for word in range(n):
        place = codes[word] & mask
        while table[place] >= 0:
            place = (place + _ONE) & mask
        table[place] = word
    return table


@compiled
def _learn_while_room(
    text, i, end, is_word, words, frequency, latest, tokens, n_tokens, n_words, document
):
    """Learn words from byte i on until the documents end or a word finds no room.

    Returns where it stopped, and the numbers of tokens, words and documents so far. A function of
    its own because arrays that grow inside the loop would be counted as references at each word.
    """
    while i < end:
        first, i = _next_word(text, i, is_word)
        if first == i:
            tokens[n_tokens] = END
            n_tokens += 1
            document += 1
            i += 1
            continue
        code, prefix = _hash(text, first, i)
        place, word = _find(words, text, text, first, i - first, code, prefix)
        if word < 0:
            if n_words == len(words.codes):
                return first, n_tokens, n_words, document
            word = np.int32(n_words)
            words.table[place] = word
            words.codes[word], words.prefixes[word] = code, prefix
            words.starts[word], words.lengths[word] = first, i - first
            n_words += 1
        if latest[word] != document:
            latest[word] = document
            frequency[word] += 1
        tokens[n_tokens] = word
        n_tokens += 1
    return i, n_tokens, n_words, document


@compiled
def learn_words(text, start, end, is_word):
    """Tokenise documents and number their words in the order of first occurrence.

    Parameters
    ----------
    text : ndarray of shape (n_bytes,), dtype uint8
        Corpus.
    start, end : int
        Bounds of the documents in `text`.
    is_word : ndarray of shape (1114112,), dtype bool
        Whether a code point is a word character.

    Returns
    -------
    tokens : ndarray of shape (n_tokens + n_documents,), dtype int32
        Words, and -1 behind each document.
    words : Words
        The words, at least as many places as there are.
    frequency : ndarray of shape (n_words,), dtype int32
        Number of documents of each word.
    """
    tokens = np.empty(end - start, np.int32)
    size = 1 << 14
    room = size // 2
    table = np.full(size, -1, np.int32)
    codes, prefixes = np.empty(room, np.uint64), np.empty(room, np.uint64)
    starts, lengths = np.empty(room, np.int64), np.empty(room, np.int32)
    frequency, latest = np.zeros(room, np.int32), np.full(room, -1, np.int32)
    words = Words(codes, prefixes, starts, lengths, table)
    n_tokens = n_words = document = 0
    i = start
    while True:
        i, n_tokens, n_words, document = _learn_while_room(
            text, i, end, is_word, words, frequency, latest, tokens, n_tokens, n_words, document
        )
        if i == end:
            break
        size *= 2
        table = make_table(codes, n_words, size)
        codes = np.concatenate((codes, np.empty(room, np.uint64)))
        prefixes = np.concatenate((prefixes, np.empty(room, np.uint64)))
        starts = np.concatenate((starts, np.empty(room, np.int64)))
        lengths = np.concatenate((lengths, np.empty(room, np.int32)))
        frequency = np.concatenate((frequency, np.zeros(room, np.int32)))
        latest = np.concatenate((latest, np.full(room, -1, np.int32)))
        room *= 2
        words = Words(codes, prefixes, starts, lengths, table)
    return tokens[:n_tokens], words, frequency[:n_words]


@compiled
def look_up_words(text, start, end, is_word, words, its_text):
    """Tokenise documents with words that are known.

    Parameters
    ----------
    text : ndarray of shape (n_bytes,), dtype uint8
        Corpus.
    start, end : int
        Bounds of the documents in `text`.
    is_word : ndarray of shape (1114112,), dtype bool
        Whether a code point is a word character.
    words : Words
        The known words.
    its_text : ndarray of dtype uint8
        Buffer that the known words stand in.

    Returns
    -------
    ndarray of shape (n_tokens + n_documents,), dtype int32
        Words, -2 for an unknown one, and -1 behind each document.
    """
    tokens = np.empty(end - start, np.int32)
    n_tokens = 0
    i = start
    while i < end:
        first, i = _next_word(text, i, is_word)
        if first == i:
            tokens[n_tokens] = END
            i += 1
        else:
            code, prefix = _hash(text, first, i)
            word = _find(words, its_text, text, first, i - first, code, prefix)[1]
            tokens[n_tokens] = word if word >= 0 else UNKNOWN
        n_tokens += 1
    return tokens[:n_tokens]


@compiled
def merge_words(text, words, n_words, more, n_more):
    """Add words found in one part of a corpus to those of another.

    Parameters
    ----------
    text : ndarray of shape (n_bytes,), dtype uint8
        Corpus.
    words, more : Words
        Words of the one part, and of the other.
    n_words, n_more : int
        How many they are.

    Returns
    -------
    words : Words
        All of them, those of the first part with their numbers.
    n_words : int
        How many they are.
    numbers : ndarray of shape (n_more,), dtype int32
        Number of each word of the other part.
    """
    numbers = np.empty(n_more, np.int32)
    n_all = n_words
    for word in range(n_more):
        numbers[word] = _find(
            words, text, text, more.starts[word], more.lengths[word],
            more.codes[word], more.prefixes[word],
        )[1]  # fmt: skip
        if numbers[word] < 0:
            numbers[word] = n_all
            n_all += 1
    codes, prefixes = np.empty(n_all, np.uint64), np.empty(n_all, np.uint64)
    starts, lengths = np.empty(n_all, np.int64), np.empty(n_all, np.int32)
    codes[:n_words], prefixes[:n_words] = words.codes[:n_words], words.prefixes[:n_words]
    starts[:n_words], lengths[:n_words] = words.starts[:n_words], words.lengths[:n_words]
    for word in range(n_more):
        number = numbers[word]
        if number >= n_words:
            codes[number], prefixes[number] = more.codes[word], more.prefixes[word]
            starts[number], lengths[number] = more.starts[word], more.lengths[word]
    size = len(words.table)
    while size < 2 * n_all:
        size *= 2
    return Words(codes, prefixes, starts, lengths, make_table(codes, n_all, size)), n_all, numbers


@compiled
def copy_words(text, words, chosen):
    """Copy some words, in the order given, into a buffer and a table of their own.

    Parameters
    ----------
    text : ndarray of shape (n_bytes,), dtype uint8
        Buffer that the words stand in.
    words : Words
        Words.
    chosen : ndarray of shape (n_chosen,), dtype int64
        Numbers of the words to copy.

    Returns
    -------
    its_text : ndarray of dtype uint8
        Buffer of the copies, a blank behind each.
    words : Words
        The copies.
    """
    n = len(chosen)
    codes, prefixes = np.empty(n, np.uint64), np.empty(n, np.uint64)
    starts, lengths = np.empty(n, np.int64), np.empty(n, np.int32)
    n_bytes = n
    for word in chosen:
        n_bytes += words.lengths[word]
    copied = np.empty(n_bytes, np.uint8)
    at = 0
    for i in range(n):
        word = chosen[i]
        codes[i], prefixes[i] = words.codes[word], words.prefixes[word]
        starts[i], lengths[i] = at, words.lengths[word]
        for k in range(words.starts[word], words.starts[word] + words.lengths[word]):
            copied[at] = text[k]
            at += 1
        copied[at] = 32
        at += 1
    size = 1024
    while size < 2 * n:
        size *= 2
    return copied, Words(codes, prefixes, starts, lengths, make_table(codes, n, size))
