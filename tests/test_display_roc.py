"""The ROC curves that are drawn."""

import numpy as np
import pytest
from display_drawings import ROC, corpus, legend_texts
from sklearn import metrics as skm

pytestmark = pytest.mark.usefixtures("no_figure_leaks")


def test_roc_draws_averages_labels_and_the_mean_of_the_others():
    y, proba, names = corpus(30)
    shown = ROC.from_predictions(y, proba, label_names=names, labels=["_private", "billing"])
    auc = skm.roc_auc_score(y, proba, average=None)
    micro = skm.roc_auc_score(y, proba, average="micro")
    assert legend_texts(shown) == [
        f"micro average (AUC = {micro:.2f})",
        f"macro average (AUC = {auc.mean():.2f})",
        f"_private (AUC = {auc[4]:.2f})",
        f"billing (AUC = {auc[0]:.2f})",
    ]
    fpr, tpr, _ = skm.roc_curve(y[:, 4], proba[:, 4], drop_intermediate=False)
    line = shown.lines_[2].get_xydata()
    np.testing.assert_allclose(np.interp(fpr + tpr, line.sum(axis=1), line[:, 0]), fpr, atol=1e-12)
    assert np.trapezoid(line[:, 1], line[:, 0]) == pytest.approx(auc[4])
    assert shown.chance_level_.get_xydata().tolist() == [[0, 0], [1, 1]]
    assert shown.ax_.get_xlabel() == "False positive rate"
    assert shown.ax_.get_ylabel() == "True positive rate"


@pytest.mark.parametrize("weighted", [False, True])
def test_the_areas_are_scikit_learns_and_those_under_the_curves(weighted):
    y, proba, _ = corpus(3)
    weight = np.random.default_rng(0).integers(1, 4, len(y)) if weighted else None
    shown = ROC.from_predictions(y, proba, sample_weight=weight)
    expected = skm.roc_auc_score(y, proba, average=None, sample_weight=weight)
    np.testing.assert_allclose(shown.roc_auc, expected)
    areas = [np.trapezoid(tpr, fpr) for fpr, tpr in zip(shown.fpr, shown.tpr, strict=True)]
    np.testing.assert_allclose(areas, expected)
    micro = skm.roc_auc_score(y, proba, average="micro", sample_weight=weight)
    assert shown.micro.roc_auc == pytest.approx(micro)
    assert shown.macro.roc_auc == pytest.approx(np.mean(expected))
