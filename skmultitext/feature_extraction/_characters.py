"""Kernels that read the characters of documents, for n-grams of characters.

The token of a character is its code point plus 1; `END` stands after each document. Within the
bounds of words (analyzer "char_wb"), each run of characters between white space becomes a word with
a blank on both sides, and `UNKNOWN` after it, which no n-gram crosses. scikit-learn makes one term
of a word that is shorter than the shortest n-gram: here it is filled up with `PAD`, which sorts
first.

If ``stop[0]`` becomes True, a kernel returns early, with a meaningless result.
"""

import numpy as np

from .._gate.types import AnyArray, BoolArray
from .._runtime.compiled import compiled
from ._words import END, PIECE, UNKNOWN, read_character

PAD, BLANK = 0, 33


@compiled
def read_characters(
    stop: BoolArray, text: AnyArray, start: int, end: int, is_space: BoolArray
) -> AnyArray:
    """Read the documents in text[start:end]; a run of white space becomes one blank."""
    tokens = np.empty(end - start, np.int32)
    n = 0
    i = start
    n_spaces = 0
    while i < end:
        if i % PIECE == 0 and stop[0]:
            break
        point, width = read_character(text, i)
        if width == 0:
            tokens[n] = END
            n += 1
            n_spaces = 0
            i += 1
            continue
        i += width
        if is_space[point]:
            n_spaces += 1
            if n_spaces == 2:
                tokens[n - 1] = BLANK
            if n_spaces > 1:
                continue
        else:
            n_spaces = 0
        tokens[n] = point + 1
        n += 1
    return tokens[:n]


@compiled
def read_words(
    stop: BoolArray, text: AnyArray, start: int, end: int, is_space: BoolArray, shortest: int
) -> AnyArray:
    """Read the words of the documents in text[start:end], each with blanks around it."""
    # a word of one byte and the end of its document: blanks, padding, UNKNOWN and END
    tokens = np.empty((end - start) * (1 + max(2, shortest)), np.int32)
    n = 0
    i = start
    length = 0  # of the current word, with the blank before it
    while i < end:
        if i % PIECE == 0 and stop[0]:
            break
        point, width = read_character(text, i)
        if width and not is_space[point]:
            if length == 0:
                tokens[n] = BLANK
                n += 1
                length = 1
            tokens[n] = point + 1
            n += 1
            length += 1
            i += width
            continue
        if length:
            tokens[n] = BLANK
            n += 1
            for _ in range(shortest - length - 1):
                tokens[n] = PAD
                n += 1
            tokens[n] = UNKNOWN
            n += 1
            length = 0
        if width == 0:
            tokens[n] = END
            n += 1
        i += max(width, 1)
    return tokens[:n]


@compiled
def mark_tokens(tokens: AnyArray, seen: BoolArray) -> None:
    """Set ``seen[token]`` for all tokens that are characters, or `PAD`."""
    for token in tokens:
        if token >= 0:
            seen[token] = True
