"""The vocabulary of the compiled vectorizer, in the form in which its kernels look terms up."""

import operator
import os
import sys
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, ClassVar

import numpy as np

from .._gate.types import AnyArray, BoolArray, IntArray
from .._runtime.compiled import load_kernels
from ._patterns import ANYTHING, compile_pattern, matches_of

__all__ = [
    "HASH_KEY",
    "N_POINTS",
    "SEPARATOR",
    "CharacterIndex",
    "TermIndex",
    "Vocabulary",
    "WordIndex",
    "as_tokens",
    "read_characters",
]

SEPARATOR = b"\xff"  # after each document or word; UTF-8 never contains it
N_POINTS = sys.maxunicode + 2  # number of tokens of characters

# Random hash key of this process, so that nobody can craft words whose hashes collide.
HASH_KEY = np.frombuffer(os.urandom(16), np.uint64) | np.array([0, 1], np.uint64)


class Vocabulary(dict[str, int]):
    """Dict from term to column that records whether the user has changed it."""

    changed = False

    def __reduce__(self) -> tuple[type, tuple[dict[str, int]]]:
        return dict, (dict(self),)


def _noting_change(name: str) -> Any:
    change = getattr(dict, name)

    def method(self: Vocabulary, *arguments: Any, **named: Any) -> Any:
        self.changed = True
        return change(self, *arguments, **named)

    return method


for _name in (
    "__setitem__",
    "__delitem__",
    "__ior__",
    "clear",
    "pop",
    "popitem",
    "setdefault",
    "update",
):
    setattr(Vocabulary, _name, _noting_change(_name))


@dataclass(frozen=True, eq=False)
class TermIndex:
    """The keys of the terms of a vocabulary, for the kernels; see `_ngrams`."""

    keys: IntArray  # key of each feature, ascending, in column order
    longest: int  # maximum number of words or characters of an n-gram

    glue: ClassVar[str]  # between the words of an n-gram
    _made: ClassVar[tuple[str, ...]] = ("vocabulary", "key_table", "n_digits")

    def find_tokens(self, stop: BoolArray, text: AnyArray, start: int, end: int) -> AnyArray:
        """Read the tokens of the documents in text[start:end], with a kernel."""
        raise NotImplementedError

    @property
    def digit_of_token(self) -> AnyArray:
        """Digit of each token, int32; 0 outside the vocabulary, -1 for a stop word."""
        raise NotImplementedError

    @property
    def n_digits(self) -> int:
        """Number of digits, with 0."""
        raise NotImplementedError

    def spell(self) -> list[str]:
        """Spell the word or character of each digit; the first is empty."""
        raise NotImplementedError

    @cached_property
    def key_table(self) -> AnyArray:
        """Hash table of the keys, with the hash key of this process."""
        make = load_kernels("feature_extraction._ngrams").make_key_table
        table: AnyArray = make(self.keys, len(self.keys), HASH_KEY)
        return table

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Column of each term, a dict built on first access."""
        units = self.spell()
        digits: list[Any] = []
        rest = self.keys
        for _ in range(self.longest):
            rest, digit = np.divmod(rest, self.n_digits)
            digits.insert(0, digit.tolist())
        terms: Any = map(units.__getitem__, digits[0])
        following = ["", *(self.glue + unit for unit in units[1:])]
        for places in digits[1:]:
            terms = map(operator.add, terms, map(following.__getitem__, places))
        return Vocabulary(zip(terms, range(len(self.keys)), strict=True))

    def prepare(self) -> None:
        """Make the tables now: `transform` must not change the vectorizer."""
        self.key_table, self.n_digits, self.digit_of_token  # noqa: B018

    @property
    def holds(self) -> bool:
        """Whether the index is valid: the user has not changed the vocabulary."""
        return not ("vocabulary" in self.__dict__ and self.vocabulary.changed)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in self._made}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # joblib passes read-only arrays to workers; numba would recompile the kernels for them
        arrays = {
            name: np.require(value, requirements="W")
            for name, value in state.items()
            if isinstance(value, np.ndarray)
        }
        self.__dict__.update(state, **arrays)


@dataclass(frozen=True, eq=False)
class WordIndex(TermIndex):
    """The words and n-grams of words of a vocabulary."""

    text: bytes  # the words in UTF-8, a separator after each
    digit: AnyArray  # int32, rank of each word in alphabetical order, from 1; -1: stop word
    pattern: str  # of words

    glue = " "
    _made = (*TermIndex._made, "words")

    def find_tokens(self, stop: BoolArray, text: AnyArray, start: int, end: int) -> AnyArray:
        """Find the known words."""
        look_up = load_kernels("feature_extraction._words").look_up_words
        pattern = compile_pattern(self.pattern)
        tokens: AnyArray = look_up(stop, text, start, end, pattern, HASH_KEY, *self.words)
        return tokens

    @property
    def digit_of_token(self) -> AnyArray:
        """Digit of each word."""
        return self.digit

    @cached_property
    def words(self) -> tuple[Any, AnyArray]:
        """Hash table of the words, with the hash key of this process, and the words' buffer."""
        text = np.frombuffer(self.text + SEPARATOR, dtype=np.uint8)
        stop = np.zeros(1, np.bool_)
        learn = load_kernels("feature_extraction._words").learn_words
        anything = compile_pattern(ANYTHING)
        _, words, frequency = learn(stop, text, 0, len(text), anything, HASH_KEY)
        if len(frequency) != len(self.digit):
            raise ValueError("This TF-IDF vectorizer is damaged: words and their ranks differ.")
        return words, text

    def prepare(self) -> None:
        """Make the hash table of words, too."""
        super().prepare()
        self.words  # noqa: B018

    @cached_property
    def n_digits(self) -> int:
        """Number of words that are not stop words, plus one."""
        return int(self.digit.max()) + 1

    def spell(self) -> list[str]:
        """Spell the words."""
        words = [""] * self.n_digits
        for word, digit in zip(self.text.split(SEPARATOR)[:-1], self.digit.tolist(), strict=True):
            if digit > 0:
                words[digit] = word.decode("utf-8", "surrogatepass")
        return words


@dataclass(frozen=True, eq=False)
class CharacterIndex(TermIndex):
    """The characters and n-grams of characters of a vocabulary."""

    points: AnyArray  # int32, the token of each character, ascending
    padded: int  # length to which words are filled up, with analyzer "char_wb"; otherwise 0

    glue = ""
    _made = (*TermIndex._made, "digit_of_token")

    def find_tokens(self, stop: BoolArray, text: AnyArray, start: int, end: int) -> AnyArray:
        """Read the characters."""
        return read_characters(stop, text, start, end, self.padded)

    @cached_property
    def digit_of_token(self) -> AnyArray:
        """Digit of each character."""
        digit = np.zeros(N_POINTS, np.int32)
        digit[self.points] = np.arange(1, len(self.points) + 1)
        return digit

    @property
    def n_digits(self) -> int:
        """Number of characters plus one."""
        return len(self.points) + 1

    def spell(self) -> list[str]:
        """Spell the characters."""
        return ["", *(chr(point - 1) if point else "" for point in self.points.tolist())]


def as_tokens(term: str, padded: int) -> list[int]:
    """List the tokens of the characters of a term: 0 for padding, else the code point plus 1."""
    return [ord(character) + 1 for character in term] + [0] * (padded - len(term))


def read_characters(stop: BoolArray, text: AnyArray, start: int, end: int, padded: int) -> AnyArray:
    """Read the characters of documents: within words if `padded` is above 0."""
    kernels = load_kernels("feature_extraction._characters")
    tokens: AnyArray = (
        kernels.read_words(stop, text, start, end, white_space(), padded)
        if padded
        else kernels.read_characters(stop, text, start, end, white_space())
    )
    return tokens


@cache
def white_space() -> BoolArray:
    """Mask of the code points of white space, (1114112,)."""
    return matches_of(r"\s")
