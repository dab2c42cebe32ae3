"""Taggers of TF-IDF features make their vectorizers in one way."""

import pytest

from skmultitext import TfidfLabelTreeTagger, TfidfLogRegTagger
from skmultitext.feature_extraction import TfidfUnion


@pytest.mark.parametrize("cls", [TfidfLogRegTagger, TfidfLabelTreeTagger])
def test_parameters_reach_the_vectorizer(cls):
    vectorizer = cls(min_df=2, ngram_range=(1, 2), lowercase=False)._make_vectorizer()
    found = vectorizer.get_params()
    assert (found["min_df"], found["ngram_range"], found["lowercase"]) == (2, (1, 2), False)


@pytest.mark.parametrize("cls", [TfidfLogRegTagger, TfidfLabelTreeTagger])
def test_several_analyzers_make_a_union(cls):
    union = cls(
        analyzer=("word", "char_wb"), stop_words="english", max_features={"word": 9, "char_wb": 5},
        analyzer_weights={"word": 2.0, "char_wb": 1.0},
    )._make_vectorizer()  # fmt: skip
    assert isinstance(union, TfidfUnion)
    (_, words), (_, characters) = union.transformer_list
    assert (words.stop_words, characters.stop_words) == ("english", None)
    assert characters.max_features == 5
    assert union.transformer_weights == {"word": 2.0, "char_wb": 1.0}


def test_defaults_that_an_analyzer_cannot_use_are_no_reason_to_warn():
    for analyzer in ("char", "char_wb", str.split):
        tagger = TfidfLogRegTagger(analyzer=analyzer).fit(["late parcel", "hello"], [["a"], ["b"]])
        assert tagger.predict_proba(["late"]).shape == (1, 2)
    with pytest.warns(UserWarning, match="'token_pattern' will not be used"):
        TfidfLogRegTagger(analyzer="char", token_pattern=r"\w").fit(
            ["late", "hello"], [["a"], ["b"]]
        )
    with pytest.warns(UserWarning, match="'ngram_range' will not be used"):
        TfidfLogRegTagger(analyzer=str.split, ngram_range=(1, 3)).fit(["a", "b"], [["a"], ["b"]])
