"""Code shared by the readers: rows, bad rows, and the list of label names."""

import os
import re
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import closing
from typing import NamedTuple, TypeAlias, TypeVar

from .._gate.parameters import check_choice
from .._runtime.messages import shown, warn_caller
from ..exceptions import SkippedRowsWarning
from ._lines import DataSource, LineReader, file_error, strip_line_end

MOST_COLUMNS = 2**20  # a file with more is not a table, and would fill the memory

_FLAGS = {"0": 0, "1": 1, "-1": -1, "true": 1, "false": 0}
# missing values as pandas, R, SQL and Excel write them
MISSING_WORDS = frozenset(
    ["nan", "NaN", "NAN", "NaT", "<NA>", "NA", "N/A", "#N/A", "null", "NULL", "None"]
)
_FLOAT = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{0,40})?(e[+-]?[0-9]{1,3})?", re.ASCII)

Record = TypeVar("Record")
Records: TypeAlias = Generator[tuple[int, Record], None, None]  # (1-based line, content)


class Row(NamedTuple):
    """One document of a file: its 1-based line, text, label names and, if it has one, id."""

    line: int
    text: str
    labels: tuple[str, ...]
    id: str | None = None
    unknown: tuple[str, ...] | None = ()  # names of unknown labels; None if all labels are


class BadRowError(Exception):
    """A row cannot be read; raised while parsing, and caught by `parse_rows`."""


class SkippedRows:
    """Rows that cannot be used: raise an error, or count them."""

    def __init__(
        self,
        on_bad_row: str,
        unlabeled: str = "raise",
        choices: tuple[str, ...] = ("raise", "unknown"),
    ) -> None:
        check_choice("on_bad_row", on_bad_row, ("raise", "skip"))
        check_choice("unlabeled", unlabeled, choices)
        self.on_bad_row = on_bad_row
        self.unlabeled = unlabeled
        self.keep_unknown = unlabeled == "unknown"
        self.n_bad = 0
        self.n_unlabeled = 0
        self.first_bad: str | None = None

    def add_bad(self, path: str, line: int, problem: str) -> None:
        """Raise a DataFileError, or count the row at `line` as skipped."""
        error = file_error(path, line, problem)
        if self.on_bad_row == "raise":
            raise error
        self.n_bad += 1
        self.first_bad = self.first_bad or str(error)

    def add_unlabeled(self, path: str, line: int, column: str) -> None:
        """Raise a DataFileError, or count the row at `line` as not labelled."""
        if self.unlabeled == "raise":
            raise file_error(
                path,
                line,
                f"column {shown(column)} is -1, which means that nobody labelled it; pass "
                "unlabeled='drop' to leave such rows out, unlabeled='unknown' to read NaN there, "
                "or write 0 or 1 in each column",
            )
        self.n_unlabeled += 1

    def warn(self, path: str) -> None:
        """Warn once about skipped rows and once about rows labelled -1."""
        if self.n_bad:
            warn_caller(
                f"{path}: skipped {_count_rows(self.n_bad)} that could not be read; "
                f"the first is {self.first_bad}",
                SkippedRowsWarning,
            )
        if self.n_unlabeled:
            warn_caller(
                f"{path}: dropped {_count_rows(self.n_unlabeled)} labelled -1 "
                "(not labelled), as unlabeled='drop' asks",
                SkippedRowsWarning,
            )


class OpenRows(NamedTuple):
    """The rows of a data file, read during iteration.

    `label_names` is None if only the rows contain them; otherwise it is complete after iteration.
    """

    label_names: list[str] | None
    rows: Iterator[Row]
    skipped: SkippedRows


def _count_rows(n_rows: int) -> str:
    return "1 row" if n_rows == 1 else f"{n_rows} rows"


def line_records(lines: LineReader, skipped: SkippedRows) -> Records[str]:
    """Yield ``(line, content)`` of every line that is not blank."""
    with closing(iter(lines)) as open_lines:  # close the file also if there is an error
        for line in open_lines:
            if problem := lines.take_problem():
                skipped.add_bad(lines.path, lines.number, problem)
            elif content := strip_line_end(line):
                yield lines.number, content


def parse_rows(
    path: str,
    records: Records[Record],
    parse: Callable[[int, Record], Row | None],
    skipped: SkippedRows,
) -> Iterator[Row]:
    """Yield ``parse(line, record)`` for each record unless None; add bad rows to `skipped`."""
    with closing(records):  # close the file also if there is an error
        for line, record in records:
            try:
                row = parse(line, record)
            except BadRowError as error:
                skipped.add_bad(path, line, str(error))
            else:
                if row is not None:
                    yield row


def flag_of_cell(cell: str) -> int | None:
    """Return the value of a 0/1 cell: 0, 1 or -1, or None if it is anything else.

    Programs write ``1``, ``1.0``, ``1.``, ``1.000e+00``, ``True``, ``TRUE`` or ``true``.
    """
    flag = _FLAGS.get(cell)
    if flag is None:
        cell = cell.strip().lower()
        flag = _FLAGS.get(cell)
        if flag is None and _FLOAT.fullmatch(cell):
            flag = _FLAGS.get(f"{float(cell):.17g}")
    return flag


def is_missing_cell(cell: str) -> bool:
    """Whether a cell of a table is blank, or a word that programs write for a missing value."""
    cell = cell.strip()
    return not cell or cell in MISSING_WORDS


def check_labels_known(labels: Iterable[str], known: Collection[str] | None) -> None:
    """Raise a BadRowError if a label is not in `known`; None allows every label."""
    if known is not None:
        for label in labels:
            if label not in known:
                raise BadRowError(
                    f"label {shown(label)} is not in label_names; add it there, or correct the row"
                )


def numbered_label_names(n_labels: int) -> list[str]:
    """Return ``label_0, label_1, ...``, padded so that sorting keeps their order."""
    width = len(str(n_labels - 1))
    return [f"label_{label:0{width}d}" for label in range(n_labels)]


def resolve_label_names(
    label_names: Iterable[str] | DataSource | None, encoding: str, max_line_bytes: int
) -> list[str] | None:
    """Convert the parameter `label_names` of a reader, names or a file of names, to a list."""
    if label_names is None:
        return None
    if isinstance(label_names, str | bytes | os.PathLike) or hasattr(label_names, "read"):
        return _read_label_names(LineReader(label_names, encoding, max_line_bytes))
    names: dict[str, int] = {}  # a dict, to find repeated names in linear time
    for position, name in enumerate(label_names):
        if not isinstance(name, str):
            raise ValueError(f"label_names[{position}] must be a str, got {shown(name)}")
        if name in names:
            raise ValueError(f"label_names[{position}] repeats {shown(name)}; name each label once")
        names[str(name)] = position  # a plain str, also for numpy.str_
    if not names:
        raise ValueError("label_names is empty; pass at least one name, or None")
    return list(names)


def _read_label_names(lines: LineReader) -> list[str]:
    line_of_name: dict[str, int] = {}
    for line, content in line_records(lines, SkippedRows("raise")):
        name = content.strip(" \t")
        if name in line_of_name:
            raise file_error(
                lines.path,
                line,
                f"label {shown(name)} is already on line {line_of_name[name]}; "
                "name each label once",
            )
        if name:
            line_of_name[name] = line
    if not line_of_name:
        raise file_error(lines.path, 1, "no label name found; write one name per line")
    return list(line_of_name)
