"""Characters of texts in an ONNX graph: from strings to numbers, as a vectorizer preprocesses them.

Each character of the vocabulary has a number, its symbol; other characters share one symbol for
each combination of the classes that matter, such as "part of a word". The graph looks characters up
one by one: case, accents and classes are those of Python's own tables, for every code point.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer

from .._gate.types import BoolArray
from .._runtime.onnx_files import Graph

__all__ = ["END", "TEXT_END", "Alphabet", "all_characters"]

END, TEXT_END = 0, 1  # symbols: nothing more of a word; behind each text

# longer than one character, so no character of a text is equal to it
_PADDING = "padding"
# the lower case of this letter depends on the letters around it
_SIGMA, _SMALL, _FINAL = "\u03a3", "\u03c3", "\u03c2"
_UNASSIGNED = "\U0010ffff"
_IGNORED, _UNCASED, _CASED, _AT_SIGMA = range(4)  # what a character is to a sigma beside it


@cache
def all_characters() -> str:
    """Return all characters that a text can have: all code points but surrogates."""
    return "".join(chr(i) for i in range(0x110000) if not 0xD800 <= i < 0xE000)


class Alphabet:
    """The symbols of characters, and the graph that finds them in texts."""

    def __init__(self, vectorizer: Any, known: Iterable[str], classes: Iterable[str]) -> None:
        """`known` are characters after preprocessing, `classes` regular expressions of one."""
        self._classes = tuple(classes)
        self._memberships: list[tuple[bool, ...]] = [(False,) * len(self._classes)] * 2
        self._symbols: dict[str, int] = {}
        self._unknown: dict[tuple[bool, ...], int] = {}
        known = set(known)
        for character in sorted(known):
            self._symbols[character] = len(self._memberships)
            self._memberships.append(_membership(character, self._classes))
        self._new, self._drops = _preprocessed(vectorizer.lowercase, vectorizer.strip_accents)
        has_sigma = self._new.get(_SIGMA) == _SMALL and not {_SMALL, _FINAL}.isdisjoint(known)
        self._cases = _sigma_cases() if has_sigma else {}
        default = self._sequence(_UNASSIGNED)
        self._sequences: dict[tuple[tuple[int, ...], int], int] = {}
        for sequence in (default, ((), _IGNORED), ((TEXT_END,), _UNCASED)):
            self._sequences[sequence] = len(self._sequences)
        self._of_character = {}  # characters that are not there have the first sequence
        if not self._drops:
            for membership, characters in _unusual(self._classes).items():
                number = self._number(((self._unknown_symbol(membership),), _UNCASED))
                self._of_character.update(dict.fromkeys(characters, number))
        for character in sorted({*self._symbols, *self._new, *self._cases}):
            symbols, case = self._sequence(character)
            if has_sigma and character == _SIGMA:
                case = _AT_SIGMA
            self._of_character[character] = self._number((symbols, case))
        self._of_character[_PADDING] = 1
        self._sigmas: tuple[int, int] | None = None
        if has_sigma:
            final = (self.symbol(_FINAL),), _CASED
            self._sigmas = self._of_character[_SIGMA], self._number(final)

    def _sequence(self, character: str) -> tuple[tuple[int, ...], int]:
        """Symbols of a character of a text, and what it is to a sigma beside it."""
        new = self._new.get(character, "" if self._drops else character)
        return tuple(map(self.symbol, new)), self._cases.get(character, _UNCASED)

    def _number(self, sequence: tuple[tuple[int, ...], int]) -> int:
        return self._sequences.setdefault(sequence, len(self._sequences))

    def symbol(self, character: str) -> int:
        """Return the symbol of a character after preprocessing."""
        if character in self._symbols:
            return self._symbols[character]
        return self._unknown_symbol(_membership(character, self._classes))

    def _unknown_symbol(self, membership: tuple[bool, ...]) -> int:
        if membership not in self._unknown:
            self._unknown[membership] = len(self._memberships)
            self._memberships.append(membership)
        return self._unknown[membership]

    def __len__(self) -> int:
        """Return the number of symbols."""
        return len(self._memberships)

    def members(self, pattern: str) -> BoolArray:
        """Mark the symbols of a class."""
        place = self._classes.index(pattern)
        return np.array([membership[place] for membership in self._memberships])

    def read(self, g: Graph, texts: str) -> tuple[str, str]:
        """Find the symbols of all texts in one vector, each text with `TEXT_END` behind it.

        Return the symbols and the number of the text of each.
        """
        characters = g(
            "Tokenizer",
            texts,
            domain="com.microsoft",
            mark=0,
            mincharnum=1,
            pad_value=_PADDING,
            separators=[""],
        )
        keys, values = zip(*self._of_character.items(), strict=True)
        found = g.look_up(characters, np.array(keys, dtype=object), values, default=0)
        ends = g.column(g.filled(g.length(texts), 2))
        table = g("Concat", found, ends, axis=1)
        sequences = g("Reshape", table, g.constant([-1]))
        if self._sigmas is not None:
            sequences = self._read_sigmas(g, sequences, *self._sigmas)
        lengths = [len(symbols) for symbols, _ in self._sequences]
        source, within = g.repeated(g("Gather", g.constant(lengths), sequences))
        firsts = g.constant(np.cumsum(lengths) - lengths)
        at = g("Add", g("Gather", firsts, g("Gather", sequences, source)), within)
        symbols = g("Gather", g.constant([s for run, _ in self._sequences for s in run]), at)
        return symbols, g("Div", source, g.length(table, axis=1))

    def _read_sigmas(self, g: Graph, sequences: str, sigma: int, at_end: int) -> str:
        """Choose the lower case of each sigma: another one if it ends a word."""
        cases = [min(case, _CASED) for _, case in self._sequences]
        case = g("Gather", g.constant(cases), sequences)
        places = g.true_places(case)
        case = g("Gather", case, places)
        before = g("Equal", g.before(case, _UNCASED), g.constant(_CASED))
        after = g("Equal", g.after(case, _UNCASED), g.constant(_CASED))
        is_sigma = g("Equal", g("Gather", sequences, places), g.constant(sigma))
        ends = g("And", g("And", is_sigma, before), g("Not", after))
        changed = g("Gather", places, g.true_places(ends))
        return g("ScatterElements", sequences, changed, g.filled(g.length(changed), at_end))


@cache
def _members(pattern: str) -> frozenset[str]:
    """Find the characters that a regular expression of one character matches."""
    return frozenset(re.findall(pattern, all_characters()))


def _membership(character: str, classes: tuple[str, ...]) -> tuple[bool, ...]:
    return tuple(character in _members(pattern) for pattern in classes)


@cache
def _unusual(classes: tuple[str, ...]) -> dict[tuple[bool, ...], list[str]]:
    """Group the characters that are in other classes than most by the classes that they are in."""
    found: set[str] = set()
    for pattern in classes:
        members = _members(pattern)
        found |= set(all_characters()) - members if _UNASSIGNED in members else members
    groups: dict[tuple[bool, ...], list[str]] = {}
    for character in sorted(found):
        groups.setdefault(_membership(character, classes), []).append(character)
    return groups


@cache
def _preprocessed(lowercase: bool, strip_accents: str | None) -> tuple[dict[str, str], bool]:
    """Find what the preprocessing of a vectorizer makes of characters.

    Return what becomes of some, and whether all others are dropped; else they stay as they are.
    """
    settings = CountVectorizer(lowercase=lowercase, strip_accents=strip_accents)
    preprocess = settings.build_preprocessor()
    drops = not preprocess(_UNASSIGNED)
    found = ((character, preprocess(character)) for character in all_characters())
    return {c: new for c, new in found if new != ("" if drops else c)}, drops


@cache
def _sigma_cases() -> dict[str, int]:
    """Find out which characters decide on the lower case of a sigma after them, and how."""
    cases = {}
    for character in all_characters():
        if f"{character}{_SIGMA}".lower()[-1] == _FINAL:
            cases[character] = _CASED
        elif f"a{character}{_SIGMA}".lower()[-1] == _FINAL:
            cases[character] = _IGNORED
    return cases
