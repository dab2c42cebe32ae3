"""Import optional libraries on first use, or say which extra installs them."""

import importlib
from collections.abc import Sequence
from typing import Any

from ..exceptions import MissingExtraError

# top-level module of an optional library -> extra of pyproject.toml that installs it
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
    "onnxscript": "transformers-onnx",
    "dask": "dask",
    "distributed": "dask",
    "ray": "ray",
    "fastapi": "serve",
    "uvicorn": "serve",
    "prometheus_client": "serve",
    "mlflow": "mlflow",
    "pyspark": "spark",
}


def require(module: str, feature: str, extra: str | None = None) -> Any:
    """Import a module such as "matplotlib.pyplot", or name the extra that installs its library.

    `feature` is the subject of the error message, such as "as_frame=True". `extra` is for a library
    that several extras install.
    """
    library = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != library:
            raise  # the library is installed, but one of its own dependencies is not
        raise missing_error(feature, [library], extra or EXTRA_OF_MODULE[library]) from error


def missing_error(feature: str, libraries: Sequence[str], extra: str) -> MissingExtraError:
    """Make the error for missing libraries: which feature needs them, how to install them."""
    *others, last = map(repr, libraries)
    named = f"libraries {', '.join(others)} and {last}" if others else f"library {last}"
    are, them = ("are", "them") if others else ("is", "it")
    return MissingExtraError(
        f"{feature} needs the {named}, which {are} not installed. Install {them} with: pip "
        f'install "skmultitext[{extra}]"'
    )
