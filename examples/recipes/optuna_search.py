"""Search with Optuna: a trial is scored fold by fold, and given up where it falls behind."""

import optuna

from skmultitext import TfidfLogRegTagger, TunedThresholdTaggerCV
from skmultitext.datasets import load_support_tickets
from skmultitext.metrics import get_scorer
from skmultitext.model_selection import MultilabelStratifiedKFold, multilabel_train_test_split


def score(trial, texts, y):
    """Return the mean micro-F1 of a tagger with the parameters of a trial, over three folds."""
    tagger = TfidfLogRegTagger(
        loss=trial.suggest_categorical("loss", ["log_loss", "squared_hinge"]),
        C=trial.suggest_float("C", 0.05, 20.0, log=True),
        ngram_range=(1, trial.suggest_int("longest_ngram", 1, 2)),
        random_state=0,
    )
    scorer, found = get_scorer("f1_micro"), []
    for fold, (train, test) in enumerate(MultilabelStratifiedKFold(3).split(texts, y)):
        tagger.fit([texts[i] for i in train], y[train])
        found.append(scorer(tagger, [texts[i] for i in test], y[test]))
        trial.report(sum(found) / len(found), fold)
        if trial.should_prune():
            raise optuna.TrialPruned
    return sum(found) / len(found)


def main():
    """Search on three quarters of the tickets, and score the best tagger on the rest."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    tickets = load_support_tickets()
    texts, test_texts, y, test_y = multilabel_train_test_split(
        tickets.data, tickets.target, test_size=0.25, random_state=0
    )
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=0),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5),
    )
    study.optimize(lambda trial: score(trial, texts, y), n_trials=20)
    best = dict(study.best_params)
    best["ngram_range"] = (1, best.pop("longest_ngram"))
    tagger = TunedThresholdTaggerCV(
        TfidfLogRegTagger(**best, random_state=0), objective="f1_micro", random_state=0
    ).fit(texts, y)
    print("best", best)
    print(f"micro-F1 {study.best_value:.3f} on folds")
    print(f"micro-F1 {get_scorer('f1_micro')(tagger, test_texts, test_y):.3f} on unseen tickets")


if __name__ == "__main__":
    main()
