"""The compiled fit of nodes agrees with fits one by one, also where entries are unknown."""

import numpy as np
import pytest
from test_trees_fitting import fitted
from tree_data import grouped

from skmultitext._runtime.compiled import load_kernels
from skmultitext.trees import _fitting

pytest.importorskip("numba", reason="needs numba (extra 'fast')")


@pytest.mark.parametrize("unknown", [False, True])
def test_nodes_agree_with_fits_one_by_one(monkeypatch, unknown):
    X, y = grouped(300)
    if unknown:
        y[np.random.RandomState(0).rand(*y.shape) < 0.2] = -1
    options = {"n_trees": 2, "max_leaf": 18, "branching_factor": 2}  # leaves of 10 labels
    compiled, _ = fitted(X, y, **options)
    monkeypatch.setattr(_fitting, "load_kernels", lambda name: None)
    plain, _ = fitted(X, y, **options)
    np.testing.assert_array_equal(compiled.labels, plain.labels)
    for node in range(len(compiled.child_ptr) - 1):
        np.testing.assert_allclose(compiled._scores(X, node), plain._scores(X, node), atol=1e-4)


def test_leaves_of_more_than_one_block(monkeypatch):
    X, y = grouped(300, n_groups=8)
    options = {"max_leaf": 20, "branching_factor": 2}
    compiled, _ = fitted(X, y, **options)
    monkeypatch.setattr(_fitting, "load_kernels", lambda name: None)
    plain, _ = fitted(X, y, **options)
    assert np.diff(compiled.child_ptr).max() > 16
    for node in range(3):
        np.testing.assert_allclose(compiled._scores(X, node), plain._scores(X, node), atol=1e-4)


def test_signs_of_rows():
    kernels = load_kernels("trees._node_solver")
    signs = np.empty((2, kernels.BLOCK), np.int8)
    positions = np.array([0, 2, 3]), np.array([0, 5, 3])
    unknown = np.array([0, 2, 2]), np.array([1, 4])
    child_of = np.array([0, 0, 1, 1, 2, 3])
    own = np.array([0, 1])
    kernels._mark_rows(own, 1, 2, positions, unknown, child_of, signs)
    assert signs[:, :3].tolist() == [[-1, 0, 0], [1, -1, 0]]
    kernels._mark_rows(own, 0, 4, positions, unknown, child_of, signs)
    assert signs[:, :4].tolist() == [[1, -1, 0, 1], [-1, 1, -1, -1]]
