"""The Kaggle toxic comments: plots of the data; scores of a dummy, TF-IDF and DistilBERT.

    python examples/reproductions/toxic_comments.py [train.csv] [--checkpoint DIRECTORY]
        [--plots DIR]

The article reports exact match, binary accuracy and average precision (macro): TF-IDF 0.919,
0.981, 0.631; DistilBERT 0.922, 0.984, 0.672, and a loss of 0.046. The script prints ours, saves the
transformer, loads it again, and scores one comment with its latency. Plots: lengths of the
comments, frequencies of the labels, and their correlations.
"""

import argparse
import tempfile
import time
from pathlib import Path

import _comments
from sklearn.dummy import DummyClassifier

import skmultitext
from skmultitext import TfidfLogRegTagger, TransformerTagger
from skmultitext.metrics import get_scorer
from skmultitext.model_selection import multilabel_train_test_split

SCORERS = ("exact_match", "neg_hamming_loss", "neg_log_loss", "average_precision_macro")


def evaluate(model, texts, y):
    """Compute exact match, binary accuracy, log loss and average precision."""
    exact, hamming, log_loss, ap = (get_scorer(name)(model, texts, y) for name in SCORERS)
    return exact, 1 + hamming, -log_loss, ap


def draw(comments, max_length, folder):
    """Draw lengths, label frequencies and correlations."""
    from skmultitext.display import (
        LabelCooccurrenceDisplay,
        LabelFrequencyDisplay,
        TextLengthDisplay,
    )

    names = {"label_names": comments.target_names}
    displays = {
        "lengths": TextLengthDisplay.from_texts(comments.data, max_length=max_length),
        "labels": LabelFrequencyDisplay.from_labels(comments.target, **names),
        "correlation": LabelCooccurrenceDisplay.from_labels(
            comments.target, statistic="correlation", **names
        ),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, display in displays.items():
        display.figure_.savefig(folder / f"{name}.png", dpi=150, bbox_inches="tight")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    _comments.add_arguments(parser)
    parser.add_argument("--checkpoint", help="directory or hub name, else a small one")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--max-length", type=int, default=200)
    parser.add_argument("--learning-rate", type=float, help="5e-5, or 2e-3 for the small one")
    parser.add_argument("--plots", type=Path, help="folder for the plots")
    options = parser.parse_args()
    comments = _comments.load(options)
    if options.plots:
        draw(comments, options.max_length, options.plots)
    train, test, y_train, y_test = multilabel_train_test_split(
        comments.data, comments.target, test_size=0.2, random_state=0
    )
    with tempfile.TemporaryDirectory() as folder:
        transformer = TransformerTagger(
            options.checkpoint or small(folder, train),
            # an average learns sooner from nothing
            head_params={"pooling": "cls" if options.checkpoint else "mean"},
            max_length=options.max_length,
            learning_rate=options.learning_rate or (5e-5 if options.checkpoint else 2e-3),
            max_epochs=1 if options.smoke else options.epochs,
            random_state=0,
        )
        models = {
            "dummy": DummyClassifier(strategy="prior"),
            "TF-IDF": TfidfLogRegTagger(random_state=0),
            "transformer": transformer,
        }
        print("             exact match  binary accuracy  log loss  average precision")
        for name, model in models.items():
            figures = evaluate(model.fit(train, y_train), test, y_test)
            print("{:11}{:13.3f}{:17.3f}{:10.3f}{:19.3f}".format(name, *figures))

        saved = Path(folder, "tagger")
        skmultitext.save(transformer, saved)
        tagger = skmultitext.load(saved)
    start = time.perf_counter()
    (proba,) = tagger.predict_proba(test[:1])
    milliseconds = 1e3 * (time.perf_counter() - start)
    print(f"one comment, reloaded, {milliseconds:.1f} ms:")
    for name, value in zip(comments.target_names, proba, strict=True):
        print(f"  {name:15} {value:.3f}")


def small(folder, texts):
    from _checkpoints import small_checkpoint

    return small_checkpoint(Path(folder, "checkpoint"), "distilbert", texts)


if __name__ == "__main__":
    main()
