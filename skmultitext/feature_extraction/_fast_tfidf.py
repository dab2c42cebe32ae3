"""TF-IDF by compiled kernels: which settings they support, and how they are called.

Words or characters are numbered in alphabetical order, and these numbers are the digits of an
integer per n-gram (see `_ngrams`). The integers sort as scikit-learn sorts the terms. Terms are not
built as str until the vocabulary is read.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterable
from itertools import pairwise
from numbers import Integral
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from .._gate.types import AnyArray, FloatArray, IntArray
from .._runtime.compiled import load_kernels, run_kernels
from ._counting import to_csr
from ._patterns import ANYTHING, compile_pattern
from ._term_index import (
    HASH_KEY,
    N_POINTS,
    SEPARATOR,
    CharacterIndex,
    TermIndex,
    WordIndex,
    as_tokens,
    read_characters,
)

if TYPE_CHECKING:
    from . import TfidfVectorizer

DEFAULT_TOKEN_PATTERN = r"(?u)\b\w\w+\b"

# With fewer characters, scikit-learn needs milliseconds: loading the kernels would take longer.
LEAST_CHARACTERS = 200_000

# Least bytes of text per thread.
_CHUNK = 200_000

_NORMS = {None: 0, "l1": 1, "l2": 2}

# Compatibility decomposition, which strips accents, turns one character into up to 18.
_MOST_DECOMPOSED = 18

# Bounds of tokens and their n-grams: positions are int32
_MOST_NGRAMS = 2**31

# Keys are int64
_MOST_KEYS = 2**63

# Results of `learn_ngrams` by part, all keys in order, and the place there of each part's keys
# Tokens of each part, the digit of each token, the number of digits, and a maker of the index
_Found = tuple[list[Any], IntArray, list[IntArray]]
_Learned = tuple[list[AnyArray], list[AnyArray], int, Callable[[IntArray], TermIndex]]


def kernels() -> tuple[ModuleType, ModuleType] | None:
    """Load the kernels for words and for n-grams; None without a working numba."""
    words, ngrams = _words(), _ngrams()
    return None if words is None or ngrams is None else (words, ngrams)


def _words() -> Any:
    return load_kernels("feature_extraction._words")


def _ngrams() -> Any:
    return load_kernels("feature_extraction._ngrams")


def loaded() -> bool:
    """Whether this process has loaded the kernels; they are then faster even for a single text."""
    return f"{__package__}._ngrams" in sys.modules


def threads() -> int:
    """How many threads numba may use; joblib lowers the number in its workers."""
    import numba

    return numba.config.NUMBA_NUM_THREADS


def serves(vectorizer: TfidfVectorizer, n_documents: int, n_characters: int) -> bool:
    """Whether the kernels support these settings and numbers of documents and characters."""
    shortest, longest = vectorizer.ngram_range
    n_tokens = n_characters * (_MOST_DECOMPOSED if vectorizer.strip_accents else 1)
    if vectorizer.analyzer == "char_wb":
        n_tokens *= 1 + max(2, shortest)  # blanks around words, and padding
    return (
        (n_tokens + n_documents) * (longest - shortest + 1) < _MOST_NGRAMS
        and vectorizer.preprocessor is None
        and vectorizer.input == "content"
        and not callable(vectorizer.strip_accents)
        and np.dtype(vectorizer.dtype) == np.float64
        and kernels() is not None
        and (is_of_characters(vectorizer) or _finds_words(vectorizer))
    )


def is_of_characters(vectorizer: TfidfVectorizer) -> bool:
    """Whether the features are n-grams of characters."""
    return isinstance(vectorizer.analyzer, str) and vectorizer.analyzer in ("char", "char_wb")


def _finds_words(vectorizer: TfidfVectorizer) -> bool:
    """Whether the kernels find the words, and no word contains the blank that joins n-grams."""
    if vectorizer.analyzer != "word" or vectorizer.tokenizer is not None:
        return False
    pattern = vectorizer.token_pattern
    automaton = None if pattern is None else compile_pattern(pattern)
    return automaton is not None and (
        vectorizer.ngram_range[1] == 1 or not automaton.consumes(range(32, 33))
    )


class Corpus:
    """UTF-8 text of documents, in one part per thread, and other words; `SEPARATOR` after each."""

    text: AnyArray  # documents, then other words, uint8
    starts: list[int]  # bounds of the parts in `text`
    ends: list[int]
    documents: list[int]  # number of the first document of each part
    others: tuple[int, int]  # bounds of the other words in `text`
    n_documents: int

    def __init__(
        self, documents: list[str], vectorizer: TfidfVectorizer, others: Iterable[str] = ()
    ) -> None:
        text = _join(documents, vectorizer)
        others_text = _encode(others)
        n_parts = 1 if len(text) < 2 * _CHUNK else min(threads(), len(text) // _CHUNK)
        inner = {text.find(SEPARATOR, len(text) * i // n_parts) + 1 for i in range(1, n_parts)}
        cuts = sorted(inner | {0, len(text)})
        self.starts, self.ends = cuts[:-1], cuts[1:]
        n_documents = [text.count(SEPARATOR, a, b) for a, b in pairwise(cuts)]
        self.documents = np.cumsum([0, *n_documents[:-1]]).tolist()
        self.others = len(text), len(text) + len(others_text)
        self.n_documents = len(documents)
        self.text = np.frombuffer(text + others_text, dtype=np.uint8)

    def map(self, kernel: Callable[..., Any], *arguments: Any) -> list[Any]:
        """Call a kernel once for each tuple of arguments, in threads; see `run_kernels`."""
        if len(self.text) < _CHUNK:  # too short for threads
            stop = np.zeros(1, np.bool_)
            return [kernel(stop, *values) for values in zip(*arguments, strict=True)]
        return run_kernels(kernel, *arguments, n_threads=len(self.starts))


def _join(documents: list[str], vectorizer: TfidfVectorizer) -> bytes:
    """Preprocess documents as the vectorizer does, and join them as UTF-8."""
    if all(map(str.isascii, documents)):
        text = "\xff".join([*documents, ""]).encode("latin-1")
        return text.lower() if vectorizer.lowercase else text
    if vectorizer.strip_accents is None:
        return _encode(map(str.lower, documents) if vectorizer.lowercase else documents)
    # scikit-learn's preprocessor is slow: use it for non-ASCII texts only
    lower: Callable[[str], str] = str.lower if vectorizer.lowercase else str
    preprocess = vectorizer.build_preprocessor()
    return _encode(lower(d) if d.isascii() else preprocess(d) for d in documents)


def _encode(texts: Iterable[str]) -> bytes:
    encode = operator.methodcaller("encode", "utf-8", "surrogatepass")
    return SEPARATOR.join([*map(encode, texts), b""])


def fit_transform(
    vectorizer: TfidfVectorizer, documents: list[str]
) -> tuple[FloatArray, sp.csr_matrix, TermIndex] | None:
    """Learn and count the terms; return the idf (ones if not used), the features and the index.

    Return None if no term is left, or if n-grams do not fit into 63-bit integers: scikit-learn's
    code then raises the error, or does the work.
    """
    lowest, highest = (
        int(limit) if isinstance(limit, Integral) else limit * len(documents)
        for limit in (vectorizer.min_df, vectorizer.max_df)
    )
    corpus = Corpus(documents, vectorizer, _stop_words(vectorizer))
    learned = None if highest < lowest else _learn_terms(vectorizer, corpus, lowest)
    if learned is None:
        return None
    found, make_index = learned

    parts, keys, columns = found
    frequency = _total(columns, [part[3] for part in parts], len(keys))
    kept = (frequency >= lowest) & (frequency <= highest)
    if vectorizer.max_features is not None and kept.sum() > vectorizer.max_features:
        occurrences = _occurrences(vectorizer, found)
        most = (-occurrences[kept]).argsort()[: vectorizer.max_features]
        places = np.flatnonzero(kept)[most]
        kept[:] = False
        kept[places] = True
    if not kept.any():
        return None
    renamed = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
    idf = np.empty(0)
    if vectorizer.use_idf:
        extra = int(vectorizer.smooth_idf)
        idf = np.log((len(documents) + extra) / (frequency[kept] + extra)) + 1.0
    counted = [part[:2] for part in parts]
    names = [renamed[places] for places in columns]
    features = _weigh(vectorizer, corpus, counted, names, idf, int(kept.sum()))
    index = make_index(keys[kept])
    index.prepare()
    return idf, features, index


def count_terms(
    vectorizer: TfidfVectorizer, documents: list[str]
) -> tuple[list[str], IntArray, FloatArray] | None:
    """List the terms in order, the number of documents with each, and their occurrences.

    Return None where `fit_transform` does.
    """
    corpus = Corpus(documents, vectorizer, _stop_words(vectorizer))
    learned = _learn_terms(vectorizer, corpus, 1)
    if learned is None:
        return None
    found, make_index = learned
    parts, keys, columns = found
    frequency = _total(columns, [part[3] for part in parts], len(keys))
    return list(make_index(keys).vocabulary), frequency, _occurrences(vectorizer, found)


def transform(
    vectorizer: TfidfVectorizer, documents: list[str], index: TermIndex, idf: FloatArray
) -> sp.csr_matrix:
    """Compute the TF-IDF features of documents with an index; column indices are sorted."""
    k = _ngrams()
    corpus = Corpus(documents, vectorizer)
    digit, key_table = index.digit_of_token, index.key_table
    shortest, longest = vectorizer.ngram_range

    def find(stop: AnyArray, start: int, end: int) -> Any:
        tokens = index.find_tokens(stop, corpus.text, start, end)
        return k.find_ngrams(
            stop, tokens, digit, index.n_digits, shortest, longest, HASH_KEY, index.keys, key_table
        )

    found = corpus.map(find, corpus.starts, corpus.ends)
    as_they_are = [np.empty(0, np.int32)] * len(found)
    return _weigh(vectorizer, corpus, found, as_they_are, idf, len(index.keys))


def _stop_words(vectorizer: TfidfVectorizer) -> list[str]:
    """List the stop words, which n-grams of characters do not have."""
    stop_words = () if is_of_characters(vectorizer) else vectorizer.get_stop_words() or ()
    return [word for word in stop_words if word]


def index_vocabulary(vectorizer: TfidfVectorizer) -> TermIndex | None:
    """Make the index of a fitted vectorizer from its vocabulary, which may come from a file.

    Return None without numba, or if the kernels could not have learned this vocabulary.
    """
    vocabulary = vectorizer.vocabulary_
    if not vocabulary or not serves(vectorizer, 0, 0):
        return None
    shortest, longest = map(int, vectorizer.ngram_range)
    of_characters, stops = is_of_characters(vectorizer), set(_stop_words(vectorizer))
    padded = shortest if vectorizer.analyzer == "char_wb" else 0
    if of_characters:
        terms: Any = [as_tokens(term, padded) for term in vocabulary]
    else:
        terms = [term.split(" ") if longest > 1 else [term] for term in vocabulary]
    units = sorted({unit for term in terms for unit in term})
    legal = (
        list(vocabulary.values()) == list(range(len(vocabulary)))
        and all(shortest <= len(term) <= longest for term in terms)
        and all(unit != "" for unit in units)
        and stops.isdisjoint(units)
        and (len(units) + 1) ** longest < _MOST_KEYS
    )
    if not legal:
        return None
    digit = {unit: i for i, unit in enumerate(units, start=1)}
    place = [(len(units) + 1) ** k for k in reversed(range(longest))]
    keys = [sum(digit[w] * p for w, p in zip(term, place, strict=False)) for term in terms]
    if any(a >= b for a, b in pairwise(keys)):
        return None
    if of_characters:
        points = np.array(units, np.int32)
        return CharacterIndex(np.array(keys, np.int64), longest, points, padded)
    digits = np.array([*digit.values(), *(-1 for _ in stops)], dtype=np.int32)
    text = _encode([*units, *sorted(stops)])
    return WordIndex(np.array(keys, np.int64), longest, text, digits, vectorizer.token_pattern)


def _learn_terms(
    vectorizer: TfidfVectorizer, corpus: Corpus, lowest: float
) -> tuple[_Found, Callable[[IntArray], TermIndex]] | None:
    """Count the n-grams of a corpus, with words that occur in at least `lowest` documents only.

    Return what `_count` returns, and a function that makes the index of the features with given
    keys. Return None if there are no n-grams, if they do not fit into 63-bit integers, or if their
    keys would not sort as their terms do.
    """
    learn = _learn_characters if is_of_characters(vectorizer) else _learn_words
    learned = learn(vectorizer, corpus, lowest)
    if learned is None:
        return None
    tokens, digits, n_digits, make_index = learned
    if n_digits == 1 or n_digits ** vectorizer.ngram_range[1] >= _MOST_KEYS:
        return None
    return _count(vectorizer, corpus, tokens, digits, n_digits), make_index


def _learn_characters(vectorizer: TfidfVectorizer, corpus: Corpus, lowest: float) -> _Learned:
    """Read the characters, and number those that occur."""
    k = load_kernels("feature_extraction._characters")
    shortest = int(vectorizer.ngram_range[0])
    padded = shortest if vectorizer.analyzer == "char_wb" else 0
    tokens = corpus.map(
        lambda stop, start, end: read_characters(stop, corpus.text, start, end, padded),
        corpus.starts, corpus.ends,
    )  # fmt: skip
    seen = np.zeros(N_POINTS, np.bool_)
    for part in tokens:
        k.mark_tokens(part, seen)
    points = np.flatnonzero(seen).astype(np.int32)
    digit = np.zeros(N_POINTS, np.int32)
    digit[points] = np.arange(1, len(points) + 1)

    def make_index(keys: IntArray) -> TermIndex:
        return CharacterIndex(keys, int(vectorizer.ngram_range[1]), points, padded)

    return tokens, [digit] * len(tokens), len(points) + 1, make_index


def _learn_words(vectorizer: TfidfVectorizer, corpus: Corpus, lowest: float) -> _Learned | None:
    """Find the words, and number those that occur in at least `lowest` documents.

    Return None if words with characters before the blank would sort differently in n-grams.
    """
    k = _words()
    longest = int(vectorizer.ngram_range[1])
    pattern, anything = compile_pattern(vectorizer.token_pattern), compile_pattern(ANYTHING)
    assert pattern is not None  # see `serves`
    learned = corpus.map(
        lambda stop, start, end, pattern: k.learn_words(
            stop, corpus.text, start, end, pattern, HASH_KEY
        ),
        [*corpus.starts, corpus.others[0]], [*corpus.ends, corpus.others[1]],
        [*(pattern for _ in corpus.starts), anything],
    )  # fmt: skip
    words, n_words = learned[0][1], len(learned[0][2])
    numbers: list[Any] = [np.arange(n_words)]
    for _, more, frequency in learned[1:]:
        if len(frequency):
            words, n_words, found = k.merge_words(corpus.text, words, n_words, more, len(frequency))
        else:
            found = np.empty(0, np.int32)
        numbers.append(found)
    frequency = np.zeros(n_words, np.int64)
    for places, part in zip(numbers[:-1], learned, strict=False):
        frequency[places] += part[2]
    stops = numbers.pop()
    frequency[stops] = 0
    order = _in_order(corpus.text, words, np.flatnonzero(frequency >= max(lowest, 1)))
    if longest > 1 and pattern.consumes(range(32)):
        text = k.copy_words(corpus.text, words, order)
        if len(text) and text.min() < 32:
            return None
    digit = np.zeros(len(words.codes), np.int32)
    digit[order] = np.arange(1, len(order) + 1)
    digit[stops] = -1

    def make_index(keys: IntArray) -> TermIndex:
        chosen = np.flatnonzero(digit)
        text = k.copy_words(corpus.text, words, chosen).tobytes()
        return WordIndex(keys, longest, text, digit[chosen], vectorizer.token_pattern)

    tokens = [part[0] for part in learned[:-1]]
    return tokens, [digit[n] for n in numbers], len(order) + 1, make_index


def _in_order(text: AnyArray, words: Any, chosen: IntArray) -> IntArray:
    """Sort words alphabetically."""
    order = chosen[np.argsort(words.prefixes[chosen])]
    prefixes = words.prefixes[order]
    tied = np.zeros(len(order), dtype=bool)  # same first eight bytes as a neighbour
    tied[1:] = prefixes[1:] == prefixes[:-1]
    tied[:-1] |= tied[1:]
    members, everything = order[tied], text.tobytes()
    bounds = zip(words.starts[members].tolist(), words.lengths[members].tolist(), strict=True)
    spelled = [everything[start : start + length] for start, length in bounds]
    order[tied] = members[sorted(range(len(members)), key=spelled.__getitem__)]
    return order


def _count(
    vectorizer: TfidfVectorizer,
    corpus: Corpus,
    tokens: list[AnyArray],
    digits: list[AnyArray],
    n_digits: int,
) -> _Found:
    """Count all n-grams."""
    k = _ngrams()
    shortest, longest = vectorizer.ngram_range
    parts = corpus.map(
        lambda stop, tokens, digit: k.learn_ngrams(
            stop, tokens, digit, n_digits, shortest, longest, HASH_KEY
        ),
        tokens, digits,
    )  # fmt: skip
    keys, columns = np.unique(np.concatenate([part[2] for part in parts]), return_inverse=True)
    bounds = np.cumsum([len(part[2]) for part in parts])[:-1]
    return parts, keys, np.split(columns, bounds)


def _total(columns: list[IntArray], counts: list[AnyArray], n: int) -> IntArray:
    """Add up the counts of n-grams over all parts."""
    total = np.zeros(n, np.int64)
    for places, count in zip(columns, counts, strict=True):
        total[places] += count
    return total


def _occurrences(vectorizer: TfidfVectorizer, found: _Found) -> FloatArray:
    """Sum the occurrences of each n-gram over all documents."""
    parts, keys, columns = found
    if vectorizer.binary:
        counts = [part[3] for part in parts]
    else:
        counts = [np.bincount(part[1], minlength=len(part[2])) for part in parts]
    return _total(columns, counts, len(keys)).astype(np.float64)


def _weigh(
    vectorizer: TfidfVectorizer,
    corpus: Corpus,
    found: list[Any],
    columns: list[AnyArray],
    idf: FloatArray,
    n_features: int,
) -> sp.csr_matrix:
    """Make the TF-IDF matrix from the n-grams of each part, and the column of each."""
    weigh = _ngrams().weigh_rows
    binary, sublinear = vectorizer.binary, vectorizer.sublinear_tf
    norm = _NORMS[vectorizer.norm]
    parts = corpus.map(
        lambda stop, part, renamed: weigh(
            stop, *part, renamed, n_features, idf, binary, sublinear, norm
        ),
        found, columns,
    )  # fmt: skip
    lengths, indices, values = (
        parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
    )
    indptr = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=indptr[1:])
    return to_csr(values, indices, indptr, n_features)
