"""Training texts in memory, as the engine of a text tagger reads them."""

import numpy as np
import scipy.sparse as sp

from .._incremental import count_positives
from ..sequences import count_words, length_batches
from ._tagger import dense_rows

__all__ = ["TextCorpus", "padded_batches"]

# Words in a batch with its padding: a batch of very long documents holds fewer of them, so that
# it fits into memory. 64 documents of 1024 words.
_MOST_WORDS = 2**16


class TextCorpus:
    """Texts, their labels and weights.

    Parameters
    ----------
    texts : list of str
        The texts.
    indicator : ndarray or sparse array of shape (n_samples, n_labels), dtype int8
        The 0/1 labels.
    sample_weight : ndarray of shape (n_samples,), default=None
        Weights.
    """

    def __init__(self, texts, indicator, sample_weight=None):
        self.texts = texts
        self.indicator = indicator.tocsr() if sp.issparse(indicator) else indicator
        self.sample_weight = sample_weight
        self.n_samples = len(texts)

    def count_words(self, tokenizer):
        """Count the words, see `sequences.count_words`."""
        return count_words(self.texts, tokenizer)

    def count_labels(self):
        """Sum the weights of all documents, and of those that have each label."""
        if self.sample_weight is None:
            return self.n_samples, count_positives(self.indicator)
        return self.sample_weight.sum(), self.indicator.T @ self.sample_weight

    def batches(self, encode, batch_size):
        """Make the function of batches that `train` takes.

        Parameters
        ----------
        encode : callable
            ``encode(texts)`` -> WordIds.
        batch_size : int
            Most documents in a batch.

        Returns
        -------
        callable
            ``batches(seed)`` -> iterable of (word ids, indicator, sample_weight).
        """
        word_ids = encode(self.texts)

        def batches(seed):
            rng = np.random.RandomState(seed)
            return padded_batches(word_ids, self.indicator, self.sample_weight, batch_size, rng)

        return batches


def padded_batches(word_ids, indicator, sample_weight, batch_size, rng):
    """Yield batches of documents of like length, in an order of chance.

    Parameters
    ----------
    word_ids : WordIds
        The documents.
    indicator : ndarray or CSR of shape (n_documents, n_labels)
        Their labels.
    sample_weight : ndarray of shape (n_documents,) or None
        Their weights.
    batch_size : int
        Most documents in a batch.
    rng : RandomState
        Source of chance.

    Yields
    ------
    tuple of (ndarray, ndarray, ndarray or None)
        Word ids, 2-D or 3-D, int32; labels, float32; weights.
    """
    batches = length_batches(word_ids.lengths, batch_size, rng=rng, token_budget=_MOST_WORDS)
    for rows in batches:
        weight = None if sample_weight is None else sample_weight[rows]
        yield word_ids.padded(rows), dense_rows(indicator, rows), weight
