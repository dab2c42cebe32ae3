"""Labels in every form, the splitters, and their splits."""

import numpy as np

from skmultitext.model_selection import (
    MultilabelStratifiedGroupKFold,
    MultilabelStratifiedKFold,
    MultilabelStratifiedShuffleSplit,
    RepeatedMultilabelStratifiedKFold,
)

N = 60
GROUPS = np.arange(N) // 4
SPLITTERS = [
    MultilabelStratifiedKFold(3),
    MultilabelStratifiedKFold(3, shuffle=True, random_state=0),
    RepeatedMultilabelStratifiedKFold(n_splits=3, n_repeats=2, random_state=0),
    MultilabelStratifiedShuffleSplit(3, test_size=0.3, random_state=0),
    MultilabelStratifiedGroupKFold(3),
    MultilabelStratifiedGroupKFold(3, shuffle=True, random_state=0),
]


def indicator(n_samples=N, n_labels=4, seed=0):
    rng = np.random.RandomState(seed)
    return (rng.rand(n_samples, n_labels) < np.linspace(0.5, 0.15, n_labels)).astype(int)


def with_unknown(y, share=0.5, seed=0):
    """Make a share of the entries unknown, at random."""
    return np.where(np.random.RandomState(1000 + seed).rand(*y.shape) < share, np.nan, y)


def as_label_sets(y):
    return [["abcdefgh"[j] for j in np.flatnonzero(row)] for row in y]


def splits_of(cv, y, n_samples=N):
    groups = {"groups": GROUPS} if isinstance(cv, MultilabelStratifiedGroupKFold) else {}
    return list(cv.split(np.zeros(n_samples), y, **groups))


def assert_same_splits(found, expected):
    assert len(found) == len(expected)
    for (train, test), (expected_train, expected_test) in zip(found, expected, strict=True):
        np.testing.assert_array_equal(train, expected_train)
        np.testing.assert_array_equal(test, expected_test)
