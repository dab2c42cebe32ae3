"""Code shared by the benchmarks: data, and alternating timings."""

import platform
import time
from datetime import date
from pathlib import Path

import numpy as np
import scipy
import sklearn

from skmultitext import TfidfLogRegTagger
from skmultitext.datasets import make_multilabel_text, read_label_column_csv

WORDS = {
    "loss": "log_loss", "ngram_range": (1, 1), "sublinear_tf": False, "min_df": 1,
    "token_pattern": r"(?u)\b\w\w+\b",
}  # fmt: skip


def words_tagger(C, **params):
    """Logistic regression on words as in scikit-learn's TfidfVectorizer."""
    return TfidfLogRegTagger(C, **{**WORDS, **params})


def goemotions(folder, split="train"):
    """Read one split of GoEmotions."""
    folder = Path(folder)
    return read_label_column_csv(
        folder / f"{split}.tsv.gz",
        text_column=0,
        labels_column=1,
        id_column=2,
        header=False,
        label_indices=True,
        label_names=folder / "labels.txt",
    )


def corpora(path, smoke):
    """Name -> corpus: GoEmotions if its folder is given, and long generated texts."""
    if smoke:
        return {"smoke": make_multilabel_text(3_000, n_labels=6, n_words=20, random_state=0)}
    found = {} if path is None else {"GoEmotions": goemotions(path)}
    found["long texts"] = make_multilabel_text(
        8_000, n_labels=95, n_words=130, vocabulary_size=60_000, random_state=0
    )
    return found


def in_turn(tasks, rounds, clock=time.perf_counter):
    """Run tasks alternately, so that load affects all; name -> (median seconds, last result)."""
    seconds = {name: [] for name in tasks}
    results = {}
    for _ in range(rounds):
        for name, task in tasks.items():
            start = clock()
            results[name] = task()
            seconds[name].append(clock() - start)
    return {name: (float(np.median(times)), results[name]) for name, times in seconds.items()}


def machine():
    """Tell the machine and the versions."""
    return (
        f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}, "
        f"scipy {scipy.__version__}, scikit-learn {sklearn.__version__}"
    )


def print_machine():
    """Print the machine, the versions and the date."""
    print(f"{machine()}, {date.today()}")


def print_figure(data, task, other, theirs, ours):
    """Print a row of docs/figures.json: two times in seconds, or two scores as they are shown."""
    times = ""
    if not isinstance(ours, str):
        times = theirs / ours
        times = f"{times:.0f}x" if times >= 9.95 else f"{times:.1f}x"
        theirs, ours = (
            f"{t:.0f} s" if t >= 9.995 else f"{t:.2f} s" if t >= 1 else f"{t:#.2g} s"
            for t in (theirs, ours)
        )
    print("figure", data, task, other, theirs, ours, times, sep="\t", flush=True)
