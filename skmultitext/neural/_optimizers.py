"""Optimizers by name, with what every network's training shares, and learning rate schedules."""

import math

from ._backend import load_keras

__all__ = ["make_optimizer", "make_schedule"]

DECAYS = (None, "linear", "cosine")


def make_optimizer(
    optimizer="adam",
    learning_rate=1e-3,
    *,
    weight_decay=0.0,
    max_grad_norm=None,
    gradient_accumulation_steps=1,
    precision="float32",
):
    """Make an optimizer that is not bound to a model yet.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer, default="adam"
        A name of Keras ("adam", "adamw", "sgd", "rmsprop", ...), or an optimizer whose
        configuration is copied, learning rate included; it is not changed itself.
    learning_rate : float, default=1e-3
        Learning rate where the optimizer is given by name, in (0, inf).
    weight_decay : float, default=0.0
        Decoupled decay of weights with two axes or more that are no biases: times the learning
        rate, each step.
    max_grad_norm : float or None, default=None
        Gradients of a greater norm, taken over all weights, are scaled down to this.
    gradient_accumulation_steps : int, default=1
        Batches whose mean gradient makes one update.
    precision : {"float32", "mixed_float16", "mixed_bfloat16"}, default="float32"
        "mixed_float16" scales the loss, so that small gradients are not lost.

    Returns
    -------
    keras.optimizers.Optimizer

    Raises
    ------
    ValueError
        If Keras knows no optimizer of that name.
    """
    keras = load_keras()
    config = {}
    if isinstance(optimizer, str):
        try:
            optimizer = keras.optimizers.get(optimizer)
        except ValueError as error:
            raise ValueError(
                f"optimizer is {optimizer!r}, which Keras does not know; pass 'adam', 'adamw', "
                f"'sgd', 'rmsprop', or an instance of keras.optimizers.Optimizer."
            ) from error
        config["learning_rate"] = learning_rate
    if weight_decay:
        config["weight_decay"] = weight_decay
    if max_grad_norm is not None:
        config["global_clipnorm"] = max_grad_norm
    if gradient_accumulation_steps > 1:
        config["gradient_accumulation_steps"] = gradient_accumulation_steps
    made = type(optimizer).from_config({**optimizer.get_config(), **config})
    if precision == "mixed_float16":
        made = keras.optimizers.LossScaleOptimizer(made)
    return made


def make_schedule(learning_rate, n_steps, *, warmup_ratio=0.0, decay=None):
    """Make a learning rate schedule: a rise from 0, then constant or a fall to 0.

    Parameters
    ----------
    learning_rate : float
        The highest learning rate.
    n_steps : int
        Number of steps (batches) of the whole training, at least 1.
    warmup_ratio : float, default=0.0
        Share of the steps in which the rate rises linearly, in [0, 1].
    decay : {None, "linear", "cosine"}, default=None
        How it falls from then on; None keeps it.

    Returns
    -------
    callable
        ``schedule(step)`` -> float, the rate of a step, the first of which is 0.

    Raises
    ------
    ValueError
        If `decay` is not known.

    References
    ----------
    P. Goyal et al., "Accurate, large minibatch SGD", 2017 (warmup); I. Loshchilov, F. Hutter,
    "SGDR: stochastic gradient descent with warm restarts", ICLR 2017, eq. 5 (cosine).

    Examples
    --------
    >>> schedule = make_schedule(1.0, 10, warmup_ratio=0.2, decay="linear")
    >>> [schedule(step) for step in (0, 1, 2, 6, 10)]
    [0.5, 1.0, 1.0, 0.5, 0.0]
    """
    if decay not in DECAYS:
        raise ValueError(f"decay is {decay!r}; pass one of {', '.join(map(repr, DECAYS))}.")
    n_warmup = math.ceil(warmup_ratio * n_steps)

    def schedule(step):
        if step < n_warmup:
            return learning_rate * (step + 1) / n_warmup
        done = min((step - n_warmup) / max(n_steps - n_warmup, 1), 1.0)
        if decay == "linear":
            return learning_rate * (1.0 - done)
        if decay == "cosine":
            return learning_rate * 0.5 * (1.0 + math.cos(math.pi * done))
        return learning_rate

    return schedule
