"""Shifts and swaps between the parts: coverage, and a measure that only falls."""

from itertools import combinations

import numpy as np
import pytest
import scipy.sparse as sp
from skewed_labels import csr, even_sizes, label_counts, skewed_labels

from skmultitext.model_selection import _stratification
from skmultitext.model_selection._stratification import Allocation, stratify_rows


def test_every_frequent_label_reaches_every_part_where_that_can_be():
    """Against all halvings of eight rows: what can be covered is."""
    reachable = 0
    for seed in range(150):
        y = np.random.RandomState(seed).rand(8, 5) < 0.35
        frequent = y.sum(axis=0) >= 2
        total = y.sum(axis=0)
        can_be = any(
            (y[list(half)].sum(axis=0)[frequent] > 0).all()
            and (y[list(half)].sum(axis=0) < total)[frequent].all()
            for half in combinations(range(8), 4)
        )
        parts = stratify_rows(csr(y), [4, 4], rng=np.random.RandomState(seed))
        reachable += can_be
        if can_be:
            assert label_counts(y, parts, 2)[:, frequent].all(), seed
    assert reachable > 100


def test_missing_positives_are_brought(monkeypatch):
    """Without the first pass, the search alone must repair coverage."""
    y = skewed_labels(120, 20, 1)
    monkeypatch.setattr(
        _stratification,
        "IterativeStratification",
        lambda labels, r, rng: np.sort(np.arange(len(labels)) % len(r)),
    )
    rows = y[np.lexsort(y.T)]
    parts = stratify_rows(csr(rows), [24] * 5, rng=np.random.RandomState(0), shuffle=False)
    frequent = rows.sum(axis=0) >= 5
    assert label_counts(rows, parts, 5)[:, frequent].all()


@pytest.mark.parametrize("seed", [0, 8, 9])
def test_many_rows_are_tried_for_a_missing_positive(seed):
    """Data on which swapping only the readiest rows leaves a fold without some label."""
    y = skewed_labels(150, 60, seed)
    frequent = y.sum(axis=0) >= 10
    parts = stratify_rows(csr(y), [15] * 10, rng=np.random.RandomState(seed))
    assert label_counts(y, parts, 10)[:, frequent].all()


def test_search_without_work_left_still_gives_exact_sizes(monkeypatch):
    monkeypatch.setattr(_stratification, "_WORK", 0)
    y = skewed_labels(301, 60, 0)
    parts = stratify_rows(csr(y), even_sizes(301, 10), rng=np.random.RandomState(0))
    assert np.bincount(parts).tolist() == even_sizes(301, 10)


def allocation(units, held):
    """Parts that each should have the same share of every label."""
    units, held = sp.csr_array(np.asarray(units)), np.array(held)
    n_parts = len(held)
    total = held.sum(axis=0) @ units
    desired = np.tile(total / n_parts, (n_parts, 1))
    sizes = np.full(n_parts, held.sum() / n_parts)
    required = np.zeros(desired.shape, dtype=bool)
    return Allocation(units, held, desired, required, sizes, np.zeros(desired.shape)), units


def uneven(held, units):
    """How far the label counts of the parts lie apart."""
    return np.ptp(held @ units.toarray(), axis=0).sum()


def test_a_surplus_goes_where_rows_are_lacking_and_harms_least():
    moved, units = allocation([[1, 0], [0, 1]], [[6, 2], [0, 4]])
    moved.balance(np.array([2, -2]))
    assert moved.held.tolist() == [[4, 2], [2, 4]]
    assert uneven(moved.held, units) < uneven(np.array([[6, 2], [0, 4]]), units)


def test_swaps_keep_the_sizes_and_even_the_labels():
    swapped, units = allocation([[1, 0], [0, 1]], [[6, 0], [0, 6]])
    swapped.improve(sizes_fixed=True)
    assert swapped.held.tolist() == [[3, 3], [3, 3]]
    assert uneven(swapped.held, units) == 0


def test_units_of_several_rows_may_change_the_part_alone():
    units = [[4, 0], [1, 3], [3, 1], [0, 4]]
    moved, counted = allocation(units, [[1, 1, 1, 1], [0, 0, 0, 0]])
    moved.improve(sizes_fixed=False)
    assert moved.held.sum(axis=0).tolist() == [1, 1, 1, 1]
    assert uneven(moved.held, counted) == 0


@pytest.mark.parametrize("must", [False, True])
def test_a_part_gets_the_positive_that_it_must_have(must):
    units = sp.csr_array([[1, 0], [1, 1]])
    held = np.array([[5, 2], [7, 0]])
    desired = np.array([[7.0, 1.9], [7.0, 0.1]])  # nearly the exact sizes
    required = np.array([[False, False], [False, must]])
    covered = Allocation(units, held, desired, required, np.full(2, 7.0), np.zeros((2, 2)))
    covered.improve(sizes_fixed=True)
    assert (covered.held @ units.toarray())[:, 1].tolist() == ([1, 1] if must else [2, 0])
    assert covered.held.sum(axis=1).tolist() == [7, 7]
