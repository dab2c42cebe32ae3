"""Peak memory of `fit_files` on files of different lengths.

    python benchmarks/bench_fit_files.py [--tagger linear|han|transformer] [--smoke]

Writes files of 100,000 and of 1,000,000 lines (with --smoke 2,000 and 20,000) into a temporary
folder, fits a tagger on each in a separate process, networks for one epoch, and compares the peaks
of resident memory; then the same with `predict_files`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

WANTED_MB = 300
N_LABELS = 8

CHECKPOINTS = Path(__file__).parents[1] / "examples" / "reproductions"

MAKE = {
    "linear": """
from skmultitext import TfidfLogRegTagger
tagger, options = TfidfLogRegTagger(n_jobs=2), {}
""",
    "han": """
from skmultitext.neural.han import KerasHANTagger
tagger = KerasHANTagger(
    encoder, embedding_dim=32, units=16, batch_size=256, max_epochs=1, early_stopping=False,
    random_state=0,
)
""",
    # two layers: the memory that grows is that of the documents
    "transformer": """
sys.path.append(checkpoints)
from _checkpoints import small_checkpoint
import torch
from skmultitext.transformer.tagger import TransformerTagger
torch.set_num_threads(1)  # threads that wait for each other cost more than two small layers
words = [f"label{k} w{k}" for k in range(300)]
small_checkpoint(f"{folder}/checkpoint", "bert", words, vocabulary_size=1000)
tagger = TransformerTagger(
    f"{folder}/checkpoint", max_length=32, batch_size=64, max_epochs=1, monitor="f1_micro",
    learning_rate=1e-3, random_state=0,
)
""",
}

START = """
import json, resource, sys, time
folder, encoder, checkpoints = sys.argv[1:]
options = {"validation": (f"{folder}/dev.txt", f"{folder}/dev.labels")}
"""

FIT = """
start = time.perf_counter()
tagger.fit_files(f"{folder}/train.txt", f"{folder}/train.labels", **options)
fitted, peak = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
n = tagger.predict_files(f"{folder}/train.txt", f"{folder}/predicted")
print(json.dumps({
    "fit_mb": peak / 1024, "fit_s": fitted - start,
    "told": tagger.history_[-1] if hasattr(tagger, "history_") else tagger.rounds_,
    "predict_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "predict_s": time.perf_counter() - fitted, "n_predicted": n,
}))
"""


def write(folder, n_lines):
    """Write texts of Zipf-distributed words whose first word determines the labels."""
    rng = np.random.RandomState(0)
    words = np.array([f"w{k}" for k in range(30_000)])
    share = 1 / np.arange(1, len(words) + 1)
    share /= share.sum()
    for name, n in (("train", n_lines), ("dev", 2_000)):
        with open(folder / f"{name}.txt", "w") as texts, open(folder / f"{name}.labels", "w") as y:
            for start in range(0, n, 10_000):
                count = min(10_000, n - start)
                labels = rng.rand(count, N_LABELS) < 0.2
                ends = np.cumsum(rng.geometric(0.08, count))
                drawn = words[rng.choice(len(words), ends[-1], p=share)].tolist()
                for row, a, b in zip(labels, [0, *ends[:-1]], ends, strict=True):
                    marks = [f"label{j}" for j in np.flatnonzero(row)]
                    texts.write(" ".join(marks + drawn[a:b]) + "\n")
                    y.write(",".join("01"[int(given)] for given in row) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tagger", default="han", choices=tuple(MAKE))
    parser.add_argument("--encoder", default="mean", choices=("han", "bigru", "cnn", "mean"))
    parser.add_argument("--smoke", action="store_true", help="few lines, nothing asserted")
    arguments = parser.parse_args()
    sizes = (2_000, 20_000) if arguments.smoke else (100_000, 1_000_000)
    script = START + MAKE[arguments.tagger] + FIT
    peaks = []
    for n_lines in sizes:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), n_lines)
            size = (Path(folder) / "train.txt").stat().st_size / 2**20
            done = subprocess.run(
                [sys.executable, "-c", script, folder, arguments.encoder, str(CHECKPOINTS)],
                stdout=subprocess.PIPE,
                stderr=None if not arguments.smoke else subprocess.PIPE,
                text=True,
                check=True,
            )
            found = json.loads(done.stdout.splitlines()[-1])
            assert found["n_predicted"] == n_lines
            with open(Path(folder) / "predicted") as lines:
                assert sum(1 for _ in lines) == n_lines
        peaks.append((found["fit_mb"], found["predict_mb"]))
        told = ", ".join(
            f"{name} {found['told'][name]:.3g}"
            for name in ("loss", "n_rounds", "gap")
            if name in found["told"]
        )
        print(
            f"{n_lines:9,} lines ({size:.0f} MB of text): fit_files {found['fit_s']:.0f} s, peak "
            f"{found['fit_mb']:.0f} MB, {told}; then predict_files "
            f"{found['predict_s']:.0f} s, peak {found['predict_mb']:.0f} MB",
            flush=True,
        )
    more = [large - small for small, large in zip(*peaks, strict=True)]
    print(f"the larger file takes {more[0]:.0f} MB more to fit, {more[1]:.0f} MB with predicting")
    print(f"wanted: at most {WANTED_MB} MB")
    assert arguments.smoke or max(more) <= WANTED_MB


if __name__ == "__main__":
    main()
