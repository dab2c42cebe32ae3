"""Tests of the file readers of `skmultitext.datasets`."""

import csv
import gzip
import json
import pickle
import re
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skmultitext.datasets import (
    read_fasttext,
    read_indicator_csv,
    read_jsonl,
    read_label_column_csv,
    read_libmultilabel,
    read_text_and_onehot,
)
from skmultitext.exceptions import DataFileError, SkippedRowsWarning

GOEMOTIONS = Path(__file__).parents[1].parent / "shared/data/goemotions"

NASTY = "caf\u00e9 \u2028 a\x85b\x0cc\u2029 \x1cd"  # str.splitlines would cut it five times


@pytest.fixture
def write(tmp_path):
    """Write a file of str or bytes, and return its path."""

    def write_file(name, content):
        content = content.encode() if isinstance(content, str) else content
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write_file


def assert_bunch(bunch, data, label_sets, target_names, ids=None):
    assert bunch.data == data
    assert bunch.label_sets == label_sets
    assert bunch.target_names == target_names
    target = [[int(name in labels) for name in target_names] for labels in label_sets]
    np.testing.assert_array_equal(bunch.target, target)
    assert bunch.target.dtype == np.int64
    assert bunch.get("ids") == ids
    assert bunch.frame is None
    assert isinstance(bunch.DESCR, str)
    pickle.loads(pickle.dumps(bunch))


def raises_at(path, line, message):
    return pytest.raises(DataFileError, match=f"^{re.escape(f'{path}:{line}: ')}.*{message}")


# one small file in every format: name, content, reader, parameters, and whether it has ids
FORMATS = {
    "indicator": (
        "t.csv",
        "id,text,b,a\n1,one,1,1\n2,two,0,0\n3,three,0,1\n",
        lambda path, **kw: read_indicator_csv(path, id_column="id", **kw),
    ),
    "label_column": (
        "t.csv",
        'id,text,labels\n1,one,"b,a"\n2,two,\n3,three,a\n',
        lambda path, **kw: read_label_column_csv(path, id_column="id", **kw),
    ),
    "fasttext": ("t.txt", "__label__b __label__a one\ntwo\n__label__a three\n", read_fasttext),
    "libmultilabel": ("t.txt", "1\tb a\tone\n2\t\ttwo\n3\ta\tthree\n", read_libmultilabel),
    "jsonl": (
        "t.jsonl",
        '{"id": 1, "text": "one", "labels": ["b", "a"]}\n'
        '{"id": "2", "text": "two", "labels": []}\n'
        '{"id": 3, "text": "three", "labels": ["a"]}\n',
        lambda path, **kw: read_jsonl(path, id_field="id", **kw),
    ),
    "onehot": (
        "t.txt",
        "one\ntwo\nthree\n",
        lambda path, **kw: read_text_and_onehot(
            path, path.with_name("onehot.txt"), label_names=["b", "a"], **kw
        ),
    ),
}


@pytest.fixture(params=FORMATS)
def small_file(request, write):
    """Return (format, content, writer of a changed content, reader)."""
    name, content, reader = FORMATS[request.param]
    write("onehot.txt", "1, 1\n0,0\n0 1\n")
    return request.param, content, lambda text, suffix="": write(name + suffix, text), reader


class TestEveryFormat:
    def check(self, kind, bunch):
        names = ["b", "a"] if kind in ("indicator", "onehot") else ["a", "b"]
        ids = None if kind in ("fasttext", "onehot") else ["1", "2", "3"]
        assert_bunch(bunch, ["one", "two", "three"], [tuple(names), (), ("a",)], names, ids)

    def test_plain(self, small_file):
        kind, content, write_content, reader = small_file
        path = write_content(content)
        bunch = reader(path)
        self.check(kind, bunch)
        assert bunch.filename == str(path)

    @pytest.mark.parametrize("suffix", ["", ".gz"])
    def test_byte_order_mark_windows_line_ends_and_no_last_line_end(self, small_file, suffix):
        kind, content, write_content, reader = small_file
        windows = content.removesuffix("\n").replace("\n", "\r\n").encode("utf-8-sig")
        self.check(kind, reader(write_content(windows, suffix)))

    def test_gzip_is_recognised_without_its_suffix(self, small_file):
        kind, content, write_content, reader = small_file
        self.check(kind, reader(write_content(gzip.compress(content.encode()))))

    def test_truncated_gzip(self, small_file):
        _, content, write_content, reader = small_file
        path = write_content(gzip.compress(content.encode())[:-9])
        message = rf"^{re.escape(str(path))}:\d+: the gzip data is cut short"
        with pytest.raises(DataFileError, match=message):
            reader(path, on_bad_row="skip")

    def test_damaged_gzip(self, small_file):
        _, content, write_content, reader = small_file
        data = bytearray(gzip.compress(content.encode()))
        data[-6] ^= 255  # in the check sum
        with pytest.raises(DataFileError, match=r"cut short or damaged .*fetch the file again"):
            reader(write_content(bytes(data)))

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

    def test_missing_file(self, small_file, tmp_path):
        with pytest.raises(FileNotFoundError, match="nowhere"):
            small_file[3](tmp_path / "nowhere.csv")

    def test_bytes_that_are_not_utf8(self, small_file):
        _, content, write_content, reader = small_file
        line = 1 + next(n for n, text in enumerate(content.split("\n")) if "two" in text)
        path = write_content(content.replace("two", "tw\u00f6").encode("latin-1"))
        with raises_at(path, line, f"byte 0xf6 at position .* of line {line} is not UTF-8; save"):
            reader(path)
        message = f"skipped 1 row that could not be read; the first is .*:{line}: byte 0xf6"
        with pytest.warns(SkippedRowsWarning, match=message) as record:
            bunch = reader(path, on_bad_row="skip")
        assert len(record) == 1
        assert record[0].filename == __file__
        assert bunch.data == ["one", "three"]
        assert bunch.get("ids") in (None, ["1", "3"])

    def test_separators_other_than_newline_do_not_end_a_row(self, small_file):
        kind, content, write_content, reader = small_file
        # JSON wants two of them escaped
        text = json.dumps(NASTY, ensure_ascii=False)[1:-1] if kind == "jsonl" else NASTY
        bunch = reader(write_content(content.replace("two", text)))
        assert bunch.data == ["one", NASTY, "three"]

    def test_bad_parameter(self, small_file):
        _, content, write_content, reader = small_file
        with pytest.raises(ValueError, match="on_bad_row must be 'raise' or 'skip', got 'ignore'"):
            reader(write_content(content), on_bad_row="ignore")

    def test_all_rows_skipped(self, small_file):
        kind, _, write_content, reader = small_file
        bad = {"indicator": "id,text,a\n1\n", "label_column": "id,text,labels\n1\n"}.get(
            kind, "__label__\n"
        )
        path = write_content(bad if kind != "onehot" else b"\xff\n\xff\n\xff\n")
        with raises_at(path, 1, "no row could be read; the first problem is .*:[12]: "):
            reader(path, on_bad_row="skip")


@pytest.mark.parametrize("kind", ["label_column", "fasttext", "libmultilabel", "jsonl"])
class TestLabelNames:
    @pytest.fixture
    def path_and_reader(self, kind, write):
        name, content, reader = FORMATS[kind]
        return write(name, content), reader

    def test_give_the_columns_and_may_hold_an_absent_label(self, path_and_reader):
        path, reader = path_and_reader
        bunch = reader(path, label_names=np.array(["b", "never", "a"]))
        assert bunch.target_names == ["b", "never", "a"]
        assert all(type(name) is str for name in bunch.target_names)
        assert bunch.label_sets == [("b", "a"), (), ("a",)]
        np.testing.assert_array_equal(bunch.target, [[1, 0, 1], [0, 0, 0], [0, 0, 1]])

    def test_from_a_file(self, path_and_reader, write):
        path, reader = path_and_reader
        names = write("names.txt", "b\r\n\r\na \n")
        assert reader(path, label_names=names).target_names == ["b", "a"]
        assert reader(path, label_names=str(names)).target_names == ["b", "a"]

    def test_row_with_another_label(self, path_and_reader):
        path, reader = path_and_reader
        with pytest.raises(DataFileError, match=r":[12]: label 'b' is not in label_names; add it"):
            reader(path, label_names=["a"])

    @pytest.mark.parametrize(
        ("names", "message"),
        [
            (["a", "b", "a"], r"label_names\[2\] repeats 'a'"),
            (["a", 3], r"label_names\[1\] must be a str, got 3"),
            ([], "label_names is empty; pass at least one name, or None"),
        ],
    )
    def test_bad_names(self, path_and_reader, names, message):
        path, reader = path_and_reader
        with pytest.raises(ValueError, match=message):
            reader(path, label_names=names)

    def test_bad_file_of_names(self, path_and_reader, write):
        path, reader = path_and_reader
        names = write("names.txt", "a\nb\na\n")
        with raises_at(names, 3, "label 'a' stands in line 1 already"):
            reader(path, label_names=names)
        names = write("names.txt", "\n")
        with raises_at(names, 1, "no label name found; write one name a line"):
            reader(path, label_names=names)


class TestIndicatorCsv:
    def test_kaggle_layout_with_quoted_newlines(self, write):
        path = write(
            "train.csv",
            "id,comment_text,toxic,insult\r\n"
            '0a,"You, ""fool""!\r\n\r\nGo, now",1,1\r\n0b,Thx,0,0\r\n',
        )
        bunch = read_indicator_csv(path, text_column="comment_text", id_column="id")
        data = ['You, "fool"!\r\n\r\nGo, now', "Thx"]
        sets = [("toxic", "insult"), ()]
        assert_bunch(bunch, data, sets, ["toxic", "insult"], ["0a", "0b"])

    def test_label_columns_give_choice_and_order(self, write):
        path = write("t.tsv", 'x\ta\ttext\tb\n9\t1\t5" pipe\t0\n')
        bunch = read_indicator_csv(path, label_columns=["b", "a"])
        assert_bunch(bunch, ['5" pipe'], [("a",)], ["b", "a"])

    def test_delimiter_and_quoting(self, write):
        path = write("t.tsv", 'text;a\n"one; two";1\n')
        assert read_indicator_csv(path, delimiter=";").data == ["one; two"]
        path = write("t.csv", 'text,a\n"one" she said,1\n')
        assert read_indicator_csv(path, quoting=False).data == ['"one" she said']

    def test_floats_and_booleans(self, write):
        path = write("t.csv", "text,a,b\none,1.0,True\ntwo,0.0,False\n")
        np.testing.assert_array_equal(read_indicator_csv(path).target, [[1, 1], [0, 0]])

    def test_rows_labelled_minus_one(self, write):
        path = write("t.csv", "text,a,b\none,1,0\ntwo,-1,-1\nthree,-1,-1\nfour,0,1\n")
        message = r"dropped 2 rows labelled -1 \(not labelled\); pass unlabeled='raise'"
        with pytest.warns(SkippedRowsWarning, match=message) as record:
            bunch = read_indicator_csv(path)
        assert len(record) == 1
        assert record[0].filename == __file__
        assert bunch.data == ["one", "four"]
        with raises_at(path, 3, "column 'a' holds -1, .* pass unlabeled='drop' to leave"):
            read_indicator_csv(path, unlabeled="raise")
        with pytest.raises(ValueError, match="unlabeled must be 'drop' or 'raise', got 'skip'"):
            read_indicator_csv(path, unlabeled="skip")
        path = write("t.csv", "text,a\none,-1\n")
        with raises_at(path, 1, "all 1 rows are labelled -1; none is left"):
            read_indicator_csv(path)

    @pytest.mark.parametrize(
        ("content", "line", "message"),
        [
            ("text,a\n\none,2\n", 3, "column 'a' holds '2', not 0, 1 or -1; if it is not a label"),
            ('text,a\n"one\ntwo",1\nthree,\n', 4, "column 'a' holds '', not 0, 1 or -1"),
            ('text,a\n"one\ntwo",1\n"three\nx",1,2\n', 4, "3 fields found, 2 expected; quote a"),
            ("text,a\none\n", 2, "1 fields found, 2 expected; .* fill in the missing"),
            ('text,a\n"one" two,1\n', 2, "not valid CSV: .*quote inside a quoted field twice"),
            ('text,a\none,1\n"x\ny" two,1\n', 3, r"not valid CSV \(read up to line 4\)"),
        ],
    )
    def test_bad_row(self, write, content, line, message):
        path = write("t.csv", content + "last,1\n")
        with raises_at(path, line, message):
            read_indicator_csv(path)
        with pytest.warns(SkippedRowsWarning, match=f"skipped 1 row .*:{line}: {message}"):
            bunch = read_indicator_csv(path, on_bad_row="skip")
        assert bunch.data[-1] == "last"

    def test_quote_that_is_never_closed_stops_even_when_skipping(self, write):
        path = write("t.csv", 'text,a\none,1\n"two,1\nthree,1\n')
        with raises_at(path, 3, "a quoted field is never closed; close it, or pass quoting=False"):
            read_indicator_csv(path, on_bad_row="skip")

    def test_bad_header_stops_even_when_skipping(self, write):
        path = write("t.csv", b"t\xffxt,a\none,1\n")
        with raises_at(path, 1, "byte 0xff at position 2 of line 1 is not UTF-8"):
            read_indicator_csv(path, on_bad_row="skip")

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"text_column": "body"}, r"no column 'body' \(text_column\); .*: 'text', 'a', 'a'"),
            ({"id_column": "id"}, r"no column 'id' \(id_column\); columns found"),
            ({"label_columns": ["b"]}, r"no column 'b' \(label_columns\); columns found"),
            ({}, r"column 'a' \(label_columns\) stands 2 times in the header"),
        ],
    )
    def test_bad_columns_in_the_file(self, write, parameters, message):
        path = write("t.csv", "text,a,a\none,1,1\n")
        with raises_at(path, 1, message):
            read_indicator_csv(path, **parameters)

    def test_no_label_column(self, write):
        path = write("t.csv", "text\none\n")
        with raises_at(path, 1, "no label column beside 'text'"):
            read_indicator_csv(path)

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"label_columns": "a"}, r"label_columns must be a list .* got the str 'a'; pass \["),
            ({"label_columns": []}, "label_columns is empty; pass at least one name, or None"),
            ({"label_columns": ["a", "a"]}, "name 'a' twice; each column has one role"),
            ({"id_column": "text"}, "name 'text' twice; each column has one role"),
            ({"labels_path": "x.csv"}, "labels_path needs id_column"),
            ({"delimiter": ", "}, "delimiter must be one character .*, got ', '"),
        ],
    )
    def test_bad_parameters(self, write, parameters, message):
        with pytest.raises(ValueError, match=message):
            read_indicator_csv(write("t.csv", "text,a\none,1\n"), **parameters)

    def test_fields_larger_than_the_limit_of_the_csv_module(self, write):
        data = ["word " * 300] * 500
        path = write("t.csv", "text,a\n" + "".join(f'"{text}",1\n' for text in data))
        bunches = []
        threads = [
            threading.Thread(target=lambda: bunches.append(read_indicator_csv(path)))
            for _ in range(4)
        ]
        users_limit = csv.field_size_limit(1000)
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert [bunch.data for bunch in bunches] == [data] * 4
            assert csv.field_size_limit() == 1000
        finally:
            csv.field_size_limit(users_limit)


class TestIndicatorCsvPair:
    TEXTS = 'id,comment_text\n1,"one\nmore"\n2,two\n3,three\n'

    def read(self, texts, labels, **parameters):
        return read_indicator_csv(
            texts, labels_path=labels, text_column="comment_text", id_column="id", **parameters
        )

    def test_joined_by_id_in_the_order_of_the_texts(self, write):
        texts = write("test.csv", self.TEXTS)
        labels = write("test_labels.csv.gz", "id,toxic,insult\n3,0,1\n1,1,1\n2,-1,-1\n")
        with pytest.warns(SkippedRowsWarning, match="dropped 1 row labelled -1"):
            bunch = self.read(texts, labels)
        sets = [("toxic", "insult"), ("insult",)]
        assert_bunch(bunch, ["one\nmore", "three"], sets, ["toxic", "insult"], ["1", "3"])
        with raises_at(labels, 4, "column 'toxic' holds -1"):
            self.read(texts, labels, unlabeled="raise")

    def test_more_texts_than_labels(self, write):
        texts = write("test.csv", self.TEXTS)
        labels = write("test_labels.csv", "id,toxic\n1,1\n2,0\n")
        message = r"id '3' has no readable row in .*test_labels.csv \(3 texts, 2 rows of labels\)"
        with raises_at(texts, 5, message):
            self.read(texts, labels)
        with pytest.warns(SkippedRowsWarning, match=message):
            assert self.read(texts, labels, on_bad_row="skip").ids == ["1", "2"]

    def test_more_labels_than_texts(self, write):
        texts = write("test.csv", self.TEXTS)
        labels = write("test_labels.csv", "id,toxic\n1,1\n2,0\n4,1\n3,1\n")
        message = r"id '4' has no readable row in .*test.csv \(3 texts, 4 rows of labels\)"
        with raises_at(labels, 4, message):
            self.read(texts, labels)

    def test_repeated_id(self, write):
        texts = write("test.csv", self.TEXTS)
        labels = write("test_labels.csv", "id,toxic\n1,1\n2,0\n1,0\n3,1\n")
        with raises_at(labels, 4, "id '1' stands in line 2 already"):
            self.read(texts, labels)
        labels = write("test_labels.csv", "id,toxic\n1,1\n2,0\n3,1\n")
        texts = write("test.csv", self.TEXTS + "2,again\n")
        with raises_at(texts, 6, "id '2' stands in line 4 already"):
            self.read(texts, labels)

    def test_missing_id_column_in_the_labels(self, write):
        labels = write("test_labels.csv", "key,toxic\n1,1\n")
        with raises_at(labels, 1, r"no column 'id' \(id_column\); columns found: 'key', 'toxic'"):
            self.read(write("test.csv", self.TEXTS), labels)


NO_HEADER = {"header": False, "text_column": 0, "labels_column": 1}


class TestLabelColumnCsv:
    @pytest.mark.parametrize("name", ["t.tsv", "T.TSV", "t.tsv.gz"])
    def test_goemotions_layout(self, write, name):
        path = write(name, 'He said "hi\t0,2\tx\n"\t1\ty\nnone\t\tz\n')
        names = write("labels.txt", "sad\nglad\nmad")
        bunch = read_label_column_csv(
            path, **NO_HEADER, id_column=2, label_indices=True, label_names=names
        )
        data = ['He said "hi', '"', "none"]
        sets = [("sad", "mad"), ("glad",), ()]
        assert_bunch(bunch, data, sets, ["sad", "glad", "mad"], ["x", "y", "z"])

    @pytest.mark.parametrize(
        ("cell", "message"),
        [
            ("3", "label index 3 is out of range: label_names has 3 names, counted from 0"),
            ("-1", "label '-1' is not an index counted from 0"),
            ("sad", "label 'sad' is not an index .* for label names pass label_indices=False"),
            ("0,", "the labels '0,' have an empty one; separate labels by one ',' each"),
        ],
    )
    def test_bad_index(self, write, cell, message):
        path = write("t.tsv", f"one\t0\nbad\t{cell}\n")
        parameters = {**NO_HEADER, "label_indices": True, "label_names": ["a", "b", "c"]}
        with raises_at(path, 2, message):
            read_label_column_csv(path, **parameters)
        with pytest.warns(SkippedRowsWarning, match="skipped 1 row"):
            assert read_label_column_csv(path, on_bad_row="skip", **parameters).data == ["one"]

    @pytest.mark.parametrize(
        ("separator", "cell"), [(" ", " b  a "), ("|", "b| a"), (", ", "b, a"), (";", "b;a;b")]
    )
    def test_label_separator(self, write, separator, cell):
        path = write("t.tsv", f"text\tlabels\none\t{cell}\n")
        assert read_label_column_csv(path, label_separator=separator).label_sets == [("a", "b")]

    def test_rows_of_other_length_without_a_header(self, write):
        path = write("t.tsv", "one\ntwo\ta\nthree\ta\tb\n")
        with raises_at(path, 1, "1 fields found, but labels_column=1, counted from 0; check del"):
            read_label_column_csv(path, **NO_HEADER)
        with pytest.warns(SkippedRowsWarning, match="skipped 2 rows that could not be read"):
            bunch = read_label_column_csv(path, on_bad_row="skip", **NO_HEADER)
        assert bunch.data == ["two"]

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"text_column": 0}, "text_column must be a column name with header=True, got 0"),
            ({"header": False}, "text_column must be a position counted from 0 .* got 'text'"),
            ({**NO_HEADER, "id_column": -1}, "id_column must be a position .*, got -1"),
            ({"labels_column": "text"}, "text_column, labels_column must be different columns"),
            ({"label_separator": ""}, "label_separator must be a str of 1 or more, got ''"),
            ({"label_indices": True}, "label_indices=True needs label_names"),
        ],
    )
    def test_bad_parameters(self, write, parameters, message):
        with pytest.raises(ValueError, match=message):
            read_label_column_csv(write("t.tsv", "text\tlabels\none\ta\n"), **parameters)

    def test_missing_column(self, write):
        path = write("t.csv", "text;tags\none;a\n")
        message = r"no column 'text' \(text_column\); columns found: 'text;tags'. .* or delimiter="
        with raises_at(path, 1, message):
            read_label_column_csv(path)

    @pytest.mark.skipif(not GOEMOTIONS.is_dir(), reason=f"GoEmotions is not at {GOEMOTIONS}")
    def test_goemotions(self):
        shapes = {"train": 43_410, "dev": 5426, "test": 5427}
        for part, n_samples in shapes.items():
            bunch = read_label_column_csv(
                GOEMOTIONS / f"{part}.tsv.gz",
                **NO_HEADER,
                id_column=2,
                label_indices=True,
                label_names=GOEMOTIONS / "labels.txt",
            )
            assert bunch.target.shape == (n_samples, 28)
            assert len(set(bunch.ids)) == n_samples
            assert bunch.target_names[0] == "admiration"
            assert bunch.target_names[27] == "neutral"
            assert 1.1 < bunch.target.sum(axis=1).mean() < 1.3
            assert (bunch.target.sum(axis=1) > 0).all()


class TestTextAndOnehot:
    @pytest.fixture
    def read(self, write):
        def read_contents(texts, onehot, **parameters):
            return read_text_and_onehot(
                write("texts.txt", texts), write("onehot.txt", onehot), **parameters
            )

        return read_contents

    def test_numbered_names_and_empty_documents(self, read):
        bunch = read("one\n\n  three \r\n", "1, 0, 0, 1\r\n0\t0 0,1\n0,0,0,0")
        names = ["label_0", "label_1", "label_2", "label_3"]
        sets = [("label_0", "label_3"), ("label_3",), ()]
        assert_bunch(bunch, ["one", "", "  three "], sets, names)

    @pytest.mark.parametrize(("n_texts", "n_onehots"), [(3, 2), (2, 5)])
    @pytest.mark.parametrize("on_bad_row", ["raise", "skip"])
    def test_files_of_different_length(self, read, n_texts, n_onehots, on_bad_row):
        line = min(n_texts, n_onehots) + 1
        message = (
            rf"texts.txt:{line}: .*texts.txt has {n_texts} lines but "
            rf".*onehot.txt has {n_onehots}; every text needs one row of 0 and 1"
        )
        with pytest.raises(DataFileError, match=message):
            read("x\n" * n_texts, "1,0\n" * n_onehots, on_bad_row=on_bad_row)

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            ("1, 2", "'2' is not 0 or 1; write one 0 or 1 for each label, as in 1, 0, 0, 1"),
            ("1.0 0", "'1.0' is not 0 or 1"),
            ("1", "1 values found, 2 expected, one for each label"),
            ("", "the row is blank; write one 0 or 1 for each label"),
        ],
    )
    def test_bad_row(self, read, tmp_path, row, message):
        contents = "one\ntwo\nthree\n", f"1, 0\n{row}\n0, 1\n"
        with raises_at(tmp_path / "onehot.txt", 2, message):
            read(*contents)
        with pytest.warns(SkippedRowsWarning, match="skipped 1 row"):
            assert read(*contents, on_bad_row="skip").data == ["one", "three"]

    def test_names_are_numbered_from_the_first_readable_row(self, read):
        with pytest.warns(SkippedRowsWarning, match="skipped 1 row"):
            bunch = read("one\ntwo\n", "1, x, 0\n1, 0\n", on_bad_row="skip")
        assert bunch.target_names == ["label_0", "label_1"]

    def test_both_lines_damaged_count_as_one_row(self, read):
        with pytest.warns(SkippedRowsWarning, match="skipped 1 row"):
            bunch = read(b"\xff\ntwo\n", b"\xfe\n1\n", on_bad_row="skip")
        assert bunch.data == ["two"]

    def test_label_names_of_other_length(self, read, tmp_path):
        with raises_at(tmp_path / "onehot.txt", 1, "2 values found, 3 expected"):
            read("one\n", "1, 0\n", label_names=["a", "b", "c"])


class TestFasttext:
    def test_blanks_prefix_and_blank_lines(self, write):
        path = write("t.txt", "\n  #x\t#y  What  a #1 day\n\n")
        with pytest.raises(DataFileError, match=":2: label '#1' stands behind the text"):
            read_fasttext(path, label_prefix="#")
        path = write("t.txt", "\n  #x\t#y  What  a C# day \n\n#x\n")
        bunch = read_fasttext(path, label_prefix="#")
        assert_bunch(bunch, ["What  a C# day ", ""], [("x", "y"), ("x",)], ["x", "y"])

    @pytest.mark.parametrize(
        ("row", "message"),
        [
            ("text __label__a", "label '__label__a' stands behind the text; put labels in front"),
            ("__label__ a text", "'__label__' without the name of a label"),
        ],
    )
    def test_bad_row(self, write, row, message):
        path = write("t.txt", f"__label__a one\n{row}\n")
        with raises_at(path, 2, message):
            read_fasttext(path)
        with pytest.warns(SkippedRowsWarning, match="skipped 1 row"):
            assert read_fasttext(path, on_bad_row="skip").data == ["one"]

    @pytest.mark.parametrize("prefix", ["", "a b", None])
    def test_bad_prefix(self, write, prefix):
        with pytest.raises(ValueError, match="label_prefix must be a str of 1 or more"):
            read_fasttext(write("t.txt", "x\n"), label_prefix=prefix)


class TestLibmultilabel:
    def test_two_columns(self, write):
        path = write("t.txt", 'b a\tsaid "one\n\n\ttwo\n')
        assert_bunch(read_libmultilabel(path), ['said "one', "two"], [("a", "b"), ()], ["a", "b"])

    @pytest.mark.parametrize(
        ("content", "line", "message"),
        [
            ("1\ta\tone\na\ttwo\n", 2, "2 columns found where line 1 has 3; a row is ID<TAB>"),
            ("a\tone\n\na\ttwo\tx\n", 3, "3 columns found where line 1 has 2"),
            ("one\na\ttwo\n", 1, "1 columns found; a row is ID<TAB>labels<TAB>text or"),
        ],
    )
    def test_bad_row(self, write, content, line, message):
        path = write("t.txt", content)
        with raises_at(path, line, message):
            read_libmultilabel(path)
        with pytest.warns(SkippedRowsWarning, match="skipped 1 row"):
            assert len(read_libmultilabel(path, on_bad_row="skip").data) == 1


class TestJsonl:
    def test_field_names(self, write):
        path = write("t.jsonl", '{"body": "a\\nb", "tags": ["x"], "n": 0}\n\n')
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
            ('{"text": "x", "labels": [], "id": 1.5}', "field 'id' must be .*, found 1.5"),
        ],
    )
    def test_bad_row(self, write, row, message):
        path = write("t.jsonl", f'{{"text": "one", "labels": ["a"], "id": 1}}\n{row}\n')
        with raises_at(path, 2, message):
            read_jsonl(path, id_field="id")
        with pytest.warns(SkippedRowsWarning, match="skipped 1 row"):
            assert read_jsonl(path, id_field="id", on_bad_row="skip").data == ["one"]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
LINE = TEXT.map(lambda text: text.replace("\n", " ").replace("\r", " ").replace("\ufeff", ""))
DOCUMENTS = st.lists(st.tuples(TEXT, st.sets(st.sampled_from("abc"))), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("round_trip")


def assert_round_trip(bunch, documents):
    assert bunch.data == [text for text, _ in documents]
    assert bunch.label_sets == [tuple(sorted(labels)) for _, labels in documents]


@settings(deadline=None, max_examples=150)
@given(
    documents=DOCUMENTS,
    delimiter=st.sampled_from(",;\t"),
    line_end=st.sampled_from(["\n", "\r\n"]),
    gz=st.booleans(),
    bom=st.booleans(),
)
def test_csv_round_trip(folder, documents, delimiter, line_end, gz, bom):
    path = folder / "t.csv"
    with (gzip.open if gz else open)(
        path, "wt", newline="", encoding="utf-8-sig" if bom else "utf-8"
    ) as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator=line_end)
        writer.writerow(["labels", "text", "a", "b", "c"])
        for text, labels in documents:
            writer.writerow([" ".join(labels), text, *(int(name in labels) for name in "abc")])
    parameters = {"delimiter": delimiter, "quoting": True}
    bunch = read_label_column_csv(path, label_separator=" ", **parameters)
    assert_round_trip(bunch, documents)
    assert_round_trip(read_indicator_csv(path, label_columns=list("abc"), **parameters), documents)


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


@settings(deadline=None, max_examples=100)
@given(documents=st.lists(st.tuples(LINE, st.sets(st.sampled_from("abc"))), min_size=1))
def test_text_and_onehot_round_trip(folder, documents):
    texts, onehot = folder / "texts.txt", folder / "onehot.txt"
    texts.write_bytes("".join(f"{text}\r\n" for text, _ in documents).encode())
    np.savetxt(onehot, [[n in labels for n in "abc"] for _, labels in documents], "%d", ", ")
    assert_round_trip(read_text_and_onehot(texts, onehot, label_names=list("abc")), documents)
