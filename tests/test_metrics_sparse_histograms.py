"""Histograms of many labels in the memory of the bins that are not empty."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext.metrics import StreamingMetrics, _sparse_histograms
from skmultitext.metrics._histograms import ScoreHistogram
from skmultitext.metrics._sparse_histograms import SparseHistogram, make_histogram


def batches(weighted):
    rng = np.random.default_rng(0)
    for _ in range(6):
        truth = rng.random((40, 7)) < 0.2
        proba = np.where(rng.random((40, 7)) < 0.5, 0.0, rng.random((40, 7)))
        yield truth, proba, rng.integers(1, 4, 40) / 3 if weighted else None


@pytest.mark.parametrize("waiting", [1, 300, 10**6])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("unknown", [False, True])
def test_it_holds_what_a_dense_one_holds(waiting, weighted, unknown, monkeypatch):
    monkeypatch.setattr(_sparse_histograms, "_PENDING", waiting)
    found = [SparseHistogram(7, 16), ScoreHistogram(7, 16)]
    others = [SparseHistogram(7, 16), ScoreHistogram(7, 16)]
    for i, (truth, proba, weight) in enumerate(batches(weighted)):
        known = np.random.default_rng(i).random(truth.shape) < 0.8 if unknown else None
        for histogram in (found, others)[i % 2]:
            histogram.add(truth, proba, weight, known)
    labels = np.array([0, 2, 3, 6])
    for histogram, other in zip(found, others, strict=True):
        histogram.merge(other)
    for mine, dense in zip(*(h.average_precision(labels) for h in found), strict=True):
        np.testing.assert_allclose(mine, dense, rtol=1e-12, atol=1e-12)


def test_many_labels_get_a_sparse_one():
    assert isinstance(make_histogram(8192, 1024), ScoreHistogram)
    assert isinstance(make_histogram(8193, 1024), SparseHistogram)


@pytest.mark.filterwarnings("ignore::skmultitext.exceptions.AbsentLabelWarning")
def test_streaming_scores_do_not_depend_on_the_kind_of_histogram(monkeypatch):
    rng = np.random.default_rng(0)
    y = sp.random_array((300, 50), density=0.05, random_state=rng, format="csr")
    y.data[:] = 1
    proba = sp.random_array((300, 50), density=0.2, random_state=rng, format="csr")
    weight = rng.integers(0, 3, 300)
    results = []
    for largest in (2**24, 1):
        monkeypatch.setattr(_sparse_histograms, "_LARGEST_DENSE", largest)
        metrics, other = StreamingMetrics(50), StreamingMetrics(50)
        for start in range(0, 300, 100):
            rows = slice(start, start + 100)
            metrics.update(y[rows], proba[rows], weight[rows])
            other.update(y[rows].toarray(), proba[rows].toarray())
        results.append(metrics.merge(other).compute())
    dense, sparse = results
    for name, value in dense.items():
        np.testing.assert_allclose(sparse[name], value, rtol=1e-12, atol=1e-14, err_msg=name)


@pytest.mark.filterwarnings("ignore::skmultitext.exceptions.AbsentLabelWarning")
def test_a_hundred_thousand_labels_take_the_memory_of_their_entries():
    n_labels = 100_000
    rng = np.random.default_rng(0)
    places = (np.repeat(np.arange(500), 20), rng.integers(n_labels, size=10_000))
    proba = sp.csr_array((np.ones(10_000), places), shape=(500, n_labels))
    proba.sum_duplicates()
    proba.data = rng.random(proba.nnz)
    y = (proba > 0.7).astype(np.int8)
    tracemalloc.start()
    try:
        StreamingMetrics(n_labels).update(y, proba).compute()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 150e6  # dense: 1.6e9
