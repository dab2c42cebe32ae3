"""Calibration where labels are unknown: each label by its known documents."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import logit
from sklearn.ensemble import RandomForestClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.svm import LinearSVC

from skmultitext import CalibratedTaggerCV, MultilabelLogisticRegression
from skmultitext.calibration._calibrators import fit_isotonic, fit_sigmoid, sigmoid_shift
from skmultitext.exceptions import RareLabelWarning, UnknownLabelWarning


@pytest.fixture
def partly(four_labels):
    """Features, labels with unknown entries, and whole-numbered weights."""
    X, y = four_labels
    y = y.astype(float)
    rng = np.random.default_rng(0)
    unknown = rng.random(y.shape) < 0.4
    unknown[np.arange(len(y)), rng.integers(0, 4, len(y))] = False
    y[unknown] = np.nan
    return X, y, rng.integers(1, 3, len(y)).astype(float)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
def test_each_label_is_calibrated_on_its_known_documents(partly, four_labels, method):
    X, y, weight = partly
    fitted = MultilabelLogisticRegression().fit(X, four_labels[1])
    tagger = CalibratedTaggerCV(fitted, method=method, cv="prefit", min_isotonic=5)
    tagger.fit(X, y, sample_weight=weight)
    assert tagger.methods_.tolist() == [method] * 4
    stored = sp.csc_array(np.where(np.isnan(y), 2, y))
    stored.data[stored.data == 2] = np.nan
    sparse = CalibratedTaggerCV(fitted, method=method, cv="prefit", min_isotonic=5)
    np.testing.assert_array_equal(
        sparse.fit(X, stored, sample_weight=weight).predict_proba(X), tagger.predict_proba(X)
    )
    z = logit(fitted.predict_proba(X))
    for j, calibrator in enumerate(tagger.calibrators_):
        known = np.flatnonzero(~np.isnan(y[:, j]))
        part = z[known, j], y[known, j] == 1, weight[known]
        if method == "isotonic":
            wanted = fit_isotonic(*part)
        else:
            wanted = fit_sigmoid(*part, intercept=method == "sigmoid")
        np.testing.assert_array_equal(calibrator(z[:, j]), wanted(z[:, j]))


def test_probabilities_of_exactly_0_and_1_are_bounded_by_known_documents(partly, four_labels):
    X, y, _ = partly
    forest = RandomForestClassifier(7, random_state=0).fit(X, four_labels[1])
    tagger = CalibratedTaggerCV(forest, cv="prefit").fit(X, y)
    proba = np.column_stack([part[:, 1] for part in forest.predict_proba(X)])
    for j in range(4):
        known = np.flatnonzero(~np.isnan(y[:, j]))
        column = proba[known, j]
        low, high = column[column > 0].min() / 2, 1 - (1 - column[column < 1].max()) / 2
        wanted = fit_sigmoid(
            logit(np.clip(column, low, high)), y[known, j] == 1, np.ones(len(known))
        )
        assert tagger.calibrators_[j].slope == pytest.approx(wanted.slope, rel=1e-12)


def test_the_fewest_positives_count_known_ones(partly):
    X, y, _ = partly
    y = y.copy()
    y[np.flatnonzero(y[:, 1] == 0)[4:], 1] = np.nan
    kept = np.flatnonzero(~np.isnan(y).all(axis=1))
    with pytest.warns(RareLabelWarning, match="replaced by none for '1'"):
        tagger = CalibratedTaggerCV(MultilabelLogisticRegression(), cv=3).fit(X[kept], y[kept])
    assert tagger.methods_.tolist() == ["sigmoid", "none", "sigmoid", "sigmoid"]


def test_scores_that_are_no_logits_are_shifted_to_the_known_prevalence(partly, four_labels):
    X, y, _ = partly
    y = y.copy()
    y[np.flatnonzero(y[:, 1] == 0)[4:], 1] = np.nan
    y[:, 2] = np.nan
    kept = np.flatnonzero(~np.isnan(y).all(axis=1))
    X, y = X[kept], y[kept]
    machine = OneVsRestClassifier(LinearSVC()).fit(X, four_labels[1][kept])
    with pytest.warns() as caught:
        tagger = CalibratedTaggerCV(machine, cv="prefit").fit(X, y)
    assert {w.category for w in caught} == {RareLabelWarning, UnknownLabelWarning}
    known = np.flatnonzero(~np.isnan(y[:, 1]))
    z = machine.decision_function(X)
    wanted = sigmoid_shift(z[known, 1], y[known, 1] == 1, np.ones(len(known)))
    assert tagger.calibrators_[1].intercept == pytest.approx(wanted[1])
    assert (tagger.calibrators_[2].slope, tagger.calibrators_[2].intercept) == (1, 0)
