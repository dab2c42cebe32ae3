"""What is searched for: formulas, constraints and costs."""

import numpy as np
import pytest
from sklearn import metrics as skm
from threshold_cases import CASES

from skmultitext.exceptions import LabelError
from skmultitext.thresholds import search_thresholds
from skmultitext.thresholds._objectives import OBJECTIVES, Sides, make_objective


def test_a_precision_out_of_reach_silences_the_label():
    thresholds, score = search_thresholds(
        [0, 1, 0], [0.9, 0.5, 0.1], "recall_at_precision", min_precision=0.9, shrinkage=0
    )
    assert (thresholds[0], score) == (0.9, 0.0)


def test_of_equal_precision_the_higher_recall_is_taken():
    truth, proba = [1, 1, 1, 0], [0.9, 0.8, 0.7, 0.1]
    thresholds, _ = search_thresholds(
        truth, proba, "precision_at_recall", min_recall=0.3, shrinkage=0
    )
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


RNG = np.random.default_rng(0)
TRUTH = (RNG.random((60, 3)) < [0.5, 0.3, 0.1]).astype(int)
GIVEN = (RNG.random((60, 3)) < 0.4).astype(int)
FOUND, SIDES = (TRUTH * GIVEN).sum(axis=0), Sides(TRUTH.sum(axis=0), 60 - TRUTH.sum(axis=0))
BY_LABEL = {"average": None, "zero_division": 0}
FORMULAS = {
    "f1_macro": skm.f1_score(TRUTH, GIVEN, **BY_LABEL),
    "fbeta_macro": skm.fbeta_score(TRUTH, GIVEN, beta=2, **BY_LABEL),
    "neg_hamming_loss": -(TRUTH != GIVEN).mean(axis=0),
    "youden": [2 * skm.balanced_accuracy_score(TRUTH[:, j], GIVEN[:, j]) - 1 for j in range(3)],
    "precision_at_recall": skm.precision_score(TRUTH, GIVEN, **BY_LABEL),
    "recall_at_precision": skm.recall_score(TRUTH, GIVEN, **BY_LABEL),
}


def make(name, n_labels=3, **options):
    needed = {"precision_at_coverage": {"min_coverage": 0.6}, **CASES}.get(name, {})
    return make_objective(name, [*"abc"][:n_labels], **{**needed, **options})


@pytest.mark.parametrize("name", FORMULAS)
def test_values_per_label_are_scikit_learns(name):
    values = make(name).value(FOUND, GIVEN.sum(axis=0), SIDES)
    np.testing.assert_allclose(values, FORMULAS[name], atol=1e-12)
    score = make(name).score(FOUND, GIVEN.sum(axis=0), SIDES)
    assert score == pytest.approx(np.mean(FORMULAS[name]))


@pytest.mark.parametrize(("name", "beta"), [("f1_micro", 1), ("fbeta_micro", 0.5)])
def test_joint_objectives_add_the_counts_up_first(name, beta):
    objective = make(name)
    assert objective.joint
    expected = skm.fbeta_score(TRUTH, GIVEN, beta=beta, average="micro")
    assert objective.score(FOUND, GIVEN.sum(axis=0), SIDES) == pytest.approx(expected)


def test_costs_stand_beside_the_counts_of_their_label():
    objective = make_objective("neg_expected_cost", ["a", "b"], cost_fp={"b": 3, "a": 1}, cost_fn=2)
    sides = objective.sides(np.array([2.0, 1.0]), np.array([2.0, 3.0]))
    assert (sides.cost_fp.tolist(), sides.cost_fn.tolist()) == ([1, 3], [2, 2])
    # a: 1 of 2 found, 1 wrong; b: none found, 2 wrong
    values = objective.value(np.array([1.0, 0.0]), np.array([2.0, 2.0]), sides)
    assert values.tolist() == [-(1 + 2) / 4, -(6 + 2) / 4]
    assert sides.total() == Sides(3.0, 5.0)


def test_a_ratio_of_nothing_is_0():
    none = Sides(np.zeros(1), np.zeros(1))
    for name in FORMULAS:
        if name != "neg_hamming_loss":
            assert make(name, 1).value(np.zeros(1), np.zeros(1), none).tolist() == [0]


def test_labels_without_a_positive_have_no_score():
    counts, sides = np.array([1.0, 0.0]), Sides(np.array([1.0, 0.0]), np.array([1.0, 2.0]))
    assert make("f1_macro", 2).score(counts, counts, sides) == 1
    assert make("neg_hamming_loss", 2).score(counts, np.array([1.0, 1.0]), sides) == -0.25
    full = Sides(np.array([1.0, 2.0]), np.array([1.0, 0.0]))  # without a negative
    assert make("youden", 2).score(np.ones(2), np.ones(2), full) == 1
    assert make("f1_macro", 2).score(np.ones(2), np.ones(2), full) == pytest.approx(5 / 6)
    lacking = Sides(np.zeros(2), np.ones(2))
    assert np.isnan(make("f1_macro", 2).score(counts, counts, lacking))


def test_what_breaks_a_constraint_ranks_below_all_that_keeps_it():
    found, given = np.arange(5.0), np.array([0.0, 1.0, 2.0, 4.0, 9.0])
    sides = Sides(4.0, 6.0)
    kept = found / 4 >= 0.6
    rank = make("precision_at_recall").rank(found, given, sides)
    assert rank[kept].min() > rank[~kept].max()
    assert (np.diff(rank[~kept]) > 0).all()  # the nearer to the recall, the better
    precise = make("recall_at_precision").rank(found, given, sides)
    assert precise.tolist() == [0, 0.25, 0.5, 0.75, -1]


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_what_a_rare_label_leans_on(name, shared):
    objective = make(name, shared=shared)
    additive = name in ("neg_hamming_loss", "neg_expected_cost")
    if shared or additive or name.endswith(("_micro", "exact_match", "coverage")):
        assert objective.anchor is None
    elif name.startswith("f"):
        assert (objective.anchor.name, objective.anchor.joint) == ("fbeta_micro", True)
        assert objective.anchor.beta2 == objective.beta2
    else:
        assert objective.anchor.shared
        assert objective.anchor.joint == (name != "youden")


def test_only_recall_decides_between_equal_precisions():
    assert [name for name in OBJECTIVES if make(name).more_found_on_ties] == ["precision_at_recall"]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("f1", {}, "The objective 'f1' is unknown"),
        ("f1_makro", {}, r"is unknown; known are .*\. Did you mean 'f1_macro'"),
        ("fbeta_macro", {"beta": None}, "needs the parameter beta, which is None"),
        ("fbeta_macro", {"beta": "2"}, r"beta is '2'; pass a number in \(0, inf\)"),
        ("precision_at_recall", {"min_recall": 0}, r"min_recall is 0; pass a number in \(0, 1\]"),
        ("youden", {"min_precision": 0.5}, "takes no min_precision, got min_precision=0.5"),
        (
            "neg_expected_cost",
            {"cost_fp": "high", "cost_fn": 1},
            r"cost_fp has shape \(\) and dtype",
        ),
        (
            "neg_expected_cost",
            {"cost_fp": 1, "cost_fn": np.inf},
            "cost_fn of label 'a' is inf; cos",
        ),
    ],
)
def test_wrong_parameters_are_named(name, options, message):
    with pytest.raises(ValueError, match=message):
        make_objective(name, ["a", "b"], **options)


def test_costs_by_name_are_complete():
    for costs, message in (({"a": 1}, "it lacks 'b'"), ({"a": 1, "b": 1, "x": 2}, "unknown 'x'")):
        with pytest.raises(LabelError, match=message):
            make_objective("neg_expected_cost", ["a", "b"], cost_fp=costs, cost_fn=1)
