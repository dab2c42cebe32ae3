"""Levels list the rows that reach each node, and their children."""

import numpy as np
import scipy.sparse as sp

from skmultitext.trees._levels import levels_of


def test_levels_describe_rows_and_children():
    y = sp.csr_array([[1, 0, 0, 1], [0, 0, 1, 1], [0, 0, 0, 0], [0, 1, 0, 0]])
    root, leaves = levels_of([np.array([0, 2, 4])], y, sp.csr_array((4, 4)))
    assert root.reach[1].tolist() == [0, 1, 2, 3]
    assert root.child_ptr.tolist() == [0, 2]
    assert root.child_of.tolist() == [0, 0, 1, 1]
    assert leaves.reach[0].tolist() == [0, 2, 4]
    assert leaves.reach[1].tolist() == [0, 3, 0, 1]
    assert leaves.child_ptr.tolist() == [0, 2, 4]
    assert leaves.child_of.tolist() == [0, 1, 2, 3]
