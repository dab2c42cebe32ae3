"""The nodes of a tree are fitted on the rows that reach them."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from tree_data import grouped

from skmultitext.trees._fitting import ForestSettings, _even_cuts, fit_forest
from skmultitext.trees._levels import Level


def settings(**changes):
    """Parameters of a fit."""
    return ForestSettings(
        **{
            **{
                "loss": "log_loss",
                "C": 10.0,
                "n_trees": 1,
                "branching_factor": 4,
                "max_leaf": 5,
                "prune": 0.0,
            },
            **{"tol": "auto", "max_iter": 1000, "n_jobs": None, "random_state": 0},
            **changes,
        }
    )


def fitted(X, y, weight=None, **changes):
    weight = np.ones(X.shape[0]) if weight is None else weight
    return fit_forest(X, y, np.arange(y.shape[1]), weight, settings(**changes))


@pytest.mark.parametrize(("n_samples", "tolerance"), [(400, 1e-4), (2_100, 2e-2)])
def test_each_child_is_a_logistic_regression_on_the_rows_of_its_parent(n_samples, tolerance):
    X, y = grouped(n_samples)
    weight = np.random.RandomState(1).rand(n_samples) + 0.5
    forest, n_iter = fitted(X, y, weight)
    assert forest.depth == 2
    assert len(n_iter) == 4 + 20
    for leaf in range(1, 5):
        labels = forest.labels[5 * (leaf - 1) : 5 * leaf]
        rows = np.flatnonzero(y[:, labels].any(axis=1))
        scores = forest._scores(X[rows], leaf)
        for j, label in enumerate(labels):
            model = LogisticRegression(
                C=10.0, solver="liblinear", intercept_scaling=1.0, tol=1e-10
            ).fit(X[rows], y[rows, label], weight[rows])
            np.testing.assert_allclose(
                scores[:, j], model.decision_function(X[rows]), atol=tolerance
            )


def test_nodes_are_cut_into_parts_of_equal_work():
    reach, child_ptr = np.array([0, 100, 110, 120, 130]), np.arange(5)
    level = Level((reach, None), child_ptr, None, None, None)
    assert _even_cuts(level, 2) == [0, 1, 4]
    assert _even_cuts(level, 1) == [0, 4]
    assert _even_cuts(level, 50) == [0, 1, 2, 3, 4]


def test_small_weights_are_pruned_relative_to_the_rows():
    X, y = grouped()
    whole, _ = fitted(X, y)
    pruned, _ = fitted(X, y, prune=0.5)
    assert np.abs(pruned.weights).min() > 0.5
    assert len(pruned.weights) == (np.abs(whole.weights) > 0.5).sum()
    counts = [
        len(fitted(scale * X, y, C=10.0 / scale**2, prune="auto", tol=1e-6)[0].weights)
        for scale in (1.0, 4.0)
    ]
    assert abs(counts[0] - counts[1]) < 0.05 * counts[0]  # intercepts do not scale with X
    assert counts[0] < len(whole.weights)


def test_trees_differ_and_stand_side_by_side():
    X, y = grouped()
    forest, _ = fitted(X, y, n_trees=2, max_leaf=3, branching_factor=3)
    assert forest.fault() is None
    first, second = np.split(forest.labels, 2)
    assert sorted(first) == sorted(second) == list(range(20))
    assert first.tolist() != second.tolist()
