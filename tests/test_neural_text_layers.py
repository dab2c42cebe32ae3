"""Keras layers of text networks."""

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

from skmultitext.neural import _text_layers as layers

IDS = np.array([[[5, 2, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 0]]], dtype=np.int32)


def test_masks_count_the_first_place_of_an_empty_row():
    words = np.asarray(layers.PaddingMask()(IDS.reshape(4, 3)))
    first = [True, False, False]
    assert words.tolist() == [[True, True, False], first, first, first]
    sentences = np.asarray(layers.PaddingMask(of_sentences=True)(IDS))
    assert sentences.tolist() == [[True, False], [True, False]]


def test_rows_and_back():
    rows = layers.SentencesToRows()(IDS)
    assert np.asarray(rows).tolist() == IDS.reshape(4, 3).tolist()
    back = layers.RowsToSentences()(rows, IDS)
    np.testing.assert_array_equal(np.asarray(back), IDS)


def test_pooling_under_a_mask():
    places = np.array([[[1.0, -4.0], [3.0, -6.0], [100.0, 100.0]]], dtype=np.float32)
    mask = np.array([[True, True, False]])
    assert np.asarray(layers.AveragePooling()(places, mask)).tolist() == [[2.0, -5.0]]
    zeroed = np.asarray(layers.ZeroPadding()(places, mask))
    assert zeroed.tolist() == [[[1.0, -4.0], [3.0, -6.0], [0.0, 0.0]]]
    pooled, weights = layers.AttentionPooling(seed=0)(places, mask)
    assert np.asarray(weights)[0, 2] == 0
    np.testing.assert_allclose(np.asarray(pooled)[0], np.asarray(weights)[0] @ places[0], rtol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [
        layers.PaddingMask(of_sentences=True),
        layers.SentencesToRows(),
        layers.RowsToSentences(),
        layers.AttentionPooling(seed=3),
        layers.ZeroPadding(),
        layers.AveragePooling(),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_layers_are_registered_and_made_again(layer):
    import keras

    config = keras.saving.serialize_keras_object(layer)
    assert config["registered_name"] == f"skmultitext>{type(layer).__name__}"
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == layer.get_config()
