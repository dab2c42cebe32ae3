"""A union of vectorizers is scikit-learn's FeatureUnion of them, with sample weights."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer as Peer
from sklearn.pipeline import FeatureUnion

from skmultitext.exceptions import DocumentError
from skmultitext.feature_extraction import TfidfUnion, TfidfVectorizer, _fast_tfidf
from skmultitext.feature_extraction._term_counts import count_terms, fit_on_counts, merge_counts

WEIGHTS = {"characters": 0.3}


def make(union, vectorizer, **parameters):
    return union(
        [
            ("words", vectorizer(ngram_range=(1, 2), min_df=2, **parameters)),
            ("characters", vectorizer(analyzer="char_wb", ngram_range=(2, 4), **parameters)),
        ],
        transformer_weights=WEIGHTS,
    )


@pytest.fixture(params=["compiled", "scikit-learn"])
def way(request, monkeypatch):
    if request.param == "compiled":
        pytest.importorskip("numba", reason="the kernels need numba (extra 'fast')")
        monkeypatch.setattr(_fast_tfidf, "LEAST_CHARACTERS", 0)
    return request.param


def assert_same(found, expected):
    assert found.shape == expected.shape
    assert abs(found - expected).max() < 1e-15


def test_features_and_names_are_those_of_a_feature_union(tickets, way):
    texts, new = tickets.data[:200], tickets.data[200:300]
    ours, peer = make(TfidfUnion, TfidfVectorizer), make(FeatureUnion, Peer)
    found, expected = ours.fit_transform(texts), peer.fit_transform(texts)
    assert_same(found, expected)
    if way == "compiled":
        assert found.has_canonical_format
        rows = np.repeat(np.arange(len(texts)), np.diff(found.indptr))
        assert (np.diff(rows * found.shape[1] + found.indices) > 0).all()
    names = ours.get_feature_names_out()
    assert names.tolist() == peer.get_feature_names_out().tolist()
    assert len(set(names)) == len(names)
    for again in (ours, pickle.loads(pickle.dumps(ours)), copy.deepcopy(ours)):
        assert_same(again.transform(iter(new)), peer.transform(new))
    with pytest.raises(NotFittedError):
        clone(ours).transform(new)


def test_weights_count_as_repetition(tickets):
    weight = np.arange(100) % 3 + 1
    repeated = [text for text, n in zip(tickets.data, weight, strict=False) for _ in range(n)]
    weighted = make(TfidfUnion, TfidfVectorizer).fit(tickets.data[:100], sample_weight=weight)
    expected = make(FeatureUnion, Peer).fit(repeated).transform(tickets.data)
    assert abs(weighted.transform(tickets.data) - expected).max() < 1e-12


def test_a_failed_fit_leaves_the_vectorizers_as_they_were(tickets):
    union = make(TfidfUnion, TfidfVectorizer).fit(tickets.data)
    expected = union.transform(tickets.data)
    union.set_params(characters__ngram_range=(900, 900), characters__analyzer="char")
    with pytest.raises(DocumentError, match="No term of X is left to learn from"):
        union.fit(tickets.data[:20])
    assert_same(union.transform(tickets.data), expected)
    with pytest.raises(TypeError, match="All estimators should implement fit and transform"):
        union.set_params(transformer_list=[("a", 3)]).fit(tickets.data)


def test_a_single_text_is_refused(tickets):
    with pytest.raises(ValueError, match="string object received"):
        make(TfidfUnion, TfidfVectorizer).fit_transform("one text")


def test_the_sum_of_parts_is_the_whole(tickets, way):
    expected = make(FeatureUnion, Peer).fit(tickets.data)
    union = make(TfidfUnion, TfidfVectorizer)
    parts = [tickets.data[:300], [], tickets.data[300:]]
    fit_on_counts(union, merge_counts(count_terms(union, part) for part in parts))
    names = union.get_feature_names_out()
    assert names.tolist() == expected.get_feature_names_out().tolist()
    found = union.transform(tickets.data) - expected.transform(tickets.data)
    assert abs(found).max() < 1e-12
