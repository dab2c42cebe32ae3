"""Cut-offs between neighbouring scores."""

import numpy as np
import pytest

from skmultitext.thresholds import apply_thresholds, search_thresholds


def test_thresholds_lie_between_neighbours():
    thresholds, score = search_thresholds([0, 0, 1, 1], [0.1, 0.3, 0.4, 0.9])
    assert (thresholds[0], score) == (0.35, 1.0)


@pytest.mark.parametrize("upper", [np.nextafter(0.3, 1), np.nextafter(0.0, 1), 1.0])
def test_neighbouring_floats_are_still_separated(upper):
    lower = np.nextafter(upper, 0)
    thresholds, score = search_thresholds([0, 1], [lower, upper])
    assert score == 1.0
    assert apply_thresholds([[lower], [upper]], thresholds).ravel().tolist() == [0, 1]
