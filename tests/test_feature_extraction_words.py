"""The kernels find the words that the regular expression finds, and number each once."""

import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skmultitext.feature_extraction import _fast_tfidf

pytest.importorskip("numba", reason="the kernels need numba (extra 'fast')")

DOCUMENTS = st.lists(
    st.text(st.sampled_from("abcdeéß_0 .-中😀אب\u0301\ud800"), max_size=40), min_size=1, max_size=6
)


def encode(documents):
    """UTF-8, a NUL behind each document."""
    text = "".join(f"{document}\0" for document in documents)
    return np.frombuffer(text.encode("utf-8", "surrogatepass"), dtype=np.uint8)


def spell(text, words, n):
    """The first n words."""
    return [
        text[start : start + length].tobytes().decode()
        for start, length in zip(words.starts[:n], words.lengths[:n], strict=True)
    ]


def learn(documents):
    """Tokens by document, and the words of a corpus."""
    kernels = _fast_tfidf.kernels()[0]
    text = encode(documents)
    tokens, words, frequency = kernels.learn_words(
        text, 0, len(text), _fast_tfidf.word_characters()
    )
    return text, tokens, words, frequency


@given(documents=DOCUMENTS)
@example(documents=["abcdefgh abcdefghi abcdefghij abcdefgh abcdefghabcdefgh abcdefghabcdefgx"])
@settings(max_examples=100, deadline=None)
def test_words_are_those_of_the_regular_expression(documents):
    text, tokens, words, frequency = learn(documents)
    spelled = spell(text, words, len(frequency))
    expected = [re.findall(_fast_tfidf.DEFAULT_TOKEN_PATTERN, document) for document in documents]
    assert len(set(spelled)) == len(spelled)
    found = [[]]
    for token in tokens:
        found[-1].append(spelled[token]) if token >= 0 else found.append([])
    assert found == [*expected, []]
    assert frequency.tolist() == [sum(w in words for words in expected) for w in spelled]


def test_merged_and_copied_words_are_found_again():
    kernels = _fast_tfidf.kernels()[0]
    documents = ["one two three", "two four internationally internationalised"]
    text = encode(documents)
    middle = len("one two three\0")
    is_word = _fast_tfidf.word_characters()
    _, words, first = kernels.learn_words(text, 0, middle, is_word)
    _, more, second = kernels.learn_words(text, middle, len(text), is_word)
    words, n_words, numbers = kernels.merge_words(text, words, len(first), more, len(second))
    assert spell(text, words, n_words) == [
        "one", "two", "three", "four", "internationally", "internationalised",
    ]  # fmt: skip
    assert numbers.tolist() == [1, 3, 4, 5]
    copied, few = kernels.copy_words(text, words, np.array([1, 5]))
    assert copied.tobytes() == b"two internationalised "
    copied = np.frombuffer(copied.tobytes(), dtype=np.uint8)
    tokens = kernels.look_up_words(text, 0, len(text), is_word, few, copied)
    assert tokens.tolist() == [-2, 0, -2, -1, 0, -2, -2, 1, -1]


def test_the_table_grows_and_loses_no_word():
    documents = [
        " ".join(f"prefixes{i:05}" for i in range(start, start + 30_000)) for start in (0, 15_000)
    ]
    text, tokens, words, frequency = learn(documents)
    assert spell(text, words, len(frequency)) == [f"prefixes{i:05}" for i in range(45_000)]
    assert np.bincount(frequency).tolist() == [0, 30_000, 15_000]
    assert tokens[-2] == 44_999
