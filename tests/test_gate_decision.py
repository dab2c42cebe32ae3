"""Decisions from scores: the labels of the highest scores."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext._gate.decision import decide, decide_sparse, top_labels


@pytest.mark.parametrize("k", [1, 3, 7])
def test_top_labels_are_those_of_a_stable_sort(k):
    scores = np.random.RandomState(0).randint(0, 4, (200, 7)) / 4.0  # full of ties
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(top_labels(scores, k), expected)


def test_at_most_so_many_labels_keeps_the_highest_and_the_lower_columns():
    scores = np.array([[0.9, 0.6, 0.9, 0.9], [0.2, 0.7, 0.1, 0.1], [0.6, 0.6, 0.6, 0.1]])
    given = decide(scores, np.full(4, 0.5), max_labels=2)
    assert given.astype(int).tolist() == [[1, 0, 1, 0], [0, 1, 0, 0], [1, 1, 0, 0]]


def test_sparse_scores_are_decided_like_dense_ones():
    scores = np.array([[0.5, 0.0, 0.9], [0.0, 0.0, 0.0], [0.2, 0.6, 0.4]])
    thresholds = np.array([0.1, 0.6, np.nan])
    given = decide_sparse(sp.csr_array(scores), thresholds)
    np.testing.assert_array_equal(given.toarray(), decide(scores, thresholds))
    assert given.nnz == 2
