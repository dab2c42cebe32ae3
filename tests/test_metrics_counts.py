"""Counts per label and per document, dense and sparse, and the scores made of them."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn import metrics as skm

from skmultitext.metrics import _inputs
from skmultitext.metrics._counts import Counts, count_documents, count_labels
from skmultitext.metrics._inputs import read_decisions

rng = np.random.default_rng(0)
TRUTH = (rng.random((50, 6)) < np.linspace(0.0, 0.6, 6)).astype(int)
GIVEN = (rng.random((50, 6)) < 0.3).astype(int)
WEIGHT = rng.random(50) + 0.1

FORMS = {
    "dense": (np.asarray, np.asarray),
    "sparse": (sp.csr_array, sp.csc_array),
    "sparse truth": (sp.csc_array, np.asarray),
    "sparse decisions": (np.asarray, sp.csr_array),
}


def brute_force(axis, weight):
    """Hits, given and true labels, summed over documents (axis 0) or labels (axis 1)."""
    marks = (TRUTH * GIVEN, GIVEN, TRUTH)
    return [(weight[:, None] * mark).sum(axis=axis) for mark in marks]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_labels_are_counted_by_weight(form, weighted, monkeypatch):
    as_truth, as_given = FORMS[form]
    weight = WEIGHT if weighted else None
    scored = read_decisions(as_truth(TRUTH), as_given(GIVEN), weight)
    expected = brute_force(0, WEIGHT if weighted else np.ones(50))
    for block in (1 << 20, 30):  # all rows at once, then five at a time
        monkeypatch.setattr(_inputs, "_BLOCK", block)
        found = count_labels(scored)
        for ours, theirs in zip(vars(found).values(), expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)
            assert ours.dtype == np.float64


@pytest.mark.parametrize("form", FORMS)
def test_documents_are_counted_without_weights(form, monkeypatch):
    as_truth, as_given = FORMS[form]
    scored = read_decisions(as_truth(TRUTH), as_given(GIVEN), WEIGHT)
    for block in (1 << 20, 30):
        monkeypatch.setattr(_inputs, "_BLOCK", block)
        found = count_documents(scored)
        for ours, theirs in zip(vars(found).values(), brute_force(1, np.ones(50)), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def test_more_documents_of_a_label_than_a_byte_holds():
    ones = np.ones((70_000, 1), dtype=int)
    assert count_labels(read_decisions(ones, ones)).hits.tolist() == [70_000]


def test_wrong_decisions_are_those_given_or_withheld():
    counts = count_labels(read_decisions(TRUTH, GIVEN))
    np.testing.assert_array_equal(counts.wrong(), (TRUTH != GIVEN).sum(axis=0))
    pooled = counts.pooled()
    assert pooled.hits.shape == (1,)
    assert pooled.wrong() == (TRUTH != GIVEN).sum()


@pytest.mark.parametrize("zero_division", [0.0, 1.0])
@pytest.mark.parametrize("kind", ["precision", "recall", "f1", "jaccard"])
def test_scores_of_counts_are_scikit_learns(kind, zero_division):
    given = GIVEN.copy()
    given[:, 0] = 0  # the first label has no positive: with this it has no denominator
    counts = count_labels(read_decisions(TRUTH, given))
    expected = getattr(skm, f"{kind}_score")(
        TRUTH, given, average=None, zero_division=zero_division
    )
    np.testing.assert_allclose(counts.score(kind, zero_division), expected)
    assert counts.score(kind, zero_division)[0] == zero_division


def test_an_unknown_kind_is_no_score():
    with pytest.raises(KeyError, match="accuracy"):
        Counts(*np.ones((3, 2))).score("accuracy")
