"""Validation on a file gives the scores of validation in memory."""

import json

import numpy as np
import pytest

from skmultitext._gate.labels import LabelSpace
from skmultitext._gate.samples import TrainingData
from skmultitext.datasets._data_file import DataFile
from skmultitext.exceptions import DataFileError, UnknownLabelWarning
from skmultitext.metrics import f1_score, log_loss, roc_auc_score
from skmultitext.training._scores import Validation
from skmultitext.training._streamed_validation import StreamedValidation

N = 60


@pytest.fixture
def data_file(tmp_path):
    path = tmp_path / "data.txt"
    lines = [
        f"{'__label__b ' * (i % 3 == 0)}{'__label__a ' * (i % 2)}{'w ' * (i % 7)}n{i}"
        for i in range(N)
    ]
    path.write_text("\n".join(lines))
    return DataFile(path, None, "fasttext", {})


def training_data(space, n_positives):
    counts = N, np.full(2, N), np.asarray(n_positives)
    return TrainingData(None, None, space, None, *counts, None, np.full(2, 0.5))


def test_validation_scores_equal_those_in_memory(data_file, monkeypatch):
    def logits(texts):
        numbers = np.array([int(text.split("n")[-1]) for text in texts])
        return np.column_stack([np.sin(numbers), np.cos(numbers)])

    _, rows, _ = data_file.rows()
    rows = list(rows)
    truth = np.array([[int(name in row.labels) for name in "ab"] for row in rows])
    proba = 1 / (1 + np.exp(-logits([row.text for row in rows])))
    expected = {
        "neg_log_loss": -log_loss(truth, proba),
        "f1_macro": f1_score(truth, proba > 0.5, average="macro"),
    }
    space, _ = LabelSpace.learn([row.labels for row in rows])

    def make(monitor, n_positives=(30, 20)):
        data = training_data(space, n_positives)
        return StreamedValidation(data_file, logits, data, monitor, loss)

    def loss(indicator, logits, weight):
        assert indicator.dtype == logits.dtype == weight.dtype == np.float32
        return (indicator * logits).sum(axis=1).mean()

    for name, value in expected.items():
        found = make(name).evaluate()
        assert list(found) == ["validation_loss", f"validation_{name}"]
        np.testing.assert_allclose(found[f"validation_{name}"], value, rtol=1e-10)
    np.testing.assert_allclose(
        found["validation_loss"], (truth * logits([row.text for row in rows])).sum() / len(rows)
    )

    # several, streamed and gathered, in the order given; the first is watched
    def own(tagger, X, y):
        np.testing.assert_array_equal(y, truth)
        return f1_score(y, tagger.predict(X), average="macro")

    monkeypatch.setattr("skmultitext.training._streamed_validation._ROWS_AT_A_TIME", 3)
    validation = make([own, "neg_log_loss", "roc_auc_micro"])
    found = validation.evaluate()
    names = ["own", "neg_log_loss", "roc_auc_micro"]
    assert validation.watched == "validation_own"
    assert list(found) == ["validation_loss", *(f"validation_{name}" for name in names)]
    wanted = [
        expected["f1_macro"],
        expected["neg_log_loss"],
        roc_auc_score(truth, proba, average="micro"),
    ]
    np.testing.assert_allclose(list(found.values())[1:], wanted, rtol=1e-10)
    constant = make("f1_micro", n_positives=(N, 20)).evaluate()
    given = np.column_stack([np.ones(len(proba)), proba[:, 1] > 0.5])
    assert constant["validation_f1_micro"] == pytest.approx(f1_score(truth, given, average="micro"))
    for monitor in ("roc_auc_makro", "log_loss"):
        with pytest.raises(ValueError, match=r"on validation files it can be .*neg_log_loss"):
            make(monitor)


def test_validation_files_without_a_row_are_told(tmp_path):
    path = tmp_path / "empty.txt"
    path.write_text("")
    space, _ = LabelSpace.learn([["a"], ["b"]])
    data_file = DataFile(path, None, "fasttext", {})
    validation = StreamedValidation(data_file, None, training_data(space, [1, 1]), "f1_micro", None)
    with pytest.raises(DataFileError, match=r"empty.txt:1: no row could be read"):
        validation.evaluate()


def test_validation_on_a_file_with_unknown_labels_is_that_of_memory(tmp_path):
    rng = np.random.RandomState(0)
    y = np.where(rng.rand(30, 3) < 0.4, np.nan, rng.rand(30, 3) < 0.5)
    y[0] = [1, np.nan, 0]
    y[7] = np.nan
    values = [[None if np.isnan(v) else int(v) for v in row] for row in y.tolist()]
    path = tmp_path / "data.jsonl"
    rows = [dict(zip("abc", row, strict=True)) for row in values]
    documents = [{"text": f"n{i}", "labels": row} for i, row in enumerate(rows)]
    path.write_text("\n".join(map(json.dumps, documents)))
    data_file = DataFile(path, None, "jsonl", {"unlabeled": "unknown"})
    space = LabelSpace.of(["a", "b", "c"], form="label_sets")
    kept = np.flatnonzero(~np.isnan(y).all(axis=1))
    logits = rng.randn(30, 3)

    def loss(targets, z, weight):
        return np.where(targets < 0, 0.0, z * targets).sum(axis=1).mean()

    data = TrainingData(
        None, None, space, None, 9, np.full(3, 9), np.full(3, 5), None, np.full(3, 0.5)
    )
    names = ["f1_micro", "neg_log_loss", "exact_match", "roc_auc_macro"]
    streamed = StreamedValidation(
        data_file, lambda texts: logits[[int(t[1:]) for t in texts]], data, names, loss
    )
    with pytest.warns(UnknownLabelWarning, match=f"{30 - len(kept)} of 30 documents"):
        found = streamed.evaluate()
    indicator = np.where(np.isnan(y), -1, y)[kept].astype(np.int8)
    memory = Validation(lambda: logits[kept], indicator, space, 0.5, names, loss=loss)
    assert found == {n: pytest.approx(v, rel=1e-6) for n, v in memory.evaluate().items()}
