"""Texts as word ids: ragged in memory, padded a batch at a time."""

from array import array
from collections import Counter
from functools import cached_property
from itertools import chain

import numpy as np

from ._batches import round_up_lengths

# narrower batches save nothing, and each further shape costs a compilation
_FEWEST_WORDS = 4


class WordIds:
    """The word ids of documents, ragged: one flat array, and where documents and sentences end.

    Made by `encode_texts`.

    Parameters
    ----------
    ids : ndarray of shape (n_words,), dtype int32
        Ids of all words, one document behind the other.
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

    def __init__(self, ids, sentence_ends, document_ends, *, by_sentence):
        self.ids = ids
        self.sentence_ends = sentence_ends
        self.document_ends = document_ends
        self.by_sentence = by_sentence

    def __len__(self):
        """Count the documents."""
        return len(self.document_ends) - 1

    @cached_property
    def lengths(self):
        """Number of words of each document, (n_documents,), or with sentences (n_documents, 2).

        The two columns are the number of sentences and of words in the longest one; int64.
        """
        n_sentences = np.diff(self.document_ends)
        n_words = np.diff(self.sentence_ends)
        longest = np.zeros(len(self), dtype=np.int64)
        filled = n_sentences > 0
        if filled.any():
            # sentences lie side by side, so that empty documents between two others do no harm
            longest[filled] = np.maximum.reduceat(n_words, self.document_ends[:-1][filled])
        return np.column_stack([n_sentences, longest]) if self.by_sentence else longest

    @cached_property
    def shapes(self):
        """Shape that each document is padded to on its own, (n_documents, 1 or 2), int64.

        The lengths, rounded up to a small set: see `round_up_lengths`.
        """
        if not self.by_sentence:
            return round_up_lengths(self.lengths, _FEWEST_WORDS)[:, None]
        n_sentences, longest = self.lengths.T
        return np.column_stack(
            [round_up_lengths(n_sentences), round_up_lengths(longest, _FEWEST_WORDS)]
        )

    def padded(self, documents, *, shape=None, n_rows=None):
        """Lay documents side by side in one array, filled up with 0.

        Parameters
        ----------
        documents : array-like of shape (n_in_batch,), dtype int
            Positions of the documents.
        shape : tuple of int, default=None
            Words, or sentences and words, of a row; None takes the largest of the documents'
            `shapes`. What does not fit is left out.
        n_rows : int, default=None
            Rows of the result, at least as many as documents; rows beyond them are empty.

        Returns
        -------
        ndarray of shape (n_rows, n_words) or (n_rows, n_sentences, n_words), dtype int32
            The word ids; 0 is padding.
        """
        documents = np.asarray(documents, dtype=np.int64)
        if shape is None:
            shape = self.shapes[documents].max(axis=0)
        n_sentences, n_words = shape if self.by_sentence else (1, *shape)
        block = np.zeros((n_rows or len(documents), n_sentences, n_words), dtype=np.int32)
        starts = self.document_ends[documents]
        counts = np.minimum(self.document_ends[documents + 1] - starts, n_sentences)
        sentences, place = _ranges(starts, counts)
        row = np.repeat(np.arange(len(documents)), counts)
        starts = self.sentence_ends[sentences]
        counts = np.minimum(self.sentence_ends[sentences + 1] - starts, n_words)
        words, column = _ranges(starts, counts)
        block[np.repeat(row, counts), np.repeat(place, counts), column] = self.ids[words]
        return block if self.by_sentence else block[:, 0]


def _ranges(starts, counts):
    """Join ``arange(start, start + count)`` of each pair; also the position within each."""
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(starts, counts) + within, within


def count_words(texts, tokenizer):
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
    counts = Counter()
    for text in texts:
        for words in tokenizer.split(text):
            counts.update(words)
    return counts


def split_words(text, tokenizer, by_sentence, max_sentences=None, max_words=None):
    """Split a text into the words that `encode_texts` looks up; parameters as there.

    Parameters
    ----------
    text : str
        The text.
    tokenizer : Tokenizer
        What splits it.
    by_sentence : bool
        Whether to keep the sentences apart.
    max_sentences, max_words : int or None, default=None
        Most sentences, and most words of each.

    Returns
    -------
    list of list of str
        The words of each sentence; of the one sentence that is the document otherwise. A text
        without a word has none.
    """
    sentences = tokenizer.split(text)
    if by_sentence:
        sentences = sentences[:max_sentences]
    elif len(sentences) > 1:
        sentences = [list(chain.from_iterable(sentences))]
    return sentences if max_words is None else [words[:max_words] for words in sentences]


def encode_texts(
    texts, tokenizer, vocabulary, *, by_sentence=False, max_sentences=None, max_words=None
):
    """Look up the words of texts.

    Parameters
    ----------
    texts : iterable of str
        The texts.
    tokenizer : Tokenizer
        What splits them.
    vocabulary : Vocabulary
        The words and their ids.
    by_sentence : bool, default=False
        Whether to keep the sentences apart.
    max_sentences : int or None, default=None
        Most sentences of a document, with `by_sentence`; those behind are left out.
    max_words : int or None, default=None
        Most words of a sentence, with `by_sentence`, else of a document; those behind are left
        out.

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
