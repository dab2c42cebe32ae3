"""Tests of the Bunch that the readers of `skmultitext.datasets` return."""

import io
import json
import pickle
from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp
from datasets_files import FORMATS, assert_small_file, raises_at, small_file_in, writer_in
from libraries import pd

from skmultitext import TfidfLogRegTagger
from skmultitext._runtime import memory
from skmultitext.datasets import _bunch, read_indicator_csv, read_jsonl, read_text_and_onehot
from skmultitext.exceptions import UnknownLabelWarning


@pytest.fixture
def write(tmp_path):
    return writer_in(tmp_path)


@pytest.fixture(params=FORMATS)
def small_file(request, tmp_path):
    return small_file_in(tmp_path, request.param)


class TestEveryFormat:
    def test_plain(self, small_file):
        kind, content, write_content, reader = small_file
        path = write_content(content)
        bunch = reader(path)
        assert_small_file(kind, bunch)
        assert bunch.filename == str(path)

    def test_empty_file(self, small_file):
        kind, _, write_content, reader = small_file
        path = write_content("")
        expected = {
            "indicator": "the file is empty; its first row must name the columns",
            "label_column": "the file is empty; its first row must name the columns",
            "onehot": r"t.txt has 0 lines but .*onehot.txt has 3",
        }.get(kind, "the file has no rows")
        with raises_at(path, 1, expected):
            reader(path)

    def test_all_rows_skipped(self, small_file):
        kind, _, write_content, reader = small_file
        bad = {"indicator": "id,text,a\n1\n", "label_column": "id,text,labels\n1\n"}.get(
            kind, "__label__\n"
        )
        path = write_content(bad if kind != "onehot" else b"\xff\n\xff\n\xff\n")
        with raises_at(path, 1, "no row could be read; the first problem is .*:[12]: "):
            reader(path, on_bad_row="skip")


def test_no_row_left_tells_the_unlabelled_from_the_unreadable(write):
    path = write("t.csv", "text,a\none,-1\ntwo,5\nthree,-1\n")
    message = r"no row is left \(2 labelled -1, 1 not readable\); the first problem is .*:3: "
    with raises_at(path, 1, message):
        read_indicator_csv(path, on_bad_row="skip", unlabeled="drop")


def test_repr_says_what_is_in_it():
    bunch = read_jsonl(io.StringIO('{"text": "one", "labels": ["b", "a"]}\n'))
    assert repr(bunch) == (
        "<Bunch with n_samples=1, n_labels=2; attributes: data, target, target_names, "
        "label_sets, frame, DESCR, filename>"
    )
    assert repr(pickle.loads(pickle.dumps(bunch))) == repr(bunch)


def test_a_target_of_very_many_cells_is_sparse(monkeypatch, write):
    content = "".join(
        json.dumps({"text": "x", "labels": [f"b{k}", "a", f"b{k}"]}) + "\n" for k in range(20_000)
    )
    path = write("t.jsonl", content)
    bunch = read_jsonl(path)
    assert isinstance(bunch.target, sp.csr_array)
    assert bunch.target.shape == (20_000, 20_001)
    assert bunch.target.dtype == np.int64
    assert bunch.target.has_canonical_format
    assert bunch.target.data.tolist() == [1] * 40_000
    assert bunch.label_sets[7] == ("a", "b7")
    # what it holds is what the dense one holds
    path = write("t.jsonl", "".join(content.splitlines(keepends=True)[:30]))
    dense = read_jsonl(path)
    monkeypatch.setattr("skmultitext.datasets._bunch._LARGEST_DENSE", 10)
    sparse = read_jsonl(path)
    np.testing.assert_array_equal(sparse.target.toarray(), dense.target)
    assert sparse.label_sets == dense.label_sets
    assert isinstance(dense.target, np.ndarray)


TEXTS_OF_UNKNOWN = [f"text {i}" for i in range(40)]


def write_unknown(kind, write, target):
    """Write a target with NaN in the notation of a format, and return how to read it."""
    names = list("bca")
    frame = pd.DataFrame(target, columns=names)
    frame.insert(0, "text", TEXTS_OF_UNKNOWN)
    if kind == "blank cells":
        return partial(read_indicator_csv, write("t.csv", frame.to_csv(index=False)))
    if kind == "-1":
        return partial(read_indicator_csv, write("t.csv", frame.fillna(-1).to_csv(index=False)))
    if kind == "null":
        rows = frame[names].astype(object).where(frame[names].notna(), None).to_dict("records")
        lines = "".join(
            json.dumps({"text": text, "labels": row}) + "\n"
            for text, row in zip(TEXTS_OF_UNKNOWN, rows, strict=True)
        )
        return partial(read_jsonl, write("t.jsonl", lines), label_names=names)
    onehot = io.StringIO()
    np.savetxt(onehot, np.nan_to_num(target, nan=-1) if kind == "onehot -1" else target, "%g")
    texts = write("texts.txt", "\n".join(TEXTS_OF_UNKNOWN))
    onehots = write("onehot.txt", onehot.getvalue())
    return partial(read_text_and_onehot, texts, onehots, label_names=names)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("kind", ["blank cells", "-1", "null", "onehot -1", "onehot nan"])
def test_unknown_labels_survive_a_round_trip(monkeypatch, write, kind, sparse):
    rng = np.random.RandomState(0)
    target = rng.choice([0, 1, np.nan], (40, 3))
    target[7], target[8] = np.nan, 0
    read = write_unknown(kind, write, target)
    if sparse:
        monkeypatch.setattr("skmultitext.datasets._bunch._LARGEST_DENSE", 10)
    bunch = read(unlabeled="unknown")
    assert sp.issparse(bunch.target) == sparse
    assert bunch.target.dtype == np.float64
    found = bunch.target.toarray() if sparse else bunch.target
    np.testing.assert_array_equal(found, target)
    if sparse:
        assert bunch.target.has_canonical_format
        assert (bunch.target.data != 0).all()
    expected = [tuple(n for n, v in zip("bca", row, strict=True) if v == 1) for row in target]
    assert bunch.label_sets == expected
    assert bunch.data == TEXTS_OF_UNKNOWN
    # as y of a tagger: the documents of which nothing is known are left out
    with pytest.warns(UnknownLabelWarning, match="of 40 documents have no known label"):
        tagger = TfidfLogRegTagger().fit(bunch.data, bunch.target)
    assert tagger.label_names_.shape == (3,)


def test_rows_without_any_known_label_in_a_sparse_target(monkeypatch):
    lines = '{"text": "x", "labels": ["a", "a", "b"]}\n{"text": "y", "labels": null}\n'
    monkeypatch.setattr("skmultitext.datasets._bunch._LARGEST_DENSE", 1)
    target = read_jsonl(io.StringIO(lines), unlabeled="unknown").target
    assert isinstance(target, sp.csr_array)
    np.testing.assert_array_equal(target.toarray(), [[1, 1], [np.nan, np.nan]])


def test_label_sets_around_texts_without_labels():
    def label_sets(*rows):
        lines = "".join(json.dumps({"text": "x", "labels": labels}) + "\n" for labels in rows)
        return read_jsonl(io.StringIO(lines), label_names=["c", "b", "a"]).label_sets

    assert label_sets([], ["a", "c"], [], ["b"], []) == [(), ("c", "a"), (), ("b",), ()]
    assert label_sets([], []) == [(), ()]


def test_more_rows_without_known_labels_than_fit_are_refused(monkeypatch):
    target = sp.eye_array(30, 100, dtype=np.int64, format="csr")
    nowhere = np.zeros(0, np.int64), np.zeros(0, np.int64)
    rows = np.arange(20, 30)
    found = _bunch._with_unknown(target[:, :], nowhere, rows)
    assert np.isnan(found.data).sum() == 1_000
    monkeypatch.setattr(memory, "memory_limit", lambda: 999 * 64)
    with pytest.raises(
        MemoryError, match=r"^An indicator with 10 rows of which none of the 100 la"
    ):
        _bunch._with_unknown(target, nowhere, rows)
