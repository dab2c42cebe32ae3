"""Keras layers of text networks: masks, sentences as rows, and pooling under a mask.

Loads Keras when imported; only `_encoders.py` imports it, when a network is built.
"""

from ._backend import load_keras

keras = load_keras()
ops = keras.ops

# exp of this is 0 in float32 and float16 alike, and it is finite in both
_NEVER = -3e4


def _weighted_sum(weights, places):
    """Sum places (n, places, d) by weights (n, places).

    As a product of matrices: TensorFlow's sum over an inner axis rounds differently from row to
    row, where d is no multiple of 8.
    """
    return ops.squeeze(ops.matmul(ops.expand_dims(weights, axis=1), places), axis=1)


@keras.saving.register_keras_serializable("skmultitext")
class PaddingMask(keras.layers.Layer):
    """Say which places hold something: ids (..., n_places) -> bool of the same shape.

    A row without any word counts its first place as one. Pooling then never divides by 0, and
    an empty document has the same logits whatever it is padded to.

    Parameters
    ----------
    of_sentences : bool, default=False
        Reduce the last axis: a sentence holds something if one of its words does.
    **kwargs
        Passed to `keras.layers.Layer`.
    """

    def __init__(self, of_sentences=False, **kwargs):
        super().__init__(**kwargs)
        self.of_sentences = of_sentences

    def call(self, ids):
        """Compute the mask."""
        filled = ops.not_equal(ids, 0)
        if self.of_sentences:
            filled = ops.any(filled, axis=-1)
        first = ops.equal(ops.cumsum(ops.ones_like(filled, dtype="int32"), axis=-1), 1)
        empty = ops.logical_not(ops.any(filled, axis=-1, keepdims=True))
        return ops.logical_or(filled, ops.logical_and(empty, first))

    def compute_output_spec(self, ids):
        """Tell the shape and dtype of the mask."""
        shape = ids.shape[:-1] if self.of_sentences else ids.shape
        return keras.KerasTensor(shape, dtype="bool")

    def get_config(self):
        """Return what makes the same layer again."""
        return {**super().get_config(), "of_sentences": self.of_sentences}


@keras.saving.register_keras_serializable("skmultitext")
class SentencesToRows(keras.layers.Layer):
    """Lay the sentences of all documents below each other: (d, s, w) -> (d * s, w)."""

    def call(self, ids):
        """Reshape."""
        return ops.reshape(ids, (-1, ops.shape(ids)[2]))

    def compute_output_spec(self, ids):
        """Tell the shape and dtype of the rows."""
        return keras.KerasTensor((None, ids.shape[2]), dtype=ids.dtype)


@keras.saving.register_keras_serializable("skmultitext")
class RowsToSentences(keras.layers.Layer):
    """Give the rows back to their documents: (d * s, n) and ids (d, s, w) -> (d, s, n)."""

    def call(self, rows, ids):
        """Reshape."""
        n_sentences = ops.shape(ids)[1]
        n_columns = rows.shape[1] if rows.shape[1] is not None else ops.shape(rows)[1]
        return ops.reshape(rows, (-1, n_sentences, n_columns))

    def compute_output_spec(self, rows, ids):
        """Tell the shape and dtype of the documents."""
        return keras.KerasTensor((ids.shape[0], ids.shape[1], rows.shape[1]), dtype=rows.dtype)


@keras.saving.register_keras_serializable("skmultitext")
class AttentionPooling(keras.layers.Layer):
    """Average places by learned weights: (n, places, d) -> (n, d), and the weights (n, places).

    The weights are softmax(tanh(x W + b) u) over the places under the mask (Yang et al. 2016,
    eq. 5 to 7).

    Parameters
    ----------
    seed : int
        Seed of the initial weights.
    **kwargs
        Passed to `keras.layers.Layer`.
    """

    def __init__(self, seed, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.supports_masking = True

    def compute_mask(self, *inputs, previous_mask=None):
        """Pass no mask on: what is pooled has no places any more."""

    def build(self, places_shape, mask_shape=None):
        """Make the weights."""
        size = places_shape[-1]
        glorot = keras.initializers.GlorotUniform
        self.kernel = self.add_weight(
            shape=(size, size), initializer=glorot(seed=self.seed), name="kernel"
        )
        self.bias = self.add_weight(shape=(size,), initializer="zeros", name="bias")
        self.context = self.add_weight(
            shape=(size, 1), initializer=glorot(seed=self.seed + 1), name="context"
        )

    def call(self, places, mask):
        """Pool."""
        hidden = ops.tanh(ops.matmul(places, self.kernel) + self.bias)
        scores = ops.squeeze(ops.matmul(hidden, self.context), axis=-1)
        scores = ops.where(mask, scores, _NEVER)
        # written out: ops.softmax warns of documents of one sentence
        powers = ops.exp(scores - ops.max(scores, axis=-1, keepdims=True))
        weights = powers / ops.sum(powers, axis=-1, keepdims=True)
        return _weighted_sum(weights, places), weights

    def compute_output_spec(self, places, mask):
        """Tell the shapes and dtypes of the average and the weights."""
        return (
            keras.KerasTensor((places.shape[0], places.shape[2]), dtype=self.compute_dtype),
            keras.KerasTensor(mask.shape, dtype=self.compute_dtype),
        )

    def get_config(self):
        """Return what makes the same layer again."""
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable("skmultitext")
class ZeroPadding(keras.layers.Layer):
    """Set the places outside the mask to 0: (n, places, d) -> (n, places, d)."""

    def call(self, places, mask):
        """Multiply by the mask."""
        return places * ops.cast(ops.expand_dims(mask, axis=-1), places.dtype)

    def compute_output_spec(self, places, mask):
        """Tell the shape and dtype of the result."""
        return keras.KerasTensor(places.shape, dtype=places.dtype)


@keras.saving.register_keras_serializable("skmultitext")
class AveragePooling(keras.layers.Layer):
    """Average the places under the mask: (n, places, d) -> (n, d)."""

    def call(self, places, mask):
        """Pool; a mask of `PaddingMask` is nowhere empty."""
        weights = ops.cast(mask, places.dtype)
        weights = weights / ops.sum(weights, axis=-1, keepdims=True)
        return _weighted_sum(weights, places)

    def compute_output_spec(self, places, mask):
        """Tell the shape and dtype of the average."""
        return keras.KerasTensor((places.shape[0], places.shape[2]), dtype=places.dtype)
