"""A Keras network with the means to build it again: what a fitted neural tagger keeps."""

import re

import numpy as np

from ._backend import load_keras
from ._steps import compile_batches

__all__ = ["Network", "check_plain", "check_weights"]

# parameters that count parts of a network; sizes of layers are compared with those of the weights
_COUNTS = re.compile(r"layers?$|groups?$|blocks?$|experts?$|^n_?layers?|depth")


class Network:
    """A network that pickles and deep-copies as its configuration and its weights.

    Parameters
    ----------
    build : callable
        A function of a module: ``build(**config, random_state=...)`` -> keras.Model.
    config : dict
        Its arguments; kept, so nothing large.
    random_state : RandomState
        Draws the seeds of the initialisers and of dropout.
    **initial
        Further arguments of the first building only: large arrays of initial weights.

    Attributes
    ----------
    model : keras.Model
        The network.
    step : TrainingStep or None
        The compiled step with the state of the optimizer, where training is to go on from it.
        It is left out of pickles and copies.

    Examples
    --------
    >>> import copy
    >>> import numpy as np
    >>> from skmultitext.neural.networks import mlp
    >>> network = Network(mlp, {"n_features": 3, "n_labels": 2}, np.random.RandomState(0))
    >>> logits = network.logits(np.ones((1, 3)))
    >>> bool((copy.deepcopy(network).logits(np.ones((1, 3))) == logits).all())
    True
    """

    def __init__(self, build, config, random_state, **initial):
        self.build = build
        self.config = config
        self._take(build(**config, **initial, random_state=random_state))

    def _take(self, model):
        cast = load_keras().ops.cast
        self.model = model
        self.step = None
        self._forward = compile_batches(
            lambda inputs: cast(model(inputs, training=False), "float32"), model
        )

    def logits(self, inputs):
        """Compute the logits of a batch.

        Parameters
        ----------
        inputs : ndarray, or a tuple, list or dict of them
            Input of the model.

        Returns
        -------
        ndarray of shape (n_samples, n_labels), dtype float64
            The logits. Equal to the bit for a row wherever it stands, if the shapes are.
        """
        return np.asarray(self._forward(inputs), dtype=np.float64)

    def __getstate__(self):
        return {"build": self.build, "config": self.config, "weights": self.model.get_weights()}

    def _to_saved(self):
        return self.__getstate__()

    @classmethod
    def _from_saved(cls, state):
        """Build it from the state in a saved model, once the weights are seen to fit its sizes."""
        check_weights(state["build"], state["config"], state["weights"])
        network = cls.__new__(cls)
        network.__setstate__(state)
        return network

    def __setstate__(self, state):
        self.build, self.config = state["build"], state["config"]
        self._take(self.build(**self.config, random_state=np.random.RandomState(0)))
        self.model.set_weights(state["weights"])


def check_weights(build, config, weights):
    """Refuse weights that do not fit a configuration, before anything of its size is made.

    Parameters
    ----------
    build : callable
        See `Network`.
    config : dict
        Its arguments, not trusted.
    weights : list of ndarray
        The weights, of the shapes that they have.

    Raises
    ------
    ValueError
        If the configuration holds more than numbers and names, asks for more layers than there
        are weights, or for weights of other shapes.
    """
    check_plain(config, len(weights))
    # in this scope Keras makes no values, only shapes
    with load_keras().StatelessScope(initialize_variables=False):
        model = build(**config, random_state=np.random.RandomState(0))
    wanted = [tuple(weight.shape) for weight in model.weights]
    found = [weight.shape for weight in weights]
    if wanted != found:
        raise ValueError(f"the weights have the shapes {found[:9]}, the network {wanted[:9]}")


def check_plain(value, n_weights, key="the configuration"):
    """Refuse what a library would look up or loop over: classes by name, layers without end.

    Parameters
    ----------
    value : object
        A configuration, not trusted: dicts, lists, numbers and str.
    n_weights : int
        Number of weight arrays: there are no more layers than that.
    key : str, default="the configuration"
        What it is called.

    Raises
    ------
    ValueError
        If it holds anything else, names a class, or has more layers.
    """
    if isinstance(value, dict):
        if {"class_name", "module", "registered_name"} & value.keys():
            raise ValueError(f"{key} names a class")
        for name, entry in value.items():
            check_plain(entry, n_weights, str(name))
    elif isinstance(value, list | tuple):
        if len(value) > n_weights:
            raise ValueError(f"{key} has {len(value)} entries for {n_weights} weights")
        for entry in value:
            check_plain(entry, n_weights, key)
    elif not isinstance(value, str | int | float | None):
        raise ValueError(f"{key} is a {type(value).__name__}")
    elif isinstance(value, int) and _COUNTS.search(key) and value > n_weights:
        raise ValueError(f"{key} is {value} for {n_weights} weights")
