"""Seeds drawn from a RandomState."""

import numpy as np

from skmultitext._runtime.generators import draw_seed


def test_seeds_are_legal_for_keras():
    seeds = [draw_seed(np.random.RandomState(i)) for i in range(50)]
    assert all(isinstance(seed, int) and 0 <= seed < 2**31 for seed in seeds)
    assert len(set(seeds)) == 50
