"""The kernel finds the known n-grams of each document and weighs them."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skmultitext._runtime.compiled import load_kernels
from skmultitext.feature_extraction._word_index import HASH_KEY

pytest.importorskip("numba", reason="the kernels need numba (extra 'fast')")

N_DIGITS = 5
DIGIT = np.arange(-1, N_DIGITS, dtype=np.int32)  # of word w: w - 1, so that word 0 is a stop word
GO_ON = np.zeros(1, np.bool_)


def kernels():
    return load_kernels("feature_extraction._known_ngrams")


def as_tokens(documents):
    """Number the words; -2 is an unknown word, -1 the end of a document."""
    return np.array([t for document in documents for t in [*document, -1]], dtype=np.int32)


def weigh(documents, keys, shortest, longest, *, idf=(), stop=GO_ON, norm=0):
    keys = np.array(keys, dtype=np.int64)
    table = kernels().make_key_table(keys, HASH_KEY)
    return kernels().weigh_documents(
        stop, as_tokens(documents), DIGIT, N_DIGITS, shortest, longest, keys, table, HASH_KEY,
        np.array(idf, dtype=np.float64), False, False, norm,
    )  # fmt: skip


@given(
    documents=st.lists(
        st.lists(st.sampled_from([-2, 0, 1, 2, 3, 4]), max_size=12), min_size=1, max_size=4
    ),
    keys=st.sets(st.integers(1, N_DIGITS**3 - 1)).map(sorted),
    shortest=st.integers(1, 2),
)
@settings(max_examples=100, deadline=None)
def test_known_ngrams_are_counted_in_each_document(documents, keys, shortest):
    lengths, columns, values = weigh(documents, keys, shortest, 3)
    found = []
    for document in documents:
        digits = [max(word - 1, 0) for word in document if word != 0]
        counted = Counter()
        for n in range(shortest, 4):
            for start in range(len(digits) - n + 1):
                gram = digits[start : start + n]
                key = sum(d * N_DIGITS ** (2 - i) for i, d in enumerate(gram))
                if 0 not in gram and key in keys:
                    counted[keys.index(key)] += 1
        found.append(sorted(counted.items()))
    assert lengths.tolist() == [len(row) for row in found]
    entries = list(zip(columns.tolist(), values.tolist(), strict=True))
    assert entries == [entry for row in found for entry in row]


def test_rows_are_weighed_by_idf_and_norm():
    documents, keys = [[2, 2, 3], [], [3]], [1, 2]
    assert weigh(documents, keys, 1, 1, idf=[1.5, -2.0])[2].tolist() == [3.0, -2.0, -2.0]
    assert weigh(documents, keys, 1, 1, idf=[1.5, -2.0], norm=1)[2].tolist() == [0.6, -0.4, -1.0]
    np.testing.assert_allclose(weigh(documents, keys, 1, 1, norm=2)[2], [2 / 5**0.5, 5**-0.5, 1])


def test_it_stops_when_told():
    assert weigh([[2, 2, 3]], [1, 2], 1, 1)[0].tolist() == [2]
    assert weigh([[2, 2, 3]], [1, 2], 1, 1, stop=np.ones(1, np.bool_))[0].tolist() == [0]


def test_the_table_has_room_for_every_key():
    keys = np.arange(1, 5_000, dtype=np.int64) * 2**40
    table = kernels().make_key_table(keys, HASH_KEY)
    assert len(table) >= 2 * len(keys)
    assert sorted(table[table >= 0].tolist()) == list(range(len(keys)))
