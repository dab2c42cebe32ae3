"""The linear baseline on GoEmotions, compared with scikit-learn's pipeline in the same run.

Run: python examples/goemotions_baseline.py PATH [ROUNDS]
PATH is a folder with train.tsv.gz, test.tsv.gz (text, label indices, comment id) and labels.txt.
Each fit is timed ROUNDS times (3).
"""

import sys
import time
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger
from skmultitext.datasets import read_label_column_csv
from skmultitext.metrics import get_scorer

SCORERS = {
    "micro-F1": "f1_micro",
    "macro-F1": "f1_macro",
    "exact match": "exact_match",
    "Hamming loss": "neg_hamming_loss",
    "AP (macro)": "average_precision_macro",
}
SETTINGS = {"min_df": 10, "max_df": 0.5, "ngram_range": (1, 2)}
TOKENS = {"sublinear_tf": False, "token_pattern": r"(?u)\b\w\w+\b"}  # as in scikit-learn


def read(folder, split):
    """Read one split."""
    return read_label_column_csv(
        folder / f"{split}.tsv.gz",
        text_column=0,
        labels_column=1,
        id_column=2,
        header=False,
        label_indices=True,
        label_names=folder / "labels.txt",
    )


def fit_alternately(estimators, X, y, rounds):
    """Fit the estimators alternately, so that other load affects all; print median seconds."""
    seconds = {name: [] for name in estimators}
    for _ in range(rounds):
        for name, estimator in estimators.items():
            start = time.perf_counter()
            estimator.fit(X, y)
            seconds[name].append(time.perf_counter() - start)
    medians = {name: np.median(times) for name, times in seconds.items()}
    for name, median in medians.items():
        print(f"  {name:14}{median:7.2f} s")
    peer, ours = medians.values()
    print(f"  ratio {peer / ours:.2f}x")


def main(folder, rounds=3):
    train, test = read(folder, "train"), read(folder, "test")
    peer = OneVsRestClassifier(LogisticRegression(C=2, max_iter=1000))
    taggers = {
        "scikit-learn": make_pipeline(TfidfVectorizer(**SETTINGS), peer),
        "skmultitext": TfidfLogRegTagger(
            C=2, loss="log_loss", n_jobs=2, random_state=0, **SETTINGS, **TOKENS
        ),
    }
    print("fit, texts to tagger:")
    fit_alternately(taggers, train.data, train.target, rounds)

    print("fit, classifier alone on the same features:")
    features = taggers["scikit-learn"][0].transform(train.data)
    classifiers = {
        "scikit-learn": OneVsRestClassifier(LogisticRegression(C=2, max_iter=1000)),
        "skmultitext": MultilabelLogisticRegression(C=2, n_jobs=2, random_state=0),
    }
    fit_alternately(classifiers, features, train.target, rounds)

    print("on the test split, threshold 0.5:")
    print(" " * 16 + "".join(f"{name:>14}" for name in SCORERS))
    for name, tagger in taggers.items():
        scores = [get_scorer(scorer)(tagger, test.data, test.target) for scorer in SCORERS.values()]
        print(f"  {name:14}" + "".join(f"{abs(score):14.4f}" for score in scores))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
