"""Keras graphs, each a function of its sizes; Keras layers and `keras.ops` only."""

from ._backend import load_keras

__all__ = ["mlp"]


def mlp(
    n_features,
    n_labels,
    *,
    hidden_layer_sizes=(32, 16, 8),
    activation="relu",
    dropout=0.0,
    l2=0.0,
    precision="float32",
    random_state,
):
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
    l2 : float, default=0.0
        Factor of the sum of the squared weights (not biases) that is added to the loss.
    precision : {"float32", "mixed_float16", "mixed_bfloat16"}, default="float32"
        What hidden layers compute in; weights and logits are float32.
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
            f"activation is {activation!r}, which Keras does not know; pass 'relu', 'gelu', "
            f"'tanh', ..."
        ) from error

    def dense(units, dtype, activation=None):
        return keras.layers.Dense(
            units,
            activation=activation,
            kernel_initializer=keras.initializers.GlorotUniform(seed=draw_seed(random_state)),
            kernel_regularizer=keras.regularizers.L2(l2) if l2 else None,
            dtype=dtype,
        )

    features = keras.Input((n_features,), dtype="float32")
    hidden = features
    for units in hidden_layer_sizes:
        hidden = dense(units, precision, activation)(hidden)
        if dropout:
            hidden = keras.layers.Dropout(dropout, seed=draw_seed(random_state), dtype=precision)(
                hidden
            )
    return keras.Model(features, dense(n_labels, "float32")(hidden))


def draw_seed(random_state):
    """Draw the seed of an initialiser or of a layer that draws numbers.

    Parameters
    ----------
    random_state : RandomState
        Where it is drawn from.

    Returns
    -------
    int
        In [0, 2**31 - 1).
    """
    return int(random_state.randint(2**31 - 1))
