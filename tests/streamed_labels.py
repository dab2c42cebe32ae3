"""Labels and probabilities that come in batches."""

import numpy as np


def make(n=200, n_labels=6, seed=0):
    """True labels, probabilities that tell them, and weights."""
    rng = np.random.default_rng(seed)
    share = np.linspace(0.05, 0.6, n_labels)
    y_true = (rng.random((n, n_labels)) < share).astype(np.int8)
    y_true[0] = 1
    y_proba = np.clip(rng.beta(1, 4, (n, n_labels)) + 0.35 * y_true, 0, 1)
    return y_true, y_proba, rng.random(n) + 0.01
