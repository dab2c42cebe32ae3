"""Defaults of TfidfLogRegTagger: today's, earlier ones, and other losses and values of C.

    python benchmarks/bench_defaults.py ../shared/data/goemotions --part dev
    python benchmarks/bench_defaults.py --smoke

Thresholds are tuned out of fold, for macro-F1 and, in a second fit, for micro-F1. Each row: with
the first thresholds micro-F1, macro-F1 and exact match, with the second micro-F1; micro-F1 at a
threshold of 0.5; log loss; processor seconds of one fit and of predictions for all texts of the
part; features. Of the bundled corpus and of generated long texts three tenths are scored.
"""

import argparse
import time
import warnings
from pathlib import Path

from _side_by_side import goemotions, print_machine, words_tagger
from bench_ensembles import divided
from sklearn.base import clone

from skmultitext import TfidfLogRegTagger, TunedThresholdTaggerCV
from skmultitext.datasets import load_support_tickets, make_multilabel_text
from skmultitext.exceptions import RareLabelWarning
from skmultitext.metrics import exact_match, f1_score, log_loss

TAGGERS = {
    "words, log loss, C=10": words_tagger(10.0, random_state=0),
    "log loss, C=2": TfidfLogRegTagger(loss="log_loss", random_state=0),
    "log loss, C=10": TfidfLogRegTagger(10.0, loss="log_loss", random_state=0),
    "squared hinge, C=0.1": TfidfLogRegTagger(random_state=0),
    "C=0.2": TfidfLogRegTagger(0.2, random_state=0),
    "C=1": TfidfLogRegTagger(1.0, random_state=0),
    "min_df=1": TfidfLogRegTagger(min_df=1, random_state=0),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", type=Path, help="folder of GoEmotions")
    parser.add_argument("--part", default="dev", choices=["dev", "test"], help="part to score")
    parser.add_argument("--only", nargs="*", choices=TAGGERS, help="rows to print")
    parser.add_argument("--smoke", action="store_true", help="small generated data")
    options = parser.parse_args()
    print_machine()
    if options.smoke:
        corpora = {
            "generated": divided(make_multilabel_text(400, n_words=15, n_labels=4, random_state=0))
        }
    else:
        long_texts = make_multilabel_text(
            6_000, n_labels=95, n_words=130, vocabulary_size=60_000, random_state=0
        )
        corpora = {
            "support tickets": divided(load_support_tickets()),
            "long texts": divided(long_texts),
        }
    if options.path is not None:
        corpora["GoEmotions"] = tuple(
            goemotions(options.path, part) for part in ("train", options.part)
        )
    names = options.only or TAGGERS
    for name, (train, test) in corpora.items():
        print(f"\n{name}: {len(train.data)} and {len(test.data)} texts")
        heads = ("micro", "macro", "exact", "micro*", "at 0.5", "log loss")
        print(f"{'':22}" + "".join(f"{head:>9}" for head in heads) + "  fit s  predict s  features")
        clone(TAGGERS["log loss, C=2"]).fit(train.data[:2_500], train.target[:2_500])  # compiles
        for kind in names:
            show(kind, TAGGERS[kind], train, test)


def show(kind, tagger, train, test):
    """Fit alone, and with thresholds tuned for two objectives; print scores and seconds."""
    start = time.process_time()
    alone = clone(tagger).fit(train.data, train.target)
    fitted = time.process_time() - start
    start = time.process_time()
    proba = alone.predict_proba(test.data)
    predicted = time.process_time() - start
    given = [tuned(tagger, objective, train, test) for objective in ("f1_macro", "f1_micro")]
    macro = {"average": "macro", "zero_division": 0}
    scores = (
        f1_score(test.target, given[0], average="micro"),
        f1_score(test.target, given[0], **macro),
        exact_match(test.target, given[0]),
        f1_score(test.target, given[1], average="micro"),
        f1_score(test.target, proba > 0.5, average="micro", zero_division=0),
        log_loss(test.target, proba),
    )
    line = "".join(f"{score:9.4f}" for score in scores)
    n_features = len(alone.get_feature_names_out())
    print(f"{kind:22}{line}{fitted:7.1f}{predicted:11.2f}{n_features:10}", flush=True)


def tuned(tagger, objective, train, test):
    """Decide with thresholds that were tuned out of fold on the training part."""
    wrapper = TunedThresholdTaggerCV(tagger, objective=objective, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RareLabelWarning)
        return wrapper.fit(train.data, train.target).predict(test.data)


if __name__ == "__main__":
    main()
