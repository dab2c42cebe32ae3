"""The vocabulary of the compiled vectorizer, in the form in which its kernels look terms up."""

import operator
import os
import re
import sys
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from .._gate.types import AnyArray, BoolArray, IntArray
from .._runtime.compiled import load_kernels

__all__ = ["HASH_KEY", "Vocabulary", "WordIndex", "word_characters"]

# Random hash key of this process, so that nobody can craft words whose hashes collide.
HASH_KEY = np.frombuffer(os.urandom(16), np.uint64) | np.array([0, 1], np.uint64)


@cache
def word_characters() -> BoolArray:
    r"""Mask of the code points that ``\w`` matches, (1114112,)."""
    points = np.arange(sys.maxunicode + 1, dtype="<u4").tobytes()
    everything = points.decode("utf-32-le", "surrogatepass")
    matches = np.zeros(len(everything), dtype=bool)
    for run in re.finditer(r"\w+", everything):
        matches[run.start() : run.end()] = True
    return matches


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
class WordIndex:
    """The words and n-gram keys of a vocabulary, for the kernels."""

    text: bytes  # the words in UTF-8, a blank after each
    digit: AnyArray  # int32, rank of each word in alphabetical order, from 1; -1: stop word
    keys: IntArray  # key of each feature, ascending, in column order
    longest: int  # maximum number of words of an n-gram

    @cached_property
    def words(self) -> tuple[Any, AnyArray]:
        """Hash table of the words, with the hash key of this process, and the words' buffer."""
        text = np.frombuffer(self.text + b"\0", dtype=np.uint8)
        stop = np.zeros(1, np.bool_)
        learn = load_kernels("feature_extraction._words").learn_words
        _, words, frequency = learn(stop, text, 0, len(text), word_characters(), HASH_KEY)
        if len(frequency) != len(self.digit):
            raise ValueError("This TF-IDF vectorizer is damaged: words and their ranks differ.")
        return words, text

    @cached_property
    def key_table(self) -> AnyArray:
        """Hash table of the keys, with the hash key of this process."""
        return load_kernels("feature_extraction._known_ngrams").make_key_table(self.keys, HASH_KEY)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Column of each term, a dict built on first access."""
        words = [""] * self.n_digits
        spelled = self.text.decode("utf-8", "surrogatepass").split(" ")[:-1]
        for word, digit in zip(spelled, self.digit.tolist(), strict=True):
            if digit > 0:
                words[digit] = word
        digits: list[Any] = []
        rest = self.keys
        for _ in range(self.longest):
            rest, digit = np.divmod(rest, self.n_digits)
            digits.insert(0, digit.tolist())
        terms: Any = map(words.__getitem__, digits[0])
        following = ["", *(f" {word}" for word in words[1:])]
        for places in digits[1:]:
            terms = map(operator.add, terms, map(following.__getitem__, places))
        return Vocabulary(zip(terms, range(len(self.keys)), strict=True))

    @cached_property
    def n_digits(self) -> int:
        """Number of words that are not stop words, plus one."""
        return int(self.digit.max()) + 1

    def prepare(self) -> None:
        """Make the hash tables now: `transform` must not change the vectorizer."""
        self.words, self.key_table, self.n_digits  # noqa: B018

    @property
    def holds(self) -> bool:
        """Whether the index is valid: the user has not changed the vocabulary."""
        return not ("vocabulary" in self.__dict__ and self.vocabulary.changed)

    def __getstate__(self) -> dict[str, Any]:
        made = ("vocabulary", "words", "key_table", "n_digits")
        return {name: value for name, value in vars(self).items() if name not in made}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # joblib passes read-only arrays to workers; numba would recompile the kernels for them
        digit, keys = (np.require(state[name], requirements="W") for name in ("digit", "keys"))
        self.__dict__.update(state, digit=digit, keys=keys)
