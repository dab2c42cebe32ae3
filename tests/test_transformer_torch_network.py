"""A fitted network: order, batches, pickles without checkpoint, limits."""

import copy
import pickle
import shutil

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import torch
import transformer_toys as toys

from skmultitext.transformer.torch import _network
from skmultitext.transformer.torch._network import position_limit

TEXTS = [" ".join(toys.WORDS[i : i + 1 + (i * 7) % 23]) for i in range(60)] + ["", "late"]


@pytest.fixture(scope="module")
def fitted():
    return toys.tiny().fit(*toys.make_texts())


@pytest.mark.parametrize("budget", [1, 40, 10**6])
def test_the_size_of_batches_changes_nothing(fitted, monkeypatch, budget):
    wanted = np.vstack([fitted.predict_proba([text]) for text in TEXTS])
    monkeypatch.setattr(_network, "_BUDGET", {"cpu": budget})
    np.testing.assert_allclose(fitted.predict_proba(TEXTS), wanted, atol=1e-6)


def test_logits_are_float64_and_need_no_gradient(fitted):
    logits = fitted.decision_function(TEXTS)
    assert logits.dtype == np.float64
    assert logits.shape == (len(TEXTS), 3)


@pytest.mark.parametrize("model_type", toys.ARCHITECTURES)
@pytest.mark.parametrize("pooling", ["cls", "attention"])
def test_copies_predict_the_same_without_the_checkpoint(tmp_path, model_type, pooling):
    path = toys.make_checkpoint(tmp_path / "model", model_type)
    options = {"max_epochs": 1, "pooling": pooling, "additional_special_tokens": ["[URL]"]}
    texts, y = toys.make_texts(16)
    tagger = toys.tiny(model_type, **options).set_params(checkpoint=str(path)).fit(texts, y)
    wanted = tagger.predict_proba(["late [URL]", *TEXTS])
    shutil.rmtree(path)
    state = torch.random.get_rng_state()
    for twin in (copy.deepcopy(tagger), pickle.loads(pickle.dumps(tagger))):
        np.testing.assert_array_equal(twin.predict_proba(["late [URL]", *TEXTS]), wanted)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_pickle_holds_numpy_arrays_and_no_tensor(fitted):
    state = fitted.network_.__getstate__()
    assert all(isinstance(array, np.ndarray) for array in state["weights"].values())
    assert {"config.json", "tokenizer.json"} <= set(state["files"])
    assert b"torch" not in pickle.dumps(state)


@pytest.mark.parametrize(
    ("model_type", "limit"), [("bert", 512), ("roberta", 512), ("mpnet", 512), ("xlnet", None)]
)
def test_positions(model_type, limit):
    tagger = toys.tiny(model_type, max_epochs=1, max_length=limit or 900)
    tagger.fit(*toys.make_texts(8))
    assert position_limit(tagger.network_.model.encoder) == limit
    assert np.isfinite(tagger.predict_proba(["late " * 3000])).all()
    if limit:
        with pytest.raises(ValueError, match=r"max_length is 513, .* positions for 512 tokens"):
            tagger.set_params(max_length=513).fit(*toys.make_texts(8))
