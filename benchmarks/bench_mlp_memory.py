"""Peak memory of KerasMLPTagger on sparse features, above the memory of TensorFlow itself.

8,000 documents x 112,000 features with 1,200,000 entries, like TF-IDF of long texts. A dense
float32 copy would take 3,417 MiB; training must stay below 1,536 MiB.

    python benchmarks/bench_mlp_memory.py [--smoke]

With --smoke 800 documents x 11,200 features.
"""

import os
import resource
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import scipy.sparse as sp
from sklearn.datasets import make_multilabel_classification

from skmultitext import KerasMLPTagger

LIMIT = 1536  # MiB
SIZE = (8_000, 112_000, 1_200_000)


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def tfidf_like(n_samples, n_features, n_entries, rng):
    """Make rows of norm 1; like words, a few columns are drawn very often."""
    share = 1 / (np.arange(n_features) + 20.0)
    share *= n_entries / n_samples / share.sum()
    columns = [np.flatnonzero(rng.rand(n_features) < share) for _ in range(n_samples)]
    indptr = np.concatenate([[0], np.cumsum([len(c) for c in columns])])
    X = sp.csr_matrix(
        (rng.rand(indptr[-1]), np.concatenate(columns), indptr), shape=(n_samples, n_features)
    )
    norms = np.sqrt(X.multiply(X).sum(axis=1)).A1
    return (sp.diags(1 / np.maximum(norms, 1e-12)) @ X).tocsr()


def check_parity():
    """Check that sparse and dense X give the same tagger."""
    X, y = make_multilabel_classification(200, n_features=30, random_state=0)
    tagger = KerasMLPTagger(max_epochs=3, random_state=0)
    dense = tagger.fit(X, y).predict_proba(X)
    sparse = tagger.fit(sp.csr_matrix(X), y).predict_proba(sp.csr_matrix(X))
    np.testing.assert_array_equal(dense, sparse)


def main():
    smoke = sys.argv[1:] == ["--smoke"]
    n_samples, n_features, n_entries = (800, 11_200, 120_000) if smoke else SIZE
    check_parity()  # also loads all of TensorFlow that training uses
    own = peak()
    rng = np.random.RandomState(0)
    X = tfidf_like(n_samples, n_features, n_entries, rng)
    y = (rng.rand(n_samples, 10) < 0.2).astype(np.int8)
    start = time.perf_counter()
    tagger = KerasMLPTagger(max_epochs=2, random_state=0, early_stopping=True).fit(X, y)
    seconds = time.perf_counter() - start
    tagger.predict_proba(X)
    dense = n_samples * n_features * 4 / 2**20
    above = peak() - own
    print(f"X: {n_samples} x {n_features}, {X.nnz} entries; dense float32: {dense:.0f} MiB")
    print(f"TensorFlow's own peak: {own:.0f} MiB")
    print(f"peak above it, fit and predict: {above:.0f} MiB, {above / dense:.2f} of a dense copy")
    print(f"fit: {seconds / 2:.1f} s an epoch of {-(-n_samples * 9 // 10 // 32)} batches")
    if above > LIMIT:
        raise SystemExit(f"more than {LIMIT} MiB")


if __name__ == "__main__":
    main()
