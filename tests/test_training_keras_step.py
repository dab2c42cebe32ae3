"""The compiled step: one trace for all shapes, summed slices, penalties, optimizers."""

import gc
import weakref

import numpy as np
import pytest
import training_run as small

from skmultitext.neural.losses import make_loss
from skmultitext.neural.networks import mlp
from skmultitext.training import KerasStep, make_optimizer

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
keras = pytest.importorskip("keras", reason="needs Keras (extra 'keras')")


def make(model, optimizer=None):
    optimizer = optimizer or make_optimizer("adam", 0.1)
    return KerasStep(model, make_loss("log_loss"), optimizer)


def embedding_model():
    ids = keras.Input((None,), dtype="int32")
    zeros = keras.initializers.Zeros()
    words = keras.layers.Embedding(5, 2, embeddings_initializer=zeros)(ids)
    return keras.Model(ids, keras.layers.GlobalAveragePooling1D()(words))


def test_batches_of_any_shape_share_one_trace():
    step = make(embedding_model())
    for shape in ((2, 3), (4, 3), (1, 7), (8, 1), (3, 2)):
        batch = (np.ones(shape, np.int64), np.zeros((shape[0], 2)), np.ones(shape[0]))
        value, [(_, logits, _)] = step([batch])
        assert isinstance(value, float)
        assert tuple(logits.shape) == (shape[0], 2)
    assert step.n_traces == 1


def test_functions_run_eagerly_where_tensorflow_is_told_to():
    """Training can then be followed in a debugger."""
    tf = pytest.importorskip("tensorflow")
    seen = []

    class Probe(keras.layers.Layer):
        def call(self, inputs):
            if not isinstance(inputs, keras.KerasTensor):  # of the model's construction
                seen.append(tf.executing_eagerly())
            return inputs

    ids = keras.Input((2,))
    step = make(keras.Model(ids, keras.layers.Dense(2)(Probe()(ids))))
    batch = (np.ones((3, 2)), np.zeros((3, 2)), np.ones(3))
    compiled, _ = step([batch])
    assert not any(seen)
    seen.clear()
    tf.config.run_functions_eagerly(True)
    try:
        eager, _ = step([batch])
    finally:
        tf.config.run_functions_eagerly(False)
    assert seen == [True]
    assert eager < compiled  # it trained on
    seen.clear()
    step([batch])
    assert seen == []


def test_nothing_of_a_step_stays_when_it_goes():
    step = make(embedding_model())
    step([(np.ones((2, 3), np.int64), np.zeros((2, 2)), np.ones(2))])
    graph = weakref.ref(step._update.traced.get_concrete_function().graph)
    assert graph() is not None
    del step
    gc.collect()
    assert graph() is None


def test_inputs_may_be_a_dict():
    left, right = (keras.Input((2,), name=name) for name in ("left", "right"))
    model = keras.Model({"left": left, "right": right}, keras.ops.subtract(left, right))
    weights = keras.layers.Dense(2, kernel_initializer=keras.initializers.Ones(), use_bias=False)
    model = keras.Model(model.input, weights(model.output))
    inputs = {"right": np.ones((1, 2)), "left": np.full((1, 2), 3.0)}
    _, [(_, logits, _)] = make(model)([(inputs, np.zeros((1, 2)), np.ones(1))])
    np.testing.assert_array_equal(logits, [[4.0, 4.0]])


def test_a_model_that_is_not_functional_is_traced_few_times():
    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(2, kernel_initializer=keras.initializers.Zeros())

        def call(self, inputs):
            return self.dense(inputs)

    model = Subclassed()
    model(np.ones((1, 3), np.float32))
    step = make(model)
    for n in range(1, 9):
        step([(np.ones((n, 3), np.float32), np.zeros((n, 2)), np.ones(n))])
    assert step.n_traces <= 2


def test_slices_of_an_embedding_are_summed_before_the_optimizer_squares_them():
    # id 1 twice in a row: Adagrad's accumulator must hold the square of the sum
    model = embedding_model()
    step = make(model, make_optimizer(keras.optimizers.Adagrad(0.1, initial_accumulator_value=0.0)))
    step([(np.array([[1, 1]]), np.array([[1, 0]]), np.ones(1))])
    accumulator = next(v for v in step.optimizer.variables if v.shape == (5, 2))
    np.testing.assert_allclose(accumulator.numpy()[1], [0.25, 0.25], rtol=1e-5)
    assert not accumulator.numpy()[[0, 2, 3, 4]].any()


def test_penalties_of_the_model_are_part_of_the_loss():
    X, indicator = np.ones((1, 3), np.float32), np.zeros((1, 2))

    def build(regularizer):
        glorot = keras.initializers.GlorotUniform(seed=0)
        layer = keras.layers.Dense(2, kernel_initializer=glorot, kernel_regularizer=regularizer)
        return keras.Sequential([keras.Input((3,)), layer])

    plain, heavy = build(None), build(keras.regularizers.L2(0.5))
    expected = 0.5 * (plain.layers[0].kernel.numpy() ** 2).sum()
    without, _ = make(plain)([(X, indicator, None)])
    with_penalty, _ = make(heavy)([(X, indicator, None)])
    assert with_penalty - without == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_mixed_precision_leaves_no_global_policy(precision):
    model = mlp(
        3, 2, hidden_layer_sizes=(4,), precision=precision, random_state=np.random.RandomState(0)
    )
    assert model.layers[1].compute_dtype == precision
    assert {v.dtype for v in model.weights} == {"float32"}
    step = make(model, make_optimizer("adam", 0.1, precision=precision))
    losses = [step([(np.eye(3), np.eye(3, 2), None)])[0] for _ in range(60)]
    assert losses[-1] < 0.5 * losses[0]
    assert keras.config.dtype_policy().name == "float32"


def test_the_learning_rate_can_be_set_through_the_scaling_of_float16():
    model = mlp(3, 2, random_state=np.random.RandomState(0))
    step = make(model, make_optimizer("adam", 0.1, precision="float16"))
    step.learning_rate = 0.25
    assert step.learning_rate == 0.25
    assert float(step.optimizer.inner_optimizer.learning_rate) == 0.25


def test_biases_of_two_axes_do_not_decay():
    inputs = keras.Input((3,))
    heads = keras.layers.EinsumDense(
        "ab,bcd->acd", (2, 2), bias_axes="cd", bias_initializer=keras.initializers.Ones()
    )
    model = keras.Model(inputs, keras.layers.Flatten()(heads(inputs)))
    before = heads.kernel.numpy()
    step = make(model, make_optimizer("adamw", 0.1, weight_decay=0.5))
    step([(np.ones((2, 3)), np.zeros((2, 4)), np.zeros(2))])  # a loss without a slope
    np.testing.assert_array_equal(heads.bias.numpy(), np.ones((2, 2)))
    np.testing.assert_allclose(heads.kernel.numpy(), 0.95 * before, rtol=1e-5)


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


def one_step(n_batches=1, **options):
    """Change of the weights in one update of plain gradient descent of rate 1."""
    step = small.make_step(dropout=0.0, learning_rate=1.0)
    step = type(step)(step.model, _loss, make_optimizer("sgd", 1.0, **options))
    step.model.set_weights([w + 0.1 for w in step.model.get_weights()])  # biases start at 0
    before = step.model.get_weights()
    X, indicator = small.data()
    groups = np.array_split(np.arange(18), n_batches)
    step([(X[rows], indicator[rows], None) for rows in groups])
    return before, [b - a for a, b in zip(before, step.model.get_weights(), strict=True)]


def _loss(indicator, logits, sample_weight):
    from skmultitext.neural.losses import log_loss

    return log_loss(indicator, logits, sample_weight)


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
    for options in ({}, {"max_grad_norm": 0.1}):
        _, whole = one_step(**options)
        for n_batches in (2, 3):
            _, accumulated = one_step(n_batches, **options)
            for a, b in zip(whole, accumulated, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_sums_of_gradients_start_anew_with_each_update():
    X, indicator = small.data()
    halves = [(X[:9], indicator[:9], None), (X[9:], indicator[9:], None)]
    one, other = small.make_step(dropout=0.0), small.make_step(dropout=0.0)
    for _ in range(3):
        loss, _ = one([(X, indicator, None)])
        of_halves, records = other(halves)
        assert of_halves == pytest.approx(loss, rel=1e-5)
        assert [len(logits) for _, logits, _ in records] == [9, 9]
    for a, b in zip(one.weights(), other.weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)


def test_a_state_goes_on_to_the_bit():
    X, indicator = small.data()
    one, other = small.make_step(), small.make_step(seed=9)
    one([(X, indicator, None)])
    other.restore(one.state())
    assert one([(X, indicator, None)])[0] == other([(X, indicator, None)])[0]
    with pytest.raises(ValueError, match="its model arrays are not those of this network"):
        other.restore({"model": [], "optimizer": []})


def test_weight_decay_spares_what_has_one_axis():
    before, free = one_step()
    _, decayed = one_step(weight_decay=0.1)
    # Keras takes the decay off before the gradient's step
    for weight, a, b in zip(before, free, decayed, strict=True):
        expected = a - 0.1 * weight if weight.ndim == 2 else a
        np.testing.assert_allclose(b, expected, rtol=1e-3, atol=1e-6)


def test_float16_scales_the_loss():
    made = make_optimizer("adam", 0.5, max_grad_norm=1.0, precision="float16")
    assert isinstance(made, keras.optimizers.LossScaleOptimizer)
    assert made.inner_optimizer.global_clipnorm == 1.0
