"""Resampled scores against the functions, intervals against the truth, and their speed."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import unknown_labels
from hypothesis import given, settings
from hypothesis import strategies as st
from limits import limited

from skmultitext import metrics
from skmultitext.exceptions import AbsentLabelWarning
from skmultitext.metrics import _bootstrap
from skmultitext.metrics._bootstrap import (
    FROM_COUNTS,
    FROM_DOCUMENTS,
    DecisionTally,
    draw_resamples,
    percentile_interval,
    resample_decisions,
)
from skmultitext.metrics._inputs import read_decisions

NAMES = [*FROM_COUNTS, *FROM_DOCUMENTS]


def make(n=60, n_labels=4, seed=0):
    rng = np.random.default_rng(seed)
    y_true = (rng.random((n, n_labels)) < np.linspace(0.03, 0.5, n_labels)).astype(np.int8)
    y_pred = np.where(rng.random((n, n_labels)) < 0.75, y_true, 1 - y_true)
    return y_true, y_pred, rng.random(n) + 0.1


def function_of(name):
    """The public function and its average, by the name of a score."""
    if name in FROM_DOCUMENTS and not name.endswith("_samples"):
        return getattr(metrics, name), {}
    kind, _, average = name.partition("_")
    return getattr(metrics, f"{kind}_score"), {"average": average or None}


@given(
    st.integers(0, 10_000),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["skip", "zero"]),
    st.sampled_from([0.0, 1.0]),
)
@settings(max_examples=15, deadline=None)
def test_every_resample_equals_the_functions_with_these_weights(
    seed, weighted, sparse, undefined, zero_division
):
    y_true, y_pred, weight = make(seed=seed)
    weight = weight if weighted else None
    form = sp.csr_array if sparse else np.asarray
    scored = read_decisions(form(y_true), form(y_pred), weight)
    resampled = resample_decisions(NAMES, scored, 3, seed, undefined, zero_division)
    draws = np.hstack(list(draw_resamples(60, 3, seed, weight)))
    for name in NAMES:
        function, options = function_of(name)
        if options:
            options |= {"zero_division": zero_division}
            if options["average"] != "samples":
                options["undefined"] = undefined
        for b in range(3):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", AbsentLabelWarning)
                expected = function(y_true, y_pred, sample_weight=draws[:, b], **options)
            np.testing.assert_allclose(resampled[name][..., b], expected, atol=1e-12, err_msg=name)


def test_draws_are_seeded_and_do_not_depend_on_the_blocks(monkeypatch):
    whole = np.hstack(list(draw_resamples(50, 20, 7)))
    monkeypatch.setattr(_bootstrap, "_BLOCK", 150)
    parts = list(draw_resamples(50, 20, 7))
    assert [part.shape for part in parts] == [(50, 3)] * 6 + [(50, 2)]
    np.testing.assert_array_equal(np.hstack(parts), whole)
    assert (whole.sum(axis=0) == 50).all()
    assert not np.array_equal(whole, np.hstack(list(draw_resamples(50, 20, 8))))
    weight = np.arange(1.0, 51)
    weighted = np.hstack(list(draw_resamples(50, 20, 7, weight)))
    np.testing.assert_array_equal(weighted, whole * weight[:, None])


def test_an_int_seed_leaves_the_global_generator_alone():
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].tobytes()  # noqa: NPY002
    list(draw_resamples(10, 5, 0))
    assert np.random.get_state()[1].tobytes() == before  # noqa: NPY002


def test_the_interval_lies_between_the_quantiles():
    values = np.array([np.arange(101.0), np.full(101, np.nan)])
    interval = percentile_interval(values, 0.9)
    np.testing.assert_allclose(interval[0], [5, 95])
    assert np.isnan(interval[1]).all()
    values[0, 50:] = np.nan
    np.testing.assert_allclose(percentile_interval(values[0], 0.5), [12.25, 36.75])


@pytest.mark.parametrize("name", ["f1_micro", "f1_macro", "exact_match", "hamming_loss"])
def test_intervals_cover_the_truth_about_as_often_as_they_say(name):
    big_true, big_pred, _ = make(200_000, seed=1)
    scored = read_decisions(big_true, big_pred)
    truth = DecisionTally(scored).scores([name], np.ones((200_000, 1)))[name][0]
    covered, widths = [], []
    for seed in range(120):
        sample = read_decisions(*make(250, seed=seed + 10)[:2])
        low, high = percentile_interval(resample_decisions([name], sample, 250, seed)[name], 0.9)
        covered.append(low <= truth <= high)
        widths.append(high - low)
    assert 0.82 <= np.mean(covered) <= 0.97
    # the intervals are no wider than the sampling distribution
    scores = [
        DecisionTally(read_decisions(*make(250, seed=seed + 10)[:2])).scores(
            [name], np.ones((250, 1))
        )[name][0]
        for seed in range(120)
    ]
    assert 0.75 < np.mean(widths) / (2 * 1.645 * np.std(scores)) < 1.3


def test_a_thousand_resamples_of_goemotions_size_take_seconds():
    y_true, y_pred, _ = make(5427, 28)
    scored = read_decisions(y_true, y_pred)
    names = ["f1_micro", "f1_macro", "exact_match", "hamming_loss", "f1"]
    limited(resample_decisions, names, scored, 1000, 0, seconds=5)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("undefined", ["skip", "zero"])
def test_resamples_of_unknown_labels_equal_the_functions(form, undefined):
    y, _, decided, weight = unknown_labels.make(0)
    scored = read_decisions(form(y), form(decided), weight)
    resampled = resample_decisions(NAMES, scored, 3, 0, undefined, 1.0)
    draws = np.hstack(list(draw_resamples(60, 3, 0, weight)))
    for name in NAMES:
        function, options = function_of(name)
        if options:
            options |= {"zero_division": 1.0}
            if options["average"] != "samples":
                options["undefined"] = undefined
        for b in range(3):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", AbsentLabelWarning)
                expected = function(y, decided, sample_weight=draws[:, b], **options)
            np.testing.assert_allclose(resampled[name][..., b], expected, atol=1e-12, err_msg=name)
