"""Estimated scores: exact where they must be, and honest about two ways to read a change."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from skmultitext.inspection._estimated_scores import (
    _fit,
    count_bins,
    estimate_scores,
    log_match,
    score_counts,
)

FLAT = np.array([10.0, 10.0, 1e-3])  # no prior on slope and intercept, and none to add


def drawn(n, shift=0.0, slope=1.5, seed=0):
    """Draw probabilities, decisions and true labels; the probabilities are not calibrated."""
    rng = np.random.default_rng(seed)
    z = rng.normal(shift, 1.5, (n, 3))
    truth = (rng.random(z.shape) < expit(slope * z - 0.5)).astype(int)
    return expit(z), z > 0.3, truth


def bins_of(proba, given, truth):
    return [count_bins(*columns) for columns in zip(proba.T, given.T, truth.T, strict=True)]


def estimated(before, now, *, n_draws=400, seed=0):
    proba, given, truth = before
    right = (given == truth).all(axis=1)
    nothing = np.zeros(len(proba), dtype=bool)
    new_proba, new_given, _ = now
    score = log_match(new_proba, new_given)
    return estimate_scores(
        bins_of(*before),
        bins_of(new_proba, new_given, new_proba),
        (
            count_bins(log_match(proba, given), nothing, right),
            count_bins(score, np.zeros(len(score), dtype=bool), score),
        ),
        0.95,
        n_draws,
        np.random.RandomState(seed),
    )


def test_bins_keep_sums():
    proba, given, truth = drawn(500)
    bins = count_bins(proba[:, 0], given[:, 0], truth[:, 0])
    assert bins.count.sum() == 500
    assert bins.count[1].sum() == given[:, 0].sum()
    assert bins.positive[1].sum() == (given & truth)[:, 0].sum()
    z = np.log(proba[:, 0] / (1 - proba[:, 0]))
    assert (bins.logit * bins.count).sum() == pytest.approx(z.sum())
    extreme = count_bins(np.array([0.0, 1.0]), np.array([False, True]), np.array([0, 1]))
    assert np.isfinite(extreme.logit).all()


def test_counts_give_the_scores_of_scikit_learn():
    _, given, truth = drawn(300)
    counts = [x.sum(axis=0).astype(float) for x in (given & truth, truth, given)]
    found = score_counts(*counts)
    for average in ("micro", "macro"):
        assert found[f"f1_{average}"] == pytest.approx(f1_score(truth, given, average=average))
    np.testing.assert_allclose(found["f1"], f1_score(truth, given, average=None))
    hits, positive = np.array([3.0, 0.0]), np.array([4.0, 0.0])
    assert score_counts(hits, positive, np.array([4.0, 2.0]))["f1_macro"] == 0.75  # one is absent


def test_the_line_is_that_of_logistic_regression():
    proba, given, truth = drawn(20_000)
    bins = count_bins(proba[:, 0], np.zeros(len(given), dtype=bool), truth[:, 0])
    line, covariance = _fit([bins], np.zeros(3), FLAT)
    z = np.log(proba[:, [0]] / (1 - proba[:, [0]]))
    peer = LogisticRegression(C=100.0).fit(z, truth[:, 0])
    np.testing.assert_allclose(line[:2], [peer.coef_[0, 0], peer.intercept_[0]], atol=0.02)
    X = np.column_stack([z, np.ones(len(z))])
    share = expit(X @ line[:2])
    information = (X * (share * (1 - share))[:, None]).T @ X
    np.testing.assert_allclose(covariance[:2, :2], np.linalg.inv(information), rtol=0.05)


@pytest.mark.parametrize("shift", [0.0, -0.5])
def test_intervals_hold_the_true_scores(shift):
    held, errors = [], []
    for seed in range(8):
        before, now = drawn(800, seed=seed), drawn(1500, shift, seed=100 + seed)
        found = estimated(before, now, n_draws=200)
        _, given, truth = now
        true = {
            "f1_micro": f1_score(truth, given, average="micro"),
            "f1_macro": f1_score(truth, given, average="macro"),
            "exact_match": (truth == given).all(axis=1).mean(),
            "f1": f1_score(truth, given, average=None),
        }
        for name, value in true.items():
            low, high = found[name].interval.T
            held.append(np.mean((low <= value) & (value <= high)))
            errors.append(np.mean(found[name].value - value))
            assert (low <= found[name].value).all()
            assert (found[name].value <= high).all()
    assert np.mean(held) >= 0.9
    assert abs(np.mean(errors)) < (0.02 if shift == 0 else 0.05)


def test_a_rarer_label_is_seen_by_the_second_reading():
    rng = np.random.default_rng(0)
    proba, given, truth = drawn(6000)
    kept = (truth[:, 0] == 0) | (rng.random(6000) < 0.15)
    before = tuple(x[:3000] for x in (proba, given, truth))
    now = tuple(x[3000:][kept[3000:]] for x in (proba, given, truth))
    true = f1_score(now[2][:, 0], now[1][:, 0])
    low, high = estimated(before, now)["f1"].interval[0]
    assert true < f1_score(before[2][:, 0], before[1][:, 0]) - 0.1
    assert low <= true <= high


def test_independent_labels_match_by_the_product():
    proba = np.array([[0.9, 0.2], [0.5, 0.5]])
    given = np.array([[True, False], [True, True]])
    np.testing.assert_allclose(log_match(proba, given), [0.72, 0.25])
