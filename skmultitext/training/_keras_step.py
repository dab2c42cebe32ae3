"""The step of the training loop for Keras networks: one update, compiled once."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._gate.types import AnyArray
from .._runtime.keras import leave_gradients_as_they_are, load_keras, refuse_fork
from .._runtime.messages import shown
from ._job import Batch, BatchRecord

__all__ = ["KerasStep", "compile_batches", "make_optimizer"]


def make_optimizer(
    optimizer: Any = "adam",
    learning_rate: float = 1e-3,
    *,
    weight_decay: float = 0.0,
    max_grad_norm: float | None = None,
    precision: str = "float32",
) -> Any:
    """Make an optimizer that is not bound to a model yet.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer, default="adam"
        A name of Keras ("adam", "adamw", "sgd", "rmsprop", ...), or an optimizer whose
        configuration is copied, learning rate included; it is not changed itself.
    learning_rate : float, default=1e-3
        Learning rate where the optimizer is given by name, in (0, inf).
    weight_decay : float, default=0.0
        Where the optimizer is given by name: share of the weights, times the learning rate, that
        each step subtracts (decoupled weight decay, as in AdamW). Biases and weights with one
        axis do not decay.
    max_grad_norm : float or None, default=None
        Gradients of a greater norm, taken over all weights, are scaled down to this.
    precision : {"float32", "bfloat16", "float16"}, default="float32"
        Precision of the layers. With "float16" the loss is scaled, so that small gradients are
        not lost.

    Returns
    -------
    keras.optimizers.Optimizer

    Raises
    ------
    ValueError
        If Keras knows no optimizer of that name.
    """
    keras = load_keras()
    config: dict[str, Any] = {}
    if isinstance(optimizer, str):
        try:
            optimizer = keras.optimizers.get(optimizer)
        except ValueError as error:
            raise ValueError(
                f"optimizer is {shown(optimizer)}, which Keras does not know; pass 'adam', "
                f"'adamw', 'sgd', 'rmsprop', or an instance of keras.optimizers.Optimizer."
            ) from error
        config["learning_rate"] = learning_rate
        if weight_decay or optimizer.weight_decay is not None:  # "adamw" has a default of its own
            config["weight_decay"] = weight_decay
    if max_grad_norm is not None:
        config["global_clipnorm"] = max_grad_norm
    made = type(optimizer).from_config({**optimizer.get_config(), **config})
    if precision == "float16":
        made = keras.optimizers.LossScaleOptimizer(made)
    return made


class KerasStep:
    """The compiled step of a Keras model, its loss and its optimizer.

    A functional model is traced once whatever the shapes of its batches, because its inputs
    declare which axes vary; other models are traced again when an axis first varies. A step that
    is made in the scope of a `tf.distribute.Strategy`, as its model must be too, trains on all
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
    loss : callable
        The loss.
    is_main : bool
        Always True: there is one process.

    Examples
    --------
    >>> import numpy as np
    >>> from skmultitext.neural.losses import make_loss
    >>> from skmultitext.neural.networks import mlp
    >>> from skmultitext.training import KerasStep, make_optimizer
    >>> model = mlp(3, 2, hidden_layer_sizes=(4,), random_state=np.random.RandomState(0))
    >>> step = KerasStep(model, make_loss("log_loss"), make_optimizer("adam"))
    >>> X, indicator = np.eye(3, dtype=np.float32), np.eye(3, 2, dtype=np.int8)
    >>> loss, [(indicator, logits, sample_weight)] = step([(X, indicator, None)])
    >>> logits.shape, sample_weight.tolist()
    ((3, 2), [1.0, 1.0, 1.0])
    """

    is_main = True

    def __init__(self, model: Any, loss: Callable[..., Any], optimizer: Any) -> None:
        load_keras()
        import tensorflow as tf

        self.model = model
        self.optimizer = optimizer
        self.loss = loss
        if not optimizer.built:
            # biases of attention heads and of recurrent layers have two axes
            weights = model.trainable_variables
            spared = [v for v in weights if len(v.shape) < 2 or v.name == "bias"]
            self._inner.exclude_from_weight_decay(spared)
            optimizer.build(weights)
        leave_gradients_as_they_are(self._inner)  # _gradients sums over replicas
        self._strategy = tf.distribute.get_strategy()
        self._sums: list[Any] = []  # of gradients, made by the first update from several batches
        self._update = self._compile(self._update_at_once)
        self._add = self._compile(self._add_to_sums)
        self._apply = tf.function(self._apply_sums, autograph=False)

    def _compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        import tensorflow as tf

        if self._strategy.num_replicas_in_sync > 1:
            function = _spread_over_replicas(function, self._strategy)
        model = self.model
        n_labels = model.output_shape[-1] if getattr(model, "inputs", None) else None
        targets = (
            tf.TensorSpec((None, n_labels), tf.float32),
            tf.TensorSpec((None,), tf.float32),
        )
        return compile_batches(function, model, targets)

    def __call__(self, batches: Sequence[Batch]) -> tuple[float, list[BatchRecord]]:
        """Make one update from one or more batches.

        Parameters
        ----------
        batches : sequence of tuple (inputs, indicator, sample_weight)
            Inputs as the model takes them; indicator of shape (n_samples, n_labels) with targets
            in [0, 1], and -1 where unknown, if the loss leaves that out; sample_weight of shape
            (n_samples,), non-negative, or None. Arrays or tensors.

        Returns
        -------
        loss : float
            The mean over the batches of the loss before the update, penalties included.
        records : list of tuple (indicator, logits, sample_weight)
            Of each batch, as ndarrays; logits as they were before the update, float32.

        Raises
        ------
        MemoryError
            If a batch does not fit into the memory of the device.
        """
        import tensorflow as tf

        records, losses = [], []
        run = self._update if len(batches) == 1 else self._add
        if len(batches) > 1 and not self._sums:
            self._sums = self._make_sums()
        try:
            for inputs, indicator, weight in batches:
                if weight is None:
                    weight = np.ones(indicator.shape[0], np.float32)
                value, logits = run(inputs, indicator, weight)
                losses.append(float(value))
                records.append((np.asarray(indicator), np.asarray(logits), np.asarray(weight)))
            if len(batches) > 1:
                self._apply(tf.constant(len(batches), tf.float32))
        except tf.errors.ResourceExhaustedError as error:
            raise MemoryError(str(error)) from error
        return math.fsum(losses) / len(losses), records

    def _gradients(
        self, inputs: Any, indicator: Any, weight: Any, share: Any, collect: Any
    ) -> tuple[list[Any], Any, Any]:
        """Compute the gradients of a batch, or of a replica's share of it."""
        keras = load_keras()
        import tensorflow as tf

        n_replicas = self._strategy.num_replicas_in_sync
        with tf.GradientTape() as tape:
            logits = self.model(inputs, training=True)
            value = self.loss(indicator, logits, weight) * share
            for penalty in self.model.losses:
                value = value + keras.ops.cast(penalty, value.dtype) / n_replicas
            scaled = self.optimizer.scale_loss(value)
        # IndexedSlices may repeat a row, and optimizers would square its parts before the sum
        gradients = [
            tf.convert_to_tensor(g) if isinstance(g, tf.IndexedSlices) else g
            for g in tape.gradient(scaled, self.model.trainable_variables)
        ]
        if collect is not None:
            gradients = collect(gradients)
        return gradients, value, keras.ops.cast(logits, "float32")

    def _update_at_once(
        self, inputs: Any, indicator: Any, weight: Any, share: Any = 1.0, collect: Any = None
    ) -> tuple[Any, Any]:
        gradients, value, logits = self._gradients(inputs, indicator, weight, share, collect)
        self.optimizer.apply(gradients, self.model.trainable_variables)
        return value, logits

    def _make_sums(self) -> list[Any]:
        variable = load_keras().Variable
        return [
            variable(np.zeros(v.shape, v.dtype), trainable=False, aggregation="only_first_replica")
            for v in self.model.trainable_variables
        ]

    def _add_to_sums(
        self, inputs: Any, indicator: Any, weight: Any, share: Any = 1.0, collect: Any = None
    ) -> tuple[Any, Any]:
        gradients, value, logits = self._gradients(inputs, indicator, weight, share, collect)
        for total, gradient in zip(self._sums, gradients, strict=True):
            if gradient is not None:
                total.assign(total + gradient)
        return value, logits

    def _apply_sums(self, n_batches: Any) -> None:
        def apply() -> None:
            means = [total / n_batches for total in self._sums]
            self.optimizer.apply(means, self.model.trainable_variables)
            for total in self._sums:
                total.assign(total * 0)

        self._strategy.run(apply)

    def agree(self, wish: bool) -> bool:
        """Whether `wish` is True in any process; there is only one.

        Parameters
        ----------
        wish : bool
            Whether this process wants to stop.

        Returns
        -------
        bool
        """
        return wish

    def weights(self) -> list[AnyArray]:
        """Copy the weights of the model, in the form that `set_weights` takes.

        Returns
        -------
        list of ndarray of any shape
        """
        return self.model.get_weights()

    def set_weights(self, weights: list[AnyArray]) -> None:
        """Set the weights of the model.

        Parameters
        ----------
        weights : list of ndarray
            As `weights` returns them, in the same shapes.
        """
        self.model.set_weights(weights)

    def state(self) -> dict[str, list[AnyArray]]:
        """Copy the state that the next update depends on: model, its generators, optimizer.

        Returns
        -------
        dict of {str: list of ndarray of any shape}
        """
        return {name: [v.numpy() for v in group] for name, group in self._variables().items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a state that `state` returned.

        Parameters
        ----------
        state : dict of {str: list of ndarray}
            The state, in the same shapes.

        Raises
        ------
        ValueError
            If the arrays are not those of this network; nothing is changed then.
        """
        for name, variables in self._variables().items():
            ours = [tuple(v.shape) for v in variables]
            if [array.shape for array in state.get(name, [])] != ours:
                raise ValueError(f"its {name} arrays are not those of this network")
        for name, variables in self._variables().items():
            for variable, array in zip(variables, state[name], strict=True):
                variable.assign(array)

    def _variables(self) -> dict[str, list[Any]]:
        return {"model": self.model.variables, "optimizer": self.optimizer.variables}

    @property
    def n_traces(self) -> int:
        """How often the step has been traced, int."""
        return self._update.traced.experimental_get_tracing_count()  # type: ignore[attr-defined]

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next update, float; can be set."""
        return float(np.asarray(self._inner.learning_rate))

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._inner.learning_rate = value

    @property
    def _inner(self) -> Any:
        return getattr(self.optimizer, "inner_optimizer", self.optimizer)


def _spread_over_replicas(run: Callable[..., Any], strategy: Any) -> Callable[..., Any]:
    """Let each replica of a strategy compute an equal part of the rows of a batch.

    The update equals that of one device up to rounding, except with layers such as batch norm.
    """
    keras = load_keras()
    import tensorflow as tf

    n_replicas = strategy.num_replicas_in_sync

    def call(inputs: Any, indicator: Any, sample_weight: Any) -> tuple[Any, Any]:
        n_rows, total = tf.shape(indicator)[0], tf.reduce_sum(sample_weight)

        def run_part(inputs: Any, indicator: Any, sample_weight: Any) -> Any:
            context = tf.distribute.get_replica_context()
            number = context.replica_id_in_sync_group
            rows = slice(n_rows * number // n_replicas, n_rows * (number + 1) // n_replicas)
            parts = keras.tree.map_structure(lambda tensor: tensor[rows], inputs)
            weight = sample_weight[rows]
            share = tf.math.divide_no_nan(tf.reduce_sum(weight), total)

            def collect(gradients: list[Any]) -> list[Any]:
                return context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)

            return run(parts, indicator[rows], weight, share, collect)

        values, logits = strategy.run(run_part, args=(inputs, indicator, sample_weight))
        value = strategy.reduce(tf.distribute.ReduceOp.SUM, values, axis=None)
        return value, tf.concat(strategy.experimental_local_results(logits), axis=0)

    return call


def compile_batches(
    function: Callable[..., Any], model: Any, others: Sequence[Any] = ()
) -> Callable[..., Any]:
    """Compile ``function(inputs, *others)`` so that batches of any size share one trace.

    `others` are `tf.TensorSpec`; the attribute `traced` of the result is the `tf.function`.
    """
    keras = load_keras()
    import tensorflow as tf

    declared = getattr(model, "inputs", None)
    if not declared:
        retraced = tf.function(function, reduce_retracing=True, autograph=False)

        def trace_again(inputs: Any, *rest: Any) -> Any:
            refuse_fork()
            inputs = keras.tree.map_structure(tf.convert_to_tensor, inputs)
            tensors = [_as_tensor(x, spec.dtype) for x, spec in zip(rest, others, strict=True)]
            return retraced(inputs, *tensors)

        trace_again.traced = retraced  # type: ignore[attr-defined]
        return trace_again

    specs = [tf.TensorSpec(x.shape, x.dtype) for x in declared]
    structure: list[Any] = []  # of the inputs, found at the first batch

    @tf.function(input_signature=[*specs, *others], autograph=False)
    def traced(*tensors: Any) -> Any:
        inputs = keras.tree.pack_sequence_as(structure[0], list(tensors[: len(specs)]))
        return function(inputs, *tensors[len(specs) :])

    concrete: list[Any] = []  # calling the concrete function itself halves the cost
    dtypes = [spec.dtype for spec in (*specs, *others)]

    def call(inputs: Any, *rest: Any) -> Any:
        refuse_fork()
        if not structure:
            structure.append(keras.tree.map_structure(lambda _: 0, inputs))
        tensors = map(_as_tensor, [*keras.tree.flatten(inputs), *rest], dtypes)
        if tf.config.functions_run_eagerly():
            return traced(*tensors)
        if not concrete:
            concrete.append(traced.get_concrete_function())
        return concrete[0](*tensors)

    call.traced = traced  # type: ignore[attr-defined]
    return call


def _as_tensor(values: Any, dtype: Any) -> Any:
    import tensorflow as tf

    if isinstance(values, tf.Tensor):
        return tf.cast(values, dtype)
    return tf.constant(np.asarray(values, dtype.as_numpy_dtype))
