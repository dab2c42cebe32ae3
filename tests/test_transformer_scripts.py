"""The benchmark and the example run from end to end on small models."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("pandas")

import transformer_toys as toys

ROOT = Path(__file__).parents[1]
LABELS = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]


def run(*arguments):
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_benchmark():
    printed = run("benchmarks/bench_transformer.py", "--smoke")
    for words in ("step, float32", "x Trainer with dynamic padding", "times as fast", "adds"):
        assert words in printed


@pytest.mark.slow
def test_toxic_comments(tmp_path):
    texts, y = toys.make_texts(120, n_labels=5)
    with (tmp_path / "train.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "comment_text", *LABELS])
        for i, (text, row) in enumerate(zip(texts, y, strict=True)):
            writer.writerow([f"{i:016x}", text, *row, int(row[0] and row[1])])
    printed = run(
        "examples/toxic_comments.py",
        tmp_path / "train.csv",
        *("--checkpoint", toys.checkpoint(), "--epochs", 1, "--max-length", 64),
    )
    lines = printed.splitlines()
    assert lines[0].split() == [
        "exact",
        "match",
        "binary",
        "accuracy",
        "log",
        "loss",
        "average",
        "precision",
    ]
    assert [line.split()[0] for line in lines[1:4]] == ["dummy", "TF-IDF", "transformer"]
    assert all(float(value) >= 0 for line in lines[1:4] for value in line.split()[1:])
    assert [line.split()[0] for line in lines[5:]] == LABELS
