"""The precision-recall curves that are drawn."""

import re

import numpy as np
import pytest
from display_drawings import PR, corpus, legend_texts
from sklearn import metrics as skm

pytestmark = pytest.mark.usefixtures("no_figure_leaks")


def test_precision_recall_draws_averages_labels_and_the_mean_of_the_others():
    y, proba, names = corpus(30)
    shown = PR.from_predictions(y, proba, label_names=names, top=2)
    ap = skm.average_precision_score(y, proba, average=None)
    micro = skm.average_precision_score(y, proba, average="micro")
    texts = legend_texts(shown)
    assert texts[:3] == [
        f"micro average (AP = {micro:.2f})",
        f"macro average (AP = {ap.mean():.2f})",
        f"billing (AP = {ap[0]:.2f})",
    ]
    assert re.fullmatch(rf"a label with s\w*….* axis: first \(AP = {ap[1]:.2f}\)", texts[3])
    assert texts[4] == f"… 28 other labels (AP = {ap[2:].mean():.2f})"
    assert len(texts) == 5
    precision, recall, _ = skm.precision_recall_curve(y[:, 0], proba[:, 0], drop_intermediate=True)
    np.testing.assert_allclose(shown.lines_[2].get_xdata(), recall)
    np.testing.assert_allclose(shown.lines_[2].get_ydata(), precision)
    assert shown.lines_[2].get_drawstyle() == "steps-post"
    assert shown.ax_.get_xlabel() == "Recall"
    assert shown.ax_.get_ylabel() == "Precision"


@pytest.mark.parametrize("weighted", [False, True])
def test_the_curves_are_scikit_learns(weighted):
    y, proba, _ = corpus(3)
    weight = np.random.default_rng(0).integers(1, 4, len(y)) if weighted else None
    shown = PR.from_predictions(y, proba, sample_weight=weight)
    for j in range(3):
        precision, recall, _ = skm.precision_recall_curve(
            y[:, j], proba[:, j], sample_weight=weight, drop_intermediate=True
        )
        np.testing.assert_allclose(shown.precision[j], precision)
        np.testing.assert_allclose(shown.recall[j], recall)
    for average, found in (("micro", shown.micro), ("macro", shown.macro)):
        expected = skm.average_precision_score(y, proba, average=average, sample_weight=weight)
        assert found.average_precision == pytest.approx(expected)
