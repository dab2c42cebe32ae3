"""Split a data file into two, stratified by labels; every row is copied as it is."""

import gzip
import io
from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from ._data import add_data_arguments, data_file, read_data
from ._output import add_force, check_new, new_file, note
from ._parsing import Command, seed, share

__all__ = ["COMMANDS"]

_SIDES = ("train", "test")


def _add_split(parser: ArgumentParser) -> None:
    parser.add_argument("data", metavar="DATA", help="file of texts and labels")
    parser.add_argument(
        "--test",
        type=share,
        default=0.25,
        metavar="SHARE",
        help="share of the rows on the test side, in (0, 1); default: 0.25",
    )
    parser.add_argument(
        "-o", "--output", metavar="FOLDER", help="where to write; default: the folder of DATA"
    )
    parser.add_argument("--seed", type=seed, default=0, help="default: 0")
    add_force(parser, "overwrite the files of an earlier split")
    add_data_arguments(parser)


def _split(arguments: Namespace) -> None:
    import numpy as np

    from ..model_selection import multilabel_train_test_split, split_report

    sources = [arguments.data, *([arguments.onehot] if arguments.onehot else [])]
    targets = [_targets(Path(source), arguments.output) for source in sources]
    for pair in targets:
        for target in pair:
            check_new(target, arguments.force)
    data = read_data(arguments.data, arguments)
    rows = np.arange(len(data.data))
    train, test = multilabel_train_test_split(
        rows, stratify=data.target, test_size=arguments.test, random_state=arguments.seed
    )
    file = data_file(arguments.data, arguments)
    starts = [row.line for row in file.rows().rows]
    test_lines = {starts[row] for row in test.tolist()}
    encoding = file.options.get("encoding", "utf-8")
    with ExitStack() as stack:  # all files or none
        for source, pair in zip(sources, targets, strict=True):
            sides = [
                stack.enter_context(_new_data_file(t, arguments.force, encoding)) for t in pair
            ]
            _copy(source, encoding, starts, test_lines, sides)
    for target, side in zip(targets[0], (train, test), strict=True):
        note(f"wrote {target}: {len(side):,} rows")
    report = split_report(data.target, [(train, test)])
    absent = [str(data.target_names[int(name)]) for name in report.absent_in_test[0]]
    note(
        f"mean relative label deviation {report.mean_relative_label_deviation:.4f}"
        + (f"; no positive on the test side: {', '.join(absent)}" if absent else "")
    )


def _targets(source: Path, folder: str | None) -> list[Path]:
    """Name the two files: data.csv.gz becomes data-train.csv.gz and data-test.csv.gz."""
    stem, dot, ending = source.name.partition(".")
    place = source.parent if folder is None else Path(folder)
    return [place / f"{stem}-{side}{dot}{ending}" for side in _SIDES]


@contextmanager
def _new_data_file(path: Path, force: bool, encoding: str) -> Iterator[TextIO]:
    with new_file(path, force) as part, open(part, "wb") as raw:
        packed = gzip.GzipFile("", "wb", fileobj=raw, mtime=0) if path.suffix == ".gz" else raw
        with io.TextIOWrapper(packed, encoding=encoding, newline="") as stream:
            yield stream


def _copy(
    source: str,
    encoding: str,
    starts: list[int],
    test_lines: Collection[int],
    sides: list[TextIO],
) -> None:
    """Copy each row to its side; lines before the first row, the header, go to both."""
    from ..datasets._lines import LineReader

    known = set(starts)
    side: TextIO | None = None
    for number, line in enumerate(LineReader(source, encoding), 1):
        if number in known:
            side = sides[number in test_lines]
        # a last line without an end must not join the next one
        whole = line if line.endswith("\n") else f"{line}\n"
        for stream in sides if side is None else [side]:
            stream.write(whole)


COMMANDS = [
    Command(
        "split",
        "split a file into a training and a test file, stratified by labels",
        """
        skmultitext split tickets.csv --test 0.2
        skmultitext split tickets.csv --test 0.2 -o folder --seed 1
        """,
        _add_split,
        _split,
    )
]
