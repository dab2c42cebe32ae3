"""Pretrained word vectors."""

import gzip
import io

import numpy as np
import pytest

from skmultitext.exceptions import DataFileError
from skmultitext.sequences import Vocabulary, read_word_vectors

VOCABULARY = Vocabulary(["late", ". . .", "7", "missing"])


def write(tmp_path, content):
    path = tmp_path / "vectors.txt"
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize("header", ["", "4 2\n"])
def test_glove_and_fasttext(tmp_path, header):
    path = write(tmp_path, header + "late 1 -0.5\n. . . 2 2e-1\n7 3 3 \nother x y\nlate 9 9\n")
    vectors, found = read_word_vectors(path, VOCABULARY)
    assert vectors.dtype == np.float32
    expected = np.zeros((6, 2), dtype=np.float32)
    expected[2:5] = [[1, -0.5], [2, 0.2], [3, 3]]
    np.testing.assert_array_equal(vectors, expected)
    assert found.tolist() == [False, False, True, True, True, False]


def test_gzip(tmp_path):
    path = tmp_path / "vectors.txt.gz"
    path.write_bytes(gzip.compress(b"late 1 2 3\n"))
    assert read_word_vectors(path, VOCABULARY)[0][2].tolist() == [1, 2, 3]


def test_other_encodings_and_open_files(tmp_path):
    words = Vocabulary(["sp\xe4t"])
    path = tmp_path / "vectors.txt"
    path.write_bytes("sp\xe4t 1 2\n".encode("latin-1"))
    assert read_word_vectors(path, words, encoding="latin-1")[0][2].tolist() == [1, 2]
    assert read_word_vectors(io.StringIO("sp\xe4t 1 2\n"), words)[0][2].tolist() == [1, 2]
    with pytest.raises(DataFileError, match=r"vectors.txt:1: .*longer than max_line_bytes=3"):
        read_word_vectors(path, words, max_line_bytes=3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a 1 2\nb 1\n", ":2: 1 numbers found after the word, 2 expected"),
        ("2 2\na 1 2\n\n", ":3: 0 numbers found after the word, 2 expected"),
        ("a 1 2\nlate 1 two\n", ":2: value 2 of the vector is 'two', not a finite number"),
        ("late 1 nan\n", ":1: value 2 of the vector is 'nan', not a finite number"),
        ("late inf 1\n", ":1: value 1 of the vector is 'inf', not a finite number"),
        ("late\n", ":1: a word and its numbers expected, found 'late'"),
        ("", ":1: no vector found"),
        ("late" + " 1" * 65_537, ":1: 65537 numbers found after the word; check that this is"),
    ],
)
def test_a_bad_line_is_named(tmp_path, content, message):
    with pytest.raises(DataFileError, match=f"vectors.txt{message}"):
        read_word_vectors(write(tmp_path, content), VOCABULARY)
