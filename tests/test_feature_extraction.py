"""Weighted TF-IDF equals repetition; without weights it is scikit-learn's own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limits import limited
from sklearn.feature_extraction.text import TfidfVectorizer as Peer

from skmultitext.exceptions import DocumentError
from skmultitext.feature_extraction import TfidfVectorizer

WORDS = st.lists(st.sampled_from(["late", "lamp", "parcel", "refund", "box"]), min_size=1)


@given(
    documents=st.lists(st.tuples(WORDS, st.integers(1, 3)), min_size=2, max_size=8),
    min_df=st.sampled_from([1, 2, 0.3]),
    max_df=st.sampled_from([1.0, 0.8]),
    max_features=st.sampled_from([None, 2]),
    sublinear_tf=st.booleans(),
    smooth_idf=st.booleans(),
    use_idf=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_an_integer_weight_equals_repetition(documents, **parameters):
    texts = [" ".join(words) for words, _ in documents]
    weight = [w for _, w in documents]
    repeated = np.repeat(texts, weight)
    weighted, peer = TfidfVectorizer(**parameters), Peer(**parameters)
    try:
        peer.fit(repeated)
    except ValueError:
        with pytest.raises(ValueError, match=r"no terms remain|max_df corresponds"):
            weighted.fit(texts, sample_weight=weight)
        return
    features = weighted.fit_transform(texts, sample_weight=weight)
    assert weighted.get_feature_names_out().tolist() == peer.get_feature_names_out().tolist()
    np.testing.assert_allclose(features.toarray(), peer.transform(texts).toarray(), rtol=1e-12)
    np.testing.assert_allclose(weighted.transform(texts).toarray(), features.toarray())


def test_without_weights_it_is_scikit_learns(tickets):
    parameters = {"ngram_range": (1, 2), "min_df": 2, "strip_accents": "unicode"}
    ours, peer = TfidfVectorizer(**parameters), Peer(**parameters)
    difference = ours.fit_transform(tickets.data) - peer.fit_transform(tickets.data)
    assert difference.nnz == 0
    assert ours.vocabulary_ == peer.vocabulary_


@pytest.mark.parametrize("weight", [[0.9] * 4, [1 / 4] * 4, [0.5, 1.5, 0.5, 1.5]])
def test_min_df_of_1_is_no_limit_whatever_the_weights(weight):
    texts = ["late parcel", "broken lamp", "refund money", "late lamp"]
    vectorizer = TfidfVectorizer().fit(texts, sample_weight=weight)
    assert set(vectorizer.vocabulary_) == {w for text in texts for w in text.split()}


def test_a_min_df_above_the_total_weight_says_so():
    with pytest.raises(DocumentError, match=r"with sample_weight they are 0\.5 and 2 of a total"):
        TfidfVectorizer(min_df=2).fit(["late", "lamp"], sample_weight=[0.25, 0.25])


def test_a_fixed_vocabulary_is_kept_whole():
    vectorizer = TfidfVectorizer(vocabulary=["late", "never"], min_df=2)
    features = vectorizer.fit_transform(["late", "late box"], sample_weight=[1, 2])
    assert features.shape == (2, 2)
    assert vectorizer.get_feature_names_out().tolist() == ["late", "never"]


@pytest.mark.parametrize("weight", [None, [1.0]])
def test_an_empty_vocabulary_names_the_number_of_documents(weight):
    with pytest.raises(DocumentError, match=r"n_samples=1, min_df=5.*no terms remain"):
        TfidfVectorizer(min_df=5, max_df=10).fit(["late parcel"], sample_weight=weight)
    with pytest.raises(DocumentError, match=r"n_samples=1.*empty vocabulary"):
        TfidfVectorizer().fit(["a"], sample_weight=weight)


@pytest.mark.parametrize("unit", ["a", "a ", " ", "_", "a-", "\u0301", "\u4e2d"])
@pytest.mark.parametrize("analyzer", ["word", "char_wb"])
def test_the_default_patterns_take_linear_time(analyzer, unit):
    """Here without kernels: the time for a megabyte is at most a second or so."""
    analyze = TfidfVectorizer(analyzer=analyzer).build_analyzer()
    limited(analyze, unit * (1_000_000 // len(unit)), seconds=3)
