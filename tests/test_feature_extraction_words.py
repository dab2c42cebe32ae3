"""The kernels find the words that the regular expression finds, and number each once."""

import re
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skmultitext.feature_extraction import TfidfVectorizer, _fast_tfidf, _term_index
from skmultitext.feature_extraction._patterns import ANYTHING, compile_pattern
from skmultitext.feature_extraction._term_index import HASH_KEY

pytest.importorskip("numba", reason="the kernels need numba (extra 'fast')")

DEFAULT = r"(?u)\b\w\w+\b"
GO_ON = np.zeros(1, np.bool_)
DOCUMENTS = st.lists(
    st.text(st.sampled_from("abcdeéß_0 .-'\0\n中😀אب\u0301\ud800"), max_size=40),
    min_size=1,
    max_size=6,
)

PATTERNS = [
    r"(?u)\b\w+\b",
    r"(?u)\w+|[^\w\s]",
    r"\S+",
    r"\b\w[\w'-]*\b",
    r"\w+(?:'\w+)?",
    r"ab|abc|[a-c]d?",
    r"(?:ab?)+?\B.",
    ANYTHING,
]


def encode(documents):
    """UTF-8, a separator behind each document."""
    text = b"".join(document.encode("utf-8", "surrogatepass") + b"\xff" for document in documents)
    return np.frombuffer(text, dtype=np.uint8)


def spell(text, words, n):
    """The first n words."""
    return [
        text[start : start + length].tobytes().decode("utf-8", "surrogatepass")
        for start, length in zip(words.starts[:n], words.lengths[:n], strict=True)
    ]


def learn(documents, pattern=DEFAULT):
    """Tokens by document, and the words of a corpus."""
    kernels = _fast_tfidf.kernels()[0]
    text = encode(documents)
    tokens, words, frequency = kernels.learn_words(
        GO_ON, text, 0, len(text), compile_pattern(pattern), HASH_KEY
    )
    return text, tokens, words, frequency


@given(documents=DOCUMENTS)
@example(documents=["abcdefgh abcdefghi abcdefghij abcdefgh abcdefghabcdefgh abcdefghabcdefgx"])
@settings(max_examples=100, deadline=None)
def test_words_are_those_of_the_regular_expression(documents):
    check_words(documents, DEFAULT)


@given(documents=DOCUMENTS, pattern=st.sampled_from(PATTERNS))
@settings(max_examples=300, deadline=None)
def test_other_patterns_find_what_re_finds(documents, pattern):
    check_words(documents, pattern)


def check_words(documents, pattern):
    text, tokens, words, frequency = learn(documents, pattern)
    spelled = spell(text, words, len(frequency))
    expected = [re.findall(pattern, document) for document in documents]
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
    middle = len("one two three ")
    default = compile_pattern(DEFAULT)
    _, words, first = kernels.learn_words(GO_ON, text, 0, middle, default, HASH_KEY)
    _, more, second = kernels.learn_words(GO_ON, text, middle, len(text), default, HASH_KEY)
    words, n_words, numbers = kernels.merge_words(text, words, len(first), more, len(second))
    assert spell(text, words, n_words) == [
        "one", "two", "three", "four", "internationally", "internationalised",
    ]  # fmt: skip
    assert numbers.tolist() == [1, 3, 4, 5]
    copied = kernels.copy_words(text, words, np.array([1, 5]))
    assert copied.tobytes() == b"two\xffinternationalised\xff"
    copied = np.frombuffer(copied.tobytes() + b"\xff", dtype=np.uint8)
    anything = compile_pattern(ANYTHING)
    few = kernels.learn_words(GO_ON, copied, 0, len(copied), anything, HASH_KEY)[1]
    tokens = kernels.look_up_words(GO_ON, text, 0, len(text), default, HASH_KEY, few, copied)
    assert tokens.tolist() == [-2, 0, -2, -1, 0, -2, -2, 1, -1]


def test_the_table_grows_and_loses_no_word():
    documents = [
        " ".join(f"prefixes{i:05}" for i in range(start, start + 30_000)) for start in (0, 15_000)
    ]
    text, tokens, words, frequency = learn(documents)
    assert spell(text, words, len(frequency)) == [f"prefixes{i:05}" for i in range(45_000)]
    assert np.bincount(frequency).tolist() == [0, 30_000, 15_000]
    assert tokens[-2] == 44_999


def draw_key(seed):
    return np.random.RandomState(seed).randint(0, 2**63, 2).astype(np.uint64) | np.uint64(1)


def hashes(words, key):
    """Hash each word with a key."""
    kernels = _fast_tfidf.kernels()[0]
    text = encode([" ".join(words)])
    _, found, frequency = kernels.learn_words(
        GO_ON, text, 0, len(text), compile_pattern(DEFAULT), key
    )
    assert len(frequency) == len(words)
    return found.codes[: len(words)]


def test_words_crafted_to_share_a_place_part_under_another_key():
    key, other = draw_key(0), draw_key(1)
    many = [f"{i:x}" for i in range(2**20, 2**20 + 2**18)]
    crafted = np.array(many)[hashes(many, key) % 1024 == 0]
    assert len(crafted) > 150
    assert len(np.unique(hashes(crafted, other) % 1024)) > 0.8 * len(crafted)


@pytest.mark.parametrize("seed", range(5))
def test_no_difference_of_two_blocks_cancels_whatever_the_key(seed):
    # 0x40 in the first byte of a block becomes the top bits of any odd multiple of it
    key, words = draw_key(seed), [""]
    for _ in range(11):
        pairs = ("0aaaaaaa0aaa0aaa", "paaaaaaapaaapaaa"), ("0aaaaaaa0aaa0aaa", "paaaaaaapaaa0aaa")
        words = [word + end for word in words for end in pairs[len(words[0]) // 16 % 2]]
    assert len(np.unique(hashes(words, key))) == len(words)


@pytest.mark.slow
def test_each_process_has_a_key_of_its_own():
    code = "from skmultitext.feature_extraction._term_index import HASH_KEY; print(HASH_KEY)"
    keys = [subprocess.run([sys.executable, "-c", code], capture_output=True) for _ in range(2)]
    assert keys[0].stdout != keys[1].stdout
    assert keys[0].stdout
    assert HASH_KEY[1] % 2 == 1


def test_results_do_not_depend_on_the_key(tickets, monkeypatch):
    monkeypatch.setattr(_fast_tfidf, "LEAST_CHARACTERS", 0)
    matrices = []
    for key in ([1, 1], [2**63 + 7, 2**64 - 1], [0, 3]):
        for module in (_fast_tfidf, _term_index):
            monkeypatch.setattr(module, "HASH_KEY", np.array(key, np.uint64))
        vectorizer = TfidfVectorizer(ngram_range=(1, 2))
        matrices += [vectorizer.fit_transform(tickets.data), vectorizer.transform(tickets.data)]
    for matrix in matrices[1:]:
        for part in ("indptr", "indices", "data"):
            np.testing.assert_array_equal(getattr(matrix, part), getattr(matrices[0], part))


def test_kernels_stop_when_told():
    kernels = _fast_tfidf.kernels()[0]
    text, _, words, _ = learn(["late parcel", "late lamp"])
    stop, settings = np.ones(1, np.bool_), (text, 0, len(text), compile_pattern(DEFAULT), HASH_KEY)
    tokens, _, found = kernels.learn_words(stop, *settings)
    assert len(tokens) == len(found) == 0
    assert len(kernels.look_up_words(stop, *settings, words, text)) == 0
    assert len(kernels.look_up_words(GO_ON, *settings, words, text)) == 6


def test_a_pattern_that_tries_again_and_again_stops_when_told():
    kernels = _fast_tfidf.kernels()[0]
    text, stop = encode(["a" * 10**6]), np.zeros(1, np.bool_)  # a quarter of an hour for a+b
    settings = (stop, text, 0, len(text), compile_pattern("a+b"), HASH_KEY)
    thread = threading.Thread(target=kernels.learn_words, args=settings, daemon=True)
    thread.start()
    thread.join(0.2)
    assert thread.is_alive()
    stop[0] = True
    thread.join(60)
    assert not thread.is_alive()


def test_work_goes_on_over_the_ends_of_pieces(monkeypatch):
    piece = _fast_tfidf.kernels()[0].PIECE
    documents = ["lamp " * (piece // 10), "abc" * piece, "late parcel " * (piece // 5), "é" * piece]
    text, tokens, words, frequency = learn(documents)
    assert [len(word) for word in spell(text, words, 2)] == [4, 3 * piece]
    assert frequency.tolist() == [1] * 5
    expected = [*[0] * (piece // 10), -1, 1, -1, *[2, 3] * (piece // 5), -1, 4, -1]
    np.testing.assert_array_equal(tokens, expected)
    settings = (GO_ON, text, 0, len(text), compile_pattern(DEFAULT), HASH_KEY)
    found = _fast_tfidf.kernels()[0].look_up_words(*settings, words, text)
    np.testing.assert_array_equal(found, expected)
