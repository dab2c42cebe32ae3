"""Tests of `read_label_column_csv`."""

from pathlib import Path

import numpy as np
import pytest
from datasets_files import NO_HEADER, assert_bunch, raises_at, writer_in

from skmultitext.datasets import read_label_column_csv
from skmultitext.exceptions import SkippedRowsWarning

GOEMOTIONS = Path(__file__).parents[1].parent / "shared/data/goemotions"


@pytest.fixture
def write(tmp_path):
    return writer_in(tmp_path)


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
            ("0,", "the labels '0,' contain an empty one; separate labels by one ',' each"),
        ],
    )
    def test_bad_index(self, write, cell, message):
        path = write("t.tsv", f"one\t0\nbad\t{cell}\n")
        parameters = {**NO_HEADER, "label_indices": True, "label_names": ["a", "b", "c"]}
        with raises_at(path, 2, message):
            read_label_column_csv(path, **parameters)
        with pytest.warns(SkippedRowsWarning, match="skipped 1 row"):
            assert read_label_column_csv(path, on_bad_row="skip", **parameters).data == ["one"]

    @pytest.mark.parametrize("cell", ["nan", "NA", " <NA> ", "null", "None"])
    def test_missing_labels_are_unknown(self, write, cell):
        path = write("t.csv", f'text,labels\none,"a,b"\ntwo,{cell}\nthree,\n')
        with raises_at(path, 3, "missing value; leave the cell empty .* or pass unlabeled='unknow"):
            read_label_column_csv(path)
        bunch = read_label_column_csv(path, unlabeled="unknown")
        n = np.nan
        np.testing.assert_array_equal(bunch.target, [[1, 1], [n, n], [0, 0]])
        assert bunch.target.dtype == np.float64
        assert bunch.label_sets == [("a", "b"), (), ()]
        path = write("t.csv", f"text,labels\none,{cell}\n")
        bunch = read_label_column_csv(path, unlabeled="unknown", label_names=[cell.strip()])
        assert bunch.target.tolist() == [[1.0]]  # a label of that name

    @pytest.mark.parametrize(
        ("separator", "cell"), [(" ", " b  a "), ("|", "b| a"), (", ", "b, a"), (";", "b;a;b")]
    )
    def test_label_separator(self, write, separator, cell):
        path = write("t.tsv", f"text\tlabels\none\t{cell}\n")
        assert read_label_column_csv(path, label_separator=separator).label_sets == [("a", "b")]

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"text_column": 0}, "text_column must be a column name with header=True, got 0"),
            ({"header": False}, "text_column must be a position counted from 0 .* got 'text'"),
            ({**NO_HEADER, "id_column": -1}, "id_column must be a position .*, got -1"),
            ({"labels_column": "text"}, "text_column, labels_column must be different columns"),
            ({"label_separator": ""}, "label_separator must be a str that is not empty, got ''"),
            ({"label_indices": True}, "label_indices=True needs label_names"),
        ],
    )
    def test_bad_parameters(self, write, parameters, message):
        with pytest.raises(ValueError, match=message):
            read_label_column_csv(write("t.tsv", "text\tlabels\none\ta\n"), **parameters)

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
