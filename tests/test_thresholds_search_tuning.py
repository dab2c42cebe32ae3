"""How thresholds are tuned: exactly, on a grid, and without harm to rare labels."""

from functools import partial

import numpy as np
import pytest
from scipy.special import expit
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import f1_score, jaccard_score, precision_score, recall_score
from wrapped_estimators import one_vs_rest

from skmultitext import FixedThresholdTagger, TfidfLogRegTagger, TunedThresholdTaggerCV
from skmultitext.model_selection import MultilabelStratifiedKFold
from skmultitext.thresholds import search_thresholds

# the features and the loss of scikit-learn's defaults
WORDS = {
    "loss": "log_loss",
    "ngram_range": (1, 1),
    "sublinear_tf": False,
    "min_df": 1,
    "token_pattern": r"(?u)\b\w\w+\b",
}


@pytest.mark.parametrize(
    ("objective", "params"),
    [
        ("f1_micro", None),
        ("neg_hamming_loss", None),
        ("youden", None),
        ("fbeta_macro", {"beta": 2}),
        ("precision_at_recall", {"min_recall": 0.8}),
        ("recall_at_precision", {"min_precision": 0.8}),
        ("neg_expected_cost", {"cost_fp": 1, "cost_fn": {"0": 1, "1": 2, "2": 3, "3": 4}}),
        ("f1_macro", {"shared": True}),
    ],
)
def test_every_objective_is_searched_out_of_fold(objective, params, four_labels):
    X, y = four_labels
    tagger = TunedThresholdTaggerCV(
        one_vs_rest, objective=objective, objective_params=params, cv=3, shrinkage=0
    ).fit(X, y)
    proba = np.empty(y.shape)
    for train, test in MultilabelStratifiedKFold(3).split(X, y):
        proba[test] = clone(one_vs_rest).fit(X[train], y[train]).predict_proba(X[test])
    thresholds, score = search_thresholds(y, proba, objective, shrinkage=0, **(params or {}))
    np.testing.assert_array_equal(tagger.best_thresholds_, thresholds)
    assert tagger.best_score_ == pytest.approx(score, abs=1e-12)
    tagger.set_params(shrinkage=50).fit(X, y)
    thresholds, score = search_thresholds(y, proba, objective, **(params or {}))
    np.testing.assert_array_equal(tagger.best_thresholds_, thresholds)
    assert tagger.best_score_ == pytest.approx(score, abs=1e-12)


@pytest.mark.parametrize(
    ("objective", "params", "kept"),
    [
        ("precision_at_recall", {"min_recall": 0.9}, recall_score),
        ("recall_at_precision", {"min_precision": 0.8}, precision_score),
    ],
)
def test_labels_with_evidence_keep_the_minimum_asked_for(objective, params, kept):
    # seeds for which leaning on the common threshold breaks it
    rng = np.random.RandomState(3)
    truth = (rng.random_sample((600, 5)) < [0.5, 0.4, 0.3, 0.25, 0.005]).astype(int)
    proba = expit(rng.standard_normal(truth.shape) + truth * [2.5, 3.5, 2, 3, 1] - 1)
    tagger = TunedThresholdTaggerCV(
        Scores().fit(proba, truth), objective=objective, objective_params=params, cv="prefit"
    ).fit(proba, truth)
    reached = kept(truth, tagger.predict(proba), average=None)
    assert (reached[:4] >= min(params.values())).all()
    exact, _ = search_thresholds(truth, proba, objective, shrinkage=0, **params)
    assert tagger.best_thresholds_[4] != exact[4]  # 3 positives: it leans


def test_a_callable_is_searched_on_a_grid(four_labels):
    X, y = four_labels
    macro = partial(f1_score, average="macro", zero_division=0)
    exact = TunedThresholdTaggerCV(one_vs_rest, cv=3, shrinkage=0).fit(X, y)
    grid = TunedThresholdTaggerCV(one_vs_rest, objective=macro, cv=3, shrinkage=0).fit(X, y)
    # macro-F1 decouples the labels, so that coordinate-wise search on a fine grid is near-exact
    assert exact.best_score_ - 0.01 < grid.best_score_ <= exact.best_score_
    few = [0.2, 0.4, 0.6]
    tagger = TunedThresholdTaggerCV(
        one_vs_rest,
        objective=jaccard_score,
        objective_params={"average": "samples", "zero_division": 0},
        thresholds=few,
        shrinkage=0,
        cv="prefit",
        at_least_one=True,
    )
    tagger.estimator = clone(one_vs_rest).fit(X, y)
    tagger.fit(X, y)
    assert set(tagger.best_thresholds_) <= set(few)
    score = jaccard_score(y, tagger.predict(X), average="samples")
    assert tagger.best_score_ == pytest.approx(score)
    for threshold in few:
        rival = FixedThresholdTagger(
            FrozenEstimator(tagger.estimator_), threshold=threshold, at_least_one=True
        ).fit(X, y)
        assert score >= jaccard_score(y, rival.predict(X), average="samples")
    shared = clone(tagger).set_params(
        estimator=tagger.estimator_,
        objective_params={"average": "samples", "zero_division": 0, "shared": True},
    )
    assert len(set(shared.fit(X, y).best_thresholds_)) == 1


def rare_scores(seed, slope, n=8000, n_labels=95):
    """Labels as of a news corpus, a third with under 10 positives, and the scores of two models.

    The score of a document with a rare label tells little: its model saw a handful.
    """
    rng = np.random.RandomState(seed)
    share = np.maximum(0.4 / np.arange(1, n_labels + 1) ** 1.6, 4 / n)
    truth = (rng.random_sample((n, n_labels)) < share).astype(int)
    truth[:3] = 1
    strength = np.clip(np.log10(share * n) * slope - 0.5, 0, 7)
    logits = np.log(share) + rng.standard_normal(truth.shape) + strength * truth
    return truth, 1 / (1 + np.exp(-logits))


class Scores(DummyClassifier):
    """Gives back the probabilities that it is asked with."""

    def predict_proba(self, X):
        return X


def tuned_f1(objective, shrinkage, tuning, held_out):
    """Micro- and macro-F1 on held-out documents."""
    truth, proba = tuning
    prefit = Scores().fit(proba, truth)
    tagger = TunedThresholdTaggerCV(prefit, objective=objective, shrinkage=shrinkage, cv="prefit")
    pred = tagger.fit(proba, truth).predict(held_out[1])
    return [f1_score(held_out[0], pred, average=a, zero_division=0) for a in ("micro", "macro")]


@pytest.mark.slow
@pytest.mark.parametrize("slope", [0.5, 1.0, 1.6, 2.2, 3.0])
def test_rare_labels_do_not_ruin_micro_f1(slope):
    # the lower the slope, the less the scores of rare labels tell
    tuning, held_out = rare_scores(0, slope), rare_scores(1, slope)
    assert (tuning[0].sum(axis=0) < 10).mean() > 0.3
    best_micro, best_macro = tuned_f1("f1_micro", 50, tuning, held_out)
    naive_micro, _ = tuned_f1("f1_macro", 0, tuning, held_out)
    micro, macro = tuned_f1("f1_macro", 50, tuning, held_out)
    assert naive_micro < best_micro - 0.3  # else the data would not test anything
    assert micro > best_micro - 0.06
    assert macro > best_macro


def zipf_texts(seed, n=12_000, n_labels=95, share_of_topic=0.35):
    """Texts of Zipfian words, some from the topic words of their labels."""
    rng = np.random.RandomState(seed)
    share = np.maximum(0.4 / np.arange(1, n_labels + 1) ** 1.6, 4 / 8000)
    truth = (rng.random_sample((n, n_labels)) < share).astype(int)
    truth[np.arange(n), rng.choice(n_labels, n, p=share / share.sum())] = 1
    common = 1 / (np.arange(5000) + 2.7)
    topics = rng.randint(100, 5000, (n_labels, 20))
    texts = []
    for row in truth:
        words = rng.choice(5000, 1 + rng.poisson(40), p=common / common.sum())
        of_topic = rng.random_sample(len(words)) < rng.beta(2, 4) * share_of_topic
        labels = rng.choice(np.flatnonzero(row), of_topic.sum())
        words[of_topic] = topics[labels, rng.randint(0, 20, of_topic.sum())]
        texts.append(" ".join(f"w{word}" for word in words))
    return texts, truth


@pytest.mark.slow
@pytest.mark.parametrize("params", [{"C": 10}, {"C": 2, "class_weight": "balanced", "tol": 0.1}])
def test_rare_labels_of_texts_do_not_ruin_micro_f1(params):
    texts, truth = zipf_texts(0)
    fit, test = slice(0, 8000), slice(8000, None)
    assert (truth[fit].sum(axis=0) < 10).mean() > 0.3

    def f1(objective, shrinkage):
        tagger = TunedThresholdTaggerCV(
            TfidfLogRegTagger(random_state=0, **WORDS, **params),
            objective=objective,
            shrinkage=shrinkage,
            cv=3,
            random_state=0,
        ).fit(texts[fit], truth[fit])
        pred = tagger.predict(texts[test])
        return [f1_score(truth[test], pred, average=a, zero_division=0) for a in ("micro", "macro")]

    best_micro, _ = f1("f1_micro", 50)
    naive_micro, naive_macro = f1("f1_macro", 0)
    micro, macro = f1("f1_macro", 50)
    assert naive_micro < best_micro - 0.3
    assert micro > best_micro - 0.06
    assert macro > naive_macro


@pytest.mark.slow
def test_goemotions_reaches_what_the_issue_asks(goemotions):
    train, test = goemotions["train"], goemotions["test"]
    pairs = {**WORDS, "ngram_range": (1, 2), "min_df": 10}
    base = TfidfLogRegTagger(C=2, max_df=0.5, random_state=0, **pairs)

    def f1(tagger, average):
        pred = tagger.fit(train.data, train.target).predict(test.data)
        return f1_score(test.target, pred, average=average, zero_division=0)

    tuned = partial(TunedThresholdTaggerCV, base, cv=3, random_state=0)
    assert f1(base, "macro") < 0.30
    assert f1(tuned(objective="f1_macro"), "macro") >= 0.455
    assert f1(tuned(objective="f1_micro"), "micro") >= 0.550
