"""Ids of words."""

import copy
import pickle
import subprocess
import sys
import zlib

import numpy as np
import pytest

from skmultitext.exceptions import DataFileError
from skmultitext.sequences import Vocabulary


def test_most_frequent_first_and_ties_by_code_point():
    counts = {"b": 2, "a": 2, "Z": 2, "é": 2, "top": 9, "rare": 1}
    vocabulary = Vocabulary.from_counts(counts, max_size=4, min_count=2)
    assert vocabulary.words == ("top", "Z", "a", "b")
    reverse = Vocabulary.from_counts(dict(reversed(counts.items())), max_size=4, min_count=2)
    assert vocabulary == reverse


def test_ids_of_padding_buckets_and_words():
    vocabulary = Vocabulary(["late", "lamp"], n_oov_buckets=3)
    assert len(vocabulary) == 6
    assert vocabulary.id("late") == 4
    unknown = [f"unknown{k}" for k in range(50)]
    ids = vocabulary.ids(unknown)
    assert ids.dtype == np.int32
    assert ids.tolist() == [1 + zlib.crc32(word.encode()) % 3 for word in unknown]
    assert set(ids.tolist()) == {1, 2, 3}


@pytest.mark.slow
def test_buckets_are_the_same_in_another_process():
    code = (
        "from skmultitext.sequences import Vocabulary\n"
        "print(Vocabulary([], n_oov_buckets=1000).id('straße'))"
    )
    seeds = ("1", "2")
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in seeds
    }
    assert found == {f"{Vocabulary([], n_oov_buckets=1000).id('straße')}\n"}


def test_special_names_in_texts_are_no_words():
    vocabulary = Vocabulary.from_counts({"<pad>": 9, "<oov_0>": 8, "<oov_1>": 7, "a": 1})
    assert vocabulary.words == ("<oov_1>", "a")
    assert vocabulary.id("<pad>") == 1


@pytest.mark.parametrize("n_oov_buckets", [1, 4])
def test_save_and_load(tmp_path, n_oov_buckets):
    vocabulary = Vocabulary(["late", "#", "überall", "x\u2028y"], n_oov_buckets=n_oov_buckets)
    path = tmp_path / "words.txt"
    vocabulary.save(path)
    lines = path.read_bytes().decode("utf-8").split("\n")
    assert lines[0] == "<pad>"
    assert lines.index("late") == vocabulary.id("late")
    assert Vocabulary.load(path) == vocabulary
    assert pickle.loads(pickle.dumps(vocabulary)) == vocabulary == copy.deepcopy(vocabulary)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<pad>\n<oov_0>\nlate\n\nlamp\n", ":4: the word '' is empty"),
        ("<pad>\n<oov_0>\nlate\nlate\n", ":4: the word 'late' is already on line 3"),
        ("late\n", ":1: the word 'late' must be '<pad>', the word of id 0"),
        ("<pad>\nlate\n", ":2: no out-of-vocabulary bucket; line 2 must be '<oov_0>'"),
        ("", ":1: no out-of-vocabulary bucket"),
    ],
)
def test_bad_files_are_named(tmp_path, content, message):
    path = tmp_path / "words.txt"
    path.write_text(content)
    with pytest.raises(DataFileError, match=f"words.txt{message}"):
        Vocabulary.load(path)


def test_a_file_that_is_not_utf8_is_named(tmp_path):
    path = tmp_path / "words.txt"
    path.write_bytes(b"<pad>\n<oov_0>\ncaf\xe9\n")
    with pytest.raises(DataFileError, match=r"words.txt:3: .*is not UTF-8"):
        Vocabulary.load(path)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a", ""], r"words\[1\] is '': it is empty"),
        (["a", "a"], r"words\[1\] is 'a': it occurs twice"),
        (["a\n"], "contains a line end"),
        (["<pad>"], "is the name of a special entry"),
        (["\ud800"], "contains a lone surrogate"),
    ],
)
def test_bad_words_are_refused(words, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary(words)


def test_repr():
    words = ["late", "lamp", "refund", "door"]
    assert repr(Vocabulary(words)) == (
        "<Vocabulary of 4 words, n_oov_buckets=1: 'late', 'lamp', 'refund', ...>"
    )


def test_a_bucket_is_needed():
    with pytest.raises(ValueError, match="n_oov_buckets is 0; pass an int of at least 1"):
        Vocabulary([], n_oov_buckets=0)
