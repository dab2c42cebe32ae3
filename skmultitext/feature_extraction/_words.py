"""Kernels that find words in UTF-8 and number them, compiled by numba on first use.

A corpus is one buffer of bytes, with a byte 0xFF after each document, which UTF-8 never contains.
Words are what a token pattern matches (see `_patterns`). A hash table (open addressing, linear
probing) maps words to numbers. Every kernel processes a part of the corpus without the GIL, so
that the parts run in threads.

Hashes depend on a random key, so that nobody can craft words that collide. Each block of eight
bytes is multiplied by a secret factor, and both halves of the 128-bit product are used: in the
lower half alone, differences in the top bits of two blocks cancel for every factor.

If ``stop[0]`` becomes True, a kernel returns early, with a meaningless result. It is read after
each `PIECE` bytes.
"""

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .._gate.types import AnyArray, BoolArray, IntArray
from .._runtime.compiled import compiled
from ._patterns import Automaton

PIECE = 2**22
_ONE = np.uint64(1)
SEPARATOR = 0xFF
END, UNKNOWN = -1, -2  # tokens that mark the end of a document and an unknown word


class Words(NamedTuple):
    """Words, given by their places in a buffer, and their hash table."""

    codes: AnyArray  # hash, uint64
    prefixes: AnyArray  # first eight bytes, big-endian, padded with NUL, uint64
    starts: IntArray  # offset in the buffer
    lengths: AnyArray  # in bytes, int32
    table: AnyArray  # int32, number of the word in each slot of the hash table, or -1


@compiled
def read_character(text: AnyArray, i: int) -> tuple[int, int]:
    """Decode the character at byte i; return its code point and its width in bytes.

    At the end of a document the width is 0.
    """
    byte = text[i]
    if byte < 0x80:
        return int(byte), 1
    if byte == SEPARATOR:
        return 0, 0
    if byte < 0xE0:
        width, point = 2, byte & 0x1F
    elif byte < 0xF0:
        width, point = 3, byte & 0x0F
    else:
        width, point = 4, byte & 0x07
    for k in range(1, width):
        point = (point << 6) | (text[i + k] & 0x3F)
    return point, width


@compiled
def _next_word(
    stop: BoolArray, text: AnyArray, i: int, pattern: Automaton, after_word: int
) -> tuple[int, int, int]:
    """Find the next word of a document from byte i on; return its start and its end.

    If no word is left, both are the end of the document. `after_word` tells whether the character
    before byte i is a word character; it is returned for the end of the word.
    """
    end_of_document = len(pattern.words)
    wasted = 0
    while True:
        state = pattern.starts[after_word]
        at, end, end_after_word = i, -1, 0
        first_kind, first_width = end_of_document, 0
        while True:
            point, width = read_character(text, at)
            kind = int(pattern.classes[point]) if width else end_of_document
            if at == i:
                first_kind, first_width = kind, width
            step = pattern.steps[state, kind]
            if step & 1:
                end, end_after_word = at, pattern.after_word[state]
            state = step >> 1
            if state == 0:
                break
            at += width
        if end >= 0:
            return i, end, end_after_word
        if first_width == 0:
            return i, i, 0
        wasted += at - i
        if wasted > PIECE:  # a pattern such as a+b goes over a long run of a's again and again
            wasted = 0
            if stop[0]:
                return len(text) - 1, len(text) - 1, 0
        after_word = pattern.words[first_kind]
        i += first_width


@intrinsic
def fold_product(typing_context: Any, a: Any, b: Any) -> Any:
    """Multiply two uint64 to 128 bits, and return the exclusive or of the two halves."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(*(builder.zext(argument, wide) for argument in arguments))
        folded = builder.xor(product, builder.lshr(product, wide(64)))
        return builder.trunc(folded, ir.IntType(64))

    return types.uint64(a, b), generate


@compiled
def _hash(text: AnyArray, start: int, end: int, key: AnyArray) -> tuple[Any, Any]:
    """Return a hash of the word in text[start:end], and its first eight bytes."""
    code, prefix = key[0], np.uint64(0)
    for first in range(start, end, 8):
        block = np.uint64(0)
        last = min(first + 8, end)
        for i in range(first, last):
            block = (block << np.uint64(8)) | np.uint64(text[i])
        block <<= np.uint64(8 * (first + 8 - last))
        if first == start:
            prefix = block
        code = fold_product(code ^ block, key[1])
    return code, prefix


@compiled
def _find(
    words: Words,
    its_text: AnyArray,
    text: AnyArray,
    start: int,
    length: int,
    code: Any,
    prefix: Any,
) -> tuple[Any, Any]:
    """Look up a word; return its slot in the table, and its number or -1."""
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
def make_table(codes: AnyArray, n: int, size: int) -> AnyArray:
    """Make the hash table of the first n words, with `size` slots (a power of two)."""
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
    stop: BoolArray,
    text: AnyArray,
    i: int,
    end: int,
    pattern: Automaton,
    after_word: int,
    key: AnyArray,
    words: Words,
    frequency: AnyArray,
    latest: AnyArray,
    tokens: AnyArray,
    n_tokens: int,
    n_words: int,
    document: int,
) -> tuple[int, int, int, int, int]:
    """Learn words from byte i on until the documents end or an array is full.

    Return where it stopped, `after_word` there, and the numbers of tokens, words and documents. The
    loop is a function of its own: if it grew its arrays, numba would count references to them at
    each word.
    """
    while i < end:
        start, before = i, after_word
        first, i, after_word = _next_word(stop, text, i, pattern, before)
        if first == i:
            tokens[n_tokens] = END
            n_tokens += 1
            document += 1
            i += 1
            continue
        code, prefix = _hash(text, first, i, key)
        place, word = _find(words, text, text, first, i - first, code, prefix)
        if word < 0:
            if n_words == len(words.codes):
                return start, before, n_tokens, n_words, document
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
    return i, after_word, n_tokens, n_words, document


@compiled
def learn_words(
    stop: BoolArray, text: AnyArray, start: int, end: int, pattern: Automaton, key: AnyArray
) -> tuple[AnyArray, Words, AnyArray]:
    """Tokenise the documents in text[start:end]; number their words by first occurrence.

    `key` is any number and an odd number. Return the tokens, with -1 after each document, the words
    (in arrays that may be longer), and the document frequency of each word.
    """
    tokens = np.empty(end - start, np.int32)
    size = 1 << 14
    room = size // 2
    table = np.full(size, -1, np.int32)
    codes, prefixes = np.empty(room, np.uint64), np.empty(room, np.uint64)
    starts, lengths = np.empty(room, np.int64), np.empty(room, np.int32)
    frequency, latest = np.zeros(room, np.int32), np.full(room, -1, np.int32)
    words = Words(codes, prefixes, starts, lengths, table)
    n_tokens = n_words = document = after_word = 0
    i = start
    while i < end and not stop[0]:
        i, after_word, n_tokens, n_words, document = _learn_while_room(
            stop, text, i, min(end, i + PIECE), pattern, after_word, key, words, frequency, latest,
            tokens, n_tokens, n_words, document,
        )  # fmt: skip
        if n_words < room:
            continue
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
def look_up_words(
    stop: BoolArray,
    text: AnyArray,
    start: int,
    end: int,
    pattern: Automaton,
    key: AnyArray,
    words: Words,
    its_text: AnyArray,
) -> AnyArray:
    """Tokenise documents with known words, whose buffer is `its_text`.

    Return the tokens: -2 for an unknown word, and -1 after each document.
    """
    tokens = np.empty(end - start, np.int32)
    n_tokens = after_word = 0
    i = start
    while i < end and not stop[0]:
        last = min(end, i + PIECE)
        while i < last:
            first, i, after_word = _next_word(stop, text, i, pattern, after_word)
            if first == i:
                tokens[n_tokens] = END
                i += 1
            else:
                code, prefix = _hash(text, first, i, key)
                word = _find(words, its_text, text, first, i - first, code, prefix)[1]
                tokens[n_tokens] = word if word >= 0 else UNKNOWN
            n_tokens += 1
    return tokens[:n_tokens]


@compiled
def merge_words(
    text: AnyArray, words: Words, n_words: int, more: Words, n_more: int
) -> tuple[Words, int, AnyArray]:
    """Add the words of one part of a corpus to those of another.

    Return all words (those of the first part keep their numbers), how many there are, and the
    number among all words of each word of the other part.
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
def copy_words(text: AnyArray, words: Words, chosen: IntArray) -> AnyArray:
    """Copy the given words, in this order, to a new buffer, each followed by a separator."""
    n_bytes = len(chosen)
    for word in chosen:
        n_bytes += words.lengths[word]
    copied = np.empty(n_bytes, np.uint8)
    at = 0
    for word in chosen:
        for k in range(words.starts[word], words.starts[word] + words.lengths[word]):
            copied[at] = text[k]
            at += 1
        copied[at] = SEPARATOR
        at += 1
    return copied
