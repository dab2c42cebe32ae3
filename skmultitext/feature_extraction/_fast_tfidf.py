"""TF-IDF by compiled kernels: which settings they support, and how they are called.

Words are numbered in alphabetical order, and these numbers are the digits of an integer per n-gram
(see `_ngrams`). The integers sort as scikit-learn sorts the terms. Terms are not built as str until
the vocabulary is read.
"""

from __future__ import annotations

import operator
import re
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
from ._word_index import HASH_KEY, WordIndex, word_characters

if TYPE_CHECKING:
    from . import TfidfVectorizer

DEFAULT_TOKEN_PATTERN = r"(?u)\b\w\w+\b"

# With fewer characters, scikit-learn needs milliseconds: loading the kernels would take longer.
LEAST_CHARACTERS = 200_000

# Least bytes of text per thread.
_CHUNK = 200_000

_NORMS = {None: 0, "l1": 1, "l2": 2}

# Upper bound of tokens per character after stripping accents: a token takes at least two characters
# and a blank, and compatibility decomposition turns one character into up to 18.
_TOKENS_OF_DECOMPOSED = 6


def kernels() -> tuple[ModuleType, ModuleType] | None:
    """Load the kernels for words and for n-grams; None without a working numba."""
    words, ngrams = _words(), _ngrams()
    return None if words is None or ngrams is None else (words, ngrams)


def _words() -> Any:
    return load_kernels("feature_extraction._words")


def _ngrams() -> Any:
    return load_kernels("feature_extraction._ngrams")


def _known_ngrams() -> Any:
    return load_kernels("feature_extraction._known_ngrams")


def loaded() -> bool:
    """Whether this process has loaded the kernels; they are then faster even for a single text."""
    return f"{__package__}._known_ngrams" in sys.modules


def threads() -> int:
    """How many threads numba may use; joblib lowers the number in its workers."""
    import numba

    return numba.config.NUMBA_NUM_THREADS


def serves(vectorizer: TfidfVectorizer, n_documents: int, n_characters: int) -> bool:
    """Whether the kernels support these settings and numbers of documents and characters."""
    shortest, longest = vectorizer.ngram_range
    n_tokens = n_characters * (_TOKENS_OF_DECOMPOSED if vectorizer.strip_accents else 1)
    return (
        (n_tokens + n_documents) * (longest - shortest + 1) < 2**31
        and vectorizer.analyzer == "word"
        and vectorizer.token_pattern == DEFAULT_TOKEN_PATTERN
        and vectorizer.tokenizer is None
        and vectorizer.preprocessor is None
        and vectorizer.input == "content"
        and not callable(vectorizer.strip_accents)
        and np.dtype(vectorizer.dtype) == np.float64
        and kernels() is not None
    )


class Corpus:
    """UTF-8 text of all documents, in one part per thread, then other words; NUL-terminated."""

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
        others_text = "".join(f"{word}\0" for word in others).encode()
        n_parts = 1 if len(text) < 2 * _CHUNK else min(threads(), len(text) // _CHUNK)
        inner = {text.find(b"\0", len(text) * i // n_parts) + 1 for i in range(1, n_parts)}
        cuts = sorted(inner | {0, len(text)})
        self.starts, self.ends = cuts[:-1], cuts[1:]
        n_documents = [text.count(b"\0", a, b) for a, b in pairwise(cuts)]
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
    """Preprocess documents as the vectorizer does, and join them as UTF-8, a NUL after each."""
    if all(map(str.isascii, documents)):
        text = "\0".join([*documents, ""]).encode()
        text = text.lower() if vectorizer.lowercase else text
    else:
        if vectorizer.strip_accents is None:
            prepared = list(map(str.lower, documents)) if vectorizer.lowercase else documents
        else:  # scikit-learn's preprocessor is slow: use it for non-ASCII texts only
            lower: Callable[[str], str] = str.lower if vectorizer.lowercase else str
            preprocess = vectorizer.build_preprocessor()
            prepared = [lower(d) if d.isascii() else preprocess(d) for d in documents]
        encode = operator.methodcaller("encode", "utf-8", "surrogatepass")
        text = b"\0".join([*map(encode, prepared), b""])
    if text.count(b"\0") > len(documents):
        return _join([d.replace("\0", " ") for d in documents], vectorizer)
    return text


def fit_transform(
    vectorizer: TfidfVectorizer, documents: list[str]
) -> tuple[FloatArray, sp.csr_matrix, WordIndex] | None:
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
    found, words, digit = learned

    frequency = np.concatenate([part[1] for part in found])
    kept = (frequency >= lowest) & (frequency <= highest)
    if vectorizer.max_features is not None and kept.sum() > vectorizer.max_features:
        occurrences = np.concatenate([_total(part, vectorizer.binary) for part in found])
        most = (-occurrences[kept]).argsort()[: vectorizer.max_features]
        places = np.flatnonzero(kept)[most]
        kept[:] = False
        kept[places] = True
    if not kept.any():
        return None
    keys = np.concatenate([part[0] for part in found])[kept]
    renamed = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
    bounds = np.cumsum([len(part[0]) for part in found])[:-1]
    entries = corpus.map(_keep, [part[2:] for part in found], np.split(renamed, bounds))

    idf = np.ones(len(keys))
    if vectorizer.use_idf:
        extra = int(vectorizer.smooth_idf)
        idf += np.log((len(documents) + extra) / (frequency[kept] + extra))
    features = _weigh(vectorizer, corpus, entries, idf)
    index = _make_index(vectorizer, corpus, words, digit, keys)
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
    found, words, digit = learned
    keys, frequency = (np.concatenate([part[i] for part in found]) for i in (0, 1))
    occurrences = np.concatenate([_total(part, vectorizer.binary) for part in found])
    index = _make_index(vectorizer, corpus, words, digit, keys)
    return list(index.vocabulary), frequency.astype(np.int64), occurrences


def transform(
    vectorizer: TfidfVectorizer, documents: list[str], index: WordIndex, idf: FloatArray
) -> sp.csr_matrix:
    """Compute the TF-IDF features of documents with an index; column indices are sorted."""
    words, ngrams = _words(), _known_ngrams()
    corpus = Corpus(documents, vectorizer)
    is_word, known, key_table = word_characters(), index.words, index.key_table
    shortest, longest = vectorizer.ngram_range

    def weigh(stop: AnyArray, start: int, end: int) -> Any:
        tokens = words.look_up_words(stop, corpus.text, start, end, is_word, HASH_KEY, *known)
        return ngrams.weigh_documents(
            stop, tokens, index.digit, index.n_digits, shortest, longest, index.keys, key_table,
            HASH_KEY, idf, vectorizer.binary, vectorizer.sublinear_tf, _NORMS[vectorizer.norm],
        )  # fmt: skip

    parts = corpus.map(weigh, corpus.starts, corpus.ends)
    lengths, indices, values = (
        parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
    )
    indptr = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=indptr[1:])
    return to_csr(values, indices, indptr, len(index.keys))


def _stop_words(vectorizer: TfidfVectorizer) -> list[str]:
    """List the stop words that the pattern of words can find."""
    return [w for w in vectorizer.get_stop_words() or () if re.fullmatch(r"\w\w+", w)]


def index_vocabulary(vectorizer: TfidfVectorizer) -> WordIndex | None:
    """Make the index of a fitted vectorizer from its vocabulary, which may come from a file.

    Return None without numba, or if the kernels could not have learned this vocabulary.
    """
    if kernels() is None:
        return None
    shortest, longest = map(int, vectorizer.ngram_range)
    terms = [term.split(" ") for term in vectorizer.vocabulary_]
    words = sorted({word for term in terms for word in term})
    stops = set(_stop_words(vectorizer))
    legal = (
        len(terms) > 0
        and list(vectorizer.vocabulary_.values()) == list(range(len(terms)))
        and all(shortest <= len(term) <= longest for term in terms)
        and all(re.fullmatch(r"\w\w+", word) for word in words)
        and stops.isdisjoint(words)
        and (len(words) + 1) ** longest < 2**63
    )
    if not legal:
        return None
    digit = {word: i for i, word in enumerate(words, start=1)}
    unit = [(len(words) + 1) ** k for k in reversed(range(longest))]
    keys = [sum(digit[w] * u for w, u in zip(term, unit, strict=False)) for term in terms]
    if any(a >= b for a, b in pairwise(keys)):
        return None
    text = "".join(f"{word} " for word in [*words, *sorted(stops)]).encode("utf-8", "surrogatepass")
    digits = np.array([*digit.values(), *(-1 for _ in stops)], dtype=np.int32)
    return WordIndex(text, digits, np.array(keys, dtype=np.int64), longest)


def _learn_terms(
    vectorizer: TfidfVectorizer, corpus: Corpus, lowest: float
) -> tuple[list[Any], Any, AnyArray] | None:
    """Count the n-grams of the words that occur in at least `lowest` documents.

    Return what `_count` returns, all words, and the digit of each word. Return None if there are no
    n-grams, or if they do not fit into 63-bit integers.
    """
    tokens, numbers, words, order, stops = _learn_words(corpus, lowest)
    if not len(order) or (len(order) + 1) ** vectorizer.ngram_range[1] >= 2**63:
        return None
    digit = np.zeros(len(words.codes), np.int32)
    digit[order] = np.arange(1, len(order) + 1)
    digit[stops] = -1
    digits = [digit[n] for n in numbers]
    return _count(vectorizer, corpus, tokens, digits, len(order) + 1), words, digit


def _make_index(
    vectorizer: TfidfVectorizer, corpus: Corpus, words: Any, digit: AnyArray, keys: IntArray
) -> WordIndex:
    chosen = np.flatnonzero(digit)
    text = _words().copy_words(corpus.text, words, chosen).tobytes()
    return WordIndex(text, digit[chosen], keys, vectorizer.ngram_range[1])


def _learn_words(
    corpus: Corpus, lowest: float
) -> tuple[list[AnyArray], list[IntArray], Any, IntArray, AnyArray]:
    """Tokenise the corpus, and sort the words that occur in at least `lowest` documents.

    Return the tokens of each part, for each part the numbers of its words among all words, all
    words, the numbers of the words to keep (in alphabetical order), and those of the stop words.
    """
    k = _words()
    is_word = word_characters()
    starts, ends = [*corpus.starts, corpus.others[0]], [*corpus.ends, corpus.others[1]]

    def learn(stop: AnyArray, start: int, end: int) -> Any:
        return k.learn_words(stop, corpus.text, start, end, is_word, HASH_KEY)

    learned = corpus.map(learn, starts, ends)
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
    order = np.flatnonzero(frequency >= max(lowest, 1))
    order = order[np.argsort(words.prefixes[order])]
    prefixes = words.prefixes[order]
    tied = np.zeros(len(order), dtype=bool)  # same first eight bytes as a neighbour
    tied[1:] = prefixes[1:] == prefixes[:-1]
    tied[:-1] |= tied[1:]
    members, text = order[tied], corpus.text.tobytes()
    bounds = zip(words.starts[members].tolist(), words.lengths[members].tolist(), strict=True)
    spelled = [text[start : start + length] for start, length in bounds]
    order[tied] = members[sorted(range(len(members)), key=spelled.__getitem__)]
    return [part[0] for part in learned[:-1]], numbers, words, order, stops


def _count(
    vectorizer: TfidfVectorizer,
    corpus: Corpus,
    tokens: list[AnyArray],
    digits: list[AnyArray],
    n_digits: int,
) -> list[Any]:
    """Count all n-grams; return one result per range of first words."""
    k = _ngrams()
    shortest, longest = vectorizer.ngram_range
    written = corpus.map(
        lambda stop, *part: k.write_digits(*part[:2], n_digits, part[2]),
        tokens, digits, corpus.documents,
    )  # fmt: skip
    end = np.zeros(longest, np.int32)
    all_digits = np.concatenate([*(part[0] for part in written), end])
    documents = np.concatenate([part[1] for part in written])
    counts: Any = sum(part[2] for part in written)
    before = np.cumsum(counts) - counts[0]
    shares = np.arange(1, len(tokens)) * (before[-1] / len(tokens))
    cuts = [1, *(np.searchsorted(before, shares) + 1).tolist(), n_digits]
    return corpus.map(
        lambda stop, lowest, highest: k.count_ngrams(
            stop, all_digits, documents, counts, corpus.n_documents,
            lowest, highest, shortest, longest,
        ),
        cuts[:-1], cuts[1:],
    )  # fmt: skip


def _total(part: Any, binary: bool) -> FloatArray:
    """Sum the occurrences of each n-gram of a part over all documents."""
    keys, _, columns, _, occurrences = part
    return np.bincount(columns, None if binary else occurrences, len(keys)).astype(np.float64)


def _keep(stop: AnyArray, entries: Any, renamed: AnyArray) -> list[AnyArray]:
    """Renumber the columns of entries, and drop those that are not features."""
    kept = _ngrams().keep_columns(*entries, renamed)
    return [array[:kept] for array in entries]


def _weigh(
    vectorizer: TfidfVectorizer, corpus: Corpus, entries: list[Any], idf: FloatArray
) -> sp.csr_matrix:
    """Make the TF-IDF matrix from entries, given in ascending ranges of columns."""
    k = _ngrams()
    n_documents = corpus.n_documents
    lengths = corpus.map(lambda stop, part: k.count_rows(part[1], n_documents), entries)
    indptr = np.zeros(n_documents + 1, np.int32)
    np.cumsum(sum(lengths), out=indptr[1:])
    places = indptr[:-1] + np.cumsum([np.zeros_like(lengths[0]), *lengths[:-1]], axis=0)
    indices, values = np.empty(indptr[-1], np.int32), np.empty(indptr[-1])
    binary, sublinear = vectorizer.binary, vectorizer.sublinear_tf
    corpus.map(
        lambda stop, part, place: k.fill_rows(
            *part, place, idf, binary, sublinear, indices, values
        ),
        entries, places.astype(np.int32),
    )  # fmt: skip
    if vectorizer.norm is not None:
        n_parts = len(corpus.starts)
        cuts = np.searchsorted(indptr, np.linspace(0, len(indices), n_parts + 1)[1:-1])
        bounds = [0, *cuts.tolist(), n_documents]
        norm = _NORMS[vectorizer.norm]
        corpus.map(
            lambda stop, start, end: k.normalise_rows(values, indptr, start, end, norm),
            bounds[:-1], bounds[1:],
        )  # fmt: skip
    return to_csr(values, indices, indptr, len(idf))
