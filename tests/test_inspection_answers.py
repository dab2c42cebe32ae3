"""What any tagger answers: probabilities and labels by name."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer as TheirVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from skmultitext import TfidfLogRegTagger
from skmultitext.exceptions import LabelError
from skmultitext.inspection._answers import Answers, find_label, name_labels

TEXTS = ["late parcel", "refund please", "late refund", "hello"] * 5
LABELS = [["delivery"], ["refund"], ["delivery", "refund"], []] * 5
INDICATOR = np.array([[1, 0], [0, 1], [1, 1], [0, 0]] * 5)


def pipeline(engine):
    return make_pipeline(TheirVectorizer(), engine)


@pytest.fixture(scope="module")
def answers():
    return Answers.ask(TfidfLogRegTagger(C=100).fit(TEXTS, LABELS), TEXTS[:4])


def test_a_label_is_found_by_its_name():
    assert find_label("refund", ["delivery", "refund"]) == 1
    for unknown in ("refunds", 1, None):
        with pytest.raises(LabelError, match=f"label is {unknown!r}, but this tagger knows 'del"):
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


def test_probabilities_and_decisions_stand_side_by_side(answers):
    assert answers.names == ["delivery", "refund"]
    assert answers.proba.dtype == np.float64
    assert answers.decisions.dtype == bool
    assert not answers.one_label
    np.testing.assert_array_equal(answers.decisions, INDICATOR[:4])
    np.testing.assert_array_equal(answers.decisions, answers.proba > 0.5)


def test_the_label_to_explain_is_the_likeliest_or_the_one_named(answers):
    assert answers.labels_to_explain(None)[:2].tolist() == [0, 1]
    assert answers.labels_to_explain("refund").tolist() == [1] * 4
    with pytest.raises(LabelError, match="label is 'login', but this tagger knows"):
        answers.labels_to_explain("login")


def test_a_document_tells_its_labels_and_the_one_explained(answers):
    document = answers.document(2, (), label=1, intercept=-0.5)
    assert document.labels == ("delivery", "refund")
    assert document.label == "refund"
    assert document.intercept == -0.5
    assert document.probabilities == dict(
        zip(("delivery", "refund"), answers.proba[2].tolist(), strict=True)
    )
    empty = answers.document(3, ())
    assert empty.labels == ()
    assert empty.label is empty.intercept is None


def test_sparse_decisions_are_read():

    tagger = TfidfLogRegTagger(C=100).fit(TEXTS, sp.csr_array(INDICATOR))
    assert sp.issparse(tagger.predict(TEXTS))
    np.testing.assert_array_equal(Answers.ask(tagger, TEXTS[:4]).decisions, INDICATOR[:4])


def test_one_label_of_two_codes_is_one_column():
    tagger = pipeline(LogisticRegression(C=100)).fit(TEXTS, ["no", "no", "yes", "no"] * 5)
    found = Answers.ask(tagger, TEXTS[:4])
    assert found.one_label
    assert found.names == ["yes"]
    assert found.decisions.tolist() == [[False], [False], [True], [False]]
    np.testing.assert_array_equal(found.proba, tagger.predict_proba(TEXTS[:4])[:, 1:])


def test_taggers_without_probabilities_or_with_many_classes_are_refused():
    svm = pipeline(OneVsRestClassifier(LinearSVC())).fit(TEXTS, INDICATOR)
    with pytest.raises(ValueError, match=r"Pipeline has no predict_proba\. Fit it inside Calib"):
        Answers.ask(svm, TEXTS)
    several = pipeline(LogisticRegression()).fit(TEXTS, [*"abcd"] * 5)
    with pytest.raises(ValueError, match="tells 4 classes apart, of which a text has one; explain"):
        Answers.ask(several, TEXTS)
