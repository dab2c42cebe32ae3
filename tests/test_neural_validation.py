"""Validation by the scorers of the package, whatever the form of y."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import expit

from skmultitext import metrics
from skmultitext._labels import LabelSpace
from skmultitext.neural._validation import Validation

INDICATOR = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0], [0, 0, 1]])
LOGITS = np.random.RandomState(0).randn(4, 3) * 2


@pytest.mark.parametrize(
    "y",
    [
        INDICATOR,
        sp.csr_matrix(INDICATOR),
        [["a", "c"], ["b"], ["a", "b"], ["c"]],
    ],
    ids=["indicator", "sparse", "label_sets"],
)
def test_scores_are_those_of_the_metrics(y):
    space, indicator = LabelSpace.learn(y)
    thresholds = np.array([0.2, 0.5, 0.7])
    proba = expit(LOGITS)
    expected = {
        "f1_micro": metrics.f1(INDICATOR, (proba > thresholds).astype(int), average="micro"),
        "neg_log_loss": -metrics.log_loss(INDICATOR, proba),
        "average_precision_micro": metrics.average_precision(INDICATOR, proba, average="micro"),
        "precision_at_2": metrics.precision_at_k(INDICATOR, proba, k=2),
    }
    for name, value in expected.items():
        validation = Validation(lambda: LOGITS, indicator, space, thresholds, name)
        assert validation.name == name
        assert validation.score() == pytest.approx(value)


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
@pytest.mark.parametrize("scoring", ["f1_micro", "neg_log_loss", "exact_match", "roc_auc_micro"])
def test_a_y_of_one_column_with_any_codes(shape, scoring):
    codes = np.array(["no", "yes"])[INDICATOR[:, 0]].reshape(shape)
    space, indicator = LabelSpace.learn(codes)
    logits = LOGITS[:, :1]
    one = Validation(lambda: logits, indicator, space, np.array([0.5]), scoring).score()
    space, indicator = LabelSpace.learn(INDICATOR[:, :1])
    assert one == Validation(lambda: logits, indicator, space, np.array([0.5]), scoring).score()


def test_weights_and_callables():
    space, indicator = LabelSpace.learn(INDICATOR)
    weight = np.array([1, 0, 3, 1])

    def scorer(tagger, X, y, sample_weight=None):
        return float((tagger.predict_proba(X) * sample_weight[:, None]).sum())

    validation = Validation(lambda: LOGITS, indicator, space, 0.5, scorer, weight)
    assert validation.score() == pytest.approx((expit(LOGITS) * weight[:, None]).sum())
    assert validation.name == "scorer"


def test_an_unknown_scorer_is_refused():
    space, indicator = LabelSpace.learn(INDICATOR)
    with pytest.raises(ValueError, match="'f1_mikro' is not the name of a scorer"):
        Validation(lambda: LOGITS, indicator, space, 0.5, "f1_mikro")
