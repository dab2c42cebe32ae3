"""The way of every tagger, tested on the linear ones."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn import config_context
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_is_fitted

from skmultitext import (
    FixedThresholdTagger,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
    base,
)
from skmultitext._runtime.threads import StoppedFit

TEXTS = ["refund my lamp", "my parcel is late", "late lamp, refund please", "hello there"]
SETS = [["refund"], ["delivery"], ["delivery", "refund"], []]


def test_a_failed_fit_leaves_nothing_behind():
    tagger = TfidfLogRegTagger()
    with pytest.raises(ValueError, match="X has 4 rows, y has 3"):
        tagger.fit(TEXTS, SETS[:3])
    with pytest.raises(NotFittedError):
        tagger.predict(TEXTS)
    assert vars(tagger) == TfidfLogRegTagger().get_params()


def test_a_failed_refit_keeps_the_model_that_was_there():
    tagger = TfidfLogRegTagger().fit(TEXTS, SETS)
    proba = tagger.predict_proba(TEXTS)
    with pytest.raises(ValueError, match="min_df=4"):
        tagger.set_params(min_df=4).fit(TEXTS, SETS)
    np.testing.assert_array_equal(tagger.predict_proba(TEXTS), proba)


def test_a_failed_refit_on_features_keeps_the_number_of_features():
    rng = np.random.RandomState(0)
    X, y = rng.randn(8, 3), np.eye(2, dtype=int)[[0, 1] * 4]
    tagger = MultilabelLogisticRegression().fit(X, y)
    with pytest.raises(ValueError, match="must hold 0 and 1 only"):
        tagger.fit(X[:, :2], y * 2)
    assert tagger.n_features_in_ == 3
    assert tagger.predict(X).shape == (8, 2)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function", "score"])
def test_an_unfitted_tagger_says_so(method):
    arguments = (TEXTS, SETS) if method == "score" else (TEXTS,)
    with pytest.raises(NotFittedError):
        getattr(TfidfLogRegTagger(), method)(*arguments)


def test_probabilities_stay_strictly_inside_0_and_1():
    X = np.array([[-1e4], [-1.0], [1.0], [1e4]])
    tagger = MultilabelLogisticRegression(C=1e6).fit(X, [0, 0, 1, 1])
    proba = tagger.predict_proba(X * 1e4)
    assert (proba > 0).all()
    assert (proba < 1).all()


def test_a_probability_at_the_threshold_is_a_no():
    tagger = TfidfLogRegTagger().fit(TEXTS, SETS)
    proba = tagger.predict_proba(TEXTS)
    tagger = TfidfLogRegTagger(threshold=[proba[0, 0], 0.5]).fit(TEXTS, SETS)
    assert tagger.predict(TEXTS)[0, 0] == 0
    below = np.nextafter(proba[0, 0], 0)
    assert TfidfLogRegTagger(threshold=[below, 0.5]).fit(TEXTS, SETS).predict(TEXTS)[0, 0] == 1


def test_score_is_exact_match_whatever_the_form_of_y(ticket_tagger, tickets):
    expected = accuracy_score(tickets.target, ticket_tagger.predict(tickets.data))
    for y in (tickets.target, tickets.label_sets, sp.csr_array(tickets.target)):
        assert ticket_tagger.score(tickets.data, y) == expected


def test_a_label_unknown_to_the_tagger_counts_as_missed():
    tagger = TfidfLogRegTagger(C=1e3).fit(TEXTS, SETS)
    assert tagger.score(TEXTS, SETS) == 1.0
    assert tagger.score(TEXTS, [*SETS[:3], ["greeting"]]) == 0.75


def test_score_weighs_documents():
    tagger = TfidfLogRegTagger(C=1e3).fit(TEXTS, SETS)
    wrong_last = [*SETS[:3], ["refund"]]
    assert tagger.score(TEXTS, wrong_last, sample_weight=[1, 1, 1, 5]) == 3 / 8


def test_weight_zero_equals_removal_also_of_a_labels_only_positive():
    weight = [1, 0, 0, 1]
    tagger = TfidfLogRegTagger(ngram_range=(1, 1)).fit(TEXTS, SETS, sample_weight=weight)
    assert set(tagger.vectorizer_.vocabulary_) == {"refund", "my", "lamp", "hello", "there"}
    assert tagger.predict_proba(["late parcel"])[0, 0] < 1e-6  # 'delivery' is constant


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1, 1, 1, -1], "Negative values in data passed to sample_weight"),
        ([1, 1], r"sample_weight has shape \(2,\)"),
        ([1, 1, np.nan, 1], "sample_weight contains NaN"),
        ([0, 0, 0, 0], "sample_weight|Sample weights"),
    ],
)
def test_wrong_weights(weight, message):
    with pytest.raises(ValueError, match=message):
        TfidfLogRegTagger().fit(TEXTS, SETS, sample_weight=weight)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([0, 0, 0, 0], "Sample weights must contain at least one non-zero|sample_weight"),
        ([1, 1], r"sample_weight has shape \(2,\)"),
        ([1, 1, 1, -1], "Negative values"),
    ],
)
def test_wrong_weights_of_a_score(weight, message):
    tagger = TfidfLogRegTagger().fit(TEXTS, SETS)
    with pytest.raises(ValueError, match=message):
        tagger.score(TEXTS, SETS, sample_weight=weight)


def test_sparse_y_gives_sparse_predictions():
    y = sp.csc_matrix([[0, 1], [1, 0], [1, 1], [0, 0]])
    predicted = TfidfLogRegTagger(C=1e3).fit(TEXTS, y).predict(TEXTS)
    assert isinstance(predicted, sp.csr_matrix)
    assert predicted.dtype == np.int64
    assert predicted.toarray().tolist() == y.toarray().tolist()


def test_a_fitted_tagger_pickles(ticket_tagger, tickets):
    again = pickle.loads(pickle.dumps(ticket_tagger))
    check_is_fitted(again)
    np.testing.assert_array_equal(
        again.predict_proba(tickets.data), ticket_tagger.predict_proba(tickets.data)
    )
    assert again.predict_labels(["where is my refund"]) == ticket_tagger.predict_labels(
        ["where is my refund"]
    )


def test_metadata_routing_of_sample_weight():
    with config_context(enable_metadata_routing=True):
        tagger = TfidfLogRegTagger().set_fit_request(sample_weight=True)
    assert tagger.get_metadata_routing().fit.requests == {"sample_weight": True}


def test_the_most_probable_labels():
    tagger = TfidfLogRegTagger().fit(TEXTS, SETS)
    proba = tagger.predict_proba(TEXTS)
    labels, found = tagger.predict_topk(TEXTS, 2)
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(labels, np.argsort(-proba, axis=1, kind="stable"))
    np.testing.assert_array_equal(found, -np.sort(-proba, axis=1))
    binary = TfidfLogRegTagger().fit(TEXTS, ["no", "yes", "yes", "no"])
    labels, found = binary.predict_topk(TEXTS, 1)
    assert labels.tolist() == [[0]] * 4
    np.testing.assert_array_equal(found[:, 0], binary.predict_proba(TEXTS)[:, 1])


@pytest.mark.parametrize("k", [0, 3, 1.0, True, None])
def test_a_wrong_number_of_most_probable_labels(k):
    tagger = TfidfLogRegTagger().fit(TEXTS, SETS)
    with pytest.raises(ValueError, match=f"k is {k!r}; pass an integer from 1 to n_labels=2."):
        tagger.predict_topk(TEXTS, k)
    with pytest.raises(NotFittedError):
        TfidfLogRegTagger().predict_topk(TEXTS, k)


def make_wrapped():
    return FixedThresholdTagger(MultilabelLogisticRegression(), max_labels=2)


@pytest.mark.parametrize("make", [MultilabelLogisticRegression, make_wrapped])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array])
def test_blocks_of_rows_give_the_same_as_all_at_once(make, form, monkeypatch):
    rng = np.random.RandomState(0)
    X, y = sp.csr_array(rng.randn(50, 6)), form((rng.rand(50, 4) < 0.4).astype(int))
    tagger = make().fit(X, y)
    methods = ["predict", "predict_proba", "decision_function", "predict_labels"]
    whole = [getattr(tagger, method)(X) for method in methods]
    whole += [*tagger.predict_topk(X, 3), tagger.score(X, y)]
    monkeypatch.setattr(base, "BLOCK", 12)  # 3 rows of 4 labels
    sizes = []
    monkeypatch.setattr(base, "decide", lambda proba, t: sizes.append(len(proba)) or (proba > t))
    parts = [getattr(tagger, method)(X) for method in methods]
    parts += [*tagger.predict_topk(X, 3), tagger.score(X, y)]
    for a, b in zip(whole, parts, strict=True):
        assert type(a) is type(b)
        a, b = (v.toarray() if sp.issparse(v) else v for v in (a, b))
        assert a == b if isinstance(a, list) else np.array_equal(a, b)
    if make is MultilabelLogisticRegression:
        assert set(sizes) == {3, 2}


def test_sparse_labels_are_scored_without_a_dense_matrix():
    rng = np.random.RandomState(0)
    X, y = rng.randn(40, 6), (rng.rand(40, 4) < 0.3).astype(int)
    tagger = MultilabelLogisticRegression().fit(X, sp.csr_array(y))
    expected = accuracy_score(y, tagger.predict(X).toarray())
    assert tagger.score(X, sp.csr_array(y)) == tagger.score(X, y) == expected
    assert 0 < expected < 1


def test_a_refit_drops_what_it_does_not_set():
    tagger = TunedThresholdTaggerCV(TfidfLogRegTagger(), cv=2, store_cv_results=True)
    tagger.fit(TEXTS, SETS)
    tagger.note = "of the user"
    assert "cv_results_" in vars(tagger)
    tagger.set_params(store_cv_results=False).fit(TEXTS, SETS)
    assert not hasattr(tagger, "cv_results_")
    assert tagger.note == "of the user"


def test_a_refit_on_an_array_drops_the_names_of_columns():
    pandas = pytest.importorskip("pandas", reason="needs pandas (extra 'plot')")
    X, y = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), [[1, 0], [0, 1], [1, 1]]
    tagger = MultilabelLogisticRegression().fit(pandas.DataFrame(X, columns=["a", "b"]), y)
    assert tagger.feature_names_in_.tolist() == ["a", "b"]
    assert not hasattr(tagger.fit(X, y), "feature_names_in_")
    assert tagger.n_features_in_ == 2


def test_a_fit_that_was_stopped_keeps_what_it_has_and_raises():
    class Stopped(TfidfLogRegTagger):
        def _fit_engine(self, data):
            raise StoppedFit(KeyboardInterrupt("enough"), super()._fit_engine(data))

    tagger = Stopped()
    with pytest.raises(KeyboardInterrupt, match=r"^enough$"):
        tagger.fit(TEXTS, SETS)
    assert tagger.predict(TEXTS).shape == (len(TEXTS), 2)
