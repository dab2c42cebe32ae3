"""Characters in an ONNX graph are preprocessed and classified as Python does, all of them."""

import itertools
import re

import numpy as np
import pytest

pytest.importorskip("onnx", reason="needs ONNX (extra 'onnx')")
pytest.importorskip("onnxruntime", reason="needs ONNX Runtime (extra 'onnx')")

from onnx_runs import as_input, run_graph
from sklearn.feature_extraction.text import CountVectorizer

from skmultitext._runtime.onnx_files import Graph
from skmultitext.feature_extraction._onnx_characters import TEXT_END, Alphabet, all_characters

KNOWN = "abcßxyz\N{GREEK SMALL LETTER SIGMA}ςñ '_0é²\u0307ф字"


def read(texts, classes=(r"\w",), known=KNOWN, **settings):
    """Symbols of texts in a graph, their texts, the same by Python, and the alphabet."""
    vectorizer = CountVectorizer(**settings)
    alphabet = Alphabet(vectorizer, known, classes)
    g = Graph()
    symbols, numbers = run_graph(g, {"texts": as_input(texts)}, alphabet.read(g, "texts"))
    preprocess = vectorizer.build_preprocessor()
    expected = [[*map(alphabet.symbol, preprocess(text)), TEXT_END] for text in texts]
    return symbols, numbers, expected, alphabet


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lowercase", "strip_accents", "classes"),
    [
        (True, None, (r"\w",)),
        (True, "unicode", (r"\S", r"\w")),
        (False, "unicode", (r"\s",)),
        (True, "ascii", (r"[^a-z']",)),
        (False, None, (r"\s",)),
    ],
)
def test_every_code_point(lowercase, strip_accents, classes):
    everything = all_characters()
    assert len(everything) == 0x110000 - 2048  # all but surrogates, which no UTF-8 has
    symbols, _, (expected,), alphabet = read(
        [everything], classes, lowercase=lowercase, strip_accents=strip_accents
    )
    assert np.array_equal(symbols, expected)
    numbers = np.array([alphabet.symbol(character) for character in everything])
    for pattern in classes:
        is_member = re.compile(pattern).fullmatch
        members = alphabet.members(pattern)
        assert not members[TEXT_END]
        matched = np.array([is_member(character) is not None for character in everything])
        assert np.array_equal(members[numbers], matched)


def test_texts_of_different_lengths_and_empty_ones():
    texts = ["", "ab\0c", "", "padding", "İx", ""]
    symbols, numbers, expected, _ = read(texts)
    assert symbols.tolist() == [symbol for row in expected for symbol in row]
    rows = [i for i, row in enumerate(expected) for _ in row]
    assert numbers.tolist() == rows
    symbols, numbers, expected, _ = read([""])
    assert (symbols.tolist(), numbers.tolist()) == ([TEXT_END], [0])


@pytest.mark.parametrize("strip_accents", [None, "unicode", "ascii"])
def test_the_sigma_at_the_end_of_a_word(strip_accents):
    letters = ["Σ", "a", "Б", " ", "'", "\u0307", "1"]  # cased, not cased, ignored
    texts = ["".join(word) for n in range(5) for word in itertools.product(letters, repeat=n)]
    settings = {"classes": (), "strip_accents": strip_accents}
    symbols, _, expected, _ = read(texts, **settings)
    assert symbols.tolist() == [symbol for row in expected for symbol in row]
    for known in (
        "\N{GREEK SMALL LETTER SIGMA}",
        "ς",
        "a",
    ):  # where a sigma matters, and where it does not
        symbols, _, expected, _ = read(texts, known=known, **settings)
        assert symbols.tolist() == [symbol for row in expected for symbol in row]


def test_unknown_characters_share_a_symbol_for_each_class():
    alphabet = Alphabet(CountVectorizer(), "ab", [r"\w", r"\s"])
    assert alphabet.symbol("c") == alphabet.symbol("字")
    assert len({alphabet.symbol(c) for c in "abc \u2003-!"}) == 5
    assert len(alphabet) == 2 + 2 + 3
    assert alphabet.members(r"\s").sum() == 1
