"""State of the global random generators of numpy, Python, PyTorch, TensorFlow and Keras."""

import random
import sys
from contextlib import contextmanager

import joblib
import numpy as np


@contextmanager
def stirred_generators():
    """Draw from the generators of Python, numpy and PyTorch; put their states back at the end."""
    torch = sys.modules.get("torch")
    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    torch_state = None if torch is None else torch.random.get_rng_state()
    try:
        random.random()
        np.random.random()  # noqa: NPY002
        if torch is not None:
            torch.rand(1)
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002
        if torch is not None:
            torch.random.set_rng_state(torch_state)


def generator_states():
    """Take the state of every global generator, of libraries only where already imported.

    Returns
    -------
    dict of {str: str}
        A digest by the name of the generator.
    """
    states = {
        "random": random.getstate(),
        "numpy.random": np.random.get_state(),  # noqa: NPY002
    }
    torch, tensorflow, keras = (sys.modules.get(name) for name in ("torch", "tensorflow", "keras"))
    if torch is not None:
        states["torch"] = torch.random.get_rng_state().numpy()
        if torch.cuda.is_initialized():
            states["torch.cuda"] = [state.numpy() for state in torch.cuda.get_rng_state_all()]
    if tensorflow is not None:
        states["tensorflow"] = _tensorflow_state(tensorflow)
    if keras is not None:
        states["keras"] = _keras_state()
    return {name: joblib.hash(state) for name, state in states.items()}


def _tensorflow_state(tensorflow):
    """Take the state of the global Generator, and the global seed, which nothing public tells."""
    from tensorflow.python.eager.context import global_seed

    return tensorflow.random.get_global_generator().state.numpy(), global_seed()


def _keras_state():
    """Take the global seed of Keras and the state of its global SeedGenerator."""
    from keras.src.backend.common.global_state import get_global_attribute

    generator = get_global_attribute("global_seed_generator")
    state = None if generator is None else np.asarray(generator.state)
    return get_global_attribute("global_random_seed"), state
