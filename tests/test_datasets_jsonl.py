"""Tests of `read_jsonl`."""

import json

import numpy as np
import pytest
from datasets_files import DOCUMENTS, assert_bunch, assert_round_trip, raises_at, writer_in
from hypothesis import given, settings

from skmultitext.datasets import read_jsonl
from skmultitext.exceptions import SkippedRowsWarning


@pytest.fixture
def write(tmp_path):
    return writer_in(tmp_path)


class TestJsonl:
    def test_field_names(self, write):
        path = write("t.jsonl", '{"body": "a\\nb", "tags": ["x"], "n": 0}\n\n \t\n')
        bunch = read_jsonl(path, text_field="body", labels_field="tags", id_field="n")
        assert_bunch(bunch, ["a\nb"], [("x",)], ["x"], ["0"])

    def test_unknown_labels(self, write):
        rows = [{"a": 1, "b": None, "c": False}, {"b": True}, None, ["c", "a"], {}]
        lines = "".join(json.dumps({"text": "x", "labels": row}) + "\n" for row in rows)
        path = write("t.jsonl", lines)
        bunch = read_jsonl(path, unlabeled="unknown")
        assert bunch.target_names == ["a", "b", "c"]
        n = np.nan
        expected = [[1, n, 0], [0, 1, 0], [n, n, n], [1, 0, 1], [0, 0, 0]]
        np.testing.assert_array_equal(bunch.target, expected)
        assert bunch.label_sets == [("a",), ("b",), (), ("a", "c"), ()]
        bunch = read_jsonl(path, unlabeled="unknown", label_names=["c", "b", "a"])
        np.testing.assert_array_equal(bunch.target, np.array(expected)[:, ::-1])

    def test_labels_that_are_only_unknown_have_a_column(self, write):
        path = write("t.jsonl", '{"text": "x", "labels": {"a": null, "b": 0}}\n')
        bunch = read_jsonl(path, unlabeled="unknown")
        assert bunch.target_names == ["a"]
        assert np.isnan(bunch.target).all()

    def test_an_object_without_null_is_complete(self, write):
        path = write("t.jsonl", '{"text": "x", "labels": {"b": 1.0, "a": true, "c": 0}}\n')
        assert_bunch(read_jsonl(path), ["x"], [("a", "b")], ["a", "b"])

    @pytest.mark.parametrize(
        ("labels", "message"),
        [
            ("null", "must be a list .* found null; .*or pass unlabeled='unknown' to read NaN"),
            ('{"a": null}', "null for the label 'a'; .* or pass unlabeled='unknown' to read NaN"),
        ],
    )
    def test_null_without_unknown_labels(self, write, labels, message):
        path = write("t.jsonl", f'{{"text": "x", "labels": {labels}}}\n')
        with raises_at(path, 1, message):
            read_jsonl(path)

    @pytest.mark.parametrize(
        ("labels", "message"),
        [
            ('{"a": 2}', "must hold 1, 0 or null for each label, found 2 for 'a'; write null"),
            ('{"a": "1"}', "must hold 1, 0 or null for each label, found \"1\" for 'a'"),
            ('{"a": []}', r"must hold 1, 0 or null for each label, found \[\] for 'a'"),
            ('{"": null}', "contains the empty name"),
            ("[null]", "must contain label names, found null"),
        ],
    )
    def test_bad_objects(self, write, labels, message):
        path = write("t.jsonl", f'{{"text": "x", "labels": {labels}}}\n')
        with raises_at(path, 1, message):
            read_jsonl(path, unlabeled="unknown")

    def test_an_unknown_label_must_be_in_label_names(self, write):
        path = write("t.jsonl", '{"text": "x", "labels": {"b": null}}\n')
        with raises_at(path, 1, "label 'b' is not in label_names"):
            read_jsonl(path, unlabeled="unknown", label_names=["a"])

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            ('{"text": "x"', "not valid JSON: .*; write one whole object per line"),
            ("[" * 100_000, "not valid JSON: .*recursion"),
            ('["x"]', r'a row must be a JSON object, found \["x"\]'),
            ('{"labels": []}', r"no field 'text' \(text_field\); fields found: 'labels'. Pass"),
            ('{"text": null, "labels": []}', "field 'text' must be a string, found null"),
            ('{"text": "x"}', r"no field 'labels' \(labels_field\); fields found: 'text'"),
            ('{"text": "x", "labels": "a"}', "field 'labels' must be a list .*, found \"a\""),
            ('{"text": "x", "labels": [1]}', "field 'labels' must contain label names, found 1; "),
            (
                '{"text": "x", "labels": [""]}',
                r"field 'labels' contains the empty name \"\"; write \[\]",
            ),
            ('{"text": "x", "labels": [], "id": 1.5}', "field 'id' must be .*, found 1.5"),
        ],
    )
    def test_bad_row(self, write, row, message):
        path = write("t.jsonl", f'{{"text": "one", "labels": ["a"], "id": 1}}\n{row}\n')
        with raises_at(path, 2, message):
            read_jsonl(path, id_field="id")
        with pytest.warns(SkippedRowsWarning, match="skipped 1 row"):
            assert read_jsonl(path, id_field="id", on_bad_row="skip").data == ["one"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("round_trip")


@settings(deadline=None, max_examples=100)
@given(documents=DOCUMENTS)
def test_jsonl_round_trip(folder, documents):
    path = folder / "t.jsonl"
    with open(path, "w", newline="", encoding="utf-8") as file:
        for text, labels in documents:
            file.write(
                json.dumps({"text": text, "labels": list(labels)}, ensure_ascii=False) + "\n"
            )
    assert_round_trip(read_jsonl(path), documents)
