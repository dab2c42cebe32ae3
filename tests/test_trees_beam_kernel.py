"""The compiled search of beams agrees with the search level by level."""

from dataclasses import replace

import numpy as np
import pytest
from tree_data import grouped

from skmultitext import LabelTreeTagger
from skmultitext._runtime.compiled import load_kernels
from skmultitext.trees import _forest

pytest.importorskip("numba", reason="needs numba (extra 'fast')")


@pytest.mark.parametrize("beam_width", [1, 2, 50])
@pytest.mark.parametrize("n_best", [0, 1, 5, 40])
def test_both_searches_agree(beam_width, n_best):
    X, y = grouped(300, n_groups=8)
    tree = LabelTreeTagger(
        C=10.0, max_leaf=3, branching_factor=3, n_trees=2, random_state=0
    ).fit(X, y)  # fmt: skip
    compiled = tree._forest.search(X, beam_width, n_best=n_best)
    plain = tree._forest._search_by_level(X, beam_width, n_best)
    np.testing.assert_array_equal(compiled.counts, plain.counts)
    np.testing.assert_array_equal(compiled.labels, plain.labels)
    np.testing.assert_allclose(compiled.proba, plain.proba, rtol=1e-12)


@pytest.mark.parametrize("k", [1, 3, 8, 100])
def test_the_most_probable_come_first_and_ties_in_order(k):
    kernels = load_kernels("trees._beam_kernel")
    proba = np.array([0.1, 0.5, 0.5, 0.2, 0.9, 0.5])
    labels = np.array([0, 1, 2, 3, 4, 5])
    assert kernels._most_probable(labels, proba, k).tolist() == [4, 1, 2, 5, 3, 0][:k]


def test_arrays_grow():
    enlarged = load_kernels("trees._beam_kernel").enlarged
    array = np.arange(3)
    assert enlarged(array, 3) is array or len(enlarged(array, 3)) == 3
    assert len(enlarged(array, 4)) == 6
    assert enlarged(array, 9)[:3].tolist() == [0, 1, 2]


@pytest.mark.parametrize("n_rows", [1, 7, 300])
@pytest.mark.parametrize("n_trees", [1, 2])
def test_tables_and_searches_of_features_agree(monkeypatch, n_rows, n_trees):
    X, y = grouped(300, n_groups=8)
    tree = LabelTreeTagger(
        max_leaf=3, branching_factor=3, n_trees=n_trees, random_state=0
    ).fit(X, y)  # fmt: skip
    for n_best in (0, 4):
        whole = tree._forest.search(X[:n_rows], 3, n_best=n_best)
        monkeypatch.setattr(_forest, "_ROWS", 1)  # one document is never worth a table
        single = tree._forest.search(X[:n_rows], 3, n_best=n_best)
        monkeypatch.undo()
        for found, wanted in zip(whole, single, strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_labels_of_equal_probability_come_in_order():
    X, y = grouped(300)
    forest = LabelTreeTagger(max_leaf=3, branching_factor=3, random_state=0).fit(X, y)._forest
    flat = replace(forest, weights=0 * forest.weights, intercept=0 * forest.intercept)
    found = flat.search(X[:5], 100, n_best=6)
    plain = flat._search_by_level(X[:5], 100, 6)
    np.testing.assert_array_equal(found.labels, plain.labels)
    sure = replace(flat, intercept=flat.intercept + 50.0)  # all probabilities are 1
    found, plain = sure.search(X[:5], 100, n_best=6), sure._search_by_level(X[:5], 100, 6)
    np.testing.assert_array_equal(found.labels, plain.labels)
    assert found.labels.tolist() == [0, 1, 2, 3, 4, 5] * 5
