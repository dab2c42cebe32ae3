"""Propensities and propensity-scored precision, against the formulas of the reference."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from ranked_labels import ranked_data
from sklearn.model_selection import cross_val_score

from skmultitext import MultilabelLogisticRegression
from skmultitext.exceptions import AbsentLabelWarning
from skmultitext.metrics import get_scorer, label_propensities, precision_at_k, psp_at_k


def reference(y, a=0.55, b=1.5):
    """Inverse propensities as the reference writes them."""
    n, counts = len(y), y.sum(axis=0)
    c = (np.log(n) - 1) * (b + 1) ** a
    return 1 + c * (counts + b) ** -a


def test_propensities_follow_the_formula():
    rng = np.random.default_rng(0)
    y = (rng.random((200, 6)) < [0.9, 0.5, 0.1, 0.02, 0.01, 0]).astype(int)
    np.testing.assert_allclose(1 / label_propensities(y), reference(y))
    np.testing.assert_allclose(1 / label_propensities(sp.csr_array(y)), reference(y))
    np.testing.assert_allclose(1 / label_propensities(y, a=0.6, b=2.6), reference(y, 0.6, 2.6))
    assert (np.diff(label_propensities(y)) < 0).all()
    assert (label_propensities(y, a=0) == label_propensities(y[:, ::-1], a=0)).all()


def test_propensities_of_label_sets_and_unknown_labels():
    y = [["b", "a"], ["a"], [], ["c", "a"]]
    indicator = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 0, 1]], dtype=float)
    expected = label_propensities(indicator)
    np.testing.assert_array_equal(label_propensities(y), expected)
    turned = label_propensities(y, label_names=["c", "b", "a"])
    np.testing.assert_array_equal(turned, expected[::-1])
    indicator[2] = np.nan
    np.testing.assert_array_equal(label_propensities(indicator), expected)


@given(ranked_data())
@settings(max_examples=40, deadline=None)
def test_psp_is_the_gain_of_the_top_over_the_best_possible(data):
    y_true, y_score, weight = data
    y_score = np.argsort(np.argsort(y_score, axis=1), axis=1)  # without ties
    propensities = np.linspace(1, 0.1, y_true.shape[1])
    gains = y_true / propensities
    for k in (1, 2):
        top = np.argsort(-y_score, axis=1)[:, :k]
        mean = np.average(np.take_along_axis(gains, top, axis=1).mean(axis=1), weights=weight)
        best = np.average(-np.sort(-gains, axis=1)[:, :k].mean(axis=1), weights=weight)
        options = {"propensities": propensities, "k": k, "sample_weight": weight}
        for scores in (y_score, sp.csr_array(y_score)):
            got = psp_at_k(y_true, scores, **options)
            assert got == pytest.approx(mean / best, rel=1e-12)
            got = psp_at_k(y_true, scores, normalize=False, **options)
            assert got == pytest.approx(mean, rel=1e-12)


@given(ranked_data())
@settings(max_examples=20, deadline=None)
def test_with_equal_propensities_it_is_precision_also_for_ties(data):
    y_true, y_score, weight = data
    options = {"k": 2, "sample_weight": weight}
    ones = np.ones(y_true.shape[1])
    got = psp_at_k(y_true, y_score, propensities=ones, normalize=False, **options)
    assert got == pytest.approx(precision_at_k(y_true, y_score, **options))


def test_names_match_a_dict_and_further_names_count_as_missed():
    y_true, y_score = [["a", "new"], ["b"]], [[0.9, 0.1], [0.2, 0.7]]
    options = {"label_names": ["a", "b"], "k": 2}
    got = psp_at_k(y_true, y_score, propensities={"b": 0.5, "a": 1.0}, **options)
    # a gains 1 and b gains 2, the lowest propensity stands for the new label
    assert got == pytest.approx((1 + 2) / (1 + 2 + 2))
    assert psp_at_k(y_true, y_score, propensities=[1.0, 0.5], **options) == pytest.approx(got)


def test_unknown_labels_are_left_out():
    y_true = np.array([[1, np.nan, 0], [np.nan, np.nan, 1]])
    y_score = np.array([[0.2, 0.9, 0.5], [0.9, 0.8, 0.1]])
    options = {"propensities": [0.5, 0.5, 0.25], "k": 2, "normalize": False}
    with pytest.warns(match="Nothing is known of 1 label"):
        got = psp_at_k(y_true, y_score, **options)
    assert got == pytest.approx((2 / 2 + 4 / 1) / 2)
    with pytest.warns(match="Nothing is known of 1 label"):
        assert psp_at_k(y_true, sp.csr_array(y_score), **options) == pytest.approx(got)


def test_without_a_positive_it_is_0_with_a_warning():
    with pytest.warns(AbsentLabelWarning, match="set to 0.0"):
        assert psp_at_k(np.zeros((2, 2)), np.eye(2), propensities=[1, 1], k=1) == 0


def test_scorer():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), (rng.random((60, 3)) < 0.5).astype(int)
    y[:, 0] = X[:, 0] > 0
    scorer = get_scorer("psp_at_1", propensities=label_propensities(y))
    model = MultilabelLogisticRegression().fit(X, y)
    expected = psp_at_k(y, model.predict_proba(X), propensities=label_propensities(y), k=1)
    assert scorer(model, X, y) == pytest.approx(expected)
    assert cross_val_score(model, X, y, scoring=scorer, cv=2).min() > 0.3
    with pytest.raises(ValueError, match="to a scorer, get_scorer"):
        get_scorer("psp_at_1")(model, X, y)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"propensities": [0.5]},
            r"propensities is an array of shape \(1,\) .* there are 2 labels",
        ),
        ({"propensities": ["a", "b"]}, "propensities is an array .* pass one number per label"),
        ({"propensities": [0.5, 0]}, "propensities of label '1' is 0.0; pass a number above 0"),
        ({"propensities": [0.5, 1.5]}, "propensities of label '1' is 1.5; pass a number above 0"),
        ({"propensities": {"0": 0.5}}, "propensities of label '1' is nan; pass a number above 0"),
        ({"propensities": {"x": 0.5}}, "propensities names the unknown labels 'x'"),
        ({"propensities": [1, 1], "k": 3}, "k must be an int from 1 to the 2 labels"),
        ({"propensities": [1, 1], "normalize": 1}, "normalize is 1; pass True or False"),
    ],
)
def test_bad_parameter_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        psp_at_k(np.eye(2), np.eye(2), **{"k": 1, **options})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"a": -1}, r"a is -1; pass a number in \[0, inf\)\."),
        ({"a": "x"}, "a is 'x'; pass a number in"),
        ({"b": 0}, r"b is 0; pass a number in \(0, inf\)"),
        ({"b": np.inf}, "b is inf; pass a number in"),
        ({"label_names": ["a", "a"]}, "label_names is empty or names a label twice"),
    ],
)
def test_bad_parameter_of_propensities_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        label_propensities(np.eye(3), **options)
    with pytest.raises(ValueError, match=r"y has 2 document\(s\); propensities are estimated from"):
        label_propensities(np.eye(2))
