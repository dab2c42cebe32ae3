"""Label ranking against scikit-learn."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from ranked_labels import LABEL_RANKING, ranked_data

from skmultitext import metrics


@given(ranked_data(max_labels=9))
@settings(max_examples=80, deadline=None)
def test_label_ranking_equals_scikit_learn(data):
    y_true, y_score, weight = data
    for ours, theirs in LABEL_RANKING.items():
        expected = theirs(y_true, y_score, sample_weight=weight)
        for truth in (y_true, sp.csr_array(y_true)):
            got = ours(truth, y_score, sample_weight=weight)
            assert got == pytest.approx(expected, rel=1e-12), ours


def test_known_rankings():
    y_true, y_score = np.array([[1, 0, 0, 1]]), np.array([[0.9, 0.8, 0.7, 0.6]])
    assert metrics.label_ranking_average_precision_score(y_true, y_score) == pytest.approx(
        (1 + 2 / 4) / 2
    )
    assert metrics.coverage_error(y_true, y_score) == 4
    assert metrics.label_ranking_loss(y_true, y_score) == pytest.approx(2 / 4)
    tied = np.zeros((1, 4))
    assert metrics.label_ranking_average_precision_score(y_true, tied) == pytest.approx(2 / 4)
    assert metrics.coverage_error(y_true, tied) == 4
    assert metrics.label_ranking_loss(y_true, tied) == 1


def test_a_weight_is_a_repetition_of_its_document():
    y_true, y_score = np.array([[1, 0], [0, 1], [1, 1]]), np.array([[0.9, 0.1], [0.8, 0.2], [0, 1]])
    rows = [0, 1, 1, 1]
    for score in LABEL_RANKING:
        weighted = score(y_true, y_score, sample_weight=[1, 3, 0])
        assert weighted == pytest.approx(score(y_true[rows], y_score[rows]))
