"""The texts of a file or stream without their labels, in batches, as a tagger reads them."""

import codecs
from collections.abc import Iterator
from inspect import signature
from itertools import islice

from .._runtime.messages import shown
from ._csv_table import CsvTable
from ._data_file import FORMATS
from ._finding import FoundFormat
from ._jsonl import field_of, parse_object
from ._lines import (
    MAX_LINE_BYTES,
    DataSource,
    LineReader,
    file_error,
    name_of,
    opened,
    unlike_utf_8,
)
from ._rows import BadRowError, Row, SkippedRows, line_records, parse_rows

__all__ = ["batches_of_texts"]

_PIECE = 2**16
_BATCH = 1000


def batches_of_texts(source: DataSource, found: FoundFormat) -> Iterator[list[str]]:
    """Yield the texts of a source, read during iteration, in the format that was found.

    Lines of a pipe are yielded as soon as they are there; their number varies.
    """
    options = dict(found.options)
    if found.format == "lines":
        yield from _lines(source, **options)
        return
    skipped = SkippedRows(options.pop("on_bad_row", "raise"))
    if found.format in ("jsonl", "label_column_csv", "indicator_csv"):
        encoding = options.pop("encoding", "utf-8")
        lines = LineReader(source, encoding, options.pop("max_line_bytes", MAX_LINE_BYTES))
        if found.format == "jsonl":
            rows = _documents(lines, options.get("text_field", "text"), skipped)
        else:
            rows = _table_rows(lines, options, skipped)
    else:
        reader, open_rows = FORMATS[found.format]
        bound = signature(reader).bind(source, **options, on_bad_row=skipped.on_bad_row)
        bound.apply_defaults()
        _, rows, skipped = open_rows(**bound.arguments)
    while batch := [row.text for row in islice(rows, _BATCH)]:
        yield batch
    skipped.warn(name_of(source))


def _lines(
    source: DataSource, encoding: str = "utf-8", max_line_bytes: int = MAX_LINE_BYTES
) -> Iterator[list[str]]:
    """Yield the lines that have arrived, each list with at least one."""
    decoder = codecs.getincrementaldecoder(encoding)()
    path, rest, n_lines, begun = name_of(source), "", 0, False
    with opened(source) as stream:
        while True:
            piece = stream.read1(_PIECE)
            if not begun and encoding == "utf-8":
                if piece in (b"\xff", b"\xfe"):  # half a mark of UTF-16
                    piece += stream.read1(_PIECE)
                begun, problem = True, unlike_utf_8(piece)
                if problem is not None:
                    raise file_error(path, 1, problem.replace("the file looks", "the texts look"))
            try:
                arrived = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                line = n_lines + error.object.count(b"\n", 0, error.start) + 1
                problem = (
                    f"byte 0x{error.object[error.start]:02x} is not {encoding.upper()}; pass the "
                    "encoding of the texts, such as encoding='cp1252'"
                )
                raise file_error(path, line, problem) from error
            if not n_lines and not rest:
                arrived = arrived.removeprefix("\ufeff")
            *lines, rest = (rest + arrived).split("\n")
            if not piece and rest:
                lines, rest = [*lines, rest], ""
            if len(rest) > max_line_bytes:
                problem = f"the line is longer than max_line_bytes={max_line_bytes}"
                raise file_error(path, n_lines + len(lines) + 1, problem)
            n_lines += len(lines)
            if lines:
                yield [line.removesuffix("\r") for line in lines]
            if not piece:
                return


def _documents(lines: LineReader, field: str, skipped: SkippedRows) -> Iterator[Row]:
    def parse(line: int, content: str) -> Row | None:
        if content.isspace():
            return None
        text = field_of(parse_object(content), field, "text_field")
        if not isinstance(text, str):
            raise BadRowError(f"field {shown(field)} must be a string, found {type(text).__name__}")
        return Row(line, text, ())

    return parse_rows(lines.path, line_records(lines, skipped), parse, skipped)


def _table_rows(
    lines: LineReader, options: dict[str, object], skipped: SkippedRows
) -> Iterator[Row]:
    header = bool(options.get("header", True))
    delimiter, quoting = options.get("delimiter"), options.get("quoting")
    table = CsvTable(lines, delimiter, quoting, skipped, header=header)  # type: ignore[arg-type]
    text = table.position(options.get("text_column", "text"), "text_column")
    return table.rows(lambda line, fields: Row(line, fields[text], ()))
