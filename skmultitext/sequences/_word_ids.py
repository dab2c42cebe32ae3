"""Texts as word ids: split into words, looked up, and padded batch by batch."""

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from .._gate.types import IntArray
from .._runtime.messages import shown
from ._batches import round_up_lengths
from ._vocabulary import Vocabulary

# words, and every punctuation mark by itself: "!" and ":)" matter for sentiment
WORDS_AND_MARKS = r"(?u)\w+|[^\w\s]"

# takes linear time on any text: no alternative can match a character that another has consumed
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|[\r\n]+|(?<=[。！？])")  # noqa: RUF001

Words = npt.NDArray[np.int32]

# narrower batches save no time, and every further shape has to be compiled
_FEWEST_WORDS = 4


class Tokenizer:
    r"""Split texts into sentences, and these into words.

    Parameters
    ----------
    token_pattern : str or None, default=r"(?u)\\w+|[^\\w\\s]"
        Regular expression of a word; with one group, the group is the word. None splits at
        whitespace.
    sentence_separator : str or None, default=None
        Separator of sentences, for instance ``"|&|"``. None ends a sentence at whitespace after
        ``.``, ``!`` or ``?``, at the end of a line, and after their fullwidth forms.
    lowercase : bool, default=True
        Whether to convert texts to lower case.

    Raises
    ------
    ValueError
        If the pattern is not a regular expression, has more than one group or matches the empty
        text, or if the separator is empty.

    Examples
    --------
    >>> from skmultitext.sequences import Tokenizer
    >>> Tokenizer().split("Late again! Refund me, please.")
    [['late', 'again', '!'], ['refund', 'me', ',', 'please', '.']]
    >>> Tokenizer(None, sentence_separator="|&|").split("Late again |&| refund me")
    [['late', 'again'], ['refund', 'me']]
    """

    def __init__(
        self,
        token_pattern: str | None = WORDS_AND_MARKS,
        *,
        sentence_separator: str | None = None,
        lowercase: bool = True,
    ) -> None:
        if sentence_separator == "":
            raise ValueError("sentence_separator is empty; pass None, or what separates sentences")
        self.token_pattern = token_pattern
        self.sentence_separator = sentence_separator
        self.lowercase = lowercase
        self._find_words: Callable[[str], list[str]]
        self._find_words = (
            str.split if token_pattern is None else _compile_pattern(token_pattern).findall
        )

    def __repr__(self) -> str:
        parameters = (f"{name}={value!r}" for name, value in self._to_saved().items())
        return f"Tokenizer({', '.join(parameters)})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the parameters; the pattern is compiled again."""
        return _make_tokenizer, (self.token_pattern, self.sentence_separator, self.lowercase)

    def _to_saved(self) -> dict[str, Any]:
        names = ("token_pattern", "sentence_separator", "lowercase")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def _from_saved(cls, state: dict[str, Any]) -> "Tokenizer":
        return cls(**state)

    def split(self, text: str) -> list[list[str]]:
        """Split one text.

        Parameters
        ----------
        text : str
            The text.

        Returns
        -------
        list of list of str
            The words of each sentence. Sentences without a word are left out, so that an
            empty text has none.
        """
        sentences: Iterable[str]
        if self.sentence_separator is None:
            sentences = _SENTENCE_END.split(text)
        else:
            # before lower-casing: the separator may have capital letters
            sentences = text.split(self.sentence_separator)
        if self.lowercase:
            sentences = map(str.lower, sentences)
        return [words for words in map(self._find_words, sentences) if words]


def _make_tokenizer(
    token_pattern: str | None, sentence_separator: str | None, lowercase: bool
) -> Tokenizer:
    return Tokenizer(token_pattern, sentence_separator=sentence_separator, lowercase=lowercase)


def _compile_pattern(token_pattern: str) -> re.Pattern[str]:
    try:
        pattern = re.compile(token_pattern)
    except re.error as error:
        raise ValueError(
            f"token_pattern {shown(token_pattern)} is not a regular expression: {error}"
        ) from error
    if pattern.groups > 1:
        raise ValueError(
            f"token_pattern {shown(token_pattern)} has {pattern.groups} groups; use at most one, "
            f"and (?:...) for the others"
        )
    if pattern.fullmatch(""):
        raise ValueError(f"token_pattern {shown(token_pattern)} matches the empty text")
    return pattern


class WordIds:
    """The word ids of documents, ragged: one flat array, and where documents and sentences end.

    Made by `encode_texts`.

    Parameters
    ----------
    ids : ndarray of shape (n_words,), dtype int32
        Ids of all words, document after document.
    sentence_ends : ndarray of shape (n_sentences + 1,), dtype int64
        Position in `ids` where each sentence ends; the first entry is 0.
    document_ends : ndarray of shape (n_documents + 1,), dtype int64
        Position in the sentences where each document ends; the first entry is 0.
    by_sentence : bool
        Whether batches are 3-D (documents x sentences x words); else 2-D (documents x words),
        and each document is one sentence.

    Examples
    --------
    >>> from skmultitext.sequences import Tokenizer, Vocabulary, encode_texts
    >>> vocabulary = Vocabulary(["late", "refund"])
    >>> word_ids = encode_texts(["late. refund late", "late"], Tokenizer(), vocabulary)
    >>> word_ids.lengths
    array([4, 1])
    >>> word_ids.padded([0, 1])
    array([[2, 1, 3, 2],
           [2, 0, 0, 0]], dtype=int32)
    """

    def __init__(
        self, ids: Words, sentence_ends: IntArray, document_ends: IntArray, *, by_sentence: bool
    ) -> None:
        self.ids = ids
        self.sentence_ends = sentence_ends
        self.document_ends = document_ends
        self.by_sentence = by_sentence

    def __len__(self) -> int:
        """Count the documents."""
        return len(self.document_ends) - 1

    def __repr__(self) -> str:
        return (
            f"<WordIds with n_documents={len(self)}, n_words={len(self.ids)}, "
            f"by_sentence={self.by_sentence}>"
        )

    @cached_property
    def lengths(self) -> IntArray:
        """Number of words of each document, (n_documents,), or with sentences (n_documents, 2).

        The two columns are the number of sentences and of words in the longest one; int64.
        """
        n_sentences = np.diff(self.document_ends)
        n_words = np.diff(self.sentence_ends)
        longest = np.zeros(len(self), dtype=np.int64)
        filled = n_sentences > 0
        if filled.any():
            # empty documents have no sentences, so the starts of the others still are increasing
            longest[filled] = np.maximum.reduceat(n_words, self.document_ends[:-1][filled])
        return np.column_stack([n_sentences, longest]) if self.by_sentence else longest

    @cached_property
    def shapes(self) -> IntArray:
        """Padded shape of each document by itself, (n_documents, 1 or 2), int64.

        These are the lengths, rounded up by `round_up_lengths`.
        """
        if not self.by_sentence:
            return round_up_lengths(self.lengths, _FEWEST_WORDS)[:, None]
        n_sentences, longest = self.lengths.T
        return np.column_stack(
            [round_up_lengths(n_sentences), round_up_lengths(longest, _FEWEST_WORDS)]
        )

    def padded(
        self,
        documents: npt.ArrayLike,
        *,
        shape: Sequence[int] | IntArray | None = None,
        n_rows: int | None = None,
    ) -> Words:
        """Pad documents with 0 to one array.

        Parameters
        ----------
        documents : array-like of shape (n_in_batch,), dtype int
            Positions of the documents.
        shape : tuple of int, default=None
            Words, or sentences and words, of a row; None takes the largest of the documents'
            `shapes`. Words and sentences that do not fit are dropped.
        n_rows : int, default=None
            Rows of the result, at least as many as documents; rows beyond them are empty.

        Returns
        -------
        ndarray of shape (n_rows, n_words) or (n_rows, n_sentences, n_words), dtype int32
            The word ids; 0 is padding.
        """
        rows = np.asarray(documents, dtype=np.int64)
        if shape is None:
            shape = self.shapes[rows].max(axis=0)
        n_sentences, n_words = shape if self.by_sentence else (1, *shape)
        block = np.zeros((n_rows or len(rows), n_sentences, n_words), dtype=np.int32)
        starts = self.document_ends[rows]
        counts = np.minimum(self.document_ends[rows + 1] - starts, n_sentences)
        sentences, place = _ranges(starts, counts)
        row = np.repeat(np.arange(len(rows)), counts)
        starts = self.sentence_ends[sentences]
        counts = np.minimum(self.sentence_ends[sentences + 1] - starts, n_words)
        words, column = _ranges(starts, counts)
        block[np.repeat(row, counts), np.repeat(place, counts), column] = self.ids[words]
        return block if self.by_sentence else block[:, 0]


def _ranges(starts: IntArray, counts: IntArray) -> tuple[IntArray, IntArray]:
    """Concatenate ``arange(start, start + count)`` of each pair, and the position within each."""
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(starts, counts) + within, within


def count_words(texts: Iterable[str], tokenizer: Tokenizer) -> Counter[str]:
    """Count the words of texts.

    Parameters
    ----------
    texts : iterable of str
        The texts.
    tokenizer : Tokenizer
        What splits them.

    Returns
    -------
    Counter of {str: int}
        Number of occurrences of each word.

    Examples
    --------
    >>> from skmultitext.sequences import Tokenizer, count_words
    >>> sorted(count_words(["Late, late!"], Tokenizer()).items())
    [('!', 1), (',', 1), ('late', 2)]
    """
    counts: Counter[str] = Counter()
    for text in texts:
        for words in tokenizer.split(text):
            counts.update(words)
    return counts


def split_words(
    text: str,
    tokenizer: Tokenizer,
    by_sentence: bool,
    max_sentences: int | None = None,
    max_words: int | None = None,
) -> list[list[str]]:
    """Split a text into the words that `encode_texts` looks up, with its parameters.

    Unless `by_sentence`, the whole text is one sentence.
    """
    sentences = tokenizer.split(text)
    if by_sentence:
        sentences = sentences[:max_sentences]
    elif len(sentences) > 1:
        sentences = [list(chain.from_iterable(sentences))]
    return sentences if max_words is None else [words[:max_words] for words in sentences]


def encode_texts(
    texts: Iterable[str],
    tokenizer: Tokenizer,
    vocabulary: Vocabulary,
    *,
    by_sentence: bool = False,
    max_sentences: int | None = None,
    max_words: int | None = None,
) -> WordIds:
    """Look up the ids of the words of texts.

    Parameters
    ----------
    texts : iterable of str
        The texts.
    tokenizer : Tokenizer
        What splits them.
    vocabulary : Vocabulary
        The words and their ids.
    by_sentence : bool, default=False
        Whether to keep sentences separate.
    max_sentences : int or None, default=None
        Maximum number of sentences of a document, with `by_sentence`; the rest is dropped.
    max_words : int or None, default=None
        Maximum number of words of a sentence, with `by_sentence`, else of a document; the rest is
        dropped.

    Returns
    -------
    WordIds
        The ids.

    Examples
    --------
    >>> from skmultitext.sequences import Tokenizer, Vocabulary, encode_texts
    >>> word_ids = encode_texts(
    ...     ["late. refund late", ""], Tokenizer(), Vocabulary(["late", "refund"]), by_sentence=True
    ... )
    >>> word_ids.lengths
    array([[2, 2],
           [0, 0]])
    >>> word_ids.padded([0], shape=(2, 3))
    array([[[2, 1, 0],
            [3, 2, 0]]], dtype=int32)
    """
    ids, sentence_ends, document_ends = array("i"), array("q", [0]), array("q", [0])
    for text in texts:
        for words in split_words(text, tokenizer, by_sentence, max_sentences, max_words):
            ids.extend(map(vocabulary.id, words))
            sentence_ends.append(len(ids))
        document_ends.append(len(sentence_ends) - 1)
    return WordIds(
        np.array(ids, dtype=np.int32),
        np.array(sentence_ends, dtype=np.int64),
        np.array(document_ends, dtype=np.int64),
        by_sentence=by_sentence,
    )
