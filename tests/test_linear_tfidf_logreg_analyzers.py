"""A tuple of analyzers: features of words and of characters in one tagger."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer as Peer
from sklearn.pipeline import FeatureUnion

import skmultitext
from skmultitext import TfidfLogRegTagger, TfidfLogRegTaggerCV
from skmultitext.feature_extraction import TfidfUnion, TfidfVectorizer
from skmultitext.inspection import explain

BOTH = {
    "analyzer": ("word", "char_wb"),
    "ngram_range": {"word": (1, 2), "char_wb": (2, 3)},
    "min_df": {"word": 1, "char_wb": 5},
    "analyzer_weights": {"word": 1.0, "char_wb": 0.5},
    "stop_words": ["the"],
    "sublinear_tf": True,
    "token_pattern": r"(?u)\b\w\w+\b",  # that of the peer
}


@pytest.fixture(scope="module")
def tagger(tickets):
    return TfidfLogRegTagger(**BOTH, random_state=0).fit(tickets.data[:300], tickets.target[:300])


def test_features_are_those_of_a_feature_union(tagger, tickets):
    peer = FeatureUnion(
        [
            ("word", Peer(ngram_range=(1, 2), stop_words=["the"], sublinear_tf=True)),
            ("char_wb", Peer(analyzer="char_wb", ngram_range=(2, 3), min_df=5, sublinear_tf=True)),
        ],
        transformer_weights={"char_wb": 0.5},
    ).fit(tickets.data[:300])
    assert isinstance(tagger.vectorizer_, TfidfUnion)
    names = tagger.get_feature_names_out()
    assert names.tolist() == peer.get_feature_names_out().tolist()
    assert tagger.coef_.shape == (len(tagger.label_names_), len(names))
    found = tagger.vectorizer_.transform(tickets.data) - peer.transform(tickets.data)
    assert abs(found).max() < 1e-15


def test_a_saved_tagger_predicts_the_same(tagger, tickets, tmp_path):
    skmultitext.save(tagger, tmp_path / "model")
    loaded = skmultitext.load(tmp_path / "model")
    assert loaded.get_params() == tagger.get_params()
    expected = tagger.predict_proba(tickets.data)
    np.testing.assert_array_equal(loaded.predict_proba(tickets.data), expected)
    assert loaded.vectorizer_.get_params(deep=False)["transformer_weights"] == {
        "word": 1.0,
        "char_wb": 0.5,
    }


def test_explanations_name_the_analyzer(tagger, tickets):
    (explanation,) = explain(tagger, tickets.data[:1])
    words = explanation.sentences[0].words
    assert {word.split("__")[0] for word in words} == {"word", "char_wb"}
    total = explanation.intercept + explanation.sentences[0].word_weights.sum()
    logits = tagger.decision_function(tickets.data[:1])[0]
    label = tagger.label_names_.tolist().index(explanation.label)
    assert total == pytest.approx(logits[label])


def test_parameters_after_a_fit_change_nothing_before_the_next(tickets):
    tagger = TfidfLogRegTagger(analyzer=("char",), random_state=0)
    tagger.fit(tickets.data[:100], tickets.target[:100])
    expected = tagger.predict_proba(tickets.data[:9])
    tagger.set_params(**BOTH)
    np.testing.assert_array_equal(tagger.predict_proba(tickets.data[:9]), expected)
    again = clone(tagger).fit(tickets.data[:100], tickets.target[:100])
    assert not np.array_equal(again.predict_proba(tickets.data[:9]), expected)


def test_the_search_and_learning_in_parts_take_them_too(tickets):
    search = TfidfLogRegTaggerCV([1.0, 10.0], cv=2, **BOTH, random_state=0)
    search.fit(tickets.data[:300], tickets.target[:300])
    assert isinstance(search.vectorizer_, TfidfUnion)
    tagger = TfidfLogRegTagger(**BOTH)
    for rows in (slice(0, 300), slice(300, 600)):
        tagger.partial_fit(tickets.data[rows], tickets.target[rows])
    assert tagger.coef_.shape[1] == len(search.get_feature_names_out())


def test_one_analyzer_makes_one_vectorizer(tickets):
    tagger = TfidfLogRegTagger(analyzer="char").fit(tickets.data[:50], tickets.target[:50])
    assert type(tagger.vectorizer_) is TfidfVectorizer


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"analyzer": ()}, r"analyzer is \(\); pass 'word', 'char' or 'char_wb', a function, or a"),
        ({"analyzer": ("word", "word")}, r"analyzer is \('word', 'word'\); pass .* different ones"),
        ({"analyzer": ("word", str.split)}, r"analyzer is \('word', <.*>\); pass 'word', 'char'"),
        (
            {"analyzer": ("word", "char"), "min_df": {"word": 1}},
            r"min_df has the keys 'word', but the analyzers are 'word', 'char'\. Pass a value for",
        ),
        (
            {"analyzer": ("word", "char"), "analyzer_weights": {"word": 1, "char": 0}},
            r"analyzer_weights\['char'\] is 0; pass a number in \(0, inf\)",
        ),
        (
            {"analyzer_weights": {"word": 1}},
            r"analyzer_weights is \{'word': 1\}, but there is one analyzer, 'word'\. Leave it None",
        ),
    ],
)
def test_illegal_analyzers_are_refused(tickets, parameters, message):
    for tagger in (TfidfLogRegTagger(**parameters), TfidfLogRegTaggerCV(cv=2, **parameters)):
        with pytest.raises(ValueError, match=message):
            tagger.fit(tickets.data[:50], tickets.target[:50])


def test_onnx_refuses_several_analyzers(tagger, tmp_path):
    pytest.importorskip("onnx", reason="needs the extra 'onnx'")
    with pytest.raises(ValueError, match=r"analyzer=\('word', 'char_wb'\) cannot be written as ON"):
        tagger.to_onnx(tmp_path)
