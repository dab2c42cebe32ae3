"""Hierarchical precision, recall and F1 beside a count by hand."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext.exceptions import LabelError
from skmultitext.hierarchy import close_labels
from skmultitext.metrics import (
    f1_score,
    hierarchical_f1_score,
    hierarchical_precision_score,
    hierarchical_recall_score,
)

HIERARCHY = {"b": "a", "c": ["a", "z"], "d": "c"}
NAMES = ["a", "b", "c", "d", "z"]


def closed(row):
    above = {"b": {"a"}, "c": {"a", "z"}, "d": {"c", "a", "z"}}
    return set(row).union(*(above.get(name, set()) for name in row))


@pytest.mark.parametrize("weighted", [False, True])
def test_counts_by_hand(weighted):
    rng = np.random.RandomState(0)
    true = [[n for n in NAMES if rng.rand() < 0.3] for _ in range(50)]
    given = [[n for n in NAMES if rng.rand() < 0.3] for _ in range(50)]
    weight = rng.randint(0, 4, 50) if weighted else np.ones(50)
    hits = sum(w * len(closed(t) & closed(g)) for w, t, g in zip(weight, true, given, strict=True))
    n_true = sum(w * len(closed(t)) for w, t in zip(weight, true, strict=True))
    n_given = sum(w * len(closed(g)) for w, g in zip(weight, given, strict=True))
    options = {"sample_weight": weight} if weighted else {}
    precision = hierarchical_precision_score(true, given, HIERARCHY, **options)
    recall = hierarchical_recall_score(true, given, HIERARCHY, **options)
    f1 = hierarchical_f1_score(true, given, HIERARCHY, **options)
    assert precision == pytest.approx(hits / n_given)
    assert recall == pytest.approx(hits / n_true)
    assert f1 == pytest.approx(2 * hits / (n_given + n_true))
    micro = f1_score(
        close_labels(true, HIERARCHY), close_labels(given, HIERARCHY), average="micro", **options
    )
    assert f1 == pytest.approx(micro)


def test_arrays_sparse_matrices_and_unknown_entries():
    true = np.array([[0, 1, 0, 0, 0], [0, 0, 0, 1, 0]])
    given = np.array([[1, 0, 0, 0, 0], [0, 0, 1, 0, 0]])
    options = {"hierarchy": HIERARCHY, "label_names": NAMES}
    assert hierarchical_precision_score(true, given, **options) == 1
    assert hierarchical_recall_score(true, given, **options) == pytest.approx(4 / 6)
    for form in (sp.csr_array, sp.coo_matrix):
        found = hierarchical_recall_score(form(true), form(given), **options)
        assert found == pytest.approx(4 / 6)
    partly = true.astype(float)
    partly[1] = [1, 0, 1, np.nan, 1]  # an unknown label is not a false negative
    assert hierarchical_recall_score(partly, given, **options) == pytest.approx(4 / 5)
    assert hierarchical_f1_score(np.zeros((1, 5)), np.zeros((1, 5), int), **options) == 0
    assert (
        hierarchical_f1_score(np.zeros((1, 5)), np.zeros((1, 5), int), **options, zero_division=1.0)
        == 1
    )


def test_errors():
    with pytest.raises(LabelError, match="cycle"):
        hierarchical_f1_score([["a"]], [["b"]], {"a": "b", "b": "a"})
    with pytest.raises(ValueError, match="zero_division"):
        hierarchical_f1_score([["a"]], [["b"]], {"a": "b"}, zero_division=2)


@pytest.mark.parametrize("make", [np.asarray, sp.csr_array])
def test_unknown_entries_equal_a_count_over_closed_labels(make):
    rng = np.random.RandomState(0)
    true = (rng.rand(60, 5) < 0.3).astype(float)
    true[rng.rand(60, 5) < 0.4] = np.nan
    true[np.isnan(true).all(axis=1), 0] = 0
    given = (rng.rand(60, 5) < 0.3).astype(int)
    options = {"label_names": NAMES, "sample_weight": rng.randint(0, 3, 60)}
    found = hierarchical_f1_score(make(true), make(given), HIERARCHY, **options)
    closed_true = close_labels(true, HIERARCHY, label_names=NAMES)
    closed_given = close_labels(given, HIERARCHY, label_names=NAMES)
    assert found == pytest.approx(f1_score(closed_true, closed_given, average="micro", **options))


def test_a_decision_on_an_unknown_label_implies_its_ancestors():
    true = np.array([[0, np.nan, 0, 0, 1], [0] * 5])
    given = np.array([[0, 1, 0, 0, 1], [0] * 5])
    # "b" implies "a", which the document lacks: so it lacks "b", and both are wrong
    options = {"hierarchy": HIERARCHY, "label_names": NAMES}
    assert hierarchical_precision_score(true, given, **options) == pytest.approx(1 / 3)
