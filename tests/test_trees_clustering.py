"""Clusters of labels: balanced, of similar labels, and the same whatever the order of the rows."""

from itertools import pairwise
from math import prod

import numpy as np
import pytest
import scipy.sparse as sp
from tree_data import grouped

from skmultitext.trees import _clustering
from skmultitext.trees._clustering import branches, cluster, label_features


@pytest.mark.parametrize("max_leaf", [2, 3, 10, 100])
@pytest.mark.parametrize("branching_factor", [2, 3, 16])
def test_leaves_are_small_enough_and_never_empty(max_leaf, branching_factor):
    for n_labels in [1, 2, *range(3, 200, 7), 1_000, 30_011]:
        widths = branches(n_labels, max_leaf, branching_factor)
        n_leaves = prod(widths)
        assert -(-n_labels // n_leaves) <= max_leaf
        assert n_leaves <= n_labels
        assert max(widths, default=2) <= branching_factor


def test_as_few_levels_as_possible():
    assert branches(100, 100, 16) == []
    assert branches(0, 100, 16) == []
    assert branches(1_600, 100, 16) == [16]
    assert len(branches(1_601, 100, 16)) == 2
    assert len(branches(25_600, 100, 16)) == 2


def test_features_of_labels_are_weighted_means_of_length_one():
    X, y = grouped(60)
    weight = np.random.RandomState(0).rand(60) + 0.5
    found = label_features(X, sp.csc_array(y), weight).toarray()
    wanted = (y * weight[:, None]).T @ X.toarray()
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_features_in_chunks_are_the_same(monkeypatch):
    X, y = grouped(60)
    whole = label_features(X, sp.csc_array(y), np.ones(60)).toarray()
    monkeypatch.setattr(_clustering, "_CHUNK", 100)
    np.testing.assert_array_equal(label_features(X, sp.csc_array(y), np.ones(60)).toarray(), whole)


def test_only_the_largest_features_are_kept(monkeypatch):
    X, y = grouped(60)
    whole = label_features(X, sp.csc_array(y), np.ones(60)).toarray()
    monkeypatch.setattr(_clustering, "MOST_FEATURES", 5)
    few = label_features(X, sp.csc_array(y), np.ones(60)).toarray()
    assert ((few > 0).sum(axis=1) == 5).all()
    np.testing.assert_allclose(np.linalg.norm(few, axis=1), 1.0, atol=1e-6)
    for short, long in zip(few, whole, strict=True):
        assert long[short > 0].min() >= long[short == 0].max()


def test_a_label_without_positives_has_no_features():
    X, y = grouped(60)
    y[:, 3] = 0
    assert label_features(X, sp.csc_array(y), np.ones(60))[[3]].nnz == 0


def test_groups_are_found():
    X, y = grouped(400, n_groups=4, group_size=5)
    order, levels = cluster(label_features(X, sp.csc_array(y), np.ones(400)), [4], seed=0)
    np.testing.assert_array_equal(levels[0], [0, 5, 10, 15, 20])
    for a, b in pairwise(levels[0]):
        assert len(set(order[a:b] // 5)) == 1


def test_clusters_are_balanced_on_every_level():
    features = sp.random_array((97, 30), density=0.3, format="csr", rng=np.random.RandomState(0))
    order, levels = cluster(features, [3, 5], seed=1)
    np.testing.assert_array_equal(np.sort(order), np.arange(97))
    assert [len(level) - 1 for level in levels] == [3, 15]
    for level in levels:
        sizes = np.diff(level)
        assert sizes.max() - sizes.min() <= 2
    assert set(levels[0]) <= set(levels[1])


def test_the_seed_decides(monkeypatch):
    monkeypatch.setattr(_clustering, "SAMPLE", 10)
    features = sp.random_array((60, 30), density=0.3, format="csr", rng=np.random.RandomState(0))
    first, again, other = (cluster(features, [4], seed)[0].tolist() for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_labels_without_features_are_spread_too():
    order, _ = cluster(sp.csr_array((9, 4)), [4], seed=0)
    assert sorted(order) == list(range(9))
