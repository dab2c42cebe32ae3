"""Isolate the global random generators of Python, NumPy and torch, or seed them for a training."""

import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .._gate.types import AnyArray

__all__ = ["Generators", "draw_seed", "isolated_generators", "isolated_python_generators"]

# torch's generators are global to the process: only one thread at a time may draw from them
_TURN = threading.RLock()


def draw_seed(random_state: np.random.RandomState) -> int:
    """Draw the seed of an initialiser or of dropout, in [0, 2**31 - 1)."""
    return int(random_state.randint(2**31 - 1))


@contextmanager
def isolated_python_generators() -> Iterator[None]:
    """Restore the global generators of Python and NumPy at the end."""
    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002


@contextmanager
def isolated_generators(seed: int | None = None) -> Iterator[None]:
    """Restore the global generators of Python, NumPy and torch at the end; threads take turns.

    `seed` seeds torch's generators inside the block; None does not.
    """
    torch = sys.modules.get("torch")
    with _TURN, isolated_python_generators():
        if torch is None:
            yield
            return
        devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []
        with torch.random.fork_rng(devices=devices):
            if seed is not None:
                torch.manual_seed(seed)
            yield


class Generators:
    """Generator states of one training, swapped with the global ones inside ``with generators:``.

    Each block continues from the states at the end of the last one, so that draws of the user or
    of other threads in between do not matter. Threads take turns.
    """

    def __init__(self, seed: int, device: Any) -> None:
        import torch

        self._module = {"cuda": torch.cuda, "mps": torch.mps}.get(device.type)
        self._arguments = (device,) if device.type == "cuda" else ()
        with _TURN:
            before = self._read()
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002
            torch.manual_seed(seed)
            self._ours = self._read()
            self._write(before)

    def __enter__(self) -> None:
        _TURN.acquire()
        self._before = self._read()
        self._write(self._ours)

    def __exit__(self, *error: object) -> None:
        try:
            self._ours = self._read()
            self._write(self._before)
        finally:
            _TURN.release()

    def _read(self) -> dict[str, Any]:
        import torch

        states = {
            "python": random.getstate(),
            "numpy": np.random.get_state(),  # noqa: NPY002
            "torch": torch.get_rng_state(),
        }
        if self._module is not None:
            states["device"] = self._module.get_rng_state(*self._arguments)
        return states

    def _write(self, states: dict[str, Any]) -> None:
        import torch

        random.setstate(states["python"])
        np.random.set_state(states["numpy"])  # noqa: NPY002
        torch.set_rng_state(states["torch"])
        if self._module is not None:
            self._module.set_rng_state(states["device"], *self._arguments)

    def state(self) -> dict[str, AnyArray]:
        """Return the generator states as arrays."""
        version, words, gauss = self._ours["python"]
        _, keys, *rest = self._ours["numpy"]
        kept = [key for key in ("torch", "device") if key in self._ours]
        tensors: dict[str, AnyArray] = {key: self._ours[key].numpy() for key in kept}
        return {
            "python": np.array([version, *words], np.uint64),
            "python_gauss": np.array([np.nan if gauss is None else gauss]),
            "numpy": keys,
            "numpy_rest": np.array(rest, np.float64),
            **tensors,
        }

    def restore(self, state: dict[str, AnyArray]) -> None:
        """Continue from what `state` returned; if there is no GPU, ignore the state of one."""
        import torch

        version, *words = state["python"].tolist()
        (gauss,) = state["python_gauss"].tolist()
        position, has_gauss, numpy_gauss = state["numpy_rest"].tolist()
        ours = {
            "python": (version, tuple(words), None if np.isnan(gauss) else gauss),
            "numpy": ("MT19937", state["numpy"], int(position), int(has_gauss), numpy_gauss),
            "torch": torch.from_numpy(state["torch"]),
        }
        if "device" in state and self._module is not None:
            ours["device"] = torch.from_numpy(state["device"])
        self._ours = {**self._ours, **ours}
