"""The exact search: against brute force over every choice of cut-offs, and the decision rule."""

from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skmultitext.thresholds import apply_thresholds, search_thresholds
from skmultitext.thresholds._search import shrink

LEVELS = [0.0, 0.25, 0.5, 0.75, 1.0]
COSTS = {"cost_fp": [1.0, 3.0, 0.5], "cost_fn": [2.0, 0.0, 5.0]}
CASES = {
    "f1_macro": {},
    "f1_micro": {},
    "fbeta_macro": {"beta": 2.0},
    "fbeta_micro": {"beta": 0.5},
    "neg_hamming_loss": {},
    "youden": {},
    "precision_at_recall": {"min_recall": 0.6},
    "recall_at_precision": {"min_precision": 0.6},
    "neg_expected_cost": COSTS,
}


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


@pytest.fixture(scope="module")
def many():
    rng = np.random.RandomState(0)
    truth = (rng.random_sample((400, 12)) < 0.2).astype(int)
    truth[:2] = [[1] * 12, [0] * 12]
    return truth, rng.random_sample(truth.shape) ** (2 - truth)


@pytest.mark.parametrize("objective", CASES)
def test_sparse_labels_and_single_precision_change_nothing(many, objective):
    truth, proba = many
    proba = proba.astype(np.float32)
    params = {k: 1.5 if isinstance(v, list) else v for k, v in CASES[objective].items()}
    for shared in (False, True):
        expected = search_thresholds(
            truth, proba.astype(np.float64), objective, shared=shared, **params
        )
        for form in (sp.csc_array, sp.csr_matrix):
            found = search_thresholds(form(truth), proba, objective, shared=shared, **params)
            np.testing.assert_array_equal(found[0], expected[0])
            assert found[1] == expected[1]


def test_micro_is_never_below_macro_choice_and_the_reverse(many):
    truth, proba = many
    macro, macro_score = search_thresholds(truth, proba, "f1_macro")
    micro, micro_score = search_thresholds(truth, proba, "f1_micro")

    def f1(thresholds, average):
        pred = apply_thresholds(proba, thresholds)
        axis = None if average == "micro" else 0
        return np.mean(2 * (pred * truth).sum(axis) / (pred.sum(axis) + truth.sum(axis)))

    assert macro_score == pytest.approx(f1(macro, "macro"))
    assert micro_score == pytest.approx(f1(micro, "micro"))
    assert macro_score >= f1(micro, "macro")
    assert micro_score >= f1(macro, "micro")
    assert micro_score >= search_thresholds(truth, proba, "f1_micro", shared=True)[1]


def test_thresholds_lie_between_neighbours():
    thresholds, score = search_thresholds([0, 0, 1, 1], [0.1, 0.3, 0.4, 0.9])
    assert (thresholds[0], score) == (0.35, 1.0)


@pytest.mark.parametrize("upper", [np.nextafter(0.3, 1), np.nextafter(0.0, 1), 1.0])
def test_neighbouring_floats_are_still_separated(upper):
    lower = np.nextafter(upper, 0)
    thresholds, score = search_thresholds([0, 1], [lower, upper])
    assert score == 1.0
    assert apply_thresholds([[lower], [upper]], thresholds).ravel().tolist() == [0, 1]


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


def test_a_precision_out_of_reach_silences_the_label():
    thresholds, score = search_thresholds(
        [0, 1, 0], [0.9, 0.5, 0.1], "recall_at_precision", min_precision=0.9
    )
    assert (thresholds[0], score) == (0.9, 0.0)


def test_of_equal_precision_the_higher_recall_is_taken():
    truth, proba = [1, 1, 1, 0], [0.9, 0.8, 0.7, 0.1]
    thresholds, _ = search_thresholds(truth, proba, "precision_at_recall", min_recall=0.3)
    assert thresholds[0] == pytest.approx(0.4)


def test_costs_shift_thresholds():
    # calibrated probabilities: the cut-off belongs at cost_fp / (cost_fp + cost_fn) [Elkan 2001]
    rng = np.random.RandomState(0)
    proba = rng.random_sample((200_000, 1))
    truth = (rng.random_sample(proba.shape) < proba).astype(int)
    thresholds, _ = search_thresholds(truth, proba, "neg_expected_cost", cost_fp=1, cost_fn=4)
    assert thresholds[0] == pytest.approx(0.2, abs=0.02)
    by_name, _ = search_thresholds(
        np.hstack([truth, truth]),
        np.hstack([proba, proba]),
        "neg_expected_cost",
        cost_fp={"rare": 1, "common": 1},
        cost_fn={"common": 1, "rare": 4},
        label_names=["rare", "common"],
    )
    np.testing.assert_allclose(by_name, [0.2, 0.5], atol=0.02)


def test_best_f1_threshold_is_half_the_best_f1():
    # of calibrated probabilities [Lipton et al. 2014]
    rng = np.random.RandomState(1)
    proba = rng.random_sample((200_000, 1)) ** 3
    truth = (rng.random_sample(proba.shape) < proba).astype(int)
    thresholds, score = search_thresholds(truth, proba, "f1_macro")
    assert thresholds[0] == pytest.approx(score / 2, abs=0.01)


def test_label_sets_with_names_and_forest_output():
    proba = np.array([[0.6, 0.1], [0.3, 0.3], [0.2, 0.2], [0.1, 0.1]])
    truth = [["b"], ["a", "b"], [], ["a"]]
    names = ["b", "a"]
    expected, _ = search_thresholds([[1, 0], [1, 1], [0, 0], [0, 1]], proba)
    found, _ = search_thresholds(truth, proba, label_names=names)
    np.testing.assert_array_equal(found, expected)
    forest = [np.column_stack([1 - column, column]) for column in proba.T]
    found, _ = search_thresholds(truth, forest, label_names=names)
    np.testing.assert_array_equal(found, expected)


def test_rules_of_the_decision_enter_the_score(many):
    truth, proba = many
    rules = {"max_labels": 2, "at_least_one": True}
    thresholds, score = search_thresholds(truth, proba, "neg_hamming_loss", **rules)
    assert (search_thresholds(truth, proba, "neg_hamming_loss")[0] == thresholds).all()
    assert score == pytest.approx(-np.mean(apply_thresholds(proba, thresholds, **rules) != truth))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    proba=arrays(np.float64, (4, 3), elements=st.sampled_from(LEVELS)),
    thresholds=arrays(np.float64, 3, elements=st.sampled_from(LEVELS)),
    max_labels=st.sampled_from([None, 1, 2, 3, 9]),
    at_least_one=st.booleans(),
)
def test_decisions_follow_the_stated_rule(proba, thresholds, max_labels, at_least_one):
    pred = apply_thresholds(proba, thresholds, max_labels=max_labels, at_least_one=at_least_one)
    assert pred.dtype == np.int64
    for row, decisions in zip(proba, pred, strict=True):
        by_rank = sorted(range(3), key=lambda j: (-row[j], j))
        expected = [j for j in by_rank if row[j] > thresholds[j]][:max_labels]
        if at_least_one and not expected:
            expected = by_rank[:1]
        assert sorted(expected) == np.flatnonzero(decisions).tolist()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y_proba": np.full((3, 2), 0.5)}, r"\(3, 2\)"),
        ({"y_proba": np.full((4, 3), 0.5)}, r"\(4, 3\)"),
        ({"y_proba": np.full((4, 2), 1.5)}, r"lie in \[0, 1\], but row 0, column 0 holds 1\.5"),
        ({"y_proba": np.full((4, 2), np.nan)}, r"lie in \[0, 1\], but row 0, column 0 holds nan"),
        ({"y_true": [[1, 0]] * 2 + [[0, 0]] * 2}, "'1' have no positive.*cv='prefit'"),
        ({"y_true": [[1, 1]] * 2 + [[0, 1]] * 2}, "'1' have no negative.*cv='prefit'"),
        ({"y_true": [["a"], ["b"], [], ["c"]], "label_names": ["a", "b"]}, "unknown labels 'c'"),
        ({"objective": "f1_makro"}, "'f1_makro' is unknown; did you mean 'f1_macro'"),
        ({"objective": "accuracy"}, "'accuracy' is unknown"),
        ({"objective": "fbeta_macro"}, "needs the parameter beta, which is None"),
        ({"objective": "fbeta_micro", "beta": 0}, r"beta is 0; pass a number in \(0, inf\)"),
        ({"objective": "f1_macro", "beta": 2}, "takes no beta.*'fbeta_macro', 'fbeta_micro'"),
        ({"objective": "precision_at_recall"}, "needs the parameter min_recall"),
        (
            {"objective": "precision_at_recall", "min_recall": 1.1},
            r"min_recall is 1\.1; pass a number in \(0, 1\]",
        ),
        (
            {"objective": "recall_at_precision", "min_precision": float("nan")},
            "min_precision is nan",
        ),
        (
            {"objective": "neg_expected_cost", "cost_fp": [1, -2], "cost_fn": 1},
            r"cost_fp of label '1' is -2\.0; costs are finite numbers of at least 0",
        ),
        (
            {"objective": "neg_expected_cost", "cost_fp": [1, 2, 3], "cost_fn": 1},
            r"cost_fp has shape \(3,\).*each of the 2 labels",
        ),
        (
            {"objective": "neg_expected_cost", "cost_fp": {"0": 1, "x": 2}, "cost_fn": 1},
            "cost_fp must name every label and no other: it lacks '1', and names the unknown 'x'",
        ),
        ({"max_labels": 0}, "max_labels is 0; pass an integer of at least 1"),
        ({"max_labels": 1.0}, "max_labels is 1.0; pass an integer"),
        ({"at_least_one": "yes"}, "at_least_one is 'yes'; pass True or False"),
    ],
)
def test_bad_input_is_refused_with_a_remedy(changes, message):
    arguments = {
        "y_true": [[1, 0], [0, 1], [0, 0], [1, 1]],
        "y_proba": np.full((4, 2), 0.5),
        **changes,
    }
    with pytest.raises(ValueError, match=message):
        search_thresholds(arguments.pop("y_true"), arguments.pop("y_proba"), **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[0.1, 0.2]], [0.5] * 3), r"shape \(3,\).*y_proba has shape \(1, 2\).*2 labels"),
        (([[0.1, 0.2]], "auto"), "thresholds has shape"),
        (([[0.1, 0.2]], [0.5, 1.5]), r"thresholds\[1\] is 1\.5; it must lie in \[0, 1\]"),
        (([[0.1, 0.2]], float("nan")), "thresholds is nan"),
        (([[0.1, float("nan")]], 0.5), r"y_proba\[0, 1\] is nan"),
        (([[0.1, -0.1]], 0.5), r"y_proba\[0, 1\] is -0\.1"),
        (([0.1, 0.2], 0.5), r"shape \(2,\)"),
    ],
)
def test_bad_decisions_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        apply_thresholds(*arguments)


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
