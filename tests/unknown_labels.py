"""Labels of which some are unknown."""

import numpy as np


def make(seed, *, n=60, n_labels=5, share=0.3):
    """True labels with NaN, probabilities with ties, decisions, and whole-numbered weights."""
    rng = np.random.default_rng(seed)
    y = (rng.random((n, n_labels)) < 0.4).astype(float)
    y[rng.random(y.shape) < share] = np.nan
    y[:2] = [[0.0], [1.0]]  # each label has a negative and a positive
    y[2:4, 1:] = np.nan  # the others of these documents are unknown
    y[2:4, 0] = [0, 1]
    proba = rng.integers(0, 8, y.shape) / 8 + 1 / 16
    return y, proba, (proba > 0.5).astype(int), rng.integers(1, 4, n).astype(float)
