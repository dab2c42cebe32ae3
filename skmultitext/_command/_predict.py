"""Predict the labels of texts, in memory that does not grow with their number."""

import csv
import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple, TextIO

from ._data import add_data_arguments, texts_of
from ._models import load_model
from ._output import add_output_arguments, check_new, new_file
from ._parsing import Command, whole_number

__all__ = ["COMMANDS"]

FORMS = ("txt", "csv", "jsonl")


class Prediction(NamedTuple):
    """A text, its labels, and the probabilities that are asked for, by label."""

    text: str
    labels: Sequence[str]
    proba: dict[str, float] | None


def _add_predict(parser: ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a saved model")
    parser.add_argument(
        "data",
        metavar="DATA",
        nargs="?",
        default="-",
        help="file of texts; - or nothing reads a text per line from the standard input",
    )
    add_output_arguments(parser, "a file that ends in .csv, .jsonl or .txt; default: stdout")
    parser.add_argument(
        "--to",
        choices=FORMS,
        help="form of the output, if -o does not tell: txt (default) writes a line per text, its "
        "labels with tabs between them",
    )
    parser.add_argument("--proba", action="store_true", help="add the probability of every label")
    parser.add_argument(
        "--top",
        type=whole_number(1),
        metavar="K",
        help="the K most probable labels, with probabilities",
    )
    add_data_arguments(parser, with_labels=False)


def _predict(arguments: Namespace) -> None:
    output = arguments.output
    form = arguments.to or _form_of(output)
    if output is not None:
        check_new(output, arguments.force)
    model = load_model(arguments.model)
    if (arguments.proba or arguments.top) and not hasattr(model, "predict_proba"):
        raise ValueError(
            f"{arguments.model} gives no probabilities; leave out --proba and --top, or save it "
            f"inside a CalibratedTaggerCV."
        )
    predict = _predictor(model, arguments)
    with ExitStack() as stack:
        stream = sys.stdout
        if output is not None:
            part = stack.enter_context(new_file(output, arguments.force))
            stream = stack.enter_context(open(part, "w", encoding="utf-8", newline=""))
        write = _writer(form, stream, model, arguments)
        for texts in texts_of(arguments.data, arguments):
            write(predict(texts))
            stream.flush()


def _form_of(output: str | None) -> str:
    if output is None:
        return "txt"
    form = output.lower().rpartition(".")[2]
    if form not in FORMS:
        raise ValueError(f"-o {output} ends in none of .csv, .jsonl, .txt; pass --to as well.")
    return form


def _predictor(model: Any, arguments: Namespace) -> Callable[[list[str]], list[Prediction]]:
    """Return the function that predicts a batch."""
    from .._gate.decision import top_labels
    from .._meta.predict_labels import predict_labels
    from ..inspection._tagger import Predictions

    top = arguments.top

    def labels_alone(texts: list[str]) -> list[Prediction]:
        found = predict_labels(model, texts)
        return [Prediction(t, labels, None) for t, labels in zip(texts, found, strict=True)]

    def with_probabilities(texts: list[str]) -> list[Prediction]:
        found = Predictions.of(model, texts)
        rows = found.proba.tolist()
        if top is None:
            return [
                Prediction(
                    text,
                    [name for name, given in zip(found.names, decided, strict=True) if given],
                    dict(zip(found.names, row, strict=True)),
                )
                for text, row, decided in zip(texts, rows, found.decisions.tolist(), strict=True)
            ]
        if top > len(found.names):
            raise ValueError(
                f"--top is {top}; pass 1 to {len(found.names)}, the number of labels of the model."
            )
        best = top_labels(found.proba, top).tolist()
        return [
            Prediction(
                text,
                names := [found.names[j] for j in chosen],
                {name: row[j] for name, j in zip(names, chosen, strict=True)},
            )
            for text, row, chosen in zip(texts, rows, best, strict=True)
        ]

    return with_probabilities if arguments.proba or top is not None else labels_alone


def _writer(
    form: str, stream: TextIO, model: Any, arguments: Namespace
) -> Callable[[list[Prediction]], None]:
    """Return the function that writes predictions in a form."""
    if form == "txt":
        return lambda found: stream.writelines(f"{_line(one)}\n" for one in found)
    if form == "jsonl":
        return lambda found: stream.writelines(f"{_as_json(one)}\n" for one in found)
    from .._meta.known_labels import find_label_names

    known = find_label_names(model)
    names = [] if known is None else [str(name) for name in known]
    plain = not any(set(name) & set(",[](){}'\"") for name in names)
    table = csv.writer(stream, lineterminator="\n")
    places = range(1, (arguments.top or 0) + 1)
    if arguments.top is not None:
        table.writerow(["text", *(f"{what}_{k}" for k in places for what in ("label", "proba"))])
    else:
        proba = [f"proba_{name}" for name in names] if arguments.proba else []
        table.writerow(["text", "labels", *proba])

    def write(found: list[Prediction]) -> None:
        for text, labels, proba in found:
            if arguments.top is not None:
                pairs = (proba or {}).items()
                table.writerow([text, *(cell for pair in pairs for cell in pair)])
                continue
            # a list where a name could not be told from several
            cell = ",".join(labels) if plain else json.dumps(list(labels), ensure_ascii=False)
            table.writerow([text, cell, *(proba or {}).values()])

    return write


def _line(found: Prediction) -> str:
    if found.proba is None:
        return "\t".join(found.labels)
    return "\t".join(f"{name}={value:.4f}" for name, value in found.proba.items())


def _as_json(found: Prediction) -> str:
    content: dict[str, Any] = {"text": found.text, "labels": list(found.labels)}
    if found.proba is not None:
        content["probabilities"] = found.proba
    return json.dumps(content, ensure_ascii=False)


COMMANDS = [
    Command(
        "predict",
        "predict the labels of texts",
        """
        skmultitext predict tickets.model < texts.txt
        skmultitext predict tickets.model new.csv -o predicted.csv --proba
        tail -f texts.txt | skmultitext predict tickets.model --to jsonl --top 3
        """,
        _add_predict,
        _predict,
    )
]
