"""Calibrators from a histogram of scores, beside those from the scores themselves."""

import numpy as np
import pytest
from scipy.special import expit, logit

from skmultitext import CalibratedTaggerCV
from skmultitext._gate.labels import LabelSpace
from skmultitext._meta.wrapping import OutOfFold
from skmultitext.exceptions import RareLabelWarning
from skmultitext.metrics._histograms import ScoreHistogram

SPACE = LabelSpace.of(["a", "b", "c"])


def overconfident(n=10_000, seed=0):
    """Labels of 1 to 30 % of the documents, and logits twice as large as they should be."""
    rng = np.random.default_rng(seed)
    logits = rng.normal([-1.0, -2.0, -3.0], [1.5, 1.5, 1.0], (n, 3))
    truth = (rng.random((n, 3)) < expit(logits)).astype(np.int8)
    return truth, expit(2 * logits + 0.5)


def fitted(truth, proba, weight=None, *, binned, **params):
    """Fitted attributes of a calibrated tagger, from scores or from their histogram."""
    if binned:
        histogram = ScoreHistogram(truth.shape[1])
        histogram.add(truth > 0, proba, weight, truth >= 0)
        pooled = OutOfFold.of_histogram(None, histogram, "predict_proba")
    else:
        pooled = OutOfFold(None, truth, proba, weight, np.zeros(len(truth), int))
    return CalibratedTaggerCV(None, **params)._fit_scores(pooled, SPACE, "predict_proba")


def calibrated(state, proba):
    """Apply the calibrators."""
    z = logit(proba)
    return expit(np.column_stack([f(z[:, j]) for j, f in enumerate(state["calibrators_"])]))


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
@pytest.mark.parametrize("weighted", [False, True])
def test_calibrated_probabilities_are_those_of_the_scores(method, weighted):
    truth, proba = overconfident()
    rng = np.random.default_rng(1)
    weight = rng.random(len(truth)) + 0.5 if weighted else None
    if weighted:
        truth = np.where(rng.random(truth.shape) < 0.2, -1, truth).astype(np.int8)
    exact = fitted(truth, proba, weight, binned=False, method=method)
    binned = fitted(truth, proba, weight, binned=True, method=method)
    assert list(binned["methods_"]) == list(exact["methods_"]) == [method] * 3
    difference = np.abs(calibrated(binned, proba) - calibrated(exact, proba))
    # steps of an isotonic curve that a few documents make may move by a bin
    assert np.quantile(difference, 0.99) < (0.02 if method == "isotonic" else 1e-4)
    assert difference.mean() < (2e-3 if method == "isotonic" else 1e-5)
    losses = [log_loss(truth, calibrated(state, proba)) for state in (exact, binned)]
    assert losses[0] == pytest.approx(losses[1], abs=5e-4 if method == "isotonic" else 1e-6)
    assert losses[1] < log_loss(truth, proba) - 0.01


def log_loss(truth, proba):
    """Mean binary cross-entropy of the known entries."""
    return -np.log(np.where(truth == 1, proba, 1 - proba))[truth >= 0].mean()


def test_scores_at_centres_give_the_same_calibrators():
    truth, proba = overconfident(4000)
    centres = ScoreHistogram(3)._centres(probabilities=True)
    proba = centres[np.searchsorted(centres, proba) % 4096]
    for method in ("sigmoid", "isotonic", "temperature"):
        states = [fitted(truth, proba, binned=b, method=method) for b in (False, True)]
        difference = calibrated(states[0], proba) - calibrated(states[1], proba)
        np.testing.assert_allclose(difference, 0, atol=1e-8)


def test_a_rare_label_falls_back_as_it_does_on_documents():
    truth, proba = overconfident(2000)
    truth[:, 1], truth[:, 2] = 0, 0
    truth[np.argsort(proba[:, 1])[-20:], 1] = 1
    truth[:3, 2] = 1
    with pytest.warns(RareLabelWarning, match="replaced by sigmoid for 'b', and by none for 'c'"):
        state = fitted(truth, proba, binned=True, method="isotonic")
    assert list(state["methods_"]) == ["isotonic", "sigmoid", "none"]
