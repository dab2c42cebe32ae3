"""Effects of batch order and padding, for one architecture of each kind."""

import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import numpy as np
import torch
import transformer_toys as toys
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from skmultitext import persistence
from skmultitext._runtime.generators import isolated_generators
from skmultitext.transformer._frameworks import quiet_transformers
from skmultitext.transformer._tokenizers import load_tokenizer
from skmultitext.transformer.tagger import TransformerTagger
from skmultitext.transformer.torch import _engine as torch_engine
from skmultitext.transformer.torch._probe import (
    are_close,
    check_training,
    is_causal,
    probe_tokens,
    settle_padding,
)

NAMES = ["parcel", "refund", "login"]
HEAD = {"pooling": "cls", "head_layers": (), "dropout": 0.0, "window_pooling": "max"}
# of different lengths, and long enough for attention in windows of 4 to end before the end
TEXTS = ["late", "where is my parcel please", "refund " + "money and the lamp " * 5, "door locked"]
# model type -> settings of its configuration, as checkpoints of the hub have them
CASES = {
    "bert": ("bert", {}),
    "llama": ("llama", {}),
    "llama that says how it pads": ("llama", {"pad_token_id": 0}),
    "llama that begins with [CLS]": ("llama", {"special": "bert"}),
    "qwen2": ("qwen2", {}),
    "modernbert, mean": ("modernbert", {"classifier_pooling": "mean"}),
    "modernbert-decoder with [CLS]": ("modernbert-decoder", {"special": "bert"}),
    "eurobert, late": ("eurobert", {}),
    "eurobert, bos": ("eurobert", {"classifier_pooling": "bos"}),
    "xlnet": ("xlnet", {}),
    "xlnet, mean": ("xlnet", {"summary_type": "mean"}),
    "electra": ("electra", {}),
    "fnet": ("fnet", {}),
    "nystromformer": ("nystromformer", {}),
    "yoso": ("yoso", {}),
    "convbert": ("convbert", {}),
    "squeezebert": ("squeezebert", {}),
    "longformer": ("longformer", {}),
    "big_bird": ("big_bird", {}),
    "ibert": ("ibert", {}),
    "luke": ("luke", {}),
}
SEES_PADDING = {"xlnet, mean", "fnet", "nystromformer", "yoso", "convbert"}


@pytest.fixture(scope="module", params=CASES)
def case(request, tmp_path_factory):
    model_type, settings = CASES[request.param]
    path = tmp_path_factory.mktemp(model_type)
    settings = {"initializer_range": 0.3, **settings}
    toys.make_checkpoint(path, model_type, classifier_labels=NAMES, **settings)
    return request.param, path


def start(path, **head):
    return torch_engine.start_network(
        path,
        NAMES,
        head={**HEAD, **head},
        reading={"max_length": 64},
        device="cpu",
        precision="float32",
        seed=0,
    )


def logits(network, texts):
    return network.logits(network.encode(texts))


def test_a_classifier_gives_what_transformers_gives(case):
    """Text by text without padding, as its pipeline does."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    _, path = case
    found = TransformerTagger.from_pretrained(path, max_length=256).predict_proba(TEXTS)
    with quiet_transformers():
        tokenizer = AutoTokenizer.from_pretrained(path)
        model = AutoModelForSequenceClassification.from_pretrained(path).eval()
    with torch.no_grad():
        rows = [model(**tokenizer(text, return_tensors="pt")).logits[0] for text in TEXTS]
    np.testing.assert_allclose(found, expit(torch.stack(rows).double().numpy()), atol=1e-5)
    assert np.ptp(found, axis=0).min() > 1e-3


@pytest.mark.parametrize(
    "head",
    [{}, {"pooling": "mean"}, {"pooling": "max"}, {"pooling": "attention"}, {"head_layers": (8,)}],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:The head of the checkpoint")
def test_a_text_alone_and_beside_longer_ones(case, head):
    name, path = case
    network = start(path, **head)
    together = logits(network, TEXTS)
    alone = np.vstack([logits(network, [text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=2e-4)
    assert np.ptp(together, axis=0).min() > 1e-3
    if head.get("pooling") == "mean":
        assert network.model.sees_padding == (name in SEES_PADDING - {"xlnet, mean"})


def test_kept_features_give_the_logits_of_the_full_pass(case):
    name, path = case
    network = start(path)
    tokens = network.encode(TEXTS)
    assert network.keep_features(tokens) == (name != "eurobert, late")
    if name != "eurobert, late":
        found = network.feature_logits(network.features(tokens), tokens)
        np.testing.assert_allclose(found, network.logits(tokens), atol=2e-4)


def test_a_saved_tagger_predicts_the_same(case, tmp_path):
    _, path = case
    tagger = TransformerTagger.from_pretrained(path, max_length=256)
    persistence.save(tagger, tmp_path / "saved")
    loaded = persistence.load(tmp_path / "saved")
    np.testing.assert_array_equal(loaded.predict_proba(TEXTS), tagger.predict_proba(TEXTS))
    assert loaded.network_.model.sees_padding == tagger.network_.model.sees_padding


@pytest.mark.parametrize("model_type", ["llama", "modernbert-decoder"])
@pytest.mark.parametrize("options", [{"head": "logreg"}, {"freeze": "encoder"}], ids=str)
def test_a_causal_network_is_read_at_its_last_token(model_type, options, tmp_path):
    """Its tokenizer begins with [CLS], which sees nothing of the text."""
    path = toys.make_checkpoint(tmp_path, model_type, special="bert", initializer_range=0.3)
    texts, y = toys.make_texts()
    settings = {"max_length": 32}
    if "head" not in options:
        settings |= {"max_epochs": 30, "learning_rate": 0.02, "head_params": {"head_layers": (16,)}}
    tagger = TransformerTagger(path, framework="torch", random_state=0, **settings, **options)
    assert roc_auc_score(y, tagger.fit(texts, y).predict_proba(texts)) > 0.85


@pytest.mark.parametrize("end", [{}, {"pad_token_id": 0}], ids=["no padding id", "padding id"])
def test_a_frozen_decoder_that_pads_with_the_token_it_ends_with(end, tmp_path):
    path = toys.make_checkpoint(tmp_path, "llama", initializer_range=0.3, **end)
    texts, y = toys.make_texts(16)
    settings = {"max_epochs": 1, "learning_rate": 1e-12, "batch_size": 16}
    settings["head_params"] = {"dropout": 0.0}
    tagger = TransformerTagger(path, framework="torch", freeze="encoder", **settings)
    tagger.set_params(max_length=32, random_state=0, precision="float32").fit(texts, y)
    proba = tagger.predict_proba(texts)
    loss = -np.where(y == 1, np.log(proba), np.log(1 - proba)).sum(axis=1).mean()
    # what it has trained on is what it predicts with
    assert tagger.history_[0]["loss"] == pytest.approx(loss, rel=1e-4)


@pytest.mark.parametrize(("model_type", "wanted"), [("llama", True), ("bert", False)])
def test_what_is_causal(model_type, wanted):
    from transformers import AutoModel

    path = toys.checkpoint(model_type)
    with quiet_transformers():
        tokenizer = load_tokenizer(path)
        assert is_causal(AutoModel.from_pretrained(path), tokenizer) is wanted


def test_rows_are_closed_as_the_tokenizer_does():
    tokenizer = load_tokenizer(toys.checkpoint("bert"))
    tokens = probe_tokens(tokenizer)
    assert tokens.row_lengths.tolist() == [3, 6, 11, 11]
    for start_, end in zip(tokens.row_starts, tokens.row_starts[1:], strict=False):
        row = tokens.ids[start_:end]
        assert [row[0], row[-1]] == [tokenizer.cls_token_id, tokenizer.sep_token_id]
        assert not set(row[1:-1]) & set(tokenizer.all_special_ids)


def test_what_is_close():
    one = torch.tensor([1000.0, 0.0])
    assert are_close(one, one + 0.01)
    assert not are_close(one, one + 0.1)


def test_the_first_token_sees_the_whole_text_where_attention_has_windows(tmp_path):
    path = toys.make_checkpoint(tmp_path, "longformer", initializer_range=0.3)
    network = start(path, head_layers=(4,))
    words = ["late"] * 40
    changed = [*words[:-1], "refund"]
    one, other = logits(network, [" ".join(words), " ".join(changed)])
    assert abs(one - other).max() > 1e-4


def test_big_bird_answers_alike_before_and_after_a_short_text(tmp_path):
    path = toys.make_checkpoint(
        tmp_path, "big_bird", classifier_labels=NAMES, initializer_range=0.3
    )
    tagger = TransformerTagger.from_pretrained(path, max_length=300)
    long = " ".join(toys.WORDS * 5)
    first = tagger.predict_proba([long])
    tagger.predict_proba(["late"])
    np.testing.assert_array_equal(tagger.predict_proba([long]), first)


def test_windows_of_a_network_that_sees_padding(tmp_path):
    settings = {"classifier_labels": NAMES, "initializer_range": 0.3}
    path = toys.make_checkpoint(tmp_path / "classifier", "fnet", **settings)
    text_params = {"long_text": "window", "window_stride": 2}
    options = {"max_length": 8, "text_params": text_params}
    tagger = TransformerTagger.from_pretrained(path, **options)
    alone = np.vstack([tagger.predict_proba([text]) for text in TEXTS])
    np.testing.assert_allclose(tagger.predict_proba(TEXTS), alone, atol=1e-5)
    texts, y = toys.make_texts(12)
    path = toys.make_checkpoint(tmp_path / "bare", "fnet")
    again = TransformerTagger(path, framework="torch", max_epochs=1, random_state=0, **options)
    again.fit(texts, y)
    alone = np.vstack([again.predict_proba([text]) for text in TEXTS])
    np.testing.assert_allclose(again.predict_proba(TEXTS), alone, atol=1e-5)


@pytest.mark.parametrize(
    ("model_type", "head", "message"),
    [
        ("reformer", {}, "'reformer' hashes its attention at random"),
        ("canine", {}, r"'canine' does not accept texts of any length: RuntimeError"),
        ("perceiver", {}, r"not an encoder of texts \(perceiver takes inputs\)"),
        ("perceiver", {"pooling": "mean"}, r"not an encoder of texts \(perceiver takes inputs\)"),
        (
            "funnel",
            {"pooling": "mean"},
            r"'funnel' has no vector for each token: it makes 6 vectors of 11 tokens",
        ),
    ],
)
def test_architectures_that_are_refused(model_type, head, message, tmp_path):
    path = toys.make_checkpoint(tmp_path, model_type)
    with pytest.raises(ValueError, match=message):
        start(path, **head)


@pytest.mark.parametrize("head", [{}, {"head_layers": (8,)}], ids=str)
def test_a_head_that_looks_at_a_token_that_has_seen_nothing(head, tmp_path):
    """The first one of a causal BERT; each one of MRA, which needs a kernel of CUDA to attend."""
    model_type = "mra" if head else "bert"
    settings = {} if head else {"is_decoder": True}
    path = toys.make_checkpoint(tmp_path, model_type, initializer_range=0.3, **settings)
    with pytest.raises(ValueError, match=rf"'{model_type}' gives all texts .*Set pooling='mean'"):
        start(path, **head)
    found = logits(start(path, pooling="mean"), TEXTS)
    assert np.ptp(found, axis=0).min() > 1e-3


def test_training_takes_a_precision_that_the_architecture_computes_in(tmp_path):
    path = toys.make_checkpoint(tmp_path, "deberta")
    network = start(path)
    tokenizer = network.reader.tokenizer
    with isolated_generators():
        assert check_training(network.model, tokenizer, "bfloat16", ["float32"]) == "float32"
        assert check_training(network.model, tokenizer, "float32") == "float32"
        with pytest.raises(ValueError, match=r"'deberta' does not .* in precision='bfloat16'"):
            check_training(network.model, tokenizer, "bfloat16")
    assert not network.model.training


def test_a_network_that_draws_numbers_is_refused(tmp_path):
    path = toys.make_checkpoint(tmp_path, "bert", initializer_range=0.3)
    network = start(path)
    tokenizer = network.reader.tokenizer
    encoder = network.model.encoder

    def draws(**inputs):
        return network.model.score(**inputs) + torch.rand(1)

    with (
        isolated_generators(),
        pytest.raises(ValueError, match="'bert' gives a text other logits from"),
    ):
        settle_padding(draws, encoder, tokenizer)

    def depends_on_its_neighbours(**inputs):
        logits = network.model.score(**inputs)
        return logits - logits.mean(dim=0) * (len(logits) > 1)

    with pytest.raises(ValueError, match="or beside another text"):
        settle_padding(depends_on_its_neighbours, encoder, tokenizer)
