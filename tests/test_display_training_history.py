"""Losses and scores over the epochs."""

import numpy as np
import pytest
from display_drawings import HISTORY, HISTORY_RECORDS, legend_texts, plt
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

pytestmark = pytest.mark.usefixtures("no_figure_leaks")


def test_history_draws_losses_and_scores():
    shown = HISTORY.from_history(HISTORY_RECORDS)
    assert set(shown.lines_) == {"loss", "val_loss", "f1_micro", "val_f1_micro", "val_f1_macro"}
    loss, val_loss = shown.lines_["loss"], shown.lines_["val_loss"]
    assert loss.axes is shown.ax_
    assert shown.lines_["val_f1_micro"].axes is shown.score_ax_ is not shown.ax_
    assert loss.get_xdata().tolist() == list(range(1, 21))
    np.testing.assert_allclose(loss.get_ydata(), [r["loss"] for r in HISTORY_RECORDS])
    assert loss.get_color() == val_loss.get_color()
    assert loss.get_alpha() < val_loss.get_alpha()
    # macro-F1 was measured at even epochs only
    assert shown.lines_["val_f1_macro"].get_xdata().tolist() == list(range(2, 21, 2))
    best = max(HISTORY_RECORDS, key=lambda r: r["val_f1_micro"])["epoch"]
    assert shown.best_epoch == best
    assert shown.best_line_.get_xdata() == [best, best]
    assert legend_texts(shown)[-1] == f"best val_f1_micro: epoch {best}"


def test_history_monitors_what_is_asked_for():
    shown = HISTORY.from_history(HISTORY_RECORDS, monitor="val_loss", metrics=["loss", "val_loss"])
    assert shown.best_epoch == min(HISTORY_RECORDS, key=lambda r: r["val_loss"])["epoch"]
    assert list(shown.lines_) == ["loss", "val_loss"]
    assert shown.score_ax_ is None
    shown = HISTORY.from_history(HISTORY_RECORDS, metrics="val_f1_micro")
    assert shown.score_ax_ is shown.ax_
    shown = HISTORY.from_history([{"loss": 1.0}, {"loss": 0.5}])
    assert shown.best_epoch is None
    assert shown.best_line_ is None
    assert shown.lines_["loss"].get_xdata().tolist() == [1, 2]
    shown = HISTORY.from_history(HISTORY_RECORDS, metrics=["learning_rate"])
    assert list(shown.lines_) == ["learning_rate"]


def test_history_reads_the_names_that_our_taggers_write():
    records = [
        {"loss": 4.0, "validation_loss": 0.5, "validation_neg_log_loss": -0.5},
        {"loss": 2.0, "validation_loss": 0.3, "validation_neg_log_loss": -0.3},
        {"loss": 1.0, "validation_loss": 0.4, "validation_neg_log_loss": -0.4},
    ]
    shown = HISTORY.from_history(records)
    assert shown.best_epoch == 2
    assert shown.legend_.get_texts()[-1].get_text() == "best validation_neg_log_loss: epoch 2"
    assert shown.lines_["validation_neg_log_loss"].axes is shown.score_ax_
    assert shown.lines_["loss"].get_color() == shown.lines_["validation_loss"].get_color()
    assert shown.lines_["loss"].get_alpha() < shown.lines_["validation_loss"].get_alpha()
    plt.close(shown.figure_)


def test_history_of_one_epoch():
    shown = HISTORY.from_history(HISTORY_RECORDS[:1])
    assert shown.best_epoch == 1
    assert shown.ax_.get_xlim() == (0, 2)
    assert all(line.get_marker() not in ("", "None") for line in shown.lines_.values())


class Trained:
    history_ = HISTORY_RECORDS


def test_history_is_found_inside_other_estimators():
    outer = make_pipeline(Trained())
    assert HISTORY.from_estimator(outer).metrics["loss"].shape == (20,)
    with pytest.raises(ValueError, match=r"LogisticRegression has no history_\. Fit a tagger that"):
        HISTORY.from_estimator(LogisticRegression())


def test_history_refuses_what_holds_none():
    with pytest.raises(ValueError, match="The history has 0 epochs and 0 metrics; train for at"):
        HISTORY.from_history([])
    for wrong in ({"loss": [1, 2]}, [0.5, 0.4], "loss", LogisticRegression()):
        kind = type(wrong).__name__
        with pytest.raises(ValueError, match=f"history is a {kind} without records"):
            HISTORY.from_history(wrong)
    with pytest.raises(ValueError, match="metrics names 'val_f1', which the history does not have"):
        HISTORY.from_history(HISTORY_RECORDS, metrics=["loss", "val_f1"])
    with pytest.raises(ValueError, match="monitor names 'ap', which the history does not have"):
        HISTORY.from_history(HISTORY_RECORDS, monitor="ap")
    with pytest.raises(ValueError, match="0 metrics are to be drawn; pass 1 to 24 names of 'lr'"):
        HISTORY.from_history([{"epoch": 1, "lr": 0.1}])
    with pytest.raises(ValueError, match="'loss' has 1 values for 2 epochs"):
        HISTORY([1, 2], {"loss": [0.5]}).plot()
    with pytest.raises(ValueError, match="monitor is 'val_f1_macro', which was measured at no ep"):
        HISTORY([1], {"loss": [0.5], "val_f1_macro": [np.nan]}).plot(monitor="val_f1_macro")
    assert not plt.get_fignums()
