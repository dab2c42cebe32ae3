"""Data with awkward names, one drawing of every kind, and how to read a drawing."""

import numpy as np
import pytest

from skmultitext import display

plt = pytest.importorskip("matplotlib.pyplot", reason="displays draw with matplotlib")

PR = display.MultilabelPrecisionRecallDisplay
ROC = display.MultilabelRocDisplay
CALIBRATION = display.MultilabelCalibrationDisplay
THRESHOLD = display.ThresholdCurveDisplay
COMPARISON = display.TaggerComparisonDisplay
FREQUENCY = display.LabelFrequencyDisplay
COOCCURRENCE = display.LabelCooccurrenceDisplay
LENGTH = display.TextLengthDisplay
HISTORY = display.TrainingHistoryDisplay

HISTORY_RECORDS = [
    {
        "epoch": e,
        "loss": 0.9**e,
        "val_loss": 0.8**e + 0.03 * e,
        "f1_micro": 1 - 0.7**e,
        "val_f1_micro": 0.7 - 0.5 * 0.6**e - 0.004 * e,
        "val_f1_macro": 0.4 - 0.3 * 0.6**e if e % 2 == 0 else None,
        "learning_rate": 1e-3,
        "stopped": False,
    }
    for e in range(1, 21)
]


def corpus(n_labels, n=240, seed=0):
    """Labels, probabilities and awkward names; support falls with the column."""
    rng = np.random.default_rng(seed)
    scores = rng.standard_normal((n, n_labels))
    prevalence = 0.5 / np.arange(1, n_labels + 1) ** 0.7
    y = (scores > np.quantile(scores, 1 - prevalence, axis=0).diagonal()).astype(np.int8)
    y[0] = 1
    y[1] = 0
    proba = 1 / (1 + np.exp(-(scores + 0.8 * rng.standard_normal((n, n_labels)) - 0.5)))
    awkward = [
        "billing",
        "a label with so long a name that nobody wants to read it on an axis: first",
        "a label with so long a name that nobody wants to read it on an axis too: first",
        "from $5 to $6",
        "_private",
        "two\nlines",
    ]
    names = (awkward + [f"customer service {j}" for j in range(n_labels)])[:n_labels]
    return y, proba, names


def legend_texts(shown):
    return [text.get_text() for text in shown.legend_.get_texts()]


def tick_texts(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def boxes(shown, texts):
    renderer = shown.figure_.canvas.get_renderer()
    return [t.get_window_extent(renderer) for t in texts if t.get_text() and t.get_visible()]
