"""ONNX files give the tagger's probabilities without PyTorch."""

import json

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")
pytest.importorskip("onnxruntime", reason="needs ONNX Runtime (extra 'onnx')")
pytest.importorskip("onnxscript", reason="needs onnxscript (extra 'onnx')")

import onnxruntime as ort
import transformer_toys as toys
from onnx_runs import open_file
from scipy.special import expit
from transformers import AutoTokenizer

from skmultitext.transformer.tagger import TransformerTagger

TEXTS = ["", "late", "late parcel where is my lamp", "refund " * 100]


def run(file, directory, texts):
    """Logits and probabilities of texts, in one padded batch, by the files alone."""
    session = ort.InferenceSession(str(directory / file), providers=["CPUExecutionProvider"])
    tokenizer = AutoTokenizer.from_pretrained(directory)
    found = tokenizer(
        list(texts), padding=True, truncation=True, max_length=64, return_tensors="np"
    )
    wanted = {given.name for given in session.get_inputs()}
    inputs = {name: array.astype(np.int64) for name, array in found.items() if name in wanted}
    return session.run(["logits", "probabilities"], inputs)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model_type", "parameters"),
    [
        ("bert", {"pooling": "attention", "head_layers": (8,)}),
        ("distilbert", {"pooling": "cls"}),
        ("roberta", {"pooling": "cls"}),
        ("xlnet", {"pooling": "max"}),
        ("bert", {"head": "logreg"}),
    ],
)
def test_probabilities_are_those_of_the_tagger(model_type, parameters, tmp_path, capfd):
    texts, y = toys.make_texts(24, n_labels=2)
    y = np.column_stack([y, np.ones(24, int)])  # the last is constant
    sets = [[n for n, on in zip(("late", "money", "all"), row, strict=True) if on] for row in y]
    tagger = toys.tiny(model_type, threshold={"late": 0.25}, **parameters).fit(texts, sets)
    tagger.to_onnx(tmp_path / "new" / "folder")
    for batch in ([TEXTS[1]], TEXTS, texts):
        logits, proba = run("model.onnx", tmp_path / "new" / "folder", batch)
        np.testing.assert_allclose(proba, tagger.predict_proba(batch), atol=1e-4)
        np.testing.assert_allclose(proba, expit(logits), atol=1e-6)
    config = json.loads((tmp_path / "new" / "folder" / "config.json").read_text())
    assert list(config["id2label"].values()) == ["all", "late", "money"]
    extra = json.loads((tmp_path / "new" / "folder" / "skmultitext.json").read_text())
    assert extra["thresholds"] == [0.5, 0.25, 0.5]
    _, metadata = open_file(tmp_path / "new" / "folder")
    assert metadata == {"label_names": ["all", "late", "money"], "thresholds": [0.5, 0.25, 0.5]}
    assert capfd.readouterr() == ("", "")
    # the tagger itself is as it was
    assert np.isfinite(tagger.predict_proba(TEXTS)).all()


@pytest.mark.slow
def test_eight_bits_are_smaller_and_decide_alike(tmp_path, capfd):
    texts, y = toys.make_texts(200)
    tagger = toys.tiny(pooling="cls", max_epochs=4).fit(texts, y)
    tagger.to_onnx(tmp_path, quantize=True)
    assert capfd.readouterr() == ("", "")
    plain, proba = (run(name, tmp_path, texts)[1] for name in ("model.onnx", "model.int8.onnx"))
    np.testing.assert_allclose(plain, tagger.predict_proba(texts), atol=1e-4)
    assert 0 < np.abs(proba - plain).max() < 0.3
    assert np.abs(proba - plain).mean() < 0.02
    session = ort.InferenceSession(str(tmp_path / "model.int8.onnx"))
    names = json.loads(session.get_modelmeta().custom_metadata_map["label_names"])
    assert names == tagger.label_names_.tolist()
    assert ((proba > 0.5) == (plain > 0.5)).mean() > 0.98
    sizes = [(tmp_path / name).stat().st_size for name in ("model.onnx", "model.int8.onnx")]
    assert sizes[1] < sizes[0]


def test_what_cannot_be_exported(tmp_path):
    tagger = toys.tiny(max_epochs=1).fit(*toys.make_texts(16))
    tagger.framework_ = "tensorflow"
    with pytest.raises(ValueError, match=r"this one is of TensorFlow\. Fit a tagger with frame"):
        tagger.to_onnx(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_sees_padding_is_not_exported(tmp_path):
    path = toys.make_checkpoint(tmp_path / "fnet", "fnet", classifier_labels=["a", "b"])
    tagger = TransformerTagger.from_pretrained(path)
    with pytest.raises(
        ValueError, match=r"'fnet' depends on padding, .* Keep this tagger with save"
    ):
        tagger.to_onnx(tmp_path / "onnx")


@pytest.mark.slow
def test_an_architecture_that_the_exporter_cannot_follow(tmp_path, capfd):
    texts, y = toys.make_texts(8, n_labels=2)
    tagger = toys.tiny("longformer").fit(texts, y)
    message = "'longformer' cannot be written as ONNX: PyTorch's exporter does not support"
    with pytest.raises(ValueError, match=message) as caught:
        tagger.to_onnx(tmp_path)
    assert len(str(caught.value)) < 300
    assert caught.value.__suppress_context__  # else the traceback prints the whole graph
    assert capfd.readouterr() == ("", "")
