"""The figures of an epoch: equal to scikit-learn's, whatever the batches, and after a restore."""

import json
import warnings

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import accuracy_score, f1_score

from skmultitext.training import _scores as _training_scores
from skmultitext.training._scores import TrainingScores

RNG = np.random.RandomState(0)
TRUTH = (RNG.rand(40, 5) < 0.3).astype(np.float32)
LOGITS = RNG.randn(40, 5).astype(np.float32)
WEIGHT = RNG.randint(1, 4, 40).astype(np.float32)
THRESHOLDS = np.array([0.0, 0.2, 0.5, 0.7, 1.0])


def feed(scores, rows=slice(None), n_parts=4, *, weighted=True):
    parts = np.array_split(np.arange(40)[rows], n_parts)
    for i, part in enumerate(parts):
        scores.add(i / 2, TRUTH[part], LOGITS[part], WEIGHT[part] if weighted else None)
    return scores


@pytest.mark.parametrize("entries", [1, 2**16])
@pytest.mark.parametrize("weighted", [True, False])
def test_they_are_those_of_all_batches_together(monkeypatch, entries, weighted):
    monkeypatch.setattr(_training_scores, "_ENTRIES_AT_A_TIME", entries)
    figures = feed(TrainingScores(THRESHOLDS), weighted=weighted).figures()
    given = (expit(LOGITS.astype(float)) > THRESHOLDS).astype(int)
    weight = WEIGHT if weighted else None
    for average in ("micro", "macro", "weighted"):
        wanted = f1_score(TRUTH, given, average=average, sample_weight=weight, zero_division=0.0)
        assert figures[f"f1_{average}"] == pytest.approx(wanted)
    wanted = accuracy_score(TRUTH, given, sample_weight=weight)
    assert figures["exact_match"] == pytest.approx(wanted)
    wanted = np.average((given == TRUTH).mean(axis=1), weights=weight)
    assert figures["binary_accuracy"] == pytest.approx(wanted)
    assert figures["loss"] == pytest.approx((0.0 + 0.5 + 1.0 + 1.5) / 4)


def test_they_go_on_from_a_state_through_json():
    whole = feed(TrainingScores(0.5), n_parts=2)
    half = TrainingScores(0.5)
    half.add(0.0, TRUTH[:20], LOGITS[:20], WEIGHT[:20])
    other = TrainingScores(0.5)
    other.restore(json.loads(json.dumps(half.state())))
    other.add(0.5, TRUTH[20:], LOGITS[20:], WEIGHT[20:])
    assert other.figures() == whole.figures()
    assert other.n_rows == 40
    assert other.wrong_way == pytest.approx(whole.wrong_way)


def test_before_the_first_batch_there_are_none():
    scores = feed(TrainingScores(0.5))
    scores.reset()
    assert scores.figures() == {}
    assert (scores.n_rows, scores.wrong_way) == (0, 0.0)


def test_logits_on_the_wrong_side():
    wrong = np.where(TRUTH > 0.5, -LOGITS, LOGITS).clip(0).mean()
    assert feed(TrainingScores(0.5)).wrong_way == pytest.approx(wrong, rel=1e-5)
    right = TrainingScores(0.5)
    right.add(0.1, TRUTH, np.where(TRUTH > 0.5, 1e4, -1e4).astype(np.float32))
    assert right.wrong_way == 0


def test_labels_without_positives_count_as_0_without_a_warning():
    scores = TrainingScores(0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores.add(0.1, np.zeros((3, 2), np.float32), -np.ones((3, 2), np.float32))
        figures = scores.figures()
    assert (figures["f1_micro"], figures["f1_macro"], figures["exact_match"]) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("weighted", [True, False])
def test_unknown_entries_take_no_part(weighted):
    unknown = np.random.RandomState(1).rand(40, 5) < 0.3
    weight = WEIGHT if weighted else np.ones(40, np.float32)
    scores = TrainingScores(THRESHOLDS)
    for rows in np.array_split(np.arange(40), 4):
        targets = np.where(unknown, -1, TRUTH).astype(np.float32)[rows]
        scores.add(0.5, targets, LOGITS[rows], weight[rows] if weighted else None)
    figures = scores.figures()

    given = (expit(LOGITS.astype(float)) > THRESHOLDS).astype(int)
    of_label, support = [], []
    for j in range(5):
        rows = ~unknown[:, j]
        column = (TRUTH[rows, j], given[rows, j])
        of_label.append(f1_score(*column, sample_weight=weight[rows], zero_division=0.0))
        support.append(weight[rows] @ TRUTH[rows, j])
    assert figures["f1_macro"] == pytest.approx(np.mean(of_label))
    assert figures["f1_weighted"] == pytest.approx(np.average(of_label, weights=support))
    entries = np.broadcast_to(weight[:, None], unknown.shape)[~unknown]
    pooled = (TRUTH[~unknown], given[~unknown])
    assert figures["f1_micro"] == pytest.approx(f1_score(*pooled, sample_weight=entries))
    accuracy = accuracy_score(*pooled, sample_weight=entries)
    assert figures["binary_accuracy"] == pytest.approx(accuracy)
    exact = [(TRUTH[i] == given[i])[~unknown[i]].all() for i in range(40)]
    assert figures["exact_match"] == pytest.approx(np.average(exact, weights=weight))
    wrong_way = np.where(TRUTH > 0.5, -LOGITS, LOGITS).clip(0)[~unknown].mean()
    assert scores.wrong_way == pytest.approx(wrong_way, rel=1e-5)

    other = TrainingScores(THRESHOLDS)
    other.restore(json.loads(json.dumps(scores.state())))
    assert other.figures() == figures
