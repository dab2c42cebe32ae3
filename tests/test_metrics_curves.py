"""Average precision and ROC AUC against scikit-learn's."""

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from scored_labels import NAMES, P_ABSENT, Y_ABSENT, scored_data

from skmultitext import metrics
from skmultitext.exceptions import AbsentLabelWarning, LabelError


@given(scored_data(both_classes=True))
@settings(max_examples=60, deadline=None)
def test_curves_equal_scikit_learn(data):
    y_true, _, y_score, weight = data
    for average in ("micro", "macro", "weighted", None):
        for ours, theirs in (
            (metrics.average_precision_score, sk.average_precision_score),
            (metrics.roc_auc_score, sk.roc_auc_score),
        ):
            expected = theirs(y_true, y_score, average=average, sample_weight=weight)
            got = ours(y_true, y_score, average=average, sample_weight=weight)
            np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-14)


def test_roc_auc_needs_a_negative_too():
    with pytest.warns(AbsentLabelWarning, match="or no negative in y_true for 2.*'b', 'c'"):
        assert metrics.roc_auc_score(Y_ABSENT, P_ABSENT, label_names=NAMES) == 0.5
    with pytest.warns(AbsentLabelWarning, match="for 1 label.*'c'"):
        assert (
            metrics.roc_auc_score(Y_ABSENT, P_ABSENT, average="weighted", label_names=NAMES) == 0.5
        )
    assert metrics.roc_auc_score(Y_ABSENT, P_ABSENT, undefined="zero") == pytest.approx(0.5 / 3)
    with pytest.raises(LabelError, match="No positive or no negative"):
        metrics.roc_auc_score(Y_ABSENT, P_ABSENT, undefined="raise")
    pooled = sk.roc_auc_score(Y_ABSENT.ravel(), P_ABSENT.ravel())
    assert metrics.roc_auc_score(Y_ABSENT, P_ABSENT, average="micro") == pytest.approx(pooled)


def test_average_precision_leaves_out_only_labels_without_a_positive():
    with pytest.warns(AbsentLabelWarning, match="for 1 label.*'b'"):
        got = metrics.average_precision_score(Y_ABSENT, P_ABSENT, label_names=NAMES)
    a = sk.average_precision_score(Y_ABSENT[:, 0], P_ABSENT[:, 0])
    assert got == pytest.approx((a + 1) / 2)
