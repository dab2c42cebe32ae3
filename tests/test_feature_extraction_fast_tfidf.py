"""The compiled way gives scikit-learn's vocabulary, order and values."""

import copy
import pickle
import re
import subprocess
import sys
import threading

import joblib
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from libraries import pd
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer as Peer

from skmultitext.feature_extraction import TfidfVectorizer, _fast_tfidf

pytest.importorskip("numba", reason="the kernels need numba (extra 'fast')")

# much that is near the edges of a word, of lower case, of UTF-8 and of accents
ALPHABET = (
    "aabbcdeZÉéß_ıİΣς'-. \n\t\0\x850\uff19٣中文😀\U0001d49c\ud800ﬁ\u0301\u200d"
    "אבת\u202eبج\u212a\u1e9e"  # right to left; Kelvin sign and capital sharp s, lowered to k and ß
)
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
        "token_pattern": st.sampled_from(
            [
                _fast_tfidf.DEFAULT_TOKEN_PATTERN,
                r"(?u)\b\w+\b",
                r"(?u)\w+|[^\w\s]",
                r"\S+",
                r"\b\w[\w'-]*\b",
                r"(?i)[a-zß]+ ?",  # contains the blank that joins n-grams
                r"(\w)\w+",
            ]
        ),
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


def check_parity(texts, new_texts, parameters):
    """Fit and transform with both; vocabulary, matrices, dtype and errors agree."""
    ours, peer = TfidfVectorizer(**parameters), Peer(**parameters)
    try:
        expected = peer.fit_transform(texts)
    except ValueError as error:
        with pytest.raises(ValueError, match=re.escape(str(error))):
            ours.fit_transform(texts)
        return
    features = ours.fit_transform(texts)
    assert ours.vocabulary_ == peer.vocabulary_
    assert ours.get_feature_names_out().tolist() == peer.get_feature_names_out().tolist()
    assert features.dtype == expected.dtype
    np.testing.assert_allclose(features.toarray(), expected.toarray(), rtol=0, atol=1e-12)
    for later in (texts, new_texts):
        np.testing.assert_allclose(
            ours.transform(later).toarray(), peer.transform(later).toarray(), rtol=0, atol=1e-12
        )


CHARACTERS = st.tuples(
    PARAMETERS,
    st.sampled_from(["char", "char_wb"]),
    st.sampled_from([(1, 1), (1, 3), (2, 4), (3, 3), (4, 6)]),
).map(lambda drawn: {**drawn[0], "analyzer": drawn[1], "ngram_range": drawn[2]})


@given(texts=TEXTS, new_texts=TEXTS, parameters=CHARACTERS)
@example(["a  b", "a\n\tb\x85c"], ["a b", "a"], {"analyzer": "char", "ngram_range": (1, 4)})
@example(["a bc abcd", "a"], ["a b", "abc"], {"analyzer": "char_wb", "ngram_range": (4, 5)})
@settings(max_examples=100, deadline=None)
@pytest.mark.filterwarnings("ignore:The parameter 'token_pattern' will not be used:UserWarning")
@pytest.mark.filterwarnings("ignore:The parameter 'stop_words' will not be used:UserWarning")
def test_parity_of_characters(texts, new_texts, parameters):
    check_parity(texts, new_texts, parameters)


@given(texts=TEXTS, new_texts=TEXTS, parameters=PARAMETERS)
@example(["aa bb aa", "bb cc", "aabb"], ["bb aa bb", ""], {"ngram_range": (1, 2)})
@example(["İİ ΑΣ ΑΣ.Σ", "ΟΔΟΣ ς"], ["ΑΣ"], {})
@example(["brand\u2122 \u2121 x\u2121", "Tel"], ["\u2121"], {"strip_accents": "unicode"})
@example(["don't stop the don"], ["don't"], {"stop_words": ["don", "the"]})
@example(["ΑΣ\0", "\0\0", "aa\0bb"], ["aa\0bb"], {"ngram_range": (1, 2)})
@example(["aa bb", "bb aa", "cc dd"], ["dd cc"], {"ngram_range": (1, 2), "max_features": 3})
@example(["aa the bb", "the"], ["aa bb"], {"ngram_range": (2, 2), "stop_words": "english"})
@example(["", " . "], ["aa"], {})
@example(["aa", "bb"], ["aa"], {"min_df": 2, "max_df": 1})
@example(["aa", "bb"], ["aa"], {"min_df": 2})
@settings(max_examples=100, deadline=None)  # 3,000 below
def test_parity_with_scikit_learn(texts, new_texts, parameters):
    check_parity(texts, new_texts, parameters)


@pytest.mark.slow
@given(texts=TEXTS, new_texts=TEXTS, parameters=PARAMETERS)
@settings(max_examples=3_000, deadline=None)
def test_parity_with_scikit_learn_on_many_examples(texts, new_texts, parameters):
    check_parity(texts, new_texts, parameters)


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("max_features", [10, 200, 1_000])
def test_ties_of_max_features_fall_as_scikit_learns(binary, max_features):
    rng = np.random.RandomState(0)
    texts = [" ".join(f"w{i}" for i in rng.randint(0, 400, 20)) for _ in range(200)]
    parameters = {"ngram_range": (1, 2), "max_features": max_features, "binary": binary}
    check_parity(texts, texts[:5], parameters)


@pytest.mark.parametrize(
    "form", [iter, tuple, np.array, pd.Series, lambda texts: (text for text in texts)]
)
def test_texts_in_any_form(tickets, form):
    expected = Peer().fit_transform(tickets.data)
    vectorizer = TfidfVectorizer()
    assert abs(vectorizer.fit_transform(form(tickets.data)) - expected).max() < 1e-12
    assert abs(vectorizer.transform(form(tickets.data)) - expected).max() < 1e-12


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


def test_no_thread_starts_for_little_work(tickets, monkeypatch):
    vectorizer = TfidfVectorizer(ngram_range=(1, 2)).fit(tickets.data)
    expected = vectorizer.transform(tickets.data[:3]).toarray()
    monkeypatch.setattr(_fast_tfidf, "_CHUNK", 200_000)
    monkeypatch.delattr(_fast_tfidf, "run_kernels")
    assert vectorizer.transform(tickets.data[:3]).toarray().tolist() == expected.tolist()
    with pytest.raises(NameError, match="run_kernels"):
        vectorizer.transform(tickets.data * 10)


@pytest.mark.parametrize(
    "parameters",
    [
        {"analyzer": str.split},
        {"token_pattern": r"(\w+)"},
        {"token_pattern": r"\w+ \w+", "ngram_range": (1, 2)},
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


@pytest.mark.parametrize(
    "parameters",
    [
        {"token_pattern": r"(?u)\w+|[^\w\s]", "ngram_range": (1, 2)},
        {"token_pattern": r"\w+ \w+"},
        {"token_pattern": r"\S+", "stop_words": ["the", "it's", ""]},
        {"analyzer": "char", "ngram_range": (2, 4)},
        {"analyzer": "char_wb", "ngram_range": (4, 5), "min_df": 2, "max_features": 500},
    ],
)
def test_patterns_and_characters_take_the_compiled_way(tickets, parameters):
    vectorizer, peer = TfidfVectorizer(**parameters), Peer(**parameters)
    expected = peer.fit_transform(tickets.data)
    assert abs(vectorizer.fit_transform(tickets.data) - expected).max() < 1e-15
    assert vectorizer._index is not None
    assert vectorizer.vocabulary_ == peer.vocabulary_
    restored = TfidfVectorizer._from_saved(vectorizer._to_saved())
    assert restored._index is not None
    for again in (pickle.loads(pickle.dumps(vectorizer)), restored):
        found = again.transform(tickets.data[:50]) - peer.transform(tickets.data[:50])
        assert abs(found).max() < 1e-15


def test_long_rows_are_counted_in_tables(tickets):
    texts = [" ".join(tickets.data[i : i + 100]) for i in range(0, 700, 10)]
    parameters = {"analyzer": "char_wb", "ngram_range": (1, 3), "sublinear_tf": True}
    peer, vectorizer = Peer(**parameters), TfidfVectorizer(**parameters)
    found, expected = vectorizer.fit_transform(texts), peer.fit_transform(texts)
    assert found.nnz > 10 * found.shape[1]
    assert abs(found - expected).max() < 1e-15
    assert (np.diff(found.indices)[np.diff(found.indptr).cumsum()[:-1] - 1] < 0).all()
    assert abs(vectorizer.transform(texts) - expected).max() < 1e-15


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


@pytest.mark.parametrize("spelled", [False, True])
def test_a_fitted_vectorizer_pickles_its_vocabulary_once(tickets, spelled):
    peer = Peer(stop_words="english", ngram_range=(1, 2)).fit(tickets.data)
    vectorizer = TfidfVectorizer(stop_words="english", ngram_range=(1, 2)).fit(tickets.data)
    alone = len(pickle.dumps(vectorizer))
    if spelled:
        assert vectorizer.vocabulary_ == peer.vocabulary_
    assert len(pickle.dumps(vectorizer)) == alone
    for again in (pickle.loads(pickle.dumps(vectorizer)), copy.deepcopy(vectorizer)):
        assert abs(again.transform(tickets.data) - peer.transform(tickets.data)).max() < 1e-12
        assert again.vocabulary_ == peer.vocabulary_
    assert not hasattr(clone(vectorizer), "vocabulary_")


def test_a_vectorizer_loaded_read_only_compiles_nothing_anew(tickets, tmp_path):
    vectorizer = TfidfVectorizer(ngram_range=(1, 2)).fit(tickets.data)
    joblib.dump(vectorizer, tmp_path / "vectorizer")
    loaded = joblib.load(tmp_path / "vectorizer", mmap_mode="r")
    expected = vectorizer.transform(tickets.data)
    words, ngrams = _fast_tfidf.kernels()
    before = [len(k.signatures) for k in (words.look_up_words, ngrams.find_ngrams)]
    assert abs(loaded.transform(tickets.data) - expected).max() == 0
    assert [len(k.signatures) for k in (words.look_up_words, ngrams.find_ngrams)] == before


def test_a_vectorizer_pickled_with_numba_works_without(tickets, monkeypatch):
    vectorizer = TfidfVectorizer(ngram_range=(1, 2)).fit(tickets.data)
    expected = vectorizer.transform(tickets.data)
    pickled = pickle.dumps(vectorizer)
    monkeypatch.setattr(_fast_tfidf, "kernels", lambda: None)
    again = pickle.loads(pickled)
    assert abs(again.transform(tickets.data) - expected).max() < 1e-12


def test_transform_leaves_nothing_behind(tickets):
    vectorizer = TfidfVectorizer().fit(tickets.data)
    before = {**vars(vectorizer), **vars(vectorizer._index)}
    vectorizer.transform(tickets.data)
    assert {**vars(vectorizer), **vars(vectorizer._index)}.keys() == before.keys()


def test_there_is_no_vocabulary_before_fit():
    with pytest.raises(AttributeError, match="is there once the vectorizer is fitted"):
        _ = TfidfVectorizer().vocabulary_
    with pytest.raises(NotFittedError, match="The TF-IDF vectorizer is not fitted"):
        TfidfVectorizer().transform(["late"])


@pytest.mark.parametrize("failing", [{"min_df": 1_000}, {"ngram_range": (2, 1)}, {"norm": "l7"}])
def test_a_refit_that_fails_leaves_what_was_fitted(tickets, failing):
    vectorizer = TfidfVectorizer().fit(tickets.data)
    expected, before = vectorizer.transform(tickets.data), dict(vars(vectorizer))
    with pytest.raises(
        ValueError, match=r"no terms remain|max_df corresponds|Invalid value|'norm'"
    ):
        vectorizer.set_params(**failing).fit(tickets.data)
    assert vars(vectorizer) == before | failing
    vectorizer.set_params(norm="l2")
    assert abs(vectorizer.transform(tickets.data) - expected).max() == 0


OTHER_VALUES = {
    "analyzer": "char",
    "binary": True,
    "decode_error": "replace",
    "dtype": np.float32,
    "encoding": "latin-1",
    "input": "filename",
    "lowercase": False,
    "max_df": 0.5,
    "max_features": 3,
    "min_df": 2,
    "ngram_range": (1, 1),
    "norm": None,
    "preprocessor": str.upper,
    "smooth_idf": False,
    "stop_words": "english",
    "strip_accents": "ascii",
    "sublinear_tf": True,
    "token_pattern": r"\w",
    "tokenizer": str.split,
    "use_idf": False,
    "vocabulary": ["late"],
}


@pytest.fixture(params=["compiled", "scikit-learn"])
def way(request, monkeypatch):
    """The way that corpora take: both must follow one rule."""
    if request.param == "scikit-learn":
        monkeypatch.setattr(_fast_tfidf, "kernels", lambda: None)
    return request.param


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_parameters_set_after_fit_change_nothing(tickets, way, name):
    assert OTHER_VALUES.keys() == TfidfVectorizer().get_params().keys()
    settings = {"ngram_range": (1, 2), "stop_words": ["the", "my"]}
    texts = [*tickets.data[:100], "Ünïcode the my LATE late"]
    vectorizer = TfidfVectorizer(**settings).fit(texts)
    expected = TfidfVectorizer(**settings).fit(texts).transform(texts)
    vectorizer.set_params(**{name: OTHER_VALUES[name]})
    for again in (vectorizer, pickle.loads(pickle.dumps(vectorizer)), copy.deepcopy(vectorizer)):
        assert abs(again.transform(texts) - expected).max() == 0
        assert again.get_params()[name] == OTHER_VALUES[name]


def test_stop_words_changed_in_place_after_fit_change_nothing(tickets, way):
    stop_words = ["the", "my"]
    vectorizer = TfidfVectorizer(stop_words=stop_words).fit(tickets.data)
    expected = vectorizer.transform(tickets.data)
    stop_words.append("late")
    assert abs(vectorizer.transform(tickets.data) - expected).max() == 0


@pytest.mark.parametrize("value", ["l7", "l", 1])
def test_a_norm_that_there_is_not_is_refused(tickets, way, value):
    vectorizer = TfidfVectorizer().fit(tickets.data)
    vectorizer.set_params(norm=value)
    for call in (vectorizer.fit, vectorizer.fit_transform, vectorizer.transform):
        with pytest.raises(ValueError, match="The 'norm' parameter of TfidfVectorizer must be"):
            call(tickets.data)


@pytest.mark.parametrize("column", [10**6, 10**12, -1, -(10**6)])
@pytest.mark.parametrize("use_idf", [True, False])
def test_a_column_that_there_is_not_is_refused(tickets, way, use_idf, column):
    settings = {"use_idf": use_idf, "norm": None}
    mutated, assigned, given = (TfidfVectorizer(**settings).fit(tickets.data) for _ in range(3))
    mutated.vocabulary_["late"] = column
    assigned.vocabulary_ = {**given.vocabulary_, "late": column}
    for vectorizer in (mutated, assigned, pickle.loads(pickle.dumps(mutated))):
        for texts in (["it is late"], tickets.data):
            with pytest.raises(ValueError, match=f"vocabulary_ gives 'late' the column {column}, "):
                vectorizer.transform(texts)
    assert given.transform(tickets.data).shape == (len(tickets.data), len(given.vocabulary_))


def test_a_change_of_the_vocabulary_counts_in_both_ways(tickets, way):
    vectorizer, peer = TfidfVectorizer().fit(tickets.data), Peer().fit(tickets.data)
    for either in (vectorizer, peer):
        either.vocabulary_.update(late=either.vocabulary_["my"], my=either.vocabulary_["late"])
    for again in (vectorizer, copy.deepcopy(vectorizer)):
        assert abs(again.transform(tickets.data) - peer.transform(tickets.data)).max() < 1e-12


def test_an_idf_of_another_length_is_refused(tickets, way):
    vectorizer = TfidfVectorizer().fit(tickets.data)
    vectorizer._tfidf.idf_ = vectorizer.idf_[:5]
    with pytest.raises(
        ValueError, match=r"idf_ has shape \(5,\), but|has 5|expecting 5|index \d+ is"
    ):
        vectorizer.transform(tickets.data)


def test_threads_that_transform_while_one_refits(tickets, way):
    corpora = tickets.data[:150], [*tickets.data[300:600], "words seldom seen"]
    text = tickets.data[0] + corpora[1][-1]
    vectorizer = TfidfVectorizer()
    legal = [vectorizer.fit(corpus).transform([text]).toarray().tolist() for corpus in corpora]
    answers, errors, done = [], [], threading.Event()

    def transform():
        try:
            while not done.is_set():
                answers.append(vectorizer.transform([text]).toarray().tolist())
        except Exception as error:  # reported below
            errors.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    workers = [threading.Thread(target=transform) for _ in range(2)]
    try:
        for worker in workers:
            worker.start()
        for i in range(30):
            vectorizer.fit(corpora[i % 2])
    finally:
        done.set()
        for worker in workers:
            worker.join()
        sys.setswitchinterval(interval)
    assert not errors
    assert all(answer in legal for answer in answers)
    assert legal[0] in answers
    assert legal[1] in answers


@pytest.mark.slow
def test_pickles_of_equal_vectorizers_are_equal(tickets):
    code = (
        "import sys, pickle, hashlib\n"
        "from skmultitext.feature_extraction import TfidfVectorizer, _fast_tfidf\n"
        "_fast_tfidf.LEAST_CHARACTERS = 0\n"
        "vectorizer = TfidfVectorizer(ngram_range=(1, 2)).fit(['late lamp', 'late parcel'] * 9)\n"
        "assert vectorizer._index is not None\n"
        "print(hashlib.sha256(pickle.dumps(vectorizer)).hexdigest())\n"
    )
    run = [subprocess.run([sys.executable, "-c", code], capture_output=True) for _ in range(2)]
    assert run[0].returncode == 0, run[0].stderr
    assert run[0].stdout == run[1].stdout  # pickles do not contain the seed of the hash table


def test_a_vocabulary_given_or_changed_after_fit_is_respected(tickets):
    peer = Peer().fit(tickets.data)
    given_later, changed = TfidfVectorizer().fit(tickets.data), TfidfVectorizer().fit(tickets.data)
    reversed_columns = {term: len(peer.vocabulary_) - 1 - j for term, j in peer.vocabulary_.items()}
    given_later.vocabulary_ = peer.vocabulary_ = reversed_columns
    difference = given_later.transform(tickets.data) - peer.transform(tickets.data)
    assert abs(difference).max() < 1e-12
    changed.vocabulary_.popitem()
    with pytest.raises(ValueError, match=r"X has \d+ features, but TfidfTransformer is expecting"):
        changed.transform(tickets.data)  # as scikit-learn's would


def test_many_distinct_words_make_the_tables_grow():
    rng = np.random.RandomState(0)
    texts = [" ".join(f"w{i:x}" for i in rng.randint(0, 60_000, 60)) for _ in range(2_000)]
    for ngram_range in ((1, 1), (1, 2)):
        ours, peer = TfidfVectorizer(ngram_range=ngram_range), Peer(ngram_range=ngram_range)
        difference = ours.fit_transform(texts) - peer.fit_transform(texts)
        assert difference.nnz == 0 or abs(difference).max() < 1e-12
        assert len(ours.vocabulary_) > 2**15
