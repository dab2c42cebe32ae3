"""One sigmoid for each level makes probabilities of the scores of the squared hinge."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.svm import LinearSVC
from tree_data import grouped

from skmultitext import LabelTreeTagger
from skmultitext.trees import _fitting
from skmultitext.trees._fitting import ForestSettings, fit_forest
from skmultitext.trees._level_sigmoids import FOLDS, LevelSigmoids

DEEP = {"max_leaf": 5, "branching_factor": 4, "random_state": 0, "prune": 0.0}


def fitted(X, y, **changes):
    """Fit a root above four leaves of five labels."""
    settings = ForestSettings(
        **{
            **{"loss": "squared_hinge", "C": 1.0, "n_trees": 1, "tol": "auto", "max_iter": 1000},
            **{"n_jobs": None, **DEEP, **changes},
        }
    )
    return fit_forest(X, y, np.arange(y.shape[1]), np.ones(X.shape[0]), settings)[0]


@pytest.mark.parametrize("n_samples", [400, 2_100])
def test_logits_of_a_level_are_one_line_of_the_scores_of_support_vector_machines(n_samples):
    X, y = grouped(n_samples)
    forest = fitted(X, y)
    logits, scores = [], []
    for leaf in range(1, 5):
        labels = forest.labels[5 * (leaf - 1) : 5 * leaf]
        rows = np.flatnonzero(y[:, labels].any(axis=1))
        logits.append(forest._scores(X[rows], leaf).ravel())
        models = [LinearSVC(C=1.0, dual=False, tol=1e-10).fit(X[rows], y[rows, j]) for j in labels]
        scores.append(np.stack([m.decision_function(X[rows]) for m in models], axis=1).ravel())
    slope, offset = np.polyfit(np.concatenate(scores), np.concatenate(logits), 1)
    assert slope > 2
    line = slope * np.concatenate(scores) + offset
    tolerance = 1e-5 if n_samples == 400 else 0.1 * slope
    np.testing.assert_allclose(np.concatenate(logits), line, atol=tolerance)


@pytest.mark.parametrize("n_samples", [1_000, 3_000])
def test_probabilities_of_new_documents_are_calibrated(n_samples):
    X, y = grouped(n_samples + 1_000)
    trees = LabelTreeTagger(**DEEP, beam_width=4).fit(X[:n_samples], y[:n_samples])
    proba, truth = trees.predict_proba(X[n_samples:]), y[n_samples:]
    assert 0.9 < proba.sum() / truth.sum() < 1.1
    for low, high in [(0.02, 0.2), (0.2, 0.8), (0.8, 0.99)]:
        own = (low < proba) & (proba < high)
        assert own.sum() > 50
        assert abs(proba[own].mean() - truth[own].mean()) < 0.12


def test_held_out_rows_are_in_no_fit():
    X, y = grouped(600)
    seen = []

    def spy(fit_level):
        def fit(level):
            seen.append(level)
            return fit_level(level)

        return fit

    settings = ForestSettings("squared_hinge", 1.0, 1, 4, 5, 0.0, "auto", 1000, None, 0)
    fit = _fitting._choose_fit(X, np.ones(600), settings, 0, one_by_one=False)
    sigmoids = LevelSigmoids(spy(fit), X, np.ones(600), 0, own_words=False)
    assert np.bincount(sigmoids.folds).min() > 600 / FOLDS / 2
    places = sp.csr_array(y)
    root = next(_fitting.levels_of([np.array([0, 5, 10, 15, 20])], places, sp.csr_array(y.shape)))
    list(sigmoids.fit(root))
    assert len(seen) == 1 + FOLDS
    for fold, level in enumerate(seen[1:]):
        assert not (sigmoids.folds[level.rows(0)] == fold).any()
        assert len(level.rows(0)) == (sigmoids.folds != fold).sum()


def test_equal_rows_share_a_fold():
    X, _ = grouped(200)
    twice = sp.csr_array(sp.vstack([X, X]))
    sigmoids = LevelSigmoids(None, twice, np.ones(400), 0, own_words=False)
    np.testing.assert_array_equal(sigmoids.folds[:200], sigmoids.folds[200:])


def test_few_documents_are_shifted():
    X = sp.csr_array(np.repeat(np.eye(3), 3, axis=0))
    y = np.repeat(np.eye(3, dtype=int), 3, axis=0)
    forest = fitted(X, y, max_leaf=2, branching_factor=2)
    assert np.isfinite(forest.weights).all()
    trees = LabelTreeTagger(max_leaf=2, branching_factor=2, random_state=0).fit(X, y)
    np.testing.assert_array_equal(trees.predict_topk(X, 1)[0][:, 0], np.repeat(range(3), 3))


def test_scores_of_held_out_rows_are_stretched_by_words_of_their_own():
    X, _ = grouped(200)
    own = sp.csr_array(np.eye(200)[:, :5])  # five rows have a word that no other row has
    X = sp.csr_array(sp.hstack([X, own]))
    plain = LevelSigmoids(None, X, np.ones(200), 0, own_words=False)
    stretched = LevelSigmoids(None, X, np.ones(200), 0, own_words=True)
    assert (plain.stretch == 1).all()
    lengths = np.sqrt(X.power(2).sum(axis=1))
    known = np.sqrt(X[:, :-5].power(2).sum(axis=1))
    np.testing.assert_allclose(stretched.stretch[:5], (lengths / known)[:5])
    np.testing.assert_allclose(stretched.stretch[5:], 1.0)
