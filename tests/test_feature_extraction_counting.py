"""Without an index of the kernels, features are counted in Python; they are scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer as Peer

from skmultitext.feature_extraction import TfidfVectorizer, _counting

TEXTS = st.lists(st.text(st.sampled_from("aabbcC .é中")), max_size=5)
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "analyzer": st.sampled_from(["word", "char", "char_wb", str.split]),
        "ngram_range": st.sampled_from([(1, 1), (1, 2), (2, 3)]),
        "sublinear_tf": st.booleans(),
        "binary": st.booleans(),
        "norm": st.sampled_from(["l1", "l2", None]),
        "use_idf": st.booleans(),
        "strip_accents": st.sampled_from(["ascii", "unicode"]),
        "vocabulary": st.sampled_from([["bb", "aa"], {"a b": 0}]),
    },
)


@given(texts=TEXTS, parameters=PARAMETERS)
@settings(max_examples=200, deadline=None)
@pytest.mark.filterwarnings("ignore::UserWarning")  # about parameters that an analyzer ignores
def test_features_are_those_of_scikit_learn(texts, parameters):
    corpus = ["aa bb aa c cc", "bb cc bbé bb", "Cc 中中 ab"]
    ours, peer = TfidfVectorizer(**parameters).fit(corpus), Peer(**parameters).fit(corpus)
    assert _counting.counts_here(ours)
    found = ours.transform(texts) if texts else ours.transform([""])
    expected = peer.transform(texts or [""])
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    assert found.indices.dtype == expected.indices.dtype
    assert found.indptr.dtype == expected.indptr.dtype
    np.testing.assert_array_equal(found.indices, expected.indices)
    np.testing.assert_allclose(found.data, expected.data, rtol=1e-15)
    assert found.has_canonical_format


def test_what_a_fit_does_not_leave_is_scikit_learns_business(tickets):
    def fitted(**parameters):
        return TfidfVectorizer(**parameters).fit(tickets.data)

    assert _counting.counts_here(fitted())
    assert _counting.counts_here(fitted(use_idf=False))
    assert not _counting.counts_here(fitted(dtype=np.float32))
    assert not _counting.counts_here(TfidfVectorizer())
    vectorizer = fitted()
    vectorizer.vocabulary_.popitem()
    assert not _counting.counts_here(vectorizer)
    vectorizer = fitted()
    vectorizer._tfidf.idf_ = vectorizer.idf_[:5]
    assert not _counting.counts_here(vectorizer)


@pytest.mark.parametrize("column", [-1, 10**6])
def test_a_column_that_there_is_not_is_noticed(column):
    vectorizer = TfidfVectorizer(use_idf=False).fit(["aa bb"])
    vectorizer.vocabulary_["aa"] = column
    assert _counting.count_and_weigh(vectorizer, ["aa"]) is None
    assert _counting.count_and_weigh(vectorizer, ["bb"]) is not None
