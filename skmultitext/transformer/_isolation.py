"""Leave the process as it was: generators, logging and progress bars of other libraries."""

import random
import sys
import threading
import warnings
from contextlib import contextmanager

import numpy as np

from .._optional import require

__all__ = ["isolated_generators", "load_torch", "load_transformers", "memory_error"]
__all__ += ["quiet_transformers"]

# torch draws from generators of the process: what depends on them is done by one thread at a time
_TURN = threading.RLock()


@contextmanager
def _python_generators():
    """Restore the global generators of Python and NumPy at the end."""
    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002


@contextmanager
def isolated_generators(seed=None):
    """Restore the global generators of Python, NumPy and torch at the end; threads take turns.

    Parameters
    ----------
    seed : int or None, default=None
        Seed of the generators of torch inside, in [0, 2**32); None leaves them as they are.

    Yields
    ------
    None
    """
    torch = sys.modules.get("torch")
    with _TURN, _python_generators():
        if torch is None:
            yield
            return
        devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []
        with torch.random.fork_rng(devices=devices):
            if seed is not None:
                torch.manual_seed(seed)
            yield


def load_torch(feature):
    """Import torch.

    Parameters
    ----------
    feature : str
        What needs it, as the subject of a sentence.

    Returns
    -------
    module
        The module `torch`.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    with _python_generators():
        return require("torch", feature)


def load_transformers(feature):
    """Import transformers.

    Parameters
    ----------
    feature : str
        What needs it, as the subject of a sentence.

    Returns
    -------
    module
        The module `transformers`.

    Raises
    ------
    MissingExtraError
        If it is not installed.
    """
    with _python_generators():
        return require("transformers", feature)


@contextmanager
def quiet_transformers():
    """Keep transformers from writing reports and progress bars, and restore its settings.

    Yields
    ------
    None
    """
    logging = load_transformers("TransformerTagger").utils.logging
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            # what transformers deprecates in itself is no business of the user of a tagger
            warnings.filterwarnings("ignore", module=r"transformers(\.|$)")
            warnings.filterwarnings("ignore", module=r"accelerate(\.|$)")
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def memory_error(batch_size, gradient_accumulation_steps):
    """Make the error for a batch that did not fit into memory.

    Parameters
    ----------
    batch_size, gradient_accumulation_steps : int
        The parameters of the training.

    Returns
    -------
    MemoryError
    """
    smaller = max(batch_size // 2, 1)
    steps = gradient_accumulation_steps * 2
    return MemoryError(
        f"A batch of {batch_size} documents does not fit into memory. Set "
        f"batch_size={smaller} and gradient_accumulation_steps={steps}, which trains the same "
        f"updates in half the memory, or lower max_length."
    )
