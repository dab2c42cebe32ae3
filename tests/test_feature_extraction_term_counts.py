"""A vectorizer fitted on the counts of parts has the features of one fitted on all documents."""

import pickle
import re
from itertools import pairwise

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer as Peer

from skmultitext.exceptions import DocumentError
from skmultitext.feature_extraction import TfidfVectorizer, _fast_tfidf
from skmultitext.feature_extraction._term_counts import count_terms, fit_on_counts, merge_counts

RNG = np.random.RandomState(0)
TEXTS = [" ".join(f"w{i}" for i in RNG.randint(0, 60, 8)) for _ in range(90)]
TEXTS += ["", "a", "Élan \ud800 the İİ élan", "the w1 THE w1"]


@pytest.fixture(params=["compiled", "scikit-learn"])
def way(request, monkeypatch):
    """How terms are counted."""
    if request.param == "scikit-learn":
        monkeypatch.setattr(_fast_tfidf, "kernels", lambda: None)
    else:
        pytest.importorskip("numba", reason="the kernels need numba (extra 'fast')")
        monkeypatch.setattr(_fast_tfidf, "LEAST_CHARACTERS", 0)
    return request.param


def fit_in_parts(texts, sizes, weight=None, **parameters):
    vectorizer = TfidfVectorizer(**parameters)
    cuts = [*np.cumsum([0, *sizes]).tolist(), len(texts)]
    parts = (
        count_terms(vectorizer, texts[a:b], None if weight is None else weight[a:b])
        for a, b in pairwise(cuts)
    )
    fit_on_counts(vectorizer, pickle.loads(pickle.dumps(merge_counts(parts))))
    return vectorizer


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"min_df": 3, "max_df": 0.5, "ngram_range": (1, 2)},
        {"min_df": 0.02, "max_df": 30, "ngram_range": (2, 3)},
        {"max_features": 25, "sublinear_tf": True},
        {"max_features": 200, "ngram_range": (1, 2), "binary": True},  # many ties
        {"stop_words": "english", "strip_accents": "unicode", "lowercase": False},
        {"use_idf": False, "norm": "l1"},
        {"smooth_idf": False, "dtype": np.float32},
        {"analyzer": "char_wb", "ngram_range": (2, 3), "max_features": 100},
        {"token_pattern": r"\S+"},
        {"analyzer": str.split},
    ],
)
def test_the_sum_of_parts_is_the_whole(way, parameters):
    ours = fit_in_parts(TEXTS, [20, 0, 50, 1], **parameters)
    peer = Peer(**parameters)
    expected = peer.fit_transform(TEXTS)
    assert ours.vocabulary_ == peer.vocabulary_
    assert ours.get_feature_names_out().tolist() == peer.get_feature_names_out().tolist()
    if parameters.get("use_idf", True):
        np.testing.assert_array_equal(ours.idf_, peer.idf_)
    found = ours.transform(TEXTS)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found.toarray(), expected.toarray(), rtol=0, atol=1e-12)
    indexed = way == "compiled" and "dtype" not in parameters
    indexed = indexed and not callable(parameters.get("analyzer"))
    assert (ours._index is not None) == indexed


@pytest.mark.parametrize("parameters", [{}, {"min_df": 2, "max_features": 20}])
def test_weights_count_as_in_fit(way, parameters):
    weight = RNG.uniform(0.5, 2.0, len(TEXTS))
    ours = fit_in_parts(TEXTS, [30, 30], weight, **parameters)
    whole = TfidfVectorizer(**parameters).fit(TEXTS, sample_weight=weight)
    assert ours.vocabulary_ == whole.vocabulary_
    np.testing.assert_allclose(ours.idf_, whole.idf_, rtol=1e-12)


def test_parameters_set_after_the_fit_change_nothing(way):
    ours = fit_in_parts(TEXTS, [40])
    before = ours.transform(TEXTS).toarray()
    ours.set_params(sublinear_tf=True, lowercase=False)
    np.testing.assert_array_equal(ours.transform(TEXTS).toarray(), before)


@pytest.mark.parametrize(
    ("texts", "parameters", "message"),
    [
        (["late", "a"], {"min_df": 2}, "n_samples=2, min_df=2.*no terms remain"),
        (["a", ""], {}, "n_samples=2.*No document has a term"),
        (["late", "box"], {"min_df": 2, "max_df": 1}, "they are 1 and 2 of 2 documents. Lower min"),
    ],
)
def test_when_no_term_is_left_the_error_says_why(way, texts, parameters, message):
    with pytest.raises(DocumentError, match=message):
        fit_in_parts(texts, [1], **parameters)


def test_parameters_that_are_not_legal_are_refused(way):
    with pytest.raises(ValueError, match=re.escape("Invalid value for ngram_range=(2, 1)")):
        count_terms(TfidfVectorizer(ngram_range=(2, 1)), ["late"])
