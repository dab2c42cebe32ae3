"""Counts of labels that occur together."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext._gate.samples import count_positives
from skmultitext.display._label_cooccurrence import (
    conditional_shares,
    cooccurrence_counts,
    known_pairs,
    phi_correlations,
)

Y = (np.random.default_rng(0).random((60, 5)) < [0.5, 0.3, 0.3, 0.1, 0.0]).astype(np.int8)


@pytest.mark.parametrize("form", [np.asarray, sp.csc_array], ids=["dense", "sparse"])
def test_cooccurrence(form):
    counts = cooccurrence_counts(form(Y), range(5))
    np.testing.assert_array_equal(counts, Y.T.astype(int) @ Y)
    np.testing.assert_array_equal(count_positives(form(Y)), Y.sum(axis=0))
    support = np.diagonal(counts)[:, None]
    shares = conditional_shares(counts, support)
    assert shares[0, 1] == pytest.approx(Y[Y[:, 0] == 1, 1].mean())
    assert np.isnan(shares[4]).all()
    assert (shares[:4, 4] == 0).all()
    phi = phi_correlations(counts, support, 60)
    np.testing.assert_allclose(phi[:4, :4], np.corrcoef(Y[:, :4].T), atol=1e-12)
    assert np.isnan(phi[4]).all()


@pytest.mark.parametrize("form", [np.asarray, sp.csc_array], ids=["dense", "sparse"])
def test_other_labels_are_one_label_that_a_document_has_or_not(form):
    counts = cooccurrence_counts(form(Y), [2, 0], [1, 3, 4])
    merged = np.column_stack([Y[:, 2], Y[:, 0], Y[:, [1, 3, 4]].any(axis=1)]).astype(int)
    np.testing.assert_array_equal(counts, merged.T @ merged)


@pytest.mark.parametrize("form", [np.asarray, sp.csc_array], ids=["dense", "sparse"])
def test_a_pair_is_counted_where_both_labels_are_known(form):
    unknown = np.random.default_rng(1).random(Y.shape) < 0.3
    y = np.where(unknown, -1, Y).astype(np.int8)
    positive = (y == 1).astype(np.int8)
    counts = cooccurrence_counts(form(positive), range(5))
    known, support = known_pairs(form(y), range(5))
    shares = conditional_shares(counts, support)
    phi = phi_correlations(counts, support, known)
    for i in range(4):
        for j in range(4):
            both = y[(y[:, i] >= 0) & (y[:, j] >= 0)][:, [i, j]]
            assert known[i, j] == len(both)
            assert support[i, j] == (both[:, 0] == 1).sum()
            assert shares[i, j] == both[both[:, 0] == 1, 1].mean()
            if i != j:
                assert phi[i, j] == pytest.approx(np.corrcoef(both.T)[0, 1])


@pytest.mark.parametrize("form", [np.asarray, sp.csc_array], ids=["dense", "sparse"])
def test_other_labels_are_known_if_one_is_given_or_all_are_known(form):
    y = np.array([[1, 1, -1], [1, 0, -1], [0, 0, 0], [-1, 0, 1], [1, -1, -1]], dtype=np.int8)
    known, support = known_pairs(form(y), [0], [1, 2])
    # the others of the five documents: given, unknown, not given, given, unknown
    assert known.tolist() == [[4, 2], [2, 3]]
    assert support.tolist() == [[3, 1], [1, 2]]
