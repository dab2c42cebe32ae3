"""Rows of data files of every format."""

import io

import pytest

from skmultitext import datasets
from skmultitext.datasets._data_file import FORMATS, DataFile
from skmultitext.exceptions import DataFileError

# format -> (content, options)
FILES = {
    "fasttext": ("__label__a __label__b one\ntwo\n__label__b three\n", {}),
    "jsonl": (
        '{"body": "one", "tags": ["a", "b"]}\n{"body": "two", "tags": []}\n'
        '{"body": "three", "tags": ["b"]}\n',
        {"text_field": "body", "labels_field": "tags"},
    ),
    "libmultilabel": ("a b\tone\n\ttwo\nb\tthree\n", {}),
    "indicator_csv": (
        "id,text,a,b\n7,one,1,1\n8,two,0,0\n9,three,0,1\n",
        {"id_column": "id"},
    ),
    "label_column_csv": (
        'one,"0,1"\ntwo,\nthree,1\n',
        {
            "header": False,
            "text_column": 0,
            "labels_column": 1,
            "label_indices": True,
            "label_names": ["a", "b"],
        },
    ),
}


def test_every_reader_of_files_is_there():
    assert {f"read_{name}" for name in FORMATS} == {
        name for name in datasets.__all__ if name.startswith("read_")
    }


@pytest.mark.parametrize("format", FILES)
def test_rows_are_those_of_the_reader(tmp_path, format):
    content, options = FILES[format]
    path = tmp_path / "data.csv"
    path.write_text(content)
    bunch = getattr(datasets, f"read_{format}")(path, **options)
    data_file = DataFile(path, None, format, options)
    for _ in range(2):
        names, rows, skipped = data_file.rows()
        found = [(row.text, row.labels) for row in rows]
        assert found == list(zip(bunch.data, bunch.label_sets, strict=True))
        assert names in (None, ["a", "b"])
        assert skipped.n_bad == 0
    _, rows, _ = data_file.rows(["a", "b"])
    assert [row.text for row in rows] == ["one", "two", "three"]


def test_text_and_onehot(tmp_path):
    (tmp_path / "x").write_text("one\n\nthree\n")
    (tmp_path / "y").write_text("1,1\n0 0\n0, 1\n")
    data_file = DataFile(tmp_path / "x", tmp_path / "y", "text_and_onehot", {})
    names, rows, _ = data_file.rows()
    assert [(row.text, row.labels) for row in rows] == [
        ("one", ("label_0", "label_1")),
        ("", ()),
        ("three", ("label_1",)),
    ]
    assert names == ["label_0", "label_1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x", None, "xml", {}), "format is 'xml'; pass one of 'text_and_onehot', 'fasttext'"),
        (("x", None, "text_and_onehot", {}), "reads two files: pass labels_path"),
        (("x", "y", "fasttext", {}), "reads one file, .*leave labels_path out"),
        (("x", None, "fasttext", {"prefix": "#"}), "got an unexpected keyword argument 'prefix'"),
        (("x", None, "indicator_csv", {"labels_path": "y"}), "joined by id cannot be streamed"),
        ((io.StringIO("x"), None, "fasttext", {}), "read more than once: pass their paths"),
        (("x", None, "jsonl", {"encoding": "utf-9"}), "encoding must be a text encoding that"),
        (("x", None, "jsonl", {"max_line_bytes": 0}), "max_line_bytes is 0; pass an int"),
        (("x", None, "jsonl", {"on_bad_row": "fix"}), "on_bad_row is 'fix'; pass one of 'raise'"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        DataFile(*arguments).rows()


def test_unknown_labels(tmp_path):
    (tmp_path / "x").write_text("text,a,b\none,-1,1\ntwo,0,\n")
    data_file = DataFile(tmp_path / "x", None, "indicator_csv", {"unlabeled": "unknown"})
    _, rows, skipped = data_file.rows()
    assert [(row.labels, row.unknown) for row in rows] == [(("b",), ("a",)), ((), ("b",))]
    assert skipped.keep_unknown


def test_encoding_and_bound(tmp_path):
    (tmp_path / "names").write_bytes("\xe4\n\xf6\n".encode("utf-16"))
    (tmp_path / "x").write_bytes("text,labels\n\xfc,\xf6\n".encode("utf-16"))
    options = {"encoding": "utf-16", "label_names": tmp_path / "names"}
    names, rows, _ = DataFile(tmp_path / "x", None, "label_column_csv", options).rows()
    assert names == ["\xe4", "\xf6"]
    assert [(row.text, row.labels) for row in rows] == [("\xfc", ("\xf6",))]
    options = {"max_line_bytes": 11}
    (tmp_path / "x").write_text("text,labels\none,a\n")
    with pytest.raises(DataFileError, match="x:1: the line is longer than max_line_bytes=11"):
        DataFile(tmp_path / "x", None, "label_column_csv", options).rows()


def test_another_separator_is_told_at_the_end(tmp_path):
    (tmp_path / "x").write_text("text,labels\none,a;b\n")
    _, rows, _ = DataFile(tmp_path / "x", None, "label_column_csv", {}).rows()
    with pytest.raises(DataFileError, match="x:2: every row has one label, but 'a;b' contains ';'"):
        list(rows)


def test_a_label_that_is_not_known_by_now_is_a_bad_row(tmp_path):
    path = tmp_path / "data.txt"
    path.write_text("__label__a one\n__label__c two\n")
    _, rows, _ = DataFile(path, None, "fasttext", {}).rows(["a", "b"])
    with pytest.raises(DataFileError, match=r"data.txt:2: label 'c' is not in label_names"):
        list(rows)
