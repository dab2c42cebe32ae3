"""Keras graphs of text networks: word ids in, one logit per label out."""

from ._backend import load_keras
from .networks import draw_seed

__all__ = ["ENCODERS", "attention_network", "text_network"]

ENCODERS = ("han", "bigru", "cnn", "mean")
_CNN_WINDOWS = (3, 4, 5)  # words; Kim 2014, section 3.1


def text_network(
    encoder,
    n_ids,
    n_labels,
    *,
    embedding_dim=128,
    units=64,
    dropout=0.5,
    vectors=None,
    random_state,
):
    """Build a network on word ids.

    Parameters
    ----------
    encoder : {"han", "bigru", "cnn", "mean"}
        Hierarchical attention network: a bidirectional GRU with attention over the words of
        each sentence, and one over the sentences; the same over the words of the whole
        document; convolutions over windows of 3, 4 and 5 words with the maximum over the
        document; or the average of the word vectors.
    n_ids : int
        Number of word ids, padding and buckets of unknown words included.
    n_labels : int
        Number of labels, at least 1.
    embedding_dim : int, default=128
        Size of a word vector; that of `vectors` where they are given.
    units : int, default=64
        Units of each direction of a GRU, or filters of each window of the "cnn".
    dropout : float, default=0.5
        Share of the columns of the word vectors, and of the inputs of the last layer, that is
        left out in a step of training, in [0, 1).
    vectors : ndarray of shape (n_ids, embedding_dim), dtype float32, default=None
        Initial word vectors; random in [-0.05, 0.05] if None.
    random_state : RandomState
        Draws the seeds of the initialisers and of dropout.

    Returns
    -------
    keras.Model
        Ids of shape (n_documents, n_words), dtype int32, or for "han" of shape (n_documents,
        n_sentences, n_words), to logits of shape (n_documents, n_labels). Id 0 is padding: more
        of it behind the words, or behind the sentences, changes nothing.

    References
    ----------
    Z. Yang, D. Yang, C. Dyer, X. He, A. Smola, E. Hovy, "Hierarchical attention networks for
    document classification", NAACL 2016; Y. Kim, "Convolutional neural networks for sentence
    classification", EMNLP 2014; Y. Gal, Z. Ghahramani, "A theoretically grounded application of
    dropout in recurrent neural networks", NeurIPS 2016 (whole columns of word vectors).

    Examples
    --------
    >>> import numpy as np
    >>> model = text_network("han", 20, 3, units=4, random_state=np.random.RandomState(0))
    >>> tuple(model(np.ones((2, 1, 5), dtype="int32")).shape)
    (2, 3)
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


def attention_network(model):
    """Find the attention weights inside a network.

    Parameters
    ----------
    model : keras.Model
        A "han" or "bigru" network of `text_network`.

    Returns
    -------
    keras.Model
        With the layers of `model`; ids to a list of its logits, the weights of the words
        (rows, n_words), where a row is a sentence for "han" and else a document, and for "han"
        the weights of the sentences (n_documents, n_sentences).
    """
    keras = load_keras()
    names = ("word_attention", "sentence_attention") if model.name == "han" else ("word_attention",)
    weights = [model.get_layer(name).output[1] for name in names]
    return keras.Model(model.input, [model.output, *weights])


class _Parts:
    """The layers that networks share; every seed comes from one RandomState, in order."""

    def __init__(self, keras, units, dropout, random_state):
        self.keras = keras
        self.units = units
        self.dropout = dropout
        self.random_state = random_state

    def seed(self):
        return draw_seed(self.random_state)

    def glorot(self):
        return self.keras.initializers.GlorotUniform(seed=self.seed())

    def drop(self, tensor):
        if not self.dropout:
            return tensor
        return self.keras.layers.Dropout(self.dropout, seed=self.seed())(tensor)

    def embedding(self, ids, n_ids, embedding_dim, vectors):
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
        return keras.layers.SpatialDropout1D(self.dropout, seed=self.seed())(words)

    def attend(self, places, mask, level):
        from ._text_layers import AttentionPooling

        forward, backward = (self._gru(go_backwards) for go_backwards in (False, True))
        encoded = self.keras.layers.Bidirectional(
            forward, backward_layer=backward, name=f"{level}_encoder"
        )(places, mask=mask)
        pooled, _ = AttentionPooling(self.seed(), name=f"{level}_attention")(encoded, mask)
        return pooled

    def _gru(self, go_backwards):
        keras = self.keras
        return keras.layers.GRU(
            self.units,
            return_sequences=True,
            go_backwards=go_backwards,
            kernel_initializer=self.glorot(),
            recurrent_initializer=keras.initializers.Orthogonal(seed=self.seed()),
            seed=self.seed(),  # unused, but without it Keras draws from Python's generator
        )

    def windows(self, words, mask):
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
            # relu is 0 or more: places set to 0 never are the maximum unless all are
            features = ZeroPadding(name=f"zero_windows_of_{size}")(features, mask)
            maxima.append(keras.layers.GlobalMaxPooling1D(name=f"maximum_of_{size}")(features))
        return keras.layers.Concatenate(name="maxima")(maxima)

    def average(self, words, mask):
        from ._text_layers import AveragePooling

        return AveragePooling(name="average")(words, mask)
