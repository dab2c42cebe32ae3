"""The solver and the tagger: ours beside scikit-learn's on the same data, in turn.

    python benchmarks/bench_linear.py [PATH of GoEmotions]
    python benchmarks/bench_linear.py --smoke

Parity is that of the objective which every label minimises, against a solution that went all
the way.
"""

import argparse
from functools import partial

import numpy as np
from _side_by_side import corpora, in_turn, print_machine
from joblib import Parallel, delayed
from sklearn.feature_extraction.text import TfidfVectorizer as PeerVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from skmultitext import MultilabelLogisticRegression, TfidfLogRegTagger
from skmultitext.feature_extraction import TfidfVectorizer

C = 2.0


def objective(coef, intercept, X, Y):
    """Sum over labels of what each minimises."""
    margins = (2 * Y - 1) * (X @ coef.T + intercept)
    penalty = 0.5 * ((coef**2).sum(axis=1) + intercept**2)
    return float((penalty + C * np.logaddexp(0, -margins).sum(axis=0)).sum())


def liblinear(X, Y):
    """scikit-learn's liblinear, dual, tol=0.1, one label a thread, two threads."""
    solver = partial(LogisticRegression, C=C, solver="liblinear", dual=True, tol=0.1)
    fits = Parallel(n_jobs=2, prefer="threads")(
        delayed(lambda j: solver().fit(X, Y[:, j]))(j) for j in range(Y.shape[1])
    )
    return np.vstack([f.coef_ for f in fits]), np.concatenate([f.intercept_ for f in fits])


def ours(X, Y, tol="auto"):
    """MultilabelLogisticRegression, two threads."""
    fitted = MultilabelLogisticRegression(C=C, tol=tol, n_jobs=2, random_state=0).fit(X, Y)
    return fitted.coef_, fitted.intercept_


def compare(name, corpus, settings, rounds, with_lbfgs):
    """Time the solvers on the same features, then texts to tagger."""
    X = TfidfVectorizer(**settings).fit_transform(corpus.data)
    Y = corpus.target
    varied = (Y.sum(axis=0) > 0) & (Y.sum(axis=0) < len(Y))
    Y = Y[:, varied]
    print(f"{name}: {X.shape[0]} texts, {X.shape[1]} features, {Y.shape[1]} labels")
    optimum = objective(*ours(X, Y, tol=1e-6), X, Y)
    tasks = {
        "scikit-learn liblinear dual, 2 threads": lambda: liblinear(X, Y),
        "skmultitext": lambda: ours(X, Y),
    }
    timed = in_turn(tasks, rounds)
    theirs = timed["scikit-learn liblinear dual, 2 threads"][0]
    for task, (seconds, solution) in timed.items():
        above = objective(*solution, X, Y) / optimum - 1
        print(f"  {task:42} {seconds:7.2f} s {seconds / theirs:6.2f} of liblinear's, "
              f"objective {above:.1e} above the optimum")  # fmt: skip
        assert above < 1e-5
    assert objective(*timed["skmultitext"][1], X, Y) / optimum - 1 < 1e-6

    peers = {"skmultitext": TfidfLogRegTagger(C=C, n_jobs=2, random_state=0, **settings)}
    if with_lbfgs:
        peers["scikit-learn pipeline, lbfgs"] = make_pipeline(
            PeerVectorizer(**settings),
            OneVsRestClassifier(LogisticRegression(C=C, max_iter=1000)),
        )
    fits = in_turn({n: partial(p.fit, corpus.data, Y) for n, p in peers.items()}, rounds)
    for task, (seconds, _) in fits.items():
        ratio = seconds / fits["skmultitext"][0]
        print(f"  texts to tagger, {task:30} {seconds:7.2f} s {ratio:6.1f}x ours")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", help="folder of GoEmotions")
    parser.add_argument("--smoke", action="store_true", help="small generated data")
    arguments = parser.parse_args()
    print_machine()
    settings = {"GoEmotions": {"ngram_range": (1, 2), "min_df": 10, "max_df": 0.5}}
    found = corpora(arguments.path, arguments.smoke)
    first = next(iter(found.values()))
    TfidfLogRegTagger().fit(first.data, first.target)  # compiles the kernels
    for name, corpus in found.items():
        compare(
            name,
            corpus,
            settings.get(name, {"ngram_range": (1, 2), "min_df": 3}),
            rounds=1 if arguments.smoke else 3,
            with_lbfgs=name == "GoEmotions",
        )


if __name__ == "__main__":
    main()
