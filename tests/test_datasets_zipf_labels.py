"""Tests of `_zipf_labels`."""

import numpy as np
import pytest

from skmultitext.datasets._zipf_labels import draw_label_sets, groups_of


def draw(n_texts, n_labels, labels_per_text, seed=0):
    labels, counts = draw_label_sets(
        n_texts, n_labels, labels_per_text, np.random.RandomState(seed)
    )
    return np.split(labels, np.cumsum(counts)[:-1])


def test_groups_share_out_all_but_the_most_frequent_labels():
    groups = groups_of(50)
    assert groups[:7].tolist() == [-1] * 7
    assert sorted(set(groups[7:].tolist())) == list(range(7))
    assert np.ptp(np.bincount(groups[7:])) <= 1
    assert groups_of(1).tolist() == [-1]
    assert groups_of(4).tolist() == [-1, -1, 0, 1]


def test_rare_labels_of_a_text_are_of_one_group():
    groups = groups_of(400)
    sets = draw(2000, 400, 4)
    several = 0
    for labels in sets:
        of_text = groups[labels]
        of_text = of_text[of_text >= 0]
        assert len(set(of_text.tolist())) <= 1
        several += len(of_text) > 1
    assert several > 800


@pytest.mark.parametrize(
    ("n_labels", "labels_per_text"),
    [(1, 0), (1, 0.3), (1, 1), (2, 1.5), (3, 3), (50, 1), (50, 6), (300, 2.5), (40, 39), (40, 40)],
)
def test_labels_ascend_without_repetition_and_have_the_wanted_mean(n_labels, labels_per_text):
    sets = draw(1500, n_labels, labels_per_text)
    assert all((np.diff(labels) > 0).all() for labels in sets)
    assert np.mean([len(labels) for labels in sets]) == pytest.approx(labels_per_text, rel=0.1)
    assert all(len(labels) >= 1 for labels in sets) or labels_per_text < 1
    assert all(0 <= label < n_labels for labels in sets for label in labels)


def test_frequencies_follow_zipf():
    labels, _ = draw_label_sets(60_000, 1000, 1, np.random.RandomState(0))
    counts = np.bincount(labels, minlength=1000)
    law = 60_000 / np.arange(1, 1001) / (1 / np.arange(1, 1001)).sum()
    # within five standard deviations, for frequent labels and for blocks of rare ones
    for part in [*np.arange(40)[:, None], *np.split(np.arange(40, 1000), 12)]:
        assert abs(counts[part].sum() - law[part].sum()) < 5 * np.sqrt(law[part].sum())


def test_groups_are_about_as_frequent_as_each_other():
    groups = groups_of(900)
    labels, _ = draw_label_sets(60_000, 900, 1, np.random.RandomState(0))
    counts = np.bincount(groups[labels] + 1)[1:]
    assert counts.max() / counts.min() < 2
