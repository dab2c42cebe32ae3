"""What the splitters take: labels in every form, groups; what they warn of and refuse."""

import numpy as np
import pytest
import scipy.sparse as sp
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

from skmultitext.exceptions import LabelError, RareLabelWarning
from skmultitext.model_selection import (
    MultilabelStratifiedGroupKFold,
    MultilabelStratifiedKFold,
    MultilabelStratifiedShuffleSplit,
    RepeatedMultilabelStratifiedKFold,
    multilabel_train_test_split,
)
from skmultitext.model_selection._split_inputs import (
    check_room_for,
    read_groups,
    read_labels,
    side_sizes,
)


def as_frame(y):
    return pytest.importorskip("pandas", reason="needs pandas (extra 'plot')").DataFrame(
        y, columns=list("abcdefgh"[: y.shape[1]])
    )


FORMS = {
    "bool": lambda y: y.astype(bool),
    "float": lambda y: y.astype(float),
    "list": lambda y: y.tolist(),
    "csr matrix": sp.csr_matrix,
    "csc array": sp.csc_array,
    "coo matrix": sp.coo_matrix,
    "label sets": as_label_sets,
    "sets": lambda y: [set(row) for row in as_label_sets(y)],
    "tuples": lambda y: tuple(tuple(row) for row in as_label_sets(y)),
    "DataFrame": as_frame,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cv", SPLITTERS, ids=repr)
def test_every_form_of_y_gives_the_same_splits(cv, form):
    y = indicator()
    assert_same_splits(splits_of(cv, FORMS[form](y)), splits_of(cv, y))


@pytest.mark.parametrize("cv", SPLITTERS, ids=repr)
def test_one_label_in_every_form(cv):
    y = indicator(n_labels=1)
    expected = splits_of(cv, y)
    forms = [y.ravel(), y.ravel().tolist(), np.array(["no", "yes"])[y.ravel()], sp.csr_matrix(y)]
    for form in (*forms, as_label_sets(y)):
        assert_same_splits(splits_of(cv, form), expected)
    counts = [y[test].sum() / len(test) for _, test in expected]
    assert max(counts) - min(counts) < 0.13


@pytest.mark.parametrize(
    "form",
    [
        sp.csr_matrix,
        sp.csc_array,
        as_frame,
        lambda y: as_frame(y).astype("Int8"),
        np.ndarray.tolist,
    ],
)
@pytest.mark.parametrize("cv", SPLITTERS, ids=repr)
def test_every_form_of_y_with_unknown_entries_gives_the_same_splits(cv, form):
    y = with_unknown(indicator())
    assert_same_splits(splits_of(cv, form(y)), splits_of(cv, y))


def test_negatives_of_labels_with_unknown_entries_are_balanced(monkeypatch):
    n = np.nan
    y = np.array([[1, n, 1], [0, 1, 0], [0, n, n], [0, n, n]])
    names, labels = read_labels(y)
    assert names == ["0", "1", "2"]
    assert labels.toarray().tolist() == [
        [1, 0, 1, 0, 0],
        [0, 1, 0, 0, 1],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
    ]
    assert labels.dtype == np.int8
    assert read_labels([[n], [1], [0]])[1].toarray().tolist() == [[0, 0], [1, 0], [0, 1]]
    # many negatives: the unknown entries stand for them, so that a sparse y stays sparse
    monkeypatch.setattr("skmultitext.model_selection._split_inputs._FEW_NEGATIVES", 1)
    y = np.array([[n, 1], [0, 1], [0, 0], [1, n]])
    assert read_labels(y)[1].toarray()[:, 2:].tolist() == [[1, 0], [0, 0], [0, 1], [0, 0]]
    y[2, 0] = n
    assert read_labels(y)[1].toarray()[:, 2].tolist() == [0, 1, 0, 0]
    assert read_labels(sp.csr_array(y))[1].toarray()[:, 2].tolist() == [0, 1, 0, 0]


def test_labels_without_a_known_positive_are_named_as_rare():
    y = with_unknown(indicator())
    y[:, 1] = np.nan
    with pytest.warns(RareLabelWarning, match=r": '1' \(0\)\. Scores"):
        list(MultilabelStratifiedKFold(3).split(y, y))


RARE = [["often", "rare"]] * 2 + [["often"]] * 20 + [["once"]]


@pytest.mark.parametrize(
    ("cv", "named"),
    [
        (MultilabelStratifiedKFold(3), r"than n_splits=3, .*: 'once' \(1\), 'rare' \(2\)\. Scores"),
        (RepeatedMultilabelStratifiedKFold(n_splits=4), r"'once' \(1\), 'rare' \(2\)\."),
        (MultilabelStratifiedShuffleSplit(2), r"one side of the split has none: 'once' \(1\)\."),
    ],
)
def test_rare_labels_are_named(cv, named):
    with pytest.warns(RareLabelWarning, match=named) as caught:
        list(cv.split(RARE, RARE))
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_rare_labels_of_other_forms_are_named():
    with pytest.warns(RareLabelWarning, match=r"positives than n_splits=3, .*: 'no' \(2\)\."):
        list(MultilabelStratifiedKFold(3).split(range(9), ["no"] * 2 + ["yes"] * 7))
    frame = as_frame(np.column_stack([indicator(), np.zeros(N, dtype=int)]))
    with pytest.warns(RareLabelWarning, match=r"'e' \(0\)\."):
        list(MultilabelStratifiedKFold(3).split(frame, frame))
    with pytest.warns(RareLabelWarning, match=r"positives than 2, .*: 'once' \(1\)\."):
        multilabel_train_test_split(RARE, random_state=0)
    with pytest.warns(RareLabelWarning, match="'199' .* and 50 more. Scores"):
        list(MultilabelStratifiedKFold(3).split(range(250), np.eye(250, dtype=int)))
    groups = [0] * 2 + list(range(1, 22))
    with pytest.warns(RareLabelWarning, match=r"fewer groups .*: 'once' \(1\), 'rare' \(1\)\."):
        list(MultilabelStratifiedGroupKFold(2).split(RARE, RARE, groups))


@pytest.mark.parametrize("cv", SPLITTERS, ids=repr)
def test_bad_rows_are_refused(cv):
    y = indicator()
    with pytest.raises(LabelError, match="'y' parameter should not be None"):
        splits_of(cv, None)
    with pytest.raises(LabelError, match="holds 3 classes"):
        splits_of(cv, np.arange(N) % 3)
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[59, 60"):
        splits_of(cv, y, n_samples=59)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (None, "The 'groups' parameter should not be None. Pass the group of each row"),
        (np.zeros(N), "n_splits=3 greater than the number of groups: 1. Lower n_splits"),
        (GROUPS[:-1], r"inconsistent numbers of samples: \[60, 60, 59\]"),
        (np.where(GROUPS == 1, np.nan, GROUPS), "Input groups contains NaN: found nan in row 4"),
        ([None, *GROUPS[1:]], "Input groups contains NaN: found None in row 0"),
        (np.array(["NaT"] * N, "M8[D]"), "Input groups contains NaN: found NaT in row 0"),
        ([{"a": 1}] * N, r"groups holds \{'a': 1\} in row 0, which is not hashable"),
        (np.zeros((N, 2)), r"groups has shape \(60, 2\); pass one value per row"),
    ],
)
def test_bad_groups_are_refused(groups, message):
    y = indicator()
    with pytest.raises(ValueError, match=message):
        list(MultilabelStratifiedGroupKFold(3).split(y, y, groups))


def test_missing_group_of_pandas_is_refused():
    pandas = pytest.importorskip("pandas", reason="needs pandas (extra 'plot')")
    y = indicator()
    groups = pandas.Series(["a", "b", "c", None] * 15, dtype="string")
    with pytest.raises(ValueError, match="Input groups contains NaN: found <NA> in row 3"):
        MultilabelStratifiedGroupKFold(3).split(y, y, groups)


@pytest.mark.parametrize("cv", SPLITTERS[1:4], ids=repr)
def test_groups_are_ignored_with_a_warning(cv):
    y = indicator()
    with pytest.warns(UserWarning, match=f"groups parameter is ignored by {type(cv).__name__}"):
        splits = list(cv.split(y, y, GROUPS))
    assert_same_splits(splits, splits_of(cv, y))


def test_the_negatives_of_one_label_are_a_class():
    names, labels = read_labels(["no", "yes", "no"])
    assert names == ["yes", "no"]
    assert labels.toarray().tolist() == [[0, 1], [1, 0], [0, 1]]
    names, labels = read_labels([["a"], [], ["a"]])
    assert names == ["a"]
    assert labels.toarray().tolist() == [[1, 0], [0, 1], [1, 0]]
    names, labels = read_labels([["b"], ["a", "b"]])
    assert names == ["a", "b"]
    assert labels.toarray().tolist() == [[0, 1], [1, 1]]


def test_groups_are_numbered_as_they_appear():
    numbers = read_groups(["b", "a", "b", 7, "7"])
    assert numbers.tolist() == [0, 1, 0, 2, 3]
    assert numbers.dtype == np.intp
    assert read_groups(np.array([[3], [1], [3]])).tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("test_size", "train_size", "sizes"),
    [(None, None, [8, 2]), (0.25, None, [7, 3]), (3, None, [7, 3]), (2, 5, [5, 2, 3])],
)
def test_what_goes_to_neither_side_is_a_third(test_size, train_size, sizes):
    assert side_sizes(10, test_size, train_size, 0.2) == sizes


def test_rows_bound_to_the_training_side_need_room_there():
    check_room_for(5, [5, 2, 3])
    message = r"puts 6 rows .* it has only 5 of 10 rows \(and the test side 2\)\. Raise"
    with pytest.raises(ValueError, match=message):
        check_room_for(6, [5, 2, 3])
