"""Every reader of files, on damaged files: rows, or our own error that names file and line."""

import os
import warnings
from functools import partial

import pytest
from datasets_files import FORMATS, small_file_in
from fuzzing import CHARACTERS, damaged, fuzz_settings
from hypothesis import given
from hypothesis import strategies as st
from limits import limited

from skmultitext.datasets import read_jsonl, read_text_and_onehot
from skmultitext.exceptions import DataFileError
from skmultitext.sequences import Vocabulary, read_word_vectors

pytestmark = pytest.mark.fuzz


def assert_rows_or_refusal(read, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            bunch = limited(read, path)
        except DataFileError as error:
            assert os.fspath(path) in str(error) or "onehot" in str(error)  # noqa: PT017
            return
        except ValueError as error:
            # about the file as a whole: no rows, no such column
            assert str(error)  # noqa: PT017
            return
    assert len(bunch.data) == bunch.target.shape[0]
    assert all(isinstance(text, str) for text in bunch.data)
    assert len(bunch.target_names) == bunch.target.shape[1]


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("kind", FORMATS)
@given(data=st.data())
@fuzz_settings
def test_damaged_files(tmp_path_factory, kind, suffix, data):
    _, content, write, reader = small_file_in(tmp_path_factory.mktemp("fuzz"), kind)
    path = write(data.draw(damaged(content.encode())), suffix)
    assert_rows_or_refusal(reader, path)


@pytest.mark.parametrize("kind", FORMATS)
@given(content=st.one_of(st.binary(max_size=200), st.text(CHARACTERS, max_size=200)))
@fuzz_settings
def test_any_bytes(tmp_path_factory, kind, content):
    _, _, write, reader = small_file_in(tmp_path_factory.mktemp("fuzz"), kind)
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    assert_rows_or_refusal(reader, write(content))


@given(data=st.data())
@fuzz_settings
def test_damaged_rows_of_a_second_file(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("fuzz")
    texts, rows = folder / "texts.txt", folder / "onehot.txt"
    texts.write_text("one\ntwo\nthree\n")
    rows.write_bytes(data.draw(damaged(b"1, 1\n0,0\n0 1\n")))
    assert_rows_or_refusal(partial(read_text_and_onehot, onehot_path=rows), texts)


@given(data=st.data())
@fuzz_settings
def test_damaged_compressed_bytes(tmp_path_factory, data):
    _, content, write, reader = small_file_in(tmp_path_factory.mktemp("fuzz"), "jsonl")
    path = write(content, ".gz")
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    assert_rows_or_refusal(reader, path)


@pytest.mark.parametrize("depth", [100, 100_000])
def test_deeply_nested_json(tmp_path, depth):
    path = tmp_path / "t.jsonl"
    path.write_text('{"text": "a", "labels": ' + "[" * depth + "]" * depth + "}\n")
    with pytest.raises(DataFileError, match=r"t\.jsonl:1"):
        limited(read_jsonl, path)


@given(data=st.data())
@fuzz_settings
def test_damaged_word_lists(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("fuzz") / "words.txt"
    Vocabulary(["late", "parcel", "refund"]).save(path)
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    try:
        assert len(limited(Vocabulary.load, path)) >= 2
    except ValueError as error:
        assert "words.txt" in str(error)  # noqa: PT017


@given(data=st.data())
@fuzz_settings
def test_damaged_word_vectors(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("fuzz") / "vectors.txt"
    path.write_bytes(data.draw(damaged(b"3 2\nlate 0.5 1\nparcel -1e3 2.5\nrefund 0 0\n")))
    try:
        limited(read_word_vectors, path, Vocabulary(["late", "parcel"]))
    except ValueError as error:
        assert "vectors.txt" in str(error)  # noqa: PT017
