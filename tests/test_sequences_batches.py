"""Batches of documents of like length."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skmultitext.sequences import length_batches, round_up_lengths

LEGAL = [1, 2, 3, 4, 5, 6, 7, 8] + [s * 2**k for k in range(1, 20) for s in (5, 6, 7, 8)]


def test_legal_lengths_by_brute_force():
    lengths = np.arange(5000)
    expected = [next(legal for legal in LEGAL if legal >= length) for length in lengths]
    np.testing.assert_array_equal(round_up_lengths(lengths), expected)
    assert round_up_lengths(2, smallest=4) == 4
    assert type(round_up_lengths(9)) is int


LENGTHS = st.lists(st.integers(0, 60), max_size=60)


@given(LENGTHS, st.integers(1, 9), st.none() | st.integers(1, 100), st.none() | st.integers(0, 9))
def test_every_document_once_and_within_limits(lengths, batch_size, token_budget, seed):
    rng = None if seed is None else np.random.RandomState(seed)
    batches = length_batches(lengths, batch_size, rng=rng, token_budget=token_budget)
    visited = np.concatenate([*batches, []])
    assert sorted(visited) == list(range(len(lengths)))
    for batch in batches:
        assert 1 <= len(batch) <= batch_size
        cost = len(batch) * max(1, max(lengths[i] for i in batch))
        assert token_budget is None or len(batch) == 1 or cost <= token_budget


def test_inference_is_sorted_and_stable():
    lengths = [5, 1, 5, 3, 1]
    assert np.concatenate(length_batches(lengths, 2)).tolist() == [1, 4, 3, 0, 2]


def test_training_changes_order_and_neighbours():
    lengths = np.repeat([3, 30], 100)
    rng = np.random.RandomState(0)
    first, second = (length_batches(lengths, 20, rng=rng) for _ in range(2))
    again = length_batches(lengths, 20, rng=np.random.RandomState(0))
    assert [b.tolist() for b in first] == [b.tolist() for b in again]
    assert {frozenset(b.tolist()) for b in first} != {frozenset(b.tolist()) for b in second}
    # short and long batches come mixed, and no batch mixes short and long
    longest = [lengths[b].max() for b in first]
    assert longest != sorted(longest)
    assert all(np.ptp(lengths[b]) == 0 for b in first)


def test_sentences_and_words():
    lengths = [[1, 9], [3, 2], [1, 2], [3, 9]]
    assert [b.tolist() for b in length_batches(lengths, 2)] == [[2, 0], [1, 3]]
    batches = length_batches(lengths, 4, token_budget=2 * 9)
    assert [b.tolist() for b in batches] == [[2, 0], [1], [3]]


def test_long_documents_meet_other_neighbours():
    lengths = np.arange(40_000)
    rng = np.random.RandomState(0)
    of_first = [
        frozenset(next(b for b in length_batches(lengths, 32, rng=rng) if 777 in b).tolist())
        for _ in range(2)
    ]
    assert len(of_first[0] & of_first[1]) < 32


def test_no_documents():
    assert length_batches([], 4) == []
    assert length_batches([], 4, rng=np.random.RandomState(0)) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([-1], 2), "lengths must be of shape"),
        (([[[1]]], 2), "lengths must be of shape"),
        (([1], 0), "batch_size is 0; pass an int of at least 1"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(ValueError, match=message):
        length_batches(*arguments)
    with pytest.raises(ValueError, match="token_budget is 0; pass an int of at least 1"):
        length_batches([1], 1, token_budget=0)
