"""Scores of members, as logits in the order of the labels."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skmultitext import CalibratedTaggerCV, FixedThresholdTagger, MultilabelLogisticRegression
from skmultitext._gate.labels import LabelSpace
from skmultitext.ensemble._members import (
    as_logits,
    in_order,
    member_logits,
    member_probabilities,
    score_method,
)

OURS = MultilabelLogisticRegression()
THEIRS = OneVsRestClassifier(LogisticRegression())


@pytest.mark.parametrize(
    ("estimator", "method"),
    [
        (OURS, "decision_function"),
        (make_pipeline(StandardScaler(), OURS), "decision_function"),
        (GridSearchCV(OURS, {"C": [1]}), "decision_function"),
        (FrozenEstimator(OURS), "decision_function"),
        (FixedThresholdTagger(OURS), "decision_function"),
        (CalibratedTaggerCV(THEIRS), "decision_function"),
        (THEIRS, "predict_proba"),
        (FixedThresholdTagger(THEIRS), "predict_proba"),
        (GridSearchCV(make_pipeline(StandardScaler(), THEIRS), {}), "predict_proba"),
    ],
    ids=range(9),
)
def test_only_our_decision_functions_are_logits(estimator, method):
    assert score_method(estimator) == method


def test_logits_of_probabilities_are_finite():
    proba = np.array([[0, 1, 0.25], [1e-20, 0.5, 1 - 1e-16]], dtype=np.float64)
    expected = [[-16, 16, logit(0.25)], [-16, 0, 16]]
    np.testing.assert_allclose(as_logits(proba, "predict_proba"), expected)
    logits = np.array([[40.0, -40.0]], dtype=np.float32)
    assert as_logits(logits, "decision_function").tolist() == [[40, -40]]
    assert as_logits(logits, "decision_function").dtype == np.float64


def test_a_list_of_arrays_is_one_array(four_labels):
    X, y = four_labels
    forest = RandomForestClassifier(20, random_state=0).fit(X, y)
    space = LabelSpace.of("0123", named=False)
    proba = np.stack([part[:, 1] for part in forest.predict_proba(X)], axis=1)
    np.testing.assert_array_equal(member_probabilities(forest, X, space), proba)
    found = member_logits(forest, X, space)
    inside = (proba > 0) & (proba < 1)
    np.testing.assert_allclose(found[inside], logit(proba[inside]))
    assert set(np.abs(found[~inside])) == {16}


def test_columns_follow_the_names(four_labels):
    X, y = four_labels
    tagger = MultilabelLogisticRegression().fit(X, pd.DataFrame(y, columns=list("dcab")))
    scores = tagger.decision_function(X)
    found = in_order(tagger, scores, LabelSpace.of("abcd"))
    np.testing.assert_array_equal(found, scores[:, [2, 3, 1, 0]])
    assert in_order(tagger, scores, LabelSpace.of("0123", named=False)) is scores
    np.testing.assert_array_equal(member_logits(tagger, X, LabelSpace.of("abcd")), found)
