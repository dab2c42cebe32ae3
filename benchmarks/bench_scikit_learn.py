"""Quality and time of TfidfLogRegTagger as it comes beside scikit-learn's own parts.

    python benchmarks/bench_scikit_learn.py [PATH of GoEmotions]
    python benchmarks/bench_scikit_learn.py --smoke

scikit-learn: TF-IDF and logistic regression for each label, at a threshold of 0.5, and with a
TunedThresholdClassifierCV for each label, which maximises the F1 of that label in three folds.
Ours: the defaults with thresholds tuned in three folds for macro-F1 and for micro-F1. Scores are
those of the test part, seconds those of one fit with tuning.
"""

import argparse
import time

from _side_by_side import goemotions, print_figure, print_machine
from bench_ensembles import divided
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import TunedThresholdClassifierCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline

from skmultitext import TfidfLogRegTagger, TunedThresholdTaggerCV
from skmultitext.datasets import make_multilabel_text

FEATURES = {"ngram_range": (1, 2), "min_df": 10, "max_df": 0.5}
LEAST = 0.48  # macro-F1 of ours


def taggers():
    """Name -> what to fit."""
    classifier = LogisticRegression(C=2, max_iter=1000)
    tuned = TunedThresholdClassifierCV(classifier, scoring="f1", cv=3)
    ours = TfidfLogRegTagger(n_jobs=2, random_state=0)
    return {
        "at 0.5": make_pipeline(TfidfVectorizer(**FEATURES), OneVsRestClassifier(classifier)),
        "tuned for each label": make_pipeline(
            TfidfVectorizer(**FEATURES), MultiOutputClassifier(tuned, n_jobs=2)
        ),
        "ours": ours,
        **{
            f"ours, tuned, {objective}": TunedThresholdTaggerCV(
                ours, objective=objective, cv=3, random_state=0
            )
            for objective in ("f1_macro", "f1_micro")
        },
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", help="folder of GoEmotions")
    parser.add_argument("--smoke", action="store_true", help="small generated data")
    options = parser.parse_args()
    print_machine()
    if options.path and not options.smoke:
        train, test = (goemotions(options.path, split) for split in ("train", "test"))
        data = "GoEmotions"
    else:
        size = {"n_samples": 600, "n_labels": 4} if options.smoke else {"n_samples": 20_000}
        train, test = divided(make_multilabel_text(**size, random_state=0))
        data = "generated"
    TfidfLogRegTagger().fit(train.data[:2_000], train.target[:2_000])  # compiles the kernels
    scores = {}
    for name, tagger in taggers().items():
        start = time.perf_counter(), time.process_time()
        tagger.fit(train.data, train.target)
        seconds = time.perf_counter() - start[0], time.process_time() - start[1]
        predicted = tagger.predict(test.data)
        scores[name] = [
            f1_score(test.target, predicted, average=average, zero_division=0)
            for average in ("micro", "macro")
        ]
        print(
            f"{name:24} micro-F1 {scores[name][0]:.4f}, macro-F1 {scores[name][1]:.4f}, "
            f"fit {seconds[0]:.1f} s ({seconds[1]:.1f} s of this process)",
            flush=True,
        )
    shown = {name: " / ".join(f"{score:.3f}" for score in pair) for name, pair in scores.items()}
    tuned = "micro-F1 / macro-F1, thresholds tuned"
    for task, other, ours in (
        ("micro-F1 / macro-F1, threshold 0.5", "at 0.5", "ours"),
        (f"{tuned} for macro-F1", "tuned for each label", "ours, tuned, f1_macro"),
        (f"{tuned} for micro-F1", "tuned for each label", "ours, tuned, f1_micro"),
    ):
        print_figure(data, task, f"scikit-learn, {other}", shown[other], shown[ours])
    assert options.smoke or scores["ours, tuned, f1_macro"][1] > LEAST


if __name__ == "__main__":
    main()
