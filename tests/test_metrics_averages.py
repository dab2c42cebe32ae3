"""Averages over labels, some of which have no score."""

import warnings

import numpy as np
import pytest
from scored_labels import CURVES, NAMES, OVERLAP, P_ABSENT, Y_ABSENT

from skmultitext import metrics
from skmultitext.exceptions import AbsentLabelWarning, LabelError


@pytest.mark.parametrize("name", sorted(OVERLAP))
def test_absent_label_is_skipped_by_name_counted_as_0_or_refused(name):
    score = getattr(metrics, name)
    y_pred = P_ABSENT > 0.5
    a, c = score(Y_ABSENT[:, [0, 2]], y_pred[:, [0, 2]], average=None)
    with pytest.warns(AbsentLabelWarning, match=r"No positive in y_true for 1 label\(s\): 'b'"):
        assert score(Y_ABSENT, y_pred, label_names=NAMES) == pytest.approx((a + c) / 2)
    assert score(Y_ABSENT, y_pred, absent="zero") == pytest.approx((a + c) / 3)
    with pytest.raises(LabelError, match=r"No positive in y_true for 1 label.*'b'.*stratify"):
        score(Y_ABSENT, y_pred, label_names=NAMES, absent="raise")
    with pytest.warns(AbsentLabelWarning, match="Their score is nan"):
        per_label = score(Y_ABSENT, y_pred, average=None)
    np.testing.assert_array_equal(per_label, [a, np.nan, c])
    np.testing.assert_array_equal(score(Y_ABSENT, y_pred, average=None, absent="zero"), [a, 0, c])


@pytest.mark.parametrize("average", ["micro", "weighted", "samples"])
def test_other_averages_need_no_rule_for_an_absent_label(average):
    y_pred = (P_ABSENT > 0.5).astype(int)
    for name, theirs in OVERLAP.items():
        ours = getattr(metrics, name)(Y_ABSENT, y_pred, average=average, absent="raise")
        assert ours == pytest.approx(theirs(Y_ABSENT, y_pred, average=average, zero_division=0))


@pytest.mark.parametrize("average", ["micro", "macro", "weighted"])
@pytest.mark.parametrize("score", [*[getattr(metrics, name) for name in OVERLAP], *CURVES])
def test_no_label_left_is_0_with_a_warning_or_an_error(score, average):
    y_true, values = np.zeros((3, 2), dtype=int), np.array([[1, 0], [0, 1], [1, 1]])
    with pytest.warns(AbsentLabelWarning):
        assert score(y_true, values, average=average) == 0
    assert score(y_true, values, average=average, absent="zero") == 0
    with pytest.raises(LabelError, match="No "):
        score(y_true, values, average=average, absent="raise")


def test_a_label_whose_positives_have_weight_0_is_absent():
    with pytest.warns(AbsentLabelWarning, match="'1'"):
        metrics.f1([[1, 0], [1, 1]], [[1, 0], [1, 1]], sample_weight=[1, 0])
    y_true, y_score = [[1, 0], [1, 1], [0, 1]], [[0.3, 0.1], [0.2, 0.8], [0.1, 0.9]]
    with pytest.warns(AbsentLabelWarning, match="no negative in y_true for 1 label.*'0'"):
        assert metrics.roc_auc(y_true, y_score, sample_weight=[1, 1, 0]) == 1


def test_the_warning_points_at_the_caller():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        metrics.f1(Y_ABSENT, P_ABSENT > 0.5)
        metrics.average_precision(Y_ABSENT, P_ABSENT)
        metrics.f1(np.zeros((2, 2)), np.zeros((2, 2)), average="micro")
    assert [warning.filename for warning in caught] == [__file__] * 3
