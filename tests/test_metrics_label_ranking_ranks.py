"""Ranks of true labels, and what ties do to them."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from ranked_labels import AT_K, LABEL_RANKING, ranked_data

from skmultitext import metrics
from skmultitext.metrics import _inputs
from skmultitext.metrics._inputs import read_scores
from skmultitext.metrics._label_ranking import rank_positives


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


@pytest.mark.parametrize("block", [1 << 20, 7])
def test_ranks_equal_counting(block, monkeypatch):
    monkeypatch.setattr(_inputs, "_BLOCK", block)
    rng = np.random.default_rng(0)
    y_true, y_score = (rng.random((30, 7)) < 0.4).astype(int), rng.integers(0, 4, (30, 7)) / 4
    y_true[3], y_true[4] = 0, 1
    ranks = rank_positives(read_scores(y_true, y_score))
    rows, columns = np.nonzero(y_true)
    np.testing.assert_array_equal(ranks.rows, rows)
    own = y_score[rows, columns][:, None]
    np.testing.assert_array_equal(ranks.above, (y_score[rows] > own).sum(axis=1))
    np.testing.assert_array_equal(ranks.reached, (y_score[rows] >= own).sum(axis=1))
    hits = ((y_score[rows] >= own) & (y_true[rows] == 1)).sum(axis=1)
    np.testing.assert_array_equal(ranks.hits, hits)


def test_documents_without_a_label_have_no_rank():
    ranks = rank_positives(read_scores(np.zeros((2, 3)), np.ones((2, 3))))
    assert all(len(entries) == 0 for entries in vars(ranks).values())
