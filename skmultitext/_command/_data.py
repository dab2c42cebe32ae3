"""Data files on the command line: how they are read, and what was found in them."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from inspect import Parameter
from typing import Any

from ._output import note
from ._settings import parameters_of, parse_settings

__all__ = ["add_data_arguments", "data_file", "read_data", "reader_parameters", "texts_of"]

FORMATS = (
    "fasttext",
    "indicator_csv",
    "jsonl",
    "label_column_csv",
    "libmultilabel",
    "text_and_onehot",
)
LINES = "lines"  # a text per line, without labels


def add_data_arguments(parser: ArgumentParser, *, with_labels: bool = True) -> None:
    """Add the options that say how files are read."""
    group = parser.add_argument_group(
        "how files are read", "What is not said is found by looking at the file."
    )
    formats = FORMATS if with_labels else (LINES, *FORMATS[:-1])
    group.add_argument("--format", choices=formats, metavar="NAME", help=", ".join(formats))
    group.add_argument("--text", metavar="COLUMN", help="column or JSON field of the texts")
    if with_labels:
        group.add_argument(
            "--labels",
            metavar="COLUMN",
            help="column or JSON field of the labels; or names of columns of 0 and 1 with commas "
            "between them, or one-hot: all such columns",
        )
        group.add_argument("--onehot", metavar="FILE", help="file of rows of 0 and 1 for DATA")
        group.add_argument("--label-names", metavar="FILE", help="file with one label per line")
    group.add_argument("--encoding", help="such as cp1252 or latin-1; default utf-8 or utf-16")
    group.add_argument(
        "--read",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help="further parameters of the reader in skmultitext.datasets, such as "
        "on_bad_row=skip label_separator=';' unlabeled=unknown",
    )


def data_file(path: str, arguments: Namespace) -> Any:
    """Open a file with labels: the format that was told, or the one that is found."""
    from ..datasets._data_file import DataFile
    from ..datasets._finding import find_format

    given, format = _given(arguments), arguments.format
    if arguments.label_names is not None:
        given["label_names"] = arguments.label_names
    if arguments.onehot is not None:
        format = "text_and_onehot"
    found = find_format(
        path, format=format, text=arguments.text, labels=arguments.labels, given=given
    )
    return DataFile(path, arguments.onehot, found.format, found.options)


def read_data(path: str, arguments: Namespace) -> Any:
    """Read a file with labels into a Bunch, and print what was found."""
    import numpy as np

    from ..datasets._bunch import bunch_of_rows

    file = data_file(path, arguments)
    bunch = bunch_of_rows(file.rows(), path)
    # NaN marks an unknown label, which may be given
    given = np.asarray((bunch.target != 0).sum(axis=1)).ravel()
    note(
        f"{path}: {_count(len(bunch.data), 'row')}, {_count(len(bunch.target_names), 'label')}, "
        f"{(given == 0).mean():.1%} of the rows without labels ({_described(file)})"
    )
    return bunch


def texts_of(path: str, arguments: Namespace) -> Iterator[list[str]]:
    """Read the texts of a file, or of the standard input ("-"), in batches."""
    import sys

    from ..datasets._finding import FoundFormat, find_format
    from ..datasets._texts import batches_of_texts

    given = _given(arguments)
    if path != "-":
        found = find_format(
            path, format=arguments.format, text=arguments.text, with_labels=False, given=given
        )
        return batches_of_texts(path, found)
    if sys.stdin is None:
        raise ValueError("the standard input is closed; pass a file of texts.")
    if sys.stdin.isatty():
        note("reading a text per line from the terminal; Ctrl-D ends")
    # a pipe cannot be looked at beforehand
    format = arguments.format or ("label_column_csv" if arguments.text else LINES)
    if arguments.text:
        given["text_field" if format == "jsonl" else "text_column"] = arguments.text
    stream = sys.stdin.buffer
    return batches_of_texts(getattr(stream, "raw", stream), FoundFormat(format, given))


def _given(arguments: Namespace) -> dict[str, Any]:
    # DATA and --onehot pass paths
    known = {k: kind for k, kind in reader_parameters().items() if not k.endswith("path")}
    given = parse_settings("--read", arguments.read, known, "the reader")
    if arguments.encoding is not None:
        given["encoding"] = arguments.encoding
    return given


def reader_parameters() -> dict[str, Parameter]:
    """Return the parameters of all readers by name."""
    from .. import datasets

    return parameters_of(*(getattr(datasets, f"read_{name}") for name in FORMATS))


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _described(file: Any) -> str:
    """Say in words how a file is read."""
    options = file.options
    parts = [file.format]
    if "text_column" in options or "text_field" in options:
        parts.append(f"texts in {options.get('text_column', options.get('text_field'))!r}")
    if "labels_column" in options or "labels_field" in options:
        parts.append(f"labels in {options.get('labels_column', options.get('labels_field'))!r}")
    if file.format == "label_column_csv":
        parts.append(f"separated by {options['label_separator']!r}")
    if "encoding" in options:
        parts.append(str(options["encoding"]))
    return ", ".join(parts)
