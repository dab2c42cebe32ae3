"""The two functions: every form of input, the decision rule, and what is refused."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from threshold_cases import CASES, LEVELS

from skmultitext.thresholds import apply_thresholds, search_thresholds


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
    macro, macro_score = search_thresholds(truth, proba, "f1_macro", shrinkage=0)
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


def test_rules_of_the_decision_enter_the_search_and_the_score(many):
    truth, proba = many
    rules = {"max_labels": 2, "at_least_one": True}
    thresholds, score = search_thresholds(truth, proba, "neg_hamming_loss", **rules)
    without, _ = search_thresholds(truth, proba, "neg_hamming_loss")
    assert score > -np.mean(apply_thresholds(proba, without, **rules) != truth)
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
        (
            {"objective": "f1_makro"},
            "'f1_makro' is unknown; known are .* Did you mean 'f1_macro'",
        ),
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
            "cost_fp must name every label and no other: it lacks '1', it names the unknown 'x'",
        ),
        (
            {"objective": "neg_expected_cost", "cost_fp": {"0": 1}, "cost_fn": 1},
            r"cost_fp must name every label and no other: it lacks '1'\.$",
        ),
        ({"objective": ["f1_macro"]}, r"\['f1_macro'\] is unknown; known are"),
        ({"shared": "yes"}, "shared is 'yes'; pass True or False"),
        ({"shrinkage": -1}, r"shrinkage is -1; pass a number in \[0, inf\)"),
        ({"shrinkage": float("nan")}, "shrinkage is nan; pass a number"),
        ({"shrinkage": "strong"}, "shrinkage is 'strong'; pass a number"),
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
        (
            ([[0.1, 0.2]], [0.5] * 3),
            r"threshold has shape \(3,\), but there are 2 labels: '0'",
        ),
        (([[0.1, 0.2]], "auto"), r"threshold is 'auto'; pass a number in \[0, 1\], an array"),
        (([[0.1, 0.2]], [0.5, 1.5]), r"threshold of label '1' is 1\.5; it must lie in \[0, 1\]"),
        (([[0.1, 0.2]], float("nan")), "threshold of label '0' is nan"),
        (([[0.1, float("nan")]], 0.5), r"y_proba\[0, 1\] is nan"),
        (([[0.1, -0.1]], 0.5), r"y_proba\[0, 1\] is -0\.1"),
        (([0.1, 0.2], 0.5), r"shape \(2,\)"),
    ],
)
def test_bad_decisions_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        apply_thresholds(*arguments)


def test_thresholds_by_label_name():
    proba = [[0.6, 0.6], [0.4, 0.8]]
    by_name = {"refund": 0.7}
    expected = [[1, 0], [0, 1]]
    given = apply_thresholds(proba, by_name, label_names=["delivery", "refund"])
    assert given.tolist() == expected
    pd = pytest.importorskip("pandas", reason="names may be those of a DataFrame")
    frame = pd.DataFrame(proba, columns=["delivery", "refund"])
    assert apply_thresholds(frame, by_name).tolist() == expected
    with pytest.raises(ValueError, match="a dict by label name, but y_proba has no names"):
        apply_thresholds(proba, by_name)
    with pytest.raises(ValueError, match=r"unknown labels 'refunds'.* Did you mean 'refund'\?"):
        apply_thresholds(frame, {"refunds": 0.7})
    with pytest.raises(ValueError, match="label_names has 1 names, but y_proba has 2 columns"):
        apply_thresholds(proba, by_name, label_names=["refund"])
    with pytest.raises(ValueError, match=r"threshold of label 'refund' is 7\.0"):
        apply_thresholds(frame, {"refund": 7})
