"""The exact search: against brute force over every choice of cut-offs."""

from functools import partial
from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from threshold_cases import CASES, LEVELS

from skmultitext.thresholds import _search
from skmultitext.thresholds import search_thresholds as search_and_shrink
from skmultitext.thresholds._objectives import make_objective
from skmultitext.thresholds._search import label_sides, reached_score, shrink

search_thresholds = partial(search_and_shrink, shrinkage=0)  # exact for every label


@st.composite
def scored_labels(draw, max_labels=3):
    """Few documents, few distinct probabilities: ties everywhere."""
    shape = draw(st.integers(2, 7)), draw(st.integers(1, max_labels))
    truth = draw(arrays(np.int64, shape, elements=st.integers(0, 1)))
    assume((truth.sum(axis=0) > 0).all() and (truth.sum(axis=0) < shape[0]).all())
    return truth, draw(arrays(np.float64, shape, elements=st.sampled_from(LEVELS)))


def options(objective, n_labels):
    """Parameters of an objective, costs cut to the number of labels."""
    return {k: v[:n_labels] if isinstance(v, list) else v for k, v in CASES[objective].items()}


def divide(a, b):
    return a / b if b else 0.0


def reference_score(objective, truth, pred, micro_constraint, weight=None, **params):
    """Score decisions by the definition, without a line of the package.

    Return also whether a constraint is kept, and the recall.
    """
    weight = np.ones(len(truth)) if weight is None else weight
    columns = list(zip(truth.T, pred.T, strict=True))
    counts = [
        tuple(sum(weight[i] for i in range(len(t)) if t[i] == a and p[i] == b) for a, b in PAIRS)
        for t, p in columns
    ]
    if objective in ("f1_micro", "fbeta_micro") or micro_constraint:
        counts = [tuple(np.sum(counts, axis=0))]
    beta2 = params.get("beta", 1.0) ** 2
    values, kept, recalls = [], True, []
    for j, (tp, fp, fn, tn) in enumerate(counts):
        precision, recall = divide(tp, tp + fp), divide(tp, tp + fn)
        recalls.append(recall)
        if objective.startswith("f"):
            value = divide((1 + beta2) * tp, (1 + beta2) * tp + beta2 * fn + fp)
        elif objective == "youden":
            value = recall - divide(fp, fp + tn)
        elif objective == "precision_at_recall":
            value, kept = precision, kept and recall >= params["min_recall"]
        elif objective == "recall_at_precision":
            value, kept = recall, kept and (precision >= params["min_precision"] or tp + fp == 0)
        else:
            fp_cost = params["cost_fp"][j] if "cost_fp" in params else 1.0
            fn_cost = params["cost_fn"][j] if "cost_fn" in params else 1.0
            value = -(fp_cost * fp + fn_cost * fn) / (tp + fp + fn + tn)
        values.append(value)
    return np.mean(values), kept, np.mean(recalls)


PAIRS = [(1, 1), (0, 1), (1, 0), (0, 0)]


def brute_force(objective, truth, proba, shared, weight=None, **params):
    """Best score over every choice of thresholds; None where a constraint cannot be kept."""
    micro_constraint = shared and objective.endswith(("recall", "precision"))
    levels = [(level,) * truth.shape[1] for level in LEVELS]
    choices = levels if shared else product(LEVELS, repeat=truth.shape[1])
    scores = [
        reference_score(objective, truth, proba > np.array(t), micro_constraint, weight, **params)
        for t in choices
    ]
    return max((score for score, kept, _ in scores if kept), default=None)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("objective", CASES)
@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=scored_labels())
def test_no_choice_of_thresholds_is_better(objective, shared, data):
    truth, proba = data
    params = options(objective, truth.shape[1])
    best = brute_force(objective, truth, proba, shared, **params)
    thresholds, score = search_thresholds(truth, proba, objective, shared=shared, **params)
    micro_constraint = shared and objective.endswith(("recall", "precision"))
    reached, kept, _ = reference_score(
        objective, truth, proba > thresholds, micro_constraint, **params
    )
    assert score == pytest.approx(reached, abs=1e-12)
    assert ((thresholds >= 0) & (thresholds <= 1)).all()
    assert not shared or len(set(thresholds)) == 1
    if best is not None:
        assert kept
        assert score == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("objective", CASES)
@settings(max_examples=30, deadline=None, derandomize=True)
@given(data=scored_labels(max_labels=2), seed=st.integers(0, 99))
def test_an_integer_weight_is_a_repetition(objective, data, seed):
    truth, proba = data
    weight = np.random.RandomState(seed).randint(1, 4, len(truth))
    params = options(objective, truth.shape[1])
    for shared in (False, True):
        got, score = search_thresholds(
            truth, proba, objective, shared=shared, sample_weight=weight, **params
        )
        repeated = (np.repeat(values, weight, axis=0) for values in (truth, proba))
        expected, expected_score = search_thresholds(*repeated, objective, shared=shared, **params)
        np.testing.assert_array_equal(got, expected)
        assert score == pytest.approx(expected_score, abs=1e-12)


def test_a_label_best_given_to_nobody_gets_its_highest_probability():
    truth = [[0, 1], [0, 0], [0, 0], [1, 0]]
    proba = [[0.9, 0.9], [0.8, 0.1], [0.7, 0.1], [0.2, 0.1]]
    thresholds, score = search_thresholds(truth, proba, "f1_micro")
    assert thresholds.tolist() == [0.9, 0.5]
    assert score == pytest.approx(2 / 3)


def test_probability_zero_is_never_above_a_threshold():
    thresholds, score = search_thresholds([1, 0], [0.0, 0.0])
    assert (thresholds[0], score) == (0.0, 0.0)
    thresholds, score = search_thresholds(
        [1, 1, 0], [0.0, 0.5, 0.2], "precision_at_recall", min_recall=1.0
    )
    assert (thresholds[0], score) == (0.35, 1.0)  # recall 0.5 is all there is


@pytest.mark.slow
def test_large_sparse_labels_take_n_log_n_time_and_no_dense_copy():
    rng = np.random.default_rng(0)
    proba = rng.random((20_000, 300), dtype=np.float32)
    truth = sp.random_array(proba.shape, density=0.01, rng=rng, format="csc")
    truth.data[:] = 1
    for objective in ("f1_macro", "f1_micro"):
        thresholds, score = search_thresholds(truth, proba, objective)
        by_label, _ = search_thresholds(truth[:, [7]], proba[:, [7]], "f1_macro")
        if objective == "f1_macro":
            assert thresholds[7] == by_label[0]
        pred = proba > thresholds
        hits = truth.multiply(pred).sum(axis=0)
        f1 = 2 * hits / (pred.sum(axis=0) + truth.sum(axis=0))
        if objective == "f1_macro":
            assert score == pytest.approx(f1.mean())


def test_shrinking_weighs_by_support_and_moves_no_common_threshold():
    own, anchor = np.array([0.1, 0.5, 1e-7, 0.3]), np.array([0.9, 0.5, 1e-7, 0.7])
    support = np.array([50.0, 3.0, 7.0, 0.0])
    mixed = shrink(own, anchor, support, 50.0, log_odds=True)
    assert mixed[0] == pytest.approx(0.5)  # half of each, on the log-odds scale
    assert mixed[1:].tolist() == [0.5, 1e-7, 0.7]  # to the last bit: a tie would be given away
    plain = shrink(own, anchor, support, 50.0, log_odds=False)
    assert plain.tolist() == [0.5, 0.5, 1e-7, 0.7]
    assert shrink(own, anchor, support, 0, log_odds=True) is own


@pytest.mark.parametrize("form", [np.asarray, sp.csc_array], ids=["dense", "sparse"])
def test_a_score_is_summed_over_blocks_of_rows(form, monkeypatch):
    rng = np.random.default_rng(0)
    truth = (rng.random((37, 3)) < 0.4).astype(np.int8)
    decisions, weight = rng.random((37, 3)) < 0.5, rng.random(37) + 0.1
    for name in ("f1_macro", "f1_micro", "neg_hamming_loss"):
        expected, _, _ = reference_score(name, truth, decisions, False, weight)
        for block in (1 << 22, 12):
            monkeypatch.setattr(_search, "_BLOCK", block)
            objective = make_objective(name, [*"abc"])
            score = reached_score(objective, form(truth), decisions, weight)
            assert score == pytest.approx(expected)
            plain = reached_score(objective, form(truth), decisions)
            assert plain == pytest.approx(reference_score(name, truth, decisions, False)[0])


@pytest.mark.parametrize("form", [np.asarray, sp.csc_array], ids=["dense", "sparse"])
def test_the_sides_of_a_label_weigh_as_much_as_all_documents(form):
    truth = np.array([[1, 0], [1, 1], [0, 0]], np.int8)
    objective = make_objective("f1_macro", ["a", "b"])
    sides = label_sides(objective, form(truth))
    assert (sides.positives.tolist(), sides.negatives.tolist()) == ([2, 1], [1, 2])
    sides = label_sides(objective, form(truth), np.array([1.0, 2.0, 4.0]))
    assert (sides.positives.tolist(), sides.negatives.tolist()) == ([3, 2], [4, 5])
