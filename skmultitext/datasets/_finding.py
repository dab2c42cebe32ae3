"""Find the format of a data file, and how to read it, by its first rows."""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from .._runtime.messages import did_you_mean, listing, shown
from ..exceptions import DataFileError
from ._lines import DataSource, LineReader, file_error, first_bytes, name_of, strip_line_end
from ._rows import flag_of_cell, is_missing_cell

__all__ = ["FoundFormat", "find_format"]

_MOST_LINES, _MOST_LETTERS = 1000, 2**22  # of the part that is looked at
_TEXT_NAMES = [
    "text",
    "comment_text",
    "content",
    "document",
    "documents",
    "texts",
    "body",
    "message",
    "sentence",
    "review",
    "tweet",
    "comment",
    "description",
    "abstract",
    "question",
    "title",
]
_LABEL_NAMES = [
    "labels",
    "label",
    "tags",
    "tag",
    "categories",
    "category",
    "topics",
    "topic",
    "classes",
    "class",
    "emotions",
    "emotion",
    "genres",
    "genre",
    "subjects",
    "codes",
]
_NOT_LABELS = {"", "id", "ids", "index", "unnamed: 0", "row", "rownames", "row_id", "key"}
_NUMBERS = re.compile(r"\s*-?[0-9]+(\.[0-9]+)?(\s*[ ,;|]\s*[0-9]+)*\s*")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_TABLES = ("indicator_csv", "label_column_csv")


@dataclass
class FoundFormat:
    """A format of `FORMATS`, or "lines": a text per line; and the parameters of its reader."""

    format: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Wanted:
    """What the user says about the file."""

    text: str | None
    labels: str | None  # a name, names between commas, or "one-hot"
    with_labels: bool
    given: Mapping[str, Any]  # parameters of the reader


def find_format(
    path: DataSource,
    *,
    format: str | None = None,
    text: str | None = None,
    labels: str | None = None,
    with_labels: bool = True,
    given: Mapping[str, Any] | None = None,
) -> FoundFormat:
    """Find the format of a file and the parameters of its reader.

    `format`, the columns `text` and `labels`, and the parameters `given` are taken as they are.
    Without labels a file that is neither a table nor JSON is read as a text per line.
    """
    given = dict(given or {})
    wanted = _Wanted(text, labels, with_labels, given)
    if "encoding" not in given and first_bytes(path, 2) in _UTF_16:
        given["encoding"] = "utf-16"
    lines = _first_lines(path, given.get("encoding", "utf-8"))
    if with_labels and not any(line.strip() for line in lines):
        raise file_error(
            name_of(path), 1, "the file has no rows; check that this is the right file"
        )
    name = name_of(path).lower().removesuffix(".gz")
    found = FoundFormat(format or _format_of(name, lines, wanted), given)
    if found.format == "jsonl":
        _find_fields(found, lines, wanted)
    elif found.format in (*_TABLES, "table"):
        _find_columns(found, name_of(path), lines, wanted)
    elif text is not None or labels is not None:
        problem = f"{found.format} has no columns; leave out --text and --labels"
        raise file_error(name_of(path), 1, problem)
    return found


def _first_lines(path: DataSource, encoding: str) -> list[str]:
    """Read the first lines; a file that is cut off there ends with a whole line."""
    found: list[str] = []
    size = 0
    for line in islice(LineReader(path, encoding), _MOST_LINES):
        found.append(line)
        size += len(line)
        if size > _MOST_LETTERS:
            break
    return found


def _format_of(name: str, lines: list[str], wanted: _Wanted) -> str:
    filled = [line for line in lines if line.strip()]
    if name.endswith((".jsonl", ".ndjson")) or (filled and _is_object(filled[0])):
        return "jsonl"
    if any(line.lstrip().startswith("__label__") for line in filled) and wanted.text is None:
        return "fasttext"
    if not wanted.with_labels and wanted.text is None and not name.endswith((".csv", ".tsv")):
        return "lines"
    return "table"


def _is_object(line: str) -> bool:
    try:
        return line.lstrip().startswith("{") and isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


# JSON lines


def _find_fields(found: FoundFormat, lines: list[str], wanted: _Wanted) -> None:
    documents = [json.loads(line) for line in lines[:100] if _is_object(line)]
    names = list(dict.fromkeys(name for document in documents for name in document))
    text = wanted.text or _named(names, _TEXT_NAMES)
    labels = wanted.labels or _named(names, _LABEL_NAMES)
    found.options.setdefault("text_field", text or "text")
    if wanted.with_labels:
        found.options.setdefault("labels_field", labels or "labels")


def _named(names: Sequence[str], usual: Sequence[str]) -> str | None:
    """Return the column with the most usual of the names."""
    by_spelling = {name.lower(): name for name in reversed(names)}
    return next((by_spelling[name] for name in usual if name in by_spelling), None)


# tables


def _find_columns(found: FoundFormat, path: str, lines: list[str], wanted: _Wanted) -> None:
    options = found.options
    delimiter, quoting, records = _records(path, lines, options)
    header = options.get("header")
    if header is None:
        header = bool(records) and _has_header(records, wanted)
    if (
        found.format == "table"
        and wanted.with_labels
        and wanted.text is wanted.labels is None
        and delimiter == "\t"
        and _is_libmultilabel(records)
    ):
        found.format = "libmultilabel"
        return
    table = _Table(path, records, header)
    text = table.find(wanted.text, "text") if wanted.text else table.text_column()
    options |= {"delimiter": delimiter, "quoting": quoting, "text_column": table.name(text)}
    if not wanted.with_labels:
        found.format = "label_column_csv" if found.format == "table" else found.format
        options["header"] = header
        return
    columns = table.label_columns(wanted.labels, text)
    table.refuse_twice(columns)
    if found.format == "table":
        one_hot = len(columns) > 1 or table.is_one_hot(columns[0])
        found.format = _TABLES[0] if one_hot else _TABLES[1]
    if found.format == "indicator_csv":
        options.setdefault("label_columns", [table.name(column) for column in columns])
        return
    cells = [cell for cell in table.cells(columns[0]) if cell.strip()]
    options |= {"header": header, "labels_column": table.name(columns[0])}
    if "label_separator" not in options:
        options["label_separator"] = _separator(cells)
    if "label_names" in options and "label_indices" not in options:
        options["label_indices"] = bool(cells) and all(map(_NUMBERS.fullmatch, cells))


def _records(
    name: str, lines: list[str], options: Mapping[str, Any]
) -> tuple[str, bool, list[list[str]]]:
    """Split the lines by the delimiter that gives the most regular rows of several fields."""
    tsv = name.lower().removesuffix(".gz").endswith(".tsv")
    candidates = "\t,;|" if tsv else ",;\t|"
    if options.get("delimiter"):
        candidates = options["delimiter"]
    best: tuple[float, str, bool, list[list[str]]] = (-1.0, candidates[0], True, [])
    for delimiter, quoting in _ways(candidates, options.get("quoting"), lines):
        records = list(_split(lines, delimiter, quoting))
        if len(records) > 1 and len(lines) == _MOST_LINES:
            records.pop()  # its end may be missing
        sizes = Counter(map(len, records))
        regular = sizes[len(records[0])] / len(records) if records and len(records[0]) > 1 else 0.0
        if regular > best[0]:
            best = regular, delimiter, quoting, records
    _, delimiter, quoting, records = best
    width = len(records[0]) if records else 0
    return delimiter, quoting, [fields for fields in records if len(fields) == width]


def _ways(delimiters: str, quoting: bool | None, lines: list[str]) -> Iterator[tuple[str, bool]]:
    """Yield delimiters and whether fields are quoted, the more usual first.

    Between tabs quotes are part of a text, unless that gives less regular rows: a text in quotes
    may hold line ends.
    """
    for delimiter in delimiters:
        if quoting is not None:
            yield delimiter, quoting
        elif delimiter != "\t":
            yield delimiter, True
        else:
            quoted = _is_quoted(lines, delimiter)
            yield delimiter, quoted
            if not quoted and any(line.startswith('"') or '\t"' in line for line in lines):
                yield delimiter, True


def _is_quoted(lines: list[str], delimiter: str) -> bool:
    """Whether fields are in quotes, as Excel writes "Unicode text" and R a table."""
    cells = [cell for line in lines[:100] for cell in strip_line_end(line).split(delimiter)]
    return any(len(cell) > 1 and cell[0] == cell[-1] == '"' for cell in cells)


def _split(lines: list[str], delimiter: str, quoting: bool) -> Iterator[list[str]]:
    if not quoting:
        yield from (strip_line_end(line).split(delimiter) for line in lines if line.strip())
        return
    limited = (line for line in lines if len(line) <= csv.field_size_limit())
    reader = csv.reader(limited, delimiter=delimiter)
    try:
        yield from filter(None, reader)
    except csv.Error:  # the reader of the format explains it
        return


def _has_header(records: list[list[str]], wanted: _Wanted) -> bool:
    first = [cell.strip() for cell in records[0]]
    if wanted.text is not None and wanted.text in first:
        return True
    if _named(first, _TEXT_NAMES):
        return True
    if len(set(first)) < len(first) or (wanted.text or "").isdecimal():
        return False
    columns = zip(*records, strict=True)
    return not any(all(map(_NUMBERS.fullmatch, column)) for column in columns)


def _is_libmultilabel(records: list[list[str]]) -> bool:
    """Whether the rows are (id,) labels, text: without a header, and with the text last."""
    if not records or len(records[0]) not in (2, 3):
        return False
    first = [cell.strip() for cell in records[0]]
    known = _named(first, _TEXT_NAMES) or _named(first, _LABEL_NAMES)
    return not known and _Table("", records, False).text_column() == len(first) - 1


class _Table:
    """The first records of a table, by the positions of their columns."""

    def __init__(self, path: str, records: list[list[str]], header: bool) -> None:
        self.path = path
        self.header = [name.strip() for name in records[0]] if header else []
        self.rows = records[1:] if header else records
        self.names = self.header or [str(k) for k in range(len(records[0]) if records else 0)]

    def name(self, column: int) -> Any:
        """Return what the reader calls a column: its name, or without a header its position."""
        return self.header[column] if self.header else column

    def cells(self, column: int) -> list[str]:
        return [fields[column] for fields in self.rows]

    def find(self, name: str, option: str) -> int:
        if name not in self.names:
            raise self.error(
                f"{option} is {shown(name)}, but the columns are {listing(self.names, most=20)}. "
                f"Pass one of them as --{option}.{did_you_mean(name, self.names)}"
            )
        return self.names.index(name)

    def error(self, problem: str) -> DataFileError:
        """Make the error for a problem with the columns."""
        return file_error(self.path, 1, problem)

    def refuse_twice(self, columns: list[int]) -> None:
        """Refuse columns of labels that have the same name."""
        counts = Counter(self.names)
        twice = next((self.names[k] for k in columns if counts[self.names[k]] > 1), None)
        if twice is not None:
            raise self.error(
                f"column {shown(twice)} occurs {counts[twice]} times in the header; give each "
                f"column its own name"
            )

    def text_column(self) -> int:
        """Find the column of texts: by its name, else the one with the longest cells."""
        if not self.names:
            return 0
        usual = _named(self.header, _TEXT_NAMES)
        sizes = [sum(map(len, self.cells(k))) for k in range(len(self.names))]
        return sizes.index(max(sizes)) if usual is None else self.header.index(usual)

    def is_one_hot(self, column: int) -> bool:
        """Whether a column holds 0 and 1 only, in whatever way programs write them."""
        cells = self.cells(column)
        values = {flag_of_cell(cell) for cell in cells if not is_missing_cell(cell)}
        return bool(self.header) and bool(values) and None not in values

    def label_columns(self, labels: str | None, text: int) -> list[int]:
        """Return the columns of the labels: several for one column of 0 and 1 per label."""
        if labels is not None and labels != "one-hot":
            if labels in self.names or "," not in labels:
                return [self.find(labels, "labels")]
            return [self.find(name.strip(), "labels") for name in labels.split(",")]
        usual = _named(self.header, _LABEL_NAMES)
        if usual is not None and labels is None:
            return [self.header.index(usual)]
        others = [k for k in range(len(self.names)) if k != text]
        named = [k for k in others if self.names[k].lower() not in _NOT_LABELS]
        one_hot = [k for k in named if self.is_one_hot(k)]
        if one_hot:
            return one_hot
        if labels is None and not self.header:
            numbers = [k for k in others if all(map(_NUMBERS.fullmatch, self.cells(k)))]
            others = numbers or others
        if labels is None and len(others) == 1:
            return others
        if labels is None and len(self.names) == 1:
            raise self.error(
                f"the column of labels is not clear: the first line, {shown(self.names[0])}, has "
                f"one column. Looked for were JSON objects, words that begin with __label__, and "
                f"columns between commas, tabs, semicolons or bars; check that this is the right "
                f"file."
            )
        what = "no column holds 0 and 1 only"
        if labels is None:
            usual_names = listing(_LABEL_NAMES[:4], most=4)
            what = (
                f"the column of labels is not clear: no column has a usual name, such as "
                f"{usual_names}, and none holds 0 and 1 only"
            )
        raise self.error(
            f"{what}; the columns are {listing(self.names, most=20)}. Pass --labels with the name "
            f"of one column, the names of several columns of 0 and 1 with commas between them, or "
            f"'one-hot'."
        )


def _separator(cells: list[str]) -> str:
    """Find what separates labels: blanks only if the parts occur as whole cells, too."""
    plain = [cell.strip() for cell in cells if cell.strip()[0] not in "[({"]
    found = next((c for c in ",;|" if any(c in cell for cell in plain)), None)
    if found is not None:
        return found
    single = {cell for cell in plain if " " not in cell}
    parts = {part for cell in plain if " " in cell for part in cell.split()}
    return " " if parts and len(parts & single) >= len(parts) / 2 else ","
