"""Averages over labels, some of which have no score."""

import warnings

import numpy as np
import pytest
from scored_labels import CURVES, NAMES, OVERLAP, P_ABSENT, Y_ABSENT

from skmultitext import metrics
from skmultitext.exceptions import AbsentLabelWarning, LabelError
from skmultitext.metrics._averages import (
    average_labels,
    check_zero_division,
    undefined_score,
)


@pytest.mark.parametrize("name", sorted(OVERLAP))
def test_absent_label_is_skipped_by_name_counted_as_0_or_refused(name):
    score = getattr(metrics, name)
    y_pred = P_ABSENT > 0.5
    a, c = score(Y_ABSENT[:, [0, 2]], y_pred[:, [0, 2]], average=None)
    with pytest.warns(AbsentLabelWarning, match=r"No positive in y_true for 1 label\(s\): 'b'"):
        assert score(Y_ABSENT, y_pred, label_names=NAMES) == pytest.approx((a + c) / 2)
    assert score(Y_ABSENT, y_pred, undefined="zero") == pytest.approx((a + c) / 3)
    with pytest.raises(LabelError, match=r"No positive in y_true for 1 label.*'b'.*stratify"):
        score(Y_ABSENT, y_pred, label_names=NAMES, undefined="raise")
    with pytest.warns(AbsentLabelWarning, match="Their score is nan"):
        per_label = score(Y_ABSENT, y_pred, average=None)
    np.testing.assert_array_equal(per_label, [a, np.nan, c])
    np.testing.assert_array_equal(
        score(Y_ABSENT, y_pred, average=None, undefined="zero"), [a, 0, c]
    )


@pytest.mark.parametrize("average", ["micro", "weighted", "samples"])
def test_other_averages_need_no_rule_for_an_absent_label(average):
    y_pred = (P_ABSENT > 0.5).astype(int)
    for name, theirs in OVERLAP.items():
        ours = getattr(metrics, name)(Y_ABSENT, y_pred, average=average, undefined="raise")
        assert ours == pytest.approx(theirs(Y_ABSENT, y_pred, average=average, zero_division=0))


@pytest.mark.parametrize("average", ["micro", "macro", "weighted"])
@pytest.mark.parametrize("score", [*[getattr(metrics, name) for name in OVERLAP], *CURVES])
def test_no_label_left_is_0_with_a_warning_or_an_error(score, average):
    y_true, values = np.zeros((3, 2), dtype=int), np.array([[1, 0], [0, 1], [1, 1]])
    with pytest.warns(AbsentLabelWarning):
        assert score(y_true, values, average=average) == 0
    assert score(y_true, values, average=average, undefined="zero") == 0
    with pytest.raises(LabelError, match="No "):
        score(y_true, values, average=average, undefined="raise")


def test_a_label_whose_positives_have_weight_0_is_absent():
    with pytest.warns(AbsentLabelWarning, match="'1'"):
        metrics.f1_score([[1, 0], [1, 1]], [[1, 0], [1, 1]], sample_weight=[1, 0])
    y_true, y_score = [[1, 0], [1, 1], [0, 1]], [[0.3, 0.1], [0.2, 0.8], [0.1, 0.9]]
    with pytest.warns(AbsentLabelWarning, match="no negative in y_true for 1 label.*'0'"):
        assert metrics.roc_auc_score(y_true, y_score, sample_weight=[1, 1, 0]) == 1


def test_the_warning_points_at_the_caller():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        metrics.f1_score(Y_ABSENT, P_ABSENT > 0.5)
        metrics.average_precision_score(Y_ABSENT, P_ABSENT)
        metrics.f1_score(np.zeros((2, 2)), np.zeros((2, 2)), average="micro")
    assert [warning.filename for warning in caught] == [__file__] * 3


def averaged(average, undefined, **options):
    """Average three scores, the second of which is not defined."""
    return average_labels(
        np.array([0.5, 7.0, 1.0]),
        defined=np.array([True, False, True]),
        support=np.array([3.0, 1.0, 1.0]),
        average=average,
        undefined=undefined,
        names=[*"abc"],
        **options,
    )


def test_a_score_that_is_not_defined_is_never_read():
    assert averaged("macro", "zero") == pytest.approx(1.5 / 3)
    assert averaged("weighted", "zero") == pytest.approx((3 * 0.5 + 1) / 5)
    assert averaged(None, "zero").tolist() == [0.5, 0, 1]
    with pytest.warns(
        AbsentLabelWarning, match=r"1 label\(s\): 'b'\. They are left out of the mean"
    ):
        assert averaged("macro", "skip") == pytest.approx(0.75)
    with pytest.warns(AbsentLabelWarning, match="No negative in y_true"):
        assert averaged("weighted", "skip", lacking="negative") == pytest.approx(2.5 / 4)
    with pytest.raises(
        LabelError, match=r"No positive in y_true for 1 label\(s\): 'b'\. Score more"
    ):
        averaged("macro", "raise")


def test_a_score_of_nothing_is_0_or_an_error():
    assert undefined_score("zero") == 0
    with pytest.warns(
        AbsentLabelWarning, match="No label has a positive in y_true, so .* set to 0.0"
    ):
        assert undefined_score("skip") == 0
    with pytest.raises(
        LabelError, match="No label has a negative in y_true, so the score is undefined"
    ):
        undefined_score("raise", "negative")


def test_zero_division_is_0_or_1():
    for legal in (0, 1, 0.0, 1.0, np.float64(1), True):
        check_zero_division(legal)
    for wrong in ("0", 0.5, np.nan, None):
        with pytest.raises(ValueError, match=f"zero_division must be 0.0 or 1.0, got {wrong!r}"):
            check_zero_division(wrong)
