"""Scores of whole documents against scikit-learn."""

import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from scored_labels import scored_data

from skmultitext import metrics


@given(scored_data())
@settings(max_examples=40, deadline=None)
def test_whole_document_scores_equal_scikit_learn(data):
    y_true, y_pred, _, weight = data
    exact = sk.accuracy_score(y_true, y_pred, sample_weight=weight)
    hamming = sk.hamming_loss(y_true, y_pred, sample_weight=weight)
    assert metrics.exact_match(y_true, y_pred, sample_weight=weight) == pytest.approx(exact)
    assert metrics.subset_zero_one_loss(y_true, y_pred, sample_weight=weight) == pytest.approx(
        1 - exact
    )
    assert metrics.hamming_loss(y_true, y_pred, sample_weight=weight) == pytest.approx(hamming)
    assert metrics.binary_accuracy(y_true, y_pred, sample_weight=weight) == pytest.approx(
        1 - hamming
    )


def test_every_public_name_is_there_and_documented():
    assert len(set(metrics.__all__)) == len(metrics.__all__)
    for name in set(metrics.__all__) - {"SCORERS"}:
        assert "Examples" in getattr(metrics, name).__doc__, name
