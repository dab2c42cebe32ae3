"""The network in PyTorch: heads, frozen layers, and features in the place of tokens."""

import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import torch
import transformer_toys as toys

from skmultitext.transformer._frameworks import quiet_transformers
from skmultitext.transformer._tokenizers import load_tokenizer
from skmultitext.transformer._tokens import TokenReader
from skmultitext.transformer.torch._loading import load_checkpoint
from skmultitext.transformer.torch._model import (
    NativeTagger,
    PooledTagger,
    eager_attention,
    encoder_dropout,
    freeze,
)

HEAD = {"pooling": "cls", "head_layers": (), "dropout": 0.3, "window_pooling": "max"}
TEXTS = ["late parcel", "where is my refund please", ""]


def load(model_type="bert", **head):
    path = toys.checkpoint(model_type)
    with quiet_transformers():
        tokenizer = load_tokenizer(path)
        model = load_checkpoint(path, tokenizer, ["a", "b", "c"], {**HEAD, **head})[0]
    tokens = TokenReader(tokenizer, 16).encode(TEXTS)
    rows, _ = tokens.rows_of(torch.arange(3).numpy())
    inputs = {name: torch.from_numpy(array) for name, array in tokens.padded(rows).items()}
    return model.eval(), inputs


@pytest.mark.parametrize("pooling", ["cls", "mean"])
@pytest.mark.parametrize("model_type", toys.ARCHITECTURES)
def test_features_in_the_place_of_tokens_give_the_same_logits(model_type, pooling):
    model, inputs = load(model_type, pooling=pooling)
    assert isinstance(model, NativeTagger if pooling == "cls" else PooledTagger)
    with torch.no_grad():
        wanted = model(**inputs)
        assert model.keep_features(**inputs)
        found = model(features=model.features(**inputs))
    assert wanted.shape == (3, 3)
    torch.testing.assert_close(found, wanted)
    assert "forward" not in vars(model.encoder)


@pytest.mark.parametrize("pooling", ["cls", "mean"])
@pytest.mark.parametrize(
    ("model_type", "usual"), [("bert", "sdpa"), ("modernbert", "sdpa"), ("xlnet", None)]
)
def test_eager_attention_gives_the_same_logits_and_is_undone(model_type, usual, pooling):
    model, inputs = load(model_type, pooling=pooling)
    config = model.encoder.config
    if usual is None:  # no choice
        usual = config._attn_implementation
        assert usual != "sdpa"
    with torch.no_grad():
        wanted = model(**inputs)
        with eager_attention(model.encoder):
            assert config._attn_implementation == "eager"
            torch.testing.assert_close(model(**inputs), wanted, rtol=1e-4, atol=1e-5)
    assert config._attn_implementation == usual


@pytest.mark.parametrize("model_type", [*toys.ARCHITECTURES, "llama", "eurobert"])
def test_an_encoder_without_dropout_is_the_same_in_training(model_type):
    model, inputs = load(model_type, pooling="mean", dropout=0.0)
    with torch.no_grad():
        wanted = model(**inputs)
        model.train()
        with encoder_dropout(model.encoder, 0.5):
            assert not torch.allclose(model(**inputs), wanted, rtol=1e-3)
        with encoder_dropout(model.encoder, 0.0):
            torch.testing.assert_close(model(**inputs), wanted, rtol=1e-4, atol=1e-5)


def test_the_encoder_has_its_own_dropout_rates_again():
    model, _ = load("bert")
    rates = [m.p for m in model.modules() if isinstance(m, torch.nn.Dropout)]
    with pytest.raises(KeyError), encoder_dropout(model.encoder, 0.7):
        raise KeyError
    assert [m.p for m in model.modules() if isinstance(m, torch.nn.Dropout)] == rates
    with encoder_dropout(model.encoder, 0.7):
        assert model.encoder.embeddings.dropout.p == 0.7
        assert model.classifier.dropout.p == 0.3  # the head
    with encoder_dropout(model.encoder, None):  # its own
        assert model.encoder.embeddings.dropout.p == 0.1


def test_dropout_goes_to_the_head_alone():
    model, _ = load("distilbert")
    assert model.classifier.dropout.p == 0.3
    assert model.encoder.embeddings.dropout.p == 0.1


def test_hidden_layers_make_the_head():
    model, inputs = load(pooling="max", head_layers=(7, 5))
    assert model.keep_features(**inputs)
    sizes = [layer.out_features for layer in model.head if isinstance(layer, torch.nn.Linear)]
    assert sizes == [7, 5, 3]
    assert model(**inputs).shape == (3, 3)


def test_attention_has_weights_to_train_and_keeps_no_features():
    model, inputs = load(pooling="attention")
    assert not model.keep_features(**inputs)


def test_every_weight_of_a_pooled_network_has_a_gradient():
    model, inputs = load(pooling="attention")
    model(**inputs).sum().backward()
    assert [name for name, p in model.named_parameters() if p.grad is None] == []


@pytest.mark.parametrize("model_type", ["bert", "albert", "squeezebert"])
def test_a_pooler_that_nobody_asks_has_no_weights(model_type):
    model, inputs = load(model_type, pooling="mean")
    assert not any("pooler" in name for name, _ in model.named_parameters())
    assert model(**inputs).shape == (3, 3)


def trained(encoder):
    return {name for name, p in encoder.named_parameters() if p.requires_grad}


@pytest.mark.parametrize("model_type", toys.ARCHITECTURES)
def test_what_is_frozen(model_type):
    model, _ = load(model_type, pooling="mean")
    encoder = model.encoder
    freeze(encoder, "none")
    every = trained(encoder)
    freeze(encoder, "embeddings")
    without_embeddings = trained(encoder)
    assert without_embeddings < every
    freeze(encoder, "encoder")
    assert trained(encoder) == set()
    if model_type == "albert":
        with pytest.raises(ValueError, match=r"layers of AlbertModel share their weights"):
            freeze(encoder, 1)
        return
    freeze(encoder, 0)
    assert trained(encoder) == without_embeddings
    freeze(encoder, 1)
    one = trained(encoder)
    freeze(encoder, 2)
    assert trained(encoder) < one < without_embeddings
    assert not any(".0." in name for name in one)
    assert not any(".1." in name for name in trained(encoder))
    with pytest.raises(ValueError, match="freeze is 3, but this encoder has 2 layers"):
        freeze(encoder, 3)
