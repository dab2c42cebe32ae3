"""Scale: growth with texts and labels, a corpus larger than memory, ten thousand labels.

    python benchmarks/bench_scale.py [PART ...] [--texts N] [--plot FILE] [--smoke]

Parts, by default all; each runs in a separate process, whose peak memory (resident set) is printed:

growth
    Seconds of fit with 1, 2, 4, 8 times the texts, and the labels. --plot draws them.
stream
    Online learning on a stream of generated texts (--texts, default 2,000,000) of 60 words with
    20 labels, hashed into 2**20 features, in less than 2,000 MiB; on its start, compared with
    scikit-learn's MultiOutputClassifier(SGDClassifier), alternately on the same batches.
labels
    20,000 texts with 10,000 labels: fit with pruned weights, then prediction of 10,000 texts in
    less than 1,000 MiB; compared with the same tagger with other bounds for pruning.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import joblib
import numpy as np
import scipy.sparse as sp
from _side_by_side import in_turn, print_machine, words_tagger
from sklearn.base import clone
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import f1_score
from sklearn.multioutput import MultiOutputClassifier

from skmultitext import MultilabelLogisticRegression
from skmultitext.datasets import make_multilabel_text
from skmultitext.feature_extraction import TfidfVectorizer

PARTS = ("growth", "stream", "labels", "dense")
STREAM_LIMIT, PREDICTION_LIMIT = 2_000, 1_000  # MiB
PRUNE = 0.1


def peak():
    """Return the largest resident set of this process so far, in MiB."""
    try:  # of this program alone; ru_maxrss begins with that of the process that started it
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def batch(number, size, **shape):
    """Generate one batch of a corpus."""
    return make_multilabel_text(
        size, topic_random_state=0, random_state=number + 1, return_X_y=True, **shape
    )


def growth(arguments):
    """Time fits with increasing numbers of texts and labels."""
    # large enough that even the first dual variables do not fit into the caches of the processor
    n_texts, n_labels = (400, 2) if arguments.smoke else (20_000, 16)
    texts, Y = make_multilabel_text(
        8 * n_texts, n_labels=8 * n_labels, labels_per_text=4, random_state=0, return_X_y=True
    )
    X = TfidfVectorizer(min_df=3).fit_transform(texts)
    Y = Y[:, np.random.RandomState(0).permutation(Y.shape[1])]  # common and rare ones mixed
    tagger = MultilabelLogisticRegression(C=10.0, n_jobs=2, random_state=0)
    factors = (1, 2, 4, 8)
    more_texts = {
        f: lambda f=f: clone(tagger).fit(X[: f * n_texts], Y[: f * n_texts, :n_labels])
        for f in factors
    }
    more_labels = {
        f: lambda f=f: clone(tagger).fit(X[:n_texts], Y[:n_texts, : f * n_labels]) for f in factors
    }
    more_texts[1]()  # compiles
    rounds = 1 if arguments.smoke else 3
    table = {
        f"texts, 1x = {n_texts}, {n_labels} labels": in_turn(more_texts, rounds),
        f"labels, 1x = {n_labels}, {n_texts} texts": in_turn(more_labels, rounds),
    }
    print("fit, seconds" + " " * 26 + "".join(f"{f:>6}x" for f in factors))
    seconds = {}
    for name, timed in table.items():
        seconds[name] = [timed[f][0] for f in factors]
        print(f"{name:38}" + "".join(f"{s:7.2f}" for s in seconds[name]))
        ratios = np.divide(seconds[name], seconds[name][0])
        print(f"{'  times the first':38}" + "".join(f"{ratio:7.2f}" for ratio in ratios))
        passes = [timed[f][1].n_iter_.mean() for f in factors]
        print(f"{'  passes over the rows':38}" + "".join(f"{n:7.1f}" for n in passes))
    if arguments.plot:
        draw(factors, seconds, arguments.plot)


def draw(factors, seconds, path):
    """Plot seconds by size, with a straight line through the first point."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for axes, (name, values) in zip(panels, seconds.items(), strict=True):
        axes.plot(factors, values, "o-", label="fit")
        axes.plot(factors, np.array(factors) * values[0], "--", color="gray", label="linear")
        what, _, rest = name.partition(", ")
        axes.set(xlabel=f"times the {what} ({rest})", ylabel="seconds", ylim=(0, None))
        axes.set_xticks(factors)
        axes.legend()
    figure.savefig(path, dpi=120)
    print(f"plot: {path}")


def stream(arguments):
    """Learn from a stream of batches."""
    size, shape = 5_000, {"n_labels": 20, "n_words": 60, "vocabulary_size": 50_000}
    n_features, n_texts = 2**20, arguments.texts
    if arguments.smoke:
        size, n_features, n_texts = 500, 2**12, 2_000
    n_batches = -(-n_texts // size)
    hashing = HashingVectorizer(n_features=n_features)
    held_out, truth = batch(-1, size, **shape)
    held_out = hashing.transform(held_out)

    def micro_f1(tagger):
        return f1_score(truth, tagger.predict(held_out), average="micro", zero_division=0)

    tagger = MultilabelLogisticRegression(C=10.0, n_jobs=2)
    seconds = dict.fromkeys(("generate", "hash", "learn"), 0.0)
    start = time.perf_counter()
    for number in range(n_batches):
        marks = [time.perf_counter()]
        texts, Y = batch(number, size, **shape)
        marks.append(time.perf_counter())
        X = hashing.transform(texts)
        marks.append(time.perf_counter())
        tagger.partial_fit(X, Y)
        marks.append(time.perf_counter())
        for step, taken in zip(seconds, np.diff(marks), strict=True):
            seconds[step] += taken
        if number + 1 in (1, 10, 100, n_batches):
            print(f"  {(number + 1) * size:9} texts: micro-F1 {micro_f1(tagger):.3f}, "
                  f"peak {peak():5.0f} MiB", flush=True)  # fmt: skip
    total = time.perf_counter() - start
    parts = ", ".join(f"{step} {s:.0f}" for step, s in seconds.items())
    print(f"stream of {n_batches * size} texts x {shape['n_labels']} labels, {n_features} "
          f"features: {total:.0f} s ({parts}), peak {peak():.0f} MiB")  # fmt: skip
    assert peak() < STREAM_LIMIT

    start_of_stream = [batch(number, size, **shape) for number in range(min(n_batches, 4))]
    start_of_stream = [(hashing.transform(texts), Y) for texts, Y in start_of_stream]

    def learn(peer, **first):
        for X, Y in start_of_stream:
            peer.partial_fit(X, Y, **first)
        return peer

    peers = {
        "skmultitext": lambda: learn(MultilabelLogisticRegression(C=10.0, n_jobs=2)),
        "scikit-learn SGD": lambda: learn(
            MultiOutputClassifier(SGDClassifier(loss="log_loss", alpha=1e-6, random_state=0)),
            classes=[[0, 1]] * shape["n_labels"],
        ),
    }
    scores = {}
    with joblib.parallel_config("threading", n_jobs=2):
        timed = in_turn(peers, 1 if arguments.smoke else 3)
    for name, (taken, peer) in timed.items():
        scores[name] = micro_f1(peer)
        print(f"  the first {len(start_of_stream) * size} texts, {name:18}: {taken:6.2f} s, "
              f"micro-F1 {scores[name]:.3f}")  # fmt: skip
    assert scores["skmultitext"] > scores["scikit-learn SGD"] - 0.01


def many_labels(smoke):
    """Generate texts with very many labels: texts and sparse y for training and for testing."""
    sizes, n_labels, size = ((20_000, 10_000), 10_000, 5_000)
    if smoke:
        sizes, n_labels, size = (2_500, 500), 100, 500
    parts = []
    for n_texts in sizes:
        texts, Y = [], []
        for _ in range(n_texts // size):
            some, target = batch(
                len(parts) * 100 + len(Y), size, n_labels=n_labels, labels_per_text=8,
                n_words=60, vocabulary_size=20_000,
            )  # fmt: skip
            texts += some
            Y.append(sp.csr_array(target))
        parts += [texts, sp.vstack(Y, format="csr")]
    return parts


def precision_at(labels, truth):
    """Return the share of the listed labels that are true."""
    rows = np.arange(len(labels))[:, None]
    return float(truth.tocsr()[rows, labels].toarray().mean())


def labels(arguments):
    """Fit with pruned weights in this process, predict in a new process."""
    texts, Y, held_out, truth = many_labels(arguments.smoke)
    before, start = peak(), time.perf_counter()
    tagger = words_tagger(C=10.0, prune=PRUNE, n_jobs=2, random_state=0).fit(texts, Y)
    taken = time.perf_counter() - start
    coef = tagger.coef_
    print(f"fit: {len(texts)} texts x {Y.shape[1]} labels x {coef.shape[1]} features: "
          f"{taken:.0f} s, peak {peak():.0f} MiB ({before:.0f} with the data alone)")  # fmt: skip
    stored = (coef.data.nbytes + coef.indices.nbytes + coef.indptr.nbytes) / 2**20
    print(f"weights: {coef.nnz} of {np.prod(coef.shape)}, {stored:.0f} MiB instead of "
          f"{np.prod(coef.shape) / 2**17:.0f} MiB")  # fmt: skip
    path = Path(arguments.folder) / "labels.joblib"
    joblib.dump((tagger, held_out, truth), path)
    run_part("predict", arguments)


def predict(arguments):
    """Predict with the tagger of `labels`."""
    tagger, texts, truth = joblib.load(Path(arguments.folder) / "labels.joblib")
    before, start = peak(), time.perf_counter()
    given = tagger.predict(texts)
    middle = time.perf_counter()
    top, _ = tagger.predict_topk(texts, 5)
    end = time.perf_counter()
    assert sp.issparse(given)
    print(f"predict: {given.shape[0]} texts x {given.shape[1]} labels: {middle - start:.1f} s, "
          f"predict_topk {end - middle:.1f} s, "
          f"peak {peak():.0f} MiB ({before:.0f} before)")  # fmt: skip
    print(f"prune={tagger.prune}: precision@5 {precision_at(top, truth):.4f}, "
          f"micro-F1 {f1_score(truth, given, average='micro'):.4f}")  # fmt: skip
    assert peak() < PREDICTION_LIMIT


def dense(arguments):
    """Fit with all weights; then drop increasing numbers of them, as `prune` does."""
    texts, Y, held_out, truth = many_labels(arguments.smoke)
    tagger = words_tagger(C=10.0, n_jobs=2, random_state=0).fit(texts, Y)
    whole = tagger.coef_
    print(f"all weights: peak {peak():.0f} MiB")
    for bound in (0.0, 0.01, 0.03, PRUNE, 0.3, 1.0):
        rows, columns = np.nonzero(abs(whole) > bound)
        coef = sp.csr_array((whole[rows, columns], (rows, columns)), whole.shape)
        tagger.classifier_.coef_ = coef if bound else whole
        top, _ = tagger.predict_topk(held_out, 5)
        score = f1_score(truth, tagger.predict(held_out), average="micro")
        print(f"  weights above {bound:4}: {coef.nnz / whole.size:8.3%} of them, "
              f"precision@5 {precision_at(top, truth):.4f}, micro-F1 {score:.4f}")  # fmt: skip


def run_part(part, arguments):
    """Run a part in a separate process."""
    command = [sys.executable, __file__, part, "--texts", str(arguments.texts)]
    command += ["--inside", arguments.folder]
    command += ["--smoke"] if arguments.smoke else []
    command += ["--plot", arguments.plot] if arguments.plot else []
    print(f"-- {part}", flush=True)
    subprocess.run(command, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--texts", type=int, default=2_000_000, help="length of the stream")
    parser.add_argument("--plot", help="file for the plot of growth")
    parser.add_argument("--smoke", action="store_true", help="small data")
    parser.add_argument("--inside", dest="folder", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.folder:
        {f.__name__: f for f in (growth, stream, labels, predict, dense)}[arguments.parts[0]](
            arguments
        )
        return
    print_machine()
    with tempfile.TemporaryDirectory() as arguments.folder:
        for part in arguments.parts or PARTS:
            run_part(part, arguments)


if __name__ == "__main__":
    main()
