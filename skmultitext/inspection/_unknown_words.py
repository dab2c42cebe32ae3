"""Words of texts that a tagger does not know, or that earlier texts lack."""

import re
from collections import Counter
from collections.abc import Callable, Container
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri
from sklearn.feature_extraction.text import CountVectorizer

from .._gate.types import FloatArray
from ..feature_extraction import TfidfUnion, TfidfVectorizer
from ..sequences import Vocabulary
from ._tagger import unwrap

__all__ = ["UnknownWords", "compare_words"]

_WORD = re.compile(r"\w+")
_Split = Callable[[str], list[str]]


class UnknownWords(NamedTuple):
    """Shares of unknown words in two corpora, their difference, and the new words."""

    before: float
    now: float
    difference: float
    low: float
    high: float
    p_value: float
    words: list[
        tuple[str, int]
    ]  # the most frequent unknown words now, and how many texts have them
    of: str  # "vocabulary" or "before": what the words are unknown to


def compare_words(
    tagger: Any, before: list[str], now: list[str], confidence_level: float, n_words: int
) -> UnknownWords:
    """Compare the shares of words, counted as often as they occur, that are unknown."""
    split, known = _words_of(tagger)
    of = "before" if known is None else "vocabulary"
    n_texts: Counter[str] = Counter()
    if known is None:
        for text in before:
            n_texts.update(set(split(text)))
        known = n_texts
    # a word of `before` is new to the other texts of `before` if no other text has it
    once = {word for word, n in n_texts.items() if n == 1}
    past = _counts(before, split, lambda word: word in once or word not in known)
    found: Counter[str] = Counter()
    present = _counts(now, split, lambda word: word not in known, found)
    (first, spread_1), (second, spread_2) = _share(past), _share(present)
    spread = float(np.hypot(spread_1, spread_2))
    difference = second - first
    margin = float(ndtri((1 + confidence_level) / 2)) * spread
    p_value = float(2 * ndtr(-abs(difference) / spread)) if spread > 0 else float(difference == 0)
    words = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:n_words]
    return UnknownWords(
        first, second, difference, difference - margin, difference + margin, p_value, words, of
    )


def _words_of(tagger: Any) -> tuple[_Split, Container[str] | None]:
    """Return how a tagger splits texts into words, and its vocabulary; None if it has none."""
    transformers, estimator = unwrap(tagger)
    parts = [*transformers, estimator]
    if isinstance(parts[0], TfidfUnion):
        parts = [part for _, part in parts[0].transformer_list]
    for part in parts:
        if isinstance(part, CountVectorizer) and part.analyzer == "word":
            fitted: Any = part._as_fitted() if isinstance(part, TfidfVectorizer) else part
            if fitted.ngram_range[0] == 1:
                return _splitter_of(fitted), fitted.vocabulary_
    vocabulary = getattr(estimator, "vocabulary_", None)
    if isinstance(vocabulary, Vocabulary):
        split = estimator._reading["tokenizer"].split
        return lambda text: list(chain.from_iterable(split(text))), vocabulary.id_of_word
    return lambda text: _WORD.findall(text.lower()), None


def _splitter_of(vectorizer: Any) -> _Split:
    """Make a function that splits a text into the words of a vectorizer, without stop words."""
    prepare, split = vectorizer.build_preprocessor(), vectorizer.build_tokenizer()
    stop_words = vectorizer.get_stop_words() or ()
    return lambda text: [word for word in split(prepare(text)) if word not in stop_words]


def _counts(
    texts: list[str],
    split: _Split,
    is_unknown: Callable[[str], bool],
    found: Counter[str] | None = None,
) -> FloatArray:
    """Count the unknown words and all words of each text, (n_texts, 2)."""
    counts = np.empty((len(texts), 2))
    for i, text in enumerate(texts):
        words = split(text)
        unknown = [word for word in words if is_unknown(word)]
        if found is not None:
            found.update(set(unknown))
        counts[i] = len(unknown), len(words)
    return counts


def _share(counts: FloatArray) -> tuple[float, float]:
    """Return the share of unknown words, and its standard error with texts drawn as a whole."""
    unknown, total = counts.sum(axis=0)
    if total == 0:
        return 0.0, 0.0
    share = unknown / total
    gaps = counts[:, 0] - share * counts[:, 1]
    n = len(counts)
    return float(share), float(np.sqrt(n / max(n - 1, 1) * (gaps @ gaps)) / total)
