"""The compiled search of beams agrees with the search level by level."""

import numpy as np
import pytest
from tree_data import grouped

from skmultitext import LabelTreeTagger
from skmultitext._runtime.compiled import load_kernels

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
