"""What an engine gets: counts, weights and thresholds, resolved once."""

import numpy as np
import pytest
import scipy.sparse as sp

from skmultitext import FixedThresholdTagger, TfidfLogRegTagger, TunedThresholdTaggerCV
from skmultitext._gate.labels import resolve_class_weight, resolve_thresholds
from skmultitext._gate.samples import constant_logits

TEXTS = ["late parcel", "refund my lamp", "late, refund me", "hello"]
Y = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [1, 0, 0]])
WEIGHT = [1.0, 2.0, 0.0, 1.0]


def seen_by(tagger, monkeypatch, y=Y, sample_weight=None):
    """What the engine of a tagger gets."""
    caught, engine = [], type(tagger)._fit_engine
    monkeypatch.setattr(
        type(tagger), "_fit_engine", lambda self, data: caught.append(data) or engine(self, data)
    )
    tagger.fit(TEXTS, y, sample_weight)
    (data,) = caught
    return data


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
def test_rows_of_weight_0_are_not_counted(monkeypatch, form):
    data = seen_by(TfidfLogRegTagger(), monkeypatch, form(Y), WEIGHT)
    assert data.n_samples == len(data.X) == data.indicator.shape[0] == 3
    assert data.n_positives.tolist() == [2, 1, 0]
    wrapped = FixedThresholdTagger(TfidfLogRegTagger())
    data = seen_by(wrapped, monkeypatch, form(Y), WEIGHT)
    assert len(data.X) == 4  # the splitter counts them
    assert (data.n_samples, data.n_positives.tolist()) == (3, [2, 1, 0])


def test_parameters_are_resolved_per_label(monkeypatch):
    tagger = TfidfLogRegTagger(threshold={"1": 0.3}, class_weight="balanced")
    data = seen_by(tagger, monkeypatch, sample_weight=WEIGHT)
    assert data.thresholds.tolist() == [0.5, 0.3, 0.5]
    assert data.class_weight.tolist() == [[1, 1], [1, 1], [0.5, 1]]
    assert data.options == {}
    np.testing.assert_array_equal(data.constants, [np.nan, np.nan, -16])


@pytest.mark.parametrize("resolve", [resolve_class_weight, resolve_thresholds])
def test_they_are_resolved_once_a_fit(monkeypatch, resolve):
    calls = []

    def counting(*args):
        calls.append(args)
        return resolve(*args)

    monkeypatch.setattr(f"skmultitext.base.{resolve.__name__}", counting)
    TfidfLogRegTagger(class_weight={"0": 2.0}).fit(TEXTS, Y)
    assert len(calls) == 1


def test_thresholds_that_are_searched_are_left_to_the_engine(monkeypatch):
    tagger = TunedThresholdTaggerCV(TfidfLogRegTagger(), cv=2)
    data = seen_by(tagger, monkeypatch, y=Y[:, :2])
    assert data.thresholds is None
    assert "thresholds_" not in vars(tagger)


def test_constant_logits():
    logits = constant_logits(4, np.array([0, 1, 4]))
    np.testing.assert_array_equal(logits, [-16, np.nan, 16])
