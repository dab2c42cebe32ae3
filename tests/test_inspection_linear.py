"""Contributions of terms are exact: with the intercept they are the logit."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.feature_extraction.text import TfidfVectorizer as TheirVectorizer
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler

from skmultitext import CalibratedTaggerCV, TfidfLogRegTagger
from skmultitext.feature_extraction import TfidfUnion, TfidfVectorizer
from skmultitext.inspection import explain, top_words
from skmultitext.inspection._linear import find_linear_model, linear_parts


def shout(texts):
    return [text.upper() for text in texts]


def sums(explanation):
    return [
        d.intercept + sum(float(s.word_weights.sum()) for s in d.sentences) for d in explanation
    ]


@pytest.fixture(scope="module")
def data(tickets):
    return tickets.data[:200], tickets.target[:200]


@pytest.mark.parametrize("ngram_range", [(1, 1), (1, 2)])
def test_contributions_and_intercept_are_the_logit(data, ngram_range):
    texts, y = data
    tagger = TfidfLogRegTagger(ngram_range=ngram_range, sublinear_tf=True).fit(texts, y)
    asked = [*texts[:30], "", "no such wordsatall", "late late LATE"]
    logits = tagger.decision_function(asked)
    for j in range(y.shape[1]):
        found = explain(tagger, asked, label=str(j))
        np.testing.assert_allclose(sums(found), logits[:, j], rtol=0, atol=1e-10)
    assert explain(tagger, [""])[0].sentences == ()


@pytest.mark.filterwarnings("ignore:Label .* is present in all training examples")
@pytest.mark.parametrize(
    "classifier",
    [
        OneVsRestClassifier(LogisticRegression(C=3)),
        MultiOutputClassifier(LogisticRegression(fit_intercept=False)),
    ],
    ids=["one-vs-rest", "multi-output"],
)
def test_pipelines_of_scikit_learn(data, classifier):
    texts, y = data
    y = y[:, y.any(axis=0)]
    if isinstance(classifier, OneVsRestClassifier):
        y = np.column_stack([y, np.ones(len(y), int)])  # constant: its score is its code
    steps = (FunctionTransformer(shout), TheirVectorizer(), SelectKBest(chi2, k=200))
    pipeline = make_pipeline(*steps, MaxAbsScaler(), classifier).fit(texts, y)
    fitted = pipeline[-1]
    features = pipeline[:-1].transform(texts[:20])
    scores = np.column_stack([part.decision_function(features) for part in fitted.estimators_])
    for j in range(y.shape[1]):
        found = explain(pipeline, texts[:20], label=str(j))
        np.testing.assert_allclose(sums(found), scores[:, j], rtol=0, atol=1e-10)
    assert len(top_words(pipeline, "0", n=3)) == 3


def test_a_calibrated_tagger_is_explained_before_calibration(data):
    texts, y = data
    inner = TfidfLogRegTagger(loss="log_loss", ngram_range=(1, 1)).fit(texts, y)
    calibrated = CalibratedTaggerCV(inner, cv="prefit", min_sigmoid=1).fit(texts, y)
    found = explain(calibrated, texts[:5], label="0")
    np.testing.assert_allclose(sums(found), inner.decision_function(texts[:5])[:, 0], atol=1e-10)


@pytest.mark.parametrize(
    "steps",
    [
        (TfidfVectorizer(sublinear_tf=True), MaxAbsScaler()),
        (TheirVectorizer(ngram_range=(1, 2)),),
        (CountVectorizer(lowercase=False), TfidfTransformer()),
        (TfidfUnion([("w", TfidfVectorizer()), ("c", TfidfVectorizer(analyzer="char_wb"))]),),
        (TfidfVectorizer(), SelectKBest(chi2, k=200)),
        (FeatureUnion([("w", TfidfVectorizer())]),),
    ],
    ids=["ours", "n-grams", "counts", "union", "selection", "another union"],
)
def test_terms_are_looked_up_where_they_can_be(data, steps, monkeypatch):
    texts, y = data
    y = y[:, y.any(axis=0)]
    pipeline = make_pipeline(*map(clone, steps), OneVsRestClassifier(LogisticRegression()))
    pipeline.fit(texts, y)
    features = sp.csr_array(pipeline[:-1].transform(["My parcel is late, LATE"]))
    expected = sorted(pipeline[:-1].get_feature_names_out()[features.indices])
    if not isinstance(pipeline[-2], SelectKBest) and type(pipeline[0]) is not FeatureUnion:
        monkeypatch.delattr(CountVectorizer, "get_feature_names_out")  # that of all vectorizers
    (sentence,) = explain(pipeline, ["My parcel is late, LATE"], label="0")[0].sentences
    assert sorted(sentence.words) == expected


def test_parameters_set_after_the_fit_do_not_change_the_terms(data):
    tagger = TfidfLogRegTagger(loss="log_loss", ngram_range=(1, 1)).fit(*data)
    before = explain(tagger, ["my parcel is LATE"], label="0")[0].sentences[0].words
    tagger.vectorizer_.set_params(lowercase=False)
    assert explain(tagger, ["my parcel is LATE"], label="0")[0].sentences[0].words == before


def test_terms_come_once_the_strongest_first(data):
    tagger = TfidfLogRegTagger(loss="log_loss", ngram_range=(1, 1)).fit(*data)
    (sentence,) = explain(tagger, ["please refund the late late parcel"])[0].sentences
    assert sorted(sentence.words) == ["late", "parcel", "please", "refund", "the"]
    assert (np.diff(np.abs(sentence.word_weights)) <= 0).all()


def test_pruned_weights_stay_sparse(data):
    texts, y = data
    tagger = TfidfLogRegTagger(prune=0.3).fit(texts, y)
    assert sp.issparse(find_linear_model([tagger.vectorizer_], tagger.classifier_, "x").coef)
    for j in (0, 3):
        found = explain(tagger, texts[:9], label=str(j))
        np.testing.assert_allclose(sums(found), tagger.decision_function(texts[:9])[:, j])
        row = tagger.coef_[[j]].toarray().ravel()
        assert [weight for _, weight in top_words(tagger, str(j), n=2)] == sorted(row)[:-3:-1]


def test_sparse_weights_and_weights_of_one_row(data):
    texts, y = data
    features = TheirVectorizer().fit(texts)
    binary = LogisticRegression().fit(features.transform(texts), y[:, 0])
    dense = find_linear_model([features], binary, "this").weights(0)
    sparse = find_linear_model([features], binary.sparsify(), "this")
    assert sp.issparse(sparse.coef)
    np.testing.assert_array_equal(sparse.weights(0), dense)
    ovr = OneVsRestClassifier(LogisticRegression()).fit(features.transform(texts), y)
    before = find_linear_model([features], ovr, "this").coef
    for part in ovr.estimators_:
        part.sparsify()
    np.testing.assert_array_equal(find_linear_model([features], ovr, "this").coef, before)
    ridge = RidgeClassifier().fit(features.transform(texts), y)
    ((coef, intercept),) = linear_parts(ridge)
    assert coef.shape == (y.shape[1], len(dense))
    assert intercept.shape == (y.shape[1],)
