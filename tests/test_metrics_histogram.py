"""Average precision from bins: how far it may be off."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamed_labels import make

from skmultitext import metrics
from skmultitext.metrics import StreamingMetrics


@given(st.integers(0, 10_000), st.sampled_from([1, 2, 8, 64, 1024]), st.booleans(), st.booleans())
@settings(max_examples=80, deadline=None)
def test_average_precision_lies_within_its_stated_error(seed, n_bins, weighted, tied):
    y_true, y_proba, weight = make(seed=seed)
    y_proba = np.round(y_proba, 1) if tied else y_proba
    weight = weight if weighted else None
    result = StreamingMetrics(6, n_bins=n_bins).update(y_true, y_proba, weight).compute()
    for average in ("micro", "macro"):
        exact = metrics.average_precision(y_true, y_proba, average=average, sample_weight=weight)
        estimate = result[f"average_precision_{average}"]
        error = result[f"average_precision_{average}_error"]
        assert abs(estimate - exact) <= error + 1e-12


def test_the_worst_order_within_a_bin_is_within_the_error_and_close_to_it():
    # one bin holds everything; its positives score lowest, then highest
    truth = np.repeat([[1], [0]], 500, axis=0)
    ramp = np.linspace(0.4, 0.6, 1000)[:, None]
    for proba, expected in ((ramp, np.log(2) - 0.5), (ramp[::-1], 0.5)):
        result = StreamingMetrics(1, n_bins=1).update(truth, proba).compute()
        gap = abs(metrics.average_precision(truth, proba) - result["average_precision_macro"])
        assert gap == pytest.approx(expected, abs=1e-3)
        assert result["average_precision_macro_error"] == pytest.approx(0.5, abs=1e-9)


def test_positives_alone_in_a_bin_below_negatives_reach_the_error():
    # one by one they have lower precision than as the tie that the bin makes of them
    truth = np.repeat([0, 1], [1000, 100])
    proba = np.concatenate([np.full(1000, 0.9), np.linspace(0.5, 0.5001, 100)])
    result = StreamingMetrics(1).update(truth, proba).compute()
    gap = result["average_precision_macro"] - metrics.average_precision(truth, proba)
    assert gap > 0.04
    assert gap <= result["average_precision_macro_error"] < 1.05 * gap


def test_the_error_shrinks_with_the_bins():
    y_true, y_proba, _ = make(20_000)
    errors = [
        StreamingMetrics(6, n_bins=n)
        .update(y_true, y_proba)
        .compute()["average_precision_macro_error"]
        for n in (16, 128, 1024)
    ]
    assert errors[0] > 4 * errors[1] > 16 * errors[2]
    assert errors[2] < 0.02


def test_probabilities_0_and_1_have_a_bin():
    result = StreamingMetrics(1).update([0, 1], [0.0, 1.0]).compute()
    assert result["average_precision_macro"] == 1
    assert result["average_precision_macro_error"] == 0
