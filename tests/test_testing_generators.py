"""Global random generators are seen to move."""

import random
import subprocess
import sys

import numpy as np
import pytest

from skmultitext.testing._generators import generator_states, stirred_generators

SEEDING = {
    "random": "random.seed(7)",
    "torch": "torch.manual_seed(7)",
    "tensorflow": "tensorflow.random.set_seed(7)",
    "keras": "keras.utils.set_random_seed(7)",
}


@pytest.mark.slow
@pytest.mark.parametrize("library", SEEDING)
def test_global_seeds_of_other_libraries_are_seen(library, tmp_path):
    code = f"""
try:
    import random, {library}
except ImportError:
    raise SystemExit("absent")
from skmultitext import TfidfLogRegTagger
from skmultitext.testing._checks import CHECKS, CheckFailedError
from skmultitext.testing._subject import Subject
CHECKS["check_global_generators"].run(Subject(TfidfLogRegTagger()))
class Seeds(TfidfLogRegTagger):
    def _fit_engine(self, data):
        {SEEDING[library]}
        return super()._fit_engine(data)
try:
    CHECKS["check_global_generators"].run(Subject(Seeds()))
except CheckFailedError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, cwd=tmp_path
    )
    if done.stderr.strip().endswith("absent"):
        pytest.skip(f"needs {library}")
    assert done.returncode == 0, done.stderr
    assert f"'{library}'" in done.stdout


@pytest.mark.parametrize(
    ("name", "draw"),
    [
        ("random", random.random),
        ("numpy.random", lambda: np.random.random()),  # noqa: NPY002
    ],
    ids=["random", "numpy"],
)
def test_a_draw_moves_its_own_generator_only(name, draw):
    with stirred_generators():
        before = generator_states()
        assert generator_states() == before
        draw()
        after = generator_states()
    moved = {key for key in before if before[key] != after[key]}
    assert moved == {name}


def test_what_was_stirred_is_put_back_even_after_an_error():
    def stir_and_fail():
        with stirred_generators():
            assert generator_states()["random"] != before["random"]
            assert generator_states()["numpy.random"] != before["numpy.random"]
            raise ZeroDivisionError

    before = generator_states()
    with pytest.raises(ZeroDivisionError):
        stir_and_fail()
    assert generator_states() == before
