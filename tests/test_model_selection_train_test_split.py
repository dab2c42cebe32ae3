"""One split into two sides: sizes of scikit-learn, kinds of arrays, single label sets."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from skmultitext.exceptions import LabelError, RareLabelWarning
from skmultitext.model_selection import (
    MultilabelStratifiedShuffleSplit,
    multilabel_train_test_split,
)

N = 60


def indicator(n_samples=N, n_labels=4, seed=0):
    rng = np.random.RandomState(seed)
    return (rng.rand(n_samples, n_labels) < np.linspace(0.5, 0.15, n_labels)).astype(int)


def as_frame(y):
    return pytest.importorskip("pandas", reason="needs pandas (extra 'plot')").DataFrame(y)


def as_label_sets(y):
    return [["abcdefgh"[j] for j in np.flatnonzero(row)] for row in y]


def sizes_for(n_samples):
    """test_size and train_size in every combination, valid or not."""
    size = st.none() | st.integers(-1, n_samples + 1) | st.floats(0.02, 0.98)
    return st.tuples(size, size)


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_shuffle_split_has_the_sizes_of_scikit_learn(data):
    n_samples = data.draw(st.integers(4, 40))
    test_size, train_size = data.draw(sizes_for(n_samples))
    y = indicator(n_samples, 3, data.draw(st.integers(0, 99)))
    options = {"test_size": test_size, "train_size": train_size, "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RareLabelWarning)
        try:
            expected_train, expected_test = train_test_split(np.arange(n_samples), **options)
        except ValueError:
            with pytest.raises(ValueError, match=r"test_size|train_size"):
                multilabel_train_test_split(y, **options)
            return
        rows = np.arange(n_samples)
        train, test, *_ = multilabel_train_test_split(rows, y, **options)
        if test_size is not None or train_size is not None:  # the defaults differ
            cv = MultilabelStratifiedShuffleSplit(2, **options)
            sizes = {(len(train), len(test)) for train, test in cv.split(y, y)}
            assert sizes == {(len(train), len(test))}
    assert (len(train), len(test)) == (len(expected_train), len(expected_test))
    assert len(set(train) | set(test)) == len(train) + len(test)


def test_default_sizes_are_those_of_scikit_learn():
    y = indicator()
    (train, test), *_ = MultilabelStratifiedShuffleSplit(random_state=0).split(y, y)
    assert (len(train), len(test)) == (54, 6)
    assert len(multilabel_train_test_split(y, random_state=0)[1]) == 15
    assert MultilabelStratifiedShuffleSplit().get_n_splits() == 10


def test_rows_left_out_have_their_share_too():
    y = indicator(200, 3)
    rows = np.arange(200)
    options = {"train_size": 100, "test_size": 50, "random_state": 0}
    train, test = multilabel_train_test_split(rows, stratify=y, **options)
    counts = y[train].sum(axis=0), y[test].sum(axis=0), np.delete(y, [*train, *test], 0).sum(axis=0)
    for part, share in zip(counts, (0.5, 0.25, 0.25), strict=True):
        np.testing.assert_allclose(part, y.sum(axis=0) * share, atol=1)


@pytest.mark.parametrize("kind", [list, tuple, np.array, sp.csr_matrix, as_frame])
def test_train_test_split_keeps_the_kind_of_each_array(kind):
    y = indicator()
    texts = [f"text {i}" for i in range(N)]
    parts = multilabel_train_test_split(texts, kind(y), stratify=y, random_state=0)
    texts_train, texts_test, y_train, y_test = parts
    assert isinstance(texts_train, list)
    scikit_learns = train_test_split(kind(y), random_state=0)[0]
    assert type(y_train) is type(scikit_learns)
    for part_of_texts, part_of_y in ((texts_train, y_train), (texts_test, y_test)):
        dense = part_of_y.toarray() if sp.issparse(part_of_y) else np.asarray(part_of_y)
        rows = [int(text.split()[1]) for text in part_of_texts]
        np.testing.assert_array_equal(dense, y[rows])


def test_train_test_split_keeps_label_sets():
    sets = [frozenset(row) for row in as_label_sets(indicator())]
    rows_train, rows_test, y_train, y_test = multilabel_train_test_split(
        np.arange(N), sets, test_size=20, random_state=1
    )
    assert y_train == [sets[i] for i in rows_train]
    assert y_test == [sets[i] for i in rows_test]
    assert len(y_test) == 20


def test_single_label_sets_go_to_the_training_side():
    y = [["a"]] * 10 + [["b"]] * 10 + [["a", "b"], ["c", "a"], ["c", "b"], []]
    rows = np.arange(24)
    sides = set()
    for seed in range(20):
        options = {"test_size": 8, "random_state": seed}
        train, test = multilabel_train_test_split(rows, stratify=y, singletons="train", **options)
        assert {20, 21, 22, 23} <= set(train)
        assert (len(train), len(test)) == (16, 8)
        _, test = multilabel_train_test_split(rows, stratify=y, **options)
        sides |= set(test) & {20, 21, 22, 23}
    assert sides  # by default both sides get some of them


def test_unknown_labels_are_not_in_a_label_set():
    n = np.nan
    y = np.array([[1, n], [1, 0], [n, 1], [0, 1], [1, 1], [n, n], [0, 0], [0, n]])
    for seed in range(5):
        train, test = multilabel_train_test_split(
            np.arange(8), stratify=y, test_size=4, singletons="train", random_state=seed
        )
        assert 4 in train  # the only row with both labels
        assert (y[train] == 1).sum() + (y[test] == 1).sum() == 6


def test_singletons_that_do_not_fit_are_refused():
    y = np.eye(12, dtype=int)
    y[9:] = y[8]
    options = {"stratify": y, "test_size": 5, "random_state": 0, "singletons": "train"}
    message = "puts 8 rows .* only 7 of 12 rows .and the test side 5.. Raise train_size"
    with pytest.raises(ValueError, match=message):
        multilabel_train_test_split(range(12), **options)


def test_bad_calls_of_train_test_split_are_refused():
    y = indicator()
    with pytest.raises(ValueError, match="At least one array required as input"):
        multilabel_train_test_split()
    with pytest.raises(ValueError, match="singletons is 'test'; pass 'any' or 'train'"):
        multilabel_train_test_split(y, singletons="test")
    with pytest.raises(LabelError, match="stratify, by default the last array passed, cannot be"):
        multilabel_train_test_split(y, np.arange(N))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        multilabel_train_test_split(y, stratify=y[:-1])
