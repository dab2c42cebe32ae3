"""Tests of `load_support_tickets`, and of what the corpus promises."""

import sys

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from skmultitext.datasets import load_support_tickets
from skmultitext.exceptions import MissingExtraError

LABELS = [
    "accessibility",
    "account",
    "billing",
    "cancellation",
    "damaged",
    "delivery",
    "feature_request",
    "praise",
    "refund",
    "technical",
]


@pytest.fixture(scope="module")
def tickets():
    return load_support_tickets()


def test_bunch_holds_what_the_docstring_says(tickets):
    n_texts = len(tickets.data)
    assert tickets.target.shape == (n_texts, 10)
    assert tickets.target.dtype == np.int64
    assert tickets.target_names == LABELS
    assert len(tickets.label_sets) == n_texts
    assert [len(labels) for labels in tickets.label_sets] == tickets.target.sum(axis=1).tolist()
    assert tickets.filename.endswith("support_tickets.csv")
    assert tickets.frame is None
    assert "ids" not in tickets


def test_description_has_the_licence_and_every_label(tickets):
    assert "CC0" in tickets.DESCR
    assert all(f"| `{label}` |" in tickets.DESCR for label in LABELS)


def test_at_least_600_texts_of_5_to_80_words(tickets):
    assert len(tickets.data) >= 600
    n_words = np.array([len(text.split()) for text in tickets.data])
    assert n_words.min() >= 5
    assert n_words.max() <= 80


def test_no_two_texts_are_alike(tickets):
    words = CountVectorizer(binary=True, token_pattern=r"\w+", dtype=np.int64)
    X = words.fit_transform(tickets.data)
    common = (X @ X.T).toarray()
    n_words = common.diagonal()
    jaccard = common / (n_words[:, None] + n_words - common)
    np.fill_diagonal(jaccard, 0)
    i, j = np.unravel_index(jaccard.argmax(), jaccard.shape)
    assert jaccard[i, j] <= 0.6, (tickets.data[i], tickets.data[j])


def test_labels_have_the_promised_counts(tickets):
    per_text = tickets.target.sum(axis=1)
    assert 1.3 <= per_text.mean() <= 2.2
    assert (per_text == 0).any()
    counts = dict(zip(LABELS, tickets.target.sum(axis=0).tolist(), strict=True))
    rare = counts.pop("accessibility")
    assert 15 <= rare <= 25
    assert min(counts.values()) > 25


def test_return_X_y(tickets):
    data, target = load_support_tickets(return_X_y=True)
    assert data == tickets.data
    np.testing.assert_array_equal(target, tickets.target)


def test_as_frame(tickets):
    pandas = pytest.importorskip("pandas", reason="needs pandas (extra 'plot')")
    bunch = load_support_tickets(as_frame=True)
    assert list(bunch.frame.columns) == ["text", *LABELS]
    assert isinstance(bunch.data, pandas.Series)
    assert bunch.data.name == "text"
    assert bunch.data.tolist() == bunch.frame["text"].tolist() == tickets.data
    np.testing.assert_array_equal(bunch.target, tickets.target)
    assert list(bunch.target.columns) == LABELS
    assert (bunch.target.dtypes == np.int64).all()
    data, target = load_support_tickets(as_frame=True, return_X_y=True)
    pandas.testing.assert_series_equal(data, bunch.data)
    pandas.testing.assert_frame_equal(target, bunch.target)


def test_as_frame_without_pandas_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match=r"as_frame=True needs .*'pandas'.*\[plot\]"):
        load_support_tickets(as_frame=True)
