"""The search with unknown entries: a label by its known documents, joint scores by all entries."""

from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp
import unknown_labels
from threshold_cases import CASES

from skmultitext.exceptions import LabelError, UnknownLabelWarning
from skmultitext.metrics import f1_score, hamming_loss
from skmultitext.metrics._cut_offs import pooled_cut_offs, separate_cut_offs
from skmultitext.thresholds import apply_thresholds, search_thresholds

JOINT = ("f1_micro", "fbeta_micro")
ALONE = [name for name in CASES if name not in JOINT]


def options_of(objective, labels):
    return {
        name: np.resize(value, 5)[labels] if isinstance(value, list) else value
        for name, value in CASES[objective].items()
    }


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("objective", ALONE)
def test_each_label_is_searched_on_its_known_documents(objective, weighted):
    for seed in range(5):
        y, proba, _, weight = unknown_labels.make(seed)
        weight = weight if weighted else None
        all_options = options_of(objective, slice(None)) | {"shrinkage": 0}
        found, score = search_thresholds(y, proba, objective, sample_weight=weight, **all_options)
        scores, known_weights = [], []
        for j in range(y.shape[1]):
            known = np.flatnonzero(~np.isnan(y[:, j]))
            own = None if weight is None else weight[known]
            (threshold,), value = search_thresholds(
                y[known][:, [j]].astype(int),
                proba[known][:, [j]],
                objective,
                sample_weight=own,
                **options_of(objective, [j]) | {"shrinkage": 0},
            )
            assert found[j] == threshold
            scores.append(value)
            known_weights.append(len(known) if own is None else own.sum())
        if objective == "neg_hamming_loss":  # each known entry counts the same
            assert score == pytest.approx(np.average(scores, weights=known_weights))
        else:
            assert score == pytest.approx(np.mean(scores))
        sparse, sparse_score = search_thresholds(
            with_stored_nan(y), proba, objective, sample_weight=weight, **all_options
        )
        np.testing.assert_array_equal(sparse, found)
        assert sparse_score == pytest.approx(score, abs=1e-14)


def with_stored_nan(y):
    stored = sp.csr_array(np.where(np.isnan(y), 2, y))
    stored.data[stored.data == 2] = np.nan
    return stored


def candidates(column):
    levels = np.unique(column)
    return [*((levels[1:] + levels[:-1]) / 2), levels[0] / 2, levels[-1]]


@pytest.mark.parametrize("objective", JOINT)
def test_a_micro_score_sums_the_known_entries(objective):
    for seed in range(4):
        y, proba, _, _ = unknown_labels.make(seed, n=30, n_labels=3)
        kept = np.flatnonzero(~np.isnan(y).all(axis=1))
        y, proba = y[kept], proba[kept]
        options = options_of(objective, slice(None))
        thresholds, score = search_thresholds(y, proba, objective, **options)
        beta2 = options.get("beta", 1.0) ** 2

        def pooled(thresholds, y=y, proba=proba, beta2=beta2):
            known = ~np.isnan(y)
            given = (proba > thresholds)[known]
            true = y[known] == 1
            return (1 + beta2) * (given & true).sum() / (beta2 * true.sum() + given.sum())

        assert score == pytest.approx(pooled(thresholds))
        best = max(pooled(np.array(some)) for some in product(*map(candidates, proba.T)))
        assert score == pytest.approx(best)


def counts(y, decisions):
    """TP, FP, FN and TN of each label over its known documents, (4, n_labels)."""
    return np.array(
        [
            [
                ((truth == t) & (given == d)).sum()
                for truth, given in zip(y.T, decisions.T, strict=True)
            ]
            for t, d in ((1, 1), (0, 1), (1, 0), (0, 0))
        ],
        dtype=float,
    )


def judge(objective, y, decisions, options):
    """What `search_thresholds` promises to maximise with one threshold for all labels."""
    tp, fp, fn, tn = counts(y, decisions)
    beta2 = options.get("beta", 1.0) ** 2
    if objective.endswith(("f1_micro", "fbeta_micro")):
        tp, fp, fn = tp.sum(), fp.sum(), fn.sum()
    if objective.startswith("f"):
        return np.mean((1 + beta2) * tp / ((1 + beta2) * tp + fp + beta2 * fn))
    if objective == "neg_hamming_loss":
        return -(fp + fn).sum() / (tp + fp + fn + tn).sum()
    if objective == "neg_expected_cost":
        cost = np.asarray(options["cost_fp"]) * fp + np.asarray(options["cost_fn"]) * fn
        return np.mean(-cost / (tp + fp + fn + tn))
    if objective == "youden":
        return np.mean(tp / (tp + fn) - fp / (fp + tn))
    tp, fp, fn = tp.sum(), fp.sum(), fn.sum()
    precision, recall = tp / (tp + fp) if tp + fp else 0.0, tp / (tp + fn)
    if objective == "precision_at_recall":
        return precision if recall >= options["min_recall"] else recall - 2
    return recall if precision >= options["min_precision"] or not tp + fp else -1


@pytest.mark.parametrize("objective", CASES)
def test_one_threshold_for_all_labels_is_the_best_on_known_entries(objective):
    for seed in range(4):
        y, proba, _, _ = unknown_labels.make(seed)
        options = options_of(objective, slice(None))
        thresholds, score = search_thresholds(y, proba, objective, shared=True, **options)
        assert len(set(thresholds)) == 1
        sparse = search_thresholds(with_stored_nan(y), proba, objective, shared=True, **options)
        np.testing.assert_array_equal(sparse[0], thresholds)
        tried = [judge(objective, y, proba > t, options) for t in candidates(proba)]
        assert score == pytest.approx(max(tried))
        assert score == pytest.approx(judge(objective, y, proba > thresholds, options))


def test_scores_are_those_of_the_metrics():
    y, proba, _, weight = unknown_labels.make(0)
    for objective, metric in (
        ("f1_macro", lambda d: f1_score(y, d, average="macro", sample_weight=weight)),
        ("f1_micro", lambda d: f1_score(y, d, average="micro", sample_weight=weight)),
        ("neg_hamming_loss", lambda d: -hamming_loss(y, d, sample_weight=weight)),
    ):
        thresholds, score = search_thresholds(y, proba, objective, sample_weight=weight)
        assert score == pytest.approx(metric(apply_thresholds(proba, thresholds)))


def test_decisions_keep_the_probabilities_of_unknown_labels():
    y = np.array([[1, np.nan], [0, 1], [1, 0], [0, 0]])
    proba = np.array([[0.6, 0.9], [0.2, 0.8], [0.7, 0.1], [0.1, 0.2]])
    thresholds, plain = search_thresholds(y, proba, "f1_macro", shrinkage=0)
    assert plain == 1
    again, limited = search_thresholds(y, proba, "f1_macro", shrinkage=0, max_labels=1)
    np.testing.assert_array_equal(again, thresholds)
    assert limited < 1  # the unknown label of the first document takes its only place


def test_shrinkage_counts_known_positives_and_negatives():
    rng = np.random.default_rng(0)
    y = (rng.random((400, 2)) < 0.5).astype(float)
    proba = 0.9 * rng.random((400, 2)) + 0.05 * y + 0.02
    hidden = np.flatnonzero(y[:, 0] == 1)[5:]  # five positives stay
    y[hidden, 0] = np.nan
    own, _ = search_thresholds(y, proba, "f1_macro", shrinkage=0)
    common, _ = search_thresholds(y, proba, "f1_micro", shrinkage=0)
    mixed, _ = search_thresholds(y, proba, "f1_macro", shrinkage=20)

    def odds(p):
        return np.log(p / (1 - p))

    n = min((y[:, 0] == 0).sum(), (y[:, 0] == 1).sum())
    assert n == 5
    expected = (n * odds(own[0]) + 20 * odds(common[0])) / (n + 20)
    assert own[0] != common[0]
    assert odds(mixed[0]) == pytest.approx(expected)


def test_documents_without_known_labels_are_left_out():
    y, proba, _, weight = unknown_labels.make(1)
    y[5:9] = np.nan
    kept = np.flatnonzero(~np.isnan(y).all(axis=1))
    with pytest.warns(UnknownLabelWarning, match="4 of 60 documents"):
        found = search_thresholds(y, proba, sample_weight=weight)
    expected = search_thresholds(y[kept], proba[kept], sample_weight=weight[kept])
    np.testing.assert_array_equal(found[0], expected[0])
    assert found[1] == expected[1]


def test_a_label_needs_a_known_positive_and_a_known_negative():
    y, proba, _, _ = unknown_labels.make(2)
    y[y[:, 2] == 0, 2] = np.nan
    with pytest.raises(LabelError, match=r"The labels '2' have no negative in y_true"):
        search_thresholds(y, proba)


def test_cut_offs_of_a_label_of_which_nothing_is_known():
    truth = np.array([[1, -1], [0, -1]], dtype=np.int8)
    scores = np.array([[0.7, 0.4], [0.2, 0.9]])
    for form in (np.asarray, sp.csc_array):
        found = separate_cut_offs(form(truth), scores)
        assert found.thresholds.tolist() == [0.7, pytest.approx(0.45), 0.9]
        assert found.given.tolist() == [0, 1, 0]
        seen = []
        shared = pooled_cut_offs(
            form(truth), scores, add_up=lambda j, f, g, seen=seen: seen.append(j)
        )
        assert seen == [0]
        assert shared.tolist() == [0.7, pytest.approx(0.45)]
