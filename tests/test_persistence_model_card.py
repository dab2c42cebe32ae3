"""Model cards describe a tagger; label names cannot inject markup."""

import html
import re

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer

import skmultitext
from skmultitext import (
    FixedThresholdTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
)
from skmultitext.feature_extraction import TfidfVectorizer
from skmultitext.persistence import model_card

TEXTS = ["refund my lamp", "my parcel is late", "late lamp, refund please", "hello there"]
SETS = [["refund"], ["delivery"], ["delivery", "refund"], ["refund"]]


def rows(card, section):
    """The cells of the table of a section."""
    text = card.split(f"## {section}\n\n")[1].split("\n\n")[0]
    return [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines()[2:]]


def test_what_a_card_says(tmp_path):
    tagger = TfidfLogRegTagger(threshold={"refund": 0.3}).fit(TEXTS, SETS)
    card = model_card(tagger, {"f1_micro on 100 texts": 0.98765})
    assert card.startswith("# TfidfLogRegTagger: texts to any of 2 labels\n")
    assert "Fitted on 4 documents." in card
    assert rows(card, "Labels") == [
        [" delivery ", " 2 ", " 50.00% ", " 0.5 "],
        [" refund ", " 3 ", " 75.00% ", " 0.3 "],
    ]
    assert rows(card, "Scores") == [[r" f1\_micro on 100 texts ", " 0.9877 "]]
    assert [" C ", " &#x27;auto&#x27; "] in rows(card, "Parameters")
    assert [" skmultitext ", f" {skmultitext.__version__} "] in rows(card, "Made with")
    assert "- Licence: not stated yet." in card
    skmultitext.save(tagger, tmp_path / "model")
    saved = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert saved == model_card(tagger)
    assert model_card(skmultitext.load(tmp_path / "model")) == saved


def test_weightless_documents_do_not_count():
    tagger = TfidfLogRegTagger().fit(TEXTS, SETS, sample_weight=[1, 0, 2, 1])
    assert "Fitted on 3 documents." in model_card(tagger)
    wrapped = FixedThresholdTagger(TfidfLogRegTagger()).fit(TEXTS, SETS, sample_weight=[1, 0, 2, 1])
    assert rows(model_card(wrapped), "Labels") == [
        [" delivery ", " 1 ", " 33.33% ", " 0.5 "],
        [" refund ", " 3 ", " 100.00% ", " 0.5 "],
    ]


def test_a_tagger_tuned_on_other_documents_counts_those_it_was_fitted_on():
    fitted = TfidfLogRegTagger().fit(TEXTS, SETS)
    tuned = TunedThresholdTaggerCV(fitted, cv="prefit").fit(TEXTS[:3], SETS[:3])
    assert "Fitted on 4 documents." in model_card(tuned)


def test_pipelines_and_strangers():
    y = np.array([[0, 1], [1, 0], [1, 1], [0, 1]])
    pipeline = make_pipeline(TfidfVectorizer(), MultilabelLogisticRegression()).fit(TEXTS, y)
    card = model_card(pipeline)
    assert card.startswith("# Pipeline: texts to any of 2 labels")
    assert len(rows(card, "Labels")) == 2
    pipeline = make_pipeline(TfidfVectorizer(), OneVsRestClassifier(LogisticRegression()))
    card = model_card(pipeline.fit(TEXTS, y))
    assert card.startswith("# Pipeline: texts to labels")
    assert "## Labels" not in card
    assert "Fitted on" not in card


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "a|b\n\n# new section\r\n| x | y |",
        "[click](javascript:alert(1))",
        "![](http://evil.example/x.png)",
        "`code` *bold* __x__ ~~y~~ $z$",
        "http://evil.example www.evil.example a@evil.example",
        "back\\",
        "\u2028line\u2029 \x00\x1b[31m \ud800",
        "x" * 10_000,
    ],
)
def test_names_are_shown_and_not_run(name):
    tagger = TfidfLogRegTagger().fit(TEXTS, [[name, "b"], ["b"], [name], []])
    card = model_card(tagger, {name: 1.0})
    plain = model_card(TfidfLogRegTagger().fit(TEXTS, [["a", "b"], ["b"], ["a"], []]), {"a": 1.0})
    assert len(card.splitlines()) == len(plain.splitlines())
    cells = [row[0] for row in rows(card, "Labels") + rows(card, "Scores")]
    for cell in cells:
        assert not re.search(r"[<>]|://|www\.|@|(?<!\\)[`*\[\]()$~]", cell)
    shown = [html.unescape(re.sub(r"\\(.)", r"\1", cell)) for cell in cells]
    if len(name) < 200 and name.isprintable():
        assert f" {name} " in shown
    assert max(map(len, cells)) < 500
    card.encode("utf-8")


def test_errors():
    with pytest.raises(NotFittedError):
        model_card(TfidfLogRegTagger())
    tagger = TfidfLogRegTagger().fit(TEXTS, SETS)
    for metrics in ([("f1", 1.0)], {"f1": "good"}, 0.5):
        with pytest.raises(ValueError, match="; pass a dict of numbers by name"):
            model_card(tagger, metrics)


@pytest.mark.parametrize(
    ("estimator", "what"),
    [
        (make_pipeline("passthrough", skmultitext.TfidfLogRegTagger()), "texts"),
        (make_pipeline(None, TfidfVectorizer(), LogisticRegression()), "texts"),
        (
            make_pipeline(make_pipeline("passthrough", None), skmultitext.TfidfLogRegTagger()),
            "texts",
        ),
        (
            skmultitext.FixedThresholdTagger(
                make_pipeline("passthrough", skmultitext.TfidfLogRegTagger())
            ),
            "texts",
        ),
        (
            make_pipeline(
                FeatureUnion([("not", "drop"), ("words", TfidfVectorizer())]),
                skmultitext.MultilabelLogisticRegression(),
            ),
            "texts",
        ),
        (
            make_pipeline(
                ColumnTransformer([("some", "passthrough", [0]), ("not", "drop", [1])]),
                skmultitext.MultilabelLogisticRegression(),
            ),
            "features",
        ),
        (make_pipeline("passthrough", None, LogisticRegression()), "features"),
    ],
)
def test_steps_that_pass_on_or_drop(estimator, what, tmp_path):
    X = ["late", "refund me", "late refund", "hello"] if what == "texts" else np.eye(4)
    estimator.fit(X, [0, 1, 1, 0])
    assert f": {what} to " in model_card(estimator)
    skmultitext.save(estimator, tmp_path / "model")
    loaded = skmultitext.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict_proba(X), estimator.predict_proba(X))


def test_a_function_of_a_user_is_not_saved(tmp_path):
    code = make_pipeline(FunctionTransformer(np.log1p), LogisticRegression())
    code.fit(np.eye(4), [0, 1, 1, 0])
    with pytest.raises(ValueError, match=r"func"):
        skmultitext.save(code, tmp_path / "model")
    assert not (tmp_path / "model").exists()
