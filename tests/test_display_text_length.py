"""Lengths of texts, and what a maximum cuts off."""

import numpy as np
import pytest
from display_drawings import LENGTH, legend_texts, plt

pytestmark = pytest.mark.usefixtures("no_figure_leaks")


def test_text_length_marks_what_is_cut():
    texts = ["w " * k for k in (1, 2, 2, 3, 5, 8)]
    shown = LENGTH.from_texts(iter(texts), max_length=3)
    assert shown.lengths.tolist() == [1, 2, 2, 3, 5, 8]
    assert shown.cut_share == pytest.approx(2 / 6)
    assert shown.cut_token_share == pytest.approx(7 / 21)
    assert legend_texts(shown) == [
        "median: 2.5 words",
        "max_length = 3",
        "33.3% of texts cut, 33.3% of words lost",
    ]
    assert shown.max_length_line_.get_xdata() == [3.5, 3.5]
    cut = [bar for bar in shown.bars_ if bar.get_x() >= 3.5]
    kept = [bar for bar in shown.bars_ if bar.get_x() < 3.5]
    assert sum(bar.get_height() for bar in cut) == 2
    assert sum(bar.get_height() for bar in kept) == 4
    assert {bar.get_facecolor() for bar in cut}.isdisjoint(bar.get_facecolor() for bar in kept)
    assert shown.ax_.get_xlabel() == "Length in words"


def test_text_length_without_a_cut():
    shown = LENGTH.from_texts(["a b", "c"])
    assert shown.cut_share is None
    assert shown.max_length_line_ is None
    assert legend_texts(shown) == ["median: 1.5 words"]
    shown = LENGTH.from_texts(["a b", "c"], max_length=512, tokenizer=list)
    assert legend_texts(shown)[1] == "max_length = 512: no text is cut"
    assert shown.max_length_line_ is None
    assert shown.ax_.get_xlabel() == "Length in tokens"
    rare = LENGTH(np.array([9] + [1] * 1999), max_length=5).plot()
    assert legend_texts(rare)[2].startswith("under 0.1% of texts cut, ")
    assert rare.ax_.get_xlabel() == "Length in words; the last bar also counts 1 longer"


def test_text_length_refuses_what_is_no_text():
    with pytest.raises(ValueError, match="X is empty"):
        LENGTH.from_texts([])
    with pytest.raises(ValueError, match="X is a single str"):
        LENGTH.from_texts("one text")
    for max_length in (0, 1.5, True):
        with pytest.raises(ValueError, match="max_length must be an int of at least 1, got"):
            LENGTH.from_texts(["a"], max_length=max_length)
    with pytest.raises(ValueError, match=r"lengths has shape \(2,\) and dtype float64"):
        LENGTH([0.5, 1.0]).plot()
    with pytest.raises(ValueError, match="lengths holds -1; a length is at least 0"):
        LENGTH([-1, 2]).plot()
    assert not plt.get_fignums()
