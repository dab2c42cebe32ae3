"""LabelTreeTagger: one-vs-rest with few labels, beams with many, forms of y, refusals."""

import pickle
import re

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit
from sklearn.pipeline import make_pipeline
from tree_data import grouped

from skmultitext import (
    FixedThresholdTagger,
    LabelTreeTagger,
    MultilabelLogisticRegression,
    TunedThresholdTaggerCV,
    load,
    predict_labels,
    save,
)
from skmultitext.exceptions import UnknownLabelWarning
from skmultitext.feature_extraction import TfidfVectorizer
from skmultitext.trees import _fitting, _forest

DEEP = {"max_leaf": 3, "branching_factor": 3, "C": 10.0, "random_state": 0}


@pytest.mark.parametrize("dense", [False, True])
@pytest.mark.parametrize("n_samples", [200, 2_200])
@pytest.mark.parametrize("loss", ["log_loss", "squared_hinge"])
def test_few_labels_are_one_vs_rest(dense, n_samples, loss):
    X, y = grouped(n_samples, n_groups=2)
    X = X.toarray() if dense else X
    tree = LabelTreeTagger(random_state=0, n_trees=3, loss=loss).fit(X, y)
    flat = MultilabelLogisticRegression(random_state=0, loss=loss).fit(X, y)
    np.testing.assert_allclose(tree.decision_function(X), flat.decision_function(X), atol=2e-6)
    np.testing.assert_array_equal(tree.predict(X), flat.predict(X))
    for found, wanted in zip(tree.predict_topk(X, 4), flat.predict_topk(X, 4), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_deep_trees_find_the_labels():
    X, y = grouped(2_500)
    tree = LabelTreeTagger(**DEEP, n_trees=2).fit(X[:2_100], y[:2_100])
    flat = MultilabelLogisticRegression(C=10.0).fit(X[:2_100], y[:2_100])
    best, flat_best = (t.predict_topk(X[2_100:], 1)[0][:, 0] for t in (tree, flat))
    rows = np.arange(2_100, 2_500)
    assert y[rows, best].mean() > y[rows, flat_best].mean() - 0.02
    assert y[rows, best].mean() > 0.9


def test_probabilities_are_products_along_the_path():
    X, y = grouped()
    tree = LabelTreeTagger(**DEEP, beam_width=100).fit(X, y)
    forest = tree._forest
    assert forest.depth == 3
    proba = tree.predict_proba(X)
    wanted = np.full(proba.shape, np.nan)

    def descend(node, above):
        scores = expit(forest._scores(X, node)) * above[:, None]
        for j, k in enumerate(range(*forest.child_ptr[node : node + 2])):
            end = forest.n_trees + k
            if end < len(forest.child_ptr) - 1:
                descend(end, scores[:, j])
            else:
                wanted[:, forest.labels[end - len(forest.child_ptr) + 1]] = scores[:, j]

    descend(0, np.ones(X.shape[0]))
    np.testing.assert_allclose(proba, wanted, rtol=1e-9)


def test_sparse_labels_give_sparse_probabilities_and_zero_outside_of_the_beams():
    X, y = grouped()
    dense = LabelTreeTagger(**DEEP, beam_width=1).fit(X, y)
    sparse = LabelTreeTagger(**DEEP, beam_width=1).fit(X, sp.csc_array(y))
    found = sparse.predict_proba(X)
    assert found.format == "csr"
    assert found.dtype == np.float64
    assert np.diff(found.indptr).max() <= 3
    proba = dense.predict_proba(X)
    assert isinstance(proba, np.ndarray)
    assert (proba > 0).all()
    np.testing.assert_array_equal(np.where(proba < 1e-300, 0.0, proba), found.toarray())
    decided = sparse.predict(X)
    assert decided.format == "csr"
    np.testing.assert_array_equal(decided.toarray(), dense.predict(X))
    assert sparse.predict_labels(X) == dense.predict_labels(X)
    assert sparse.score(X, sp.csr_array(y)) == dense.score(X, y)
    np.testing.assert_array_equal(sparse.decision_function(X), dense.decision_function(X))


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("k", [1, 7, 20])
def test_the_most_probable_labels_are_those_of_predict_proba(sparse, k):
    X, y = grouped()
    y[:, 4], y[:, 9] = 1, 0  # constant labels
    tree = LabelTreeTagger(**DEEP, beam_width=2, n_trees=2)
    tree.fit(X, sp.csr_array(y) if sparse else y)
    proba = tree.predict_proba(X)
    proba = proba.toarray() if sparse else proba
    labels, best = tree.predict_topk(X, k)
    order = np.argsort(-proba, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(labels, order)
    np.testing.assert_array_equal(best, np.take_along_axis(proba, order, axis=1))


def test_decisions_follow_the_thresholds_also_outside_of_the_beams():
    X, y = grouped()
    for threshold in (0.0, 0.3, {"2": 0.0}):
        tree = LabelTreeTagger(**DEEP, beam_width=1, threshold=threshold).fit(X, y)
        wanted = tree.predict_proba(X) > tree.thresholds_
        np.testing.assert_array_equal(tree.predict(X), wanted)
        tree.fit(X, sp.csr_array(y))
        wanted = tree.predict_proba(X).toarray() > tree.thresholds_
        np.testing.assert_array_equal(tree.predict(X).toarray(), wanted)


def test_constant_labels_stand_outside_of_the_trees():
    X, y = grouped()
    y[:, 4], y[:, 9] = 1, 0
    tree = LabelTreeTagger(**DEEP, beam_width=1).fit(X, y)
    logits = tree.decision_function(X)
    assert (logits[:, 4] == 16).all()
    assert (logits[:, 9] == -16).all()
    found = tree.fit(X, sp.csr_array(y)).predict_proba(X)
    assert (found[:, [4]].toarray() == expit(16)).all()
    assert found[:, [9]].nnz == 0


@pytest.mark.parametrize("y", [np.zeros((6, 3), int), np.ones((6, 3), int)])
def test_all_labels_may_be_constant(y):
    X = np.random.RandomState(0).rand(6, 2)
    tree = LabelTreeTagger(max_leaf=2).fit(X, y)
    np.testing.assert_array_equal(tree.predict(X), y)
    np.testing.assert_array_equal(tree.predict_topk(X, 3)[0], np.tile([0, 1, 2], (6, 1)))


def test_weights_repeat_and_remove_rows():
    X, y = grouped(300)
    weight = np.arange(300) % 3
    tree = LabelTreeTagger(**DEEP).fit(X, y, sample_weight=weight)
    rows = np.repeat(np.arange(300), weight)
    again = LabelTreeTagger(**DEEP).fit(X[rows], y[rows])
    np.testing.assert_allclose(tree.predict_proba(X), again.predict_proba(X), rtol=1e-5)


@pytest.mark.parametrize("sparse", [False, True])
def test_unknown_entries_take_no_part(sparse):
    X, y = grouped(600)
    told = y.astype(float)
    told[:200, :10] = np.nan  # of two groups nothing is known
    tree = LabelTreeTagger(**DEEP).fit(X, sp.csr_array(told) if sparse else told)
    labels = tree.predict_topk(X[:200], 1)[0][:, 0]
    assert y[np.arange(200), labels].mean() > 0.85
    as_zero = LabelTreeTagger(**DEEP).fit(X, np.nan_to_num(told).astype(int))
    both = [t.decision_function(X[:200])[y[:200, :10].nonzero()].mean() for t in (tree, as_zero)]
    assert both[0] > both[1] + 1


def test_a_label_of_which_nothing_is_known_is_never_given():
    X, y = grouped(100)
    told = y.astype(float)
    told[:, 3] = np.nan
    with pytest.warns(UnknownLabelWarning, match="Nothing is known of 1 label"):
        tree = LabelTreeTagger(**DEEP).fit(X, told)
    assert (tree.decision_function(X)[:, 3] == -16).all()


def test_names_and_sets_of_labels():
    X, y = grouped(300)
    sets = [[f"label {j:02}" for j in np.flatnonzero(row)] for row in y]
    tree = LabelTreeTagger(**DEEP).fit(X, sets)
    found = tree.predict_labels(X)
    assert found == tree._label_space.label_sets(tree.predict(X))
    words = ["lamp", "chair", "desk", "shelf", "sofa", "bed", "rug", "door"]
    texts = [f"{first} {word}" for word in words for first in ("refund", "late", "hello")]
    names = [["refund"], ["delivery"], ["greeting"]] * len(words)
    tagger = make_pipeline(TfidfVectorizer(), LabelTreeTagger(max_leaf=2)).fit(texts, names)
    assert predict_labels(tagger, texts[:3]) == [("refund",), ("delivery",), ("greeting",)]


@pytest.mark.parametrize("n_samples", [300, 2_100])
def test_threads_and_copies_change_nothing(n_samples):
    X, y = grouped(n_samples)
    one = LabelTreeTagger(**DEEP).fit(X, y)
    two = LabelTreeTagger(**DEEP, n_jobs=2).fit(X, y)
    np.testing.assert_array_equal(two.predict_proba(X), one.predict_proba(X))
    copy = pickle.loads(pickle.dumps(one))
    np.testing.assert_array_equal(copy.predict_proba(X), one.predict_proba(X))


def test_saved_and_loaded(tmp_path):
    X, y = grouped(300)
    tree = LabelTreeTagger(**DEEP, n_trees=2, beam_width=2).fit(X, sp.csr_array(y))
    save(tree, tmp_path / "model")
    found = load(tmp_path / "model")
    assert (found.predict_proba(X) != tree.predict_proba(X)).nnz == 0


def test_without_numba(monkeypatch):
    X, y = grouped(300)
    y[:, 4] = 1
    compiled = LabelTreeTagger(**DEEP, n_trees=2, beam_width=2).fit(X, sp.csr_array(y))
    searched = compiled.predict_proba(X), compiled.predict_topk(X, 4)
    monkeypatch.setattr(_forest, "load_kernels", lambda name: None)
    monkeypatch.setattr(_fitting, "load_kernels", lambda name: None)
    proba, (labels, best) = compiled.predict_proba(X), compiled.predict_topk(X, 4)
    np.testing.assert_allclose(proba.toarray(), searched[0].toarray(), rtol=1e-12)
    np.testing.assert_array_equal(labels, searched[1][0])
    np.testing.assert_allclose(best, searched[1][1], rtol=1e-12)
    plain = LabelTreeTagger(**DEEP, n_trees=2, beam_width=2).fit(X, sp.csr_array(y))
    np.testing.assert_allclose(plain.predict_proba(X).toarray(), proba.toarray(), atol=1e-5)


@pytest.mark.parametrize("loss", ["log_loss", "squared_hinge"])
def test_steep_problems_are_solved_too(loss):
    X, y = grouped(300)
    tree = LabelTreeTagger(**DEEP | {"C": 1e4}, loss=loss).fit(X, y)
    assert tree.score(X, y) > 0.9


def test_thresholds_are_tuned_with_dense_labels():
    X, y = grouped(300)
    tuned = TunedThresholdTaggerCV(LabelTreeTagger(**DEEP), cv=2).fit(X, y)
    assert ((tuned.thresholds_ >= 0) & (tuned.thresholds_ <= 1)).all()
    fixed = FixedThresholdTagger(LabelTreeTagger(**DEEP), threshold=0.2, max_labels=1).fit(X, y)
    assert fixed.predict(X).sum(axis=1).max() == 1


@pytest.mark.parametrize("name", ["partial_fit", "add_labels", "drop_labels", "coef_", "to_onnx"])
def test_what_trees_do_not_have_is_said(name):
    tree = LabelTreeTagger()
    assert not hasattr(tree, name)
    with pytest.raises(AttributeError, match=re.escape(f"LabelTreeTagger has no {name}: ")):
        getattr(tree, name)
    with pytest.raises(AttributeError, match="has no attribute 'other'"):
        tree.other  # noqa: B018


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"max_leaf": 1}, r"The 'max_leaf' parameter .* range \[2, 65536\]"),
        ({"branching_factor": 1}, r"The 'branching_factor' parameter .* range \[2, 65536\]"),
        ({"beam_width": 0}, r"The 'beam_width' parameter .* range \[1, inf\)"),
        ({"n_trees": 0}, r"The 'n_trees' parameter .* range \[1, inf\)"),
        ({"prune": "none"}, "The 'prune' parameter .* {'auto'}"),
    ],
)
def test_parameters_are_checked(params, words):
    X, y = grouped(20)
    with pytest.raises(ValueError, match=words):
        LabelTreeTagger(**params).fit(X, y)


def test_k_and_the_features_are_checked():
    X, y = grouped(60)
    tree = LabelTreeTagger().fit(X, y)
    with pytest.raises(ValueError, match="k is 21; pass an integer from 1 to n_labels=20"):
        tree.predict_topk(X, 21)
    with pytest.raises(ValueError, match="features"):
        tree.predict(X[:, :5])
