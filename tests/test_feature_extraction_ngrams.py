"""The kernels find the n-grams of each document, new and known ones, and weigh them."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skmultitext.feature_extraction import _fast_tfidf
from skmultitext.feature_extraction._term_index import HASH_KEY

pytest.importorskip("numba", reason="the kernels need numba (extra 'fast')")

N_DIGITS = 5
DIGIT = np.arange(-1, N_DIGITS, dtype=np.int32)  # of word w: w - 1, so that word 0 is a stop word
GO_ON, STOP = np.zeros(1, np.bool_), np.ones(1, np.bool_)
DOCUMENTS = st.lists(
    st.lists(st.sampled_from([-2, 0, 1, 2, 3, 4]), max_size=12), min_size=1, max_size=4
)


def kernels():
    return _fast_tfidf.kernels()[1]


def as_tokens(documents):
    """Number the words; -2 is an unknown word, -1 the end of a document."""
    return np.array([t for document in documents for t in [*document, -1]], dtype=np.int32)


def brute_force(documents, shortest, longest):
    """Counter of keys for each document."""
    found = []
    for document in documents:
        digits = [max(word - 1, 0) for word in document if word != 0]
        counted = Counter()
        for n in range(shortest, longest + 1):
            for start in range(len(digits) - n + 1):
                gram = digits[start : start + n]
                if 0 not in gram:
                    counted[sum(d * N_DIGITS ** (longest - 1 - i) for i, d in enumerate(gram))] += 1
        found.append(counted)
    return found


def counters(lengths, numbers, keys):
    bounds = np.cumsum(lengths)[:-1]
    return [Counter(keys[part].tolist()) for part in np.split(numbers, bounds)]


def learn(documents, shortest, longest, stop=GO_ON):
    settings = (DIGIT, N_DIGITS, shortest, longest, HASH_KEY)
    return kernels().learn_ngrams(stop, as_tokens(documents), *settings)


def find(documents, keys, shortest, longest, stop=GO_ON):
    keys = np.array(keys, dtype=np.int64)
    table = kernels().make_key_table(keys, len(keys), HASH_KEY)
    settings = (DIGIT, N_DIGITS, shortest, longest, HASH_KEY, keys, table)
    return kernels().find_ngrams(stop, as_tokens(documents), *settings)


@given(documents=DOCUMENTS, shortest=st.integers(1, 3), more=st.integers(0, 2))
@settings(max_examples=100, deadline=None)
def test_ngrams_are_those_of_brute_force(documents, shortest, more):
    longest = shortest + more
    expected = brute_force(documents, shortest, longest)
    lengths, numbers, keys, frequency = learn(documents, shortest, longest)
    assert counters(lengths, numbers, keys) == expected
    assert len(set(keys.tolist())) == len(keys)
    assert frequency.tolist() == [sum(key in row for row in expected) for key in keys.tolist()]
    known = sorted(keys.tolist())[::2]
    found = counters(*find(documents, known, shortest, longest), np.array(known, np.int64))
    assert found == [Counter({k: n for k, n in row.items() if k in known}) for row in expected]


def test_tables_grow_within_and_between_documents():
    digit = np.arange(30_001, dtype=np.int32)
    documents = [range(1, 20), range(1, 20_000), range(10_000, 30_000)]
    tokens = as_tokens(documents)
    _, _, keys, frequency = kernels().learn_ngrams(GO_ON, tokens, digit, 30_001, 1, 1, HASH_KEY)
    assert keys.tolist() == list(range(1, 30_000))
    assert np.bincount(frequency)[1:].tolist() == [19_980, 10_019]


def weigh(rows, columns, n_columns, idf=(), binary=False, sublinear=False, norm=0, stop=GO_ON):
    lengths = np.array([len(row) for row in rows], np.int32)
    numbers = np.array([number for row in rows for number in row], np.int32)
    columns, idf = np.array(columns, np.int32), np.array(idf, dtype=np.float64)
    return kernels().weigh_rows(
        stop, lengths, numbers, columns, n_columns, idf, binary, sublinear, norm
    )


def test_rows_are_weighed_by_idf_and_norm():
    rows, renamed = [[0, 2, 1, 2], [], [1, 0]], [1, -1, 0]  # of columns: 1 0 0, nothing, 1
    lengths, columns, values = weigh(rows, renamed, 2, [1.5, -2.0])
    assert lengths.tolist() == [2, 0, 1]
    assert columns.tolist() == [0, 1, 1]
    assert values.tolist() == [3.0, -2.0, -2.0]
    assert weigh(rows, renamed, 2, [1.5, -2.0], norm=1)[2].tolist() == [0.6, -0.4, -1.0]
    assert weigh(rows, renamed, 2, [1.5, -2.0], binary=True)[2].tolist() == [1.5, -2.0, -2.0]
    sublinear = weigh(rows, renamed, 2, sublinear=True, norm=2)[2]
    length = np.hypot(1 + np.log(2), 1)
    np.testing.assert_allclose(sublinear, [(1 + np.log(2)) / length, 1 / length, 1])


@pytest.mark.parametrize("n_columns", [1, 64, 65, 5_000])
def test_counts_in_tables_are_those_of_sorting(n_columns):
    rng = np.random.RandomState(0)
    rows = [rng.randint(0, n_columns, n).tolist() for n in (40, 3_000, 20, 4_000)]
    lengths, columns, values = weigh(rows, [], n_columns)
    expected = [sorted(Counter(row).items()) for row in rows]
    assert lengths.tolist() == [len(row) for row in expected]
    found = list(zip(columns.tolist(), values.tolist(), strict=True))
    assert found == [entry for row in expected for entry in row]


def test_kernels_stop_when_told():
    documents = [[2, 2, 3]]
    assert learn(documents, 1, 1)[0].tolist() == [3]
    assert learn(documents, 1, 1, STOP)[0].tolist() == [0]
    assert find(documents, [1, 2], 1, 1)[0].tolist() == [3]
    assert find(documents, [1, 2], 1, 1, STOP)[0].tolist() == [0]
    assert len(weigh([[0, 1]], [], 2)[1]) == 2
    assert len(weigh([[0, 1]], [], 2, stop=STOP)[1]) == 0


def test_the_table_has_room_for_every_key():
    keys = np.arange(1, 5_000, dtype=np.int64) * 2**40
    table = kernels().make_key_table(keys, len(keys), HASH_KEY)
    assert len(table) >= 2 * len(keys)
    assert sorted(table[table >= 0].tolist()) == list(range(len(keys)))
