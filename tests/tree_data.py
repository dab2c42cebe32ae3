"""Sparse features of documents whose labels come in groups with words of their own."""

import numpy as np
import scipy.sparse as sp


def grouped(n_samples=400, n_groups=4, group_size=5, n_words=12, seed=0):
    """Make X, CSR with rows of length 1, and a dense indicator; each label has its own words."""
    random = np.random.RandomState(seed)
    n_labels = n_groups * group_size
    group = random.randint(n_groups, size=n_samples)
    y = np.zeros((n_samples, n_labels), dtype=np.int8)
    for _ in range(2):
        y[np.arange(n_samples), group * group_size + random.randint(group_size, size=n_samples)] = 1
    own = random.rand(n_samples, n_labels, n_words // 3) < 0.6 * y[:, :, None]
    shared = (
        random.rand(n_samples, n_groups, n_words)
        < 0.5 * (group[:, None] == range(n_groups))[:, :, None]
    )
    noise = random.rand(n_samples, 50) < 0.1
    X = np.hstack([part.reshape(n_samples, -1) for part in (own, shared, noise)]).astype(float)
    X /= np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1.0)
    return sp.csr_array(X), y
