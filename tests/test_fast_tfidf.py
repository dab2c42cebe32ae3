"""The compiled way gives scikit-learn's vocabulary, order and values."""

import pickle

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer as Peer

from skmultitext.feature_extraction import TfidfVectorizer, _fast_tfidf

pytest.importorskip("numba", reason="the kernels need numba (extra 'fast')")

# much that is near the edges of a word, of lower case, of UTF-8 and of accents
ALPHABET = "aabbcdeZÉéß_ıİΣς'-. \n\t\0\x850\uff19٣中文😀\U0001d49c\ud800ﬁ\u0301\u200d"
TEXTS = st.lists(
    st.text(st.sampled_from(ALPHABET), max_size=40) | st.text(max_size=20), min_size=1, max_size=8
)
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "ngram_range": st.sampled_from([(1, 1), (1, 2), (1, 3), (2, 2), (2, 3), (3, 3)]),
        "min_df": st.sampled_from([1, 2, 3, 0.0, 0.3, 0.5]),
        "max_df": st.sampled_from([1, 2, 5, 0.5, 0.8, 1.0]),
        "max_features": st.sampled_from([1, 2, 3, 10]),
        "stop_words": st.sampled_from(["english", ["aa", "bb"], ["aabb", "a"]]),
        "lowercase": st.booleans(),
        "strip_accents": st.sampled_from(["ascii", "unicode", None]),
        "sublinear_tf": st.booleans(),
        "binary": st.booleans(),
        "norm": st.sampled_from(["l1", "l2", None]),
        "use_idf": st.booleans(),
        "smooth_idf": st.booleans(),
        "token_pattern": st.sampled_from([_fast_tfidf.DEFAULT_TOKEN_PATTERN, r"\S+"]),
        "dtype": st.sampled_from([np.float64, np.float32]),
    },
)


@pytest.fixture(scope="module", autouse=True)
def every_corpus_is_worth_it():
    """Let small corpora take the compiled way, in several chunks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_fast_tfidf, "LEAST_CHARACTERS", 0)
        patch.setattr(_fast_tfidf, "_CHUNK", 10)
        yield


@given(texts=TEXTS, new_texts=TEXTS, parameters=PARAMETERS)
@example(["aa bb aa", "bb cc", "aabb"], ["bb aa bb", ""], {"ngram_range": (1, 2)})
@example(["İİ ΑΣ ΑΣ.Σ", "ΟΔΟΣ ς"], ["ΑΣ"], {})
@example(["brand\u2122 \u2121 x\u2121", "Tel"], ["\u2121"], {"strip_accents": "unicode"})
@example(["don't stop the don"], ["don't"], {"stop_words": ["don", "the"]})
@settings(max_examples=300, deadline=None)
def test_parity_with_scikit_learn(texts, new_texts, parameters):
    ours, peer = TfidfVectorizer(**parameters), Peer(**parameters)
    try:
        expected = peer.fit_transform(texts)
    except ValueError as error:
        with pytest.raises(ValueError, match=str(error)[:20]):
            ours.fit_transform(texts)
        return
    features = ours.fit_transform(texts)
    assert ours.get_feature_names_out().tolist() == peer.get_feature_names_out().tolist()
    assert features.dtype == expected.dtype
    np.testing.assert_allclose(features.toarray(), expected.toarray(), rtol=0, atol=1e-12)
    for later in (texts, new_texts):
        np.testing.assert_allclose(
            ours.transform(later).toarray(), peer.transform(later).toarray(), rtol=0, atol=1e-12
        )


def test_the_compiled_way_is_really_taken(tickets, monkeypatch):
    taken = []
    for name in ("fit_transform", "transform"):
        function = getattr(_fast_tfidf, name)
        monkeypatch.setattr(
            _fast_tfidf, name, lambda *a, _f=function, _n=name: taken.append(_n) or _f(*a)
        )
    vectorizer = TfidfVectorizer(ngram_range=(1, 2)).fit(tickets.data)
    vectorizer.transform(tickets.data[:3])
    assert taken == ["fit_transform", "transform"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"analyzer": "char"},
        {"token_pattern": r"\w+"},
        {"tokenizer": str.split, "token_pattern": None},
        {"preprocessor": str.upper},
        {"strip_accents": lambda text: text.replace("the", "qqq")},
        {"dtype": np.float32},
        {"vocabulary": ["late"]},
    ],
)
def test_other_settings_take_scikit_learns_way(tickets, monkeypatch, parameters):
    monkeypatch.delattr(_fast_tfidf, "fit_transform")
    peer = Peer(**parameters).fit_transform(tickets.data)
    assert abs(TfidfVectorizer(**parameters).fit_transform(tickets.data) - peer).max() < 1e-12


def test_without_numba_scikit_learns_way_is_taken(tickets, monkeypatch):
    monkeypatch.setattr(_fast_tfidf, "kernels", lambda: None)
    monkeypatch.delattr(_fast_tfidf, "fit_transform")
    assert (
        abs(
            TfidfVectorizer().fit_transform(tickets.data) - Peer().fit_transform(tickets.data)
        ).max()
        == 0
    )


def test_chunks_in_threads_give_what_one_chunk_gives(tickets, monkeypatch):
    chunked = TfidfVectorizer(ngram_range=(1, 2)).fit_transform(tickets.data)
    monkeypatch.setattr(_fast_tfidf, "_CHUNK", 10**9)
    whole = TfidfVectorizer(ngram_range=(1, 2)).fit_transform(tickets.data)
    np.testing.assert_array_equal(chunked.indptr, whole.indptr)
    np.testing.assert_array_equal(chunked.indices, whole.indices)
    np.testing.assert_array_equal(chunked.data, whole.data)


def test_rows_come_sorted(tickets):
    features = TfidfVectorizer(ngram_range=(1, 2)).fit_transform(tickets.data)
    assert features.has_canonical_format
    rows = np.repeat(np.arange(len(tickets.data)), np.diff(features.indptr))
    assert (np.diff(rows * features.shape[1] + features.indices) > 0).all()


def test_a_fitted_vectorizer_pickles(tickets):
    vectorizer = TfidfVectorizer(stop_words="english").fit(tickets.data)
    again = pickle.loads(pickle.dumps(vectorizer))
    assert abs(again.transform(tickets.data) - vectorizer.transform(tickets.data)).max() == 0


def test_settings_or_a_vocabulary_changed_after_fit_are_respected(tickets):
    vectorizer = TfidfVectorizer().fit(tickets.data)
    vectorizer.set_params(stop_words="english")
    peer = Peer().fit(tickets.data).set_params(stop_words="english")
    assert abs(vectorizer.transform(tickets.data) - peer.transform(tickets.data)).max() < 1e-12


def test_many_distinct_words_make_the_tables_grow():
    rng = np.random.RandomState(0)
    texts = [" ".join(f"w{i:x}" for i in rng.randint(0, 60_000, 60)) for _ in range(2_000)]
    for ngram_range in ((1, 1), (1, 2)):
        ours, peer = TfidfVectorizer(ngram_range=ngram_range), Peer(ngram_range=ngram_range)
        difference = ours.fit_transform(texts) - peer.fit_transform(texts)
        assert difference.nnz == 0 or abs(difference).max() < 1e-12
        assert len(ours.vocabulary_) > 2**15
