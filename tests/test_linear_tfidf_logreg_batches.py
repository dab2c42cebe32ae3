"""TF-IDF and logistic regression on texts that arrive in batches."""

import pickle

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import skmultitext
from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger, TfidfLogRegTaggerCV
from skmultitext.datasets import load_support_tickets
from skmultitext.exceptions import LabelError
from skmultitext.feature_extraction import TfidfVectorizer

TICKETS = load_support_tickets()
TEXTS, SETS, NAMES = TICKETS.data, TICKETS.label_sets, TICKETS.target_names
PARTS = [slice(0, 60), slice(60, 100), slice(100, len(TEXTS))]


def learn(tagger, texts=TEXTS, y=SETS, weight=None, **first):
    for part in PARTS:
        own = None if weight is None else weight[part]
        tagger.partial_fit(texts[part], y[part], sample_weight=own, **first)
        first = {}
    return tagger


def by_hand(C=2.0, y=SETS, weight=None, **parameters):
    vectorizer = TfidfVectorizer(
        ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\w+|[^\w\s]"
    )
    classifier = MultilabelLogisticRegression(C, labels=NAMES, **parameters)
    for part in PARTS:
        texts, own, target = TEXTS[part], None, y[part]
        if weight is not None:
            kept = np.flatnonzero(weight[part])
            texts, own, target = [texts[i] for i in kept], weight[part][kept], target[kept]
        if part is PARTS[0]:
            X = vectorizer.fit_transform(texts, sample_weight=own)
        else:
            X = vectorizer.transform(texts)
        classifier.partial_fit(X, target, sample_weight=own)
    return classifier, classifier.predict_proba(vectorizer.transform(TEXTS))


@pytest.mark.parametrize(
    "parameters",
    [{}, {"C": 3.0, "class_weight": {NAMES[0]: 4.0}, "threshold": {NAMES[1]: 0.2}, "n_jobs": 2}],
)
def test_it_is_the_vectorizer_of_the_first_batch_and_partial_fit(parameters):
    tagger = learn(TfidfLogRegTagger(labels=NAMES, **parameters))
    classifier, proba = by_hand(**parameters)
    np.testing.assert_array_equal(tagger.predict_proba(TEXTS), proba)
    np.testing.assert_array_equal(tagger.predict(TEXTS), proba > classifier.thresholds_)
    assert tagger.n_iter_.tolist() == [3] * len(NAMES)
    assert tagger.label_names_.tolist() == list(NAMES)


def test_weights_and_unknown_labels_act_as_in_partial_fit_of_the_classifier():
    rng = np.random.RandomState(0)
    weight = rng.randint(0, 3, len(TEXTS)).astype(float)
    y = TICKETS.target.astype(float)
    y[rng.rand(*y.shape) < 0.2] = np.nan
    tagger = learn(TfidfLogRegTagger(labels=NAMES), y=y, weight=weight)
    _, proba = by_hand(y=y, weight=weight)
    np.testing.assert_array_equal(tagger.predict_proba(TEXTS), proba)


def test_the_first_vocabulary_stays_and_new_words_are_ignored():
    tagger = TfidfLogRegTagger(labels=["late"]).partial_fit(
        ["parcel late", "hello"], [["late"], []]
    )
    terms = tagger.get_feature_names_out().tolist()
    idf = tagger.vectorizer_.idf_
    tagger.partial_fit(["unheard words", "late"], [[], ["late"]])
    assert (
        tagger.get_feature_names_out().tolist()
        == terms
        == ["hello", "late", "parcel", "parcel late"]
    )
    np.testing.assert_array_equal(tagger.vectorizer_.idf_, idf)


def test_it_continues_from_fit():
    fitted = TfidfLogRegTagger().fit(TEXTS[:60], TICKETS.target[:60])
    classifier = pickle.loads(pickle.dumps(fitted.classifier_))
    fitted.partial_fit(TEXTS[60:], TICKETS.target[60:])
    X = fitted.vectorizer_.transform(TEXTS)
    assert classifier.sigmoid_ is not None
    classifier.set_params(C=2.0).partial_fit(X[60:], TICKETS.target[60:])
    np.testing.assert_array_equal(fitted.predict_proba(TEXTS), classifier.predict_proba(X))


def test_the_loss_is_the_logistic_one_and_its_c_is_taken():
    online = learn(TfidfLogRegTagger(labels=NAMES))
    assert online.classifier_.get_params()["loss"] == "log_loss"
    assert online.classifier_.sigmoid_ is None
    for settings in ({"loss": "log_loss"}, {"C": 2.0}):
        same = learn(TfidfLogRegTagger(labels=NAMES, **settings))
        np.testing.assert_array_equal(same.coef_, online.coef_)
    other = learn(TfidfLogRegTagger(0.1, labels=NAMES))
    assert np.abs(other.coef_).sum() < 0.5 * np.abs(online.coef_).sum()


def test_a_label_is_constant_until_it_varies():
    tagger = TfidfLogRegTagger()
    tagger.partial_fit(["parcel late", "hello"], [["late"], []], classes=["late", "lost"])
    assert tagger.decision_function(["hello"])[0, 1] == -16.0
    tagger.partial_fit(["parcel lost", "hello"], [["lost"], []])
    assert -16.0 < tagger.decision_function(["hello"])[0, 1] < 0


def test_files_and_pickles_continue_alike(tmp_path):
    tagger = TfidfLogRegTagger(labels=NAMES).partial_fit(TEXTS[:60], SETS[:60])
    skmultitext.save(tagger, tmp_path / "model")
    copies = [pickle.loads(pickle.dumps(tagger)), skmultitext.load(tmp_path / "model")]
    expected = tagger.partial_fit(TEXTS[60:], SETS[60:]).predict_proba(TEXTS)
    for copied in copies:
        copied.partial_fit(TEXTS[60:], SETS[60:])
        np.testing.assert_array_equal(copied.predict_proba(TEXTS), expected)


@pytest.mark.parametrize(
    ("parameters", "texts", "y", "message"),
    [
        ({"class_weight": "balanced"}, TEXTS, SETS, 'class_weight="balanced" needs all labels at'),
        ({"prune": 0.1}, TEXTS, SETS, r"prune=0\.1 is for fit only"),
        ({}, TEXTS, SETS[:-1], "X has 240 rows, y has 239|inconsistent numbers of samples"),
        ({}, TEXTS[:2], [["unheard"], []], "y holds the unknown labels 'unheard'"),
        ({}, ["text", None], [[], []], r"X\[1\] is missing \(None\)"),
    ],
)
def test_an_error_changes_nothing(parameters, texts, y, message):
    fresh = TfidfLogRegTagger(**parameters)
    if parameters:
        with pytest.raises(ValueError, match=message):
            fresh.partial_fit(texts, y)
        with pytest.raises(NotFittedError):
            fresh.predict(TEXTS)
        return
    tagger = learn(TfidfLogRegTagger(labels=NAMES))
    expected = tagger.predict_proba(TEXTS)
    with pytest.raises(ValueError, match=message):
        tagger.partial_fit(texts, y)
    np.testing.assert_array_equal(tagger.predict_proba(TEXTS), expected)


def test_a_later_batch_must_have_the_same_classes():
    tagger = TfidfLogRegTagger(labels=NAMES).partial_fit(TEXTS, SETS)
    with pytest.raises(LabelError, match="classes is 'a', but the first call of partial_fit"):
        tagger.partial_fit(TEXTS, SETS, classes=["a"])


def test_where_there_is_no_partial_fit_the_error_says_why():
    # scikit-learn raises the reason as the cause of its own error
    with pytest.raises(AttributeError, match="has no attribute 'partial_fit'") as error:
        TfidfLogRegTaggerCV().partial_fit(TEXTS, SETS)
    assert "TfidfLogRegTaggerCV has no partial_fit: it finds C by cross-validation" in str(
        error.value.__cause__
    )
