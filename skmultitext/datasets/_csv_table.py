"""A CSV or TSV file: its columns and its numbered records."""

import csv
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from operator import itemgetter
from typing import Any

import numpy as np

from .._runtime.messages import listing, shown
from ..exceptions import DataFileError
from ._lines import LineReader, file_error, strip_line_end
from ._rows import (
    MOST_COLUMNS,
    BadRowError,
    Records,
    Row,
    SkippedRows,
    line_records,
    parse_rows,
)

# the csv module has one field size limit per process; without a lock, a reader could restore the
# old limit while another reader needs the raised one
_FIELD_LIMIT_LOCK = threading.Lock()
_NO_LIMIT = 2**31 - 1  # the largest C long of all platforms

# replaces \r within a line while the csv module reads it, which would take \r for a line end;
# decoded UTF-8 never contains this character
_CARRIAGE_RETURN = "\udc0d"


class CsvTable:
    """A CSV or TSV file: the header has been read, the other records have not."""

    def __init__(
        self,
        lines: LineReader,
        delimiter: str | None,
        quoting: bool | None,
        skipped: SkippedRows,
        *,
        header: bool = True,
    ) -> None:
        self._lines = lines
        self.path = lines.path
        if delimiter is None:
            is_tsv = self.path.lower().removesuffix(".gz").endswith(".tsv")
            delimiter = "\t" if is_tsv else ","
        elif not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
            raise ValueError(
                f"delimiter must be one character other than a quote or a line end, "
                f"or None, got {shown(delimiter)}"
            )
        self.delimiter = delimiter
        if quoting is not None and not isinstance(quoting, bool | np.bool_):
            # csv.QUOTE_NONE (3) and csv.QUOTE_MINIMAL (0) as bools would mean the opposite
            raise ValueError(f"quoting must be True, False or None, got {shown(quoting)}")
        # in tab-separated files, a quote is nearly always part of the text
        self.quoting = delimiter != "\t" if quoting is None else bool(quoting)
        self.skipped = skipped
        self._records = self._quoted_records() if self.quoting else self._plain_records()
        self.header = self._read_header() if header else []  # empty: the file has none
        self._n_columns = len(self.header)  # 0: not known before the first row
        self._n_of_name = Counter(self.header)
        self._position_of_name = {name: k for k, name in enumerate(self.header)}
        self._positions: dict[str, int] = {}

    def position(self, column: Any, parameter: str) -> int:
        """Return the 0-based position of `column`, the value of `parameter`.

        With a header, `column` is a name; without one it is the position itself.
        """
        position = self._find(column, parameter) if self.header else int(column)
        self._positions[parameter] = position
        return position

    def rows(self, parse: Callable[[int, list[str]], Row | None]) -> Iterator[Row]:
        """Yield ``parse(line, fields)`` of every record with the right number of fields."""

        def parse_complete(line: int, fields: list[str]) -> Row | None:
            self._check_field_count(fields)
            return parse(line, fields)

        return parse_rows(self.path, self._records, parse_complete, self.skipped)

    def _read_header(self) -> list[str]:
        line, names = next(self._records, (1, []))
        if self.skipped.first_bad:  # `names` is a later row, not the header
            raise DataFileError(self.skipped.first_bad)
        if not names:
            message = "the file is empty; its first row must name the columns"
            raise file_error(self.path, line, message)
        if len(names) > MOST_COLUMNS:
            message = f"{len(names)} columns found, more than {MOST_COLUMNS}; check the delimiter"
            raise file_error(self.path, line, message)
        if any("\r" in name and "\n" not in name for name in names):
            message = "lines end with a lone carriage return; save the file with other line ends"
            raise file_error(self.path, line, message)
        return [name.strip() for name in names]

    def _find(self, name: str, parameter: str) -> int:
        n_found = self._n_of_name[name]
        if n_found == 0:
            raise file_error(
                self.path,
                1,
                f"no column {shown(name)} ({parameter}); columns found: "
                f"{listing(self.header, most=20)}. Pass the right name as {parameter}=, "
                f"or delimiter= if columns are not split correctly{self._header_hint()}",
            )
        if n_found > 1:
            raise file_error(
                self.path,
                1,
                f"column {shown(name)} ({parameter}) occurs {n_found} times in the header; "
                "give each column its own name",
            )
        return self._position_of_name[name]

    def _header_hint(self) -> str:
        if not self.quoting and any(name.startswith('"') for name in self.header):
            return ", or quoting=True if names are quoted"
        found = [c for c in ";\t|," if c != self.delimiter and c in self.header[0]]
        return f", such as {found[0]!r}" if len(self.header) == 1 and found else ""

    def _check_field_count(self, fields: list[str]) -> None:
        if not self._n_columns:  # without a header, the first row with all these decides
            parameter, last = max(self._positions.items(), key=itemgetter(1))
            if last >= len(fields):
                raise BadRowError(
                    f"{len(fields)} fields found, but {parameter}={last}, "
                    f"counted from 0; check delimiter, which is {shown(self.delimiter)}"
                )
            self._n_columns = len(fields)
        if len(fields) != self._n_columns:
            raise BadRowError(
                f"{len(fields)} fields found, {self._n_columns} expected; {self._remedy(fields)}"
            )

    def _remedy(self, fields: list[str]) -> str:
        if not self.quoting and any(field.startswith('"') for field in fields):
            return "if fields are quoted, pass quoting=True"
        remedy = (
            f"quote a text that contains the delimiter {self.delimiter!r} or a line end, or "
            "fill in the missing fields"
        )
        is_numbered = len(fields) == self._n_columns + 1 and fields[0].isdecimal()
        if self.header and is_numbered:
            remedy += " (R's write.table numbers rows like this: write it with row.names=FALSE)"
        return remedy

    # both generators yield (line where the record starts, fields), and skip blank lines

    def _plain_records(self) -> Records[list[str]]:
        for line, content in line_records(self._lines, self.skipped):
            yield line, content.split(self.delimiter)

    def _quoted_records(self) -> Records[list[str]]:
        with closing(iter(self._lines)) as open_lines:  # close the file also if there is an error
            yield from self._quoted_records_of(open_lines)

    def _quoted_records_of(self, open_lines: Iterator[str]) -> Records[list[str]]:
        lines = self._lines
        start = size = 0

        def shielded() -> Iterator[str]:
            nonlocal size
            for line in open_lines:
                size += len(line)
                if size > lines.max_line_bytes:
                    raise lines.too_long(start, "row")
                yield _shield(line)

        # strict: otherwise a quote that is never closed silently includes the rest of the file
        reader = csv.reader(shielded(), delimiter=self.delimiter, strict=True)
        while True:
            start, size = lines.number + 1, 0
            problem: str | None = None
            try:
                fields = _next_record(reader)
            except StopIteration:
                return
            except csv.Error as error:
                problem = self._explain(error, start)
            problem = lines.take_problem() or problem
            if problem:
                self.skipped.add_bad(self.path, start, problem)
            elif fields:
                yield start, [field.replace(_CARRIAGE_RETURN, "\r") for field in fields]

    def _explain(self, error: csv.Error, start: int) -> str:
        lines = self._lines
        if lines.exhausted:
            # the row cannot be skipped, because its end is unknown
            raise file_error(
                self.path,
                start,
                "a quoted field is never closed; close it, "
                "or pass quoting=False if quotes are ordinary characters of this file",
            ) from error
        reach = f" (read up to line {lines.number})" if lines.number > start else ""
        return (
            f"not valid CSV{reach}: {error}; write a quote inside a quoted field twice, "
            "or pass quoting=False if quotes are ordinary characters of this file"
        )


def _shield(line: str) -> str:
    body = strip_line_end(line)
    if "\r" in body:
        return body.replace("\r", _CARRIAGE_RETURN) + line[len(body) :]
    return line


def _next_record(reader: Iterator[list[str]]) -> list[str]:
    """Read one record with fields of any size; leave the user's size limit unchanged."""
    with _FIELD_LIMIT_LOCK:
        limit = csv.field_size_limit(_NO_LIMIT)
        try:
            return next(reader)
        finally:
            csv.field_size_limit(limit)
