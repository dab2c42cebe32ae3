"""Keras on TensorFlow: its import, the precision of layers, and the private names in use."""

import os
import random
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from .._runtime.messages import shown
from .._runtime.optional import require

_process: list[int] = []  # id of the process that started TensorFlow


def load_keras(feature: str = "A neural tagger") -> Any:
    """Import Keras on its TensorFlow backend; else raise MissingExtraError or RuntimeError.

    If Keras is not imported yet and KERAS_BACKEND is not set, set it to "tensorflow".
    """
    refuse_fork()
    if "keras" not in sys.modules and find_spec("tensorflow") is not None:
        # must precede the import of TensorFlow, which imports Keras and thus the chosen backend
        os.environ["KERAS_BACKEND"] = os.environ.get("KERAS_BACKEND") or "tensorflow"
        _check_backend(feature, os.environ["KERAS_BACKEND"])
    python_state = random.getstate()
    require("tensorflow", feature)
    random.setstate(python_state)  # importing TensorFlow draws from it
    keras = require("keras", feature)
    _check_backend(feature, keras.backend.backend())
    if not _process:
        _process.append(os.getpid())
    return keras


def _check_backend(feature: str, backend: str) -> None:
    if backend != "tensorflow":
        raise RuntimeError(
            f"{feature} needs Keras on TensorFlow, but Keras runs on the backend {shown(backend)}. "
            f"Set the environment variable KERAS_BACKEND=tensorflow before Keras is imported, and "
            f"restart Python."
        )


def refuse_fork() -> None:
    """Raise RuntimeError in a fork of the process that started TensorFlow.

    A fork does not have TensorFlow's threads: the first batch would wait for them forever.
    """
    if _process and _process[0] != os.getpid():
        raise RuntimeError(
            f"TensorFlow was started in process {_process[0]}, and this one, {os.getpid()}, was "
            f"forked off it, where TensorFlow would hang. Start workers with joblib's loky "
            f"backend or with multiprocessing.get_context('spawn')."
        )


# precision -> dtype policy of Keras
POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}


def training_precision(precision: str) -> str:
    """Resolve "auto" to the precision of training; predictions are then in float32."""
    if precision != "auto":
        return precision
    return "bfloat16" if _has_bfloat16() else "float32"


def prediction_precision(precision: str) -> str:
    """Resolve "auto" to the precision of prediction."""
    return "float32" if precision == "auto" else precision


def _has_bfloat16() -> bool:
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        return bool(details.get("compute_capability", (0, 0)) >= (8, 0))
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:  # no Linux
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


@contextmanager
def computing_in(precision: str, layers: Iterable[Any]) -> Iterator[None]:
    """Set the precision of layers for functions that are traced inside."""
    before = [(layer, layer.dtype_policy) for layer in layers]
    for layer, _ in before:
        layer.dtype_policy = POLICIES[precision]
    try:
        yield
    finally:
        for layer, own in before:
            layer.dtype_policy = own


# All private names of Keras, TensorFlow and KerasHub that this package uses. Each function raises
# if a new version has changed the name; tests/test_runtime_keras.py calls them all.


def leave_gradients_as_they_are(optimizer: Any) -> None:
    """Keep an optimizer from summing gradients over replicas: the training step has done so.

    Not public: `optimizer.apply` has no switch for it. Keras would clip the gradients of each
    replica before the sum, and its sum op is cached for ever together with its graph.
    """
    if not callable(getattr(optimizer, "_all_reduce_sum_gradients", None)):
        raise _changed("keras", "_all_reduce_sum_gradients of optimizers")
    optimizer._all_reduce_sum_gradients = lambda grads_and_vars: grads_and_vars


def all_layers(model: Any) -> list[Any]:
    """List all layers of a model, nested ones included.

    Not public: `model.layers` does not list the layers inside a layer, such as those of a
    transformer block.
    """
    if not callable(getattr(model, "_flatten_layers", None)):
        raise _changed("keras", "_flatten_layers of models")
    return list(model._flatten_layers())


def feedforward_layer(block: Any) -> Any:
    """Find the dense layer that has the activation in a `TransformerEncoder` of KerasHub.

    Not public: the activation is an argument of the block's constructor, which is called by
    KerasHub's backbones with a fixed GELU.
    """
    layer = getattr(block, "_feedforward_intermediate_dense", None)
    if layer is None:
        raise _changed("keras-hub", "_feedforward_intermediate_dense of TransformerEncoder")
    return layer


def global_random_state() -> tuple[Any, Any]:
    """Return the global seed of Keras, and the state of its global SeedGenerator.

    Not public: `keras.utils.set_random_seed` sets the seed, and nothing returns it.
    """
    keras_state = _global_state()
    generator = keras_state.get_global_attribute("global_seed_generator")
    state = None if generator is None else np.asarray(generator.state)
    return keras_state.get_global_attribute("global_random_seed"), state


def _global_state() -> Any:
    """Import the module in which Keras keeps what is global."""
    try:
        return import_module("keras.src.backend.common.global_state")
    except ImportError as error:
        raise _changed("keras", "get_global_attribute") from error


def _changed(library: str, name: str) -> RuntimeError:
    return RuntimeError(
        f"{library} {version(library)} has changed {name}, which skmultitext uses. Install an "
        f"older {library}, or a newer skmultitext."
    )


@contextmanager
def shapes_only() -> Iterator[None]:
    """Build models without memory for their weights; models built here cannot be used.

    Keras keeps the weights of a scope in a list, and the next scope of anybody would allocate them,
    however large a configuration from a file says they are: those of this scope are removed.
    """
    keras, keras_state = load_keras(), _global_state()
    waiting = list(keras_state.get_global_attribute("uninitialized_variables") or ())
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        keras_state.set_global_attribute("uninitialized_variables", waiting)
