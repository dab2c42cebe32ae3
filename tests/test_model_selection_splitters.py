"""The splitters: sizes, determinism, conventions of scikit-learn."""

import copy
import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from labels_to_split import (
    GROUPS,
    SPLITTERS,
    N,
    as_label_sets,
    assert_same_splits,
    indicator,
    splits_of,
    with_unknown,
)
from sklearn.model_selection import (
    KFold,
    RepeatedStratifiedKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
)

from skmultitext.exceptions import RareLabelWarning
from skmultitext.model_selection import (
    MultilabelStratifiedGroupKFold,
    MultilabelStratifiedKFold,
    MultilabelStratifiedShuffleSplit,
    RepeatedMultilabelStratifiedKFold,
    split_report,
)


@pytest.mark.parametrize("cv", SPLITTERS, ids=repr)
def test_sides_are_disjoint_index_arrays(cv):
    splits = splits_of(cv, indicator())
    assert len(splits) == cv.get_n_splits()
    for train, test in splits:
        assert train.dtype == test.dtype == np.intp
        assert not set(train) & set(test)
        assert len(train) + len(test) == N
        ascending = (np.diff(train) > 0).all() and (np.diff(test) > 0).all()
        assert ascending != isinstance(cv, MultilabelStratifiedShuffleSplit)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_k_folds_are_a_partition_with_the_sizes_of_kfold(data):
    n_samples = data.draw(st.integers(2, 50))
    n_splits = data.draw(st.integers(2, min(n_samples, 9)))
    shuffle = data.draw(st.booleans())
    seed = data.draw(st.integers(0, 2**32 - 1)) if shuffle else None
    y = indicator(n_samples, data.draw(st.integers(1, 8)), data.draw(st.integers(0, 99)))
    cv = MultilabelStratifiedKFold(n_splits, shuffle=shuffle, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RareLabelWarning)
        splits = list(cv.split(y, y))
        assert_same_splits(list(cv.split(y, sp.csr_array(y))), splits)
    tests = [test for _, test in splits]
    assert sorted(np.concatenate(tests)) == list(range(n_samples))
    sizes = [len(test) for _, test in KFold(n_splits).split(y)]
    assert [len(test) for test in tests] == sizes
    for train, test in splits:
        np.testing.assert_array_equal(train, np.setdiff1d(np.arange(n_samples), test))


def test_folds_are_more_even_than_plain_k_folds():
    y = indicator(300, 8)
    for seed in range(3):
        ours = MultilabelStratifiedKFold(5, shuffle=True, random_state=seed).split(y, y)
        plain = KFold(5, shuffle=True, random_state=seed).split(y, y)
        deviation = split_report(y, ours).mean_relative_label_deviation
        assert deviation < 0.25 * split_report(y, plain).mean_relative_label_deviation


def largest_deviation(mask, tests):
    """Largest difference, in rows, between a count of a fold and its proportional count."""
    sizes = np.array([len(test) for test in tests])[:, None]
    counts = np.array([mask[test].sum(axis=0) for test in tests])
    return np.abs(counts - sizes * mask.mean(axis=0)).max()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("n_samples", [150, 600, 3000])
def test_unknown_entries_are_spread_as_evenly_as_complete_labels(n_samples, seed):
    y = indicator(n_samples, 8, seed)
    unknown = with_unknown(y, 0.5, seed)
    cv = MultilabelStratifiedKFold(5, shuffle=True, random_state=seed)
    tests = [test for _, test in cv.split(y, unknown)]
    # positives and negatives of complete labels, of which there are as many as of unknown entries
    both = indicator(n_samples, 16, seed)
    complete = largest_deviation(both, [test for _, test in cv.split(both, both)])
    for side in (0, 1):
        assert largest_deviation(unknown == side, tests) <= max(complete, 1.2)
    assert largest_deviation(~np.isnan(unknown), tests) <= 2.4
    # the report measures the same relative to the counts; these are half of those of complete y
    report = split_report(unknown, [([0], test) for test in tests])
    half = y[: n_samples // 2]
    expected = split_report(half, cv.split(half, half)).mean_relative_label_deviation
    assert report.mean_relative_label_deviation <= 1.5 * expected + 0.005


@pytest.mark.parametrize("seed", range(10))
def test_few_known_negatives_are_in_different_folds(seed):
    y = with_unknown(indicator(80, 3, seed), seed=seed)
    y[:, 0] = np.where(np.arange(80) < 40, 1, np.nan)
    y[[7, 61], 0] = 0
    for cv in (
        MultilabelStratifiedKFold(2, shuffle=True, random_state=seed),
        MultilabelStratifiedShuffleSplit(3, test_size=0.5, random_state=seed),
        MultilabelStratifiedGroupKFold(2),
    ):
        groups = {"groups": np.arange(80) // 2} if "Group" in type(cv).__name__ else {}
        for train, test in cv.split(y, y, **groups):
            assert (y[train, 0] == 0).sum() == (y[test, 0] == 0).sum() == 1


@pytest.mark.parametrize("seed", range(3))
def test_groups_with_unknown_entries_are_more_even_than_if_unknown_were_negative(seed):
    y = with_unknown(indicator(600, 8, seed), seed=seed)
    groups = np.arange(600) // 4
    cv = MultilabelStratifiedGroupKFold(5)
    tests = [test for _, test in cv.split(y, y, groups)]
    blind = [test for _, test in cv.split(y, y == 1, groups)]
    assert largest_deviation(y == 0, tests) < 0.5 * largest_deviation(y == 0, blind)
    assert largest_deviation(y == 1, tests) < 3  # of 9 to 30 in a fold


def test_binary_y_is_as_even_as_with_stratified_k_fold():
    y = np.array([1] * 23 + [0] * 74)
    theirs = [y[test].sum() for _, test in StratifiedKFold(5).split(y, y)]
    ours = [y[test].sum() for _, test in MultilabelStratifiedKFold(5).split(y, y)]
    assert sorted(ours) == sorted(theirs)
    rare_negative = 1 - np.eye(1, 40, dtype=int)[0] - np.eye(1, 40, 7, dtype=int)[0]
    (_, first), (_, second) = MultilabelStratifiedKFold(2).split(rare_negative, rare_negative)
    assert (rare_negative[first] == 0).sum() == (rare_negative[second] == 0).sum() == 1


@pytest.mark.parametrize("cv", SPLITTERS, ids=repr)
def test_int_seed_repeats_itself_and_leaves_the_global_generator(cv):
    np.random.seed(7)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    y = indicator()
    assert_same_splits(splits_of(cv, y), splits_of(cv, y))
    assert_same_splits(splits_of(copy.deepcopy(cv), y), splits_of(cv, y))
    assert_same_splits(splits_of(pickle.loads(pickle.dumps(cv)), y), splits_of(cv, y))
    state = np.random.get_state()  # noqa: NPY002
    np.testing.assert_array_equal(state[1], before)
    assert state[2] == 624


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: MultilabelStratifiedKFold(3, shuffle=True, random_state=seed),
        lambda seed: RepeatedMultilabelStratifiedKFold(n_splits=3, n_repeats=2, random_state=seed),
        lambda seed: MultilabelStratifiedShuffleSplit(3, random_state=seed),
    ],
)
def test_random_state_instance_moves_on_and_none_is_numpys(make):
    y = indicator()
    cv = make(np.random.RandomState(5))
    first, second = splits_of(cv, y), splits_of(cv, y)
    assert any((a[1] != b[1]).any() for a, b in zip(first, second, strict=True))
    assert_same_splits(splits_of(make(np.random.RandomState(5)), y), first)
    np.random.seed(5)  # noqa: NPY002
    assert_same_splits(splits_of(make(None), y), first)
    different = splits_of(make(6), y)
    assert any((a[1] != b[1]).any() for a, b in zip(first, different, strict=True))


def test_repetitions_differ_and_warn_once():
    y = indicator()
    splits = splits_of(RepeatedMultilabelStratifiedKFold(n_splits=3, random_state=0), y)
    assert len({tuple(test) for _, test in splits}) == 30
    rare = np.column_stack([y, np.eye(1, N, dtype=int)[0]])
    with pytest.warns(RareLabelWarning) as caught:
        splits_of(RepeatedMultilabelStratifiedKFold(n_splits=3, random_state=0), rare)
    assert len(caught) == 1


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_group_is_in_one_test_fold(data):
    n_samples = data.draw(st.integers(4, 50))
    n_splits = data.draw(st.integers(2, 4))
    names = st.sampled_from(["ann", "ben", "cem", "dov", "eve", 7, 8.5, True])
    groups = data.draw(st.lists(names, min_size=n_samples, max_size=n_samples))
    y = indicator(n_samples, 3, data.draw(st.integers(0, 99)))
    shuffle = data.draw(st.booleans())
    seed = data.draw(st.integers(0, 99)) if shuffle else None
    cv = MultilabelStratifiedGroupKFold(n_splits, shuffle=shuffle, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RareLabelWarning)
        if len(set(groups)) < n_splits:
            with pytest.raises(ValueError, match="greater than the number of groups"):
                cv.split(y, y, groups)
            return
        splits = list(cv.split(y, y, groups))
        assert_same_splits(
            list(cv.split(y, as_label_sets(y) if y.any(0).all() else y, groups)), splits
        )
    assert sorted(np.concatenate([test for _, test in splits])) == list(range(n_samples))
    for train, test in splits:
        assert len(test) > 0
        assert not {groups[i] for i in train} & {groups[i] for i in test}


def test_groups_of_one_binary_label_are_as_even_as_with_scikit_learn():
    for seed in range(5):
        rng = np.random.RandomState(seed)
        y = (rng.rand(1000) < 0.2).astype(int)
        groups = rng.zipf(1.6, 1000) % 80
        ours = MultilabelStratifiedGroupKFold(5).split(y, y, groups)
        theirs = StratifiedGroupKFold(5).split(y, y, groups)
        ours, theirs = split_report(y, ours), split_report(y, theirs)
        assert np.ptp(ours.fold_sizes) <= np.ptp(theirs.fold_sizes) + 1
        apart = ours.mean_relative_label_deviation - theirs.mean_relative_label_deviation
        assert apart < 0.02


def test_group_folds_do_not_depend_on_the_names_of_groups():
    y = indicator()
    names = np.array([f"author {g}" for g in GROUPS[::-1]])
    expected = list(MultilabelStratifiedGroupKFold(3).split(y, y, GROUPS))
    assert_same_splits(list(MultilabelStratifiedGroupKFold(3).split(y, y, names)), expected)
    column = GROUPS[:, None]
    assert_same_splits(list(MultilabelStratifiedGroupKFold(3).split(y, y, column)), expected)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (MultilabelStratifiedKFold(), StratifiedKFold()),
        (RepeatedMultilabelStratifiedKFold(), RepeatedStratifiedKFold()),
        (MultilabelStratifiedShuffleSplit(), StratifiedShuffleSplit()),
        (MultilabelStratifiedGroupKFold(), StratifiedGroupKFold()),
    ],
)
def test_repr_and_defaults_are_those_of_scikit_learn(ours, theirs):
    assert "".join(repr(ours).split()).replace("Multilabel", "") == "".join(repr(theirs).split())
    assert ours.get_n_splits() == theirs.get_n_splits()


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: MultilabelStratifiedKFold(1), ValueError, "n_splits=2 or more, got n_splits=1"),
        (lambda: MultilabelStratifiedKFold(2.5), ValueError, "must be of Integral type"),
        (lambda: MultilabelStratifiedKFold(3, shuffle=1), TypeError, "True or False; got 1"),
        (lambda: MultilabelStratifiedKFold(3, random_state=0), ValueError, "shuffle is False"),
        (lambda: MultilabelStratifiedGroupKFold(0), ValueError, "got n_splits=0"),
        (lambda: RepeatedMultilabelStratifiedKFold(n_splits=1), ValueError, "got n_splits=1"),
        (lambda: RepeatedMultilabelStratifiedKFold(n_repeats=0), ValueError, "n_repeats is 0; "),
        (
            lambda: MultilabelStratifiedShuffleSplit(0),
            ValueError,
            "n_splits is 0; pass an int of at least 1",
        ),
        (
            lambda: MultilabelStratifiedShuffleSplit(True),
            ValueError,
            "n_splits is True; pass an int",
        ),
    ],
)
def test_bad_parameters_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("cv", [MultilabelStratifiedKFold(3), SPLITTERS[2]], ids=repr)
def test_more_folds_than_rows_are_refused(cv):
    message = "number of splits n_splits=3 greater than the number of samples: n_samples=2"
    with pytest.raises(ValueError, match=message):
        list(cv.split([0, 1], [["a"], ["b"]]))
