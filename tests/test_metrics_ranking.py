"""Scores of rankings against scikit-learn, and against the mean over all orders of ties."""

import itertools
import re

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st

from skmultitext import metrics
from skmultitext.exceptions import AbsentLabelWarning

AT_K = [metrics.precision_at_k, metrics.recall_at_k, metrics.ndcg_at_k]
LABEL_RANKING = {
    metrics.lrap: sk.label_ranking_average_precision_score,
    metrics.coverage_error: sk.coverage_error,
    metrics.ranking_loss: sk.label_ranking_loss,
}


@st.composite
def ranked_data(draw, max_labels=6):
    """True labels, scores with ties, and weights."""
    n, n_labels = draw(st.integers(2, 12)), draw(st.integers(2, max_labels))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y_true = (rng.random((n, n_labels)) < draw(st.sampled_from([0.1, 0.5, 0.9]))).astype(int)
    y_true[0] = np.arange(n_labels) % 2 == 0
    y_score = rng.integers(-2, draw(st.sampled_from([1, 3, 1000])), (n, n_labels)) / 7
    weight = None if draw(st.booleans()) else rng.random(n) + 0.1
    return y_true, y_score, weight


@given(ranked_data(max_labels=9))
@settings(max_examples=80, deadline=None)
def test_label_ranking_equals_scikit_learn(data):
    y_true, y_score, weight = data
    for ours, theirs in LABEL_RANKING.items():
        expected = theirs(y_true, y_score, sample_weight=weight)
        for truth in (y_true, sp.csr_array(y_true)):
            got = ours(truth, y_score, sample_weight=weight)
            assert got == pytest.approx(expected, rel=1e-12), ours


@given(ranked_data(max_labels=9))
@settings(max_examples=80, deadline=None)
def test_ndcg_equals_scikit_learn(data):
    y_true, y_score, weight = data
    for k in (1, 2, y_true.shape[1], None):
        expected = sk.ndcg_score(y_true, y_score, k=k, sample_weight=weight)
        got = metrics.ndcg_at_k(y_true, y_score, k=k, sample_weight=weight, empty="zero")
        assert got == pytest.approx(expected, rel=1e-10)


def tops_of_all_orders(scores):
    """Every ranking of the labels that the scores allow, each as often as any other."""
    orders = itertools.permutations(range(len(scores)))
    return [o for o in orders if all(scores[a] >= scores[b] for a, b in itertools.pairwise(o))]


@given(ranked_data(max_labels=5))
@settings(max_examples=40, deadline=None)
def test_ties_count_by_the_mean_over_all_orders(data):
    y_true, y_score, _ = data
    n, n_labels = y_true.shape
    rankings = [tops_of_all_orders(row) for row in y_score]

    def expected(of_ranking, rows):
        return np.mean([np.mean([of_ranking(y_true[i], o) for o in rankings[i]]) for i in rows])

    labelled = [i for i in range(n) if y_true[i].any()]
    for k in range(1, n_labels + 1):
        precision = expected(lambda y, o, k=k: y[list(o[:k])].sum() / k, range(n))
        recall = expected(lambda y, o, k=k: y[list(o[:k])].sum() / y.sum(), labelled)
        assert metrics.precision_at_k(y_true, y_score, k=k) == pytest.approx(precision)
        assert metrics.recall_at_k(y_true, y_score, k=k) == pytest.approx(recall)
    r_precision = expected(lambda y, o: y[list(o[: y.sum()])].mean(), labelled)
    assert metrics.r_precision(y_true, y_score) == pytest.approx(r_precision)


@given(ranked_data())
@settings(max_examples=30, deadline=None)
def test_the_order_of_columns_is_no_advantage(data):
    y_true, y_score, weight = data
    for score in [*AT_K, metrics.r_precision, *LABEL_RANKING]:
        options = {"k": 2} if score in AT_K else {}
        here = score(y_true, y_score, sample_weight=weight, **options)
        there = score(y_true[:, ::-1], y_score[:, ::-1], sample_weight=weight, **options)
        assert here == pytest.approx(there, rel=1e-12)


def test_constant_scores_get_what_chance_gets():
    y_true = np.array([[1, 0, 0, 0], [1, 1, 0, 0]])
    constant = np.zeros((2, 4))
    assert metrics.precision_at_k(y_true, constant, k=1) == pytest.approx((1 / 4 + 2 / 4) / 2)
    assert metrics.recall_at_k(y_true, constant, k=2) == pytest.approx(0.5)
    assert metrics.r_precision(y_true, constant) == pytest.approx((1 / 4 + 1 / 2) / 2)


def test_a_document_without_a_label_is_left_out_or_counts_as_0():
    y_true, y_score = [[1, 0], [0, 0]], [[0.9, 0.1], [0.9, 0.1]]
    for score, options in [(s, {"k": 1}) for s in AT_K[1:]] + [(metrics.r_precision, {})]:
        assert score(y_true, y_score, **options) == 1
        assert score(y_true, y_score, empty="zero", **options) == 0.5
        assert score(y_true, y_score, sample_weight=[1, 3], empty="zero", **options) == 0.25
        with pytest.warns(AbsentLabelWarning, match="set to 0.0"):
            assert score(np.zeros((2, 2)), y_score, **options) == 0
    assert metrics.precision_at_k(y_true, y_score, k=1) == 0.5
    assert metrics.lrap(np.zeros((2, 2)), y_score) == 1
    assert metrics.coverage_error(np.zeros((2, 2)), y_score) == 0
    assert metrics.ranking_loss(np.zeros((2, 2)), y_score) == 0


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
    assert metrics.lrap(y_true, proba) == 1


def test_label_sets_with_a_label_never_seen():
    got = metrics.recall_at_k([["a", "new"]], [[0.9, 0.2]], k=2, label_names=["a", "b"])
    assert got == 0.5
    # below the lowest of the scores, negative ones too
    assert metrics.coverage_error([["new"]], [[-9.0, -5.0]], label_names=["a", "b"]) == 3


@pytest.mark.parametrize("score", AT_K)
@pytest.mark.parametrize("k", [0, 4, 1.0, True, "2"])
def test_bad_k(score, k):
    message = f"k must be an int from 1 to the 3 labels, got {k!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        score(np.eye(3), np.eye(3), k=k)


def test_bad_empty():
    with pytest.raises(ValueError, match=r"empty must be one of \('skip', 'zero'\), got 'one'"):
        metrics.r_precision(np.eye(3), np.eye(3), empty="one")
