"""Decisions from scores: the labels of the highest scores."""

import numpy as np
import pytest

from skmultitext._gate.decision import decide, top_labels


@pytest.mark.parametrize("k", [1, 3, 7])
def test_top_labels_are_those_of_a_stable_sort(k):
    scores = np.random.RandomState(0).randint(0, 4, (200, 7)) / 4.0  # full of ties
    expected = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(top_labels(scores, k), expected)


def test_at_most_so_many_labels_keeps_the_highest_and_the_lower_columns():
    scores = np.array([[0.9, 0.6, 0.9, 0.9], [0.2, 0.7, 0.1, 0.1], [0.6, 0.6, 0.6, 0.1]])
    given = decide(scores, np.full(4, 0.5), max_labels=2)
    assert given.astype(int).tolist() == [[1, 0, 1, 0], [0, 1, 0, 0], [1, 1, 0, 0]]
