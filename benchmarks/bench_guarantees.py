"""Guarantees: how often a minimum is missed on new documents, and how many labels are given.

    python benchmarks/bench_guarantees.py ../shared/data/goemotions
    python benchmarks/bench_guarantees.py --smoke

The first form takes the folder of GoEmotions; the second uses small generated data. Dev and test
are pooled, and stand for all documents to come. Thresholds are found on samples of half as many,
drawn with replacement, and checked on the pool. MAPIE takes part if it is installed; it has one
threshold for all labels, its recall is the mean over documents, and a sample takes it seconds, so
that it gets one in twenty of them. Its CRC promises the minimum on average, as our "expectation".
"""

import argparse
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from _side_by_side import goemotions, print_machine, words_tagger

from skmultitext.datasets import make_multilabel_text
from skmultitext.thresholds._guarantees import (
    covering_threshold,
    precise_thresholds,
    recalling_shared_threshold,
    recalling_thresholds,
)

CONFIDENCE = 0.95
MIN_RECALL, MIN_PRECISION, MIN_COVERAGE = 0.7, 0.5, 0.8


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", type=Path, help="folder of GoEmotions")
    parser.add_argument("--smoke", action="store_true", help="small generated data")
    parser.add_argument("--resamples", type=int, default=1_000)
    parser.add_argument("--scores", type=Path, help="keep the probabilities in this npz file")
    arguments = parser.parse_args()
    if not arguments.smoke and arguments.path is None:
        parser.error("pass the folder of GoEmotions, or --smoke")
    n_resamples = 3 if arguments.smoke else arguments.resamples
    print_machine()
    truth, proba = read_scores(arguments)
    print_shares(truth, proba, n_resamples)


def read_scores(arguments):
    """Fit on train; return the labels and the probabilities of the other documents."""
    if arguments.scores is not None and arguments.scores.exists():
        stored = np.load(arguments.scores)
        return stored["truth"], stored["proba"]
    tagger = words_tagger(C=2, ngram_range=(1, 2), min_df=2, random_state=0)
    if arguments.smoke:
        texts, y = make_multilabel_text(1_600, n_labels=4, random_state=0, return_X_y=True)
        truth, proba = y[800:], tagger.fit(texts[:800], y[:800]).predict_proba(texts[800:])
    else:
        train, dev, test = (goemotions(arguments.path, part) for part in ("train", "dev", "test"))
        tagger.set_params(min_df=10).fit(train.data, train.target)
        truth = np.vstack([part.target for part in (dev, test)])
        proba = np.vstack([tagger.predict_proba(part.data) for part in (dev, test)])
    if arguments.scores is not None:
        np.savez(arguments.scores, truth=truth, proba=proba)
    return truth, proba


def print_shares(truth, proba, n_resamples):
    """Print the share of resamples that miss the minimum, and the labels given per document."""
    ways = {
        "each label, recall": by_label_recall,
        "all labels at once, recall": at_once_recall,
        "each label, precision": by_label_precision,
        "micro recall": micro_recall,
        "micro recall in expectation": partial(micro_recall, confidence="expectation"),
        "all labels of a document": coverage,
        "the same in expectation": partial(coverage, confidence="expectation"),
        "recall of documents, CRC by MAPIE": None,
        "recall of documents, RCPS by MAPIE": None,
    }
    if find_spec("mapie") is None:
        print("MAPIE is not installed; its rows are left out.")
    print(f"\n{'promise':38}{'samples':>8}{'missed':>8}{'reached':>9}{'labels a document':>20}")
    for name, way in ways.items():
        if way is None and find_spec("mapie") is None:
            continue
        rng, missed, reached, given = np.random.default_rng(0), [], [], []
        for _ in range(n_resamples if way is not None else -(-n_resamples // 20)):
            found, new = rng.integers(0, len(truth), len(truth) // 2), slice(None)
            if way is None:
                method = "crc" if "CRC" in name else "rcps"
                decided, is_missed, value = ask_mapie(method, truth, proba, found, new)
            else:
                decided, is_missed, value = way(truth, proba, found, new)
            missed.append(is_missed)
            reached.append(value)
            given.append(decided.sum(axis=1).mean())
        line = f"{name:38}{len(missed):8}{np.mean(missed):8.1%}{np.mean(reached):9.3f}"
        print(f"{line}{np.mean(given):20.2f}", flush=True)


def recall_of_labels(decided, truth):
    return (decided & (truth == 1)).sum(axis=0) / truth.sum(axis=0)


def by_label_recall(truth, proba, found, new, confidence=CONFIDENCE):
    """Find the share of labels below the minimum; labels always given cannot be."""
    thresholds = recalling_thresholds(truth[found], proba[found], MIN_RECALL, confidence, 0.0)
    decided = proba[new] > np.nan_to_num(thresholds, nan=0.0)
    recall = recall_of_labels(decided, truth[new])
    return decided, (recall < MIN_RECALL).mean(), recall.mean()


def at_once_recall(truth, proba, found, new):
    """Find whether any label is below the minimum."""
    confidence = 1 - (1 - CONFIDENCE) / truth.shape[1]
    decided, share, recall = by_label_recall(truth, proba, found, new, confidence)
    return decided, share > 0, recall


def by_label_precision(truth, proba, found, new):
    """Find the share of labels below the minimum; labels never given cannot be."""
    thresholds = precise_thresholds(truth[found], proba[found], MIN_PRECISION, CONFIDENCE, 0.0)
    decided = proba[new] > np.nan_to_num(thresholds, nan=1.0)
    hits, n_given = (decided & (truth[new] == 1)).sum(axis=0), decided.sum(axis=0)
    precision = hits[n_given > 0] / n_given[n_given > 0]
    return decided, (hits < MIN_PRECISION * n_given).mean(), precision.mean()


def micro_recall(truth, proba, found, new, confidence=CONFIDENCE):
    """Find whether the micro average is below the minimum."""
    threshold = recalling_shared_threshold(truth[found], proba[found], MIN_RECALL, confidence, 0.0)
    decided = proba[new] > threshold
    recall = (decided & (truth[new] == 1)).sum() / truth[new].sum()
    return decided, recall < MIN_RECALL, recall


def coverage(truth, proba, found, new, confidence=CONFIDENCE):
    """Find whether too few documents get all their labels."""
    threshold = covering_threshold(truth[found], proba[found], MIN_COVERAGE, confidence, 0.0)
    decided = proba[new] > threshold
    covered = (decided | (truth[new] == 0)).all(axis=1)[truth[new].any(axis=1)].mean()
    return decided, covered < MIN_COVERAGE, covered


def ask_mapie(method, truth, proba, found, new):
    """Find whether the mean recall of documents is below the minimum."""
    from mapie.risk_control import MultiLabelClassificationController

    options = {} if method == "crc" else {"confidence_level": CONFIDENCE, "rcps_bound": "wsr"}
    controller = MultiLabelClassificationController(
        lambda rows: proba[rows[:, 0]],
        risk="recall",
        method=method,
        target_level=MIN_RECALL,
        predict_params=np.arange(0, 0.25, 0.005),
        **options,
    )
    labelled = found[truth[found].sum(axis=1) > 0]
    controller.calibrate(labelled[:, None], truth[labelled])
    decided = proba[new] > controller.best_predict_param[0]
    kept = truth[new].sum(axis=1) > 0
    hits = (decided & (truth[new] == 1))[kept].sum(axis=1)
    recall = (hits / truth[new][kept].sum(axis=1)).mean()
    return decided, recall < MIN_RECALL, recall


if __name__ == "__main__":
    main()
