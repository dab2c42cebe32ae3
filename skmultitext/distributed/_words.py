"""The vectorizer of a corpus in partitions: that of all its documents on one machine.

Partitions count their terms, and the counts are added up in a tree: `_term_counts` tells why no
term can be left out earlier.
"""

from functools import partial
from typing import Any

from ..feature_extraction import TfidfVectorizer
from ..feature_extraction._term_counts import TermCounts, count_terms, fit_on_counts, merge_counts

__all__ = ["fit_vectorizer"]


def fit_vectorizer(engine: Any, parts: Any, vectorizer: TfidfVectorizer) -> None:
    """Fit a vectorizer on parts that have `texts` and `weight`."""
    counts = engine.reduce(partial(count_part, vectorizer), parts, add_counts)
    fit_on_counts(vectorizer, counts)


def count_part(vectorizer: TfidfVectorizer, part: Any, number: int) -> TermCounts:
    return count_terms(vectorizer, part.texts, part.weight)


def add_counts(a: TermCounts, b: TermCounts) -> TermCounts:
    return merge_counts([a, b])
