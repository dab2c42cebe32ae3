"""State of the global random generators of numpy, Python, PyTorch, TensorFlow and Keras."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import joblib
import numpy as np

from .._runtime.keras import global_random_state


@contextmanager
def stirred_generators() -> Iterator[None]:
    """Draw from the generators of Python, numpy and PyTorch; restore their states at the end."""
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


def generator_states() -> dict[str, str]:
    """Return a digest of every global generator by name, for imported libraries only."""
    states: dict[str, Any] = {
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
        states["keras"] = global_random_state()
    return {name: joblib.hash(state) for name, state in states.items()}


def _tensorflow_state(tensorflow: Any) -> tuple[Any, Any]:
    """Return the state of the global Generator, and the global seed."""
    global_seed, _ = tensorflow.compat.v1.random.get_seed(0)
    return tensorflow.random.get_global_generator().state.numpy(), global_seed
