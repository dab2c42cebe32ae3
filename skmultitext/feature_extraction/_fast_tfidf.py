"""TF-IDF by compiled kernels: which settings they serve, and the way through them.

The words of the corpus get ranks in alphabetical order, n-grams become integers of these ranks
(see `_ngrams`), and the integers sort as scikit-learn sorts the terms: between the words of an
n-gram stands a blank, which sorts before every word character.
"""

import re
import sys
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from numbers import Integral

import numpy as np
import scipy.sparse as sp

from .._compiled import load_kernels, run_kernels

DEFAULT_TOKEN_PATTERN = r"(?u)\b\w\w+\b"

# smaller corpora are not worth loading the kernels for: scikit-learn takes milliseconds
LEAST_CHARACTERS = 200_000

# a chunk for a thread of its own is worth its start from about this many bytes of text on
_CHUNK = 200_000
_START_BITS = 14  # logarithm of the size of a hash table to begin with


def kernels():
    """Load the kernels, or return None where numba is not installed."""
    return load_kernels("feature_extraction._ngrams")


@cache
def word_characters():
    r"""Which code points ``\w`` matches, ndarray of shape (1114112,), dtype bool."""
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    matches = np.zeros(len(everything), dtype=bool)
    for run in re.finditer(r"\w+", everything):
        matches[run.start() : run.end()] = True
    return matches


def threads():
    """How many threads numba may use; joblib's workers lower it so as not to crowd each other."""
    import numba

    return numba.config.NUMBA_NUM_THREADS


def serves(vectorizer, documents):
    """Whether the kernels can take these settings and documents, and are worth their start."""
    return (
        set(map(type, documents)) == {str}
        and sum(map(len, documents)) >= LEAST_CHARACTERS
        and vectorizer.analyzer == "word"
        and vectorizer.token_pattern == DEFAULT_TOKEN_PATTERN
        and vectorizer.tokenizer is None
        and vectorizer.preprocessor is None
        and vectorizer.input == "content"
        and not callable(vectorizer.strip_accents)
        and np.dtype(vectorizer.dtype) == np.float64
        and kernels() is not None
    )


@dataclass(frozen=True, eq=False)
class WordIndex:
    """The words and n-grams of a vocabulary as the kernels look them up.

    Attributes
    ----------
    words : ndarray of dtype uint8
        UTF-8 of all words.
    bounds, codes, table : ndarray
        Hash table of the words, as `learn_words` makes it.
    rank : ndarray of shape (n_words,), dtype int64
        Rank of each word, -2 for a stop word.
    n_ranks : int
        Number of ranks.
    keys : ndarray of shape (n_features,), dtype int64
        The features, in the order of their columns.
    settings : tuple
        The parameters of the vectorizer that the index was made for.
    """

    words: np.ndarray
    bounds: np.ndarray
    codes: np.ndarray
    table: np.ndarray
    rank: np.ndarray
    n_ranks: int
    keys: np.ndarray
    settings: tuple

    @classmethod
    def build(cls, words, keys, vectorizer):
        """Index words in the order of their ranks, with the stop words of a vectorizer."""
        stops = [w for w in vectorizer.get_stop_words() or () if re.fullmatch(r"\w\w+", w)]
        text, bounds = _join([*words, *sorted(set(stops))])
        codes, bounds, table = kernels().learn_words(text, bounds, word_characters())[2:]
        rank = np.arange(len(codes))
        rank[len(words) :] = -2
        return cls(text, bounds, codes, table, rank, len(words), keys, _settings(vectorizer))


def _settings(vectorizer):
    return vectorizer.ngram_range, vectorizer.stop_words, vectorizer.strip_accents


def _join(pieces):
    """Join str into one buffer of UTF-8; return it and the bounds of the pieces."""
    lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
    for i, piece in enumerate(pieces):
        if not piece.isascii():
            lengths[i] = len(piece.encode("utf-8", "surrogatepass"))
    bounds = np.zeros(len(pieces) + 1, dtype=np.int64)
    np.cumsum(lengths, out=bounds[1:])
    joined = "".join(pieces).encode("utf-8", "surrogatepass")
    return np.frombuffer(joined, dtype=np.uint8), bounds


class Corpus:
    """Documents as UTF-8: one buffer, the bounds of each document, and chunks for threads."""

    def __init__(self, documents, vectorizer):
        preprocess = vectorizer.build_preprocessor()
        lower = str.lower if vectorizer.lowercase else str
        # only texts with more than ASCII take scikit-learn's slow way
        text, self.bounds = _join([lower(d) if d.isascii() else preprocess(d) for d in documents])
        self.text = text
        n_chunks = max(1, min(threads(), len(text) // _CHUNK))
        cuts = np.searchsorted(self.bounds, np.linspace(0, len(text), n_chunks + 1))
        cuts[-1] = len(documents)
        self.chunks = [self.bounds[a : b + 1] for a, b in pairwise(np.unique(cuts))]

    def map(self, kernel, *arguments):
        """Call a kernel with the arguments of each chunk, in threads."""
        return run_kernels(kernel, *arguments, n_threads=len(self.chunks))


def fit_transform(vectorizer, documents):
    """Learn terms and count them.

    Parameters
    ----------
    vectorizer : TfidfVectorizer
        Its parameters; it is not changed.
    documents : list of str
        The corpus.

    Returns
    -------
    terms : list of str, of length n_features
        In scikit-learn's order. Empty where no term is left or the n-grams are too many for
        integers: scikit-learn's own path then says or does what is due.
    idf : ndarray of shape (n_features,), dtype float64
        Inverse document frequencies, ones where they are not used.
    features : csr_matrix of shape (n_samples, n_features), dtype float64
        TF-IDF, each row sorted by column.
    index : WordIndex
        What `transform` needs.
    """
    k = kernels()
    corpus = Corpus(documents, vectorizer)
    shortest, longest = vectorizer.ngram_range
    lowest, highest = (
        limit if isinstance(limit, Integral) else limit * len(documents)
        for limit in (vectorizer.min_df, vectorizer.max_df)
    )
    ids, offsets, rank, words = _read_words(corpus, vectorizer, lowest)
    if not words or highest < lowest or (len(words) + 1) ** longest >= 2**63:
        return [], None, None, None

    def count(chunk_ids, chunk_offsets):
        none = np.empty(0, np.int64)
        return k.count_ngrams(
            chunk_ids, chunk_offsets, rank, len(words), shortest, longest,
            none, k.hash_keys(none, _START_BITS), _START_BITS, True,
        )  # fmt: skip

    counted = corpus.map(count, ids, offsets)
    keys, of_chunk = np.unique(np.concatenate([c[0] for c in counted]), return_inverse=True)
    frequency = np.bincount(of_chunk, np.concatenate([c[1] for c in counted]), len(keys))
    kept = (frequency >= lowest) & (frequency <= highest)
    bounds = np.cumsum([0, *(len(c[0]) for c in counted)])
    of_chunk = [of_chunk[a:b] for a, b in pairwise(bounds)]
    if vectorizer.max_features is not None and kept.sum() > vectorizer.max_features:
        occurrences = sum(
            np.bincount(
                inverse[c[2]], np.minimum(c[3], 1) if vectorizer.binary else c[3], len(keys)
            )
            for inverse, c in zip(of_chunk, counted, strict=True)
        )
        most = (-occurrences[kept].astype(np.int64)).argsort()[: vectorizer.max_features]
        kept_places = np.flatnonzero(kept)[most]
        kept = np.zeros(len(keys), dtype=bool)
        kept[kept_places] = True
    columns = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
    keys, frequency = keys[kept], frequency[kept]
    if not len(keys):
        return [], None, None, None

    idf = np.ones(len(keys))
    if vectorizer.use_idf:
        extra = int(vectorizer.smooth_idf)
        idf += np.log((len(documents) + extra) / (frequency + extra))
    features = _weigh(corpus, vectorizer, counted, [columns[inverse] for inverse in of_chunk], idf)
    index = WordIndex.build(words, keys, vectorizer)
    spelled = k.spell_ngrams(keys, len(words), longest, index.words, index.bounds)
    terms = spelled.tobytes().decode("utf-8", "surrogatepass").split("\n")[:-1]
    return terms, idf, features, index


def transform(vectorizer, documents, index, idf):
    """Compute the TF-IDF features of documents with an index.

    Parameters
    ----------
    vectorizer : TfidfVectorizer
        Its parameters.
    documents : list of str
        The documents.
    index : WordIndex
        The words and features.
    idf : ndarray of shape (n_features,), dtype float64
        Inverse document frequencies.

    Returns
    -------
    csr_matrix of shape (n_samples, n_features), dtype float64
        TF-IDF, each row sorted by column.
    """
    k = kernels()
    corpus = Corpus(documents, vectorizer)
    shortest, longest = vectorizer.ngram_range
    is_word = word_characters()
    bits = max(_START_BITS, int(2 * len(index.keys)).bit_length())
    table = k.hash_keys(index.keys, bits)

    def count(chunk):
        ids, offsets = k.look_up_words(
            corpus.text, chunk, is_word, index.words, index.table, index.codes, index.bounds
        )
        return k.count_ngrams(
            ids, offsets, index.rank, index.n_ranks, shortest, longest,
            index.keys, table, bits, False,
        )  # fmt: skip

    counted = corpus.map(count, corpus.chunks)
    columns = np.arange(len(index.keys), dtype=np.int32)
    return _weigh(corpus, vectorizer, counted, [columns] * len(counted), idf)


def index_serves(vectorizer, index):
    """Whether an index was made for the present settings and vocabulary of a vectorizer."""
    return (
        index is not None
        and index.settings == _settings(vectorizer)
        and len(index.keys) == len(vectorizer.vocabulary_)
    )


def _read_words(corpus, vectorizer, lowest):
    """Tokenise the corpus; rank the words that stand in enough documents."""
    k = kernels()
    is_word = word_characters()
    learned = corpus.map(lambda chunk: k.learn_words(corpus.text, chunk, is_word), corpus.chunks)
    ids, offsets = [c[0] for c in learned], [c[1] for c in learned]
    codes, bounds, table = learned[0][2:]
    renames = [np.arange(len(codes))]
    for _, _, more_codes, more_bounds, _ in learned[1:]:
        rename = k.translate_words(corpus.text, more_codes, more_bounds, codes, bounds, table)
        new = rename < 0
        rename[new] = len(codes) + np.arange(new.sum())
        renames.append(rename.astype(np.int64))
        codes = np.concatenate([codes, more_codes[new]])
        bounds = np.concatenate([bounds, more_bounds[new]])
        if len(renames) < len(learned):
            table = k.rehash(codes, len(codes), 1 << int(2 * len(codes)).bit_length())
    n_words = [len(codes)] * len(learned)
    frequency = sum(corpus.map(k.document_frequency, ids, offsets, renames, n_words))

    alive = np.flatnonzero(frequency >= lowest)
    spelled = corpus.text.tobytes()
    words = [spelled[a:b].decode("utf-8", "surrogatepass") for a, b in bounds[alive].tolist()]
    stops = vectorizer.get_stop_words() or ()
    rank = np.full(len(codes), -1)
    if stops:
        everything = [spelled[a:b].decode("utf-8", "surrogatepass") for a, b in bounds.tolist()]
        rank[[word in stops for word in everything]] = -2
    order = [i for i in sorted(range(len(words)), key=words.__getitem__) if words[i] not in stops]
    rank[alive[order]] = np.arange(len(order))
    return ids, offsets, rank, [words[i] for i in order]


def _weigh(corpus, vectorizer, counted, columns, idf):
    """Make the matrix of TF-IDF from the counts of the chunks."""
    norm = {None: 0, "l1": 1, "l2": 2}[vectorizer.norm]

    def weigh(chunk, chunk_columns):
        return kernels().weigh_rows(
            *chunk[2:], chunk_columns, idf, vectorizer.binary, vectorizer.sublinear_tf, norm
        )

    parts = corpus.map(weigh, counted, columns)
    starts = np.cumsum([0, *(len(part[0]) for part in parts)])
    indptr = [part[2][1:] + start for part, start in zip(parts, starts[:-1], strict=True)]
    dtype = np.int32 if starts[-1] < 2**31 else np.int64
    features = sp.csr_matrix(
        (
            np.concatenate([part[1] for part in parts]),
            np.concatenate([part[0] for part in parts]),
            np.concatenate([[0], *indptr]).astype(dtype),
        ),
        shape=(len(corpus.bounds) - 1, len(idf)),
    )
    features.has_canonical_format = True
    return features
