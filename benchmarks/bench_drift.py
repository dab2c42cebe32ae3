"""Scores estimated without labels: how often their intervals hold the true scores.

    python benchmarks/bench_drift.py ../shared/data/goemotions
    python benchmarks/bench_drift.py --smoke

A linear tagger with tuned thresholds is fitted to the training documents of GoEmotions. The others
are halved at random many times. `compare_corpora` gets one half with its labels, and of the other
half, without labels, all documents or some: of a random label mix (the log odds of being chosen
have a standard normal deviate for each label), the longest or shortest third, or those of which
the tagger is less certain. Each row: the share of 95 % intervals that hold the true score, the mean
error of the estimate, and the mean width of the intervals.
"""

import argparse
from pathlib import Path

import numpy as np
from _side_by_side import goemotions, print_machine, words_tagger
from sklearn.base import BaseEstimator

from skmultitext import TunedThresholdTaggerCV
from skmultitext.datasets import make_multilabel_text
from skmultitext.inspection import compare_corpora
from skmultitext.metrics import get_scorer


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", type=Path, help="folder of GoEmotions")
    parser.add_argument("--smoke", action="store_true", help="small generated data")
    parser.add_argument("--runs", type=int, default=100, help="random halves of each kind")
    options = parser.parse_args()
    print_machine()
    if options.smoke or options.path is None:
        corpus = make_multilabel_text(1500, n_labels=4, random_state=0)
        texts, y = np.array(corpus.data, dtype=object), corpus.target
        training = texts[:500].tolist(), y[:500]
        texts, y, n_runs = texts[500:], y[500:], 5
    else:
        training, *others = (goemotions(options.path, name) for name in ("train", "dev", "test"))
        texts = np.array([text for part in others for text in part.data], dtype=object)
        y = np.vstack([part.target for part in others])
        training, n_runs = (training.data, training.target), options.runs
    tagger = TunedThresholdTaggerCV(
        words_tagger(C=2.0, sublinear_tf=True, random_state=0), random_state=0
    ).fit(*training)
    outputs = Outputs(tagger, texts)
    print(
        f"{len(texts)} documents, {n_runs} runs; held, error, width of micro, macro, exact, label"
    )
    for kind in ("random halves", "small", "label mix", "long", "short", "uncertain"):
        rng = np.random.default_rng(0)
        found = np.array([one_run(kind, outputs, texts, y, rng) for _ in range(n_runs)])
        held, error, width = found.mean(axis=0).T
        cells = zip(held, error, width, strict=True)
        print(f"{kind:14}", *(f"{a:.2f} {b:+.3f} {c:.3f} |" for a, b, c in cells), flush=True)
        if kind == "random halves":
            assert held.min() >= 0.85 or options.smoke


class Outputs(BaseEstimator):
    """A tagger of row numbers, so that each document is tagged once."""

    def __init__(self, tagger, texts):
        self.proba, self.given = tagger.predict_proba(texts), tagger.predict(texts)
        self.classes_ = [np.array([0, 1])] * self.given.shape[1]

    def fit(self, X, y):
        """Be an estimator."""

    def __sklearn_is_fitted__(self):
        return True

    def predict(self, X):
        """Decisions of rows."""
        return self.given[X[:, 0]]

    def predict_proba(self, X):
        """Probabilities of rows."""
        return self.proba[X[:, 0]]


def one_run(kind, outputs, texts, y, rng):
    """Whether the intervals hold, errors and widths: (4, 3)."""
    before, now = np.array_split(rng.permutation(len(texts)), 2)
    if kind == "small":
        before, now = before[: len(before) // 10], now[: len(now) // 5]
    elif kind == "label mix":
        weight = np.exp(y[now] @ rng.standard_normal(y.shape[1]))
        now = rng.choice(now, len(now) // 2, replace=False, p=weight / weight.sum())
    elif kind in ("long", "short"):
        length = np.array([len(text) for text in texts[now]])
        order = np.argsort(-length if kind == "long" else length, kind="stable")
        now = now[order[: len(now) // 3]]
    elif kind == "uncertain":
        weight = np.exp(-2 * outputs.proba[now].max(axis=1))
        now = rng.choice(now, len(now) // 2, replace=False, p=weight / weight.sum())
    seed = int(rng.integers(2**31))
    found = compare_corpora(
        outputs, before[:, None], now[:, None], y_before=y[before], random_state=seed
    )
    rows = []
    for name, row in found.scores.items():
        true = get_scorer(name)(outputs, now[:, None], y[now])
        width = row["high"] - row["low"]
        rows.append([row["low"] <= true <= row["high"], row["now"] - true, width])
    given = outputs.given[now]
    true = 2 * (given & y[now]).sum(axis=0) / np.maximum(given.sum(axis=0) + y[now].sum(axis=0), 1)
    label = found.label_scores
    held = (label["low"] <= true + 1e-12) & (true <= label["high"] + 1e-12)
    rows.append([held.mean(), (label["now"] - true).mean(), (label["high"] - label["low"]).mean()])
    return rows


if __name__ == "__main__":
    main()
