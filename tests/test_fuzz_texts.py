"""Whatever a text holds, taggers give finite probabilities, in time that follows its length."""

import warnings

import numpy as np
import pytest
from fuzzing import LONG, TEXTS, fuzz_megabytes, fuzz_settings
from hypothesis import given
from hypothesis import strategies as st
from limits import limited
from sklearn.feature_extraction.text import TfidfVectorizer as TheirVectorizer

from skmultitext import TfidfLogRegTagger
from skmultitext.feature_extraction import TfidfVectorizer
from skmultitext.report import multilabel_report
from skmultitext.sequences import Tokenizer, Vocabulary

pytestmark = pytest.mark.fuzz


def assert_probabilities(found, n_texts, n_labels):
    assert found.shape == (n_texts, n_labels)
    assert found.dtype == np.float64
    assert ((found > 0) & (found < 1)).all()


@given(st.lists(TEXTS, min_size=1, max_size=6))
@fuzz_settings
def test_the_linear_tagger_reads_any_texts(ticket_tagger, texts):
    found = limited(ticket_tagger.predict_proba, texts)
    assert_probabilities(found, len(texts), 10)
    alone = np.vstack([ticket_tagger.predict_proba([text]) for text in texts])
    np.testing.assert_array_equal(found, alone)


@given(st.lists(LONG, min_size=1, max_size=1))
@fuzz_megabytes
def test_the_linear_tagger_reads_a_megabyte_in_a_second(ticket_tagger, texts):
    assert_probabilities(limited(ticket_tagger.predict_proba, texts), 1, 10)


@given(
    st.lists(TEXTS, min_size=2, max_size=8),
    st.sampled_from(["word", "char", "char_wb"]),
    st.sampled_from([(1, 1), (1, 2), (2, 3)]),
    st.sampled_from([None, "unicode", "ascii"]),
)
@fuzz_settings
def test_the_linear_tagger_fits_any_texts(texts, analyzer, ngram_range, strip_accents):
    y = [["a"] if i % 2 else ["b"] for i in range(len(texts))]
    tagger = TfidfLogRegTagger(
        analyzer=analyzer, ngram_range=ngram_range, strip_accents=strip_accents, random_state=0
    )
    try:
        limited(tagger.fit, texts, y)
    except ValueError as error:
        assert "empty vocabulary" in str(error)  # noqa: PT017 - the other way out is a fit
        assert not hasattr(tagger, "classes_")
        return
    assert_probabilities(limited(tagger.predict_proba, texts), len(texts), 2)


@given(st.lists(TEXTS, min_size=1, max_size=8), st.sampled_from([(1, 1), (1, 2), (1, 3)]))
@fuzz_settings
def test_the_vectorizer_agrees_with_scikit_learn(texts, ngram_range):
    ours, theirs = (
        TfidfVectorizer(ngram_range=ngram_range),
        TheirVectorizer(ngram_range=ngram_range),
    )
    try:
        wanted = theirs.fit_transform(texts)
    except ValueError as error:
        with pytest.raises(ValueError, match="empty vocabulary"):
            ours.fit(texts)
        assert "empty vocabulary" in str(error)  # noqa: PT017
        return
    found = ours.fit_transform(texts)
    assert ours.vocabulary_ == theirs.vocabulary_
    assert abs(found - wanted).max() < 1e-12


@given(st.one_of(TEXTS, LONG))
@fuzz_megabytes
def test_the_default_tokenizer_takes_linear_time(text):
    tokenizer = Tokenizer()
    # a list of a million words is a second's work by itself
    sentences = limited(tokenizer.split, text, seconds=3)
    for sentence in sentences:
        assert sentence
        assert all(word and not word.isspace() for word in sentence)


@given(st.lists(TEXTS, min_size=1, max_size=5))
@fuzz_settings
def test_vocabularies_survive_a_file_of_one_word_a_line(tmp_path_factory, texts):
    split = [Tokenizer().split(text) for text in texts]
    words = [word for document in split for sentence in document for word in sentence]
    vocabulary = Vocabulary.from_counts({word: words.count(word) for word in words})
    path = tmp_path_factory.mktemp("fuzz") / "words.txt"
    try:
        vocabulary.save(path)
    except ValueError as error:
        assert "surrogate" in str(error) or "line" in str(error)  # noqa: PT017
        return
    assert Vocabulary.load(path) == vocabulary


@given(st.lists(TEXTS, min_size=4, max_size=4), st.lists(TEXTS, min_size=2, max_size=2))
@fuzz_settings
def test_no_text_or_name_breaks_out_of_the_report(tmp_path_factory, texts, names):
    y = np.array([[1, 0], [0, 1], [1, 1], [0, 0]])
    proba = np.array([[0.9, 0.2], [0.4, 0.6], [0.7, 0.3], [0.1, 0.8]])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            report = multilabel_report(y, proba, label_names=names, texts=texts)
    except ValueError as error:
        assert "label_names" in str(error)  # noqa: PT017 - two labels of one name, or empty ones
        return
    path = tmp_path_factory.mktemp("fuzz") / "report.html"
    report.to_html(path)
    page = path.read_bytes().decode("utf-8")
    for hostile in (*texts, *names):
        if "<" in hostile and len(hostile) > 3:
            assert hostile not in page.split("<style")[0].split("<script")[0]
    assert page.count("<script") == page.count("</script")
