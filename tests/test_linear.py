"""The linear taggers."""

import gc
import threading
import weakref

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit
from sklearn.datasets import make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_validate
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger
from skmultitext.datasets import make_multilabel_text
from skmultitext.feature_extraction import TfidfVectorizer
from skmultitext.linear import _logistic_engine
from skmultitext.model_selection import MultilabelStratifiedKFold

X, Y = make_multilabel_classification(n_samples=150, random_state=0)


def objective(coef, intercept, X, y, weight, C):
    """The function that one label minimises."""
    margin = (2 * y - 1) * (X @ coef + intercept)
    loss = (weight * np.logaddexp(0, -margin)).sum()
    return 0.5 * (coef @ coef + intercept**2) + C * loss


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix, sp.csc_array])
def test_every_label_is_scikit_learns_logistic_regression(form):
    tagger = MultilabelLogisticRegression(C=0.3).fit(form(X), Y)
    for j in range(Y.shape[1]):
        # lbfgs leaves the intercept unpenalised: give it the column of ones that ours has
        with_ones = np.column_stack([X, np.ones(len(X))])
        peer = LogisticRegression(C=0.3, fit_intercept=False, tol=1e-10, max_iter=10_000)
        peer.fit(with_ones, Y[:, j])
        np.testing.assert_allclose(tagger.coef_[j], peer.coef_[0, :-1], atol=2e-5)
        np.testing.assert_allclose(tagger.intercept_[j], peer.coef_[0, -1], atol=2e-5)
    np.testing.assert_allclose(
        tagger.predict_proba(form(X)), expit(X @ tagger.coef_.T + tagger.intercept_)
    )


def test_the_gradient_of_the_stated_objective_is_zero_at_the_solution():
    weight = np.random.RandomState(0).uniform(0.1, 3, len(X))
    tagger = MultilabelLogisticRegression(C=2.0).fit(X, Y, sample_weight=weight)
    for j in range(Y.shape[1]):
        residual = weight * (expit(X @ tagger.coef_[j] + tagger.intercept_[j]) - Y[:, j])
        np.testing.assert_allclose(tagger.coef_[j] + 2.0 * X.T @ residual, 0, atol=1e-4)
        np.testing.assert_allclose(tagger.intercept_[j] + 2.0 * residual.sum(), 0, atol=1e-4)


def test_large_sparse_problems_stop_within_a_millionth_of_the_optimum():
    corpus = make_multilabel_text(4_000, n_labels=4, random_state=0)
    features = TfidfVectorizer().fit_transform(corpus.data)
    fast = MultilabelLogisticRegression(C=2.0, random_state=0).fit(features, corpus.target)
    exact = MultilabelLogisticRegression(C=2.0, tol=1e-8).fit(features, corpus.target)
    for j in range(4):
        values = [
            objective(t.coef_[j], t.intercept_[j], features, corpus.target[:, j], 1.0, 2.0)
            for t in (fast, exact)
        ]
        assert values[0] == pytest.approx(values[1], rel=1e-6)


def test_labels_fitted_in_threads_are_those_fitted_one_by_one():
    features = sp.random(3_000, 400, density=0.02, format="coo", random_state=0)
    # not canonical: the entries of each row stand backwards
    features = sp.csr_matrix(
        (features.data[::-1], (features.row[::-1], features.col[::-1])), features.shape
    )
    features.indices = features.indices.copy()
    features.has_sorted_indices = False
    labels = (np.asarray(features @ np.random.RandomState(1).randn(400, 12)) > 0).astype(int)
    indices = features.indices.copy()
    one = MultilabelLogisticRegression(n_jobs=1, random_state=0).fit(features, labels)
    two = MultilabelLogisticRegression(n_jobs=2, random_state=0).fit(features, labels)
    np.testing.assert_array_equal(one.coef_, two.coef_)
    np.testing.assert_array_equal(features.indices, indices)  # the caller's X is as it was


def test_without_numba_labels_are_fitted_one_by_one_where_reproducibility_is_asked(monkeypatch):
    monkeypatch.setattr(_logistic_engine, "dual_solver", lambda: None)
    corpus = make_multilabel_text(2_500, n_labels=6, random_state=0)
    features = TfidfVectorizer().fit_transform(corpus.data)
    threads = MultilabelLogisticRegression(n_jobs=2, random_state=0).fit(features, corpus.target)
    again = MultilabelLogisticRegression(n_jobs=2, random_state=0).fit(features, corpus.target)
    np.testing.assert_array_equal(threads.coef_, again.coef_)
    unseeded = MultilabelLogisticRegression(n_jobs=2).fit(features, corpus.target)
    np.testing.assert_allclose(unseeded.coef_, threads.coef_, atol=0.02)


def test_a_solver_that_does_not_converge_says_so():
    corpus = make_multilabel_text(2_500, n_labels=2, random_state=0)
    features = TfidfVectorizer().fit_transform(corpus.data)
    tagger = MultilabelLogisticRegression(C=100.0, max_iter=2, random_state=0)
    with pytest.warns(ConvergenceWarning, match="did not converge within max_iter=2|Liblinear"):
        tagger.fit(features, corpus.target)
    assert tagger.n_iter_.tolist() == [2, 2]


def test_long_rows_go_to_the_primal_solver():
    corpus = make_multilabel_text(2_500, n_labels=3, random_state=0)
    features = TfidfVectorizer().fit_transform(corpus.data)
    lengths = sp.csr_matrix([[float(len(text))] for text in corpus.data])
    features = sp.hstack([features, lengths], format="csr")  # one column is not scaled
    tagger = MultilabelLogisticRegression(random_state=0).fit(features, corpus.target)
    for j in range(3):
        peer = LogisticRegression(solver="liblinear", tol=1e-8, max_iter=1000)
        peer.fit(features, corpus.target[:, j])
        np.testing.assert_allclose(
            tagger.predict_proba(features)[:, j], peer.predict_proba(features)[:, 1], atol=1e-4
        )


@pytest.mark.parametrize("loss", ["log", "squared_hinge"])
@pytest.mark.parametrize(
    ("C", "weight", "scale", "message"),
    [
        (1e300, 1.0, 1.0, "C=1e[+]300 times class_weight .* is too large to compute with. Bring"),
        (1e-300, 1.0, 1.0, "C=1e-300 times class_weight .* is too small to compute with. Bring"),
        (1.0, 1e200, 1.0, "sample_weight .up to 1e[+]200. is too large to compute with"),
        (1.0, 1.0, 1e150, "X holds 1e[+]150; with a number above 1e[+]30 .* Scale X, as by"),
    ],
)
def test_numbers_that_would_hang_liblinear_are_refused(loss, C, weight, scale, message):
    X, y = scale * np.eye(4), [[1, 0], [0, 1], [1, 1], [0, 0]]
    with pytest.raises(ValueError, match=message):
        MultilabelLogisticRegression(C, loss=loss).fit(X, y, [weight] * 4)
    far = MultilabelLogisticRegression(1e30, loss=loss).fit(1e30 * np.eye(4), y)
    assert np.isfinite(far.coef_).all()


def test_labels_that_the_dual_solver_leaves_go_to_the_primal_one(monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.setattr(_logistic_engine, "DUAL_PASSES", 2)
    corpus = make_multilabel_text(2_500, n_labels=3, random_state=0)
    features = TfidfVectorizer().fit_transform(corpus.data)
    left = MultilabelLogisticRegression(C=10.0, random_state=0).fit(features, corpus.target)
    monkeypatch.undo()
    exact = MultilabelLogisticRegression(C=10.0, tol=1e-6).fit(features, corpus.target)
    np.testing.assert_allclose(
        left.predict_proba(features), exact.predict_proba(features), atol=2e-3
    )


@pytest.mark.parametrize("n_samples", [500, 2_500])
def test_indices_of_64_bits_are_taken(n_samples):
    corpus = make_multilabel_text(n_samples, n_labels=2, random_state=0)
    features = TfidfVectorizer().fit_transform(corpus.data)
    wide = features.copy()
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    one = MultilabelLogisticRegression(random_state=0).fit(features, corpus.target)
    two = MultilabelLogisticRegression(random_state=0).fit(wide, corpus.target)
    np.testing.assert_array_equal(one.coef_, two.coef_)
    assert wide.indices.dtype == np.int64


def test_constant_labels_have_no_weights_and_a_certain_intercept():
    labels = np.column_stack([np.zeros(150, int), np.ones(150, int), Y[:, 0]])
    tagger = MultilabelLogisticRegression().fit(X, labels)
    assert tagger.intercept_[:2].tolist() == [-16.0, 16.0]
    assert not tagger.coef_[:2].any()
    assert tagger.n_iter_[:2].tolist() == [0, 0]
    assert tagger.predict(X)[:, :2].tolist() == [[0, 1]] * 150


def test_class_weight_equals_weighing_the_samples_of_a_label():
    tagger = MultilabelLogisticRegression(class_weight={"1": 4.0}).fit(X, Y)
    by_hand = MultilabelLogisticRegression().fit(
        X, Y[:, 1], sample_weight=np.where(Y[:, 1], 4.0, 1.0)
    )
    np.testing.assert_allclose(tagger.coef_[1], by_hand.coef_[0], rtol=1e-6)
    plain = MultilabelLogisticRegression().fit(X, Y)
    np.testing.assert_array_equal(tagger.coef_[0], plain.coef_[0])


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ({"C": 0}, "The 'C' parameter of .* must be a float in the range"),
        ({"C": "1"}, "The 'C' parameter"),
        ({"tol": "small"}, "The 'tol' parameter"),
        ({"max_iter": 0}, "The 'max_iter' parameter"),
        ({"class_weight": "fair"}, "The 'class_weight' parameter"),
        ({"n_jobs": 1.5}, "The 'n_jobs' parameter"),
        ({"n_jobs": 0}, "The 'n_jobs' parameter"),
    ],
)
@pytest.mark.parametrize("tagger_class", [MultilabelLogisticRegression, TfidfLogRegTagger])
def test_wrong_parameters_are_named(tagger_class, parameter, message):
    data = X if tagger_class is MultilabelLogisticRegression else ["text"] * len(X)
    with pytest.raises(ValueError, match=message):
        tagger_class(**parameter).fit(data, Y)


def test_the_parts_of_the_text_tagger(ticket_tagger, tickets):
    features = ticket_tagger.vectorizer_.transform(tickets.data)
    np.testing.assert_array_equal(
        ticket_tagger.classifier_.predict_proba(features),
        ticket_tagger.predict_proba(tickets.data),
    )
    n_features = len(ticket_tagger.get_feature_names_out())
    assert ticket_tagger.coef_.shape == (10, n_features)
    assert ticket_tagger.intercept_.shape == ticket_tagger.n_iter_.shape == (10,)
    assert ticket_tagger.classifier_.label_names_.tolist() == tickets.target_names


def test_every_parameter_of_a_part_reaches_it():
    changed = {
        "C": 3.0, "loss": "squared_hinge", "class_weight": "balanced", "threshold": 0.4,
        "prune": 0.1, "tol": 1e-3, "max_iter": 50,
        "n_jobs": 2, "random_state": 1, "min_df": 2, "max_df": 0.9, "ngram_range": (1, 2),
        "sublinear_tf": True, "max_features": 5, "lowercase": False, "strip_accents": "ascii",
        "stop_words": ["the"], "token_pattern": r"\w+", "analyzer": "char",
    }  # fmt: skip
    tagger = TfidfLogRegTagger()
    assert changed.keys() == tagger.get_params().keys()
    changed["token_pattern"], changed["stop_words"] = r"(?u)\b\w\w+\b", None  # unused by "char"
    tagger.set_params(**changed).fit(
        ["a b", "b c", "a b c d"] * 4, np.eye(3, dtype=int)[[0, 1, 2] * 4]
    )
    reached = {**tagger.vectorizer_.get_params(), **tagger.classifier_.get_params()}
    assert {name: reached[name] for name in changed} == changed


def test_five_fold_micro_f1_on_the_bundled_corpus_is_as_promised(tickets):
    scores = cross_validate(
        TfidfLogRegTagger(random_state=0),
        tickets.data,
        tickets.target,
        cv=MultilabelStratifiedKFold(5, shuffle=True, random_state=0),
        scoring="f1_micro",
    )["test_score"]
    assert 0.60 <= scores.mean() <= 0.92


def test_a_grid_search_over_label_sets_with_two_scorers(tickets):
    search = GridSearchCV(
        TfidfLogRegTagger(random_state=0),
        {"C": [1.0, 20.0]},
        cv=MultilabelStratifiedKFold(3, shuffle=True, random_state=0),
    ).fit(tickets.data[:300], tickets.label_sets[:300])
    assert search.best_params_ == {"C": 20.0}
    assert search.predict_proba(["where is my refund"]).shape == (1, 10)


@pytest.mark.parametrize("n_labels", [1, 2, 3])
def test_cross_val_predict_gives_probabilities(tickets, n_labels):
    proba = cross_val_predict(
        TfidfLogRegTagger(),
        tickets.data[:300],
        tickets.target[:300, 1 : 1 + n_labels],
        method="predict_proba",
        cv=MultilabelStratifiedKFold(3),
    )
    assert proba.shape == (300, n_labels)
    assert (proba > 0).all()


def test_one_fitted_tagger_predicts_from_many_threads(ticket_tagger, tickets):
    expected = ticket_tagger.predict_proba(tickets.data)
    results = [None] * 8

    def work(i):
        results[i] = ticket_tagger.predict_proba(tickets.data)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    for result in results:
        np.testing.assert_array_equal(result, expected)


def test_the_training_texts_are_not_kept():
    class Text(str):
        __slots__ = ("__weakref__",)

    texts = [Text("late parcel"), Text("broken lamp")]
    watched = weakref.ref(texts[0])
    tagger = TfidfLogRegTagger().fit(texts, [[1, 0], [0, 1]])
    del texts
    gc.collect()
    assert watched() is None
    assert tagger.predict(["late parcel"]).shape == (1, 2)


@pytest.mark.slow
def test_goemotions_equals_scikit_learns_pipeline(goemotions):
    train, test = goemotions["train"], goemotions["test"]
    settings = {"min_df": 10, "max_df": 0.5, "ngram_range": (1, 2)}
    ours = TfidfLogRegTagger(C=2.0, n_jobs=2, random_state=0, **settings)
    ours.fit(train.data, train.target)
    peer = make_pipeline(
        TfidfVectorizer(**settings), OneVsRestClassifier(LogisticRegression(C=2, max_iter=1000))
    ).fit(train.data, train.target)
    difference = np.abs(ours.predict_proba(test.data) - peer.predict_proba(test.data))
    # the intercept is penalised in ours and free in the peer: rare labels move a little
    assert difference.mean() < 0.002
    assert (ours.predict(test.data) != peer.predict(test.data)).mean() < 0.001
