"""Counts of labels and lengths of texts behind the displays."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext.display import _statistics

Y = (np.random.default_rng(0).random((60, 5)) < [0.5, 0.3, 0.3, 0.1, 0.0]).astype(np.int8)


@pytest.mark.parametrize("form", [np.asarray, sp.csc_array], ids=["dense", "sparse"])
def test_cooccurrence(form):
    counts = _statistics.cooccurrence_counts(form(Y), range(5))
    np.testing.assert_array_equal(counts, Y.T.astype(int) @ Y)
    np.testing.assert_array_equal(_statistics.label_counts(form(Y)), Y.sum(axis=0))
    shares = _statistics.conditional_shares(counts)
    assert shares[0, 1] == pytest.approx(Y[Y[:, 0] == 1, 1].mean())
    assert np.isnan(shares[4]).all()
    assert (shares[:4, 4] == 0).all()
    phi = _statistics.phi_correlations(counts, 60)
    np.testing.assert_allclose(phi[:4, :4], np.corrcoef(Y[:, :4].T), atol=1e-12)
    assert np.isnan(phi[4]).all()


@pytest.mark.parametrize("form", [np.asarray, sp.csc_array], ids=["dense", "sparse"])
def test_other_labels_are_one_label_that_a_document_has_or_not(form):
    counts = _statistics.cooccurrence_counts(form(Y), [2, 0], [1, 3, 4])
    merged = np.column_stack([Y[:, 2], Y[:, 0], Y[:, [1, 3, 4]].any(axis=1)]).astype(int)
    np.testing.assert_array_equal(counts, merged.T @ merged)


def test_lengths_of_texts():
    texts = ["two words", "", "  and three\nmore "]
    assert _statistics.text_lengths(texts).tolist() == [2, 0, 3]
    assert _statistics.text_lengths(texts, list).tolist() == [9, 0, 17]
    assert _statistics.text_lengths(texts, len).tolist() == [9, 0, 17]
    as_transformers = lambda text: {"input_ids": [0, *text.split(), 1], "attention_mask": []}  # noqa: E731
    assert _statistics.text_lengths(texts, as_transformers).tolist() == [4, 2, 5]
    with pytest.raises(ValueError, match="tokenizer returned a generator; it must return"):
        _statistics.text_lengths(texts, lambda text: (c for c in text))
    with pytest.raises(ValueError, match="tokenizer is 'bert'; pass a callable"):
        _statistics.text_lengths(texts, "bert")


def test_what_max_length_cuts():
    lengths = np.array([1, 4, 5, 10])
    assert _statistics.cut_shares(lengths, 4) == (0.5, 7 / 20)
    assert _statistics.cut_shares(lengths, 10) == (0.0, 0.0)
    assert _statistics.cut_shares(np.zeros(3, int), 1) == (0.0, 0.0)


@pytest.mark.parametrize("max_length", [None, 1, 7, 100, 128])
@pytest.mark.parametrize("seed", range(3))
def test_histogram_holds_every_text_and_breaks_at_max_length(seed, max_length):
    lengths = np.random.default_rng(seed).lognormal(4, 1, 3000).astype(int)
    bars = _statistics.length_histogram(lengths, max_length)
    assert bars.counts.sum() == 3000
    assert len(bars.counts) <= 42
    assert (bars.edges % 1 == 0.5).all()
    assert bars.overflow == (lengths > bars.edges[-1]).sum() <= 15
    assert bars.counts[-1] == (lengths > bars.edges[-2]).sum()
    if max_length is not None:
        assert bars.counts[bars.edges[:-1] > max_length].sum() == (lengths > max_length).sum()
        assert max_length + 0.5 in bars.edges


def test_a_max_length_far_beyond_all_texts_does_not_squeeze_the_bars():
    bars = _statistics.length_histogram(np.arange(1, 21), 512)
    assert bars.counts.tolist() == [0] + [1] * 20
