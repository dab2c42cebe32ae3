"""Choose between PyTorch and TensorFlow; load neither before it is needed."""

from importlib import import_module
from importlib.util import find_spec

from ..exceptions import MissingExtraError
from ._isolation import load_torch, load_transformers

__all__ = ["FRAMEWORKS", "load_engine"]

FRAMEWORKS = ("auto", "torch", "tensorflow")

_FEATURE = "TransformerTagger"


def load_engine(framework):
    """Load the engine of a framework.

    Parameters
    ----------
    framework : {"auto", "torch", "tensorflow"}
        "auto" takes PyTorch if it is installed, else TensorFlow.

    Returns
    -------
    module
        `torch_engine` or `tensorflow_engine`.

    Raises
    ------
    MissingExtraError
        If the framework is not installed; the message names the extra.
    """
    if framework == "auto":
        framework = next((f for f in ("torch", "tensorflow") if _is_installed(f)), None)
        if framework is None:
            raise MissingExtraError(
                f"{_FEATURE} needs PyTorch or TensorFlow, and neither is installed. Install one "
                f'with: pip install "skmultitext[transformers]" (PyTorch) or pip install '
                f'"skmultitext[transformers-tf]" (TensorFlow)'
            )
    if framework == "torch":
        load_transformers(_FEATURE)
        load_torch(_FEATURE)
        return import_module(".torch_engine", __package__)
    missing = [m for m in ("transformers", "tensorflow", "keras_hub") if not _is_installed(m)]
    if missing:
        raise MissingExtraError(
            f"{_FEATURE} with framework='tensorflow' needs {' and '.join(missing)}, which is not "
            f'installed. Install it with: pip install "skmultitext[transformers-tf]"'
        )
    load_transformers(_FEATURE)
    return import_module(".tensorflow_engine", __package__)


def _is_installed(module):
    try:
        return find_spec(module) is not None
    except ValueError:  # a module that someone has put into sys.modules by hand
        return False
