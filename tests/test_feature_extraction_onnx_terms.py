"""Terms and TF-IDF values in an ONNX graph are those of the vectorizer."""

import functools

import numpy as np
import pytest
import scipy.sparse as sp

pytest.importorskip("onnx", reason="needs ONNX (extra 'onnx')")
pytest.importorskip("onnxruntime", reason="needs ONNX Runtime (extra 'onnx')")

from fuzzing import fuzz_settings
from hypothesis import given
from hypothesis import strategies as st
from onnx_runs import as_input, open_graph, run_graph

from skmultitext._runtime.onnx_files import Graph
from skmultitext.feature_extraction import TfidfVectorizer
from skmultitext.feature_extraction._onnx_terms import _LARGEST, read_terms

TEXTS = [
    "Refund my lamp, Lamp!",
    "my parcel is LATE",
    "late lamp\nrefund   please",
    "hello a b c",
    "ΟΔΟΣ ΣΤΣ \N{GREEK SMALL LETTER SIGMA}",
    "İstanbul é café naïve ﬁ ½ x²",
    "a\tb",
    "late\0lamp",
    "ab-cd don't stop-me now ab-",
    "x" * 70 + " " + "y" * 71,
]
OTHERS = [
    *["", " ", " \n", "zzz unknown", "ΟΔΟΣ.", "Σ", "ДΣ ΣД Д.Σ", "İ", "é lamp é", "lamp" * 50],
    *["x" * 69, "x" * 70, "x" * 71, "y" * 300, "late " * 5, "😀 lamp😀", "lamp-late 'late -a- '-'"],
    *["\u00a8lamp", "cafe\u0301", "CAFÉ", "lamp\u2003late", "_a_", "a\x1cb", "x\u00b2"],
]
SETTINGS = [
    {},
    {"ngram_range": (1, 2)},
    {"ngram_range": (2, 3), "sublinear_tf": True},
    {"stop_words": ["my", "late", "-"], "ngram_range": (1, 2)},
    {"stop_words": "english"},
    {"lowercase": False, "smooth_idf": False},
    {"strip_accents": "unicode"},
    {"strip_accents": "ascii", "ngram_range": (1, 2)},
    {"token_pattern": r"\w+"},
    {"token_pattern": r"\S+", "ngram_range": (1, 2)},
    {"token_pattern": r"(?u)\b\w{3,}\b"},
    {"token_pattern": r"\b[\w'-]+\b", "ngram_range": (1, 2)},
    {"token_pattern": r"\b[a-z]{2,}\b", "lowercase": False},
    {"token_pattern": r"[a-z][a-z]+\b"},
    {"token_pattern": r"\b[^\W\d_]{2,}"},
    {"token_pattern": r"[^,]+"},
    {"token_pattern": r"(?u)\w+|[^\w\s]"},
    {"token_pattern": r"\w+|[^\w\s]", "ngram_range": (1, 3), "stop_words": ["-"]},
    {"token_pattern": r"[a-z]+|\w"},
    {"token_pattern": r"[^\W\d]+|."},
    {"token_pattern": r"\b.+\b"},
    {"analyzer": "char", "ngram_range": (2, 4)},
    {"analyzer": "char", "ngram_range": (1, 3), "strip_accents": "unicode"},
    {"analyzer": "char_wb", "ngram_range": (2, 5)},
    {"analyzer": "char_wb", "ngram_range": (1, 6), "lowercase": False},
    {"analyzer": "char_wb", "ngram_range": (5, 6), "strip_accents": "ascii"},
]


class Exported:
    """A vectorizer and its graph."""

    def __init__(self, vectorizer):
        self.vectorizer = vectorizer
        g = Graph()
        terms = read_terms(g, "texts", vectorizer)
        self.names = terms.texts, terms.columns, terms.values
        self.session = open_graph(g, {"texts": object}, self.names)

    def check(self, texts):
        """Compare the features of texts."""
        rows, columns, values = self.session.run(self.names, {"texts": as_input(texts)})
        is_term = columns >= 0
        assert (values[~is_term] == 0).all()
        assert (~is_term).sum() == len(texts)
        expected = self.vectorizer.transform(texts)
        entries = values[is_term], (rows[is_term], columns[is_term])
        found = sp.csr_array(entries, shape=expected.shape)
        assert found.nnz == expected.nnz
        np.testing.assert_allclose(found.toarray(), expected.toarray(), rtol=1e-12)


@functools.cache
def exported(number):
    """The graph of one of the settings."""
    return Exported(TfidfVectorizer(**SETTINGS[number]).fit(TEXTS))


EACH = pytest.mark.parametrize("number", range(len(SETTINGS)), ids=lambda i: str(SETTINGS[i]))


@EACH
def test_values_are_those_of_the_vectorizer(number):
    for texts in (TEXTS + OTHERS, [""], ["lamp"]):
        exported(number).check(texts)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"token_pattern": r"(?i)[a-z]+"}, r"token_pattern='\(\?i\)\[a-z\]\+' cannot be written"),
        ({"token_pattern": r"\b[a-z]\w+\b"}, r"A word must be a run of one or more characters of"),
        (
            {"token_pattern": r"\w{2,5}"},
            r"one class, or else one character of another, such as \(\?u\)\\b",
        ),
        ({"token_pattern": r"\w{0,}"}, r"Fit with such a pattern, or keep this tagger with save"),
        ({"token_pattern": r"[^,]+", "ngram_range": (1, 2)}, "of another, without the blank, such"),
        (
            {"token_pattern": r"\w+|\W", "ngram_range": (1, 2)},
            "of another, without the blank, such",
        ),
        (
            {"token_pattern": r"\w\w+|[^\w\s]"},
            "A word must be a run of one or more characters of one",
        ),
        ({"analyzer": str.split}, r"analyzer=<method 'split' .*> cannot be .* Pass 'word', 'char'"),
        (
            {"strip_accents": str.strip},
            r"strip_accents=<method.*Pass 'ascii' or 'unicode'\.$",
        ),
        ({"preprocessor": str.lower}, r"preprocessor=<.*Fit with preprocessor=None\.$"),
        ({"tokenizer": str.split, "token_pattern": None}, "tokenizer=<.*Fit with tokenizer=None"),
        ({"norm": "l1"}, r"norm='l1' cannot be written as ONNX\. Fit with norm='l2'\.$"),
        ({"use_idf": False}, r"use_idf=False cannot be .* Fit with use_idf=True"),
        ({"binary": True}, r"binary=True cannot be .* Fit with binary=False"),
        ({"dtype": np.float32}, r"dtype=<class 'numpy\.float32'> cannot be .* Fit with dtype=<cl"),
    ],
)
def test_what_onnx_cannot_express(parameters, message):
    with pytest.raises(ValueError, match=message):
        Exported(TfidfVectorizer(**parameters).fit(TEXTS))


def test_columns_are_those_of_a_vocabulary_that_was_changed():
    vectorizer = TfidfVectorizer(stop_words=["my"]).fit(TEXTS)
    odd = ["lamp", "no", "my", "two words", "", "LATE", "late"]
    terms = [*odd, *sorted(vectorizer.vocabulary_)]
    terms = list(dict.fromkeys(terms))[: len(vectorizer.vocabulary_)]
    vectorizer.vocabulary_ = {term: column for column, term in enumerate(terms)}
    Exported(vectorizer).check(TEXTS + OTHERS)


@pytest.mark.parametrize("length", range(20, 28))
def test_a_word_that_begins_with_the_longest_known_one(length):
    """Some lengths are a multiple of the number of characters that are looked up at once."""
    vectorizer = TfidfVectorizer(token_pattern="[x]+").fit(["x" * length, "x"])
    Exported(vectorizer).check(["x" * n for n in (1, length - 1, length, length + 1, 9 * length)])


def test_numbers_are_exact_in_the_runtime():
    """It adds int64 in float64: keys of words stay below the first integer that is lost."""
    g = Graph()
    x = np.array([[_LARGEST - 2, 1], [_LARGEST, 1]])
    total = g("ReduceSum", "x", g.constant([1]), keepdims=0)
    (found,) = run_graph(g, {"x": x}, [total])
    assert found[0] == _LARGEST - 1


WORDS = st.sampled_from([*" ".join(TEXTS[:5]).split(), " ", ", ", "-"])
TYPICAL = st.sampled_from("aabcdeLAMPlamp   \t\n\0.-_'éÉßσΣςİı½ﬁ\u0301\u0307\u200b\u2028字😀1²")
TEXT = st.one_of(
    st.text(TYPICAL, max_size=40),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.lists(WORDS, max_size=8).map(" ".join),
)


@pytest.mark.fuzz
@EACH
@fuzz_settings
@given(texts=st.lists(TEXT, min_size=1, max_size=6))
def test_random_texts(number, texts):
    exported(number).check(texts)
