"""What a text network is asked for: logits and attention weights of any number of documents."""

import numpy as np

from ._encoders import attention_network

__all__ = ["attention_weights", "set_prior", "text_logits"]

# Rows of a batch of prediction. Equal shapes alone do not give a row the same result to the bit
# wherever it stands: kernels take 6 or 16 rows, or 8 or 16 numbers, at a time, and what is left
# over goes another way (measured: products of 8, 32 and 56 rows differ). Of 48 rows nothing is
# left over. A longer document has a batch of its own.
_ROWS_OF_BATCH = 48
_MOST_WORDS = 2**16  # in a batch of several documents, with its padding


def set_prior(network, n_samples, n_positives):
    """Let an untrained network give each label its share among the documents.

    Parameters
    ----------
    network : Network
        A network of `text_network`.
    n_samples : float
        Number, or total weight, of the documents.
    n_positives : ndarray of shape (n_labels,)
        Number, or total weight, of those that have each label.
    """
    # half a document more on both sides: a constant label has a finite logit too
    odds = (n_positives + 0.5) / (n_samples - n_positives + 0.5)
    network.model.get_layer("logits").bias.assign(np.log(odds))


def text_logits(network, word_ids):
    """Compute the logits of documents.

    Parameters
    ----------
    network : Network
        A network of `text_network`.
    word_ids : WordIds
        The documents.

    Returns
    -------
    ndarray of shape (n_documents, n_labels), dtype float64
        Equal to the bit for a document whatever stands beside it.
    """
    logits = np.empty((len(word_ids), network.config["n_labels"]))
    for documents, batch in _fixed_batches(word_ids):
        logits[documents] = network.logits(batch)[: len(documents)]
    return logits


def attention_weights(network, word_ids):
    """Compute the attention weights of documents.

    Parameters
    ----------
    network : Network
        A "han" or "bigru" network of `text_network`.
    word_ids : WordIds
        The documents.

    Returns
    -------
    list of tuple of length n_documents
        Of each document, the weights of its words, an ndarray of shape (n_words,) per sentence
        in a list, and those of its sentences, an ndarray of shape (n_sentences,), or None where
        the network does not weigh sentences; float64.
    """
    attention = attention_network(network.model)
    found = [None] * len(word_ids)
    n_words = np.diff(word_ids.sentence_ends)
    for documents, batch in _fixed_batches(word_ids):
        _, of_words, *of_sentences = [np.asarray(x, np.float64) for x in attention(batch)]
        of_words = of_words.reshape(len(batch), -1, batch.shape[-1])
        for row, i in enumerate(documents):
            counts = n_words[word_ids.document_ends[i] : word_ids.document_ends[i + 1]]
            sentences = of_sentences[0][row, : len(counts)] if of_sentences else None
            words = [of_words[row, s, :count] for s, count in enumerate(counts)]
            found[i] = words, sentences
    return found


def _fixed_batches(word_ids):
    """Yield (documents, padded batch); its shape follows from each document alone."""
    kinds, kind = np.unique(word_ids.shapes, axis=0, return_inverse=True)
    kind = kind.ravel()
    order = np.argsort(kind, kind="stable")
    ends = np.cumsum(np.bincount(kind, minlength=len(kinds)))
    for shape, members in zip(kinds, np.split(order, ends[:-1]), strict=True):
        n_words = int(shape.prod())
        n_rows = _ROWS_OF_BATCH if _ROWS_OF_BATCH * n_words <= _MOST_WORDS else 1
        for start in range(0, len(members), n_rows):
            documents = members[start : start + n_rows]
            yield documents, word_ids.padded(documents, shape=tuple(shape), n_rows=n_rows)
