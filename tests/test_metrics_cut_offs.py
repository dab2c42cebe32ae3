"""Cut-offs between neighbouring scores."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext.metrics._cut_offs import (
    CutOffs,
    pooled_cut_offs,
    separate_cut_offs,
    threshold_between,
)
from skmultitext.thresholds import apply_thresholds, search_thresholds


def test_thresholds_lie_between_neighbours():
    thresholds, score = search_thresholds([0, 0, 1, 1], [0.1, 0.3, 0.4, 0.9])
    assert (thresholds[0], score) == (0.35, 1.0)


@pytest.mark.parametrize("upper", [np.nextafter(0.3, 1), np.nextafter(0.0, 1), 1.0])
def test_neighbouring_floats_are_still_separated(upper):
    lower = np.nextafter(upper, 0)
    thresholds, score = search_thresholds([0, 1], [lower, upper])
    assert score == 1.0
    assert apply_thresholds([[lower], [upper]], thresholds).ravel().tolist() == [0, 1]


def tied(seed, n=40, n_labels=4):
    """Labels, scores of which many tie, and weights."""
    rng = np.random.default_rng(seed)
    truth = (rng.random((n, n_labels)) < 0.4).astype(np.int8)
    truth[0] = 1
    return truth, rng.integers(0, 6, (n, n_labels)) / 6, rng.integers(1, 4, n).astype(float)


@pytest.mark.parametrize("form", [np.asarray, sp.csc_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("weighted", [False, True])
def test_counts_are_those_of_the_documents_above(weighted, form):
    truth, scores, weight = tied(0)
    found = separate_cut_offs(form(truth), scores, weight if weighted else None)
    weight = weight if weighted else np.ones(len(truth))
    bounds = [*found.starts, len(found.found)]
    for j in range(4):
        part = slice(bounds[j], bounds[j + 1])
        above = scores[:, j, None] > found.thresholds[part]
        np.testing.assert_allclose(found.given[part], weight @ above)
        np.testing.assert_allclose(found.found[part], (weight * truth[:, j]) @ above)
        assert (np.diff(found.thresholds[part]) < 0).all()
        assert found.given[part][0] == 0
        # every set of true documents that some threshold finds is among the candidates
        cuts = np.linspace(0, 1, 50)[:-1]
        reachable = {(weight * truth[:, j]) @ (scores[:, j] > cut) for cut in cuts}
        assert reachable <= set(found.found[part])


def test_pooled_cut_offs_are_the_same_for_all_labels():
    truth, scores, weight = tied(1)
    counts = {}
    thresholds = pooled_cut_offs(
        truth, scores, weight, add_up=lambda j, found, given: counts.update({j: (found, given)})
    )
    assert sorted(counts) == [0, 1, 2, 3]
    for j, (found, given) in counts.items():
        above = scores[:, j, None] > thresholds
        np.testing.assert_allclose(given, weight @ above)
        np.testing.assert_allclose(found, (weight * truth[:, j]) @ above)


def test_scores_at_the_lowest_threshold_exceed_none():
    truth, scores = np.array([[1], [1], [0]], np.int8), np.array([[0.0], [0.5], [0.2]])
    assert separate_cut_offs(truth, scores).thresholds.tolist() == [0.5, 0.35]
    below = separate_cut_offs(truth, scores, lowest=-1.0)
    assert below.thresholds.tolist() == [0.5, 0.35, -0.5]
    assert below.found.tolist() == [0, 1, 2]


def test_of_equal_candidates_the_first_or_the_last_is_taken():
    counts = np.zeros(5)
    cut_offs = CutOffs(counts, counts, counts, np.array([0, 3]))
    values = np.array([1.0, 2.0, 2.0, 0.0, 0.0])
    assert cut_offs.best(values).tolist() == [1, 3]
    assert cut_offs.best(values, last=True).tolist() == [2, 4]
    assert cut_offs.spread(np.array([7, 8])).tolist() == [7, 7, 7, 8, 8]
    assert cut_offs.spread(0.5) == 0.5


def test_a_threshold_between_floats_never_reaches_the_upper():
    rng = np.random.default_rng(0)
    lower = rng.random(1000)
    for upper in (np.nextafter(lower, 2), lower + rng.random(1000)):
        between = threshold_between(lower, upper)
        assert ((lower <= between) & (between < upper)).all()
    assert threshold_between([0.1], np.array([0.3], np.float32)).dtype == np.float64


def test_each_label_may_have_its_own_weights():
    truth, scores, _ = tied(2)
    truth[3, 1] = -1  # unknown
    weights = np.random.default_rng(2).integers(1, 4, truth.shape).astype(float)
    for known in (truth, np.abs(truth)):
        together = separate_cut_offs(known, scores, weights)
        alone = [separate_cut_offs(known[:, [j]], scores[:, [j]], weights[:, j]) for j in range(4)]
        for name in ("found", "given", "thresholds"):
            expected = np.concatenate([getattr(part, name) for part in alone])
            np.testing.assert_array_equal(getattr(together, name), expected)
