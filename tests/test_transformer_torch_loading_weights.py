"""Weights that a checkpoint lacks, or that do not fit, are told; prefixes of wrappers are known."""

import re

import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import numpy as np
import torch
import transformer_toys as toys
from safetensors.torch import load_file, save_file
from transformers import (
    BartConfig,
    BartModel,
    T5Config,
    T5EncoderModel,
    T5Model,
)

from skmultitext._runtime.generators import isolated_generators
from skmultitext.transformer._frameworks import quiet_transformers
from skmultitext.transformer._tokenizers import load_tokenizer
from skmultitext.transformer.torch._loading import build_model, load_checkpoint, with_constants

HEAD = {"pooling": "cls", "head_layers": (), "dropout": 0.1, "window_pooling": "max"}


def load(path, names=("a", "b"), seed=0, **head):
    with quiet_transformers(), isolated_generators(seed):
        return load_checkpoint(path, load_tokenizer(path), names, {**HEAD, **head})


def change(path, function):
    """Write the weights that `function` makes of those in the file."""
    file = path / "model.safetensors"
    save_file(function(load_file(file)), file, metadata={"format": "pt"})


def without(path, end):
    change(path, lambda found: {n: t for n, t in found.items() if not n.endswith(end)})


@pytest.mark.parametrize("model_type", toys.ARCHITECTURES)
@pytest.mark.parametrize("prefix", ["module.", "model.", "base_model.model.", "module._orig_mod."])
def test_prefixes_of_wrappers_are_taken_off(model_type, prefix, tmp_path):
    path = toys.make_checkpoint(tmp_path, model_type, classifier_labels=["a", "b"])
    wanted = load(path)[0].state_dict()
    change(path, lambda found: {prefix + name: tensor for name, tensor in found.items()})
    for name, tensor in load(path)[0].state_dict().items():
        torch.testing.assert_close(tensor, wanted[name], rtol=0, atol=0)


@pytest.mark.parametrize("model_type", toys.ARCHITECTURES)
def test_a_missing_layer_is_named(model_type, tmp_path):
    path = toys.make_checkpoint(tmp_path, model_type)
    names = [n for n in load_file(path / "model.safetensors") if re.search(r"\.\d+\..*weight$", n)]
    change(path, lambda found: {n: t for n, t in found.items() if n != names[-1]})
    for pooling in ("cls", "mean"):
        with pytest.raises(ValueError, match=rf"lacks weights of its .*{names[-1].split('.')[-2]}"):
            load(path, pooling=pooling)


def test_names_of_another_making_are_told(tmp_path):
    path = toys.make_checkpoint(tmp_path)
    change(path, lambda found: {"student." + name: tensor for name, tensor in found.items()})
    with pytest.raises(ValueError, match=r"lacks weights of its BertModel.*It has 'student\."):
        load(path, pooling="mean")


@pytest.mark.parametrize(
    "changes", [{"intermediate_size": 40}, {"vocab_size": 300}, {"max_position_embeddings": 99}]
)
def test_a_configuration_of_other_sizes(changes, tmp_path):
    path = toys.make_checkpoint(tmp_path, classifier_labels=["a", "b"])
    toys.rewrite_config(path, **changes)
    for pooling in ("cls", "mean"):
        with pytest.raises(ValueError, match=r"other shapes than its config.json says: .*instead"):
            load(path, pooling=pooling)


def test_layers_that_the_configuration_does_not_count(tmp_path):
    path = toys.make_checkpoint(tmp_path)
    toys.rewrite_config(path, num_hidden_layers=1)
    with pytest.raises(ValueError, match=r"config.json does not have: '.*layer\.1"):
        load(path)


@pytest.mark.parametrize("end", ["classifier.weight", "classifier.bias", "pooler.dense.weight"])
def test_a_kept_head_is_whole(end, tmp_path):
    path = toys.make_checkpoint(tmp_path, classifier_labels=["a", "b"])
    without(path, end)
    with pytest.raises(ValueError, match=rf"lacks weights .*{end}"):
        load(path)


def test_fewer_names_than_rows_of_the_head(tmp_path):
    path = toys.make_checkpoint(tmp_path, classifier_labels=["a", "b", "c"])
    toys.rewrite_config(path, id2label={"0": "a", "1": "b"}, label2id={"a": 0, "b": 1})
    with pytest.raises(ValueError, match=r"classifier.weight \(3, 32\) instead of \(2, 32\)"):
        load(path)


def test_a_further_part_of_a_kept_head(tmp_path):
    path = toys.make_checkpoint(tmp_path, "roberta", classifier_labels=["a", "b"])
    change(path, lambda found: {**found, "classifier.norm.weight": torch.ones(32)})
    with pytest.raises(ValueError, match=r"does not have: 'classifier\.norm\.weight'"):
        load(path)


def test_a_pooler_is_wanted_where_it_is_used(tmp_path):
    path = toys.make_checkpoint(tmp_path / "bare")
    without(path, "pooler.dense.weight")
    load(path, pooling="mean")
    with pytest.raises(ValueError, match=r"lacks .*pooler.*not initialised at random. Pass"):
        load(path)
    toys.rewrite_config(path, architectures=["BertForMaskedLM"])
    with pytest.warns(UserWarning, match="without a pooling layer .* Pass pooling='mean'"):
        load(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite(value, tmp_path):
    path = toys.make_checkpoint(tmp_path)
    change(
        path, lambda found: {n: t.index_fill(0, torch.tensor([0]), value) for n, t in found.items()}
    )
    with pytest.raises(ValueError, match=r"has NaN or infinite weights \(\d+ in "):
        load(path)


def test_adapters_have_to_be_merged(tmp_path):
    path = toys.make_checkpoint(tmp_path)
    change(path, lambda found: {**found, "a.query.lora_A.weight": torch.ones(2, 2)})
    with pytest.raises(ValueError, match=r"PEFT adapters \(a\.query\.lora_A.*merge_and_unload"):
        load(path)


def test_pickled_weights_are_read_alike(tmp_path):
    path = toys.make_checkpoint(tmp_path, classifier_labels=["a", "b"])
    wanted = load(path)[0].state_dict()
    found = {"module." + n: t for n, t in load_file(path / "model.safetensors").items()}
    torch.save(found, path / "pytorch_model.bin")
    (path / "model.safetensors").unlink()
    for name, tensor in load(path)[0].state_dict().items():
        torch.testing.assert_close(tensor, wanted[name], rtol=0, atol=0)


SIZES = {"d_model": 32, "d_ff": 48, "d_kv": 16, "num_layers": 2, "num_heads": 2}
BART = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2}
BART |= {"decoder_attention_heads": 2, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48}


def half(path, kind):
    """A checkpoint of an encoder with a decoder, or of its encoder; and the encoder."""
    toys.make_checkpoint(path, "roberta")
    tokens = len(load_tokenizer(path))
    torch.manual_seed(0)
    if kind == "bart":
        model = BartModel(BartConfig(vocab_size=tokens, **BART)).eval()
        encoder = model.get_encoder()
    else:
        config = T5Config(vocab_size=tokens, decoder_start_token_id=1, **SIZES)
        model = (T5Model if kind == "t5" else T5EncoderModel)(config).eval()
        encoder = model.get_encoder()
    with quiet_transformers():
        model.save_pretrained(path)
    return encoder


@pytest.mark.parametrize("kind", ["t5", "t5 encoder", "bart"])
def test_the_encoder_alone_of_an_encoder_with_a_decoder(kind, tmp_path):
    theirs = half(tmp_path, kind)
    one, head = load(tmp_path, pooling="auto", seed=0)
    other, _ = load(tmp_path, pooling="auto", seed=1)
    assert head["pooling"] == "mean"
    ids = torch.tensor([[5, 9, 12]])
    mask = torch.ones_like(ids)
    with torch.no_grad():
        wanted = theirs(input_ids=ids, attention_mask=mask).last_hidden_state.mean(1)
        for model in (one, other):
            found = model.features(input_ids=ids, attention_mask=mask)
            torch.testing.assert_close(found, wanted, rtol=0, atol=1e-6)
    assert not any("decoder" in name for name in one.state_dict())
    one.encoder.config.save_pretrained(tmp_path / "built")
    built = build_model(tmp_path / "built", 2, head, one.layout)
    assert built.state_dict().keys() == one.state_dict().keys()


def test_constants_go_into_a_copy_of_the_last_layer(tmp_path):
    path = toys.make_checkpoint(tmp_path, classifier_labels=["a", "b"])
    classifier = load(path)[0].classifier
    before = classifier.classifier.weight.clone()
    weights = with_constants(classifier, np.array([np.nan, -16.0]))
    assert weights["classifier.bias"][1] == -16
    assert not weights["classifier.weight"][1].any()
    torch.testing.assert_close(weights["classifier.weight"][0], before[0])
    torch.testing.assert_close(classifier.classifier.weight, before)
    assert with_constants(classifier, np.full(2, np.nan)).keys() == weights.keys()
