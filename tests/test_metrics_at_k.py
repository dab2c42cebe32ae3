"""Scores of the first k labels against scikit-learn, and documents without a label."""

import re

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from ranked_labels import AT_K, LABEL_RANKING, ranked_data

from skmultitext import metrics
from skmultitext.exceptions import AbsentLabelWarning


@given(ranked_data(max_labels=9))
@settings(max_examples=80, deadline=None)
def test_ndcg_equals_scikit_learn(data):
    y_true, y_score, weight = data
    for k in (1, 2, y_true.shape[1], None):
        expected = sk.ndcg_score(y_true, y_score, k=k, sample_weight=weight)
        got = metrics.ndcg_at_k(y_true, y_score, k=k, sample_weight=weight, undefined="zero")
        assert got == pytest.approx(expected, rel=1e-10)


def test_a_document_without_a_label_is_left_out_or_counts_as_0():
    y_true, y_score = [[1, 0], [0, 0]], [[0.9, 0.1], [0.9, 0.1]]
    for score, options in [(s, {"k": 1}) for s in AT_K[1:]] + [(metrics.r_precision, {})]:
        assert score(y_true, y_score, **options) == 1
        assert score(y_true, y_score, undefined="zero", **options) == 0.5
        assert score(y_true, y_score, sample_weight=[1, 3], undefined="zero", **options) == 0.25
        with pytest.warns(AbsentLabelWarning, match="set to 0.0"):
            assert score(np.zeros((2, 2)), y_score, **options) == 0
    assert metrics.precision_at_k(y_true, y_score, k=1) == 0.5
    assert metrics.label_ranking_average_precision_score(np.zeros((2, 2)), y_score) == 1
    assert metrics.coverage_error(np.zeros((2, 2)), y_score) == 0
    assert metrics.label_ranking_loss(np.zeros((2, 2)), y_score) == 0


def test_weight_0_equals_removal_and_integer_weight_repetition():
    rng = np.random.default_rng(0)
    y_true, y_score = (rng.random((8, 5)) < 0.4).astype(int), rng.integers(0, 4, (8, 5))
    weight = np.array([1, 2, 0, 1, 3, 1, 1, 2])
    repeated = np.repeat(np.arange(8), weight)
    for score in [*AT_K, metrics.r_precision, *LABEL_RANKING]:
        options = {"k": 3} if score in AT_K else {}
        got = score(y_true, y_score, sample_weight=weight, **options)
        assert got == pytest.approx(score(y_true[repeated], y_score[repeated], **options))


def test_one_label():
    y_true, proba = [0, 1, 1], [0.2, 0.9, 0.4]
    assert metrics.precision_at_k(y_true, proba, k=1) == pytest.approx(2 / 3)
    assert metrics.label_ranking_average_precision_score(y_true, proba) == 1


def test_label_sets_with_a_label_never_seen():
    got = metrics.recall_at_k([["a", "new"]], [[0.9, 0.2]], k=2, label_names=["a", "b"])
    assert got == 0.5
    # below the lowest score, which may be negative
    assert metrics.coverage_error([["new"]], [[-9.0, -5.0]], label_names=["a", "b"]) == 3


@pytest.mark.parametrize("score", AT_K)
@pytest.mark.parametrize("k", [0, 4, 1.0, True, "2"])
def test_bad_k(score, k):
    message = f"k must be an int from 1 to the 3 labels, got {k!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        score(np.eye(3), np.eye(3), k=k)


def test_undefined_has_no_other_value():
    with pytest.raises(ValueError, match=r"undefined is 'one'; pass one of 'skip', 'zero'"):
        metrics.r_precision(np.eye(3), np.eye(3), undefined="one")
