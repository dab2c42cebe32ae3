"""Planted label errors: how many of the most doubtful entries are errors.

    python benchmarks/bench_label_errors.py ../shared/data/goemotions
    python benchmarks/bench_label_errors.py --smoke

5% of the entries are flipped; or in each label 5% of the positives lose it and as many negatives
get it ("balanced"). Probabilities are those of a linear tagger, out of fold. Precision at n, n the
number of planted errors, of the order of `find_label_errors` and, where cleanlab is installed, of
cleanlab's orders of the same probabilities: its score of each label of each document, and its
issues per label, ranked by self-confidence. The corpora have errors of their own, which count as
wrong here.
"""

import argparse
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from _side_by_side import goemotions, print_machine, words_tagger
from sklearn.model_selection import cross_val_predict

from skmultitext.datasets import load_support_tickets, make_multilabel_text
from skmultitext.inspection import find_label_errors
from skmultitext.model_selection import MultilabelStratifiedKFold


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", type=Path, help="folder of GoEmotions")
    parser.add_argument("--smoke", action="store_true", help="small generated data")
    options = parser.parse_args()
    print_machine()
    if options.smoke:
        corpora = {"smoke": make_multilabel_text(600, n_labels=4, random_state=0)}
    else:
        corpora = {"support tickets": load_support_tickets()}
        if options.path is not None:
            corpora["GoEmotions"] = goemotions(options.path)
    for name, corpus in corpora.items():
        for seed in range(1 if options.smoke else 3):
            for kind in ("of all entries", "balanced"):
                planted = flips(corpus.target, kind, seed)
                found = precision(corpus, planted, seed)
                print(f"{name}, seed {seed}, {planted.sum()} errors {kind}: ", end="")
                print(", ".join(f"{key} {value:.3f}" for key, value in found.items()), flush=True)
                ours, *theirs = found.values()
                assert all(ours >= other for other in theirs)


def flips(y, kind, seed):
    """Choose entries to flip."""
    rng = np.random.default_rng(seed)
    if kind == "of all entries":
        return rng.random(y.shape) < 0.05
    chosen = np.zeros(y.shape, dtype=bool)
    for j in range(y.shape[1]):
        positive, negative = np.flatnonzero(y[:, j]), np.flatnonzero(y[:, j] == 0)
        n = max(1, round(0.05 * len(positive)))
        chosen[rng.choice(positive, n, replace=False), j] = True
        chosen[rng.choice(negative, n, replace=False), j] = True
    return chosen


def precision(corpus, planted, seed):
    """Precision at n of each order."""
    y = np.where(planted, 1 - corpus.target, corpus.target)
    folds = MultilabelStratifiedKFold(5, shuffle=True, random_state=seed)
    proba = cross_val_predict(words_tagger(C=2.0), corpus.data, y, cv=folds, method="predict_proba")
    n = int(planted.sum())
    audit = find_label_errors(
        y, proba, label_names=[str(j) for j in range(y.shape[1])], max_confidence=1.0
    )
    columns = audit.labels[:n].astype(int)
    found = {"ours": float(planted[audit.documents[:n], columns].mean())}
    return found | (theirs(y, proba, planted, n) if find_spec("cleanlab") else {})


def theirs(y, proba, planted, n):
    """Precision at n of cleanlab's orders."""
    from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class
    from cleanlab.multilabel_classification.rank import get_label_quality_scores_per_class

    sets = [np.flatnonzero(row).tolist() for row in y]
    scores = get_label_quality_scores_per_class(sets, proba)
    worst = np.argsort(scores, axis=None, kind="stable")[:n]
    listed, _, _ = find_multilabel_issues_per_class(
        sets, proba, return_indices_ranked_by="self_confidence"
    )
    issues = np.full(y.shape, np.inf)
    for j, rows in enumerate(listed):
        issues[rows, j] = scores[rows, j]
    best = np.argsort(issues, axis=None, kind="stable")[:n]
    best = best[np.isfinite(issues.ravel()[best])]
    return {
        "cleanlab's scores": float(planted.ravel()[worst].mean()),
        "cleanlab's issues": float(planted.ravel()[best].sum() / n),
    }


if __name__ == "__main__":
    main()
