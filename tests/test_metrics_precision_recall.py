"""Precision, recall, F1 and Jaccard against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scored_labels import OVERLAP, scored_data

from skmultitext import metrics


@given(scored_data(), st.sampled_from(sorted(OVERLAP)), st.sampled_from([0, 1]))
@settings(max_examples=60, deadline=None)
def test_overlap_scores_equal_scikit_learn(data, name, zero_division):
    y_true, y_pred, _, weight = data
    for average in ("micro", "macro", "weighted", "samples", None):
        ours = getattr(metrics, name)(
            y_true, y_pred, average=average, sample_weight=weight, zero_division=zero_division
        )
        theirs = OVERLAP[name](
            y_true, y_pred, average=average, sample_weight=weight, zero_division=zero_division
        )
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_false_positives_of_an_absent_label_lower_the_micro_average():
    y_true = [[1, 0], [1, 0]]
    assert metrics.precision_score(y_true, [[1, 1], [1, 0]], average="micro") == pytest.approx(
        2 / 3
    )


def test_a_label_never_predicted_has_precision_0_without_a_warning():
    y_true, y_pred = [[1, 1], [0, 1]], [[1, 0], [0, 0]]
    assert metrics.precision_score(y_true, y_pred, average=None).tolist() == [1, 0]
    assert metrics.precision_score(y_true, y_pred, average=None, zero_division=1).tolist() == [1, 1]


def test_empty_documents_in_the_samples_average_follow_zero_division():
    y_true, y_pred = [[1, 0], [0, 0]], [[1, 0], [0, 0]]
    assert metrics.f1_score(y_true, y_pred, average="samples") == 0.5
    assert metrics.f1_score(y_true, y_pred, average="samples", zero_division=1.0) == 1
