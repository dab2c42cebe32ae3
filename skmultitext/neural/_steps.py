"""One step of training: a batch in, the loss out, the weights changed. Compiled once."""

import numpy as np

from ._backend import load_keras, refuse_fork
from ._replicas import spread_over_replicas

__all__ = ["TrainingStep", "compile_batches"]


class TrainingStep:
    """The compiled step of a model, its loss and its optimizer.

    It is traced once whatever the shapes of the batches, where the model is functional (its
    inputs say which axes vary); other models are traced again when an axis varies first. Made in
    the scope of a `tf.distribute.Strategy`, as the model must be then, it trains on all of its
    replicas.

    Parameters
    ----------
    model : keras.Model
        Gives logits of shape (n_samples, n_labels). What its layers add with `add_loss` or
        regularisers is added to the loss.
    loss : callable
        ``loss(indicator, logits, sample_weight)`` -> tensor of shape (), see `make_loss`.
    optimizer : keras.optimizers.Optimizer
        See `make_optimizer`; it is built on the model here and keeps its state from run to run.

    Attributes
    ----------
    n_traces : int
        How often the step has been traced.

    Examples
    --------
    >>> import numpy as np
    >>> from skmultitext.neural.losses import make_loss
    >>> from skmultitext.neural.networks import mlp
    >>> from skmultitext.neural.training import TrainingStep, make_optimizer
    >>> model = mlp(3, 2, hidden_layer_sizes=(4,), random_state=np.random.RandomState(0))
    >>> step = TrainingStep(model, make_loss("binary_crossentropy"), make_optimizer("adam"))
    >>> X, indicator = np.eye(3, dtype=np.float32), np.eye(3, 2, dtype=np.int8)
    >>> value, logits = step(X, indicator, np.ones(3))
    >>> tuple(logits.shape)
    (3, 2)
    """

    def __init__(self, model, loss, optimizer):
        keras = load_keras()
        import tensorflow as tf

        self.model = model
        self.optimizer = optimizer
        weights = model.trainable_variables
        if not optimizer.built:
            inner = getattr(optimizer, "inner_optimizer", optimizer)
            # biases of attention heads and of recurrent layers have two axes
            spared = [v for v in weights if len(v.shape) < 2 or v.name == "bias"]
            inner.exclude_from_weight_decay(spared)
            optimizer.build(weights)

        strategy = tf.distribute.get_strategy()
        n_replicas = strategy.num_replicas_in_sync

        def run(inputs, indicator, sample_weight, share=1.0, collect=None):
            with tf.GradientTape() as tape:
                logits = model(inputs, training=True)
                value = loss(indicator, logits, sample_weight) * share
                for penalty in model.losses:
                    value = value + keras.ops.cast(penalty, value.dtype) / n_replicas
                scaled = optimizer.scale_loss(value)
            # slices of an embedding may hold a row twice: optimizers square them unsummed
            gradients = [
                tf.convert_to_tensor(g) if isinstance(g, tf.IndexedSlices) else g
                for g in tape.gradient(scaled, weights)
            ]
            if collect is not None:
                gradients = collect(gradients)
            optimizer.apply(gradients, weights)
            return value, keras.ops.cast(logits, "float32")

        # gradients come summed; Keras would sum them again, after it has clipped each replica's
        # own, by an operation that TensorFlow never forgets, nor the graph and weights behind it
        self._inner._all_reduce_sum_gradients = lambda grads_and_vars: grads_and_vars
        if n_replicas > 1:
            run = spread_over_replicas(run, strategy)
        n_labels = model.output_shape[-1] if getattr(model, "inputs", None) else None
        targets = (
            tf.TensorSpec((None, n_labels), tf.float32),
            tf.TensorSpec((None,), tf.float32),
        )
        self._run = compile_batches(run, model, targets)

    def __call__(self, inputs, indicator, sample_weight):
        """Train on a batch.

        Parameters
        ----------
        inputs : ndarray or tensor, or a tuple, list or dict of them
            Input of the model.
        indicator : ndarray or tensor of shape (n_samples, n_labels)
            Targets in [0, 1].
        sample_weight : ndarray or tensor of shape (n_samples,)
            Non-negative weights.

        Returns
        -------
        value : float
            The loss before this step, penalties included.
        logits : tensor of shape (n_samples, n_labels), dtype float32
            The logits before this step.
        """
        value, logits = self._run(inputs, indicator, sample_weight)
        return float(value), logits

    @property
    def n_traces(self):
        """How often the step has been traced, int."""
        return self._run.traced.experimental_get_tracing_count()

    @property
    def learning_rate(self):
        """The learning rate of the next step, float; can be set."""
        return float(np.asarray(self._inner.learning_rate))

    @learning_rate.setter
    def learning_rate(self, value):
        self._inner.learning_rate = value

    @property
    def _inner(self):
        return getattr(self.optimizer, "inner_optimizer", self.optimizer)


def compile_batches(function, model, others=()):
    """Compile a function of a model's inputs so that axes of any size share one trace.

    Parameters
    ----------
    function : callable
        Function of the inputs (structured as the model takes them) and of `others`.
    model : keras.Model
        The model; if it is functional its inputs tell which axes vary.
    others : tuple of tf.TensorSpec, default=()
        Further arguments.

    Returns
    -------
    callable
        ``call(inputs, *others)``; attribute `traced` is the `tf.function`.
    """
    keras = load_keras()
    import tensorflow as tf

    declared = getattr(model, "inputs", None)
    if not declared:
        traced = tf.function(function, reduce_retracing=True, autograph=False)

        def call(inputs, *rest):
            refuse_fork()
            inputs = keras.tree.map_structure(tf.convert_to_tensor, inputs)
            rest = [_as_tensor(x, spec.dtype) for x, spec in zip(rest, others, strict=True)]
            return traced(inputs, *rest)

        call.traced = traced
        return call

    specs = [tf.TensorSpec(x.shape, x.dtype) for x in declared]
    structure = []  # of the inputs; one per network, found at the first batch

    @tf.function(input_signature=[*specs, *others], autograph=False)
    def traced(*tensors):
        inputs = keras.tree.pack_sequence_as(structure[0], list(tensors[: len(specs)]))
        return function(inputs, *tensors[len(specs) :])

    concrete = []  # the trace itself: called directly it costs half as much per batch
    dtypes = [spec.dtype for spec in (*specs, *others)]

    def call(inputs, *rest):
        refuse_fork()
        if not structure:
            structure.append(keras.tree.map_structure(lambda _: 0, inputs))
            concrete.append(traced.get_concrete_function())
        tensors = [*keras.tree.flatten(inputs), *rest]
        return concrete[0](*map(_as_tensor, tensors, dtypes))

    call.traced = traced
    return call


def _as_tensor(values, dtype):
    import tensorflow as tf

    if isinstance(values, tf.Tensor):
        return tf.cast(values, dtype)
    return tf.constant(np.asarray(values, dtype.as_numpy_dtype))
