"""Global random generators are seen to move."""

import subprocess
import sys

import pytest

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
    def _fit_engine(self, *args):
        {SEEDING[library]}
        return super()._fit_engine(*args)
try:
    CHECKS["check_global_generators"].run(Subject(Seeds()))
except CheckFailedError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, cwd=tmp_path
    )
    if done.stderr.strip().endswith("absent"):
        pytest.skip(f"{library} is not installed")
    assert done.returncode == 0, done.stderr
    assert f"'{library}'" in done.stdout
