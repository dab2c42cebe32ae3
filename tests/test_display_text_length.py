"""Lengths of texts, and what a maximum cuts off."""

import numpy as np
import pytest
from display_drawings import LENGTH, legend_texts, plt

from skmultitext.display._text_length import cut_shares, length_histogram, text_lengths

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
        with pytest.raises(ValueError, match=r"max_length is .*; pass an int of at least 1"):
            LENGTH.from_texts(["a"], max_length=max_length)
    with pytest.raises(ValueError, match=r"lengths has shape \(2,\) and dtype float64"):
        LENGTH([0.5, 1.0]).plot()
    with pytest.raises(ValueError, match="lengths holds -1; a length is at least 0"):
        LENGTH([-1, 2]).plot()
    assert not plt.get_fignums()


def test_lengths_of_texts():
    texts = ["two words", "", "  and three\nmore "]
    assert text_lengths(texts).tolist() == [2, 0, 3]
    assert text_lengths(texts, list).tolist() == [9, 0, 17]
    assert text_lengths(texts, len).tolist() == [9, 0, 17]
    as_transformers = lambda text: {"input_ids": [0, *text.split(), 1], "attention_mask": []}  # noqa: E731
    assert text_lengths(texts, as_transformers).tolist() == [4, 2, 5]
    with pytest.raises(ValueError, match="tokenizer returned a generator; it must return"):
        text_lengths(texts, lambda text: (c for c in text))
    with pytest.raises(ValueError, match="tokenizer is 'bert'; pass a callable"):
        text_lengths(texts, "bert")


def test_what_max_length_cuts():
    lengths = np.array([1, 4, 5, 10])
    assert cut_shares(lengths, 4) == (0.5, 7 / 20)
    assert cut_shares(lengths, 10) == (0.0, 0.0)
    assert cut_shares(np.zeros(3, int), 1) == (0.0, 0.0)


@pytest.mark.parametrize("max_length", [None, 1, 7, 100, 128])
@pytest.mark.parametrize("seed", range(3))
def test_histogram_holds_every_text_and_breaks_at_max_length(seed, max_length):
    lengths = np.random.default_rng(seed).lognormal(4, 1, 3000).astype(int)
    bars = length_histogram(lengths, max_length)
    assert bars.counts.sum() == 3000
    assert len(bars.counts) <= 42
    assert (bars.edges % 1 == 0.5).all()
    assert bars.overflow == (lengths > bars.edges[-1]).sum() <= 15
    assert bars.counts[-1] == (lengths > bars.edges[-2]).sum()
    if max_length is not None:
        assert bars.counts[bars.edges[:-1] > max_length].sum() == (lengths > max_length).sum()
        assert max_length + 0.5 in bars.edges


def test_a_max_length_far_beyond_all_texts_does_not_squeeze_the_bars():
    bars = length_histogram(np.arange(1, 21), 512)
    assert bars.counts.tolist() == [0] + [1] * 20
