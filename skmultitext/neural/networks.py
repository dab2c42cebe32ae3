"""Keras networks of features, built from Keras layers and `keras.ops` only."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._runtime.generators import draw_seed
from .._runtime.keras import POLICIES, load_keras
from .._runtime.messages import shown

__all__ = ["mlp"]


def __dir__() -> list[str]:
    return __all__


def mlp(
    n_features: int,
    n_labels: int,
    *,
    hidden_layer_sizes: Sequence[int] = (32, 16, 8),
    activation: str = "relu",
    dropout: float = 0.0,
    precision: str = "float32",
    random_state: np.random.RandomState,
) -> Any:
    """Build a multi-layer perceptron: dense layers, one logit per label.

    Parameters
    ----------
    n_features : int
        Number of features, at least 1.
    n_labels : int
        Number of labels, at least 1.
    hidden_layer_sizes : sequence of int, default=(32, 16, 8)
        Units of each hidden layer; empty for a linear model.
    activation : str, default="relu"
        Activation of the hidden layers, by its name in Keras.
    dropout : float, default=0.0
        Share of the units of each hidden layer that is left out in a step of training, in [0, 1).
    precision : {"float32", "bfloat16", "float16"}, default="float32"
        Precision of the computation in hidden layers; weights and logits are float32.
    random_state : RandomState
        Draws the seeds of the initialisers and of dropout.

    Returns
    -------
    keras.Model
        Features of shape (n_samples, n_features) to logits of shape (n_samples, n_labels).

    Raises
    ------
    ValueError
        If Keras knows no activation of that name.

    References
    ----------
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS 2010 (initial weights).

    Examples
    --------
    >>> import numpy as np
    >>> model = mlp(6, 3, random_state=np.random.RandomState(0))
    >>> model.output_shape
    (None, 3)
    """
    keras = load_keras()
    try:
        keras.activations.get(activation)
    except ValueError as error:
        raise ValueError(
            f"activation is {shown(activation)}, which Keras does not know; pass 'relu', 'gelu', "
            f"'tanh', ..."
        ) from error

    def dense(units: int, dtype: str, activation: str | None = None) -> Any:
        return keras.layers.Dense(
            units,
            activation=activation,
            kernel_initializer=keras.initializers.GlorotUniform(seed=draw_seed(random_state)),
            dtype=dtype,
        )

    policy = POLICIES[precision]
    features = keras.Input((n_features,), dtype="float32")
    hidden = features
    for units in hidden_layer_sizes:
        hidden = dense(units, policy, activation)(hidden)
        if dropout:
            seed = draw_seed(random_state)
            hidden = keras.layers.Dropout(dropout, seed=seed, dtype=policy)(hidden)
    return keras.Model(features, dense(n_labels, "float32")(hidden))
