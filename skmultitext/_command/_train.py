"""Train a tagger, or tune the thresholds of a trained one."""

import sys
from argparse import ArgumentParser, Namespace
from contextlib import redirect_stdout
from typing import Any

from ._data import add_data_arguments, read_data
from ._models import load_model
from ._output import add_output_arguments, check_new, note
from ._parsing import Command, seed, whole_number
from ._settings import parameters_of, parse_settings

__all__ = ["COMMANDS"]

_TAGGERS = {
    "tfidf": "TfidfLogRegTagger",
    "han": "KerasHANTagger",
    "transformer": "TransformerTagger",
}
# those without parameters
OBJECTIVES = ("f1_macro", "f1_micro", "exact_match", "neg_hamming_loss", "youden")
_SCORES = ("f1_micro", "f1_macro", "exact_match")


def _add_train(parser: ArgumentParser) -> None:
    parser.add_argument("data", metavar="DATA", help="file of texts and labels")
    add_output_arguments(parser, "where to save the model: a folder or a .zip file", required=True)
    parser.add_argument("--tagger", choices=_TAGGERS, default="tfidf", help="default: tfidf")
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help="parameters of the tagger, such as C=5 ngram_range=1,2",
    )
    parser.add_argument(
        "--validation",
        metavar="DATA",
        help="file to score the model on; networks stop early by it, --tune uses it",
    )
    parser.add_argument(
        "--tune",
        metavar="OBJECTIVE",
        choices=OBJECTIVES,
        help=f"tune the thresholds for {', '.join(OBJECTIVES)}: on --validation, or on held-out "
        "folds of DATA",
    )
    parser.add_argument(
        "--cv",
        type=whole_number(2),
        metavar="N",
        help="folds: of --tune (default 5), or to score the tagger",
    )
    parser.add_argument("--seed", type=seed, default=0, help="default: 0")
    add_data_arguments(parser)


def _train(arguments: Namespace) -> None:
    import skmultitext

    from ..thresholds import TunedThresholdTaggerCV

    _check_target(arguments)
    kind = getattr(skmultitext, _TAGGERS[arguments.tagger])
    settings = parse_settings("--set", arguments.set, parameters_of(kind), kind.__name__)
    data = read_data(arguments.data, arguments)
    if not len(data.target_names):
        raise ValueError(f"{arguments.data}: no row has a label; pass their column as --labels.")
    held_out = arguments.validation and read_data(arguments.validation, arguments)
    settings = {"random_state": arguments.seed, "labels": data.target_names, **settings}
    tagger = kind(**settings)
    fit_params = {}
    if arguments.tagger != "tfidf":
        settings.setdefault("verbose", int(sys.stderr.isatty()))
        if held_out:
            fit_params["validation_data"] = held_out.data, held_out.label_sets
    with redirect_stdout(sys.stderr):  # the progress of networks
        if arguments.cv and not arguments.tune:
            _cross_validate(tagger, data, arguments)
        if arguments.tune and not held_out:
            model = TunedThresholdTaggerCV(
                tagger,
                objective=arguments.tune,
                cv=arguments.cv or 5,
                random_state=arguments.seed,
            ).fit(data.data, data.target)
            note(f"{arguments.tune} {model.best_score_:.4f} on held-out folds, thresholds tuned")
        else:
            shown = kind(**settings).fit(data.data, data.target, **fit_params)
            # whether a terminal watched the training is no property of the model
            model = shown.set_params(**tagger.get_params(deep=False))
    if arguments.tune and held_out:
        model = _tuned(model, held_out, arguments.tune)
    if held_out:
        from ._evaluate import report_on

        report = report_on(model, held_out)
        f1 = ", ".join(
            f"f1_{kind} {report.averages[kind]['f1']:.4f}" for kind in ("micro", "macro")
        )
        note(f"{arguments.validation}: {f1}, exact_match {report.exact_match:.4f}")
    _save(model, arguments)


def _cross_validate(tagger: Any, data: Any, arguments: Namespace) -> None:
    from sklearn.model_selection import cross_validate

    from ..metrics import get_scorer
    from ..model_selection import MultilabelStratifiedKFold

    folds = MultilabelStratifiedKFold(arguments.cv, shuffle=True, random_state=arguments.seed)
    scoring = {name: get_scorer(name) for name in _SCORES}
    found = cross_validate(
        tagger, data.data, data.target, cv=folds, scoring=scoring, error_score="raise"
    )
    scores = [(name, found[f"test_{name}"]) for name in _SCORES]
    listed = ", ".join(f"{name} {s.mean():.4f} (sd {s.std():.4f})" for name, s in scores)
    note(f"{arguments.cv} folds: {listed}")


def _add_tune(parser: ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a saved model")
    parser.add_argument("data", metavar="DATA", help="texts and labels that it has not seen")
    parser.add_argument(
        "--objective",
        metavar="OBJECTIVE",
        choices=OBJECTIVES,
        default="f1_macro",
        help=f"{', '.join(OBJECTIVES)}; default: f1_macro",
    )
    add_output_arguments(parser, "where to save the tuned model", required=True)
    add_data_arguments(parser)


def _tune(arguments: Namespace) -> None:
    _check_target(arguments)
    model = load_model(arguments.model)
    data = read_data(arguments.data, arguments)
    tuned = _tuned(getattr(model, "estimator_", model), data, arguments.objective)
    note(f"{arguments.objective} {tuned.best_score_:.4f} on {arguments.data}")
    _save(tuned, arguments)


def _tuned(model: Any, data: Any, objective: str) -> Any:
    from ..thresholds import TunedThresholdTaggerCV
    from ._evaluate import truth_for

    names, truth = truth_for(model, data)
    known = truth[:, : len(model.label_names_)]
    if len(names) > known.shape[1]:
        note(f"warning: labels that the model does not know: {', '.join(names[known.shape[1] :])}")
    return TunedThresholdTaggerCV(model, objective=objective, cv="prefit").fit(data.data, known)


def _check_target(arguments: Namespace) -> None:
    """Refuse a path that the model cannot have, before any work is done."""
    from pathlib import Path

    from ..persistence._replacing import check_replaceable

    check_new(arguments.output, arguments.force)
    check_replaceable(Path(arguments.output))


def _save(model: Any, arguments: Namespace) -> None:
    """Save a model; what was there before is replaced at once, and only with --force."""
    from ..persistence import save

    check_new(arguments.output, arguments.force)
    save(model, arguments.output)
    note(f"saved {arguments.output}")


COMMANDS = [
    Command(
        "train",
        "train a tagger on a file and save it",
        """
        skmultitext train tickets.csv -o tickets.model
        skmultitext train tickets.csv -o tickets.model --set C=5 ngram_range=1,2 --tune f1_micro
        skmultitext train train.tsv -o m.zip --text 0 --labels 1 --label-names labels.txt
        skmultitext train train.csv -o m.zip --tagger transformer --set checkpoint=path/to/folder
        """,
        _add_train,
        _train,
    ),
    Command(
        "tune",
        "tune the thresholds of a model on new data",
        """
        skmultitext tune tickets.model validation.csv -o tuned.model
        skmultitext tune tickets.model validation.csv -o tuned.model --objective f1_micro
        """,
        _add_tune,
        _tune,
    ),
]
