"""Keras layers of text networks: masks, sentences as rows, and masked pooling.

Importing this module loads Keras; `_text_network.py` does so when it builds a network.
"""

from typing import TYPE_CHECKING, Any

from .._runtime.keras import load_keras

keras = load_keras()
ops = keras.ops

if TYPE_CHECKING:
    _Layer = Any
else:
    _Layer = keras.layers.Layer

# finite in float32 and float16, and its exponential is 0 in both
_NEVER = -3e4


def _weighted_sum(weights: Any, places: Any) -> Any:
    """Sum places (n, places, d) with weights (n, places)."""
    # a matrix product, because TensorFlow's sum over an inner axis rounds differently from row to
    # row if d is not a multiple of 8
    return ops.squeeze(ops.matmul(ops.expand_dims(weights, axis=1), places), axis=1)


@keras.saving.register_keras_serializable("skmultitext")
class PaddingMask(_Layer):
    """Mask padding: ids (..., n_places) -> bool of the same shape; of sentences, one axis less.

    The first place of an empty row is True, so that pooling never divides by 0 and the logits of
    an empty document do not depend on its padding.
    """

    def __init__(self, of_sentences: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.of_sentences = of_sentences

    def call(self, ids: Any) -> Any:
        """Compute the mask."""
        filled = ops.not_equal(ids, 0)
        if self.of_sentences:
            filled = ops.any(filled, axis=-1)
        first = ops.equal(ops.cumsum(ops.ones_like(filled, dtype="int32"), axis=-1), 1)
        empty = ops.logical_not(ops.any(filled, axis=-1, keepdims=True))
        return ops.logical_or(filled, ops.logical_and(empty, first))

    def compute_output_spec(self, ids: Any) -> Any:
        """Return the shape and dtype of the mask."""
        shape = ids.shape[:-1] if self.of_sentences else ids.shape
        return keras.KerasTensor(shape, dtype="bool")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer."""
        return {**super().get_config(), "of_sentences": self.of_sentences}


@keras.saving.register_keras_serializable("skmultitext")
class SentencesToRows(_Layer):
    """Stack the sentences of all documents as rows: (d, s, w) -> (d * s, w)."""

    def call(self, ids: Any) -> Any:
        """Reshape."""
        return ops.reshape(ids, (-1, ops.shape(ids)[2]))

    def compute_output_spec(self, ids: Any) -> Any:
        """Return the shape and dtype of the rows."""
        return keras.KerasTensor((None, ids.shape[2]), dtype=ids.dtype)


@keras.saving.register_keras_serializable("skmultitext")
class RowsToSentences(_Layer):
    """Group rows by document again: (d * s, n) and ids (d, s, w) -> (d, s, n)."""

    def call(self, rows: Any, ids: Any) -> Any:
        """Reshape."""
        n_sentences = ops.shape(ids)[1]
        n_columns = rows.shape[1] if rows.shape[1] is not None else ops.shape(rows)[1]
        return ops.reshape(rows, (-1, n_sentences, n_columns))

    def compute_output_spec(self, rows: Any, ids: Any) -> Any:
        """Return the shape and dtype of the documents."""
        return keras.KerasTensor((ids.shape[0], ids.shape[1], rows.shape[1]), dtype=rows.dtype)


@keras.saving.register_keras_serializable("skmultitext")
class AttentionPooling(_Layer):
    """Average places by learned weights: (n, places, d) -> (n, d), and the weights (n, places).

    The weights are softmax(tanh(x W + b) u) over the places under the mask (Yang et al. 2016,
    eq. 5 to 7).
    """

    def __init__(self, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.supports_masking = True

    def compute_mask(self, *inputs: Any, previous_mask: Any = None) -> None:
        """Return no mask: the places are pooled."""

    def build(self, places_shape: Any, mask_shape: Any = None) -> None:
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

    def call(self, places: Any, mask: Any) -> Any:
        """Pool."""
        hidden = ops.tanh(ops.matmul(places, self.kernel) + self.bias)
        scores = ops.squeeze(ops.matmul(hidden, self.context), axis=-1)
        scores = ops.where(mask, scores, _NEVER)
        # not ops.softmax, which warns if there is one sentence
        powers = ops.exp(scores - ops.max(scores, axis=-1, keepdims=True))
        weights = powers / ops.sum(powers, axis=-1, keepdims=True)
        return _weighted_sum(weights, places), weights

    def compute_output_spec(self, places: Any, mask: Any) -> Any:
        """Return the shapes and dtypes of the average and the weights."""
        return (
            keras.KerasTensor((places.shape[0], places.shape[2]), dtype=self.compute_dtype),
            keras.KerasTensor(mask.shape, dtype=self.compute_dtype),
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer."""
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable("skmultitext")
class ZeroPadding(_Layer):
    """Set the places outside the mask to 0: (n, places, d) -> (n, places, d)."""

    def call(self, places: Any, mask: Any) -> Any:
        """Multiply by the mask."""
        return places * ops.cast(ops.expand_dims(mask, axis=-1), places.dtype)

    def compute_output_spec(self, places: Any, mask: Any) -> Any:
        """Return the shape and dtype of the result."""
        return keras.KerasTensor(places.shape, dtype=places.dtype)


@keras.saving.register_keras_serializable("skmultitext")
class AveragePooling(_Layer):
    """Average the places under the mask: (n, places, d) -> (n, d)."""

    def call(self, places: Any, mask: Any) -> Any:
        """Pool; no row of a `PaddingMask` is all False."""
        weights = ops.cast(mask, places.dtype)
        weights = weights / ops.sum(weights, axis=-1, keepdims=True)
        return _weighted_sum(weights, places)

    def compute_output_spec(self, places: Any, mask: Any) -> Any:
        """Return the shape and dtype of the average."""
        return keras.KerasTensor((places.shape[0], places.shape[2]), dtype=places.dtype)
