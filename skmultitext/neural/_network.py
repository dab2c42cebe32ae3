"""The network of a fitted Keras tagger, which pickles as its configuration and weights."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._gate.types import AnyArray, FloatArray
from .._runtime.keras import load_keras, shapes_only
from ..training._keras_step import KerasStep, compile_batches

__all__ = ["Network", "check_plain", "check_weights"]

# Names of parameters that count the layers or blocks of a network. Sizes of layers are compared
# with the shapes of the weights; bounds such as max_window_layers of Qwen2 do not count layers.
_COUNTS = re.compile(r"^(?!max_).*(?:layers?$|groups?$|blocks?$|experts?$|depth)|^n_?layers?")


class Network:
    """A Keras network that pickles and deep-copies as its configuration and its weights.

    ``build(**config, random_state=...)`` builds it; `build` must be a function of a module.
    """

    def __init__(
        self,
        build: Callable[..., Any],
        config: dict[str, Any],
        random_state: np.random.RandomState,
        **initial: Any,  # initial weights, which are not part of the configuration
    ) -> None:
        self.build = build
        self.config = config
        self._take(build(**config, **initial, random_state=random_state))

    def _take(self, model: Any) -> None:
        cast = load_keras().ops.cast
        self.model = model
        # the compiled step and the optimizer's state, for partial_fit; not pickled or copied
        self.step: KerasStep | None = None
        self._forward = compile_batches(
            lambda inputs: cast(model(inputs, training=False), "float32"), model
        )

    def logits(self, inputs: Any) -> FloatArray:
        """Compute the logits of a batch, (n_samples, n_labels).

        Among batches of one shape, the result of a row is bitwise identical at any position.
        """
        return np.asarray(self._forward(inputs), dtype=np.float64)

    def __getstate__(self) -> dict[str, Any]:
        return {"build": self.build, "config": self.config, "weights": self.model.get_weights()}

    def _to_saved(self) -> dict[str, Any]:
        return self.__getstate__()

    @classmethod
    def _from_saved(cls, state: dict[str, Any]) -> "Network":
        """Build the network of a saved model after checking its weights."""
        check_weights(state["build"], state["config"], state["weights"])
        network = cls.__new__(cls)
        network.__setstate__(state)
        return network

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.build, self.config = state["build"], state["config"]
        self._take(self.build(**self.config, random_state=np.random.RandomState(0)))
        self.model.set_weights(state["weights"])


def check_weights(
    build: Callable[..., Any], config: dict[str, Any], weights: Sequence[AnyArray]
) -> None:
    """Raise ValueError if weights do not fit an untrusted configuration.

    No memory is allocated for the sizes in the configuration before they are checked.
    """
    check_plain(config, len(weights))
    with shapes_only():
        model = build(**config, random_state=np.random.RandomState(0))
    wanted = [tuple(weight.shape) for weight in model.weights]
    found = [weight.shape for weight in weights]
    if wanted != found:
        raise ValueError(f"the weights have the shapes {found[:9]}, the network {wanted[:9]}")


def check_plain(value: Any, n_weights: int, key: str = "the configuration") -> None:
    """Raise ValueError if an untrusted configuration names a class, or has too many layers.

    A library would import the class, and would build more layers than there are weights.
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
