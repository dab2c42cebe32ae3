"""TF-IDF by compiled kernels: which settings they serve, and the way through them.

The words of the corpus become digits in alphabetical order, n-grams integers of these digits (see
`_ngrams`), and the integers sort as scikit-learn sorts the terms. No term is spelled out before
somebody asks for the vocabulary.
"""

import operator
import re
import sys
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from numbers import Integral

import numpy as np
import scipy.sparse as sp

from .._compiled import load_kernels, run_kernels

DEFAULT_TOKEN_PATTERN = r"(?u)\b\w\w+\b"

# smaller corpora are not worth loading the kernels for: scikit-learn takes milliseconds
LEAST_CHARACTERS = 200_000

# a part for a thread of its own is worth its start from about this many bytes of text on
_CHUNK = 200_000


def kernels():
    """Load the kernels for words and for n-grams; None where numba is not installed."""
    words = load_kernels("feature_extraction._words")
    return words and (words, load_kernels("feature_extraction._ngrams"))


def loaded():
    """Whether this process has the kernels already, so that a single text is worth them."""
    return f"{__package__}._ngrams" in sys.modules


@cache
def word_characters():
    r"""Which code points ``\w`` matches, ndarray of shape (1114112,), dtype bool."""
    points = np.arange(sys.maxunicode + 1, dtype="<u4").tobytes()
    everything = points.decode("utf-32-le", "surrogatepass")
    matches = np.zeros(len(everything), dtype=bool)
    for run in re.finditer(r"\w+", everything):
        matches[run.start() : run.end()] = True
    return matches


def threads():
    """How many threads numba may use; joblib's workers lower it so as not to crowd each other."""
    import numba

    return numba.config.NUMBA_NUM_THREADS


def serves(vectorizer, documents, least):
    """Whether the kernels can take these settings, and documents of at least so many characters."""
    if set(map(type, documents)) != {str}:
        return False
    n_characters = sum(map(len, documents))
    shortest, longest = vectorizer.ngram_range
    return (
        n_characters >= least
        and (n_characters + len(documents)) * (longest - shortest + 1) < 2**31
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
    text : bytes
        UTF-8 of words and stop words, a blank behind each; frequent ones come early.
    words : tuple of ndarray
        Their hash table, the fields of `_words.Words`.
    digit : ndarray of shape (n_words,), dtype int32
        Rank in alphabetical order, from 1 on; -1 for a stop word.
    keys : ndarray of shape (n_features,), dtype int64
        The features, in the order of their columns.
    settings : tuple
        The parameters of the vectorizer that the index was made for.
    """

    text: bytes
    words: tuple
    digit: np.ndarray
    keys: np.ndarray
    settings: tuple

    @cached_property
    def vocabulary(self):
        """Dict of term -> column, made when it is first asked for and never pickled."""
        words = [""] * self.n_digits
        spelled = self.text.decode("utf-8", "surrogatepass").split(" ")[:-1]
        for word, digit in zip(spelled, self.digit.tolist(), strict=True):
            if digit > 0:
                words[digit] = word
        digits, rest = [], self.keys
        for _ in range(self.settings[0][1]):
            rest, digit = np.divmod(rest, self.n_digits)
            digits.insert(0, digit.tolist())
        terms = map(words.__getitem__, digits[0])
        following = ["", *(f" {word}" for word in words[1:])]
        for places in digits[1:]:
            terms = map(operator.add, terms, map(following.__getitem__, places))
        return dict(zip(terms, range(len(self.keys)), strict=True))

    @property
    def n_digits(self):
        """Number of words that are no stop words, and one."""
        return int(self.digit.max()) + 1

    def serves(self, vectorizer):
        """Whether the index holds for the present settings and vocabulary of a vectorizer."""
        spelled = self.__dict__.get("vocabulary", self.keys)  # which users may have changed
        return self.settings == _settings(vectorizer) and len(spelled) == len(self.keys)

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "vocabulary"}

    def __setstate__(self, state):
        # joblib hands read-only arrays to its workers: for these the kernels would compile again
        words = tuple(np.require(array, requirements="W") for array in state["words"])
        digit, keys = (np.require(state[name], requirements="W") for name in ("digit", "keys"))
        self.__dict__.update(state, words=words, digit=digit, keys=keys)


def _settings(vectorizer):
    return vectorizer.ngram_range, vectorizer.stop_words, vectorizer.strip_accents


class Corpus:
    """Documents as UTF-8, a NUL behind each, in parts for threads; then the stop words.

    Attributes
    ----------
    text : ndarray of shape (n_bytes,), dtype uint8
        Documents, then stop words.
    starts, ends : list of int
        Bounds of the parts in `text`.
    documents : list of int
        Number of the first document of each part.
    stop_words : tuple of two int
        Bounds of the stop words in `text`.
    n_documents : int
        Number of documents.
    """

    def __init__(self, documents, vectorizer):
        text = _join(documents, vectorizer)
        stops = [w for w in vectorizer.get_stop_words() or () if re.fullmatch(r"\w\w+", w)]
        stops = "".join(f"{word}\0" for word in stops).encode()
        n_parts = max(1, min(threads(), len(text) // _CHUNK))
        cuts = {text.find(b"\0", len(text) * i // n_parts) + 1 for i in range(1, n_parts)}
        cuts = sorted(cuts | {0, len(text)})
        self.starts, self.ends = cuts[:-1], cuts[1:]
        n_documents = [text.count(b"\0", a, b) for a, b in pairwise(cuts)]
        self.documents = np.cumsum([0, *n_documents[:-1]]).tolist()
        self.stop_words = len(text), len(text) + len(stops)
        self.n_documents = len(documents)
        self.text = np.frombuffer(text + stops, dtype=np.uint8)

    def map(self, kernel, *arguments):
        """Call a kernel once for each tuple of arguments, in threads."""
        return run_kernels(kernel, *arguments, n_threads=len(self.starts))


def _join(documents, vectorizer):
    """Prepare documents as the vectorizer says, and join them in UTF-8, a NUL behind each."""
    if all(map(str.isascii, documents)):
        text = "\0".join([*documents, ""]).encode()
        text = text.lower() if vectorizer.lowercase else text
    else:
        if vectorizer.strip_accents is None:
            prepared = map(str.lower, documents) if vectorizer.lowercase else documents
        else:  # only texts with more than ASCII take scikit-learn's slow way
            lower = str.lower if vectorizer.lowercase else str
            preprocess = vectorizer.build_preprocessor()
            prepared = [lower(d) if d.isascii() else preprocess(d) for d in documents]
        encode = operator.methodcaller("encode", "utf-8", "surrogatepass")
        text = b"\0".join([*map(encode, prepared), b""])
    if text.count(b"\0") > len(documents):
        return _join([d.replace("\0", " ") for d in documents], vectorizer)
    return text


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
    idf : ndarray of shape (n_features,), dtype float64
        Inverse document frequencies, ones where they are not used.
    features : csr_matrix of shape (n_samples, n_features), dtype float64
        TF-IDF, each row sorted by column.
    index : WordIndex or None
        The vocabulary, and what `transform` needs. None where no term is left or the n-grams are
        too many for integers: scikit-learn's own path then says or does what is due.
    """
    corpus = Corpus(documents, vectorizer)
    lowest, highest = (
        limit if isinstance(limit, Integral) else limit * len(documents)
        for limit in (vectorizer.min_df, vectorizer.max_df)
    )
    tokens, numbers, words, order, stops = _learn_words(corpus, lowest)
    longest = vectorizer.ngram_range[1]
    if not len(order) or highest < lowest or (len(order) + 1) ** longest >= 2**63:
        return None, None, None
    digit = np.zeros(len(words.codes), np.int32)
    digit[order] = np.arange(1, len(order) + 1)
    digit[stops] = -1
    found = _count(vectorizer, corpus, tokens, [digit[n] for n in numbers], len(order) + 1)

    frequency = np.concatenate([part[1] for part in found])
    kept = (frequency >= lowest) & (frequency <= highest)
    if vectorizer.max_features is not None and kept.sum() > vectorizer.max_features:
        occurrences = np.concatenate([_total(part, vectorizer.binary) for part in found])
        most = (-occurrences[kept]).argsort()[: vectorizer.max_features]
        places = np.flatnonzero(kept)[most]
        kept[:] = False
        kept[places] = True
    if not kept.any():
        return None, None, None
    keys = np.concatenate([part[0] for part in found])[kept]
    renamed = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
    bounds = np.cumsum([len(part[0]) for part in found])[:-1]
    entries = corpus.map(_keep, [part[2:] for part in found], np.split(renamed, bounds))

    idf = np.ones(len(keys))
    if vectorizer.use_idf:
        extra = int(vectorizer.smooth_idf)
        idf += np.log((len(documents) + extra) / (frequency[kept] + extra))
    features = _weigh(vectorizer, corpus, entries, idf)
    chosen = np.flatnonzero(digit)
    text, words = kernels()[0].copy_words(corpus.text, words, chosen)
    index = WordIndex(text.tobytes(), tuple(words), digit[chosen], keys, _settings(vectorizer))
    return idf, features, index


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
    k = kernels()[0]
    corpus = Corpus(documents, vectorizer)
    words, its_text = k.Words(*index.words), np.frombuffer(index.text, dtype=np.uint8)
    is_word = word_characters()

    def look_up(start, end):
        return k.look_up_words(corpus.text, start, end, is_word, words, its_text)

    tokens = corpus.map(look_up, corpus.starts, corpus.ends)
    digits = [index.digit] * len(tokens)
    found = _count(vectorizer, corpus, tokens, digits, index.n_digits, index.keys)
    return _weigh(vectorizer, corpus, [part[2:] for part in found], idf)


def index_vocabulary(vectorizer):
    """Make the index of a fitted vectorizer from its vocabulary, which need not be trusted.

    Parameters
    ----------
    vectorizer : TfidfVectorizer
        Fitted.

    Returns
    -------
    WordIndex or None
        None where numba is not installed, or the kernels learn no such vocabulary.
    """
    if kernels() is None:
        return None
    shortest, longest = map(int, vectorizer.ngram_range)
    terms = [term.split(" ") for term in vectorizer.vocabulary_]
    words = sorted({word for term in terms for word in term})
    stops = {w for w in vectorizer.get_stop_words() or () if re.fullmatch(r"\w\w+", w)}
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
    k = kernels()[0]
    text = "".join(f"{word}\0" for word in [*words, *sorted(stops)]).encode()
    text = np.frombuffer(text, dtype=np.uint8)
    _, learned, frequency = k.learn_words(text, 0, len(text), word_characters())
    text, learned = k.copy_words(text, learned, np.arange(len(frequency)))
    text, keys = text.tobytes(), np.array(keys, dtype=np.int64)
    digits = [digit.get(word, -1) for word in text.decode().split(" ")[:-1]]
    digits = np.array(digits, dtype=np.int32)
    return WordIndex(text, tuple(learned), digits, keys, _settings(vectorizer))


def _learn_words(corpus, lowest):
    """Tokenise the corpus and put the words that stand in enough documents in order.

    Returns the tokens of each part, the number of each part's words among all words, all words,
    the numbers of those to keep in alphabetical order, and those of the stop words.
    """
    k = kernels()[0]
    is_word = word_characters()
    starts, ends = [*corpus.starts, corpus.stop_words[0]], [*corpus.ends, corpus.stop_words[1]]
    learned = corpus.map(lambda a, b: k.learn_words(corpus.text, a, b, is_word), starts, ends)
    words, n_words = learned[0][1], len(learned[0][2])
    numbers = [np.arange(n_words)]
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
    tied = np.zeros(len(order), dtype=bool)  # whose first eight bytes do not settle the order
    tied[1:] = prefixes[1:] == prefixes[:-1]
    tied[:-1] |= tied[1:]
    members, text = order[tied], corpus.text.tobytes()
    bounds = zip(words.starts[members].tolist(), words.lengths[members].tolist(), strict=True)
    spelled = [text[start : start + length] for start, length in bounds]
    order[tied] = members[sorted(range(len(members)), key=spelled.__getitem__)]
    return [part[0] for part in learned[:-1]], numbers, words, order, stops


def _count(vectorizer, corpus, tokens, digits, n_digits, known=None):
    """Count n-grams, the known ones or all; what `count_ngrams` finds, by range of first words."""
    k = kernels()[1]
    shortest, longest = vectorizer.ngram_range
    written = corpus.map(
        lambda *part: k.write_digits(*part[:2], n_digits, part[2]),
        tokens, digits, corpus.documents,
    )  # fmt: skip
    end = np.zeros(longest, np.int32)
    all_digits = np.concatenate([*(part[0] for part in written), end])
    documents = np.concatenate([part[1] for part in written])
    counts = sum(part[2] for part in written)
    before = np.cumsum(counts) - counts[0]
    shares = np.arange(1, len(tokens)) * (before[-1] / len(tokens))
    cuts = [1, *(np.searchsorted(before, shares) + 1).tolist(), n_digits]
    learn = known is None
    known = np.empty(0, np.int64) if learn else known
    return corpus.map(
        lambda lowest, highest: k.count_ngrams(
            all_digits, documents, counts, corpus.n_documents,
            lowest, highest, shortest, longest, known, learn,
        ),
        cuts[:-1], cuts[1:],
    )  # fmt: skip


def _total(part, binary):
    """Occurrences of each n-gram of a part in all documents."""
    keys, _, columns, _, occurrences = part
    return np.bincount(columns, None if binary else occurrences, len(keys)).astype(np.float64)


def _keep(entries, renamed):
    """Rename the columns of entries, and leave out those that are no feature."""
    kept = kernels()[1].keep_columns(*entries, renamed)
    return [array[:kept] for array in entries]


def _weigh(vectorizer, corpus, entries, idf):
    """Make the matrix of TF-IDF from entries, those of the lower columns first."""
    k = kernels()[1]
    n_documents = corpus.n_documents
    lengths = corpus.map(lambda part: k.count_rows(part[1], n_documents), entries)
    indptr = np.zeros(n_documents + 1, np.int32)
    np.cumsum(sum(lengths), out=indptr[1:])
    places = indptr[:-1] + np.cumsum([np.zeros_like(lengths[0]), *lengths[:-1]], axis=0)
    indices, values = np.empty(indptr[-1], np.int32), np.empty(indptr[-1])
    binary, sublinear = vectorizer.binary, vectorizer.sublinear_tf
    corpus.map(
        lambda part, place: k.fill_rows(
            *part, place, idf, binary, sublinear, indices, values
        ),
        entries, places.astype(np.int32),
    )  # fmt: skip
    if vectorizer.norm is not None:
        n_parts = len(corpus.starts)
        cuts = np.searchsorted(indptr, np.linspace(0, len(indices), n_parts + 1)[1:-1])
        cuts = [0, *cuts.tolist(), n_documents]
        norm = int(vectorizer.norm[1])
        corpus.map(
            lambda start, end: k.normalise_rows(values, indptr, start, end, norm),
            cuts[:-1], cuts[1:],
        )  # fmt: skip
    features = sp.csr_matrix((values, indices, indptr), shape=(n_documents, len(idf)))
    features.has_canonical_format = True
    return features
