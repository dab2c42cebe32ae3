"""A CSV or TSV file: its columns and its numbered records."""

import csv
import threading

import numpy as np

from ..exceptions import DataFileError
from ._lines import LineReader, file_error, strip_line_end
from ._rows import BadRowError, line_records, parse_rows

# the csv module has one field size limit for the whole process: two readers must not swap it
# at the same time, or the raised limit would be what one of them "restores"
_FIELD_LIMIT_LOCK = threading.Lock()
_NO_LIMIT = 2**31 - 1  # the most that a C long holds on every platform

# stands in for a \r within a line while the csv module, which would take it for a line end,
# reads; decoded UTF-8 never holds it
_CARRIAGE_RETURN = "\udc0d"


class CsvTable:
    """A CSV or TSV file whose header is read and whose other records are still to come.

    Parameters
    ----------
    path : str or os.PathLike
        The file. A name that ends in ``.tsv`` or ``.tsv.gz`` stands for tabs.
    delimiter : str of one character, or None
        The character between two fields; None: by the name of the file.
    quoting : bool or None
        Whether fields may stand in double quotes; None: unless the delimiter is a tab.
    skipped : SkippedRows
        Decides about records that cannot be read.
    header : bool, default=True
        Whether the first record names the columns.

    Attributes
    ----------
    path : str
        Name of the file, as error messages give it.
    header : list of str or None
        The column names.
    """

    def __init__(self, path, delimiter, quoting, skipped, *, header=True):
        self._lines = LineReader(path)
        self.path = self._lines.path
        if delimiter is None:
            is_tsv = self.path.lower().removesuffix(".gz").endswith(".tsv")
            delimiter = "\t" if is_tsv else ","
        elif not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
            raise ValueError(
                f"delimiter must be one character other than a quote or a line end, "
                f"or None, got {delimiter!r}"
            )
        self.delimiter = delimiter
        if quoting is not None and not isinstance(quoting, bool | np.bool_):
            # csv.QUOTE_NONE is 3 and csv.QUOTE_MINIMAL 0: their truth is the opposite of what
            # they mean
            raise ValueError(f"quoting must be True, False or None, got {quoting!r}")
        # in tab-separated files of texts a quote is nearly always a character of the text
        quoting = delimiter != "\t" if quoting is None else quoting
        self.skipped = skipped
        self._records = self._quoted_records() if quoting else self._plain_records()
        self.header = self._read_header() if header else None
        self._n_columns = len(self.header) if header else None
        self._positions = {}

    def position(self, column, parameter):
        """Return the 0-based position of `column`, the value of `parameter`.

        With a header, `column` is a name; without one it is the position already.
        """
        if self.header is not None:
            column = self._find(column, parameter)
        self._positions[parameter] = column
        return column

    def rows(self, parse):
        """Yield ``parse(line, fields)`` of every record with the right number of fields."""

        def parse_complete(line, fields):
            self._check_field_count(fields)
            return parse(line, fields)

        return parse_rows(self.path, self._records, parse_complete, self.skipped)

    def _read_header(self):
        line, names = next(self._records, (1, None))
        if self.skipped.first_bad:  # then `names` is a later row, and not the header
            raise DataFileError(self.skipped.first_bad)
        if names is None:
            message = "the file is empty; its first row must name the columns"
            raise file_error(self.path, line, message)
        return [name.strip() for name in names]

    def _find(self, name, parameter):
        n_found = self.header.count(name)
        if n_found == 0:
            raise file_error(
                self.path,
                1,
                f"no column {name!r} ({parameter}); columns found: "
                f"{', '.join(map(repr, self.header))}. Pass the right name as {parameter}=, "
                "or delimiter= if they are not split well",
            )
        if n_found > 1:
            raise file_error(
                self.path,
                1,
                f"column {name!r} ({parameter}) stands {n_found} times in the header; "
                "give each column its own name",
            )
        return self.header.index(name)

    def _check_field_count(self, fields):
        if self._n_columns is None:  # no header: the first row with all named columns tells
            parameter = max(self._positions, key=self._positions.get)
            if self._positions[parameter] >= len(fields):
                raise BadRowError(
                    f"{len(fields)} fields found, but {parameter}={self._positions[parameter]}, "
                    f"counted from 0; check delimiter, which is {self.delimiter!r}"
                )
            self._n_columns = len(fields)
        if len(fields) != self._n_columns:
            raise BadRowError(
                f"{len(fields)} fields found, {self._n_columns} expected; quote a text that "
                f"holds the delimiter {self.delimiter!r} or a line end, "
                "or fill in the missing fields"
            )

    # both generators yield (line where the record starts, list of str); a blank line is no record

    def _plain_records(self):
        for line, content in line_records(self._lines, self.skipped):
            yield line, content.split(self.delimiter)

    def _quoted_records(self):
        lines = self._lines
        # strict: otherwise a quote that is never closed swallows the rest of the file silently
        reader = csv.reader(map(_shield, lines), delimiter=self.delimiter, strict=True)
        while True:
            start = lines.number + 1
            problem = None
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

    def _explain(self, error, start):
        lines = self._lines
        if lines.exhausted:
            # nobody knows where this row should have ended, so it cannot be skipped
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


def _shield(line):
    body = strip_line_end(line)
    if "\r" in body:
        return body.replace("\r", _CARRIAGE_RETURN) + line[len(body) :]
    return line


def _next_record(reader):
    """Read one record with fields of any size, and leave the user's size limit as it was."""
    with _FIELD_LIMIT_LOCK:
        limit = csv.field_size_limit(_NO_LIMIT)
        try:
            return next(reader)
        finally:
            csv.field_size_limit(limit)
