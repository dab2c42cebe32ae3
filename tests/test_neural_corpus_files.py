"""Batches that are read from files as they are needed."""

import json
import os
import re
import time

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

from skmultitext._gate.labels import LabelSpace
from skmultitext._gate.samples import TrainingData
from skmultitext.datasets._data_file import DataFile
from skmultitext.exceptions import DataFileError, SkippedRowsWarning, UnknownLabelWarning
from skmultitext.metrics import f1_score, log_loss, roc_auc_score
from skmultitext.neural._corpus import FileCorpus, StreamedValidation, prefetch
from skmultitext.neural.han import KerasHANTagger
from skmultitext.sequences import Tokenizer, Vocabulary, encode_texts
from skmultitext.training._scores import Validation

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


def encode(texts):
    return encode_texts(texts, Tokenizer(), Vocabulary([f"n{i}" for i in range(N)]))


def test_the_first_reading_counts(data_file):
    corpus = FileCorpus(data_file, Tokenizer(), 16)
    assert corpus.n_samples == N
    assert corpus.label_names == ["a", "b"]
    n_samples, n_known, n_positives = corpus.counts
    assert (n_samples, n_known.tolist(), n_positives.tolist()) == (N, [N, N], [30, 20])
    words = corpus.count_words(Tokenizer())
    assert words["w"] == sum(i % 7 for i in range(N))
    assert words["n7"] == 1


@pytest.mark.parametrize("buffer", [1, 7, 1000])
def test_every_row_comes_once_with_its_labels(data_file, buffer):
    batches = FileCorpus(data_file, Tokenizer(), buffer).batches(encode, 8)

    def rows(seed):
        found = []
        for ids, indicator, weight in batches(seed):
            assert weight is None
            assert indicator.dtype == np.float32
            numbers = ids.max(axis=1) - 2
            for i, labels in zip(numbers.tolist(), indicator.tolist(), strict=True):
                assert labels == [i % 2, i % 3 == 0]
            found += numbers.tolist()
        return found

    first = rows(0)
    assert sorted(first) == list(range(N))
    assert rows(0) == first
    assert buffer == 1 or rows(1) != first != sorted(first)


def test_a_row_that_turns_bad_is_named_from_the_thread(data_file):
    batches = FileCorpus(data_file, Tokenizer(), 16).batches(encode, 8)
    with open(data_file.path, "a") as stream:
        stream.write("\n__label__c new")
    with pytest.raises(DataFileError, match=rf"data.txt:{N + 1}: label 'c' is not"):
        list(batches(0))


def test_skipped_rows_are_told_once(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text('{"text": "a", "labels": ["x"]}\n{"text": 1}\n')
    bad = DataFile(path, None, "jsonl", {"on_bad_row": "skip"})
    with pytest.warns(SkippedRowsWarning, match="skipped 1 row that could not be read"):
        corpus = FileCorpus(bad, Tokenizer(), 4)
    assert len(list(corpus.batches(encode, 2)(0))) == 1


@pytest.mark.parametrize(
    ("content", "message"), [("", "no row could be read"), ("only text\n", "no row has a label")]
)
def test_empty_files(tmp_path, content, message):
    path = tmp_path / "data.txt"
    path.write_text(content)
    with pytest.raises(DataFileError, match=f"data.txt:1: {message}"):
        FileCorpus(DataFile(path, None, "fasttext", {}), Tokenizer(), 4)


def test_an_error_shows_a_path_of_bytes_as_text(tmp_path):
    path = tmp_path / "data.txt"
    path.write_text("")
    data_file = DataFile(os.fsencode(path), None, "fasttext", {})
    with pytest.raises(DataFileError, match=f"^{re.escape(str(path))}:1: no row could be read"):
        FileCorpus(data_file, Tokenizer(), 4)


def training_data(space, n_positives):
    counts = N, np.full(2, N), np.asarray(n_positives)
    return KerasHANTagger()._training_data(None, None, space, counts=counts)


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

    monkeypatch.setattr("skmultitext.neural._corpus._ROWS_AT_A_TIME", 3)
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


def batch(number, width=2):
    """A batch that holds its number."""
    return np.full((3, width), number, np.int32), np.ones((3, 4), np.float32), None


def test_prefetch_keeps_order_shapes_and_dtypes():
    made = [batch(i, width=1 + i % 3) for i in range(10)]
    for expected, found in zip(made, prefetch(iter(made), 3), strict=True):
        assert found[2] is None
        for one, other in zip(expected[:2], found[:2], strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)
    assert list(prefetch(iter([]))) == []


def test_prefetch_raises_errors_as_they_are_at_their_place():
    def batches():
        yield from map(batch, range(10))
        raise DataFileError("words.txt:11: no text")

    found = []
    with pytest.raises(DataFileError, match=r"words\.txt:11: no text"):
        found.extend(int(inputs[0, 0]) for inputs, *_ in prefetch(batches(), 2))
    assert found == list(range(10))


def test_prefetch_reads_no_further_ahead_than_asked():
    made = []

    def endless():
        while True:
            made.append(0)
            yield batch(len(made))

    def settle():
        """Wait until nothing was read for a while, or far too much."""
        n_made = -1
        while n_made < len(made) < 1000:
            n_made = len(made)
            time.sleep(0.3)
        return len(made)

    stream = prefetch(endless(), 2)
    next(stream)
    n_made = settle()
    assert n_made < 10
    stream.close()
    assert settle() <= n_made + 1  # the one that was being read


def jsonl(path, rows):
    lines = [json.dumps({"text": text, "labels": labels}) for text, labels in rows]
    path.write_text("\n".join(lines) + "\n")
    return DataFile(path, None, "jsonl", {"unlabeled": "unknown"})


PARTLY = [
    ("n0 w", {"a": 1, "b": None}),
    ("n1", {"a": None, "b": None}),  # known: c is not given
    ("n2", {"c": None, "b": 1}),
    ("n3 never", None),
    ("n4 never", {"a": None, "b": None, "c": None}),
    ("n5", {"a": 0, "c": 1}),
]


def test_unknown_labels_in_files(tmp_path):
    data_file = jsonl(tmp_path / "data.jsonl", PARTLY)
    message = r"data\.jsonl: 2 of 6 documents have no known label and are left out\."
    with pytest.warns(UnknownLabelWarning, match=message):
        corpus = FileCorpus(data_file, Tokenizer(), 16)
    assert corpus.label_names == ["a", "b", "c"]
    n_samples, n_known, n_positives = corpus.counts
    assert (n_samples, n_known.tolist(), n_positives.tolist()) == (4, [3, 2, 3], [1, 1, 1])
    assert "never" not in corpus.count_words(Tokenizer())
    wanted = {0: [1, -1, 0], 1: [-1, -1, 0], 2: [0, 1, -1], 5: [0, 0, 1]}
    found = {}
    for ids, indicator, _ in corpus.batches(encode, 2)(0):
        found |= zip((ids.max(axis=1) - 2).tolist(), indicator.tolist(), strict=True)
    assert found == wanted


@pytest.mark.parametrize("labels", [None, {"a": None}])
def test_files_without_any_known_label_are_refused(tmp_path, labels):
    data_file = jsonl(tmp_path / "data.jsonl", [("n0", labels), ("n1", labels)])
    message = r"data\.jsonl:1: no label of any of the 2 rows is known"
    with pytest.raises(DataFileError, match=message):
        FileCorpus(data_file, Tokenizer(), 16)


def test_validation_on_a_file_with_unknown_labels_is_that_of_memory(tmp_path):
    rng = np.random.RandomState(0)
    y = np.where(rng.rand(30, 3) < 0.4, np.nan, rng.rand(30, 3) < 0.5)
    y[0] = [1, np.nan, 0]
    y[7] = np.nan
    values = [[None if np.isnan(v) else int(v) for v in row] for row in y.tolist()]
    rows = [(f"n{i}", dict(zip("abc", row, strict=True))) for i, row in enumerate(values)]
    data_file = jsonl(tmp_path / "data.jsonl", rows)
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
