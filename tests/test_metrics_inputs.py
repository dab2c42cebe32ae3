"""What all scores take, in every form, and what they refuse."""

import re

import numpy as np
import pytest
import scipy.sparse as sp
import sklearn.metrics as sk
from libraries import pd
from scored_labels import CURVES, NAMES

from skmultitext import metrics
from skmultitext.exceptions import AbsentLabelWarning

DECISION_SCORES = [
    metrics.exact_match,
    metrics.subset_zero_one_loss,
    metrics.hamming_loss,
    metrics.binary_accuracy,
    metrics.precision_score,
    metrics.recall_score,
    metrics.f1_score,
    metrics.jaccard_score,
]
PROBABILITY_SCORES = [
    metrics.log_loss,
    metrics.brier_score_loss,
    metrics.expected_calibration_error,
]

Y = np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0], [1, 1, 0]])
D = np.array([[1, 0, 0], [0, 1, 1], [0, 1, 0], [1, 1, 0]])
P = np.array([[0.9, 0.1, 0.4], [0.2, 0.8, 0.6], [0.1, 0.7, 0.3], [0.8, 0.6, 0.2]])
SETS = [["a", "c"], ("b",), [], {"a", "b"}]


@pytest.mark.parametrize("score", DECISION_SCORES)
def test_decisions_in_every_form_score_the_same(score):
    expected = score(Y, D)
    frame = pd.DataFrame(Y, columns=NAMES)
    for y_true, y_pred, names in [
        (Y.tolist(), D.astype(bool), None),
        (sp.csr_matrix(Y), sp.csr_array(D), None),
        (sp.csc_array(Y), D, None),
        (Y.astype(float), sp.coo_array(D), None),
        (frame, D, None),
        (frame[["c", "a", "b"]], D, NAMES),
        (SETS, D, NAMES),
        (SETS, [["a"], ["b", "c"], ["b"], ["a", "b"]], NAMES),
        (np.array([None, *SETS], dtype=object)[1:], D, NAMES),
    ]:
        assert score(y_true, y_pred, label_names=names) == expected


@pytest.mark.parametrize("score", [*PROBABILITY_SCORES, *CURVES])
def test_scores_in_every_form_score_the_same(score):
    expected = score(Y, P)
    forest = [np.column_stack([1 - p, p]) for p in P.T]
    frame = pd.DataFrame(P, columns=NAMES)
    for y_true, values, names in [
        (Y, forest, None),
        (sp.csr_matrix(Y), P.tolist(), None),
        (SETS, P, NAMES),
        (Y, np.asfortranarray(P), None),
        (pd.DataFrame(Y, columns=NAMES), frame[["b", "c", "a"]], None),
    ]:
        assert score(y_true, values, label_names=names) == pytest.approx(expected, rel=1e-12)


def test_one_label_with_any_two_codes():
    y_true, y_pred = ["ham", "spam", "spam", "ham"], ["ham", "spam", "ham", "spam"]
    expected = sk.f1_score(y_true, y_pred, pos_label="spam")
    assert metrics.f1_score(y_true, y_pred) == expected
    assert metrics.f1_score(np.array(y_true)[:, None], np.array(y_pred)[:, None]) == expected
    assert metrics.f1_score([-1, 1, 1, -1], np.array([-1, 1, -1, 1]), average="micro") == expected
    assert metrics.exact_match(pd.Series(y_true), y_pred) == 0.5
    for proba in ([0.1, 0.9, 0.4, 0.6], [[0.9, 0.1], [0.1, 0.9], [0.6, 0.4], [0.4, 0.6]]):
        assert metrics.roc_auc_score(y_true, proba) == 0.75
        assert metrics.brier_score_loss(y_true, proba) == pytest.approx(0.185)
    # truth that holds one of the codes only learns the other from the decisions
    assert metrics.exact_match(["ham", "ham"], ["ham", "spam"]) == 0.5


def test_a_label_that_the_tagger_never_saw_counts_as_missed():
    y_true, names = [["a"], ["b", "new"]], ["a", "b"]
    seen = np.array([[1, 0], [0, 1]])
    assert metrics.exact_match(y_true, seen, label_names=names) == 0.5
    assert metrics.recall_score(y_true, seen, average="micro", label_names=names) == pytest.approx(
        2 / 3
    )
    assert metrics.recall_score(y_true, sp.csr_array(seen), label_names=names) == pytest.approx(
        2 / 3
    )
    proba = np.array([[0.9, 0.0], [0.0, 0.9]])
    assert metrics.brier_score_loss(y_true, proba, label_names=names) == pytest.approx(1.02 / 6)
    # at the bottom of every ranking: among all pairs the last positive comes sixth
    got = metrics.average_precision_score(y_true, proba, average="micro", label_names=names)
    assert got == pytest.approx((1 + 1 + 3 / 6) / 3)
    with pytest.warns(AbsentLabelWarning, match="'unused'"):
        metrics.f1_score([["a"], ["z"]], [[1, 0], [1, 0]], label_names=["a", "unused"])


def test_weight_0_equals_removal_and_integer_weight_repetition():
    weight = np.array([2, 1, 0, 3])
    repeated = np.repeat(np.arange(4), weight)
    for score, values in [(f, D) for f in DECISION_SCORES] + [
        (f, P) for f in [*PROBABILITY_SCORES, *CURVES]
    ]:
        got = score(Y, values, sample_weight=weight)
        assert got == pytest.approx(score(Y[repeated], values[repeated]), rel=1e-12), score
        got = score(sp.csr_array(Y), values, sample_weight=weight)
        assert got == pytest.approx(score(Y[repeated], values[repeated]), rel=1e-12), score


def test_blocks_of_rows_add_up_to_the_whole(monkeypatch):
    rng = np.random.default_rng(0)
    y_true, proba = (rng.random((100, 7)) < 0.3).astype(int), rng.random((100, 7))
    weight = rng.random(100)
    scores = DECISION_SCORES + PROBABILITY_SCORES + CURVES
    scores += [
        metrics.label_ranking_average_precision_score,
        metrics.ndcg_at_k,
        metrics.precision_at_k,
        metrics.label_ranking_loss,
    ]

    def all_scores():
        return [
            score(truth, (proba > 0.5).astype(int) if score in DECISION_SCORES else proba,
                  sample_weight=weight)
            for score in scores
            for truth in (y_true, sp.csr_array(y_true))
        ]  # fmt: skip

    whole = all_scores()
    monkeypatch.setattr("skmultitext.metrics._inputs._BLOCK", 50)
    monkeypatch.setattr("skmultitext.metrics._curves._CHUNK", 250)
    np.testing.assert_allclose(all_scores(), whole, rtol=1e-12)


def test_inputs_stay_as_they_were():
    truth, proba, weight = sp.csr_array(Y), P.copy(), np.ones(4)
    for score in [
        *PROBABILITY_SCORES,
        *CURVES,
        metrics.label_ranking_average_precision_score,
        metrics.ndcg_at_k,
    ]:
        options = {"k": 2} if score is metrics.ndcg_at_k else {}
        score(truth, proba, sample_weight=weight, **options)
    metrics.f1_score(truth, D, sample_weight=weight)
    np.testing.assert_array_equal(proba, P)
    np.testing.assert_array_equal(truth.toarray(), Y)


@pytest.mark.parametrize(
    ("score", "y_true", "values", "options", "message"),
    [
        ("f1_score", Y, D[:, :2], {}, "y_true has shape (4, 3) and y_pred has shape (4, 2)"),
        ("f1_score", Y, D[:3], {}, "y_true has shape (4, 3) and y_pred has shape (3, 3)"),
        ("f1_score", Y, D[:3].tolist(), {}, "y_true has shape (4, 3) and y_pred has shape (3, 3)"),
        (
            "f1_score",
            Y,
            sp.csr_array(D[:3]),
            {},
            "y_true has shape (4, 3) and y_pred has shape (3, 3)",
        ),
        ("f1_score", Y, D[:, 0], {}, "y_true has shape (4, 3) and y_pred has shape (4,)"),
        (
            "brier_score_loss",
            Y,
            P[:, :2],
            {},
            "y_true has shape (4, 3) and y_proba has shape (4, 2)",
        ),
        (
            "label_ranking_average_precision_score",
            Y,
            P[:2],
            {},
            "y_true has shape (4, 3) and y_score has shape (2, 3)",
        ),
        ("brier_score_loss", Y, P[:, 0], {}, "y_proba has shape (4,); pass (n_samples, n_labels)"),
        (
            "f1_score",
            Y,
            P,
            {},
            "y_pred: y has 3 columns and must hold 0 and 1 only, but row 0, column 0",
        ),
        ("f1_score", Y, P, {}, "compare probabilities with a threshold first"),
        ("f1_score", Y + 1, D, {}, "y_true: y has 3 columns and must hold 0 and 1 only"),
        ("f1_score", None, D, {}, "y_true: "),
        ("f1_score", Y, None, {}, "y_pred: "),
        ("f1_score", SETS, D, {}, "y_true holds label sets"),
        ("f1_score", SETS, D, {"label_names": ["a", "b"]}, "y_pred has shape (4, 3)"),
        ("f1_score", Y, D, {"label_names": ["a", "b"]}, "y_true: y has 3 columns, but there are 2"),
        ("f1_score", Y, D, {"label_names": ["a", "a", "b"]}, "names a label twice"),
        ("f1_score", Y, D, {"label_names": "abc"}, "label_names is the str 'abc'"),
        ("f1_score", Y, D, {"label_names": [1, 2, 3]}, "label_names holds 1"),
        ("f1_score", [0, 1], [0, 1], {"label_names": ["a", "b"]}, "but y_true has one column"),
        (
            "f1_score",
            SETS,
            [["x"]] * 4,
            {"label_names": NAMES},
            "y_pred: y holds the unknown labels 'x'",
        ),
        ("f1_score", Y, D, {"average": "binary"}, "average is 'binary'; pass one of"),
        ("f1_score", Y, D, {"average": "none"}, "average is 'none'; pass one of"),
        (
            "f1_score",
            Y,
            D,
            {"undefined": "nan"},
            "pass one of 'skip', 'zero', 'raise'",
        ),
        (
            "f1_score",
            Y,
            D,
            {"zero_division": "warn"},
            "zero_division must be 0.0 or 1.0, got 'warn'",
        ),
        ("roc_auc_score", Y, P, {"average": "samples"}, "average is 'samples'; pass one of"),
        (
            "brier_score_loss",
            Y,
            P + 1,
            {},
            "y_proba must lie in [0, 1], but row 0, column 0 holds 1.9",
        ),
        ("log_loss", Y, -P, {}, "y_proba must lie in [0, 1], but row 0, column 0 holds -0.9"),
        ("log_loss", Y, np.where(P > 0.85, np.nan, P), {}, "row 0, column 0 holds nan"),
        (
            "label_ranking_average_precision_score",
            Y,
            np.where(P > 0.85, np.inf, P),
            {},
            "y_score must be finite, but row 0",
        ),
        (
            "label_ranking_average_precision_score",
            Y,
            np.where(P > 0.85, np.nan, P),
            {},
            "y_score must be finite, but row 0",
        ),
        ("brier_score_loss", Y, P.astype(str), {}, "y_proba cannot be read as numbers"),
        (
            "brier_score_loss",
            Y,
            [p[:, None] for p in P.T],
            {},
            "y_proba[0] has one column: label 0",
        ),
        (
            "brier_score_loss",
            Y,
            P,
            {"sample_weight": [1, 2]},
            "sample_weight has shape (2,), but y_true has 4",
        ),
        (
            "f1_score",
            Y,
            D,
            {"sample_weight": [1, 2, 3, -1]},
            "sample_weight must be finite, at least 0",
        ),
        ("f1_score", Y, D, {"sample_weight": [0, 0, 0, 0]}, "not all 0"),
        ("f1_score", Y, D, {"sample_weight": [1, 1, 1, np.nan]}, "sample_weight must be finite"),
        (
            "f1_score",
            Y,
            D,
            {"sample_weight": list("abcd")},
            "sample_weight cannot be read as numbers",
        ),
        ("expected_calibration_error", Y, P, {"n_bins": 0}, "n_bins is 0; pass an int of"),
        (
            "brier_score_loss",
            pd.DataFrame(Y, columns=NAMES),
            pd.DataFrame(P, columns=["a", "b", "x"]),
            {},
            "y_proba has the columns 'a', 'b', 'x', but the labels are 'a', 'b', 'c'",
        ),
        ("f1_score", ["no", "no"], ["no", "no"], {}, "y_true: y holds the single class 'no'"),
        ("f1_score", ["a", "b", "c"], ["a", "b", "c"], {}, "y_true: Only binary classification"),
    ],
)
def test_bad_input_is_named(score, y_true, values, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        getattr(metrics, score)(y_true, values, **options)
