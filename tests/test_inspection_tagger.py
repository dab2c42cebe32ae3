"""The estimators inside a tagger, its label names and its predictions."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer as TheirVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from skmultitext import FixedThresholdTagger, TfidfLabelTreeTagger, TfidfLogRegTagger
from skmultitext._runtime import memory
from skmultitext.datasets import make_multilabel_text
from skmultitext.exceptions import LabelError
from skmultitext.inspection import explain, to_annotate, top_words
from skmultitext.inspection._tagger import (
    Predictions,
    find_label,
    fitted_state,
    name_labels,
    unwrap,
)

TEXTS = ["late parcel", "refund please", "late refund", "hello"] * 5
LABELS = [["delivery"], ["refund"], ["delivery", "refund"], []] * 5
INDICATOR = np.array([[1, 0], [0, 1], [1, 1], [0, 0]] * 5)


def pipeline(engine):
    return make_pipeline(TheirVectorizer(), engine)


@pytest.fixture(scope="module")
def predictions():
    return Predictions.of(TfidfLogRegTagger(C=100).fit(TEXTS, LABELS), TEXTS[:4])


def test_a_label_is_found_by_its_name():
    assert find_label("refund", ["delivery", "refund"]) == 1
    for unknown in ("refunds", 1, None):
        with pytest.raises(
            LabelError, match=f"label is {unknown!r}, but the labels of this tagger are 'del"
        ):
            find_label(unknown, ["delivery", "refund"])


@pytest.mark.parametrize(
    ("tagger", "y", "names"),
    [
        (TfidfLogRegTagger(), LABELS, ["delivery", "refund"]),
        (pipeline(LogisticRegression()), INDICATOR[:, 0], ["1"]),
        (pipeline(LogisticRegression()), ["no", "yes"] * 10, ["yes"]),
        (pipeline(OneVsRestClassifier(LogisticRegression())), INDICATOR, ["0", "1"]),
        (pipeline(RandomForestClassifier(3, random_state=0)), INDICATOR, ["0", "1"]),
    ],
    ids=["learned", "codes", "second class", "numbers", "list of classes"],
)
def test_labels_have_the_names_that_there_are(tagger, y, names):
    assert name_labels(tagger.fit(TEXTS, y), len(names)) == names


def test_probabilities_and_decisions_stand_side_by_side(predictions):
    assert predictions.names == ["delivery", "refund"]
    assert predictions.proba.dtype == np.float64
    assert predictions.decisions.dtype == bool
    assert not predictions.one_label
    np.testing.assert_array_equal(predictions.decisions, INDICATOR[:4])
    np.testing.assert_array_equal(predictions.decisions, predictions.proba > 0.5)


def test_the_label_to_explain_is_the_likeliest_or_the_one_named(predictions):
    assert predictions.labels_to_explain(None)[:2].tolist() == [0, 1]
    assert predictions.labels_to_explain("refund").tolist() == [1] * 4
    with pytest.raises(LabelError, match="label is 'login', but the labels of this tagger are"):
        predictions.labels_to_explain("login")


def test_a_document_tells_its_labels_and_the_one_explained(predictions):
    document = predictions.document(2, (), label=1, intercept=-0.5)
    assert document.labels == ("delivery", "refund")
    assert document.label == "refund"
    assert document.intercept == -0.5
    assert document.probabilities == dict(
        zip(("delivery", "refund"), predictions.proba[2].tolist(), strict=True)
    )
    empty = predictions.document(3, ())
    assert empty.labels == ()
    assert empty.label is empty.intercept is None


def test_sparse_decisions_are_read():

    tagger = TfidfLogRegTagger(C=100).fit(TEXTS, sp.csr_array(INDICATOR))
    assert sp.issparse(tagger.predict(TEXTS))
    np.testing.assert_array_equal(Predictions.of(tagger, TEXTS[:4]).decisions, INDICATOR[:4])


def test_one_label_of_two_codes_is_one_column():
    tagger = pipeline(LogisticRegression(C=100)).fit(TEXTS, ["no", "no", "yes", "no"] * 5)
    found = Predictions.of(tagger, TEXTS[:4])
    assert found.one_label
    assert found.names == ["yes"]
    assert found.decisions.tolist() == [[False], [False], [True], [False]]
    np.testing.assert_array_equal(found.proba, tagger.predict_proba(TEXTS[:4])[:, 1:])


def test_taggers_without_probabilities_or_with_many_classes_are_refused():
    svm = pipeline(OneVsRestClassifier(LinearSVC())).fit(TEXTS, INDICATOR)
    with pytest.raises(ValueError, match=r"Pipeline has no predict_proba\. Fit it inside Calib"):
        Predictions.of(svm, TEXTS)
    several = pipeline(LogisticRegression()).fit(TEXTS, [*"abcd"] * 5)
    with pytest.raises(ValueError, match=r"this tagger is multiclass, with 4 class\(es\)"):
        Predictions.of(several, TEXTS)


@pytest.mark.parametrize("function", [top_words, explain])
def test_wrong_estimators(function):
    def ask(tagger):
        return top_words(tagger, "0") if function is top_words else explain(tagger, ["late"])

    with pytest.raises(NotFittedError):
        ask(TfidfLogRegTagger())
    with pytest.raises(NotFittedError):
        ask(make_pipeline(TheirVectorizer(), LogisticRegression()))
    with pytest.raises(ValueError, match="tagger is the class TfidfLogRegTagger; pass a fitted"):
        ask(TfidfLogRegTagger)
    with pytest.raises(ValueError, match="tagger is 'tfidf'; pass a fitted tagger"):
        ask("tfidf")


def test_a_text_tagger_is_its_vectorizer_and_its_classifier():
    tagger = TfidfLogRegTagger().fit(TEXTS, LABELS)
    assert unwrap(tagger) == ([tagger.vectorizer_], tagger.classifier_)


def test_layers_are_taken_off_from_the_outside():
    search = GridSearchCV(TfidfLogRegTagger(), {"C": [1.0]}, cv=2)
    tagger = FixedThresholdTagger(make_pipeline("passthrough", search)).fit(TEXTS, LABELS)
    best = tagger.estimator_[-1].best_estimator_
    assert unwrap(tagger) == ([best.vectorizer_], best.classifier_)


def test_transformers_come_in_the_order_of_the_text():
    inner = make_pipeline(TheirVectorizer(), None, LogisticRegression())
    outer = make_pipeline(FixedThresholdClassifier(inner)).fit(TEXTS, [0, 1, 1, 0] * 5)
    transformers, estimator = unwrap(outer)
    assert transformers == [outer[-1].estimator_[0]]
    assert estimator is outer[-1].estimator_[-1]


def test_what_is_no_tagger_is_left_alone():
    classifier = LogisticRegression()
    assert unwrap(classifier) == ([], classifier)


def test_only_a_fitted_estimator_passes():
    fitted = TfidfLogRegTagger().fit(TEXTS, LABELS)
    assert vars(fitted_state(fitted)) == vars(fitted)
    assert fitted_state(fitted) is not fitted  # a fit in another thread does not change it
    with pytest.raises(NotFittedError, match="This LogisticRegression instance is not fitted yet"):
        fitted_state(LogisticRegression())
    with pytest.raises(ValueError, match="tagger is the class LogisticRegression; pass a fitted t"):
        fitted_state(LogisticRegression)
    with pytest.raises(ValueError) as refused:
        fitted_state(["x"] * 100)
    assert str(refused.value) == (
        "tagger is ['x', 'x', 'x', 'x', 'x', 'x', ...]; pass a fitted tagger."
    )


@pytest.fixture(scope="module")
def sparse_tagger():
    texts, y = make_multilabel_text(
        300, n_labels=40, label_distribution="zipf", random_state=0, return_X_y=True
    )
    return TfidfLabelTreeTagger(max_leaf=5, random_state=0).fit(texts, y), texts


def test_sparse_probabilities_of_a_tree_are_read(sparse_tagger):
    tagger, texts = sparse_tagger
    found = Predictions.of(tagger, texts[:9])
    np.testing.assert_allclose(found.proba, tagger.predict_proba(texts[:9]).toarray(), atol=1e-300)
    assert found.proba.min() > 0
    assert found.proba.max() < 1
    np.testing.assert_array_equal(found.decisions, tagger.predict(texts[:9]).toarray() > 0)
    assert len(explain(tagger, texts[:2], method="occlusion")) == 2
    assert len(to_annotate(tagger, texts[:50], 5).documents) == 5


def test_probabilities_that_do_not_fit_when_dense_are_refused(sparse_tagger, monkeypatch):
    tagger, texts = sparse_tagger
    monkeypatch.setattr(memory, "memory_limit", lambda: 50_000)
    with pytest.raises(MemoryError, match=r"^to_annotate of 300 documents with 40 labels would t"):
        to_annotate(tagger, texts, 5)
    assert len(to_annotate(tagger, texts[:20], 5).documents) == 5
