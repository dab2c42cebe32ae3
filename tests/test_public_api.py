"""What `import skmultitext` offers, and what it must not do."""

import subprocess
import sys

import pytest

import skmultitext

# pandas is not in this list: scikit-learn's own utilities load it where it is installed
HEAVY = ("tensorflow", "keras", "torch", "transformers", "matplotlib", "numba")


def run(code, *arguments, **kwargs):
    """Run code in a fresh interpreter and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        **kwargs,
    )
    return done.stdout


@pytest.mark.parametrize("name", skmultitext.__all__)
def test_every_public_name_loads(name):
    assert getattr(skmultitext, name) is not None
    assert name in dir(skmultitext)


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
            f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
        )
        return float(run(code))

    # best of several, alternating: other load on the machine only ever adds
    times = [(seconds("sklearn.linear_model"), seconds("skmultitext")) for _ in range(7)]
    peer, ours = (min(column) for column in zip(*times, strict=True))
    assert ours < 1.2 * peer
