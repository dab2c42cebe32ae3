"""Label ranking against scikit-learn."""

import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from ranked_labels import LABEL_RANKING, ranked_data


@given(ranked_data(max_labels=9))
@settings(max_examples=80, deadline=None)
def test_label_ranking_equals_scikit_learn(data):
    y_true, y_score, weight = data
    for ours, theirs in LABEL_RANKING.items():
        expected = theirs(y_true, y_score, sample_weight=weight)
        for truth in (y_true, sp.csr_array(y_true)):
            got = ours(truth, y_score, sample_weight=weight)
            assert got == pytest.approx(expected, rel=1e-12), ours
