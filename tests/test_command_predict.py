"""predict: what the API predicts, line by line."""

import csv
import io
import json
import sys
from types import SimpleNamespace

import pytest
from command_runs import TEXT, fail, run, saved_tickets, small_tickets, succeed
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

import skmultitext


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Path of a saved tagger."""
    return saved_tickets(tmp_path_factory.mktemp("model"))


def test_lines_of_the_standard_input(capsys, monkeypatch, model):
    texts = [TEXT, "", "My parcel is late"]
    stream = io.BytesIO("\n".join(texts).encode())
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stream, isatty=lambda: False))
    expected = skmultitext.load(model).predict_labels(texts)
    assert succeed(capsys, "predict", model) == "".join("\t".join(x) + "\n" for x in expected)


def test_probabilities_are_those_of_the_api_bit_by_bit(capsys, tmp_path, model):
    path = small_tickets(tmp_path)
    tagger = skmultitext.load(model)
    lines = succeed(capsys, "predict", model, path, "--proba", "--to", "jsonl").splitlines()
    rows = [json.loads(line) for line in lines]
    texts = [row["text"] for row in rows]
    assert [tuple(row["labels"]) for row in rows] == tagger.predict_labels(texts)
    found = [list(row["probabilities"].values()) for row in rows]
    assert found == tagger.predict_proba(texts).tolist()


def test_tables(capsys, tmp_path, model):
    path, output = small_tickets(tmp_path, 20), tmp_path / "out.csv"
    tagger = skmultitext.load(model)
    succeed(capsys, "predict", model, path, "-o", output, "--proba")
    with open(output, encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    expected = tagger.predict_labels([row["text"] for row in rows])
    assert [row["labels"] for row in rows] == [",".join(labels) for labels in expected]
    proba = tagger.predict_proba([row["text"] for row in rows])
    assert [float(row["proba_accessibility"]) for row in rows] == proba[:, 0].tolist()
    assert "exists; pass --force" in fail(capsys, "predict", model, path, "-o", output)
    top = succeed(capsys, "predict", model, path, "--to", "csv", "--top", "2").splitlines()
    assert top[0] == "text,label_1,proba_1,label_2,proba_2"
    assert len(top) >= 21


def test_what_is_refused(capsys, tmp_path, model):
    path, without = small_tickets(tmp_path, 3), tmp_path / "without"
    svm = make_pipeline(CountVectorizer(), OneVsRestClassifier(LinearSVC()))
    texts = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]
    skmultitext.save(svm.fit(texts, [[1, 0], [0, 1], [0, 1]]), without)
    assert "ends in none of .csv" in fail(capsys, "predict", model, path, "-o", tmp_path / "a.xls")
    for option in (["--proba"], ["--top", "1"]):
        assert fail(capsys, "predict", without, path, *option) == (
            f"error: {without} gives no probabilities; leave out --proba and --top, or save it "
            f"inside a CalibratedTaggerCV."
        )
    assert succeed(capsys, "predict", without, path).splitlines() == ["0", "1", "1"]
    message = fail(capsys, "predict", model, path, "--top", "11")
    assert message == "error: --top is 11; pass 1 to 10, the number of labels of the model."


def test_the_standard_input(capsys, monkeypatch, model):
    def read(stream):
        monkeypatch.setattr(sys, "stdin", stream)
        return run(capsys, "predict", model)

    closed = "error: the standard input is closed; pass a file of texts.\n"
    assert read(None) == (1, "", closed)  # as after <&-
    stream = SimpleNamespace(buffer=io.BytesIO(TEXT.encode()), isatty=lambda: True)
    hint = "reading a text per line from the terminal; Ctrl-D ends\n"
    (labels,) = skmultitext.load(model).predict_labels([TEXT])
    assert "refund" in labels
    assert read(stream) == (0, "\t".join(labels) + "\n", hint)
    wide = SimpleNamespace(buffer=io.BytesIO("late\n".encode("utf-16")), isatty=lambda: False)
    message = "error: <open file>:1: the texts look like UTF-16; pass --encoding utf-16\n"
    assert read(wide) == (1, "", message)
