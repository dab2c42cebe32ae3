"""Predictions of files of texts, written to files."""

import gzip
import io
import json
import os

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

from han_files import TINY, paths, write_corpus
from sklearn.exceptions import NotFittedError

from skmultitext.datasets import read_jsonl, read_text_and_onehot
from skmultitext.exceptions import DataFileError
from skmultitext.neural.han import KerasHANTagger


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Files of texts and one-hot rows, to train and to validate on."""
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def fitted(corpus):
    return KerasHANTagger(**{**TINY, "max_epochs": 10}).fit_files(*paths(corpus, "train"))


def test_predictions_are_written_as_those_from_memory(corpus, tmp_path, fitted):
    dev = read_text_and_onehot(*paths(corpus, "dev"))
    text_path = corpus / "dev.txt"
    assert fitted.predict_files(text_path, tmp_path / "onehot") == len(dev.data)
    again = read_text_and_onehot(text_path, tmp_path / "onehot")
    np.testing.assert_array_equal(again.target, fitted.predict(dev.data))

    fitted.predict_files(text_path, tmp_path / "json", output="jsonl")
    written = [json.loads(line) for line in (tmp_path / "json").read_text().splitlines()]
    assert [tuple(record["labels"]) for record in written] == fitted.predict_labels(dev.data)
    assert read_jsonl(tmp_path / "json").data == dev.data

    fitted.predict_files(text_path, tmp_path / "proba", output="proba")
    header, *rows = (tmp_path / "proba").read_text().splitlines()
    assert header.split(",") == fitted.label_names_.tolist()
    found = np.array([row.split(",") for row in rows], dtype=np.float64)
    np.testing.assert_array_equal(found, fitted.predict_proba(dev.data))


def test_empty_lines_and_gzip(tmp_path, fitted):
    (tmp_path / "x.gz").write_bytes(gzip.compress(b"\nlate\r\n\n"))
    assert fitted.predict_files(tmp_path / "x.gz", tmp_path / "y") == 3
    assert len((tmp_path / "y").read_text().splitlines()) == 3


def test_other_encodings_and_open_files(tmp_path, fitted):
    (tmp_path / "x").write_bytes("late\n\xfc\n".encode("utf-16"))
    assert fitted.predict_files(tmp_path / "x", tmp_path / "y", encoding="utf-16") == 2
    assert fitted.predict_files(io.StringIO("late\n"), tmp_path / "y") == 1
    with pytest.raises(DataFileError, match="x:1: the line is longer than max_line_bytes=4"):
        fitted.predict_files(tmp_path / "x", tmp_path / "y", encoding="utf-16", max_line_bytes=4)
    with pytest.raises(ValueError, match="encoding must be a text encoding that"):
        fitted.predict_files(tmp_path / "x", tmp_path / "y", encoding="utf-9")


def test_files_that_are_not_ours_stay(tmp_path, fitted):
    (tmp_path / "x").write_text("late\n")
    (tmp_path / "y.part").write_text("a download")
    fitted.predict_files(tmp_path / "x", tmp_path / "y")
    assert (tmp_path / "y.part").read_text() == "a download"
    assert sorted(os.listdir(tmp_path)) == ["x", "y", "y.part"]


def test_a_prediction_that_fails_leaves_no_file(tmp_path, fitted):
    (tmp_path / "x").write_bytes(b"fine\n\xff\n")
    with pytest.raises(DataFileError, match=r"x:2: .*is not UTF-8"):
        fitted.predict_files(tmp_path / "x", tmp_path / "y")
    assert os.listdir(tmp_path) == ["x"]
    with pytest.raises(ValueError, match="output is 'csv'; pass one of 'onehot', 'jsonl', 'proba'"):
        fitted.predict_files(tmp_path / "x", tmp_path / "y", output="csv")
    with pytest.raises(NotFittedError):
        KerasHANTagger().predict_files(tmp_path / "x", tmp_path / "y")


def test_hostile_names_and_texts_do_no_harm_in_what_is_written(tmp_path):
    names = ["=cmd|' /C calc'!A0", "@SUM(1)", "plain"]
    texts = ["late\u2028parcel", "refund\x85now", "hello"]
    tagger = KerasHANTagger(**TINY).fit(texts * 4, [[name] for name in names] * 3 + [names] * 3)
    (tmp_path / "x").write_text("\n".join(texts) + "\n", encoding="utf-8")
    tagger.predict_files(tmp_path / "x", tmp_path / "proba", output="proba")
    header = (tmp_path / "proba").read_text().splitlines()[0].split(",")
    assert header == ["'=cmd|' /C calc'!A0", "'@SUM(1)", "plain"]
    tagger.predict_files(tmp_path / "x", tmp_path / "json", output="jsonl")
    lines = (tmp_path / "json").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["text"] for line in lines] == texts
