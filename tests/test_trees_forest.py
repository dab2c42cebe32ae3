"""Arrays of a forest from a file are checked before kernels rely on them."""

from dataclasses import asdict, replace

import numpy as np
import pytest
import scipy.sparse as sp
from tree_data import grouped

from skmultitext import LabelTreeTagger
from skmultitext.trees._forest import _ranks


def forest():
    """A forest of two trees with two levels of nodes."""
    X, y = grouped(200)
    return LabelTreeTagger(
        max_leaf=3, branching_factor=3, n_trees=2, random_state=0
    ).fit(X, y)._forest  # fmt: skip


def changed(array, place, value):
    """Copy an array and change one entry."""
    array = array.copy()
    array[place] = value
    return array


def test_a_fitted_forest_has_no_fault():
    assert forest().fault() is None
    assert replace(forest(), labels=forest().labels[::-1].copy()).fault() is None


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("child_ptr", lambda a: changed(a, -1, a[-1] + 1), "child_ptr must rise"),
        ("child_ptr", lambda a: changed(a, 0, 1), "child_ptr must rise"),
        ("child_ptr", lambda a: a[:0], "child_ptr must rise"),
        ("child_ptr", lambda a: changed(a, 1, 0), "a weight belongs to a child"),
        ("feature_ptr", lambda a: changed(a, 1, a[2] + 1), "feature_ptr must rise"),
        ("feature_ptr", lambda a: np.append(a, a[-1]), "feature_ptr or weight_ptr"),
        ("weight_ptr", lambda a: changed(a, -1, a[-1] + 1), "weight_ptr must rise"),
        ("labels", lambda a: changed(a, 0, 20), "labels must be in"),
        ("labels", lambda a: a[1:], "one child for each label"),
        ("features", lambda a: changed(a, 0, -1), "features must be in"),
        ("children", lambda a: changed(a, 0, 3), "a weight belongs to a child"),
        ("children", lambda a: a[1:], "wrong length"),
        ("intercept", lambda a: a[1:], "child_ptr must rise"),
        ("depth", lambda n: n + 1, "levels of nodes"),
        ("depth", lambda n: n - 1, "levels of nodes"),
        ("n_trees", lambda n: 1, "one child|levels"),
    ],
)
def test_faults_are_named(name, change, words):
    fault = replace(forest(), **{name: change(asdict(forest())[name])}).fault()
    assert fault is not None
    assert any(word in fault for word in words.split("|"))


def test_ranks_count_within_runs():
    keys = np.array([3, 3, 3, 1, 1, 3])
    assert _ranks(keys).tolist() == [0, 1, 2, 0, 1, 0]
    assert _ranks(keys, np.array([0, 0, 1, 1, 1, 1])).tolist() == [0, 1, 0, 0, 1, 0]


def test_no_document_and_no_feature():
    X, y = grouped(200)
    tree = LabelTreeTagger(max_leaf=3, branching_factor=3, random_state=0).fit(X, y)
    empty = sp.csr_array((1, X.shape[1]))
    proba = tree.predict_proba(empty)
    assert np.isfinite(proba).all()
    found = tree._forest.search(empty, 10)
    assert found.counts.tolist() == [20]
