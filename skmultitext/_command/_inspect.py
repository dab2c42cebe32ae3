"""What a saved model is: its labels, its card, its reasons; and what is installed."""

import sys
from argparse import ArgumentParser, Namespace

from ._models import about_model, load_model
from ._output import coloured
from ._parsing import Command

__all__ = ["COMMANDS"]


def _add_model(parser: ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a saved model")


def _labels(arguments: Namespace) -> None:
    manifest = about_model(arguments.model)[0]
    names, thresholds = manifest.get("label_names"), manifest.get("thresholds")
    if names is None:
        raise ValueError(f"{arguments.model} has no label names.")
    for j, name in enumerate(names):
        print(name if thresholds is None else f"{name}\t{thresholds[j]:.4g}")


def _card(arguments: Namespace) -> None:
    print(about_model(arguments.model)[1], end="")


def _add_explain(parser: ArgumentParser) -> None:
    _add_model(parser)
    parser.add_argument("text", metavar="TEXT", help="the text, in quotes")
    parser.add_argument("--label", metavar="NAME", help="default: the most probable label")
    parser.add_argument(
        "--method",
        default="auto",
        choices=("auto", "contributions", "attention", "occlusion"),
        help="default: auto",
    )


def _explain(arguments: Namespace) -> None:
    from ..inspection import explain

    if not arguments.text.strip():
        raise ValueError("TEXT is empty; pass the text in quotes after the model.")
    model = load_model(arguments.model)
    explained = explain(model, [arguments.text], label=arguments.label, method=arguments.method)
    heading, *sentences = str(explained).split("\n")
    print(coloured(heading, "bold", sys.stdout))
    print(*sentences, sep="\n")


def _versions(arguments: Namespace) -> None:
    from .._runtime.versions import show_versions

    show_versions()


COMMANDS = [
    Command(
        "explain",
        "show which words of a text speak for a label",
        """
        skmultitext explain tickets.model "I want my money back"
        skmultitext explain tickets.model "I want my money back" --label refund
        """,
        _add_explain,
        _explain,
    ),
    Command(
        "labels",
        "list the labels of a model with their thresholds",
        "skmultitext labels tickets.model",
        _add_model,
        _labels,
    ),
    Command(
        "card",
        "print the model card of a model",
        "skmultitext card tickets.model > card.md",
        _add_model,
        _card,
    ),
    Command(
        "versions",
        "list the versions of Python and of the libraries",
        "skmultitext versions",
        lambda parser: None,
        _versions,
    ),
]
