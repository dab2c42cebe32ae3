"""Entries of the true labels that probabilities contradict."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext.metrics import _inputs
from skmultitext.metrics._doubtful import doubtful_entries
from skmultitext.metrics._predictions import read_predictions

RNG = np.random.default_rng(0)
Y = (RNG.random((40, 3)) < 0.4).astype(int)
PROBA = RNG.random((40, 3))
UNKNOWN = RNG.random((40, 3)) < 0.3


@pytest.mark.parametrize("block", [10, 10_000])
@pytest.mark.parametrize("form", ["dense", "sparse", "unknown"])
def test_all_entries_below_are_found_in_order(form, block, monkeypatch):
    monkeypatch.setattr(_inputs, "_BLOCK", block)
    y = {"dense": Y, "sparse": sp.csr_array(Y), "unknown": np.where(UNKNOWN, np.nan, Y)}[form]
    found = doubtful_entries(read_predictions(y, PROBA, 0.5), 0.4)
    confidence = np.where(Y, PROBA, 1 - PROBA)
    known = ~UNKNOWN if form == "unknown" else np.ones(Y.shape, bool)
    expected = {(i, j) for i, j in zip(*np.nonzero(known & (confidence < 0.4)), strict=True)}
    assert set(zip(found.rows, found.columns, strict=True)) == expected
    assert len(found.rows) == len(expected)
    np.testing.assert_array_equal(found.confidence, confidence[found.rows, found.columns])
    truth = np.where(known, Y, 0)
    rate = truth.sum(axis=0) / known.sum(axis=0)
    odds = (1 - found.confidence) / found.confidence
    odds *= np.where(found.given, (rate / (1 - rate))[found.columns] ** 0.25, 1.0)
    assert (np.diff(odds) <= 1e-9).all()
    np.testing.assert_array_equal(found.given, Y[found.rows, found.columns] == 1)
    for k in range(len(found.rows)):
        j, given = found.columns[k], found.given[k]
        alike = confidence[known[:, j] & (Y[:, j] == given), j]
        assert found.margin[k] == pytest.approx(found.confidence[k] - alike.mean())
