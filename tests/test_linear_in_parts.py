"""A tagger fitted in partitions is that of one machine."""

from itertools import pairwise

import numpy as np
import pytest
from partitions_local import PicklingEngine
from sklearn.exceptions import ConvergenceWarning

from skmultitext import TfidfLogRegTagger, load, save
from skmultitext._gate.labels import LabelSpace
from skmultitext.datasets import make_multilabel_text
from skmultitext.exceptions import LabelError
from skmultitext.linear._held_out import FoldCounts
from skmultitext.linear._in_parts import Documents, fit_in_parts
from skmultitext.metrics import log_loss

NAMES = ["delivery", "refund", "never", "always"]
RNG = np.random.RandomState(0)
LOG = {"loss": "log_loss", "C": 10.0, "ngram_range": (1, 1)}
WORDS = RNG.randint(0, 50, (160, 6))
TEXTS = [" ".join(f"w{i}" for i in row) for row in WORDS]
Y = np.zeros((160, 4))
Y[:, 0] = (WORDS < 8).any(axis=1)
Y[:, 1] = (WORDS > 44).any(axis=1)
Y[:, 3] = 1.0


def fit(tagger, y=Y, weight=None, bounds=(0, 30, 30, 90, 160), **options):
    space = LabelSpace.of(NAMES)
    indicator = np.where(np.isnan(y), -1, y).astype(np.int8)
    parts = [
        Documents(TEXTS[a:b], indicator[a:b], None if weight is None else weight[a:b])
        for a, b in pairwise(bounds)
    ]
    engine = PicklingEngine()
    options = {"tol": 1e-3, "max_rounds": 200, **options}
    fitted = fit_in_parts(engine, parts, tagger, space, **options)
    assert engine.held == 0
    return fitted


def objective(tagger, y, weight=None):
    """Sum of all labels' objectives, with 0 where nothing is known."""
    X = tagger.vectorizer_.transform(TEXTS)
    margins = np.where(y == 1, 1, -1) * (X @ tagger.coef_.T + tagger.intercept_)
    each = np.where(np.isnan(y), 0.0, np.logaddexp(0, -margins))
    each = each if weight is None else each * weight[:, None]
    return (
        0.5 * (tagger.coef_**2).sum()
        + 0.5 * (tagger.intercept_[:2] ** 2).sum()
        + (tagger.classifier_.C * each[:, :2].sum())
    )


WEIGHT = RNG.randint(0, 4, 160).astype(float)
UNKNOWN = np.where(RNG.rand(*Y.shape) < 0.2, np.nan, Y)


@pytest.mark.parametrize("y", [Y, UNKNOWN], ids=["known", "unknown"])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("class_weight", [None, "balanced", {"refund": 3.0}])
def test_same_model_as_on_one_machine(y, weight, class_weight):
    settings = {**LOG, "C": 5.0, "class_weight": class_weight, "min_df": 2}
    whole = TfidfLogRegTagger(tol=1e-10, **settings)
    pandas = pytest.importorskip("pandas")

    whole.fit(TEXTS, pandas.DataFrame(y, columns=NAMES), sample_weight=weight)
    ours = fit(TfidfLogRegTagger(**settings), y, weight, tol=1e-10)
    assert ours.get_feature_names_out().tolist() == whole.get_feature_names_out().tolist()
    np.testing.assert_allclose(ours.predict_proba(TEXTS), whole.predict_proba(TEXTS), atol=2e-5)
    np.testing.assert_array_equal(ours.thresholds_, whole.thresholds_)
    assert ours.n_iter_.max() == ours.rounds_["n_rounds"]
    assert (ours.n_iter_[2:] == 0).all()


def test_objective_at_the_default_tolerance():
    whole = TfidfLogRegTagger(tol=1e-10, **LOG).fit(TEXTS, Y)
    ours = fit(TfidfLogRegTagger(**LOG))
    excess = objective(ours, Y) / objective(whole, Y) - 1
    assert 0 < excess < ours.rounds_["gap"] <= 1e-3
    assert ours.rounds_["n_rounds"] <= 20
    assert ours.rounds_["n_bytes_sent"] > 0
    assert ours.rounds_["n_bytes_received"] > 0


def test_partitions_do_not_matter():
    one = fit(TfidfLogRegTagger(**LOG), bounds=(0, 160), tol=1e-10)
    many = fit(TfidfLogRegTagger(**LOG), bounds=range(161), tol=1e-10)
    np.testing.assert_allclose(one.coef_, many.coef_, atol=1e-6)


def test_prune_keeps_large_weights():
    ours = fit(TfidfLogRegTagger(prune=0.5, **LOG))
    assert 0 < ours.coef_.nnz < 2 * ours.coef_.shape[1]
    assert np.abs(ours.coef_.data).min() > 0.5
    assert ours.predict(TEXTS[:3]).shape == (3, 4)


def test_a_fit_that_ends_early_warns():
    with pytest.warns(ConvergenceWarning, match=r"2 label\(s\) have not converged in 2 rounds: "):
        fit(TfidfLogRegTagger(**LOG), max_rounds=2)


def test_what_cannot_be_fitted_leaves_the_tagger():
    tagger = TfidfLogRegTagger()
    with pytest.raises(LabelError, match="No document of any partition has a weight above 0"):
        fit(tagger, weight=np.zeros(160))
    assert not hasattr(tagger, "vectorizer_")


@pytest.mark.parametrize("weight", [None, WEIGHT / 2], ids=["unweighted", "weighted"])
@pytest.mark.parametrize(
    "settings", [{"max_df": 0.2}, {"max_features": 9}, {"ngram_range": (1, 2)}]
)
def test_same_features_as_on_one_machine(settings, weight):
    whole = TfidfLogRegTagger(**settings).fit(TEXTS, Y, sample_weight=weight)
    ours = fit(TfidfLogRegTagger(**settings), weight=weight, max_rounds=99)
    assert ours.vectorizer_.vocabulary_ == whole.vectorizer_.vocabulary_
    np.testing.assert_allclose(ours.vectorizer_.idf_, whole.vectorizer_.idf_, rtol=1e-12)


def test_a_new_fit_forgets_the_rounds():
    ours = fit(TfidfLogRegTagger())
    assert not hasattr(ours.fit(TEXTS, Y), "rounds_")


def test_saved_with_its_rounds(tmp_path):
    ours = fit(TfidfLogRegTagger())
    save(ours, tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.rounds_ == ours.rounds_
    np.testing.assert_array_equal(again.predict_proba(TEXTS), ours.predict_proba(TEXTS))


def hinge_objective(tagger, y, weight):
    """Objective of each varying label of the SVM inside."""
    slope, shift = tagger.classifier_.sigmoid_[:2].T
    w, b = tagger.coef_[:2] / slope[:, None], (tagger.intercept_[:2] - shift) / slope
    signs = np.where(y == 1, 1, -1)[:, :2]
    missing = np.maximum(0, 1 - signs * (tagger.vectorizer_.transform(TEXTS) @ w.T + b))
    each = np.where(np.isnan(y[:, :2]), 0.0, missing**2)
    each = each if weight is None else each * weight[:, None]
    factors = {None: (1.0, 1.0), "refund": (1.0, 3.0)}
    known = [np.where(y[:, j] == 1, factors[None if j == 0 else "refund"][1], 1.0) for j in (0, 1)]
    each = each * np.array(known).T
    return 0.5 * (w**2).sum(axis=1) + 0.5 * b**2 + tagger.classifier_.C * each.sum(axis=0)


@pytest.mark.parametrize("y", [Y, UNKNOWN], ids=["known", "unknown"])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["unweighted", "weighted"])
def test_the_squared_hinge_is_that_of_one_machine(y, weight):
    pandas = pytest.importorskip("pandas")
    settings = {"C": 10.0, "class_weight": {"refund": 3.0}, "ngram_range": (1, 1)}
    whole = TfidfLogRegTagger(tol=1e-10, **settings)
    whole.fit(TEXTS, pandas.DataFrame(y, columns=NAMES), sample_weight=weight)
    ours = fit(TfidfLogRegTagger(**settings), y, weight, tol=1e-10, max_rounds=400)
    objectives = [hinge_objective(one, y, weight) for one in (ours, whole)]
    np.testing.assert_allclose(*objectives, rtol=1e-8)
    default = fit(TfidfLogRegTagger(**settings), y, weight)
    assert default.rounds_["n_rounds"] < 100  # 158 with curvatures that follow the margins
    at_default = hinge_objective(default, y, weight)
    assert (at_default / objectives[1] - 1 > 0).all()
    assert (at_default / objectives[1] - 1 < 1e-3).all()
    assert ours.classifier_.sigmoid_[2:].tolist() == [[1.0, 0.0]] * 2
    # other folds: the sigmoids are close, not equal
    proba = [one.predict_proba(TEXTS)[:, :2] for one in (ours, whole)]
    assert np.abs(proba[0] - proba[1]).mean() < 0.04
    losses = [-np.log(np.where(Y[:, :2] == 1, p, 1 - p)).mean() for p in proba]
    assert losses[0] == pytest.approx(losses[1], abs=0.03)


def test_probabilities_of_new_texts_are_as_good_as_those_of_one_machine():
    corpus = make_multilabel_text(
        1_600, n_labels=4, n_words=15, vocabulary_size=9_000, random_state=0
    )
    indicator = corpus.target[:600].astype(np.int8)
    parts = [Documents(corpus.data[a:b], indicator[a:b], None) for a, b in [(0, 200), (200, 600)]]
    space, options = LabelSpace.of(list(corpus.target_names)), {"tol": 1e-6, "max_rounds": 200}
    ours = fit_in_parts(PicklingEngine(), parts, TfidfLogRegTagger(), space, **options)
    whole = TfidfLogRegTagger().fit(corpus.data[:600], indicator)
    truth = corpus.target[600:]
    losses = [log_loss(truth, one.predict_proba(corpus.data[600:])) for one in (ours, whole)]
    assert losses[0] == pytest.approx(losses[1], rel=0.02)
    with pytest.MonkeyPatch.context() as patch:  # 12 % more if the rare terms of a row count
        patch.setattr(FoldCounts, "known", lambda counts: None)
        plain = fit_in_parts(PicklingEngine(), parts, TfidfLogRegTagger(), space, **options)
    assert log_loss(truth, plain.predict_proba(corpus.data[600:])) > 1.05 * losses[0]


def test_sigmoids_do_not_depend_on_partitions():
    settings = {"loss": "squared_hinge", "class_weight": "balanced"}
    one = fit(TfidfLogRegTagger(**settings), bounds=(0, 160), tol=1e-10)
    many = fit(TfidfLogRegTagger(**settings), bounds=range(161), tol=1e-10)
    np.testing.assert_allclose(one.classifier_.sigmoid_, many.classifier_.sigmoid_, rtol=1e-3)


def test_a_weight_of_2_is_repetition_for_the_sigmoids():
    weight = np.where(np.arange(160) < 80, 2.0, 1.0)
    weighted = fit(TfidfLogRegTagger(loss="squared_hinge"), weight=weight, tol=1e-10)
    indicator = Y.astype(np.int8)
    parts = [Documents(TEXTS, indicator, None), Documents(TEXTS[:80], indicator[:80], None)]
    twice = fit_in_parts(
        PicklingEngine(),
        parts,
        TfidfLogRegTagger(loss="squared_hinge"),
        LabelSpace.of(NAMES),
        tol=1e-10,
        max_rounds=200,
    )
    np.testing.assert_allclose(
        weighted.predict_proba(TEXTS), twice.predict_proba(TEXTS), rtol=1e-3, atol=1e-5
    )


def test_a_rare_label_is_shifted_to_its_prevalence():
    rare = Y.copy()
    rare[:, 0] = 0
    rare[5, 0] = 1
    ours = fit(TfidfLogRegTagger(loss="squared_hinge"), rare, tol=1e-8)
    assert ours.classifier_.sigmoid_[0, 0] == 1.0
    assert ours.classifier_.sigmoid_[1, 0] > 1.0
    # Platt's targets: (1 + 1) / (1 + 2) for the positive, 1 / (159 + 2) for the others
    smoothed = (2 / 3 + 159 / 161) / 160
    assert ours.predict_proba(TEXTS)[:, 0].mean() == pytest.approx(smoothed, rel=1e-2)
