"""What `import skmultitext` offers, and what it must not do."""

import math
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import skmultitext

# pandas is not in this list: scikit-learn's own utilities load it where it is installed
HEAVY = ("tensorflow", "keras", "torch", "transformers", "matplotlib", "numba")
PACKAGE = Path(skmultitext.__file__).parent
PARTS = [path.relative_to(PACKAGE.parent).with_suffix("").parts for path in PACKAGE.rglob("*.py")]
# the modules that no underscore marks as private, packages by their own name
PUBLIC_MODULES = sorted(
    ".".join(parts).removesuffix(".__init__")
    for parts in PARTS
    if not any(part.startswith("_") and part != "__init__" for part in parts)
)


def run(code, *arguments, **kwargs):
    """Run code in a fresh interpreter and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
        **kwargs,
    )
    return done.stdout


@pytest.mark.parametrize("name", skmultitext.__all__)
def test_every_public_name_loads(name):
    assert getattr(skmultitext, name) is not None
    assert name in dir(skmultitext)


@pytest.mark.parametrize("name", PUBLIC_MODULES)
def test_tab_completion_shows_no_foreign_names(name):
    """A module needs `__all__`, and a `__dir__` that returns it."""
    try:
        module = import_module(name)
    except ImportError as error:
        pytest.skip(f"needs an optional library: {error}")
    shown = {entry for entry in dir(module) if not entry.startswith("_")}
    below = {other.removeprefix(f"{name}.") for other in PUBLIC_MODULES if other.startswith(name)}
    assert shown <= {*getattr(module, "__all__", []), *below}
    assert all(hasattr(module, entry) for entry in shown)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'skmultitext' has no attribute 'Tager'"):
        skmultitext.Tager  # noqa: B018


def test_import_loads_no_optional_library():
    code = (
        "import sys, skmultitext, skmultitext.datasets, skmultitext.metrics, "
        "skmultitext.model_selection, skmultitext.display\n"
        "skmultitext.TfidfLogRegTagger\n"
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    assert run(code).strip() == "[]"


def test_import_has_no_side_effect(tmp_path):
    code = """
import logging, os, random, sys, sklearn.linear_model
import numpy as np
np.random.seed(1); random.seed(1)
numpy_state, python_state = np.random.get_state()[1].tobytes(), random.getstate()
levels = {name: logging.getLogger(name).level for name in (None, "sklearn", "skmultitext")}
import skmultitext
skmultitext.TfidfLogRegTagger
assert np.random.get_state()[1].tobytes() == numpy_state
assert random.getstate() == python_state
assert levels == {name: logging.getLogger(name).level for name in levels}
print(os.listdir("."))
"""
    assert run(code, cwd=tmp_path).strip() == "[]"


@pytest.mark.slow
def test_import_takes_little_more_than_scikit_learns_linear_models():
    def seconds(module):
        code = (
            f"import gc, time; gc.disable(); start = time.thread_time(); import {module}\n"
            "print(time.thread_time() - start)"
        )
        return float(run(code))

    # processor time, the best of several, in turn: other load on the machine only ever adds
    best = dict.fromkeys(("sklearn.linear_model", "skmultitext.linear", "skmultitext"), math.inf)
    for _ in range(30):
        best = {module: min(least, seconds(module)) for module, least in best.items()}
        peer, taggers, package = best.values()
        if taggers < 1.3 * peer and package < 0.05:
            break
    assert taggers < 1.3 * peer
    assert package < 0.05  # it loads its parts on first use
