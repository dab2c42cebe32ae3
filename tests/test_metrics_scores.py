"""Scores against scikit-learn and against sums written out by hand."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st

from skmultitext import metrics
from skmultitext.exceptions import AbsentLabelWarning, LabelError

OVERLAP = {
    "precision": sk.precision_score,
    "recall": sk.recall_score,
    "f1": sk.f1_score,
    "jaccard": sk.jaccard_score,
}
DECISION_SCORES = [
    metrics.exact_match,
    metrics.subset_zero_one_loss,
    metrics.hamming_loss,
    metrics.binary_accuracy,
    metrics.precision,
    metrics.recall,
    metrics.f1,
    metrics.jaccard,
]
PROBABILITY_SCORES = [metrics.log_loss, metrics.brier, metrics.expected_calibration_error]
CURVES = [metrics.average_precision, metrics.roc_auc]


@st.composite
def scored_data(draw, both_classes=False):
    """True labels, tied probabilities, decisions and weights; each label has a positive."""
    n, n_labels = draw(st.integers(2, 30)), draw(st.integers(2, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y_true = (rng.random((n, n_labels)) < draw(st.sampled_from([0.1, 0.4, 0.8]))).astype(int)
    y_true[rng.integers(n, size=n_labels), np.arange(n_labels)] = 1
    if both_classes:
        y_true[0], y_true[1] = 1, 0
    y_proba = rng.integers(0, draw(st.sampled_from([3, 1000])), (n, n_labels)) / 1000
    y_pred = (rng.random((n, n_labels)) < 0.4).astype(int)
    weight = None if draw(st.booleans()) else rng.random(n) + 0.1
    return y_true, y_pred, y_proba, weight


@given(scored_data(), st.sampled_from(sorted(OVERLAP)), st.sampled_from([0, 1]))
@settings(max_examples=60, deadline=None)
def test_overlap_scores_equal_scikit_learn(data, name, zero_division):
    y_true, y_pred, _, weight = data
    for average in ("micro", "macro", "weighted", "samples", None):
        ours = getattr(metrics, name)(
            y_true, y_pred, average=average, sample_weight=weight, zero_division=zero_division
        )
        theirs = OVERLAP[name](
            y_true, y_pred, average=average, sample_weight=weight, zero_division=zero_division
        )
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@given(scored_data())
@settings(max_examples=40, deadline=None)
def test_whole_document_scores_equal_scikit_learn(data):
    y_true, y_pred, _, weight = data
    exact = sk.accuracy_score(y_true, y_pred, sample_weight=weight)
    hamming = sk.hamming_loss(y_true, y_pred, sample_weight=weight)
    assert metrics.exact_match(y_true, y_pred, sample_weight=weight) == pytest.approx(exact)
    assert metrics.subset_zero_one_loss(y_true, y_pred, sample_weight=weight) == pytest.approx(
        1 - exact
    )
    assert metrics.hamming_loss(y_true, y_pred, sample_weight=weight) == pytest.approx(hamming)
    assert metrics.binary_accuracy(y_true, y_pred, sample_weight=weight) == pytest.approx(
        1 - hamming
    )


@given(scored_data(both_classes=True))
@settings(max_examples=60, deadline=None)
def test_curves_equal_scikit_learn(data):
    y_true, _, y_score, weight = data
    for average in ("micro", "macro", "weighted", None):
        for ours, theirs in (
            (metrics.average_precision, sk.average_precision_score),
            (metrics.roc_auc, sk.roc_auc_score),
        ):
            expected = theirs(y_true, y_score, average=average, sample_weight=weight)
            got = ours(y_true, y_score, average=average, sample_weight=weight)
            np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-14)


@given(scored_data())
@settings(max_examples=40, deadline=None)
def test_probability_scores_equal_loops(data):
    y_true, _, y_proba, weight = data
    w = np.ones(len(y_true)) if weight is None else weight
    n_labels = y_true.shape[1]
    eps = np.finfo(float).eps
    loss = square = 0.0
    for i in range(len(y_true)):
        for j in range(n_labels):
            p = min(max(y_proba[i, j], eps), 1 - eps)
            loss -= w[i] * np.log(p if y_true[i, j] else 1 - p)
            square += w[i] * (y_proba[i, j] - y_true[i, j]) ** 2
    size = w.sum() * n_labels
    assert metrics.log_loss(y_true, y_proba, sample_weight=weight) == pytest.approx(loss / size)
    assert metrics.brier(y_true, y_proba, sample_weight=weight) == pytest.approx(square / size)


@given(scored_data(), st.integers(1, 12))
@settings(max_examples=40, deadline=None)
def test_calibration_error_equals_loops(data, n_bins):
    y_true, _, y_proba, weight = data
    w = np.ones(len(y_true)) if weight is None else weight

    def error(truth, proba, w):
        bins = [min(int(p * n_bins), n_bins - 1) for p in proba]
        total = 0.0
        for b in set(bins):
            inside = np.array(bins) == b
            gap = np.average(proba[inside], weights=w[inside])
            gap -= np.average(truth[inside], weights=w[inside])
            total += w[inside].sum() / w.sum() * abs(gap)
        return total

    per_label = [error(y_true[:, j], y_proba[:, j], w) for j in range(y_true.shape[1])]
    pooled = error(y_true.ravel(), y_proba.ravel(), np.repeat(w, y_true.shape[1]))
    options = {"n_bins": n_bins, "sample_weight": weight}
    ece = metrics.expected_calibration_error
    np.testing.assert_allclose(ece(y_true, y_proba, average=None, **options), per_label, atol=1e-12)
    assert ece(y_true, y_proba, **options) == pytest.approx(np.mean(per_label), abs=1e-12)
    assert ece(y_true, y_proba, average="micro", **options) == pytest.approx(pooled, abs=1e-12)


def test_calibration_error_of_a_calibrated_label_is_0_and_of_a_wrong_one_is_1():
    y_true = np.array([[1, 1], [0, 1], [1, 1], [0, 1]])
    y_proba = np.array([[0.5, 0.0]] * 4)
    assert metrics.expected_calibration_error(y_true, y_proba, average=None).tolist() == [0, 1]


def test_log_loss_charges_wrong_labels_where_scikit_learn_does_not():
    y_true = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 1]])
    careless = np.ones((3, 3))
    careful = np.clip(y_true, 0.01, 0.99)

    with pytest.warns(UserWarning, match="do not sum to one"):
        theirs_careless = sk.log_loss(y_true, careless)
    assert theirs_careless == pytest.approx(0, abs=1e-12)  # "yes" to all is perfect there
    assert metrics.log_loss(y_true, careless) > 10 > metrics.log_loss(y_true, careful)

    # scikit-learn sums over the true labels of a document; an empty document costs nothing
    with pytest.warns(UserWarning, match="do not sum to one"):
        theirs = sk.log_loss(y_true, careful)
    assert theirs == pytest.approx(-(y_true * np.log(careful)).sum() / 3)
    assert metrics.log_loss(y_true, careful) == pytest.approx(-np.log(0.99))


def test_log_loss_stays_finite_at_0_and_1_by_the_precision_of_the_dtype():
    certain = np.array([[1.0], [0.0]])
    assert metrics.log_loss([[0], [1]], certain) == pytest.approx(-np.log(np.finfo(float).eps))
    single = metrics.log_loss([[0], [1]], certain.astype(np.float32))
    assert single == pytest.approx(-np.log(np.finfo(np.float32).eps))
    assert metrics.log_loss([[1], [0]], certain) == 0


# ---------------------------------------------------------------- labels that are absent

Y_ABSENT = np.array([[1, 0, 1], [0, 0, 1], [1, 0, 1]])  # "b" never, "c" always
P_ABSENT = np.array([[0.9, 0.6, 0.6], [0.3, 0.2, 0.9], [0.2, 0.1, 0.7]])
NAMES = ["a", "b", "c"]


@pytest.mark.parametrize("name", sorted(OVERLAP))
def test_absent_label_is_skipped_by_name_counted_as_0_or_refused(name):
    score = getattr(metrics, name)
    y_pred = P_ABSENT > 0.5
    a, c = score(Y_ABSENT[:, [0, 2]], y_pred[:, [0, 2]], average=None)
    with pytest.warns(AbsentLabelWarning, match=r"No positive in y_true for 1 label\(s\): 'b'"):
        assert score(Y_ABSENT, y_pred, label_names=NAMES) == pytest.approx((a + c) / 2)
    assert score(Y_ABSENT, y_pred, absent="zero") == pytest.approx((a + c) / 3)
    with pytest.raises(LabelError, match=r"No positive in y_true for 1 label.*'b'.*stratify"):
        score(Y_ABSENT, y_pred, label_names=NAMES, absent="raise")
    with pytest.warns(AbsentLabelWarning, match="Their score is nan"):
        per_label = score(Y_ABSENT, y_pred, average=None)
    np.testing.assert_array_equal(per_label, [a, np.nan, c])
    np.testing.assert_array_equal(score(Y_ABSENT, y_pred, average=None, absent="zero"), [a, 0, c])


@pytest.mark.parametrize("average", ["micro", "weighted", "samples"])
def test_other_averages_need_no_rule_for_an_absent_label(average):
    y_pred = (P_ABSENT > 0.5).astype(int)
    for name, theirs in OVERLAP.items():
        ours = getattr(metrics, name)(Y_ABSENT, y_pred, average=average, absent="raise")
        assert ours == pytest.approx(theirs(Y_ABSENT, y_pred, average=average, zero_division=0))


def test_false_positives_of_an_absent_label_lower_the_micro_average():
    y_true = [[1, 0], [1, 0]]
    assert metrics.precision(y_true, [[1, 1], [1, 0]], average="micro") == pytest.approx(2 / 3)


def test_roc_auc_needs_a_negative_too():
    with pytest.warns(AbsentLabelWarning, match="or no negative in y_true for 2.*'b', 'c'"):
        assert metrics.roc_auc(Y_ABSENT, P_ABSENT, label_names=NAMES) == 0.5
    with pytest.warns(AbsentLabelWarning, match="for 1 label.*'c'"):
        assert metrics.roc_auc(Y_ABSENT, P_ABSENT, average="weighted", label_names=NAMES) == 0.5
    assert metrics.roc_auc(Y_ABSENT, P_ABSENT, absent="zero") == pytest.approx(0.5 / 3)
    with pytest.raises(LabelError, match="No positive or no negative"):
        metrics.roc_auc(Y_ABSENT, P_ABSENT, absent="raise")
    pooled = sk.roc_auc_score(Y_ABSENT.ravel(), P_ABSENT.ravel())
    assert metrics.roc_auc(Y_ABSENT, P_ABSENT, average="micro") == pytest.approx(pooled)


def test_average_precision_leaves_out_only_labels_without_a_positive():
    with pytest.warns(AbsentLabelWarning, match="for 1 label.*'b'"):
        got = metrics.average_precision(Y_ABSENT, P_ABSENT, label_names=NAMES)
    a = sk.average_precision_score(Y_ABSENT[:, 0], P_ABSENT[:, 0])
    assert got == pytest.approx((a + 1) / 2)


@pytest.mark.parametrize("average", ["micro", "macro", "weighted"])
@pytest.mark.parametrize("score", [*[getattr(metrics, name) for name in OVERLAP], *CURVES])
def test_no_label_left_is_0_with_a_warning_or_an_error(score, average):
    y_true, values = np.zeros((3, 2), dtype=int), np.array([[1, 0], [0, 1], [1, 1]])
    with pytest.warns(AbsentLabelWarning):
        assert score(y_true, values, average=average) == 0
    assert score(y_true, values, average=average, absent="zero") == 0
    with pytest.raises(LabelError, match="No "):
        score(y_true, values, average=average, absent="raise")


def test_a_label_never_predicted_has_precision_0_without_a_warning():
    y_true, y_pred = [[1, 1], [0, 1]], [[1, 0], [0, 0]]
    assert metrics.precision(y_true, y_pred, average=None).tolist() == [1, 0]
    assert metrics.precision(y_true, y_pred, average=None, zero_division=1).tolist() == [1, 1]


def test_empty_documents_in_the_samples_average_follow_zero_division():
    y_true, y_pred = [[1, 0], [0, 0]], [[1, 0], [0, 0]]
    assert metrics.f1(y_true, y_pred, average="samples") == 0.5
    assert metrics.f1(y_true, y_pred, average="samples", zero_division=1.0) == 1


# ---------------------------------------------------------------- forms of input

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
    assert metrics.f1(y_true, y_pred) == expected
    assert metrics.f1(np.array(y_true)[:, None], np.array(y_pred)[:, None]) == expected
    assert metrics.f1([-1, 1, 1, -1], np.array([-1, 1, -1, 1]), average="micro") == expected
    assert metrics.exact_match(pd.Series(y_true), y_pred) == 0.5
    for proba in ([0.1, 0.9, 0.4, 0.6], [[0.9, 0.1], [0.1, 0.9], [0.6, 0.4], [0.4, 0.6]]):
        assert metrics.roc_auc(y_true, proba) == 0.75
        assert metrics.brier(y_true, proba) == pytest.approx(0.185)
    # truth that holds one of the codes only learns the other from the decisions
    assert metrics.exact_match(["ham", "ham"], ["ham", "spam"]) == 0.5


def test_a_label_that_the_tagger_never_saw_counts_as_missed():
    y_true, names = [["a"], ["b", "new"]], ["a", "b"]
    seen = np.array([[1, 0], [0, 1]])
    assert metrics.exact_match(y_true, seen, label_names=names) == 0.5
    assert metrics.recall(y_true, seen, average="micro", label_names=names) == pytest.approx(2 / 3)
    assert metrics.recall(y_true, sp.csr_array(seen), label_names=names) == pytest.approx(2 / 3)
    proba = np.array([[0.9, 0.0], [0.0, 0.9]])
    assert metrics.brier(y_true, proba, label_names=names) == pytest.approx(1.02 / 6)
    # at the bottom of every ranking: among all pairs the last positive comes sixth
    got = metrics.average_precision(y_true, proba, average="micro", label_names=names)
    assert got == pytest.approx((1 + 1 + 3 / 6) / 3)
    with pytest.warns(AbsentLabelWarning, match="'unused'"):
        metrics.f1([["a"], ["z"]], [[1, 0], [1, 0]], label_names=["a", "unused"])


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


def test_a_label_whose_positives_have_weight_0_is_absent():
    with pytest.warns(AbsentLabelWarning, match="'1'"):
        metrics.f1([[1, 0], [1, 1]], [[1, 0], [1, 1]], sample_weight=[1, 0])
    y_true, y_score = [[1, 0], [1, 1], [0, 1]], [[0.3, 0.1], [0.2, 0.8], [0.1, 0.9]]
    with pytest.warns(AbsentLabelWarning, match="no negative in y_true for 1 label.*'0'"):
        assert metrics.roc_auc(y_true, y_score, sample_weight=[1, 1, 0]) == 1


def test_blocks_of_rows_add_up_to_the_whole(monkeypatch):
    rng = np.random.default_rng(0)
    y_true, proba = (rng.random((100, 7)) < 0.3).astype(int), rng.random((100, 7))
    weight = rng.random(100)
    scores = DECISION_SCORES + PROBABILITY_SCORES + CURVES
    scores += [metrics.lrap, metrics.ndcg_at_k, metrics.precision_at_k, metrics.ranking_loss]

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
    for score in [*PROBABILITY_SCORES, *CURVES, metrics.lrap, metrics.ndcg_at_k]:
        options = {"k": 2} if score is metrics.ndcg_at_k else {}
        score(truth, proba, sample_weight=weight, **options)
    metrics.f1(truth, D, sample_weight=weight)
    np.testing.assert_array_equal(proba, P)
    np.testing.assert_array_equal(truth.toarray(), Y)


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("score", "y_true", "values", "options", "message"),
    [
        ("f1", Y, D[:, :2], {}, "y_true has shape (4, 3) and y_pred has shape (4, 2)"),
        ("f1", Y, D[:3], {}, "y_true has shape (4, 3) and y_pred has shape (3, 3)"),
        ("f1", Y, D[:3].tolist(), {}, "y_true has shape (4, 3) and y_pred has shape (3, 3)"),
        ("f1", Y, sp.csr_array(D[:3]), {}, "y_true has shape (4, 3) and y_pred has shape (3, 3)"),
        ("f1", Y, D[:, 0], {}, "y_true has shape (4, 3) and y_pred has shape (4,)"),
        ("brier", Y, P[:, :2], {}, "y_true has shape (4, 3) and y_proba has shape (4, 2)"),
        ("lrap", Y, P[:2], {}, "y_true has shape (4, 3) and y_score has shape (2, 3)"),
        ("brier", Y, P[:, 0], {}, "y_proba has shape (4,); pass (n_samples, n_labels)"),
        ("f1", Y, P, {}, "y_pred: y has 3 columns and must hold 0 and 1 only, but row 0, column 0"),
        ("f1", Y, P, {}, "compare probabilities with a threshold first"),
        ("f1", Y + 1, D, {}, "y_true: y has 3 columns and must hold 0 and 1 only"),
        ("f1", None, D, {}, "y_true: "),
        ("f1", Y, None, {}, "y_pred: "),
        ("f1", SETS, D, {}, "y_true holds label sets"),
        ("f1", SETS, D, {"label_names": ["a", "b"]}, "y_pred has shape (4, 3)"),
        ("f1", Y, D, {"label_names": ["a", "b"]}, "y_true: y has 3 columns, but there are 2"),
        ("f1", Y, D, {"label_names": ["a", "a", "b"]}, "names a label twice"),
        ("f1", Y, D, {"label_names": "abc"}, "label_names is the str 'abc'"),
        ("f1", Y, D, {"label_names": [1, 2, 3]}, "label_names holds 1"),
        ("f1", [0, 1], [0, 1], {"label_names": ["a", "b"]}, "but y_true has one column"),
        ("f1", SETS, [["x"]] * 4, {"label_names": NAMES}, "y_pred: y holds the unknown labels 'x'"),
        ("f1", Y, D, {"average": "binary"}, "average must be one of"),
        ("f1", Y, D, {"average": "none"}, "average must be one of"),
        ("f1", Y, D, {"absent": "nan"}, "absent must be one of ('skip', 'zero', 'raise')"),
        ("f1", Y, D, {"zero_division": "warn"}, "zero_division must be 0.0 or 1.0, got 'warn'"),
        ("roc_auc", Y, P, {"average": "samples"}, "average must be one of"),
        ("brier", Y, P + 1, {}, "y_proba must lie in [0, 1], but row 0, column 0 holds 1.9"),
        ("log_loss", Y, -P, {}, "y_proba must lie in [0, 1], but row 0, column 0 holds -0.9"),
        ("log_loss", Y, np.where(P > 0.85, np.nan, P), {}, "row 0, column 0 holds nan"),
        ("lrap", Y, np.where(P > 0.85, np.inf, P), {}, "y_score must be finite, but row 0"),
        ("lrap", Y, np.where(P > 0.85, np.nan, P), {}, "y_score must be finite, but row 0"),
        ("brier", Y, P.astype(str), {}, "y_proba cannot be read as numbers"),
        ("brier", Y, sp.csr_array(P), {}, "y_proba is sparse"),
        ("brier", Y, [p[:, None] for p in P.T], {}, "y_proba[0] has one column: label 0"),
        (
            "brier",
            Y,
            P,
            {"sample_weight": [1, 2]},
            "sample_weight has shape (2,), but y_true has 4",
        ),
        ("f1", Y, D, {"sample_weight": [1, 2, 3, -1]}, "sample_weight must be finite, at least 0"),
        ("f1", Y, D, {"sample_weight": [0, 0, 0, 0]}, "not 0 throughout"),
        ("f1", Y, D, {"sample_weight": [1, 1, 1, np.nan]}, "sample_weight must be finite"),
        ("f1", Y, D, {"sample_weight": list("abcd")}, "sample_weight cannot be read as numbers"),
        ("expected_calibration_error", Y, P, {"n_bins": 0}, "n_bins must be an int of at least 1"),
        (
            "brier",
            pd.DataFrame(Y, columns=NAMES),
            pd.DataFrame(P, columns=["a", "b", "x"]),
            {},
            "y_proba has the columns 'a', 'b', 'x', but the labels are 'a', 'b', 'c'",
        ),
        ("f1", ["no", "no"], ["no", "no"], {}, "y_true: y holds the single class 'no'"),
        ("f1", ["a", "b", "c"], ["a", "b", "c"], {}, "y_true: Only binary classification"),
    ],
)
def test_bad_input_is_named(score, y_true, values, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        getattr(metrics, score)(y_true, values, **options)


def test_the_warning_points_at_the_caller():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        metrics.f1(Y_ABSENT, P_ABSENT > 0.5)
        metrics.average_precision(Y_ABSENT, P_ABSENT)
        metrics.f1(np.zeros((2, 2)), np.zeros((2, 2)), average="micro")
    assert [warning.filename for warning in caught] == [__file__] * 3


def test_every_public_name_is_there_and_documented():
    assert len(set(metrics.__all__)) == len(metrics.__all__)
    for name in set(metrics.__all__) - {"SCORERS"}:
        assert "Examples" in getattr(metrics, name).__doc__, name
