"""The Kaggle toxic-comment comparison: dummy, TF-IDF, transformer.

Usage: python examples/toxic_comments.py train.csv [--checkpoint DIRECTORY] [--rows N]

The CSV has the columns id, comment_text, toxic, severe_toxic, obscene, threat, insult,
identity_hate. Prints exact match, binary accuracy, log loss and average precision side by side;
saves the transformer, loads it again, and scores one comment with its latency.
"""

import argparse
import os
import tempfile
import time

import joblib
import pandas as pd
from sklearn.dummy import DummyClassifier

from skmultitext import TfidfLogRegTagger
from skmultitext.metrics import get_scorer
from skmultitext.model_selection import multilabel_train_test_split
from skmultitext.transformer.tagger import TransformerTagger

SCORES = {
    "exact match": ("exact_match", 1),
    "binary accuracy": ("neg_hamming_loss", None),
    "log loss": ("neg_log_loss", -1),
    "average precision": ("average_precision_macro", 1),
}


def read(path, n_rows):
    """Read the CSV: a list of comments and a DataFrame of labels."""
    table = pd.read_csv(path, nrows=n_rows)
    labels = table.drop(columns=["id", "comment_text"])
    return table["comment_text"].fillna("").tolist(), labels


def evaluate(model, texts, y):
    """Compute the scores of a fitted model."""
    found = {}
    for title, (name, sign) in SCORES.items():
        value = get_scorer(name)(model, texts, y)
        # the Hamming loss is the share of wrong cells, so 1 minus it is the binary accuracy
        found[title] = 1 + value if sign is None else sign * value
    return found


def main(argv=None):
    """Fit the three models and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("csv")
    parser.add_argument("--checkpoint", default="distilbert-base-uncased")
    parser.add_argument("--rows", type=int, default=None, help="read only the first rows")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--max-length", type=int, default=200)
    options = parser.parse_args(argv)
    texts, labels = read(options.csv, options.rows)
    train, test, y_train, y_test = multilabel_train_test_split(
        texts, labels, test_size=0.2, random_state=0
    )
    models = {
        "dummy": DummyClassifier(strategy="prior"),
        "TF-IDF": TfidfLogRegTagger(random_state=0),
        "transformer": TransformerTagger(
            options.checkpoint,
            max_length=options.max_length,
            max_epochs=options.epochs,
            random_state=0,
        ),
    }
    table = {}
    for name, model in models.items():
        model.fit(train, y_train if name != "dummy" else y_train.to_numpy())
        table[name] = evaluate(model, test, y_test.to_numpy())
    print(pd.DataFrame(table).T.round(4).to_string())

    with tempfile.TemporaryDirectory() as directory:
        file = os.path.join(directory, "tagger.joblib")
        joblib.dump(models["transformer"], file)
        tagger = joblib.load(file)
    start = time.perf_counter()
    (proba,) = tagger.predict_proba(test[:1])
    milliseconds = 1e3 * (time.perf_counter() - start)
    print(f"one comment, reloaded, {milliseconds:.1f} ms:")
    for name, value in zip(tagger.label_names_, proba, strict=True):
        print(f"  {name:15} {value:.3f}")


if __name__ == "__main__":
    main()
