"""From a checkpoint to a network: heads kept or replaced, vocabularies, errors."""

import shutil

import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import numpy as np
import torch
import transformer_toys as toys

from skmultitext._runtime.generators import isolated_generators
from skmultitext.transformer._frameworks import quiet_transformers
from skmultitext.transformer._tokenizers import load_tokenizer
from skmultitext.transformer.tagger import TransformerTagger
from skmultitext.transformer.torch._loading import load_checkpoint

HEAD = {"pooling": "cls", "head_layers": (), "dropout": 0.1, "window_pooling": "max"}


def load(path, names=("a", "b"), tokens=(), seed=0, **head):
    with quiet_transformers(), isolated_generators(seed):
        tokenizer = load_tokenizer(path, tokens)
        return load_checkpoint(path, tokenizer, names, {**HEAD, **head})[0]


@pytest.fixture
def classifier(tmp_path):
    return toys.make_checkpoint(tmp_path / "classifier", classifier_labels=["b", "a"])


def test_a_head_with_our_labels_is_kept_in_our_order(classifier):
    from transformers import AutoModelForSequenceClassification

    theirs = AutoModelForSequenceClassification.from_pretrained(classifier).classifier
    ours = load(classifier).classifier
    torch.testing.assert_close(ours.classifier.weight, theirs.weight[[1, 0]])
    assert ours.config.id2label == {0: "a", 1: "b"}
    assert ours.config.problem_type == "multi_label_classification"


@pytest.mark.parametrize("names", [["a", "b", "c"], ["x", "y"]])
def test_another_head_is_replaced_with_a_warning(classifier, names):
    with pytest.warns(UserWarning, match=r"has 2 labels \('b', 'a'\), y has .* is replaced"):
        model = load(classifier, names)
    assert model.classifier.classifier.out_features == len(names)
    assert list(model.classifier.config.id2label.values()) == names


def test_a_head_without_names_is_kept_where_the_number_fits(tmp_path):
    path = toys.make_checkpoint(tmp_path, classifier_labels=["LABEL_0", "LABEL_1"])
    first, second = load(path, seed=0), load(path, seed=1)
    torch.testing.assert_close(
        first.classifier.classifier.weight, second.classifier.classifier.weight
    )


def test_new_weights_come_from_the_seed():
    one, same, other = (load(toys.checkpoint(), seed=seed) for seed in (0, 0, 1))
    torch.testing.assert_close(
        one.classifier.classifier.weight, same.classifier.classifier.weight, rtol=0, atol=0
    )
    assert not torch.equal(one.classifier.classifier.weight, other.classifier.classifier.weight)


def test_special_tokens_get_rows_of_the_embeddings():
    plain = load(toys.checkpoint(), pooling="mean")
    grown = load(toys.checkpoint(), tokens=["[URL]", "[USER]"], pooling="mean")
    n_rows = plain.encoder.get_input_embeddings().num_embeddings
    assert grown.encoder.get_input_embeddings().num_embeddings == n_rows + 2
    assert grown.encoder.config.vocab_size == n_rows + 2


def test_the_file_of_the_weights_may_change_later(classifier):
    model = load(classifier)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    file = classifier / "model.safetensors"
    size = file.stat().st_size
    with file.open("r+b") as stream:  # in place, as cp does it
        stream.write(bytes(size))
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)


@pytest.mark.parametrize(("model_type", "side"), [("bert", "left"), ("xlnet", "right")])
def test_a_tokenizer_that_pads_on_the_wrong_side(model_type, side, tmp_path):
    """What stands beside a text in its batch does not change its probabilities."""
    path = toys.make_checkpoint(
        tmp_path, model_type, classifier_labels=["a", "b"], initializer_range=0.3
    )
    toys.rewrite_config(path, file="tokenizer_config.json", padding_side=side)
    tagger = TransformerTagger.from_pretrained(path)
    texts = ["late", "", "where is my parcel, please?"]
    alone = np.vstack([tagger.predict_proba([text]) for text in texts])
    assert np.ptp(alone, axis=0).min() > 0.01
    np.testing.assert_allclose(tagger.predict_proba(texts), alone, atol=1e-5)


def test_a_tokenizer_of_another_model(tmp_path):
    path = toys.make_checkpoint(tmp_path)
    other = toys.make_checkpoint(tmp_path / "small", vocab_size=20)
    shutil.copy(path / "tokenizer.json", other / "tokenizer.json")
    with pytest.raises(ValueError, match=r"20 embeddings: they do not belong together"):
        load(other)


def test_weights_of_half_precision_become_float32(tmp_path):
    from transformers import AutoModel

    path = toys.make_checkpoint(tmp_path)
    AutoModel.from_pretrained(path).to(torch.bfloat16).save_pretrained(path)
    assert {p.dtype for p in load(path).parameters()} == {torch.float32}


def test_foreign_code_is_never_run(tmp_path):
    path = toys.make_checkpoint(tmp_path)
    (path / "evil.py").write_text("raise SystemExit('run')")
    toys.rewrite_config(path, model_type="evil", auto_map={"AutoConfig": "evil.Evil"})
    with pytest.raises(
        ValueError, match=r"transformers does not know .* and code in a checkpoint is"
    ):
        load(path)


def test_a_damaged_tokenizer(tmp_path):
    path = toys.make_checkpoint(tmp_path)
    (path / "tokenizer.json").write_text("{}")
    with pytest.raises(ValueError, match=r"The tokenizer of the checkpoint .* cannot be read"):
        load(path)
