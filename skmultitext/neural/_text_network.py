"""Keras networks of text: their layers, logits and attention weights."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from .._gate.types import AnyArray, FloatArray, IntArray
from .._runtime.generators import draw_seed
from .._runtime.keras import load_keras
from ..sequences import Vocabulary, WordIds, read_word_vectors
from ._network import Network

__all__ = [
    "ENCODERS",
    "attention_weights",
    "set_prior",
    "start_text_network",
    "text_logits",
    "text_network",
]

ENCODERS = ("han", "bigru", "cnn", "mean")
_CNN_WINDOWS = (3, 4, 5)  # words; Kim 2014, section 3.1

# Rows of a prediction batch. Kernels process 6 or 16 rows (or 8 or 16 numbers) at a time and round
# the remainder differently (measured: products of 8, 32 and 56 rows differ), so that equal shapes
# alone do not make a row bitwise reproducible. 48 rows have no remainder. A very long document is
# a batch by itself.
_ROWS_OF_BATCH = 48
_MOST_WORDS = 2**16  # in a batch of several documents, padding included


def text_network(
    encoder: str,
    n_ids: int,  # padding and buckets of unknown words included
    n_labels: int,
    *,
    embedding_dim: int = 128,
    units: int = 64,
    dropout: float = 0.5,
    vectors: npt.NDArray[np.float32] | None = None,  # initial word vectors, (n_ids, embedding_dim)
    random_state: np.random.RandomState,
) -> Any:
    """Build a network of word ids, (n_documents, [n_sentences for "han",] n_words), int32.

    Id 0 is padding; further padding after words or sentences does not change the logits.
    """
    keras = load_keras()
    from ._text_layers import PaddingMask, RowsToSentences, SentencesToRows

    parts = _Parts(keras, units, dropout, random_state)
    if encoder == "han":
        ids = keras.Input((None, None), dtype="int32", name="word_ids")
        rows = SentencesToRows(name="sentences")(ids)
    else:
        ids = rows = keras.Input((None,), dtype="int32", name="word_ids")
    mask = PaddingMask(name="word_mask")(rows)
    words = parts.embedding(rows, n_ids, embedding_dim, vectors)
    if encoder == "cnn":
        encoded = parts.windows(words, mask)
    elif encoder == "mean":
        encoded = parts.average(words, mask)
    else:
        encoded = parts.attend(words, mask, "word")
    if encoder == "han":
        sentences = RowsToSentences(name="documents")(encoded, ids)
        mask = PaddingMask(of_sentences=True, name="sentence_mask")(ids)
        encoded = parts.attend(sentences, mask, "sentence")
    logits = keras.layers.Dense(
        n_labels, kernel_initializer=parts.glorot(), dtype="float32", name="logits"
    )(parts.drop(encoded))
    return keras.Model(ids, logits, name=encoder)


def start_text_network(
    vocabulary: Vocabulary,
    n_labels: int,
    random_state: np.random.RandomState,
    *,
    embedding_dim: int,
    pretrained_vectors: Any = None,
    **layers: Any,
) -> Network:
    """Build an untrained network; words without a pretrained vector get a random one."""
    vectors = None
    if pretrained_vectors is not None:
        vectors, found = read_word_vectors(pretrained_vectors, vocabulary)
        embedding_dim = vectors.shape[1]
        missing = (len(vectors) - found.sum(), embedding_dim)
        vectors[~found] = random_state.uniform(-0.05, 0.05, missing)
    sizes = {"n_ids": len(vocabulary), "n_labels": n_labels, "embedding_dim": embedding_dim}
    return Network(text_network, {**layers, **sizes}, random_state, vectors=vectors)


def _attention_network(model: Any) -> Any:
    """Build a network that returns the logits and the attention weights of a "han" or "bigru".

    Weights of words have the shape (rows, n_words); a row is a sentence for "han", which also
    returns weights of sentences.
    """
    keras = load_keras()
    names = ("word_attention", "sentence_attention") if model.name == "han" else ("word_attention",)
    weights = [model.get_layer(name).output[1] for name in names]
    return keras.Model(model.input, [model.output, *weights])


class _Parts:
    """Layers that the networks share; their seeds are drawn in order from one RandomState."""

    def __init__(
        self, keras: Any, units: int, dropout: float, random_state: np.random.RandomState
    ) -> None:
        self.keras = keras
        self.units = units
        self.dropout = dropout
        self.random_state = random_state

    def seed(self) -> int:
        return draw_seed(self.random_state)

    def glorot(self) -> Any:
        return self.keras.initializers.GlorotUniform(seed=self.seed())

    def drop(self, tensor: Any) -> Any:
        if not self.dropout:
            return tensor
        return self.keras.layers.Dropout(self.dropout, seed=self.seed())(tensor)

    def embedding(
        self, ids: Any, n_ids: int, embedding_dim: int, vectors: npt.NDArray[np.float32] | None
    ) -> Any:
        keras = self.keras
        initializer = keras.initializers.RandomUniform(-0.05, 0.05, seed=self.seed())
        layer = keras.layers.Embedding(
            n_ids,
            embedding_dim if vectors is None else vectors.shape[1],
            embeddings_initializer=initializer,
            name="embedding",
        )
        words = layer(ids)
        if vectors is not None:
            layer.set_weights([vectors])
        if not self.dropout:
            return words
        # drops whole columns: Y. Gal, Z. Ghahramani, "A theoretically grounded application of
        # dropout in recurrent neural networks", NeurIPS 2016
        return keras.layers.SpatialDropout1D(self.dropout, seed=self.seed())(words)

    def attend(self, places: Any, mask: Any, level: str) -> Any:
        from ._text_layers import AttentionPooling

        forward, backward = (self._gru(go_backwards) for go_backwards in (False, True))
        encoded = self.keras.layers.Bidirectional(
            forward, backward_layer=backward, name=f"{level}_encoder"
        )(places, mask=mask)
        pooled, _ = AttentionPooling(self.seed(), name=f"{level}_attention")(encoded, mask)
        return pooled

    def _gru(self, go_backwards: bool) -> Any:
        keras = self.keras
        return keras.layers.GRU(
            self.units,
            return_sequences=True,
            go_backwards=go_backwards,
            kernel_initializer=self.glorot(),
            recurrent_initializer=keras.initializers.Orthogonal(seed=self.seed()),
            seed=self.seed(),  # without it, Keras draws one from Python's global generator
        )

    def windows(self, words: Any, mask: Any) -> Any:
        from ._text_layers import ZeroPadding

        keras = self.keras
        words = ZeroPadding(name="zero_padding")(words, mask)
        maxima = []
        for size in _CNN_WINDOWS:
            features = keras.layers.Conv1D(
                self.units,
                size,
                padding="same",
                activation="relu",
                kernel_initializer=self.glorot(),
                name=f"windows_of_{size}",
            )(words)
            # relu is never negative, so padding set to 0 does not change the maximum
            features = ZeroPadding(name=f"zero_windows_of_{size}")(features, mask)
            maxima.append(keras.layers.GlobalMaxPooling1D(name=f"maximum_of_{size}")(features))
        return keras.layers.Concatenate(name="maxima")(maxima)

    def average(self, words: Any, mask: Any) -> Any:
        from ._text_layers import AveragePooling

        return AveragePooling(name="average")(words, mask)


def set_prior(network: Network, n_samples: float, n_positives: Any) -> None:
    """Set the biases so that an untrained network predicts the frequency of each label."""
    # adding half a document to both counts keeps the logit of a constant label finite
    odds = (n_positives + 0.5) / (n_samples - n_positives + 0.5)
    network.model.get_layer("logits").bias.assign(np.log(odds))


def text_logits(network: Network, word_ids: WordIds) -> FloatArray:
    """Compute logits, (n_documents, n_labels).

    Those of a document do not depend on the other documents, to the bit.
    """
    logits = np.empty((len(word_ids), network.config["n_labels"]))
    for documents, batch in _fixed_batches(word_ids):
        logits[documents] = network.logits(batch)[: len(documents)]
    return logits


def attention_weights(network: Network, word_ids: WordIds) -> list[Any]:
    """Compute (weights of the words of each sentence, weights of the sentences) of each document.

    The network "bigru" does not weight sentences; their weights are None.
    """
    attention = _attention_network(network.model)
    found: list[Any] = [None] * len(word_ids)
    n_words = np.diff(word_ids.sentence_ends)
    for documents, batch in _fixed_batches(word_ids):
        _, of_words, *of_sentences = (np.asarray(x, np.float64) for x in attention(batch))
        of_words = of_words.reshape(len(batch), -1, batch.shape[-1])
        for row, i in enumerate(documents):
            counts = n_words[word_ids.document_ends[i] : word_ids.document_ends[i + 1]]
            sentences: list[float | None] = [None] * len(counts)
            if of_sentences:
                sentences = of_sentences[0][row, : len(counts)].tolist()
            words = [of_words[row, s, :count] for s, count in enumerate(counts)]
            found[i] = words, sentences
    return found


def _fixed_batches(word_ids: WordIds) -> Iterator[tuple[IntArray, AnyArray]]:
    """Yield (documents, padded batch); the shape depends on each document alone."""
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
