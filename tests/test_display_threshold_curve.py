"""Precision, recall and F1 over the threshold, and the threshold in use."""

import numpy as np
import pytest
from display_drawings import THRESHOLD, corpus, legend_texts, plt
from sklearn import metrics as skm

from skmultitext.exceptions import LabelError

pytestmark = pytest.mark.usefixtures("no_figure_leaks")


class Thresholded:
    """Probabilities and thresholds of a tuned tagger."""

    def __init__(self, proba, thresholds):
        self.proba, self.best_thresholds_ = proba, thresholds
        self.label_names_ = ["a", "b"]

    def predict_proba(self, X):
        return self.proba


@pytest.mark.parametrize(
    ("thresholds", "label", "chosen"),
    [([0.3, 0.8], "b", 0.8), (0.35, "b", 0.35), ([0.3, 0.3], None, 0.3), ([0.3, 0.8], None, None)],
)
def test_the_threshold_in_use_is_marked(thresholds, label, chosen):
    y, proba, _ = corpus(2)
    estimator = Thresholded(proba, np.array(thresholds))
    shown = THRESHOLD.from_estimator(estimator, range(240), y, label=label)
    if chosen is None:
        chosen = THRESHOLD.from_predictions(y, proba).chosen_threshold
    assert shown.chosen_threshold == chosen
    assert shown.chosen_line_.get_xdata() == [chosen, chosen]


def test_threshold_curve_draws_the_chosen_point():
    y, proba, names = corpus(4)
    shown = THRESHOLD.from_predictions(y, proba, label="billing", threshold=0.4, label_names=names)
    decided = proba[:, 0] > 0.4
    values = [f(y[:, 0], decided) for f in (skm.precision_score, skm.recall_score, skm.f1_score)]
    np.testing.assert_allclose(shown.chosen_points_.get_ydata(), values)
    assert shown.chosen_points_.get_xdata().tolist() == [0.4] * 3
    assert legend_texts(shown) == [
        f"Precision ({values[0]:.2f})",
        f"Recall ({values[1]:.2f})",
        f"F1 ({values[2]:.2f})",
        "Threshold (0.40)",
    ]
    assert shown.legend_.get_title().get_text() == "billing"
    np.testing.assert_array_equal(shown.lines_[2].get_ydata(), shown.f1)
    np.testing.assert_array_equal(shown.lines_[0].get_xdata(), shown.thresholds)


def test_threshold_curve_pools_all_labels():
    y, proba, _ = corpus(4)
    shown = THRESHOLD.from_predictions(y, proba)
    assert shown.legend_.get_title().get_text() == "all labels (micro)"
    best = max(skm.f1_score(y, proba > t, average="micro") for t in np.linspace(0, 1, 201)[:-1])
    assert shown.f1.max() >= best
    chosen = skm.f1_score(y, proba > shown.chosen_threshold, average="micro")
    assert chosen == pytest.approx(shown.f1.max())


def test_threshold_curve_where_nothing_is_predicted():
    y, proba, _ = corpus(2)
    shown = THRESHOLD.from_predictions(y, proba, threshold=1.0)
    assert legend_texts(shown)[:3] == ["Precision (undefined)", "Recall (0.00)", "F1 (0.00)"]


def test_threshold_curve_refuses_what_it_cannot_draw():
    y, proba, names = corpus(3)
    named = {"label_names": names}
    with pytest.raises(LabelError, match="label is 'bill', which is unknown; known are 'billing'"):
        THRESHOLD.from_predictions(y, proba, label="bill", **named)
    for threshold in (1.5, -0.1, np.nan, None):
        with pytest.raises(ValueError, match=r"threshold is .*; pass a number in \[0, 1\]"):
            THRESHOLD.from_predictions(y, proba, threshold=threshold)
    with pytest.raises(ValueError, match="threshold must be 'best' or a number, got 'auto'"):
        THRESHOLD.from_predictions(y, proba, threshold="auto")
    y[:, 0] = 0
    with pytest.raises(LabelError, match="The label 'billing' has no positive in y_true"):
        THRESHOLD.from_predictions(y, proba, label="billing", **named)
    with pytest.raises(LabelError, match="No label has a positive in y_true"):
        THRESHOLD.from_predictions(np.zeros_like(y), proba)
    with pytest.raises(
        ValueError, match="thresholds, precision, recall and f1 have 2, 1, 1, 1 val"
    ):
        THRESHOLD([0, 1], [1], [1], [1]).plot()
    assert not plt.get_fignums()
