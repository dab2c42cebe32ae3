"""`top_words` and `explain`: which tagger, which label, which method."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.feature_extraction.text import TfidfVectorizer as TheirVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from skmultitext import (
    CalibratedTaggerCV,
    FixedThresholdTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
)
from skmultitext.datasets import load_support_tickets
from skmultitext.exceptions import DocumentError, LabelError
from skmultitext.inspection import TextExplanation, explain, top_words

TEXTS = ["refund my lamp", "my parcel is late", "late box, refund please", "hello lamp parcel"] * 6
LABELS = [["refund"], ["delivery"], ["delivery", "refund"], []] * 6
INDICATOR = np.array([[0, 1], [1, 0], [1, 1], [0, 0]] * 6)


@pytest.fixture(scope="module")
def tagger():
    return TfidfLogRegTagger(C=100).fit(TEXTS, LABELS)


def test_top_words_are_the_greatest_weights_of_the_label(ticket_tagger):
    found = top_words(ticket_tagger, "refund", n=5)
    coef = ticket_tagger.coef_[ticket_tagger.label_names_.tolist().index("refund")]
    terms = ticket_tagger.get_feature_names_out()
    assert [weight for _, weight in found] == sorted(coef, reverse=True)[:5]
    assert [word for word, _ in found] == terms[np.argsort(-coef)[:5]].tolist()
    assert found[0][0] == "refund"


def test_top_words_are_words_that_speak_for_the_label(tagger):
    words = {word for word, _ in top_words(tagger, "delivery", n=50)}
    assert "late" in words
    assert not words & {"hello", "lamp"}
    assert all(weight > 0 for _, weight in top_words(tagger, "delivery", n=50))


def test_top_words_through_all_that_leaves_the_order_of_words_alone(tagger):
    expected = top_words(tagger, "refund")
    wrapped = [
        FixedThresholdTagger(tagger, threshold=0.2).fit(TEXTS, LABELS),
        TunedThresholdTaggerCV(tagger, cv=2).fit(TEXTS, LABELS),
        GridSearchCV(TfidfLogRegTagger(), {"C": [100]}, cv=2).fit(TEXTS, INDICATOR),
        CalibratedTaggerCV(tagger, cv="prefit").fit(TEXTS, LABELS),
        make_pipeline("passthrough", tagger),
    ]
    for other in wrapped:
        label = "1" if isinstance(other, GridSearchCV) else "refund"
        assert top_words(other, label) == expected


@pytest.mark.parametrize(
    "classifier",
    [
        MultilabelLogisticRegression(100),
        OneVsRestClassifier(LogisticRegression(C=100)),
        OneVsRestClassifier(LinearSVC()),
    ],
    ids=["ours", "theirs", "svm"],
)
def test_top_words_of_a_pipeline(classifier):
    pipeline = make_pipeline(TheirVectorizer(), classifier).fit(TEXTS, INDICATOR)
    assert top_words(pipeline, "0", n=1)[0][0] == "late"
    assert top_words(pipeline, "1", n=1)[0][0] == "refund"
    with pytest.raises(
        LabelError, match="label is 'refund', but the labels of this tagger are '0', '1'"
    ):
        top_words(pipeline, "refund")


def test_the_label_of_a_binary_problem_is_its_second_class():
    binary = make_pipeline(TheirVectorizer(), LogisticRegression())
    binary.fit(TEXTS, ["late" if row[0] else "fine" for row in INDICATOR])
    assert top_words(binary, "late", n=1)[0][0] == "late"
    document = explain(binary, ["late parcel"])[0]
    assert set(document.probabilities) == {"late"}
    assert document.labels == ("late",)


def test_explain_tells_probabilities_and_labels_of_the_outer_tagger(tagger):
    generous = FixedThresholdTagger(tagger, threshold=0.001).fit(TEXTS, LABELS)
    document = explain(generous, ["refund"])[0]
    assert document.labels == ("delivery", "refund")
    assert document.label == "refund"  # the most probable one
    np.testing.assert_allclose(
        list(document.probabilities.values()), generous.predict_proba(["refund"])[0]
    )
    assert explain(tagger, ["refund"])[0].labels == ("refund",)
    assert explain(tagger, ["refund"], label="delivery")[0].label == "delivery"


def test_the_method_that_suits(tagger):
    forest = make_pipeline(TheirVectorizer(), RandomForestClassifier(5, random_state=0))
    forest.fit(TEXTS, INDICATOR)
    assert explain(forest, ["refund my lamp"])[0].intercept is None
    assert explain(forest, ["refund my lamp"])[0].sentences[0].words == ("refund", "my", "lamp")
    assert explain(tagger, ["refund"])[0].intercept == pytest.approx(tagger.intercept_[1])
    assert explain(tagger, ["refund"], method="occlusion")[0].intercept is None


@pytest.mark.slow
def test_attention_of_a_network_and_what_wraps_it():
    pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
    from skmultitext import KerasHANTagger

    network = KerasHANTagger(
        embedding_dim=4, units=4, max_epochs=1, early_stopping=False, random_state=0
    )
    wrapped = FixedThresholdTagger(network, threshold=0.0).fit(TEXTS, LABELS)
    network = wrapped.estimator_
    texts = ["Late parcel. Refund my lamp!", ""]
    document, empty = explain(wrapped, texts)
    np.testing.assert_allclose(
        document.sentences[0].word_weights,
        network.explain(texts)[0].sentences[0].word_weights,
    )
    assert document.label is None
    assert document.labels == ("delivery", "refund")
    assert empty.sentences == ()
    occluded = explain(network, texts, label="refund")[0]
    assert occluded.label == "refund"
    assert len(occluded.sentences[0].words) == 7
    with pytest.raises(ValueError, match="attention is for all labels together"):
        explain(network, texts, label="refund", method="attention")


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["torch", "tensorflow"])
def test_words_of_a_transformer(framework):
    pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")
    pytest.importorskip(
        {"torch": "torch", "tensorflow": "keras_hub"}[framework],
        reason=f"needs the engine of framework='{framework}'",
    )
    import transformer_toys as toys

    texts, y = toys.make_texts()
    tagger = toys.tiny(framework=framework, max_epochs=8).fit(texts, y)
    document = explain(tagger, ["hello parcel and you"], label="0")[0]
    weights = dict(
        zip(document.sentences[0].words, document.sentences[0].word_weights, strict=True)
    )
    assert max(weights, key=weights.get) == "parcel"  # the word of this label
    full, without = tagger.decision_function(["hello parcel and you", "hello  and you"])[:, 0]
    assert weights["parcel"] == pytest.approx(full - without, abs=1e-4)


def test_hostile_texts_and_names_stay_text(tagger):
    hostile = "<script>alert('late')</script>"
    html = explain(tagger, [hostile], method="occlusion")._repr_html_()
    assert "&lt;" in html
    assert "<script" not in html
    texts = ["<script>alert(1)</script> late", "fine"] * 4
    named = TfidfLogRegTagger(token_pattern=r"\S+").fit(texts, [["<img src=x>"], []] * 4)
    result = explain(named, texts[:1])
    assert isinstance(result, TextExplanation)
    assert "<script" in str(result)
    assert "<script" not in result._repr_html_()
    assert "<img" not in result._repr_html_()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in result._repr_html_()


def test_bad_input(tagger):
    with pytest.raises(
        LabelError,
        match="label is 'refunds', but the labels of this tagger are 'delivery', 'refund'",
    ):
        top_words(tagger, "refunds")
    with pytest.raises(
        LabelError, match="label is 3, but the labels of this tagger are 'delivery', 'refund'"
    ):
        explain(tagger, ["late"], label=3)
    for n in (0, 2.0, True, "5"):
        with pytest.raises(ValueError, match=f"n is {n!r}; pass an int of at least 1"):
            top_words(tagger, "refund", n=n)
    with pytest.raises(ValueError, match="method is 'lime'; pass one of 'auto', 'contributions'"):
        explain(tagger, ["late"], method="lime")
    with pytest.raises(DocumentError, match="X is a single str"):
        explain(tagger, "late")
    with pytest.raises(DocumentError, match=r"X\[1\] is missing"):
        explain(tagger, ["late", None])
    with pytest.raises(ValueError, match="method='attention' needs a KerasHANTagger"):
        explain(tagger, ["late"], method="attention")


def test_taggers_that_are_not_linear_or_know_no_words():
    forest = make_pipeline(TheirVectorizer(), RandomForestClassifier(2)).fit(TEXTS, INDICATOR)
    with pytest.raises(ValueError, match=r"top_words needs a linear classifier .* this is Random"):
        top_words(forest, "0")
    with pytest.raises(ValueError, match="method='contributions' needs a linear classifier"):
        explain(forest, ["late"], method="contributions")
    features = MultilabelLogisticRegression().fit(np.eye(4), INDICATOR[:4])
    with pytest.raises(ValueError, match="MultilabelLogisticRegression was fitted on features"):
        top_words(features, "0")
    hashed = make_pipeline(HashingVectorizer(n_features=64), MultilabelLogisticRegression())
    with pytest.raises(ValueError, match="features of HashingVectorizer have no names"):
        top_words(hashed.fit(TEXTS, INDICATOR), "0")
    svm = make_pipeline(TheirVectorizer(), OneVsRestClassifier(LinearSVC())).fit(TEXTS, INDICATOR)
    with pytest.raises(ValueError, match=r"Pipeline has no predict_proba. Fit it inside Calibrat"):
        explain(svm, ["late"])
    several = make_pipeline(TheirVectorizer(), LogisticRegression()).fit(TEXTS, [*"abcd"] * 6)
    with pytest.raises(ValueError, match="explain needs binary or multi-label data; this"):
        explain(several, ["late"])


def test_on_the_bundled_corpus(ticket_tagger):
    tickets = load_support_tickets()
    found = explain(ticket_tagger, tickets.data[:20])
    assert len(found) == 20
    assert len(found[3:5]) == 2
