"""Train on GoEmotions, tune thresholds on its dev part, and score the test part.

    python examples/goemotions_han.py PATH [--encoder bigru] [--seed 0]

PATH is a folder with train.tsv.gz, dev.tsv.gz, test.tsv.gz and labels.txt. Prints micro- and
macro-F1 of the network, and of the TF-IDF tagger under the same tuning.
"""

import argparse
import os
import time
from pathlib import Path

from skmultitext import KerasHANTagger, TfidfLogRegTagger
from skmultitext.datasets import read_label_column_csv
from skmultitext.metrics import f1_score
from skmultitext.thresholds import apply_thresholds, search_thresholds


def read(folder, split):
    return read_label_column_csv(
        folder / f"{split}.tsv.gz",
        header=False,
        text_column=0,
        labels_column=1,
        id_column=2,
        label_indices=True,
        label_names=folder / "labels.txt",
    )


def report(name, tagger, fit, dev, test):
    """Fit, tune, score, print."""
    start = time.perf_counter()
    fit()
    seconds = time.perf_counter() - start
    thresholds, _ = search_thresholds(dev.target, tagger.predict_proba(dev.data), "f1_macro")
    decisions = apply_thresholds(tagger.predict_proba(test.data), thresholds)
    micro = f1_score(test.target, decisions, average="micro")
    macro = f1_score(test.target, decisions, average="macro")
    print(
        f"{name:8} micro-F1 {micro:.4f}  macro-F1 {macro:.4f}  "
        f"fitted in {seconds:.0f} s (load {os.getloadavg()[0]:.1f})",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--encoder", default="han", choices=("han", "bigru", "cnn", "mean"))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    train, dev, test = (read(arguments.path, split) for split in ("train", "dev", "test"))

    linear = TfidfLogRegTagger(
        3.0,
        loss="log_loss",
        min_df=1,
        ngram_range=(1, 2),
        sublinear_tf=True,
        token_pattern=r"\w+|[^\w\s]",
        random_state=0,
    )
    report("tfidf", linear, lambda: linear.fit(train.data, train.target), dev, test)
    network = KerasHANTagger(arguments.encoder, verbose=2, random_state=arguments.seed)
    held = (dev.data, dev.target)
    report(
        arguments.encoder,
        network,
        lambda: network.fit(train.data, train.target, validation_data=held),
        dev,
        test,
    )


if __name__ == "__main__":
    main()
