"""Parts of a data file: their sizes, and values that stand on disk."""

import errno
import json
import os
import threading
from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext.datasets._data_file import DataFile
from skmultitext.linear import _file_parts
from skmultitext.linear._file_parts import DocumentParts, FileEngine, ahead
from skmultitext.linear._partitions import make_partition


@pytest.fixture
def parts(tmp_path):
    rows = [{"text": "x" * (i + 1), "labels": ["ab"[i % 2]]} for i in range(10)]
    (tmp_path / "data.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    return DocumentParts(DataFile(tmp_path / "data.jsonl", None, "jsonl", {}), ["a", "b"])


@pytest.mark.parametrize(
    ("limit", "value", "sizes"),
    [("ROWS", 4, [4, 4, 2]), ("ENTRIES", 6, [3, 3, 3, 1]), ("LETTERS", 12, [5, 2, 2, 1])],
)
def test_parts_are_bounded(parts, monkeypatch, limit, value, sizes):
    monkeypatch.setattr(_file_parts, limit, value)
    for _ in range(2):
        found = list(parts)
        assert [len(part.texts) for part in found] == sizes
    assert [len(text) for part in found for text in part.texts] == list(range(1, 11))
    indicator = sp.vstack([part.indicator for part in found]).toarray()
    np.testing.assert_array_equal(indicator, [[1, 0], [0, 1]] * 5)
    assert found[0].weight is None


def as_partition(part, number, add):
    X = sp.csr_matrix([[len(text) + add, 0.0, number + 1.0] for text in part.texts])
    return make_partition(X, part.indicator, None, np.float32)


def stands_on_disk(array):
    while array is not None and not isinstance(array, np.memmap):
        array = array.base
    return array is not None


@pytest.mark.parametrize("n_threads", [1, 3])
def test_values_that_are_kept_stand_on_disk(parts, tmp_path, monkeypatch, n_threads):
    monkeypatch.setattr(_file_parts, "ROWS", 4)
    engine = FileEngine(tmp_path, n_threads)
    mapped = engine.map(parts, as_partition, 0.5)
    wanted = list(mapped)
    kept = engine.keep(mapped)
    assert len(os.listdir(tmp_path)) == 1 + 3

    def compare(part, number):
        other = wanted[number]
        assert (part.X != other.X).nnz == 0
        assert part.X.indices.dtype == part.X.indptr.dtype == np.int32
        assert stands_on_disk(part.X.data)
        assert stands_on_disk(part.X.indices)
        for ours, theirs in zip(part[1:], other[1:], strict=True):
            np.testing.assert_array_equal(ours, theirs)
        return [number]

    assert engine.reduce(engine.map(kept, compare), list.__add__) == [0, 1, 2]
    engine.release(kept)
    assert os.listdir(tmp_path) == ["data.jsonl"]


def test_a_full_disk_is_told(parts, tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np, "save", full)
    engine = FileEngine(tmp_path, 1)
    message = r"The features of the files cannot be written to .*: .*No space left.*\. Make room"
    with pytest.raises(OSError, match=message):
        engine.keep(engine.map(parts, as_partition, 0))


@pytest.mark.parametrize("n_threads", [1, 2])
def test_calls_run_a_few_ahead_and_in_order(n_threads):
    given = []

    def calls():
        for i in range(20):
            given.append(i)
            yield partial(int, i)

    for n, value in enumerate(ahead(calls(), n_threads)):
        assert value == n
        assert len(given) <= n + 1 + n_threads
    assert n == 19


def test_an_error_ends_the_calls_and_their_threads():
    before, ran = threading.active_count(), []

    def call(i):
        ran.append(i)
        if i == 3:
            raise ValueError("three")

    with pytest.raises(ValueError, match="three"):
        list(ahead((partial(call, i) for i in range(1000)), 2))
    assert len(ran) < 10
    assert threading.active_count() == before
