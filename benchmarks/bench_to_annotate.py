"""Choosing documents to label: F1 after 500, 1,000 and 2,000 documents, beside random.

    python benchmarks/bench_to_annotate.py ../shared/data/goemotions
    python benchmarks/bench_to_annotate.py --smoke

The pool are the training documents of GoEmotions. The first 200 are chosen at random, the same in
each way; then a hundred at a time, with a linear tagger fitted on all that are labelled. F1 is that
of the test documents; in each way the thresholds are tuned on the dev documents, for the micro and
for the macro average. Ways: `to_annotate`, random, the sum of the entropies of the labels, and Li
and Guo's product of separation margin and inconsistency of label cardinality. With
``--labels`` of rare emotions most documents have none.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
from _side_by_side import goemotions, print_machine, words_tagger
from scipy.special import entr, logit
from sklearn.metrics import f1_score

from skmultitext.datasets import make_multilabel_text
from skmultitext.inspection import to_annotate
from skmultitext.thresholds import search_thresholds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", type=Path, help="folder of GoEmotions")
    parser.add_argument("--smoke", action="store_true", help="small generated data")
    parser.add_argument("--labels", help="take these labels alone: anger,fear")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--ways", default="to_annotate,random", help="or entropy, li_guo")
    options = parser.parse_args()
    print_machine()
    if options.smoke or options.path is None:
        corpus = make_multilabel_text(900, n_labels=4, random_state=0)
        parts = [(corpus.data[i : i + 300], corpus.target[i : i + 300]) for i in (0, 300, 600)]
        first, batch, marks, n_seeds = 40, 20, (60, 100), 1
    else:
        read = [goemotions(options.path, name) for name in ("train", "dev", "test")]
        names = list(read[0].target_names)
        kept = [names.index(name) for name in (options.labels or ",".join(names)).split(",")]
        parts = [(part.data, part.target[:, kept]) for part in read]
        first, batch, marks, n_seeds = 200, 100, (500, 1000, 2000), options.seeds
    means = {}
    for way in options.ways.split(","):
        start = time.process_time()
        scores = np.array(
            [label_some(way, parts, seed, first, batch, marks) for seed in range(n_seeds)]
        )
        means[way] = scores.mean(axis=0)
        spread = scores.std(axis=0, ddof=1) if n_seeds > 1 else np.zeros(means[way].shape)
        for mark, (micro, macro), (s1, s2) in zip(marks, means[way], spread, strict=True):
            print(f"{way:12} {mark:5} micro {micro:.3f} ({s1:.3f}) macro {macro:.3f} ({s2:.3f})")
        print(f"{way:12} {(time.process_time() - start) / n_seeds:.1f} s of processor", flush=True)
    if not options.smoke and {"to_annotate", "random"} <= set(means):
        assert (means["to_annotate"][1:] > means["random"][1:]).all()


def label_some(way, parts, seed, first, batch, marks):
    """Label documents batch by batch; return (micro, macro) at each mark."""
    (texts, y), dev, test = parts
    texts = np.array(texts, dtype=object)
    rng = np.random.default_rng(seed)
    known, scores = rng.permutation(len(texts))[:first], []
    while len(known) < marks[-1]:
        tagger = fitted(texts[known], y[known])
        rest = np.setdiff1d(np.arange(len(texts)), known)
        chosen = choose(way, tagger, texts[rest], y[known], batch, rng)
        known = np.append(known, rest[chosen])
        if len(known) in marks:
            scores.append(evaluate(fitted(texts[known], y[known]), dev, test))
    return scores


def fitted(texts, y):
    """Fit the tagger, without the warnings of labels that have no document yet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return words_tagger(C=10.0, sublinear_tf=True, random_state=0).fit(texts, y)


def choose(way, tagger, pool, y_known, k, rng):
    """Choose k documents of the pool."""
    if way == "random":
        return rng.permutation(len(pool))[:k]
    if way == "to_annotate":
        return to_annotate(tagger, pool, k, random_state=int(rng.integers(2**31))).documents
    p = tagger.predict_proba(pool)
    if way == "entropy":
        return np.argsort(-(entr(p) + entr(1 - p)).sum(axis=1), kind="stable")[:k]
    z, given = logit(p), p > 0.5
    lowest = np.where(given, z, np.inf).min(axis=1, where=given, initial=np.inf)
    highest = np.where(given, -np.inf, z).max(axis=1)
    gap = np.where(np.isinf(lowest), 0.0, lowest) - highest
    cardinality = np.abs(given.sum(axis=1) - y_known.sum(axis=1).mean())
    return np.argsort(-np.sqrt(cardinality / np.maximum(gap, 1e-3)), kind="stable")[:k]


def evaluate(tagger, dev, test):
    """Micro and macro F1 of the test documents, each with thresholds for it."""
    proba = [tagger.predict_proba(texts) for texts, _ in (dev, test)]
    scores = []
    for average in ("micro", "macro"):
        thresholds, _ = search_thresholds(dev[1], proba[0], f"f1_{average}")
        given = proba[1] > thresholds
        scores.append(f1_score(test[1], given, average=average, zero_division=0))
    return scores


if __name__ == "__main__":
    main()
