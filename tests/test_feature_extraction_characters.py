"""The kernels read the characters that scikit-learn's analyzers read."""

import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skmultitext._runtime.compiled import load_kernels
from skmultitext.feature_extraction._term_index import read_characters, white_space

pytest.importorskip("numba", reason="the kernels need numba (extra 'fast')")

DOCUMENTS = st.lists(
    st.text(st.sampled_from("abcé中😀\ud800 \n\t\x1c\x85\u2028\0")), min_size=1, max_size=4
)


def read(documents, padded, stop=False):
    """Read the characters as a list of strings; a comma stands for padding, a bar for a break."""
    text = b"".join(document.encode("utf-8", "surrogatepass") + b"\xff" for document in documents)
    buffer = np.frombuffer(text, dtype=np.uint8)
    tokens = read_characters(np.full(1, stop), buffer, 0, len(text), padded)
    spelled = {-1: "\n|", -2: "|", 0: ","}
    return [spelled[t] if t in spelled else chr(t - 1) for t in tokens.tolist()]


@given(documents=DOCUMENTS)
@settings(max_examples=200, deadline=None)
def test_runs_of_white_space_become_one_blank(documents):
    expected = [[*re.sub(r"\s\s+", " ", document), "\n|"] for document in documents]
    assert read(documents, 0) == [character for document in expected for character in document]


@given(documents=DOCUMENTS, padded=st.integers(1, 6))
@example(["a"] * 50, 6)
@settings(max_examples=200, deadline=None)
def test_words_stand_between_blanks(documents, padded):
    expected = ""
    for document in documents:
        words = [f" {word} " for word in document.split()]
        expected += "".join(word.ljust(padded, ",") + "|" for word in words) + "\n|"
    assert "".join(read(documents, padded)) == expected


def test_white_space_is_that_of_re_and_of_split():
    assert white_space().sum() == sum(chr(point).isspace() for point in range(0x110000))


@pytest.mark.parametrize("padded", [0, 3])
def test_reading_stops_when_told(padded):
    piece = load_kernels("feature_extraction._words").PIECE
    assert read(["abc"], padded, stop=True) == []
    assert len(read(["ab " * (piece // 2)], padded)) > piece


def test_tokens_are_marked():
    seen = np.zeros(5, np.bool_)
    load_kernels("feature_extraction._characters").mark_tokens(np.array([3, -1, 0, -2, 3]), seen)
    assert seen.tolist() == [True, False, False, True, False]
