"""Parameters given per label."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext import TfidfLogRegTagger
from skmultitext._gate.labels import (
    LabelSpace,
    resolve_class_weight,
    resolve_thresholds,
)
from skmultitext._gate.samples import count_entries
from skmultitext.exceptions import LabelError
from skmultitext.feature_extraction import TfidfVectorizer

SPACE, INDICATOR = LabelSpace.learn([["a"], ["a", "b"], [], ["a"]])


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        (0.3, [0.3, 0.3]),
        (1, [1.0, 1.0]),
        ([0.1, 0.2], [0.1, 0.2]),
        (np.float32(0.5), [0.5, 0.5]),
        ({"b": 0.2}, [0.5, 0.2]),
    ],
)
def test_thresholds(threshold, expected):
    assert resolve_thresholds(threshold, SPACE).tolist() == expected


@pytest.mark.parametrize(
    ("threshold", "message"),
    [
        (1.5, r"threshold of label 'a' is 1\.5; it must lie in \[0, 1\]"),
        ([0.5, float("nan")], r"threshold of label 'b' is nan"),
        ([0.5], r"threshold has shape \(1,\), but there are 2 labels: 'a', 'b'"),
        ({"c": 0.2}, r"threshold names the unknown labels 'c'; known are 'a', 'b'"),
        ({"a": "high"}, r"threshold of label 'a' is 'high', not a number"),
        ("high", r"threshold is 'high'; pass a number"),
        (True, r"threshold is True"),
    ],
)
def test_wrong_thresholds(threshold, message):
    with pytest.raises(LabelError, match=message):
        resolve_thresholds(threshold, SPACE)


def unasked():
    """Sum nothing: large indicators are summed for "balanced" only."""
    raise AssertionError("the labels were summed")


def test_no_class_weight():
    assert resolve_class_weight(None, SPACE, unasked) is None


@pytest.mark.parametrize("form", [np.asarray, sp.csc_array])
def test_balanced_gives_both_sides_of_a_label_the_same_weight(form):
    weight = np.array([1.0, 2.0, 3.0, 4.0])
    factors = resolve_class_weight(
        "balanced", SPACE, lambda: count_entries(form(INDICATOR), weight)
    )
    for j in range(2):
        given = INDICATOR[:, j] == 1
        sides = [(weight[~given] * factors[j, 0]).sum(), (weight[given] * factors[j, 1]).sum()]
        np.testing.assert_allclose(sides, [5.0, 5.0])


def test_balanced_leaves_a_constant_label_alone():
    space, indicator = LabelSpace.learn(np.array([[1, 0], [1, 1]]))
    factors = resolve_class_weight("balanced", space, lambda: count_entries(indicator))
    assert factors.tolist() == [[1.0, 0.5], [1.0, 1.0]]


def test_a_dict_weighs_the_positives_of_a_label():
    factors = resolve_class_weight({"b": 3}, SPACE, unasked)
    assert factors.tolist() == [[1.0, 1.0], [1.0, 3.0]]


def test_a_dict_weighs_the_classes_of_a_binary_y():
    space, _ = LabelSpace.learn(["ham", "spam"])
    assert resolve_class_weight({"ham": 4.0}, space, unasked).tolist() == [[4.0, 1.0]]
    with pytest.raises(LabelError, match="unknown classes 'egg'; y holds 'ham', 'spam'"):
        resolve_class_weight({"egg": 4.0}, space, unasked)


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ("fair", r"class_weight is 'fair'; the only legal str is 'balanced'"),
        ([1, 2], r"class_weight is a list"),
        ({"c": 1}, r"class_weight names the unknown labels 'c'"),
        ({"a": 0}, r"class_weight of label 'a' is \[1\.0, 0\.0\]; factors must be finite"),
        ({"a": None}, r"class_weight of label 'a' is None, not a number"),
        (
            {0: 1.0, 1: 3.0},
            r"class_weight has the key 0 of type int\. Name labels by str: 'a'",
        ),
    ],
)
def test_wrong_class_weight(class_weight, message):
    with pytest.raises(LabelError, match=message):
        resolve_class_weight(class_weight, SPACE, unasked)


def test_a_bad_class_weight_is_refused_before_the_texts_are_read(monkeypatch):
    monkeypatch.delattr(TfidfVectorizer, "fit_transform")
    with pytest.raises(LabelError, match="unknown labels 'x'"):
        TfidfLogRegTagger(class_weight={"x": 2.0}).fit(["one", "two"], [["a"], []])


@pytest.mark.parametrize("parameter", [{"threshold": {"x": 0.1}}, {"class_weight": {"x": 2.0}}])
def test_unknown_labels_stop_fit_before_anything_is_fitted(parameter):
    tagger = TfidfLogRegTagger(**parameter)
    with pytest.raises(LabelError, match="unknown labels 'x'; known are 'a', 'b'"):
        tagger.fit(["one", "two", "three"], [["a"], ["b"], []])
    assert not [name for name in vars(tagger) if name.endswith("_")]
