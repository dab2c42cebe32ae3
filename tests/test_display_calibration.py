"""The reliability curves that are drawn."""

import numpy as np
import pytest
from display_drawings import CALIBRATION, corpus, legend_texts

pytestmark = pytest.mark.usefixtures("no_figure_leaks")


def test_calibration_pools_the_other_labels():
    y, proba, names = corpus(10)
    shown = CALIBRATION.from_predictions(y, proba, label_names=names, top=2, n_bins=5)
    assert shown.names == [*names[:2], "… 8 other labels"]
    prob_true = [
        y[:, 2:][(proba[:, 2:] >= b / 5) & (proba[:, 2:] < (b + 1) / 5)].mean() for b in range(5)
    ]
    np.testing.assert_allclose(shown.lines_[-1].get_ydata(), prob_true)
    np.testing.assert_allclose(
        shown.lines_[1].get_xydata().T, [shown.prob_pred[0], shown.prob_true[0]]
    )
    assert legend_texts(shown)[-1] == f"… 8 other labels (ECE = {shown.calibration_error[2]:.2f})"
    assert legend_texts(shown)[0] == f"micro average (ECE = {shown.micro.calibration_error:.2f})"


def test_calibration_refuses_illegal_bins():
    y, proba, _ = corpus(3)
    for n_bins in (0, 2.5):
        with pytest.raises(ValueError, match=r"n_bins is .*; pass an int of at least 1"):
            CALIBRATION.from_predictions(y, proba, n_bins=n_bins)
    with pytest.raises(ValueError, match=r"strategy is .*; pass one of 'uniform', 'quantile'"):
        CALIBRATION.from_predictions(y, proba, strategy="equal")
    with pytest.raises(ValueError, match="names have 1, 1, 1, 2 entries; pass one of each"):
        CALIBRATION([[0.5]], [[0.5]], [0.0], names=["a", "b"]).plot()
