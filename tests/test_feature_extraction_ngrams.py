"""The kernels count n-grams as a Counter does, range by range of first words."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skmultitext.feature_extraction import _fast_tfidf

pytest.importorskip("numba", reason="the kernels need numba (extra 'fast')")

N_DIGITS = 5
DOCUMENTS = st.lists(st.lists(st.integers(-1, N_DIGITS - 1), max_size=15), min_size=1, max_size=5)


def brute_force(documents, shortest, longest):
    """Counter of (document, key) of n-grams; -1 is a stop word, 0 a word of no n-gram."""
    counted = Counter()
    for row, document in enumerate(documents):
        kept = [digit for digit in document if digit >= 0]
        for n in range(shortest, longest + 1):
            for start in range(len(kept) - n + 1):
                gram = kept[start : start + n]
                if 0 not in gram:
                    digits = gram + [0] * (longest - n)
                    counted[row, sum(d * N_DIGITS**i for i, d in enumerate(digits[::-1]))] += 1
    return counted


def by_kernels(documents, shortest, longest):
    """What `count_ngrams` finds in two ranges of first words; (row, key) -> occurrences."""
    kernels = _fast_tfidf.kernels()[1]
    # word w stands for digit w - 1: so -1 of a document, a stop word, is word 0
    digit = np.arange(-1, N_DIGITS, dtype=np.int32)
    tokens = np.array([t for d in documents for t in [*(w + 1 for w in d), -1]], dtype=np.int32)
    digits, rows, counts = kernels.write_digits(tokens, digit, N_DIGITS, 0)
    digits = np.concatenate([digits, np.zeros(longest, np.int32)])
    keys, found = [], {}
    for lowest, highest in ((1, 3), (3, N_DIGITS)):
        ours, frequency, columns, documents_of, occurrences = kernels.count_ngrams(
            np.zeros(1, np.bool_), digits, rows, counts, len(documents),
            lowest, highest, shortest, longest,
        )  # fmt: skip
        np.testing.assert_array_equal(frequency, np.bincount(columns, minlength=len(ours)))
        for row in range(len(documents)):
            assert (np.diff(columns[documents_of == row]) > 0).all()
        entries = zip(documents_of.tolist(), ours[columns].tolist(), strict=True)
        found |= dict(zip(entries, occurrences.tolist(), strict=True))
        keys += ours.tolist()
    return keys, found


@given(documents=DOCUMENTS, shortest=st.integers(1, 3), more=st.integers(0, 2))
@settings(max_examples=100, deadline=None)
def test_ngrams_are_those_of_brute_force(documents, shortest, more):
    longest = shortest + more
    expected = brute_force(documents, shortest, longest)
    keys, found = by_kernels(documents, shortest, longest)
    assert found == expected
    assert keys == sorted({key for _, key in expected})


def test_counting_stops_when_told():
    kernels = _fast_tfidf.kernels()[1]
    digits, rows = np.array([1, 2, 1, 2, 0, 0], np.int32), np.zeros(6, np.int32)
    counts = np.array([0, 2, 2], np.int64)
    for stopped, n_found in ((False, 4), (True, 0)):
        stop = np.full(1, stopped)
        found = kernels.count_ngrams(stop, digits, rows, counts, 1, 1, 3, 1, 2)
        assert len(found[0]) == n_found


def test_work_goes_on_over_the_ends_of_pieces():
    kernels = _fast_tfidf.kernels()[1]
    n = 2 * kernels.PIECE + 10
    digits = np.append(np.tile([1, 2], n // 2), [0, 0]).astype(np.int32)
    rows, counts = np.zeros(n + 2, np.int32), np.array([0, n // 2, n // 2], np.int64)
    found = kernels.count_ngrams(np.zeros(1, np.bool_), digits, rows, counts, 1, 1, 3, 1, 2)
    assert found[0].tolist() == [3, 5, 6, 7]  # 1, 1 2, 2 and 2 1 to the base 3
    assert found[4].tolist() == [n // 2, n // 2, n // 2, n // 2 - 1]
