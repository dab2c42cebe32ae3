"""Optimizers by name, and schedules."""

import neural_training_run as small
import numpy as np
import pytest

from skmultitext.neural._optimizers import make_optimizer, make_schedule

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
keras = pytest.importorskip("keras", reason="needs Keras (extra 'keras')")


def test_names_and_instances():
    assert isinstance(make_optimizer("adamw", 0.5), keras.optimizers.AdamW)
    own = keras.optimizers.SGD(0.25, momentum=0.5)
    made = make_optimizer(own, learning_rate=0.5, max_grad_norm=2.0)
    assert made is not own
    assert (float(made.learning_rate), made.momentum, made.global_clipnorm) == (0.25, 0.5, 2.0)
    assert own.global_clipnorm is None


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="optimizer is 'adamm', which Keras does not know; pass "):
        make_optimizer("adamm")


def one_step(**options):
    """Change of the weights in one step of plain gradient descent of rate 1."""
    step = small.make_step(dropout=0.0, learning_rate=1.0)
    step = type(step)(step.model, _loss, make_optimizer("sgd", 1.0, **options))
    step.model.set_weights([w + 0.1 for w in step.model.get_weights()])  # biases start at 0
    before = step.model.get_weights()
    X, indicator = small.data()
    for rows in np.array_split(np.arange(18), 2 if "gradient_accumulation_steps" in options else 1):
        step(X[rows], indicator[rows], np.ones(len(rows)))
    return before, [b - a for a, b in zip(before, step.model.get_weights(), strict=True)]


def _loss(indicator, logits, sample_weight):
    from skmultitext.neural.losses import binary_crossentropy

    return binary_crossentropy(indicator, logits, sample_weight)


def norm(changes):
    return np.sqrt(sum((change**2).sum() for change in changes))


def test_max_grad_norm_scales_all_gradients_together():
    _, free = one_step()
    _, clipped = one_step(max_grad_norm=0.1)
    assert norm(free) > 0.1
    assert norm(clipped) == pytest.approx(0.1, rel=1e-5)
    for a, b in zip(free, clipped, strict=True):
        np.testing.assert_allclose(b, a * 0.1 / norm(free), rtol=1e-4, atol=1e-7)


def test_accumulated_gradients_are_those_of_one_large_batch():
    _, whole = one_step()
    _, accumulated = one_step(gradient_accumulation_steps=2)
    for a, b in zip(whole, accumulated, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_weight_decay_spares_what_has_one_axis():
    before, free = one_step()
    _, decayed = one_step(weight_decay=0.1)
    # Keras takes the decay off before the gradient's step
    for weight, a, b in zip(before, free, decayed, strict=True):
        expected = a - 0.1 * weight if weight.ndim == 2 else a
        np.testing.assert_allclose(b, expected, rtol=1e-3, atol=1e-6)


def test_float16_scales_the_loss():
    made = make_optimizer("adam", 0.5, max_grad_norm=1.0, precision="mixed_float16")
    assert isinstance(made, keras.optimizers.LossScaleOptimizer)
    assert made.inner_optimizer.global_clipnorm == 1.0


def test_schedules():
    cosine = make_schedule(2.0, 10, warmup_ratio=0.2, decay="cosine")
    np.testing.assert_allclose([cosine(i) for i in (0, 1, 2, 6, 10)], [1, 2, 2, 1, 0], atol=1e-12)
    flat = make_schedule(2.0, 10, warmup_ratio=0.5)
    assert [flat(i) for i in (0, 4, 5, 9, 20)] == [0.4, 2.0, 2.0, 2.0, 2.0]
    linear = make_schedule(1.0, 4, decay="linear")
    assert [linear(i) for i in range(6)] == [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    assert make_schedule(1.0, 1, warmup_ratio=1.0, decay="linear")(0) == 1.0


def test_an_unknown_decay_is_refused():
    with pytest.raises(ValueError, match="decay is 'step'; pass one of None, 'linear', 'cosine'"):
        make_schedule(1.0, 10, decay="step")
