"""Forged models: refused at load, or a model that answers; never a crash, a hang, or a NaN."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hand_forged_models import CASES as CASES_BY_HAND
from saved_models import MODELS

# of each test: `make fuzz` asks for more
CASES = int(os.environ.get("FUZZ_CASES", "0"))
SAMPLE, ALL = 150, 2600


def run(n_cases, *arguments):
    """Run cases in a child; return its lines about what became of them."""
    child = [sys.executable, str(Path(__file__).with_name("forged_models_run.py")), *arguments]
    done = subprocess.run(
        list(map(str, child)),
        capture_output=True,
        text=True,
        timeout=120 + 2 * n_cases,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if not line.endswith(" started")]
    report = f"died ({done.returncode}): {done.stdout[-300:]} {done.stderr[-2000:]}"
    assert len(lines) == n_cases, report
    return lines


def run_seeds(folder, first, last):
    """Run forged models of a range of seeds; return the lines about those that should not be."""
    lines = run(last - first, folder, first, last, ",".join(MODELS))
    good = ("refused |", "answered |")
    return [line for line in lines if not line.partition(" ")[2].startswith(good)]


def test_models_forged_by_hand(tmp_path):
    lines = run(len(CASES_BY_HAND), tmp_path / "model")
    assert [line for line in lines if " refused |" not in line] == []
    assert len(lines) > 20


@pytest.mark.slow
def test_forged_models(tmp_path):
    wrong = run_seeds(tmp_path / "model", 0, SAMPLE)
    assert not wrong, "\n".join(wrong)


@pytest.mark.fuzz
@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_many_forged_models(tmp_path, part):
    n = max(ALL, CASES) // 4
    wrong = run_seeds(tmp_path / "model", SAMPLE + part * n, SAMPLE + (part + 1) * n)
    assert not wrong, "\n".join(wrong)
