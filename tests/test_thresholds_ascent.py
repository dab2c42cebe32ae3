"""Thresholds for exact match and for decisions with rules, against every choice of thresholds."""

from itertools import product

import numpy as np
import pytest
import scipy.sparse as sp
from threshold_cases import CASES

from skmultitext import TfidfLogRegTagger, TunedThresholdTaggerCV
from skmultitext._gate.decision import decide, exact_matches
from skmultitext.datasets import load_support_tickets
from skmultitext.hierarchy import HierarchicalTagger
from skmultitext.metrics import exact_match, f1_score
from skmultitext.thresholds import apply_thresholds, search_thresholds
from skmultitext.thresholds._objectives import make_objective
from skmultitext.thresholds._search import ExactSearch, count_decided, label_sides

RULES = [
    {},
    {"at_least_one": True},
    {"max_labels": 1},
    {"max_labels": 1, "at_least_one": True},
    {"max_labels": 2, "at_least_one": True},
]
ALL = {"exact_match": {}, **CASES}


def scored(seed, n=14, n_labels=3, levels=12):
    rng = np.random.default_rng(seed)
    truth = (rng.random((n, n_labels)) < 0.4).astype(np.int64)
    truth[0], truth[1] = 1, 0
    proba = 1 / (1 + np.exp(-(rng.standard_normal(truth.shape) + 1.5 * truth - 1)))
    return truth, np.round(proba * levels) / levels  # ties


def every_choice(proba, shared=False):
    if shared:
        return [np.full(proba.shape[1], t) for t in np.unique(np.append(proba, 0.0))]
    return map(np.array, product(*(np.unique(np.append(column, 0.0)) for column in proba.T)))


def summed(objective, truth, proba, thresholds, rules, weight=None):
    """What the search maximises: a violated constraint outweighs everything else."""
    return ExactSearch(objective, rules, 0.0, True, np.array([*"abc"]))._rank(
        truth, proba, thresholds, weight
    )


@pytest.mark.parametrize("rules", RULES, ids=str)
def test_exact_match_is_nearly_always_the_best_of_every_choice(rules):
    gaps = []
    for seed in range(6):
        truth, proba = scored(seed, levels=5)
        thresholds, score = search_thresholds(truth, proba, "exact_match", **rules)
        given = apply_thresholds(proba, thresholds, **rules)
        assert score == (given == truth).all(axis=1).mean()
        best = max(
            exact_matches(decide(proba, choice, **rules), truth).mean()
            for choice in every_choice(proba)
        )
        gaps.append(best - score)
    assert sum(gap < 1e-9 for gap in gaps) >= 5
    assert max(gaps) < 1.5 / 14  # never more than a document


@pytest.mark.parametrize("rules", RULES, ids=str)
@pytest.mark.parametrize("objective", ALL)
def test_one_threshold_for_all_is_the_best_of_every_choice(objective, rules):
    for seed in range(8):
        truth, proba = scored(seed)
        made = make_objective(objective, [*"abc"], shared=True, **ALL[objective])
        thresholds, _ = search_thresholds(
            truth, proba, objective, shared=True, **ALL[objective], **rules
        )
        reached = summed(made, truth, proba, thresholds, rules)
        best = max(summed(made, truth, proba, t, rules) for t in every_choice(proba, shared=True))
        assert reached == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("objective", "rules"),
    [(name, rules) for name in ALL for rules in RULES if rules or name == "exact_match"],
    ids=str,
)
def test_no_step_of_one_label_improves_the_decisions_with_rules(objective, rules, weighted):
    made = make_objective(objective, [*"abc"], **ALL[objective])
    for seed in range(3):
        truth, proba = scored(seed, n=40)
        weight = np.random.default_rng(seed).integers(1, 4, 40).astype(float) if weighted else None
        options = {**ALL[objective], **rules, "shrinkage": 0}
        found, score = search_thresholds(truth, proba, objective, sample_weight=weight, **options)
        reached = summed(made, truth, proba, found, rules, weight)
        blind, _ = search_thresholds(
            truth, proba, objective, sample_weight=weight, shrinkage=0, **ALL[objective]
        )
        assert reached >= summed(made, truth, proba, blind, rules, weight) - 1e-9
        for label, column in enumerate(proba.T):
            for cut in np.unique(np.append(column, 0.0)):
                changed = np.where(np.arange(3) == label, cut, found)
                assert summed(made, truth, proba, changed, rules, weight) <= reached + 1e-8
        if weighted:
            repeated = (np.repeat(values, weight.astype(int), axis=0) for values in (truth, proba))
            again, again_score = search_thresholds(*repeated, objective, **options)
            assert again_score == pytest.approx(score)
            assert summed(made, truth, proba, again, rules, weight) == pytest.approx(reached)


def test_a_minimum_holds_for_the_decisions_with_rules():
    rng = np.random.default_rng(2)
    truth = (rng.random((400, 4)) < 0.3).astype(int)
    proba = 1 / (1 + np.exp(-(rng.standard_normal(truth.shape) + 3 * truth - 2)))
    options = {"min_precision": 0.8, "shrinkage": 0}
    blind, _ = search_thresholds(truth, proba, "recall_at_precision", **options)
    found, _ = search_thresholds(
        truth, proba, "recall_at_precision", at_least_one=True, max_labels=2, **options
    )
    n_kept = []
    for thresholds in (blind, found):
        given = apply_thresholds(proba, thresholds, at_least_one=True, max_labels=2)
        n_kept.append(((given & truth).sum(axis=0) >= 0.8 * given.sum(axis=0)).sum())
    # each document gets a label, so that one of them has to take those without any
    assert n_kept == [0, 3]


def test_unknown_labels_are_neither_right_nor_wrong():
    truth, proba = scored(3, n=60)
    unknown = np.random.default_rng(0).random(truth.shape) < 0.2
    labels = np.where(unknown, np.nan, truth)
    for rules in RULES:
        thresholds, score = search_thresholds(labels, proba, "exact_match", **rules)
        given = apply_thresholds(proba, thresholds, **rules)
        assert score == ((given == truth) | unknown).all(axis=1).mean()
        rest = labels.copy()
        sparse, sparse_score = search_thresholds(
            sp.csr_array(np.nan_to_num(rest)), proba, "exact_match", **rules
        )
        dense, dense_score = search_thresholds(np.nan_to_num(rest), proba, "exact_match", **rules)
        np.testing.assert_array_equal(sparse, dense)
        assert sparse_score == dense_score


def micro_f1(y_true, y_pred):
    return f1_score(y_true, y_pred, average="micro")


@pytest.mark.parametrize("response_method", ["predict_proba", "decision_function"])
def test_the_tagger_is_tuned_for_the_decisions_that_it_takes(response_method):
    tickets = load_support_tickets()
    texts, labels = tickets.data, tickets.label_sets
    fitted = TfidfLogRegTagger(C=1.0, random_state=0).fit(texts[::2], labels[::2])

    def reached(objective, **params):
        tagger = TunedThresholdTaggerCV(
            fitted, objective=objective, cv="prefit", response_method=response_method, **params
        )
        return tagger.fit(texts[1::2], labels[1::2]).best_score_

    rules = {"at_least_one": True, "max_labels": 3}
    for objective, function in (("exact_match", exact_match), ("f1_micro", micro_f1)):
        on_a_grid = reached(function, shrinkage=0, thresholds=8, **rules)
        assert 0.9 * on_a_grid < reached(objective, **rules) < 1
        assert objective == "f1_micro" or reached(objective, **rules) >= on_a_grid


def test_in_a_hierarchy_the_better_of_both_searches_is_taken():
    tickets = load_support_tickets()
    labels = [[*names, *(["any"] if names else [])] for names in tickets.label_sets]
    parents = dict.fromkeys(tickets.target_names, "any")
    tagger = HierarchicalTagger(TfidfLogRegTagger(C=1.0, random_state=0), hierarchy=parents)
    scores = {}
    for objective in ("neg_hamming_loss", "exact_match"):
        tuned = TunedThresholdTaggerCV(tagger, objective=objective, cv=3, at_least_one=True)
        tuned.fit(tickets.data, labels)
        pred = tuned.predict(tickets.data)
        any_column = tuned.label_names_.tolist().index("any")
        assert (pred[:, any_column] == 1).all()
        scores[objective] = tuned.best_score_
    assert 0 < scores["exact_match"] <= 1


def test_rules_raise_micro_f1_of_their_own_decisions():
    truth, proba = scored(0, n=300, n_labels=6, levels=500)
    for rules in RULES[1:]:
        blind, _ = search_thresholds(truth, proba, "f1_micro")
        found, score = search_thresholds(truth, proba, "f1_micro", **rules)
        given = [apply_thresholds(proba, t, **rules) for t in (blind, found)]
        before, after = (f1_score(truth, g, average="micro") for g in given)
        assert after == pytest.approx(score)
        assert after > before
    made = make_objective("f1_micro", [*"abcdef"])
    counts = count_decided(truth, decide(proba, found, **RULES[-1]))
    assert made.score(*counts, label_sides(made, truth)) == pytest.approx(score)
