"""Choose PyTorch or TensorFlow, load it on first use, and keep transformers quiet."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from .._runtime.generators import isolated_python_generators
from .._runtime.optional import missing_error, require
from .._runtime.threads import SharedSetting, ignored_warnings
from ..exceptions import MissingExtraError

__all__ = [
    "FRAMEWORKS",
    "load_engine",
    "load_torch",
    "load_transformers",
    "quiet_transformers",
]

FRAMEWORKS = ("auto", "torch", "tensorflow")

_FEATURE = "TransformerTagger"


def load_engine(framework: str) -> ModuleType:
    """Load the engine of a framework."""
    if framework == "auto":
        framework = next((f for f in ("torch", "tensorflow") if _is_installed(f)), "")
        if not framework:
            raise MissingExtraError(
                f"{_FEATURE} needs PyTorch or TensorFlow, and neither is installed. Install one "
                f'with: pip install "skmultitext[transformers]" (PyTorch) or pip install '
                f'"skmultitext[transformers-tf]" (TensorFlow)'
            )
    if framework == "torch":
        load_transformers(_FEATURE)
        load_torch(_FEATURE)
        return import_module(".torch._engine", __package__)
    missing = [m for m in ("transformers", "tensorflow", "keras_hub") if not _is_installed(m)]
    if missing:
        feature = f"{_FEATURE} with framework='tensorflow'"
        raise missing_error(feature, missing, "transformers-tf")
    load_transformers(_FEATURE)
    return import_module(".keras._engine", __package__)


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ValueError:  # a module without a spec in sys.modules
        return False


def load_torch(feature: str) -> ModuleType:
    """Import torch."""
    with isolated_python_generators():
        return require("torch", feature)


def load_transformers(feature: str) -> ModuleType:
    """Import transformers."""
    with isolated_python_generators():
        return require("transformers", feature)


@contextmanager
def _silence() -> Iterator[None]:
    logging = load_transformers("TransformerTagger").utils.logging
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        # deprecations inside these libraries do not concern users of a tagger
        with ignored_warnings(r"transformers(\.|$)", r"accelerate(\.|$)"):
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


_quiet = SharedSetting(_silence)


def quiet_transformers() -> SharedSetting:
    """Silence reports and progress bars of transformers while any thread is inside."""
    return _quiet
