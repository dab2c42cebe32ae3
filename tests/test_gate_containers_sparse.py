"""Sparse matrices whose indices point outside are refused before compiled code follows them."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext import (
    CalibratedTaggerCV,
    FixedThresholdTagger,
    MultilabelLogisticRegression,
    TunedThresholdTaggerCV,
)
from skmultitext._gate.containers import check_sparse
from skmultitext.metrics import f1_score
from skmultitext.model_selection import MultilabelStratifiedKFold, multilabel_train_test_split

RNG = np.random.RandomState(0)
DENSE = RNG.rand(12, 6) * (RNG.rand(12, 6) < 0.5)
Y = RNG.randint(0, 2, (12, 3))
MATRICES = [
    getattr(sp, f"{form}_{kind}")
    for form in ("csr", "csc", "bsr", "coo", "lil", "dok", "dia")
    for kind in ("matrix", "array")
]


def set_index(name, value):
    def damage(matrix):
        array = getattr(matrix, name).copy()
        array[len(array) // 2] = value
        setattr(matrix, name, array)

    return damage


def shorten(name):
    return lambda matrix: setattr(matrix, name, getattr(matrix, name)[:-1].copy())


def widen(matrix):
    matrix.indptr = np.append(matrix.indptr, matrix.indptr[-1])


def overrun(matrix):
    matrix.indptr[-1] += 1000


def to_int8(matrix):
    matrix.indices = matrix.indices.astype(np.int8)


COMPRESSED = [
    (set_index("indices", 10**6), "indices holds 1000000, out of bounds for size"),
    (set_index("indices", -1), "indices holds -1, out of bounds for size"),
    (set_index("indptr", 10**6), "indptr must start at 0 and never decrease"),
    (set_index("indptr", -3), "indptr must start at 0 and never decrease"),
    (shorten("indptr"), r"indptr has \d+ entries instead of \d+"),
    (widen, r"indptr has \d+ entries instead of \d+"),
    (shorten("data"), r"indptr ends at \d+, indices and data at \d+ and \d+"),
    (shorten("indices"), r"indptr ends at \d+, indices and data at \d+ and \d+"),
    (overrun, r"indptr ends at \d+, indices and data at \d+ and \d+"),
    (to_int8, "indices is an array of shape .* and dtype int8"),
]
COORDINATES = [
    (set_index("row", 10**6), "row holds 1000000, out of bounds for size 12"),
    (set_index("col", -1), "col holds -1, out of bounds for size 6"),
    (shorten("row"), r"row has \d+ entries, data \d+"),
]
CASES = [(form, *case) for form in ("csr", "csc", "bsr") for case in COMPRESSED]
CASES += [("coo", *case) for case in COORDINATES]


def damaged(form, damage, dense=DENSE):
    matrix = getattr(sp, f"{form}_matrix")(dense)
    damage(matrix)
    return matrix


@pytest.mark.parametrize("make", MATRICES)
def test_sound_matrices_pass_unchanged(make):
    matrix = make(DENSE)
    state = {name: value for name, value in vars(matrix).items() if name != "data"}
    check_sparse(matrix, "X")
    assert all(vars(matrix)[name] is value for name, value in state.items())
    check_sparse(make(np.zeros((3, 2))), "X")


def test_room_behind_the_entries_is_no_damage():
    matrix = sp.csr_matrix(DENSE)
    matrix.indices = np.append(matrix.indices, [10**6])
    matrix.data = np.append(matrix.data, [1.0])
    check_sparse(matrix, "X")


def test_what_is_not_sparse_passes():
    check_sparse(DENSE, "X")
    check_sparse(None, "X")


@pytest.mark.parametrize(("form", "damage", "message"), CASES)
def test_damage_is_named(form, damage, message):
    matrix = damaged(form, damage)
    with pytest.raises(
        ValueError, match=rf"^X is an invalid sparse matrix \({form}\) .*: {message}"
    ):
        check_sparse(matrix, "X")


TAGGERS = [
    MultilabelLogisticRegression(),
    MultilabelLogisticRegression(loss="squared_hinge", prune=0.1),
    FixedThresholdTagger(MultilabelLogisticRegression()),
    TunedThresholdTaggerCV(MultilabelLogisticRegression(), cv=2),
    CalibratedTaggerCV(MultilabelLogisticRegression(), cv=0.5),
]


@pytest.mark.filterwarnings("ignore::skmultitext.exceptions.RareLabelWarning")
@pytest.mark.parametrize("tagger", TAGGERS, ids=str)
@pytest.mark.parametrize(("form", "damage", "message"), CASES)
def test_no_method_of_a_tagger_follows_them(tagger, form, damage, message):
    bad, message = damaged(form, damage), f"X is an invalid sparse matrix .*: {message}"
    with pytest.raises(ValueError, match=message):
        tagger.fit(bad, Y)
    fitted = tagger.fit(sp.csr_array(DENSE), Y)
    for method in ("predict", "predict_proba", "decision_function", "predict_labels"):
        with pytest.raises(ValueError, match=message):
            getattr(fitted, method)(bad)
    if hasattr(tagger, "partial_fit"):
        for learner in (fitted, MultilabelLogisticRegression()):
            with pytest.raises(ValueError, match=message):
                learner.partial_fit(bad, Y)


@pytest.mark.parametrize(
    ("form", "damage", "message"), [case for case in CASES if case[0] != "bsr"]
)
def test_labels_too(form, damage, message):
    y = damaged(form, damage, dense=np.column_stack([Y, Y]))
    message = f"is an invalid sparse matrix .*: {message}"
    tagger = MultilabelLogisticRegression()
    for call in (
        lambda: tagger.fit(DENSE, y),
        lambda: tagger.partial_fit(DENSE, y),
        lambda: f1_score(y, y),
        lambda: next(MultilabelStratifiedKFold(2).split(DENSE, y)),
        lambda: multilabel_train_test_split(DENSE, y, stratify=y),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize(("form", "damage", "message"), CASES)
def test_a_split_looks_at_what_it_splits(form, damage, message):
    with pytest.raises(ValueError, match=f"is an invalid sparse matrix .*: {message}"):
        multilabel_train_test_split(damaged(form, damage), Y, stratify=Y)
