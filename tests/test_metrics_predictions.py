"""Decisions and probabilities are distinguished, and read with their thresholds and rows."""

import numpy as np
import pytest
import scipy.sparse as sp
from libraries import pd
from sklearn.dummy import DummyClassifier

from skmultitext.exceptions import RareLabelWarning, UnknownLabelWarning
from skmultitext.metrics._predictions import are_decisions, read_predictions

Y = np.array([[1, 0], [0, 1], [1, 1]])
PROBA = np.array([[0.9, 0.5], [0.2, 0.6], [0.4, 0.4]])


@pytest.mark.parametrize(
    ("predictions", "decided"),
    [
        (PROBA, False),
        (PROBA.tolist(), False),
        (PROBA.astype(np.float32), False),
        (pd.DataFrame(PROBA), False),
        ([PROBA, PROBA, PROBA], False),
        (Y, True),
        (Y.astype(bool), True),
        (sp.csr_matrix(Y), True),
        ([["a"], ["b"], ["a", "b"]], True),
        ([("a",), (), ("a", "b")], True),
        (pd.DataFrame(Y), True),
    ],
)
def test_a_float_is_a_probability_and_all_else_a_decision(predictions, decided):
    assert are_decisions(predictions) is decided


def test_the_threshold_must_be_exceeded():
    read = read_predictions(Y, PROBA, 0.4)
    assert read.decided.values.tolist() == [[1, 1], [0, 1], [0, 0]]
    assert read.thresholds.tolist() == [0.4, 0.4]
    named = read_predictions(Y, PROBA, {"b": 0.39}, label_names=["a", "b"])
    assert named.decided.values.tolist() == [[1, 1], [0, 1], [0, 1]]


def test_rows_are_those_of_positive_weight():
    read = read_predictions(Y, PROBA, 0.5, sample_weight=[1, 0, 2])
    assert read.rows.tolist() == [0, 2]
    assert read.proba.tolist() == PROBA[[0, 2]].tolist()
    assert read_predictions(Y, Y, 0.5).rows.tolist() == [0, 1, 2]


def test_a_label_the_tagger_never_saw_is_given_to_nobody():
    y = [["a"], ["b", "new"], ["a"]]
    read = read_predictions(y, PROBA, 0.0, label_names=["a", "b"])
    assert read.names == ["a", "b", "new"]
    assert read.decided.values[:, 2].tolist() == [0, 0, 0]
    assert np.isnan(read.thresholds[2])


def test_a_label_of_one_class_is_taken_for_no_and_named():
    y = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0]])
    proba = DummyClassifier(strategy="prior").fit(np.zeros((3, 1)), y).predict_proba(Y)
    assert [part.shape for part in proba] == [(3, 2), (3, 2), (3, 1)]
    with pytest.warns(
        RareLabelWarning, match=r"of 1 label\(s\) .*'c'\. This class is taken for 'no'"
    ):
        read = read_predictions(y, proba, 0.5, label_names=["a", "b", "c"])
    assert read.proba[:, 2].tolist() == [0, 0, 0]
    np.testing.assert_allclose(read.proba[:, 0], 2 / 3)


def test_thresholds_of_the_wrong_length_are_refused():
    with pytest.raises(ValueError, match=r"threshold has shape \(3,\), but there are 2 labels"):
        read_predictions(Y, PROBA, [0.1, 0.2, 0.3])


def test_rows_are_those_with_a_known_label_and_a_weight():
    y = np.array([[1.0, 0.0], [np.nan, np.nan], [np.nan, 1.0]])
    with pytest.warns(UnknownLabelWarning, match="1 of 3 documents"):
        read = read_predictions(y, PROBA, 0.0)
    assert (read.rows.tolist(), read.n_rows) == ([0, 2], 3)
    assert read.decided.values[1, 0] == read.proba[1, 0] == 0  # unknown, so never counted
    read = read_predictions(y[:2], PROBA[:2], 0.5, sample_weight=[1, 0])
    assert read.decided.unknown is None
    y[2] = [0, 1]
    with pytest.warns(UnknownLabelWarning, match="1 of 2 documents"):
        read = read_predictions(y, PROBA, 0.0, sample_weight=[0, 1, 1])
    assert read.rows.tolist() == [2]


def test_sparse_values_between_0_and_1_are_probabilities_where_they_are_read():
    y_true, proba = np.array([[1, 0], [0, 1]]), sp.csr_array([[0.7, 0.0], [0.2, 0.9]])
    assert not are_decisions(proba)
    assert are_decisions(sp.csr_array([[1.0, 0.0]]))
    assert are_decisions(sp.csr_array([[1, 0]]))
    read = read_predictions(y_true, proba, [0.8, 0.5], allow_sparse=True)
    assert read.decided.values.toarray().tolist() == [[0, 0], [0, 1]]
    with pytest.raises(ValueError, match="y_proba is sparse; pass a dense array"):
        read_predictions(y_true, proba, 0.5)
