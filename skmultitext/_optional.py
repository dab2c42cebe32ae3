"""Fetch an optional library on first use, or say which extra brings it."""

import importlib

from .exceptions import MissingExtraError

# the top-level module of each optional library -> the extra of pyproject.toml that brings it
EXTRA_OF_MODULE = {
    "matplotlib": "plot",
    "pandas": "plot",
    "numba": "fast",
    "tensorflow": "keras",
    "keras": "keras",
    "transformers": "transformers",
    "torch": "transformers",
    "accelerate": "transformers",
    "huggingface_hub": "transformers",
    "keras_hub": "transformers-tf",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "onnxscript": "onnx",
}


def require(module, feature):
    """Import `module`, or raise an error that names the extra which brings it.

    Parameters
    ----------
    module : str
        Dotted name of the module, for instance ``"matplotlib.pyplot"``.
    feature : str
        What needs it, as the subject of a sentence: ``"as_frame=True"``.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    MissingExtraError
        If the library is not installed.
    """
    library = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != library:
            raise  # the library is there, something below it is broken: say that instead
        extra = EXTRA_OF_MODULE[library]
        raise MissingExtraError(
            f"{feature} needs the library {library!r}, which is not installed. "
            f'Install it with: pip install "skmultitext[{extra}]"'
        ) from error
