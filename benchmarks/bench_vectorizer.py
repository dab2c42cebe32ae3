"""TF-IDF: ours beside scikit-learn's on the same texts, in turn, with parity of the matrix.

python benchmarks/bench_vectorizer.py [PATH of GoEmotions]
python benchmarks/bench_vectorizer.py --smoke
"""

import argparse
import resource
import subprocess
import sys

from _side_by_side import corpora, in_turn, print_machine
from sklearn.feature_extraction.text import TfidfVectorizer as PeerVectorizer

from skmultitext.feature_extraction import TfidfVectorizer, _fast_tfidf

SETTINGS = [
    {"ngram_range": (1, 2)},
    {"ngram_range": (1, 2), "min_df": 10, "max_df": 0.5},
    {"ngram_range": (1, 1)},
]


def compare(name, texts, settings, rounds):
    """Time fit_transform and transform of both, and check that the matrices agree."""
    ours, peer = TfidfVectorizer(**settings), PeerVectorizer(**settings)
    fits = in_turn(
        {
            "scikit-learn": lambda: peer.fit_transform(texts),
            "skmultitext": lambda: ours.fit_transform(texts),
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
    assert ours.get_feature_names_out().tolist() == peer.get_feature_names_out().tolist()
    for timed in (fits, transforms):
        assert abs(timed["scikit-learn"][1] - timed["skmultitext"][1]).max() < 1e-12
    shown = ", ".join(f"{key}={value}" for key, value in settings.items())
    for step, timed in (("fit_transform", fits), ("transform", transforms)):
        theirs, mine = timed["scikit-learn"][0], timed["skmultitext"][0]
        print(
            f"{name:12} {step:14} {theirs:7.3f} s {mine:7.3f} s {theirs / mine:6.1f}x  {shown}",
            flush=True,
        )


def print_peak_memory(path):
    """Peak memory of fit_transform above that of the texts, each in a process of its own."""
    for which in ("scikit-learn", "skmultitext"):
        arguments = [sys.executable, __file__, "--peak", which, *([path] if path else [])]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True)
        print(f"peak memory of fit_transform, {which}: {done.stdout.strip()} MB")


def peak(which, path):
    """Print by how many MB fit_transform of the last corpus raises this process's peak."""
    texts = list(corpora(path, smoke=False).values())[-1 if path is None else 0].data
    vectorizer = (PeerVectorizer if which == "scikit-learn" else TfidfVectorizer)(
        ngram_range=(1, 2)
    )
    vectorizer.fit_transform(texts[:2_000])  # loads and warms what is loaded once
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    vectorizer.fit_transform(texts)
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", help="folder of GoEmotions")
    parser.add_argument("--smoke", action="store_true", help="small generated data")
    parser.add_argument("--peak", choices=["scikit-learn", "skmultitext"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peak:
        return peak(arguments.peak, arguments.path)
    if _fast_tfidf.kernels() is None:
        sys.exit('numba is not installed: pip install "skmultitext[fast]"')
    print_machine()
    print(f"{'':27} {'scikit-learn':>9} {'ours':>6}  ratio")
    found = corpora(arguments.path, arguments.smoke)
    warm = next(iter(found.values())).data
    TfidfVectorizer().fit(warm).transform(warm)  # compiles the kernels
    for name, corpus in found.items():
        for settings in SETTINGS:
            compare(name, corpus.data, settings, rounds=1 if arguments.smoke else 5)
    if not arguments.smoke:
        print_peak_memory(arguments.path)


if __name__ == "__main__":
    main()
