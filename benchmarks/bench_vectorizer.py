"""TF-IDF compared with scikit-learn's, alternately on the same texts; the matrices must agree.

    python benchmarks/bench_vectorizer.py [PATH of GoEmotions] [--pecos PYTHON] [--first]
    python benchmarks/bench_vectorizer.py --smoke

PYTHON is an interpreter that can import libpecos; its vectorizer is timed too (two threads). It
splits only at blanks and does not convert to lower case, so its features differ.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _side_by_side import corpora, in_turn, print_figure, print_machine
from sklearn.feature_extraction.text import TfidfVectorizer as PeerVectorizer

from skmultitext.feature_extraction import TfidfVectorizer, _fast_tfidf

SETTINGS = [
    {"ngram_range": (1, 2)},
    {"ngram_range": (1, 2), "min_df": 10, "max_df": 0.5},
    {"ngram_range": (1, 1)},
    {"ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"},
    {"ngram_range": (1, 2), "token_pattern": r"(?u)\w+|[^\w\s]"},
    {"ngram_range": (2, 4), "analyzer": "char"},
    {"ngram_range": (2, 5), "analyzer": "char_wb"},
]
RESET_PEAK = Path("/proc/self/clear_refs")  # of Linux; elsewhere no memory is measured
LEAST_RATIOS = {"fit_transform": 6.0, "transform": 8.0}  # unigrams gain less

PECOS = """
import json, statistics, sys, time
from pecos.utils.featurization.text.vectorizers import Tfidf
texts = json.load(open(sys.argv[1]))
fits, transforms = [], []
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    vectorizer = Tfidf.train(texts, {"ngram_range": (1, 2), "threads": 2})
    vectorizer.predict(texts, threads=2)
    middle = time.perf_counter()
    vectorizer.predict(texts, threads=2)
    fits.append(middle - start)
    transforms.append(time.perf_counter() - middle)
print(statistics.median(fits), statistics.median(transforms))
"""


def compare(name, texts, settings, rounds):
    """Time both, check that the matrices agree, and return the ratio of each step."""
    ours, peer = TfidfVectorizer(**settings), PeerVectorizer(**settings)

    def fit_and_spell():
        ours.fit_transform(texts)
        return ours.vocabulary_

    fits = in_turn(
        {
            "scikit-learn": lambda: peer.fit_transform(texts),
            "skmultitext": lambda: ours.fit_transform(texts),
            "with vocabulary_": fit_and_spell,
        },
        rounds,
    )
    transforms = in_turn(
        {
            "scikit-learn": lambda: peer.transform(texts),
            "skmultitext": lambda: ours.transform(texts),
        },
        rounds,
    )
    assert ours.vocabulary_ == peer.vocabulary_
    for timed in (fits, transforms):
        assert abs(timed["scikit-learn"][1] - timed["skmultitext"][1]).max() < 1e-12
    shown = ", ".join(f"{key}={value}" for key, value in settings.items())
    ratios = {}
    for step, timed, which in (
        ("fit_transform", fits, "skmultitext"),
        ("  + vocabulary_", fits, "with vocabulary_"),
        ("transform", transforms, "skmultitext"),
    ):
        theirs, mine = timed["scikit-learn"][0], timed[which][0]
        ratios[step] = theirs / mine
        print(
            f"{name:12} {step:15} {theirs:7.3f} s {mine:7.3f} s {theirs / mine:6.1f}x  {shown}",
            flush=True,
        )
        if settings == SETTINGS[0]:
            task = "TF-IDF (1,2), " + step.replace("  + ", "fit_transform and ")
            print_figure(name, task, "scikit-learn", theirs, mine)
    return ratios


def run_again(*arguments, **environment):
    """Run this file in a new process and return its output."""
    done = subprocess.run(
        [sys.executable, __file__, *arguments],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def in_megabytes(field):
    """Read a memory field of this process."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+) kB", status)[1]) / 1024


def peak(which, path):
    """Print by how many MB fit_transform increases the memory of this process."""
    texts = json.loads(Path(path).read_text())
    vectorizer = (PeerVectorizer if which == "scikit-learn" else TfidfVectorizer)(
        ngram_range=(1, 2)
    )
    vectorizer.fit_transform(texts[: len(texts) // 8])  # loads everything that is loaded once
    RESET_PEAK.write_text("5")
    before = in_megabytes("VmRSS")
    vectorizer.fit_transform(texts)
    print(f"{in_megabytes('VmHWM') - before:.0f}")


def first_call(path):
    """Print the seconds of the first fit_transform of a process."""
    texts = json.loads(Path(path).read_text())
    start = time.perf_counter()
    TfidfVectorizer(stop_words=["the"]).fit(texts).transform(texts)
    print(f"{time.perf_counter() - start:.1f}")


def in_fresh_processes(name, texts, pecos, rounds):
    """Print peak memory, cost of the first call, and PECOS's time; return the two peaks."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "texts.json")
        path.write_text(json.dumps(texts))
        peaks = None
        if RESET_PEAK.exists():
            peaks = [
                int(run_again("--peak", which, str(path)))
                for which in ("scikit-learn", "skmultitext")
            ]
            print(
                f"{name:12} peak memory of fit_transform above the texts: scikit-learn "
                f"{peaks[0]} MB, ours {peaks[1]} MB"
            )
        calls = [run_again("--first-call", str(path), NUMBA_CACHE_DIR=folder) for _ in range(2)]
        print(f"{name:12} first call: {calls[0]} s compiling, {calls[1]} s from numba's cache")
        if pecos:
            command = [pecos, "-c", PECOS, str(path), str(rounds)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            fit, transform = map(float, done.stdout.split())
            print(f"{name:12} PECOS: train and predict {fit:.3f} s, predict {transform:.3f} s")
    return peaks


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", help="folder of GoEmotions")
    parser.add_argument("--smoke", action="store_true", help="small generated data")
    parser.add_argument(
        "--first", action="store_true", help="only the first settings, without memory"
    )
    parser.add_argument("--pecos", metavar="PYTHON", help="interpreter that has libpecos")
    parser.add_argument("--peak", metavar="WHICH", help=argparse.SUPPRESS)
    parser.add_argument("--first-call", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peak:
        return peak(arguments.peak, arguments.path)
    if arguments.first_call:
        return first_call(arguments.path)
    if _fast_tfidf.kernels() is None:
        sys.exit('numba is not installed: pip install "skmultitext[fast]"')
    print_machine()
    print(f"{'':28} {'scikit-learn':>9} {'ours':>6}  ratio")
    found = corpora(arguments.path, arguments.smoke)
    warm = next(iter(found.values())).data
    TfidfVectorizer().fit(warm).transform(warm)  # compiles the kernels
    missed = []
    rounds = 1 if arguments.smoke else 5
    for name, corpus in found.items():
        for settings in SETTINGS[: 1 if arguments.first else None]:
            ratios = compare(name, corpus.data, settings, rounds)
            if settings["ngram_range"] != (1, 1):
                missed += [
                    f"{name}: {s} below {b}x with {settings}"
                    for s, b in LEAST_RATIOS.items()
                    if ratios[s] < b
                ]
        if not (arguments.smoke or arguments.first):
            peaks = in_fresh_processes(name, corpus.data, arguments.pecos, rounds)
            if peaks and peaks[1] >= peaks[0]:
                missed.append(f"{name}: peak memory above scikit-learn's")
    if missed and not arguments.smoke:
        sys.exit("Missed: " + "; ".join(missed))
    return None


if __name__ == "__main__":
    main()
