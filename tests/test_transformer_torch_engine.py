"""The engine in PyTorch: frozen encoders, and what is left behind."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import torch
import transformer_toys as toys

from skmultitext.transformer.torch import _model


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_a_frozen_encoder_runs_once_and_stays_as_it_was(monkeypatch, pooling):
    texts, y = toys.make_texts()
    rows = []
    for kind in (_model.PooledTagger, _model.NativeTagger):
        original = kind.features
        monkeypatch.setattr(
            kind,
            "features",
            lambda self, _of=original, **i: (rows.append(len(i["input_ids"])), _of(self, **i))[1],
        )
    options = {"freeze": "encoder", "pooling": pooling, "learning_rate": 0.1, "max_epochs": 20}
    tagger = toys.tiny(**options).fit(texts, y, validation_data=(texts[:5], y[:5]))
    n_texts = len(texts) + 5
    assert n_texts <= sum(rows) < 2 * n_texts  # a few rows ask what padding does
    before = toys.tiny(**options).set_params(max_epochs=1, learning_rate=1e-12)
    before = before.fit(texts, y).network_.model.encoder.state_dict()
    for name, tensor in tagger.network_.model.encoder.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)
    assert tagger.history_[-1]["loss"] < tagger.history_[0]["loss"]


def test_frozen_with_attention_still_trains_the_attention():
    texts, y = toys.make_texts()
    tagger = toys.tiny(freeze="encoder", pooling="attention", learning_rate=0.1, max_epochs=3)
    tagger.fit(texts, y)
    assert tagger.history_[-1]["loss"] < tagger.history_[0]["loss"]


@pytest.mark.parametrize("freeze", ["none", "encoder"])
@pytest.mark.parametrize("how", ["max", "mean"])
def test_windows_are_trained_and_predicted_pooled(freeze, how):
    texts, y = toys.make_texts()
    long_texts = [f"{text} " + "hello " * 20 for text in texts]
    tagger = toys.tiny(
        max_length=12,
        long_text="window",
        window_stride=3,
        window_pooling=how,
        freeze=freeze,
        max_epochs=2,
    )
    losses = []
    tagger.set_params(callbacks=lambda e: losses.append(e) if e.name == "step" else None)
    tagger.fit(long_texts, y)
    tokens = tagger.network_.encode(long_texts[:1])
    n_windows = int(tokens.lengths[0, 0])
    assert n_windows > 2
    windows = tagger.network_.reader.tokenizer.batch_decode(
        [tokens.ids[a:b] for a, b in zip(tokens.row_starts, tokens.row_starts[1:], strict=False)],
        skip_special_tokens=True,
    )
    proba = tagger.predict_proba(windows)
    wanted = proba.max(axis=0) if how == "max" else proba.mean(axis=0)
    np.testing.assert_allclose(tagger.predict_proba(long_texts[:1])[0], wanted, atol=1e-6)
    assert losses[0].batch[1].shape == (8, 3)


def test_weights_are_trainable_again_and_the_gradients_gone():
    tagger = toys.tiny(freeze="embeddings", max_epochs=1).fit(*toys.make_texts(16))
    model = tagger.network_.model
    assert all(p.requires_grad and p.grad is None for p in model.parameters())
    assert not model.training


@pytest.mark.parametrize(("precision", "wanted"), [("bfloat16", {"eager"}), ("float32", {"sdpa"})])
def test_bfloat16_trains_with_eager_attention_on_a_cpu(precision, wanted):
    texts, y = toys.make_texts()
    found = set()

    def look(event):
        if event.name == "step":
            found.add(event.model.encoder.config._attn_implementation)

    tagger = toys.tiny(precision=precision, device="cpu", callbacks=look, max_epochs=1)
    tagger.fit(texts, y)
    assert found == wanted
    assert tagger.network_.model.encoder.config._attn_implementation == "sdpa"


def test_the_dropout_of_the_encoder_is_that_of_training_params():
    texts, y = toys.make_texts()
    found = set()

    def look(event):
        if event.name == "step":
            found.add(event.model.encoder.embeddings.dropout.p)

    tagger = toys.tiny(encoder_dropout=0.0, callbacks=look, max_epochs=1).fit(texts, y)
    assert found == {0.0}
    assert tagger.network_.model.encoder.embeddings.dropout.p == 0.1
    with pytest.warns(UserWarning, match="encoder_dropout.*frozen encoder has no dropout"):
        tagger.set_params(freeze="encoder", callbacks=None).fit(texts, y)
