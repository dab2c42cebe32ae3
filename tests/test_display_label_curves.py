"""One curve per label: which are drawn, in which order and style."""

import numpy as np
import pytest
from display_drawings import PR, ROC, corpus, legend_texts
from sklearn import metrics as skm

pytestmark = pytest.mark.usefixtures("no_figure_leaks")


def test_labels_are_drawn_by_support_whatever_their_order():
    y, proba, names = corpus(12)
    order = np.random.default_rng(1).permutation(12)
    shown = PR.from_predictions(
        y[:, order], proba[:, order], label_names=[names[j] for j in order], top=3
    )
    straight = PR.from_predictions(y, proba, label_names=names, top=3)
    assert legend_texts(shown) == legend_texts(straight)
    assert legend_texts(shown)[2].startswith("billing (AP")


def test_averages_and_style_can_be_chosen():
    y, proba, _ = corpus(3)
    shown = ROC.from_predictions(y, proba, averages=["macro"], curve_kwargs={"linewidth": 7})
    assert [text[:6] for text in legend_texts(shown)] == ["macro ", "0 (AUC", "1 (AUC", "2 (AUC"]
    assert [line.get_linewidth() for line in shown.lines_] == [2.5, 7, 7, 7]
    with pytest.raises(ValueError, match="averages holds 'weighted'; known are 'micro', 'macro'"):
        PR.from_predictions(y, proba, averages=["weighted"])


def test_long_curves_are_thinned_where_nobody_sees_it():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (30_000, 1))
    proba = np.clip(y * 0.2 + rng.random((30_000, 1)) * 0.8, 0, 1)
    shown = PR.from_predictions(y, proba)
    drawn = shown.lines_[2].get_xydata()
    assert len(drawn) < 6_000 < len(shown.recall[0])
    assert np.isin(drawn[:, 0], shown.recall[0]).all()
    nearest = np.abs(shown.recall[0][:, None][::50] - drawn[:, 0]).min(axis=1)
    assert nearest.max() < 1e-3


def test_displays_can_be_made_from_numbers():
    curves = [skm.precision_recall_curve([0, 1, 1], [0.1, s, 0.8])[:2] for s in (0.05, 0.9)]
    shown = PR([c[0] for c in curves], [c[1] for c in curves], [0.8, 1.0]).plot()
    assert legend_texts(shown) == ["0 (AP = 0.80)", "1 (AP = 1.00)"]
    with pytest.raises(ValueError, match="one entry per label in each of its lists, got 2 recall,"):
        PR([c[0] for c in curves], [c[1] for c in curves], [0.8]).plot()
    with pytest.raises(ValueError, match="Label '0' has 2 values of fpr and 3 of tpr"):
        ROC([[0, 1]], [[0, 0.5, 1]], [0.8]).plot()
