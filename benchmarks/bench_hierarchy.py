"""Labels that imply others: hierarchical F1 on GoEmotions, and the time of a large hierarchy.

    python benchmarks/bench_hierarchy.py ../shared/data/goemotions
    python benchmarks/bench_hierarchy.py --smoke

The first form takes the folder of GoEmotions. The second uses small generated data, so that a test
can run it in seconds.
"""

import argparse
import time
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from _side_by_side import goemotions, in_turn, print_machine, words_tagger
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skmultitext import HierarchicalTagger, TunedThresholdTaggerCV
from skmultitext.datasets import make_multilabel_text
from skmultitext.hierarchy import close_labels
from skmultitext.metrics import hierarchical_f1_score

# D. Demszky et al., "GoEmotions: A Dataset of Fine-Grained Emotions", ACL 2020, appendix
EKMAN = {
    "anger": "anger annoyance disapproval",
    "disgust": "disgust",
    "fear": "fear nervousness",
    "joy": "admiration amusement approval caring desire excitement gratitude joy love optimism "
    "pride relief",
    "sadness": "disappointment embarrassment grief remorse sadness",
    "surprise": "confusion curiosity realization surprise",
}
SENTIMENTS = {
    "positive": ["joy"],
    "negative": ["anger", "disgust", "fear", "sadness"],
    "ambiguous": ["surprise"],
}
HIGHEST_RATIO = 1.1  # time of predictions beside those of the wrapped estimator


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", type=Path, help="folder of GoEmotions")
    parser.add_argument("--smoke", action="store_true", help="small generated data")
    arguments = parser.parse_args()
    if not arguments.smoke and arguments.path is None:
        parser.error("pass the folder of GoEmotions, or --smoke")

    print_machine()
    if arguments.smoke:
        print_quality(*generated())
        print_times(n_samples=300, n_labels=50, rounds=2, highest=None)
    else:
        print_quality(*emotions(arguments.path))
        print_times(n_samples=20_000, n_labels=10_000, rounds=5, highest=HIGHEST_RATIO)


def emotions(folder):
    """Return the hierarchy, and (texts, label sets) of train, dev and test.

    A group has the name of an emotion with a prefix, because both occur: "ekman: anger" is above
    "anger" and "annoyance".
    """
    hierarchy = {
        emotion: f"ekman: {group}" for group, names in EKMAN.items() for emotion in names.split()
    }
    hierarchy |= {
        f"ekman: {group}": sentiment for sentiment, groups in SENTIMENTS.items() for group in groups
    }
    return hierarchy, *(_sets(goemotions(folder, split)) for split in ("train", "dev", "test"))


def generated():
    """Return a hierarchy, and (texts, label sets) of three parts of a small corpus."""
    bunch = make_multilabel_text(900, n_labels=6, random_state=0)
    names = list(bunch.target_names)
    hierarchy = {names[0]: "even", names[2]: "even", names[1]: "odd", "even": "any", "odd": "any"}
    texts, labels = _sets(bunch)
    return hierarchy, *((texts[i::3], labels[i::3]) for i in range(3))


def _sets(bunch):
    target = sp.csr_array(bunch.target)
    names = np.asarray(bunch.target_names, dtype=object)
    bounds = zip(target.indptr, target.indptr[1:], strict=False)
    return list(bunch.data), [tuple(map(str, names[target.indices[a:b]])) for a, b in bounds]


def print_quality(hierarchy, train, dev, test):
    """Print hierarchical F1 on test: thresholds of 0.5, tuned on dev, and out of fold."""
    print(f"\n{'hierarchical F1 on test':28}{'0.5':>8}{'dev':>8}{'folds':>8}")
    for name, make in taggers(hierarchy).items():
        fitted = make().fit(*as_labels(name, train, hierarchy))
        on_dev = TunedThresholdTaggerCV(fitted, objective="f1_micro", cv="prefit")
        on_dev.fit(*as_labels(name, dev, hierarchy))
        on_folds = TunedThresholdTaggerCV(make(), objective="f1_micro", random_state=0)
        on_folds.fit(*as_labels(name, train, hierarchy))
        scores = [
            hierarchical_f1_score(test[1], tagger.predict_labels(test[0]), hierarchy)
            for tagger in (fitted, on_dev, on_folds)
        ]
        print(f"{name:28}" + "".join(f"{score:8.4f}" for score in scores))
        for tagger in (fitted, on_dev, on_folds):
            if name != "flat, closed at the end":
                given = tagger.predict_labels(test[0])
                assert given == close_labels(given, hierarchy), f"{name}: not closed"


def taggers(hierarchy):
    """Name -> a function that makes a tagger."""

    def make():
        return words_tagger(C=2, ngram_range=(1, 2), min_df=2, random_state=0)

    return {
        "flat, closed at the end": make,
        "closed": lambda: HierarchicalTagger(make(), hierarchy),
        "conditional": lambda: HierarchicalTagger(make(), hierarchy, training="conditional"),
    }


def as_labels(name, part, hierarchy):
    """Close the labels, unless the tagger does not know the hierarchy."""
    texts, labels = part
    return texts, labels if name.startswith("flat") else close_labels(labels, hierarchy)


def random_hierarchy(n_labels, seed=0):
    """Make a directed acyclic graph: every label but the first tenth has one to three parents."""
    rng = np.random.RandomState(seed)
    first = max(n_labels // 10, 1)
    return {
        str(j): sorted({str(k) for k in rng.randint(0, j, rng.randint(1, 4))})
        for j in range(first, n_labels)
    }


def print_times(*, n_samples, n_labels, rounds, highest):
    """Print the processor time of predictions beside the wrapped tagger, in alternation."""
    rng = np.random.RandomState(0)
    hierarchy, names = random_hierarchy(n_labels), [str(j) for j in range(n_labels)]
    y = sp.csr_array(
        (
            np.ones(n_samples, dtype=np.int8),
            (range(n_samples), rng.randint(0, n_labels, n_samples)),
        ),
        shape=(n_samples, n_labels),
    )
    y = close_labels(y, hierarchy, label_names=names)
    texts, _ = make_multilabel_text(
        n_samples, n_labels=20, vocabulary_size=2_000, random_state=0, return_X_y=True
    )
    wrapped = words_tagger(10.0, max_iter=3, tol=1, random_state=0)
    tagger = HierarchicalTagger(clone(wrapped), hierarchy)
    few = slice(min(n_samples, 500))  # the time of predictions does not depend on the weights
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        wrapped.fit(texts[few], y[few])
        tagger.fit(texts[few], y[few])
    print(
        f"\n{n_samples:,} documents, {n_labels:,} labels, {y.nnz / n_samples:.1f} per document, "
        f"{sum(map(len, hierarchy.values())):,} edges"
    )
    print(f"{'':16}{'wrapped s':>10}{'tagger s':>10}{'ratio':>7}")
    ratios = {}
    for method in ("predict", "predict_proba"):
        tasks = {each: partial(getattr(each, method), texts) for each in (wrapped, tagger)}
        # processor time: it varies less than time on a clock
        (before, _), (after, found) = in_turn(tasks, rounds, time.process_time).values()
        ratios[method] = after / before
        print(f"{method:16}{before:10.2f}{after:10.2f}{after / before:7.2f}")
        assert not count_violations(found, hierarchy), f"{method}: a label exceeds a parent"
    slow = [f"{name} {ratio:.2f}" for name, ratio in ratios.items() if highest and ratio > highest]
    if slow:
        raise SystemExit(f"above {highest} times the wrapped tagger: {', '.join(slow)}")


def count_violations(found, hierarchy):
    """Count the documents and edges where a label exceeds its parent."""
    edges = [(int(child), int(p)) for child, parents in hierarchy.items() for p in parents]
    children, parents = np.array(edges).T
    n_violations = 0
    for start in range(0, found.shape[0], 500):
        block = found[start : start + 500]
        block = block.toarray() if sp.issparse(block) else block
        n_violations += int((block[:, children] > block[:, parents]).sum())
    return n_violations


if __name__ == "__main__":
    main()
