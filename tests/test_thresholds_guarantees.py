"""Minimums of precision and recall hold on new documents as often as they should."""

import re

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit
from scipy.stats import binom, binomtest

from skmultitext import TfidfLogRegTagger, TunedThresholdTaggerCV
from skmultitext.exceptions import RareLabelWarning
from skmultitext.hierarchy import HierarchicalTagger
from skmultitext.thresholds import search_thresholds
from skmultitext.thresholds._guarantees import (
    _bets,
    covering_threshold,
    precise_shared_threshold,
    precise_thresholds,
    recalling_shared_threshold,
    recalling_thresholds,
)

RNG = np.random.default_rng(0)
PROBA = expit(2 * RNG.standard_normal(400_000) - 1.5)
TRUTH = (RNG.random(len(PROBA)) < PROBA).astype(np.int8)
ORDER = np.argsort(-PROBA)
RANKED, FOUND = PROBA[ORDER], np.cumsum(TRUTH[ORDER])
CONFIDENCE = 0.9


def reached(threshold):
    """Precision and recall of a threshold on all documents."""
    n = int(np.searchsorted(-RANKED, -threshold))
    return FOUND[n - 1] / n if n else 1.0, FOUND[n - 1] / FOUND[-1] if n else 0.0


def samples(n_samples, n_documents):
    rng = np.random.default_rng(1)
    for _ in range(n_samples):
        rows = rng.integers(0, len(PROBA), n_documents)
        yield TRUTH[rows][:, None], PROBA[rows][:, None]


def at_most(n, share):
    """The number of violations that a right procedure exceeds once in 10,000 runs."""
    return binom.ppf(1 - 1e-4, n, share)


@pytest.mark.parametrize("least", [0.5, 0.7])
def test_precision_holds(least):
    found = [precise_thresholds(*data, least, CONFIDENCE, 0.0)[0] for data in samples(300, 1500)]
    kept = [reached(threshold) for threshold in found if not np.isnan(threshold)]
    assert len(kept) > 250
    assert sum(precision < least for precision, _ in kept) <= at_most(300, 1 - CONFIDENCE)
    # the bound is not bought by giving the label to nobody
    best = FOUND[np.flatnonzero(FOUND / np.arange(1, len(FOUND) + 1) >= least)[-1]] / FOUND[-1]
    assert np.mean([recall for _, recall in kept]) > 0.75 * best


@pytest.mark.parametrize("least", [0.6, 0.9])
def test_recall_holds_and_hardly_more(least):
    found = [recalling_thresholds(*data, least, CONFIDENCE, 0.0)[0] for data in samples(400, 600)]
    violated = sum(reached(threshold)[1] < least for threshold in found)
    assert violated <= at_most(400, 1 - CONFIDENCE)
    assert violated >= 5  # a bound that never fails would be too strict


@pytest.mark.parametrize("least", [0.6, 0.9])
def test_recall_holds_in_expectation_and_hardly_more(least):
    found = [
        recalling_thresholds(*data, least, "expectation", 0.0)[0] for data in samples(400, 300)
    ]
    recalls = np.array([reached(threshold)[1] for threshold in found])
    error = 4 * recalls.std() / 20
    assert least - error < recalls.mean() < least + 0.03
    assert (recalls < least).mean() > 0.2  # no promise for a single sample


N_LABELS = 6
COMMON = RNG.standard_normal((60_000, 1))  # which makes the labels of a document dependent
MANY_PROBA = expit(
    1.6 * RNG.standard_normal((len(COMMON), N_LABELS)) + COMMON - 1 - 0.2 * np.arange(N_LABELS)
)
MANY_TRUTH = (RNG.random(MANY_PROBA.shape) < MANY_PROBA).astype(np.int8)


def samples_of_many(n_samples, n_documents):
    rng = np.random.default_rng(2)
    for k in range(n_samples):
        rows = rng.integers(0, len(MANY_PROBA), n_documents)
        if k % 2:  # a bet on sorted documents would be on what is to come
            rows = rows[np.argsort(MANY_TRUTH[rows].sum(axis=1), kind="stable")]
        yield MANY_TRUTH[rows], MANY_PROBA[rows]


def micro(thresholds):
    given = thresholds < MANY_PROBA
    hits = (given & (MANY_TRUTH == 1)).sum()
    return hits / given.sum(), hits / MANY_TRUTH.sum()


@pytest.mark.parametrize("least", [0.6, 0.8])
def test_the_micro_average_of_recall_holds(least):
    found = [
        recalling_shared_threshold(*data, least, CONFIDENCE, 0.0)
        for data in samples_of_many(40, 700)
    ]
    recalls = np.array([micro(threshold)[1] for threshold in found])
    assert (recalls < least).sum() <= at_most(40, 1 - CONFIDENCE)
    assert recalls.mean() < least + 0.06
    mean = np.mean(
        [
            micro(recalling_shared_threshold(*data, least, "expectation", 0.0))[1]
            for data in samples_of_many(40, 700)
        ]
    )
    assert least - 0.005 < mean < least + 0.02


def test_the_micro_average_of_precision_holds():
    found = [
        precise_shared_threshold(*data, 0.65, CONFIDENCE, 0.0) for data in samples_of_many(40, 1500)
    ]
    assert not np.isnan(found).any()
    precisions = np.array([micro(threshold)[0] for threshold in found])
    assert (precisions < 0.65).sum() <= at_most(40, 1 - CONFIDENCE)
    assert precisions.mean() < 0.72


def test_a_wrong_micro_average_is_rarely_accepted():
    # thresholds whose true recall is barely too low: accepted as often as the error allows
    order = np.sort(MANY_PROBA[MANY_TRUTH == 1])
    too_high = np.array([order[int(0.305 * len(order))]])
    p = [
        _bets(truth, proba, too_high, 0.7, of_given=False)[0]
        for truth, proba in samples_of_many(200, 300)
    ]
    assert np.mean(np.array(p) <= 0.1) < 0.1
    assert np.min(p) > 1e-4


@pytest.mark.parametrize("objective", ["recall_at_precision", "precision_at_recall"])
def test_all_labels_at_once_are_each_surer(objective):
    (truth, proba), *_ = samples_of_many(1, 3000)
    minimum = {"recall_at_precision": "min_precision", "precision_at_recall": "min_recall"}
    options = {minimum[objective]: 0.6}
    found, _ = search_thresholds(
        truth, proba, objective, confidence=0.9, simultaneous=True, **options
    )
    each, _ = search_thresholds(truth, proba, objective, confidence=1 - 0.1 / N_LABELS, **options)
    np.testing.assert_array_equal(found, each)
    alone, _ = search_thresholds(truth, proba, objective, confidence=0.9, **options)
    assert (found != alone).any()


def test_all_labels_keep_their_recall_at_once():
    violated = {True: 0, False: 0}
    for truth, proba in samples_of_many(40, 400):
        for simultaneous in violated:
            thresholds, _ = search_thresholds(
                truth,
                proba,
                "precision_at_recall",
                min_recall=0.7,
                confidence=CONFIDENCE,
                simultaneous=simultaneous,
            )
            given = thresholds < MANY_PROBA
            recalls = (given & (MANY_TRUTH == 1)).sum(axis=0) / MANY_TRUTH.sum(axis=0)
            violated[simultaneous] += recalls.min() < 0.7
    assert violated[True] <= at_most(40, 1 - CONFIDENCE)
    assert violated[False] > at_most(40, 1 - CONFIDENCE)  # one label or another nearly always


def test_the_shared_threshold_keeps_the_micro_average_of_known_entries():
    (truth, proba), *_ = samples_of_many(1, 1200)
    y = truth.astype(float)
    y[::7, 2] = np.nan
    for labels in (y, truth.astype(float), sp.csr_array(truth.astype(float))):
        for objective, options in (
            ("precision_at_recall", {"min_recall": 0.7, "confidence": 0.9}),
            ("precision_at_recall", {"min_recall": 0.7, "confidence": "expectation"}),
            ("recall_at_precision", {"min_precision": 0.6, "confidence": 0.9}),
        ):
            thresholds, _ = search_thresholds(labels, proba, objective, shared=True, **options)
            assert len(set(thresholds)) == 1
            kept = 1 if objective == "precision_at_recall" else 0
            assert micro(thresholds)[kept] >= 0.59
    with pytest.warns(RareLabelWarning, match=r"recall of 0\.99 with .* the micro average: always"):
        search_thresholds(
            truth[:50],
            proba[:50],
            "precision_at_recall",
            min_recall=0.99,
            confidence=0.95,
            shared=True,
        )


def test_recall_is_the_bound_of_clopper_and_pearson():
    truth = np.ones((50, 1), np.int8)
    scores = np.linspace(0.1, 0.9, 50)[:, None]
    truth[::2] = 0
    threshold = recalling_thresholds(truth, scores, 0.7, 0.95, 0.0)[0]
    n, found = 25, int((scores[truth == 1] > threshold).sum())

    def lower(hits):
        return binomtest(hits, n, alternative="greater").proportion_ci(0.95).low

    assert lower(found) >= 0.7
    assert lower(found - 1) < 0.7


def test_the_best_precision_that_keeps_the_recall():
    # the lowest positives share their score with few negatives: lower is more precise
    scores = np.concatenate([np.full(40, 0.9), np.full(30, 0.8), np.full(60, 0.3)])[:, None]
    truth = np.concatenate([np.tile([1, 0], 20), np.zeros(30), np.ones(60)]).astype(np.int8)
    threshold = recalling_thresholds(truth[:, None], scores, 0.1, 0.95, 0.0)[0]
    assert threshold < 0.3


def test_unknown_entries_take_no_part_and_sparse_labels_give_the_same():
    (truth, scores), *_ = samples(1, 900)
    truth, scores = np.tile(truth, 2), np.tile(scores, 2)
    extended = np.vstack([truth, np.full((300, 2), -1)]).astype(np.int8)
    more = np.vstack([scores, np.full((300, 2), 0.999)])
    for search in (precise_thresholds, recalling_thresholds):
        plain = search(truth, scores, 0.6, 0.9, 0.0)
        np.testing.assert_array_equal(search(extended, more, 0.6, 0.9, 0.0), plain)
        np.testing.assert_array_equal(search(sp.csc_array(truth), scores, 0.6, 0.9, 0.0), plain)
        assert plain[0] == plain[1]


def test_ties_stay_together():
    scores = np.repeat([0.9, 0.2], 60)[:, None]
    truth = (np.arange(120) < 60).astype(np.int8)[:, None]
    (threshold,) = precise_thresholds(truth, scores, 0.9, 0.9, 0.0)
    assert 0.2 <= threshold < 0.9


def test_what_the_documents_cannot_promise_is_told():
    y = np.zeros((60, 2), int)
    y[:30, 0] = 1
    y[0, 1] = 1
    proba = np.where(y, 0.8, 0.1) + np.linspace(0, 0.05, 60)[:, None]
    names = ["common", "rare"]
    with pytest.warns(
        RareLabelWarning, match=r"sure of a precision of 0\.8 .* 'rare': never given"
    ):
        thresholds, _ = search_thresholds(
            y, proba, "recall_at_precision", min_precision=0.8, confidence=0.9, label_names=names
        )
    given = (proba > thresholds).sum(axis=0)
    assert 30 <= given[0] <= 37
    assert given[1] == 0
    with pytest.warns(RareLabelWarning, match=r"sure of a recall of 0\.8 .* 'rare': always given"):
        thresholds, score = search_thresholds(
            y, proba, "precision_at_recall", min_recall=0.8, confidence=0.9, label_names=names
        )
    assert (proba > thresholds).sum(axis=0).tolist() == [30, 60]
    assert score == pytest.approx((1 + 1 / 60) / 2)


def test_the_tagger_takes_it_from_its_objective():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (300, 2))
    texts = [" ".join([f"w{k % 9}", *["a"] * a, *["b"] * b]) for k, (a, b) in enumerate(y)]
    params = {"min_precision": 0.8, "confidence": 0.95}
    tagger = TunedThresholdTaggerCV(
        TfidfLogRegTagger(token_pattern=r"\w+"),
        objective="recall_at_precision",
        objective_params=params,
        cv=0.5,
        refit=False,
        random_state=0,
    ).fit(texts, y)
    given = tagger.predict(texts) == 1
    for j in range(2):
        assert y[given[:, j], j].mean() >= 0.8
        assert given[y[:, j] == 1, j].mean() > 0.95


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"confidence": 1}, "confidence is 1; pass a number in (0, 1), such as 0.95, or 'expe"),
        ({"confidence": "expectation"}, "'expectation', which holds for a minimum of recall or c"),
        ({"simultaneous": True}, "it does not go with confidence=None. Pass shared=False and a"),
        ({"simultaneous": 1, "confidence": 0.9}, "simultaneous is 1; pass True or False."),
        (
            {"simultaneous": True, "confidence": 0.9, "shared": True},
            "simultaneous=True asks for the minimum of all labels at once with a probability; it "
            "does not go with shared=True.",
        ),
        ({"confidence": 0.9, "max_labels": 2}, "which max_labels changes. Leave it out, or set"),
        ({"confidence": 0.9, "at_least_one": True}, "which at_least_one changes. Leave it out"),
        ({"confidence": 0.9, "sample_weight": [1, 2, 1, 1]}, "confidence counts documents, and"),
    ],
)
def test_what_breaks_the_promise_is_refused(options, message):
    y, proba = [[0, 1], [1, 0], [1, 1], [0, 0]], [[0.2, 0.6], [0.7, 0.1], [0.6, 0.7], [0.1, 0.2]]
    with pytest.raises(ValueError, match=re.escape(message)):
        search_thresholds(y, proba, "recall_at_precision", min_precision=0.5, **options)
    with pytest.raises(ValueError, match=r"takes no confidence, got confidence=0\.9\. It belongs"):
        search_thresholds(y, proba, "f1_macro", confidence=0.9)


def test_a_hierarchy_is_refused():
    texts, y = ["a b", "b", "c a", "c"] * 5, [["x", "y"], ["x"], [], ["x"]] * 5
    tagger = TunedThresholdTaggerCV(
        HierarchicalTagger(TfidfLogRegTagger(token_pattern=r"\w+"), hierarchy={"y": "x"}),
        objective="precision_at_recall",
        objective_params={"min_recall": 0.5, "confidence": 0.9},
        cv=2,
    )
    with pytest.raises(ValueError, match="which a hierarchy changes"):
        tagger.fit(texts, y)


def covered(truth, scores, threshold):
    """Share of the documents with labels that are given all of theirs."""
    labelled = (truth == 1).any(axis=1)
    missed = (truth == 1) & (scores <= threshold)
    return 1 - missed[labelled].any(axis=1).mean()


@pytest.mark.parametrize("least", [0.6, 0.9])
def test_coverage_holds_and_hardly_more(least):
    found = [
        covering_threshold(*data, least, CONFIDENCE, 0.0) for data in samples_of_many(300, 500)
    ]
    shares = np.array([covered(MANY_TRUTH, MANY_PROBA, threshold) for threshold in found])
    assert (shares < least).sum() <= at_most(300, 1 - CONFIDENCE)
    assert (shares < least).sum() >= 5  # a bound that never fails would be too strict


def test_coverage_holds_in_expectation_and_hardly_more():
    found = [
        covering_threshold(*data, 0.8, "expectation", 0.0) for data in samples_of_many(300, 300)
    ]
    shares = np.array([covered(MANY_TRUTH, MANY_PROBA, threshold) for threshold in found])
    assert abs(shares.mean() - 0.8) < 4 * shares.std() / np.sqrt(300) + 0.005
    assert (shares < 0.8).mean() > 0.2  # no promise for a single sample


@pytest.mark.parametrize("seed", range(20))
def test_coverage_of_these_documents_is_reached_by_the_highest_threshold(seed):
    rng = np.random.default_rng(seed)
    y = rng.integers(-1, 2, (30, 3)).astype(float)  # -1 stands for unknown
    y[:2] = [[1, 0, 1], [0, 1, 0]]
    y[:, 0] = np.abs(y[:, 0])  # every document has a known label
    y[y < 0] = np.nan
    proba = rng.integers(1, 9, (30, 3)) / 10
    weight = rng.integers(1, 4, 30)
    thresholds, score = search_thresholds(
        y, proba, "precision_at_coverage", min_coverage=0.7, sample_weight=weight
    )
    labelled = (y == 1).any(axis=1)

    def coverage(threshold):
        complete = ((proba > threshold) | (y != 1)).all(axis=1)
        return np.average(complete[labelled], weights=weight[labelled])

    assert len(set(thresholds)) == 1
    assert coverage(thresholds[0]) >= 0.7 - 1e-12
    higher = [t for t in np.arange(1, 10) / 10 if t > thresholds[0]]  # one of each kind of sets
    assert all(coverage(t) < 0.7 for t in higher)
    given = (proba > thresholds) * weight[:, None]
    assert score == pytest.approx(given[y == 1].sum() / given[~np.isnan(y)].sum())
    sparse = sp.csr_array(np.nan_to_num(y))
    full = search_thresholds(np.nan_to_num(y), proba, "precision_at_coverage", min_coverage=0.7)
    same = search_thresholds(sparse, proba, "precision_at_coverage", min_coverage=0.7)
    assert full[0].tolist() == same[0].tolist()


def test_too_few_documents_to_cover_are_told_and_get_all_labels():
    y, proba = [[1, 0], [0, 1], [1, 1], [0, 0]], [[0.7, 0.1], [0.2, 0.6], [0.6, 0.7], [0.1, 0.2]]
    for confidence in (0.95, "expectation"):
        with pytest.warns(RareLabelWarning, match="for all labels of a document: always given"):
            thresholds, _ = search_thresholds(
                y, proba, "precision_at_coverage", min_coverage=0.9, confidence=confidence
            )
        assert thresholds.tolist() == [0, 0]
    thresholds, _ = search_thresholds(y, proba, "precision_at_coverage", min_coverage=0.9)
    assert (np.array(proba) > thresholds).astype(int).tolist() == [*y[:3], [0, 0]]


def test_a_label_that_may_be_added_keeps_the_coverage_and_a_limit_is_refused():
    options = {"objective_params": {"min_coverage": 0.8, "confidence": 0.9}, "cv": 3}
    tagger = TunedThresholdTaggerCV(
        TfidfLogRegTagger(), objective="precision_at_coverage", at_least_one=True, **options
    )
    y = np.random.default_rng(0).integers(0, 2, (300, 2))
    texts = [" ".join([f"w{k % 9}", *["aa"] * a, *["bb"] * b]) for k, (a, b) in enumerate(y)]
    given = tagger.fit(texts, y).predict(texts)
    assert (given >= y).all(axis=1)[y.any(axis=1)].mean() >= 0.8
    assert given.any(axis=1).all()
    with pytest.raises(ValueError, match="max_labels takes labels away from documents that must"):
        tagger.set_params(max_labels=1).fit(texts, y)
    with pytest.raises(ValueError, match="takes no simultaneous"):
        search_thresholds(
            y, y / 2, "precision_at_coverage", min_coverage=0.5, confidence=0.9, simultaneous=True
        )
