"""The search for C where labels are unknown."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.model_selection import KFold

from skmultitext import TfidfLogRegTagger, TfidfLogRegTaggerCV
from skmultitext.datasets import make_multilabel_text
from skmultitext.exceptions import UnknownLabelWarning
from skmultitext.metrics import get_scorer

CS = [0.1, 3.0, 30.0]


@pytest.fixture(scope="module")
def texts():
    """Texts, labels of which a third is unknown, and their rows with a known label."""
    found = make_multilabel_text(n_samples=120, n_labels=4, random_state=0)
    y = np.asarray(found.target, dtype=float)
    rng = np.random.default_rng(0)
    y[rng.random(y.shape) < 0.35] = np.nan
    y[::11] = np.nan
    return list(found.data), y, np.flatnonzero(~np.isnan(y).all(axis=1))


def test_candidates_are_scored_on_known_labels(texts):
    X, y, kept = texts
    X, y = [X[i] for i in kept], y[kept]
    splits = list(KFold(3).split(X))
    tagger = TfidfLogRegTaggerCV(CS, cv=splits, tol=1e-6).fit(X, y)
    scorer = get_scorer("f1_micro")
    for k, (train, test) in enumerate(splits):
        for C, score in zip(CS, tagger.cv_results_[f"split{k}_test_score"], strict=True):
            one = TfidfLogRegTagger(C, tol=1e-6).fit([X[i] for i in train], y[train])
            assert score == pytest.approx(scorer(one, [X[i] for i in test], y[test]))
    whole = TfidfLogRegTagger(tagger.C_, tol=1e-6).fit(X, y)
    np.testing.assert_allclose(tagger.predict_proba(X), whole.predict_proba(X), rtol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_documents_without_a_known_label_are_left_out(texts, weighted):
    X, y, kept = texts
    weight = np.resize([1.0, 2.0, 0.0, 1.0], len(X)) if weighted else None
    counted = kept if weight is None else kept[weight[kept] > 0]
    folds = list(KFold(3).split(counted))
    of_all = [(counted[train], np.append(counted[test], 0)) for train, test in folds]
    for cv, cv_of_kept in ((3, 3), (KFold(3), KFold(3)), (of_all, folds)):
        tagger = TfidfLogRegTaggerCV(CS, cv=cv)
        with pytest.warns(UnknownLabelWarning, match="documents have no known label") as caught:
            found = clone(tagger).fit(X, y, sample_weight=weight)
        assert len(caught) == 1
        wanted = clone(tagger).set_params(cv=cv_of_kept)
        own = None if weight is None else weight[counted]
        wanted.fit([X[i] for i in counted], y[counted], sample_weight=own)
        assert found.C_ == wanted.C_
        np.testing.assert_array_equal(
            found.cv_results_["mean_test_score"], wanted.cv_results_["mean_test_score"]
        )
        np.testing.assert_array_equal(found.predict_proba(X), wanted.predict_proba(X))


def test_stored_nan_gives_the_same(texts):
    X, y, kept = texts
    X, y = [X[i] for i in kept], y[kept]
    stored = sp.csr_array(np.where(np.isnan(y), 2, y))
    stored.data[stored.data == 2] = np.nan
    one, other = (TfidfLogRegTaggerCV(CS, cv=3).fit(X, form) for form in (y, stored))
    np.testing.assert_array_equal(
        one.cv_results_["mean_test_score"], other.cv_results_["mean_test_score"]
    )


@pytest.mark.filterwarnings("ignore::skmultitext.exceptions.AbsentLabelWarning")
def test_equal_texts_with_other_unknown_labels_are_different_documents():
    X = ["late parcel", "late parcel", "refund", "refund", "hello", "good day"]
    y = np.array([[1, 0], [np.nan, 0], [0, 1], [0, 1], [1, 1], [0, 0]])
    tagger = TfidfLogRegTaggerCV([1.0], cv=5)
    for form in (y, sp.csr_array(np.where(np.isnan(y), 2, y))):
        if sp.issparse(form):
            form.data[form.data == 2] = np.nan
        assert len(clone(tagger).fit(X, form).cv_results_) == 3 + 5
    with pytest.raises(ValueError, match="only 4 different rows"):
        clone(tagger).fit(X, np.where(np.isnan(y), 1, y))


def test_a_label_without_known_entries_is_named_once(texts):
    X, y, _ = texts
    y = y.copy()
    y[:, 1] = np.nan
    kept = np.flatnonzero(~np.isnan(y).all(axis=1))
    with pytest.warns(UnknownLabelWarning) as caught:
        tagger = TfidfLogRegTaggerCV(CS, cv=3).fit([X[i] for i in kept], y[kept])
    assert [w.category for w in caught] == [UnknownLabelWarning]
    assert not tagger.predict(X)[:, 1].any()
