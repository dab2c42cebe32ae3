"""Weights that a checkpoint lacks, or that do not fit, are told by TensorFlow, too."""

import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")
pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
pytest.importorskip("keras_hub", reason="needs KerasHub (extra 'transformers-tf')")

import re

import numpy as np
import transformer_toys as toys
from safetensors.numpy import load_file, save_file

from skmultitext import TransformerTagger
from skmultitext.transformer._frameworks import quiet_transformers
from skmultitext.transformer.keras._model import BACKBONES
from skmultitext.transformer.keras._model import load_backbone as load


def load_backbone(path, **options):
    with quiet_transformers():
        return load(path, "float32", np.random.RandomState(0), **options)


def load_classifier(path):
    return TransformerTagger.from_pretrained(path, framework="tensorflow", device="cpu")


def change(path, function):
    """Write the weights that `function` makes of those in the file."""
    file = path / "model.safetensors"
    save_file(function(load_file(file)), file)


def without(path, end):
    change(path, lambda found: {n: w for n, w in found.items() if not n.endswith(end)})


@pytest.mark.parametrize("model_type", BACKBONES)
@pytest.mark.parametrize("prefix", ["module.", "base_model.model."])
def test_prefixes_of_wrappers_are_taken_off(model_type, prefix, tmp_path):
    path = toys.make_checkpoint(tmp_path, model_type, classifier_labels=["a", "b"])
    wanted = load_backbone(path)
    change(path, lambda found: {prefix + name: weight for name, weight in found.items()})
    for one, other in zip(load_backbone(path).weights, wanted.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy(), one.path)


@pytest.mark.parametrize("model_type", BACKBONES)
def test_a_missing_layer_is_told(model_type, tmp_path):
    path = toys.make_checkpoint(tmp_path, model_type)
    names = [n for n in load_file(path / "model.safetensors") if re.search(r"\.\d+\..*weight$", n)]
    without(path, names[-1])
    end = re.escape(names[-1].removeprefix(BACKBONES[model_type][1]))
    with pytest.raises(ValueError, match=rf"cannot read the checkpoint .*{end}"):
        load_backbone(path)


def test_names_of_another_making_are_told_or_read_whole(tmp_path):
    path = toys.make_checkpoint(tmp_path / "distilbert", "distilbert")
    change(path, lambda found: {"student." + name: weight for name, weight in found.items()})
    with pytest.raises(ValueError, match="cannot read the checkpoint"):
        load_backbone(path)
    path = toys.make_checkpoint(tmp_path / "bert")
    wanted = load_backbone(path)
    change(path, lambda found: {"student." + name: weight for name, weight in found.items()})
    # KerasHub finds a prefix of BERT itself
    for one, other in zip(load_backbone(path).weights, wanted.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy(), one.path)


@pytest.mark.parametrize(
    "changes", [{"intermediate_size": 40}, {"vocab_size": 300}, {"max_position_embeddings": 99}]
)
def test_a_configuration_of_other_sizes(changes, tmp_path):
    path = toys.make_checkpoint(tmp_path)
    toys.rewrite_config(path, **changes)
    with pytest.raises(ValueError, match="cannot read the checkpoint"):
        load_backbone(path)


def test_layers_that_the_configuration_does_not_count(tmp_path):
    path = toys.make_checkpoint(tmp_path)
    toys.rewrite_config(path, num_hidden_layers=1)
    with pytest.raises(ValueError, match=r"has weights of 2 layers, but its config.json says 1"):
        load_backbone(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite(value, tmp_path):
    path = toys.make_checkpoint(tmp_path)

    def spoil(found):
        found["embeddings.word_embeddings.weight"][0, 0] = value
        return found

    change(path, spoil)
    with pytest.raises(ValueError, match=r"has NaN or infinite weights \(1 in "):
        load_backbone(path)


@pytest.mark.parametrize("end", ["classifier.weight", "classifier.bias"])
def test_a_kept_head_is_whole(end, tmp_path):
    path = toys.make_checkpoint(tmp_path, classifier_labels=["a", "b"])
    toys.rewrite_config(path, problem_type="multi_label_classification")
    without(path, end)
    with pytest.raises(ValueError, match=rf"lacks weights of its head: {end}"):
        load_classifier(path)


def test_fewer_names_than_rows_of_the_head(tmp_path):
    path = toys.make_checkpoint(tmp_path, classifier_labels=["a", "b", "c"])
    toys.rewrite_config(
        path,
        id2label={"0": "a", "1": "b"},
        label2id={"a": 0, "b": 1},
        problem_type="multi_label_classification",
    )
    with pytest.raises(ValueError, match=r"classifier.weight \(3, 32\) instead of \(2, 32\)"):
        load_classifier(path)


def test_a_pooler_is_wanted_where_it_is_used(tmp_path):
    path = toys.make_checkpoint(tmp_path)
    change(path, lambda found: {n: w for n, w in found.items() if not n.startswith("pooler")})
    load_backbone(path)
    with pytest.raises(ValueError, match=r"lacks .*pooler.*not initialised at random\. Pass"):
        load_backbone(path, pooler_is_used=True)
