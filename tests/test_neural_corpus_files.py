"""Batches that are read from files as they are needed."""

import json
import time

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

from skmultitext.datasets._data_file import DataFile
from skmultitext.exceptions import DataFileError, SkippedRowsWarning, UnknownLabelWarning
from skmultitext.neural._corpus import FileCorpus, prefetch
from skmultitext.sequences import Tokenizer, Vocabulary, encode_texts

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
    assert corpus.labels.label_names == ["a", "b"]
    n_samples, n_known, n_positives = corpus.labels.counts
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

    # less than 10 however long a pause of the reader was: that it read on would give 1000
    stream = prefetch(endless(), 2)
    next(stream)
    assert settle() < 10
    stream.close()
    assert settle() < 10


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
    assert corpus.labels.label_names == ["a", "b", "c"]
    n_samples, n_known, n_positives = corpus.labels.counts
    assert (n_samples, n_known.tolist(), n_positives.tolist()) == (4, [3, 2, 3], [1, 1, 1])
    assert "never" not in corpus.count_words(Tokenizer())
    wanted = {0: [1, -1, 0], 1: [-1, -1, 0], 2: [0, 1, -1], 5: [0, 0, 1]}
    found = {}
    for ids, indicator, _ in corpus.batches(encode, 2)(0):
        found |= zip((ids.max(axis=1) - 2).tolist(), indicator.tolist(), strict=True)
    assert found == wanted
