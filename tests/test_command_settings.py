"""NAME=VALUE by the kinds of parameters."""

import pytest

from skmultitext import KerasHANTagger, TfidfLogRegTagger, TransformerTagger
from skmultitext._command._settings import parameters_of, parse_settings


def parse(kind, *pairs):
    """Parse the settings of a class."""
    return parse_settings("--set", pairs, parameters_of(kind), kind.__name__)


@pytest.mark.parametrize(
    ("kind", "pair", "value"),
    [
        (TfidfLogRegTagger, "C=5", 5),
        (TfidfLogRegTagger, "C=1e-3", 0.001),
        (TfidfLogRegTagger, "min_df=2", 2),  # an int is a count; a share of 2.0 would be illegal
        (TfidfLogRegTagger, "max_df=0.5", 0.5),
        (TfidfLogRegTagger, "ngram_range=1,2", (1, 2)),
        (TfidfLogRegTagger, "ngram_range=(1, 2)", (1, 2)),
        (TfidfLogRegTagger, "sublinear_tf=True", True),
        (TfidfLogRegTagger, "lowercase=false", False),
        (TfidfLogRegTagger, "max_features=none", None),
        (TfidfLogRegTagger, "max_features=1000", 1000),
        (TfidfLogRegTagger, "stop_words=english", "english"),
        (TfidfLogRegTagger, "stop_words=the,a", ["the", "a"]),
        (TfidfLogRegTagger, "token_pattern=[a-z]+", "[a-z]+"),
        (TfidfLogRegTagger, "token_pattern=a{1,2}", "a{1,2}"),
        (TfidfLogRegTagger, "analyzer=char_wb", "char_wb"),
        (TfidfLogRegTagger, "analyzer=word,char_wb", ["word", "char_wb"]),
        (TfidfLogRegTagger, 'min_df={"word": 2, "char": 9}', {"word": 2, "char": 9}),
        (TfidfLogRegTagger, 'ngram_range={"word": [1, 2]}', {"word": (1, 2)}),
        (TfidfLogRegTagger, "tol=auto", "auto"),
        (TfidfLogRegTagger, "threshold=0.3", 0.3),
        (TfidfLogRegTagger, "threshold=0.3,0.4", [0.3, 0.4]),
        (TfidfLogRegTagger, 'threshold={"refund": 0.4}', {"refund": 0.4}),
        (TfidfLogRegTagger, 'class_weight={"refund": 3}', {"refund": 3}),
        (TfidfLogRegTagger, "class_weight=balanced", "balanced"),
        (KerasHANTagger, "max_words=none", None),
        (KerasHANTagger, "encoder=cnn", "cnn"),
        (KerasHANTagger, "monitor=f1_micro", "f1_micro"),
        (TransformerTagger, "checkpoint=a/b", "a/b"),
        (TransformerTagger, "freeze=2", 2),
        (TransformerTagger, "freeze=encoder", "encoder"),
        (TransformerTagger, 'training_params={"weight_decay": 0.1}', {"weight_decay": 0.1}),
    ],
)
def test_values(kind, pair, value):
    found = parse(kind, pair)[pair.partition("=")[0]]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("C", r"--set: 'C' has no '='; write NAME=VALUE, and other arguments before --set\."),
        (
            "ngram_rnge=1,2",
            r"--set: TfidfLogRegTagger has no parameter 'ngram_rnge'\. Did you mean 'ngram_range'",
        ),
        ("zzz=1", r"--set: TfidfLogRegTagger has no parameter 'zzz'\. It has C, loss,"),
        ("C=many", r"--set: C is 'many', but it takes a number or 'auto'\."),
        ("lowercase=1", r"--set: lowercase is '1', but it takes true or false\."),
        ("max_iter=1.5", r"--set: max_iter is '1\.5', but it takes an integer\."),
        ("ngram_range=1", r"--set: ngram_range is '1', but it takes values between commas"),
        ("class_weight={", r"--set: class_weight is '\{', but it takes .*JSON object"),
    ],
)
def test_what_is_refused(pair, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        parse(TfidfLogRegTagger, pair)


def test_a_parameter_given_twice():
    with pytest.raises(ValueError, match=r"^--set: C is given twice; give each parameter once\.$"):
        parse(TfidfLogRegTagger, "C=1", "C=2")
