"""A saved forest whose arrays do not fit each other is refused; a mapped one does no harm."""

import contextlib
import json
import pickle
import sys
from dataclasses import replace
from importlib.util import find_spec

import mapped_models
import numpy as np
import pytest
import scipy.sparse as sp
import script_runs
from saved_models import fitted, objects_in, put, taken_apart
from tree_data import grouped

import skmultitext
from skmultitext import LabelTreeTagger
from skmultitext.exceptions import ModelFileError
from skmultitext.persistence import _decode


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("labels", np.full(8, 4, np.int32), "labels must be in \\[0, 4\\)"),
        ("depth", 7, "levels of nodes"),
        ("children", np.zeros(1, np.uint16), "wrong length"),
        ("weight_ptr", np.array([0, -1], np.int64), "outside of \\[0, inf\\]"),
        ("features", np.zeros(3, np.int64), "must be an array of int32"),
        ("n_features", 5, "n_features is"),
        ("n_labels", 3, "labels must be in \\[0, 3\\)"),
    ],
)
def test_a_forest_that_does_not_fit_is_refused(field, value, words):
    tree, files = taken_apart(fitted("trees"))
    state = next(state for key, state in objects_in(tree) if key == "skmultitext.Forest")
    put(state, field, value, files)
    with pytest.raises(ModelFileError, match=words):
        _decode(tree, files.__getitem__, None)


def test_a_mapped_model_larger_than_the_memory_it_needs_predicts_the_same(tmp_path):
    pytest.importorskip("numba", reason="without numba a search reads whole nodes")
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    tagger = mapped_models.save_large(tmp_path / "model")
    script = mapped_models.__file__
    at_load, in_all, labels, proba = json.loads(script_runs.run(script, tmp_path / "model", "mmap"))
    assert at_load < 10
    assert in_all < 60  # of 120 MB of weights; the system maps cached pages in large pieces
    whole = json.loads(script_runs.run(script, tmp_path / "model", "whole"))
    assert whole[0] > 110
    assert [labels, proba] == whole[2:]
    expected = tagger.predict_topk(mapped_models.document(), k=5)
    assert [labels, proba] == [part.tolist() for part in expected]


def saved_trees(folder):
    """Save trees of two levels; return them and their documents."""
    X, y = grouped(200)
    tagger = LabelTreeTagger(max_leaf=3, branching_factor=3, random_state=0)
    tagger.fit(X, sp.csr_array(y))
    skmultitext.save(tagger, folder)
    return tagger, X


def test_mapped_trees_predict_as_those_in_memory(tmp_path):
    tagger, X = saved_trees(tmp_path / "model")
    mapped = skmultitext.load(tmp_path / "model", mmap=True)
    assert not mapped._forest.weights.flags.writeable
    assert (mapped.predict_proba(X) != tagger.predict_proba(X)).nnz == 0
    again = pickle.loads(pickle.dumps(mapped))
    assert (again.predict_proba(X) != tagger.predict_proba(X)).nnz == 0
    skmultitext.save(mapped, tmp_path / "model")  # over the files that are mapped
    assert (mapped.predict_proba(X) != tagger.predict_proba(X)).nnz == 0


@pytest.mark.parametrize("kernels", [True, False])
@pytest.mark.parametrize(
    ("field", "forge"),
    [
        ("children", lambda a: np.full_like(a, 65_535)),
        ("features", lambda a: np.full_like(a, -(2**31))),
        ("features", lambda a: np.full_like(a, 2**31 - 1)),
        ("weight_ptr", lambda a: np.where(np.arange(len(a)) % 2, a[::-1] * 2**40, a)),
        ("weight_ptr", lambda a: np.concatenate([[0], np.full(len(a) - 2, -(2**62)), a[-1:]])),
        ("weights", lambda a: np.full_like(a, np.nan)),
    ],
)
def test_forged_mapped_files_do_no_harm(field, forge, kernels, tmp_path, monkeypatch):
    tagger, X = saved_trees(tmp_path / "model")
    forged = np.asarray(forge(getattr(tagger._forest, field)))
    forged[[0, -1]] = getattr(tagger._forest, field)[[0, -1]]  # the ends are read
    mapped = skmultitext.load(tmp_path / "model", mmap=True)
    forged.flags.writeable = False
    mapped._forest = replace(mapped._forest, **{field: forged})
    assert mapped._forest.fault(whole=False) is None
    if not kernels:
        monkeypatch.setattr("skmultitext.trees._forest.load_kernels", lambda name: None)
    with contextlib.suppress(ValueError, IndexError):  # without numba, from scipy's checks
        assert mapped.predict_proba(X).shape == (200, 20)
        return
    assert not kernels or find_spec("numba") is None


def test_a_zip_is_not_mapped(tmp_path):
    saved_trees(tmp_path / "model.zip")
    with pytest.raises(ValueError, match=r"mmap=True needs a model in a directory, but model\.zip"):
        skmultitext.load(tmp_path / "model.zip", mmap=True)


def test_index_arrays_that_are_read_at_once_are_checked_in_mapped_models(tmp_path):
    tagger, _ = saved_trees(tmp_path / "model")
    forest = tagger._forest
    for name, value, words in [
        ("child_ptr", forest.child_ptr[::-1].copy(), "child_ptr must rise"),
        ("feature_ptr", forest.feature_ptr + 1, "feature_ptr must rise"),
        ("weight_ptr", forest.weight_ptr + 1, "weight_ptr must rise"),
        ("labels", forest.labels + 20, "labels must be in"),
        ("children", forest.children[1:], "wrong length"),
    ]:
        assert words in (replace(forest, **{name: value}).fault(whole=False) or "")
