"""Labels of very different frequency, and how to count them by part."""

import numpy as np
import scipy.sparse as sp


def skewed_labels(n_samples, n_labels, seed, density=0.3):
    """Labels of very different frequency, some of which come together."""
    rng = np.random.RandomState(seed)
    share = density / np.arange(1, n_labels + 1) ** 0.7
    together = rng.rand(n_samples, 1) < 0.3
    return (rng.rand(n_samples, n_labels) < share) | (
        together & (rng.rand(n_samples, n_labels) < share[::-1])
    )


def csr(y):
    return sp.csr_array(np.asarray(y, dtype=np.int8))


def even_sizes(n_samples, n_parts):
    return [n_samples // n_parts + (part < n_samples % n_parts) for part in range(n_parts)]


def label_counts(y, parts, n_parts):
    return np.array([y[parts == part].sum(axis=0) for part in range(n_parts)])
