"""A Keras network with the means to build it again: what a fitted neural tagger keeps."""

import numpy as np

from ._backend import load_keras
from ._steps import compile_batches

__all__ = ["Network"]


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

    def __setstate__(self, state):
        self.build, self.config = state["build"], state["config"]
        self._take(self.build(**self.config, random_state=np.random.RandomState(0)))
        self.model.set_weights(state["weights"])
