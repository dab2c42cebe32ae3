"""The algorithms under the splitters: parity with iterstrat, exact sizes, coverage, quality."""

from functools import partial

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from iterstrat.ml_stratifiers import IterativeStratification
from limits import limited
from skewed_labels import csr, even_sizes, label_counts, skewed_labels
from sklearn.model_selection import GroupKFold

from skmultitext.model_selection import _stratification
from skmultitext.model_selection._stratification import (
    count_carriers,
    iterative_stratification,
    occurs_once,
    stratify_groups,
    stratify_rows,
)


def relative_deviation(y, parts, n_parts):
    """Computed apart from split_report: the mean of |share in part / share in y - 1|."""
    shares = [y[parts == part].mean(axis=0) for part in range(n_parts)]
    share = y.mean(axis=0)
    return np.mean([np.abs(s[share > 0] / share[share > 0] - 1) for s in shares])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("n_labels", "shares"), [(1, [0.5, 0.5]), (7, [0.2] * 5), (40, [0.7, 0.1, 0.2])]
)
def test_sparse_kernel_gives_the_parts_of_iterstrat(seed, n_labels, shares):
    y = skewed_labels(200, n_labels, seed)
    y = y[y.any(axis=1)]
    shares = np.array(shares)
    expected = IterativeStratification(y, shares, np.random.RandomState(seed))
    wish = np.outer(shares, y.sum(axis=0))
    found = iterative_stratification(csr(y), shares * len(y), wish, np.random.RandomState(seed))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("sizes", [[40] * 5, [150, 50], [100, 30, 70]])
def test_both_kernels_give_the_same_split(monkeypatch, sizes):
    y = csr(skewed_labels(200, 12, 0))
    with_iterstrat = stratify_rows(y, sizes, rng=np.random.RandomState(3))
    monkeypatch.setattr(_stratification, "_DENSE_WORK", 0)
    without = stratify_rows(y, sizes, rng=np.random.RandomState(3))
    np.testing.assert_array_equal(with_iterstrat, without)


@pytest.mark.parametrize(
    ("n_samples", "n_labels", "n_folds"), [(100, 10, 3), (200, 30, 5), (300, 60, 10)]
)
def test_folds_are_more_even_than_those_of_iterstrat(n_samples, n_labels, n_folds):
    deviations, missing = [], []
    for seed in range(8):
        y = skewed_labels(n_samples, n_labels, seed)
        frequent = y.sum(axis=0) >= n_folds
        rng = np.random.RandomState
        ours = stratify_rows(csr(y), even_sizes(n_samples, n_folds), rng=rng(seed))
        theirs = IterativeStratification(y, np.full(n_folds, 1 / n_folds), rng(seed))
        both = ours, theirs
        deviations.append([relative_deviation(y, parts, n_folds) for parts in both])
        missing.append([(label_counts(y, p, n_folds)[:, frequent] == 0).sum() for p in both])
        assert np.ptp(np.bincount(ours)) <= 1
        assert deviations[-1][0] <= 1.1 * deviations[-1][1]
    ours, theirs = np.mean(deviations, axis=0)
    assert ours < 0.95 * theirs
    ours, theirs = np.sum(missing, axis=0)
    assert ours <= 0.1 * theirs


def test_iterstrat_alone_leaves_sizes_and_labels_uneven():
    # without exchanges the result is worse, so the tests above depend on them
    y = skewed_labels(300, 60, 0)
    parts = IterativeStratification(y, np.full(10, 0.1), np.random.RandomState(0))
    assert np.ptp(np.bincount(parts)) > 1


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_sizes_are_exact_and_bound_rows_stay(data):
    n_samples = data.draw(st.integers(2, 40))
    n_labels = data.draw(st.integers(1, 6))
    seed = data.draw(st.integers(0, 2**16))
    rng = np.random.RandomState(seed)
    y = rng.rand(n_samples, n_labels) < rng.rand(n_labels)
    first = data.draw(st.integers(1, n_samples - 1))
    second = data.draw(st.integers(0, n_samples - first))
    sizes = [first, second, n_samples - first - second]
    bound = rng.permutation(n_samples) < data.draw(st.integers(0, first))
    shuffle = data.draw(st.booleans())
    parts = stratify_rows(csr(y), sizes, rng=rng, shuffle=shuffle, first_part=bound)
    assert np.bincount(parts, minlength=3).tolist() == sizes
    assert (parts[bound] == 0).all()


def test_rows_bound_to_one_side_count_towards_its_labels():
    y = np.zeros((100, 2), dtype=int)
    y[:40, 0] = 1
    y[40:80, 1] = 1
    bound = np.arange(100) < 20
    parts = stratify_rows(csr(y), [50, 50], rng=np.random.RandomState(0), first_part=bound)
    assert label_counts(y, parts, 2).tolist() == [[20, 20], [20, 20]]


def test_rows_without_any_label_are_split_too():
    parts = stratify_rows(csr(np.zeros((11, 3))), [4, 4, 3], rng=np.random.RandomState(0))
    assert np.bincount(parts).tolist() == [4, 4, 3]


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_whole_and_more_even_than_group_kfold(seed):
    rng = np.random.RandomState(seed)
    y = skewed_labels(600, 8, seed)
    group_of = np.unique(rng.zipf(1.5, 600) % 60, return_inverse=True)[1]
    parts = stratify_groups(csr(y), group_of, 5, rng=rng, shuffle=False)
    assert all(len(set(parts[group_of == group])) == 1 for group in set(group_of))
    plain = np.empty(600, dtype=int)
    for fold, (_, test) in enumerate(GroupKFold(5).split(y, groups=group_of)):
        plain[test] = fold
    assert relative_deviation(y, parts, 5) < relative_deviation(y, plain, 5)


def test_groups_of_one_row_are_as_even_as_rows():
    y = skewed_labels(200, 10, 0)
    rng = np.random.RandomState(0)
    parts = stratify_groups(csr(y), np.arange(200), 5, rng=rng, shuffle=True)
    rows = stratify_rows(csr(y), [40] * 5, rng=rng)
    assert np.bincount(parts).tolist() == [40] * 5
    assert relative_deviation(y, parts, 5) <= 1.1 * relative_deviation(y, rows, 5)


@settings(max_examples=60, deadline=None)
@given(n_groups=st.integers(2, 12), n_parts=st.integers(2, 6), seed=st.integers(0, 2**16))
def test_no_part_of_groups_is_empty(n_groups, n_parts, seed):
    n_parts = min(n_parts, n_groups)
    rng = np.random.RandomState(seed)
    group_of = np.concatenate([np.arange(n_groups), rng.zipf(1.3, 20) % n_groups])
    y = rng.rand(len(group_of), 4) < rng.rand(4)
    parts = stratify_groups(csr(y), group_of, n_parts, rng=rng, shuffle=True)
    assert set(parts) == set(range(n_parts))
    assert all(len(set(parts[group_of == group])) == 1 for group in range(n_groups))


def test_label_in_enough_groups_reaches_every_part_of_groups():
    for seed in range(10):
        y = skewed_labels(300, 12, seed)
        group_of = np.arange(300) // 5
        rng = np.random.RandomState(seed)
        parts = stratify_groups(csr(y), group_of, 5, rng=rng, shuffle=False)
        enough = count_carriers(csr(y), group_of) >= 5
        assert enough.sum() > 5
        assert label_counts(y, parts, 5)[:, enough].all()


def test_carriers_and_singletons_are_counted():
    y = csr([[1, 0], [1, 0], [0, 1], [1, 1], [0, 0], [0, 0]])
    assert count_carriers(y, np.array([0, 0, 1, 2, 2, 2])).tolist() == [2, 2]
    assert occurs_once(y).tolist() == [False, False, True, True, False, False]


@pytest.mark.slow
def test_ten_thousand_labels_stay_sparse():
    """A dense indicator would take 200 MB, iterstrat's sums over it an hour."""
    import tracemalloc

    rng = np.random.RandomState(0)
    columns = (10_000 * rng.rand(200_000) ** 3).astype(int)
    y = sp.csr_array((np.ones(200_000, np.int8), (np.arange(200_000) % 20_000, columns)))
    y.sum_duplicates()
    y.data[:] = 1
    tracemalloc.start()
    parts = stratify_rows(y, [4_000] * 5, rng=rng)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.bincount(parts).tolist() == [4_000] * 5
    assert peak < 60e6


@pytest.mark.slow
def test_thousands_of_rare_labels_are_divided_in_seconds():
    rng = np.random.default_rng(0)
    n_samples, n_labels = 4000, 20_000
    columns = np.minimum(n_labels - 1, rng.pareto(0.4, n_samples * 5).astype(np.int64))
    entries = (np.ones(len(columns)), (np.repeat(np.arange(n_samples), 5), columns))
    y = sp.csr_array(entries, shape=(n_samples, n_labels))
    y.data[:] = 1
    parts = limited(partial(stratify_rows, y, [800] * 5, rng=np.random.RandomState(0)), seconds=20)
    assert np.bincount(parts).tolist() == [800] * 5
    counts = np.array([y[parts == part].sum(axis=0) for part in range(5)])
    frequent = y.sum(axis=0) >= 10
    assert (counts[:, frequent] > 0).mean() > 0.99
