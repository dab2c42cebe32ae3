"""The words a network knows, and their ids."""

import os
import zlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from .._gate.parameters import check_int
from .._runtime.messages import shown
from ..datasets._lines import DataSource, LineReader, file_error, strip_line_end

PAD = "<pad>"
_MOST_BUCKETS = 2**20  # of a saved vocabulary: memory for their names


class Vocabulary:
    """Words and their ids: ``<pad>`` is 0, then the out-of-vocabulary buckets, then the words.

    Parameters
    ----------
    words : sequence of str
        The words, most frequent first, each once. None may be empty, contain a line end, or be
        the name of a special entry: ``<pad>``, ``<oov_0>``, ``<oov_1>``, ...
    n_oov_buckets : int, default=1
        Number of ids that unknown words share, at least 1. A word's bucket is the CRC-32 of
        its UTF-8 bytes modulo this number: the same on every machine and in every run.

    Attributes
    ----------
    words : tuple of str
        The words, without the special entries.
    n_oov_buckets : int
        Number of buckets.
    id_of_word : dict of {str: int}
        Ids of the words.

    Raises
    ------
    ValueError
        If a word is not legal or occurs twice, or there is no bucket.

    Examples
    --------
    >>> from skmultitext.sequences import Vocabulary
    >>> vocabulary = Vocabulary.from_counts({"lamp": 3, "late": 5, "a": 3, "typo": 1}, min_count=2)
    >>> vocabulary.words, len(vocabulary)
    (('late', 'a', 'lamp'), 5)
    >>> vocabulary.ids(["late", "lamp", "never-seen"])
    array([2, 4, 1], dtype=int32)
    """

    def __init__(self, words: Iterable[str], *, n_oov_buckets: int = 1) -> None:
        check_int("n_oov_buckets", n_oov_buckets)
        self.words = tuple(words)
        self.n_oov_buckets = n_oov_buckets
        self.id_of_word: dict[str, int] = {}
        special = set(self._special())
        for word_id, word in enumerate(self.words, start=1 + n_oov_buckets):
            problem = _problem(word, special)
            if problem is None and word in self.id_of_word:
                problem = "occurs twice"
            if problem is not None:
                raise ValueError(
                    f"words[{word_id - 1 - n_oov_buckets}] is {shown(word)}: it {problem}"
                )
            self.id_of_word[word] = word_id

    @classmethod
    def from_counts(
        cls,
        counts: Mapping[str, int],
        *,
        max_size: int | None = None,
        min_count: int = 1,
        n_oov_buckets: int = 1,
    ) -> "Vocabulary":
        """Choose the words by their counts.

        Parameters
        ----------
        counts : mapping of str to int
            How often each word occurs.
        max_size : int or None, default=None
            Maximum number of words, without the special entries; None keeps all.
        min_count : int, default=1
            Minimum number of occurrences of a word, at least 1.
        n_oov_buckets : int, default=1
            Number of ids that unknown words share.

        Returns
        -------
        Vocabulary
            The most frequent words first; words of the same count in the order of their code
            points, so that the order of the documents does not matter.
        """
        probe = cls((), n_oov_buckets=n_oov_buckets)
        special = set(probe._special())
        kept = [
            (-count, word)
            for word, count in counts.items()
            if count >= min_count and _problem(word, special) is None
        ]
        kept.sort()
        return cls([word for _, word in kept[:max_size]], n_oov_buckets=n_oov_buckets)

    def __len__(self) -> int:
        """Count the ids: the words, the buckets and ``<pad>``."""
        return 1 + self.n_oov_buckets + len(self.words)

    def __repr__(self) -> str:
        first = ", ".join(map(shown, self.words[:3])) + (", ..." if len(self.words) > 3 else "")
        return (
            f"<Vocabulary of {len(self.words)} words, n_oov_buckets={self.n_oov_buckets}: {first}>"
        )

    def __eq__(self, other: object) -> bool:
        """Whether both give the same id to every word."""
        if not isinstance(other, Vocabulary):
            return NotImplemented
        return self.words == other.words and self.n_oov_buckets == other.n_oov_buckets

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the words only."""
        return _make, (self.words, self.n_oov_buckets)

    def _to_saved(self) -> dict[str, Any]:
        return {"words": self.words, "n_oov_buckets": self.n_oov_buckets}

    @classmethod
    def _from_saved(cls, state: dict[str, Any]) -> "Vocabulary":
        if not 1 <= state["n_oov_buckets"] <= _MOST_BUCKETS:
            raise ValueError(f"n_oov_buckets is {state['n_oov_buckets']}")
        return cls(**state)

    def _special(self) -> list[str]:
        return [PAD, *(f"<oov_{k}>" for k in range(self.n_oov_buckets))]

    def id(self, word: str) -> int:
        """Look up one word.

        Parameters
        ----------
        word : str
            The word.

        Returns
        -------
        int
            Its id, or that of its out-of-vocabulary bucket.
        """
        found = self.id_of_word.get(word)
        return self._bucket(word) if found is None else found

    def ids(self, words: Iterable[str]) -> npt.NDArray[np.int32]:
        """Look up words.

        Parameters
        ----------
        words : iterable of str
            The words.

        Returns
        -------
        ndarray of shape (n_words,), dtype int32
            Their ids.
        """
        return np.fromiter(map(self.id, words), dtype=np.int32)

    def _bucket(self, word: str) -> int:
        if self.n_oov_buckets == 1:
            return 1
        # "surrogatepass": a word with a lone surrogate has a bucket too
        return 1 + zlib.crc32(word.encode("utf-8", "surrogatepass")) % self.n_oov_buckets

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the vocabulary to a UTF-8 file: line k holds the word of id k - 1.

        Parameters
        ----------
        path : str or os.PathLike
            The file.
        """
        with open(path, "w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(f"{word}\n" for word in (*self._special(), *self.words))

    @classmethod
    def load(cls, path: DataSource) -> "Vocabulary":
        """Read a vocabulary that `save` has written.

        Parameters
        ----------
        path : str, os.PathLike or file object
            UTF-8 file with one word a line: ``<pad>``, ``<oov_0>`` and so on, then the words.

        Returns
        -------
        Vocabulary

        Raises
        ------
        DataFileError
            If a line is empty or repeats a word, or the special entries do not come first; the
            message starts with ``file:line:``.
        """
        lines = LineReader(path)
        words: list[str] = []
        line_of_word: dict[str, int] = {}
        n_oov_buckets = 0
        for raw in lines:
            word = strip_line_end(raw)
            problem = lines.take_problem() or _problem(word, ())
            if problem is None and word in line_of_word:
                problem = f"is already on line {line_of_word[word]}; write each word once"
            if problem is None and lines.number == 1 and word != PAD:
                problem = f"must be {PAD!r}, the word of id 0"
            if problem is not None:
                raise file_error(lines.path, lines.number, f"the word {shown(word)} {problem}")
            line_of_word[word] = lines.number
            if word == f"<oov_{n_oov_buckets}>" and lines.number == n_oov_buckets + 2:
                n_oov_buckets += 1
            elif lines.number > 1:
                words.append(word)
        if not n_oov_buckets:
            problem = "no out-of-vocabulary bucket; line 2 must be '<oov_0>'"
            raise file_error(lines.path, min(2, max(1, lines.number)), problem)
        return cls(words, n_oov_buckets=n_oov_buckets)


def _make(words: tuple[str, ...], n_oov_buckets: int) -> Vocabulary:
    return Vocabulary(words, n_oov_buckets=n_oov_buckets)


def _problem(word: str, special: Collection[str]) -> str | None:
    """Return what is wrong with a word of a vocabulary, or None."""
    if not word:
        return "is empty"
    if "\n" in word or "\r" in word:
        return "contains a line end"
    if word in special:
        return "is the name of a special entry"
    if not word.isascii() and any("\ud800" <= letter <= "\udfff" for letter in word):
        return "contains a lone surrogate, which no file can"
    return None
