"""The benchmark runs from end to end on small models."""

from pathlib import Path

import pytest
from script_runs import run

pytest.importorskip("torch")
pytest.importorskip("transformers")

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_benchmark():
    printed = run(ROOT / "benchmarks" / "bench_transformer.py", "--smoke", OMP_NUM_THREADS="1")
    for words in ("step, float32", "x Trainer with dynamic padding", "times as fast", "adds"):
        assert words in printed
