"""Document frequencies of parts of a corpus, which add up to those of the whole corpus.

The vectorizer of a corpus that is in files, or on several machines, is fitted on the sum: it has
the same terms and idf as one fitted on all documents at once. No term can be dropped before the
last part is counted, as `min_df` and `max_features` apply to the whole corpus, so memory grows
with the number of distinct terms.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
from sklearn.feature_extraction import text

from .._gate.types import AnyArray, FloatArray, IntArray
from ..exceptions import DocumentError
from . import _fast_tfidf
from ._union import TfidfUnion

if TYPE_CHECKING:
    from . import TfidfVectorizer

__all__ = ["TermCounts", "count_terms", "fit_on_counts", "merge_counts"]

_NO_LIMITS = {"min_df": 1, "max_df": 1.0, "max_features": None}


@dataclass(frozen=True, eq=False)
class TermCounts:
    """How many documents of a part of a corpus have each term, and how often it occurs."""

    terms: list[str]  # distinct, in any order
    frequency: AnyArray  # (n_terms,), number of documents, or their total weight
    occurrences: AnyArray  # (n_terms,), float64, weighted likewise
    n_documents: float  # an int, or with weights a float: their sum


def count_terms(
    vectorizer: TfidfVectorizer | TfidfUnion,
    documents: list[str],
    sample_weight: FloatArray | None = None,
) -> TermCounts:
    """Count the terms that a vectorizer finds in documents, of which there may be none.

    Those of a union begin with the name of their vectorizer.
    """
    if isinstance(vectorizer, TfidfUnion):
        names, parts = zip(*vectorizer.transformer_list, strict=True)
        counts = [count_terms(part, documents, sample_weight) for part in parts]
        return TermCounts(
            [_named(name, t) for name, part in zip(names, counts, strict=True) for t in part.terms],
            np.concatenate([part.frequency for part in counts]),
            np.concatenate([part.occurrences for part in counts]),
            counts[0].n_documents,
        )
    vectorizer._validate_params()
    vectorizer._validate_ngram_range()
    vectorizer.build_analyzer()  # warns if stop words are inconsistent with the tokenizer
    n_documents = len(documents) if sample_weight is None else float(np.sum(sample_weight))
    if sample_weight is None and _fast_tfidf.serves(vectorizer, *_size(documents)):
        found = _fast_tfidf.count_terms(vectorizer, documents)
        if found is not None:
            return TermCounts(*found, n_documents)
    counter = unlimited_counter(vectorizer)
    try:
        counts = counter.fit_transform(documents)
    except ValueError as error:
        if "empty vocabulary" not in str(error):
            raise
        return TermCounts([], np.zeros(0), np.zeros(0), n_documents)
    weight = np.ones(len(documents), np.int64) if sample_weight is None else sample_weight
    terms = counter.get_feature_names_out().tolist()
    return TermCounts(terms, weight @ (counts > 0), (weight @ counts).astype(float), n_documents)


def _named(name: str, term: str) -> str:
    return f"{name}__{term}"


def _size(documents: list[str]) -> tuple[int, int]:
    return len(documents), sum(map(len, documents))


def unlimited_counter(vectorizer: TfidfVectorizer) -> text.CountVectorizer:
    """Make the counter of all terms, whatever their frequency."""
    own = vectorizer.get_params()
    shared = text.CountVectorizer().get_params().keys() & own.keys()
    return text.CountVectorizer(**{**{name: own[name] for name in shared}, **_NO_LIMITS})


def merge_counts(parts: Iterable[TermCounts]) -> TermCounts:
    """Add up the counts of parts of a corpus, which are read one at a time."""
    number: dict[str, int] = {}
    frequency, occurrences = np.zeros(0, np.int64), np.zeros(0)
    n_documents: float = 0
    for part in parts:
        places = np.array([number.setdefault(term, len(number)) for term in part.terms], np.int64)
        n_new = len(number) - len(frequency)
        frequency = np.append(frequency, np.zeros(n_new, part.frequency.dtype))
        occurrences = np.append(occurrences, np.zeros(n_new))
        frequency[places] += part.frequency
        occurrences[places] += part.occurrences
        n_documents += part.n_documents
    return TermCounts(list(number), frequency, occurrences, n_documents)


def fit_on_counts(vectorizer: TfidfVectorizer | TfidfUnion, counts: TermCounts) -> None:
    """Fit a vectorizer, without a fixed vocabulary, on the counts of a whole corpus."""
    if isinstance(vectorizer, TfidfUnion):
        for name, part in vectorizer.transformer_list:
            start = _named(name, "")
            own = [i for i, term in enumerate(counts.terms) if term.startswith(start)]
            names = [counts.terms[i].removeprefix(start) for i in own]
            numbers = counts.frequency[own], counts.occurrences[own]
            fit_on_counts(part, TermCounts(names, *numbers, counts.n_documents))
        return
    order = np.array(sorted(range(len(counts.terms)), key=counts.terms.__getitem__), np.int64)
    terms = np.array(counts.terms, dtype=object)[order]
    frequency = counts.frequency[order]
    try:
        if not len(terms):
            raise DocumentError("After pruning, no terms remain. No document has a term.")
        kept = within_limits(vectorizer, frequency, counts.occurrences[order], counts.n_documents)
    except DocumentError as error:
        raise vectorizer._without_terms(counts.n_documents, error) from error
    vectorizer._set_terms(terms[kept], frequency[kept], counts.n_documents)
    vectorizer._note_parameters()
    if _fast_tfidf.serves(vectorizer, 0, 0):
        vectorizer._index_terms()


def within_limits(
    vectorizer: TfidfVectorizer, frequency: AnyArray, occurrences: AnyArray, n_documents: float
) -> IntArray:
    """Select the terms within `min_df`, `max_df` and `max_features`; all are in sorted order.

    The documents are weighted if `n_documents` is a float.
    """
    weighted = isinstance(n_documents, float)
    lowest, highest = (
        limit if isinstance(limit, Integral) else limit * n_documents
        for limit in (vectorizer.min_df, vectorizer.max_df)
    )
    if weighted and isinstance(vectorizer.min_df, Integral) and vectorizer.min_df <= 1:
        lowest = 0  # no limit, even for terms of a total weight below 1
    if highest < lowest:
        what = "with sample_weight they" if weighted else "they"
        total = f"a total weight of {n_documents:.6g}" if weighted else f"{n_documents} documents"
        raise DocumentError(
            f"max_df corresponds to < documents than min_df: {what} are {highest:.6g} and "
            f"{lowest:.6g} of {total}. Lower min_df"
            f"{', or scale the weights up' if weighted else ', or raise max_df'}."
        )
    slack = 1e-12 * n_documents if weighted else 0.0  # for rounding in sums of fractional weights
    lowest, highest = lowest - slack, highest + slack
    kept = np.flatnonzero((frequency >= lowest) & (frequency <= highest))
    limit = vectorizer.max_features
    if limit is not None and len(kept) > limit:
        # ties fall as in scikit-learn's code, which sorts the same array
        kept = np.sort(kept[(-np.asarray(occurrences, float)[kept]).argsort()[:limit]])
    if not len(kept):
        raise DocumentError(
            "After pruning, no terms remain. Try a lower min_df or a higher max_df."
        )
    return kept
