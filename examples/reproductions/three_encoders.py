"""BERT, XLNet and RoBERTa in PyTorch, and thresholds for micro-F1: a published notebook.

    python examples/reproductions/three_encoders.py [train.csv] [--checkpoints DIR DIR DIR]

The article holds out a stratified tenth for validation, keeping comments with a unique label set in
the training data; fine-tunes each encoder and prints the micro-F1 of each epoch; lists some
comments with their labels; and searches the threshold with the best micro-F1. Without checkpoints,
the script trains two-layer encoders from random weights, on generated comments.
"""

import argparse
import tempfile
from pathlib import Path

import _comments
import numpy as np

from skmultitext import TransformerTagger
from skmultitext.metrics import f1_score
from skmultitext.model_selection import multilabel_train_test_split
from skmultitext.thresholds import apply_thresholds, search_thresholds

ENCODERS = ("bert", "xlnet", "roberta")


def print_epoch(event):
    """Print the micro-F1 of an epoch."""
    if event.name == "epoch_end":
        values = event.values
        print(
            f"  epoch {event.epoch}: loss {values['loss']:.4f}, "
            f"validation micro-F1 {values['validation_f1_micro']:.4f}",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    _comments.add_arguments(parser)
    parser.add_argument("--checkpoints", nargs=3, metavar=tuple(ENCODERS), help="else small ones")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--learning-rate", type=float, help="2e-5, or 2e-3 for the small ones")
    options = parser.parse_args()
    comments = _comments.load(options)
    train, held, y_train, y_held = multilabel_train_test_split(
        comments.data, comments.target, test_size=0.1, random_state=0, singletons="train"
    )
    names = np.array(comments.target_names)
    for i, encoder in enumerate(ENCODERS):
        print(encoder)
        with tempfile.TemporaryDirectory() as folder:
            given = options.checkpoints and options.checkpoints[i]
            tagger = TransformerTagger(
                given or small(folder, encoder, train),
                framework="torch",
                # from nothing an average learns sooner
                head_params={"pooling": "cls" if given else "mean"},
                max_length=100,
                batch_size=16,
                learning_rate=options.learning_rate or (2e-5 if given else 2e-3),
                max_epochs=1 if options.smoke else options.epochs,
                monitor="f1_micro",
                callbacks=print_epoch,
                random_state=0,
            ).fit(train, y_train, validation_data=(held, y_held))
        proba = tagger.predict_proba(held)
        for row in np.flatnonzero(y_held.any(axis=1))[:3]:
            given_and_true = proba[row] > 0.5, y_held[row] == 1
            found, true = (", ".join(names[on]) for on in given_and_true)
            print(f"  {held[row][:40]!r:44} given: {found or 'none':20} true: {true}")
        # one threshold for all labels, of which some may be absent here: one column of all pairs
        pairs = y_held.reshape(-1, 1), proba.reshape(-1, 1)
        (threshold,), _ = search_thresholds(*pairs, "f1_micro")
        for cut in (0.5, threshold):
            decisions = apply_thresholds(proba, cut)
            score = f1_score(y_held, decisions, average="micro", undefined="zero")
            print(f"  threshold {cut:.3f}: validation micro-F1 {score:.4f}")


def small(folder, encoder, texts):
    from _checkpoints import small_checkpoint

    return small_checkpoint(Path(folder), encoder, texts)


if __name__ == "__main__":
    main()
