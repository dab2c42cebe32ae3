"""What every reader shares: the row, the bad-row policy, and the list of label names."""

import os
import warnings
from typing import NamedTuple

from ..exceptions import SkippedRowsWarning
from ._lines import LineReader, file_error, strip_line_end


class Row(NamedTuple):
    """One document of a file: its 1-based line, text, label names, and id where it has one."""

    line: int
    text: str
    labels: tuple
    id: str | None = None


class BadRowError(Exception):
    """A row cannot be read; raised while parsing, and always caught by `parse_rows`."""


class SkippedRows:
    """Decide about rows that cannot be used: stop with an error, or count them.

    Parameters
    ----------
    on_bad_row : {"raise", "skip"}
        What to do with a row that cannot be read.
    unlabeled : {"raise", "drop"}, default="raise"
        What to do with a row labelled -1.
    """

    def __init__(self, on_bad_row, unlabeled="raise"):
        check_choice("on_bad_row", on_bad_row, ("raise", "skip"))
        check_choice("unlabeled", unlabeled, ("drop", "raise"))
        self.on_bad_row = on_bad_row
        self.unlabeled = unlabeled
        self.n_bad = 0
        self.n_unlabeled = 0
        self.first_bad = None

    def add_bad(self, path, line, problem):
        """Stop with a DataFileError, or count the row at `line` as skipped."""
        error = file_error(path, line, problem)
        if self.on_bad_row == "raise":
            raise error
        self.n_bad += 1
        self.first_bad = self.first_bad or str(error)

    def add_unlabeled(self, path, line, column):
        """Stop with a DataFileError, or count the row at `line` as not labelled."""
        if self.unlabeled == "raise":
            raise file_error(
                path,
                line,
                f"column {column!r} holds -1, which says that the row was not labelled; "
                "pass unlabeled='drop' to leave such rows out",
            )
        self.n_unlabeled += 1

    def warn(self, path):
        """Issue one warning for the skipped rows and one for the rows labelled -1.

        They point at the caller of the reader that calls `bunch_of_rows`, which calls this.
        """
        if self.n_bad:
            warnings.warn(
                f"{path}: skipped {_count_rows(self.n_bad)} that could not be read; "
                f"the first is {self.first_bad}",
                SkippedRowsWarning,
                stacklevel=4,
            )
        if self.n_unlabeled:
            warnings.warn(
                f"{path}: dropped {_count_rows(self.n_unlabeled)} labelled -1 "
                "(not labelled); pass unlabeled='raise' to make them an error",
                SkippedRowsWarning,
                stacklevel=4,
            )


def _count_rows(n_rows):
    return "1 row" if n_rows == 1 else f"{n_rows} rows"


def line_records(lines, skipped):
    """Yield ``(line, content)`` for every line that is not blank, for one row a line."""
    for line in lines:
        if problem := lines.take_problem():
            skipped.add_bad(lines.path, lines.number, problem)
        elif content := strip_line_end(line):
            yield lines.number, content


def parse_rows(path, records, parse, skipped):
    """Yield ``parse(line, record)`` of every record; what it refuses goes to `skipped`.

    `parse` may return None for a record that it has dealt with itself.
    """
    for line, record in records:
        try:
            row = parse(line, record)
        except BadRowError as error:
            skipped.add_bad(path, line, str(error))
        else:
            if row is not None:
                yield row


def check_choice(parameter, value, choices):
    """Raise a ValueError unless `value` is one of the str in `choices`."""
    if not isinstance(value, str) or value not in choices:
        wanted = " or ".join(map(repr, choices))
        raise ValueError(f"{parameter} must be {wanted}, got {value!r}")


def check_labels_known(labels, known):
    """Raise a BadRowError if a label is not in the set `known`; None knows every label."""
    if known is not None:
        for label in labels:
            if label not in known:
                raise BadRowError(
                    f"label {label!r} is not in label_names; add it there, or mend the row"
                )


def resolve_label_names(label_names):
    """Return the parameter `label_names` of a reader as a list of str, or None.

    Parameters
    ----------
    label_names : sequence of str, str or os.PathLike, or None
        The names themselves, or the path of a file with one name a line.

    Returns
    -------
    list of str or None
        The names, each once.
    """
    if label_names is None:
        return None
    if isinstance(label_names, str | os.PathLike):
        return _read_label_names(label_names)
    names = {}  # a dict finds a repeated name fast among very many
    for position, name in enumerate(label_names):
        if not isinstance(name, str):
            raise ValueError(f"label_names[{position}] must be a str, got {name!r}")
        if name in names:
            raise ValueError(f"label_names[{position}] repeats {name!r}; name each label once")
        names[str(name)] = position  # a plain str also where numpy.str_ came in
    if not names:
        raise ValueError("label_names is empty; pass at least one name, or None")
    return list(names)


def _read_label_names(path):
    lines = LineReader(path)
    line_of_name = {}
    for line, content in line_records(lines, SkippedRows("raise")):
        name = content.strip(" \t")
        if name in line_of_name:
            raise file_error(
                lines.path,
                line,
                f"label {name!r} stands in line {line_of_name[name]} already; name each label once",
            )
        if name:
            line_of_name[name] = line
    if not line_of_name:
        raise file_error(lines.path, 1, "no label name found; write one name a line")
    return list(line_of_name)
