"""The compiled step: one trace for all shapes, summed slices, penalties, precision."""

import gc
import weakref

import numpy as np
import pytest

from skmultitext.neural.losses import make_loss
from skmultitext.neural.networks import mlp
from skmultitext.neural.training import TrainingStep, make_optimizer

pytest.importorskip("tensorflow", reason="needs TensorFlow (extra 'keras')")
keras = pytest.importorskip("keras", reason="needs Keras (extra 'keras')")


def make(model, optimizer=None):
    optimizer = optimizer or make_optimizer("adam", 0.1)
    return TrainingStep(model, make_loss("binary_crossentropy"), optimizer)


def embedding_model():
    ids = keras.Input((None,), dtype="int32")
    zeros = keras.initializers.Zeros()
    words = keras.layers.Embedding(5, 2, embeddings_initializer=zeros)(ids)
    return keras.Model(ids, keras.layers.GlobalAveragePooling1D()(words))


def test_batches_of_any_shape_share_one_trace():
    step = make(embedding_model())
    for shape in ((2, 3), (4, 3), (1, 7), (8, 1), (3, 2)):
        value, logits = step(np.ones(shape, np.int64), np.zeros((shape[0], 2)), np.ones(shape[0]))
        assert isinstance(value, float)
        assert tuple(logits.shape) == (shape[0], 2)
    assert step.n_traces == 1


def test_nothing_of_a_step_stays_when_it_goes():
    step = make(embedding_model())
    step(np.ones((2, 3), np.int64), np.zeros((2, 2)), np.ones(2))
    graph = weakref.ref(step._run.traced.get_concrete_function().graph)
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
    _, logits = make(model)(inputs, np.zeros((1, 2)), np.ones(1))
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
        step(np.ones((n, 3), np.float32), np.zeros((n, 2)), np.ones(n))
    assert step.n_traces <= 2


def test_slices_of_an_embedding_are_summed_before_the_optimizer_squares_them():
    # id 1 twice in a row: Adagrad's accumulator must hold the square of the sum
    model = embedding_model()
    step = make(model, make_optimizer(keras.optimizers.Adagrad(0.1, initial_accumulator_value=0.0)))
    step(np.array([[1, 1]]), np.array([[1, 0]]), np.ones(1))
    accumulator = next(v for v in step.optimizer.variables if v.shape == (5, 2))
    np.testing.assert_allclose(accumulator.numpy()[1], [0.25, 0.25], rtol=1e-5)
    assert not accumulator.numpy()[[0, 2, 3, 4]].any()


def test_penalties_of_the_model_are_part_of_the_loss():
    X, indicator = np.ones((1, 3), np.float32), np.zeros((1, 2))
    build = {"hidden_layer_sizes": (4,)}
    plain = mlp(3, 2, **build, random_state=np.random.RandomState(0))
    heavy = mlp(3, 2, **build, l2=0.5, random_state=np.random.RandomState(0))
    expected = 0.5 * sum((w**2).sum() for w in plain.get_weights() if w.ndim == 2)
    without, _ = make(plain)(X, indicator, np.ones(1))
    with_penalty, _ = make(heavy)(X, indicator, np.ones(1))
    assert with_penalty - without == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_leaves_no_global_policy(precision):
    model = mlp(
        3, 2, hidden_layer_sizes=(4,), precision=precision, random_state=np.random.RandomState(0)
    )
    assert model.layers[1].compute_dtype == precision.removeprefix("mixed_")
    assert {v.dtype for v in model.weights} == {"float32"}
    step = make(model, make_optimizer("adam", 0.1, precision=precision))
    losses = [step(np.eye(3), np.eye(3, 2), np.ones(3))[0] for _ in range(60)]
    assert losses[-1] < 0.5 * losses[0]
    assert keras.config.dtype_policy().name == "float32"


def test_the_learning_rate_can_be_set_through_the_scaling_of_float16():
    model = mlp(3, 2, random_state=np.random.RandomState(0))
    step = make(model, make_optimizer("adam", 0.1, precision="mixed_float16"))
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
    step(np.ones((2, 3)), np.zeros((2, 4)), np.zeros(2))  # a loss without a slope
    np.testing.assert_array_equal(heads.bias.numpy(), np.ones((2, 2)))
    np.testing.assert_allclose(heads.kernel.numpy(), 0.95 * before, rtol=1e-5)
