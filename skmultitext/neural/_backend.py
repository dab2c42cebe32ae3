"""Fetch Keras with TensorFlow below it, or say clearly what stands in the way."""

import os
import random
import sys
from importlib.util import find_spec

from .._optional import require

_process = []  # the one that TensorFlow was started in


def load_keras(feature="A neural tagger"):
    """Import Keras on its TensorFlow backend.

    Where Keras is not imported yet and KERAS_BACKEND is not set, this sets it to "tensorflow".

    Parameters
    ----------
    feature : str, default="A neural tagger"
        What needs Keras, as the subject of a sentence.

    Returns
    -------
    module
        The module `keras`.

    Raises
    ------
    MissingExtraError
        If TensorFlow or Keras is not installed.
    RuntimeError
        If Keras runs on another backend, or this process was forked off one that used it.
    """
    refuse_fork()
    # before TensorFlow, which imports Keras itself
    if "keras" not in sys.modules and find_spec("tensorflow") is not None:
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    python_state = random.getstate()
    require("tensorflow", feature)
    random.setstate(python_state)  # the first import of TensorFlow draws from it
    keras = require("keras", feature)
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            f"{feature} needs Keras on TensorFlow, but Keras runs on the backend "
            f"{keras.backend.backend()!r}. Set the environment variable "
            f"KERAS_BACKEND=tensorflow before Keras is imported, and restart Python."
        )
    if not _process:
        _process.append(os.getpid())
    return keras


def refuse_fork():
    """Refuse to go on in a fork of the process in which TensorFlow was started.

    The threads of TensorFlow do not come along: the first batch would wait for them for ever.

    Raises
    ------
    RuntimeError
        Naming both processes, and how to start workers.
    """
    if _process and _process[0] != os.getpid():
        raise RuntimeError(
            f"TensorFlow was started in process {_process[0]}, and this one, {os.getpid()}, was "
            f"forked off it, where TensorFlow would hang. Start workers with joblib's loky "
            f"backend or with multiprocessing.get_context('spawn')."
        )
