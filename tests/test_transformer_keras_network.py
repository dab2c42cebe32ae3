"""A fitted network in Keras: order, batches, copies."""

import copy
import pickle

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")
pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
pytest.importorskip("keras_hub", reason="needs KerasHub (extra 'transformers-tf')")

import transformer_toys as toys

from skmultitext.transformer.keras import _network

pytestmark = pytest.mark.slow


TEXTS = [" ".join(toys.WORDS[i : i + 1 + (i * 7) % 23]) for i in range(30)] + ["", "late"]


@pytest.mark.parametrize("pooling", ["cls", "mean", "max", "attention"])
def test_it_pools_without_padding_in_any_batch(pooling, monkeypatch):
    tagger = toys.tiny(framework="tensorflow", pooling=pooling, max_epochs=1)
    tagger.fit(*toys.make_texts(16))
    wanted = np.vstack([tagger.predict_proba([text]) for text in TEXTS])
    for budget in (60, 10**6):
        monkeypatch.setattr(_network, "_BUDGET", budget)
        np.testing.assert_allclose(tagger.predict_proba(TEXTS), wanted, atol=1e-5)
    for twin in (copy.deepcopy(tagger), pickle.loads(pickle.dumps(tagger))):
        np.testing.assert_allclose(twin.predict_proba(TEXTS), tagger.predict_proba(TEXTS))
    assert b"tensorflow.python" not in pickle.dumps(tagger)
