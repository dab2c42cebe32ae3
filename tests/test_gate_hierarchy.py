"""The graph of labels that imply others."""

from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext._gate import hierarchy as module
from skmultitext._gate.hierarchy import (
    LabelHierarchy,
    missing_ancestors,
    order_of_tree,
    read_parents,
)
from skmultitext.exceptions import LabelError


def random_graph(n_labels=40, seed=0):
    rng = np.random.RandomState(seed)
    names = [f"label {j}" for j in rng.permutation(n_labels)]
    parents = {
        names[j]: sorted({names[k] for k in rng.randint(0, j, rng.randint(0, 4))})
        for j in range(1, n_labels)
    }
    return parents, sorted(names)


def ancestors(parents, name):
    above = set(parents.get(name, ()))
    return above.union(*(ancestors(parents, parent) for parent in above))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("form", [np.asfortranarray, sp.csc_array])
def test_closing_adds_exactly_the_ancestors(seed, form):
    parents, names = random_graph(seed=seed)
    hierarchy = LabelHierarchy.of(parents, names)
    given = (np.random.RandomState(seed).rand(30, len(names)) < 0.05).astype(np.int8)
    closed = hierarchy.close(form(given))
    assert sp.issparse(closed) == (form is sp.csc_array)
    assert closed.dtype == np.int8
    closed = closed.toarray() if sp.issparse(closed) else closed
    decisions = given.astype(bool)
    hierarchy.close_decisions(decisions)
    np.testing.assert_array_equal(decisions, closed)
    for row, found in zip(given, closed, strict=True):
        own = {names[j] for j in np.flatnonzero(row)}
        expected = own.union(*(ancestors(parents, name) for name in own))
        assert {names[j] for j in np.flatnonzero(found)} == expected


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("compiled", [True, False])
def test_scores_are_lowered_to_the_least_ancestor(seed, compiled, monkeypatch):
    if not compiled:
        monkeypatch.setattr(module, "load_kernels", lambda name: None)
    parents, names = random_graph(seed=seed)
    hierarchy = LabelHierarchy.of(parents, names)
    scores = np.random.RandomState(seed).randn(20, len(names))
    expected = scores.copy()
    for j, name in enumerate(names):
        for above in ancestors(parents, name):
            expected[:, j] = np.minimum(expected[:, j], scores[:, names.index(above)])
    np.testing.assert_array_equal(hierarchy.make_consistent(scores.copy()), expected)
    np.testing.assert_array_equal(
        hierarchy.make_consistent(np.asfortranarray(scores)), expected
    )  # not in rows: the same without compiled code


@pytest.mark.parametrize("compiled", [True, False])
def test_conditional_probabilities_are_multiplied_from_the_top(compiled, monkeypatch):
    if not compiled:
        monkeypatch.setattr(module, "load_kernels", lambda name: None)
    parents, names = random_graph()
    hierarchy = LabelHierarchy.of(parents, names)
    conditional = np.random.RandomState(0).rand(20, len(names))
    found = hierarchy.multiply(conditional.copy())
    for j, name in enumerate(names):
        above = [found[:, names.index(parent)] for parent in parents.get(name, ())]
        expected = conditional[:, j] * np.min([np.ones(20), *above], axis=0)
        np.testing.assert_allclose(found[:, j], expected)


def test_entries_below_a_missing_parent_become_unknown():
    hierarchy = LabelHierarchy.of({"b": ["a"], "c": ["a", "d"]}, "abcd")
    closed = np.array([[1, 0, 0, 0], [0, 0, 0, 1], [1, 1, 1, 1]], dtype=np.int8)
    expected = [[1, 0, -1, 0], [0, -1, -1, 1], [1, 1, 1, 1]]
    assert hierarchy.condition(closed).tolist() == expected
    assert hierarchy.condition(sp.csc_array(closed)).tolist() == expected
    assert closed.min() == 0  # a copy


def test_tree_order_goes_depth_first():
    hierarchy = LabelHierarchy.of({"b": ["a"], "d": ["b"], "c": ["a"], "e": ["c", "b"]}, "dzcbae")
    order, depths = hierarchy.tree_order()
    assert ["dzcbae"[j] for j in order] == ["z", "a", "c", "e", "b", "d"]
    assert depths == [0, 0, 1, 2, 1, 2]


def test_thresholds_that_rise_with_depth_need_no_closing():
    hierarchy = LabelHierarchy.of({"b": ["a"]}, "ab")
    assert hierarchy.is_closed_by(np.array([0.4, 0.4]))
    assert hierarchy.is_closed_by(np.array([0.3, 0.4]))
    assert not hierarchy.is_closed_by(np.array([0.5, 0.4]))


def test_the_longest_cycle_is_printed_and_missing_parents_are_found():
    parents, names = random_graph()
    with pytest.raises(LabelError, match="hierarchy has a cycle: 'x' -> 'y' -> 'x'"):
        read_parents([("x", "y"), ("y", "x")], [])
    with pytest.raises(LabelError, match="cycle"):
        LabelHierarchy("ab", [(0, 1), (1, 0)])
    low = [name for name in names if parents.get(name)][:1]
    expected = sorted(ancestors(parents, low[0]))
    assert missing_ancestors(parents, low) == expected
    with pytest.raises(LabelError, match="which are not among the labels"):
        LabelHierarchy.of(parents, low)


@pytest.mark.parametrize("hierarchy", [5, b"ab", [3], [("a",)]])
def test_other_forms_are_refused(hierarchy):
    with pytest.raises(LabelError, match=r"Pass a dict \{child: parent or list of parents\}"):
        read_parents(hierarchy, ["a"])


def test_a_deep_chain():
    names = [f"n{j}" for j in range(2_000)]
    hierarchy = LabelHierarchy.of({a: [b] for a, b in pairwise(names)}, names)
    assert hierarchy.close(sp.csc_array(np.eye(1, 2_000, dtype=np.int8))).sum() == 2_000
    assert hierarchy.tree_order()[1][-1] == 1_999
    assert hierarchy.make_consistent(np.linspace(1, 0, 2_000)[None]).max() == 0


def test_the_order_of_a_tree_skips_ancestors_that_are_no_labels():
    parents = {"d": "c", "c": ["b", "x"], "x": "y", "y": "a", "z": "q"}
    order, depths = order_of_tree(parents, ["d", "z", "a", "c"])
    assert [["d", "z", "a", "c"][j] for j in order] == ["z", "a", "c", "d"]
    assert depths == [0, 0, 1, 2]
    assert order_of_tree({"d": "c", "c": "a"}, ["d", "a"]) == ([1, 0], [0, 1])
