"""Tests of `read_jsonl`."""

import json

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

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            ('{"text": "x"', "not valid JSON: .*; write one whole object a line"),
            ("[" * 100_000, "not valid JSON: .*recursion"),
            ('["x"]', r'a row must be a JSON object, found \["x"\]'),
            ('{"labels": []}', r"no field 'text' \(text_field\); fields found: 'labels'. Pass"),
            ('{"text": null, "labels": []}', "field 'text' must be a string, found null"),
            ('{"text": "x"}', r"no field 'labels' \(labels_field\); fields found: 'text'"),
            ('{"text": "x", "labels": "a"}', "field 'labels' must be a list .*, found \"a\""),
            ('{"text": "x", "labels": [1]}', "field 'labels' must hold label names, found 1; "),
            (
                '{"text": "x", "labels": [""]}',
                r"field 'labels' holds the empty name \"\"; write \[\]",
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
