"""Calibrated probabilities: nearer the truth, in the same order, and honest about rare labels."""

import pickle
import re
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit, logit
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import KFold, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import check_estimator

from skmultitext import (
    CalibratedTaggerCV,
    MultilabelLogisticRegression,
    TfidfLogRegTagger,
    TunedThresholdTaggerCV,
)
from skmultitext.calibration._calibrators import fit_sigmoid
from skmultitext.exceptions import RareLabelWarning
from skmultitext.model_selection import MultilabelStratifiedKFold
from skmultitext.testing import check_text_estimator

METHODS = ["sigmoid", "isotonic", "temperature"]


@pytest.fixture(scope="module")
def data():
    """Features, labels of every frequency, and which rows are for training."""
    X, y = make_multilabel_classification(3000, n_classes=5, n_labels=1, random_state=0)
    return X, y, slice(0, 1500), slice(1500, None)


def log_loss(y, proba):
    """Mean binary cross-entropy."""
    proba = np.clip(proba, 1e-15, 1 - 1e-15)
    return -np.mean(y * np.log(proba) + (1 - y) * np.log1p(-proba))


def calibration_error(y, proba, n_bins=10):
    """Expected calibration error, mean over labels."""
    errors = []
    for truth, p in zip(y.T, proba.T, strict=True):
        bins = np.minimum((p * n_bins).astype(int), n_bins - 1)
        gaps = [
            (bins == b).mean() * abs(truth[bins == b].mean() - p[bins == b].mean())
            for b in np.unique(bins)
        ]
        errors.append(sum(gaps))
    return np.mean(errors)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("sigmoid", {"class_weight": "balanced", "C": 0.1}),
        ("isotonic", {"class_weight": "balanced", "C": 0.1}),
        # a factor cannot move the base rate, which "balanced" gets wrong; it mends timid scores
        ("temperature", {"C": 1e-4}),
    ],
)
def test_a_miscalibrated_tagger_is_calibrated(method, params, data):
    X, y, train, test = data
    base = MultilabelLogisticRegression(**params)
    plain = clone(base).fit(X[train], y[train]).predict_proba(X[test])
    tagger = CalibratedTaggerCV(base, method=method, cv=3).fit(X[train], y[train])
    proba = tagger.predict_proba(X[test])
    assert set(tagger.methods_) == {method}
    assert log_loss(y[test], proba) < 0.95 * log_loss(y[test], plain)
    assert calibration_error(y[test], proba) < 0.7 * calibration_error(y[test], plain)


@pytest.mark.parametrize("method", METHODS)
def test_the_ranking_of_documents_stays(method, data):
    X, y, train, test = data
    base = MultilabelLogisticRegression(class_weight="balanced")
    plain = clone(base).fit(X[train], y[train]).predict_proba(X[test])
    tagger = CalibratedTaggerCV(base, method=method, cv=3).fit(X[train], y[train])
    proba = tagger.predict_proba(X[test])
    for score in (average_precision_score, roc_auc_score):
        assert score(y[test], proba) == pytest.approx(score(y[test], plain), abs=1e-12)
    logits = tagger.decision_function(X[test])
    np.testing.assert_allclose(proba, expit(logits))
    np.testing.assert_array_equal(tagger.predict(X[test]), (proba > 0.5).astype(int))


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
@pytest.mark.parametrize(
    "estimator",
    [RandomForestClassifier(30, random_state=0), OneVsRestClassifier(LinearSVC(random_state=0))],
    ids=lambda estimator: type(estimator).__name__,
)
def test_any_estimator_gets_probabilities(estimator, method, data):
    X, y, train, test = data
    tagger = CalibratedTaggerCV(estimator, method=method, cv=3).fit(X[train], y[train])
    proba = tagger.predict_proba(X[test])
    assert proba.shape == y[test].shape
    assert ((proba > 0) & (proba < 1)).all()
    base_rates = np.broadcast_to(y[train].mean(axis=0), proba.shape)
    assert log_loss(y[test], proba) < 0.9 * log_loss(y[test], base_rates)
    if hasattr(estimator, "predict_proba"):
        forest = clone(estimator).fit(X[train], y[train]).predict_proba(X[test])
        plain = np.column_stack([p[:, 1] for p in forest])
        assert log_loss(y[test], proba) < log_loss(y[test], plain)


def test_calibrators_are_fitted_on_pooled_out_of_fold_logits(data):
    X, y, train, _ = data
    X, y = X[train], y[train]
    base = MultilabelLogisticRegression()
    tagger = CalibratedTaggerCV(base, cv=3).fit(X, y)
    logits = np.empty(y.shape)
    for fit, held in MultilabelStratifiedKFold(3).split(X, y):
        logits[held] = clone(base).fit(X[fit], y[fit]).decision_function(X[held])
    z = clone(base).fit(X, y).decision_function(X)
    for j in range(y.shape[1]):
        line = fit_sigmoid(logits[:, j], y[:, j].astype(bool), np.ones(len(y)))
        np.testing.assert_allclose(
            tagger.decision_function(X)[:, j],
            line.slope * z[:, j] + line.intercept,
            rtol=1e-6,
            atol=1e-7,
        )


def with_support(positives):
    """One label of the given number of positives that its score tells well, beside a common one."""
    rng = np.random.RandomState(0)
    y = np.zeros((600, 2), int)
    y[:300, 0] = 1
    y[rng.choice(600, positives, replace=False), 1] = 1
    return y * 3 + rng.standard_normal((600, 2)), y


@pytest.mark.parametrize(
    ("method", "positives", "expected"),
    [
        ("isotonic", 60, "isotonic"),
        ("isotonic", 20, "sigmoid"),
        ("isotonic", 3, "none"),
        ("sigmoid", 20, "sigmoid"),
        ("sigmoid", 3, "none"),
        ("temperature", 3, "none"),
        ("isotonic", 0, "none"),
        ("isotonic", 597, "none"),
    ],
)
def test_a_rare_label_falls_back_with_a_warning_that_names_it(method, positives, expected):
    X, y = with_support(positives)
    names = np.array(["common", "rare"])
    sets = [list(names[row == 1]) for row in y] if positives else y
    name = "rare" if positives else "1"
    tagger = CalibratedTaggerCV(MultilabelLogisticRegression(), method=method, cv=3)
    if expected == method:
        tagger.fit(X, sets)
    else:
        message = (
            f"evidence for method='{method}'; it is replaced by {expected} for '{name}'\\. Pass "
        )
        with pytest.warns(RareLabelWarning, match=message) as caught:
            tagger.fit(X, sets)
        assert len(caught) == 1
        assert caught[0].filename == __file__
    assert tagger.methods_.tolist() == [method, expected]
    if expected == "none":
        plain = MultilabelLogisticRegression().fit(X, y).predict_proba(X)[:, 1]
        np.testing.assert_allclose(tagger.predict_proba(X)[:, 1], plain)


def test_the_bounds_of_the_fallbacks_are_parameters():
    X, y = with_support(20)
    tagger = CalibratedTaggerCV(
        MultilabelLogisticRegression(), method="isotonic", min_isotonic=10, cv=3
    ).fit(X, y)
    assert tagger.methods_.tolist() == ["isotonic", "isotonic"]


def test_a_score_that_falls_as_the_label_grows_likelier_is_left_alone():
    X, y = with_support(60)
    prefit = MultilabelLogisticRegression().fit(X, np.column_stack([y[:, 0], 1 - y[:, 1]]))
    with pytest.warns(RareLabelWarning, match="none for '1'"):
        tagger = CalibratedTaggerCV(prefit, cv="prefit").fit(X, y)
    assert tagger.methods_.tolist() == ["sigmoid", "none"]


def test_forms_of_y_and_text(tickets):
    base = TfidfLogRegTagger(class_weight="balanced")
    tagger = CalibratedTaggerCV(base, cv=3, threshold=0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RareLabelWarning)
        by_name = clone(tagger).fit(tickets.data, tickets.label_sets)
        sparse = clone(tagger).fit(tickets.data, sp.csr_array(tickets.target))
    np.testing.assert_array_equal(
        by_name.predict_proba(tickets.data)[:, np.argsort(np.argsort(tickets.target_names))],
        sparse.predict_proba(tickets.data),
    )
    assert sp.issparse(sparse.predict(tickets.data))
    assert by_name.thresholds_.tolist() == [0.3] * 10
    assert set(by_name.predict_labels(tickets.data)[0]) <= set(tickets.target_names)
    copy = pickle.loads(pickle.dumps(by_name))
    np.testing.assert_array_equal(copy.predict(tickets.data), by_name.predict(tickets.data))


def test_a_binary_y_is_a_binary_problem(data):
    X, y, train, test = data
    codes = np.array(["no", "yes"])
    tagger = CalibratedTaggerCV(MultilabelLogisticRegression(), cv=3).fit(
        X[train], codes[y[train, 0]]
    )
    assert tagger.predict_proba(X[test]).shape == (1500, 2)
    assert set(tagger.predict(X[test])) == {"no", "yes"}
    assert tagger.decision_function(X[test]).shape == (1500,)


def test_prefit_and_tools(data):
    X, y, train, test = data
    prefit = MultilabelLogisticRegression(class_weight="balanced").fit(X[train], y[train])
    half = slice(1500, 2200)
    tagger = CalibratedTaggerCV(prefit, cv="prefit").fit(X[half], y[half])
    assert tagger.estimator_ is prefit
    rest = slice(2200, None)
    assert log_loss(y[rest], tagger.predict_proba(X[rest])) < log_loss(
        y[rest], prefit.predict_proba(X[rest])
    )
    tuned = TunedThresholdTaggerCV(CalibratedTaggerCV(MultilabelLogisticRegression(), cv=2), cv=2)
    assert np.isfinite(cross_val_score(tuned, X[test], y[test], cv=KFold(2))).all()


def test_weights_enter_the_calibration(data):
    X, y, train, _ = data
    X, y = X[train], y[train]
    splits = list(KFold(2).split(X))
    weight = np.where(y[:, 0] == 1, 3.0, 1.0)
    base = MultilabelLogisticRegression()
    tagger = CalibratedTaggerCV(base, cv=splits)
    heavier = clone(tagger).fit(X, y, sample_weight=weight).predict_proba(X)[:, 0]
    share = np.average(y[:, 0], weights=weight)
    assert np.average(heavier, weights=weight) == pytest.approx(share, abs=0.02)
    lighter = clone(tagger).fit(X, y).predict_proba(X)[:, 0]
    assert np.average(lighter, weights=weight) < share - 0.05


def test_an_estimator_with_exact_zeros_and_ones(data):
    X, y, train, test = data
    forest = RandomForestClassifier(5, random_state=0)
    tagger = CalibratedTaggerCV(forest, method="isotonic", cv=3).fit(X[train], y[train])
    assert np.isfinite(tagger.decision_function(X[test])).all()
    plain = clone(forest).fit(X[train], y[train]).predict_proba(X[test])
    assert any((p[:, 1] == 0).any() for p in plain)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"method": "platt"}, "'method' parameter"),
        ({"min_sigmoid": 0}, "'min_sigmoid' parameter"),
        ({"min_isotonic": 0.5}, "'min_isotonic' parameter"),
        ({"threshold": 2.0}, r"threshold of label '0' is 2\.0; it must lie in \[0, 1\]"),
        ({"cv": 0}, "k-fold cross-validation requires at least one|n_splits"),
        ({"estimator": StandardScaler()}, "'estimator' parameter"),
    ],
)
def test_bad_parameters_are_refused(params, message, data):
    X, y, train, _ = data
    tagger = CalibratedTaggerCV(MultilabelLogisticRegression()).set_params(**params)
    with pytest.raises(ValueError, match=message):
        tagger.fit(X[train], y[train])
    with pytest.raises(NotFittedError):
        tagger.predict(X)


def test_the_message_of_an_unfitted_prefit(data):
    X, y, train, _ = data
    with pytest.raises(NotFittedError, match=re.escape("cv='prefit' needs a fitted estimator")):
        CalibratedTaggerCV(MultilabelLogisticRegression(), cv="prefit").fit(X[train], y[train])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_own_checks_pass():
    results = check_estimator(
        CalibratedTaggerCV(MultilabelLogisticRegression(), cv=3), on_fail=None, on_skip=None
    )
    assert [r["check_name"] for r in results if r["status"] != "passed"] == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_around_a_text_tagger_the_checks_for_text_pass():
    results = check_text_estimator(CalibratedTaggerCV(TfidfLogRegTagger(), cv=3), on_fail=None)
    # the copies of a document fall into other folds than the one that weighs twice
    assert [r["check_name"] for r in results if r["status"] != "passed"] == ["check_weight_repeats"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::skmultitext.exceptions.RareLabelWarning")
def test_goemotions_gets_better_probabilities(goemotions):
    train, dev, test = (goemotions[split] for split in ("train", "dev", "test"))
    base = TfidfLogRegTagger(C=2, min_df=10, max_df=0.5, class_weight="balanced", random_state=0)
    plain = base.fit(train.data, train.target).predict_proba(test.data)
    for method in ("sigmoid", "isotonic"):
        tagger = CalibratedTaggerCV(base, method=method, cv="prefit").fit(dev.data, dev.target)
        proba = tagger.predict_proba(test.data)
        assert log_loss(test.target, proba) < 0.7 * log_loss(test.target, plain)
        assert calibration_error(test.target, proba) < 0.2 * calibration_error(test.target, plain)


def test_logits_of_probabilities_keep_what_is_not_exact(data):
    X, y, train, _ = data
    prefit = MultilabelLogisticRegression().fit(X[train], y[train])
    tagger = CalibratedTaggerCV(prefit, cv="prefit").fit(X[train], y[train])
    z = logit(prefit.predict_proba(X))
    expected = np.column_stack([c(z[:, j]) for j, c in enumerate(tagger.calibrators_)])
    np.testing.assert_allclose(tagger.decision_function(X), expected)


class Margins(LinearSVC):
    """One linear SVM for each label: scores, and no probabilities."""

    def fit(self, X, y):
        self.parts_ = [LinearSVC(C=0.5).fit(X, column) for column in y.T]
        self.classes_ = np.tile([0, 1], (y.shape[1], 1))
        return self

    def decision_function(self, X):
        return np.column_stack([part.decision_function(X) for part in self.parts_])


@pytest.mark.parametrize("method", METHODS)
def test_a_score_without_evidence_falls_back_to_the_prevalence(method):
    rng = np.random.RandomState(0)
    X, y = rng.randn(300, 5), np.zeros((300, 2), int)
    y[:, 0] = X[:, 0] > 0.5
    y[rng.permutation(300)[:4], 1] = 1
    tagger = CalibratedTaggerCV(Margins(), method=method, cv=2, random_state=0)
    with pytest.warns(RareLabelWarning, match="none for '1'"):
        tagger.fit(X, y)
    proba = tagger.predict_proba(rng.randn(1000, 5))[:, 1]
    assert tagger.methods_.tolist()[1] == "none"
    assert 0.005 < np.median(proba) < 0.03  # 4 of 300, and not the sigmoid of a margin of -1
