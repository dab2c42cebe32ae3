"""Compiled code of hierarchies: the same as in numpy, see the tests of `hierarchy`."""

import numpy as np
import pytest

pytest.importorskip("numba")
from skmultitext._gate.hierarchy_kernels import lower_to_parents, multiply_by_parents

CHILDREN, PARENTS = np.array([1, 2, 3, 3]), np.array([0, 0, 1, 2])  # a diamond


def test_a_diamond():
    scores = np.array([[0.5, 0.6, 0.4, 0.9], [0.9, 0.2, 0.8, 0.1]])
    lower_to_parents(scores, CHILDREN, PARENTS)
    assert scores.tolist() == [[0.5, 0.5, 0.4, 0.4], [0.9, 0.2, 0.8, 0.1]]
    proba = np.array([[0.5, 0.5, 1.0, 0.5]])
    multiply_by_parents(proba, CHILDREN, PARENTS)
    assert proba.tolist() == [[0.5, 0.25, 0.5, 0.125]]


def test_no_edge_changes_nothing():
    scores = np.array([[0.5, 0.6]])
    empty = np.zeros(0, dtype=np.int64)
    lower_to_parents(scores, empty, empty)
    multiply_by_parents(scores, empty, empty)
    assert scores.tolist() == [[0.5, 0.6]]
