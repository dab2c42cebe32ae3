"""Linear SVMs with probabilities, warm starts and paths, on the taggers' own level."""

import pickle

import numpy as np
import pytest
from scipy.special import expit
from sklearn.datasets import make_multilabel_classification
from sklearn.svm import LinearSVC

from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger, load, save
from skmultitext.datasets import make_multilabel_text
from skmultitext.feature_extraction import TfidfVectorizer
from skmultitext.linear import _solvers

X, Y = make_multilabel_classification(n_samples=150, random_state=0)


@pytest.fixture(scope="module")
def large():
    """Sparse features of more rows than go to the primal solver, and their labels."""
    corpus = make_multilabel_text(2_500, n_labels=4, random_state=0)
    return TfidfVectorizer().fit_transform(corpus.data), corpus.target


def svm(tagger):
    """Take the sigmoid off the weights."""
    slope, offset = tagger.sigmoid_.T
    return tagger.coef_ / slope[:, None], (tagger.intercept_ - offset) / slope


def test_without_its_sigmoid_every_label_is_scikit_learns_linear_svm():
    tagger = MultilabelLogisticRegression(C=0.3, loss="squared_hinge").fit(X, Y)
    coef, intercept = svm(tagger)
    for j in range(Y.shape[1]):
        peer = LinearSVC(C=0.3, dual=False, tol=1e-10, max_iter=10_000).fit(X, Y[:, j])
        np.testing.assert_allclose(coef[j], peer.coef_[0], rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(intercept[j], peer.intercept_[0], rtol=1e-5, atol=1e-7)


def test_large_sparse_svms_end_within_a_millionth_of_the_optimum(large):
    features, labels = large
    values = []
    for tol in ("auto", 1e-7):
        tagger = MultilabelLogisticRegression(
            C=0.5, loss="squared_hinge", tol=tol, random_state=0
        ).fit(features, labels)
        coef, intercept = svm(tagger)
        margin = (2 * labels - 1) * (features @ coef.T + intercept)
        penalty = (coef**2).sum(axis=1) + intercept**2
        values.append(0.5 * penalty + 0.5 * (np.maximum(0, 1 - margin) ** 2).sum(axis=0))
    np.testing.assert_allclose(*values, rtol=1e-6)


def test_probabilities_of_unseen_documents_mean_what_they_say():
    corpus = make_multilabel_text(6_000, n_labels=6, n_words=15, random_state=0)
    tagger = TfidfLogRegTagger(C=0.3, loss="squared_hinge", random_state=0)
    tagger.fit(corpus.data[:4_000], corpus.target[:4_000])
    proba, truth = tagger.predict_proba(corpus.data[4_000:]), corpus.target[4_000:]
    np.testing.assert_allclose(proba.mean(axis=0), truth.mean(axis=0), atol=0.035)
    own = expit((tagger.decision_function(corpus.data[4_000:]) - tagger.classifier_.sigmoid_[:, 1])
                / tagger.classifier_.sigmoid_[:, 0])  # fmt: skip
    loss = [-(truth * np.log(p) + (1 - truth) * np.log1p(-p)).mean() for p in (proba, own)]
    assert loss[0] < 0.9 * loss[1]  # than with the raw scores used as logits
    assert ((proba > 0) & (proba < 1)).all()
    np.testing.assert_array_equal(tagger.predict(corpus.data[4_000:]), proba > tagger.thresholds_)


def test_with_and_without_numba_probabilities_agree(large, monkeypatch):
    features, labels = large
    settings = {"C": 0.3, "loss": "squared_hinge", "random_state": 0}
    compiled = MultilabelLogisticRegression(**settings).fit(features, labels)
    monkeypatch.setattr(_solvers, "dual_solver", lambda: None)
    plain = MultilabelLogisticRegression(**settings).fit(features, labels)
    again = MultilabelLogisticRegression(**settings, n_jobs=2).fit(features, labels)
    np.testing.assert_array_equal(plain.coef_, again.coef_)
    np.testing.assert_allclose(
        compiled.predict_proba(features), plain.predict_proba(features), atol=0.01
    )


@pytest.fixture(params=["compiled", "scikit-learn"])
def dual_solver(request, monkeypatch):
    """The compiled solver, or none."""
    if request.param == "scikit-learn":
        monkeypatch.setattr(_solvers, "dual_solver", lambda: None)


def log_losses(truth, proba):
    return -(truth * np.log(proba) + (1 - truth) * np.log1p(-proba)).mean(axis=0)


@pytest.mark.usefixtures("dual_solver")
@pytest.mark.parametrize("n_samples", [400, 2_400])  # small and large data have different solvers
def test_labels_too_rare_for_folds_are_no_worse_than_by_the_logistic_loss(n_samples):
    corpus = make_multilabel_text(n_samples + 1_000, n_labels=4, random_state=0)
    y, rng = corpus.target.copy(), np.random.RandomState(0)
    for j, (kept, value) in enumerate([(1, 1), (2, 1), (1, 0)]):  # the last one lacks in one
        rows = np.flatnonzero(y[:n_samples, j] == value)
        share = kept / len(rows)
        y[rng.permutation(rows)[kept:], j] = 1 - value
        later = n_samples + np.flatnonzero(y[n_samples:, j] == value)
        y[rng.permutation(later)[round(share * len(later)) :], j] = 1 - value
    train, test = slice(n_samples), slice(n_samples, None)
    found = {}
    for loss, C in (("log_loss", 2.0), ("squared_hinge", 0.5)):
        tagger = TfidfLogRegTagger(C, loss=loss, random_state=0).fit(corpus.data[train], y[train])
        found[loss] = tagger.predict_proba(corpus.data[test])
    losses = {loss: log_losses(y[test], proba) for loss, proba in found.items()}
    assert (losses["squared_hinge"][:3] <= losses["log_loss"][:3]).all()
    typical = np.median(found["squared_hinge"], axis=0)
    assert (typical[:2] < 0.05).all()
    assert typical[2] > 0.95
    assert tagger.classifier_.sigmoid_[0, 0] == tagger.classifier_.sigmoid_[2, 0] == 1.0


def test_a_constant_label_keeps_its_constant():
    labels = np.column_stack([Y[:, 0], np.arange(len(Y)) == 3, np.zeros(len(Y), int)]).astype(int)
    tagger = MultilabelLogisticRegression(loss="squared_hinge").fit(X, labels)
    assert tagger.sigmoid_[0, 0] != 1.0
    assert tagger.sigmoid_[1, 0] == 1.0
    assert tagger.sigmoid_[2].tolist() == [1.0, 0.0]
    assert tagger.intercept_[2] == -16.0


def test_partial_fit_takes_the_logistic_loss():
    tagger = MultilabelLogisticRegression(loss="squared_hinge").partial_fit(X, Y)
    logistic = MultilabelLogisticRegression().partial_fit(X, Y)
    np.testing.assert_array_equal(tagger.coef_, logistic.coef_)
    assert tagger.sigmoid_ is None
    assert MultilabelLogisticRegression(loss="squared_hinge").fit(X, Y).sigmoid_ is not None


@pytest.mark.usefixtures("dual_solver")
@pytest.mark.parametrize("n_samples", [600, 2_400])  # small and large data have different solvers
def test_sigmoids_are_fitted_to_rows_that_lack_the_terms_that_only_they_have(
    n_samples, monkeypatch
):
    corpus = make_multilabel_text(
        n_samples + 1_000, n_labels=6, n_words=15, vocabulary_size=9_000, random_state=0
    )
    train, test = slice(n_samples), slice(n_samples, None)
    found = {}
    for name in ("stretched", "as they are"):
        with monkeypatch.context() as patch:
            if name == "as they are":
                patch.setattr(_solvers, "stretch_factors", lambda X, folds: np.ones(folds.shape))
            tagger = TfidfLogRegTagger(random_state=0).fit(corpus.data[train], corpus.target[train])
        proba = tagger.predict_proba(corpus.data[test])
        found[name] = log_losses(corpus.target[test], proba).mean()
    assert found["stretched"] < 0.97 * found["as they are"]
    # features that do not come from these rows keep their scores
    X = tagger.vectorizer_.transform(corpus.data[train])
    alone = MultilabelLogisticRegression(0.1, loss="squared_hinge", random_state=0)
    alone.fit(X, corpus.target[train])
    np.testing.assert_allclose(alone.coef_, tagger.coef_, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("n_samples", [600, 2_400])
def test_the_mean_probability_is_that_of_weighted_data(n_samples):
    corpus = make_multilabel_text(n_samples, n_labels=6, n_words=15, random_state=0)
    target = corpus.target
    tagger = TfidfLogRegTagger(class_weight={"1": 3.0}, random_state=0)
    proba = tagger.fit(corpus.data, target).predict_proba(corpus.data)
    weight = np.where(target[:, 1] == 1, 3.0, 1.0)
    for j in range(6):
        own = weight if j == 1 else None
        share, mean = (np.average(a[:, j], weights=own) for a in (target, proba))
        assert mean == pytest.approx(share, abs=0.06)
    heavy = tagger.set_params(class_weight=None).fit(corpus.data, target, sample_weight=weight)
    again = heavy.predict_proba(corpus.data)[:, 1]
    assert np.average(again, weights=weight) == pytest.approx(
        np.average(target[:, 1], weights=weight), abs=0.06
    )


@pytest.mark.parametrize("loss", ["log_loss", "squared_hinge"])
def test_a_path_gives_what_separate_fits_give(large, loss):
    features, labels = large
    Cs = [3.0, 0.3, 1.0]
    settings = {"loss": loss, "random_state": 0, "class_weight": {"1": 2.0}, "tol": 1e-6}
    weight = np.random.RandomState(0).randint(0, 3, len(labels)).astype(float)
    base = MultilabelLogisticRegression(**settings)
    path = base.fit_path(features, labels, Cs, sample_weight=weight)
    for C, tagger in zip(Cs, path, strict=True):
        alone = MultilabelLogisticRegression(C, **settings).fit(features, labels, weight)
        assert tagger.get_params() == alone.get_params()
        np.testing.assert_allclose(tagger.coef_, alone.coef_, atol=1e-4)
    assert not hasattr(base, "coef_")


def test_a_path_takes_fewer_epochs(large):
    pytest.importorskip("numba", reason="needs numba (extra 'fast')")
    features, labels = large
    Cs = np.geomspace(1.0, 20.0, 6)
    path = MultilabelLogisticRegression(random_state=0).fit_path(features, labels, Cs)
    alone = [MultilabelLogisticRegression(C, random_state=0).fit(features, labels) for C in Cs]
    assert sum(t.n_iter_.sum() for t in path[1:]) < sum(t.n_iter_.sum() for t in alone[1:])


@pytest.mark.parametrize(
    ("Cs", "message"),
    [
        ([], "Cs is .*; pass a list of at least one number"),
        (1.0, "Cs is 1.0; pass a list"),
        (["1"], "Cs is .*; pass a list"),
        ([1.0, -2.0], "Cs holds -2.0; each C must be a finite number above 0"),
    ],
)
def test_wrong_paths_are_refused(Cs, message):
    with pytest.raises(ValueError, match=message):
        MultilabelLogisticRegression().fit_path(X, Y, Cs)


def test_a_warm_start_goes_on_where_the_last_fit_ended(large):
    pytest.importorskip("numba", reason="needs numba (extra 'fast')")
    features, labels = large
    tagger = MultilabelLogisticRegression(warm_start=True, random_state=0).fit(features, labels)
    cold = tagger.n_iter_.sum()
    coef = tagger.coef_
    assert tagger.fit(features, labels).n_iter_.sum() < 0.6 * cold
    np.testing.assert_allclose(tagger.coef_, coef, atol=0.02)
    copied = pickle.loads(pickle.dumps(tagger))  # without dual variables
    assert copied.fit(features, labels).n_iter_.sum() == cold
    fewer = tagger.fit(features[:2_200], labels[:2_200])
    alone = MultilabelLogisticRegression(random_state=0).fit(features[:2_200], labels[:2_200])
    np.testing.assert_array_equal(fewer.coef_, alone.coef_)


def test_dual_variables_are_kept_for_a_warm_start_only(large, tmp_path):
    pytest.importorskip("numba", reason="needs numba (extra 'fast')")
    fits = []

    def watched(*arguments, **options):
        fits.append(fit_labels(*arguments, **options))
        return fits[-1]

    fit_labels = _solvers.fit_labels
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_solvers, "fit_labels", watched)
        MultilabelLogisticRegression().fit(*large)
        warm = MultilabelLogisticRegression(warm_start=True).fit(*large)
    assert [len(fit.duals) for fit in fits] == [0, 1]
    save(warm, tmp_path / "model.zip")  # neither saved models nor pickles contain them
    loaded = load(tmp_path / "model.zip")
    np.testing.assert_array_equal(loaded.predict(large[0]), warm.predict(large[0]))
    assert "_duals" not in vars(loaded)


def test_another_loss_starts_afresh(large):
    settings = {"C": 20.0, "random_state": 0}
    tagger = MultilabelLogisticRegression(loss="squared_hinge", warm_start=True, **settings)
    tagger.fit(*large).set_params(loss="log_loss").fit(*large)
    alone = MultilabelLogisticRegression(**settings).fit(*large)
    np.testing.assert_array_equal(tagger.coef_, alone.coef_)


def test_a_warm_start_wants_the_same_labels_and_features():
    tagger = MultilabelLogisticRegression(warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match=r"continues with 20 features; X has 5. Pass the same"):
        tagger.fit(X[:, :5], Y)
    with pytest.raises(ValueError, match=r"continues with the labels '0', .*; y has '0', '1'\."):
        tagger.fit(X, Y[:, :2])
    assert tagger.predict(X).shape == Y.shape  # the earlier fit is kept
    tagger.set_params(warm_start=False).fit(X[:, :5], Y)
