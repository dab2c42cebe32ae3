"""NaN in y: nobody knows whether the label holds."""

import numpy as np
import pytest
import scipy.sparse as sp
from libraries import pd

from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger
from skmultitext._gate.labels import LabelSpace
from skmultitext._gate.samples import (
    count_entries,
    drop_unlabeled,
    has_unknown,
    known_entries,
    positive_entries,
)
from skmultitext._gate.types import UNKNOWN
from skmultitext.exceptions import LabelError, UnknownLabelWarning

NAN = float("nan")
ROWS = [[1.0, NAN, 0.0], [0.0, 1.0, NAN], [1.0, 0.0, 1.0], [0.0, NAN, 0.0]]
EXPECTED = [[1, UNKNOWN, 0], [0, 1, UNKNOWN], [1, 0, 1], [0, UNKNOWN, 0]]


def dense(indicator):
    return indicator.toarray() if sp.issparse(indicator) else indicator


@pytest.mark.parametrize(
    "y",
    [
        np.array(ROWS),
        np.array(ROWS, dtype=np.float32),
        ROWS,
        [[None if cell != cell else int(cell) for cell in row] for row in ROWS],
        [[None if cell != cell else bool(cell) for cell in row] for row in ROWS],
        pd.DataFrame(ROWS),
        pd.DataFrame(ROWS).astype("Int64"),
        pd.DataFrame(ROWS).astype("boolean"),
        pd.DataFrame(ROWS).astype(object).where(lambda frame: frame.notna(), None),
        sp.csr_array(np.array(ROWS)),
        sp.coo_matrix(np.array(ROWS)),
        sp.csc_matrix(np.array(ROWS, dtype=np.float32)),
    ],
    ids=lambda y: type(y).__name__,
)
def test_nan_is_unknown_in_every_form(y):
    indicator = LabelSpace.learn(y, allow_unknown=True)[1]
    assert dense(indicator).tolist() == EXPECTED
    assert indicator.dtype == np.int8
    with pytest.raises(LabelError, match=r"row 0, column (1|'1')"):
        LabelSpace.learn(y)


def test_a_column_may_be_unknown_whatever_its_codes():
    column = np.array([["no"], [None], ["yes"]], dtype=object)
    space, indicator = LabelSpace.learn(column, allow_unknown=True)
    assert space.codes.tolist() == [["no", "yes"]]
    assert indicator.ravel().tolist() == [0, UNKNOWN, 1]
    space, indicator = LabelSpace.learn(sp.csr_array([[1.0], [NAN], [0.0]]), allow_unknown=True)
    assert space.form == "column"
    assert indicator.ravel().tolist() == [1, UNKNOWN, 0]


@pytest.mark.parametrize("y", [[0.0, 1.0, NAN], np.array([0, 1, NAN]), pd.Series([0, 1, None])])
def test_a_plain_binary_y_has_no_unknown_class(y):
    with pytest.raises(LabelError, match="contains NaN"):
        TfidfLogRegTagger().fit(["a", "b", "c"], y)


def test_infinity_and_stored_twice_are_refused():
    with pytest.raises(LabelError, match="infinity"):
        LabelSpace.learn([[1.0, np.inf], [0.0, NAN]], allow_unknown=True)
    twice = sp.coo_array(([NAN, 1.0], ([0, 0], [1, 1])), shape=(2, 2))
    with pytest.raises(LabelError, match="twice in one place"):
        LabelSpace.learn(twice, allow_unknown=True)
    with pytest.raises(LabelError, match=r"-1 means that the label is not known, pass NaN"):
        TfidfLogRegTagger().fit(["a", "b"], [[1, -1], [0, 1]])


@pytest.mark.parametrize("form", [np.asarray, sp.csc_array])
def test_entries_are_counted_and_marked(form):
    indicator = form(np.array(EXPECTED, dtype=np.int8))
    weight = np.array([1.0, 2.0, 3.0, 4.0])
    assert has_unknown(indicator)
    assert known_entries(indicator).tolist() == (np.array(EXPECTED) >= 0).tolist()
    assert dense(positive_entries(indicator)).tolist() == (np.array(EXPECTED) == 1).tolist()
    known, positives = count_entries(indicator)
    assert known.tolist() == [4, 2, 3]
    assert positives.tolist() == [2, 1, 1]
    known, positives = count_entries(indicator, weight)
    assert known.tolist() == [10.0, 5.0, 8.0]
    assert positives.tolist() == [4.0, 2.0, 3.0]


def test_each_entry_may_have_its_own_weight():
    indicator = np.array([[1, 0], [-1, 1], [0, -1]], dtype=np.int8)
    weights = np.array([[1.0, 2.0], [4.0, 8.0], [16.0, 32.0]])
    known, positives = count_entries(indicator, weights)
    assert known.tolist() == [17.0, 10.0]
    assert positives.tolist() == [1.0, 8.0]
    known, positives = count_entries(np.abs(indicator), weights)
    assert known.tolist() == [21.0, 42.0]
    assert positives.tolist() == [5.0, 40.0]


@pytest.mark.parametrize("form", [np.asarray, sp.csc_array])
def test_documents_without_a_known_label_are_left_out(form):
    indicator = form(np.array([[1, 0], [-1, -1], [-1, 1]], dtype=np.int8))
    with pytest.warns(UnknownLabelWarning, match="1 of 3 documents have no known label"):
        X, kept, weight = drop_unlabeled(["a", "b", "c"], indicator, np.array([1.0, 2.0, 3.0]))
    assert list(X) == ["a", "c"]
    assert dense(kept).tolist() == [[1, 0], [-1, 1]]
    assert weight.tolist() == [1.0, 3.0]
    with pytest.raises(LabelError, match="No label of any of the 1 documents in y is known"):
        drop_unlabeled(["b"], indicator[[1]], None)


def test_a_label_of_which_nothing_is_known_is_never_given():
    y = np.array([[1, NAN], [0, NAN], [1, NAN]])
    with pytest.warns(UnknownLabelWarning, match="Nothing is known of 1 label.*'1'"):
        tagger = TfidfLogRegTagger().fit(["good", "bad", "good day"], y)
    assert tagger.predict(["good", "bad"])[:, 1].tolist() == [0, 0]
    assert tagger.decision_function(["good"])[0, 1] == -16


def test_score_counts_known_labels_only():
    texts = ["good red", "bad", "good", "bad red"]
    y = np.array([[1, 1], [0, 0], [1, 0], [0, 1]])
    tagger = TfidfLogRegTagger(C=1000).fit(texts, y)
    partly = np.array([[1, NAN], [NAN, 1], [1, 0], [NAN, NAN]])  # the second is wrong
    with pytest.warns(UnknownLabelWarning, match="1 of 4 documents"):
        assert tagger.score(texts, partly) == pytest.approx(2 / 3)
    with pytest.warns(UnknownLabelWarning, match="1 of 4 documents"):
        weighted = tagger.score(texts, sp.csr_array(partly), sample_weight=[1, 2, 3, 9])
    assert weighted == pytest.approx(4 / 6)


def test_online_learning_counts_known_entries():
    X = np.eye(4)
    first, second = np.array([[1, NAN], [0, NAN]]), np.array([[NAN, 1], [1, 1]])
    tagger = MultilabelLogisticRegression()
    with pytest.warns(UnknownLabelWarning, match="Nothing is known of 1 label"):
        tagger.partial_fit(X[:2], first)
    assert tagger.decision_function(X)[:, 1].tolist() == [-16] * 4
    tagger.partial_fit(X[2:], second)
    assert tagger.decision_function(X)[:, 1].tolist() == [16] * 4  # so far always given
    assert (abs(tagger.decision_function(X)[:, 0]) < 16).all()
