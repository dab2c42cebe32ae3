"""Files that are opened, counted and read in parts, for any tagger that is fitted on files."""

import json
import os
import re

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext._gate.types import UNKNOWN
from skmultitext.datasets._data_file import DataFile
from skmultitext.datasets._training_files import (
    count_labels,
    describe_files,
    open_files,
    read_parts,
)
from skmultitext.exceptions import DataFileError, SkippedRowsWarning, UnknownLabelWarning


def jsonl(path, rows):
    lines = [json.dumps({"text": text, "labels": labels}) for text, labels in rows]
    path.write_text("\n".join(lines) + "\n")
    return DataFile(path, None, "jsonl", {"unlabeled": "unknown"})


def test_labels_are_counted_and_texts_visited(tmp_path):
    path = tmp_path / "data.txt"
    path.write_text("__label__b one\n__label__a __label__b two\nthree\n")
    texts = []
    found = count_labels(DataFile(path, None, "fasttext", {}), visit=texts.append)
    assert found.label_names == ["a", "b"]
    n_samples, n_known, n_positives = found.counts
    assert (n_samples, n_known.tolist(), n_positives.tolist()) == (3, [3, 3], [1, 2])
    assert texts == ["one", "two", "three"]
    given = count_labels(DataFile(path, None, "fasttext", {}), ["b", "never", "a"])
    assert given.label_names == ["b", "never", "a"]
    assert given.n_positives.tolist() == [2, 0, 1]


def test_unknown_labels_are_not_counted_and_rows_without_known_ones_left_out(tmp_path):
    rows = [("one", {"a": 1, "b": None}), ("two", None), ("three", {"a": None, "b": None})]
    data_file, texts = jsonl(tmp_path / "data.jsonl", rows), []
    with pytest.warns(UnknownLabelWarning, match="2 of 3 documents have no known label"):
        found = count_labels(data_file, visit=texts.append)
    assert found.label_names == ["a", "b"]
    n_samples, n_known, n_positives = found.counts
    assert (n_samples, n_known.tolist(), n_positives.tolist()) == (1, [1, 0], [1, 0])
    assert texts == ["one"]


def test_rows_that_are_skipped_are_warned_of_once(tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text('{"text": "a", "labels": ["x"]}\n{"text": 1}\n')
    bad = DataFile(path, None, "jsonl", {"on_bad_row": "skip"})
    with pytest.warns(SkippedRowsWarning, match="skipped 1 row that could not be read") as told:
        count_labels(bad)
    assert len(told) == 1


def test_parts_hold_every_known_row_with_its_labels(tmp_path):
    rows = [(f"n{i}", {"a": i % 2, "b": None if i == 3 else 1}) for i in range(7)]
    rows.insert(2, ("never", None))
    data_file = jsonl(tmp_path / "data.jsonl", rows)
    parts = list(read_parts(data_file.rows(["a", "b"]).rows, ["a", "b"], 2, 3))
    assert [texts for texts, _ in parts] == [["n0", "n1"], ["n2", "n3", "n4"], ["n5", "n6"]]
    indicator = sp.vstack([part for _, part in parts]).toarray()
    wanted = np.array([[i % 2, UNKNOWN if i == 3 else 1] for i in range(7)])
    np.testing.assert_array_equal(indicator, wanted)


def test_a_part_ends_with_the_row_that_reaches_the_letters(tmp_path):
    data_file = jsonl(tmp_path / "data.jsonl", [("x" * n, {"a": 1}) for n in (5, 5, 30, 1, 1, 9)])
    parts = read_parts(data_file.rows(["a"]).rows, ["a"], 3, most_letters=10)
    assert [[len(text) for text in texts] for texts, _ in parts] == [[5, 5], [30], [1, 1, 9]]


def test_validation_files_are_opened_in_the_same_format(tmp_path):
    data_file, held = open_files("t.txt", "y.txt", ("u.txt", "z.txt"), "text_and_onehot", None)
    assert data_file.paths == ["t.txt", "y.txt"]
    assert held.paths == ["u.txt", "z.txt"]
    _, held = open_files("t.txt", None, "u.txt", "fasttext", {"encoding": "utf-16"})
    assert (held.format, held.paths, held.options) == (
        "fasttext",
        ["u.txt"],
        {"encoding": "utf-16"},
    )
    assert open_files("t.txt", None, None, "fasttext", None)[1] is None
    with pytest.raises(ValueError, match="validation is 3; pass a path, or a tuple"):
        open_files("t.txt", None, 3, "fasttext", None)


def test_files_are_described_by_content(tmp_path):
    for name in "abc":
        (tmp_path / name).write_text("__label__x one" if name == "c" else "__label__x two")
    a, b, c = (DataFile(tmp_path / name, None, "fasttext", {}) for name in "abc")
    assert describe_files(a, None) == describe_files(b, None)
    described = [describe_files(*pair) for pair in [(a, None), (c, None), (a, b), (a, c)]]
    assert all(one != other for i, one in enumerate(described) for other in described[:i])
    skipping = DataFile(tmp_path / "a", None, "fasttext", {"on_bad_row": "skip"})
    assert describe_files(skipping, None) != described[0]


@pytest.mark.parametrize(
    ("content", "message"), [("", "no row could be read"), ("only text\n", "no row has a label")]
)
def test_empty_files(tmp_path, content, message):
    path = tmp_path / "data.txt"
    path.write_text(content)
    with pytest.raises(DataFileError, match=f"data.txt:1: {message}"):
        count_labels(DataFile(path, None, "fasttext", {}))


def test_an_error_shows_a_path_of_bytes_as_text(tmp_path):
    path = tmp_path / "data.txt"
    path.write_text("")
    data_file = DataFile(os.fsencode(path), None, "fasttext", {})
    with pytest.raises(DataFileError, match=f"^{re.escape(str(path))}:1: no row could be read"):
        count_labels(data_file)


@pytest.mark.parametrize("labels", [None, {"a": None}])
def test_files_without_any_known_label_are_refused(tmp_path, labels):
    data_file = jsonl(tmp_path / "data.jsonl", [("n0", labels), ("n1", labels)])
    message = r"data\.jsonl:1: no label of any of the 2 rows is known"
    with pytest.raises(DataFileError, match=message):
        count_labels(data_file)
