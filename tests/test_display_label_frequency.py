"""How often each label occurs, as bars."""

import numpy as np
import pytest
from display_drawings import FREQUENCY, boxes, corpus, plt, tick_texts

pytestmark = pytest.mark.usefixtures("no_figure_leaks")


def test_frequency_sums_the_other_labels():
    y, _, names = corpus(30)
    shown = FREQUENCY.from_labels(y, label_names=names, top=28)
    counts = y.sum(axis=0)
    order = np.argsort(-counts, kind="stable")
    widths = [bar.get_width() for bar in shown.bars_]
    assert widths == [*counts[order[:28]], counts[order[28:]].sum()]
    assert tick_texts(shown.ax_.yaxis)[-1] == "… 2 other labels"
    assert tick_texts(shown.ax_.yaxis)[0] == "billing"
    assert shown.texts_[0].get_text() == f"{counts[0]} ({counts[0] / 240:.1%})"
    assert shown.texts_[-1].get_text() == f"{counts[order[28:]].sum()} in sum"
    assert shown.cardinality == pytest.approx(y.sum() / 240)
    low, high = shown.ax_.get_ylim()
    assert low > high  # the most frequent label is at the top


def test_a_long_sum_is_cut_and_says_so():
    y, _, names = corpus(200)
    shown = FREQUENCY.from_labels(y, label_names=names)
    counts = np.sort(y.sum(axis=0))[::-1]
    assert shown.texts_[-1].get_text() == f"{counts[30:].sum():,} in sum, bar cut"
    assert shown.bars_[-1].get_width() == pytest.approx(1.2 * counts[0])
    assert shown.bars_[-1].get_hatch()
    assert tick_texts(shown.ax_.yaxis)[-1] == "… 170 other labels"
    log = FREQUENCY.from_labels(y, label_names=names, log=True)
    assert log.bars_[-1].get_width() == counts[30:].sum()
    assert log.ax_.get_xscale() == "log"


def test_frequency_of_one_other_label():
    shown = FREQUENCY.from_labels([["a", "b"], ["a"]], top=1)
    assert tick_texts(shown.ax_.yaxis) == ["a", "… 1 other label"]


@pytest.mark.parametrize("log", [False, True])
def test_the_numbers_behind_the_bars_stay_inside_the_axes(log):
    _, ax = plt.subplots(figsize=(4, 4))
    y, _, names = corpus(30)
    shown = FREQUENCY.from_labels(y, label_names=names, top=20, log=log, ax=ax)
    shown.figure_.canvas.draw()
    inside = ax.get_window_extent()
    assert all(box.x1 <= inside.x1 for box in boxes(shown, shown.texts_))


def test_numbers_of_known_documents_fit_the_counts():
    with pytest.raises(ValueError, match=r"n_known has shape \(3,\), counts \(2,\); pass one"):
        FREQUENCY([2, 1], label_names=["a", "b"], n_samples=4, n_known=[1, 2, 3]).plot()
