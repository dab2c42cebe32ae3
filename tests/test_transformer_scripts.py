"""The benchmark runs from end to end on small models."""

from pathlib import Path

import pytest
from script_runs import run

pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
pytest.importorskip("transformers", reason="needs transformers (extra 'transformers')")

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_benchmark():
    printed = run(ROOT / "benchmarks" / "bench_transformer.py", "--smoke", OMP_NUM_THREADS="1")
    words = ("x padded to 200", "x Trainer with dynamic padding", "bfloat16", "MB at the peak")
    for part in (*words, "times as fast as the pipeline at batch 8", "predict_proba adds", "p99"):
        assert part in printed


@pytest.mark.slow
def test_the_benchmark_compares_quality():
    benchmark = ROOT / "benchmarks" / "bench_transformer.py"
    printed = run(benchmark, "--smoke", "--quality", "64", OMP_NUM_THREADS="1")
    assert "macro-F1 of 64 held-out texts, ours" in printed
    assert "macro-F1 less Trainer's" in printed
