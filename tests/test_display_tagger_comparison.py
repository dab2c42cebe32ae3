"""Scores of several taggers in one drawing."""

import numpy as np
import pytest
from display_drawings import COMPARISON, corpus, legend_texts, plt, tick_texts
from libraries import pd
from sklearn import metrics as skm

from skmultitext import MultilabelLogisticRegression
from skmultitext.exceptions import LabelError

pytestmark = pytest.mark.usefixtures("no_figure_leaks")


def test_comparison_draws_every_score():
    y, proba, names = corpus(10)
    other = np.clip(proba * 0.9, 0, 1)
    shown = COMPARISON.from_predictions(
        y, {"a": proba, "b": (other > 0.5).astype(int)}, label_names=names, top=4
    )
    for name, decided in (("a", proba > 0.5), ("b", other > 0.5)):
        f1 = skm.f1_score(y, decided, average=None, zero_division=0)
        micro = skm.f1_score(y, decided, average="micro")
        expected = [micro, f1.mean(), *f1[:4], f1[4:].mean()]
        np.testing.assert_allclose(shown.points_[name].get_xdata(), expected)
        assert shown.points_[name].get_ydata().tolist() == list(range(7))
    rows = ["micro average", "macro average", "billing"]
    assert tick_texts(shown.ax_.yaxis)[:3] == rows
    assert tick_texts(shown.ax_.yaxis)[-1] == "… 6 other labels"
    assert shown.row_names_[3] == names[1]
    assert legend_texts(shown) == ["a", "b"]
    assert shown.ax_.get_xlabel() == "F1"
    spans = np.array([segment[:, 0] for segment in shown.ranges_.get_segments()])
    both = np.array([line.get_xdata() for line in shown.points_.values()])
    np.testing.assert_allclose(spans, np.column_stack([both.min(axis=0), both.max(axis=0)]))


def test_comparison_by_average_precision():
    y, proba, _ = corpus(4)
    predictions = {"a": proba, "forest": [np.column_stack([1 - p, p]) for p in proba.T]}
    shown = COMPARISON.from_predictions(y, predictions, metric="average_precision")
    expected = skm.average_precision_score(y, proba, average=None)
    for name in predictions:
        np.testing.assert_allclose(shown.scores[name], expected)
        assert shown.micro[name] == pytest.approx(
            skm.average_precision_score(y, proba, average="micro")
        )
    with pytest.raises(ValueError, match=r"predictions\['b'\]: These are decisions, which have no"):
        COMPARISON.from_predictions(y, {"a": proba, "b": proba > 0.5}, metric="average_precision")


@pytest.mark.parametrize("threshold", [[0.2, 0.9], {"a": 0.2, "b": 0.9}], ids=["array", "dict"])
def test_comparison_takes_a_threshold_per_label(threshold):
    y, proba, _ = corpus(2)
    shown = COMPARISON.from_predictions(
        y, {"t": proba}, threshold=threshold, label_names=["a", "b"]
    )
    expected = skm.f1_score(y, proba > [0.2, 0.9], average=None, zero_division=0)
    np.testing.assert_allclose(shown.scores["t"], expected)


def test_comparison_refuses_what_does_not_belong_together():
    y, proba, _ = corpus(3)
    with pytest.raises(
        ValueError, match=r"predictions\['b'\]: .*shape \(240, 3\) and y_proba has s"
    ):
        COMPARISON.from_predictions(y, {"a": proba, "b": proba[:, :2]})
    with pytest.raises(ValueError, match=r"predictions\['a'\]: y_proba must lie in \[0, 1\]"):
        COMPARISON.from_predictions(y, {"a": proba * 2})
    with pytest.raises(LabelError, match=r"threshold has shape \(2,\), but there are 3 labels"):
        COMPARISON.from_predictions(y, {"a": proba}, threshold=[0.1, 0.2])
    with pytest.raises(ValueError, match=r"metric is .*; pass one of 'f1', 'average_precision'"):
        COMPARISON.from_predictions(y, {"a": proba}, metric="f2")
    for nothing in ({}, proba):
        with pytest.raises(ValueError, match="predictions is empty or no dict"):
            COMPARISON.from_predictions(y, nothing)
    with pytest.raises(ValueError, match="13 taggers are to be compared; only 12 can be dist"):
        COMPARISON({str(k): [0.5] for k in range(13)}, label_names=["a"]).plot()
    with pytest.raises(
        ValueError, match=r"scores of 'x' have shape \(2,\), but there are 1 labels"
    ):
        COMPARISON({"x": [0.5, 0.5]}, label_names=["a"]).plot()
    assert not plt.get_fignums()


@pytest.mark.parametrize("metric", ["f1", "average_precision"])
def test_labels_of_several_estimators_align_by_name(metric, four_labels):
    X, y = four_labels
    names = list("abcd")
    one = MultilabelLogisticRegression().fit(X, pd.DataFrame(y, columns=names))
    turned = MultilabelLogisticRegression().fit(X, pd.DataFrame(y[:, ::-1], columns=names[::-1]))
    for form in (pd.DataFrame(y[:, [2, 0, 1, 3]], columns=list("cabd")), y):
        shown = COMPARISON.from_estimators({"one": one, "turned": turned}, X, form, metric=metric)
        plt.close(shown.figure_)
        assert shown.macro["turned"] == pytest.approx(shown.macro["one"], abs=1e-3)
        assert shown.macro["one"] > 0.7
    other = MultilabelLogisticRegression().fit(X, pd.DataFrame(y[:, :3], columns=names[:3]))
    with pytest.raises(LabelError, match="has the labels 'a', 'b', 'c', but label_names"):
        COMPARISON.from_estimators({"one": one, "other": other}, X, y, metric=metric)


def test_dataframes_in_two_orders_need_names():
    y, proba, names = corpus(4)
    frames = {
        "a": pd.DataFrame(proba, columns=names),
        "b": pd.DataFrame(proba[:, ::-1], columns=names[::-1]),
    }
    with pytest.raises(LabelError, match="Pass label_names, in the order of y_true"):
        COMPARISON.from_predictions(y, frames)
    shown = COMPARISON.from_predictions(y, frames, label_names=names)
    plt.close(shown.figure_)
    assert shown.macro["a"] == shown.macro["b"]
