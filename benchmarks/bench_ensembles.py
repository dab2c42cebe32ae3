"""Taggers alone, their votes, and chains, with thresholds tuned out of fold.

    python benchmarks/bench_ensembles.py ../shared/data/goemotions --part dev
    python benchmarks/bench_ensembles.py --smoke

Each row: micro-F1, macro-F1 and exact match on the part, and seconds and processor seconds of the
fit, with tuning in 5 folds. Then 95% intervals of the scores and of their differences to those of
the second tagger, over the same resamples of documents. Fitted weights take the folds of the
tuning, so that no member is fitted a second time. A chain is around the
second tagger, with which its exact match compares.
"""

import argparse
import time
import warnings
from pathlib import Path

from _side_by_side import goemotions, print_machine, words_tagger
from sklearn.utils import Bunch

from skmultitext import ChainTagger, TfidfLogRegTagger, TunedThresholdTaggerCV, VotingTagger
from skmultitext.datasets import load_support_tickets, make_multilabel_text
from skmultitext.exceptions import RareLabelWarning
from skmultitext.metrics import compare_taggers, exact_match, f1_score
from skmultitext.model_selection import multilabel_train_test_split

LOG_LOSS = {"loss": "log_loss", "random_state": 0}
MEMBERS = {
    "as it comes": TfidfLogRegTagger(random_state=0),
    "characters too": TfidfLogRegTagger(
        analyzer=("word", "char_wb"), ngram_range={"word": (1, 2), "char_wb": (2, 5)},
        min_df={"word": 1, "char_wb": 3}, **LOG_LOSS,
    ),
    "log loss": TfidfLogRegTagger(**LOG_LOSS),
}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", type=Path, help="folder of GoEmotions")
    parser.add_argument("--part", default="dev", choices=["dev", "test"], help="part to score")
    parser.add_argument("--objective", default="f1_macro", help="what thresholds are tuned for")
    parser.add_argument("--n-jobs", type=int, default=None, help="folds fitted at the same time")
    parser.add_argument("--smoke", action="store_true", help="small generated data")
    options = parser.parse_args()
    print_machine()
    corpora = {"support tickets": divided(load_support_tickets())}
    if options.smoke:
        generated = make_multilabel_text(400, n_words=15, n_labels=4, random_state=0)
        corpora = {"generated": divided(generated)}
    elif options.path is not None:
        parts = ("train", options.part)
        corpora["GoEmotions"] = tuple(goemotions(options.path, part) for part in parts)
    for name, (train, test) in corpora.items():
        print(f"\n{name}: {len(train.data)} and {len(test.data)} texts")
        print(f"{'':22}{'micro-F1':>10}{'macro-F1':>10}{'exact':>10}{'s':>9}{'cpu s':>9}")
        decisions = {
            kind: show(kind, tagger, train, test, options)
            for kind, tagger in taggers(options.smoke).items()
        }
        compared = compare_taggers(
            decisions,
            test.target,
            scoring=["f1_micro", "f1_macro", "exact_match"],
            reference=list(decisions)[1],
            n_bootstrap=100 if options.smoke else 1_000,
            random_state=0,
        )
        print(f"\n{compared}")


def divided(corpus):
    """Divide a corpus into a training and a test part."""
    texts, new_texts, y, new_y = multilabel_train_test_split(
        corpus.data, corpus.target, test_size=0.3, random_state=0
    )
    return Bunch(data=texts, target=y), Bunch(data=new_texts, target=new_y)


def taggers(smoke):
    """Name -> tagger to compare."""
    members = {"a": TfidfLogRegTagger(0.1), "b": TfidfLogRegTagger(1.0)} if smoke else MEMBERS
    first = next(iter(members.values()))
    single_words = words_tagger(10.0, random_state=0)
    return (
        {"single words": single_words}
        | members
        | {
            "votes, mean": VotingTagger(list(members.items())),
            "votes, fitted": VotingTagger(list(members.items()), weights="fit"),
            "chain": ChainTagger(first),
        }
    )


def show(kind, tagger, train, test, options):
    """Fit with tuned thresholds, print scores and seconds, and return the decisions."""
    tuned = TunedThresholdTaggerCV(
        tagger, objective=options.objective, n_jobs=options.n_jobs, random_state=0
    )
    wall, cpu = time.perf_counter(), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RareLabelWarning)
        tuned.fit(train.data, train.target)
    seconds = time.perf_counter() - wall, time.process_time() - cpu
    given = tuned.predict(test.data)
    scores = [
        *(f1_score(test.target, given, average=average) for average in ("micro", "macro")),
        exact_match(test.target, given),
    ]
    line = "".join(f"{score:10.4f}" for score in scores)
    print(f"{kind:22}{line}" + "{:9.1f}{:9.1f}".format(*seconds), flush=True)
    return given


if __name__ == "__main__":
    main()
