"""The gain of tuned thresholds on GoEmotions, with bootstrap intervals.

Run: python examples/goemotions_thresholds.py PATH
PATH is a folder with train.tsv.gz, test.tsv.gz (text, label indices, comment id) and labels.txt.
Thresholds are tuned on the training part alone, in three stratified folds.
"""

import sys
from pathlib import Path

from skmultitext import TfidfLogRegTagger, TunedThresholdTaggerCV
from skmultitext.datasets import read_label_column_csv
from skmultitext.metrics import compare_taggers


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


def main(folder):
    train, test = read(folder, "train"), read(folder, "test")
    tagger = TfidfLogRegTagger(
        C=2,
        loss="log_loss",
        sublinear_tf=False,
        token_pattern=r"(?u)\b\w\w+\b",
        min_df=10,
        max_df=0.5,
        ngram_range=(1, 2),
        n_jobs=2,
        random_state=0,
    )
    probabilities, thresholds = {}, {}
    for objective in ("f1_macro", "f1_micro"):
        tuned = TunedThresholdTaggerCV(tagger, objective=objective, cv=3, random_state=0)
        tuned.fit(train.data, train.target)
        probabilities[f"tuned, {objective}"] = tuned.predict_proba(test.data)
        thresholds[f"tuned, {objective}"] = tuned.thresholds_
    probabilities = {"threshold 0.5": probabilities["tuned, f1_macro"], **probabilities}
    thresholds["threshold 0.5"] = 0.5
    print(
        compare_taggers(
            probabilities,
            test.target,
            threshold=thresholds,
            reference="threshold 0.5",
            label_names=test.target_names,
            random_state=0,
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
