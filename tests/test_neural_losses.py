"""Losses: hand-computed values, the formulas written out, gradients, extreme logits."""

import numpy as np
import pytest

from skmultitext.neural.losses import make_loss
from skmultitext.training._fitting import LOSSES, check_loss

tf = pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")

LOG3 = np.log(3.0)  # its sigmoid is 3/4

# name, options, indicator, logits, value by hand
BY_HAND = [
    ("log_loss", {}, [[1, 0]], [[LOG3, -LOG3]], -2 * np.log(0.75)),
    ("log_loss", {}, [[0, 1]], [[LOG3, -LOG3]], -2 * np.log(0.25)),
    ("log_loss", {"reduction": "mean"}, [[1, 0]], [[LOG3, -LOG3]], -np.log(0.75)),
    ("log_loss", {"pos_weight": 3.0}, [[1, 0]], [[LOG3, -LOG3]], -4 * np.log(0.75)),
    ("log_loss", {"neg_weight": 3.0}, [[1, 0]], [[LOG3, -LOG3]], -4 * np.log(0.75)),
    (
        "log_loss",
        {"label_smoothing": 0.2},
        [[1]],
        [[LOG3]],
        -0.9 * np.log(0.75) - 0.1 * np.log(0.25),
    ),
    ("focal", {"gamma": 2.0}, [[1]], [[LOG3]], -(0.25**2) * np.log(0.75)),
    ("focal", {"gamma": 2.0}, [[0]], [[LOG3]], -(0.75**2) * np.log(0.25)),
    ("focal", {"gamma": 1.0, "alpha": 0.25}, [[1]], [[LOG3]], -0.25 * 0.25 * np.log(0.75)),
    ("focal", {"gamma": 1.0, "alpha": 0.25}, [[0]], [[LOG3]], -0.75 * 0.75 * np.log(0.25)),
    ("asymmetric", {}, [[0]], [[LOG3]], -(0.7**4) * np.log(0.3)),
    ("asymmetric", {"gamma_positive": 1.0}, [[1]], [[LOG3]], -0.25 * np.log(0.75)),
    ("asymmetric", {"margin": 0.0}, [[0]], [[LOG3]], -(0.75**4) * np.log(0.25)),
    ("asymmetric", {"margin": 0.3, "gamma_negative": 0.0}, [[0]], [[-LOG3]], 0.0),
]

VARIANTS = [
    ("log_loss", {}),
    ("log_loss", {"label_smoothing": 0.1, "pos_weight": [2.0, 0.5, 4.0]}),
    ("focal", {}),
    ("focal", {"gamma": 0.5, "alpha": 0.25, "label_smoothing": 0.1}),
    ("focal", {"gamma": 0.0}),
    ("asymmetric", {}),
    ("asymmetric", {"gamma_positive": 1.0, "gamma_negative": 0.5, "margin": 0.2}),
    ("asymmetric", {"gamma_negative": 0.0, "margin": 0.1}),
    ("asymmetric", {"margin": 0.0, "neg_weight": [2.0, 0.5, 4.0]}),
]


def written_out(name, indicator, logits, weight, options):
    """The formulas of the module's docstring in plain NumPy, for logits of moderate size."""
    options = dict(options)
    p = 1 / (1 + np.exp(-logits))
    if name == "log_loss":
        positive, negative = -np.log(p), -np.log(1 - p)
    elif name == "focal":
        gamma, alpha = options.get("gamma", 2.0), options.get("alpha")
        positive, negative = -((1 - p) ** gamma) * np.log(p), -(p**gamma) * np.log(1 - p)
        if alpha is not None:
            positive, negative = alpha * positive, (1 - alpha) * negative
    else:
        q = np.maximum(p - options.get("margin", 0.05), 0)
        positive = -((1 - p) ** options.get("gamma_positive", 0.0)) * np.log(p)
        negative = -(q ** options.get("gamma_negative", 4.0)) * np.log(1 - q)
    smoothing = options.get("label_smoothing", 0.0)
    y = indicator * (1 - smoothing) + smoothing / 2
    values = y * np.asarray(options.get("pos_weight", 1.0)) * positive
    values = values + (1 - y) * np.asarray(options.get("neg_weight", 1.0)) * negative
    rows = values.mean(axis=1) if options.get("reduction") == "mean" else values.sum(axis=1)
    return np.average(rows, weights=weight)


@pytest.fixture
def batch():
    rng = np.random.RandomState(0)
    indicator = (rng.rand(5, 3) < 0.5).astype(np.float64)
    return indicator, rng.randn(5, 3) * 2, rng.rand(5) + 0.1


@pytest.mark.parametrize(("name", "options", "indicator", "logits", "value"), BY_HAND)
def test_values_computed_by_hand(name, options, indicator, logits, value):
    loss = make_loss(name, **options)
    assert float(loss(indicator, np.array(logits))) == pytest.approx(value, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("name", "options"), VARIANTS)
@pytest.mark.parametrize("reduction", ["sum_over_labels", "mean"])
def test_values_are_the_formulas_written_out(batch, name, options, reduction):
    options = {**options, "reduction": reduction}
    indicator, logits, weight = batch
    value = float(make_loss(name, **options)(indicator, logits, weight))
    assert value == pytest.approx(written_out(name, indicator, logits, weight, options), rel=1e-10)


def gradient(loss, indicator, logits, weight=None):
    logits = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = loss(indicator, logits, weight)
    return value.numpy(), tape.gradient(value, logits).numpy()


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_gradients_are_finite_differences(batch, name, options):
    indicator, logits, weight = batch
    loss = make_loss(name, **options)
    _, found = gradient(loss, indicator, logits, weight)
    step, expected = 1e-6, np.empty_like(logits)
    for place in np.ndindex(logits.shape):
        shift = np.zeros_like(logits)
        shift[place] = step
        above = float(loss(indicator, logits + shift, weight))
        below = float(loss(indicator, logits - shift, weight))
        expected[place] = (above - below) / (2 * step)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(("name", "options"), VARIANTS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("size", [30.0, 1e4])
def test_extreme_logits_have_finite_values_and_gradients(name, options, dtype, size):
    logits = np.array([[size, -size, 0.0], [size, -size, 0.0]], dtype=dtype)
    indicator = np.array([[1, 1, 1], [0, 0, 0]], dtype=dtype)
    value, slope = gradient(make_loss(name, **options), indicator, logits)
    assert np.isfinite(value)
    assert np.isfinite(slope).all()
    assert value.dtype == ("float64" if dtype == "float64" else "float32")


def test_the_slope_where_the_margin_begins_is_finite():
    loss = make_loss("asymmetric", margin=0.5, gamma_negative=0.5)
    value, slope = gradient(loss, [[0.0]], [[0.0]])
    assert abs(value) + abs(slope[0, 0]) < 1e-6


@pytest.mark.parametrize("name", LOSSES)
def test_what_is_wrong_costs_the_logit_and_keeps_its_slope(name):
    options = {"asymmetric": {"margin": 0.0}}.get(name, {})
    loss = make_loss(name, **options)
    assert gradient(loss, [[1.0]], [[-1e4]]) == (pytest.approx(1e4), pytest.approx(-1.0))
    assert gradient(loss, [[0.0]], [[1e4]]) == (pytest.approx(1e4), pytest.approx(1.0))
    assert gradient(loss, [[1.0]], [[1e4]]) == (0.0, 0.0)


@pytest.mark.parametrize("name", LOSSES)
def test_weights_repeat_and_remove_documents(batch, name):
    indicator, logits, _ = batch
    loss = make_loss(name)
    repeated = float(loss(indicator[[0, 1, 1, 1]], logits[[0, 1, 1, 1]]))
    assert float(loss(indicator, logits, [1, 3, 0, 0, 0])) == pytest.approx(repeated, rel=1e-12)
    assert float(loss(indicator, logits, np.zeros(5))) == 0.0


def test_focal_without_focus_is_the_cross_entropy(batch):
    focal, entropy = make_loss("focal", gamma=0.0), make_loss("log_loss")
    assert float(focal(*batch)) == pytest.approx(float(entropy(*batch)), rel=1e-12)


def test_asymmetric_without_margin_and_with_equal_focus_is_focal(batch):
    asymmetric = make_loss("asymmetric", margin=0.0, gamma_positive=2.0, gamma_negative=2.0)
    assert float(asymmetric(*batch)) == pytest.approx(float(make_loss("focal")(*batch)), rel=1e-12)


def test_illegal_options_are_named():
    with pytest.raises(ValueError, match=r"gamma of the loss 'focal' is -1; pass a number in"):
        make_loss("focal", gamma=-1)


# every document has a known label, one has them all
UNKNOWN = np.array([[1, 0, 0], [0, 1, 1], [0, 0, 0], [0, 0, 1], [1, 1, 0]], dtype=bool)


def entry_by_entry(name, indicator, logits, weight, options):
    """Value and gradient of the known entries alone, each computed as a loss of one label."""
    total, slope = 0.0, np.zeros_like(logits)
    for i, j in np.argwhere(~UNKNOWN):
        own = {
            key: value[j] if isinstance(value, list) else value for key, value in options.items()
        }
        share = weight[i] / weight.sum()
        if options["reduction"] == "mean":
            share /= (~UNKNOWN[i]).sum()

        def of_one(z, own=own, y=indicator[i, j]):
            return written_out(name, np.array([[y]]), np.array([[z]]), None, own)

        total += share * of_one(logits[i, j])
        step = 1e-5
        slope[i, j] = share * (of_one(logits[i, j] + step) - of_one(logits[i, j] - step))
        slope[i, j] /= 2 * step
    return total, slope


@pytest.mark.parametrize(("name", "options"), VARIANTS)
@pytest.mark.parametrize("reduction", ["sum_over_labels", "mean"])
def test_unknown_entries_take_no_part(batch, name, options, reduction):
    indicator, logits, weight = batch
    options = {**options, "reduction": reduction}
    loss = make_loss(name, **options, has_unknown=True)
    value, slope = gradient(loss, np.where(UNKNOWN, -1, indicator), logits, weight)
    wanted, wanted_slope = entry_by_entry(name, indicator, logits, weight, options)
    assert value == pytest.approx(wanted, rel=1e-10)
    np.testing.assert_allclose(slope, wanted_slope, rtol=1e-5, atol=1e-9)
    assert (slope[UNKNOWN] == 0).all()
    # whatever the network predicts for them
    extreme = np.where(UNKNOWN, 1e4, logits)
    again, slope_again = gradient(loss, np.where(UNKNOWN, -1, indicator), extreme, weight)
    assert again == value
    np.testing.assert_array_equal(slope_again, slope)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("reduction", ["sum_over_labels", "mean"])
def test_complete_labels_are_no_special_case(batch, name, reduction):
    indicator, logits, weight = batch
    of_known = make_loss(name, reduction=reduction, has_unknown=True)
    value, slope = gradient(of_known, indicator, logits, weight)
    wanted, wanted_slope = gradient(make_loss(name, reduction=reduction), *batch)
    assert value == pytest.approx(wanted, rel=1e-14)
    np.testing.assert_allclose(slope, wanted_slope, rtol=1e-12)


def test_users_cannot_set_it():
    with pytest.raises(ValueError, match="has no option 'has_unknown'"):
        check_loss("log_loss", {"has_unknown": True})
