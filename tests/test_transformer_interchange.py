"""Directories that transformers opens, and taggers of such directories."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

import torch
import transformer_toys as toys
from scipy.special import expit
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

from skmultitext.transformer.tagger import TransformerTagger

NAMES = ["delivery", "money", "login"]


def label_sets(y):
    return [[name for name, on in zip(NAMES, row, strict=True) if on] for row in y]


@pytest.mark.parametrize("model_type", toys.ARCHITECTURES)
def test_what_is_saved_opens_as_a_classifier_and_as_a_tagger(model_type, tmp_path):
    texts, y = toys.make_texts(24)
    tagger = toys.tiny(model_type, pooling="cls", threshold={"login": 0.3}, max_epochs=1)
    tagger.fit(texts, label_sets(y))
    tagger.save_pretrained(tmp_path)
    wanted = tagger.predict_proba(texts)

    model = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    assert model.config.problem_type == "multi_label_classification"
    assert [model.config.id2label[j] for j in range(3)] == sorted(NAMES)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    with torch.no_grad():
        inputs = tokenizer(texts, padding=True, truncation=True, max_length=64, return_tensors="pt")
        logits = model(**inputs).logits.numpy()
    np.testing.assert_allclose(expit(logits), wanted, atol=1e-5)

    again = TransformerTagger.from_pretrained(tmp_path)
    np.testing.assert_allclose(again.predict_proba(texts), wanted, atol=1e-6)
    assert again.predict_labels(texts) == tagger.predict_labels(texts)
    assert again.max_length == 64
    assert again.thresholds_.tolist() == tagger.thresholds_.tolist()
    assert again.score(texts, label_sets(y)) == tagger.score(texts, label_sets(y))


def test_the_pipeline_opens_it(tmp_path):
    texts, y = toys.make_texts(16)
    tagger = toys.tiny(pooling="cls", max_epochs=1).fit(texts, label_sets(y))
    tagger.save_pretrained(tmp_path)
    found = pipeline("text-classification", str(tmp_path), top_k=None, device="cpu")(texts[:1])[0]
    scores = {entry["label"]: entry["score"] for entry in found}
    wanted = dict(zip(tagger.label_names_, tagger.predict_proba(texts[:1])[0], strict=True))
    assert scores == pytest.approx(wanted, abs=1e-5)


def test_a_classifier_made_by_others_predicts_at_once(tmp_path):
    path = toys.make_checkpoint(tmp_path, "distilbert", classifier_labels=["toxic", "insult"])
    tagger = TransformerTagger.from_pretrained(path, max_length=32, threshold=0.1)
    assert tagger.label_names_.tolist() == ["toxic", "insult"]
    assert tagger.predict_labels(["late parcel"]) == [("toxic", "insult")]
    assert tagger.predict(["late parcel"]).tolist() == [[1, 1]]


def test_what_cannot_be_written_or_opened(tmp_path):
    texts, y = toys.make_texts(16)
    for options in ({"pooling": "mean"}, {"head": "logreg"}):
        with pytest.raises(ValueError, match="Only a tagger with framework='torch'"):
            toys.tiny(max_epochs=1, **options).fit(texts, y).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=r"is not a sequence classifier \(BertModel\): it has no"):
        TransformerTagger.from_pretrained(toys.checkpoint())


def test_constant_labels_stay_constant(tmp_path):
    texts, _ = toys.make_texts(16)
    y = np.column_stack([np.arange(16) % 2, np.zeros(16, int)])
    tagger = toys.tiny(pooling="cls", max_epochs=1).fit(texts, y)
    tagger.save_pretrained(tmp_path)
    logits = TransformerTagger.from_pretrained(tmp_path).decision_function(texts)
    assert (logits[:, 1] == -16).all()


@pytest.mark.parametrize(
    "parameters", [{"pooling": "mean"}, {"head_layers": [8]}, {"head": "logreg"}], ids=str
)
def test_a_classifier_keeps_its_own_head(parameters, tmp_path):
    path = toys.make_checkpoint(tmp_path, classifier_labels=["a", "b"])
    with pytest.raises(ValueError, match=r"uses the classifier of the checkpoint, .* another head"):
        TransformerTagger.from_pretrained(path, **toys.grouped(parameters))
    TransformerTagger.from_pretrained(path, head_params={"head_layers": []})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"problem_type": None}, r"one label per text \(softmax\): its problem_type is None"),
        ({"problem_type": "single_label_classification"}, "softmax"),
        ({"problem_type": "regression"}, "a classifier for regression"),
        ({"id2label": {"0": "a", "1": "a"}}, "has the name 'a' twice"),
        ({"id2label": {"0": "a", "2": "b"}}, "has the numbers '0', '2'"),
        ({"layer_norm_eps": float("nan")}, "it holds NaN"),
    ],
)
def test_classifiers_that_give_no_probability_of_each_label(changes, message, tmp_path):
    path = toys.make_checkpoint(tmp_path, classifier_labels=["a", "b"])
    toys.rewrite_config(path, **{"problem_type": "multi_label_classification", **changes})
    with pytest.raises(ValueError, match=message):
        TransformerTagger.from_pretrained(path)


def test_pickled_weights_and_windows_are_taken(tmp_path):
    texts, y = toys.make_texts(16)
    options = {"long_text": "window", "window_stride": 3, "max_length": 12}
    tagger = toys.tiny(pooling="cls", max_epochs=1, **options).fit(texts, y)
    tagger.save_pretrained(tmp_path)
    again = TransformerTagger.from_pretrained(tmp_path)
    assert again.text_params["window_stride"] == 3
    classifier = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    torch.save(classifier.state_dict(), tmp_path / "pytorch_model.bin")
    del classifier
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(ValueError, match="allow_pickle_weights=True"):
        TransformerTagger.from_pretrained(tmp_path)
    pickled = TransformerTagger.from_pretrained(tmp_path, allow_pickle_weights=True)
    np.testing.assert_array_equal(pickled.predict_proba(texts), again.predict_proba(texts))


@pytest.mark.parametrize(
    "changes", [{"thresholds": [0.5]}, {"constants": [None, float("nan")]}, {"reading": {"a": 1}}]
)
def test_what_stands_beside_a_classifier_is_checked(changes, tmp_path):
    texts, y = toys.make_texts(16, n_labels=2)
    toys.tiny(pooling="cls", max_epochs=1).fit(texts, y).save_pretrained(tmp_path)
    toys.rewrite_config(tmp_path, file="skmultitext.json", **changes)
    with pytest.raises(ValueError, match=r"skmultitext\.json is damaged"):
        TransformerTagger.from_pretrained(tmp_path)


def test_the_pipeline_knows_constant_labels(tmp_path):
    texts, _ = toys.make_texts(16)
    y = np.column_stack([np.arange(16) % 2, np.zeros(16, int)])
    toys.tiny(pooling="cls", max_epochs=1).fit(texts, y).save_pretrained(tmp_path)
    found = pipeline("text-classification", str(tmp_path), top_k=None, device="cpu")(texts[:1])[0]
    assert min(entry["score"] for entry in found) < 1e-6


def test_an_export_leaves_foreign_files_alone(tmp_path):
    tagger = toys.tiny(max_epochs=1).fit(*toys.make_texts(16))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(FileExistsError, match=r"config\.json that was not written by to_onnx"):
        tagger.to_onnx(tmp_path)
    assert (tmp_path / "config.json").read_text() == "{}"


def test_a_foreign_configuration_is_not_replaced(tmp_path):
    texts, y = toys.make_texts(8)
    tagger = toys.tiny(pooling="cls", max_epochs=1).fit(texts, y)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(
        FileExistsError, match=r"config\.json that was not written by save_pretrained"
    ):
        tagger.save_pretrained(tmp_path)
    assert (tmp_path / "config.json").read_text() == "{}"
    tagger.save_pretrained(tmp_path / "new")
    tagger.save_pretrained(tmp_path / "new")  # its own is replaced
