"""Labels in chunks: pruned weights, and the workers of joblib's distributed backends."""

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.model_selection import GridSearchCV

from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger
from skmultitext.datasets import make_multilabel_text
from skmultitext.feature_extraction import TfidfVectorizer
from skmultitext.linear import _solvers

TEXTS, Y = make_multilabel_text(2_200, n_labels=20, n_words=12, random_state=0, return_X_y=True)
Y[:, 7] = 0  # a constant label in the middle


@pytest.fixture(scope="module")
def X():
    return TfidfVectorizer(min_df=2).fit_transform(TEXTS)


def make(**parameters):
    return MultilabelLogisticRegression(**{"C": 5.0, "random_state": 0, "n_jobs": 2, **parameters})


@pytest.mark.parametrize("loss", ["log_loss", "squared_hinge"])
def test_pruned_weights_are_those_above_the_bound(X, loss):
    dense = make(loss=loss, class_weight={"3": 2.0}).fit(X, Y)
    pruned = make(loss=loss, class_weight={"3": 2.0}, prune=0.05).fit(X, sp.csr_array(Y))
    assert isinstance(pruned.coef_, sp.csr_array)
    expected = np.where(abs(dense.coef_) > 0.05, dense.coef_, 0)
    np.testing.assert_array_equal(pruned.coef_.toarray(), expected)
    assert pruned.coef_.nnz == np.count_nonzero(expected) < 0.9 * expected.size
    np.testing.assert_array_equal(pruned.intercept_, dense.intercept_)
    np.testing.assert_array_equal(pruned.n_iter_, dense.n_iter_)
    logits = X @ expected.T + dense.intercept_
    np.testing.assert_allclose(pruned.decision_function(X), logits, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(pruned.decision_function(X[:9].toarray()), logits[:9], atol=1e-12)


@pytest.mark.parametrize("loss", ["log_loss", "squared_hinge"])
def test_pruned_weights_of_labels_that_another_solver_ends(X, loss, monkeypatch):
    pytest.importorskip("numba", reason="needs numba (extra 'fast')")
    settings = {"loss": loss, "C": 20.0, "tol": 1e-3}
    passes = np.delete(make(**settings).fit(X, Y).n_iter_, 7)
    assert passes.min() < np.median(passes) < passes.max()
    monkeypatch.setattr(_solvers, "DUAL_PASSES", int(np.median(passes)))
    dense = make(**settings).fit(X, Y)
    pruned = make(**settings, prune=0.05).fit(X, Y)
    expected = np.where(abs(dense.coef_) > 0.05, dense.coef_, 0)
    np.testing.assert_array_equal(pruned.coef_.toarray(), expected)
    np.testing.assert_array_equal(pruned.n_iter_, dense.n_iter_)


def test_pruned_weights_of_constant_labels():
    y = np.tile([1, 0], (30, 1))
    tagger = make(prune=0.1).fit(sp.csr_array(np.eye(30)), y)
    assert tagger.coef_.shape == (2, 30)
    assert tagger.coef_.nnz == 0
    np.testing.assert_array_equal(tagger.predict(np.eye(30)), y)


def test_a_pruned_tagger_of_texts_tags_as_before():
    tagger = TfidfLogRegTagger(random_state=0).fit(TEXTS, sp.csr_array(Y))
    pruned = TfidfLogRegTagger(random_state=0, prune=1e-3).fit(TEXTS, sp.csr_array(Y))
    assert (tagger.predict(TEXTS) != pruned.predict(TEXTS)).sum() < 0.01 * Y.sum()
    assert pruned.coef_.nnz < tagger.coef_.size


def test_partial_fit_and_prune_do_not_go_together(X):
    with pytest.raises(ValueError, match=r"prune=0\.1 is for fit only: partial_fit continues from"):
        make(prune=0.1).partial_fit(X, Y)
    pruned = make(prune=0.1).fit(X, Y)
    going_on = pruned.set_params(prune=0.0).partial_fit(X, Y)
    assert isinstance(going_on.coef_, np.ndarray)


def check_same_as_in_threads(X, backend, *settings):
    """Fit in the workers of a backend: the same weights as in threads here."""
    seen = []

    def watched(*arguments, **options):
        seen.append(1)
        return fit_labels(*arguments, **options)

    for options in settings:
        here = make(**options).fit(X, sp.csr_array(Y))
        with pytest.MonkeyPatch.context() as patch, joblib.parallel_config(backend, n_jobs=2):
            fit_labels = _solvers.fit_labels
            patch.setattr(_solvers, "fit_labels", watched)
            there = make(**options).fit(X, sp.csr_array(Y))
        assert not seen  # nothing was fitted in this process
        for name in ("coef_", "intercept_", "n_iter_"):
            a, b = (getattr(tagger, name) for tagger in (here, there))
            a, b = (v.toarray() if sp.issparse(v) else v for v in (a, b))
            np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_dense_features_go_to_processes_too():
    rng = np.random.RandomState(0)
    X, y = rng.randn(60, 5), (rng.rand(60, 3) < 0.4).astype(int)
    here = make().fit(X, y, sample_weight=np.arange(60))
    with joblib.parallel_config("loky", n_jobs=2):
        there = make(n_jobs=None).fit(X, y, sample_weight=np.arange(60))
    np.testing.assert_allclose(here.coef_, there.coef_, rtol=1e-9)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_dask_workers_fit_labels_and_candidates(X):
    distributed = pytest.importorskip("distributed", reason="needs Dask (extra 'dask')")
    import dask

    slow_start = dask.config.set(
        {"distributed.comm.timeouts.connect": "120s", "distributed.comm.timeouts.tcp": "120s"}
    )
    with slow_start:  # on a loaded machine workers take long to import this package
        cluster = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0",
            host="127.0.0.1", death_timeout=120,
        )  # fmt: skip
    with slow_start, cluster, distributed.Client(cluster, timeout=120) as client:
        client.wait_for_workers(2, timeout=120)
        check_same_as_in_threads(X, "dask", {}, {"loss": "squared_hinge"}, {"prune": 0.05})
        tagger = TfidfLogRegTagger(random_state=0)
        search = GridSearchCV(tagger, {"C": [1.0, 10.0]}, cv=2, scoring="f1_micro")
        here = search.fit(TEXTS, Y).cv_results_["mean_test_score"]
        with joblib.parallel_config("dask", scatter=[TEXTS, Y]):
            there = search.fit(TEXTS, Y).cv_results_["mean_test_score"]
        np.testing.assert_array_equal(here, there)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_ray_workers_fit_labels(X, monkeypatch):
    ray = pytest.importorskip("ray", reason="needs Ray (pip install ray)")
    from ray.util.joblib import register_ray

    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        register_ray()
        check_same_as_in_threads(X, "ray", {})
    finally:
        ray.shutdown()
