"""Thresholds over sparse probabilities: those of dense ones, without a dense matrix."""

import re

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.frozen import FrozenEstimator
from tree_data import grouped

from skmultitext import FixedThresholdTagger, LabelTreeTagger, TunedThresholdTaggerCV, load, save
from skmultitext.metrics import f1_score
from skmultitext.thresholds import _sparse

DEEP = {"max_leaf": 3, "branching_factor": 3, "random_state": 0, "beam_width": 2}
SHARED = {"objective": "f1_micro", "objective_params": {"shared": True}}


def test_one_threshold_is_tuned_as_over_dense_probabilities(tmp_path):
    X, y = grouped(600)
    dense = TunedThresholdTaggerCV(LabelTreeTagger(**DEEP), cv=3, **SHARED).fit(X, y)
    sparse = TunedThresholdTaggerCV(LabelTreeTagger(**DEEP), cv=3, **SHARED)
    sparse.fit(X, sp.csc_array(y))
    np.testing.assert_array_equal(sparse.thresholds_, dense.thresholds_)
    assert sparse.best_score_ == pytest.approx(dense.best_score_)
    assert sparse.best_score_ > 0.5
    np.testing.assert_array_equal(sparse.predict(X).toarray(), dense.predict(X))
    save(sparse, tmp_path / "model")
    assert (load(tmp_path / "model").predict(X) != sparse.predict(X)).nnz == 0


def test_the_threshold_is_the_best_of_all(monkeypatch):
    X, y = grouped(600)
    trees = LabelTreeTagger(**DEEP).fit(X[:300], sp.csr_array(y[:300]))
    weight = np.random.RandomState(0).rand(300) + 0.1
    tuned = TunedThresholdTaggerCV(FrozenEstimator(trees), cv="prefit", **SHARED)
    tuned.fit(X[300:], sp.csr_array(y[300:]), sample_weight=weight)
    proba = trees.predict_proba(X[300:]).toarray()
    scores = [
        f1_score(y[300:], proba > t, average="micro", sample_weight=weight)
        for t in np.unique(np.append(0, proba))
    ]
    assert tuned.best_score_ == pytest.approx(max(scores))


def test_unknown_entries_do_not_count():
    X, y = grouped(600)
    told = y.astype(float)
    told[:200, :10] = np.nan
    dense = TunedThresholdTaggerCV(LabelTreeTagger(**DEEP), cv=3, **SHARED).fit(X, told)
    sparse = TunedThresholdTaggerCV(LabelTreeTagger(**DEEP), cv=3, **SHARED)
    sparse.fit(X, sp.csr_array(told))
    np.testing.assert_array_equal(sparse.thresholds_, dense.thresholds_)


def test_no_dense_matrix_is_made(monkeypatch):
    X, y = grouped(400)
    n_labels = 60_000  # a dense matrix of 400 x 60,000 float64 has 192 MB
    wide = sp.csr_array(sp.hstack([y, sp.csr_array((400, n_labels - 20), dtype=y.dtype)]))
    full = np.full

    def refuse(self, *arguments, **options):
        assert np.prod(self.shape) < 400 * 1_000, "a dense matrix of documents times labels"
        return toarray(self, *arguments, **options)

    def refuse_full(shape, *arguments, **options):
        assert np.prod(shape) < 400 * 1_000, "a dense matrix of documents times labels"
        return full(shape, *arguments, **options)

    toarray = sp.csr_array.toarray
    for form in (sp.csr_array, sp.csc_array):
        monkeypatch.setattr(form, "toarray", refuse)
    monkeypatch.setattr(np, "full", refuse_full)
    with pytest.raises(AssertionError, match="dense matrix"):
        wide.toarray()
    for tagger in (
        FixedThresholdTagger(LabelTreeTagger(**DEEP), threshold=0.3),
        FixedThresholdTagger(LabelTreeTagger(**DEEP), threshold=np.linspace(0.1, 0.9, n_labels)),
        TunedThresholdTaggerCV(LabelTreeTagger(**DEEP), cv=2, **SHARED),
    ):
        tagger.fit(X, wide)
        assert tagger.predict(X).shape == (400, n_labels)
        assert tagger.predict(X).nnz > 100
        assert tagger.predict_topk(X, 3)[0].shape == (400, 3)


@pytest.mark.parametrize(
    "options", [{}, {"objective": "f1_micro"}, {**SHARED, "max_labels": 2}], ids=str
)
def test_other_searches_are_refused_where_dense_scores_are_too_large(monkeypatch, options):
    X, y = grouped(100)
    monkeypatch.setattr(_sparse, "MOST", 1_999)
    tuned = TunedThresholdTaggerCV(LabelTreeTagger(**DEEP), cv=2, **options)
    words = "This search needs a dense array of 100 documents times 20 labels, 0 GiB. Pass obj"
    with pytest.raises(ValueError, match=re.escape(words)):
        tuned.fit(X, sp.csr_array(y))
    assert not hasattr(tuned, "estimator_")
    tuned.fit(X, y)  # dense already
