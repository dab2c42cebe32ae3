"""The solvers behind the linear taggers: which one runs, and how far from the optimum it stops."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_info, threadpool_limits

from skmultitext import MultilabelLogisticRegression
from skmultitext.datasets import make_multilabel_text
from skmultitext.feature_extraction import TfidfVectorizer
from skmultitext.linear import _solvers
from skmultitext.linear._losses import LOSSES


def objective(coef, intercept, X, y, weight, C):
    """The function that one label minimises."""
    margin = (2 * y - 1) * (X @ coef + intercept)
    loss = (weight * np.logaddexp(0, -margin)).sum()
    return 0.5 * (coef @ coef + intercept**2) + C * loss


@pytest.mark.parametrize(
    ("loss", "n_samples", "form", "C", "numba", "solver"),
    [
        ("log_loss", 100, "sparse", 1.0, True, "liblinear primal"),  # few rows
        ("log_loss", 100, "dense", 1.0, True, "liblinear primal"),
        ("log_loss", 2_500, "dense", 1.0, True, "newton"),
        ("squared_hinge", 2_500, "dense", 1.0, True, "liblinear primal"),  # no Newton for it
        ("log_loss", 2_500, "sparse", 1.0, True, "compiled dual"),
        ("squared_hinge", 2_500, "sparse", 1.0, True, "compiled dual"),
        ("log_loss", 2_500, "sparse", 1e4, True, "liblinear primal"),  # the dual would crawl
        ("log_loss", 2_500, "sparse", 1.0, False, "liblinear dual"),
    ],
)
def test_which_solver_serves_a_problem(loss, n_samples, form, C, numba, solver, monkeypatch):
    monkeypatch.setattr(_solvers, "dual_solver", lambda: object() if numba else None)
    X = sp.eye_array(n_samples, 4, format="csr")
    X = X if form == "sparse" else X.toarray()
    assert _solvers.choose_solver(X, LOSSES[loss], np.full(n_samples, C)) == solver


@pytest.mark.parametrize(
    ("loss", "form", "C", "numba", "solver"),
    [
        ("log_loss", "sparse", 1.0, True, "compiled dual"),
        ("squared_hinge", "sparse", 1.0, True, "compiled dual"),
        ("log_loss", "sparse", 1e4, True, "liblinear primal"),
        ("log_loss", "sparse", 1.0, False, "liblinear primal"),
        ("log_loss", "dense", 1.0, False, "newton"),
    ],
)
def test_many_labels_of_few_rows_are_fitted_as_those_of_many(
    loss, form, C, numba, solver, monkeypatch
):
    monkeypatch.setattr(_solvers, "dual_solver", lambda: object() if numba else None)
    X = sp.eye_array(100, 4, format="csr")
    X = X if form == "sparse" else X.toarray()
    chosen = _solvers.choose_solver(X, LOSSES[loss], np.full(100, C), many_labels=True)
    assert chosen == solver


@pytest.mark.parametrize(
    ("loss", "form"),
    [("log_loss", "sparse"), ("log_loss", "dense"), ("squared_hinge", "sparse")],
)
def test_many_labels_of_few_documents_find_the_optimum(loss, form, monkeypatch):
    texts, y = make_multilabel_text(
        150, n_labels=600, labels_per_text=6, label_distribution="zipf", random_state=0,
        return_X_y=True,
    )  # fmt: skip
    X = TfidfVectorizer().fit_transform(texts)
    X = X if form == "sparse" else X.toarray()[:, :300]
    settings = {"C": 2.0, "loss": loss, "random_state": 0}
    fast = MultilabelLogisticRegression(**settings).fit(X, y)
    monkeypatch.setattr(_solvers, "MANY_LABELS", 601)
    exact = MultilabelLogisticRegression(**settings).fit(X, y)
    apart = np.abs(fast.predict_proba(X) - exact.predict_proba(X))
    assert apart.mean() < 1e-4
    # the slope of a sigmoid depends on a few held-out scores
    assert apart.max() < (2e-3 if loss == "log_loss" else 0.05)
    np.testing.assert_array_equal(fast._constants, exact._constants)


def test_weights_beyond_the_memory_are_refused_before_they_are_made(monkeypatch):
    from skmultitext._runtime import memory

    monkeypatch.setattr(memory, "memory_limit", lambda: 2**20)
    X, y = sp.eye_array(300, format="csr"), sp.eye_array(300, 500, format="csr")
    message = r"^coef_ of 500 labels and 300 features would take 0\.0 GiB .* Set prune, such as"
    with pytest.raises(MemoryError, match=message):
        MultilabelLogisticRegression().fit(X, y)
    assert sp.issparse(MultilabelLogisticRegression(prune=0.01).fit(X, y).coef_)


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
    # not canonical: column indices of each row in descending order
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
    monkeypatch.setattr(_solvers, "dual_solver", lambda: None)
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


@pytest.mark.parametrize("loss", ["log_loss", "squared_hinge"])
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
    pytest.importorskip("numba", reason="needs numba (extra 'fast')")
    monkeypatch.setattr(_solvers, "DUAL_PASSES", 2)
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


def without_some(y, share=0.4):
    """Make entries of y unknown at random, never a whole row."""
    y = np.array(y, dtype=float)
    unknown = np.random.RandomState(0).rand(*y.shape) < share
    unknown[unknown.all(axis=1)] = False
    y[unknown] = np.nan
    return y


@pytest.mark.parametrize("class_weight", [None, "balanced"])
@pytest.mark.parametrize("loss", ["log_loss", "squared_hinge"])
@pytest.mark.parametrize("form", ["sparse", "dense"])
@pytest.mark.parametrize("large", [100, 2_000])
def test_an_unknown_entry_takes_no_part_in_its_label(large, form, loss, class_weight, monkeypatch):
    monkeypatch.setattr(_solvers, "LARGE", large)  # below: compiled dual, newton; else liblinear
    corpus = make_multilabel_text(600, n_labels=5, random_state=0)
    X = TfidfVectorizer(max_features=60).fit_transform(corpus.data)
    X = X if form == "sparse" else X.toarray()
    y = without_some(corpus.target)
    weight = np.random.RandomState(1).randint(1, 4, len(y))
    make = MultilabelLogisticRegression(
        C=2.0, loss=loss, class_weight=class_weight, tol=1e-7, random_state=0
    )
    logits = make.fit(X, y, weight).decision_function(X)
    from_sparse = make.fit(X, sp.csr_array(y), weight).decision_function(X)
    np.testing.assert_array_equal(from_sparse, logits)
    for j in range(y.shape[1]):
        known = ~np.isnan(y[:, j])
        alone = make.fit(X[known], y[known][:, [j]], weight[known]).decision_function(X)
        np.testing.assert_allclose(logits[:, j], alone[:, 0], rtol=1e-4, atol=1e-4)


def test_unknown_entries_change_nothing_online():
    corpus = make_multilabel_text(300, n_labels=4, random_state=0)
    X, y = TfidfVectorizer().fit_transform(corpus.data), without_some(corpus.target)
    together = MultilabelLogisticRegression().partial_fit(X, y).decision_function(X)
    for j in range(y.shape[1]):
        known = ~np.isnan(y[:, j])
        alone = MultilabelLogisticRegression().partial_fit(X[known], y[known][:, [j]])
        # without numba, sums of several columns are rounded otherwise than those of one
        scores = alone.decision_function(X)[:, 0]
        np.testing.assert_allclose(together[:, j], scores, rtol=1e-11, atol=1e-14)


def test_liblinear_has_one_blas_thread(monkeypatch):
    """Its sums over many features are too short for several, which would wait for each other."""

    def n_threads():
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    seen = []
    fit_label = _solvers._fit_label

    def watched(*arguments):
        seen.append(n_threads())
        return fit_label(*arguments)

    monkeypatch.setattr(_solvers, "_fit_label", watched)
    with threadpool_limits(2, user_api="blas"):
        before = n_threads()
        if before != {2}:
            pytest.skip("BLAS here has no threads that can be set")
        MultilabelLogisticRegression(n_jobs=2).fit(np.eye(6), np.eye(6, 3, dtype=int))
        assert n_threads() == before
    assert seen == [{1}] * 3


@pytest.mark.parametrize("n_samples", [300, 2_500])
def test_scores_may_stay_scores(n_samples):
    texts, y = make_multilabel_text(n_samples, n_labels=4, random_state=0, return_X_y=True)
    X = TfidfVectorizer().fit_transform(texts)
    options = {"loss": "squared_hinge", "C": 1.0, "factors": None, "sample_weight": None}
    options |= {"tol": "auto", "max_iter": 1000, "n_jobs": None, "random_state": 0}
    logits = _solvers.fit_labels(X, y, 16.0, **options)
    scores = _solvers.fit_labels(X, y, 16.0, **options, as_logits=False)
    assert scores.sigmoid is None
    slope = logits.sigmoid[:, 0]
    np.testing.assert_allclose(slope[:, None] * scores.coef, logits.coef, atol=1e-4)
    assert (np.abs(slope - 1) > 0.1).all()
